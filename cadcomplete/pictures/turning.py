"""From which side a picture shows a part, told by the directions of its edges alone.

Most edges of parts run along three axes at right angles. Seen from afar such edges have three
directions in a picture, and those say how the camera was turned, but for whether it looked from
above or from below. Axes are (3, 3): to the right, up and to the viewer. Angles are of lines in a
picture, in radians, 0 to π, from x to the right towards up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.meshes.render import STEEP, VIEWS
from cadcomplete.pictures.seen import SIZE, Seen

FROM = (*VIEWS, *STEEP)
"""The cameras of which pictures are usual, the canonical one first."""

_STEP = 0.5  # degrees between directions that are tried
_TRIED = np.arange(0.0, 180.0, _STEP)
_LOOSE = 0.45  # radians by which the edge in a pixel may be off the line that it is part of
_LONG = 14  # pixels of a line, at least
_APART = 9.0  # degrees between directions
_DIRECTIONS = 6  # that are looked at
_LEAST = 0.05  # share of the edges that run in one
_UPRIGHT = math.radians(50.0)  # by which the vertical axis is off the vertical
_SAME = 0.9992  # mean cosine of axes that differ by 2 degrees: cameras that are one
_EXPLAINED = 0.3  # share of the edges that run along axes, from which on a camera is believed
_LESS = 0.1  # share of the edges that a camera may explain less than the best
_TURNED = 8  # cameras that are none of `FROM`
_CLEARER = 0.97  # how sharp lines along the axes of another camera must be, beside a usual one
_CLEAR = 0.9  # share of the sharpness of the best that others must have


def lined(seen: Seen) -> tuple[Array, Array]:
    """Return for each of `_TRIED` directions the share of edges that are part of a line along it,
    and how sharp such lines are: the sum of the squares of their pixels.

    A line is where many pixels of edges lie in one row of that direction (Hough, 1962).
    """
    row, column = np.nonzero(seen.edges)
    angles = np.mod(-(seen.across[row, column] + np.pi / 2), np.pi)
    shares, sharp = np.zeros(len(_TRIED)), np.zeros(len(_TRIED))
    for i, degrees in enumerate(_TRIED.tolist()):
        line = math.radians(degrees)
        own = np.abs(_turned(angles, line)) < _LOOSE
        across = column[own] * math.sin(line) + row[own] * math.cos(line)
        rows = np.floor(across * 0.8).astype(np.int64) + SIZE
        counts = np.bincount(rows, minlength=1)
        counts = counts[counts >= _LONG]
        shares[i], sharp[i] = counts.sum() / max(1, len(row)), (counts.astype(float) ** 2).sum()
    return shares, sharp


def _turned(angles: Array, to: float) -> Array:
    """By how much lines are turned from one, -π/2 to π/2."""
    return np.mod(angles - to + np.pi / 2, np.pi) - np.pi / 2


def directions(shares: Array, sharp: Array) -> list[float]:
    """Return the directions of lines, the clearest first, from what `lined` says."""
    found: list[float] = []
    for i in np.argsort(-sharp, kind="stable").tolist():
        if len(found) == _DIRECTIONS:
            break
        if shares[i] < _LEAST:
            continue
        degrees = float(_TRIED[i])
        if all(abs((degrees - o + 90) % 180 - 90) >= _APART for o in found):
            found.append(degrees)
    return [math.radians(degrees) for degrees in found]


def along_axes(shares: Array, axes: Array) -> float:
    """Return the share of edges that run in the direction of one of the world's axes."""
    total = 0.0
    for i in range(3):
        if math.hypot(axes[0, i], axes[1, i]) > 0.1:
            line = math.degrees(math.atan2(axes[1, i], axes[0, i])) / _STEP
            total += max(shares[(round(line) + off) % len(shares)] for off in (-1, 0, 1))
    return total


def likely_cameras(seen: Seen) -> tuple[list[Array], list[Array]]:
    """Return the axes of cameras from which a picture may show a part: of `FROM`, and others.

    Of `FROM` those along whose axes most edges run, or all where few edges are straight; others
    only where lines along their axes are as sharp.
    """
    known = [camera.axes for camera in FROM]
    shares, sharp = lined(seen)
    usual = [along_axes(shares, axes) for axes in known]
    lines = directions(shares, sharp)
    if all(abs(_off(line)) > math.radians(_APART) for line in lines):
        lines.append(math.pi / 2)  # short edges that stand upright are easily missed
    least = _CLEARER * max(along_axes(sharp, axes) for axes in known)
    turned = [
        (clear, axes)
        for three in combinations(lines, 3)
        for axes in cameras(three)
        if (clear := along_axes(sharp, axes)) >= least > 0
        and along_axes(shares, axes) >= _EXPLAINED
    ]
    turned.sort(key=lambda row: -row[0])
    others: list[Array] = []
    for clear, axes in turned:
        if clear < _CLEAR * turned[0][0] or len(others) == _TURNED:
            break
        if not any(float((axes * other).sum()) / 3 > _SAME for other in (*others, *known)):
            others.append(axes)
    best = max(usual)
    if best < _EXPLAINED or others:
        return known, others
    pairs = zip(usual, known, strict=True)
    return [axes for share, axes in pairs if share >= best - _LESS], others


def cameras(lines: Sequence[float]) -> Iterator[Array]:
    """Yield the axes of upright cameras that see the world's axes along three lines, in any order.

    The axes are unit vectors (r cos θ, r sin θ, w) at right angles, so that of each two
    w w' / (r r') = -cos(θ - θ').
    """
    upright = min(range(3), key=lambda i: abs(_off(lines[i])))
    if abs(_off(lines[upright])) > _UPRIGHT:
        return
    others = [line for i, line in enumerate(lines) if i != upright]
    z = lines[upright]
    zx, zy, xy = math.cos(z - others[0]), math.cos(z - others[1]), math.cos(others[0] - others[1])
    if abs(xy) < 1e-6 or zx * zy / xy >= -1e-9:
        return
    slope = math.sqrt(-zx * zy / xy)
    for way in (1.0, -1.0):
        slopes = (way * slope, -zx / (way * slope), -zy / (way * slope))
        units = [
            np.array([math.cos(a), math.sin(a), t]) / math.sqrt(1 + t * t)
            for a, t in zip((z, *others), slopes, strict=True)
        ]
        for swapped, one, other in product((False, True), (1, -1), (1, -1)):
            x, y = (units[2], units[1]) if swapped else (units[1], units[2])
            axes = np.stack([one * x, other * y, units[0]], axis=1)
            if np.linalg.det(axes) > 0:
                yield axes


def _off(line: float) -> float:
    """By how much a line is turned from the vertical."""
    return line % np.pi - np.pi / 2
