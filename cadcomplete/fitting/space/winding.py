"""The winding number of a cloud: about 1 inside of the surface it lies on, about 0 outside.

Each point stands for a piece of the surface; far pieces are summed up by their dipole
(G. Barill et al., Fast winding numbers for soups and clouds, 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.meshes.compiled import compiled

LEAF, FAR = 16, 2.5
_NEIGHBOURS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Winding:
    """A cloud sorted so that neighbours stand together, with sums over leaves and branches.

    Attributes:
        points: shape (n, 3), in millimetres.
        weighted: normals times the area that each point stands for, shape (n, 3).
        leaves, branches: centre, sum of `weighted` and radius of 16 points, of 16 leaves: (·, 7).
        near: points closer than this count as if they were this far.
        area: of the whole surface.
    """

    points: Array
    weighted: Array
    leaves: Array
    branches: Array
    near: float
    area: float

    def at(self, points: Array) -> Array:
        """Return the winding number at each of the points (n, 3)."""
        queries = np.ascontiguousarray(points, dtype=np.float64)
        return _sums()(
            queries, self.points, self.weighted, self.leaves, self.branches, self.near**2
        )


def winding(points: Array, normals: Array, *, patch: tuple[Array, Array] | None = None) -> Winding:
    """Prepare the winding number of oriented points, each (n, 3).

    `patch`: further points, and normals times the area that each stands for.
    """
    area = _area(points, normals)
    spacing = math.sqrt(area / len(points))
    weighted = normals * (area / len(points))
    if patch is not None:
        points = np.concatenate([points, patch[0]])
        weighted = np.concatenate([weighted, patch[1]])
    order = _along_curve(points)
    points, weighted = points[order], weighted[order]
    leaves = _blocks(points, weighted, LEAF)
    branches = _blocks(points, weighted, LEAF * LEAF)
    return Winding(points, weighted, leaves, branches, 0.4 * spacing, area)


def _area(points: Array, normals: Array) -> float:
    """Estimate the area of a surface from how far neighbours on the same side of it are apart."""
    count = len(points)
    chosen = np.linspace(0, count - 1, min(count, 500)).astype(np.int64)
    k = min(_NEIGHBOURS, count - 1)
    if k < 1:
        return 0.0
    squared = np.zeros((len(chosen), count))
    for along in points.T:
        squared += (along[chosen, None] - along[None]) ** 2
    squared[normals[chosen] @ normals.T < 0.7] = np.inf
    kth = np.partition(squared, k, axis=1)[:, k]
    kth = kth[np.isfinite(kth)]
    return float(np.median(kth)) * math.pi / (k - 0.33) * count if len(kth) else 0.0


def _along_curve(points: Array) -> np.ndarray:
    """An order in which neighbours stand close together: Morton's curve."""
    low = points.min(axis=0)
    size = max(float(np.ptp(points, axis=0).max()), 1e-300)
    cells = np.minimum((points - low) / size * 256, 255).astype(np.int64)
    code = np.zeros(len(points), dtype=np.int64)
    for bit in range(8):
        for axis in range(3):
            code |= ((cells[:, axis] >> bit) & 1) << (3 * bit + axis)
    return np.argsort(code, kind="stable")


def _blocks(points: Array, weighted: Array, size: int) -> Array:
    """Centre, sum and radius of each block of points in a row, shape (n, 7)."""
    starts = np.arange(0, len(points), size)
    counts = np.diff(np.append(starts, len(points)))[:, None]
    centers = np.add.reduceat(points, starts) / counts
    sums = np.add.reduceat(weighted, starts)
    distance = np.linalg.norm(points - np.repeat(centers, counts[:, 0], axis=0), axis=1)
    radii = np.maximum.reduceat(distance, starts)
    return np.column_stack([centers, sums, radii])


@cache
def _sums() -> Callable[..., Array]:
    return compiled(sums_loops, sums_numpy)


def sums_numpy(
    queries: Array, points: Array, weighted: Array, leaves: Array, branches: Array, near: float
) -> Array:
    """Add up every point, a few queries at a time; exact where the loops are not.

    Of queries (q, 3) and points (n, 3) with their weighted normals (n, 3), in mm; `near` is the
    least squared distance. Returns shape (q,).
    """
    total = np.zeros(len(queries))
    for start in range(0, len(queries), 1024):
        to = points[None] - queries[start : start + 1024, None]
        squared = np.maximum((to**2).sum(axis=2), near)
        total[start : start + 1024] = ((to * weighted[None]).sum(axis=2) / squared**1.5).sum(1)
    return total / (4 * np.pi)


def sums_loops(
    queries: Array, points: Array, weighted: Array, leaves: Array, branches: Array, near: float
) -> Array:
    """Add up what is near point by point, what is far block by block.

    As `sums_numpy`; `leaves` and `branches` are blocks of 16 points and of 16 leaves: centre, sum
    and radius, shape (b, 7).
    """
    result = np.zeros(len(queries))
    for i in range(len(queries)):
        qx, qy, qz = queries[i, 0], queries[i, 1], queries[i, 2]
        total = 0.0
        for b in range(len(branches)):
            x, y, z = branches[b, 0] - qx, branches[b, 1] - qy, branches[b, 2] - qz
            d = x * x + y * y + z * z
            if d > (2.5 * branches[b, 6]) ** 2 and d > near:
                dot = x * branches[b, 3] + y * branches[b, 4] + z * branches[b, 5]
                total += dot / (d * np.sqrt(d))
                continue
            for leaf in range(16 * b, min(16 * b + 16, len(leaves))):
                x, y, z = leaves[leaf, 0] - qx, leaves[leaf, 1] - qy, leaves[leaf, 2] - qz
                d = x * x + y * y + z * z
                if d > (2.5 * leaves[leaf, 6]) ** 2 and d > near:
                    dot = x * leaves[leaf, 3] + y * leaves[leaf, 4] + z * leaves[leaf, 5]
                    total += dot / (d * np.sqrt(d))
                    continue
                for p in range(16 * leaf, min(16 * leaf + 16, len(points))):
                    x, y, z = points[p, 0] - qx, points[p, 1] - qy, points[p, 2] - qz
                    d = max(x * x + y * y + z * z, near)
                    dot = x * weighted[p, 0] + y * weighted[p, 1] + z * weighted[p, 2]
                    total += dot / (d * np.sqrt(d))
        result[i] = total / (4 * np.pi)
    return result
