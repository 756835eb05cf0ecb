"""The edges of a solid, and what its shape alone says of each: its faces, its bend, its course."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Curve2d, BRepAdaptor_Surface
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.GeomAbs import GeomAbs_Circle, GeomAbs_Line
from OCP.gp import gp_Pnt, gp_Vec
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_REVERSED
from OCP.TopExp import TopExp, TopExp_Explorer
from OCP.TopoDS import TopoDS, TopoDS_Edge, TopoDS_Face, TopoDS_Shape

from cadcomplete.history.geometry import Array

SAMPLES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
"""Where on an edge it is looked at, as shares of its parameter."""

MIDDLE = 2

SMOOTH = 0.02
"""Sine of the angle between two faces up to which they run on smoothly: about a degree."""

NUDGE = 5e-3
"""How far into its faces one looks from an edge, in mm."""


@dataclass(frozen=True, slots=True, eq=False)
class SolidEdges:
    """The edges of a solid between two faces that meet at an angle; n of them.

    Attributes:
        edges: the kernel's.
        faces: of each the two faces, as the kernel's.
        points: on the edge, shape (n, 5, 3), in mm.
        within: the same points a little way into each of the two faces, shape (n, 2, 5, 3).
        normals: of the faces there, pointing out of the solid, shape (n, 2, 5, 3).
        tangents: unit vectors along the edge, shape (n, 5, 3).
        lengths: mm, shape (n,).
        convex: whether the material is on the inside of the bend, shape (n,).
        straight, round: whether it is a line, or on a circle, shape (n,).
        smooth: the kernel's edges where nothing bends: none of the n.
    """

    edges: tuple[TopoDS_Edge, ...]
    faces: tuple[tuple[TopoDS_Face, TopoDS_Face], ...]
    points: Array
    within: Array
    normals: Array
    tangents: Array
    lengths: Array
    convex: np.ndarray
    straight: np.ndarray
    round: np.ndarray
    smooth: tuple[TopoDS_Edge, ...] = ()

    def __len__(self) -> int:
        return len(self.edges)


@dataclass(slots=True, eq=False)
class _Half:
    """An edge as the border of a face: the same of one face."""

    face: TopoDS_Face
    within: Array
    normals: Array


def edges_of(shape: TopoDS_Shape) -> SolidEdges:
    """Return the edges of a solid; seams, and those where faces run on smoothly, are left out."""
    known = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, TopAbs_EDGE, known)
    halves: list[list[_Half]] = [[] for _ in range(known.Size())]
    curves: dict[int, _Course] = {}
    for face in _faces(shape):
        surface = BRepAdaptor_Surface(face)
        for edge in _explored(face, TopAbs_EDGE):
            index = known.FindIndex(edge) - 1
            if index not in curves:
                if BRep_Tool.Degenerated_s(TopoDS.Edge(edge)):
                    continue
                curves[index] = _course(TopoDS.Edge(known.FindKey(index + 1)))
            halves[index].append(_half(TopoDS.Edge(edge), face, surface, curves[index]))
    kept = [i for i in sorted(curves) if len(halves[i]) == 2 and _bends(*halves[i])]
    smooth = tuple(curves[i].edge for i in sorted(curves.keys() - set(kept)))
    return replace(_table([curves[i] for i in kept], [halves[i] for i in kept]), smooth=smooth)


def _explored(shape: TopoDS_Shape, kind: Any) -> Iterator[TopoDS_Shape]:
    explorer = TopExp_Explorer(shape, kind)
    while explorer.More():
        yield explorer.Current()
        explorer.Next()


def _faces(shape: TopoDS_Shape) -> Iterator[TopoDS_Face]:
    for face in _explored(shape, TopAbs_FACE):
        yield TopoDS.Face(face)


@dataclass(slots=True, eq=False)
class _Course:
    """An edge on its own."""

    edge: TopoDS_Edge
    at: Array
    points: Array
    tangents: Array
    length: float
    kind: Any


def _course(edge: TopoDS_Edge) -> _Course:
    curve = BRepAdaptor_Curve(edge)
    first, last = curve.FirstParameter(), curve.LastParameter()
    at = first + SAMPLES * (last - first)
    points, tangents = np.zeros((5, 3)), np.zeros((5, 3))
    for i, value in enumerate(at.tolist()):
        point, along = gp_Pnt(), gp_Vec()
        curve.D1(value, point, along)
        points[i] = (point.X(), point.Y(), point.Z())
        tangents[i] = (along.X(), along.Y(), along.Z())
    speed = np.linalg.norm(tangents, axis=1, keepdims=True)
    length = float(speed.mean() * abs(last - first))
    return _Course(edge, at, points, tangents / np.maximum(speed, 1e-300), length, curve.GetType())


def _half(
    edge: TopoDS_Edge, face: TopoDS_Face, surface: BRepAdaptor_Surface, course: _Course
) -> _Half:
    flat = BRepAdaptor_Curve2d(edge, face)
    normals = np.zeros((5, 3))
    for i, value in enumerate(course.at.tolist()):
        at, point, u, v = flat.Value(value), gp_Pnt(), gp_Vec(), gp_Vec()
        surface.D1(at.X(), at.Y(), point, u, v)
        out = u.Crossed(v)
        normals[i] = (out.X(), out.Y(), out.Z())
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    if face.Orientation() == TopAbs_REVERSED:
        normals = -normals
    along = -course.tangents if edge.Orientation() == TopAbs_REVERSED else course.tangents
    inward = np.cross(normals, along)  # a face lies to the left of its border, seen from outside
    return _Half(face, course.points + NUDGE * inward, normals)


def _bends(one: _Half, other: _Half) -> bool:
    """Say whether two faces, which are not one, meet at an angle at the middle of their edge."""
    across = np.linalg.norm(np.cross(one.normals, other.normals), axis=1)
    return not one.face.IsSame(other.face) and bool(np.median(across) > SMOOTH)


def _table(courses: list[_Course], halves: list[list[_Half]]) -> SolidEdges:
    points = np.array([c.points for c in courses]).reshape(-1, 5, 3)
    within = np.array([[h.within for h in pair] for pair in halves]).reshape(-1, 2, 5, 3)
    normals = np.array([[h.normals for h in pair] for pair in halves]).reshape(-1, 2, 5, 3)
    below = np.einsum("nsk,nsk->ns", within[:, 0] - points, normals[:, 1])
    return SolidEdges(
        tuple(c.edge for c in courses),
        tuple((pair[0].face, pair[1].face) for pair in halves),
        points,
        within,
        normals,
        np.array([c.tangents for c in courses]).reshape(-1, 5, 3),
        np.array([c.length for c in courses]),
        np.median(below, axis=1) < 0,
        np.array([c.kind == GeomAbs_Line for c in courses], dtype=np.bool_),
        np.array([c.kind == GeomAbs_Circle for c in courses], dtype=np.bool_),
    )
