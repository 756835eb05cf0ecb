"""Which edges of a solid a name means, and which edges the kernel rounds together."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeVertex
from OCP.BRepExtrema import BRepExtrema_DistShapeShape
from OCP.BRepFilletAPI import BRepFilletAPI_MakeFillet
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.gp import gp_Pnt
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.history.edges import BENDS, OF_TWO, PARALLEL_TO, EdgeName, EdgePoint, EdgePredicate
from cadcomplete.history.geometry import Array
from cadcomplete.history.kinds import AXES
from cadcomplete.kernel.failures import KERNEL_ERRORS
from cadcomplete.kernel.naming.labels import LabelledEdges, OperationLabels
from cadcomplete.kernel.naming.surfaces import Bools, Key
from cadcomplete.kernel.naming.topology import SolidEdges

ON_EDGE = 5e-3
"""How far a point may lie off the edge that it names, in mm."""

_LEVEL = 1e-3  # mm by which edges that lie equally far may differ

_ALONG = 1e-6  # how far the cosine between an edge and the axis that it is parallel to is from 1


def meant(labels: LabelledEdges, name: EdgeName) -> Bools:
    """Say which edges a name means, shape (n,). Raises GeometryError if there is none.

    A point on an edge where nothing bends means none, and that is no error: people select such
    edges with others, and the kernel leaves them out.
    """
    if not isinstance(name, EdgePoint):
        found = meant_by(labels, name)
    elif not (found := _at(labels.found, name)).any() and _is_smooth(labels.found, name):
        return found
    if not found.any():
        where = _nearest(labels.found, name) if isinstance(name, EdgePoint) else ""
        raise GeometryError(f"there is no such edge (any more){where}")
    return found


def meant_by(labels: LabelledEdges, name: EdgePredicate) -> Bools:
    """Say which edges a predicate means, shape (n,); there may be none."""
    found = _chosen(labels, name)
    for one in name.filters:
        found = filtered(labels.found, found, one)
    return found


def _chosen(labels: LabelledEdges, name: EdgePredicate) -> Bools:
    if name.kind == "all":
        return np.ones(len(labels.found), bool)
    made = [labels.by[index] for index in name.operations]
    if name.kind == OF_TWO:
        one, other = (labels_.any for labels_ in made)
        return either(one & other[:, ::-1])
    return KINDS[name.kind](made[0], name.loop, name.curve)


def either(halves: Bools) -> Bools:
    """From what is true of the two faces at an edge, shape (n, 2), to what is of one of them."""
    return halves[:, 0] | halves[:, 1]


def of_operation(made: OperationLabels, loop: int | None, curve: int | None) -> Bools:
    if loop is None:
        return either(made.any)
    return either(_together(made.sides, made, loop, curve, like=made.any))


def at_start(made: OperationLabels, loop: int | None, curve: int | None) -> Bools:
    return _at_end(made, made.start, made.start_rims, loop, curve)


def at_end(made: OperationLabels, loop: int | None, curve: int | None) -> Bools:
    return _at_end(made, made.end, made.end_rims, loop, curve)


def _at_end(
    made: OperationLabels, face: Bools, rims: dict[Key, Bools], loop: int | None, curve: int | None
) -> Bools:
    rim = _together(rims, made, loop, curve, like=face[:, 0]) & either(made.any)
    return rim | either(face) if loop is None else rim


def between_sides(made: OperationLabels, loop: int | None, curve: int | None) -> Bools:
    if curve is None or loop is None:
        found = _together(made.sides, made, loop, None, like=made.any)
        return found[:, 0] & found[:, 1]
    one, other = (_together(made.sides, made, loop, at, like=made.any) for at in (curve, curve + 1))
    return either(one & other[:, ::-1])


KINDS: dict[str, Callable[[OperationLabels, int | None, int | None], Bools]] = {
    "of": of_operation,
    "start": at_start,
    "end": at_end,
    "side": between_sides,
}
"""What each kind of predicate means that names one operation."""


def _together(
    parts: dict[Key, Bools], made: OperationLabels, loop: int | None, curve: int | None, like: Bools
) -> Bools:
    """What any of the curves made, or those of a loop, or one curve."""
    if curve is not None and loop is not None and loop < len(made.corners):
        curve %= made.corners[loop]
    chosen = [
        part
        for (i, c), part in parts.items()
        if (loop is None or i == loop) and (curve is None or c == curve)
    ]
    return np.logical_or.reduce([np.zeros_like(like), *chosen])


def filtered(edges: SolidEdges, among: Bools, name: str) -> Bools:
    """Say which of some edges pass a filter, shape (n,)."""
    if name in AXES:
        if not among.any():
            return among
        far = edges.points.mean(axis=1) @ np.array(AXES[name])
        return among & (far >= far[among].max() - _LEVEL)
    if name in PARALLEL_TO:
        along = abs(edges.tangents[:, 0, PARALLEL_TO.index(name)])
        return among & edges.straight & (along >= 1 - _ALONG)
    if name in BENDS:
        return among & (edges.convex == (name == BENDS[0]))
    return among & (edges.straight if name == "line" else edges.round)


def _at(edges: SolidEdges, name: EdgePoint) -> Bools:
    found = np.zeros(len(edges), bool)
    near = np.linalg.norm(edges.points - np.array(name.at), axis=2).min(axis=1, initial=np.inf)
    vertex = _vertex(name)
    least, best = ON_EDGE, -1
    for index in np.flatnonzero(near <= 0.5 * edges.lengths + ON_EDGE):
        off = BRepExtrema_DistShapeShape(vertex, edges.edges[index]).Value()
        if off <= least:
            least, best = off, int(index)
    if best >= 0:
        found[best] = True
    return found


def _nearest(edges: SolidEdges, name: EdgePoint) -> str:
    """How far it is from a point to the nearest edge, in words."""
    vertex = _vertex(name)
    gaps = [BRepExtrema_DistShapeShape(vertex, edge) for edge in edges.edges]
    gaps = [gap for gap in gaps if gap.IsDone()]
    if not gaps:
        return ""
    gap = min(gaps, key=lambda one: one.Value())
    point = gap.PointOnShape2(1)
    at = ", ".join(f"{round(v, 9) + 0.0:.6g}" for v in (point.X(), point.Y(), point.Z()))
    return f": the nearest one to this point is {gap.Value():.6g} mm off, at ({at}) mm"


def _vertex(name: EdgePoint) -> TopoDS_Shape:
    return BRepBuilderAPI_MakeVertex(gp_Pnt(*name.at)).Vertex()


def _is_smooth(edges: SolidEdges, name: EdgePoint) -> bool:
    vertex = _vertex(name)
    gaps = (BRepExtrema_DistShapeShape(vertex, edge) for edge in edges.smooth)
    return any(gap.IsDone() and gap.Value() <= ON_EDGE for gap in gaps)


def chains(shape: TopoDS_Shape, edges: SolidEdges) -> Array:
    """Return a number for each edge, shape (n,): the same for those that are rounded together.

    They run on smoothly from each other; the kernel says which.
    """
    places = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    for edge in edges.edges:
        places.Add(edge)
    maker = BRepFilletAPI_MakeFillet(shape)
    numbers = np.full(len(edges), -1)
    for index, edge in enumerate(edges.edges):
        if numbers[index] >= 0:
            continue
        numbers[index] = index
        try:
            maker.Add(1.0, edge)
            contour = maker.Contour(edge)
            others = [maker.Edge(contour, i + 1) for i in range(maker.NbEdges(contour))]
        except KERNEL_ERRORS:
            continue
        for other in others:
            at = places.FindIndex(other) - 1
            if at >= 0 and numbers[at] < 0:
                numbers[at] = index
    return numbers
