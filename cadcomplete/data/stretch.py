"""The same part with other dimensions: what a designer gets who changes one, and all equal ones.

Between two neighbouring places of a part along an axis (ends of lines, centers of circles, ends of
extrudes) it is made longer or shorter; arcs, circles and slanted lines are moved and keep their
size. So no loop can come to cross itself or another. Dimensions along that axis that were equal
stay equal: what was symmetric stays so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import Curve, Line
from cadcomplete.history.fields import DECIMALS, times
from cadcomplete.history.geometry import Plane, Vec2, Vec3
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Extent, ExtentType, Extrude, Operation, Revolve, Sketch
from cadcomplete.history.patterns import PATTERNS
from cadcomplete.history.sequence import CadSequence, check_kinds

FACTORS = (0.4, 0.5, 0.6, 0.75, 0.8, 1.2, 1.25, 1.5, 1.6, 2.0, 2.5)
"""What dimensions are multiplied by: round ones stay round."""

_KNOWN = (Sketch, Extrude, Revolve)

_STIFF = (*PATTERNS, Hole, Fillet, Chamfer)
"""What does not change with a dimension beside it, or would have to change in other places."""

_SAME = 2e-6  # dimensions that differ by less are equal
_LEFT = 0.3  # of what is free between two places, the least that a shorter dimension leaves


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a part grows: for each axis places and by how much, in order, in millimetres."""

    changes: tuple[tuple[tuple[float, float], ...], ...]

    def place(self, axis: int, value: float) -> float:
        """Return where a place along an axis comes to lie: never before what lay before it."""
        grown = sum(by for at, by in self.changes[axis] if at < value)
        return _exact(value + grown) if grown else value

    def applied(self, sequence: CadSequence) -> CadSequence | None:
        """Return the stretched part; None if a symmetric extrude would no longer be one."""
        check_kinds(sequence, "data/stretch.py", _KNOWN)
        operations: list[Operation] = []
        for index, operation in enumerate(sequence.operations):
            before = sequence.operations[:index]
            if isinstance(operation, Sketch):
                operations.append(self._sketch(operation))
            elif isinstance(operation, Revolve):
                operations.append(self._revolve(operation, operation.start(before)))
            elif isinstance(operation, Extrude):
                found = self._extrude(operation, operation.start(before))
                if found is None:
                    return None
                operations.append(found)
        return dataclasses.replace(sequence, operations=tuple(operations))

    def _sketch(self, sketch: Sketch) -> Sketch:
        moved, move = self._moved(sketch.plane)
        loops = tuple(loop.moved(move) for loop in sketch.loops)
        return dataclasses.replace(sketch, plane=moved, loops=loops)

    def _revolve(self, revolve: Revolve, plane: Plane) -> Revolve:
        """Its axis moves as what is drawn does: what lay beside it still does."""
        point = self._moved(plane)[1](revolve.axis.point)
        return dataclasses.replace(revolve, axis=dataclasses.replace(revolve.axis, point=point))

    def _moved(self, plane: Plane) -> tuple[Plane, Callable[[Vec2], Vec2]]:
        """Return where a plane comes to lie, and where a point that is drawn on it does."""
        x, y, z = (self.place(i, value) for i, value in enumerate(plane.origin))
        axes = _direction(plane.x_axis), _direction(plane.y_axis)
        moved = dataclasses.replace(plane, origin=(x, y, z))

        def move(point: Vec2) -> Vec2:
            a, b = (
                _exact(sign * (self.place(i, plane.origin[i] + sign * v) - moved.origin[i]))
                for (i, sign), v in zip(axes, point, strict=True)
            )
            return (a, b)

        return moved, move

    def _extrude(self, extrude: Extrude, plane: Plane) -> Extrude | None:
        axis, sign = _direction(plane.normal)
        start = plane.origin[axis]

        def reached(distance: float) -> float:
            end = self.place(axis, start + sign * distance)
            return _exact(sign * (end - self.place(axis, start)))

        old = extrude.extent
        if old.unusual:
            return None
        distance, back = reached(old.distance), -reached(-old.distance)
        if old.type is ExtentType.SYMMETRIC and distance != back:
            return None
        against = -reached(-old.against) if old.against else 0.0
        return dataclasses.replace(extrude, extent=Extent(old.type, distance, against))


def stretch(sequence: CadSequence, random: np.random.Generator) -> Stretch | None:
    """Return a change of one dimension, and of all equal ones along its axis.

    None if no dimension is free: a plane or an axis is tilted, or what keeps its size fills the
    part, there is a mirror or a pattern, whose other side would have to change as well, or a hole,
    a fillet or a chamfer, which may fit no longer, or an extrude is tapered, starts off its sketch
    or has no numbers for its ends. Raises UnsupportedError if something in the history is not known
    here.
    """
    check_kinds(sequence, "data/stretch.py", (*_KNOWN, *_STIFF))
    if any(
        isinstance(operation, _STIFF) or _unusual(operation) for operation in sequence.operations
    ):
        return None
    planes = [op.plane for op in sequence.operations if isinstance(op, Sketch)]
    if any(1.0 not in map(abs, axis) for p in planes for axis in (p.normal, p.x_axis)):
        return None
    turned = [op.axis.direction for op in sequence.operations if isinstance(op, Revolve)]
    if any(1.0 not in map(abs, direction) for direction in turned):
        return None
    axis = int(random.integers(3))
    gaps = _gaps(sequence, axis)
    if not gaps:
        return None
    chosen = gaps[int(random.integers(len(gaps)))].size
    change = times(chosen, FACTORS[random.integers(len(FACTORS))]) - chosen
    equal = [gap for gap in gaps if abs(gap.size - chosen) < _SAME]
    if any(gap.free + change < _LEFT * gap.free for gap in equal):
        return None
    changes: list[tuple[tuple[float, float], ...]] = [(), (), ()]
    changes[axis] = tuple((gap.at, change) for gap in equal)
    return Stretch(tuple(changes))


def _unusual(operation: Operation) -> bool:
    return isinstance(operation, Extrude) and bool(operation.extent.unusual)


@dataclass(frozen=True, slots=True)
class _Gap:
    """Between two neighbouring places: how long, how much of it is free, and the middle of that."""

    size: float
    free: float
    at: float


_Reach = tuple[float, float, bool, tuple[float, ...]]
"""From where to where a thing reaches, whether it keeps its size, and its places."""


def _gaps(sequence: CadSequence, axis: int) -> list[_Gap]:
    places, filled = set(), []
    for low, high, rigid, found in _reaches(sequence, axis):
        if rigid:
            filled.append((low, high))
        places.update(found)
    levels = sorted(places)
    filled.sort()
    gaps = []
    for low, high in pairwise(levels):
        start, best = low, (0.0, low)
        for left, right in (*filled, (high, high)):
            if min(left, high) - start > best[0]:
                best = (min(left, high) - start, start)
            start = max(start, right)
        if best[0] > _SAME and high - low > _SAME:
            gaps.append(_Gap(round(high - low, DECIMALS), best[0], best[1] + best[0] / 2))
    return gaps


def _reaches(sequence: CadSequence, axis: int) -> Iterator[_Reach]:
    """Yield from where to where everything reaches along an axis."""
    for index, operation in enumerate(sequence.operations):
        if isinstance(operation, Sketch):
            for curve in (c for loop in operation.loops for c in loop.curves):
                yield _reach(curve, operation.plane, axis)
        elif isinstance(operation, Revolve):
            plane, line = operation.start(sequence.operations[:index]), operation.axis
            if _direction(line.in_world(plane)[1])[0] != axis:
                place = round(line.in_world(plane)[0][axis], DECIMALS)
                yield place, place, False, (place,)
        elif isinstance(operation, Extrude):
            plane = operation.start(sequence.operations[:index])
            along, sign = _direction(plane.normal)
            if along == axis:
                ends = [plane.origin[axis] + sign * v for v in operation.extent.span]
                low, high = round(min(ends), DECIMALS), round(max(ends), DECIMALS)
                yield low, high, False, (low, high)


def _reach(curve: Curve, plane: Plane, axis: int) -> _Reach:
    points = plane.to_world(curve.points())[:, axis]
    low, high = round(float(points.min()), DECIMALS), round(float(points.max()), DECIMALS)
    ends = (round((low + high) / 2, DECIMALS),) if curve.closed else (low, high)
    straight = isinstance(curve, Line) and any(
        abs(a - b) < _SAME for a, b in zip(*curve.points(), strict=True)
    )
    return low, high, not straight and high - low > _SAME, ends


def _exact(value: float) -> float:
    """To a nanometre, unless it was finer: the middle of an arc is no round number."""
    rounded = round(value, DECIMALS)
    return rounded + 0.0 if abs(value - rounded) < 1e-9 else value


def _direction(axis: Vec3) -> tuple[int, float]:
    """Which axis of space a vector along one is, and its sign."""
    index = max(range(3), key=lambda i: abs(axis[i]))
    return index, 1.0 if axis[index] > 0 else -1.0
