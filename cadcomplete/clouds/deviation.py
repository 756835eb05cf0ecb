"""How far a part is from the shape that it was made after, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.clouds.cloud import PointCloud, by_area
from cadcomplete.clouds.estimate import neighbours
from cadcomplete.clouds.nearest import nearest_squared
from cadcomplete.history.geometry import Array
from cadcomplete.meshes.distances import distances
from cadcomplete.meshes.mesh import Mesh

POINTS = 8192
_FAR = 3.0  # times as far as points of a cloud lie apart: there it has none


@dataclass(frozen=True, slots=True)
class Deviation:
    """Distances between a part and a shape.

    Attributes:
        mean, largest: in millimetres; of a surface from the part and of the part from it, of a
            cloud only its points from the part.
        unseen: share of the part's surface near which a cloud has no points; 0 of a surface.
    """

    mean: float
    largest: float
    unseen: float = 0.0


def of_surface(part: Mesh, shape: Mesh, *, points: int = POINTS, seed: int = 0) -> Deviation:
    """Return how far a part and a surface are apart, by points on both, exact for each.

    Raises GeometryError for a mesh without surface.
    """
    there = distances(by_area(shape, points, 2 * seed)[0], part)
    back = distances(by_area(part, points, 2 * seed + 1)[0], shape)
    both = np.concatenate([there, back])
    return Deviation(float(both.mean()), float(both.max()))


def of_cloud(part: Mesh, cloud: PointCloud, *, points: int = POINTS, seed: int = 0) -> Deviation:
    """Return how far the points of a cloud are from a part, and how much of it they do not show.

    Raises GeometryError for a mesh without surface.
    """
    places = cloud.millimetres
    there = distances(places, part)
    back = np.sqrt(nearest_squared(by_area(part, points, seed)[0], places))
    unseen = float((back > _FAR * _spacing(places)).mean())
    return Deviation(float(there.mean()), float(there.max()), unseen)


def _spacing(places: Array) -> float:
    near = neighbours(places, min(4, len(places) - 1))[:, -1]
    return float(np.median(np.linalg.norm(places[near] - places, axis=1)))


def shortly(length: float, *, digits: int = 2) -> str:
    """Write a length in millimetres for people."""
    return "less than 0.001 mm" if length < 1e-3 else f"{float(f'{length:.{digits}g}'):.10g} mm"
