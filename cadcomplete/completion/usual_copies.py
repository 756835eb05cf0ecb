"""Mirrors that designers would make, what speaks for each, and what of it is known of all copies.

What was made last is done again on the other side of the part; in a row (`usual_rows.py`), or
around an axis of the part (`usual_turns.py`). Shapes: C ideas, F facts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cadcomplete.completion.standing import NEAR, Standing, along, standing
from cadcomplete.history.geometry import Array, Plane, Vec3, dot
from cadcomplete.history.patterns import Earlier, Mirror, Repeat
from cadcomplete.history.sequence import CadSequence

AXES: tuple[Vec3, ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

GROUPS = 4  # numbers of the newest operations that may be done again together
SLANT = 1e-6


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
    found += [builders[-count:] for count in range(1, min(GROUPS, len(builders)) + 1)]
    found += [builders[-2:-1], builders[1:], builders, None]
    return [group for group in dict.fromkeys(found) if group is None or group]


def first_of(there: Standing, of: Earlier) -> int:
    """The index of the first operation that is done again."""
    return 0 if of is None else min(of)


def frame_of(there: Standing, of: Earlier) -> Plane | None:
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
    plane = frame_of(there, of)
    own = () if plane is None else map(upward, (plane.x_axis, plane.y_axis))
    slanted = (n for n in own if max(map(abs, n)) < 1 - SLANT)
    return dict.fromkeys((*AXES, *slanted))


def _positions(there: Standing, of: Earlier, normal: Vec3) -> Iterable[float]:
    """Where along a normal a mirror may stand."""
    found, direction = [0.0], np.array(normal)
    for box in (there.before(first_of(there, of)), there.part):
        if box is not None:
            low, high = along(box, direction)
            found += [(low + high) / 2, *((low, high) if box is not there.before(0) else ())]
    plane = frame_of(there, of)
    if plane is not None:
        found.append(dot(plane.origin, normal))
    return dict.fromkeys(round(at, 6) + 0.0 for at in found)


def upward(direction: Vec3) -> Vec3:
    """The one of two opposite directions that points along the axes."""
    x, y, z = direction
    first = next((value for value in (z, y, x) if abs(value) > SLANT), 1.0)
    return direction if first > 0 else against(direction)


def against(direction: Vec3) -> Vec3:
    x, y, z = direction
    return (0.0 - x, 0.0 - y, 0.0 - z)


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
    return np.array([[*copy_facts(m, there), *_mirrored(m, there)] for m in mirrors], dtype=float)


def copy_facts(pattern: Repeat, there: Standing) -> Iterator[float]:
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
    stood = there.before(first_of(there, mirror.of))
    first = there.changed(there.builders[0]) if there.builders else None
    yield float(abs(at) <= slack)
    for box in (stood, first):
        middle = None if box is None else sum(along(box, normal)) / 2
        yield float(middle is not None and abs(at - middle) <= slack)
    ends = () if there.part is None else along(there.part, normal)
    yield float(any(abs(at - end) <= slack for end in ends))
    plane = frame_of(there, mirror.of)
    for axis in ("x_axis", "y_axis", "normal"):
        yield float(plane is not None and abs(dot(getattr(plane, axis), mirror.normal)) > 1 - SLANT)
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
