"""Planes and boxes, in millimetres. Only numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cadcomplete.errors import GeometryError

Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plane:
    """A right-handed frame in space; a sketch is drawn in its x and y.

    `normal` and `x_axis` are unit vectors at right angles. `origin` is in millimetres.
    """

    origin: Vec3
    normal: Vec3
    x_axis: Vec3

    @staticmethod
    def of(origin: Vec3, normal: Vec3, x_axis: Vec3) -> Plane:
        """Return the plane with both axes made unit and perpendicular (Gram-Schmidt).

        Raises GeometryError if an axis is zero or both are parallel.
        """
        normal, x_axis = _unit(normal, "normal"), _unit(x_axis, "x axis")
        along = dot(normal, x_axis)
        if abs(along) > 1e-8:
            x, y, z = x_axis
            x_axis = (x - along * normal[0], y - along * normal[1], z - along * normal[2])
        return Plane(origin, normal, _unit(x_axis, "x axis"))

    @property
    def y_axis(self) -> Vec3:
        return cross(self.normal, self.x_axis)

    @property
    def offset(self) -> float:
        """Signed distance of the plane from the world's origin, along its normal (mm)."""
        return dot(self.normal, self.origin)

    def raised(self, height: float) -> Plane:
        """Return the plane moved along its normal, in mm."""
        (x, y, z), (a, b, c) = self.origin, self.normal
        origin = (x + height * a, y + height * b, z + height * c)
        return Plane(origin, self.normal, self.x_axis)

    def to_world(self, points: Array) -> Array:
        """Map sketch points, shape (n, 2), to world points, shape (n, 3)."""
        axes = np.array([self.x_axis, self.y_axis])
        return np.asarray(points) @ axes + np.array(self.origin)

    def to_local(self, points: Array) -> Array:
        """Map world points, shape (n, 3), to (n, 3): x, y in the sketch, z along the normal."""
        axes = np.array([self.x_axis, self.y_axis, self.normal])
        return (np.asarray(points) - np.array(self.origin)) @ axes.T


def facing(a: Vec3, b: Vec3, *, turned: float = 1e-9) -> int:
    """Return how two unit normals face: 1 the same way, -1 opposite ways, 0 neither.

    `turned` is by how much their cosine may be off.
    """
    along = dot(a, b)
    return int(math.copysign(1.0, along)) if abs(abs(along) - 1.0) < turned else 0


def same_plane(a: Plane, b: Plane, *, turned: float = 1e-9, apart: float = 1e-7) -> int:
    """Return 1 if two planes are one and face the same way, -1 if opposite ways; 0 if they are two.

    The origin of `b` may be up to `apart` off plane `a`, in mm.
    """
    (x, y, z), (u, v, w) = a.origin, b.origin
    near = abs(dot((u - x, v - y, w - z), a.normal)) <= apart
    return facing(a.normal, b.normal, turned=turned) if near else 0


def plane_across(normal: Vec3, position: float) -> Plane:
    """Return the plane across a unit normal, `position` mm along it from the world's origin.

    Its x axis is one of many.
    """
    x, y, z = (position * along for along in normal)
    least = min(range(3), key=lambda axis: abs(normal[axis]))
    aside = (float(least == 0), float(least == 1), float(least == 2))
    return Plane.of((x, y, z), normal, cross(normal, aside))


XY = Plane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0))


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """An axis-parallel box, corners in millimetres."""

    minimum: Vec3
    maximum: Vec3

    @staticmethod
    def of(points: Array) -> BoundingBox:
        """Return the box around points of shape (n, 3); n must not be 0."""
        low, high = points.min(axis=0), points.max(axis=0)
        return BoundingBox(tuple(low.tolist()), tuple(high.tolist()))

    @property
    def size(self) -> Vec3:
        a, b = self.minimum, self.maximum
        return (b[0] - a[0], b[1] - a[1], b[2] - a[2])

    @property
    def center(self) -> Vec3:
        a, b = self.minimum, self.maximum
        return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2)

    @property
    def diagonal(self) -> float:
        return math.hypot(*self.size)


def dot(a: Vec3, b: Vec3) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vec3, b: Vec3) -> Vec3:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def distance(a: Vec2, b: Vec2) -> float:
    return math.hypot(b[0] - a[0], b[1] - a[1])


def _unit(vector: Vec3, name: str) -> Vec3:
    length = math.hypot(*vector)
    if not 1e-9 < length < math.inf:
        raise GeometryError(f"the {name} of a plane is {vector}: it has no direction")
    if abs(length - 1.0) < 1e-8:  # what nine decimals hold
        return vector
    return (vector[0] / length, vector[1] / length, vector[2] / length)


def rotation(vector: Array) -> Array:
    """Return the matrix (3, 3) that turns about a vector by its length, in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-15:
        return np.eye(3)
    x, y, z = vector / angle
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * across + (1 - np.cos(angle)) * across @ across


@dataclass(frozen=True, slots=True)
class Symmetry:
    """One of the 48 symmetries of the cube: axis i of the image is ± axis `order[i]`."""

    order: tuple[int, int, int]
    signs: tuple[int, int, int]

    @property
    def mirrors(self) -> bool:
        """Whether left becomes right."""
        turn = 1 if self.order in ((0, 1, 2), (1, 2, 0), (2, 0, 1)) else -1
        return turn * self.signs[0] * self.signs[1] * self.signs[2] < 0

    @property
    def turns_about_z(self) -> bool:
        """Whether it turns a part about z, by any quarter turns or none.

        Of a part that is turned so, what is seen from one corner or side is what was seen of the
        part itself from another one (`meshes.render.VIEWS`, but for those from top and bottom).
        """
        return self.order[2] == 2 and self.signs[2] == 1 and not self.mirrors

    @property
    def matrix(self) -> Array:
        """What moves a column vector, shape (3, 3)."""
        return np.eye(3)[list(self.order)] * np.array(self.signs)[:, None] + 0.0

    def apply(self, vector: Vec3) -> Vec3:
        x, y, z = (s * vector[i] + 0.0 for i, s in zip(self.order, self.signs, strict=True))
        return (x, y, z)

    def apply_all(self, vectors: Array) -> Array:
        """Move vectors of shape (..., 3); every number stays exact."""
        return np.asarray(vectors)[..., list(self.order)] * np.array(self.signs) + 0.0
