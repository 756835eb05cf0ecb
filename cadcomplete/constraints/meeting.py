"""How operations meet the part that is there: by which booleans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cadcomplete.history.operations import (
    Boolean,
    Chamfer,
    Extrude,
    Fillet,
    Hole,
    Operation,
    Revolve,
    Sketch,
)
from cadcomplete.history.patterns import PATTERNS, Repeat
from cadcomplete.history.tables import Table

Booleans = tuple[Boolean, ...]


def meetings(operations: tuple[Operation, ...]) -> list[Booleans]:
    """Return by which booleans each operation meets the part before it; by none what draws, or
    what makes another solid of it, as fillets do. Raises UnsupportedError.

    A mirror or pattern meets it as what it does again does, and copies of whole bodies join.
    """
    found: list[Booleans] = []
    for operation in operations:
        found.append(MEETS[type(operation)](operation, found))
    return found


def _again(pattern: Repeat, earlier: list[Booleans]) -> Booleans:
    if pattern.of is None:
        return (Boolean.JOIN,)
    known = (earlier[index] for index in pattern.originals if 0 <= index < len(earlier))
    return tuple(dict.fromkeys(boolean for several in known for boolean in several))


MEETS: Table[Callable[[Any, list[Booleans]], Booleans]] = Table(
    "constraints/meeting.py",
    {
        Sketch: lambda sketch, earlier: (),
        Extrude: lambda extrude, earlier: (extrude.boolean,),
        Revolve: lambda revolve, earlier: (revolve.boolean,),
        Hole: lambda hole, earlier: (Boolean.CUT,),
        **dict.fromkeys(PATTERNS, _again),
        Fillet: lambda fillet, earlier: (),
        Chamfer: lambda chamfer, earlier: (),
    },
)
"""By which booleans an operation meets the part, from it and those of all before it."""
