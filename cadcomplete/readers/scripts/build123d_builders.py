"""The builders of a build123d script, and the operations that work on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Circle, Curve
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.operations import Boolean, Loop
from cadcomplete.readers.scripts import frames, shapes, solids
from cadcomplete.readers.scripts.areas import Face, Faces, size
from cadcomplete.readers.scripts.budget import check_curves, spend
from cadcomplete.readers.scripts.build123d_objects import (
    ADD,
    FACES,
    Areas,
    Curves,
    Frame,
    Places,
    Solid,
    aligns,
    around,
    boolean_of,
    publish,
)
from cadcomplete.readers.scripts.machine import Session
from cadcomplete.readers.scripts.shapes import chained, lines
from cadcomplete.readers.scripts.solids import Steps
from cadcomplete.readers.scripts.values import (
    Function,
    Value,
    flag,
    items,
    number,
    points,
    positive,
    vec2,
    vec3,
)

_Attributes = Mapping[str, Callable[[Any], Any]]


class _Builder(Value):
    """What is drawn inside `with`, put where the builder says when it is left."""

    __slots__ = ("boolean", "outer", "planes")

    def __init__(self, planes: tuple[Plane, ...], boolean: Boolean | None) -> None:
        self.planes = planes
        self.boolean = boolean
        self.outer: tuple[Plane, ...] = (XY,)

    def enter(self, session: Session) -> None:
        self.outer = around(session)

    @property
    def spots(self) -> tuple[Plane, ...]:
        """Where the whole comes to lie, seen from the builder around this one."""
        spend(10 * len(self.outer) * len(self.planes))
        return tuple(frames.compose(o, plane) for o in self.outer for plane in self.planes)


def _above(session: Session) -> Any:
    """Return the builder around the place where the script is; None outside of all."""
    builders = [scope for scope in session.scopes if not isinstance(scope, Places)]
    return builders[-1] if builders else None


class BuildLine(_Builder):
    """Curves that are drawn into a sketch."""

    __slots__ = ("curves",)

    ATTRIBUTES: ClassVar[_Attributes] = {"line": lambda self: Curves(tuple(self.curves))}

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
        self.curves = [frames.placed(c, place) for place in self.spots for c in self.curves]
        sketch = _above(session)
        if isinstance(sketch, BuildSketch) and self.boolean is not None:
            sketch.curves += self.curves


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
        faces = tuple(f for place in places for f in made.moved(place).in_plane(XY))
        self.faces = FACES[boolean](self.faces, faces)

    def leave(self, session: Session) -> None:
        part = _above(session)
        if isinstance(part, BuildPart) and self.boolean is not None:
            session.drawing(size(self.faces) * len(self.spots))
            part.pending += [(plane, self.faces) for plane in self.spots]


class BuildPart(_Builder):
    """A solid, and the faces that wait to be extruded."""

    __slots__ = ("pending", "steps")

    ATTRIBUTES: ClassVar[_Attributes] = {"part": lambda self: Solid(self.placed())}

    def __init__(self, planes: tuple[Plane, ...], boolean: Boolean | None) -> None:
        super().__init__(planes, boolean)
        self.pending: list[tuple[Plane, Faces]] = []
        self.steps: Steps = ()

    def placed(self) -> Steps:
        """Return the solid where it lies in the end."""
        if len(self.spots) > 1 and not solids.only_adds(self.steps):
            raise UnsupportedError(["a compound part at several places"])
        check_curves(len(self.spots) * sum(size(step.faces) for step in self.steps))
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
        part = _above(session)
        if isinstance(part, BuildPart) and self.boolean is not None and self.steps:
            part.take(session, Solid(self.placed()), (XY,), self.boolean)


def solid_of(value: Any) -> Steps | None:
    """Return the solid that an object of a script holds."""
    if isinstance(value, BuildPart):
        return value.placed()
    return value.steps if isinstance(value, Solid) else None


def _builder(kind: type[_Builder]) -> Function:
    def run(session: Session, *placements: Any, mode: Any = ADD) -> _Builder:
        planes: list[Plane] = []
        for placement in placements:
            if not isinstance(placement, Frame):
                raise ReadError(
                    "wrong value", expected="a Plane or Location", got=type(placement).__name__
                )
            planes.append(placement.plane)
        return kind(tuple(planes) or (XY,), boolean_of(mode))

    return Function(kind.__name__, run)


# --- operations ---------------------------------------------------------------------------------


def _make_face(session: Session, edges: Any = None, mode: Any = ADD) -> Areas:
    """Make a face of the curves that wait in the sketch, or of those given."""
    sketch, boolean = _above(session), boolean_of(mode)
    if edges is not None:
        given = edges if isinstance(edges, list) else [edges]
        curves = [c for one in given for c in _curves_of(one)]
    elif isinstance(sketch, BuildSketch):
        curves, sketch.curves = sketch.curves, []
    else:
        raise ReadError("make_face outside of a sketch needs edges")
    loops = chained(curves)
    if len(loops) > 1:
        raise UnsupportedError(["make_face of several loops"])
    made = Areas(((XY, (Face.of(loops[0]),)),))
    if isinstance(sketch, BuildSketch) and boolean is not None:
        sketch.take(session, made, (XY,), boolean)
    return made


def _curves_of(value: Any) -> tuple[Curve, ...]:
    if isinstance(value, BuildLine):
        return tuple(value.curves)
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
    part, boolean = _above(session), boolean_of(mode)
    if to_extrude is not None:
        placed = [one for sketch in _sketches(to_extrude) for one in sketch.placed]
    elif isinstance(part, BuildPart):
        placed, part.pending = part.pending, []
    else:
        raise ReadError("extrude outside of a part needs a sketch")
    if amount is None:
        raise ReadError("wrong arguments of extrude", expected="an amount")
    reach = solids.extent(number(amount), both=flag(both))
    steps = solids.extruded(placed, reach, session.line)
    if not steps:
        raise ReadError("there is no face to extrude")
    made = Solid(steps)
    if isinstance(part, BuildPart) and boolean is not None:
        part.take(session, made, (XY,), boolean)
    return made


def _sketches(value: Any) -> list[Areas]:
    if isinstance(value, BuildSketch):
        value = BuildSketch.ATTRIBUTES["sketch"](value)
    if isinstance(value, Areas):
        return [value]
    return [sketch for one in items(value) for sketch in _sketches(one)]


def _box(
    session: Session,
    length: Any,
    width: Any,
    height: Any,
    rotation: Any = (0, 0, 0),
    align: Any = None,
    mode: Any = ADD,
) -> Solid:
    loop = shapes.rectangle(positive(length, "a length"), positive(width, "a width"))
    return _prism(session, loop, positive(height, "a height"), align, rotation, mode)


def _cylinder(
    session: Session,
    radius: Any,
    height: Any,
    arc_size: Any = 360,
    rotation: Any = (0, 0, 0),
    align: Any = None,
    mode: Any = ADD,
) -> Solid:
    loop = Loop((Circle((0.0, 0.0), positive(radius, "a radius")),))
    return _prism(session, loop, positive(height, "a height"), align, rotation, mode)


def _prism(
    session: Session, loop: Loop, height: float, align: Any, rotation: Any, mode: Any
) -> Solid:
    """Extrude a loop around the origin, aligned there, turned, and placed."""
    across, up, along = aligns(align, 3)
    left, low, right, high = loop.box
    moved = (across.start(left, right), up.start(low, high), 0.0)
    turned = frames.rotation(vec3(rotation))
    middle = along.name == "CENTER"
    reach = solids.extent(height / 2 if middle else height, both=middle)
    if along.name == "MAX":
        reach = solids.extent(-height, both=False)
    plane = frames.compose(turned, replace(XY, origin=moved))
    made = Solid(solids.extruded([(plane, (Face.of(loop),))], reach, session.line))
    return publish(session, made, mode)


# --- curves -------------------------------------------------------------------------------------


def _drawn(session: Session, curves: list[Curve], mode: Any) -> Curves:
    return publish(session, Curves(tuple(curves)), mode)


def _line(session: Session, *pts: Any, mode: Any = ADD) -> Curves:
    ends = [vec2(p) for p in points(*pts)]
    if len(ends) != 2:
        raise ReadError("wrong arguments of Line", expected="two points", got=len(ends))
    return _drawn(session, lines(ends), mode)


def _polyline(session: Session, *pts: Any, close: Any = False, mode: Any = ADD) -> Curves:
    corners = [vec2(p) for p in points(*pts)]
    return _drawn(session, lines(corners + corners[:1] * flag(close)), mode)


def _three_point_arc(session: Session, *pts: Any, mode: Any = ADD) -> Curves:
    given = [vec2(p) for p in points(*pts)]
    if len(given) != 3:
        raise ReadError("wrong arguments of ThreePointArc", expected="three points", got=len(given))
    return _drawn(session, [shapes.arc(given[0], given[1], given[2])], mode)


def _center_arc(
    session: Session, center: Any, radius: Any, start_angle: Any, arc_size: Any, mode: Any = ADD
) -> Curves:
    size = number(arc_size, "an angle")
    sweep = abs(size) % 360 or 360.0  # as the library: turns beyond the first do not count
    arc = shapes.center_arc(
        vec2(center),
        positive(radius, "a radius"),
        number(start_angle, "an angle"),
        sweep if size > 0 else -sweep,
    )
    return _drawn(session, [arc], mode)


def _radius_arc(
    session: Session,
    start_point: Any,
    end_point: Any,
    radius: Any,
    short_sagitta: Any = True,
    mode: Any = ADD,
) -> Curves:
    ends = vec2(start_point), vec2(end_point)
    arc = shapes.radius_arc(*ends, number(radius, "a radius"), short=flag(short_sagitta))
    return _drawn(session, [arc], mode)


def _sagitta_arc(
    session: Session, start_point: Any, end_point: Any, sagitta: Any, mode: Any = ADD
) -> Curves:
    arc = shapes.sagitta_arc(vec2(start_point), vec2(end_point), number(sagitta, "a sagitta"))
    return _drawn(session, [arc], mode)


_ONLY_EXTRUDE = {"dir": (None,), "until": (None,), "target": (None,), "taper": (0,)}

BUILDERS: dict[str, Any] = {
    "BuildPart": _builder(BuildPart),
    "BuildSketch": _builder(BuildSketch),
    "BuildLine": _builder(BuildLine),
    "make_face": Function("make_face", _make_face),
    "extrude": Function("extrude", _extrude, _ONLY_EXTRUDE),
    "Box": Function("Box", _box),
    "Cylinder": Function("Cylinder", _cylinder, {"arc_size": (360,)}),
    "Line": Function("Line", _line),
    "Polyline": Function("Polyline", _polyline),
    "ThreePointArc": Function("ThreePointArc", _three_point_arc),
    "CenterArc": Function("CenterArc", _center_arc),
    "RadiusArc": Function("RadiusArc", _radius_arc),
    "SagittaArc": Function("SagittaArc", _sagitta_arc),
}
