"""What a shape of a part must have if it is in its place: marks of the given operations.

Letters: G marks, N points of a shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.clouds.cloud import by_area
from cadcomplete.clouds.estimate import neighbours
from cadcomplete.fitting.flat.walls import prefix_faces
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.meshes.manifolds import mesh_of, solid

MARKS, POINTS = 300, 1500
"""Marks of a part, and points of a shape, that are compared; more do not tell more."""

ALIKE = 0.85  # cosine between the normals of a mark and of a point on the same face, 32°
NEAR = 3.0  # how far from a mark a point may be, as a multiple of how far points lie apart
FAR = 0.2  # the same as a share of the part's size, at most
CLOSE = 0.01  # how far off a mark's face a point may be, as a share of the part's size

_SAGITTA = 1.1e-3  # by which facets of five degrees are inside of their cylinder


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Points on the surface of a part, or on the walls that a sketch may become.

    Attributes:
        points, normals: shape (g, 3), in millimetres; normals unit.
        along: a direction in which a point may be anywhere, unit, shape (3,); None for a surface.
        size: of the part, the longest side of its box.
    """

    points: Array
    normals: Array
    along: Array | None
    size: float

    @property
    def box(self) -> tuple[Array, Array]:
        return self.points.min(axis=0), self.points.max(axis=0)


def marks_of(given: CadSequence, *, count: int = MARKS) -> Marks | None:
    """Return the marks of what is given: of its solid, else of its largest sketch; None if nothing.

    The same history has the same marks.
    """
    mesh = mesh_of(solid(given))
    if len(mesh.triangles):
        points, normals = _rounded(*by_area(mesh, count), given)
        return Marks(points, normals, None, float(np.ptp(mesh.vertices, axis=0).max()))
    sketches = [op for op in given.operations if isinstance(op, Sketch) and op.loops]
    found = [one for sketch in sketches if (one := _of_sketch(sketch, count)) is not None]
    return max(found, key=lambda one: one.size, default=None)


def _rounded(points: Array, normals: Array, given: CadSequence) -> tuple[Array, Array]:
    """Put marks on the cylinders of which the mesh has facets."""
    points, normals = points.copy(), normals.copy()
    for one in prefix_faces(given)[1]:
        axis = np.array(one.axis)
        to = points - np.array(one.center)
        to = to - (to @ axis)[:, None] * axis
        distance = np.maximum(np.linalg.norm(to, axis=1), 1e-12)
        outwards = to / distance[:, None]
        along = (normals * outwards).sum(axis=1)
        on = (np.abs(distance / one.radius - 1) < _SAGITTA) & (np.abs(along) > 1 - _SAGITTA)
        points[on] += ((one.radius - distance)[:, None] * outwards)[on]
        normals[on] = (np.sign(along)[:, None] * outwards)[on]
    return points, normals


def _of_sketch(sketch: Sketch, count: int) -> Marks | None:
    """Marks evenly along all curves of a sketch, their normals in its plane."""
    starts, ends = [], []
    for loop in sketch.loops:
        line = sketch.plane.to_world(loop.points())
        starts.append(line[:-1])
        ends.append(line[1:])
    a, b = np.concatenate(starts), np.concatenate(ends)
    lengths = np.linalg.norm(b - a, axis=1)
    size = float(np.ptp(np.concatenate([a, b]), axis=0).max()) if len(a) else 0.0
    if not 0 < lengths.sum() < np.inf:
        return None
    upto = np.cumsum(lengths)
    where = (np.arange(count) + 0.5) / count * upto[-1]
    piece = np.searchsorted(upto, where)
    share = (where - (upto - lengths)[piece]) / lengths[piece]
    along = np.array(sketch.plane.normal)
    normals = np.cross(b - a, along)[piece] / lengths[piece, None]
    return Marks(a[piece] + share[:, None] * (b - a)[piece], normals, along, size)


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceSample:
    """Some points of a shape and their unit normals, (n, 3), and how far they lie apart."""

    points: Array
    normals: Array
    spacing: float

    @classmethod
    def of(cls, points: Array, normals: Array, *, most: int = POINTS) -> SurfaceSample:
        """Choose at most `most` of the points (n, 3), the same each time."""
        chosen = np.arange(len(points))
        if len(points) > most:
            chosen = np.random.default_rng(0).choice(len(points), most, replace=False)
        points, normals = points[chosen], normals[chosen]
        near = neighbours(points, min(4, len(points) - 1))[:, -1]
        return cls(points, normals, float(np.median(np.linalg.norm(points[near] - points, axis=1))))

    def moved(self, factor: float, turn: Array, shift: Array) -> SurfaceSample:
        """Return it turned by a matrix (3, 3), scaled, then shifted (3,)."""
        points = factor * self.points @ turn.T + shift
        return SurfaceSample(points, self.normals @ turn.T, factor * self.spacing)


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The point of a shape that belongs to each mark, if there is one.

    Attributes:
        mark, point: indices, shape (m,).
        normals: across the face that both are on, unit, shape (m, 3).
        off: how far the point is off that face, in millimetres with a sign, shape (m,).
        share: of the marks whose point is close to their face.
        residual: how far these are off on average, in millimetres.
    """

    mark: np.ndarray
    point: np.ndarray
    normals: Array
    off: Array
    share: float
    residual: float


def matched(marks: Marks, surface: SurfaceSample) -> Matches:
    """Match the marks of a part with a shape.

    A point belongs to a mark if it is the nearest that faces the same way, or the opposite one,
    and lies on the face of the mark: for what is flat or round that is (n + m) · (p - q) = 0
    (S. Rusinkiewicz, A Symmetric Objective Function for ICP, 2019).
    """
    points, normals, marked = surface.points, surface.normals, marks.points
    facing = np.ones(len(points), dtype=bool)
    if marks.along is not None:
        facing = np.abs(normals @ marks.along) < 0.3
        points = points - (points @ marks.along)[:, None] * marks.along
        marked = marked - (marked @ marks.along)[:, None] * marks.along
    which = np.flatnonzero(facing)
    if not len(which):
        none = np.zeros(0, dtype=np.int64)
        return Matches(none, none, np.zeros((0, 3)), np.zeros(0), 0.0, 0.0)
    points, normals = points[which], normals[which]
    alike_GN = marks.normals @ normals.T
    squared_GN = (marked**2).sum(1)[:, None] - 2 * marked @ points.T + (points**2).sum(1)[None]
    squared_GN[np.abs(alike_GN) < ALIKE] = np.inf
    best = squared_GN.argmin(axis=1)
    rows = np.arange(len(marked))
    limit = min(NEAR * surface.spacing, FAR * marks.size) + CLOSE * marks.size
    mark = np.flatnonzero(squared_GN[rows, best] < limit**2)
    point = best[mark]
    across = marks.normals[mark] + np.sign(alike_GN[mark, point])[:, None] * normals[point]
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    off = ((points[point] - marked[mark]) * across).sum(axis=1)
    close = np.abs(off) < CLOSE * marks.size
    share = float(close.sum() / len(marked))
    residual = float(np.abs(off[close]).mean()) if close.any() else 0.0
    return Matches(mark, which[point], across, off, share, residual)
