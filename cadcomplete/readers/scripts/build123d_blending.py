"""What build123d scripts select of builders and parts, and edges and corners made round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Circle, Curve
from cadcomplete.history.geometry import XY, Vec2, distance
from cadcomplete.history.operations import Loop
from cadcomplete.readers.scripts import frames
from cadcomplete.readers.scripts.areas import Faces, FlatFace
from cadcomplete.readers.scripts.build123d_builders import (
    BuildLine,
    BuildPart,
    BuildSketch,
    above,
)
from cadcomplete.readers.scripts.build123d_objects import (
    ADD,
    Areas,
    Curves,
    Solid,
    boolean_of,
    publish,
)
from cadcomplete.readers.scripts.build123d_places import Line3D, around
from cadcomplete.readers.scripts.build123d_selecting import (
    EdgeList,
    FaceList,
    PointList,
    corners_of,
)
from cadcomplete.readers.scripts.corners import chamfered, corners, grown, rounded
from cadcomplete.readers.scripts.edge_names import named
from cadcomplete.readers.scripts.edge_points import NearEdge, NearFace, is_first
from cadcomplete.readers.scripts.finishing import BlendStep
from cadcomplete.readers.scripts.overlay import subtract, united
from cadcomplete.readers.scripts.regions import solid_middle
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.shapes import chains
from cadcomplete.readers.scripts.solids import Steps
from cadcomplete.readers.scripts.values import Function, Namespace, Value, Vector, number, positive

_NEAR = 1e-6

Change = Callable[[Loop, float, Callable[[Vec2], bool]], Loop]

# --- selections ---------------------------------------------------------------------------------


def _steps_of(value: Any) -> Steps:
    """Return the solid that faces and edges are selected of."""
    if isinstance(value, BuildPart):
        if value.spots != (XY,):
            raise UnsupportedError(["a selection in a part that is placed"])
        steps = value.steps
    else:
        steps = value.steps if isinstance(value, Solid) else ()
    if not steps:
        raise ReadError("there is no solid to select from")
    return steps


def _edges(_: Session, self: Any) -> EdgeList:
    return EdgeList(_steps_of(self), ((),))


def _faces(_: Session, self: Any) -> FaceList:
    return FaceList(_steps_of(self))


def _vertices(_: Session, self: Any) -> PointList:
    if isinstance(self, BuildSketch):
        return corners_of(self.faces, XY, of=self)
    if isinstance(self, Areas) and len(self.placed) == 1:
        plane, faces = self.placed[0]
        return corners_of(faces, plane, of=self)
    if isinstance(self, BuildLine):
        ends = dict.fromkeys(end for c in self.flat() for end in (c.start, c.end))
        return PointList(tuple((x, y, 0.0) for x, y in ends), of=self)
    raise UnsupportedError(["corners of what is no sketch"])


def _of_builder(run: Callable[..., Any]) -> Callable[..., Any]:
    def around(session: Session) -> Any:
        builder = above(session)
        if builder is None:
            raise ReadError("a selection outside of a builder needs a part")
        return run(session, builder)

    return around


# --- fillets and chamfers -----------------------------------------------------------------------


def _fillet(session: Session, objects: Any, radius: Any) -> Any:
    return _blended(session, objects, positive(radius, "a radius"), rounded=True)


def _chamfer(
    session: Session,
    objects: Any,
    length: Any,
    length2: Any = None,
    angle: Any = None,
    reference: Any = None,
) -> Any:
    if length2 is not None and length2 != length:
        return _slanted(session, objects, (length, length2), reference)
    return _blended(session, objects, positive(length, "a length"), rounded=False)


def _slanted(session: Session, objects: Any, lengths: tuple[Any, Any], reference: Any) -> Solid:
    """Cut edges off by two sizes, the first on a face that is named."""
    if not isinstance(reference, NearFace):
        raise UnsupportedError(["chamfer(length2) of no face by a point"])
    edges = [one for one in _flat(objects) if isinstance(one, NearEdge)]
    if not edges or len(edges) != len(_flat(objects)):
        raise UnsupportedError(["chamfer(length2) of edges that are not named by points"])
    first, second = (positive(length, "a length") for length in lengths)
    orders = {is_first(edge, reference) for edge in edges}
    if len(orders) > 1:
        raise UnsupportedError(["chamfer(reference) of a face that was made first and last"])
    first, second = (first, second) if orders.pop() else (second, first)
    return _blended_solid(session, [*edges], first, rounded=False, other=second)


def _blended(session: Session, objects: Any, size: float, *, rounded: bool) -> Any:
    found = _flat(objects)
    edges = [one for one in found if isinstance(one, EdgeList | NearEdge)]
    if edges and len(edges) == len(found):
        return _blended_solid(session, edges, size, rounded=rounded)
    points = [_point(one) for one in found]
    if not points:
        raise ReadError("there is nothing to round")
    return _blended_outline(session, objects, points, size, rounded=rounded)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, PointList):
        if value.groups:
            raise UnsupportedError(["groups of corners"])
        return value.listed()
    if isinstance(value, list | tuple):
        return [one for item in value for one in _flat(item)]
    if isinstance(value, FaceList) or not isinstance(value, Value):
        raise UnsupportedError(["a fillet or chamfer of anything but edges and corners"])
    return [value]


def _point(value: Any) -> Vec2:
    if not isinstance(value, Vector) or abs(value.z) > _NEAR:
        raise UnsupportedError(["a fillet or chamfer of anything but edges and corners"])
    return (value.x, value.y)


def _blended_solid(
    session: Session,
    edges: list[EdgeList | NearEdge],
    size: float,
    *,
    rounded: bool,
    other: float | None = None,
) -> Solid:
    part, steps = above(session), edges[0].steps
    lists = [one for one in edges if isinstance(one, EdgeList)]
    if any(one.steps != steps for one in edges) or any(one.order or one.listed_by for one in lists):
        raise UnsupportedError(["a fillet or chamfer of edges of several solids"])
    if isinstance(part, BuildPart) and part.steps != steps:
        raise UnsupportedError(["a fillet or chamfer of edges that were selected before"])
    points = dict.fromkeys(one.name for one in edges if isinstance(one, NearEdge))
    names = named([one for chosen in lists for one in chosen.filters])
    made = (*steps, BlendStep(size, (*names, *points), rounded, session.line, other))
    if isinstance(part, BuildPart):
        part.steps = made
    return Solid(made)


def _blended_outline(
    session: Session, objects: Any, points: list[Vec2], size: float, *, rounded: bool
) -> Any:
    change: Change = _rounded if rounded else _cut_off
    builder = above(session)
    if isinstance(builder, BuildSketch):
        builder.faces = _changed(builder.faces, points, size, change)
        return Areas(((XY, builder.faces),))
    if isinstance(builder, BuildLine):
        builder.curves = _changed_lines(builder, points, size, change)
        return Curves(tuple(builder.curves))
    sketch = objects.of if isinstance(objects, PointList) else None
    if builder is None and isinstance(sketch, Areas):
        (plane, faces), *_ = sketch.placed
        if plane == XY:
            return Areas(((plane, _changed(faces, points, size, change)),))
    raise UnsupportedError(["a fillet or chamfer of corners outside of their sketch"])


def _rounded(loop: Loop, size: float, chosen: Callable[[Vec2], bool]) -> Loop:
    return rounded(loop, size, chosen)


def _cut_off(loop: Loop, size: float, chosen: Callable[[Vec2], bool]) -> Loop:
    return chamfered(loop, size, chosen)


def _changed(faces: Faces, points: list[Vec2], size: float, change: Change) -> Faces:
    """Change the corners of faces at some points: each must be one."""
    known = [at for face in faces for loop in face.loops for at in corners(loop)]
    if not all(any(distance(at, p) <= _NEAR for at in known) for p in points):
        raise UnsupportedError(["a fillet or chamfer where there is no corner"])

    def chosen(at: Vec2) -> bool:
        return any(distance(at, p) <= _NEAR for p in points)

    def made(face: FlatFace) -> FlatFace:
        outer, *holes = [change(loop, size, chosen) for loop in face.loops]
        return replace(FlatFace.of(outer, holes), x=face.x, made="rounded")

    return tuple(map(made, faces))


def _changed_lines(
    builder: BuildLine, points: list[Vec2], size: float, change: Change
) -> list[Curve]:
    """Change the corners of lines; where they begin and end there is none."""
    loops = chains(builder.curves)
    if len(loops) != 1 or builder.spots != (XY,):
        raise UnsupportedError(["a fillet or chamfer of several lines"])
    (loop,) = loops
    free = [] if loop.closed else [loop.start, loop.end]

    def chosen(at: Vec2) -> bool:
        picked = any(distance(at, p) <= _NEAR for p in points)
        return picked and all(distance(at, end) > _NEAR for end in free)

    return list(change(loop, size, chosen).curves)


# --- offsets ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Join(Value):
    """What becomes of a corner that an offset opens: an arc, or lines that go on."""

    arcs: bool


def _offset(
    session: Session,
    objects: Any = None,
    amount: Any = 0,
    kind: Any = Join(arcs=True),
    mode: Any = None,
) -> Areas:
    """Draw the areas of a sketch larger or smaller, instead of them or as a mode says."""
    builder, by = above(session), number(amount, "a distance")
    given = builder if objects is None else objects
    if isinstance(given, BuildSketch):
        given = Areas(((XY, given.faces),))
    if not isinstance(given, Areas) or not isinstance(kind, Join):
        raise UnsupportedError(["offset of what is no sketch"])
    if not isinstance(builder, BuildSketch | None):
        raise UnsupportedError(["offset of what is no sketch"])
    faces = united((), given.in_plane(XY))
    if any(
        isinstance(loop.curves[0], Circle) and loop.curves[0].center != (0.0, 0.0)
        for face in faces
        for loop in face.loops
    ):
        raise UnsupportedError(["offset of a circle that is not at the origin"])
    session.drawing(2 * sum(len(loop.curves) for face in faces for loop in face.loops))
    new: Faces = ()
    for face in faces:
        outer, *holes = face.loops
        larger = FlatFace.of(grown(outer, by, arcs=kind.arcs))
        inner = tuple(FlatFace.of(grown(hole, -by, arcs=kind.arcs)) for hole in holes)
        new = united(new, subtract((larger,), inner))
    made = Areas(((XY, new),))
    if builder is None:
        return made
    if mode is None:  # the library's own is to take the place of all that there is
        builder.faces = new
        return made
    return publish(session, made, mode)


# --- what is there already ----------------------------------------------------------------------


def _add(session: Session, objects: Any, rotation: Any = None, mode: Any = ADD) -> Any:
    """Give what there is already to the builder around it, at all places that hold there."""
    if rotation not in (None, 0) and rotation != (0, 0, 0):
        raise UnsupportedError(["add(rotation)"])
    given = list(objects) if isinstance(objects, list | tuple) else [objects]
    builder = above(session)
    if builder is None:
        raise ReadError("add outside of a builder")
    for one in given:
        _added(session, builder, one, mode)
    return given[-1] if given else None


def _added(session: Session, builder: Any, one: Any, mode: Any) -> None:
    if isinstance(one, BuildPart):
        one = Solid(one.placed())
    elif isinstance(one, BuildSketch):
        one = BuildSketch.ATTRIBUTES["sketch"](one)
    elif isinstance(one, BuildLine):
        one = Curves(one.flat())
    if isinstance(builder, BuildPart) and isinstance(one, Areas) and boolean_of(mode) is not None:
        session.drawing(one.size * len(around(session)))
        builder.pending += [placed for at in around(session) for placed in one.moved(at).placed]
        return
    kinds = {BuildPart: Solid, BuildSketch: Areas, BuildLine: Curves}
    if not isinstance(one, kinds[type(builder)]):
        raise UnsupportedError(["add of another kind of thing"])
    publish(session, one, mode)


BLENDING: dict[str, Any] = {
    "offset": Function("offset", _offset),
    "Kind": Namespace("Kind", {"ARC": Join(arcs=True), "INTERSECTION": Join(arcs=False)}),
    "add": Function("add", _add),
    "insert": Function("insert", _add),
    "fillet": Function("fillet", _fillet),
    "chamfer": Function("chamfer", _chamfer, {"angle": (None,)}),
    "edges": Function("edges", _of_builder(_edges)),
    "faces": Function("faces", _of_builder(_faces)),
    "vertices": Function("vertices", _of_builder(_vertices)),
}

_SELECTED = {"edges": _edges, "faces": _faces, "vertices": _vertices}


def _rotate(_: Session, self: Any, axis: Any, angle: Any) -> Any:
    """Turn a sketch or a part about an axis in space."""
    if not isinstance(self, Areas | Solid):
        raise UnsupportedError(["rotate of what is being built"])
    if not isinstance(axis, Line3D):
        raise ReadError("wrong value", expected="an Axis", got=type(axis).__name__)
    end = tuple(a + b for a, b in zip(axis.start, axis.direction, strict=True))
    return self.moved(frames.turn(axis.start, end, number(angle, "an angle")))  # type: ignore[arg-type]


OF_PARTS = {name: Function(name, run) for name, run in _SELECTED.items() if name != "vertices"}
OF_PARTS["center"] = Function("center", lambda _, self: Vector(*solid_middle(_steps_of(self))))
OF_PARTS["rotate"] = Function("rotate", _rotate)
OF_SKETCHES = {"vertices": Function("vertices", _vertices), "rotate": OF_PARTS["rotate"]}
"""Methods of parts, and of sketches and lines."""
