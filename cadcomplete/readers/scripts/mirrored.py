"""The image of what a script has made on the other side of a plane."""

from __future__ import annotations

from dataclasses import replace

from cadcomplete.history.geometry import Plane, Vec3, cross, dot
from cadcomplete.history.operations import Extent, ExtentType


def reflected_point(mirror: Plane, point: Vec3) -> Vec3:
    """Return where a point lies on the other side of a plane."""
    off = 2 * (dot(mirror.normal, point) - mirror.offset)
    return _less(point, mirror.normal, off)


def reflected_way(mirror: Plane, way: Vec3) -> Vec3:
    """Return a direction as it is seen in a mirror."""
    return _less(way, mirror.normal, 2 * dot(mirror.normal, way))


def reflected_plane(mirror: Plane, plane: Plane) -> Plane:
    """Return where a plane comes to lie, with what is drawn in it: in the same x and y.

    So that it stays right-handed, its normal is the opposite of what the mirror shows.
    """
    x, y = (reflected_way(mirror, axis) for axis in (plane.x_axis, plane.y_axis))
    return Plane.of(reflected_point(mirror, plane.origin), cross(x, y), x)


def reflected_extent(extent: Extent) -> Extent:
    """Return how far a sweep reaches from a plane whose normal is the opposite."""
    if extent.type is ExtentType.SYMMETRIC:
        return extent
    if extent.type is ExtentType.ONE_SIDED:
        return replace(extent, distance=-extent.distance)
    return Extent(extent.type, extent.against, extent.distance)


def _less(point: Vec3, normal: Vec3, by: float) -> Vec3:
    (x, y, z), (a, b, c) = point, normal
    return (x - by * a, y - by * b, z - by * c)
