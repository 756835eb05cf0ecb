"""From finished chunks to the data set: copies out, families on one side, the report last."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.data.prepare.chunks import read_catalogs, rows_file
from cadcomplete.data.prepare.layout import write_folders
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.prepare.splits import Split, split
from cadcomplete.data.prepared import SPLITS
from cadcomplete.data.samples import hash64, histories
from cadcomplete.data.shards import read_rows, split_file
from cadcomplete.files import write_text


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """What is known of all n parts that were built, in numbers alone, and how they are split.

    Attributes:
        chunk: of each part.
        designs: 64-bit hashes.
        lengths: in tokens, as lines and as JSON, shape (n, 2).
        operations: of each part.
        given: whether its caption was given.
    """

    chunk: np.ndarray
    designs: np.ndarray
    lengths: np.ndarray
    operations: np.ndarray
    given: np.ndarray
    split: Split


def load(work: Path, chunks: int, settings: Settings) -> Catalog:
    """Read all catalogs and split what they list."""
    numbers = array("Q")  # 72 bytes a part: all that is kept of it in memory
    for number, entry in _built(work, chunks):
        numbers.extend(_numbers(number, entry))
    table = np.frombuffer(numbers, dtype=np.uint64).reshape(-1, 9)
    chunk, designs, texts, key_a, key_b, *rest = table.T
    parts = split(
        designs,
        texts,
        np.stack([key_a, key_b], axis=1),
        validation=settings.validation,
        test=settings.test,
    )
    lines, exact, operations, given = (column.astype(np.int64) for column in rest)
    lengths = np.stack([lines, exact], axis=1)
    return Catalog(chunk.astype(np.int64), designs, lengths, operations, given > 0, parts)


def _built(work: Path, chunks: int) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((n, entry) for n, entry in read_catalogs(work, chunks) if "keys" in entry)


def _numbers(chunk: int, entry: dict[str, Any]) -> tuple[int, ...]:
    keys = (int(key, 16) for key in entry["keys"])
    lengths = (entry["tokens_lines"], entry["tokens_json"])
    return (chunk, hash64(entry["design"]), *keys, *lengths, entry["operations"], entry["given"])


def write_parts(
    source: Path,
    target: Path,
    work: Path,
    catalog: Catalog,
    settings: Settings,
    *,
    workers: int,
    tick: Callable[[int], None],
) -> None:
    """Write the parts of every chunk to where they belong; a chunk that is done is removed.

    In threads: compressing, which is most of it, is done without Python's lock.
    """
    folder = histories(source)
    ends = np.searchsorted(catalog.chunk, np.arange(catalog.chunk.max(initial=-1) + 2))

    def write(number: int, start: int, end: int) -> None:
        rows_of_chunk = rows_file(work, number)
        if not rows_of_chunk.exists():
            return
        kept, side = catalog.split.kept[start:end], catalog.split.side[start:end]
        if settings.layout == "omnicad":
            rows = (row for row, keep in zip(read_rows(rows_of_chunk), kept, strict=True) if keep)
            write_folders(rows, folder, target, number, truncations=settings.truncations)
        else:
            chosen = {
                target / "shards" / f"{name}-{number:06d}.parquet": (kept & (side == i)).tolist()
                for i, name in enumerate(SPLITS)
            }
            split_file(rows_of_chunk, chosen)
        rows_of_chunk.unlink()

    with ThreadPoolExecutor(workers) as threads:
        chunks = [threads.submit(write, n, *span) for n, span in enumerate(pairwise(ends))]
        for chunk in chunks:
            chunk.result()
            tick(1)


def write_splits(target: Path, work: Path, chunks: int, catalog: Catalog) -> None:
    """Write `splits/train.txt` and the others: an id a line, copies left out."""
    for side, name in enumerate(SPLITS):
        here = catalog.split.kept & (catalog.split.side == side)
        lines = (entry["id"] for (_, entry), yes in _with(work, chunks, here) if yes)
        write_text(target / "splits" / f"{name}.txt", "".join(f"{line}\n" for line in lines))


def _with(work: Path, chunks: int, flags: np.ndarray) -> Iterator[tuple[tuple[int, Any], Any]]:
    return zip(_built(work, chunks), flags.tolist(), strict=True)


def copies(work: Path, chunks: int, catalog: Catalog) -> list[dict[str, str]]:
    """Return a problem for each part whose text an earlier one has."""
    original = catalog.split.original
    wanted = set(original[~catalog.split.kept].tolist())
    names, problems = {}, []
    for index, (_, entry) in enumerate(_built(work, chunks)):
        if index in wanted:
            names[index] = entry["id"]
        if (first := int(original[index])) != index:
            reason = f"the same history as {names[first]}"
            where = {"id": entry["id"], "file": entry["file"]}
            problems.append({**where, "stage": "duplicate", "reason": reason})
    return problems


def without_caption(work: Path, chunks: int, catalog: Catalog) -> list[str]:
    """Return the parts to which no caption was given, by id."""
    bare = catalog.split.kept & ~catalog.given
    return [entry["id"] for (_, entry), yes in _with(work, chunks, bare) if yes]


def unfinished(work: Path, chunks: int, catalog: Catalog) -> list[dict[str, Any]]:
    """Return the parts that end before something that is not known here, and what that is."""
    parts = (entry for (_, entry), yes in _with(work, chunks, catalog.split.kept) if yes)
    return [
        {"id": entry["id"], "file": entry["file"], "unsupported": entry["unsupported"]}
        for entry in parts
        if "unsupported" in entry
    ]


def licences(work: Path, chunks: int, catalog: Catalog) -> dict[str, int]:
    """Return how many parts are under each licence that their files name."""
    parts = (entry for (_, entry), yes in _with(work, chunks, catalog.split.kept) if yes)
    return dict(Counter(e["licence"] for e in parts if "licence" in e).most_common())


def refused(work: Path, chunks: int) -> list[dict[str, str]]:
    """Return a problem for each input that gave no part."""
    keys = ("id", "file", "stage", "reason")
    entries = (entry for _, entry in read_catalogs(work, chunks))
    return [{key: entry[key] for key in keys} for entry in entries if "stage" in entry]


def odd(work: Path, chunks: int) -> list[dict[str, Any]]:
    """Return the parts that have several bodies, or operations that make no sense."""
    unsaid = {"bodies": 1, "remarks": []}  # by an earlier version, whose run this one finishes
    entries = ({**unsaid, **entry} for _, entry in _built(work, chunks))
    odd = (entry for entry in entries if entry["bodies"] > 1 or entry["remarks"])
    return [{key: entry[key] for key in ("id", "file", "bodies", "remarks")} for entry in odd]


def sample(work: Path, chunks: int, count: int, seed: int) -> list[dict[str, Any]]:
    """Return up to `count` parts of two operations or more, the same ones every time."""
    import heapq

    parts = (entry for _, entry in _built(work, chunks) if entry["operations"] > 1)
    return heapq.nsmallest(count, parts, key=lambda entry: hash64(f"{seed} {entry['id']}"))
