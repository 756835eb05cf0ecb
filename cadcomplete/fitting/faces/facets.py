"""Points of a cloud that lie in one plane: flat faces, and the strips of tessellated cylinders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array

_SAME_DIRECTION = 1.0 - 2e-6  # normals come in half precision: 2e-4 off
_COARSE, _FINE = 8e-4, 3e-5  # widths of a facet as shares of the part's size


@dataclass(frozen=True, slots=True, eq=False)
class Facets:
    """Groups of points in one plane each.

    Attributes:
        normals: unit, outwards, shape (g, 3).
        offsets: along the normals, in millimetres, shape (g,).
        counts: points of each, shape (g,).
        group: of each point of the cloud, shape (n,).
    """

    normals: Array
    offsets: Array
    counts: np.ndarray
    group: np.ndarray


def facets(points: Array, normals: Array, size: float) -> Facets:
    """Group the points (n, 3) of a clean cloud by the plane that they lie in."""
    group = np.full(len(points), -1)
    found: list[tuple[Array, float, int]] = []
    for direction, members in _directions(normals):
        exact = np.abs(direction).max() > 1 - 1e-6
        if exact:
            direction = np.round(direction)
        offsets = points[members] @ direction
        for part in _split(offsets, size * (_FINE if exact else _COARSE)):
            chosen = members[part]
            for normal, offset, inner in _refined(points[chosen], direction, size, exact=exact):
                group[chosen[inner]] = len(found)
                found.append((normal, offset, len(inner)))
    return Facets(
        np.array([normal for normal, _, _ in found]).reshape(-1, 3),
        np.array([offset for _, offset, _ in found]),
        np.array([count for _, _, count in found], dtype=np.int64),
        group,
    )


def _directions(normals: Array) -> list[tuple[Array, np.ndarray]]:
    """Return directions and the points whose normals have it, the most frequent first."""
    keys = np.round(normals, 3) + 0.0
    distinct, label, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    label = label.reshape(-1)
    distinct = distinct / np.linalg.norm(distinct, axis=1, keepdims=True)
    free, result = np.ones(len(distinct), dtype=bool), []
    for best in np.argsort(-counts, kind="stable"):
        if not free[best]:
            continue
        same = free & (distinct @ distinct[best] > _SAME_DIRECTION)
        free &= ~same
        members = np.flatnonzero(same[label])
        mean = normals[members].mean(axis=0)
        result.append((mean / np.linalg.norm(mean), members))
    return result


def _split(values: Array, width: float) -> list[np.ndarray]:
    """Return the indices of runs of values between which are gaps wider than `width`."""
    order = np.argsort(values, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(values[order]) > width) + 1)


def _refined(
    points: Array, normal: Array, size: float, *, exact: bool
) -> list[tuple[Array, float, np.ndarray]]:
    """Return the planes that points in a thin layer lie in, more exactly than by their normals."""
    everything = np.arange(len(points))
    if exact or len(points) < 6:
        return [(normal, float(np.median(points @ normal)), everything)]
    for members in (everything, _middle(points @ normal)):
        if len(members) < 3:
            continue
        center = points[members].mean(axis=0)
        _, spread, axes = np.linalg.svd(points[members] - center, full_matrices=False)
        if spread[1] > 5e-3 * size and spread[2] < 2e-2 * spread[1]:
            better = axes[2] if axes[2] @ normal > 0 else -axes[2]
            if better @ normal > 1 - 1e-6:
                normal = better
                break
    parts = _split(points @ normal, size * _FINE)
    if len(parts) > 4:  # a strip too thin to be sure of
        return [(normal, float(np.median(points @ normal)), everything)]
    return [(normal, float(np.median(points[part] @ normal)), part) for part in parts]


def _middle(offsets: Array) -> np.ndarray:
    return np.flatnonzero(np.abs(offsets - np.median(offsets)) <= np.ptp(offsets) / 4)
