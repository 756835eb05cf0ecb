"""Parts out, to files that other programs read.

To add a format: write a function like those in `solids.py` and enter it in `EXPORTERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cadcomplete.errors import InputError
from cadcomplete.exporters import freecad, pictures, scripts, solids, texts
from cadcomplete.exporters.part import Part, built
from cadcomplete.files import writing
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers import Document


@dataclass(frozen=True, slots=True)
class Exporter:
    """How a format is written.

    Attributes:
        write: to which path.
        needs_solid: whether it needs the kernel, and what that makes of the history.
        draws: whether it has something to show of a part that has no solid yet: its sketches.
        dialects: those that it has; the first is the usual one.
        notice: what a person should know of a part in it; "" for nothing.
    """

    write: Callable[[Part, Path], None]
    needs_solid: bool
    draws: bool = False
    dialects: tuple[str, ...] = ()
    notice: Callable[[CadSequence], str] = lambda sequence: ""


EXPORTERS: dict[str, Exporter] = {
    "json": Exporter(texts.write_json, False),
    "lines": Exporter(texts.write_lines, False),
    "step": Exporter(solids.write_step, True),
    "stl": Exporter(solids.write_stl, True),
    "glb": Exporter(solids.write_glb, True),
    "png": Exporter(pictures.write_png, True, draws=True),
    "fcstd": Exporter(freecad.write_freecad, True, draws=True, notice=freecad.notice),
    "py": Exporter(scripts.write_script, True, draws=True, dialects=tuple(scripts.DIALECTS)),
}


def format_of(path: Path) -> str:
    """Return the format that a file's suffix names. Raises InputError for others."""
    name = path.suffix.lower().removeprefix(".")
    name = {"stp": "step"}.get(name, name)
    if name not in EXPORTERS:
        expected = ", ".join(f".{known}" for known in EXPORTERS)
        raise InputError("unknown format", file=path, expected=expected, got=path.suffix or "none")
    return name


def write(part: Part, path: Path) -> None:
    """Write one file, whole or not at all. Raises InputError."""
    exporter = EXPORTERS[format_of(path)]
    with writing(path) as unfinished:
        exporter.write(part, unfinished)


def check_formats(names: tuple[str, ...]) -> None:
    """Raise InputError if one of them is no format."""
    for name in names:
        if name not in EXPORTERS:
            expected = ", ".join(EXPORTERS)
            raise InputError("unknown format", where="formats", expected=expected, got=name)


def convert(document: Document, path: Path, dialect: str = "") -> tuple[str, ...]:
    """Build a history, write it to a file and return what makes no sense: for `kernel.contain`.

    `dialect` is one of those that the format has; "" for the usual one.

    Raises BuildError if it cannot be built, InputError if it has nothing that can be shown.
    """
    from cadcomplete.kernel.build import construct

    made = construct(document.sequence)
    if made.solid is None and not EXPORTERS[format_of(path)].draws:
        raise InputError("there is no solid to export", file=document.path, hint="extrude first")
    write(Part(document, made.solid, dialect=dialect), path)
    notice = EXPORTERS[format_of(path)].notice(document.sequence)
    return (*map(str, made.remarks), *filter(None, (notice,)))


def export(
    document: Document,
    keep: int,
    paths: list[Path],
    solid: bytes | None = None,
    before: bytes | None = None,
) -> None:
    """Write a completion to files: a job for `kernel.contain`.

    The first `keep` operations were a designer's; the picture tells them from the others. `solid`
    and `before` are what all of them and those first ones make (`Report.solid`), if it is known.
    What cannot be built is written as far as it goes: text and JSON, but no solid and no picture.
    """
    whole, first = built(document, solid), built(document.truncated(keep), before)
    part = Part(document, whole, first, completed=True)
    for path in paths:
        if part.solid is not None or not EXPORTERS[format_of(path)].needs_solid:
            write(part, path)
