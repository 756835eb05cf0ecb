"""Fillets and chamfers: the kernel rounds edges, and a formula says how much that can change."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepFilletAPI import BRepFilletAPI_MakeChamfer, BRepFilletAPI_MakeFillet
from OCP.ChFi3d import ChFi3d_FilletShape
from OCP.GeomAbs import GeomAbs_Plane
from OCP.ShapeFix import ShapeFix_Shape, ShapeFix_ShapeTolerance
from OCP.TopAbs import TopAbs_SHAPE
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.history.blends import Blend, Chamfer, Fillet
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Operation
from cadcomplete.kernel.booleans import believed
from cadcomplete.kernel.failures import KERNEL_ERRORS
from cadcomplete.kernel.integrals import box_of, volume_of
from cadcomplete.kernel.measure import count_bodies
from cadcomplete.kernel.naming.labels import LabelledEdges, first_face, labelled
from cadcomplete.kernel.naming.naming import chains, meant
from cadcomplete.kernel.naming.surfaces import Bools
from cadcomplete.kernel.naming.topology import SolidEdges, edges_of
from cadcomplete.kernel.oracle import VolumeBounds
from cadcomplete.kernel.solid import Solid, is_valid

_EXACT = 1e-6
"""Relative error of a change of volume that a formula knows."""

_LOOSE = 2.0
"""How much more than a prism along each edge may change: faces are curved, ends lie askew."""

_HALVINGS = 7

_SQUARE = 1e-6  # cosine of the angle at which two faces, or an edge and a face, are at right angles

_FORMS = (
    ChFi3d_FilletShape.ChFi3d_Rational,
    ChFi3d_FilletShape.ChFi3d_QuasiAngular,
    ChFi3d_FilletShape.ChFi3d_Polynomial,
)
"""How the kernel describes a rounding: where one fails, another may do."""


class BlendedShape(NamedTuple):
    """What a fillet or a chamfer makes, and the least and the most volume that it may have, mm³."""

    shape: TopoDS_Shape
    least: float
    most: float


def blended_solid(solid: Solid, blend: Blend, before: tuple[Operation, ...]) -> Solid:
    """Return the solid with edges made round or cut off, checked by what that can change.

    It may have no more bodies than before and no larger box. Raises GeometryError (`blended`), or
    BooleanError if what the kernel makes is not what it must be.
    """
    made = blended(solid.shape, blend, before)
    box, bodies = box_of(solid.shape), count_bodies(solid)
    around = np.array([box.minimum, box.maximum])
    return believed(made.shape, VolumeBounds(made.least, made.most, around, (bodies, bodies)))


def blended(shape: TopoDS_Shape, blend: Blend, before: tuple[Operation, ...]) -> BlendedShape:
    """Round the edges, or cut them off, that a fillet or a chamfer names, of a solid so far.

    Raises GeometryError naming the edge that does not exist, or that the kernel fails on.
    """
    edges = edges_of(shape)
    labels = labelled(edges, before)
    together = chains(shape, edges)
    chosen = chosen_edges(labels, blend, len(before))
    made = _made(shape, labels, blend, chosen, together)
    changes = _changes(edges, blend, np.isin(together, together[chosen]))
    volume = volume_of(shape)
    low = float(changes.lost[0] - changes.won[1])
    high = float(changes.lost[1] - changes.won[0])
    return BlendedShape(made, volume - high, volume - low)


def largest(solid: Solid, operation: Operation, before: tuple[Operation, ...]) -> float:
    """Return the most, in mm, that a fillet or chamfer which fails may be on the same edges.

    By halving, to a hundredth of what was asked, rounded down; 0 if it is another operation or
    there is no such size. Raises GeometryError naming the edge that does not exist.
    """
    if not isinstance(operation, Blend):
        return 0.0
    labels = labelled(edges_of(solid.shape), before)
    chosen = chosen_edges(labels, operation, len(before))
    asked, low, high = _asked(operation), 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        made = (
            _built(one) for one in _makers(solid.shape, labels, _less(operation, share), chosen)
        )
        works = any(shape is not None and is_valid(shape) for shape in made)
        low, high = (share, high) if works else (low, share)
    step = 10.0 ** math.floor(math.log10(asked / 100))
    return round(math.floor(low * asked / step) * step, 9)


def _asked(blend: Blend) -> float:
    return blend.radius if isinstance(blend, Fillet) else blend.sizes[0]


def _less(blend: Blend, share: float) -> Blend:
    if isinstance(blend, Fillet):
        return replace(blend, radius=blend.radius * share)
    first, second, swapped = blend.sizes
    return replace(blend, sizes=(first * share, second * share, swapped))


def blended_edges(shape: TopoDS_Shape, blend: Blend, before: tuple[Operation, ...]) -> Array:
    """Return the middles of the edges that a blend changes of a solid so far, shape (e, 3), in mm.

    Raises GeometryError naming the edge that does not exist.
    """
    edges = edges_of(shape)
    chosen = chosen_edges(labelled(edges, before), blend, len(before))
    together = chains(shape, edges)
    return edges.points[np.isin(together, together[chosen]), 2]


def chosen_edges(labels: LabelledEdges, blend: Blend, index: int) -> Bools:
    chosen = np.zeros(len(labels.found), bool)
    for name in blend.edges:
        try:
            chosen |= meant(labels, name)
        except GeometryError as error:
            raise GeometryError(f"{name.counted(index).word}: {error}") from error
    if not chosen.any():
        raise GeometryError("no edges are named")
    return chosen


# --- the kernel -----------------------------------------------------------------------------------


def _made(
    shape: TopoDS_Shape, labels: LabelledEdges, blend: Blend, chosen: Bools, together: Array
) -> TopoDS_Shape:
    made = None
    for maker in _makers(shape, labels, blend, chosen):
        if (made := _built(maker)) is not None and (sound := _sound(made)) is not None:
            return sound
    if made is not None:
        return made  # whoever checks it says what is wrong
    raise GeometryError(_failure(shape, labels, blend, chosen, together))


def _built(maker: Any) -> TopoDS_Shape | None:
    try:
        maker.Build()
        return maker.Shape() if maker.IsDone() and not maker.Shape().IsNull() else None
    except KERNEL_ERRORS:
        return None


def _sound(shape: TopoDS_Shape) -> TopoDS_Shape | None:
    """Return a shape that is valid: itself, or mended as FreeCAD mends it; None if it stays so."""
    if is_valid(shape):
        return shape
    ShapeFix_ShapeTolerance().LimitTolerance(shape, 1e-7, 1e-7, TopAbs_SHAPE)
    mend = ShapeFix_Shape(shape)
    mend.Perform()
    return mend.Shape() if is_valid(mend.Shape()) else None


def _makers(
    shape: TopoDS_Shape, labels: LabelledEdges, blend: Blend, chosen: Bools
) -> Iterator[Any]:
    """Yield the kernel's makers, each with the edges in it, none twice."""
    edges = labels.found.edges
    if isinstance(blend, Chamfer):
        maker = BRepFilletAPI_MakeChamfer(shape)
        first, second, swapped = blend.sizes
        for index in np.flatnonzero(chosen).tolist():
            if not maker.Contour(edges[index]):
                face = labels.found.faces[index][first_face(labels, index, swapped=swapped)]
                maker.Add(first, second, edges[index], face)
        yield maker
        return
    for form in _FORMS:
        maker = BRepFilletAPI_MakeFillet(shape, form)
        for index in np.flatnonzero(chosen):
            if not maker.Contour(edges[index]):
                maker.Add(blend.radius, edges[index])
        yield maker


def _failure(
    shape: TopoDS_Shape, labels: LabelledEdges, blend: Blend, chosen: Bools, together: Array
) -> str:
    """Say on which edge the kernel fails: the first that fails alone, or all of them together."""
    what, size = type(blend).__name__.lower(), _size(blend)
    for number in np.unique(together[chosen]):
        alone = chosen & (together == number)
        if any(_built(maker) is not None for maker in _makers(shape, labels, blend, alone)):
            continue
        middle = labels.found.points[int(np.flatnonzero(alone)[0])][2]
        x, y, z = (round(float(value), 9) + 0.0 for value in middle)
        at = f"({x:.6g}, {y:.6g}, {z:.6g}) mm"
        return f"the kernel cannot make the {what} of {size} at the edge through {at}"
    return f"the kernel cannot make the {what} of {size} on these edges together, each alone it can"


def _size(blend: Blend) -> str:
    if isinstance(blend, Fillet):
        return f"{blend.radius:g} mm"
    first, second, _ = blend.sizes
    return f"{first:g} mm" if first == second else f"{first:g} by {second:g} mm"


# --- what it can change ---------------------------------------------------------------------------


class _Changes(NamedTuple):
    """The least and the most volume in mm³ lost at convex edges, and won at concave ones."""

    lost: tuple[float, float]
    won: tuple[float, float]


def _changes(edges: SolidEdges, blend: Blend, rounded: Bools) -> _Changes:
    bend = np.arccos(np.clip(_between(edges, rounded), -1.0, 1.0))  # (m, 5), 0 where it is smooth
    if isinstance(blend, Fillet):
        area = blend.radius**2 * (np.tan(bend / 2) - bend / 2)
        reach = blend.radius * np.tan(bend / 2)
    else:
        first, second, _ = blend.sizes
        area = first * second * np.sin(bend) / 2
        reach = np.full_like(bend, max(first, second))
    lengths, convex = edges.lengths[rounded], edges.convex[rounded]
    prisms = area.mean(axis=1) * lengths
    if _plain(edges, rounded, reach.max()):
        return _Changes(*(_exactly(prisms[one].sum()) for one in (convex, ~convex)))
    turned = np.linalg.norm(np.diff(edges.tangents[rounded], axis=1), axis=2).max(axis=1)
    bulge = 1 + turned / (0.2 * lengths) * reach.max(axis=1)
    most = _LOOSE * area.max(axis=1) * (lengths + 2 * reach.max(axis=1)) * bulge
    return _Changes(*((0.0, float(most[one].sum())) for one in (convex, ~convex)))


def _exactly(volume: float) -> tuple[float, float]:
    return float(volume) * (1 - _EXACT), float(volume) * (1 + _EXACT)


def _between(edges: SolidEdges, rounded: Bools) -> Array:
    """The cosine of the bend of each edge that is rounded, at five places, shape (m, 5)."""
    one, other = edges.normals[rounded, 0], edges.normals[rounded, 1]
    return np.einsum("nsk,nsk->ns", one, other)


def _plain(edges: SolidEdges, rounded: Bools, reach: float) -> bool:
    """Say whether a prism along each edge is all that changes.

    So it is if straight edges between planes at right angles end on planes at right angles to them,
    and nothing else of the solid comes near them: neither another edge that is rounded.
    """
    if not edges.straight[rounded].all() or abs(_between(edges, rounded)).max() > _SQUARE:
        return False
    for index in np.flatnonzero(rounded).tolist():
        if not all(_is_plane(face) for face in edges.faces[index]):
            return False
        along, length = edges.tangents[index, 0], edges.lengths[index]
        off = edges.points - edges.points[index, 2]
        ahead = off @ along
        aside = np.linalg.norm(off - ahead[..., None] * along, axis=2)
        near = (abs(ahead) < length / 2 + reach) & (aside < 2 * reach)
        near[index] = False
        near |= _at_ends(edges, index)[:, None]
        met = np.flatnonzero(near.any(axis=1) & (np.arange(len(edges)) != index)).tolist()
        if any(rounded[other] or not _square_end(edges, other, index) for other in met):
            return False
    return True


def _at_ends(edges: SolidEdges, index: int) -> Bools:
    """Say which edges touch the ends of one, shape (n,), by where they themselves end."""
    half = 0.5 * edges.lengths[:, None] * edges.tangents[:, 2]
    ends = np.stack([edges.points[:, 2] - half, edges.points[:, 2] + half], axis=1)  # (n, 2, 3)
    gaps = np.linalg.norm(ends[:, :, None] - ends[index][None, None], axis=3)
    return gaps.min(axis=(1, 2)) < 1e-6 * (1 + edges.lengths[index])


def _square_end(edges: SolidEdges, other: int, index: int) -> bool:
    """Say whether an edge lies in a plane at right angles to another, where that one ends."""
    along, half = edges.tangents[index, 0], edges.lengths[index] / 2
    ahead = (edges.points[other] - edges.points[index, 2]) @ along
    flat = any(_is_plane(face) for face in edges.faces[other])
    return flat and bool((abs(abs(ahead) - half) < 1e-6 * (1 + half)).all())


def _is_plane(face: Any) -> bool:
    return BRepAdaptor_Surface(face).GetType() == GeomAbs_Plane
