"""Revolves that designers would make of a sketch that waits, and what speaks for each.

Most go all around an axis of the sketch's own, on which the outline stands or beside which it lies.
Shapes: C ideas, F facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cadcomplete.completion.standing import NEAR, Standing, standing
from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Line
from cadcomplete.history.geometry import Array, Vec2
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Loop, Revolve, Sketch
from cadcomplete.history.revolve import turned
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.turn_axis import FULL, TurnAxis
from cadcomplete.readers.freecad.outlines import profiles

ANGLES = (FULL, 180.0, 90.0)
"""Degrees that are common."""

_OWN: tuple[Vec2, ...] = ((0.0, 1.0), (1.0, 0.0))
_LINES = 4  # of an outline that it may turn about
_MOST = 6  # loops of a sketch that is turned


def usual_revolves(given: CadSequence, drawn: Sequence[Revolve]) -> Iterator[Revolve]:
    """Yield revolves of all that waits about the sketch's own axes, and lines of its outline."""
    there = standing(given)
    sketch = waiting(there)
    if sketch is None or len(sketch.loops) > _MOST:
        return
    swept = profiles(sketch.loops, len(there.operations) - 1)
    booleans = (Boolean.JOIN, Boolean.CUT) if there.builders else (Boolean.NEW_BODY,)
    for axis in _axes(sketch):
        for angle in ANGLES:
            for boolean in booleans:
                revolve = Revolve(swept, Extent(ExtentType.ONE_SIDED, angle), axis, boolean)
                if _turns(revolve, there):
                    yield revolve


def waiting(there: Standing) -> Sketch | None:
    """The sketch at the end, of which nothing is made yet."""
    last = there.operations[-1] if there.operations else None
    return last if isinstance(last, Sketch) and last.loops else None


def _axes(sketch: Sketch) -> list[TurnAxis]:
    found = {TurnAxis((0.0, 0.0), direction): None for direction in _OWN}
    lines = (c for loop in sketch.loops for c in _lines(loop))
    longest = sorted(lines, key=lambda line: -np.hypot(*np.subtract(line[1], line[0])))
    for start, end in longest[:_LINES]:
        try:
            found[TurnAxis.of(start, (end[0] - start[0], end[1] - start[1]))] = None
        except GeometryError:
            continue
    return list(found)


def _lines(loop: Loop) -> Iterator[tuple[Vec2, Vec2]]:
    """The ends of each line of a loop."""
    return ((curve.start, curve.end) for curve in loop.curves if type(curve) is Line)


def _turns(revolve: Revolve, there: Standing) -> bool:
    try:
        return bool([turned(revolve, one, there.operations) for one in revolve.profiles])
    except GeometryError:
        return False


OF_REVOLVES = (
    *("along y", "along x", "through its origin", "through the world's origin"),
    *("it stands on it", "a line of it lies on it", "all around", "half around"),
    *("cuts", "joins", "as one before"),
)


def revolve_facts(revolves: Sequence[Revolve], given: CadSequence) -> Array:
    """Return what is known of revolves, in the order of `OF_REVOLVES`, shape (C, F)."""
    there = standing(given)
    return np.array([list(_turning(one, there)) for one in revolves], dtype=float)


def _turning(revolve: Revolve, there: Standing) -> Iterator[float]:
    sketch = there.operations[revolve.profiles[0].sketch]
    assert isinstance(sketch, Sketch)
    axis, slack = revolve.axis, NEAR * max(there.size, 1.0)
    yield float(abs(axis.direction[1]) > 1 - NEAR)
    yield float(abs(axis.direction[0]) > 1 - NEAR)
    yield float(abs(axis.local((0.0, 0.0))[1]) <= slack)
    (origin,) = sketch.plane.to_local(np.zeros((1, 3))).tolist()
    yield float(abs(axis.local((origin[0], origin[1]))[1]) <= slack)
    away = [abs(axis.local(p)[1]) for loop in sketch.loops for line in _lines(loop) for p in line]
    yield float(min(away, default=1.0) <= slack)
    on = [
        all(abs(axis.local(p)[1]) <= slack for p in line)
        for loop in sketch.loops
        for line in _lines(loop)
    ]
    yield float(any(on))
    yield float(revolve.angles.distance == FULL)
    yield float(revolve.angles.distance == FULL / 2)
    yield float(revolve.boolean is Boolean.CUT)
    yield float(revolve.boolean is Boolean.JOIN)
    earlier = [one for one in there.operations if isinstance(one, Revolve)]
    yield float(any(o.axis.direction in (axis.direction, _back(axis.direction)) for o in earlier))


def _back(direction: Vec2) -> Vec2:
    return (0.0 - direction[0], 0.0 - direction[1])
