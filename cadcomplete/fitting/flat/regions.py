"""Which points of a plane are inside a loop: exact for lines and arcs, crossing loops included.

A loop is the polygon of its chords, and for each arc the cap between chord and circle turned
inside out: a point is inside if it is in an odd number of polygon and caps.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Array
from cadcomplete.history.loops import Loop
from cadcomplete.history.tables import Table
from cadcomplete.meshes.compiled import compiled

Bools = np.ndarray
"""Shape (n,), bool."""


def inside_loop(loop: Loop, points: Array) -> Bools:
    """Say which of the points (n, 2), in the sketch's x and y, are inside; even-odd."""
    segments, caps = _arrays(loop)
    return _inside()(segments, caps, np.ascontiguousarray(points, dtype=np.float64))


def _arrays(loop: Loop) -> tuple[Array, Array]:
    """Return chords (m, 4), from x, y to x, y, and caps (k, 6).

    A cap is centre, radius, and the half plane a x + b y + c > 0 in which its arc's middle is.
    """
    segments: list[tuple[float, ...]] = []
    caps: list[tuple[float, ...]] = []
    for curve in loop.curves:
        caps += CAPS[type(curve)](curve)
        if not curve.closed:
            segments.append((*curve.start, *curve.end))
    if not loop.closed:
        segments.append((*loop.end, *loop.start))
    return np.array(segments).reshape(-1, 4), np.array(caps).reshape(-1, 6)


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
    "fitting/flat/regions.py",
    {
        Line: lambda line: [],
        Arc: _cap,
        Circle: lambda circle: [(*circle.center, circle.radius, 0.0, 0.0, 1.0)],
    },
)
"""What is between a curve and its chord."""


@cache
def _inside() -> Callable[[Array, Array, Array], Bools]:
    return compiled(inside_loops, inside_numpy)


def inside_numpy(segments: Array, caps: Array, points: Array) -> Bools:
    """Count crossings, one curve after the other."""
    x, y = points.T
    odd = np.zeros(len(points), dtype=np.bool_)
    for x0, y0, x1, y1 in segments:
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            odd ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    for cx, cy, r, a, b, c in caps:
        odd ^= ((x - cx) ** 2 + (y - cy) ** 2 < r * r) & (a * x + b * y + c > 0)
    return odd


def inside_loops(segments: Array, caps: Array, points: Array) -> Bools:
    """Count crossings, one point after the other."""
    odd = np.zeros(len(points), dtype=np.bool_)
    for i in range(len(points)):
        x, y = points[i, 0], points[i, 1]
        inside = False
        for k in range(len(segments)):
            x0, y0, x1, y1 = segments[k]
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                inside = not inside
        for k in range(len(caps)):
            cx, cy, r, a, b, c = caps[k]
            if (x - cx) ** 2 + (y - cy) ** 2 < r * r and a * x + b * y + c > 0:
                inside = not inside
        odd[i] = inside
    return odd
