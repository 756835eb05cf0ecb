"""A history as code that a person goes on with: scripts of build123d and CadQuery.

The dimensions that mean something stand at the top, sketches are called after what they draw, what
is built on a face moves with it, patterns are loops, and edges are selected by what is true of
them. Run in its library a script makes the same solid; `readers/scripts/` reads it back.

`draft.py` is a script while it is written, `build123d.py` and `cadquery.py` have a table each of
how an operation is written; `outlines.py`, `places.py`, `levels.py` and `nouns.py` find what a
person would say, `selecting.py` asks the kernel which filters of edges leave the right ones.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from cadcomplete.errors import InputError
from cadcomplete.exporters.scripts import build123d, cadquery
from cadcomplete.exporters.scripts.draft import At, Draft
from cadcomplete.history.blends import Blend
from cadcomplete.history.reach import numbered
from cadcomplete.history.sequence import CadSequence, check_known

if TYPE_CHECKING:
    from cadcomplete.exporters.part import Part

DIALECTS: dict[str, ModuleType] = {"build123d": build123d, "cadquery": cadquery}
"""Libraries by name: a module with `IMPORT`, `EXPORT`, `CURVES` and `BY_MASS`."""

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
    sequence = numbered(sequence)
    library, found = DIALECTS[dialect], {}
    if any(isinstance(operation, Blend) for operation in sequence.operations):
        from cadcomplete.exporters.scripts.selecting import selections

        found = selections(sequence, by_mass=library.BY_MASS)
    draft = Draft(sequence, found)
    for index, operation in enumerate(sequence.operations):
        library.EXPORT[type(operation)](operation, At(draft, index))
    values = [f"{name} = {value}" for name, value in draft.variables.values.items()]
    head = [_title(sequence.id), "", library.IMPORT, *[""] * bool(values), *values]
    return "\n".join([*head, *draft.lines, ""])


def _title(name: str) -> str:
    """The first line: what the part is called, of letters that need no care in a string."""
    known = "".join(c for c in name if c.isprintable() and c not in '"\\') or "Part"
    return f'"""{known}. All lengths are in millimetres."""'
