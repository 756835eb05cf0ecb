"""Pictures of parts: a z-buffer rasteriser that needs no graphics system.

Orthographic, smooth faces, the solid's own edges drawn over them. What a completion added can be
told from what was given by its colour. The frame comes from what is drawn and nothing else: the
middle of its bounding box is in the middle of the picture, and the larger of the box's projected
width and height fills nine tenths. With the rows `right` and `up` of `Camera.axes`, in pixels from
the upper left:

    x = size / 2 + scale * right · (mm - center)
    y = size / 2 - scale * up · (mm - center)      scale = 0.9 * size / max(width, height)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from cadcomplete.history.geometry import Array, BoundingBox
from cadcomplete.meshes.mesh import Mesh, new_lines
from cadcomplete.meshes.normals import corner_normals, flat_triangles, outline
from cadcomplete.meshes.raster import rasterize
from cadcomplete.meshes.strokes import Picture, draw, stepped, unhidden
from cadcomplete.meshes.styles import STYLES, Style

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

CORNERS: tuple[Camera, ...] = tuple(
    Camera(azimuth, elevation)
    for elevation, azimuth in product((30.0, -30.0), (-55.0, 35.0, 125.0, 215.0))
)
"""From above the corners front right (`ISOMETRIC`), back right, back left and front left; then
the same from below."""

STEEP = tuple(replace(view, elevation=math.copysign(55.0, view.elevation)) for view in CORNERS)
"""From the same corners, but from higher up, and from lower down: less hides behind a boss."""

VIEWS: tuple[Camera, ...] = (
    *CORNERS,
    *(Camera(azimuth, 0.0) for azimuth in (-90.0, 0.0, 90.0, 180.0)),
    *(Camera(-90.0, elevation) for elevation in (90.0, -90.0)),
)
"""The canonical view first, then the other corners; then front, right, back, left, top, bottom."""

_DEFAULT = STYLES["default"]


def render(
    mesh: Mesh,
    *,
    size: int = 512,
    camera: Camera = ISOMETRIC,
    sketches: tuple[Array, ...] = (),
    given: Mesh | None = None,
    hidden: bool = False,
    style: Style = _DEFAULT,
) -> np.ndarray:
    """Return a picture of a mesh as (size, size, 3) bytes.

    `sketches` are polylines drawn over everything. With `given`, surface that the given part
    does not have there has the colour of what was added; with `hidden`, edges that it does not
    have are seen through what hides them.
    """
    wide = size * _SAMPLES
    picture = np.empty((wide, wide, 3), dtype=np.float32)
    picture[:] = np.tile(np.array(style.paper, dtype=np.float32), (wide, 1))  # faster by rows
    box = camera.box or Mesh(mesh.vertices, mesh.triangles, (*mesh.lines, *sketches)).bounding_box
    if box is not None:
        frame = _Frame(camera.axes, np.array(box.center), _scale(camera, box, wide), wide)
        depth = _paint(picture, mesh, frame, given, style)
        if hidden and given is not None:
            edges = _along(frame, new_lines(mesh, given))
            draw(picture, depth, edges, style.added, radius=wide / 700, bias=math.inf)
        _ink(picture, depth, frame, mesh, style)
        drawn = _along(frame, sketches)
        draw(picture, depth, drawn, style.sketch, radius=wide / 340, bias=math.inf)
    return _reduced(picture)


def _ink(picture: Picture, depth: Array, frame: _Frame, mesh: Mesh, style: Style) -> None:
    """Draw the edges of a mesh that can be seen, and its outline if the style has one."""
    radius, bias = style.edges * frame.wide / 800, 4e-3 * frame.wide
    if style.edges:
        edges = _along(frame, mesh.lines)
        draw(picture, depth, edges, style.ink, radius=radius, bias=bias)
    if style.outline:
        turns = _along(frame, tuple(outline(mesh, frame.axes[2])))
        turns = unhidden(turns, depth, bias)
        draw(picture, depth, turns, style.ink, radius=radius, bias=math.inf)


def _along(frame: _Frame, lines: tuple[Array, ...]) -> Array:
    """Samples along polylines in space, shape (n, 3)."""
    points = frame.project(np.concatenate(lines)) if lines else np.zeros((0, 3))
    return stepped(points, np.array([len(line) for line in lines], dtype=np.int64))


def _reduced(picture: Picture) -> np.ndarray:
    """The mean of 2 × 2 samples as bytes."""
    rows = picture[0::2] + picture[1::2]
    return np.rint((rows[:, 0::2] + rows[:, 1::2]) * (255 / _SAMPLES**2)).astype(np.uint8)


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


def _paint(picture: Picture, mesh: Mesh, frame: _Frame, given: Mesh | None, style: Style) -> Array:
    """Put the surface of a mesh into a picture; return its depth in each sample."""
    depth, owner, weights = _surface(mesh, frame)
    seen = np.flatnonzero(owner >= 0)
    if not len(seen):
        return depth
    color = np.array(style.surface, dtype=np.float32)
    if given is not None:
        new = _new(depth, owner, given, frame, flat_triangles(mesh)).reshape(-1)[seen]
        color = np.where(new[:, None], np.array(style.added, dtype=np.float32), color)
    light, shine = _light(mesh, frame, owner.reshape(-1)[seen], weights.reshape(-1, 3)[seen], style)
    if style.fade:
        behind = depth.max() - depth.reshape(-1)[seen]
        light = light * (1.0 - style.fade * behind / (behind + frame.wide)).astype(np.float32)
    picture.reshape(-1, 3)[seen] = np.minimum(color * light[:, None] + shine[:, None], 1.0)
    return depth


def _new(
    depth: Array, owner: np.ndarray, given: Mesh, frame: _Frame, flat: np.ndarray
) -> np.ndarray:
    """Say of each sample whether the given part has no surface where one is seen.

    Of a plane the least step counts, `flat` says which triangles are in one. The facets of
    something round are chosen anew in each part, so they may differ by as much.
    """
    seen = owner >= 0
    apart = np.abs(depth[seen] - _surface(given, frame)[0][seen])
    new = np.zeros(owner.shape, dtype=bool)
    new[seen] = apart > np.where(flat[owner[seen]], 2e-4, 2e-3) * frame.wide
    return new


def _light(
    mesh: Mesh, frame: _Frame, owner: np.ndarray, weights: Array, style: Style
) -> tuple[np.ndarray, np.ndarray]:
    """Brightness of n samples and the highlight on them, shapes (n,).

    `owner` is the triangle of each sample, shape (n,), `weights` where in it, shape (n, 3).
    """
    normals = corner_normals(mesh)
    lamp = np.array(style.lamp) @ frame.axes
    lamp /= np.linalg.norm(lamp)

    def along(direction: Array) -> np.ndarray:
        values = np.einsum("ij,ij->i", weights, (normals @ direction)[owner])
        return np.clip(values, 0.0, 1.0).astype(np.float32)

    light = style.ambient + style.diffuse * along(lamp)
    if not style.gloss:
        return light, np.zeros(1, dtype=np.float32)
    halfway = lamp + frame.axes[2]
    return light, style.gloss * along(halfway / np.linalg.norm(halfway)) ** style.polish


def best_camera(*meshes: Mesh, given: Mesh, views: tuple[Camera, ...] = CORNERS) -> Camera:
    """Return the one of some views that shows most of what meshes have and `given` has not.

    Each mesh counts by the share of what can be seen of it from anywhere. The first view is kept
    unless another shows half as much again. Several meshes have one box around them all.
    """
    corners = [
        corner
        for mesh in (given, *meshes)
        if (box := mesh.bounding_box) is not None
        for corner in (box.minimum, box.maximum)
    ]
    if not corners:
        return views[0]
    box, wide, total = BoundingBox.of(np.array(corners)), 128, np.zeros(len(views))
    for mesh in meshes:
        flat, shown = flat_triangles(mesh), []
        for view in views:
            frame = _Frame(view.axes, np.array(box.center), _scale(view, box, wide), wide)
            depth, owner, _ = _surface(mesh, frame)
            shown.append(int(_new(depth, owner, given, frame, flat).sum()))
        total += np.array(shown) / max(1, *shown)
    best = int(np.argmax(total))
    view = views[best] if total[best] > 1.5 * total[0] else views[0]
    return view if len(meshes) < 2 else replace(view, box=box)
