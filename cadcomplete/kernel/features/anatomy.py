"""What a part is made of, as values: a base shape, and what is drilled, cut and set upon it.

Lengths are millimetres. `find.py` finds all this in a solid; nothing here needs the kernel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

from cadcomplete.history.geometry import Vec3, cross, dot

PARALLEL = 0.9999
"""Cosine of the angle (0.8°) up to which two directions are one."""


class Shape(str, Enum):
    """The kinds of outlines that have a name; a polygon's corners may be rounded."""

    CIRCLE = "circle"
    RECTANGLE = "rectangle"
    STADIUM = "stadium"  # a rectangle with two half circles as ends
    TONGUE = "tongue"  # a rectangle with one half circle as an end
    HALF_CIRCLE = "half circle"
    REGULAR = "regular"  # a regular polygon
    CONVEX = "convex"  # any other convex polygon
    L = "L"
    U = "U"
    T = "T"
    Z = "Z"
    CROSS = "cross"
    I = "I"  # noqa: E741
    STRIP = "strip"  # between two lines that are everywhere equally far apart
    STEPPED = "stepped"  # any other polygon of right angles
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Outline:
    """A closed curve in a plane in space.

    Attributes:
        shape: what it is called.
        length, width: its extent along `x_axis` and across it, length the longer one; of a
            circle the diameter, of a regular polygon twice the radius of its inscribed circle.
        center: the middle of that extent.
        normal: of its plane, a unit vector.
        x_axis: the direction of `length`, a unit vector.
        area: of what it encloses.
        sides: how many straight sides it has, rounded corners taken as sharp.
        thickness: of a strip, or of the legs of an L, U, T, Z, cross or I where it is one;
            else 0.
        rounded: how many of its corners are rounded, inner ones too.
        corner_radius: of the rounded corners if it is one, else 0.
    """

    shape: Shape
    length: float
    width: float
    center: Vec3
    normal: Vec3
    x_axis: Vec3
    area: float
    sides: int = 0
    thickness: float = 0.0
    rounded: int = 0
    corner_radius: float = 0.0


@dataclass(frozen=True, slots=True, order=True)
class HoleStep:
    """A cylinder that is a part of a stepped one."""

    diameter: float
    length: float

    @property
    def volume(self) -> float:
        return math.pi / 4 * self.diameter**2 * self.length


@dataclass(frozen=True, slots=True)
class HoleFeature:
    """A round hole: one cylinder, or coaxial ones that follow each other.

    Attributes:
        steps: its cylinders from the entry inwards; faces on one cylinder are one step.
        through: whether it is open at both ends; None where an end is open in part only.
        flat: whether each open end lies in a plane at right angles to the axis, so that the
            depth of a blind hole is its length.
        position: a point on the axis, the middle of the entry.
        direction: unit vector along the axis, inwards.
        core: diameter of the post that stands in its middle, so that it is a ring, or 0.
    """

    steps: tuple[HoleStep, ...]
    through: bool | None
    flat: bool
    position: Vec3
    direction: Vec3
    core: float = 0.0

    @property
    def diameter(self) -> float:
        """The smallest diameter."""
        return min(step.diameter for step in self.steps)

    @property
    def depth(self) -> float:
        return sum(step.length for step in self.steps)


@dataclass(frozen=True, slots=True)
class Recess:
    """A pocket, slot or opening: its outline, and how deep it goes against its normal.

    `depth` is None where the walls do not all go equally deep; `through` says whether it has
    no floor.
    """

    outline: Outline
    depth: float | None
    through: bool


@dataclass(frozen=True, slots=True)
class Boss:
    """What stands up from a face, along the normal of its outline.

    `height` is None where the face is not a plane at right angles to it. `steps` are the
    cylinders of a round one, from the face upwards, or empty.
    """

    outline: Outline
    height: float | None
    steps: tuple[HoleStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Groove:
    """A channel between two parallel walls of one height, open at its ends.

    One that is shorter than it is wide is a notch.
    """

    width: float
    depth: float
    length: float


@dataclass(frozen=True, slots=True)
class Rounding:
    """Edges rounded to one radius; `inner` where material was added (fillets), not taken."""

    radius: float
    inner: bool
    count: int


@dataclass(frozen=True, slots=True)
class Base:
    """The prism that a part is before anything is drilled into it or set upon it.

    `height` is its length along the outline's normal. `steps` are the cylinders of a stepped
    shaft from one end to the other, or empty.
    """

    outline: Outline
    height: float
    steps: tuple[HoleStep, ...] = ()

    @property
    def volume(self) -> float:
        if self.steps:
            return sum(step.volume for step in self.steps)
        return self.outline.area * self.height

    def along(self, axis: Vec3) -> Base | None:
        """Return the same prism with its height along an axis; None unless it is a block."""
        o = self.outline
        if abs(dot(axis, o.normal)) > PARALLEL:
            return self
        if o.shape is not Shape.RECTANGLE or o.rounded:
            return None
        middle = tuple(c - d * self.height / 2 for c, d in zip(o.center, o.normal, strict=True))
        y_axis = cross(o.normal, o.x_axis)
        for height, (a, x), (b, y) in (
            (o.length, (o.width, y_axis), (self.height, o.normal)),
            (o.width, (o.length, o.x_axis), (self.height, o.normal)),
        ):
            if abs(dot(axis, cross(x, y))) > PARALLEL:
                (a, x), (b, y) = sorted(((a, x), (b, y)), reverse=True)
                center = tuple(m + d * height / 2 for m, d in zip(middle, axis, strict=True))
                turned = replace(o, length=a, width=b, x_axis=x, normal=axis, area=a * b)
                return Base(replace(turned, center=center), height)
        return None


@dataclass(frozen=True, slots=True)
class Body:
    """One connected piece.

    Attributes:
        size: the sides of its box, longest first. The box is parallel to its base, or to the
            most of its faces if it has none.
        faces: how many it has.
        volume: in mm³.
        base: None if it is not one of the shapes that are known.
        unexplained: how many faces belong to none of what is listed here.
    """

    size: Vec3
    faces: int
    volume: float
    base: Base | None = None
    holes: tuple[HoleFeature, ...] = ()
    recesses: tuple[Recess, ...] = ()
    bosses: tuple[Boss, ...] = ()
    grooves: tuple[Groove, ...] = ()
    roundings: tuple[Rounding, ...] = ()
    unexplained: int = 0


@dataclass(frozen=True, slots=True)
class PartFeatures:
    """A part: its bodies, the largest first, and the sides of the box around it, sorted.

    `size` is measured along the axes of the largest body's box.
    """

    bodies: tuple[Body, ...]
    size: Vec3
