"""Booleans that are checked: a result is kept only if it is valid and is what it must be.

Real sketches are stored in single precision, so faces that should coincide miss each other by
some nanometres, and the kernel then leaves slivers or drops whole bodies, and calls the rest
valid. Booleans are told how large a gap they may close (the fuzzy value); what they give must have
the volume of the prisms that went in (`arrangement.py`), and a union must reach as far. If not,
the next fuzzy value is tried, the other order, and one by one.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

from OCP.BOPAlgo import BOPAlgo_CellsBuilder
from OCP.BRepAlgoAPI import BRepAlgoAPI_Common, BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy
from OCP.BRepCheck import BRepCheck_Analyzer
from OCP.collections import List_TopoDS_Shape
from OCP.ShapeUpgrade import ShapeUpgrade_UnifySameDomain
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.kernel.arrangement import Arrangement, difference, intersection, union
from cadcomplete.kernel.failures import KERNEL_ERRORS
from cadcomplete.kernel.integrals import box_of, volume_of

Fuzzy = tuple[float, ...]

FUZZY: Fuzzy = (1e-4, 1e-5, 1e-7, 1e-3, 0.0)
"""Gaps in mm that a boolean may close, in the order in which they are tried."""

EXACT_FIRST = FUZZY[::-1]
"""The other order: a gap closed early can be what a later boolean fails on."""

SAME = 1e-9
"""Relative difference below which two volumes are the same."""

RIGHT = 1e-6
"""Relative difference from what it must be up to which a volume is believed."""


class BooleanError(GeometryError):
    """No order and no fuzzy value give a valid solid with the volume that it must have."""


@dataclass(frozen=True, slots=True)
class Solid:
    """A shape of the kernel, one body or several.

    Attributes:
        shape: the kernel's.
        volume: mm³.
        arrangement: the prisms that it was made of; None if it was read from a file.
        checked: whether it came out of a boolean, which is found valid and has its faces merged.
    """

    shape: Any
    volume: float
    arrangement: Arrangement | None = None
    checked: bool = False

    @property
    def prisms(self) -> Arrangement:
        """Its arrangement. Raises GeometryError if it has none."""
        if self.arrangement is None:
            raise GeometryError("a solid without a history: what a boolean must give is unknown")
        return self.arrangement


def is_valid(shape: TopoDS_Shape) -> bool:
    """Say whether the kernel finds the shape's topology and geometry consistent."""
    return not shape.IsNull() and BRepCheck_Analyzer(shape).IsValid()


def fuse(solids: list[Solid], *, fuzzy: Fuzzy = FUZZY) -> Solid:
    """Return the union. Raises BooleanError if the kernel cannot make it."""
    if len(solids) == 1:
        return solids[0]
    wanted = union([solid.prisms for solid in solids])
    back = solids[::-1]
    try:
        orders = (solids[:1], solids[1:]), (back[:1], back[1:])
        return _first_right(
            _tries(BRepAlgoAPI_Fuse, fuzzy, *orders), wanted, solids[0], reach=solids
        )
    except BooleanError:
        if len(solids) == 2:
            raise
    return reduce(lambda done, more: fuse([done, more], fuzzy=fuzzy), solids)


def cut(solid: Solid, tools: list[Solid], *, fuzzy: Fuzzy = FUZZY) -> Solid:
    """Return the solid without the tools. Raises GeometryError if nothing is left of it."""
    wanted = difference(solid.prisms, [tool.prisms for tool in tools])
    try:
        return _first_right(_tries(BRepAlgoAPI_Cut, fuzzy, ([solid], tools)), wanted, solid)
    except BooleanError:
        if len(tools) == 1:
            raise
    return reduce(lambda left, tool: cut(left, [tool], fuzzy=fuzzy), tools, solid)


def intersect(solid: Solid, tool: Solid, *, fuzzy: Fuzzy = FUZZY) -> Solid:
    """Return what both have in common. Raises GeometryError if that is nothing."""
    wanted = intersection(solid.prisms, tool.prisms)
    tries = _tries(BRepAlgoAPI_Common, fuzzy, ([solid], [tool]), ([tool], [solid]))
    return _first_right(tries, wanted, solid)


Try = Callable[[], TopoDS_Shape | None]


def _tries(
    algorithm: Callable[[], Any], fuzzy: Fuzzy, *orders: tuple[list[Solid], list[Solid]]
) -> Iterator[Try]:
    """Yield what may be tried, in order; each returns a shape, or None.

    Last come cells: where bodies touch in a line, the kernel's unions sew them to one that is not
    valid, cells stay what they are.
    """
    for arguments, tools in orders:
        for gap in fuzzy:
            yield partial(_run, algorithm, arguments, tools, gap)
    arguments, tools = orders[0]
    for gap in fuzzy:
        yield partial(_cells, algorithm, arguments, tools, gap)


def _first_right(
    tries: Iterator[Try], wanted: Arrangement, before: Solid, *, reach: list[Solid] | None = None
) -> Solid:
    """Return the first result that is valid, has the volume wanted and reaches as far as `reach`.

    `before` is one of those that went in. Raises GeometryError if nothing is left of it,
    BooleanError if there is no such result.
    """
    since = (before.prisms, before.volume)
    got = None
    for attempt in tries:
        shape = attempt()
        if shape is None:
            continue
        for one in _unified(shape):
            volume = volume_of(one)
            if abs(volume) <= SAME * before.volume and wanted.has(
                0.0, within=RIGHT * before.volume
            ):
                raise GeometryError("nothing is left")
            if volume <= 0 or not wanted.has(volume, within=RIGHT * volume, since=since):
                got = volume
                continue
            solid = Solid(one, volume, wanted, checked=True)
            if is_valid(one) and (reach is None or _reaches(solid, reach)):
                return solid
    if got is None:
        raise BooleanError("the boolean gives no valid solid")
    right = wanted.volume()
    raise BooleanError(f"the kernel makes {got:.6g} mm³ of it where {right:.6g} mm³ are right")


def _reaches(solid: Solid, parts: list[Solid]) -> bool:
    """Say whether the box around a union is the one around its parts."""
    box, boxes = box_of(solid.shape), [box_of(part.shape) for part in parts]
    slack = RIGHT * box.diagonal + max(FUZZY)
    for axis in range(3):
        low = min(b.minimum[axis] for b in boxes)
        high = max(b.maximum[axis] for b in boxes)
        if abs(box.minimum[axis] - low) > slack or abs(box.maximum[axis] - high) > slack:
            return False
    return True


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


def _cells(
    algorithm: Callable[[], Any], arguments: list[Solid], tools: list[Solid], fuzzy: float
) -> TopoDS_Shape | None:
    """Split everything into cells, and put those together that belong to the result."""
    builder = BOPAlgo_CellsBuilder()
    for solid in (*arguments, *tools):
        builder.AddArgument(solid.shape)
    builder.SetFuzzyValue(fuzzy)
    builder.SetNonDestructive(True)
    try:
        builder.Perform()
        if builder.HasErrors():
            return None
        for take, avoid in _TAKEN[algorithm](arguments, tools):
            builder.AddToResult(_shapes(take), _shapes(avoid), 1)
        builder.RemoveInternalBoundaries()
    except KERNEL_ERRORS:
        return None
    return None if builder.Shape().IsNull() else builder.Shape()


_Cells = list[tuple[list[Solid], list[Solid]]]

_TAKEN: dict[Callable[[], Any], Callable[[list[Solid], list[Solid]], _Cells]] = {
    BRepAlgoAPI_Fuse: lambda arguments, tools: [([one], []) for one in (*arguments, *tools)],
    BRepAlgoAPI_Cut: lambda arguments, tools: [(arguments, tools)],
    BRepAlgoAPI_Common: lambda arguments, tools: [(arguments + tools, [])],
}
"""Which cells belong to a result: those inside of all that are taken and none to avoid."""


def _shapes(solids: list[Solid]) -> List_TopoDS_Shape:
    shapes = List_TopoDS_Shape()
    for solid in solids:
        shapes.Append(solid.shape)
    return shapes


def _unified(shape: TopoDS_Shape) -> Iterator[TopoDS_Shape]:
    """Yield a shape with faces and edges merged, with faces merged, and as it is."""
    for edges in (True, False):
        one = merged(shape, edges=edges)
        if one is shape:
            break
        if one is not None:
            yield one
    yield shape


def merged(shape: TopoDS_Shape, *, edges: bool = True) -> TopoDS_Shape | None:
    """Merge faces, and edges too, that lie on one surface or curve; None if the kernel cannot."""
    copied = BRepBuilderAPI_Copy(shape).Shape()  # merging edges changes its input
    unify = ShapeUpgrade_UnifySameDomain(copied, edges, True, False)
    try:
        unify.Build()
    except KERNEL_ERRORS:
        return None
    return shape if unify.Shape().IsSame(copied) else unify.Shape()
