"""From the points of a cloud to the planes and cylinders that its faces lie on."""

from __future__ import annotations

import numpy as np

from cadcomplete.fitting.faces.faces import Cylinder, Flat, box_of, rounded, vec3
from cadcomplete.fitting.faces.facets import Facets, facets
from cadcomplete.fitting.faces.rounds import cylinders
from cadcomplete.fitting.faces.sparse import sparse_cylinders
from cadcomplete.history.geometry import Array

_LEAST = 3  # points of a flat face
_MOST_AXES = 8
_CLEAN = 0.4  # the least share of points that share their plane with others


def surfaces(
    points: Array, normals: Array, size: float
) -> tuple[tuple[Flat, ...], tuple[Cylinder, ...]] | None:
    """Return the planes and cylinders of a cloud that was computed; None for one that was not.

    Points and unit normals are (n, 3); `size` is the longest side of the part; lengths in mm.
    """
    if not _repeated(normals):
        return None
    found = facets(points, normals, size)
    if found.counts[found.counts >= _LEAST].sum() < _CLEAN * len(points):
        return None
    free = np.ones(len(found.counts), dtype=bool)
    rounds: list[Cylinder] = []
    for axis in _axes(found):
        for cylinder, members in cylinders(points, found, axis, size, free):
            free[members] = False
            rounds.append(cylinder)
        few = np.flatnonzero(free & (found.counts <= _LEAST))
        left = np.isin(found.group, few)
        for cylinder, members in sparse_cylinders(points, normals, left, axis, size):
            gone = np.unique(found.group[members])
            free[gone] = False
            rounds.append(cylinder)
    # A normal along an axis, to the last bit, is no accident even of a single point.
    enough = np.where(np.abs(found.normals).max(axis=1) == 1.0, 1, _LEAST)
    chosen = np.flatnonzero(free & (found.counts >= enough)).tolist()
    flats = [_flat(points, found, number, size) for number in chosen]
    flats.sort(key=lambda flat: -flat.points)
    rounds.sort(key=lambda cylinder: -cylinder.points)
    return tuple(flats), tuple(rounds)


def _repeated(normals: Array) -> bool:
    """Whether some normals come again and again, as on the triangles of a mesh; soon said."""
    counts = np.unique(np.round(normals, 3) + 0.0, axis=0, return_counts=True)[1]
    return bool(counts[counts >= _LEAST].sum() > 0.25 * _CLEAN * len(normals))


def _axes(found: Facets) -> list[Array]:
    """Directions that cylinders may have: of the largest faces, each once, axes first."""
    result: list[Array] = []
    order = np.argsort(-found.counts, kind="stable")
    for normal in [*np.eye(3), *found.normals[order[:40]]]:
        if all(abs(normal @ axis) < 1 - 1e-6 for axis in result):
            result.append(normal)
    weights = [found.counts[np.abs(found.normals @ axis) > 1 - 1e-6].sum() for axis in result]
    large = [axis for axis, count in zip(result[3:], weights[3:], strict=True) if count > 60]
    return result[:3] + large[: _MOST_AXES - 3]


def _flat(points: Array, found: Facets, number: int, size: float) -> Flat:
    offset = rounded(float(found.offsets[number]), 2e-6 * size)
    members = points[found.group == number]
    return Flat(vec3(found.normals[number]), offset, int(found.counts[number]), box_of(members))
