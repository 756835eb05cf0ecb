"""Mirrors and patterns that designers would make, and what speaks for each.

What was made last is done again on the other side of the part, in a row, or around an axis of the
part. Shapes: C ideas, F facts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cadcomplete.completion.standing import NEAR, Standing, along, standing, within
from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import Array, Plane, Vec3, dot
from cadcomplete.history.operations import Sketch
from cadcomplete.history.patterns import Earlier, LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.sequence import CadSequence

AXES: tuple[Vec3, ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

_GROUPS = 4  # numbers of the newest operations that may be done again together
_SLANT = 1e-6


# --- what is done again -------------------------------------------------------------------------


def groups(there: Standing) -> list[Earlier]:
    """Return what may be done again: the last operations, all but the first, all, the whole body.

    What a pattern at the end did is done again with its originals.
    """
    builders = there.repeatable
    if not builders:
        return []
    last = there.operations[builders[-1]]
    found: list[Earlier] = []
    if isinstance(last, Repeat) and last.of is not None:
        found += [(*last.originals, builders[-1]), last.originals]
    found += [builders[-count:] for count in range(1, min(_GROUPS, len(builders)) + 1)]
    found += [builders[-2:-1], builders[1:], builders, None]
    return [group for group in dict.fromkeys(found) if group is None or group]


def _new(there: Standing, of: Earlier) -> int:
    """The index of the first operation that is done again."""
    return 0 if of is None else min(of)


def _frame(there: Standing, of: Earlier) -> Plane | None:
    """The plane that what is done again was drawn on."""
    builders = there.repeatable if of is None else of
    return there.drawn_on(builders[-1]) if builders else None


# --- mirrors ------------------------------------------------------------------------------------


def usual_mirrors(given: CadSequence, drawn: Sequence[Mirror]) -> Iterator[Mirror]:
    """Yield mirrors about planes through the origin, the middles of what stood before, its ends."""
    there = standing(given)
    for of in groups(there):
        for normal in _normals(there, of):
            for position in _positions(there, of, normal):
                yield Mirror(normal, position, of)


def _normals(there: Standing, of: Earlier) -> Iterable[Vec3]:
    """Those of the world's planes, and slanted ones of the sketch."""
    plane = _frame(there, of)
    own = () if plane is None else map(upward, (plane.x_axis, plane.y_axis))
    slanted = (n for n in own if max(map(abs, n)) < 1 - _SLANT)
    return dict.fromkeys((*AXES, *slanted))


def _positions(there: Standing, of: Earlier, normal: Vec3) -> Iterable[float]:
    """Where along a normal a mirror may stand."""
    found, direction = [0.0], np.array(normal)
    for box in (there.before(_new(there, of)), there.part):
        if box is not None:
            low, high = along(box, direction)
            found += [(low + high) / 2, *((low, high) if box is not there.before(0) else ())]
    plane = _frame(there, of)
    if plane is not None:
        found.append(dot(plane.origin, normal))
    return dict.fromkeys(round(at, 6) + 0.0 for at in found)


def upward(direction: Vec3) -> Vec3:
    """The one of two opposite directions that points along the axes."""
    x, y, z = direction
    first = next((value for value in (z, y, x) if abs(value) > _SLANT), 1.0)
    return direction if first > 0 else _against(direction)


OF_COPIES = (
    *("one operation", "two operations", "operations (log)", "whole body", "all operations"),
    *("with the last", "has a pattern", "all of the last pattern", "removes", "share of the part"),
)
"""What is known of anything that is done again."""

OF_MIRRORS = (
    *OF_COPIES,
    *("through the origin", "middle of what stood", "middle of the first", "end of the part"),
    *("across its x", "across its y", "across its normal"),
    *("to one side", "symmetric already", "within the part", "as one before", "distance"),
)


def mirror_facts(mirrors: Sequence[Mirror], given: CadSequence) -> Array:
    """Return what is known of mirrors, in the order of `OF_MIRRORS`, shape (C, F)."""
    there = standing(given)
    return np.array([[*_copied(m, there), *_mirrored(m, there)] for m in mirrors], dtype=float)


def _copied(pattern: Repeat, there: Standing) -> Iterator[float]:
    of = pattern.of
    names = there.repeatable if of is None else of
    yield float(len(names) == 1)
    yield float(len(names) == 2)
    yield math.log(max(len(names), 1))
    yield float(of is None)
    yield float(set(names) >= set(there.repeatable))
    yield float(bool(there.builders) and there.builders[-1] in names)
    yield float(any(isinstance(there.operations[i], Repeat) for i in names))
    last = there.operations[there.builders[-1]] if there.builders else None
    ended = isinstance(last, Repeat) and set(names) == {*last.originals, there.builders[-1]}
    yield float(ended)
    yield float(bool(names) and all(map(there.removes, names)))
    box, part = there.of(of), there.part
    if box is None or part is None:
        yield 0.0
    else:
        yield float(((box[1] - box[0]) / np.maximum(part[1] - part[0], 1e-9)).max())


def _mirrored(mirror: Mirror, there: Standing) -> Iterator[float]:
    normal, at, slack = np.array(mirror.normal), mirror.position, NEAR * there.size
    stood = there.before(_new(there, mirror.of))
    first = there.changed(there.builders[0]) if there.builders else None
    yield float(abs(at) <= slack)
    for box in (stood, first):
        middle = None if box is None else sum(along(box, normal)) / 2
        yield float(middle is not None and abs(at - middle) <= slack)
    ends = () if there.part is None else along(there.part, normal)
    yield float(any(abs(at - end) <= slack for end in ends))
    plane = _frame(there, mirror.of)
    for axis in ("x_axis", "y_axis", "normal"):
        yield float(
            plane is not None and abs(dot(getattr(plane, axis), mirror.normal)) > 1 - _SLANT
        )
    box, part = there.of(mirror.of), there.part
    if box is None or part is None:
        yield from (0.0, 0.0, 0.0, 0.0, 0.0)
        return
    low, high = along(box, normal)
    yield float(low >= at - slack or high <= at + slack)
    yield float(abs(low + high - 2 * at) <= slack)
    inner = np.array([2 * at - high, 2 * at - low])
    reach = along(part, normal)
    yield float(inner[0] >= reach[0] - slack and inner[1] <= reach[1] + slack)
    earlier = [o for o in there.operations if isinstance(o, Mirror)]
    yield float(any(o.normal == mirror.normal and abs(o.position - at) <= slack for o in earlier))
    yield min(abs((low + high) / 2 - at) / there.size, 2.0)


# --- around an axis -----------------------------------------------------------------------------

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
            for direction in (axis, _against(axis)):
                yield PolarPattern(direction, point, *_QUARTER, of)


def _against(direction: Vec3) -> Vec3:
    x, y, z = direction
    return (0.0 - x, 0.0 - y, 0.0 - z)


def _turn_axes(there: Standing, of: Earlier) -> Iterable[tuple[Vec3, Vec3]]:
    plane, stood = _frame(there, of), there.before(_new(there, of))
    normal = None if plane is None else upward(plane.normal)
    found: dict[tuple[Vec3, Vec3], None] = {}
    for axis in dict.fromkeys((*(() if normal is None else (normal,)), *AXES)):
        points = [(0.0, 0.0, 0.0)]
        if stood is not None:
            points.append(tuple(((stood[0] + stood[1]) / 2).tolist()))
        points += _centres(there, axis)
        found |= {(axis, _foot(point, axis)): None for point in points}
    return found


def _centres(there: Standing, axis: Vec3) -> list[Vec3]:
    """The centres of circles and arcs that are drawn across an axis, the newest first."""
    found: dict[Vec3, None] = {}
    for sketch in reversed(there.operations):
        if isinstance(sketch, Sketch) and abs(dot(sketch.plane.normal, axis)) > 1 - _SLANT:
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
    *("off the axis", "all around", "a quarter after a mirror", "they touch"),
    *("share of the way around", "distance", "within the part", "as one before"),
    *(f"{count} places" for count in COUNTS),
)


def turn_facts(patterns: Sequence[PolarPattern], given: CadSequence) -> Array:
    """Return what is known of patterns around an axis, in the order of `OF_TURNS`, (C, F)."""
    there = standing(given)
    return np.array([[*_copied(p, there), *_turning(p, there)] for p in patterns], dtype=float)


def _turning(pattern: PolarPattern, there: Standing) -> Iterator[float]:
    axis, point, slack = pattern.axis, np.array(pattern.point), NEAR * there.size
    foot = np.array(_foot(pattern.point, axis))
    stood, plane = there.before(_new(there, pattern.of)), _frame(there, pattern.of)
    yield float(np.abs(foot).max() <= slack)
    middle = None if stood is None else _foot(tuple(((stood[0] + stood[1]) / 2).tolist()), axis)
    yield float(middle is not None and np.abs(foot - middle).max() <= slack)
    yield float(any(np.abs(foot - c).max() <= slack for c in _centres(there, axis)))
    yield float(plane is not None and abs(dot(plane.normal, axis)) > 1 - _SLANT)
    yield float(plane is not None and abs(dot(plane.normal, axis)) < _SLANT)
    first = there.drawn_on(there.builders[0]) if there.builders else None
    yield float(first is not None and abs(dot(first.normal, axis)) > 1 - _SLANT)
    box, part = there.of(pattern.of), there.part
    if box is None or part is None:
        yield from (0.0,) * 8
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
        same = [o for o in there.operations if isinstance(o, PolarPattern)]
        yield float(any(o.count == pattern.count and o.axis == axis for o in same))
    yield from (float(pattern.count == count) for count in COUNTS)


# --- in a row -----------------------------------------------------------------------------------

SPACINGS = (5.0, 8.0, 10.0, 12.0, 15.0, 16.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0)
"""Millimetres from one place to the next that are common."""

_ROW = (2, 3, 4, 5, 6, 8, 10, 12)  # places in a row
_SHORT_ROW = 6  # places that are as far apart as is common


def usual_rows(given: CadSequence, drawn: Sequence[LinearPattern]) -> Iterator[LinearPattern]:
    """Yield patterns in a row: to as far from the other end of the part, as one before, and round
    spacings that fit the part."""
    there = standing(given)
    earlier = [one for one in there.operations if isinstance(one, LinearPattern)]
    for of in groups(there)[:_GROUPS]:
        box, stood = there.of(of), there.before(_new(there, of))
        if of is None or box is None or stood is None:
            continue
        for axis in _row_axes(there, of):
            far, (low, high) = _across(box, stood, np.array(axis)), along(stood, np.array(axis))
            ways = [(abs(far) / (n - 1), n) for n in _ROW if abs(far) > NEAR * there.size]
            ways += [(one.spacing, one.count) for one in earlier]
            fitting = ((s, n) for s in SPACINGS for n in _ROW if n <= _SHORT_ROW)
            ways += [(s, n) for s, n in fitting if s * (n - 1) < high - low]
            for spacing, count in dict.fromkeys((round(s, 6), n) for s, n in ways):
                for sign in (1.0, -1.0) if not far else (math.copysign(1.0, far),):
                    x, y, z = (sign * a + 0.0 for a in axis)
                    yield LinearPattern((x, y, z), spacing, count, of)


def _row_axes(there: Standing, of: Earlier) -> Iterable[Vec3]:
    plane = _frame(there, of)
    own = () if plane is None else (upward(plane.x_axis), upward(plane.y_axis))
    return dict.fromkeys((*own, *AXES))


def _across(box: Array, stood: Array, axis: Array) -> float:
    """How far along an axis it is to as far from the other end of what stood, in mm."""
    low, high = along(box, axis)
    return float(sum(along(stood, axis)) - low - high)


OF_ROWS = (
    *OF_COPIES,
    *("along its x", "along its y", "along its normal", "to the other end", "as one before"),
    *("within the part", "they touch", "spacing over its size", "spacing is round", "share of it"),
    *(f"{count} places" for count in _ROW),
)


def row_facts(patterns: Sequence[LinearPattern], given: CadSequence) -> Array:
    """Return what is known of patterns in a row, in the order of `OF_ROWS`, shape (C, F)."""
    there = standing(given)
    return np.array([[*_copied(p, there), *_in_a_row(p, there)] for p in patterns], dtype=float)


def _in_a_row(pattern: LinearPattern, there: Standing) -> Iterator[float]:
    direction, plane = np.array(pattern.direction), _frame(there, pattern.of)
    for axis in ("x_axis", "y_axis", "normal"):
        own = None if plane is None else getattr(plane, axis)
        yield float(own is not None and abs(dot(own, pattern.direction)) > 1 - _SLANT)
    box, part = there.of(pattern.of), there.part
    if box is None or part is None:
        yield from (0.0,) * 7
    else:
        whole, slack = pattern.spacing * (pattern.count - 1), NEAR * there.size
        stood = there.before(_new(there, pattern.of))
        far = 0.0 if stood is None else _across(box, stood, direction)
        yield float(abs(far - whole) <= slack)
        earlier = [one for one in there.operations if isinstance(one, LinearPattern)]
        yield float((pattern.spacing, pattern.count) in [(o.spacing, o.count) for o in earlier])
        (low, high), (bottom, top) = along(box, direction), along(part, direction)
        yield float(low + whole >= bottom - slack and high + whole <= top + slack)
        yield float(pattern.spacing < high - low - slack)
        yield float(np.clip(math.log(pattern.spacing / max(high - low, 1e-3)), -2, 4))
        yield float(pattern.spacing in SPACINGS)
        yield min(whole / max(top - bottom, 1e-9), 2.0)
    yield from (float(pattern.count == count) for count in _ROW)
