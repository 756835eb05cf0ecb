"""The workplanes of CadQuery: a plane, a stack, and wires that wait to be extruded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Curve
from cadcomplete.history.edges import EdgePoint
from cadcomplete.history.geometry import XY, Plane, Vec2, Vec3
from cadcomplete.history.kinds import AXES
from cadcomplete.history.operations import Boolean, Loop
from cadcomplete.readers.scripts import frames, shapes, solids
from cadcomplete.readers.scripts.areas import Faces, FlatFace, faces_of
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.cadquery_objects import (
    Location,
    PlaneValue,
    frame_of,
    grid,
    named,
    pair,
    ring,
)
from cadcomplete.readers.scripts.cadquery_sketch import SketchValue
from cadcomplete.readers.scripts.edge_names import Filters
from cadcomplete.readers.scripts.finishing import MirrorStep
from cadcomplete.readers.scripts.history import Drawn, merged
from cadcomplete.readers.scripts.regions import (
    flat_level,
    frame_at,
    middle_of,
    region,
    solid_middle,
)
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.solids import Steps
from cadcomplete.readers.scripts.values import (
    Function,
    Value,
    flag,
    items,
    number,
    vec3,
    whole,
)


@dataclass(slots=True)
class PendingWires:
    """What waits to be extruded, shared by the workplanes of a chain."""

    session: Session
    edges: list[tuple[Plane, Curve]] = field(default_factory=list)
    wires: list[tuple[Plane, Loop]] = field(default_factory=list)
    first: Vec2 | None = None
    tags: dict[str, Workplane] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pen:
    """The end of the curve that was drawn last, on a stack."""

    plane: Plane
    curve: Curve


@dataclass(frozen=True, slots=True)
class Wire:
    """A closed loop on a stack; what is drawn on it is drawn around its middle."""

    plane: Plane
    loop: Loop


@dataclass(frozen=True, slots=True)
class FacePick:
    """Faces of a solid on a stack: those in which it ends in some directions (+z, -x …).

    With `level` they lie so far along the only one; with `across` all flat faces across an axis.
    """

    steps: Steps
    ways: tuple[str, ...] = ()
    level: float | None = None
    across: str = ""

    def frame(self) -> Plane:
        """Return the plane that the faces lie in, at the origin's height over the axes.

        Raises UnsupportedError where it is not certain that there is just one.
        """
        if len(self.ways) != 1:
            raise UnsupportedError(["a workplane on several faces"])
        way = AXES[self.ways[0]]
        far = flat_level(self.steps, way) if self.level is None else self.level
        return frame_at(way, far)

    def faces(self) -> tuple[Plane, Faces]:
        """Return the plane and the faces in its coordinates. Raises UnsupportedError."""
        frame = self.frame()
        if self.level is not None:
            raise UnsupportedError(["the shape of a face that is not the last one"])
        found = region(self.steps, AXES[self.ways[0]], frame.offset)
        if not found:
            raise UnsupportedError(["a face that is cut away"])
        return frame, found


@dataclass(frozen=True, slots=True)
class EdgePick:
    """Edges of a solid on a stack, by name; `filters` are those of the names.

    Beside them single ones by `points`; with `nearest` they are sorted by how far they are from it.
    """

    steps: Steps
    filters: tuple[Filters, ...]
    points: tuple[EdgePoint, ...] = ()
    nearest: Vec3 | None = None


@dataclass(slots=True, eq=False)
class Workplane(Value):
    """A workplane; like those of the library it is not changed but followed by another.

    `stack` holds places in space (`Plane`), `Location`, `Pen`, `Wire`, `SketchValue` and solids
    (tuples of steps).
    """

    plane: Plane
    stack: tuple[Any, ...]
    pending: PendingWires
    parent: Workplane | None = None
    image: tuple[Steps, Plane] | None = None  # of what its solid is the mirror image, and where

    METHODS: ClassVar[Mapping[str, Function]]

    def then(self, *stack: Any, plane: Plane | None = None) -> Workplane:
        return Workplane(plane or self.plane, stack, self.pending, self)

    def at(self, point: Vec2) -> Plane:
        """Return a point of this plane as a place in space."""
        return frames.compose(self.plane, frames.spot(point))

    @property
    def pen(self) -> Vec2:
        """Where the next curve starts, in this plane."""
        last = self.stack[-1] if self.stack else self.plane
        if isinstance(last, Pen):
            x, y, z = last.curve.end[0], last.curve.end[1], 0.0
            point = frames.to_world(last.plane, (x, y, z))
        elif isinstance(last, Plane):
            point = last.origin
        else:
            raise ReadError("there is no point to draw from", expected="moveTo before it")
        x, y, z = frames.to_local(self.plane, point)
        if abs(z) > 1e-6:
            raise ReadError("the point to draw from lies off the workplane")
        return (x, y)

    @property
    def spots(self) -> list[Plane]:
        """The places of this plane, in its coordinates, at which shapes are drawn."""
        spend(10 * len(self.stack))
        places = [frame for item in self.stack for frame in self._spots_of(item)]
        return places or [XY]

    def _spots_of(self, item: Any) -> list[Plane]:
        if isinstance(item, Location):
            return [item.frame]
        if isinstance(item, Plane):
            point = item.origin
        elif isinstance(item, Wire):
            point = frames.to_world(item.plane, (*shapes.centroid(item.loop), 0.0))
        elif isinstance(item, Pen):
            middle = shapes.centroid(Loop((item.curve,)))
            point = frames.to_world(item.plane, (*middle, 0.0))
        elif isinstance(item, FacePick):
            frame, faces = item.faces()
            middles = [frames.to_world(frame, (*middle_of((face,)), 0.0)) for face in faces]
            return [replace(XY, origin=frames.to_local(self.plane, at)) for at in middles]
        elif isinstance(item, tuple):
            point = solid_middle(item)
        else:
            raise UnsupportedError(
                ["a place at the middle of a sketch or of edges: select a face first"]
            )
        return [replace(XY, origin=frames.to_local(self.plane, point))]

    def combined(self, other: object, boolean: Boolean) -> Workplane:
        """Return what follows when the solids of another are joined, cut away or intersected."""
        tool = other.solids if isinstance(other, Workplane) else None
        if not tool:
            raise ReadError(f"there is no solid to {boolean.value}")
        image = other.image if isinstance(other, Workplane) else None
        if boolean is Boolean.JOIN and image is not None and image[0] == self.solid:
            return self.then((*image[0], MirrorStep(image[1], self.pending.session.line)))
        return self.then(solids.BOOLEANS[boolean](self.solid or (), tool))

    def __add__(self, other: object) -> Workplane:
        return self.combined(other, Boolean.JOIN)

    def __sub__(self, other: object) -> Workplane:
        return self.combined(other, Boolean.CUT)

    def __mul__(self, other: object) -> Workplane:
        return self.combined(other, Boolean.INTERSECT)

    @property
    def solid(self) -> Steps | None:
        """The nearest solid on this stack or those before it."""
        place: Workplane | None = self
        while place is not None:
            steps = place.solids
            if steps is not None:
                return steps
            place = place.parent
        return None

    @property
    def solids(self) -> Steps | None:
        """The solids on this stack, together."""
        found = [item for item in self.stack if isinstance(item, tuple)]
        if not found:
            return None
        steps: Steps = found[0]
        for more in found[1:]:
            steps = solids.join(steps, more)
        return steps


def solid_of(value: Any) -> Steps | None:
    """Return the solid that an object of a script holds, or that it is drawn upon."""
    if isinstance(value, SketchValue):
        value = value.parent
    return value.solid if isinstance(value, Workplane) else None


def drawn_in(value: Any) -> list[Drawn]:
    """Return what an object of a script has drawn: its sketches, and the wires that wait."""
    if isinstance(value, SketchValue):
        edges = tuple(value.edges[value.assembled :])
        return merged(Drawn(place, value.faces, edges) for place in value.places)
    if not isinstance(value, Workplane):
        return []
    sketches = [item for item in value.stack if isinstance(item, SketchValue)]
    return merged(one for sketch in sketches for one in drawn_in(sketch)) + _waiting(value)


def _waiting(value: Workplane) -> list[Drawn]:
    """Return the wires and edges of a chain, those of one plane together."""
    loops: list[tuple[Plane, list[Loop], list[Curve]]] = []
    wires = [(plane, loop, True) for plane, loop in value.pending.wires]
    edges = [(plane, Loop((curve,)), False) for plane, curve in value.pending.edges]
    for plane, loop, closed in wires + edges:
        spend(1 + len(loops) + len(loop.curves))
        group = next((g for g in loops if frames.coplanar(plane, g[0])), None)
        if group is None:
            own = value.plane if frames.coplanar(plane, value.plane) else plane
            loops.append(group := (own, [], []))
        placed = frames.relocated(loop, plane, group[0])
        if closed:
            group[1].append(placed)
        else:
            group[2].extend(placed.curves)
    return [Drawn(plane, _faces(closed), tuple(open_)) for plane, closed, open_ in loops]


def _faces(loops: list[Loop]) -> Faces:
    """Return wires as they lie to each other, or side by side where no solid comes of them."""
    try:
        return faces_of(loops)
    except UnsupportedError:
        return tuple(map(FlatFace.of, loops))


def new_workplane(
    session: Session, inPlane: Any = "XY", origin: Any = (0, 0, 0), obj: Any = None
) -> Workplane:
    if isinstance(inPlane, Workplane):
        return Workplane(inPlane.plane, inPlane.stack, PendingWires(session))
    if obj is not None:
        raise UnsupportedError(["Workplane(obj)"])
    plane = inPlane.plane if isinstance(inPlane, PlaneValue) else named(inPlane, origin)
    return Workplane(plane, (plane,), PendingWires(session))


# --- planes and places --------------------------------------------------------------------------


def _workplane(
    _: Session,
    self: Workplane,
    offset: Any = 0.0,
    invert: Any = False,
    centerOption: Any = None,
    origin: Any = None,
) -> Workplane:
    if len(self.stack) > 1 or not all(
        isinstance(i, Plane | Pen | Wire | FacePick | tuple) for i in self.stack
    ):
        # the library then goes on from the middle of what is on the stack
        raise UnsupportedError(["workplane on several objects"])
    plane = _on_stack(self, centerOption)
    if origin is not None and centerOption in (None, "ProjectedOrigin"):
        x, y, _z = frames.to_local(plane, vec3(origin))
        plane = replace(plane, origin=frames.to_world(plane, (x, y, 0.0)))
    if flag(invert):
        plane = frames.plane_of(plane.origin, tuple(-v for v in plane.normal), plane.x_axis)  # type: ignore[arg-type]
    plane = plane.raised(number(offset, "an offset"))
    return self.then(plane, plane=plane)


def _on_stack(self: Workplane, option: Any) -> Plane:
    """Return the plane through what is on the stack, with its origin as the option says."""
    plane = self.plane
    around = self.parent.stack if self.parent is not None else ()
    if around and isinstance(around[0], FacePick) and not isinstance(self.stack[0], FacePick):
        face = around[0].frame()  # the library goes on in the face that a corner is of
        plane = replace(face, origin=frames.to_world(face, _flat_in(face, plane.origin)))
    for item in self.stack:
        if isinstance(item, FacePick):
            return _on_face(self, item, option)
        if isinstance(item, tuple):
            plane = plane.raised(frames.to_local(plane, solid_middle(item))[2])
        else:
            at = item.origin if isinstance(item, Plane) else item.plane.origin
            plane = plane.raised(frames.to_local(plane, at)[2])
    if option in (None, "ProjectedOrigin"):
        return plane
    if option == "CenterOfMass" and len(self.stack) == 1 and isinstance(self.stack[0], Plane):
        return replace(plane, origin=self.stack[0].origin)
    raise UnsupportedError(["workplane(centerOption)"])


def _flat_in(plane: Plane, point: Vec3) -> Vec3:
    x, y, _ = frames.to_local(plane, point)
    return (x, y, 0.0)


def _on_face(self: Workplane, pick: FacePick, option: Any) -> Plane:
    if option in (None, "ProjectedOrigin"):
        frame = pick.frame()
        x, y, _ = frames.to_local(frame, self.plane.origin)
        return replace(frame, origin=frames.to_world(frame, (x, y, 0.0)))
    frame, faces = pick.faces()
    if option == "CenterOfMass":
        x, y = middle_of(faces)
    elif option == "CenterOfBoundBox":
        boxes = [face.outer.box for face in faces]
        left, low = (min(box[n] for box in boxes) for n in (0, 1))
        right, high = (max(box[n] for box in boxes) for n in (2, 3))
        x, y = (left + right) / 2, (low + high) / 2
    else:
        raise UnsupportedError(["workplane(centerOption)"])
    return replace(frame, origin=frames.to_world(frame, (x, y, 0.0)))


def _tag(_: Session, self: Workplane, name: Any) -> Workplane:
    if isinstance(name, str):
        self.pending.tags[name] = self
    return self


def tagged(self: Workplane, name: Any) -> Workplane:
    """Return the workplane of a name that the script has given. Raises ReadError."""
    if not isinstance(name, str) or name not in self.pending.tags:
        raise ReadError("unknown tag", got=name)
    return self.pending.tags[name]


def _from_tagged(_: Session, self: Workplane, name: Any) -> Workplane:
    plane = tagged(self, name).plane
    return self.then(plane, plane=plane)


def _copy_workplane(_: Session, self: Workplane, obj: Any) -> Workplane:
    if not isinstance(obj, Workplane):
        raise ReadError("wrong value", expected="a Workplane", got=type(obj).__name__)
    return self.then(obj.plane, plane=obj.plane)


def _center(_: Session, self: Workplane, x: Any, y: Any) -> Workplane:
    plane = self.at((number(x), number(y)))
    return self.then(plane, plane=plane)


def _transformed(
    _: Session, self: Workplane, rotate: Any = (0, 0, 0), offset: Any = (0, 0, 0)
) -> Workplane:
    plane = frames.compose(self.plane, frames.rotation(vec3(rotate), vec3(offset)))
    return self.then(plane, plane=plane)


def _move_to(_: Session, self: Workplane, x: Any = 0, y: Any = 0) -> Workplane:
    return self.then(self.at((number(x), number(y))))


def _move(_: Session, self: Workplane, xDist: Any = 0, yDist: Any = 0) -> Workplane:
    x, y = self.pen
    return self.then(self.at((x + number(xDist), y + number(yDist))))


def _push_points(_: Session, self: Workplane, pntList: Any) -> Workplane:
    return self.then(*(_pushed(self, place) for place in items(pntList)))


def _pushed(self: Workplane, place: Any) -> Any:
    return place if isinstance(place, Location) else frames.compose(self.plane, frame_of(place))


def _rarray(
    _: Session,
    self: Workplane,
    xSpacing: Any,
    ySpacing: Any,
    xCount: Any,
    yCount: Any,
    center: Any = True,
) -> Workplane:
    return self.then(*grid(xSpacing, ySpacing, xCount, yCount, pair(center)))


def _polar_array(
    _: Session,
    self: Workplane,
    radius: Any,
    startAngle: Any,
    angle: Any,
    count: Any,
    fill: Any = True,
    rotate: Any = True,
) -> Workplane:
    return self.then(*ring(radius, startAngle, angle, count, fill=flag(fill), rotate=rotate))


def _add(_: Session, self: Workplane, obj: Any) -> Workplane:
    """Put what another has on its stack onto this one, as the library does: in place."""
    if not isinstance(obj, Workplane):
        raise ReadError("wrong value", expected="a Workplane", got=type(obj).__name__)
    spend(len(self.stack) + len(obj.stack))
    self.stack = (*self.stack, *obj.stack)
    return self


def _end(_: Session, self: Workplane, n: Any = 1) -> Workplane:
    place = self
    for _step in range(whole(n)):
        if place.parent is None:
            raise ReadError("there is nothing before the start of the chain")
        place = place.parent
    return place


def _combine(
    _: Session, self: Workplane, clean: Any = True, glue: Any = False, tol: Any = None
) -> Workplane:
    """Fuse the solids on the stack: profiles of one plane that reach as far are one extrude."""
    if self.solids is None or len(self.stack) == 1:
        return self
    return self.then(solids.fused(self.solids))


_AS_IS = ("clean", "findSolid")

PLACING = {
    **{name: Function(name, lambda _, self, *ignored: self) for name in _AS_IS},
    "combine": Function("combine", _combine),
    "workplane": Function("workplane", _workplane),
    "tag": Function("tag", _tag),
    "workplaneFromTagged": Function("workplaneFromTagged", _from_tagged),
    "copyWorkplane": Function("copyWorkplane", _copy_workplane),
    "center": Function("center", _center),
    "transformed": Function("transformed", _transformed),
    "moveTo": Function("moveTo", _move_to),
    "move": Function("move", _move),
    "pushPoints": Function("pushPoints", _push_points),
    "rarray": Function("rarray", _rarray),
    "polarArray": Function("polarArray", _polar_array),
    "add": Function("add", _add),
    "end": Function("end", _end),
}
"""Methods of workplanes that choose a plane or places in it."""
