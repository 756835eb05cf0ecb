"""The z-buffer, compiled with numba where it is installed, and the same in numpy.

Corners are (m, 3, 3): triangle, corner, (x, y, depth) in samples; larger depth is nearer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.meshes.compiled import compiled

Buffers = tuple[Array, np.ndarray, Array]

_INSIDE = -1e-9  # a sample on the edge between two triangles, rounded away from both, is in both


def rasterize(corners: Array, size: int) -> Buffers:
    """Return, for each sample: its depth, the triangle seen in it, and that one's weights.

    Shapes (size, size), (size, size), (size, size, 3). Where nothing is seen the depth is
    -inf and the triangle -1. A sample is taken in its middle.
    """
    depth = np.full((size, size), -np.inf)
    owner = np.full((size, size), -1, dtype=np.int32)
    weights = np.zeros((size, size, 3))
    _fill()(corners, depth, owner, weights)
    return depth, owner, weights


@cache
def _fill() -> Callable[[Array, Array, np.ndarray, Array], None]:
    return compiled(fill_loops, fill_numpy)


def fill_loops(corners: Array, depth: Array, owner: np.ndarray, weights: Array) -> None:
    """Fill the buffers, sample by sample: slow as Python, fast when compiled."""
    height, width = depth.shape
    for t in range(len(corners)):
        ax, ay, az = corners[t, 0]
        bx, by, bz = corners[t, 1]
        cx, cy, cz = corners[t, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0:
            continue
        left = max(0, int(np.floor(min(ax, bx, cx) - 0.5)))
        right = min(width, int(np.ceil(max(ax, bx, cx) + 0.5)))
        top = max(0, int(np.floor(min(ay, by, cy) - 0.5)))
        bottom = min(height, int(np.ceil(max(ay, by, cy) + 0.5)))
        for row in range(top, bottom):
            y = row + 0.5
            # Where an edge crosses the row; a long thin triangle fills little of its box.
            first, last = float(right), float(left)
            for px, py, qx, qy in ((ax, ay, bx, by), (bx, by, cx, cy), (cx, cy, ax, ay)):
                if min(py, qy) - 1e-6 <= y <= max(py, qy) + 1e-6:
                    if abs(qy - py) < 1e-3:  # along the row
                        first, last = min(first, px, qx), max(last, px, qx)
                    else:
                        x = px + (qx - px) * ((y - py) / (qy - py))
                        first, last = min(first, x), max(last, x)
            begin, end = max(left, int(first) - 1), min(right, int(last) + 2)
            for column in range(begin, end):
                x = column + 0.5
                u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
                v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
                w = 1.0 - u - v
                if u < _INSIDE or v < _INSIDE or w < _INSIDE:
                    continue
                z = u * az + v * bz + w * cz
                if z > depth[row, column]:
                    depth[row, column] = z
                    owner[row, column] = t
                    weights[row, column, 0] = u
                    weights[row, column, 1] = v
                    weights[row, column, 2] = w


def fill_numpy(corners: Array, depth: Array, owner: np.ndarray, weights: Array) -> None:
    """Fill the buffers, one triangle at a time."""
    height, width = depth.shape
    for t, ((ax, ay, az), (bx, by, bz), (cx, cy, cz)) in enumerate(corners):
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        left = max(0, int(np.floor(min(ax, bx, cx) - 0.5)))
        right = min(width, int(np.ceil(max(ax, bx, cx) + 0.5)))
        top = max(0, int(np.floor(min(ay, by, cy) - 0.5)))
        bottom = min(height, int(np.ceil(max(ay, by, cy) + 0.5)))
        if area == 0.0 or left >= right or top >= bottom:
            continue
        y, x = np.mgrid[top:bottom, left:right] + 0.5
        u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
        v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
        w = 1.0 - u - v
        z = u * az + v * bz + w * cz
        window = np.s_[top:bottom, left:right]
        inside = (u >= _INSIDE) & (v >= _INSIDE) & (w >= _INSIDE)
        nearer = inside & (z > depth[window])
        depth[window][nearer] = z[nearer]
        owner[window][nearer] = t
        weights[window][nearer] = np.stack([u, v, w], axis=-1)[nearer]
