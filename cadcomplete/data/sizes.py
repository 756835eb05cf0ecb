"""What is known of many samples in numbers alone: how many tokens they have, what they may show.

Some dozen bytes a sample, so that a run over half a million parts knows all its lengths without
having read one of them.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np

from cadcomplete.data.samples import Sample, hash64
from cadcomplete.history.fields import Format
from cadcomplete.language.lines import encode
from cadcomplete.language.prompt import head
from cadcomplete.language.tokenizer import TextTokenizer

_AT_ONCE = 1000  # samples that are tokenised together


@dataclass(frozen=True, slots=True, eq=False)
class TextSizes:
    """Numbers of n samples.

    Attributes:
        keys: 64 bits of the hash of each id, shape (n,).
        operations: shape (n,).
        text: tokens of the history, its end not included, shape (n,).
        first: tokens of its first operation, shape (n,).
        heads: tokens of the line before it: without a caption, with the given one, with each of
            the derived ones; 0 where there is none; shape (n, 2 + derived).
        pictures: how many there are, shape (n,).
        clouds: whether there is one, shape (n,).
    """

    keys: np.ndarray
    operations: np.ndarray
    text: np.ndarray
    first: np.ndarray
    heads: np.ndarray
    pictures: np.ndarray
    clouds: np.ndarray

    def __len__(self) -> int:
        return len(self.keys)

    def chosen(self, which: np.ndarray) -> TextSizes:
        """Return those of some samples: by number, or where `which` is true."""
        return TextSizes(*(getattr(self, f.name)[which] for f in dataclasses.fields(self)))

    @staticmethod
    def joined(several: Sequence[TextSizes]) -> TextSizes:
        """Return those of several sets, one after the other."""
        widest = max((s.heads.shape[1] for s in several), default=2)
        columns = {
            f.name: [getattr(s, f.name) for s in several] for f in dataclasses.fields(TextSizes)
        }
        columns["heads"] = [
            np.pad(heads, ((0, 0), (0, widest - heads.shape[1]))) for heads in columns["heads"]
        ]
        return TextSizes(**{name: np.concatenate(values) for name, values in columns.items()})


class Told(NamedTuple):
    """What is counted of one sample: its text, and where in it the first operation ends."""

    id: str
    text: str
    first: int
    operations: int
    captions: tuple[str | None, ...]
    pictures: int
    cloud: bool


def told(sample: Sample, text_format: Format) -> Told:
    """Return what is counted of a sample."""
    text, place = encode(sample.sequence, text_format=text_format), sample.place
    return Told(
        sample.sequence.id,
        text.text,
        text.operation_offsets[:2][-1],
        len(sample.sequence),
        (sample.caption, *sample.descriptions),
        place.pictures if place else 0,
        place is not None and place.cloud,
    )


def sizes_of(several: Iterable[Told], tokenizer: TextTokenizer) -> TextSizes:
    """Count the tokens of samples, some at a time in memory."""
    rest = iter(several)
    chunks = iter(lambda: list(islice(rest, _AT_ONCE)), [])
    return TextSizes.joined(
        [_of_some(chunk, tokenizer) for chunk in chunks] or [_of_some([], tokenizer)]
    )


def _of_some(several: list[Told], tokenizer: TextTokenizer) -> TextSizes:
    """The tokens of a text are counted after the first line, as they stand in a prompt."""
    line = head()
    (bare,) = map(len, tokenizer.ids([line]))
    encoded = tokenizer.backend.encode_batch(
        [line + one.text for one in several], add_special_tokens=False
    )
    ends = [
        bisect_left(e.offsets, (len(line) + one.first,))
        for e, one in zip(encoded, several, strict=True)
    ]
    return TextSizes(
        keys=np.array([hash64(one.id) for one in several], dtype=np.uint64),
        operations=np.array([one.operations for one in several], dtype=np.int32),
        text=np.array([len(e.ids) - bare for e in encoded], dtype=np.int32),
        first=np.array(ends, dtype=np.int32) - bare,
        heads=_heads(several, tokenizer, bare),
        pictures=np.array([one.pictures for one in several], dtype=np.int32),
        clouds=np.array([one.cloud for one in several], dtype=bool),
    )


def _heads(several: list[Told], tokenizer: TextTokenizer, bare: int) -> np.ndarray:
    """Tokens of the first line, with every caption that a sample may show."""
    most = max((len(one.captions) for one in several), default=1)
    there = [caption for one in several for caption in one.captions if caption is not None]
    counts = iter(map(len, tokenizer.ids([head(caption) for caption in there])))
    heads = np.zeros((len(several), 1 + most), dtype=np.int32)
    heads[:, 0] = bare
    for row, one in zip(heads, several, strict=True):
        for column, caption in enumerate(one.captions, start=1):
            row[column] = 0 if caption is None else next(counts)
    return heads
