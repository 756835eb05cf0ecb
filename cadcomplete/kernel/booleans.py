"""Booleans that are checked: a result is kept only if it is valid and its volume is possible.

Real sketches are stored in single precision, so faces that should coincide miss each other by
some nanometres, and the kernel then leaves slivers or drops whole parts. Booleans are told how
large a gap they may close (the fuzzy value) and are tried again with another one if they fail.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from OCP.BRepAlgoAPI import BRepAlgoAPI_Common, BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy
from OCP.BRepCheck import BRepCheck_Analyzer
from OCP.collections import List_TopoDS_Shape
from OCP.ShapeUpgrade import ShapeUpgrade_UnifySameDomain
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.kernel.failures import KERNEL_ERRORS
from cadcomplete.kernel.integrals import volume_of

Fuzzy = tuple[float, ...]

FUZZY: Fuzzy = (1e-4, 1e-5, 1e-7, 1e-3, 0.0)
"""Gaps in mm that a boolean may close, in the order in which they are tried."""

EXACT_FIRST = FUZZY[::-1]
"""The other order: a gap closed early can be what a later boolean fails on."""

SAME = 1e-9
"""Relative difference below which two volumes are the same."""


class BooleanError(GeometryError):
    """No fuzzy value gives a valid solid with a volume that is possible."""


@dataclass(frozen=True, slots=True)
class Solid:
    """A shape of the kernel, one body or several.

    Attributes:
        shape: the kernel's.
        volume: mm³.
        checked: whether it came out of a boolean, which is found valid and has its faces merged.
    """

    shape: Any
    volume: float
    checked: bool = False


def is_valid(shape: TopoDS_Shape) -> bool:
    """Say whether the kernel finds the shape's topology and geometry consistent."""
    return not shape.IsNull() and BRepCheck_Analyzer(shape).IsValid()


def fuse(solids: list[Solid], *, fuzzy: Fuzzy = FUZZY) -> Solid:
    """Return the union. Raises BooleanError if the kernel cannot make it."""
    if len(solids) == 1:
        return solids[0]
    largest, total = max(s.volume for s in solids), sum(s.volume for s in solids)
    return _boolean(BRepAlgoAPI_Fuse, solids[:1], solids[1:], fuzzy, largest, total)


def cut(solid: Solid, tools: list[Solid], *, fuzzy: Fuzzy = FUZZY) -> Solid:
    """Return the solid without the tools. Raises GeometryError if nothing is left of it."""
    least = solid.volume - sum(tool.volume for tool in tools)
    return _boolean(BRepAlgoAPI_Cut, [solid], tools, fuzzy, least, solid.volume)


def intersect(solid: Solid, tool: Solid, *, fuzzy: Fuzzy = FUZZY) -> Solid:
    """Return what both have in common. Raises GeometryError if that is nothing."""
    most = min(solid.volume, tool.volume)
    return _boolean(BRepAlgoAPI_Common, [solid], [tool], fuzzy, 0.0, most)


def _boolean(
    algorithm: Callable[[], Any],
    arguments: list[Solid],
    tools: list[Solid],
    fuzzy: Fuzzy,
    least: float,
    most: float,
) -> Solid:
    """Return the first result that is valid and has a volume between `least` and `most`.

    Raises GeometryError if nothing is left, BooleanError if no fuzzy value gives such a result.
    """
    slack = 1e-4 * most
    empty = False
    for gap in fuzzy:
        shape = _run(algorithm, arguments, tools, gap)
        if shape is None:
            continue
        volume = volume_of(shape)
        empty = abs(volume) <= SAME * most
        if not empty and max(least - slack, 0.0) < volume <= most + slack:
            unified = _unified(shape, volume)
            if unified is not None:
                return unified
    if empty:
        raise GeometryError("nothing is left")
    raise BooleanError("the boolean gives no valid solid")


def _run(
    algorithm: Callable[[], Any], arguments: list[Solid], tools: list[Solid], fuzzy: float
) -> TopoDS_Shape | None:
    boolean = algorithm()
    boolean.SetArguments(_shapes(arguments))
    boolean.SetTools(_shapes(tools))
    boolean.SetFuzzyValue(fuzzy)
    boolean.SetNonDestructive(True)  # a fuzzy attempt that fails must not spoil the next
    boolean.SetCheckInverted(False)  # no solid is inside out: their volumes are positive
    boolean.SetToFillHistory(False)  # which face came from which is never asked
    try:
        boolean.Build()
    except KERNEL_ERRORS:
        return None
    shape = boolean.Shape() if boolean.IsDone() else None
    return None if shape is None or shape.IsNull() else shape


def _shapes(solids: list[Solid]) -> List_TopoDS_Shape:
    shapes = List_TopoDS_Shape()
    for solid in solids:
        shapes.Append(solid.shape)
    return shapes


def _unified(shape: TopoDS_Shape, volume: float) -> Solid | None:
    """Merge what can be merged, unless that harms the solid.

    Returns None for a solid that is not valid, merged or not.
    """
    for edges in (True, False):
        one = merged(shape, edges=edges)
        if one is None:
            continue
        after = volume if one is shape else volume_of(one)
        if abs(after - volume) <= 1e-6 * volume and is_valid(one):
            return Solid(one, after, checked=True)
    return Solid(shape, volume, checked=True) if is_valid(shape) else None


def merged(shape: TopoDS_Shape, *, edges: bool = True) -> TopoDS_Shape | None:
    """Merge faces, and edges too, that lie on one surface or curve; None if the kernel cannot."""
    copied = BRepBuilderAPI_Copy(shape).Shape()  # merging edges changes its input
    unify = ShapeUpgrade_UnifySameDomain(copied, edges, True, False)
    try:
        unify.Build()
    except KERNEL_ERRORS:
        return None
    return shape if unify.Shape().IsSame(copied) else unify.Shape()
