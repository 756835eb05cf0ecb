"""The places of a build123d script: planes, locations, axes and patterns of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.geometry import XY, Plane, Vec3
from cadcomplete.readers.scripts import frames
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.values import (
    MOST,
    Function,
    Namespace,
    Value,
    Vector,
    flag,
    is_point,
    items,
    number,
    vec3,
    whole,
)

LOOSE = "the x axis of a face that is selected"

_Attributes = Mapping[str, Callable[[Any], Any]]


class Placeable(Value):
    """What can be put at a place in space."""

    __slots__ = ()

    def moved(self, frame: Plane) -> Any:
        """Return it put there."""
        raise NotImplementedError


# --- places -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame(Value):
    """A plane, or a place and direction: both are frames that things are put into.

    Of a `loose` one it is not known where its x axis points.
    """

    plane: Plane
    loose: bool = False

    ATTRIBUTES: ClassVar[_Attributes] = {
        "origin": lambda self: Vector(*self.plane.origin),
        "x_dir": lambda self: Vector(*self.fixed().x_axis),
        "y_dir": lambda self: Vector(*self.fixed().y_axis),
        "z_dir": lambda self: Vector(*self.plane.normal),
        "location": lambda self: self,
    }
    METHODS: ClassVar[Mapping[str, Function]] = {
        "rotated": Function(
            "rotated", lambda _, self, rotation=(0, 0, 0): self.rotated(vec3(rotation))
        ),
        "offset": Function(
            "offset", lambda _, self, amount: Frame(self.plane.raised(number(amount)), self.loose)
        ),
    }

    def rotated(self, degrees: Vec3) -> Frame:
        """Return the plane turned about the world's axes, one after the other, at its place."""
        turned = frames.rotation(degrees)
        own = replace(self.fixed(), origin=(0.0, 0.0, 0.0))
        return Frame(replace(frames.compose(turned, own), origin=self.plane.origin))

    def fixed(self) -> Plane:
        """Return the plane. Raises UnsupportedError if it is loose."""
        if self.loose:
            raise UnsupportedError([LOOSE])
        return self.plane

    def __mul__(self, other: object) -> Any:
        if isinstance(other, Frame):
            return Frame(frames.compose(self.fixed(), other.fixed()))
        if isinstance(other, Placeable):
            return other.moved(self.fixed())
        if isinstance(other, list):
            spend(len(other))
            return [self * one for one in other]
        return NotImplemented


class Faced(Value):
    """What a plane can be laid upon: a flat face of a solid."""

    __slots__ = ()

    def faced(self, x_axis: Vec3 | None = None) -> Frame:
        """Return the plane that the library lays upon it. Raises UnsupportedError."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Places(Value):
    """Places at which what is drawn inside `with` is drawn, or that are multiplied with it."""

    places: tuple[Plane, ...]

    def listed(self) -> list[Any]:
        return [Frame(place) for place in self.places]

    takes: ClassVar[bool] = False

    def enter(self, session: Session) -> None:
        """Count from the places that are around these."""

    def leave(self, session: Session) -> None:
        """Nothing is left over."""

    def __mul__(self, other: object) -> list[Any]:
        spend(10 * len(self.places))
        return [Frame(place) * other for place in self.places]


@dataclass(frozen=True, slots=True)
class Line3D(Value):
    """An axis: a point of it, and a unit vector along it."""

    start: Vec3
    direction: Vec3

    ATTRIBUTES: ClassVar[_Attributes] = {
        "position": lambda self: Vector(*self.start),
        "direction": lambda self: Vector(*self.direction),
    }


AXIS_Z = Line3D((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
_AXES = {
    "X": Line3D((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "Y": Line3D((0.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "Z": AXIS_Z,
}


def _axis(_: Session, origin: Any = (0, 0, 0), direction: Any = (0, 0, 1)) -> Line3D:
    return Line3D(vec3(origin), frames.plane_of(vec3(origin), vec3(direction), None).normal)


def around(session: Session) -> tuple[Plane, ...]:
    """Return the places at which a thing is drawn now, in the innermost builder."""
    scope = session.scopes[-1] if session.scopes else None
    return scope.places if isinstance(scope, Places) else (XY,)


def _within(session: Session, places: Iterable[Plane]) -> Places:
    """Return places seen from each of those that are around them."""
    wanted = list(places)
    outer = around(session)
    if len(outer) * len(wanted) > MOST:
        raise ReadError("too many places", expected=f"up to {MOST}", got=len(outer) * len(wanted))
    return Places(tuple(frames.compose(o, place) for o in outer for place in wanted))


def _location(_: Session, *given: Any) -> Frame:
    """Location(point), (point, angles), (point, angle), (plane), (x, y, z) or (location)."""
    if len(given) == 1 and isinstance(given[0], Frame):
        return given[0]
    if len(given) == 2 and is_point(given[0]):
        turned = (0.0, 0.0, number(given[1])) if not is_point(given[1]) else vec3(given[1])
        return Frame(frames.rotation(turned, vec3(given[0])))
    return Frame(replace(XY, origin=_spread(given)))


def _spread(given: tuple[Any, ...]) -> Vec3:
    """A point given as one value or coordinate by coordinate."""
    if not given:
        return (0.0, 0.0, 0.0)
    return vec3(given[0]) if len(given) == 1 and is_point(given[0]) else vec3((*given, 0)[:3])


def _pos(_: Session, *given: Any, X: Any = 0, Y: Any = 0, Z: Any = 0) -> Frame:
    return Frame(replace(XY, origin=_spread(given) if given else vec3((X, Y, Z))))


def _rot(_: Session, *given: Any, X: Any = 0, Y: Any = 0, Z: Any = 0) -> Frame:
    return Frame(frames.rotation(_spread(given) if given else vec3((X, Y, Z))))


def _vector(_: Session, *given: Any) -> Vector:
    return Vector(*_spread(given))


def _plane(
    _: Session, origin: Any = (0, 0, 0), x_dir: Any = None, z_dir: Any = None, *, y_dir: Any = None
) -> Frame:
    if isinstance(origin, Faced):
        return origin.faced(None if x_dir is None else vec3(x_dir))
    if isinstance(origin, Frame):
        return origin
    along = None if x_dir is None else vec3(x_dir)
    normal = (0.0, 0.0, 1.0) if z_dir is None else vec3(z_dir)
    if y_dir is not None:
        if along is None or z_dir is not None:
            raise ReadError("wrong arguments of Plane", expected="y_dir beside x_dir alone")
        (a, b, c), (p, q, r) = along, vec3(y_dir)
        normal = (b * r - c * q, c * p - a * r, a * q - b * p)
    return Frame(frames.plane_of(vec3(origin), normal, along))


_NAMED = {
    "XY": ((1, 0, 0), (0, 0, 1)),
    "YZ": ((0, 1, 0), (1, 0, 0)),
    "ZX": ((0, 0, 1), (0, 1, 0)),
    "XZ": ((1, 0, 0), (0, -1, 0)),
    "YX": ((0, 1, 0), (0, 0, -1)),
    "ZY": ((0, 0, 1), (-1, 0, 0)),
    "front": ((1, 0, 0), (0, -1, 0)),
    "back": ((-1, 0, 0), (0, 1, 0)),
    "left": ((0, -1, 0), (-1, 0, 0)),
    "right": ((0, 1, 0), (1, 0, 0)),
    "top": ((1, 0, 0), (0, 0, 1)),
    "bottom": ((1, 0, 0), (0, 0, -1)),
}


def _locations(session: Session, *given: Any) -> Places:
    flat = _flat(given)
    return _within(session, (p.fixed() if isinstance(p, Frame) else _at(p) for p in flat))


def _at(point: Any) -> Plane:
    return replace(XY, origin=vec3(point))


def _flat(values: Iterable[Any]) -> list[Any]:
    result: list[Any] = []
    for value in values:
        if isinstance(value, Faced):
            value = value.faced()
        single = isinstance(value, Frame) or is_point(value)
        if isinstance(value, Places):
            result += [Frame(place) for place in value.places]
        else:
            result += [value] if single else _flat(items(value))
    return result


def _grid(
    session: Session, x_spacing: Any, y_spacing: Any, x_count: Any, y_count: Any, align: Any = None
) -> Places:
    sizes = [number(x_spacing) * (whole(x_count) - 1), number(y_spacing) * (whole(y_count) - 1)]
    if x_count * y_count > MOST:
        raise ReadError("too many places", expected=f"up to {MOST}", got=x_count * y_count)
    x, y = (a.start(0, size) for a, size in zip(aligns(align, 2), sizes, strict=True))
    cells = itertools.product(range(x_count), range(y_count))
    return _within(session, (_at((x + i * x_spacing, y + j * y_spacing)) for i, j in cells))


def _polar(
    session: Session,
    radius: Any,
    count: Any,
    start_angle: Any = 0.0,
    angular_range: Any = 360.0,
    rotate: Any = True,
    endpoint: Any = False,
) -> Places:
    number_of = whole(count)
    gaps = number_of - flag(endpoint)
    step = 0.0 if number_of == 1 else number(angular_range) / gaps
    places: list[Plane] = []
    for turned in (number(start_angle) + step * i for i in range(number_of)):
        x, y, _ = frames.to_world(frames.rotation((0.0, 0.0, turned)), (number(radius), 0.0, 0.0))
        places.append(frames.spot((x, y), turned if flag(rotate) else 0.0))
    return _within(session, places)


@dataclass(frozen=True, slots=True)
class Align(Value):
    """Where a thing lies to its place: with its least, middle or greatest coordinate on it."""

    name: str

    def start(self, low: float, high: float) -> float:
        """Return by how much what reaches from `low` to `high` is moved."""
        return {"MIN": -low, "CENTER": -(low + high) / 2, "MAX": -high, "NONE": 0.0}[self.name]


def aligns(value: Any, dimensions: int, usual: str = "CENTER") -> list[Align]:
    if value is None:
        return [Align(usual)] * dimensions
    aligns = [value] * dimensions if isinstance(value, Align) else items(value)
    if len(aligns) < dimensions or not all(isinstance(a, Align) for a in aligns):
        raise ReadError("wrong value", expected="align=Align.CENTER or one for each axis")
    return aligns[:dimensions]


PLACES: dict[str, Any] = {
    "Align": Namespace("Align", {name: Align(name) for name in ("MIN", "CENTER", "MAX", "NONE")}),
    "Plane": Namespace(
        "Plane",
        {n: Frame(frames.plane_of((0.0, 0.0, 0.0), z, x)) for n, (x, z) in _NAMED.items()},
        Function("Plane", _plane),
    ),
    "Axis": Namespace("Axis", _AXES, Function("Axis", _axis)),
    "Vector": Function("Vector", _vector),
    "Location": Function("Location", _location),
    "Pos": Function("Pos", _pos),
    "Rot": Function("Rot", _rot),
    "Rotation": Function("Rotation", _rot),
    "Locations": Function("Locations", _locations),
    "GridLocations": Function("GridLocations", _grid),
    "PolarLocations": Function("PolarLocations", _polar),
}
"""What scripts place things by."""
