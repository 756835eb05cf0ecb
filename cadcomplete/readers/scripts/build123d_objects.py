"""What the expressions of a build123d script make: places, areas, curves and solids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Curve
from cadcomplete.history.geometry import XY, Plane, Vec3
from cadcomplete.history.operations import Boolean, Loop
from cadcomplete.readers.scripts import areas, frames, overlay, solids
from cadcomplete.readers.scripts.areas import Faces, FlatFace
from cadcomplete.readers.scripts.budget import check_curves, spend
from cadcomplete.readers.scripts.build123d_places import PLACES, Placeable, Places, aligns, around
from cadcomplete.readers.scripts.finishing import MirrorStep
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.solids import Steps
from cadcomplete.readers.scripts.values import (
    Function,
    Namespace,
    Value,
    Vector,
    number,
)

_Attributes = Mapping[str, Callable[[Any], Any]]

# --- enumerations -------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class GeomKind(Value):
    """A kind of face or edge that a list is filtered by."""

    name: str


@dataclass(frozen=True, slots=True)
class SortKey(Value):
    """What a list is sorted by, if not by an axis."""

    name: str


# --- what is drawn ------------------------------------------------------------------------------

FACES = {
    Boolean.JOIN: areas.add,
    Boolean.CUT: overlay.subtract,
    Boolean.INTERSECT: overlay.intersect,
}


@dataclass(frozen=True, slots=True)
class Areas(Placeable):
    """A sketch: faces, and the planes they lie in."""

    placed: tuple[tuple[Plane, Faces], ...]

    METHODS: ClassVar[Mapping[str, Function]]
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
        if not self.placed and boolean is Boolean.JOIN and tools and isinstance(tools[0], Areas):
            return Areas(tools[0].placed).combined(tools[1:], boolean) if tools[1:] else tools[0]
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
class Solid(Placeable):
    """A part: what was extruded, in order; of a mirror image also what it shows, and the mirror."""

    steps: Steps
    image: tuple[Steps, Plane] | None = field(default=None, compare=False)

    ATTRIBUTES: ClassVar[_Attributes] = {"part": lambda self: self}

    @property
    def size(self) -> int:
        return solids.curves_in(self.steps)

    def moved(self, frame: Plane) -> Solid:
        return Solid(solids.moved(self.steps, frame))

    def combined(self, other: object, boolean: Boolean) -> Solid:
        steps = self.steps
        if not steps and boolean is not Boolean.JOIN:
            raise ReadError(f"there is nothing to {boolean.value}")
        for tool in other if isinstance(other, list) else [other]:
            if not isinstance(tool, Solid):
                raise TypeError
            if boolean is Boolean.JOIN and tool.image is not None and tool.image[0] == steps:
                steps = (*steps, MirrorStep(tool.image[1]))
            else:
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
    session: Session,
    loop: Loop,
    align: Any,
    degrees: Any,
    mode: Any,
    usual: str = "CENTER",
    made: str | None = None,
) -> Areas:
    """Align a loop's box to its place, turn it there, and give it to the builder around it.

    `made` says as what it is drawn if the x axis of its surface is known: its own.
    """
    spend(80)
    left, low, right, high = loop.box
    across, up = aligns(align, 2, usual)
    moved = frames.spot((across.start(left, right), up.start(low, high)))
    frame = frames.compose(frames.spot((0.0, 0.0), number(degrees)), moved)
    curves = tuple(frames.placed(curve, frame) for curve in loop.curves)
    face = FlatFace.of(Loop(curves))
    if made is not None:
        face = replace(face, x=frame.x_axis[:2], made=made)
    return publish(session, Areas(((XY, (face,)),)), mode)


def boolean_of(mode: Any) -> Boolean | None:
    """Return what a mode does. Raises ReadError if it is none."""
    if not isinstance(mode, Mode):
        raise ReadError("wrong value", expected="mode=Mode.ADD, SUBTRACT, INTERSECT or PRIVATE")
    return mode.boolean


def publish(session: Session, made: Any, mode: Any) -> Any:
    """Give a thing to the builder around it, at all places that hold there, and return it there."""
    boolean, places = boolean_of(mode), around(session)
    scopes = [scope for scope in session.scopes if not isinstance(scope, Places)]
    if scopes and boolean is not None:
        session.drawing(made.size * len(places))
        scopes[-1].take(session, made, places, boolean)
    return made if places == (XY,) else _at_places(made, places)


def _at_places(made: Any, places: tuple[Plane, ...]) -> Any:
    check_curves(made.size * len(places))
    if isinstance(made, Areas):
        return Areas(tuple(one for place in places for one in made.moved(place).placed))
    if isinstance(made, Solid):
        if len(places) > 1 and not solids.only_adds(made.steps):
            raise UnsupportedError(["a compound part at several places"])
        return Solid(tuple(step for place in places for step in made.moved(place).steps))
    return made


def _empty(kind: type[Areas] | type[Solid]) -> Callable[[Session], Any]:
    """Return what makes a sketch or a part with nothing in it."""
    return lambda _: kind(())


_GEOMETRY = ("PLANE", "CYLINDER", "CONE", "SPHERE", "TORUS", "LINE", "CIRCLE", "ELLIPSE", "BSPLINE")
_UNTIL = ("NEXT", "LAST", "PREVIOUS", "FIRST")
_SORTS = ("AREA", "LENGTH", "RADIUS", "DISTANCE", "VOLUME")

OBJECTS: dict[str, Any] = {
    **PLACES,
    "Mode": Namespace("Mode", _MODES),
    "GeomType": Namespace("GeomType", {name: GeomKind(name) for name in _GEOMETRY}),
    "Until": Namespace("Until", {name: SortKey(name) for name in _UNTIL}),
    "SortBy": Namespace("SortBy", {name: SortKey(name) for name in _SORTS}),
    "Part": Function("Part", _empty(Solid)),
    "Sketch": Function("Sketch", _empty(Areas)),
    "MM": 1,
    "CM": 10,
    "M": 1000,
    "IN": 25.4,
}
