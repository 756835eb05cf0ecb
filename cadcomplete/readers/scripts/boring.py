"""Holes with counterbores and countersinks, as the cuts that they are made of."""

from __future__ import annotations

import itertools
import math

from cadcomplete.errors import ReadError
from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Loop
from cadcomplete.history.turn_axis import FULL, TurnAxis
from cadcomplete.readers.scripts import frames
from cadcomplete.readers.scripts.areas import FlatFace
from cadcomplete.readers.scripts.solids import SolidStep, Steps, extruded
from cadcomplete.readers.scripts.values import number, positive

_ALL_AROUND = Extent(ExtentType.ONE_SIDED, FULL)


def bored(plane: Plane, points: list[Vec2], radius: float, reach: Extent, line: int) -> Steps:
    """Return cylinders at points of a plane, as far along its normal as an extent says."""
    faces = tuple(FlatFace.of(Loop((Circle(point, radius),))) for point in points)
    return extruded([(plane, faces)], reach, line)


def coned(plane: Plane, points: list[Vec2], radius: float, angle: float, line: int) -> Steps:
    """Return cones below points of a plane, by the radius there and the angle at the tip."""
    deep = cone_depth(radius, angle)
    corners = [(0.0, 0.0), (0.0, -deep), (radius, 0.0), (0.0, 0.0)]
    lines = tuple(Line(a, b) for a, b in itertools.pairwise(corners))
    face = FlatFace.of(Loop(lines))
    steps: list[SolidStep] = []
    for point in points:
        origin = frames.to_world(plane, (*point, 0.0))
        x, y, z = plane.y_axis
        upright = Plane(origin, (-x, -y, -z), plane.x_axis)  # its y is the normal
        axis = TurnAxis((0.0, 0.0), (0.0, 1.0))
        steps.append(SolidStep(upright, (face,), _ALL_AROUND, Boolean.JOIN, line, axis))
    return tuple(steps)


def cone_depth(radius: float, angle: float) -> float:
    """Return how deep a countersink is. Raises ReadError for an angle that makes none."""
    degrees = number(angle, "an angle")
    if not 0 < degrees < 180:
        raise ReadError("wrong value", expected="an angle between 0 and 180", got=angle)
    return positive(radius, "a radius") / math.tan(math.radians(degrees / 2))
