"""Histories as a torch dataset: one item is a row of samples, each a variant of a part, labelled.

Item i is always the same, whatever was asked before, so a run that was stopped continues exactly.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices

from cadcomplete.config import Config, StageConfig
from cadcomplete.data import modalities
from cadcomplete.data.augment import (
    Symmetry,
    move,
    move_cloud,
    scale,
    scale_cloud,
    variant_scale,
    variant_symmetry,
)
from cadcomplete.data.baselines import History
from cadcomplete.data.inputs import picture, surface
from cadcomplete.data.labels import Labelled, evenly_spaced, label, operation_cuts
from cadcomplete.data.levels import measured
from cadcomplete.data.reorder import reorder, variant_order
from cadcomplete.data.samples import Sample
from cadcomplete.data.scan import scanned
from cadcomplete.errors import RefusedSample
from cadcomplete.kernel.cloud import PointCloud
from cadcomplete.lines import Text
from cadcomplete.prompt import Features, prompt
from cadcomplete.sequence import CadSequence
from cadcomplete.tokenizer import TextTokenizer, Tokens

_UPRIGHT = 12  # views with the vertical upright: of a turned part they are views of the part
# itself, which those from the top and from below, the last two, are not


_MEASURED = 96
"""Most tokens that what is measured in a cloud may take; what takes more is not told."""


@dataclass(slots=True)
class Refusals:
    """What was refused before batching: every sample by name, and the counts by reason."""

    reasons: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)

    def add(self, error: RefusedSample) -> None:
        self.reasons[error.problem] += 1
        self.samples.append(str(error))


@dataclass(frozen=True, slots=True)
class Shown:
    """What one sample shows beside its history: the numbers of its pictures, and its cloud."""

    images: tuple[int, ...] = ()
    points: bool = False


class Histories:
    """Parts × variants, part by part within a variant; sample i is always the same.

    Attributes:
        samples: the parts that can be trained on.
        stages: of the curriculum; each is some variants of every part.
        refusals: the parts that cannot be trained on.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        tokenizer: TextTokenizer,
        config: Config,
        features: Features,
        *,
        stages: Sequence[StageConfig] | None = None,
    ) -> None:
        self.tokenizer, self.config, self.features = tokenizer, config, features
        self.stages = tuple(config.data.curriculum if stages is None else stages)
        self.samples: list[Sample] = []
        self.refusals = Refusals()
        self._lengths: list[int] = []
        for sample in samples:
            try:
                ids = self._labelled(sample, 0, self._most(sample)).labelled.ids
            except RefusedSample as error:
                self.refusals.add(error)
                continue
            self.samples.append(sample)
            self._lengths.append(int((ids >= 0).sum()))

    def __len__(self) -> int:
        return len(self.samples) * self.variants

    @property
    def variants(self) -> int:
        return sum(stage.passes for stage in self.stages)

    @property
    def ranges(self) -> list[range]:
        """For each stage, the samples that belong to it."""
        ends = [len(self.samples) * n for n in accumulate(s.passes for s in self.stages)]
        return [range(start, end) for start, end in zip([0, *ends], ends, strict=False)]

    def length(self, index: int) -> int:
        """Return how many tokens a sample has; a turned part may have some more or less.

        With a cloud it is the most that there may be: what is measured is not known yet.
        """
        number, which = divmod(index, len(self.samples))
        shown = self._shown(self.samples[which], number)
        return self._lengths[which] + len(self._placeholders(shown)) + _MEASURED * shown.points

    def __getitem__(self, index: int) -> Labelled:
        number, which = divmod(index, len(self.samples))
        return self._sample(self.samples[which], number)

    def history(self, index: int) -> History:
        """Return part `index` as it was drawn, with the places of its operations."""
        return self._labelled(self.samples[index], 0, Shown())

    def _sample(self, sample: Sample, number: int) -> Labelled:
        shown, symmetry = self._shown(sample, number), self._symmetry(sample, number)
        found, cloud = modalities.Modalities(), None
        if sample.place is not None and shown != Shown():
            name = sample.sequence.id
            found = modalities.load(sample.place, name, images=shown.images, cloud=shown.points)
            cloud = found.cloud and self._seen(found.cloud, sample, number, symmetry)
        words = self._measured(cloud) if cloud is not None else ""
        try:
            labelled = self._labelled(sample, number, shown, words).labelled
        except RefusedSample:  # another caption or another side up may be some tokens longer
            labelled, cloud = self._labelled(sample, 0, shown).labelled, found.cloud
        model = self.config.model
        images = [picture(image.png, size=model.image.size) for image in found.images]
        return dataclasses.replace(
            labelled,
            images=np.stack(images) if images else None,
            points=cloud and surface(cloud, count=model.points.count, seed=number),
        )

    def _measured(self, cloud: PointCloud) -> str:
        words = measured(cloud)
        tokens = self.tokenizer.backend.encode(f"wanted {words}\n", add_special_tokens=False)
        return words if len(tokens.ids) <= _MEASURED else ""

    def _seen(
        self, cloud: PointCloud, sample: Sample, number: int, symmetry: Symmetry | None
    ) -> PointCloud:
        """The cloud of a variant: moved with its part, and for a share of them as if scanned."""
        if symmetry is not None:
            cloud = move_cloud(cloud, symmetry)
        cloud = scale_cloud(cloud, self._scale(sample, number))
        if self._random(sample, number, 5).random() >= self.config.data.scans:
            return cloud
        return scanned(cloud, name=sample.sequence.id, seed=number)

    def _labelled(self, sample: Sample, number: int, shown: Shown, levels: str = "") -> History:
        sequence = self._sequence(sample, number)
        caption = self._caption(sample, number)
        text = prompt(
            sequence, caption=caption, levels=levels, text_format=self.config.data.text_format
        )
        tokens = self.tokenizer.encode(text).after(self._placeholders(shown))
        *starts, _ = operation_cuts(text, tokens)
        labelled = self.label(sample, number, text, tokens, starts)
        kinds = (type(operation).__name__ for operation in sequence.operations)
        return History(labelled, tuple(zip(starts, kinds, strict=True)))

    def _sequence(self, sample: Sample, number: int) -> CadSequence:
        """The history of a variant: in its own order, moved, and scaled."""
        sequence, symmetry = sample.sequence, self._symmetry(sample, number)
        seed, share = self.config.train.seed, self.config.data.reordered
        if (random := variant_order(sequence, number, seed=seed, share=share)) is not None:
            sequence = reorder(sequence, random)
        sequence = sequence if symmetry is None else move(sequence, symmetry)
        factor = self._scale(sample, number)
        return sequence if factor == 1.0 else scale(sequence, factor)

    def label(
        self, sample: Sample, number: int, text: Text, tokens: Tokens, starts: Sequence[int]
    ) -> Labelled:
        """Return which tokens carry loss; `starts` are the tokens where operations begin."""
        return label(
            tokens,
            self._cuts(sample, number, starts),
            end=None if sample.unsupported else self.tokenizer.end,
            max_length=self.config.data.max_length,
            weighting=self.config.train.weighting,
            name=sample.sequence.id,
        )

    def _cuts(self, sample: Sample, number: int, starts: Sequence[int]) -> list[int]:
        kind = self.config.train.cuts
        if kind == "all":
            return list(starts)
        if kind == "five":
            return [starts[k] for k in evenly_spaced(len(starts))]
        if kind == "files":
            return [starts[k] for k in sample.cuts]
        chosen = self._random(sample, number, 3).integers(len(starts)) if starts else 0
        return [starts[int(chosen)]] if starts else []

    # --- what is shown ------------------------------------------------------------------------

    def _random(self, sample: Sample, number: int, stream: int) -> np.random.Generator:
        seed = self.config.train.seed
        return np.random.default_rng([seed, stream, number, *sample.sequence.id.encode()])

    def _stage(self, number: int) -> StageConfig:
        ends = list(accumulate(stage.passes for stage in self.stages))
        return next(s for s, end in zip(self.stages, ends, strict=True) if number < end)

    def _symmetry(self, sample: Sample, number: int) -> Symmetry | None:
        seed, upright = self.config.train.seed, self.config.data.upright
        return variant_symmetry(sample.sequence.id, number, seed=seed, upright=upright)

    def _scale(self, sample: Sample, number: int) -> float:
        seed, share = self.config.train.seed, self.config.data.scaled
        return variant_scale(sample.sequence.id, number, seed=seed, share=share)

    def _caption(self, sample: Sample, number: int) -> str | None:
        """The caption that was given, or one of the descriptions that were derived, or none."""
        random = self._random(sample, number, 1)
        if random.random() >= self._stage(number).captions:
            return None
        derived, share = sample.descriptions, self.config.data.derived
        if not derived or (sample.caption is not None and random.random() >= share):
            return sample.caption
        return derived[int(random.integers(len(derived)))]

    def _shown(self, sample: Sample, number: int) -> Shown:
        """Choose pictures and points; a turned part has pictures only where they still fit it."""
        if sample.place is None:
            return Shown()
        random, stage = self._random(sample, number, 2), self._stage(number)
        images, points, count = random.random(), random.random(), random.random()
        pictures = sample.place.pictures if self.features.image else 0
        symmetry = self._symmetry(sample, number)
        if symmetry is not None:
            pictures = min(pictures, _UPRIGHT) if symmetry.turns_about_z else 0
        if images >= stage.images:
            pictures = 0
        most = min(pictures, self.config.data.most_images)
        chosen = random.permutation(pictures)[: 1 + int(count * most)] if most else []
        has_points = sample.place.cloud and bool(self.features.points) and points < stage.points
        return Shown(tuple(int(i) for i in chosen), has_points)

    def _most(self, sample: Sample) -> Shown:
        """Return the most that any variant of a part could show."""
        if sample.place is None:
            return Shown()
        pictures = sample.place.pictures if self.features.image else 0
        most = min(pictures, self.config.data.most_images)
        if not any(stage.images for stage in self.stages):
            most = 0
        points = bool(self.features.points) and any(stage.points for stage in self.stages)
        return Shown(tuple(range(most)), sample.place.cloud and points)

    def _placeholders(self, shown: Shown) -> tuple[int, ...]:
        return self.features.placeholders(images=len(shown.images), points=shown.points)


class Rows(Dataset[list[Labelled]]):
    """The rows of a batch: each one sample, or with packing as many as fit.

    Attributes:
        rows: the samples of each row.
        lengths: of the rows in tokens; a turned part may have some more or less.
        stages: for each stage, its rows.
    """

    def __init__(self, histories: Histories, *, packing: int = 0, seed: int = 0) -> None:
        """Take the samples of `histories`; with `packing` rows of so many tokens."""
        self.histories, self.packing = histories, packing
        self.rows: list[list[int]] = []
        self.stages: list[range] = []
        for number, indices in enumerate(histories.ranges):
            start = len(self.rows)
            if packing:
                order = np.random.default_rng([seed, 4, number]).permutation(indices)
                self.rows += packed(order.tolist(), histories.length, packing)
            else:
                self.rows += [[index] for index in indices]
            self.stages.append(range(start, len(self.rows)))
        self.lengths = [sum(map(histories.length, row)) for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> list[Labelled]:
        return [self.histories[i] for i in self.rows[index]]


def packed(
    indices: Sequence[int], length: Callable[[int], int], size: int, *, open_rows: int = 64
) -> list[list[int]]:
    """Share rows of `size` tokens among samples: each goes into the first row where it fits.

    Only the newest `open_rows` rows are looked at, so that a million samples take seconds.
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for index in indices:
        needed = length(index)
        start = max(0, len(rows) - open_rows)
        place = next((i for i in range(start, len(rows)) if room[i] >= needed), None)
        if place is None:
            place = len(rows)
            rows.append([])
            room.append(size)
        rows[place].append(index)
        room[place] -= needed
    return rows


class InStages(Sampler[int]):
    """Rows stage by stage, of similar length within a step, the same for a seed and an epoch.

    The last step of a stage is filled up from its beginning: every step learns from `step` rows,
    so it does not matter how many processes share them.
    """

    def __init__(self, rows: Rows, *, step: int, seed: int) -> None:
        self.rows, self.step, self.seed, self.epoch = rows, step, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return sum(-(-len(stage) // self.step) * self.step for stage in self.rows.stages)

    def __iter__(self) -> Iterator[int]:
        random = torch.Generator().manual_seed(1000 * self.seed + self.epoch)
        for stage in self.rows.stages:
            lengths = [self.rows.lengths[i] for i in stage]
            order = get_length_grouped_indices(lengths, self.step, generator=random)
            filled = (order * -(-self.step // len(order)))[: -len(order) % self.step]
            yield from (stage[i] for i in [*order, *filled])
