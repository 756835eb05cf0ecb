"""A hole as sketches and cuts: circles that are extruded, or outlines that are turned.

Every room makes of a hole what it makes of these. Walls that are all cylinders are prisms: circles
on the hole's own plane, those of the counterbores in a second sketch. With a cone each hole is one
outline that is turned about its axis, so that no faces of two bodies have to meet.
"""

from __future__ import annotations

from typing import NamedTuple

from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.extrude import Boolean, Extent, ExtentType, Extrude
from cadcomplete.history.geometry import Vec2
from cadcomplete.history.hole_kinds import Counterbore
from cadcomplete.history.holes import Hole
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Operation
from cadcomplete.history.reach import diagonal, through
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sketches import Profile, Sketch
from cadcomplete.history.turn_axis import FULL, TurnAxis

_AXIS = TurnAxis((0.0, 0.0), (1.0, 0.0))


class Drilling(NamedTuple):
    """A sketch, and the cut that is made of it: its profiles name the sketch by index 0."""

    sketch: Sketch
    cut: Extrude | Revolve


def reached(hole: Hole, before: tuple[Operation, ...]) -> float:
    """Return how far from its plane the wall of a hole reaches, in mm."""
    if hole.depth is not None:
        return hole.depth
    return max(through(hole.plane, before, side=-1), hole.head_depth + 1.0)


def drilling_depth(hole: Hole, before: tuple[Operation, ...]) -> float:
    """Return how far from its plane it takes away, in mm.

    What goes through goes on behind the part, for copies that are turned (`reach.cutting`).
    """
    return reached(hole, before) + (diagonal(before) if hole.depth is None else 0.0)


def drilled(hole: Hole, before: tuple[Operation, ...]) -> tuple[Drilling, ...]:
    """Return a hole without `mistakes` as sketches and cuts, in the order of making."""
    far = drilling_depth(hole, before)
    if hole.revolves:
        loop, angles = Loop(_outline(hole, far)), Extent(ExtentType.ONE_SIDED, FULL)
        cut = Revolve((Profile(0, 0),), angles, _AXIS, Boolean.CUT)
        return tuple(Drilling(Sketch(plane, (loop,)), cut) for plane in hole.axes())
    made = [_bored(hole, hole.diameter, far)]
    if isinstance(hole.head, Counterbore):
        made.append(_bored(hole, hole.head.diameter, hole.head.depth))
    return tuple(made)


def _bored(hole: Hole, diameter: float, far: float) -> Drilling:
    loops = tuple(Loop((Circle(center, diameter / 2),)) for center in hole.centers)
    profiles = tuple(Profile(0, index) for index in range(len(loops)))
    cut = Extrude(profiles, Extent(ExtentType.ONE_SIDED, -far), Boolean.CUT)
    return Drilling(Sketch(hole.plane, loops), cut)


def walls(hole: Hole, far: float) -> tuple[Vec2, ...]:
    """Return the corners of the outline of a hole from its mouth down to where its wall ends.

    Each is how far below the plane and how far from the axis, in mm; `far` is that of the end.
    """
    radius = hole.diameter / 2
    if hole.head is None:
        return ((0.0, radius), (far, radius))
    wide, deep = hole.head.diameter / 2, hole.head_depth
    floor = ((deep, wide),) if isinstance(hole.head, Counterbore) else ()
    return ((0.0, wide), *floor, (deep, radius), (far, radius))


def _outline(hole: Hole, far: float) -> tuple[Line, ...]:
    corners = [(0.0, 0.0), *walls(hole, far), (far + hole.tip_height, 0.0)]
    return tuple(
        Line(start, end) for start, end in zip(corners, (*corners[1:], corners[0]), strict=True)
    )
