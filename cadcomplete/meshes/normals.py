"""Where a surface is smooth, and where it turns away from the viewer. Only numpy."""

from __future__ import annotations

import math

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.meshes.mesh import Mesh


def corner_normals(mesh: Mesh, *, crease: float = 30.0) -> Array:
    """Return a unit normal for each corner of each triangle, shape (m, 3, 3).

    Triangles around a vertex share their normals unless they meet at more than `crease`
    degrees, so that a cylinder is round and a box keeps its edges.
    """
    a, b, c = (mesh.vertices[mesh.triangles[:, i]] for i in range(3))
    weighted, flat = np.cross(b - a, c - a), mesh.normals
    corner_vertex = mesh.triangles.reshape(-1)
    order = np.argsort(corner_vertex, kind="stable")
    around = np.bincount(corner_vertex)
    counts = around[corner_vertex[order]]
    starts = (np.cumsum(around) - around)[corner_vertex[order]]
    mine = np.repeat(order, counts)
    within = np.arange(len(mine)) - np.repeat(np.cumsum(counts) - counts, counts)
    other = order[np.repeat(starts, counts) + within] // 3
    least = math.cos(math.radians(crease))
    share = np.where((flat[mine // 3] * flat[other]).sum(axis=1) > least, 1.0, 0.0)
    total = np.stack(
        [np.bincount(mine, share * weighted[other, i], len(order)) for i in range(3)], axis=1
    )
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    return (total / np.where(lengths > 0, lengths, 1.0)).reshape(-1, 3, 3)


def flat_triangles(mesh: Mesh) -> np.ndarray:
    """Return whether each triangle lies in a plane with its smooth neighbours, shape (m,)."""
    bent = np.abs(corner_normals(mesh) - mesh.normals[:, None])
    return bent.max(axis=(1, 2)) < 1e-6


def outline(mesh: Mesh, viewer: Array) -> Array:
    """Return the edges where the surface turns away from the viewer, shape (n, 2, 3).

    `viewer` is the direction towards the viewer, a unit vector, shape (3,).
    """
    ends = np.sort(mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    order = np.lexsort(ends.T)
    ends, faces = ends[order], np.repeat(mesh.normals @ viewer > 1e-9, 3)[order]
    turns = (ends[1:] == ends[:-1]).all(axis=1) & (faces[1:] != faces[:-1])
    return mesh.vertices[ends[1:][turns]]
