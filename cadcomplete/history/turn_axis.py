"""What a revolve turns about, and how far: an axis in the sketch's plane, and angles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError, TextError
from cadcomplete.history.fields import (
    DECIMALS,
    Decimal,
    FieldKind,
    Fixed,
    Open,
    number,
    parse_number,
    times,
)
from cadcomplete.history.geometry import Plane, Vec2, Vec3, dot
from cadcomplete.history.kinds import ends_kind, load_vector, plain_list

FULL = 360.0

NEAR = 1e-5
"""Distance in mm up to which a point is on the axis: many files store single-precision metres."""


@dataclass(frozen=True, slots=True)
class TurnAxis:
    """A line in a sketch, in its x and y, in mm; angles are positive by the right hand about it.

    Attributes:
        point: any point of it.
        direction: a unit vector.
    """

    point: Vec2
    direction: Vec2

    @staticmethod
    def of(point: Vec2, direction: Vec2) -> TurnAxis:
        """Return the axis with its direction made unit. Raises GeometryError if it has none."""
        x, y = direction
        length = math.hypot(x, y)
        if not 1e-9 < length < math.inf:
            raise GeometryError(f"the direction of an axis is {direction}: it has no direction")
        if abs(length - 1.0) < 1e-8:  # what nine decimals hold
            return TurnAxis(point, direction)
        return TurnAxis(point, (x / length, y / length))

    def local(self, at: Vec2) -> Vec2:
        """Return where a point of the sketch is: along the axis, and to the left of it."""
        x, y = at[0] - self.point[0], at[1] - self.point[1]
        u, v = self.direction
        return (x * u + y * v, y * u - x * v)

    def back(self, at: Vec2) -> Vec2:
        """Return the point of the sketch that is so far along the axis and to the left of it."""
        (x, y), (u, v) = self.point, self.direction
        return (x + at[0] * u - at[1] * v, y + at[0] * v + at[1] * u)

    def mirrored(self) -> TurnAxis:
        """The axis in the sketch with y mirrored: it turns the same way, seen in the mirror."""
        (x, y), (u, v) = self.point, self.direction
        return TurnAxis((x, 0.0 - y), (0.0 - u, v))

    def scaled(self, factor: float) -> TurnAxis:
        x, y = (times(value, factor) for value in self.point)
        return TurnAxis((x, y), self.direction)

    def in_world(self, plane: Plane) -> tuple[Vec3, Vec3]:
        """Return a point of it and its direction in space, if it lies in a sketch on this plane."""
        (point,) = plane.to_world(np.array([self.point])).tolist()
        axes = np.array([plane.x_axis, plane.y_axis])
        return tuple(point), tuple((np.array(self.direction) @ axes).tolist())

    def on(self, plane: Plane, other: Plane) -> TurnAxis | None:
        """Return the same line, which lies on `plane`, in the x and y of another one.

        None if it does not lie on that.
        """
        if plane == other:
            return self
        point, direction = self.in_world(plane)
        (at,) = other.to_local(np.array([point])).tolist()
        u, v, w = (dot(direction, axis) for axis in (other.x_axis, other.y_axis, other.normal))
        if abs(at[2]) > NEAR or abs(w) > 1e-7:
            return None
        return TurnAxis.of((at[0], at[1]), (u, v))


# --- as text --------------------------------------------------------------------------------------


def write_angle(degrees: float) -> str:
    """Degrees to six decimals: 2e-8 of the radius. What is not nothing stays so."""
    least = 10.0**-DECIMALS
    if 0 < abs(degrees) < least:
        degrees = math.copysign(least, degrees)
    return f"{degrees + 0.0:.{DECIMALS}f}".rstrip("0").rstrip(".")


ANGLES = ends_kind(
    "angles",
    "angle",
    write_angle,
    first=Decimal(below=360, zero=False, reached=True),
    any_=Decimal(below=360, reached=True),
)


def write_line_direction(direction: Vec2) -> str:
    """Return the two numbers of a direction in a sketch, to nine decimals."""
    rounded = (round(c, 9) + 0.0 for c in direction)  # 10 nanometres over 10 metres
    return " ".join(f"{c:.9f}".rstrip("0").rstrip(".") for c in rounded)


def _write_axis(axis: TurnAxis) -> str:
    x, y = map(number, axis.point)
    return f"about {x} {y} {write_line_direction(axis.direction)}"


def _read_axis(words: Iterator[str]) -> TurnAxis:
    if (word := next(words)) != "about":
        raise TextError("a revolve needs its axis", expected="about", got=word)
    x, y, u, v = [parse_number(next(words)) for _ in range(4)]
    return TurnAxis.of((x, y), (u, v))


def _dump_axis(axis: TurnAxis) -> dict[str, list[float]]:
    return {name: plain_list(getattr(axis, name)) for name in ("point", "direction")}


def _load_axis(value: Any) -> TurnAxis:
    point, direction = (load_vector(value[name], 2) for name in ("point", "direction"))
    return TurnAxis.of(point, direction)  # type: ignore[arg-type]


AXIS = FieldKind(
    write=_write_axis,
    read=_read_axis,
    dump=_dump_axis,
    load=_load_axis,
    slots={
        "lines": (Fixed("about "), Decimal(), Fixed(" "), Decimal(), Fixed(" "), Open("lines")),
        "json": (
            Fixed('{"point":['),
            *(Decimal(), Fixed(","), Decimal(), Fixed('],"direction":[')),
            *(Open("lines"), Fixed("]}")),
        ),
    },
)
