"""Pictures of parts: a z-buffer rasteriser that needs no graphics system.

Orthographic, seen from the upper right front, smooth faces, the solid's own edges drawn over
them. What a completion added can be told from what was given by its colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from cadcomplete.geometry import Array, BoundingBox
from cadcomplete.kernel.mesh import Mesh
from cadcomplete.kernel.raster import rasterize

Color = tuple[float, float, float]

GIVEN: Color = (0.72, 0.74, 0.77)
ADDED: Color = (0.96, 0.62, 0.20)
INK: Color = (0.16, 0.18, 0.22)
SKETCH: Color = (0.10, 0.40, 0.85)
PAPER: Color = (1.0, 1.0, 1.0)

_SAMPLES = 2  # each pixel is the mean of 2 × 2


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a part is looked at from: angles in degrees, z up; and how it is framed.

    `box` is what fills the picture; by default whatever is drawn.
    """

    azimuth: float = -55.0
    elevation: float = 30.0
    box: BoundingBox | None = field(default=None)

    @property
    def axes(self) -> Array:
        """Rows: the directions to the right, upwards, and towards the viewer, shape (3, 3)."""
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        viewer = np.array([math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)])
        right = np.array([-math.sin(a), math.cos(a), 0.0])
        return np.stack([right, np.cross(viewer, right), viewer])


ISOMETRIC = Camera()


def render(
    mesh: Mesh,
    *,
    size: int = 512,
    camera: Camera = ISOMETRIC,
    sketches: tuple[Array, ...] = (),
    given: Mesh | None = None,
) -> np.ndarray:
    """Return a picture of a mesh as (size, size, 3) bytes, white behind it.

    `sketches` are polylines drawn in blue, over everything. With `given`, surface that the
    given part does not have there is orange.
    """
    box = camera.box or Mesh(mesh.vertices, mesh.triangles, (*mesh.lines, *sketches)).bounding_box
    wide = size * _SAMPLES
    if box is None:
        return np.full((size, size, 3), 255, dtype=np.uint8)
    frame = _Frame(camera.axes, np.array(box.center), _scale(camera, box, wide), wide)
    picture = np.empty((wide, wide, 3), dtype=np.float64)
    picture[:] = PAPER
    depth, owner, weights = _surface(mesh, frame)
    seen = owner >= 0
    color = np.array(GIVEN)
    if given is not None:
        new = np.abs(depth[seen] - _surface(given, frame)[0][seen]) > 2e-3 * wide
        color = np.where(new[:, None], np.array(ADDED), color)
    picture[seen] = color * _shade(mesh, camera, owner[seen], weights[seen])[:, None]
    _draw(picture, depth, frame, mesh.lines, INK, width=size / 400, bias=4e-3 * wide)
    _draw(picture, depth, frame, sketches, SKETCH, width=size / 170, bias=math.inf)
    small = picture.reshape(size, _SAMPLES, size, _SAMPLES, 3).mean(axis=(1, 3))
    return np.rint(small * 255).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """From space to samples: x to the right, y down, z towards the viewer; all in samples."""

    axes: Array
    center: Array
    scale: float
    wide: int

    def project(self, points: Array) -> Array:
        """Map points (n, 3) to samples (n, 3)."""
        flipped = np.array([1.0, -1.0, 1.0])
        moved = (np.asarray(points) - self.center) @ self.axes.T * flipped * self.scale
        return moved + np.array([self.wide / 2, self.wide / 2, 0.0])


def _scale(camera: Camera, box: BoundingBox, wide: int) -> float:
    """Samples per millimetre at which the box fills nine tenths of the picture."""
    half = np.array(box.size) / 2
    extent = (np.abs(camera.axes[:2]) * half).sum(axis=1).max()
    return 0.45 * wide / max(extent, 1e-9)


def _surface(mesh: Mesh, frame: _Frame) -> tuple[Array, np.ndarray, Array]:
    """Depth, triangle and barycentric weights of what is seen in each sample."""
    corners = frame.project(mesh.vertices)[mesh.triangles]
    return rasterize(np.ascontiguousarray(corners), frame.wide)


def _shade(mesh: Mesh, camera: Camera, owner: np.ndarray, weights: Array) -> Array:
    """Brightness of n samples: Lambert, a lamp above the viewer's left shoulder.

    `owner` is the triangle of each sample, shape (n,), `weights` where in it, shape (n, 3).
    """
    if not len(owner):
        return np.ones(0)
    right, up, viewer = camera.axes
    lamp = viewer + 0.6 * up - 0.4 * right
    brightness = corner_normals(mesh) @ (lamp / np.linalg.norm(lamp))
    return 0.56 + 0.44 * np.clip((weights * brightness[owner]).sum(axis=1), 0.0, 1.0)


def corner_normals(mesh: Mesh, *, crease: float = 30.0) -> Array:
    """Return a unit normal for each corner of each triangle, shape (m, 3, 3).

    Triangles around a vertex share their normals unless they meet at more than `crease`
    degrees, so that a cylinder is round and a box keeps its edges.
    """
    a, b, c = (mesh.vertices[mesh.triangles[:, i]] for i in range(3))
    weighted, flat = np.cross(b - a, c - a), mesh.normals
    corner_vertex = mesh.triangles.reshape(-1)
    order = np.argsort(corner_vertex, kind="stable")
    counts = np.bincount(corner_vertex)[corner_vertex[order]]
    starts = np.searchsorted(corner_vertex[order], corner_vertex[order])
    mine = np.repeat(order, counts)
    within = np.arange(len(mine)) - np.repeat(np.cumsum(counts) - counts, counts)
    other = order[np.repeat(starts, counts) + within]
    close = np.einsum("ij,ij->i", flat[mine // 3], flat[other // 3]) > math.cos(
        math.radians(crease)
    )
    total = np.zeros((len(corner_vertex), 3))
    np.add.at(total, mine[close], weighted[other[close] // 3])
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    return (total / np.where(lengths > 0, lengths, 1.0)).reshape(-1, 3, 3)


def _draw(
    picture: Array,
    depth: Array,
    frame: _Frame,
    lines: tuple[Array, ...],
    color: Color,
    *,
    width: float,
    bias: float,
) -> None:
    """Draw polylines where the surface is not more than `bias` samples in front of them."""
    if not lines:
        return
    points = np.concatenate([_stepped(frame.project(line)) for line in lines])
    radius = width * _SAMPLES / 2
    reach = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
    dx, dy = (offset.reshape(-1) for offset in np.meshgrid(reach, reach))
    near = dx**2 + dy**2 <= radius**2
    x = (np.floor(points[:, 0]).astype(int)[:, None] + dx[near]).reshape(-1)
    y = (np.floor(points[:, 1]).astype(int)[:, None] + dy[near]).reshape(-1)
    z = np.repeat(points[:, 2], near.sum())
    inside = (x >= 0) & (y >= 0) & (x < frame.wide) & (y < frame.wide)
    x, y, z = x[inside], y[inside], z[inside]
    visible = z + bias >= depth[y, x]
    picture[y[visible], x[visible]] = color


def _stepped(points: Array) -> Array:
    """Points along a polyline, not more than one sample apart."""
    steps = np.abs(np.diff(points[:, :2], axis=0)).max(axis=1)
    along = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-9))])
    wanted = np.linspace(0.0, along[-1], 2 + math.ceil(along[-1]))
    return np.stack([np.interp(wanted, along, points[:, i]) for i in range(3)], axis=1)


def best_camera(mesh: Mesh, given: Mesh) -> Camera:
    """Return the corner view that shows most of what `mesh` has and `given` has not.

    The usual view is kept unless another shows half as much again.
    """
    views = [Camera(a, e) for e in (30.0, -30.0) for a in (-55.0, 35.0, 125.0, 215.0)]
    shown = [_shown(mesh, given, view) for view in views]
    best = int(np.argmax(shown))
    return views[best] if shown[best] > 1.5 * shown[0] else views[0]


def _shown(mesh: Mesh, given: Mesh, camera: Camera) -> int:
    box, wide = mesh.bounding_box, 128
    if box is None:
        return 0
    frame = _Frame(camera.axes, np.array(box.center), _scale(camera, box, wide), wide)
    depth, owner, _ = _surface(mesh, frame)
    new = np.abs(depth[owner >= 0] - _surface(given, frame)[0][owner >= 0]) > 2e-3 * wide
    return int(new.sum())
