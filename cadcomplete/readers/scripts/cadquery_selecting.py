"""The methods of CadQuery's workplanes that select faces, edges and corners, and blend edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.curves import Circle
from cadcomplete.history.edges import EdgeName
from cadcomplete.history.geometry import Plane, Vec3
from cadcomplete.history.kinds import AXES
from cadcomplete.readers.scripts import frames
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.cadquery_selectors import (
    Across,
    Along,
    Both,
    Either,
    Facing,
    Far,
    Level,
    Not,
    OfKind,
    Selector,
    parsed,
    picked,
)
from cadcomplete.readers.scripts.cadquery_workplane import (
    EdgePick,
    FacePick,
    Pen,
    Wire,
    Workplane,
    tagged,
)
from cadcomplete.readers.scripts.edge_names import Filters, across, level_of, named, of_rim
from cadcomplete.readers.scripts.edge_points import NearEdge, nearest_edge
from cadcomplete.readers.scripts.finishing import BlendStep
from cadcomplete.readers.scripts.regions import spans_all
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.skyline import nth_level
from cadcomplete.readers.scripts.solids import SolidStep, Steps
from cadcomplete.readers.scripts.values import Function, Namespace, Value, items, positive, vec3

_NEAR = 1e-4  # mm by which the library's levels may differ


def _tree(selector: Any) -> Selector | None:
    if selector is None:
        return None
    if not isinstance(selector, str):
        raise UnsupportedError(["a selector that is no text"])
    return parsed(selector)


def _whole(self: Workplane) -> Steps:
    """Return the solid that is on the stack by itself."""
    if len(self.stack) == 1 and isinstance(self.stack[0], tuple):
        return self.stack[0]
    raise UnsupportedError(["a selection from what is not one solid"])


# --- faces --------------------------------------------------------------------------------------


def _faces(_: Session, self: Workplane, selector: Any = None, tag: Any = None) -> Workplane:
    source = self if tag is None else tagged(self, tag)
    tree, steps = _tree(selector), _whole(source)
    if isinstance(tree, Level):
        return self.then(_at_level(steps, tree))
    if isinstance(tree, Along):
        return self.then(FacePick(steps, across=tree.axis))
    ways = (_only(steps, tree.way),) if isinstance(tree, Facing) else _ways(tree)
    for way in ways:
        level_of(steps, way)
    return self.then(FacePick(steps, ways))


def _only(steps: Steps, way: str) -> str:
    """Return a direction in which only the faces look that lie farthest along it."""
    if not spans_all(tuple(s for s in steps if isinstance(s, SolidStep)), AXES[way]):
        raise UnsupportedError(["faces that look in a direction, of several levels"])
    return way


def _at_level(steps: Steps, wanted: Level) -> FacePick:
    way, far = nth_level(steps, AXES[wanted.way], wanted.index)
    word = next(word for word, axis in AXES.items() if axis == way)
    try:
        last = abs(level_of(steps, word) - far) <= _NEAR
    except UnsupportedError:
        last = False
    return FacePick(steps, (word,), None if last else far)


def _ways(tree: Selector | None) -> tuple[str, ...]:
    if isinstance(tree, Far) and tree.way in AXES:
        return (tree.way,)
    if isinstance(tree, Either):
        return tuple(dict.fromkeys((*_ways(tree.one), *_ways(tree.other))))
    raise UnsupportedError(["faces that are not the last ones in a direction"])


# --- edges --------------------------------------------------------------------------------------


def _edges(_: Session, self: Workplane, selector: Any = None, tag: Any = None) -> Workplane:
    source = self if tag is None else tagged(self, tag)
    steps, among = _edges_of(source)
    tree = _tree(selector)
    chosen = (
        among if tree is None else [one for base in among for one in _chosen(steps, base, tree)]
    )
    return self.then(EdgePick(steps, tuple(dict.fromkeys(chosen))))


def _edges_of(self: Workplane) -> tuple[Steps, list[Filters]]:
    """Return the edges of what is on the stack: their solid, and filters of their names."""
    item = self.stack[0] if len(self.stack) == 1 else None
    if isinstance(item, EdgePick) and (item.points or item.nearest is not None):
        raise UnsupportedError(["a selection from edges that were selected one by one"])
    if isinstance(item, EdgePick):
        return item.steps, list(item.filters)
    if not isinstance(item, FacePick):
        return _whole(self), [()]
    if item.level is not None:
        raise UnsupportedError(["edges of faces that are not the last ones in a direction"])
    if item.across:
        return item.steps, across(item.steps, item.across)
    return item.steps, [of_rim(item.steps, way) for way in item.ways]


def _chosen(steps: Steps, base: Filters, tree: Selector) -> list[Filters]:
    """Return the filters of the edges among some that a selector means."""
    spend(10)
    if isinstance(tree, Either):
        return [*_chosen(steps, base, tree.one), *_chosen(steps, base, tree.other)]
    if isinstance(tree, Both):
        return [
            (*base, *_asked_of_all((*one[len(base) :], *other[len(base) :])))
            for one in _chosen(steps, base, tree.one)
            for other in _chosen(steps, base, tree.other)
        ]
    if isinstance(tree, Far) and tree.way in AXES:
        return [(*base, *_farthest(steps, base, tree.way))]
    if isinstance(tree, Along):
        return [(*base, tree.axis)]
    if isinstance(tree, OfKind) and tree.name in ("LINE", "CIRCLE"):
        return [(*base, "line" if tree.name == "LINE" else "round")]
    if isinstance(tree, Across | Not) and not base:
        return _others(steps, tree)
    raise UnsupportedError(["a selection of edges that has no name"])


def _asked_of_all(filters: Filters) -> Filters:
    """Return the filters of an `and`, each once: what lies farthest is asked of all edges first."""
    return tuple(sorted(dict.fromkeys(filters), key=lambda word: word not in AXES))


def _others(steps: Steps, tree: Across | Not) -> list[Filters]:
    inner = tree.one if isinstance(tree, Not) else None
    if isinstance(tree, Across):
        return across(steps, tree.axis, straight=True)
    if isinstance(inner, Along):
        return across(steps, inner.axis)
    raise UnsupportedError(["a selection of edges that has no name"])


def _farthest(steps: Steps, base: Filters, way: str) -> Filters:
    """Return the filter of the edges that lie farthest, of those that pass some filters.

    They are those of a flat face in which the solid ends: of others the library and a name might
    mean different ones.
    """
    if any(word in AXES and word != way for word in base):
        level_of(steps, way)  # of the rim of one face those that lie in the other: its edge
    return of_rim(steps, way)


# --- corners ------------------------------------------------------------------------------------


def _vertices(_: Session, self: Workplane, selector: Any = None, tag: Any = None) -> Workplane:
    source = self if tag is None else tagged(self, tag)
    tree = _tree(selector)
    points = [point for item in source.stack for point in _corners(item)]
    spend(len(points))
    distinct = list(dict.fromkeys(tuple(round(v, 7) + 0.0 for v in point) for point in points))
    chosen = distinct if tree is None else picked(distinct, tree)  # type: ignore[arg-type]
    return self.then(*(Plane(point, self.plane.normal, self.plane.x_axis) for point in chosen))  # type: ignore[arg-type]


def _corners(item: Any) -> list[Vec3]:
    if isinstance(item, Wire):
        plane, loops = item.plane, [item.loop]
    elif isinstance(item, FacePick):
        plane, faces = item.faces()
        loops = [loop for face in faces for loop in face.loops]
    elif isinstance(item, Pen) and not isinstance(item.curve, Circle):
        ends = (item.curve.start, item.curve.end)
        return [frames.to_world(item.plane, (*end, 0.0)) for end in ends]
    else:
        raise UnsupportedError(["corners of what is no wire and no face"])
    if any(isinstance(curve, Circle) for loop in loops for curve in loop.curves):
        raise UnsupportedError(["the corners of a circle"])
    return [frames.to_world(plane, (*c.start, 0.0)) for loop in loops for c in loop.curves]


# --- fillets and chamfers -----------------------------------------------------------------------


def _blended(session: Session, self: Workplane, size: float, *, rounded: bool) -> Workplane:
    steps, names = _named(self)
    if steps is not self.solid and steps != self.solid:
        raise UnsupportedError(["a fillet or chamfer of edges of another solid"])
    return self.then((*steps, BlendStep(size, names, rounded, session.line)))


def _named(self: Workplane) -> tuple[Steps, tuple[EdgeName, ...]]:
    """Return the solid that the edges on the stack are of, and their names."""
    item = self.stack[0] if len(self.stack) == 1 else None
    if isinstance(item, EdgePick) and item.points:
        return item.steps, item.points
    steps, filters = _edges_of(self)
    return steps, named(filters)


# --- edges by how far they are from a point -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PointVertex(Value):
    """A vertex that is made at a point."""

    at: Vec3


@dataclass(frozen=True, slots=True)
class Gap(Value):
    """How far an edge of a list is from a point, whichever edge it is."""

    point: Vec3


@dataclass(frozen=True, slots=True)
class AnyEdge(Value):
    """Each edge of a list in turn, for what sorts it."""

    METHODS: ClassVar[Mapping[str, Function]]


def _distance(_: Session, self: AnyEdge, other: Any) -> Gap:
    if not isinstance(other, PointVertex):
        raise UnsupportedError(["distance to anything but a vertex"])
    return Gap(other.at)


AnyEdge.METHODS = {"distance": Function("distance", _distance)}


def _make_vertex(_: Session, x: Any, y: Any, z: Any) -> PointVertex:
    return PointVertex(vec3((x, y, z)))


VERTEX = Namespace("Vertex", {"makeVertex": Function("makeVertex", _make_vertex)})


def _sort(session: Session, self: Workplane, key: Any) -> Workplane:
    """Sort all edges of a solid by how far they are from a point."""
    steps, filters = _edges_of(self)
    by = session.ask(key, AnyEdge())
    if filters != [()] or not isinstance(by, Gap):
        raise UnsupportedError(["sort by anything but the distance of all edges from a point"])
    return self.then(EdgePick(steps, ((),), nearest=by.point))


def _fillet(session: Session, self: Workplane, radius: Any) -> Workplane:
    return _blended(session, self, positive(radius, "a radius"), rounded=True)


def _chamfer(session: Session, self: Workplane, length: Any, length2: Any = None) -> Workplane:
    size = positive(length, "a length")
    if length2 is not None and length2 != length:
        # the library measures the first on the face that it happens to find first
        raise UnsupportedError(["chamfer(length2)"])
    return _blended(session, self, size, rounded=False)


def _val(_: Session, self: Workplane) -> Any:
    """Return the first of the stack: of edges the nearest one, anything else as it is."""
    pick = self.stack[0] if len(self.stack) == 1 else None
    if isinstance(pick, EdgePick) and pick.nearest is not None:
        return nearest_edge(pick.steps, pick.nearest)
    return self


def _new_object(_: Session, self: Workplane, objlist: Any) -> Workplane:
    """Follow with edges that were selected one by one."""
    found = items(objlist)
    edges = [one for one in found if isinstance(one, NearEdge)]
    if not edges or len(edges) != len(found) or any(e.steps != edges[0].steps for e in edges):
        raise UnsupportedError(["newObject of anything but edges of a solid"])
    points = tuple(dict.fromkeys(edge.name for edge in edges))
    return self.then(EdgePick(edges[0].steps, (), points))


SELECTING = {
    name: Function(name, run)
    for name, run in {
        "faces": _faces,
        "edges": _edges,
        "vertices": _vertices,
        "sort": _sort,
        "val": _val,
        "newObject": _new_object,
        "fillet": _fillet,
        "chamfer": _chamfer,
    }.items()
}
"""Methods of workplanes that select, and what is done with edges."""
