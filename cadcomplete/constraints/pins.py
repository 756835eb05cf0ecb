"""Dimensions by name: which an operation has, and the same operation with others.

A pinned dimension holds for everything that is added: with a diameter of 8 every new circle and
hole has it. To name another dimension, add it to `NAMES`, and to the entries of those operations
that have it; an operation that has none says so with an entry that is empty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cadcomplete.errors import GeometryError, InputError, UnsupportedError
from cadcomplete.history.curves import Circle
from cadcomplete.history.operations import (
    Boolean,
    Chamfer,
    Extent,
    ExtentType,
    Extrude,
    Fillet,
    Hole,
    LinearPattern,
    Mirror,
    Operation,
    PolarPattern,
    Revolve,
    Sketch,
)
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.tables import Table


@dataclass(frozen=True, slots=True)
class PinName:
    """A dimension that may be pinned: what it is, and the operations that have it, by name."""

    said: str
    of: tuple[str, ...]


NAMES: dict[str, PinName] = {
    "diameter": PinName("of circles and holes, in mm", ("sketch", "hole")),
    "depth": PinName("of what is cut, in mm; through is none", ("extrude", "hole")),
    "thickness": PinName("of what extrudes add, in mm", ("extrude",)),
    "fillet": PinName("radius of fillets, in mm", ("fillet",)),
    "chamfer": PinName("size of chamfers, in mm", ("chamfer",)),
    "angle": PinName(
        "of revolves, and of patterns around an axis, in degrees", ("revolve", "polar")
    ),
    "spacing": PinName("of patterns along a line, in mm", ("linear",)),
    "count": PinName("of patterns: places, the first included", ("linear", "polar")),
}
"""Dimensions that may be pinned."""

_SAME = 1e-6  # mm or degrees between dimensions that are one

Sizes = tuple[float, ...]
Wanted = Callable[[str], Sizes]
"""The values that a dimension may have, by its name; empty for any."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A dimension that everything that is added has.

    Attributes:
        name: one of `NAMES`.
        value: in mm, degrees, or a number of places; None for that of an operation that is given.
        like: the index of that operation; None if there is a value.

    Several pins of one name allow each of their values. Raises InputError for what is no dimension.
    """

    name: str
    value: float | None = None
    like: int | None = None

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            expected = ", ".join(NAMES)
            raise InputError("no such dimension", where="--pin", expected=expected, got=self.name)
        if (self.value is None) == (self.like is None):
            expected = "a value, or an operation whose dimension it is"
            raise InputError("a pin of nothing", where="--pin", expected=expected, got=self.name)
        if self.value is not None and not 0 < self.value < math.inf:
            expected = f"{self.name} above 0"
            raise InputError("no such size", where="--pin", expected=expected, got=self.value)

    def __str__(self) -> str:
        told = f"{self.value:g}" if self.value is not None else f"as operation {self.like}"
        return f"{self.name} {told}"

    def resolved(self, given: Sequence[Operation]) -> Iterator[Pin]:
        """Yield it with the values of the given operations. Raises InputError if it has none."""
        if self.like is None:
            yield self
            return
        there = 0 <= self.like < len(given)
        own = sizes(given[self.like], tuple(given[: self.like])) if there else {}
        values = [value for value in own.get(self.name, ()) if 0 < value < math.inf]
        if not values:
            has = f"operation {self.like} has {', '.join(own) or 'none that is known by name'}"
            got = has if there else f"operation {self.like} of {len(given)}, counted from 0"
            expected = f"an operation that has a {self.name}"
            raise InputError("no such dimension", where="--pin", expected=expected, got=got)
        for value in dict.fromkeys(values):
            yield Pin(self.name, value)


@dataclass(frozen=True, slots=True)
class NamedSizes:
    """How the dimensions of a kind of operation are told and set.

    Attributes:
        told: those that one has, by their names, after the operations before it; infinite for what
            has no end that a number says.
        set: the same one with the wanted ones, as near to its own as they come.
    """

    told: Callable[[Any, tuple[Operation, ...]], Mapping[str, Sizes]]
    set: Callable[[Any, tuple[Operation, ...], Wanted], Operation]


def sizes(operation: Operation, before: tuple[Operation, ...]) -> Mapping[str, Sizes]:
    """Return the dimensions of an operation by their names. Raises UnsupportedError."""
    return DIMENSIONS[type(operation)].told(operation, before)


def broken(operation: Operation, before: tuple[Operation, ...], pins: Sequence[Pin]) -> Pin | None:
    """Return the first pin that an operation does not have, though it has the dimension.

    All pins must have values (`Pin.resolved`).
    """
    told = sizes(operation, before)
    for pin in pins:
        allowed = wanted(pins)(pin.name)
        for value in told.get(pin.name, ()):
            if not any(abs(value - one) <= _SAME for one in allowed):
                return pin
    return None


def conformed(
    operation: Operation, before: tuple[Operation, ...], pins: Sequence[Pin]
) -> Operation:
    """Return the operation with the pinned dimensions; as it is, if it has them already."""
    if broken(operation, before, pins) is None:
        return operation
    return DIMENSIONS[type(operation)].set(operation, before, wanted(pins))


def wanted(pins: Sequence[Pin]) -> Wanted:
    """Return what tells the values that a name is pinned to."""
    return lambda name: tuple(p.value for p in pins if p.name == name and p.value is not None)


def _nearest(value: float, allowed: Sizes) -> float:
    """The allowed value that is nearest by its factor; `value` itself if any is allowed."""
    if not allowed:
        return value
    if not 0 < value < math.inf:
        return allowed[0]
    return min(allowed, key=lambda one: abs(math.log(one / value)))


# --- sketches -----------------------------------------------------------------------------------


def _of_sketch(sketch: Sketch, before: tuple[Operation, ...]) -> Mapping[str, Sizes]:
    curves = [curve for loop in sketch.loops for curve in loop.curves]
    found = tuple(2 * curve.radius for curve in curves if isinstance(curve, Circle))
    return {"diameter": found} if found else {}


def _sized_sketch(sketch: Sketch, before: tuple[Operation, ...], wants: Wanted) -> Sketch:
    def sized(curve: Any) -> Any:
        if not isinstance(curve, Circle):
            return curve
        return replace(curve, radius=_nearest(2 * curve.radius, wants("diameter")) / 2)

    loops = (replace(loop, curves=tuple(map(sized, loop.curves))) for loop in sketch.loops)
    return replace(sketch, loops=tuple(loops))


# --- extrudes and holes -------------------------------------------------------------------------


def _of_extrude(extrude: Extrude, before: tuple[Operation, ...]) -> Mapping[str, Sizes]:
    if extrude.boolean is Boolean.INTERSECT:
        return {}
    try:
        goes = any(u is not None and u.kind == "through" for u in _untils(extrude.extent))
        start, end = (0.0, math.inf) if goes else in_numbers(extrude, before).extent.ends
    except (GeometryError, UnsupportedError):
        start, end = 0.0, math.inf
    return {"depth" if extrude.boolean is Boolean.CUT else "thickness": (abs(end - start),)}


def _untils(extent: Extent) -> tuple[Any, ...]:
    return (extent.until, extent.until_against)


def _sized_extrude(extrude: Extrude, before: tuple[Operation, ...], wants: Wanted) -> Extrude:
    ((name, (value,)),) = _of_extrude(extrude, before).items()
    size, extent = _nearest(value, wants(name)), extrude.extent
    if extent.type is ExtentType.SYMMETRIC and extent.numeric:
        return replace(extrude, extent=replace(extent, distance=size / 2))
    back = extent.until_against is not None or extent.distance < 0
    taper = extent.taper
    one = Extent(ExtentType.ONE_SIDED, -size if back else size, start=extent.start, taper=taper)
    return replace(extrude, extent=one)


def _of_hole(hole: Hole, before: tuple[Operation, ...]) -> Mapping[str, Sizes]:
    depth = math.inf if hole.depth is None else hole.depth
    return {"diameter": (hole.diameter,), "depth": (depth,)}


def _sized_hole(hole: Hole, before: tuple[Operation, ...], wants: Wanted) -> Hole:
    diameter, depth = _nearest(hole.diameter, wants("diameter")), hole.depth
    if wants("depth"):
        depth = _nearest(math.inf if depth is None else depth, wants("depth"))
    sized = replace(hole, diameter=diameter, depth=depth)
    return sized if next(sized.mistakes(), None) is None else replace(sized, head=None)


# --- all others ---------------------------------------------------------------------------------


def _none(operation: Any, before: tuple[Operation, ...]) -> Mapping[str, Sizes]:
    return {}


def _as_it_is(operation: Any, before: tuple[Operation, ...], wants: Wanted) -> Operation:
    return operation


def _sized_revolve(revolve: Revolve, before: tuple[Operation, ...], wants: Wanted) -> Revolve:
    size, angles = _nearest(revolve.total, wants("angle")), revolve.angles
    if angles.type is ExtentType.SYMMETRIC:
        return replace(revolve, angles=replace(angles, distance=size / 2))
    turns = math.copysign(size, angles.distance)
    return replace(revolve, angles=Extent(ExtentType.ONE_SIDED, turns, start=angles.start))


def _sized_row(row: LinearPattern, before: tuple[Operation, ...], wants: Wanted) -> LinearPattern:
    count = round(_nearest(row.count, wants("count")))
    return replace(row, spacing=_nearest(row.spacing, wants("spacing")), count=count)


def _sized_turn(turn: PolarPattern, before: tuple[Operation, ...], wants: Wanted) -> PolarPattern:
    count = round(_nearest(turn.count, wants("count")))
    return replace(turn, angle=_nearest(turn.angle, wants("angle")), count=count)


def _sized_chamfer(chamfer: Chamfer, before: tuple[Operation, ...], wants: Wanted) -> Chamfer:
    first, second, swapped = chamfer.sizes
    first, second = (_nearest(size, wants("chamfer")) for size in (first, second))
    return replace(chamfer, sizes=(first, second, swapped and first != second), solid=None)


DIMENSIONS: Table[NamedSizes] = Table(
    "constraints/pins.py",
    {
        Sketch: NamedSizes(_of_sketch, _sized_sketch),
        Extrude: NamedSizes(_of_extrude, _sized_extrude),
        Revolve: NamedSizes(lambda one, _: {"angle": (one.total,)}, _sized_revolve),
        Hole: NamedSizes(_of_hole, _sized_hole),
        Mirror: NamedSizes(_none, _as_it_is),
        LinearPattern: NamedSizes(
            lambda one, _: {"spacing": (one.spacing,), "count": (float(one.count),)}, _sized_row
        ),
        PolarPattern: NamedSizes(
            lambda one, _: {"angle": (one.angle,), "count": (float(one.count),)}, _sized_turn
        ),
        Fillet: NamedSizes(
            lambda one, _: {"fillet": (one.radius,)},
            lambda one, _, wants: replace(
                one, radius=_nearest(one.radius, wants("fillet")), solid=None
            ),
        ),
        Chamfer: NamedSizes(lambda one, _: {"chamfer": one.sizes[:2]}, _sized_chamfer),
    },
)
"""The dimensions of each kind of operation."""
