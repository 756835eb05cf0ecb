"""Distances between surfaces, by points on them. Only numpy, compiled where it can be.

Letters: A and B points of the two clouds.
"""

from __future__ import annotations

import numpy as np

from cadcomplete.clouds.cloud import by_area
from cadcomplete.clouds.nearest import nearest_squared
from cadcomplete.errors import GeometryError
from cadcomplete.history.geometry import Array
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
