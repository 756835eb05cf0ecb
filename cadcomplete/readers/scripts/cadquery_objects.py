"""Planes, places and patterns of a CadQuery script."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from cadcomplete.errors import ReadError
from cadcomplete.history.geometry import XY, Plane, Vec3
from cadcomplete.readers.scripts import frames
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.values import (
    MOST,
    Function,
    Namespace,
    Value,
    Vector,
    flag,
    is_point,
    number,
    vec3,
    whole,
)


@dataclass(frozen=True, slots=True)
class PlaneValue(Value):
    """A plane."""

    plane: Plane

    METHODS: ClassVar[Mapping[str, Function]] = {}


@dataclass(frozen=True, slots=True)
class Location(Value):
    """A place in a workplane or sketch, turned or not."""

    frame: Plane


_NAMED: dict[str, tuple[Vec3, Vec3]] = {
    "XY": ((1, 0, 0), (0, 0, 1)),
    "YZ": ((0, 1, 0), (1, 0, 0)),
    "ZX": ((0, 0, 1), (0, 1, 0)),
    "XZ": ((1, 0, 0), (0, -1, 0)),
    "YX": ((0, 1, 0), (0, 0, -1)),
    "ZY": ((0, 0, 1), (-1, 0, 0)),
    "front": ((1, 0, 0), (0, 0, 1)),
    "back": ((-1, 0, 0), (0, 0, -1)),
    "left": ((0, 0, 1), (-1, 0, 0)),
    "right": ((0, 0, -1), (1, 0, 0)),
    "top": ((1, 0, 0), (0, 1, 0)),
    "bottom": ((1, 0, 0), (0, -1, 0)),
}


def named(name: Any, origin: Any = (0, 0, 0)) -> Plane:
    """Return a plane by its name. Raises ReadError, which lists the names."""
    if not isinstance(name, str) or name not in _NAMED:
        raise ReadError("unknown plane", expected=", ".join(_NAMED), got=name)
    x_axis, normal = _NAMED[name]
    return frames.plane_of(vec3(origin), normal, x_axis)


def _plane(_: Session, origin: Any, xDir: Any = None, normal: Any = (0, 0, 1)) -> PlaneValue:
    x_axis = None if xDir is None else vec3(xDir)
    return PlaneValue(frames.plane_of(vec3(origin), vec3(normal), x_axis))


def _of_name(name: str) -> Function:
    def run(_: Session, origin: Any = (0, 0, 0), xDir: Any = None) -> PlaneValue:
        plane = named(name, origin)
        x_axis = plane.x_axis if xDir is None else vec3(xDir)
        return PlaneValue(frames.plane_of(plane.origin, plane.normal, x_axis))

    return Function(name, run)


def _vector(_: Session, *given: Any) -> Vector:
    return Vector(*vec3(given[0] if len(given) == 1 else given or (0, 0)))


def _location(_: Session, *given: Any) -> Location:
    """Location(point), (plane), (point, axis, angle) about z, or (x, y, z)."""
    if len(given) == 1 and isinstance(given[0], PlaneValue):
        return Location(given[0].plane)
    if len(given) == 3 and is_point(given[0]) and is_point(given[1]):
        if vec3(given[1]) != XY.normal:
            raise ReadError("wrong arguments of Location", expected="a turn about (0, 0, 1)")
        return Location(frames.rotation((0.0, 0.0, number(given[2])), vec3(given[0])))
    point = given[0] if len(given) == 1 else given or (0, 0)
    return Location(replace(XY, origin=vec3(point)))


MODULE: dict[str, Any] = {
    "Plane": Namespace(
        "Plane",
        {
            "named": Function(
                "named", lambda _, name, origin=(0, 0, 0): PlaneValue(named(name, origin))
            ),
            **{name: _of_name(name) for name in _NAMED},
        },
        Function("Plane", _plane),
    ),
    "Vector": Function("Vector", _vector),
    "Location": Function("Location", _location),
}


def frame_of(place: Any) -> Plane:
    """Return where a point or location of a list lies."""
    return place.frame if isinstance(place, Location) else replace(XY, origin=vec3(place))


def grid(xs: Any, ys: Any, nx: Any, ny: Any, centered: tuple[bool, bool]) -> list[Location]:
    """Return a rectangular array of places."""
    if whole(nx) * whole(ny) > MOST:
        raise ReadError("too many places", expected=f"up to {MOST}", got=nx * ny)
    dx, dy = number(xs, "a spacing"), number(ys, "a spacing")
    left = -dx * (nx - 1) / 2 if centered[0] else 0.0
    low = -dy * (ny - 1) / 2 if centered[1] else 0.0
    cells = itertools.product(range(nx), range(ny))
    return [Location(frames.spot((left + i * dx, low + j * dy))) for i, j in cells]


def ring(radius: Any, first: Any, angle: Any, n: Any, *, fill: bool, rotate: Any) -> list[Location]:
    """Return a polar array: `angle` is filled, its ends taken in unless it is a full turn."""
    step, turned, r = number(angle, "an angle"), flag(rotate), number(radius, "a radius")
    start, places = number(first, "an angle"), whole(n)
    if fill and abs(math.remainder(step, 360)) < 1e-6:
        step /= places
    elif fill:
        step = step / (places - 1) if places > 1 else 0.0
    result: list[Location] = []
    for degrees in (start + i * step for i in range(places)):
        x, y, _ = frames.to_world(frames.rotation((0.0, 0.0, degrees)), (r, 0.0, 0.0))
        result.append(Location(frames.spot((x, y), degrees if turned else 0.0)))
    return result


def pair(centered: Any) -> tuple[bool, bool]:
    """Return the first two of a `centered` that may be given once for all axes."""
    both = centered if isinstance(centered, list | tuple) else (centered, centered)
    if len(both) < 2:
        raise ReadError("wrong value", expected="centered=True, False or one for each axis")
    return flag(both[0]), flag(both[1])
