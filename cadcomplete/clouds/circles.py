"""Where a wanted part is round about an axis: holes and bosses, in numbers that a model can copy.

Of a circle with centre c and radius r, every point with its outward normal n is c ± r n. So two
points vote for a circle, and all that agree with it give it by least squares. A cloud that was
computed comes from flat facets: on each of them n · p is exactly n · c ± r cos(d / 2), where d is
the angle between facets, and so numbers come out exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.history.geometry import Array

MOST = 6
_SEEN = 2048  # points that are looked at
_VOTES, _NEAR, _LEAST = 48, 24, 10  # pairs tried, neighbours of a point, points of a circle
_AROUND = 8 / 24  # the smallest part of a circle that counts, in parts of a turn
_ACROSS = 0.1  # how far a normal may lean along the axis


@dataclass(frozen=True, slots=True)
class Round:
    """A cylinder along an axis: 0, 1, 2 for x, y, z, and its place in the other two (mm)."""

    axis: int
    center: tuple[float, float]
    radius: float
    hole: bool


def rounds(cloud: PointCloud, *, noise: float = 0.0) -> tuple[Round, ...]:
    """Return at most `MOST` cylinders along the axes, those with most points, in order.

    `noise` is how far points may be off, as a share of the longest side. Numbers are the shortest
    decimals that are as near as they are known. The same cloud always gives the same.
    """
    points, normals, size = cloud.millimetres[:_SEEN], cloud.normals[:_SEEN], 2 * cloud.scale
    found: list[tuple[int, Round]] = []
    for axis in range(3):
        across = np.abs(normals[:, axis]) < _ACROSS
        flat = [i for i in range(3) if i != axis]
        found += _circles(points[across][:, flat], normals[across][:, flat], size, axis, noise)
    most = sorted(found, key=lambda item: -item[0])[:MOST]
    return tuple(sorted((r for _, r in most), key=lambda r: (r.axis, r.center, r.radius)))


def _circles(p: Array, n: Array, size: float, axis: int, noise: float) -> list[tuple[int, Round]]:
    """The circles that many points agree with; each point counts for one only."""
    found: list[tuple[int, Round]] = []
    slanted = np.abs(n).max(axis=1) < 0.9995  # facets along an axis are mostly flat faces
    random = np.random.default_rng(0)
    while slanted.sum() >= _LEAST and len(found) < MOST:
        votes = _votes(p[slanted], n[slanted], size, random)
        if not len(votes):
            break
        agree = _agree(p, n, votes, (1e-3 + noise) * size)
        best = int((agree & slanted).sum(axis=1).argmax())
        inside = agree[best]
        if (inside & slanted).sum() < _LEAST:
            break
        fitted = _fit(p[inside], n[inside])
        inside |= _agree(p, n, np.array([fitted[:3]]), (1e-3 + 2 * noise) * size)[0]
        slanted &= ~inside
        x, y, signed, radius = fitted
        if _around(n[inside]) >= _AROUND and radius < size:
            near = (1.5e-5 + noise / 3) * size
            center = (shortest(x, near), shortest(y, near))
            one = Round(axis, center, shortest(radius, 3 * near), hole=signed < 0)
            found.append((int(inside.sum()), one))
    return found


def _votes(p: Array, n: Array, size: float, random: np.random.Generator) -> Array:
    """Circles (x, y, ±radius) through pairs of points that lie close together, shape (k, 3)."""
    first = random.choice(len(p), min(_VOTES, len(p)), replace=False)
    apart = np.square(p[first, None] - p[None]).sum(axis=2)
    turned = n[first] @ n.T < 0.97
    apart[~turned] = np.inf
    near = np.argpartition(apart, min(_NEAR, len(p) - 1), axis=1)[:, :_NEAR]
    second = near[np.arange(len(first)), random.integers(near.shape[1], size=len(first))]
    usable = np.isfinite(apart[np.arange(len(first)), second])
    first, second = first[usable], second[usable]
    dp, dn = p[first] - p[second], n[first] - n[second]
    signed = (dp * dn).sum(axis=1) / (dn * dn).sum(axis=1)
    center = (p[first] + p[second] - signed[:, None] * (n[first] + n[second])) / 2
    votes = np.concatenate([center, signed[:, None]], axis=1)
    return votes[(np.abs(signed) < size) & (np.abs(signed) > 1e-3 * size)]


def _agree(p: Array, n: Array, circles: Array, near: float) -> np.ndarray:
    """Which points lie on which circles, shape (k, n): within half a facet, and `near`."""
    off = p[None] - circles[:, None, :2] - circles[:, None, 2:] * n[None]
    signed = np.abs(circles[:, None, 2])
    return np.square(off).sum(axis=2) < np.square(0.12 * signed + near)


def shortest(value: float, near: float) -> float:
    """Return the number with the fewest decimals within `near` of a value, at most six."""
    for decimals in range(6):
        if abs(round(value, decimals) - value) <= near:
            return round(value, decimals) + 0.0
    return round(value, 6) + 0.0


def _fit(p: Array, n: Array) -> tuple[float, float, float, float]:
    """Centre, ± the distance of facets from it, and the radius of their corners."""
    rows = np.concatenate([n, np.ones((len(n), 1))], axis=1)
    (x, y, signed), *_ = np.linalg.lstsq(rows, (n * p).sum(axis=1), rcond=None)
    angles = np.unique(np.round(np.degrees(np.arctan2(n[:, 1], n[:, 0])), 2))
    gaps = np.diff(angles)
    gap = float(np.median(gaps[gaps > 0.5])) if (gaps > 0.5).sum() > 3 else 0.0
    radius = abs(signed) / np.cos(np.radians(min(gap, 60.0)) / 2)
    return float(x), float(y), float(signed), float(radius)


def _around(n: Array) -> float:
    """Which part of a turn the normals cover, by 24 sectors."""
    sectors = np.floor((np.arctan2(n[:, 1], n[:, 0]) / (2 * np.pi)) * 24).astype(int) % 24
    return len(np.unique(sectors)) / 24
