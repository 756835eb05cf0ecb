"""What is compared: each variant says which tokens of a sample are shown and carry loss.

A variant is a subclass of `Histories`; the model, the trainer and the validation are the
package's own and the same for all.

Shapes: B texts, L tokens of the longest.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from continuing import continued, padded

from cadcomplete.config import Config, from_dict
from cadcomplete.data.dataset import Histories
from cadcomplete.data.labels import Labelled, evenly_spaced, label
from cadcomplete.data.rows import InStages, Rows
from cadcomplete.data.samples import Sample
from cadcomplete.errors import RefusedSample
from cadcomplete.language.lines import JSON_TAIL, Text
from cadcomplete.language.tokenizer import IGNORED, Tokens
from cadcomplete.training.train import Run


def relabelled(sample: Labelled, carries_loss: np.ndarray) -> Labelled:
    """Return a sample whose loss falls on other tokens, each counting alike."""
    labels = np.where(carries_loss, sample.ids, IGNORED)
    return dataclasses.replace(sample, labels=labels, weights=carries_loss.astype(np.float64))


class FiveSamples(Histories):
    """Each of the five cuts of the specification is a sample of its own.

    Of every five variants each shows the part at the next of its cuts; all five are turned alike.
    A part with fewer cuts shows some of them again, so that parts count alike, as they do in one
    pass, and so do its cuts on average, because it is drawn with which of them it begins.
    """

    def _symmetries(self, keys: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        return super()._symmetries(keys, numbers // 5)

    def _cuts(self, sample: Sample, number: int, starts: Sequence[int]) -> list[int]:
        kept = evenly_spaced(len(starts))
        if not kept:
            return []
        first = int(self._random(sample, number // 5, 6).integers(len(kept)))
        return [starts[kept[(first + number % 5) % len(kept)]]]


class RandomTokens(Histories):
    """As many tokens carry loss as follow the cut, but any of the text, chosen at random."""

    def label(
        self, sample: Sample, number: int, text: Text, tokens: Tokens, starts: Sequence[int]
    ) -> Labelled:
        labelled = super().label(sample, number, text, tokens, starts)
        first, count = starts[0], int((labelled.labels != IGNORED).sum())
        places = np.arange(first, len(labelled.ids))
        chosen = self._random(sample, number, 5).choice(places, size=count, replace=False)
        carries_loss = np.zeros(len(labelled.ids), dtype=bool)
        carries_loss[chosen] = True
        return relabelled(labelled, carries_loss)


class HiddenTokens(RandomTokens):
    """Half of the tokens, at random, carry loss and cannot be read either.

    The end token stands in their places, as `[MASKED]` does in section 4 of the specification.
    """

    def label(
        self, sample: Sample, number: int, text: Text, tokens: Tokens, starts: Sequence[int]
    ) -> Labelled:
        labelled = super().label(sample, number, text, tokens, starts)
        ids = np.where(labelled.labels != IGNORED, self.tokenizer.end, labelled.ids)
        return dataclasses.replace(labelled, ids=ids)


class TruncatedInput(Histories):
    """The input ends at the cut: loss falls on what is given, and nothing after it is seen."""

    def label(
        self, sample: Sample, number: int, text: Text, tokens: Tokens, starts: Sequence[int]
    ) -> Labelled:
        labelled = super().label(sample, number, text, tokens, starts)
        if len(starts) < 2:
            raise RefusedSample("no operation is given", where=sample.sequence.id)
        cut = starts[int(self._random(sample, number, 3).integers(1, len(starts)))]
        places = np.arange(len(labelled.ids))
        return relabelled(labelled, (places >= starts[0]) & (places < cut))

    def __getitem__(self, index: int) -> Labelled:
        labelled = super().__getitem__(index)
        end = int(np.flatnonzero(labelled.labels != IGNORED)[-1]) + 1
        return dataclasses.replace(
            labelled,
            ids=labelled.ids[:end],
            labels=labelled.labels[:end],
            weights=labelled.weights[:end],
        )


class LiteralCut(Histories):
    """The boundary of section 4 of the specification: the number of tokens of the partial text.

    The partial text ends with what closes its lists; in the whole text other tokens stand there.
    """

    def label(
        self, sample: Sample, number: int, text: Text, tokens: Tokens, starts: Sequence[int]
    ) -> Labelled:
        offsets = dict(zip(tokens.cuts, text.offsets, strict=True))
        partial = [text.text[: offsets[c]] + JSON_TAIL for c in self._cuts(sample, number, starts)]
        encode = self.tokenizer.backend.encode
        return label(
            tokens,
            [len(encode(one, add_special_tokens=False).ids) for one in partial],
            end=self.tokenizer.end,
            max_length=self.config.data.max_length,
            weighting=self.config.train.weighting,
            name=sample.sequence.id,
        )


class OwnInput(Histories):
    """After the cut the model reads what it wrote itself, and is asked for the true tokens.

    Approach A of section 3 of the specification: the true prefix, then a continuation that the
    model draws at its current weights (temperature 1, without a grammar), token t of it standing
    in the place of token t of the target. `ramp` lets the share of own tokens rise from 0 to 1
    in the course of the run: scheduled sampling (S. Bengio et al. 2015, Scheduled Sampling for
    Sequence Prediction with Recurrent Neural Networks). No gradient passes through what was
    drawn. Continuations are written for `pool` samples at once, so the weights that wrote them
    are up to `pool / batch` steps old.
    """

    ramp = False
    pool = 128

    def follow(self, run: Run, steps: int) -> None:
        """Let this model write the continuations of the samples of so many steps."""
        train = run.config.train
        rows = Rows(self, epochs=train.epochs)  # each of one sample, which has its number
        sampler = InStages(rows, step=train.batch * train.accumulate, seed=train.seed)
        self._order = list(sampler)
        self._model, self._wanted = run.model, steps * sampler.step
        self._drawn = torch.Generator().manual_seed(train.seed)
        self._next, self._ready = 0, dict[int, list[Labelled]]()

    def __getitem__(self, index: int) -> Labelled:
        if not self._ready.get(index):
            self._write(index)
        return self._ready[index].pop(0)

    def _write(self, index: int) -> None:
        """Continue this sample and those that come after it."""
        at = self._order.index(index, self._next)
        block = self._order[at : at + self.pool]
        self._next, self._ready = at + len(block), {}
        samples = [Histories.__getitem__(self, i) for i in block]
        cuts = [int(np.argmax(sample.labels != IGNORED)) for sample in samples]
        share = min(1.0, at / self._wanted) if self.ramp else 1.0
        ids_BL = padded(samples, self.tokenizer.end)
        own_BL = continued(
            self._model,
            ids_BL,
            cuts,
            lengths=[len(sample.ids) for sample in samples],
            random=self._drawn,
            share=share,
        ).numpy()
        for i, sample, own_L in zip(block, samples, own_BL, strict=True):
            own = dataclasses.replace(sample, ids=own_L[: len(sample.ids)])
            self._ready.setdefault(i, []).append(own)


class ScheduledInput(OwnInput):
    """`OwnInput` with a share of own tokens that rises from 0 to 1."""

    ramp = True


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to train.

    Attributes:
        longer: how many times as many steps it takes as the others.
    """

    title: str
    histories: type[Histories] = Histories
    cuts: str = "all"
    weighting: str = "tokens"
    text_format: str = "lines"
    longer: int = 1


VARIANTS = {
    "all": Variant("all cuts in one pass, tokens count alike"),
    "one": Variant("one cut, drawn anew for each sample: teacher forcing with masking", cuts="one"),
    "truncated": Variant("truncated input, loss on what is given", TruncatedInput, "one"),
    "own": Variant("truncated input, then the model's own output", OwnInput, "one"),
    "scheduled": Variant("share of own output rising from 0 to 1", ScheduledInput, "one"),
    "random": Variant("as many tokens at random", RandomTokens, "one"),
    "hidden": Variant("as many tokens at random, hidden in the input", HiddenTokens, "one"),
    "truncations": Variant("all cuts in one pass, cuts count alike", weighting="truncations"),
    "five": Variant("five cuts in one pass", cuts="five", weighting="truncations"),
    "samples": Variant("five samples, equal steps", FiveSamples, weighting="truncations"),
    "samples5": Variant(
        "five samples, equal passes over the parts", FiveSamples, weighting="truncations", longer=5
    ),
    "five5": Variant(
        "five cuts in one pass, five times the steps",
        cuts="five",
        weighting="truncations",
        longer=5,
    ),
    "json": Variant("JSON, exact boundary", cuts="one", text_format="json"),
    "literal": Variant("JSON, boundary by length", LiteralCut, "one", text_format="json"),
}


def configure(variant: Variant, name: str, seed: int, **changes: Any) -> Config:
    """Return the configuration of a run; `changes` are `sources`, `output`, `batch` and others."""
    length = {"lines": 384, "json": 768}[variant.text_format]
    rows = {"batch": changes["batch"], "seed": seed, "log_every": changes["log_every"]}
    return from_dict(
        {
            "name": name,
            "output": changes["output"],
            "data": {
                "sources": changes["sources"],
                "text_format": variant.text_format,
                "max_length": length,
                "too_long": "refuse",  # the same parts for all that is compared
                "validation": changes["validation"],
                "variants": 40 if issubclass(variant.histories, FiveSamples) else 8,
                "captions": 0.0,
            },
            "model": {
                "decoder": {
                    "vocabulary": 512,
                    "width": 128,
                    "layers": 4,
                    "heads": 4,
                    "kv_heads": 2,
                    "feed_forward": 384,
                }
            },
            "train": {
                **rows,
                "cuts": variant.cuts,
                "weighting": variant.weighting,
                "evaluate_every": changes["evaluate_every"] * variant.longer,
                "checkpoints": 1,
                "rates": {"language_model": 3e-3},
            },
        }
    )
