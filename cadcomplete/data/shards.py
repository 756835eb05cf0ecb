"""Parts as Parquet: what a row is, and files that are written whole or not at all."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cadcomplete.errors import InputError
from cadcomplete.files import writing

if TYPE_CHECKING:
    import pyarrow

_ROWS = 16  # in a row group: one picture or cloud costs reading that many
_FILES, _GROUPS = 64, 8  # kept open and in memory for random access; a group has some megabytes
_REPEATED = ["format", "licence", "design", "caption", "images.list.element.style"]


def arrow() -> Any:
    """Return pyarrow. Raises InputError that says how to install it."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        hint = "pip install 'cadcomplete[data]'"
        raise InputError(f"Parquet files need pyarrow: {error}", hint=hint) from error
    return pyarrow


def schema() -> pyarrow.Schema:
    """Return the columns of a shard; lengths in mm, `points` and `normals` flat: x, y, z, x, …"""
    pa = arrow()
    text, number, real = pa.string(), pa.int32(), pa.float64()
    image = pa.struct([("view", pa.int8()), ("style", text), ("png", pa.binary())])
    columns = {
        "id": text,
        "design": text,
        "source": text,
        "format": text,
        "licence": text,
        "text": text,
        "json": text,
        "caption": text,
        "description": text,
        "description_long": text,
        "operations": number,
        "curves": number,
        "tokens_lines": number,
        "tokens_json": number,
        "volume": real,
        "area": real,
        "box_min": pa.list_(real),
        "box_max": pa.list_(real),
        "bodies": number,
        "unsupported": pa.list_(text),
        "images": pa.list_(image),
        "points": pa.list_(pa.float32()),
        "normals": pa.list_(pa.float16()),
        "center": pa.list_(real),
        "scale": real,
    }
    return pa.schema(list(columns.items()))


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write a Parquet file, a few rows at a time in memory, and return how many there were.

    Raises InputError if the disk is full.
    """
    pa, columns = arrow(), schema()
    count, batch = 0, []
    with writing(path) as unfinished, _writer(unfinished) as writer:
        for row in rows:
            batch.append(row)
            count += 1
            if len(batch) == _ROWS:
                writer.write_table(pa.Table.from_pylist(batch, columns))
                batch = []
        if batch:
            writer.write_table(pa.Table.from_pylist(batch, columns))
    return count


def _writer(path: Path) -> Any:
    """Dictionaries only where values repeat: of points they cost a quarter of the file.

    Every page has its checksum, so that damage is found when it is read. Without statistics
    a file is opened faster.
    """
    return arrow().parquet.ParquetWriter(
        path,
        schema(),
        compression="zstd",
        use_dictionary=_REPEATED,
        write_page_checksum=True,
        write_statistics=False,
    )


def split_file(path: Path, chosen: dict[Path, list[bool]]) -> dict[Path, int]:
    """Copy rows of a Parquet file to others: where `chosen` says True, in order."""
    pa = arrow()
    counts = {}
    for target, keep in chosen.items():
        counts[target] = sum(keep)
        if not counts[target]:
            continue
        source = pa.parquet.ParquetFile(path)
        start = 0
        with writing(target) as unfinished, _writer(unfinished) as writer:
            for group in range(source.num_row_groups):
                table = source.read_row_group(group)
                mask = pa.array(keep[start : start + table.num_rows])
                start += table.num_rows
                if (kept := table.filter(mask)).num_rows:
                    writer.write_table(kept)
    return counts


_LATER = {"unsupported": (), "licence": None}
"""Columns that data sets of older versions lack, and what stands there for them."""


def read_rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a shard, lists of numbers as arrays.

    Raises InputError for a file that is none, or has not these columns.
    """
    pa = arrow()
    try:
        file = _file(path)
        for batch in file.iter_batches(batch_size=_ROWS, columns=columns and list(columns)):
            yield from _rows(pa.Table.from_batches([batch]), columns, path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"not a shard: {error}", file=path) from error


def read_row(path: Path, row: int, columns: Sequence[str]) -> dict[str, Any]:
    """Return these columns of one row of a shard, reading its row group and no more.

    Files and row groups that were read last stay in memory, for each process its own.
    Raises InputError as `read_rows` does, and for a row that there is not.
    """
    pa, process = arrow(), os.getpid()  # a file must not be shared with a process that forks
    try:
        file, starts = _opened(path, process)
        if not 0 <= row < starts[-1]:
            raise InputError("no such row", file=path, expected=f"0 to {starts[-1] - 1}", got=row)
        group = bisect_right(starts, row) - 1
        table = _group(file, group, tuple(columns))
        return _rows(table.slice(row - starts[group], 1), columns, path)[0]
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"not a shard: {error}", file=path) from error


def row_count(path: Path) -> int:
    """Return how many rows a shard has. Raises InputError for a file that is none."""
    pa = arrow()
    try:
        return pa.parquet.read_metadata(path).num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"not a shard: {error}", file=path) from error


def _file(path: Path) -> Any:
    return arrow().parquet.ParquetFile(path, page_checksum_verification=True)


@lru_cache(maxsize=_FILES)
def _opened(path: Path, process: int) -> tuple[Any, list[int]]:
    """A file, and the first row of each of its row groups and of one that would follow."""
    file = _file(path)
    sizes = (file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))
    return file, list(accumulate(sizes, initial=0))


@lru_cache(maxsize=_GROUPS)
def _group(file: Any, group: int, columns: tuple[str, ...]) -> Any:
    return file.read_row_group(group, columns=list(columns), use_threads=False)


def _rows(table: Any, columns: Sequence[str] | None, path: Path) -> list[dict[str, Any]]:
    """Rows of a table; what was asked for must be in it."""
    names = table.column_names
    missing = {name.partition(".")[0] for name in columns or ()} - set(names)
    if lacking := sorted(missing - _LATER.keys()):
        raise InputError("not a shard of a data set", file=path, expected=" and ".join(lacking))
    values = (_values(table.column(name)) for name in names)
    older = {name: _LATER[name] for name in missing}
    return [{**older, **dict(zip(names, row, strict=True))} for row in zip(*values, strict=True)]


def _values(column: Any) -> list[Any]:
    """The values of a column; a list of reals as an array, a hundred times faster than as one."""
    types = arrow().types
    if not (types.is_list(column.type) and types.is_floating(column.type.value_type)):
        return column.to_pylist()
    return [np.asarray(item.values) if item.is_valid else None for item in column]
