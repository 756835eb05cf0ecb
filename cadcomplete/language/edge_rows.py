"""Which names of edges may stand in a text: those whose operations, loops and curves there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from cadcomplete.history.edges import FILTERS, OF_ONE, OF_TWO
from cadcomplete.history.fields import Choosing, Decimal, Fixed
from cadcomplete.history.named_loops import curve_counts
from cadcomplete.history.operations import Operation

Options = tuple[tuple[str, tuple[Any, ...]], ...]

MOST_NAMES = 1000
"""Names that may stand in one line."""

Maker = tuple[int, tuple[int, ...]]
"""How far back an operation stands that makes faces, and how many curves its loops have."""


def makers(operations: tuple[Operation, ...]) -> tuple[Maker, ...]:
    """Return what names of edges can refer to behind some operations, the newest first."""
    found = []
    for index, operation in enumerate(operations):
        if operation.builds:
            loops = curve_counts(operation, operations[:index])
            found.append((len(operations) - index, loops))
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class NextEdge(Choosing):
    """The name of an edge stands here.

    Attributes:
        makers: what it can refer to.
        quote: what stands around a name.
        comma: what stands between two.
        left: how many may stand here and behind.
    """

    makers: tuple[Maker, ...]
    quote: str = ""
    comma: str = " "
    left: int = MOST_NAMES

    @property
    def options(self) -> Options:
        plain = AfterName(self)
        one = [
            (f"{self.quote}{kind}@{back}", (OfLoop(kind, loops, self),) if loops else (plain,))
            for kind in OF_ONE
            for back, loops in self.makers
        ]
        backs = [back for back, _ in self.makers]
        two = [(f"{self.quote}{OF_TWO}@{a}@{b}", (plain,)) for a, b in combinations(backs, 2)]
        comma, number = Fixed(","), Decimal()
        point = (self.quote, (number, comma, number, comma, number, replace(plain, point=True)))
        return ((f"{self.quote}all", (plain,)), *one, *two, point)


@dataclass(frozen=True, slots=True)
class OfLoop(Choosing):
    """A loop of the operation that was named stands here, or what follows the name."""

    kind: str
    loops: tuple[int, ...]
    rest: NextEdge

    @property
    def options(self) -> Options:
        loops = [
            (f"/{loop}", (OfCurve(self.kind, curves, self.rest),))
            for loop, curves in enumerate(self.loops)
        ]
        return (*loops, ("", (AfterName(self.rest),)))


@dataclass(frozen=True, slots=True)
class OfCurve(Choosing):
    """A curve of the loop that was named stands here, or what follows the name."""

    kind: str
    curves: int
    rest: NextEdge

    @property
    def options(self) -> Options:
        after = (AfterName(self.rest),)
        first = -self.curves - (self.kind == "side")
        return (*((f".{curve}", after) for curve in range(first, self.curves)), ("", after))


@dataclass(frozen=True, slots=True)
class AfterName(Choosing):
    """A filter, another name, or the end of the names stands here; a point has no filters."""

    rest: NextEdge
    used: frozenset[str] = frozenset()
    point: bool = False

    @property
    def options(self) -> Options:
        quote = self.rest.quote
        free = () if self.point else (one for one in FILTERS if one not in self.used)
        filters = [(f":{one}", (replace(self, used=self.used | {one}),)) for one in free]
        another = (f"{quote}{self.rest.comma}", (replace(self.rest, left=self.rest.left - 1),))
        more = (another,) if self.rest.left > 1 else ()
        return (*filters, *more, (quote, ()))


EdgePlace = NextEdge | OfLoop | OfCurve | AfterName
"""What stands for the names of edges in a row of the grammar."""
