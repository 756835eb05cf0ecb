"""Which points of a plane are inside a loop: exact for lines and arcs, crossing loops included.

Of ellipses and splines chords are taken, 4e-7 of their radius off.

A loop is the polygon of its chords, and for each arc the cap between chord and circle turned
inside out: a point is inside if it is in an odd number of polygon and caps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.bent import FINE, Bent, polyline
from cadcomplete.history.curves import BENT, Arc, Circle, Line
from cadcomplete.history.geometry import Array
from cadcomplete.history.loops import Loop
from cadcomplete.history.tables import Table

Bools = np.ndarray
"""Shape (n,), bool."""

_CELLS = 1 << 20  # points times curves that are looked at together


def inside_loop(loop: Loop, points: Array) -> Bools:
    """Say which of the points (n, 2), in the sketch's x and y, are inside; even-odd.

    An open loop is closed by a line. Of points on the loop itself nothing is said.
    """
    return odd_crossings(*chords_and_caps(loop), np.asarray(points, dtype=np.float64))


def inside_polygon(corners: Array, points: Array) -> Bools:
    """Say the same of a closed polygon, its corners (m, 2) with the first once more at the end."""
    return odd_crossings(np.hstack([corners[:-1], corners[1:]]), np.zeros((0, 6)), points)


def chords_and_caps(loop: Loop) -> tuple[Array, Array]:
    """Return chords (m, 4), from x, y to x, y, and caps (k, 6).

    A cap is centre, radius, and the half plane a x + b y + c > 0 in which its arc's middle is.
    """
    chords: list[tuple[float, ...]] = []
    caps: list[tuple[float, ...]] = []
    for curve in loop.curves:
        caps += CAPS[type(curve)](curve)
        if isinstance(curve, Bent):
            points = polyline(curve, FINE)
            chords += np.hstack([points[:-1], points[1:]]).tolist()
        elif not curve.closed:
            chords.append((*curve.start, *curve.end))
    if not loop.closed:
        chords.append((*loop.end, *loop.start))
    return np.array(chords).reshape(-1, 4), np.array(caps).reshape(-1, 6)


def _cap(arc: Arc) -> list[tuple[float, ...]]:
    try:
        center, radius = arc.center, arc.radius
    except GeometryError:
        return []
    (x, y), (u, v) = arc.start, arc.end
    a, b = y - v, u - x
    c = -(a * x + b * y)
    side = 1.0 if a * arc.mid[0] + b * arc.mid[1] + c > 0 else -1.0
    return [(*center, radius, side * a, side * b, side * c)]


CAPS: Table[Callable[[Any], list[tuple[float, ...]]]] = Table(
    "history/inside.py",
    {
        Line: lambda line: [],
        Arc: _cap,
        Circle: lambda circle: [(*circle.center, circle.radius, 0.0, 0.0, 1.0)],
        **dict.fromkeys(BENT, lambda curve: []),
    },
)
"""What is between a curve and its chord; what is neither straight nor round has many chords."""


def odd_crossings(chords: Array, caps: Array, points: Array) -> Bools:
    """Say which points (n, 2) are inside of an odd number: a ray to the right, and the caps.

    `chords` are (m, 4) and `caps` (k, 6), as of `chords_and_caps`.
    """
    block = max(_CELLS // (len(chords) + len(caps) + 1), 1)
    parts = [_odd(chords, caps, points[at : at + block]) for at in range(0, len(points), block)]
    return np.concatenate([np.zeros(0, dtype=np.bool_), *parts])


def _odd(chords: Array, caps: Array, points: Array) -> Bools:
    x, y = points[:, :1], points[:, 1:]
    x0, y0, x1, y1 = chords.T
    with np.errstate(divide="ignore", invalid="ignore"):  # a level chord is crossed by none
        right = x < x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    crossed = ((y0 > y) != (y1 > y)) & right
    cx, cy, r, a, b, c = caps.T
    within = ((x - cx) ** 2 + (y - cy) ** 2 < r * r) & (a * x + b * y + c > 0)
    return (crossed.sum(axis=1) + within.sum(axis=1)) % 2 == 1
