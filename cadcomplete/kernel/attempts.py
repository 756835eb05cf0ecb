"""The kernel's own booleans, each tried in one way, believed by nobody yet (`booleans.py`)."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from OCP.BOPAlgo import BOPAlgo_CellsBuilder
from OCP.BRepAlgoAPI import BRepAlgoAPI_Common, BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy
from OCP.collections import List_TopoDS_Shape
from OCP.ShapeUpgrade import ShapeUpgrade_UnifySameDomain
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.kernel.failures import KERNEL_ERRORS

Shapes = list[TopoDS_Shape]

ALGORITHMS = {
    "fuse": BRepAlgoAPI_Fuse,
    "cut": BRepAlgoAPI_Cut,
    "common": BRepAlgoAPI_Common,
}

CELLS: dict[str, Callable[[Shapes, Shapes], list[tuple[Shapes, Shapes]]]] = {
    "fuse": lambda arguments, tools: [([one], []) for one in (*arguments, *tools)],
    "cut": lambda arguments, tools: [(arguments, tools)],
    "common": lambda arguments, tools: [(arguments + tools, [])],
}
"""Which cells belong to a result: those inside of all of the first and of none of the second."""


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """A boolean of `arguments` with `tools`: "fuse", "cut" or "common"."""

    kind: str
    arguments: Shapes
    tools: Shapes

    @property
    def shapes(self) -> int:
        """How many go in."""
        return len(self.arguments) + len(self.tools)

    def run(self, fuzzy: float, *, spare: bool = True) -> TopoDS_Shape | None:
        """Return what the kernel makes, closing gaps of `fuzzy` mm; None if it fails.

        It is faster if it need not spare what goes in.
        """
        boolean = ALGORITHMS[self.kind]()
        boolean.SetArguments(_listed(self.arguments))
        boolean.SetTools(_listed(self.tools))
        boolean.SetFuzzyValue(fuzzy)
        boolean.SetNonDestructive(spare)
        boolean.SetCheckInverted(False)  # no solid is inside out: their volumes are positive
        boolean.SetToFillHistory(False)  # which face came from which is never asked
        try:
            boolean.Build()
        except KERNEL_ERRORS:
            return None
        shape = boolean.Shape() if boolean.IsDone() else None
        return None if shape is None or shape.IsNull() else shape

    def cells(self, fuzzy: float) -> TopoDS_Shape | None:
        """Split everything into cells, and put those together that belong to the result.

        Where bodies touch in a line, `run` sews them to one that is not valid; cells stay apart.
        """
        builder = BOPAlgo_CellsBuilder()
        for shape in (*self.arguments, *self.tools):
            builder.AddArgument(shape)
        builder.SetFuzzyValue(fuzzy)
        builder.SetNonDestructive(True)
        try:
            builder.Perform()
            if builder.HasErrors():
                return None
            for take, avoid in CELLS[self.kind](self.arguments, self.tools):
                builder.AddToResult(_listed(take), _listed(avoid), 1)
            builder.RemoveInternalBoundaries()
        except KERNEL_ERRORS:
            return None
        return None if builder.Shape().IsNull() else builder.Shape()


def _listed(shapes: Shapes) -> List_TopoDS_Shape:
    found = List_TopoDS_Shape()
    for shape in shapes:
        found.Append(shape)
    return found


def unified(shape: TopoDS_Shape) -> Iterator[TopoDS_Shape]:
    """Yield a shape with faces and edges merged, with faces merged, and as it is."""
    for edges in (True, False):
        one = merged(shape, edges=edges)
        if one is shape:
            break
        if one is not None:
            yield one
    yield shape


def merged(shape: TopoDS_Shape, *, edges: bool = True, spare: bool = True) -> TopoDS_Shape | None:
    """Merge faces, and edges too, that lie on one surface or curve; None if the kernel cannot.

    Merging edges changes what goes in, so that is copied if it is to be spared.
    """
    copied = BRepBuilderAPI_Copy(shape).Shape() if spare else shape
    unify = ShapeUpgrade_UnifySameDomain(copied, edges, True, False)
    try:
        unify.Build()
    except KERNEL_ERRORS:
        return None
    return shape if unify.Shape().IsSame(copied) else unify.Shape()
