"""Parts that stay where they are stored until they are learned from.

Of a data set in shards only numbers are in memory: where each part is, on which side of the split,
and its `TextSizes`. These are counted once for each tokenizer and kept in the data set, in
`lengths/`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np

from cadcomplete.data.identity import identity
from cadcomplete.data.modalities import KNOWN, place_in_shard
from cadcomplete.data.prepared import SPLITS, TEXTS, read_manifest, sample_of
from cadcomplete.data.samples import Sample
from cadcomplete.data.sizes import TextSizes, Told, sizes_of, told
from cadcomplete.errors import InputError
from cadcomplete.files import writing
from cadcomplete.history.fields import Format
from cadcomplete.history.operations import OPERATIONS
from cadcomplete.language.tokenizer import TextTokenizer

VERSION = 1
"""Of what is counted, and how."""

_BEGINNING = re.compile(rf"^(?:{'|'.join(OPERATIONS)})\b", re.MULTILINE)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stored:
    """The parts of a data set in shards, each read when it is asked for.

    Attributes:
        files: its shards, from the folder.
        sides: the split of each shard, a number of `SPLITS`.
        starts: how many parts stand before each shard, and before one that would follow.
    """

    folder: Path
    files: tuple[str, ...]
    sides: tuple[int, ...]
    starts: np.ndarray

    def __len__(self) -> int:
        return int(self.starts[-1])

    def __getitem__(self, number: int) -> Sample:
        """Read a part. Raises InputError if it cannot be read."""
        from cadcomplete.data.shards import read_row

        shard = int(np.searchsorted(self.starts, number, side="right")) - 1
        file, row = self.files[shard], number - int(self.starts[shard])
        found = read_row(self.folder / file, row, (*TEXTS, *KNOWN))
        place = place_in_shard(str(self.folder), file, row, found)
        return sample_of(found, SPLITS[self.sides[shard]], place)

    @property
    def side(self) -> np.ndarray:
        """The split of each part, a number of `SPLITS`, shape (n,)."""
        return np.repeat(np.array(self.sides, dtype=np.int8), np.diff(self.starts))


def stored(folder: Path) -> Stored:
    """Find the parts of a data set in shards. Raises InputError."""
    from cadcomplete.data.shards import row_count

    shards = read_manifest(folder)["shards"]
    counts = [row_count(folder / shard["file"]) for shard in shards]
    starts = np.cumsum([0, *counts])
    sides = tuple(SPLITS.index(shard["split"]) for shard in shards)
    return Stored(folder, tuple(shard["file"] for shard in shards), sides, starts)


# --- how long they are --------------------------------------------------------------------------


def sizes_in(
    parts: Stored, tokenizer: TextTokenizer, *, text_format: Format, say: Say = lambda line: None
) -> TextSizes:
    """Return the sizes of the parts of a data set: counted before, or now, and then kept there."""
    if (known := known_sizes(parts, tokenizer, text_format=text_format)) is not None:
        return known
    say(f"counting the tokens of {len(parts):,} parts in {parts.folder}, once")
    counted = sizes_of(_told(parts, text_format), tokenizer)
    file = _file(parts, tokenizer, text_format)
    try:
        with writing(file) as unfinished, unfinished.open("wb") as opened:
            np.savez(opened, **{f.name: getattr(counted, f.name) for f in _FIELDS})
    except InputError as error:  # a data set that others own may not be written to
        say(f"the lengths are not kept: {error}")
    return counted


def known_sizes(
    parts: Stored, tokenizer: TextTokenizer, *, text_format: Format
) -> TextSizes | None:
    """Return the sizes that were counted before; None if they were not, or are not whole."""
    try:
        with np.load(_file(parts, tokenizer, text_format)) as arrays:
            found = TextSizes(**{f.name: arrays[f.name] for f in _FIELDS})
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return found if len(found) == len(parts) else None


def some_sizes(
    parts: Stored, tokenizer: TextTokenizer, *, text_format: Format, most: int
) -> tuple[TextSizes, np.ndarray]:
    """Return the sizes of parts and their numbers: of all if they are known or at most `most`.

    Of others, those of evenly spaced shards. Nothing is written.
    """
    known = known_sizes(parts, tokenizer, text_format=text_format)
    if known is not None:
        return known, np.arange(len(parts))
    every = np.arange(len(parts.files))[:: -(-len(parts) // most) or 1]
    some = Stored(parts.folder, tuple(parts.files[i] for i in every), (), parts.starts)
    starts = parts.starts.tolist()
    numbers = [np.arange(starts[i], starts[i + 1]) for i in every.tolist()]
    sizes = sizes_of(_told(some, text_format), tokenizer)
    return sizes, np.concatenate([np.zeros(0, np.int64), *numbers])


_FIELDS = dataclasses.fields(TextSizes)


def _file(parts: Stored, tokenizer: TextTokenizer, text_format: Format) -> Path:
    """Other parts, another tokenizer, another file: what is there is never out of date."""
    digest = hashlib.sha256(tokenizer.content.encode())
    digest.update(f"{VERSION} {identity(parts.folder)}".encode())
    return parts.folder / "lengths" / f"{text_format}-{digest.hexdigest()[:16]}.npz"


def _told(parts: Stored, text_format: Format) -> Iterator[Told]:
    from cadcomplete.data.shards import read_rows

    for file in parts.files:
        for row in read_rows(parts.folder / file, (*TEXTS, "operations", *KNOWN)):
            if text_format == "lines":
                yield _row_told(row)
            else:
                place = place_in_shard(str(parts.folder), file, 0, row)
                yield told(sample_of(row, "", place), text_format)


def _row_told(row: dict[str, Any]) -> Told:
    """The text is stored as it is learned, so that the history need not be made of it."""
    text = row["text"]
    starts = [match.start() for match in _BEGINNING.finditer(text)]
    first = starts[1] if len(starts) > 1 else len(text)
    captions = (row["caption"], row["description"], row["description_long"])
    pictures, cloud = len(row["images"] or ()), row["scale"] is not None
    return Told(row["id"], text, first, row["operations"], captions, pictures, cloud)


# --- together -----------------------------------------------------------------------------------


class Parts(Sequence[Sample]):
    """Parts of several sources as one sequence, with their sizes; read when asked for.

    Attributes:
        sizes: of all of them.
    """

    def __init__(
        self, sources: Sequence[Sequence[Sample] | Stored], place: np.ndarray, sizes: TextSizes
    ) -> None:
        """`place` says where each part is: the number of its source and its own, shape (n, 2)."""
        self._sources, self._place, self.sizes = tuple(sources), place, sizes

    def __len__(self) -> int:
        return len(self._place)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Parts: ...
    def __getitem__(self, index: int | slice) -> Sample | Parts:
        if isinstance(index, slice):
            return self.chosen(np.arange(len(self))[index])
        source, number = self._place[index].tolist()
        return self._sources[source][number]

    def chosen(self, which: np.ndarray) -> Parts:
        """Return some of them: by number, or where `which` is true."""
        return Parts(self._sources, self._place[which], self.sizes.chosen(which))

    @staticmethod
    def of(source: Sequence[Sample] | Stored, sizes: TextSizes) -> Parts:
        """Return the parts of one source."""
        numbers = np.arange(len(source), dtype=np.int32)
        return Parts([source], np.stack([np.zeros_like(numbers), numbers], axis=1), sizes)

    @staticmethod
    def joined(several: Sequence[Parts]) -> Parts:
        """Return those of several sequences, one after the other."""
        starts = np.cumsum([0, *(len(parts._sources) for parts in several)])
        pairs = zip(several, starts, strict=False)
        places = [parts._place + np.array([start, 0]) for parts, start in pairs]
        sources = [source for parts in several for source in parts._sources]
        place = np.concatenate([np.zeros((0, 2), np.int64), *places]).astype(np.int32)
        return Parts(sources, place, TextSizes.joined([parts.sizes for parts in several]))


def first_by_key(parts: Parts, most: int) -> Parts:
    """Return at most so many parts: those whose ids have the smallest hashes, in their order.

    So parts that are added to a data set change little of which are chosen. 0 for all.
    """
    if not most or len(parts) <= most:
        return parts
    return parts.chosen(np.sort(np.argsort(parts.sizes.keys, kind="stable")[:most]))
