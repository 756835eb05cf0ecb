"""The faces and edges of a solid as plain values, read from the kernel once.

Extruded lines and arcs give planes and cylinders only; any other surface is kept as unknown.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepTools import BRepTools
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.GeomAbs import GeomAbs_Circle, GeomAbs_Cylinder, GeomAbs_Line, GeomAbs_Plane
from OCP.gp import gp_Pnt, gp_Vec
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_FORWARD, TopAbs_REVERSED, TopAbs_WIRE
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS, TopoDS_Face, TopoDS_Shape

from cadcomplete.history.geometry import Vec3, cross, dot

SMOOTH = 0.01
"""Sine of the angle (0.6°) below which two faces meet smoothly."""


class Surface(Enum):
    PLANE = "plane"
    CYLINDER = "cylinder"
    OTHER = "other"


class Turn(Enum):
    """How two faces meet, seen from outside of the solid."""

    CONVEX = "convex"
    CONCAVE = "concave"
    SMOOTH = "smooth"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Edge:
    """A curve between two faces.

    Attributes:
        start, mid, end: points on it.
        tangent: its direction at `mid`, from start to end.
        straight: whether it is a line.
        center, axis, radius: of a circle, which runs counter-clockwise about `axis`; else None.
        sweep: the angle that it runs, in radians.
    """

    start: Vec3
    mid: Vec3
    end: Vec3
    tangent: Vec3
    straight: bool
    center: Vec3 | None = None
    axis: Vec3 | None = None
    radius: float = 0.0
    sweep: float = 0.0


Wire = tuple[tuple[int, bool], ...]
"""Edges by their indices, with whether each is run from its start to its end."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face. Seen from outside, with its wires run as they say, it lies to their left.

    Attributes:
        point: on the plane, or on the axis of the cylinder.
        direction: the plane's normal, out of the solid, or the cylinder's axis.
        radius: of the cylinder.
        concave: whether the cylinder's axis is outside of the solid, as in a hole.
        sweep: angle around the axis that the face takes, in radians.
        span: where it begins and ends along the axis, from `point`.
        wires: the outer one first; without the seam of a cylinder.
    """

    surface: Surface
    point: Vec3
    direction: Vec3
    wires: tuple[Wire, ...]
    radius: float = 0.0
    concave: bool = False
    sweep: float = 0.0
    span: tuple[float, float] = (0.0, 0.0)

    def normal(self, at: Vec3) -> Vec3:
        """Return the unit normal out of the solid at a point of the face; of others zero."""
        if self.surface is Surface.PLANE:
            return self.direction
        if self.surface is Surface.OTHER:
            return (0.0, 0.0, 0.0)
        arm = sub(at, self.point)
        along = dot(arm, self.direction)
        sign = (-1.0 if self.concave else 1.0) / self.radius
        x, y, z = (sign * (a - along * d) for a, d in zip(arm, self.direction, strict=True))
        return (x, y, z)


@dataclass(frozen=True, slots=True)
class Skin:
    """All faces and edges of a body.

    `owners` holds for each edge the faces that it bounds, `turns` how they meet there.
    """

    faces: tuple[Face, ...]
    edges: tuple[Edge, ...]
    owners: tuple[tuple[int, ...], ...]
    turns: tuple[Turn, ...]

    def across(self, edge: int, face: int) -> int | None:
        """Return the face on the other side of an edge, or None if there is not just one."""
        others = [owner for owner in self.owners[edge] if owner != face]
        return others[0] if len(others) == 1 else None


Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Found(Generic[Thing]):
    """Something that was found, and the faces that belong to it."""

    what: Thing
    faces: frozenset[int]


def sub(a: Vec3, b: Vec3) -> Vec3:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


Line = tuple[Vec3, Vec3]
"""A point and a unit direction."""

Key = tuple[int, ...]


def rounded(number: float, *, step: float = 5e-3) -> int:
    """Return a number in whole steps; round numbers do not lie on the border between two."""
    return round(number / step + 0.217)


def axis_key(face: Face) -> tuple[Key, Line]:
    """Return a key that all cylinders about one axis share, and the axis.

    The axis is given by its point nearest to the origin; its largest coordinate is positive.
    """
    direction = face.direction
    largest = max(map(abs, direction))
    if next(c for c in direction if abs(c) > 0.999 * largest) < 0:
        direction = (-direction[0], -direction[1], -direction[2])
    along = dot(face.point, direction)
    x, y, z = (p - along * d for p, d in zip(face.point, direction, strict=True))
    key = (*(rounded(d, step=1e-4) for d in direction), *map(rounded, (x, y, z)))
    return key, ((x, y, z), direction)


def surface_key(face: Face) -> Key | None:
    """Return a key that all faces on one plane or cylinder share, seen from the same side."""
    if face.surface is Surface.PLANE:
        offset = dot(face.point, face.direction)
        return (*(rounded(c, step=1e-4) for c in face.direction), rounded(offset))
    if face.surface is Surface.CYLINDER:
        return (*axis_key(face)[0], rounded(face.radius), int(face.concave))
    return None


def count_faces(shape: TopoDS_Shape) -> int:
    explorer, count = TopExp_Explorer(shape, TopAbs_FACE), 0
    while explorer.More():
        count += 1
        explorer.Next()
    return count


def read_skin(shape: TopoDS_Shape) -> Skin:
    """Return the faces and edges of a shape."""
    known = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    edges: list[Edge] = []
    faces: list[Face] = []
    explorer = TopExp_Explorer(shape, TopAbs_FACE)
    while explorer.More():
        faces.append(_read_face(TopoDS.Face(explorer.Current()), known, edges))
        explorer.Next()
    owners: list[list[int]] = [[] for _ in edges]
    runs: list[bool] = [True] * len(edges)
    for index, face in enumerate(faces):
        for wire in face.wires:
            for edge, forward in wire:
                if not owners[edge]:
                    runs[edge] = forward
                owners[edge].append(index)
    turns = [_turn(*each, faces) for each in zip(edges, owners, runs, strict=True)]
    return Skin(tuple(faces), tuple(edges), tuple(map(tuple, owners)), tuple(turns))


def _read_face(face: TopoDS_Face, known: Any, edges: list[Edge]) -> Face:
    surface = BRepAdaptor_Surface(face, False)
    kind, outside = surface.GetType(), face.Orientation() == TopAbs_FORWARD
    wires = _read_wires(face, known, edges)
    if kind == GeomAbs_Plane:
        frame = surface.Plane().Position()
        sign = 1.0 if outside == frame.Direct() else -1.0
        return Face(
            Surface.PLANE, _vector(frame.Location()), _vector(frame.Direction(), sign), wires
        )
    if kind == GeomAbs_Cylinder:
        cylinder = surface.Cylinder()
        frame = cylinder.Position()
        left, right, low, high = BRepTools.UVBounds_s(face)
        return Face(
            Surface.CYLINDER,
            _vector(frame.Location()),
            _vector(frame.Direction()),
            wires,
            cylinder.Radius(),
            outside != frame.Direct(),
            right - left,
            (low, high),
        )
    return Face(Surface.OTHER, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), wires)


def _read_wires(face: TopoDS_Face, known: Any, edges: list[Edge]) -> tuple[Wire, ...]:
    wires: list[Wire] = []
    explorer = TopExp_Explorer(face, TopAbs_WIRE)
    outer = None
    while explorer.More():
        wire = explorer.Current()
        explorer.Next()
        if outer is None and explorer.More():
            outer = BRepTools.OuterWire_s(face)
        first = outer is None or wire.IsSame(outer)
        wires.insert(0 if first else len(wires), _read_wire(wire, face, known, edges))
    return tuple(wires)


def _read_wire(wire: TopoDS_Shape, face: TopoDS_Face, known: Any, edges: list[Edge]) -> Wire:
    run: list[tuple[int, bool]] = []
    explorer = TopExp_Explorer(wire, TopAbs_EDGE)
    while explorer.More():
        edge = TopoDS.Edge(explorer.Current())
        explorer.Next()
        if BRep_Tool.Degenerated_s(edge) or BRep_Tool.IsClosed_s(edge, face):
            continue
        index = known.Add(edge) - 1
        if index == len(edges):
            edges.append(_read_edge(edge))
        run.append((index, edge.Orientation() != TopAbs_REVERSED))
    return tuple(run)


def _read_edge(edge: Any) -> Edge:
    curve = BRepAdaptor_Curve(edge)
    first, last = curve.FirstParameter(), curve.LastParameter()
    mid, tangent = gp_Pnt(), gp_Vec()
    curve.D1((first + last) / 2, mid, tangent)
    length = tangent.Magnitude() or 1.0
    points = (_vector(curve.Value(first)), _vector(mid), _vector(curve.Value(last)))
    direction, kind = _vector(tangent, 1.0 / length), curve.GetType()
    if kind != GeomAbs_Circle:
        return Edge(*points, direction, kind == GeomAbs_Line)
    circle = curve.Circle()
    center, axis = _vector(circle.Location()), _vector(circle.Axis().Direction())
    if dot(cross(sub(points[1], center), direction), axis) < 0:
        axis = (-axis[0], -axis[1], -axis[2])
    return Edge(*points, direction, False, center, axis, circle.Radius(), last - first)


def _turn(edge: Edge, owners: list[int], forward: bool, faces: list[Face]) -> Turn:
    """Compare the second face's normal with the way from the edge into the first face."""
    if len(owners) != 2:
        return Turn.UNKNOWN
    one, two = (faces[owner].normal(edge.mid) for owner in owners)
    inward = dot(cross(one, edge.tangent), two) * (1.0 if forward else -1.0)
    if abs(inward) > SMOOTH:
        return Turn.CONCAVE if inward > 0 else Turn.CONVEX
    return Turn.SMOOTH if dot(one, two) > 0.5 else Turn.UNKNOWN


def _vector(of: Any, factor: float = 1.0) -> Vec3:
    return (factor * of.X(), factor * of.Y(), factor * of.Z())
