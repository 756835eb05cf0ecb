"""Point clouds of surfaces, all in one frame. Only numpy.

The frame comes from the points themselves and nothing else: the centre of their bounding box is
the origin, and its longest side fills [-1, 1]. A cloud that was scanned goes through `normalize`
too, so it lies where one that was sampled for training would lie. Back to millimetres:

    mm = center + scale * point
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from cadcomplete.errors import GeometryError, InputError
from cadcomplete.history.geometry import Array
from cadcomplete.meshes.compiled import compiled
from cadcomplete.meshes.mesh import Mesh

_OVERSAMPLING = 4


@dataclass(frozen=True, slots=True, eq=False)
class PointCloud:
    """Points on a surface, in the frame of the cloud.

    Attributes:
        points: shape (n, 3); their bounding box is centred, its longest side fills [-1, 1].
        normals: of the surface there, unit, outwards, shape (n, 3).
        center: where the frame's origin lies, in millimetres, shape (3,).
        scale: millimetres that 1 stands for.
        estimated: whether the normals were estimated from the points, so that not all are right.
    """

    points: Array
    normals: Array
    center: Array
    scale: float
    estimated: bool = False

    @property
    def millimetres(self) -> Array:
        """The points where the part is, shape (n, 3)."""
        return self.center + self.scale * self.points


def normalize(points: Array) -> tuple[Array, Array, float]:
    """Return points (n, 3) in their own frame, its center (3,) and its scale, both in mm.

    `points` = center + scale * what is returned. Raises GeometryError for points that have no
    extent, or are none.
    """
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise GeometryError(f"a point cloud has the shape (n, 3), n > 0, not {points.shape}")
    low, high = points.min(axis=0), points.max(axis=0)
    center, scale = (low + high) / 2, float((high - low).max()) / 2
    if not 0 < scale < np.inf:
        raise GeometryError("the points of a cloud are all in one place, or not all are numbers")
    return (points - center) / scale, center, scale


def sample_cloud(mesh: Mesh, count: int, *, method: str = "area", seed: int = 0) -> PointCloud:
    """Return `count` points on a mesh, chosen by one of `METHODS`.

    The same mesh and seed give the same points. Raises GeometryError for a mesh without surface
    and InputError for a method that there is none of.
    """
    if method not in METHODS:
        known = " or ".join(METHODS)
        raise InputError("unknown method", where="method", expected=known, got=method)
    points, normals = METHODS[method](mesh, count, seed)
    points, center, scale = normalize(points)
    return PointCloud(points, normals, center, scale)


def by_area(mesh: Mesh, count: int, seed: int = 0) -> tuple[Array, Array]:
    """Return `count` points uniform by area on a mesh and their unit normals, each (count, 3).

    In millimetres. Raises GeometryError for a mesh without surface.
    """
    a, b, c = (mesh.vertices[mesh.triangles[:, i]] for i in range(3))
    doubled = np.cross(b - a, c - a)
    areas = np.sqrt((doubled**2).sum(axis=1))
    upto = np.cumsum(areas)
    if not len(upto) or not 0 < upto[-1] < np.inf:
        raise GeometryError("there is no surface to take points from")
    where, along, across = np.random.default_rng(seed).random((3, count))
    # The first triangle whose sum exceeds the number: one without area never is.
    face = np.searchsorted(upto, where * np.nextafter(upto[-1], 0.0), side="right")
    along, across = np.sqrt(along)[:, None], across[:, None]
    points = (1 - along) * a[face] + along * ((1 - across) * b[face] + across * c[face])
    return points, (doubled / np.where(areas > 0, areas, 1.0)[:, None])[face]


def by_distance(mesh: Mesh, count: int, seed: int = 0) -> tuple[Array, Array]:
    """Return the farthest `count` of four times as many points and their normals, in millimetres.

    They lie more evenly than those drawn by area. Raises GeometryError as `by_area` does.
    """
    points, normals = by_area(mesh, _OVERSAMPLING * count, seed)
    chosen = farthest(points, count)
    return points[chosen], normals[chosen]


METHODS: dict[str, Callable[[Mesh, int, int], tuple[Array, Array]]] = {
    "area": by_area,
    "farthest": by_distance,
}


def farthest(points: Array, count: int) -> np.ndarray:
    """Return the indices of `count` points: the first, then always the farthest from all chosen.

    Of points equally far it is the one that comes first. Raises GeometryError if there are fewer.
    """
    if not 0 < count <= len(points):
        raise GeometryError(f"cannot choose {count} of {len(points)} points")
    order = _along_curve(points)
    return _choose()(np.ascontiguousarray(points[order]), order, count)


def _along_curve(points: Array) -> np.ndarray:
    """An order in which neighbours stand close together: Morton's curve through 1024³ cells."""
    low = points.min(axis=0)
    size = max(float((points.max(axis=0) - low).max()), 1e-300)
    cells = np.minimum((points - low) / size * 1024, 1023).astype(np.int64)
    code = np.zeros(len(points), dtype=np.int64)
    for bit in range(10):
        for axis in range(3):
            code |= ((cells[:, axis] >> bit) & 1) << (3 * bit + axis)
    return np.argsort(code, kind="stable")


@cache
def _choose() -> Callable[[Array, np.ndarray, int], np.ndarray]:
    return compiled(choose_loops, choose_numpy)


def choose_numpy(points: Array, order: np.ndarray, count: int) -> np.ndarray:
    """Choose farthest points; `order` has the index of each, which decides between equals."""
    x, y, z = points[np.argsort(order)].T.copy()
    distance, newest = np.full(len(points), np.inf), 0
    chosen = np.zeros(count, dtype=np.int64)
    for number in range(1, count):
        squared = (x - x[newest]) ** 2 + (y - y[newest]) ** 2 + (z - z[newest]) ** 2
        np.minimum(distance, squared, out=distance)
        chosen[number] = newest = int(distance.argmax())
    return chosen


def choose_loops(points: Array, order: np.ndarray, count: int) -> np.ndarray:
    """Choose farthest points, looking only into buckets of neighbours that may have changed.

    A bucket none of whose points is farther from the chosen ones than the newest is from the
    bucket's box stays as it is (S. Han et al., QuickFPS, 2023).
    """
    total, size = len(points), 32
    buckets = (total + size - 1) // size
    low, high = np.full((buckets, 3), np.inf), np.full((buckets, 3), -np.inf)
    for i in range(total):
        for axis in range(3):
            low[i // size, axis] = min(low[i // size, axis], points[i, axis])
            high[i // size, axis] = max(high[i // size, axis], points[i, axis])
    distance = np.full(total, np.inf)
    most, best = np.full(buckets, np.inf), np.zeros(buckets, dtype=np.int64)
    newest = 0
    while order[newest] != 0:
        newest += 1
    chosen = np.zeros(count, dtype=np.int64)
    for number in range(1, count):
        px, py, pz = points[newest]
        top = -1
        for b in range(buckets):
            dx = max(low[b, 0] - px, px - high[b, 0], 0.0)
            dy = max(low[b, 1] - py, py - high[b, 1], 0.0)
            dz = max(low[b, 2] - pz, pz - high[b, 2], 0.0)
            if dx**2 + dy**2 + dz**2 < most[b]:
                most[b] = -1.0
                for i in range(b * size, min((b + 1) * size, total)):
                    x, y, z = points[i]
                    squared = (x - px) ** 2 + (y - py) ** 2 + (z - pz) ** 2
                    if squared < distance[i]:
                        distance[i] = squared
                    if distance[i] > most[b] or (
                        distance[i] == most[b] and order[i] < order[best[b]]
                    ):
                        most[b], best[b] = distance[i], i
            if (
                top < 0
                or most[b] > most[top]
                or (most[b] == most[top] and order[best[b]] < order[best[top]])
            ):
                top = b
        newest = best[top]
        chosen[number] = order[newest]
    return chosen
