"""The builders of a build123d script, and the operations that work on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Circle, Curve
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.operations import Boolean
from cadcomplete.history.turn_axis import FULL
from cadcomplete.readers.scripts import frames, solids
from cadcomplete.readers.scripts.areas import Faces, FlatFace, size
from cadcomplete.readers.scripts.budget import check_curves, spend
from cadcomplete.readers.scripts.build123d_objects import (
    ADD,
    FACES,
    Areas,
    Curves,
    Solid,
    boolean_of,
)
from cadcomplete.readers.scripts.build123d_places import (
    AXIS_Z,
    LOOSE,
    Faced,
    Frame,
    Line3D,
    Places,
    around,
)
from cadcomplete.readers.scripts.corners import has_corner
from cadcomplete.readers.scripts.history import Drawn, merged
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.shapes import chained
from cadcomplete.readers.scripts.solids import Steps
from cadcomplete.readers.scripts.values import (
    Function,
    Value,
    flag,
    items,
    number,
)

_Attributes = Mapping[str, Callable[[Any], Any]]


class _Builder(Value):
    """What is drawn inside `with`, put where the builder says when it is left."""

    __slots__ = ("boolean", "loose", "outer", "planes")

    takes: ClassVar[bool] = True

    def __init__(self, planes: tuple[Plane, ...], boolean: Boolean | None) -> None:
        self.planes = planes
        self.boolean = boolean
        self.loose = False  # where its x axis points is not known
        self.outer: tuple[Plane, ...] = (XY,)

    def enter(self, session: Session) -> None:
        self.outer = around(session)

    @property
    def spots(self) -> tuple[Plane, ...]:
        """Where the whole comes to lie, seen from the builder around this one."""
        spend(10 * len(self.outer) * len(self.planes))
        return tuple(frames.compose(o, plane) for o in self.outer for plane in self.planes)


def above(session: Session) -> Any:
    """Return the builder around the place where the script is; None outside of all."""
    builders = [scope for scope in session.scopes if not isinstance(scope, Places)]
    return builders[-1] if builders else None


class BuildLine(_Builder):
    """Curves that are drawn into a sketch."""

    __slots__ = ("curves",)

    ATTRIBUTES: ClassVar[_Attributes] = {"line": lambda self: Curves(self.flat())}

    def __init__(self, planes: tuple[Plane, ...], boolean: Boolean | None) -> None:
        super().__init__(planes, boolean)
        self.curves: list[Curve] = []

    def take(
        self, session: Session, made: Curves, places: tuple[Plane, ...], boolean: Boolean
    ) -> None:
        if not isinstance(made, Curves) or boolean is not Boolean.JOIN:
            raise UnsupportedError(["a line that is not added"])
        self.curves += [frames.placed(c, place) for place in places for c in made.curves]

    def leave(self, session: Session) -> None:
        builder = above(session)
        if isinstance(builder, BuildSketch) and self.boolean is not None:
            if builder.loose:
                raise UnsupportedError([LOOSE])
            builder.curves += self.flat()
        elif isinstance(builder, BuildPart):
            builder.aside += drawn_in(self)

    def flat(self) -> tuple[Curve, ...]:
        """Return the curves in the plane z = 0. Raises UnsupportedError if they lie elsewhere."""
        if not all(frames.coplanar(XY, place) for place in self.spots):
            raise UnsupportedError(["lines off the plane of a sketch"])
        return tuple(frames.placed(c, place) for place in self.spots for c in self.curves)


def _turns_to_itself(placed: tuple[Plane, Faces]) -> bool:
    """Whether faces look the same however they are turned: circles around the origin."""
    plane, faces = placed
    curves = [curve for face in faces for loop in face.loops for curve in loop.curves]
    middle = plane.origin[0] ** 2 + plane.origin[1] ** 2 <= 1e-18
    return middle and all(isinstance(c, Circle) and c.center == (0.0, 0.0) for c in curves)


class BuildSketch(_Builder):
    """Faces of one plane, drawn at z = 0 and placed when the sketch is left."""

    __slots__ = ("curves", "faces")

    ATTRIBUTES: ClassVar[_Attributes] = {
        "sketch": lambda self: Areas(tuple((plane, self.faces) for plane in self.spots)),
        "sketch_local": lambda self: Areas(((XY, self.faces),)),
    }

    def __init__(self, planes: tuple[Plane, ...], boolean: Boolean | None) -> None:
        super().__init__(planes, boolean)
        self.curves: list[Curve] = []
        self.faces: Faces = ()

    def take(
        self, session: Session, made: Areas, places: tuple[Plane, ...], boolean: Boolean
    ) -> None:
        if not isinstance(made, Areas):
            raise ReadError("a sketch takes faces", got=type(made).__name__)
        if not self.faces and boolean is not Boolean.JOIN:
            raise ReadError(f"there is nothing to {boolean.value}")
        if self.loose and not all(map(_turns_to_itself, made.moved(places[0]).placed)):
            raise UnsupportedError([LOOSE])
        faces = tuple(f for place in places for f in made.moved(place).in_plane(XY))
        if self.loose:  # nor is it known of what is drawn
            faces = tuple(replace(face, x=None) for face in faces)
        self.faces = FACES[boolean](self.faces, faces)

    def leave(self, session: Session) -> None:
        part = above(session)
        if not isinstance(part, BuildPart):
            return
        session.drawing(size(self.faces) * len(self.spots))
        if self.boolean is None:
            part.aside += drawn_in(self)
        else:
            part.pending += [(plane, self.faces) for plane in self.spots]


class BuildPart(_Builder):
    """A solid, the faces that wait to be extruded, and what is drawn `aside` for other uses."""

    __slots__ = ("aside", "pending", "steps")

    ATTRIBUTES: ClassVar[_Attributes] = {"part": lambda self: Solid(self.placed())}

    def __init__(self, planes: tuple[Plane, ...], boolean: Boolean | None) -> None:
        super().__init__(planes, boolean)
        self.pending: list[tuple[Plane, Faces]] = []
        self.aside: list[Drawn] = []
        self.steps: Steps = ()

    def placed(self) -> Steps:
        """Return the solid where it lies in the end."""
        if len(self.spots) > 1 and not solids.only_adds(self.steps):
            raise UnsupportedError(["a compound part at several places"])
        check_curves(len(self.spots) * solids.curves_in(self.steps))
        return tuple(step for spot in self.spots for step in solids.moved(self.steps, spot))

    def take(
        self, session: Session, made: Solid, places: tuple[Plane, ...], boolean: Boolean
    ) -> None:
        if not isinstance(made, Solid):
            raise ReadError("a part takes solids", got=type(made).__name__)
        if len(places) > 1 and not solids.only_adds(made.steps):
            raise UnsupportedError(["a compound part at several places"])
        check_curves(len(places) * made.size)
        tool = tuple(step for place in places for step in solids.moved(made.steps, place))
        if not self.steps and boolean is not Boolean.JOIN:
            raise ReadError(f"there is nothing to {boolean.value}")
        self.steps = solids.BOOLEANS[boolean](self.steps, tool)

    def leave(self, session: Session) -> None:
        part = above(session)
        if isinstance(part, BuildPart) and self.boolean is not None and self.steps:
            part.take(session, Solid(self.placed()), (XY,), self.boolean)


def solid_of(value: Any) -> Steps | None:
    """Return the solid that an object of a script holds."""
    if isinstance(value, BuildPart):
        return value.placed()
    return value.steps if isinstance(value, Solid) else None


# --- what is drawn and not extruded -------------------------------------------------------------


def drawn_in(value: Any) -> list[Drawn]:
    """Return what an object of a script has drawn, and nothing has extruded."""
    if isinstance(value, _Builder):
        return within([value])[1]
    if isinstance(value, Areas):
        return merged(Drawn(plane, faces) for plane, faces in value.placed)
    return [Drawn(XY, (), value.curves)] if isinstance(value, Curves) else []


def within(scopes: list[Any]) -> tuple[Steps, list[Drawn]]:
    """Return the solid and the drawing so far in builders that are not left yet."""
    steps: Steps = ()
    drawn: list[Drawn] = []
    inner: _Builder | None = None
    for builder in reversed([scope for scope in scopes if isinstance(scope, _Builder)]):
        if isinstance(builder, BuildPart):
            steps, drawn = _so_far(builder, drawn, steps, inner)
        else:
            curves = tuple(builder.curves) if isinstance(builder, BuildLine | BuildSketch) else ()
            if isinstance(builder, BuildSketch) and isinstance(inner, BuildLine):
                curves += tuple(c for one in _in_plane(drawn) for c in one.curves)
                drawn = []
            faces = builder.faces if isinstance(builder, BuildSketch) else ()
            drawn += merged(Drawn(spot, faces, curves) for spot in builder.spots)
        inner = builder
    return steps, drawn


def _in_plane(drawn: list[Drawn]) -> list[Drawn]:
    return [one.within(XY) for one in drawn if frames.coplanar(one.plane, XY)]


def _so_far(
    part: BuildPart, drawn: list[Drawn], tool: Steps, inner: _Builder | None
) -> tuple[Steps, list[Drawn]]:
    """Return a part and what is drawn in it, with the part that is being built within it.

    A part that is to be intersected is not known before it is finished.
    """
    steps, boolean = part.steps, inner.boolean if inner is not None else None
    if tool and steps and (boolean is Boolean.JOIN or boolean is Boolean.CUT):
        try:
            steps = solids.BOOLEANS[boolean](steps, tool)
        except UnsupportedError:
            steps = part.steps
    elif tool and boolean is Boolean.JOIN:
        steps = tool
    waiting = [Drawn(plane, faces) for plane, faces in part.pending] + drawn
    aside = [one.moved(spot) for spot in part.spots for one in part.aside]
    spots = part.spots
    if len(spots) > 1 and not solids.only_adds(steps):
        steps = ()
    steps = tuple(step for spot in spots for step in solids.moved(steps, spot))
    return steps, [*aside, *(one.moved(spot) for spot in spots for one in merged(waiting))]


def _builder(kind: type[_Builder]) -> Function:
    def run(session: Session, *placements: Any, mode: Any = ADD) -> _Builder:
        found: list[Frame] = []
        for placement in (one for given in placements for one in _each(given)):
            frame = placement.faced() if isinstance(placement, Faced) else placement
            if not isinstance(frame, Frame):
                raise ReadError(
                    "wrong value", expected="a Plane or Location", got=type(placement).__name__
                )
            found.append(frame)
        if kind is not BuildSketch and any(frame.loose for frame in found):
            raise UnsupportedError([LOOSE])
        builder = kind(tuple(frame.plane for frame in found) or (XY,), boolean_of(mode))
        builder.loose = any(frame.loose for frame in found)
        return builder

    return Function(kind.__name__, run)


def _each(placement: Any) -> list[Any]:
    """Return the places of a list of faces, or one place."""
    listed = placement.listed() if isinstance(placement, Value) else placement
    return listed if isinstance(listed, list) else [placement]


# --- operations ---------------------------------------------------------------------------------


def _make_face(session: Session, edges: Any = None, mode: Any = ADD) -> Areas:
    """Make a face of the curves that wait in the sketch, or of those given."""
    sketch, boolean = above(session), boolean_of(mode)
    if edges is not None:
        given = edges if isinstance(edges, list) else [edges]
        curves = [c for one in given for c in curves_of(one)]
    elif isinstance(sketch, BuildSketch):
        curves = sketch.curves
    else:
        raise ReadError("make_face outside of a sketch needs edges")
    loops = chained(curves)
    if len(loops) > 1:
        raise UnsupportedError(["make_face of several loops"])
    made = Areas(((XY, (FlatFace.of(loops[0]),)),))
    if isinstance(sketch, BuildSketch) and boolean is not None:
        sketch.take(session, made, (XY,), boolean)
        sketch.curves = sketch.curves if edges is not None else []
    return made


def curves_of(value: Any) -> tuple[Curve, ...]:
    if isinstance(value, BuildLine):
        return value.flat()
    if not isinstance(value, Curves):
        raise ReadError("wrong value", expected="lines and arcs", got=type(value).__name__)
    return value.curves


def _extrude(
    session: Session,
    to_extrude: Any = None,
    amount: Any = None,
    dir: Any = None,
    until: Any = None,
    target: Any = None,
    both: Any = False,
    taper: Any = 0.0,
    clean: Any = True,
    mode: Any = ADD,
) -> Solid:
    placed = _taken(session, to_extrude, "extrude")
    if amount is None:
        raise ReadError("wrong arguments of extrude", expected="an amount")
    reach = solids.extent(number(amount), both=flag(both))
    reach = solids.leaning(reach, number(taper, "an angle"))
    loops = [face.outer.loop for _, faces in placed for face in faces]
    if reach.taper > 0 and any(has_corner(loop, inner=True) for loop in loops):
        raise UnsupportedError(["a taper that rounds the corners which it opens"])
    steps = solids.extruded(placed, reach, session.line)
    if not steps:
        raise ReadError("there is no face to extrude")
    return _made(session, to_extrude, steps, placed, mode)


def _revolve(
    session: Session,
    profiles: Any = None,
    axis: Any = AXIS_Z,
    revolution_arc: Any = 360.0,
    clean: Any = True,
    mode: Any = ADD,
) -> Solid:
    placed = _taken(session, profiles, "revolve")
    if not isinstance(axis, Line3D):
        raise ReadError("wrong value", expected="an Axis", got=type(axis).__name__)
    part = above(session)
    if isinstance(part, BuildPart) and part.spots != (XY,):
        raise UnsupportedError(["revolve in a part that is placed"])
    degrees = number(revolution_arc, "an angle")
    if degrees < 0:  # old versions of the library take the rest of 360 degrees
        raise UnsupportedError(["revolve by a negative angle, which depends on the version"])
    degrees %= FULL
    steps = solids.turned(placed, axis.start, axis.direction, degrees, session.line)
    if not steps:
        raise ReadError("there is no face to revolve")
    return _made(session, profiles, steps, placed, mode)


def _taken(session: Session, given: Any, name: str) -> list[tuple[Plane, Faces]]:
    """Return the faces that are given, or else those that wait in the part."""
    part = above(session)
    if given is not None:
        return [one for sketch in _sketches(given) for one in sketch.placed]
    if isinstance(part, BuildPart):
        return part.pending
    raise ReadError(f"{name} outside of a part needs a sketch")


def _made(
    session: Session, given: Any, steps: Steps, placed: list[tuple[Plane, Faces]], mode: Any
) -> Solid:
    """Return what faces have swept, and give it to the part around it: they wait no longer."""
    part, boolean = above(session), boolean_of(mode)
    made = Solid(steps)
    if isinstance(part, BuildPart) and boolean is not None:
        part.take(session, made, (XY,), boolean)
    if isinstance(part, BuildPart) and given is None:
        part.pending = []
    elif isinstance(part, BuildPart):
        part.aside = [one for one in part.aside if not any(f is one.faces for _, f in placed)]
    return made


def _sketches(value: Any) -> list[Areas]:
    if isinstance(value, BuildSketch):
        value = BuildSketch.ATTRIBUTES["sketch"](value)
    if isinstance(value, Areas):
        return [value]
    return [sketch for one in items(value) for sketch in _sketches(one)]


_ONLY_EXTRUDE = {"dir": (None,), "until": (None,), "target": (None,)}

BUILDERS: dict[str, Any] = {
    "BuildPart": _builder(BuildPart),
    "BuildSketch": _builder(BuildSketch),
    "BuildLine": _builder(BuildLine),
    "make_face": Function("make_face", _make_face),
    "extrude": Function("extrude", _extrude, _ONLY_EXTRUDE),
    "revolve": Function("revolve", _revolve),
}
