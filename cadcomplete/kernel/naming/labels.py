"""Which operation made what meets at each edge of a solid."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.GeomAbs import GeomAbs_Cylinder, GeomAbs_Sphere, GeomAbs_Torus
from OCP.TopoDS import TopoDS_Face

from cadcomplete.history.blends import Blend, Chamfer, Fillet
from cadcomplete.history.named_loops import curve_counts
from cadcomplete.history.operations import Operation
from cadcomplete.kernel.naming.made_first import END, OTHER, SIDE, FaceSource, first_of
from cadcomplete.kernel.naming.surfaces import SURFACES, Bools, Key, SweptSurfaces
from cadcomplete.kernel.naming.topology import SolidEdges

MOSTLY = 0.35
"""Share of the places on an edge that must lie on a surface: two of five."""


@dataclass(slots=True, eq=False)
class OperationLabels:
    """What of n edges an operation made; `halves` are the two faces at an edge.

    Attributes:
        start, end: halves on its start and end face, shape (n, 2).
        sides: halves on the side of each curve of its sketch, by curve.
        start_rims, end_rims: edges on the outline of its start and end, shape (n,), by curve.
        any: halves that it made at all.
        corners: how many curves the loops have that its names count.
    """

    start: Bools
    end: Bools
    sides: dict[Key, Bools]
    start_rims: dict[Key, Bools]
    end_rims: dict[Key, Bools]
    any: Bools
    corners: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LabelledEdges:
    """The edges of a solid, and by the index of each operation what of them it made."""

    found: SolidEdges
    by: dict[int, OperationLabels]


def labelled(edges: SolidEdges, operations: tuple[Operation, ...]) -> LabelledEdges:
    """Find what each operation made of the edges of the solid that they all have made.

    Raises UnsupportedError for an operation of which it is not known which faces it makes.
    """
    by: dict[int, OperationLabels] = {}
    rounded: list[int] = []
    for index, operation in enumerate(operations):
        surfaces = SURFACES[type(operation)](operation, operations[:index])
        if not operation.builds:
            continue
        labels = _labels(edges, surfaces)
        labels.corners = curve_counts(operation, operations[:index])
        by[index] = labels
        if isinstance(operation, Blend):
            rounded.append(index)
    _add_blends(edges, by, {index: operations[index] for index in rounded})
    return LabelledEdges(edges, by)


def _labels(edges: SolidEdges, surfaces: tuple[SweptSurfaces, ...]) -> OperationLabels:
    n = len(edges)
    start, end, anything = np.zeros((3, n, 2), dtype=np.bool_)
    labels = OperationLabels(start, end, {}, {}, {}, anything)
    within, points = edges.within.reshape(-1, 3), edges.points.reshape(-1, 3)
    if not n:
        return labels
    for one in surfaces:
        starts, ends = (_most(side, (n, 2)) for side in one.ends(within))
        labels.start |= starts
        labels.end |= ends
        _merge(labels.sides, one.keys, _most(one.sides(within), (-1, n, 2)))
        for rims, found in zip((labels.start_rims, labels.end_rims), one.rims(points), strict=True):
            _merge(rims, one.keys, _most(found, (-1, n)))
    labels.any = np.logical_or.reduce([labels.start, labels.end, *labels.sides.values()])
    return labels


def _most(samples: Bools, shape: tuple[int, ...]) -> Bools:
    """From what is true of five places on each edge to what is true of the edge."""
    return samples.reshape(*shape, 5).mean(axis=-1) > MOSTLY


def _merge(into: dict[Key, Bools], keys: tuple[Key, ...], found: Bools) -> None:
    for key, one in zip(keys, found, strict=True):
        into[key] = into[key] | one if key in into else one


# --- fillets and chamfers -------------------------------------------------------------------------


def _add_blends(
    edges: SolidEdges, by: dict[int, OperationLabels], blends: dict[int, Operation]
) -> None:
    """What no other operation made, a fillet or a chamfer did: of several the one that fits."""
    if not blends or not len(edges):
        return
    free = ~np.logical_or.reduce([labels.any for labels in by.values()])
    for i, side in np.argwhere(free):
        fitting = [k for k, one in blends.items() if _may_make(one, edges.faces[i][side])]
        for index in fitting or list(blends):
            by[index].any[i, side] = True


def _may_make(blend: Operation, face: TopoDS_Face) -> bool:
    """Say whether a face is one that a fillet or chamfer makes, by its kind and radius."""
    surface = BRepAdaptor_Surface(face)
    radius = _radius(surface)
    if isinstance(blend, Chamfer):
        return radius is None
    assert isinstance(blend, Fillet)
    return radius is not None and abs(radius - blend.radius) <= 1e-6 * blend.radius


def _radius(surface: BRepAdaptor_Surface) -> float | None:
    kind = surface.GetType()
    if kind == GeomAbs_Cylinder:
        return surface.Cylinder().Radius()
    if kind == GeomAbs_Torus:
        return surface.Torus().MinorRadius()
    return surface.Sphere().Radius() if kind == GeomAbs_Sphere else None


def first_face(labels: LabelledEdges, edge: int, *, swapped: bool) -> int:
    """Return which of the two faces at an edge, 0 or 1, was made first (`Chamfer`)."""
    one, other = _place(labels, edge, 0), _place(labels, edge, 1)
    made = labels.by.get(one.operation)
    # none if what it does again are several sketches' loops
    return first_of(one, other, made.corners if made else (), swapped=swapped)


def _place(labels: LabelledEdges, edge: int, side: int) -> FaceSource:
    for index, made in labels.by.items():
        if made.start[edge, side] or made.end[edge, side]:
            return FaceSource(index, END)
        for (loop, curve), halves in made.sides.items():
            if halves[edge, side]:
                return FaceSource(index, SIDE, loop, curve)
        if made.any[edge, side]:
            return FaceSource(index, OTHER)
    return FaceSource(max(labels.by, default=0) + 1, OTHER)
