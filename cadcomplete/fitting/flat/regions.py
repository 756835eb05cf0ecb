"""Which points of a plane are inside a loop, for many points: `history.inside`, compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.history.inside import Bools, chords_and_caps, odd_crossings
from cadcomplete.history.loops import Loop
from cadcomplete.meshes.compiled import compiled


def inside_loop(loop: Loop, points: Array) -> Bools:
    """Say which of the points (n, 2), in the sketch's x and y, are inside; even-odd, shape (n,)."""
    chords, caps = chords_and_caps(loop)
    return _inside()(chords, caps, np.ascontiguousarray(points, dtype=np.float64))


@cache
def _inside() -> Callable[[Array, Array, Array], Bools]:
    return compiled(inside_loops, odd_crossings)


def inside_loops(chords: Array, caps: Array, points: Array) -> Bools:
    """Say which points are inside an odd number of times, one point after the other.

    Takes chords (k, 4), caps (m, 6) and points (n, 2), in mm; returns shape (n,). It counts
    crossings as `odd_crossings` does.
    """
    odd = np.zeros(len(points), dtype=np.bool_)
    for i in range(len(points)):
        x, y = points[i, 0], points[i, 1]
        inside = False
        for k in range(len(chords)):
            x0, y0, x1, y1 = chords[k]
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                inside = not inside
        for k in range(len(caps)):
            cx, cy, r, a, b, c = caps[k]
            if (x - cx) ** 2 + (y - cy) ** 2 < r * r and a * x + b * y + c > 0:
                inside = not inside
        odd[i] = inside
    return odd
