"""Patterns in a row that designers would make, and what speaks for each.

Shapes: C ideas, F facts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cadcomplete.completion.standing import NEAR, Standing, along, standing
from cadcomplete.completion.usual_copies import (
    AXES,
    GROUPS,
    OF_COPIES,
    SLANT,
    copy_facts,
    first_of,
    frame_of,
    groups,
    upward,
)
from cadcomplete.history.geometry import Array, Vec3, dot
from cadcomplete.history.patterns import Earlier, LinearPattern
from cadcomplete.history.sequence import CadSequence

SPACINGS = (5.0, 8.0, 10.0, 12.0, 15.0, 16.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0)
"""Millimetres from one place to the next that are common."""

_ROW = (2, 3, 4, 5, 6, 8, 10, 12)  # places in a row
_SHORT_ROW = 6  # places that are as far apart as is common


def usual_rows(given: CadSequence, drawn: Sequence[LinearPattern]) -> Iterator[LinearPattern]:
    """Yield patterns in a row: to as far from the other end of the part, as one before, and round
    spacings that fit the part."""
    there = standing(given)
    earlier = [one for one in there.operations if isinstance(one, LinearPattern)]
    for of in groups(there)[:GROUPS]:
        box, stood = there.of(of), there.before(first_of(there, of))
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
    plane = frame_of(there, of)
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
    return np.array([[*copy_facts(p, there), *_in_a_row(p, there)] for p in patterns], dtype=float)


def _in_a_row(pattern: LinearPattern, there: Standing) -> Iterator[float]:
    direction, plane = np.array(pattern.direction), frame_of(there, pattern.of)
    for axis in ("x_axis", "y_axis", "normal"):
        own = None if plane is None else getattr(plane, axis)
        yield float(own is not None and abs(dot(own, pattern.direction)) > 1 - SLANT)
    box, part = there.of(pattern.of), there.part
    if box is None or part is None:
        yield from (0.0,) * 7
    else:
        whole, slack = pattern.spacing * (pattern.count - 1), NEAR * there.size
        stood = there.before(first_of(there, pattern.of))
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
