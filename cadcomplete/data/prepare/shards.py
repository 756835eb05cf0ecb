"""Parts as Parquet: what a row is, and files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cadcomplete.errors import InputError
from cadcomplete.files import writing

if TYPE_CHECKING:
    import pyarrow

_ROWS = 32  # in a row group: few enough that memory stays small with eight pictures each


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
    return arrow().parquet.ParquetWriter(path, schema(), compression="zstd")


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


def read_rows(path: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a shard. Raises InputError for a file that is none."""
    pa = arrow()
    try:
        file = pa.parquet.ParquetFile(path)
        for batch in file.iter_batches(batch_size=_ROWS, columns=columns):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"not a shard: {error}", file=path) from error
