"""Distances between surfaces, by points on them. Only numpy, compiled where it can be.

Letters: A and B points of the two clouds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from cadcomplete.clouds.cloud import by_area
from cadcomplete.errors import GeometryError
from cadcomplete.history.geometry import Array
from cadcomplete.meshes.compiled import compiled
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.metrics.metric import Metric

RECODE_POINTS = 8192
DEEPCAD_POINTS = 2000
DEEPCAD_REACH = 0.75
"""Where DeepCAD puts the farthest coordinate of a part, seen from the world's origin."""

CHAMFER = Metric(
    "Chamfer distance",
    "‰ of the largest extent, squared",
    "1000 · (mean_a min_b |a - b|² + mean_b min_a |a - b|²), 8,192 points each, both boxes centred "
    "and the largest extent of each 1; median over parts; an invalid part counts as infinitely far",
    "CAD-Recode (arXiv:2412.14042), cadrille (arXiv:2505.22914); there the median is over valid "
    "parts",
    "lower",
)
CHAMFER_VALID = Metric(
    "Chamfer distance of valid parts",
    CHAMFER.unit,
    "as Chamfer distance, invalid parts excluded and counted: as the papers print it",
    CHAMFER.source,
    "lower",
)
CHAMFER_DEEPCAD = Metric(
    "Chamfer distance (DeepCAD)",
    "DeepCAD's cube, squared",
    "mean_a min_b |a - b|² + mean_b min_a |a - b|², 2,000 points each, not centred, scaled about "
    "the world's origin so that the true part's farthest coordinate is 0.75; a made part that "
    "reaches beyond 2 is scaled to reach 1; median over parts; an invalid part counts as "
    "infinitely far",
    "DeepCAD (ICCV 2021), evaluation/evaluate_ae_cd.py",
    "lower",
)


def chamfer(a_A3: Array, b_B3: Array) -> float:
    """Return mean_a min_b |a - b|² + mean_b min_a |a - b|², in squared units of the points."""
    return float(nearest_squared(a_A3, b_B3).mean() + nearest_squared(b_B3, a_A3).mean())


def chamfer_recode(truth: Mesh, made: Mesh, *, points: int = RECODE_POINTS, seed: int = 0) -> float:
    """Return the metric "Chamfer distance" of two parts.

    The two are sampled apart, as the papers do: two samples of one unit cube are at 0.46. Raises
    GeometryError for a mesh without surface.
    """
    a, b = _sampled(centred(truth), centred(made), points, seed)
    return 1000 * chamfer(a, b)


def chamfer_deepcad(
    truth: Mesh, made: Mesh, *, points: int = DEEPCAD_POINTS, seed: int = 0
) -> float:
    """Return the metric "Chamfer distance (DeepCAD)" of two parts.

    Raises GeometryError for a mesh without surface.
    """
    reach = float(np.abs(truth.vertices).max()) if len(truth.vertices) else 0.0
    if not reach:
        raise GeometryError("there is no surface to take points from")
    a, b = (p * DEEPCAD_REACH / reach for p in _sampled(truth, made, points, seed))
    if np.abs(b).max() > 2:
        b = b / np.abs(b).max()
    return chamfer(a, b)


def _sampled(truth: Mesh, made: Mesh, points: int, seed: int) -> tuple[Array, Array]:
    return by_area(truth, points, 2 * seed)[0], by_area(made, points, 2 * seed + 1)[0]


def centred(mesh: Mesh) -> Mesh:
    """Return a mesh with its box centred on the origin, its largest extent 1.

    Raises GeometryError for a mesh without extent.
    """
    if not len(mesh.vertices):
        raise GeometryError("there is no surface to take points from")
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    size = float((high - low).max())
    if size <= 0:
        raise GeometryError("the mesh is a point")
    return Mesh((mesh.vertices - (low + high) / 2) / size, mesh.triangles)


# --- nearest neighbours -------------------------------------------------------------------------


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
