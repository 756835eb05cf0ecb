"""From raw histories to a data set: read, validate, build, check, deduplicate, split, describe.

The work is done in chunks, in `work/` inside of the target, and each is written whole; so a run
that is killed goes on where it was, and ends with the same bytes. Then copies are left out,
families of like parts are put on one side of the split, and the shards are written.
`report.json` comes last: where it is, the data set is complete.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cadcomplete.data.prepare import chunks, cluster, finish, report
from cadcomplete.data.prepare.inputs import Inputs, list_inputs
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.prepared import SPLITS
from cadcomplete.data.shards import arrow
from cadcomplete.errors import CadCompleteError, InputError, keeping
from cadcomplete.files import check_folder, write_text
from cadcomplete.locks import FILE as LOCK
from cadcomplete.locks import writing_alone

Watch = Callable[[str, int, int], None]
"""Hears of progress: what is done, how much of it, of how much."""

VERSION, MOST_WORKERS = 1, 1024

DEFAULT = Settings()


def prepare(
    source: Path,
    target: Path,
    settings: Settings = DEFAULT,
    *,
    workers: int = 1,
    ray: str | None = None,
    watch: Watch = lambda what, done, total: None,
) -> dict[str, Any]:
    """Prepare a data set and return its report; one that is complete already is left alone.

    Raises InputError if there is nothing to prepare, the target holds something else, or the
    disk is full: what was done until then is kept, and the same call goes on from there.
    """
    settings.check()
    _check_workers(workers)
    arrow()
    source, target = source.resolve(), target.resolve()  # workers may run elsewhere
    if (done := _complete(source, target, settings)) is not None:
        return done
    _check_folders(source, target)
    with writing_alone(target, "prepare"):
        return _prepare(source, target, settings, workers=workers, ray=ray, watch=watch)


def _prepare(
    source: Path, target: Path, settings: Settings, *, workers: int, ray: str | None, watch: Watch
) -> dict[str, Any]:
    work = _open(source, target, settings)
    started = time.monotonic()
    inputs = list_inputs(source, work, per_chunk=settings.per_shard)
    count = len(inputs.starts)
    todo = chunks.unfinished(work, count)
    finished = inputs.count - sum(inputs.size(n, settings.per_shard) for n in todo)
    parts = _Progress("preparing parts", finished, inputs.count, watch)
    with keeping(lambda: _kept(inputs, work, settings)):
        if todo and ray is not None:
            cluster.run(ray, inputs, todo, work, settings, workers=workers, tick=parts.add)
        elif todo:
            chunks.run(inputs, todo, work, settings, workers=workers, tick=parts.add)
    seconds = time.monotonic() - started

    catalog = finish.load(work, count, settings)
    written = _Progress("writing shards", 0, count, watch)
    finish.write_parts(source, target, work, catalog, settings, workers=workers, tick=written.add)
    finish.write_splits(target, work, count, catalog)
    problems = [*inputs.problems, *finish.refused(work, count)]
    problems += finish.copies(work, count, catalog)
    told = report.summarize(inputs, catalog, problems, str(source), settings)
    told["remarks"] = report.remarks(finish.odd(work, count))
    if told["captions"]["given"]:  # where there are none at all, none is missing
        told["captions"]["missing"] = finish.without_caption(work, count, catalog)
    told["unfinished"] = report.unfinished(finish.unfinished(work, count, catalog))
    if licences := finish.licences(work, count, catalog):
        told["licences"] = licences
    told["sheet"] = _sheet(target, work, count, settings, workers)
    told["seconds"] = round(seconds, 1)
    told["parts_per_second"] = round((inputs.count - finished) / max(seconds, 1e-9), 2)
    write_text(target / "manifest.json", _dump(_manifest(target, settings)))
    write_text(target / "report.json", _dump(told))
    shutil.rmtree(work)
    return told


def _kept(inputs: Inputs, work: Path, settings: Settings) -> str:
    """Say what a run that is interrupted leaves behind."""
    left = chunks.unfinished(work, len(inputs.starts))
    done = inputs.count - sum(inputs.size(n, settings.per_shard) for n in left)
    return f"{done} of {inputs.count} files are done and kept: repeat the command to go on"


class _Progress:
    """Counts for whoever watches."""

    def __init__(self, what: str, done: int, total: int, watch: Watch) -> None:
        self.what, self.done, self.total, self.watch = what, done, total, watch
        watch(what, done, total)

    def add(self, more: int) -> None:
        self.done += more
        self.watch(self.what, self.done, self.total)


def _dump(document: Any) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _run(source: Path, settings: Settings) -> dict[str, Any]:
    """What tells one data set from another."""
    return {"version": VERSION, "source": str(source), "settings": settings.as_dict()}


def _complete(source: Path, target: Path, settings: Settings) -> dict[str, Any] | None:
    if not (target / "report.json").exists():
        return None
    told = json.loads((target / "report.json").read_text(encoding="utf-8"))
    this = _run(source, settings)
    if {"version": VERSION, "source": told["source"], "settings": told["settings"]} != this:
        hint = "give another folder, or remove this one"
        raise InputError("there is another data set already", file=target, hint=hint)
    shutil.rmtree(target / "work", ignore_errors=True)  # killed while it was being removed
    return told


def _check_workers(workers: int) -> None:
    if not 1 <= workers <= MOST_WORKERS:
        expected = f"1 to {MOST_WORKERS}"
        raise InputError("out of range", where="workers", expected=expected, got=workers)


def _check_folders(source: Path, target: Path) -> None:
    if not source.is_dir():
        problem = "not a folder" if Path(source).exists() else "no such folder of data"
        raise InputError(problem, file=source)
    if source == target:
        raise InputError("source and target are the same folder", file=target)
    check_folder(target)


def _open(source: Path, target: Path, settings: Settings) -> Path:
    """Return the folder of the work, of a run that was interrupted or of a new one."""
    work = target / "work"
    this, file = _run(source, settings), work / "run.json"
    if file.exists():
        if json.loads(file.read_text(encoding="utf-8")) != this:
            hint = "repeat the command that began it, or remove the folder"
            raise InputError("another run was interrupted here", file=target, hint=hint)
        return work
    if any(entry.name not in ("work", LOCK) for entry in target.iterdir()):
        raise InputError("not an empty folder", file=target, hint="give another one")
    write_text(file, _dump(this))
    return work


def _manifest(target: Path, settings: Settings) -> dict[str, Any]:
    shards = [
        {"file": f"shards/{path.name}", "split": name}
        for name in SPLITS
        for path in sorted((target / "shards").glob(f"{name}-*.parquet"))
    ]
    return {
        "format": "cadcomplete data set",
        "version": VERSION,
        "layout": settings.layout,
        "settings": settings.as_dict(),
        "units": "mm",
        "frame": "mm = center + scale * point",
        "shards": shards,
    }


def _sheet(target: Path, work: Path, count: int, settings: Settings, workers: int) -> str | None:
    """Draw a sheet of parts to look at. A data set is no worse for lacking it."""
    from cadcomplete.data.prepare.sheet import draw

    chosen = finish.sample(work, count, 48, settings.seed)
    if not settings.views or not chosen:
        return None
    try:
        draw(chosen, target / "sheet.png", seed=settings.seed, workers=workers)
    except CadCompleteError as error:
        return f"not drawn: {error}"
    return "sheet.png"
