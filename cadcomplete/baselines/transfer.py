"""An operation of one part carried over to another that began alike."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cadcomplete.baselines.frames import PartFrame, ends
from cadcomplete.baselines.regions import pattern_of, profiles
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Array, Plane, Vec2
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import start_plane
from cadcomplete.history.tables import Table

Point = Callable[[Vec2], Vec2]
Length = Callable[[float], float]
"""What a point and what a radius become in the other part."""

_NEAR = 0.01
"""Part of the size up to which an end is put onto a face that is there."""


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """From the world of one part to that of another.

    Both are seen in their frames, and the boxes around what each has so far, (low, high) in mm,
    are laid onto each other: a face of one goes to the face of the other. With `stretch` false
    the shape is kept, and the middles are laid onto each other.

    Attributes:
        lengths: whether heights and radii stay as they are in millimetres.
    """

    source: PartFrame
    target: PartFrame
    source_box: tuple[Array, Array]
    target_box: tuple[Array, Array]
    stretch: bool = True
    lengths: bool = False

    @property
    def ratios(self) -> Array:
        """How much larger the other part is along each axis of the frames, shape (3,)."""
        (a, b), (c, d) = self.source_box, self.target_box
        alike = self.target.size / self.source.size
        small = 1e-6 * self.source.size
        usable = (b - a > small) & (d - c > 1e-6 * self.target.size) & self.stretch
        return np.where(usable, (d - c) / np.where(b - a > small, b - a, 1.0), alike)

    def points(self, points: Array) -> Array:
        """Map world points, shape (n, 3)."""
        (a, b), (c, d) = self.source_box, self.target_box
        inside = self.source.inside(points)
        return self.target.outside((c + d) / 2 + (inside - (a + b) / 2) * self.ratios)

    def direction(self, vector: Array) -> Array:
        """Turn a direction, shape (3,)."""
        return self.target.axes.T @ (self.source.axes @ vector)

    @property
    def size(self) -> float:
        return self.target.size

    def round(self, value: float) -> float:
        """Return a length with as many digits as a person would give it."""
        step = 10.0 ** (math.floor(math.log10(max(self.size, 1e-6))) - 3)
        return round(round(value / step) * step, 6) + 0.0


def carried(
    operation: Operation,
    before: tuple[Operation, ...],
    given: tuple[Operation, ...],
    move: Move,
) -> Operation | None:
    """Return an operation that stood after `before` as it would stand after `given`.

    None if it names a sketch that there is none of, or nothing is left of it. Raises
    UnsupportedError for a kind of operation or curve that is not known here.
    """
    return CARRIED[type(operation)](operation, before, given, move)


# --- sketches -----------------------------------------------------------------------------------


def _sketch(
    sketch: Sketch, before: tuple[Operation, ...], given: tuple[Operation, ...], move: Move
) -> Sketch | None:
    if not sketch.finished:
        return None
    plane = sketch.plane
    normal, x = (move.direction(np.array(v)) for v in (plane.normal, plane.x_axis))
    origin = move.points(np.array([plane.origin]))[0]
    turned = Plane.of(_vec(_rounded(origin, move)), _vec(_clean(normal)), _vec(_clean(x)))
    in_plane = [abs(move.source.axes @ np.array(v)) for v in (plane.x_axis, plane.y_axis)]
    factors = [float(direction @ move.ratios / direction.sum()) for direction in in_plane]
    factor = 1.0 if move.lengths else math.sqrt(factors[0] * factors[1])

    def moved(at: Vec2) -> Vec2:
        world = move.points(plane.to_world(np.array([at])))
        u, v, _ = turned.to_local(world)[0].tolist()
        return (move.round(u), move.round(v))

    def resized(radius: float) -> float:
        return move.round(radius * factor)

    loops = [_loop(loop, moved, resized) for loop in sketch.loops]
    kept = tuple(loop for loop in loops if loop is not None)
    return Sketch(turned, kept) if len(kept) == len(loops) else None


def _rounded(vector: Array, move: Move) -> Array:
    return np.array([move.round(float(v)) for v in vector])


def _clean(vector: Array) -> Array:
    """A direction along an axis but for rounding is along it."""
    nearest = np.round(vector)
    return nearest + 0.0 if np.abs(vector - nearest).max() < 1e-6 else vector


def _vec(vector: Array) -> tuple[float, float, float]:
    x, y, z = vector.tolist()
    return (x, y, z)


def _loop(loop: Loop, moved: Point, resized: Length) -> Loop | None:
    """A loop with its points moved and its radii resized; None if nothing is left of it.

    A curve that is open and has shrunk to a point is left out.
    """
    curves: list[Curve] = []
    for curve in loop.curves:
        made = DRAWN[type(curve)](curve, moved, resized)
        if made is None and curve.closed:
            return None
        curves += [] if made is None else [made]
    made = Loop(tuple(curves)) if curves else None
    return made if made is not None and made.closed and abs(made.area) > 0 else None


def _circle(circle: Circle, moved: Point, resized: Length) -> Circle | None:
    radius = resized(circle.radius)
    return Circle(moved(circle.center), radius) if radius > 0 else None


def _line(line: Line, moved: Point, resized: Length) -> Line | None:
    start, end = moved(line.start), moved(line.end)
    return None if start == end else Line(start, end)


def _arc(arc: Arc, moved: Point, resized: Length) -> Arc | None:
    """It keeps its sweep: what is stretched would be no arc."""
    start, end = moved(arc.start), moved(arc.end)
    return None if start == end else Arc.from_sweep(start, end, arc.sweep)


DRAWN: Table[Callable[[Any, Point, Length], Curve | None]] = Table(
    "baselines/transfer.py", {Line: _line, Arc: _arc, Circle: _circle}
)
"""How each kind of curve is carried over; None if it shrinks to nothing."""


# --- extrudes -----------------------------------------------------------------------------------


def _extrude(
    extrude: Extrude, before: tuple[Operation, ...], given: tuple[Operation, ...], move: Move
) -> Extrude | None:
    named = extrude.refers()
    index = _counterpart(max(named, default=-1), before, given)
    sketch = given[index] if index >= 0 else None
    if len(named) != 1 or not isinstance(sketch, Sketch) or not sketch.finished:
        return None
    region = _profiles(extrude, before, sketch, index)
    extent = _extent(extrude, before, sketch.plane, move)
    if not region or extent is None:
        return None
    solid = any(op.builds for op in given)
    return Extrude(region, extent, extrude.boolean if solid else Boolean.NEW_BODY)


CARRIED: Table[
    Callable[[Any, tuple[Operation, ...], tuple[Operation, ...], Move], Operation | None]
] = Table("baselines/transfer.py", {Sketch: _sketch, Extrude: _extrude})
"""How each kind of operation is carried over."""


def _counterpart(index: int, before: tuple[Operation, ...], given: tuple[Operation, ...]) -> int:
    """The index of the sketch that stands as many sketches back; -1 if there is none."""
    sketches = [i for i, op in enumerate(before) if isinstance(op, Sketch)]
    others = [i for i, op in enumerate(given) if isinstance(op, Sketch)]
    if index not in sketches:
        return -1
    back = len(sketches) - sketches.index(index)
    return others[-back] if back <= len(others) else -1


def _profiles(
    extrude: Extrude, before: tuple[Operation, ...], sketch: Sketch, index: int
) -> tuple[Profile, ...]:
    pattern = pattern_of(extrude, before)
    if pattern:
        return profiles(pattern, sketch, index)
    source = before[extrude.profiles[0].sketch]
    if isinstance(source, Sketch) and len(source.loops) == len(sketch.loops):
        return tuple(dataclasses.replace(p, sketch=index) for p in extrude.profiles)
    return profiles("outside", sketch, index)


def _extent(
    extrude: Extrude, before: tuple[Operation, ...], plane: Plane, move: Move
) -> Extent | None:
    old = start_plane(extrude, before)
    normal = np.array(plane.normal)
    sense = 1.0 if float(move.direction(np.array(old.normal)) @ normal) >= 0 else -1.0
    start, end = extrude.extent.span
    if move.lengths:
        low, high = sense * start, sense * end
    else:
        points = move.points(np.stack(ends(extrude, before)))
        low, high = ((points - np.array(plane.origin)) @ normal).tolist()
        if extrude.extent.type is ExtentType.ONE_SIDED and not move.stretch:
            low, high = 0.0, high - low
    levels = _levels(plane, move)
    low, high = (_snapped(value, levels, move) for value in (low, high))
    if extrude.extent.type is ExtentType.SYMMETRIC:
        found = Extent(ExtentType.SYMMETRIC, abs(high - low) / 2)
    elif extrude.extent.type is ExtentType.TWO_SIDED and min(low, high) < 0 < max(low, high):
        found = Extent(ExtentType.TWO_SIDED, max(low, high), -min(low, high))
    else:
        found = Extent(ExtentType.ONE_SIDED, high)
    return found if abs(found.distance) > 1e-6 * move.size else None


def _levels(plane: Plane, move: Move) -> list[float]:
    """How far above a plane the faces of the box around the given part are, if they are across."""
    low, high = (move.target.outside(corner[None])[0] for corner in move.target_box)
    normal = np.array(plane.normal)
    if np.abs(move.target.axes @ normal).max() < 1 - 1e-6:
        return []
    return [float((corner - np.array(plane.origin)) @ normal) for corner in (low, high)]


def _snapped(value: float, levels: list[float], move: Move) -> float:
    near = [level for level in levels if abs(level - value) <= _NEAR * move.size]
    return round(near[0], 6) + 0.0 if near else move.round(value)
