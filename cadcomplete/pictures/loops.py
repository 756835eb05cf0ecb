"""Circles and rectangles that are seen in a plane.

Circles are looked for by pairs of edge points with their normals, rectangles by lines along the
axes of the plane. A quad is `left, low, right, high`, in mm. Shapes: K of them.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from cadcomplete.history.geometry import Array, Vec2
from cadcomplete.pictures.laying import Laid, Lines
from cadcomplete.pictures.scene import PictureScene
from cadcomplete.pictures.seen import SIZE

_PAIRS = 500  # of edge points that may be of one circle
_CIRCLES, _QUADS = 5, 5  # on each plane
_LINES = 7  # along each axis of a plane
_BORDER = 0.55  # what a side of a rectangle counts that lies where the given part ends
_CLEAR = 0.45  # share of a loop that must be seen


def circles(laid: Laid, scene: PictureScene) -> list[tuple[float, Vec2, float]]:
    """Return circles that are seen in a plane: the share that is, the center and the radius."""
    count = len(laid.points)
    random = np.random.default_rng(0)
    one, other = random.integers(count, size=(2, _PAIRS))
    normals = np.stack([-laid.tangents[:, 1], laid.tangents[:, 0]], axis=1)
    a, b, n, m = laid.points[one], laid.points[other], normals[one], normals[other]
    det = n[:, 0] * m[:, 1] - n[:, 1] * m[:, 0]
    good = np.abs(det) > 0.25
    a, b, n, m, det = a[good], b[good], n[good], m[good], det[good]
    d = b - a
    along = (d[:, 0] * m[:, 1] - d[:, 1] * m[:, 0]) / det
    centers = a + along[:, None] * n
    first, second = (np.linalg.norm(centers - p, axis=1) for p in (a, b))
    alike = np.abs(first - second) < 2.5 / laid.view.scale
    radii = (first + second) / 2
    alike &= (radii * laid.view.scale > 2.0) & (radii * laid.view.scale < SIZE / 2)
    centers, radii = centers[alike], radii[alike]
    if not len(radii):
        return []
    shares = laid.shares(scene.sight.rough, _round(centers, radii))
    found: list[tuple[float, Vec2, float]] = []
    for i in np.argsort(-shares, kind="stable"):
        if len(found) == _CIRCLES or shares[i] < _CLEAR:
            break
        center, radius = _closer(laid, scene, centers[i], float(radii[i]))
        limit = 2.0 / laid.view.scale
        if all(
            abs(radius - r) + np.hypot(center[0] - c[0], center[1] - c[1]) > limit
            for _, c, r in found
        ):
            found.append((float(shares[i]), center, radius))
    return found


def _round(centers: Array, radii: Array) -> Array:
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    unit = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return centers[:, None] + radii[:, None, None] * unit


def _closer(laid: Laid, scene: PictureScene, center: Array, radius: float) -> tuple[Vec2, float]:
    """A circle once more, from close by."""
    best = np.array([*center, radius])
    for size in (1.0, 0.5, 0.25):
        step = size / laid.view.scale
        moves = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3), axis=-1).reshape(-1, 3) * step
        for _ in range(3):
            tries = best + moves
            tries = tries[tries[:, 2] > step]
            shares = laid.shares(scene.sight.fine, _round(tries[:, :2], tries[:, 2]))
            chosen = tries[np.argmax(shares)]
            if np.allclose(chosen, best):
                break
            best = chosen
    return (float(best[0]), float(best[1])), float(best[2])


def quads(laid: Laid, scene: PictureScene, known: Lines) -> list[tuple[float, Array]]:
    """Return rectangles along the axes of a plane that are seen in it, and the share that is.

    A side may lie where the given part ends, where nothing is seen of it; not all four.
    """
    seen = [_lines(laid, axis) for axis in (0, 1)]
    ends = [(min(k), max(k)) for k in known]
    both = [sorted({*lines, *borders}) for lines, borders in zip(seen, ends, strict=True)]
    tries = np.array(
        [
            (x[0], y[0], x[1], y[1])
            for x in combinations(both[0], 2)
            for y in combinations(both[1], 2)
            if {*x} - {*ends[0]} or {*y} - {*ends[1]}
        ]
    )
    if not len(tries):
        return []
    shares = laid.sides(scene.sight.rough, _corners(tries))
    free = np.stack([np.isin(tries[:, i], ends[i % 2]) for i in (1, 2, 3, 0)], axis=1)
    shares = np.where(free, np.maximum(shares, _BORDER), shares).mean(axis=1)
    order = np.argsort(-shares, kind="stable")[:_QUADS]
    clear = [i for i in order if shares[i] >= _CLEAR]
    return [(float(shares[i]), _closer_quad(laid, scene, tries[i], free[i])) for i in clear]


def _closer_quad(laid: Laid, scene: PictureScene, quad: Array, free: np.ndarray) -> Array:
    """A rectangle once more, from close by; `free` sides, from the lowest on, stay."""
    best = quad.copy()
    for edge, number in ((0, 1), (1, 2), (2, 3), (3, 0)):  # of `_corners`, and of the quad
        if free[edge]:
            continue
        pixel = 1.0 / float(np.linalg.norm(laid.to_pixels[:, number % 2]))
        tries = np.tile(best, (17, 1))
        tries[:, number] += np.linspace(-2, 2, 17) * pixel
        shares = laid.sides(scene.sight.fine, _corners(tries))[:, edge]
        best[number] = tries[np.argmax(shares), number]
    return best


def _lines(laid: Laid, axis: int) -> list[float]:
    """Where lines across an axis are seen, the clearest first, in mm along it."""
    straight = np.abs(laid.tangents[:, axis]) < 0.2
    values = laid.points[straight, axis]
    if not len(values):
        return []
    step = 1.0 / float(np.linalg.norm(laid.to_pixels[:, axis]))
    low = values.min() - 2 * step
    bins = np.bincount(((values - low) / step).astype(np.int64), minlength=5).astype(np.float64)
    wide = np.convolve(bins, [0.5, 1.0, 0.5], mode="same")
    found: list[float] = []
    for i in np.argsort(-wide, kind="stable"):
        if len(found) == _LINES or wide[i] < 4:
            break
        near = np.abs(values - (low + (i + 0.5) * step)) < 1.5 * step
        value = float(np.median(values[near])) if near.any() else 0.0
        if all(abs(value - other) > 2 * step for other in found):
            found.append(value)
    return found


def _corners(quads_K4: Array) -> Array:
    """Rectangles as polygons of points along their sides, shape (K, 48, 2)."""
    left, low, right, high = quads_K4.T
    share = np.linspace(0, 1, 12, endpoint=False)
    corners = [(left, low), (right, low), (right, high), (left, high)]
    sides = []
    for (x, y), (u, v) in zip(corners, corners[1:] + corners[:1], strict=True):
        sides.append(
            np.stack(
                [x[:, None] + share * (u - x)[:, None], y[:, None] + share * (v - y)[:, None]],
                axis=2,
            )
        )
    return np.concatenate(sides, axis=1)
