"""What a history says of a part that its solid hardly tells: rounded edges, chamfers, countersinks.

To add a kind: enter what its operations are called in `FINISHES`; None for what the solid tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cadcomplete.data.describe.words import number, some, times
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.hole_kinds import Countersink
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Extrude, Revolve, Sketch
from cadcomplete.history.patterns import PATTERNS
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table


@dataclass(frozen=True, slots=True)
class Finish:
    """Words for what was done to a part at last, each once.

    Attributes:
        short: without sizes, such as "rounded edges".
        long: with them, such as "edges rounded by 2 mm".
        turned: whether the part began as something turned about an axis.
    """

    short: tuple[str, ...] = ()
    long: tuple[str, ...] = ()
    turned: bool = False


NOTHING = Finish()

Words = tuple[str, str]
"""What is said in short, and with its sizes."""


def _rounded(fillet: Fillet) -> Iterator[Words]:
    yield "rounded edges", f"edges rounded by {number(fillet.radius)} mm"


def _chamfered(chamfer: Chamfer) -> Iterator[Words]:
    sizes = times(*dict.fromkeys(chamfer.sizes[:2]))
    yield "chamfered edges", f"edges chamfered by {sizes} mm"


def _drilled(hole: Hole) -> Iterator[Words]:
    """What a drill leaves that is no cylinder."""
    if isinstance(hole.head, Countersink):
        sinks = some(len(hole.centers), "countersink")
        yield sinks, f"{sinks} ø{number(hole.head.diameter)} × {number(hole.head.angle)}°"


FINISHES: Table[Callable[[Any], Iterator[Words]] | None] = Table(
    "data/describe/finish.py",
    {
        **dict.fromkeys((Sketch, Extrude, Revolve, *PATTERNS)),
        Hole: _drilled,
        Fillet: _rounded,
        Chamfer: _chamfered,
    },
)


def finish_of(sequence: CadSequence) -> Finish:
    """Return it for a history. Raises UnsupportedError for an operation that is not known here."""
    said: dict[str, str] = {}
    for operation in sequence.operations:
        words = FINISHES[type(operation)]
        for short, long in words(operation) if words is not None else ():
            said.setdefault(long, short)
    first = next((op for op in sequence.operations if op.builds), None)
    return Finish(tuple(dict.fromkeys(said.values())), tuple(said), isinstance(first, Revolve))
