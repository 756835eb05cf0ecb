"""Faces and edges that build123d scripts select of a solid, and corners of a sketch."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.geometry import Plane, Vec3, dot
from cadcomplete.history.kinds import AXES
from cadcomplete.readers.scripts import frames
from cadcomplete.readers.scripts.areas import Faces
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.build123d_objects import GeomKind, SortKey
from cadcomplete.readers.scripts.build123d_places import Faced, Frame, Line3D
from cadcomplete.readers.scripts.edge_names import Filters, across, level_of, of_rim
from cadcomplete.readers.scripts.edge_points import NearEdge, NearFace, nearest_edge
from cadcomplete.readers.scripts.finishing import axis_word
from cadcomplete.readers.scripts.regions import frame_at, middle_of, region, surface_x
from cadcomplete.readers.scripts.solids import Steps
from cadcomplete.readers.scripts.values import Function, Value, Vector, flag, vec3

_Attributes = Mapping[str, Callable[[Any], Any]]


def _axis(value: Any) -> str:
    """Return +x, -y … for an axis that a list is sorted or filtered by. Raises UnsupportedError."""
    if not isinstance(value, Line3D):
        raise UnsupportedError(["a selection by anything but an axis"])
    return axis_word(value.direction)


def _opposite(word: str) -> str:
    return f"{'-' if word[0] == '+' else '+'}{word[1]}"


# --- faces --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FaceList(Value):
    """All faces of a solid; with `across` the flat ones across an axis. Sorted along `order`.

    With `groups` it is a list of lists, of faces that lie equally far.
    """

    steps: Steps
    across: str = ""
    order: str = ""
    groups: bool = False

    METHODS: ClassVar[Mapping[str, Function]]
    ATTRIBUTES: ClassVar[_Attributes] = {
        "last": lambda self: self.item(-1),
        "first": lambda self: self.item(0),
    }

    def item(self, index: Any) -> Any:
        """Return the first or last of a sorted list; which others there are is not said."""
        if index not in (0, -1) or not self.order:
            raise UnsupportedError(["a face that is not the first or last along an axis"])
        word = self.order if index == -1 else _opposite(self.order)
        if self.across and self.across != word[1]:
            raise UnsupportedError(["a face that is not the first or last along an axis"])
        level_of(self.steps, word)
        group = FaceGroup(self.steps, word)
        return group if self.groups else group.only()

    def sorted(self, by: Any, *, reverse: Any, groups: bool) -> FaceList:
        word = _axis(by)
        return replace(self, order=_opposite(word) if flag(reverse) else word, groups=groups)

    def filtered(self, by: Any) -> FaceList:
        if isinstance(by, GeomKind) and by.name == "PLANE":
            return self  # the first and last ones are flat in any case
        return replace(self, across=_axis(by)[1])

    def compare(self, op: ast.cmpop, other: Any) -> FaceList:
        """`>` and `<` sort."""
        if not isinstance(op, ast.Gt | ast.Lt):
            raise UnsupportedError(["comparison of faces"])
        return self.sorted(other, reverse=isinstance(op, ast.Lt), groups=False)

    def __rshift__(self, by: object) -> Any:
        return self.sorted(by, reverse=False, groups=True).item(-1)

    def __lshift__(self, by: object) -> Any:
        return self.sorted(by, reverse=False, groups=True).item(0)

    def __or__(self, by: object) -> FaceList:
        return self.filtered(by)

    def nearest_to(self, point: Any) -> NearestFaces:
        if self.across or self.order:
            raise UnsupportedError(["the nearest face of some"])
        return NearestFaces(self.steps, vec3(point))

    def edges(self) -> EdgeList:
        if not self.across:
            return EdgeList(self.steps, ((),))
        return EdgeList(self.steps, tuple(across(self.steps, self.across)))


@dataclass(frozen=True, slots=True)
class FaceGroup(Value):
    """The faces in which a solid ends in a direction."""

    steps: Steps
    word: str

    METHODS: ClassVar[Mapping[str, Function]]

    def found(self) -> tuple[Plane, Faces]:
        way = AXES[self.word]
        far = level_of(self.steps, self.word)
        return frame_at(way, far), region(self.steps, way, far)

    def only(self) -> PickedFace:
        frame, faces = self.found()
        if len(faces) != 1:
            raise UnsupportedError(["one of several faces that lie equally far"])
        return PickedFace(self.steps, self.word, frame, faces)

    def item(self, index: Any) -> PickedFace:
        if index not in (0, -1):
            raise UnsupportedError(["one of several faces that lie equally far"])
        return self.only()

    def listed(self) -> list[Any]:
        frame, faces = self.found()
        alone = len(faces) == 1
        return [PickedFace(self.steps, self.word, frame, (face,), alone) for face in faces]

    def edges(self) -> EdgeList:
        return EdgeList(self.steps, (of_rim(self.steps, self.word),))


@dataclass(frozen=True, slots=True)
class PickedFace(Faced):
    """One face of a solid, in which it ends in a direction: its plane, and its outline there.

    `alone` says that no other one lies as far.
    """

    steps: Steps
    word: str
    frame: Plane
    faces: Faces
    alone: bool = True

    METHODS: ClassVar[Mapping[str, Function]]

    def faced(self, x_axis: Vec3 | None = None) -> Frame:
        """Return the plane that the library makes of it: at its middle, its x that of its surface.

        That is not known of all: then the plane is loose.
        """
        x, y = middle_of(self.faces)
        origin = frames.to_world(self.frame, (x, y, 0.0))
        if x_axis is not None:
            return Frame(frames.plane_of(origin, self.frame.normal, x_axis))
        along = surface_x(self.steps, AXES[self.word], self.frame.offset)
        axis = self.frame.x_axis if along is None else along
        return Frame(Plane.of(origin, self.frame.normal, axis), loose=along is None)

    def edges(self) -> EdgeList:
        if not self.alone:
            raise UnsupportedError(["edges of one of several faces that lie equally far"])
        return EdgeList(self.steps, (of_rim(self.steps, self.word),))


# --- edges --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EdgeList(Value):
    """Edges of a solid, by the filters of their names. Grouped along `order`, if there is one."""

    steps: Steps
    filters: tuple[Filters, ...]
    order: str = ""
    listed_by: str = ""

    METHODS: ClassVar[Mapping[str, Function]]
    ATTRIBUTES: ClassVar[_Attributes] = {
        "last": lambda self: self.item(-1),
        "first": lambda self: self.item(0),
    }

    def item(self, index: Any) -> EdgeList:
        """Return the group that lies first or last along an axis."""
        if self.listed_by and isinstance(index, slice):
            first = index.start is None
            return self.last_ones(index, _opposite(self.listed_by) if first else self.listed_by)
        if not self.order or index not in (0, -1):
            raise UnsupportedError(["an edge that is not named by a group"])
        word = self.order if index == -1 else _opposite(self.order)
        for one in self.filters:
            if any(other in AXES and other != word for other in one):
                level_of(self.steps, word)
        return self.narrowed(of_rim(self.steps, word))

    def last_ones(self, place: Any, word: str) -> EdgeList:
        """Return so many as there are in the faces in which the solid ends, and no others."""
        way = AXES[word]
        faces = region(self.steps, way, level_of(self.steps, word))
        count = sum(len(loop.curves) for face in faces for loop in face.loops)
        if self.filters != ((),) or place not in (slice(-count, None), slice(None, count)):
            raise UnsupportedError(["edges that are not named by a group"])
        return self.narrowed(of_rim(self.steps, word))

    def narrowed(self, more: Filters) -> EdgeList:
        return EdgeList(self.steps, tuple((*one, *more) for one in self.filters))

    def sorted(self, by: Any, *, reverse: Any, groups: bool) -> EdgeList:
        word = _axis(by)
        word = _opposite(word) if flag(reverse) else word
        return EdgeList(self.steps, self.filters, word if groups else "", "" if groups else word)

    def grouped(self, by: Any, reverse: Any = False) -> EdgeList:
        return self.sorted(by, reverse=reverse, groups=True)

    def filtered(self, by: Any, reverse: Any = False) -> EdgeList:
        turned = flag(reverse)
        if isinstance(by, GeomKind) and by.name in ("CIRCLE", "LINE") and not turned:
            return self.narrowed(("round" if by.name == "CIRCLE" else "line",))
        word = _axis(by)[1]
        if turned:
            if self.filters != ((),):
                raise UnsupportedError(["edges that are not along an axis, of others"])
            return EdgeList(self.steps, tuple(across(self.steps, word)))
        return self.narrowed((word,))

    def __rshift__(self, by: object) -> EdgeList:
        return self.grouped(by).item(-1)

    def __lshift__(self, by: object) -> EdgeList:
        return self.grouped(by).item(0)

    def __or__(self, by: object) -> EdgeList:
        return self.filtered(by)

    def __add__(self, other: object) -> EdgeList:
        if not isinstance(other, EdgeList) or other.steps != self.steps:
            raise TypeError
        return EdgeList(self.steps, tuple(dict.fromkeys((*self.filters, *other.filters))))

    def nearest_to(self, point: Any) -> NearestEdges:
        if self.filters != ((),) or self.order or self.listed_by:
            raise UnsupportedError(["the nearest edge of some"])
        return NearestEdges(self.steps, point)


@dataclass(frozen=True, slots=True)
class NearestEdges(Value):
    """All edges of a solid, sorted by how far they are from a point: the first is known."""

    steps: Steps
    point: Any

    ATTRIBUTES: ClassVar[_Attributes] = {"first": lambda self: self.item(0)}

    def item(self, index: Any) -> NearEdge:
        if index != 0:
            raise UnsupportedError(["an edge that is not the nearest one"])
        return nearest_edge(self.steps, self.point)


@dataclass(frozen=True, slots=True)
class NearestFaces(Value):
    """The same of faces."""

    steps: Steps
    point: Vec3

    ATTRIBUTES: ClassVar[_Attributes] = {"first": lambda self: self.item(0)}

    def item(self, index: Any) -> NearFace:
        if index != 0:
            raise UnsupportedError(["a face that is not the nearest one"])
        return NearFace(self.steps, self.point)


# --- corners ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PointList(Value):
    """Corners of a sketch or of a face, sorted along `order` if there is one; else in no order.

    `of` is what they are the corners of, if it can be rounded there.
    """

    points: tuple[Vec3, ...]
    order: str = ""
    groups: bool = False
    of: Any = field(default=None, compare=False)

    METHODS: ClassVar[Mapping[str, Function]]
    ATTRIBUTES: ClassVar[_Attributes] = {
        "last": lambda self: self.item(-1),
        "first": lambda self: self.item(0),
    }

    def listed(self) -> list[Any]:
        return [Vector(*point) for point in self.points]

    def _levels(self) -> list[list[Vec3]]:
        spend(4 * len(self.points))
        found: dict[float, list[Vec3]] = {}
        for point in self.points:
            found.setdefault(round(dot(point, AXES[self.order]), 6) + 0.0, []).append(point)
        return [found[key] for key in sorted(found)]

    def item(self, index: Any) -> Any:
        """Return a group, or one or several of a list that is sorted so far."""
        if not self.order:
            raise UnsupportedError(["corners in no order"])
        levels = self._levels()
        if self.groups:
            if type(index) is not int or not -len(levels) <= index < len(levels):
                raise UnsupportedError(["a group of corners"])
            return PointList(tuple(levels[index]), of=self.of)
        place = slice(index, index + 1 or None) if type(index) is int else index
        if not isinstance(place, slice) or place.step not in (None, 1):
            raise UnsupportedError(["a choice of corners"])
        ranks = [rank for rank, level in enumerate(levels) for _ in level]
        chosen = set(ranks[place])
        points = [point for rank in sorted(chosen) for point in levels[rank]]
        if len(points) != len(ranks[place]) or not points:
            raise UnsupportedError(["some of several corners that lie equally far"])
        return Vector(*points[0]) if type(index) is int else PointList(tuple(points), of=self.of)

    def sorted(self, by: Any, *, reverse: Any = False, groups: bool = False) -> PointList:
        word = _axis(by)
        word = _opposite(word) if flag(reverse) else word
        return PointList(self.points, word, groups, self.of)

    def compare(self, op: ast.cmpop, other: Any) -> PointList:
        if not isinstance(op, ast.Gt | ast.Lt):
            raise UnsupportedError(["comparison of corners"])
        return self.sorted(other, reverse=isinstance(op, ast.Lt))

    def __rshift__(self, by: object) -> Any:
        return self.sorted(by, groups=True).item(-1)

    def __lshift__(self, by: object) -> Any:
        return self.sorted(by, groups=True).item(0)

    def __add__(self, other: object) -> PointList:
        if not isinstance(other, PointList):
            raise TypeError
        return PointList(tuple(dict.fromkeys((*self.points, *other.points))), of=self.of)


def corners_of(faces: Faces, plane: Plane, of: Any = None) -> PointList:
    """Return the ends of all curves of faces; a circle's is not said."""
    loops = [loop for face in faces for loop in face.loops]
    if any(curve.closed for loop in loops for curve in loop.curves):
        raise UnsupportedError(["the corners of a circle"])
    points = (frames.to_world(plane, (*c.start, 0.0)) for loop in loops for c in loop.curves)
    return PointList(tuple(dict.fromkeys(points)), of=of)


# --- methods ------------------------------------------------------------------------------------


def _methods(**runs: Callable[..., Any]) -> dict[str, Function]:
    return {name: Function(name, run) for name, run in runs.items()}


def _sort_by(_: Any, self: Any, sort_by: Any = None, reverse: Any = False) -> Any:
    if isinstance(sort_by, SortKey):
        raise UnsupportedError([f"sort_by(SortBy.{sort_by.name})"])
    return self.sorted(_AXIS_Z if sort_by is None else sort_by, reverse=reverse, groups=False)


def _group_by(_: Any, self: Any, group_by: Any = None, reverse: Any = False) -> Any:
    if isinstance(group_by, SortKey):
        raise UnsupportedError([f"group_by(SortBy.{group_by.name})"])
    by = _AXIS_Z if group_by is None else group_by
    return self.sorted(by, reverse=reverse, groups=True)


def _filter_by(_: Any, self: Any, filter_by: Any, reverse: Any = False) -> Any:
    if isinstance(self, EdgeList):
        return self.filtered(filter_by, reverse)
    if flag(reverse):
        raise UnsupportedError(["filter_by(reverse)"])
    return self.filtered(filter_by)


def _face_center(_: Any, self: PickedFace) -> Vector:
    return Vector(*frames.to_world(self.frame, (*middle_of(self.faces), 0.0)))


_AXIS_Z = Line3D((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))

FaceList.METHODS = _methods(
    sort_by=_sort_by,
    group_by=_group_by,
    filter_by=_filter_by,
    sort_by_distance=lambda _, self, other: self.nearest_to(other),
    edges=lambda _, self: self.edges(),
    face=lambda _, self: self.item(-1),
)
FaceGroup.METHODS = _methods(
    edges=lambda _, self: self.edges(),
    face=lambda _, self: self.only(),
    sort_by=lambda _, self, sort_by=None, reverse=False: self,
)
PickedFace.METHODS = _methods(
    edges=lambda _, self: self.edges(),
    vertices=lambda _, self: corners_of(self.faces, self.frame),
    center=_face_center,
    normal_at=lambda _, self: Vector(*self.frame.normal),
)
EdgeList.METHODS = _methods(
    filter_by=_filter_by,
    group_by=_group_by,
    sort_by=_sort_by,
    sort_by_distance=lambda _, self, other: self.nearest_to(other),
    edges=lambda _, self: self,
)
PointList.METHODS = _methods(sort_by=_sort_by, group_by=_group_by)
