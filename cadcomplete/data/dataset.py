"""Histories as a torch dataset: one item is one variant of one part, labelled."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from torch.utils.data import Dataset

from cadcomplete.config import DataConfig, TrainConfig
from cadcomplete.data.augment import variant
from cadcomplete.data.baselines import History
from cadcomplete.data.labels import Labelled, evenly_spaced, label, operation_cuts
from cadcomplete.data.samples import Sample
from cadcomplete.errors import RefusedSample
from cadcomplete.prompt import prompt
from cadcomplete.tokenizer import TextTokenizer


@dataclass(slots=True)
class Refusals:
    """What was refused before batching: every sample by name, and the counts by reason."""

    reasons: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)

    def add(self, error: RefusedSample) -> None:
        self.reasons[error.problem] += 1
        self.samples.append(str(error))


class Histories(Dataset[Labelled]):
    """Parts × variants, part by part within a variant; item i is always the same.

    Attributes:
        samples: the parts that can be trained on.
        lengths: tokens of each part as it was drawn.
        refusals: the others.
    """

    def __init__(
        self,
        samples: list[Sample],
        tokenizer: TextTokenizer,
        data: DataConfig,
        train: TrainConfig,
        *,
        variants: int = 1,
    ) -> None:
        self.tokenizer, self.data, self.train, self.variants = tokenizer, data, train, variants
        self.samples: list[Sample] = []
        self.lengths: list[int] = []
        self.refusals = Refusals()
        for sample in samples:
            try:
                labelled = self._label(sample, 0)
            except RefusedSample as error:
                self.refusals.add(error)
                continue
            self.samples.append(sample)
            self.lengths.append(len(labelled.ids))

    def __len__(self) -> int:
        return len(self.samples) * self.variants

    def __getitem__(self, index: int) -> Labelled:
        number, which = divmod(index, len(self.samples))
        sample = self.samples[which]
        try:
            return self._label(sample, number)
        except RefusedSample:  # a turned part may be some tokens longer
            return self._label(sample, 0)

    def history(self, index: int) -> History:
        """Return part `index` as it was drawn, with the places of its operations."""
        return self._history(self.samples[index], 0)

    def _label(self, sample: Sample, number: int) -> Labelled:
        return self._history(sample, number).labelled

    def _history(self, sample: Sample, number: int) -> History:
        seed, data = self.train.seed, self.data
        sequence = variant(sample.sequence, number, seed=seed, upright=data.upright)
        random = np.random.default_rng([seed, 1, number, *sequence.id.encode()])
        shown = self._caption(sample, random) if random.random() < data.captions else None
        text = prompt(sequence, caption=shown, text_format=data.text_format)
        tokens = self.tokenizer.encode(text)
        *starts, _ = operation_cuts(text, tokens)
        five = self.train.cuts == "five"
        cuts = [starts[k] for k in evenly_spaced(len(sequence))] if five else starts
        labelled = label(
            tokens,
            cuts,
            end=self.tokenizer.end,
            max_length=data.max_length,
            weighting=self.train.weighting,
            name=sequence.id,
        )
        kinds = (type(operation).__name__ for operation in sequence.operations)
        return History(labelled, tuple(zip(starts, kinds, strict=True)))

    def _caption(self, sample: Sample, random: np.random.Generator) -> str | None:
        """The caption that was given, or one of the descriptions that were derived."""
        derived = sample.descriptions
        if not derived or (sample.caption is not None and random.random() >= self.data.derived):
            return sample.caption
        return derived[int(random.integers(len(derived)))]
