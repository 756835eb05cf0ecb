"""Solids that came as triangles (`history/faceted.py`): as manifolds, and what is inside."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from manifold3d import Error, Manifold, Mesh64

from cadcomplete.errors import GeometryError
from cadcomplete.history.faceted import Faceted
from cadcomplete.history.geometry import Array
from cadcomplete.history.inside import Bools
from cadcomplete.meshes.mesh import Mesh

_TURNED = (0.71, 1.13, 0.0)
"""Degrees by which a solid is turned before rays go upwards: no edge that anybody draws does then,
so that they meet triangles inside of them, and few of them: walls stay upright."""


@lru_cache(maxsize=64)
def body_of(solid: Faceted) -> Manifold:
    """Return the solid. Raises GeometryError if its triangles enclose nothing."""
    return closed(Mesh(solid.vertices, solid.triangles))


def closed(mesh: Mesh) -> Manifold:
    """Return what triangles enclose. Raises GeometryError if that is nothing."""
    body = Manifold(Mesh64(mesh.vertices, mesh.triangles.astype(np.uint64)))
    if body.status() != Error.NoError or body.is_empty():
        raise GeometryError(f"its triangles are no closed surface: {body.status().name}")
    return body


@lru_cache(maxsize=64)
def _turned(solid: Faceted) -> Manifold:
    return body_of(solid).rotate(_TURNED)


def contains(solid: Faceted, points: Array) -> Bools:
    """Say which of the points (n, 3), in mm, are inside, shape (n,): a ray leaves the solid there.

    Exact for the triangles; those are off the surface by no more than `kernel/faceting.py` says.
    """
    body, (a, b, _) = _turned(solid), np.radians(_TURNED)
    tip = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    turn = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]]) @ tip
    low, high = np.array(body.bounding_box()).reshape(2, 3)
    places, inside = points @ turn.T, np.zeros(len(points), dtype=np.bool_)
    top = float(2 * high[2] - low[2])  # above it by as much as it is high
    for index in np.flatnonzero(((places > low) & (places < high)).all(axis=1)).tolist():
        x, y, z = places[index].tolist()
        inside[index] = len(body.ray_cast((x, y, z), (x, y, top))) % 2
    return inside
