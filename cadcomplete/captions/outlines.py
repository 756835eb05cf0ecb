"""What a loop of a sketch is called, and how large it is: to be compared with what is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cadcomplete.captions.mention import Form
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Vec2, distance
from cadcomplete.history.inside import inside_loop
from cadcomplete.history.loops import Loop
from cadcomplete.history.nesting import Nesting, nesting

NEAR = 4e-3
"""Share by which a length may differ from one that is said: captions round to four digits."""


def near(one: float, other: float) -> bool:
    """Say whether two lengths are the same, as far as a caption tells them."""
    return abs(one - other) <= NEAR * max(abs(one), abs(other))


def told(length: float, lengths: Sequence[float]) -> bool:
    """Say whether a length is among some."""
    return any(near(length, other) for other in lengths)


@dataclass(frozen=True, slots=True)
class DrawnOutline:
    """A closed loop.

    Attributes:
        form: what it looks like.
        length, width: of its box, along its own sides where it is a rectangle or has round ends;
            of a circle both the diameter, of a regular polygon what it is across flats.
        center: the middle of that box, or of the circle.
        sides: how many straight lines it has.
    """

    form: Form
    length: float
    width: float
    center: Vec2
    sides: int = 0

    @property
    def sizes(self) -> tuple[float, float]:
        return (self.length, self.width)


@lru_cache(maxsize=4096)
def outlined(loop: Loop) -> DrawnOutline:
    """Return what a loop looks like; one that is open counts as closed by a line."""
    if any(curve.problem for curve in loop.curves):
        left, bottom, right, top = loop.box
        sides = sorted((right - left, top - bottom), reverse=True)
        middle = ((left + right) / 2, (bottom + top) / 2)
        return DrawnOutline(Form.OTHER, sides[0], sides[1], middle)
    first = loop.curves[0]
    if isinstance(first, Circle):
        return DrawnOutline(Form.ROUND, 2 * first.radius, 2 * first.radius, first.center)
    lines = [curve for curve in loop.curves if isinstance(curve, Line)]
    arcs = [curve for curve in loop.curves if isinstance(curve, Arc)]
    left, bottom, right, top = loop.box
    center = ((left + right) / 2, (bottom + top) / 2)
    sides = (max(right - left, top - bottom), min(right - left, top - bottom))
    other = DrawnOutline(Form.OTHER, *sides, center, len(lines))
    if len(lines) + len(arcs) < len(loop.curves):
        return other
    if not lines:
        even = len(arcs) > 0 and all(near(arc.radius, arcs[0].radius) for arc in arcs)
        return DrawnOutline(Form.ROUND, *sides, center) if even and near(*sides) else other
    if not arcs:
        return _polygon(lines, center) or other
    if len(lines) == len(arcs) == 2 and near(lines[0].length, lines[1].length):
        width = distance(lines[0].start, lines[1].end)
        return DrawnOutline(Form.SLOTTED, lines[0].length + width, width, center)
    if len(lines) == 4 and _square_on(lines):  # with round corners
        return DrawnOutline(Form.RECTANGLE, *sides, center, 4)
    return other


def _square_on(lines: Sequence[Line]) -> bool:
    """Whether all lines are parallel to an axis."""
    return all(
        min(abs(a - b) for a, b in zip(line.start, line.end, strict=True)) < 1e-6 for line in lines
    )


def _polygon(lines: Sequence[Line], center: Vec2) -> DrawnOutline | None:
    """A rectangle or a regular polygon of lines; None for any other."""
    corners = np.array([line.start for line in lines])
    along = np.roll(corners, -1, axis=0) - corners
    lengths = np.linalg.norm(along, axis=1)
    if not lengths.all():
        return None
    units = along / lengths[:, None]
    turns = np.sum(units * np.roll(units, -1, axis=0), axis=1)
    count, (x, y) = len(lines), corners.mean(axis=0).tolist()
    if count == 4 and (np.abs(turns) < 1e-4).all():
        length, width = sorted(lengths[:2].tolist(), reverse=True)
        return DrawnOutline(Form.RECTANGLE, length, width, (x, y), 4)
    even = (np.abs(turns - math.cos(math.tau / count)) < 1e-3).all()
    if count > 2 and even and np.ptp(lengths) < NEAR * lengths.max():
        flats = float(lengths.mean()) / math.tan(math.pi / count)
        return DrawnOutline(Form.POLYGON, flats, flats, (x, y), count)
    return None


@lru_cache(maxsize=64)
def nested_loops(loops: tuple[Loop, ...]) -> Nesting:
    """Return which closed loops lie in which."""
    closed = {i: loop for i, loop in enumerate(loops) if loop.closed}
    return nesting(closed, lambda i, j: _lies_in(closed[i], closed[j]))


def _lies_in(loop: Loop, other: Loop) -> bool:
    points = loop.points()
    middle = points[:2].mean(axis=0) if not loop.curves[0].closed else points[0]
    return bool(inside_loop(other, middle[None])[0])
