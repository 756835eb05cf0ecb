"""Motions of space that keep lengths: shifts, turns, and mirrors, in millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array, Plane, Vec3, rotation

_ROUNDING = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """A point goes to `turn` @ point + `shift`.

    Attributes:
        turn: orthogonal, shape (3, 3).
        shift: mm, shape (3,).
    """

    turn: Array
    shift: Array

    @property
    def mirrors(self) -> bool:
        """Whether left becomes right."""
        return bool(np.linalg.det(self.turn) < 0)

    @property
    def inverse(self) -> Motion:
        return Motion(self.turn.T, -self.turn.T @ self.shift)

    @property
    def matrix(self) -> Array:
        """The same as a matrix (3, 4)."""
        return np.column_stack([self.turn, self.shift])

    def apply(self, points: Array) -> Array:
        """Move points (n, 3)."""
        return np.asarray(points) @ self.turn.T + self.shift

    def plane(self, plane: Plane) -> Plane:
        """Move a plane. Of a mirrored one y points the other way: what is drawn is mirrored too."""
        origin, *axes = np.array([plane.origin, plane.normal, plane.x_axis])
        moved = (self.turn @ origin + self.shift, *(self.turn @ axis for axis in axes))
        return Plane(*(_vector(one + 0.0) for one in moved))


def mirroring(plane: Plane) -> Motion:
    """Return the mirror at a plane."""
    normal = np.array(plane.normal)
    return Motion(np.eye(3) - 2 * np.outer(normal, normal), 2 * plane.offset * normal)


def shifting(by: Vec3) -> Motion:
    """Return the shift by a vector, in mm."""
    return Motion(np.eye(3), np.array(by))


def turning(origin: Vec3, axis: Vec3, degrees: float) -> Motion:
    """Return the turn about an axis, a unit vector, through a point; counter-clockwise."""
    turn = rotation(math.radians(degrees) * np.array(axis))
    known = np.round(2 * turn) / 2 + 0.0  # a quarter turn, and a sixth, is exact
    turn = np.where(np.abs(turn - known) < _ROUNDING, known, turn)
    return Motion(turn, np.array(origin) - turn @ np.array(origin))


def _vector(values: Array) -> Vec3:
    x, y, z = values.tolist()
    return (x, y, z)
