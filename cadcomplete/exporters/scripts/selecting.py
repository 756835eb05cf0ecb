"""Which filters of a script's library leave just the edges that a fillet or chamfer means.

Each is tried on the solid that the history has there, and must leave edges that the kernel rounds
to the same end, and none beside; what no filter says is said by points.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeVertex
from OCP.BRepExtrema import BRepExtrema_DistShapeShape
from OCP.BRepGProp import BRepGProp
from OCP.GeomAbs import GeomAbs_Circle, GeomAbs_Line, GeomAbs_Plane
from OCP.gp import gp_Pnt
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS, TopoDS_Edge, TopoDS_Shape

from cadcomplete.errors import UnsupportedError
from cadcomplete.exporters.saying import saying
from cadcomplete.exporters.scripts.selection import (
    ALONG,
    FACE,
    FARTHEST,
    ROUND,
    Group,
    Selection,
    Step,
)
from cadcomplete.history.blends import Blend, Chamfer
from cadcomplete.history.geometry import Array, Vec3
from cadcomplete.history.kinds import AXES
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.blends import chosen_edges
from cadcomplete.kernel.build import Prefixes, construct
from cadcomplete.kernel.integrals import box_of
from cadcomplete.kernel.naming.labels import LabelledEdges, first_face, labelled
from cadcomplete.kernel.naming.naming import chains
from cadcomplete.kernel.naming.surfaces import Bools
from cadcomplete.kernel.naming.topology import SolidEdges, edges_of

_LEVEL, _APART = 1e-7, 1e-3
"""Edges lie equally far if they do to the first, in mm; what is no farther than the second from
them must be one of them: both libraries round."""

_PARALLEL = 1e-6
"""How far the cosine between a line and its axis may be from 1."""

_PLACES = (2, 1, 3, 0, 4)
"""Which of the five points on an edge stand for it, the middle first."""

_MOST_DECIMALS = 6

Places = NDArray[np.intp]
"""Edges by their indices."""


def selections(sequence: CadSequence, *, by_mass: bool) -> dict[int, Selection]:
    """Return how to select the edges of each fillet and chamfer, by its index.

    `by_mass` is whether the library sorts edges by their centre of mass; else it is by the point
    in the middle of each. Raises BuildError if what is before one cannot be built.
    """
    found: dict[int, Selection] = {}
    prefixes = Prefixes()
    for index, operation in enumerate(sequence.operations):
        if isinstance(operation, Blend):
            with saying(index, "a script"):
                found[index] = _selected(sequence, index, operation, prefixes, by_mass=by_mass)
    return found


def _selected(
    sequence: CadSequence, index: int, blend: Blend, prefixes: Prefixes, *, by_mass: bool
) -> Selection:
    before = sequence.operations[:index]
    solid = construct(CadSequence(before), prefixes=prefixes).solid
    assert solid is not None
    edges = edges_of(solid.shape)
    labels = labelled(edges, before)
    wanted = chosen_edges(labels, blend, index)
    return _selection(_Table.of(solid.shape, edges, wanted, by_mass=by_mass), labels, blend)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """All edges of a solid, m of them: first the n that can be rounded, then seams and the like.

    Attributes:
        centers: where the library says that an edge is, shape (m, 3), in mm.
        along: unit vectors along straight edges, else 0, shape (m, 3).
        round: whether it is on a circle, shape (m,).
        chains: of the n, a number that is the same for those that are rounded together.
        wanted: of the n, those that are to be rounded.
        seams: of the others, those where a face meets itself; rounding leaves them alone.
    """

    shape: TopoDS_Shape
    edges: SolidEdges
    centers: Array
    along: Array
    round: Bools
    chains: Array
    wanted: Bools
    seams: Bools

    @staticmethod
    def of(shape: TopoDS_Shape, edges: SolidEdges, wanted: Bools, *, by_mass: bool) -> _Table:
        courses = [_course(edge, by_mass=by_mass) for edge in (*edges.edges, *edges.smooth)]
        centers, along, circles = (list(one) for one in zip(*courses, strict=True))
        together = chains(shape, edges)
        return _Table(
            shape,
            edges,
            np.array(centers),
            np.array(along),
            np.array(circles, dtype=np.bool_),
            together,
            wanted,
            _seams(shape, edges.smooth),
        )

    def leaves(self, mask: Bools) -> bool:
        """Say whether rounding the edges of a mask (m,) rounds just what is wanted."""
        count = len(self.edges)
        if mask[count:][~self.seams].any() or not mask[:count].any():
            return False
        said = np.unique(self.chains[mask[:count]])
        return np.array_equal(said, np.unique(self.chains[self.wanted]))


def _seams(shape: TopoDS_Shape, edges: tuple[TopoDS_Edge, ...]) -> Bools:
    faces = [TopoDS.Face(face) for face in _explored(shape, TopAbs_FACE)]
    closed = [any(BRep_Tool.IsClosed_s(edge, face) for face in faces) for edge in edges]
    return np.array(closed, dtype=np.bool_)


def _course(edge: TopoDS_Edge, *, by_mass: bool) -> tuple[list[float], list[float], bool]:
    curve = BRepAdaptor_Curve(edge)
    kind, along = curve.GetType(), [0.0, 0.0, 0.0]
    if kind == GeomAbs_Line:
        way = curve.Line().Direction()
        along = [way.X(), way.Y(), way.Z()]
    if by_mass:
        props = GProp_GProps()
        BRepGProp.LinearProperties_s(edge, props)
        at = props.CentreOfMass()
    else:
        at = curve.Value((curve.FirstParameter() + curve.LastParameter()) / 2)
    return [at.X(), at.Y(), at.Z()], along, kind == GeomAbs_Circle


def _selection(table: _Table, labels: LabelledEdges, blend: Blend) -> Selection:
    if isinstance(blend, Chamfer) and blend.sizes[0] != blend.sizes[1]:
        return Selection(None, groups=tuple(_groups(table, labels, swapped=blend.sizes[2])))
    for steps in _candidates():
        if table.leaves(_left_by(table, steps)):
            return Selection(steps, _points_beside(table, steps))
    return Selection(None, tuple(_points(table, table.wanted)))


def _points_beside(table: _Table, steps: tuple[Step, ...]) -> tuple[Vec3, ...]:
    """Return points for edges that filters say as well, if those ask where the part ends."""
    if not any(kind in (FARTHEST, FACE) for kind, _ in steps):
        return ()
    try:
        return tuple(_points(table, table.wanted))
    except UnsupportedError:
        return ()


# --- filters --------------------------------------------------------------------------------------


def _candidates() -> Iterator[tuple[Step, ...]]:
    """Yield filters, those that a person would try first before others."""
    along = [(ALONG, axis) for axis in "zxy"]
    far = [(FARTHEST, way) for way in ("+z", "-z", "+x", "-x", "+y", "-y")]
    faces = [(FACE, way) for _, way in far]
    kinds = [*along, (ROUND, "")]
    yield ()
    yield from ((kind,) for kind in kinds)
    yield from ((face,) for face in faces)
    yield from ((one,) for one in far)
    yield from itertools.product(kinds, far)
    yield from itertools.product(faces, kinds)
    yield from itertools.product(kinds, far, far)
    yield from itertools.product(faces, far)


def _left_by(table: _Table, steps: tuple[Step, ...]) -> Bools:
    """Return the edges that filters leave, shape (m,); none where libraries might differ."""
    left = np.ones(len(table.centers), dtype=np.bool_)
    for kind, way in steps:
        if kind == ROUND:
            left &= table.round
        elif kind == ALONG:
            left &= abs(table.along[:, "xyz".index(way)]) >= 1 - _PARALLEL
        elif kind == FACE:
            left &= _around_face(table, np.array(AXES[way]))
        else:
            left = _farthest(table, left, np.array(AXES[way]))
    return left


def _farthest(table: _Table, among: Bools, way: Array) -> Bools:
    far = table.centers @ way
    most = far[among].max() if among.any() else 0.0
    level, near = among & (far >= most - _LEVEL), among & (far >= most - _APART)
    return level if np.array_equal(level, near) else np.zeros_like(among)


def _around_face(table: _Table, way: Array) -> Bools:
    """The edges around the one flat face at the end of the part; none if there are several."""
    box = box_of(table.shape)
    end = max(np.array(box.minimum) @ way, np.array(box.maximum) @ way)
    found = []
    for face in _explored(table.shape, TopAbs_FACE):
        surface = BRepAdaptor_Surface(TopoDS.Face(face))
        if surface.GetType() == GeomAbs_Plane:
            plane = surface.Plane()
            axis, at = plane.Axis().Direction(), plane.Location()
            facing = abs(np.array([axis.X(), axis.Y(), axis.Z()]) @ way) >= 1 - _PARALLEL
            if facing and np.array([at.X(), at.Y(), at.Z()]) @ way >= end - _APART:
                found.append(face)
    edges = (*table.edges.edges, *table.edges.smooth)
    if len(found) != 1:
        return np.zeros(len(edges), dtype=np.bool_)
    around = list(_explored(found[0], TopAbs_EDGE))
    return np.array([any(edge.IsSame(one) for one in around) for edge in edges])


def _explored(shape: TopoDS_Shape, kind: object) -> Iterator[TopoDS_Shape]:
    explorer = TopExp_Explorer(shape, kind)
    while explorer.More():
        yield explorer.Current()
        explorer.Next()


# --- points ---------------------------------------------------------------------------------------


def _points(table: _Table, wanted: Bools) -> Iterator[Vec3]:
    """Yield a point for each chain of edges, to which no other edge is as near."""
    for number in np.unique(table.chains[wanted]).tolist():
        members = np.flatnonzero(table.chains == number)
        place = next(filter(None, (_point(table, int(i), members) for i in members)), None)
        if place is None:
            x, y, z = table.edges.points[members[0], 2]
            raise UnsupportedError([f"an edge at ({x:.6g}, {y:.6g}, {z:.6g}) that another lies on"])
        yield place


def _point(table: _Table, index: int, members: Places) -> Vec3 | None:
    """Return the point on an edge with the fewest decimals that is nearest to it."""
    for decimals, place in itertools.product(range(_MOST_DECIMALS + 1), _PLACES):
        exact = table.edges.points[index, place]
        at = np.round(exact, decimals) + 0.0
        off = float(np.linalg.norm(at - exact))
        if off < _APART and _is_nearest(table, at, members, off):
            x, y, z = at.tolist()
            return (x, y, z)
    return None


def _is_nearest(table: _Table, at: Array, members: Places, off: float) -> bool:
    vertex = BRepBuilderAPI_MakeVertex(gp_Pnt(*at.tolist())).Vertex()
    own = set(members.tolist())
    for index, edge in enumerate((*table.edges.edges, *table.edges.smooth)):
        if index not in own and BRepExtrema_DistShapeShape(vertex, edge).Value() < off + _APART:
            return False
    return True


def _groups(table: _Table, labels: LabelledEdges, *, swapped: bool) -> Iterator[Group]:
    """Yield the edges of a chamfer of two sizes by the face on which the first is measured.

    Raises UnsupportedError if they meet: one after the other is not what all at once make.
    """
    by_face: list[tuple[TopoDS_Shape, list[int]]] = []
    for index in np.flatnonzero(table.wanted).tolist():
        face = labels.found.faces[index][first_face(labels, index, swapped=swapped)]
        for known, members in by_face:
            if known.IsSame(face):
                members.append(index)
                break
        else:
            by_face.append((face, [index]))
    if len(by_face) > 1:
        raise UnsupportedError(["Chamfer (of two sizes, measured on several faces)"])
    for _, members in by_face:
        mask = np.isin(np.arange(len(table.edges)), members)
        inner = table.edges.within[members[0], :, 2]
        side = first_face(labels, members[0], swapped=swapped)
        x, y, z = np.round(inner[side], _MOST_DECIMALS).tolist()
        yield Group(tuple(_points(table, mask)), (x, y, z))
