"""Planes and cylinders: what the faces of a part lie on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array, Vec3


@dataclass(frozen=True, slots=True)
class Flat:
    """A plane that faces of a part lie on: normal · point = offset.

    `normal` is unit and points out of the part. `points` says how many of a cloud lie on it; 0
    for a face of a history. `span` is the box of these points.
    """

    normal: Vec3
    offset: float
    points: int = 0
    span: tuple[Vec3, Vec3] | None = None


@dataclass(frozen=True, slots=True)
class Cylinder:
    """A cylinder that faces of a part lie on.

    `axis` is unit, `center` a point on it. `convex`: the part is inside. `span` as for `Flat`;
    `turn` is how much of a full turn its points cover, from 0 to 1.
    """

    axis: Vec3
    center: Vec3
    radius: float
    convex: bool
    points: int = 0
    span: tuple[Vec3, Vec3] | None = None
    turn: float = 1.0


def box_of(points: Array) -> tuple[Vec3, Vec3]:
    """Return the lowest and the highest corner of the box around points (n, 3), in mm."""
    low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def vec3(values: Array) -> Vec3:
    """Return an array of shape (3,) as three plain numbers."""
    x, y, z = np.asarray(values, dtype=np.float64).tolist()
    return (x, y, z)


def rounded(value: float, tolerance: float) -> float:
    """Return the roundest number within `tolerance`: millimetres, or 1/64 inch, or the value."""
    for step in (10.0, 5.0, 1.0, 0.5, 0.1, 0.05, 0.01, 0.001, 0.0001):
        nearest = round(value / step) * step
        if abs(nearest - value) <= tolerance * min(1.0, max(step, 0.05)):
            return float(round(nearest, 6)) + 0.0
    return value
