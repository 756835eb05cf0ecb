"""How far points are from the nearest of others, compiled where it can be."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.geometry import Array
from cadcomplete.meshes.compiled import compiled


def nearest_squared(a_A3: Array, b_B3: Array) -> Array:
    """Return the squared distance from each point of a to the nearest of b, shape (A,)."""
    if not len(b_B3):
        raise GeometryError("there is no point to measure a distance to")
    axis = int(np.ptp(b_B3, axis=0).argmax())
    turned = [axis, *(i for i in range(3) if i != axis)]
    ordered = np.ascontiguousarray(b_B3[np.argsort(b_B3[:, axis], kind="stable")][:, turned])
    queries = np.ascontiguousarray(a_A3[:, turned])
    return _nearest()(queries, ordered)


@cache
def _nearest() -> Callable[[Array, Array], Array]:
    return compiled(nearest_loops, nearest_numpy)


def nearest_numpy(queries: Array, ordered: Array) -> Array:
    """Compare each query with every point, a block of queries at a time."""
    found = np.empty(len(queries))
    for start in range(0, len(queries), 256):
        block = queries[start : start + 256]
        squared = ((block[:, None] - ordered[None]) ** 2).sum(axis=2)
        found[start : start + 256] = squared.min(axis=1)
    return found


def nearest_loops(queries: Array, ordered: Array) -> Array:
    """Look from where a query stands in the first coordinate to both sides, as far as needed."""
    count = len(ordered)
    found = np.empty(len(queries))
    for i in range(len(queries)):
        x, y, z = queries[i, 0], queries[i, 1], queries[i, 2]
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            if ordered[middle, 0] < x:
                low = middle + 1
            else:
                high = middle
        best = np.inf
        up, down = low, low - 1
        while up < count or down >= 0:
            if up < count:
                d = (ordered[up, 0] - x) ** 2
                if d >= best:
                    up = count
                else:
                    d += (ordered[up, 1] - y) ** 2 + (ordered[up, 2] - z) ** 2
                    best = min(best, d)
                    up += 1
            if down >= 0:
                d = (ordered[down, 0] - x) ** 2
                if d >= best:
                    down = -1
                else:
                    d += (ordered[down, 1] - y) ** 2 + (ordered[down, 2] - z) ** 2
                    best = min(best, d)
                    down -= 1
        found[i] = best
    return found
