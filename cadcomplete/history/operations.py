"""The operations of a history: sketches and extrudes, frozen, in millimetres.

What a file has and there is no class for here is an `Unknown`: it ends what can be built.

To add an operation: write a frozen class, declare its fields, enter it in `OPERATIONS`, say in
`commands.py` how it is put together from its fields, and build it in `kernel/build.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import ClassVar

import numpy as np

from cadcomplete.history.curves import Circle, Curve, Line
from cadcomplete.history.fields import Field
from cadcomplete.history.geometry import Array, Plane, Vec2
from cadcomplete.history.kinds import BOOLEAN, EXTENT, PLANE, PROFILES
from cadcomplete.history.mapping import mapped


class Boolean(str, Enum):
    """How an extrude meets what is there already; "operation" in the JSON of others."""

    NEW_BODY = "new"
    JOIN = "join"
    CUT = "cut"
    INTERSECT = "intersect"


class ExtentType(str, Enum):
    ONE_SIDED = "one_sided"
    SYMMETRIC = "symmetric"
    TWO_SIDED = "two_sided"


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an extrude reaches from its sketch plane, along the normal, in millimetres.

    One-sided: from 0 to `distance`, which may be negative. Symmetric: `distance` to each side.
    Two-sided: from 0 to `distance`, and from 0 to `against` in the other direction.
    """

    type: ExtentType
    distance: float
    against: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Where it starts and ends along the normal; `distance` leads to the second."""
        if self.type is ExtentType.ONE_SIDED:
            return (0.0, self.distance)
        if self.type is ExtentType.SYMMETRIC:
            return (-self.distance, self.distance)
        ends = (0.0, self.distance, -self.against)  # some files have both sides on one side
        low, high = min(ends), max(ends)
        return (low, high) if self.distance >= 0 else (high, low)


@dataclass(frozen=True, slots=True)
class Loop:
    """Curves head to tail: each starts exactly where the one before it ends.

    `source` says where in a document the loop was read from; it does not count for equality.
    """

    curves: tuple[Curve, ...]
    source: str = field(default="", compare=False, repr=False)

    @property
    def start(self) -> Vec2:
        return self.curves[0].start

    @property
    def end(self) -> Vec2:
        return self.curves[-1].end

    @property
    def closed(self) -> bool:
        return isinstance(self.curves[0], Circle) or self.start == self.end

    @property
    def area(self) -> float:
        """Signed area in mm², positive counter-clockwise; an open loop is closed by a line."""
        area = sum(curve.area for curve in self.curves)
        return area if self.closed else area + Line(self.end, self.start).area

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top."""
        points = self.points()
        (left, bottom), (right, top) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return (left, bottom, right, top)

    def moved(self, move: Callable[[Vec2], Vec2], radius: Callable[[float], float] = float) -> Loop:
        """The loop with every point of it moved, and the radii of circles changed as well."""
        return replace(self, curves=tuple(mapped(curve, move, radius) for curve in self.curves))

    def points(self) -> Array:
        """A polyline along the loop, shape (n, 2); its first point ends it when it is closed."""
        parts = [curve.points() for curve in self.curves]
        return np.concatenate([parts[0], *(p[1:] for p in parts[1:])])


@dataclass(frozen=True, slots=True)
class Profile:
    """A region of a sketch: an outer loop and the loops cut out of it, by their indices.

    `sketch` is the index of the sketch among the operations of its sequence.
    """

    sketch: int
    outer: int
    holes: tuple[int, ...] = ()

    @property
    def loops(self) -> tuple[int, ...]:
        return (self.outer, *self.holes)


@dataclass(frozen=True, slots=True)
class Sketch:
    """Loops drawn on a plane. While it is being drawn its last loop may still be open.

    `remarks` say what its reader had to decide about it; they do not count for equality.
    """

    plane: Plane
    loops: tuple[Loop, ...] = ()
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (Field("plane", PLANE),)

    @property
    def finished(self) -> bool:
        """Whether it has loops and the last of them is closed."""
        return bool(self.loops) and self.loops[-1].closed


@dataclass(frozen=True, slots=True)
class Extrude:
    """Profiles swept along their sketch's normal, and what that does to the part."""

    profiles: tuple[Profile, ...]
    extent: Extent
    boolean: Boolean
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("boolean", BOOLEAN),
        Field("extent", EXTENT),
        Field("profiles", PROFILES),
    )


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a file has and there is no operation for here, or what follows such a one.

    Attributes:
        name: what the file calls it, such as `FilletFeature`.
        uses: what of it is not known here, each once, sorted: its own name, a curve, an option;
            empty if it only follows something that is not known.
        content: it, as it stands in the file: JSON, or lines of a script.
    """

    name: str
    uses: tuple[str, ...] = ()
    content: str = ""
    source: str = field(default="", compare=False, repr=False)

    @property
    def said(self) -> str:
        """How a message names it: what it is called, and what of it is not known."""
        plain = not self.uses or self.uses == (self.name,)
        return self.name if plain else f"{self.name} ({', '.join(self.uses)})"


Operation = Sketch | Extrude

OPERATIONS: dict[str, type[Sketch] | type[Extrude]] = {"sketch": Sketch, "extrude": Extrude}
