"""What a loop draws, if a person has a word for it: a circle, a rectangle, a slot, a hexagon."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Vec2, distance
from cadcomplete.history.loops import Loop

NEAR = 1e-6
"""By how much a loop may differ from what it is called, in mm."""

_SIDES = (3, 5, 6, 8, 12)
"""Corners of the regular polygons that people draw by that word; four are a rectangle."""


@dataclass(frozen=True, slots=True)
class CircleShape:
    """A circle."""

    center: Vec2
    radius: float


@dataclass(frozen=True, slots=True)
class RectangleShape:
    """Sides along x and y; with a `corner` radius they run into each other by arcs."""

    center: Vec2
    width: float
    height: float
    corner: float = 0.0


@dataclass(frozen=True, slots=True)
class SlotShape:
    """Two half circles and what is between them: `length` overall, turned by `angle` degrees."""

    center: Vec2
    length: float
    width: float
    angle: float


@dataclass(frozen=True, slots=True)
class PolygonShape:
    """A regular polygon: its corners on a circle, the first turned by `angle` degrees."""

    center: Vec2
    radius: float
    sides: int
    angle: float

    @property
    def corners(self) -> list[Vec2]:
        """The corners, counter-clockwise."""
        (x, y), r = self.center, self.radius
        turns = (math.radians(self.angle + i * 360 / self.sides) for i in range(self.sides))
        return [(x + r * math.cos(turn), y + r * math.sin(turn)) for turn in turns]


@dataclass(frozen=True, slots=True)
class OutlineShape:
    """Anything else: its curves say it."""

    loop: Loop


Shape = CircleShape | RectangleShape | SlotShape | PolygonShape | OutlineShape


def shape_of(loop: Loop) -> Shape:
    """Return what a closed loop draws. One with curves that are not known here is an outline."""
    kinds = tuple(type(curve) for curve in loop.curves)
    if kinds == (Circle,):
        (circle,) = loop.curves
        assert isinstance(circle, Circle)
        return CircleShape(circle.center, circle.radius)
    for find in _FINDERS.get((kinds.count(Line), kinds.count(Arc), len(kinds)), ()):
        if (found := find(loop)) is not None:
            return found
    return OutlineShape(loop)


def _rectangle(loop: Loop) -> RectangleShape | None:
    left, low, right, high = loop.box
    corners = {(left, low), (right, low), (right, high), (left, high)}
    if not all(any(distance(c.start, at) < NEAR for at in corners) for c in loop.curves):
        return None
    if abs(abs(loop.area) - (right - left) * (high - low)) > NEAR * (right - left):
        return None
    return RectangleShape(((left + right) / 2, (low + high) / 2), right - left, high - low)


def _rounded(loop: Loop) -> RectangleShape | None:
    left, low, right, high = loop.box
    arcs = [curve for curve in loop.curves if isinstance(curve, Arc)]
    lines = [curve for curve in loop.curves if isinstance(curve, Line)]
    try:
        radius = arcs[0].radius
        middles = [arc.center for arc in arcs]
    except GeometryError:
        return None
    inner = [(x, y) for x in (left + radius, right - radius) for y in (low + radius, high - radius)]
    fits = (
        all(abs(arc.radius - radius) < NEAR and abs(abs(arc.sweep) - 90) < NEAR for arc in arcs)
        and all(any(distance(at, middle) < NEAR for middle in middles) for at in inner)
        and all(min(abs(a - b) for a, b in zip(c.start, c.end, strict=True)) < NEAR for c in lines)
    )
    if not fits:
        return None
    return RectangleShape(((left + right) / 2, (low + high) / 2), right - left, high - low, radius)


def _slot(loop: Loop) -> SlotShape | None:
    arcs = [curve for curve in loop.curves if isinstance(curve, Arc)]
    one, other = arcs
    if isinstance(loop.curves[0], type(loop.curves[1])):
        return None
    if not all(abs(abs(arc.sweep) - 180) < NEAR and arc.sweep * loop.area > 0 for arc in arcs):
        return None
    if abs(one.radius - other.radius) > NEAR:
        return None
    (x, y), (u, v) = one.center, other.center
    apart, angle = math.hypot(u - x, v - y), math.degrees(math.atan2(v - y, u - x)) % 180
    if abs(abs(loop.area) - (2 * one.radius * apart + math.pi * one.radius**2)) > NEAR * apart:
        return None
    width = 2 * one.radius
    return SlotShape(((x + u) / 2, (y + v) / 2), apart + width, width, round(angle, 9) % 180)


def _regular(loop: Loop) -> PolygonShape | None:
    corners, count = [curve.start for curve in loop.curves], len(loop.curves)
    if count not in _SIDES:
        return None
    x, y = (sum(values) / count for values in zip(*corners, strict=True))
    radius = distance((x, y), corners[0])
    first = math.atan2(corners[0][1] - y, corners[0][0] - x)
    turn = math.copysign(math.tau / count, loop.area)
    for number, corner in enumerate(corners):
        angle = first + number * turn
        if distance(corner, (x + radius * math.cos(angle), y + radius * math.sin(angle))) > NEAR:
            return None
    return PolygonShape((x, y), radius, count, round(math.degrees(first) % (360 / count), 9))


_FINDERS: dict[tuple[int, int, int], tuple[Callable[[Loop], Shape | None], ...]] = {
    (4, 0, 4): (_rectangle,),
    (4, 4, 8): (_rounded,),
    (2, 2, 4): (_slot,),
    **{(sides, 0, sides): (_regular,) for sides in _SIDES},
}
"""What loops of so many lines and arcs may be, with how many curves in all."""
