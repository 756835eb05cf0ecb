"""Patterns around an axis that designers would make, and what speaks for each.

Nearly all go all around an axis of the part; how many places they have is what is left to tell: as
many as the base has corners, as patterns before had, or few. Shapes: C ideas, F facts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from cadcomplete.completion.standing import NEAR, Standing, standing, within
from cadcomplete.completion.usual_copies import (
    AXES,
    OF_COPIES,
    SLANT,
    against,
    copy_facts,
    first_of,
    frame_of,
    groups,
    upward,
)
from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import Array, Vec3, dot
from cadcomplete.history.motions import turning
from cadcomplete.history.operations import Sketch
from cadcomplete.history.patterns import Earlier, Mirror, PolarPattern
from cadcomplete.history.sequence import CadSequence

COUNTS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 24, 25, 32, 36)
"""How many places patterns all around an axis usually have."""

_QUARTER = (2, 90.0)  # places and degrees of a pattern that does not go all around

_CENTRES = 3  # of circles that are drawn, the newest


def usual_turns(given: CadSequence, drawn: Sequence[PolarPattern]) -> Iterator[PolarPattern]:
    """Yield patterns evenly all around axes through the origin, the middle, and circles."""
    there = standing(given)
    for of in groups(there)[: -1 if len(there.repeatable) > 1 else None]:
        for axis, point in _turn_axes(there, of):
            for count in COUNTS:
                yield PolarPattern(axis, point, count, 360.0, of)
            for direction in (axis, against(axis)):
                yield PolarPattern(direction, point, *_QUARTER, of)


def _turn_axes(there: Standing, of: Earlier) -> Iterable[tuple[Vec3, Vec3]]:
    plane, stood = frame_of(there, of), there.before(first_of(there, of))
    normal = None if plane is None else upward(plane.normal)
    found: dict[tuple[Vec3, Vec3], None] = {}
    for axis in dict.fromkeys((*(() if normal is None else (normal,)), *AXES)):
        points = [(0.0, 0.0, 0.0)]
        if stood is not None:
            points.append(tuple(((stood[0] + stood[1]) / 2).tolist()))
        points += centres(there, axis)
        found |= {(axis, _foot(point, axis)): None for point in points}
    return found


def centres(there: Standing, axis: Vec3) -> list[Vec3]:
    """The centres of circles and arcs that are drawn across an axis, the newest first."""
    found: dict[Vec3, None] = {}
    for sketch in reversed(there.operations):
        if isinstance(sketch, Sketch) and abs(dot(sketch.plane.normal, axis)) > 1 - SLANT:
            curves = [c for loop in sketch.loops for c in loop.curves if isinstance(c, Circle)]
            flat = np.array([c.center for c in curves]).reshape(-1, 2)
            found |= {_foot(tuple(p), axis): None for p in sketch.plane.to_world(flat).tolist()}
    return list(found)[:_CENTRES]


def _foot(point: Vec3, axis: Vec3) -> Vec3:
    """The point of the axis through a point that is nearest to the origin."""
    far = dot(point, axis)
    x, y, z = (round(p - far * a, 6) + 0.0 for p, a in zip(point, axis, strict=True))
    return (x, y, z)


OF_TURNS = (
    *OF_COPIES,
    *("through the origin", "middle of what stood", "middle of a circle"),
    *("along its normal", "across its normal", "along the first's normal"),
    *("the base is square about it", "the base is round about it", "the base has that symmetry"),
    *("off the axis", "all around", "a quarter after a mirror", "they touch"),
    *("share of the way around", "distance", "within the part", "as one before"),
    *("a pattern before had as many", "no pattern before had as many", "thin and many"),
    *(f"{count} places" for count in COUNTS),
)


def turn_facts(patterns: Sequence[PolarPattern], given: CadSequence) -> Array:
    """Return what is known of patterns around an axis, in the order of `OF_TURNS`, (C, F)."""
    there = standing(given)
    known = _Known(there)
    return np.array([[*copy_facts(p, there), *_turning(p, known)] for p in patterns], dtype=float)


@dataclass(frozen=True)
class _Known:
    """What is asked of many patterns around a few axes, found once."""

    there: Standing
    _centres: dict[Vec3, list[Vec3]] = field(default_factory=dict)
    _base: dict[tuple[Vec3, Vec3, int], tuple[float, float]] = field(default_factory=dict)

    def centres(self, axis: Vec3) -> list[Vec3]:
        if axis not in self._centres:
            self._centres[axis] = centres(self.there, axis)
        return self._centres[axis]

    def base(self, axis: Vec3, foot: Vec3, count: int) -> tuple[float, float]:
        """Whether the first sketch is round about an axis, and whether turning it changes it."""
        key = (axis, foot, count)
        if key not in self._base:
            self._base[key] = _symmetry(self.there, axis, foot, count)
        return self._base[key]


def _symmetry(there: Standing, axis: Vec3, foot: Vec3, count: int) -> tuple[float, float]:
    sketch = next((one for one in there.operations if isinstance(one, Sketch)), None)
    if sketch is None or abs(dot(sketch.plane.normal, axis)) < 1 - SLANT:
        return (0.0, 0.0)
    loop = max(sketch.loops, key=lambda loop: abs(loop.area), default=None)
    if loop is None:
        return (0.0, 0.0)
    flat = [c.center if isinstance(c, Circle) else c.end for c in loop.curves]
    points, slack = sketch.plane.to_world(np.array(flat)), 1e-3 * there.size
    away = points - np.array(foot)
    away = away - np.outer(away @ np.array(axis), axis)
    if np.linalg.norm(away, axis=1).max() <= slack:
        return (1.0, 0.0)
    turned = turning(foot, axis, 360.0 / count).apply(points)
    apart = np.linalg.norm(turned[:, None] - points[None], axis=2).min(axis=1)
    return (0.0, float(apart.max() <= slack))


def _turning(pattern: PolarPattern, known: _Known) -> Iterator[float]:
    there = known.there
    axis, point, slack = pattern.axis, np.array(pattern.point), NEAR * there.size
    foot = np.array(_foot(pattern.point, axis))
    stood, plane = there.before(first_of(there, pattern.of)), frame_of(there, pattern.of)
    yield float(np.abs(foot).max() <= slack)
    middle = None if stood is None else _foot(tuple(((stood[0] + stood[1]) / 2).tolist()), axis)
    yield float(middle is not None and np.abs(foot - middle).max() <= slack)
    yield float(any(np.abs(foot - c).max() <= slack for c in known.centres(axis)))
    yield float(plane is not None and abs(dot(plane.normal, axis)) > 1 - SLANT)
    yield float(plane is not None and abs(dot(plane.normal, axis)) < SLANT)
    first = there.drawn_on(there.builders[0]) if there.builders else None
    yield float(first is not None and abs(dot(first.normal, axis)) > 1 - SLANT)
    yield _square(stood, foot, np.array(axis), slack)
    yield from known.base(axis, pattern.point, pattern.count)
    box, part = there.of(pattern.of), there.part
    before = [o for o in there.operations if isinstance(o, PolarPattern)]
    if box is None or part is None:
        yield from (0.0,) * 11
    else:
        middle = (box[0] + box[1]) / 2 - point
        away = float(np.linalg.norm(middle - np.dot(middle, axis) * np.array(axis)))
        wide = float(np.sort(box[1] - box[0])[1]) / 2
        yield float(away > slack)
        yield float(pattern.angle == 360)
        mirrored = isinstance(there.operations[there.builders[-1]], Mirror)
        yield float(pattern.angle != 360 and mirrored)
        share = pattern.count * wide / max(math.pi * away, 1e-9)
        yield float(share > 1)
        yield min(share, 2.0)
        yield min(away / there.size, 2.0)
        yield float(within(box, part, slack=slack))
        yield float(any(o.count == pattern.count and o.axis == axis for o in before))
        same = any((o.count, o.angle) == (pattern.count, pattern.angle) for o in before)
        yield float(same)
        yield float(bool(before) and not same)
        yield math.log(pattern.count) * min(math.log(max(away, 1e-3) / max(wide, 1e-3)), 4.0)
    yield from (float(pattern.count == count) for count in COUNTS)


def _square(stood: Array | None, foot: Array, axis: Array, slack: float) -> float:
    """Whether what stood is as wide as high across an axis, and in its middle."""
    if stood is None or np.abs(axis).max() < 1 - SLANT:
        return 0.0
    across = np.abs(axis) < 0.5
    low, high = (stood[0] - foot)[across], (stood[1] - foot)[across]
    return float(np.abs(low + high).max() <= slack and abs(np.diff(high - low)[0]) <= slack)
