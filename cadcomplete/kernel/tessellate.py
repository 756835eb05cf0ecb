"""From a solid to triangles and edges."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
from typing import Any

import numpy as np
from OCP.BRep import BRep_Tool
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_REVERSED, TopAbs_ShapeEnum
from OCP.TopExp import TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Edge, TopoDS_Face, TopoDS_Shape

from cadcomplete.history.geometry import Array
from cadcomplete.kernel.measure import bounding_box
from cadcomplete.kernel.solid import Solid
from cadcomplete.meshes.mesh import EMPTY, Mesh


def tessellate(solid: Solid, *, deflection: float = 1e-3, angle: float = 12.0) -> Mesh:
    """Return the triangles and the edges of a solid.

    `deflection` is the largest distance between triangles and surface, as a share of the
    diagonal of the bounding box; `angle` the largest turn between neighbours, in degrees.
    """
    diagonal = bounding_box(solid).diagonal
    largest = deflection * diagonal
    BRepMesh_IncrementalMesh(solid.shape, largest, False, math.radians(angle))
    parts: list[tuple[Array, np.ndarray]] = []
    lines: list[Array] = []
    seen = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    for shape in _explore(solid.shape, TopAbs_FACE):
        face, location = TopoDS.Face(shape), TopLoc_Location()
        mesh = BRep_Tool.Triangulation_s(face, location)
        if mesh is None:
            continue  # a sliver without area has no triangles
        vertices = _vertices(mesh, location)
        parts.append((vertices, _triangles(mesh, face)))
        lines += _edges(face, mesh, location, vertices, seen)
    return _merged(parts, tuple(lines), 1e-6 * diagonal)


def _explore(shape: TopoDS_Shape, kind: TopAbs_ShapeEnum) -> list[TopoDS_Shape]:
    explorer, shapes = TopExp_Explorer(shape, kind), []
    while explorer.More():
        shapes.append(explorer.Current())
        explorer.Next()
    return shapes


def _vertices(mesh: Any, location: TopLoc_Location) -> Array:
    points = np.array([mesh.Node(i).Coord() for i in range(1, mesh.NbNodes() + 1)])
    if location.IsIdentity():
        return points
    move = location.Transformation()
    matrix = np.array([[move.Value(r, c) for c in range(1, 5)] for r in range(1, 4)])
    return points @ matrix[:, :3].T + matrix[:, 3]


def _triangles(mesh: Any, face: TopoDS_Face) -> np.ndarray:
    corners = [mesh.Triangle(i).Get() for i in range(1, mesh.NbTriangles() + 1)]
    triangles = np.array(corners, dtype=np.int64).reshape(-1, 3) - 1
    return triangles[:, ::-1] if face.Orientation() == TopAbs_REVERSED else triangles


def _edges(
    face: TopoDS_Face, mesh: Any, location: TopLoc_Location, vertices: Array, seen: Any
) -> list[Array]:
    """The edges of a face that no earlier face had; the seam of a cylinder is none."""
    lines = []
    for shape in _explore(face, TopAbs_EDGE):
        edge: TopoDS_Edge = TopoDS.Edge(shape)
        known = seen.Contains(edge)
        seen.Add(edge)
        if known or BRep_Tool.IsClosed_s(edge, face):
            continue
        polygon = BRep_Tool.PolygonOnTriangulation_s(edge, mesh, location)
        if polygon is not None:
            nodes = [polygon.Node(i) - 1 for i in range(1, polygon.NbNodes() + 1)]
            lines.append(vertices[nodes])
    return lines


def _merged(parts: list[tuple[Array, np.ndarray]], lines: tuple[Array, ...], near: float) -> Mesh:
    """Put the faces together, so that neighbours share the vertices on their common edge."""
    if not parts:  # of a surface whose numbers are none, the kernel draws nothing
        return Mesh(EMPTY.vertices, EMPTY.triangles, lines)
    offsets = np.cumsum([0, *(len(vertices) for vertices, _ in parts)])
    vertices = np.concatenate([vertices for vertices, _ in parts])
    triangles = np.concatenate(
        [t + offset for (_, t), offset in zip(parts, offsets[:-1], strict=True)]
    )
    x, y, z = np.round((vertices - vertices.min(axis=0)) / near).astype(np.int64).T
    keys = (x << 42) | (y << 21) | z  # a box has at most 2²⁰ steps of `near` along a side
    _, first, merged = np.unique(keys, return_index=True, return_inverse=True)
    triangles = merged[triangles]
    a, b, c = triangles.T
    return Mesh(vertices[first], triangles[(a != b) & (b != c) & (c != a)], lines)
