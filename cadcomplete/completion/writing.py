"""Completions to files: what one of them cannot be written is named, and every file is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cadcomplete import exporters
from cadcomplete.completion.completion import Completion, Completions
from cadcomplete.completion.wording import told
from cadcomplete.errors import CadCompleteError, KernelFailure, TimeLimitError
from cadcomplete.exporters import export
from cadcomplete.exporters.pictures import draw_overview
from cadcomplete.files import clear, safe_name
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.kernel.jobs import examine_and_keep


def write(
    completions: Completions, folder: Path, formats: tuple[str, ...], kernel: Kernel
) -> dict[int | str, Any]:
    """Write all completions to files; return their paths by rank and format.

    What has no solid has no STEP, STL, GLB or picture. With pictures there is one more, of all
    completions beside each other: its path is under "overview". Under "lost" are the paths that
    the kernel could not write, with the reason of each; every file is whole or not there. Where
    there are no completions, nothing is written. Raises InputError for a folder that cannot be
    written to.
    """
    name = safe_name(completions.given.sequence.id)
    solid = [f for f in formats if exporters.EXPORTERS[f].needs_solid]
    before = _before(completions, kernel) if solid and completions.completions else None
    files: dict[int | str, Any] = {"lost": {}}
    pending: list[tuple[Completion, list[Path], Pending[None]]] = []
    paths: dict[int, dict[str, Path]] = {}
    for completion in completions.completions:
        named = {f: folder / f"{name}_{completion.rank:02d}.{f}" for f in formats}
        paths[completion.rank] = named
        clear(*named.values())
        for path in (p for f, p in named.items() if f not in solid):
            exporters.write(exporters.Part(completion.document), path)
        if solid:
            left = [named[f] for f in solid]
            pending.append((completion, left, _exporting(completion, left, before, kernel)))
    for completion, left, job in pending:
        files["lost"] |= _lost(completion, left, before, job, kernel)
    for rank, named in paths.items():
        files[rank] = {f: str(path) for f, path in named.items() if path.is_file()}
    overview = folder / f"{name}_overview.png"
    clear(overview)
    if "png" in formats and completions.completions:
        entries = [(c.document, _label(c, completions.score_is)) for c in completions.completions]
        try:
            solids = [before, *(_solid(one, before) for one in completions.completions)]
            kernel.run(draw_overview, completions.given, entries, overview, solids)
            files["overview"] = str(overview)
        except KernelFailure as error:
            clear(overview)
            files["lost"][str(overview)] = str(error)
    return files


def _before(completions: Completions, kernel: Kernel) -> bytes | None:
    """The solid of what was given, built now if it was not; None if the kernel cannot."""
    if completions.before is not None:
        return completions.before
    try:
        return kernel.run(examine_and_keep, completions.given.sequence).solid
    except CadCompleteError:
        return None


def _solid(completion: Completion, before: bytes | None) -> bytes | None:
    """What the check of a completion has built; what extrudes nothing leaves the part as it is."""
    if completion.report.solid is not None:
        return completion.report.solid
    added = completion.document.sequence.operations[completion.given.whole_operations :]
    return None if any(operation.builds for operation in added) else before


def _exporting(
    completion: Completion, paths: list[Path], before: bytes | None, kernel: Kernel
) -> Pending[None]:
    keep, solid = completion.given.whole_operations, _solid(completion, before)
    return kernel.submit(export, completion.document, keep, paths, solid, before)


def _lost(
    completion: Completion,
    paths: list[Path],
    before: bytes | None,
    job: Pending[None],
    kernel: Kernel,
) -> dict[str, str]:
    """Wait for files that are written one after the other; return which failed, and why.

    The one at which the kernel died or hung is lost, and those after it get another try. If it
    hung before there was any, it was the part itself, and none of them gets one.
    """
    lost: dict[str, str] = {}
    while True:
        try:
            job.result()
            return lost
        except KernelFailure as error:
            left = [path for path in paths if not path.is_file()]
            hung = isinstance(error, TimeLimitError) and left == paths
            gone = left if hung else left[:1]
            clear(*gone)
            lost |= {str(path): str(error) for path in gone}
            paths = left[len(gone) :]
        if not paths:
            return lost
        job = _exporting(completion, paths, before, kernel)


def _label(completion: Completion, score_is: str) -> str:
    verdict = "" if completion.valid else f", not {'checked' if completion.late else 'valid'}"
    return f"{completion.rank}. {completion.words}\n{told(completion.score, score_is)}{verdict}"
