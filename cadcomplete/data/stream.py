"""Batches without end for a small model that learns from text alone.

Nothing is loaded but a pack: every sample is a part drawn at random, moved, scaled and reordered
anew, or a synthetic one, with a caption or with what a cloud of it measures, or with nothing. Some
are no whole parts, but what fills a gap in one (`gaps.py`).
Shapes: B samples, L tokens of the longest.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from cadcomplete.clouds.measured import ShapeMeasures
from cadcomplete.config import Config
from cadcomplete.data import synthetic
from cadcomplete.data.augment import SCALES
from cadcomplete.data.describe.dictated import dictate
from cadcomplete.data.gaps import LeftOut, before, gaps, inside, without
from cadcomplete.data.pack import Packed
from cadcomplete.data.reorder import reorder
from cadcomplete.data.stretch import stretch
from cadcomplete.errors import CadCompleteError, TextError
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.language.prompt import behind_of, prompt
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.language.words import unlearned

_POOL = 16
"""Batches that are sorted by length together, so that little of them is padding."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sample as tokens: what stands before `first` is the prompt, and carries no loss."""

    ids: np.ndarray
    first: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of similar length.

    Attributes:
        ids: shape (B, L), the end token where a sample is over.
        first: the first token of each that carries loss, shape (B,).
        length: of each, its end token included, shape (B,).
    """

    ids: Tensor
    first: Tensor
    length: Tensor

    def to(self, device: torch.device) -> Batch:
        moved = (t.to(device, non_blocking=True) for t in (self.ids, self.first, self.length))
        return Batch(*moved)


def piece(
    sequence: CadSequence,
    tokenizer: TextTokenizer,
    config: Config,
    *,
    caption: str | None = None,
    measures: ShapeMeasures | None = None,
    gap: LeftOut | None = None,
    words: Container[str] | None = None,
) -> Piece | None:
    """Return a history as tokens, cut after its last operation that fits; None if none does.

    With a `gap`, what is behind it is told first, and only what is in it is learned. `words` are
    those of a model; None for all.
    """
    levels = "" if measures is None else measures.words
    data, behind, begun = config.data, "", (0, None)
    if gap is not None:
        rest, begun = without(sequence, gap), (gap.start, gap.curves)
        keep = len(before(sequence, gap))
        behind = behind_of(rest, keep, text_format=data.text_format, words=words)
        sequence = truncate(sequence, gap.end)
    tell = partial(prompt, caption=caption, levels=levels, behind=behind)
    untold = unlearned(sequence, words)
    text = tell(sequence, text_format=data.text_format, without=untold, words=words)
    tokens = tokenizer.encode(text)
    cuts = {cut[:2]: index for cut, index in zip(text.cuts, tokens.cuts, strict=True)}
    ids, first = (*tokens.ids, tokenizer.end), cuts[begun]
    if len(ids) > data.max_length:
        whole = [cut for (_, curves), cut in cuts.items() if curves is None]
        ids = ids[: max((cut for cut in whole if cut <= data.max_length), default=0)]
    return Piece(np.array(ids, dtype=np.int32), first) if len(ids) > first else None


class Stream(IterableDataset[Batch]):
    """Batches of at most `tokens` tokens each, padding included, the same for a seed.

    `share` of the samples are synthetic parts.
    """

    def __init__(
        self,
        parts: Sequence[Packed],
        tokenizer: TextTokenizer,
        config: Config,
        *,
        tokens: int,
        share: float = 0.5,
        seed: int = 0,
    ) -> None:
        self.parts, self.tokenizer, self.config = parts, tokenizer, config
        self.tokens, self.share, self.seed = tokens, share, seed

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        random = np.random.default_rng([self.seed, worker])
        number = worker
        while True:
            pool: list[Piece] = []
            count = 0
            while count < _POOL * self.tokens:
                if random.random() < self.share or not self.parts:
                    found = self._synthetic(number, random)
                    number += workers
                else:
                    found = self._real(self.parts[int(random.integers(len(self.parts)))], random)
                if found is not None:
                    pool.append(found)
                    count += len(found.ids)
            batches = list(grouped(pool, self.tokens, self.tokenizer.end))
            yield from (batches[i] for i in random.permutation(len(batches)).tolist())

    def _synthetic(self, number: int, random: np.random.Generator) -> Piece | None:
        like = self.config.data.synthetic_like
        part = synthetic.part_of(number, seed=self.seed, like=like)
        part = move(part, symmetries()[random.integers(48)])
        _, dictated = self._caption((), None, random)
        return self._piece(part, random, dictate(part) if dictated else None)

    def _real(self, part: Packed, random: np.random.Generator) -> Piece | None:
        sequence, data = part.sample.sequence, self.config.data
        caption, dictated = self._caption(part.sample.descriptions, part.sample.caption, random)
        measures = self._measures(part, random)
        if random.random() < data.reordered:
            sequence = reorder(sequence, random)
        if random.random() < data.stretched and (change := stretch(sequence, random)) is not None:
            stretched = change.applied(sequence)
            if stretched is not None:
                sequence, caption = stretched, None
                measures = measures and measures.stretched(change.place)
        if random.random() >= data.upright:
            symmetry = symmetries()[random.integers(1, 48)]
            sequence = move(sequence, symmetry)
            measures = measures and measures.moved(symmetry)
        if random.random() < data.scaled:
            factor = SCALES[random.integers(len(SCALES))]
            sequence, caption = scale(sequence, factor), None  # which may tell sizes
            measures = measures and measures.scaled(factor)
        try:
            caption = dictate(sequence) if dictated else caption
            return self._piece(sequence, random, caption, measures)
        except CadCompleteError:  # made so small that a loop is a point
            return None

    def _piece(
        self,
        sequence: CadSequence,
        random: np.random.Generator,
        caption: str | None,
        measures: ShapeMeasures | None = None,
    ) -> Piece | None:
        """The sample of a part, or of a gap in it."""
        gap = None
        if random.random() < self.config.data.filled:
            kinds = [found for found in (gaps(sequence), inside(sequence)) if found]
            found = kinds[random.integers(len(kinds))] if kinds else ()
            gap = found[random.integers(len(found))] if found else None
        sample = partial(piece, sequence, self.tokenizer, self.config)
        sample = partial(sample, caption=caption, measures=measures)
        try:
            return sample(gap=gap)
        except TextError:  # what is behind names an edge by curves that are missing
            return sample()

    def _caption(
        self, descriptions: Sequence[str], given: str | None, random: np.random.Generator
    ) -> tuple[str | None, bool]:
        """What is said of a part, or nothing; and whether every dimension is to be told instead.

        Of what is derived each level is as likely as any other: the descriptions, and that.
        """
        data = self.config.data
        if random.random() >= data.captions:
            return None, False
        if random.random() >= data.derived:
            return given, False
        level = int(random.integers(len(descriptions) + 1))
        return (None, True) if level == len(descriptions) else (descriptions[level], False)

    def _measures(self, part: Packed, random: np.random.Generator) -> ShapeMeasures | None:
        """What a cloud or a scan of a part measures, or nothing."""
        data = self.config.data
        if part.clean is None or random.random() >= data.points:
            return None
        scans = part.scans if random.random() < data.scans else ()
        return scans[random.integers(len(scans))] if scans else part.clean


def grouped(pieces: Sequence[Piece], tokens: int, end: int) -> Iterator[Batch]:
    """Yield batches of similar length, each of at most `tokens` tokens, but at least one sample."""
    chosen: list[Piece] = []
    for found in sorted(pieces, key=lambda p: len(p.ids)):
        if chosen and (len(chosen) + 1) * _padded(len(found.ids)) > tokens:
            yield _batch(chosen, end)
            chosen = []
        chosen.append(found)
    if chosen:
        yield _batch(chosen, end)


def _padded(length: int) -> int:
    return -(-length // 8) * 8


def _batch(pieces: Sequence[Piece], end: int) -> Batch:
    length = np.array([len(p.ids) for p in pieces])
    ids = np.full((len(pieces), _padded(int(length.max()))), end, dtype=np.int32)
    for row, found in zip(ids, pieces, strict=True):
        row[: len(found.ids)] = found.ids
    first = torch.tensor([p.first for p in pieces])
    return Batch(torch.from_numpy(ids), first, torch.from_numpy(length))


SHOWN = ("none", "caption", "points")
"""What held-out parts may be measured with: nothing, a caption, what a cloud measures."""


def held_out(
    parts: Sequence[Packed],
    tokenizer: TextTokenizer,
    config: Config,
    *,
    shown: str = "none",
    words: Container[str] | None = None,
) -> list[Piece]:
    """Return parts as they were drawn, with one of `SHOWN`; what a part lacks it is without.

    Each is whole: what is longer than the limit is left out. `words` are those of a model.
    """
    data = replace(config.data, max_length=1 << 30)
    found = [
        piece(
            part.sample.sequence,
            tokenizer,
            replace(config, data=data),
            caption=part.sample.caption if shown == "caption" else None,
            measures=part.clean if shown == "points" else None,
            words=words,
        )
        for part in parts
    ]
    return [p for p in found if p is not None and len(p.ids) <= config.data.max_length]
