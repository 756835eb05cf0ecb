"""Circles around axes that are there: their radius, and where along the axis they are seen.

Most round things share the axis of something that stands there. So of a circle only two numbers are
open, and all are tried: the edges of the picture that nothing explains yet say which. Shapes: T
heights, R radii, P points along a circle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Sketch
from cadcomplete.meshes.manifolds import mesh_of
from cadcomplete.pictures.scene import PictureScene
from cadcomplete.pictures.seen import WAYS
from cadcomplete.pictures.views import Shot, lookup

_AXES = 12  # of the part, and the newest
_STEP = 2.0  # pixels between heights, and radii
_HEIGHTS, _RADII = 96, 56  # at most
_SMALLEST = 2.5  # pixels
_POINTS = 36  # along a circle; half of them is a half
_HALF = 0.85  # what half of a circle counts that is seen
_CLEAR = 0.5  # share that must be seen
_SEEN = 6  # on each axis
_APART = 4.0  # pixels between two that are told apart
_END_ON = 0.05  # sine of the angle to the viewer below which all heights are seen in one place


@dataclass(frozen=True, slots=True)
class Spindle:
    """A line in space: a unit vector, and its point nearest to the origin, in mm."""

    direction: tuple[float, float, float]
    through: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SeenRing:
    """A circle that is seen around an axis: the share that is, its height and radius in mm.

    The height is measured along the axis from the plane through the origin.
    """

    axis: Spindle
    share: float
    height: float
    radius: float


def axes_of(scene: PictureScene) -> list[Spindle]:
    """Return the axes through the middle of the part, and those of loops that were drawn."""
    found: dict[tuple[float, ...], Spindle] = {}
    vertices = mesh_of(scene.solid).vertices
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2

    def add(direction: Array, through: Array) -> None:
        sign = 1.0 if direction[np.argmax(np.abs(direction))] > 0 else -1.0
        through = through - (through @ direction) * direction
        key = (*np.round(sign * direction, 5).tolist(), *np.round(through, 3).tolist())
        (a, b, c), (x, y, z) = (sign * direction).tolist(), through.tolist()
        found.setdefault(key, Spindle((a, b, c), (x, y, z)))

    for direction in np.eye(3):
        add(direction, middle)
    for operation in reversed(scene.given.operations):
        if not isinstance(operation, Sketch):
            continue
        normal = np.array(operation.plane.normal)
        for loop in operation.loops:
            left, low, right, high = loop.box
            flat = np.array([[(left + right) / 2, (low + high) / 2]])
            add(normal, operation.plane.to_world(flat)[0])
        add(normal, middle)
    return list(found.values())[:_AXES]


def rings(scene: PictureScene, view: Shot, axis: Spindle, free: Array) -> list[SeenRing]:
    """Return circles around an axis of which edges are seen, the clearest first.

    `free` says of each pixel whether its edges are not explained yet, (SIZE, SIZE), 0 or 1.
    """
    direction = np.array(axis.direction)
    up = view.axes[:2] @ direction
    at = view.axes[:2] @ np.array(axis.through)
    left, top, right, bottom = scene.sight.seen.box
    slant = float(np.hypot(*up))
    heights = np.zeros(1)
    if slant > _END_ON:
        corners = np.array([(x, y) for x in (left, right) for y in (top, bottom)])
        seen = np.stack([corners[:, 0] - view.x0, view.y0 - corners[:, 1]], axis=1) / view.scale
        along = (seen - at) @ up / slant**2
        count = int(np.clip(np.ptp(along) * slant * view.scale / _STEP, 2, _HEIGHTS))
        heights = np.linspace(along.min(), along.max(), count)
    most = max(right - left, bottom - top) * 0.55 / view.scale
    least = _SMALLEST / view.scale
    count = int(np.clip((most - least) * view.scale / _STEP, 2, _RADII))
    radii = np.linspace(least, most, count)
    shares = _shares(scene.sight.rough * free, view, axis, heights, radii)
    return _peaks(scene, view, axis, heights, radii, shares)


def _shares(field: Array, view: Shot, axis: Spindle, heights: Array, radii: Array) -> Array:
    """How much of circles falls on edges, or what half of it counts, (T, R)."""
    direction = np.array(axis.direction)
    aside = np.eye(3)[int(np.argmin(np.abs(direction)))]
    one = np.cross(direction, aside)
    one /= np.linalg.norm(one)
    other = np.cross(direction, one)
    turns = (np.arange(_POINTS) + 0.5) * 2 * np.pi / _POINTS
    # the points begin where the circle turns from the viewer's side to the far side
    way = view.axes[2] - (view.axes[2] @ direction) * direction
    start = np.arctan2(way @ other, way @ one) - np.pi / 2
    cos, sin = np.cos(turns + start), np.sin(turns + start)
    circle = (np.outer(cos, one) + np.outer(sin, other)) @ view.axes[:2].T
    tangent = (np.outer(-sin, one) + np.outer(cos, other)) @ view.axes[:2].T
    across = np.arctan2(-tangent[:, 1], tangent[:, 0]) + np.pi / 2
    ways = np.rint(np.mod(across, np.pi) * WAYS / np.pi).astype(np.int64) % WAYS
    lengths = np.hypot(tangent[:, 0], tangent[:, 1])
    center = view.axes[:2] @ np.array(axis.through)
    middles = center + heights[:, None] * (view.axes[:2] @ direction)
    at = middles[:, None, None] + radii[None, :, None, None] * circle
    x = view.x0 + view.scale * at[..., 0] - 0.5
    y = view.y0 - view.scale * at[..., 1] - 0.5
    near = lookup(field, np.broadcast_to(ways, x.shape), x, y) * lengths
    half = _POINTS // 2
    halves = [near[..., s].sum(axis=2) / lengths[s].sum() for s in (np.s_[:half], np.s_[half:])]
    whole = near.sum(axis=2) / lengths.sum()
    return np.maximum(whole, _HALF * np.maximum(*halves))


def _peaks(
    scene: PictureScene, view: Shot, axis: Spindle, heights: Array, radii: Array, shares: Array
) -> list[SeenRing]:
    """The clearest circles that are apart, each looked at once more from close by."""
    found: list[SeenRing] = []
    slant = float(np.hypot(*(view.axes[:2] @ np.array(axis.direction))))
    rise = float(np.ptp(heights[:2])) if len(heights) > 1 else 0.0
    for flat in np.argsort(-shares, axis=None, kind="stable")[:200].tolist():
        t, r = divmod(flat, len(radii))
        if shares[t, r] < _CLEAR or len(found) == _SEEN:
            break
        near_t = heights[t] + np.linspace(-1, 1, 9 if rise else 1) * rise
        near_r = radii[r] + np.linspace(-1, 1, 17) * float(radii[1] - radii[0])
        near_r = near_r[near_r > 0]
        close = _shares(scene.sight.fine, view, axis, near_t, near_r)
        a, b = divmod(int(np.argmax(close)), len(near_r))
        one = SeenRing(axis, float(shares[t, r]), float(near_t[a]), float(near_r[b]))
        if all(
            (abs(one.height - o.height) * slant + abs(one.radius - o.radius)) * view.scale > _APART
            for o in found
        ):
            found.append(one)
    return found
