"""Chunks of parts, each written whole: what a killed run has done stays done.

A chunk is two files: its rows, and then its catalog, one JSON line for each input, which says
what became of it. A chunk with a catalog is finished.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from cadcomplete.data.prepare.inputs import InputFile, Inputs
from cadcomplete.data.prepare.part import Prepared, Refused, prepare_part
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.shards import write_rows
from cadcomplete.errors import MISTAKES, CadCompleteError, LostWorkersError
from cadcomplete.files import write_text
from cadcomplete.kernel.contain import Kernel, Pending

Outcome = tuple[InputFile, Prepared | Refused]

_AHEAD = 128
"""Parts in work or waiting for a slower one before them, for each worker."""

_TRIES = 3
"""How often a part is begun whose workers are killed under it."""

_RECYCLE = 2000
"""Parts after which a worker is replaced: the kernel does not give all its memory back."""


@contextmanager
def kernel_for(settings: Settings, *, workers: int) -> Iterator[Kernel]:
    """Give workers that have loaded all they need. Raises what keeps them from it."""
    with Kernel(workers=workers, time_limit=settings.time_limit, recycle=_RECYCLE) as kernel:
        kernel.submit(_ready, settings, limit=600.0).result()
        yield kernel


def _ready(settings: Settings) -> None:
    from cadcomplete.clouds import cloud  # noqa: F401
    from cadcomplete.data import describe  # noqa: F401
    from cadcomplete.data.prepare.part import _tokenizer
    from cadcomplete.kernel import fingerprint, tessellate  # noqa: F401
    from cadcomplete.kernel.features import find  # noqa: F401
    from cadcomplete.meshes import render  # noqa: F401

    _tokenizer(settings.tokenizer)


def outcomes(items: Iterable[InputFile], settings: Settings, kernel: Kernel) -> Iterator[Outcome]:
    """Yield what becomes of each part, in order; the workers go some way ahead.

    If all workers are killed at once, new ones take up what the old ones had not finished.
    """
    waiting: deque[tuple[InputFile, Pending[Prepared | Refused]]] = deque()

    def submit(item: InputFile) -> None:
        try:
            waiting.append((item, kernel.submit(prepare_part, item, settings)))
        except LostWorkersError:
            renew(item)

    def renew(*more: InputFile) -> None:
        kernel.restart()
        lost = [item for item, _ in waiting]
        waiting.clear()
        for item in (*lost, *more):
            waiting.append((item, kernel.submit(prepare_part, item, settings)))

    def first() -> Outcome:
        for _ in range(_TRIES):
            try:
                outcome = _outcome(*waiting[0])
                waiting.popleft()
                return outcome
            except LostWorkersError:
                renew()
        return waiting.popleft()[0], Refused("kernel", "the CAD kernel's processes kept dying")

    for item in items:
        submit(item)
        if len(waiting) >= _AHEAD * kernel.workers:
            yield first()
    while waiting:
        yield first()


def _outcome(item: InputFile, pending: Pending[Prepared | Refused]) -> Outcome:
    try:
        return item, pending.result()
    except LostWorkersError:
        raise
    except CadCompleteError as error:
        return item, Refused("kernel", str(error))
    except MISTAKES as error:
        return item, Refused("unexpected", f"{type(error).__name__}: {error}")


def write_chunk(work: Path, number: int, results: Iterable[Outcome]) -> None:
    """Write the rows and the catalog of a chunk. Raises InputError if the disk is full."""
    catalog: list[dict[str, Any]] = []

    def rows() -> Iterator[dict[str, Any]]:
        for item, result in results:
            if isinstance(result, Refused):
                entry = {"stage": result.stage, "reason": result.reason}
            else:
                entry = _summary(result)
                yield result.row
            catalog.append({"id": item.id, "file": item.path, **entry})

    write_rows(rows_file(work, number), rows())
    lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in catalog]
    write_text(catalog_file(work, number), "".join(lines))


def _summary(part: Prepared) -> dict[str, Any]:
    keys = ("design", "operations", "tokens_lines", "tokens_json", "bodies")
    told = {
        **{key: part.row[key] for key in keys},
        "given": part.row["caption"] is not None,
        "keys": part.keys,
        "remarks": [{"kind": r.kind.value, "text": str(r)} for r in part.remarks],
    }
    more = {key: part.row[key] for key in ("unsupported", "licence") if part.row[key]}
    return {**told, **more}


def rows_file(work: Path, number: int) -> Path:
    return work / f"{number:06d}.parquet"


def catalog_file(work: Path, number: int) -> Path:
    return work / f"{number:06d}.jsonl"


def read_catalogs(work: Path, chunks: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of the chunk and the entry of every input, in order."""
    for number in range(chunks):
        with catalog_file(work, number).open(encoding="utf-8") as lines:
            for line in lines:
                yield number, json.loads(line)


def unfinished(work: Path, chunks: int) -> list[int]:
    """Return the chunks that are still to be done."""
    return [number for number in range(chunks) if not catalog_file(work, number).exists()]


def run(
    inputs: Inputs,
    todo: list[int],
    work: Path,
    settings: Settings,
    *,
    workers: int,
    tick: Callable[[int], None] = lambda parts: None,
) -> None:
    """Do chunks on this machine, `workers` parts at a time; `tick` hears of each part."""
    with kernel_for(settings, workers=workers) as kernel:
        items = (item for n in todo for item in inputs.chunk(n, settings.per_shard))
        stream = _ticking(outcomes(items, settings, kernel), tick)
        for number in todo:
            part = islice(stream, inputs.size(number, settings.per_shard))
            write_chunk(work, number, part)


def _ticking(stream: Iterator[Outcome], tick: Callable[[int], None]) -> Iterator[Outcome]:
    for outcome in stream:
        tick(1)
        yield outcome
