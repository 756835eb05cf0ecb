"""A body as it looks from a side: the edges that are seen, and its outline; without a scale.

Lengths are in mm, in the plane across the direction of view: to the right, and up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.meshes.raster import rasterize
from cadcomplete.pictures.seen import WAYS

RASTER = 128
"""The side of the raster that says what hides what."""

_CREASE = 0.94  # cosine of 20 degrees: facets of what is round meet at less
_SAMPLES = 320  # along all edges
_FILLS = 0.94
_BIAS = 1.2  # samples by which an edge may lie behind what hides it


@dataclass(frozen=True, slots=True, eq=False)
class Creases:
    """The edges of a body.

    Attributes:
        ends: of each, shape (e, 2, 3).
        normals: of the two triangles that meet there, shape (e, 2, 3).
        mesh: of which they are.
    """

    ends: Array
    normals: Array
    mesh: Mesh


@dataclass(frozen=True, slots=True, eq=False)
class Aspect:
    """What is seen of a body from a side.

    Attributes:
        axes: to the right, up and to the viewer, shape (3, 3).
        points: along the edges that are seen, shape (n, 2), in mm.
        ways: the direction across each of them in a picture, a number below `WAYS`, shape (n,).
        weights: how long a piece of edge each stands for, in mm, shape (n,).
        low, high: the corners of its box, shape (2,).
        raster: the triangle seen in each sample, -1 for none, shape (RASTER, RASTER).
        finer: samples per mm; the box is in the middle.
        normals: of the triangles, in the axes, shape (m, 3).
    """

    axes: Array
    points: Array
    ways: np.ndarray
    weights: Array
    low: Array
    high: Array
    raster: np.ndarray
    finer: float
    normals: Array

    def samples(self, points: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return rows and columns of the raster for points (n, 2); beyond it, on its border."""
        middle = (self.low + self.high) / 2
        x, y = ((points - middle) * self.finer).T
        column = np.clip(np.floor(RASTER / 2 + x), 0, RASTER - 1).astype(np.int64)
        row = np.clip(np.floor(RASTER / 2 - y), 0, RASTER - 1).astype(np.int64)
        return row, column


def wire(mesh: Mesh) -> Creases:
    """Return the edges of a closed mesh at which two triangles of different planes meet."""
    ends = np.sort(mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    order = np.lexsort(ends.T)
    ends, faces = ends[order], np.repeat(np.arange(len(mesh.triangles)), 3)[order]
    twice = np.flatnonzero((ends[1:] == ends[:-1]).all(axis=1))
    normals = mesh.normals[np.stack([faces[twice], faces[twice + 1]], axis=1)]
    bent = (normals[:, 0] * normals[:, 1]).sum(axis=1) < 1 - 1e-7
    return Creases(mesh.vertices[ends[twice]][bent], normals[bent], mesh)


def side(body: Creases, axes: Array) -> Aspect | None:
    """Return how a body looks from a side; None for one without surface."""
    mesh = body.mesh
    if not len(mesh.triangles):
        return None
    flat = mesh.vertices @ axes.T
    low, high = flat.min(axis=0), flat.max(axis=0)
    finer = _FILLS * RASTER / max(float((high - low)[:2].max()), 1e-9)
    middle = (low + high) / 2
    placed = (flat - middle) * finer * np.array([1.0, -1.0, 1.0]) + RASTER / 2
    depth, owner, _ = rasterize(np.ascontiguousarray(placed[mesh.triangles]), RASTER)
    points, ways, weights = _edges(body, axes)
    at = (points - middle) * finer * np.array([1.0, -1.0, 1.0]) + RASTER / 2
    kept = _unhidden(at, depth)
    return Aspect(
        axes,
        points[kept, :2],
        ways[kept],
        weights[kept],
        low[:2],
        high[:2],
        owner,
        finer,
        mesh.normals @ axes.T,
    )


def _edges(body: Creases, axes: Array) -> tuple[Array, np.ndarray, Array]:
    """Points along creases, and along where the surface turns away; some may be hidden."""
    towards = body.normals @ axes[2] > 1e-6
    crease = (body.normals[:, 0] * body.normals[:, 1]).sum(axis=1) < _CREASE
    kept = (crease & towards.any(axis=1)) | (towards[:, 0] != towards[:, 1])
    ends = body.ends[kept] @ axes.T
    return along(ends)


def along(ends: Array, *, samples: int = _SAMPLES) -> tuple[Array, np.ndarray, Array]:
    """Return points along pieces (e, 2, 3) of edges: places (n, 3), their ways and weights.

    About as many as `samples`, and at least one on each piece.
    """
    if not len(ends):
        return np.zeros((0, 3)), np.zeros(0, dtype=np.int64), np.zeros(0)
    steps = ends[:, 1] - ends[:, 0]
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    counts = np.maximum(1, np.rint(samples * lengths / max(lengths.sum(), 1e-9)).astype(np.int64))
    which = np.repeat(np.arange(len(ends)), counts)
    number = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (number + 0.5) / counts[which]
    points = ends[which, 0] + share[:, None] * steps[which]
    across = np.arctan2(-steps[:, 1], steps[:, 0]) + np.pi / 2  # y is down in a picture
    ways = np.rint(np.mod(across, np.pi) * WAYS / np.pi).astype(np.int64) % WAYS
    return points, ways[which], (lengths / counts)[which]


def _unhidden(at: Array, depth: Array) -> np.ndarray:
    """Say which of points (n, 3) in samples are seen in their own sample or one beside it."""
    column, row = np.floor(at[:, :2].T).astype(np.int64)
    least = np.full(len(at), np.inf)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            r, c = (np.clip(v, 0, RASTER - 1) for v in (row + dy, column + dx))
            least = np.minimum(least, depth[r, c])
    return at[:, 2] + _BIAS >= least
