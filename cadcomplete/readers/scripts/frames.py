"""Places in space: a `Plane` seen as a frame that others are put into."""

from __future__ import annotations

import math

from cadcomplete.errors import GeometryError, ReadError
from cadcomplete.history.curves import Curve
from cadcomplete.history.geometry import XY, Plane, Vec2, Vec3, dot, same_plane
from cadcomplete.history.operations import Loop


def plane_of(origin: Vec3, normal: Vec3, x_axis: Vec3 | None) -> Plane:
    """Return a plane; without an x axis the kernel's own choice. Raises ReadError."""
    try:
        x_axis = across(normal) if x_axis is None else x_axis
        return Plane.of(_floats(origin), _floats(normal), _floats(x_axis))
    except GeometryError as error:
        raise ReadError(str(error)) from None


def _floats(v: Vec3) -> Vec3:
    return (float(v[0]), float(v[1]), float(v[2]))


def across(normal: Vec3) -> Vec3:
    """Return the x axis that the kernel chooses for a normal (gp_Ax3 without a direction for x).

    It is at right angles to the normal and to the axis along which the normal reaches least: y
    before x before z where they are the same.
    """
    a, b, c = normal
    least = min(abs(b), abs(a), abs(c))
    if abs(b) == least:
        return (-c, 0.0, a) if abs(a) > abs(c) else (c, 0.0, -a)
    if abs(a) == least:
        return (0.0, -c, b) if abs(b) > abs(c) else (0.0, c, -b)
    return (-b, a, 0.0) if abs(a) > abs(b) else (b, -a, 0.0)


def compose(outer: Plane, inner: Plane) -> Plane:
    """Return where `inner` comes to lie when it is put into `outer`."""
    origin = to_world(outer, inner.origin)
    if inner.normal == XY.normal and inner.x_axis == XY.x_axis:
        return Plane(origin, outer.normal, outer.x_axis)
    return Plane.of(origin, _turned(outer, inner.normal), _turned(outer, inner.x_axis))


def to_world(plane: Plane, point: Vec3) -> Vec3:
    x, y, z = _turned(plane, point)
    ox, oy, oz = plane.origin
    return (ox + x, oy + y, oz + z)


def to_local(plane: Plane, point: Vec3) -> Vec3:
    ox, oy, oz = plane.origin
    from_origin = (point[0] - ox, point[1] - oy, point[2] - oz)
    return (
        dot(from_origin, plane.x_axis),
        dot(from_origin, plane.y_axis),
        dot(from_origin, plane.normal),
    )


def spot(at: Vec2, degrees: float = 0.0) -> Plane:
    """Return a place in a sketch, turned counter-clockwise."""
    return rotation((0.0, 0.0, degrees), (at[0], at[1], 0.0))


def rotation(degrees: Vec3, at: Vec3 = (0.0, 0.0, 0.0)) -> Plane:
    """Return the frame turned about x, then its own y, then its own z, in degrees."""
    (sx, cx), (sy, cy), (sz, cz) = ((_sin(d), _sin(d + 90)) for d in degrees)
    return Plane(
        at, (sy, -sx * cy, cx * cy), (cy * cz, cx * sz + sx * sy * cz, sx * sz - cx * sy * cz)
    )


def turn(start: Vec3, end: Vec3, degrees: float) -> Plane:
    """Return the frame that a turn about the axis from `start` to `end` makes.

    Raises ReadError if both are the same.
    """
    axis = plane_of(start, (end[0] - start[0], end[1] - start[1], end[2] - start[2]), None)
    return compose(compose(axis, rotation((0.0, 0.0, degrees))), _inverse(axis))


def _inverse(frame: Plane) -> Plane:
    """Return the frame that undoes a frame: the world as it is seen from there."""
    x, y, z = frame.x_axis, frame.y_axis, frame.normal
    return Plane(to_local(frame, (0.0, 0.0, 0.0)), (x[2], y[2], z[2]), (x[0], y[0], z[0]))


def _sin(degrees: float) -> float:
    """The sine, exact at multiples of 90 degrees."""
    quarters = degrees / 90
    if quarters == round(quarters):
        return (0.0, 1.0, 0.0, -1.0)[round(quarters) % 4]
    return math.sin(math.radians(degrees))


def coplanar(a: Plane, b: Plane) -> bool:
    """Say whether two planes are the same, their normals in the same direction."""
    return a == b or same_plane(a, b) == 1  # with axes to eight digits no plane is like itself


def relocated(loop: Loop, source: Plane, target: Plane) -> Loop:
    """Return a loop of one plane in the coordinates of another that is coplanar."""
    if source == target:
        return loop

    def moved(point: Vec2) -> Vec2:
        x, y, _ = to_local(target, to_world(source, (*point, 0.0)))
        return (x, y)

    return loop.moved(moved)


def placed(curve: Curve, frame: Plane) -> Curve:
    """Return a curve put at a place of its sketch. Raises ReadError if that is not in its plane."""
    if frame == XY:
        return curve
    if not coplanar(XY, frame):
        raise ReadError("a place off the plane of the sketch", got=frame.origin)

    def moved(point: Vec2) -> Vec2:
        x, y, _ = to_world(frame, (*point, 0.0))
        return (x, y)

    return curve.mapped(moved)


def flipped(curve: Curve) -> Curve:
    """Return a curve as it is seen in the plane turned over about its x axis."""
    return curve.mapped(lambda point: (point[0], -point[1]))


def _turned(plane: Plane, v: Vec3) -> Vec3:
    a, b, c = plane.x_axis, plane.y_axis, plane.normal
    x, y, z = (v[0] * a[i] + v[1] * b[i] + v[2] * c[i] for i in range(3))
    return (x, y, z)
