"""How a history names edges of its solid: by what made them, or by a point on one.

A predicate is one word, and means every edge of which it is true:

    all           every edge
    of@2          those with a face that operation 2 (counted back) made, on either side
    start@2       those of its start face, and its outline where it starts: the rim of a pocket
    end@2         the same where it ends
    side@2        those between two of its sides: the uprights of an extrude
    meet@2@1      those where a face of one operation meets a face of the other

`/1` behind `of`, `start`, `end`, `side` keeps what loop 1 of its sketch made, `/1.3` what curve 3
of that loop made; of `side` the edge between curve 3 and the next. Curves count from -1 backwards
as well: in a mirror image a loop is drawn the other way round. Then filters, each behind a colon:

    x y z                     parallel to that axis
    line round                straight; a circle or an arc of one
    convex concave            material on the inside of the bend, or on the outside
    +x -x +y -y +z -z         of what is left those whose middle lies farthest in that direction

What is smooth is no edge here: nothing can be rounded there. `kernel/naming/` says which edges of a
solid a name means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.fields import number, parse_number, times
from cadcomplete.history.geometry import Symmetry, Vec3
from cadcomplete.history.kinds import AXES

PARALLEL_TO, SHAPES, BENDS = ("x", "y", "z"), ("line", "round"), ("convex", "concave")
FILTERS = (*PARALLEL_TO, *SHAPES, *BENDS, *AXES)

OF_ONE, OF_TWO = ("of", "start", "end", "side"), "meet"
"""Kinds of predicates that name one operation, and the one that names two."""


@dataclass(frozen=True, slots=True)
class EdgePredicate:
    """Every edge of which something is true.

    Attributes:
        kind: all, of, start, end, side or meet.
        operations: indices of those that it names, in ascending order; in a text how far back they
            stand, in ascending order as well.
        loop, curve: of the sketch that the operation sweeps; None for all.
        filters: what else must be true, in the order in which it is asked.
    """

    kind: str
    operations: tuple[int, ...] = ()
    loop: int | None = None
    curve: int | None = None
    filters: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        at = "".join(f"@{operation}" for operation in self.operations)
        loop = "" if self.loop is None else f"/{self.loop}"
        curve = "" if self.curve is None else f".{self.curve}"
        return ":".join((f"{self.kind}{at}{loop}{curve}", *self.filters))

    def counted(self, index: int) -> EdgePredicate:
        """Count back from an operation what counts from the first one, or the other way round."""
        return replace(self, operations=tuple(sorted(index - i for i in self.operations)))

    def renumbered(self, place: Mapping[int, int]) -> EdgePredicate:
        """Name the operations where they stand now, by where they stood."""
        return replace(self, operations=tuple(sorted(place.get(i, i) for i in self.operations)))

    def mapped(self, symmetry: Symmetry) -> EdgePredicate:
        filters = tuple(_mapped(one, symmetry) for one in self.filters)
        curve = self.curve
        if curve is not None and symmetry.mirrors:  # the loop is drawn the other way round
            curve = -2 - curve if self.kind == "side" else -1 - curve
        return replace(self, filters=filters, curve=curve)

    def scaled(self, factor: float) -> EdgePredicate:
        return self


def _mapped(name: str, symmetry: Symmetry) -> str:
    """A filter in the moved part: an axis is another one there, and may point the other way."""
    if name not in PARALLEL_TO and name not in AXES:
        return name
    axis = symmetry.order.index("xyz".index(name[-1]))
    sign = {"+": 1, "-": -1}.get(name[0], 0) * symmetry.signs[axis]
    return f"{('', '+', '-')[sign]}{'xyz'[axis]}"


@dataclass(frozen=True, slots=True)
class EdgePoint:
    """The edge that a point lies on, in mm in the world."""

    at: Vec3

    operations = ()

    @property
    def word(self) -> str:
        return ",".join(map(number, self.at))

    def counted(self, index: int) -> EdgePoint:
        return self

    def renumbered(self, place: Mapping[int, int]) -> EdgePoint:
        return self

    def mapped(self, symmetry: Symmetry) -> EdgePoint:
        return EdgePoint(symmetry.apply(self.at))

    def scaled(self, factor: float) -> EdgePoint:
        x, y, z = (times(value, factor) for value in self.at)
        return EdgePoint((x, y, z))


EdgeName = EdgePredicate | EdgePoint

_PREDICATE = re.compile(
    r"(?:all|(of|start|end|side)@(\d{1,6})(?:/(\d{1,6})(?:\.(-?\d{1,6}))?)?"
    rf"|meet@(\d{{1,6}})@(\d{{1,6}}))((?::(?:{'|'.join(map(re.escape, FILTERS))}))*)"
)


def read_edge(word: Any) -> EdgeName:
    """Read a name, its operations counted as they stand there. Raises TextError."""
    if isinstance(word, str) and word.count(",") == 2:
        x, y, z = map(parse_number, word.split(","))
        return EdgePoint((x, y, z))
    match = _PREDICATE.fullmatch(word) if isinstance(word, str) else None
    if match is None:
        raise TextError("not an edge", expected="a name such as end@1/0, or x,y,z", got=word)
    kind, back, loop, curve, *two, rest = match.groups()
    filters = tuple(rest.split(":")[1:])
    if two[0] is not None:
        one, other = sorted(map(int, two))
        return EdgePredicate(OF_TWO, (one, other), filters=filters)
    if kind is None:
        return EdgePredicate("all", filters=filters)
    return EdgePredicate(kind, (int(back),), _whole(loop), _whole(curve), filters)


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)
