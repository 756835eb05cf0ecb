"""The same parts as designers say them: what repeats is drawn once, then mirrored or patterned.

`patterned` takes any history of sketches and extrudes. Equal profiles of one extrude that stand in
a row, in a grid, around a middle or on both sides of one become one profile and the patterns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import Array, Plane, Vec2, Vec3
from cadcomplete.history.operations import Extrude, Operation, Profile, Sketch
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.sequence import CadSequence, check_kinds

_NEAR = 3e-6  # mm that a copy may be off: numbers are told to a nanometre

Patterns = list[Mirror | LinearPattern | PolarPattern]


def patterned(sequence: CadSequence) -> CadSequence:
    """Return the same part, what repeats in it said by mirrors and patterns.

    Raises UnsupportedError if it is not made of sketches and extrudes alone.
    """
    check_kinds(sequence, "data/synthetic/repeating.py", (Sketch, Extrude))
    operations, place = list(sequence.operations), {}
    named = [index for op in operations for index in op.refers()]
    found: list[Operation] = []
    for index, operation in enumerate(operations):
        place[index] = len(found)
        if not isinstance(operation, Extrude):
            found.append(operation)
            continue
        again = _repeats(operation, operations, named, len(found))
        if again is None:
            found.append(_renumbered(operation, place))
            continue
        sketch, only, patterns = again
        drawn = place[operation.profiles[0].sketch]
        found[drawn] = sketch
        found += [replace(operation, profiles=(replace(only, sketch=drawn),)), *patterns]
    return replace(sequence, operations=tuple(found))


def last_patterned(operations: Sequence[Operation]) -> list[Operation]:
    """Return the same operations, equal profiles of the extrude at the end said by patterns."""
    *before, extrude = operations
    assert isinstance(extrude, Extrude)
    named = [index for op in operations for index in op.refers()]
    again = _repeats(extrude, operations, named, len(before))
    if again is None:
        return list(operations)
    sketch, only, patterns = again
    drawn = extrude.profiles[0].sketch
    before[drawn] = sketch
    return [*before, replace(extrude, profiles=(replace(only, sketch=drawn),)), *patterns]


def placed_again(places: Array, plane: Plane, index: int) -> tuple[int, Patterns] | None:
    """Return which of some places (n, 2) of a plane is made, and how patterns make the others.

    `index` is that of the operation that makes it; None if they lie in no pattern.
    """
    for arranged in (_on_both_sides, _around, _in_rows):
        if (said := arranged(places, plane, index)) is not None:
            return said
    return None


def _renumbered(extrude: Extrude, place: dict[int, int]) -> Extrude:
    profiles = tuple(replace(p, sketch=place.get(p.sketch, p.sketch)) for p in extrude.profiles)
    return replace(extrude, profiles=profiles)


def _repeats(
    extrude: Extrude, operations: Sequence[Operation], named: list[int], index: int
) -> tuple[Sketch, Profile, Patterns] | None:
    """Return what is drawn of equal profiles, and how the others follow; None if none do.

    `named` are the operations that others name, `index` is that of the extrude from now on.
    """
    profiles = extrude.profiles
    numbers = {profile.sketch for profile in profiles}
    sketch = operations[min(numbers)] if len(numbers) == 1 else None
    if not isinstance(sketch, Sketch) or len(profiles) < 2 or named.count(min(numbers)) > 1:
        return None
    used = sorted(loop for profile in profiles for loop in profile.loops)
    if used != list(range(len(sketch.loops))):
        return None
    marks = [_marks(profile, sketch) for profile in profiles]
    first = marks[0]
    shapes = [one - one[0, :2] @ _SHIFT for one in marks]
    if any(one.shape != first.shape or np.abs(one - shapes[0]).max() > _NEAR for one in shapes):
        return None
    middles = np.array([one[0, :2] for one in marks])
    round_ = all(isinstance(sketch.loops[i].curves[0], Circle) for i in profiles[0].loops)
    concentric = round_ and bool(np.abs(shapes[0][:, :2]).max() <= _NEAR)
    for arranged in (_on_both_sides, _around) if concentric else ():
        if (said := arranged(middles, sketch.plane, index)) is not None:
            return (*_alone(profiles[said[0]], sketch), said[1])
    said = _in_rows(middles, sketch.plane, index)
    return None if said is None else (*_alone(profiles[said[0]], sketch), said[1])


_SHIFT = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])


def _marks(profile: Profile, sketch: Sketch) -> Array:
    """Rows (x, y, radius, kind) that tell a profile from any other, shape (n, 4)."""
    rows: list[tuple[float, float, float, float]] = []
    for loop in (sketch.loops[index] for index in profile.loops):
        for curve in loop.curves:
            if isinstance(curve, Circle):
                rows.append((*curve.center, curve.radius, 0.0))
            else:
                kind = float(len(type(curve).__name__))
                middle = curve.points()[len(curve.points()) // 2].tolist()
                rows += [(*curve.start, 0.0, kind), (middle[0], middle[1], 0.0, kind)]
    return np.array(rows)


def _alone(profile: Profile, sketch: Sketch) -> tuple[Sketch, Profile]:
    loops = tuple(sketch.loops[index] for index in profile.loops)
    return replace(sketch, loops=loops), Profile(0, 0, tuple(range(1, len(loops))))


Arranged = tuple[int, Patterns] | None
"""Which of the profiles is drawn, and how the others follow."""


def _on_both_sides(middles: Array, plane: Plane, index: int) -> Arranged:
    """Two beside each other, or four in the corners of a rectangle along the sketch's axes."""
    low, high = middles.min(axis=0), middles.max(axis=0)
    corners = {(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])}
    if len(middles) != len(corners) or len(corners) not in (2, 4):
        return None
    if any(np.abs(middles - corner).max(axis=1).min() > _NEAR for corner in corners):
        return None
    patterns: Patterns = []
    for axis, (start, end) in enumerate(zip(low, high, strict=True)):
        if end - start > _NEAR:
            normal = _direction(plane, (float(axis == 0), float(axis == 1)))
            middle = plane.to_world(np.array([(low + high) / 2]))[0]
            of = tuple(range(index + len(patterns), index - 1, -1))
            patterns.append(Mirror(normal, round(float(middle @ normal), 6) + 0.0, of))
    return 0, patterns


def _around(middles: Array, plane: Plane, index: int) -> Arranged:
    """Three or more, evenly around their middle."""
    count, center = len(middles), middles.mean(axis=0)
    angle = np.arctan2(*(middles - center).T[::-1])
    turns = np.sort((angle - angle[0]) % (2 * math.pi))
    radius = np.hypot(*(middles[0] - center))
    even = np.arange(count) * 2 * math.pi / count
    off = np.abs((turns - even + math.pi) % (2 * math.pi) - math.pi).max() * radius
    apart = np.abs(np.hypot(*(middles - center).T) - radius).max()
    if count < 3 or max(off, apart) > _NEAR:
        return None
    point = plane.to_world(np.array([center]))[0]
    x, y, z = (round(value, 6) + 0.0 for value in point.tolist())
    return 0, [PolarPattern(plane.normal, (x, y, z), count, 360.0, (index,))]


def _in_rows(middles: Array, plane: Plane, index: int) -> Arranged:
    """A row in any direction, or a grid along the sketch's axes."""
    first = int(np.lexsort(middles.T)[0])
    levels = [_levels(middles[:, axis]) for axis in range(2)]
    if 1 in map(len, levels) or len(levels[0]) * len(levels[1]) != len(middles):
        step = _even(middles[np.lexsort(middles.T)])
        rows = [] if step is None else [(step, len(middles))]
    else:
        first = int(np.abs(middles - [levels[0][0], levels[1][0]]).sum(axis=1).argmin())
        grid = np.array([(x, y) for y in levels[1] for x in levels[0]])
        near = max(np.abs(middles - place).max(axis=1).min() for place in grid)
        steps = [_even(np.outer(at, unit)) for at, unit in zip(levels, np.eye(2), strict=True)]
        rows = [] if near > _NEAR else [(s, len(at)) for s, at in zip(steps, levels, strict=True)]
    patterns: Patterns = []
    for step, count in rows:
        if step is None:
            return None
        far = math.hypot(*step)
        along = _direction(plane, (step[0] / far, step[1] / far))
        of = tuple(range(index + len(patterns), index - 1, -1))
        patterns.append(LinearPattern(along, round(far, 6), count, of))
    return (first, patterns) if patterns else None


def _levels(values: Array) -> list[float]:
    """Different values, in order."""
    found: list[float] = []
    for value in np.sort(values).tolist():
        if not found or value - found[-1] > _NEAR:
            found.append(value)
    return found


def _even(places: Array) -> Vec2 | None:
    """The step between places (n, 2) in a row; None if they are not evenly in one."""
    x, y = ((places[-1] - places[0]) / (len(places) - 1)).tolist()
    wanted = places[0] + np.outer(np.arange(len(places)), (x, y))
    return (x, y) if np.abs(places - wanted).max() <= _NEAR and math.hypot(x, y) > _NEAR else None


def _direction(plane: Plane, flat: Vec2) -> Vec3:
    x, y, z = (flat[0] * np.array(plane.x_axis) + flat[1] * np.array(plane.y_axis)).tolist()
    return (x + 0.0, y + 0.0, z + 0.0)
