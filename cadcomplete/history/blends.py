"""Fillets and chamfers: edges of the solid so far, named from the history, round or slanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from cadcomplete.history.edge_kinds import EDGE_NAMES, SIZES, Sizes
from cadcomplete.history.edges import EdgeName, EdgePredicate
from cadcomplete.history.faceted import Faceted
from cadcomplete.history.fields import LIMIT, Field, times
from cadcomplete.history.findings import Finding, none_there
from cadcomplete.history.geometry import Array, Plane, Symmetry
from cadcomplete.history.holes import Hole
from cadcomplete.history.kinds import POSITIVE
from cadcomplete.history.named_loops import curve_counts

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation


def problem_of(name: EdgeName, before: tuple[Operation, ...]) -> str:
    """What is wrong with the name of edges after these operations, or ""."""
    for index in name.operations:
        if not 0 <= index < len(before):
            return none_there(len(before))
        if not before[index].builds:
            return (
                f"operation {index} makes no faces: it is a {type(before[index]).__name__.lower()}"
            )
    if not isinstance(name, EdgePredicate) or name.loop is None:
        return ""
    counts, swept = curve_counts(before[name.operations[0]], before), "its sketch"
    if not counts:
        return f"operation {name.operations[0]} sweeps no loops"
    if isinstance(before[name.operations[0]], Hole):
        swept = "the hole"
    if not 0 <= name.loop < len(counts):
        return f"{swept} has {len(counts)} loops, none has the index {name.loop}"
    count = counts[name.loop]
    if name.curve is not None and not -count - 1 <= name.curve < count:
        return f"loop {name.loop} has {count} curves, none has the index {name.curve}"
    return ""


def _problems(
    sizes: tuple[float, ...], names: tuple[EdgeName, ...], before: tuple[Operation, ...], path: str
) -> Iterator[Finding]:
    for size in dict.fromkeys(sizes):
        if not 0 < size <= LIMIT:
            yield Finding(path, f"a size of {size:g} mm is none: it must be above 0, and finite")
    if not names:
        yield Finding(path, "no edges are named: it does nothing")
    if not any(operation.builds for operation in before):
        yield Finding(path, "there is no solid before it that has edges")
    for number, name in enumerate(names):
        if problem := problem_of(name, before):
            at = name.counted(len(before)).word
            yield Finding(f"{path}.edges[{number}]", f"{at}: {problem}")


class Blended:
    """What fillets and chamfers have in common.

    Attributes:
        edges: those that are made round, or cut off.
        solid: the part after it, if the CAD kernel has handed it over (`kernel/handing.py`).
    """

    __slots__ = ()

    edges: tuple[EdgeName, ...]
    solid: Faceted | None
    builds: ClassVar[bool] = True
    finished: ClassVar[bool] = True

    def refers(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(index for name in self.edges for index in name.operations))

    def planes(self, before: tuple[Operation, ...]) -> tuple[Plane, ...]:
        return ()

    def lines(self) -> tuple[Array, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Fillet(Blended):
    """Edges made round, by the radius in mm; what runs on smoothly from one is round as well."""

    radius: float
    edges: tuple[EdgeName, ...]
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)
    solid: Faceted | None = field(default=None, compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (Field("radius", POSITIVE), Field("edges", EDGE_NAMES))

    def problems(
        self, before: tuple[Operation, ...], *, path: str, last: bool = False
    ) -> Iterator[Finding]:
        """Yield what is wrong after these operations; which edges there are the kernel knows."""
        yield from _problems((self.radius,), self.edges, before, path)

    def mapped(self, symmetry: Symmetry) -> Fillet:
        edges = tuple(edge.mapped(symmetry) for edge in self.edges)
        return replace(self, edges=edges, solid=None)

    def scaled(self, factor: float) -> Fillet:
        edges = tuple(edge.scaled(factor) for edge in self.edges)
        return replace(self, radius=times(self.radius, factor), edges=edges, solid=None)


@dataclass(frozen=True, slots=True)
class Chamfer(Blended):
    """Edges cut off slantwise, or filled up so: `sizes` say how far on each of both faces, in mm.

    The first is measured on the face that was made first, and if one operation made both, on its
    start or end, else on the side of the curve that comes first along the loop; with the third of
    `sizes` on that of the other one, as in a mirror image, where loops are drawn the other way
    round. What runs on smoothly from an edge is cut off as well.
    """

    sizes: Sizes
    edges: tuple[EdgeName, ...]
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)
    solid: Faceted | None = field(default=None, compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (Field("sizes", SIZES), Field("edges", EDGE_NAMES))

    def problems(
        self, before: tuple[Operation, ...], *, path: str, last: bool = False
    ) -> Iterator[Finding]:
        """Yield what is wrong after these operations; which edges there are the kernel knows."""
        yield from _problems(self.sizes[:2], self.edges, before, path)

    def mapped(self, symmetry: Symmetry) -> Chamfer:
        first, second, swapped = self.sizes
        sizes = (first, second, first != second and swapped != symmetry.mirrors)
        edges = tuple(edge.mapped(symmetry) for edge in self.edges)
        return replace(self, sizes=sizes, edges=edges, solid=None)

    def scaled(self, factor: float) -> Chamfer:
        first, second = (times(size, factor) for size in self.sizes[:2])
        edges = tuple(edge.scaled(factor) for edge in self.edges)
        return replace(self, sizes=(first, second, self.sizes[2]), edges=edges, solid=None)


Blend = Fillet | Chamfer
