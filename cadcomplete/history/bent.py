"""What curves have in common that are neither straight nor round: ellipses, their arcs, splines.

Such a curve answers where it is at a parameter, and how fast it goes there; all else follows:
area and length by Gauss's quadrature, 24 points to each smooth piece, which is exact to rounding
for the area of polynomials and ellipses; corners of polygons by how much it turns.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import lru_cache
from typing import ClassVar

import numpy as np

from cadcomplete.history.geometry import Array, Vec2

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)

_SAMPLES = 33  # parameters of a piece at which it is looked for turns and extremes

_KNOWN = 512  # curves of which polylines are kept

FINE = 0.1
"""Degrees between the directions of neighbouring chords that stand for a curve: 4e-7 of its radius
off."""


class Bent:
    """A curve by its parameter; frozen, so that what is computed of it is kept."""

    __slots__ = ()

    closed: ClassVar[bool] = False

    @property
    @abstractmethod
    def pieces(self) -> tuple[float, ...]:
        """Parameters where smooth pieces begin and end, ascending, from its start to its end."""

    @abstractmethod
    def evaluate(self, at: Array) -> tuple[Array, Array]:
        """Return points and derivatives, shape (n, 2) each, at parameters (n,)."""

    @property
    def area(self) -> float:
        """Signed area between the curve and the origin (Green's theorem)."""
        points, steps = quadrature(self)
        return float((points[:, 0] * steps[:, 1] - points[:, 1] * steps[:, 0]).sum()) / 2

    @property
    def length(self) -> float:
        _, steps = quadrature(self)
        return float(np.hypot(*steps.T).sum())

    def points(self) -> Array:
        """Points along it, one at least every 10 degrees that it turns, ends exact, shape (n, 2).

        Its outermost points are among them, so that a box around them holds the curve.
        """
        return polyline(self, 10.0)


def quadrature(curve: Bent) -> tuple[Array, Array]:
    """Return Gauss's points on a curve, and the steps along it that they stand for, (n, 2) each."""
    at, widths = [], []
    for low, high in zip(curve.pieces, curve.pieces[1:], strict=False):
        half = (high - low) / 2
        at.append(low + half * (1 + _NODES))
        widths.append(half * _WEIGHTS)
    points, slopes = curve.evaluate(np.concatenate(at))
    return points, slopes * np.concatenate(widths)[:, None]


@lru_cache(maxsize=_KNOWN)
def polyline(curve: Bent, step: float) -> Array:
    """Return points along a curve, one at least for every `step` degrees that it turns, (n, 2).

    Its ends are exact; where it reaches farthest along x or y is among them.
    """
    at = [curve.pieces[:1]]
    for low, high in zip(curve.pieces, curve.pieces[1:], strict=False):
        count = max(math.ceil(turning(curve, low, high) / step - 1e-9), 1)
        at += [np.linspace(low, high, count + 1)[1:], _extremes(curve, low, high)]
    points, _ = curve.evaluate(np.unique(np.concatenate(at)))
    points[0], points[-1] = curve_ends(curve)
    points.flags.writeable = False
    return points


def evenly(curve: Bent, count: int) -> Array:
    """Return so many points of a curve, evenly by its parameter, (count, 2)."""
    return curve.evaluate(np.linspace(curve.pieces[0], curve.pieces[-1], count))[0]


def curve_ends(curve: Bent) -> tuple[Vec2, Vec2]:
    """Its start and end, as they are kept."""
    return curve.start, curve.end  # type: ignore[attr-defined]


@lru_cache(maxsize=_KNOWN)
def turning(curve: Bent, low: float, high: float) -> float:
    """Return by how many degrees a curve turns between two parameters, to either side."""
    _, slopes = curve.evaluate(np.linspace(low, high, _SAMPLES))
    angles = np.arctan2(slopes[:, 1], slopes[:, 0])
    turned = (np.diff(angles) + math.pi) % (2 * math.pi) - math.pi
    return float(np.degrees(np.abs(turned).sum()))


def _extremes(curve: Bent, low: float, high: float) -> Array:
    """Parameters within a piece where it turns back along x or y: by halving."""
    at = np.linspace(low, high, _SAMPLES)
    _, slopes = curve.evaluate(at)
    found = [np.zeros(0)]
    for axis in (0, 1):
        signs = np.sign(slopes[:, axis])
        there = np.flatnonzero(signs[:-1] * signs[1:] < 0)
        left, right = at[there], at[there + 1]
        for _ in range(50 if len(there) else 0):
            middle = (left + right) / 2
            same = np.sign(curve.evaluate(middle)[1][:, axis]) == signs[there]
            left, right = np.where(same, middle, left), np.where(same, right, middle)
        found.append(left)
    return np.concatenate(found)
