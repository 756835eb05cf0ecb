"""What the expressions of a build123d script make: places, areas, curves and solids."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from cadcomplete.errors import ReadError
from cadcomplete.history.curves import Curve
from cadcomplete.history.geometry import XY, Plane, Vec3
from cadcomplete.history.operations import Boolean, Loop
from cadcomplete.readers.scripts import areas, frames, solids
from cadcomplete.readers.scripts.areas import Faces, FlatFace
from cadcomplete.readers.scripts.budget import check_curves, spend
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.solids import Steps
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

_Attributes = Mapping[str, Callable[[Any], Any]]

# --- places -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame(Value):
    """A plane, or a place and direction: both are frames that things are put into."""

    plane: Plane

    ATTRIBUTES: ClassVar[_Attributes] = {
        "origin": lambda self: Vector(*self.plane.origin),
        "x_dir": lambda self: Vector(*self.plane.x_axis),
        "y_dir": lambda self: Vector(*self.plane.y_axis),
        "z_dir": lambda self: Vector(*self.plane.normal),
        "location": lambda self: self,
    }
    METHODS: ClassVar[Mapping[str, Function]] = {
        "offset": Function(
            "offset", lambda _, self, amount: Frame(self.plane.raised(number(amount)))
        ),
    }

    def __mul__(self, other: object) -> Any:
        if isinstance(other, Frame):
            return Frame(frames.compose(self.plane, other.plane))
        if isinstance(other, Areas | Solid):
            return other.moved(self.plane)
        if isinstance(other, list):
            spend(len(other))
            return [self * one for one in other]
        return NotImplemented


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
    return _within(session, (p.plane if isinstance(p, Frame) else _at(p) for p in flat))


def _at(point: Any) -> Plane:
    return replace(XY, origin=vec3(point))


def _flat(values: Iterable[Any]) -> list[Any]:
    result: list[Any] = []
    for value in values:
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


# --- enumerations -------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Mode(Value):
    """What a new thing does to those of its builder; None if it is kept out of them."""

    boolean: Boolean | None


ADD = Mode(Boolean.JOIN)
_MODES = {
    "ADD": ADD,
    "SUBTRACT": Mode(Boolean.CUT),
    "INTERSECT": Mode(Boolean.INTERSECT),
    "PRIVATE": Mode(None),
}

# --- what is drawn ------------------------------------------------------------------------------

FACES = {Boolean.JOIN: areas.add, Boolean.CUT: areas.subtract, Boolean.INTERSECT: areas.intersect}


@dataclass(frozen=True, slots=True)
class Areas(Value):
    """A sketch: faces, and the planes they lie in."""

    placed: tuple[tuple[Plane, Faces], ...]

    ATTRIBUTES: ClassVar[_Attributes] = {"sketch": lambda self: self}

    @property
    def size(self) -> int:
        return sum(areas.size(faces) for _, faces in self.placed)

    def moved(self, frame: Plane) -> Areas:
        spend(10 * len(self.placed))
        return Areas(tuple((frames.compose(frame, plane), faces) for plane, faces in self.placed))

    def in_plane(self, plane: Plane) -> Faces:
        """Return all faces in a plane's coordinates. Raises ReadError if they lie elsewhere."""
        result: Faces = ()
        for own, faces in self.placed:
            spend(areas.size(faces))
            if not frames.coplanar(own, plane):
                over = frames.coplanar(replace(own, normal=_negative(own.normal)), plane)
                raise ReadError("a face turned over" if over else "a face off the sketch's plane")
            result += solids.moved_faces(faces, own, plane)
        return result

    def combined(self, other: object, boolean: Boolean) -> Areas:
        tools = other if isinstance(other, list) else [other]
        if not self.placed:
            raise TypeError
        plane, faces = self.placed[0][0], self.in_plane(self.placed[0][0])
        for tool in tools:
            if not isinstance(tool, Areas):
                raise TypeError
            faces = FACES[boolean](faces, tool.in_plane(plane))
        return Areas(((plane, faces),))

    def __add__(self, other: object) -> Areas:
        return self.combined(other, Boolean.JOIN)

    def __sub__(self, other: object) -> Areas:
        return self.combined(other, Boolean.CUT)

    def __and__(self, other: object) -> Areas:
        return self.combined(other, Boolean.INTERSECT)


def _negative(v: Vec3) -> Vec3:
    return (-v[0], -v[1], -v[2])


@dataclass(frozen=True, slots=True)
class Solid(Value):
    """A part: what was extruded, in order."""

    steps: Steps

    ATTRIBUTES: ClassVar[_Attributes] = {"part": lambda self: self}

    @property
    def size(self) -> int:
        return solids.curves_in(self.steps)

    def moved(self, frame: Plane) -> Solid:
        return Solid(solids.moved(self.steps, frame))

    def combined(self, other: object, boolean: Boolean) -> Solid:
        steps = self.steps
        for tool in other if isinstance(other, list) else [other]:
            if not isinstance(tool, Solid):
                raise TypeError
            steps = solids.BOOLEANS[boolean](steps, tool.steps)
        return Solid(steps)

    def __add__(self, other: object) -> Solid:
        return self.combined(other, Boolean.JOIN)

    def __sub__(self, other: object) -> Solid:
        return self.combined(other, Boolean.CUT)

    def __and__(self, other: object) -> Solid:
        return self.combined(other, Boolean.INTERSECT)


@dataclass(frozen=True, slots=True)
class Curves(Value):
    """Curves of a sketch, end to end: `curves @ share` is a point of them, `%` the way they go."""

    curves: tuple[Curve, ...]

    @property
    def size(self) -> int:
        return len(self.curves)

    def __add__(self, other: object) -> Curves:
        if not isinstance(other, Curves):
            raise TypeError
        check_curves(len(self.curves) + len(other.curves))
        spend(len(self.curves) + len(other.curves))
        return Curves(self.curves + other.curves)

    def at(self, share: object) -> tuple[Curve, float]:
        """Return the curve that lies after a share of the length, and the share of that."""
        after = number(share, "a share of a length")
        if not 0 <= after <= 1 or not self.curves:
            raise ReadError("wrong value", expected="a share of a length from 0 to 1", got=share)
        spend(2 * len(self.curves))
        left = after * sum(curve.length for curve in self.curves)
        for curve in self.curves[:-1]:
            if left < curve.length:
                return curve, left / curve.length
            left -= curve.length
        return self.curves[-1], min(left / self.curves[-1].length, 1.0)

    def __matmul__(self, share: object) -> Vector:
        curve, after = self.at(share)
        ends = {0.0: curve.start, 1.0: curve.end}
        return Vector(*(ends.get(after) or areas.point_of(curve, after)), 0.0)

    def __mod__(self, share: object) -> Vector:
        return Vector(*areas.direction_of(*self.at(share)), 0.0)


def draw(
    session: Session, loop: Loop, align: Any, degrees: Any, mode: Any, usual: str = "CENTER"
) -> Areas:
    """Align a loop's box to its place, turn it there, and give it to the builder around it."""
    spend(80)
    left, low, right, high = loop.box
    across, up = aligns(align, 2, usual)
    moved = frames.spot((across.start(left, right), up.start(low, high)))
    frame = frames.compose(frames.spot((0.0, 0.0), number(degrees)), moved)
    curves = tuple(frames.placed(curve, frame) for curve in loop.curves)
    return publish(session, Areas(((XY, (FlatFace.of(Loop(curves)),)),)), mode)


def boolean_of(mode: Any) -> Boolean | None:
    """Return what a mode does. Raises ReadError if it is none."""
    if not isinstance(mode, Mode):
        raise ReadError("wrong value", expected="mode=Mode.ADD, SUBTRACT, INTERSECT or PRIVATE")
    return mode.boolean


def publish(session: Session, made: Any, mode: Any) -> Any:
    """Give a thing to the builder around it, at all places that hold there, and return it."""
    boolean = boolean_of(mode)
    scopes = [scope for scope in session.scopes if not isinstance(scope, Places)]
    if not scopes:
        return made
    if boolean is not None:
        session.drawing(made.size * len(around(session)))
        scopes[-1].take(session, made, around(session), boolean)
    return made


OBJECTS: dict[str, Any] = {
    "Mode": Namespace("Mode", _MODES),
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
    "MM": 1,
    "CM": 10,
    "M": 1000,
    "IN": 25.4,
}
