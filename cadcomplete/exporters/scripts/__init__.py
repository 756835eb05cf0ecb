"""A history as code that a person goes on with: scripts of build123d and CadQuery.

The dimensions that mean something stand at the top, sketches are called after what they draw, what
is built on a face moves with it, patterns are loops, and edges are selected by what is true of
them. Run in its library a script makes the same solid; `readers/scripts/` reads it back.

`draft.py` is a script while it is written, `build123d.py` and `cadquery.py` have a table each of
how an operation is written; `outlines.py`, `places.py`, `levels.py` and `nouns.py` find what a
person would say, `selecting.py` asks the kernel which filters of edges leave the right ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from cadcomplete.errors import CadCompleteError, InputError
from cadcomplete.exporters.saying import saying
from cadcomplete.exporters.scripts import build123d, cadquery
from cadcomplete.exporters.scripts.draft import At, Draft
from cadcomplete.exporters.scripts.selection import Selection
from cadcomplete.history.blends import Blend
from cadcomplete.history.reach import numbered
from cadcomplete.history.sequence import CadSequence, check_known
from cadcomplete.readers.scripts import build123d as read_build123d
from cadcomplete.readers.scripts import cadquery as read_cadquery

if TYPE_CHECKING:
    from cadcomplete.exporters.part import Part

DIALECTS: dict[str, ModuleType] = {"build123d": build123d, "cadquery": cadquery}
"""Libraries by name: a module with `LIBRARY`, `IMPORT`, `EXPORT`, `CURVES` and `BY_MASS`."""

READ: dict[str, ModuleType] = {"build123d": read_build123d, "cadquery": read_cadquery}
"""The readers of the same."""

USUAL = "build123d"


def write_script(part: Part, path: Path) -> None:
    """Write a script of the dialect that the part names. Raises UnsupportedError, BuildError."""
    path.write_text(script(part.document.sequence, part.dialect or USUAL), encoding="utf-8")


def script(sequence: CadSequence, dialect: str = USUAL) -> str:
    """Return a history as a script.

    Fillets and chamfers are built to select their edges: a job for `kernel.contain` if there are
    any. Raises InputError for another dialect, UnsupportedError naming what it cannot say, and
    BuildError if what is before a fillet or chamfer cannot be built.
    """
    check_known(sequence)
    if dialect not in DIALECTS:
        expected = " or ".join(DIALECTS)
        raise InputError("unknown dialect", where="--dialect", expected=expected, got=dialect)
    library, found = DIALECTS[dialect], {}
    with saying(None, f"a script of {library.LIBRARY}"):
        sequence = numbered(sequence)
    blends = [i for i, op in enumerate(sequence.operations) if isinstance(op, Blend)]
    if blends:
        from cadcomplete.exporters.scripts.selecting import selections

        found = selections(sequence, by_mass=library.BY_MASS)
    text = _written(sequence, library, found)
    while (index := _uncertain(text, dialect, blends, found)) is not None:
        found[index] = replace(found[index], steps=None)
        text = _written(sequence, library, found)
    return text


def _written(
    sequence: CadSequence, library: ModuleType, selections: Mapping[int, Selection]
) -> str:
    draft = Draft(sequence, selections)
    for index, operation in enumerate(sequence.operations):
        with saying(index, f"a script of {library.LIBRARY}"):
            library.EXPORT[type(operation)](operation, At(draft, index))
    values = [f"{name} = {value}" for name, value in draft.variables.values.items()]
    head = [_title(sequence.id), "", library.IMPORT, *[""] * bool(values), *values]
    return "\n".join([*head, *draft.lines, ""])


def _uncertain(
    text: str, dialect: str, blends: list[int], selections: Mapping[int, Selection]
) -> int | None:
    """Return the fillet or chamfer at whose edges reading ends, if points can say them; or None.

    Where the part ends is known to the library, and not always from the history alone.
    """
    if not any(selections[index].steps and selections[index].points for index in blends):
        return None
    try:
        read = READ[dialect].parse(text.encode())
    except CadCompleteError:
        return None
    reached = sum(isinstance(operation, Blend) for operation in read.operations)
    if not read.rest or reached >= len(blends):
        return None
    selection = selections[blends[reached]]
    return blends[reached] if selection.steps and selection.points else None


def _title(name: str) -> str:
    """The first line: what the part is called, of letters that need no care in a string."""
    known = "".join(c for c in name if c.isprintable() and c not in '"\\') or "Part"
    return f'"""{known}. All lengths are in millimetres."""'
