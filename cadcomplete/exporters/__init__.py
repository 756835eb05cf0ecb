"""Parts out, to files that other programs read.

To add a format: write a function like those in `solids.py` and enter it in `EXPORTERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cadcomplete.errors import BuildError, InputError
from cadcomplete.exporters import pictures, solids, texts
from cadcomplete.files import writing
from cadcomplete.kernel.jobs import Report
from cadcomplete.readers import Document


@dataclass(frozen=True, slots=True)
class Part:
    """What an exporter has to work with.

    Attributes:
        document: the history.
        solid: what it builds (`kernel.booleans.Solid`), or None if nothing was extruded.
        given: the solid of the operations that were given, when the part is a completion.
        completed: whether `given` is to be told from the rest.
    """

    document: Document
    solid: Any = None
    given: Any = None
    completed: bool = False


@dataclass(frozen=True, slots=True)
class Exporter:
    """How a format is written: to which path, and whether it needs the solid."""

    write: Callable[[Part, Path], None]
    needs_solid: bool


EXPORTERS: dict[str, Exporter] = {
    "json": Exporter(texts.write_json, False),
    "lines": Exporter(texts.write_lines, False),
    "step": Exporter(solids.write_step, True),
    "stl": Exporter(solids.write_stl, True),
    "glb": Exporter(solids.write_glb, True),
    "png": Exporter(pictures.write_png, True),
}


def format_of(path: Path) -> str:
    """Return the format that a file's suffix names. Raises InputError for others."""
    name = path.suffix.lower().removeprefix(".")
    name = {"stp": "step"}.get(name, name)
    if name not in EXPORTERS:
        expected = ", ".join(f".{known}" for known in EXPORTERS)
        raise InputError("unknown format", file=path, expected=expected, got=path.suffix or "none")
    return name


def write(part: Part, path: Path, *, format_name: str | None = None) -> None:
    """Write one file, whole or not at all. Raises InputError."""
    exporter = EXPORTERS[format_name or format_of(path)]
    with writing(path) as unfinished:
        exporter.write(part, unfinished)


def export(document: Document, paths: list[Path], given: int | None = None) -> Report:
    """Build a document and write it to files: a job for `kernel.contain`.

    With `given`, its first operations were a designer's and the others are a completion, each
    of which must change the part. What cannot be built is written as far as it goes: text and
    JSON always, a picture of what there is, and no solid.
    """
    from cadcomplete.kernel.build import build
    from cadcomplete.kernel.examine import examine

    built = examine(document.sequence, strict_from=given)
    before = None
    if given is not None:
        try:
            before = build(document.truncated(given).sequence)
        except BuildError:
            before = None
    part = Part(document, built.solid, before, given is not None)
    for path in paths:
        if built.solid is not None or format_of(path) not in ("step", "stl", "glb"):
            write(part, path)
    return built.report
