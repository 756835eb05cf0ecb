"""The steps of a caption that says every dimension: what each draws, makes, and is the same as.

A step is one operation that builds, with what is drawn for it. It names others by their numbers
among the steps, from 0; `made` are the indices of the operations that earlier steps made.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from cadcomplete.captions.outlines import nested_loops
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import Circle
from cadcomplete.history.edges import EdgeName, EdgePoint, EdgePredicate
from cadcomplete.history.geometry import Array, Plane, facing, same_plane
from cadcomplete.history.holes import Hole
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Profile,
    Revolve,
    Sketch,
)
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.turn_axis import TurnAxis

TURNED, NEAR = 1e-6, 1e-3

Before = tuple[Operation, ...]
Profiles = tuple[tuple[int, tuple[int, ...]], ...]
"""Outer loops and the holes in each, by their indices."""


@dataclass(frozen=True, slots=True)
class DrawnStep:
    """A sketch, and what is made of it.

    Attributes:
        plane: that the loops are drawn on.
        profiles: outer loop and holes, by their indices.
    """

    plane: Plane
    loops: tuple[Loop, ...]
    profiles: Profiles
    boolean: Boolean

    @property
    def sketch(self) -> Sketch:
        return Sketch(self.plane, self.loops)

    @property
    def area(self) -> float:
        """Of its profiles, in mm²."""
        areas = [abs(loop.area) for loop in self.loops]
        return sum(areas[outer] - sum(areas[i] for i in holes) for outer, holes in self.profiles)

    def of(self, sketch: int) -> tuple[Profile, ...]:
        """Return its profiles, of the sketch with that index."""
        return tuple(Profile(sketch, outer, holes) for outer, holes in self.profiles)

    def does(self, made: Sequence[int]) -> Boolean:
        """Return how it meets what is there: the first one makes a body."""
        return self.boolean if made else Boolean.NEW_BODY


@dataclass(frozen=True, slots=True)
class ExtrudedStep(DrawnStep):
    """`extent` is along the normal of the plane."""

    extent: Extent
    kind: ClassVar[type[Operation]] = Extrude

    def operation(self, sketch: int, made: Sequence[int], before: Before) -> Extrude:
        return Extrude(self.of(sketch), self.extent, self.does(made))

    def on(self, profiles: tuple[Profile, ...], drawn: Sketch, made: Sequence[int]) -> Operation:
        """Return it, made of profiles of a sketch that is drawn already, on a parallel plane."""
        forth = facing(self.plane.normal, drawn.plane.normal, turned=TURNED)
        extent = _reversed(self.extent) if forth < 0 else self.extent
        return Extrude(profiles, extent, self.does(made))

    def same(self, operation: Operation, before: Before, made: Sequence[int]) -> bool:
        """Say whether an extrude sweeps as much, between the same planes, and does the same."""
        if not isinstance(operation, Extrude) or not operation.profiles:
            return False
        plane = operation.start(before)
        forth = facing(self.plane.normal, plane.normal, turned=TURNED)
        index = operation.profiles[0].sketch
        sketch = before[index] if 0 <= index < len(before) else None
        adds = self.boolean is Boolean.JOIN
        if not forth or not isinstance(sketch, Sketch) or operation.adds != adds:
            return False
        if not _close(area_of(operation.profiles, sketch), self.area):
            return False
        apart = plane.offset - forth * self.plane.offset
        if not self.extent.numeric:
            return abs(apart) < NEAR and operation.extent == (
                self.extent if forth > 0 else _reversed(self.extent)
            )
        low, high = sorted(in_numbers(operation, before).extent.ends)
        ends = sorted(forth * end for end in self.extent.ends)
        size = max(high - low, 1.0)
        return (
            abs(low + apart - ends[0]) < 0.01 * size and abs(high + apart - ends[1]) < 0.01 * size
        )


@dataclass(frozen=True, slots=True)
class RevolvedStep(DrawnStep):
    """`angles` are by the right hand about the axis, which is in the x and y of the plane."""

    angles: Extent
    axis: TurnAxis
    kind: ClassVar[type[Operation]] = Revolve

    def operation(self, sketch: int, made: Sequence[int], before: Before) -> Revolve:
        return Revolve(self.of(sketch), self.angles, self.axis, self.does(made))

    def on(
        self, profiles: tuple[Profile, ...], drawn: Sketch, made: Sequence[int]
    ) -> Operation | None:
        """Return it, made of profiles of a sketch that is drawn already; None on another plane."""
        axis = self.axis.on(self.plane, drawn.plane)
        return None if axis is None else Revolve(profiles, self.angles, axis, self.does(made))

    def same(self, operation: Operation, before: Before, made: Sequence[int]) -> bool:
        """Say whether a revolve turns as much about the same line, as far, and does the same."""
        if not isinstance(operation, Revolve) or not operation.profiles:
            return False
        sketch = before[operation.profiles[0].sketch]
        own = self.axis.on(self.plane, operation.start(before))
        adds = operation.boolean in (Boolean.NEW_BODY, Boolean.JOIN)
        if own is None or not isinstance(sketch, Sketch) or adds != (self.boolean is Boolean.JOIN):
            return False
        if not _close(area_of(operation.profiles, sketch), self.area):
            return False
        off, (u, v) = operation.axis.local(own.point)[1], own.direction
        along = u * operation.axis.direction[0] + v * operation.axis.direction[1]
        if abs(off) > NEAR or abs(abs(along) - 1.0) > TURNED:
            return False
        low, high = sorted(round(along) * angle for angle in self.angles.span)
        full = operation.full and high - low > 359.999
        return full or bool(np.allclose(operation.span, (low, high), atol=0.01))


@dataclass(frozen=True, slots=True)
class DrilledStep:
    hole: Hole
    kind: ClassVar[type[Operation]] = Hole
    sketch: ClassVar[Sketch | None] = None

    def operation(self, sketch: int, made: Sequence[int], before: Before) -> Hole:
        return self.hole

    def same(self, operation: Operation, before: Before, made: Sequence[int]) -> bool:
        """Say whether a hole is drilled at the same places, as wide and as deep."""
        own, one = self.hole, operation
        if not isinstance(one, Hole) or len(one.centers) != len(own.centers):
            return False
        if (one.depth is None) != (own.depth is None) or type(one.head) is not type(own.head):
            return False
        sizes = (one.diameter, one.depth or 0.0), (own.diameter, own.depth or 0.0)
        centers = (hole.plane.to_world(np.array(hole.centers)) for hole in (one, own))
        places = (np.sort(points, axis=0) for points in centers)
        ways = facing(one.plane.normal, own.plane.normal, turned=TURNED)
        alike = np.allclose(*sizes, atol=NEAR) and np.allclose(*places, atol=NEAR)
        return ways > 0 and bool(alike)


@dataclass(frozen=True, slots=True)
class RepeatedStep:
    """A mirror or a pattern; its `of` are numbers of steps."""

    again: Mirror | LinearPattern | PolarPattern

    @property
    def kind(self) -> type[Operation]:
        return type(self.again)

    @property
    def sketch(self) -> Sketch | None:
        return None

    def operation(self, sketch: int, made: Sequence[int], before: Before) -> Operation:
        """Raises GeometryError if it names a step that there is none of."""
        of = self.again.of
        _check_steps(of or (), made)
        return replace(self.again, of=None if of is None else tuple(made[step] for step in of))

    def same(self, operation: Operation, before: Before, made: Sequence[int]) -> bool:
        """Say whether the same is done again at the same places."""
        if not isinstance(operation, Repeat) or operation.count != self.again.count:
            return False
        own = self.operation(0, made, before)
        assert isinstance(own, Repeat)
        at = np.eye(3) * 100.0
        places = zip(operation.motions(), own.motions(), strict=True)
        alike = all(np.allclose(a.apply(at), b.apply(at), atol=NEAR) for a, b in places)
        whole = (operation.of is None) == (own.of is None)
        return alike and whole and operation.originals == own.originals


@dataclass(frozen=True, slots=True)
class BlendedStep:
    """A fillet or a chamfer; its edges name operations by the numbers of their steps."""

    blend: Fillet | Chamfer

    @property
    def kind(self) -> type[Operation]:
        return type(self.blend)

    @property
    def sketch(self) -> Sketch | None:
        return None

    def operation(self, sketch: int, made: Sequence[int], before: Before) -> Operation:
        """Raises GeometryError if it names a step that there is none of."""
        _check_steps({step for name in self.blend.edges for step in name.operations}, made)
        edges = (name.renumbered(dict(enumerate(made))) for name in self.blend.edges)
        return replace(self.blend, edges=tuple(_told(name, before) for name in edges))

    def same(self, operation: Operation, before: Before, made: Sequence[int]) -> bool:
        """Say whether the same edges are named, and cut off or made round as far."""
        own = self.operation(0, made, before)
        if type(operation) is not type(own) or not isinstance(operation, Fillet | Chamfer):
            return False
        assert isinstance(own, Fillet | Chamfer)
        if not np.allclose(_sizes(operation), _sizes(own), atol=NEAR):
            return False
        return _same_edges(operation.edges, own.edges)


def _check_steps(named: Collection[int], made: Sequence[int]) -> None:
    """Raise GeometryError if one of the steps that are named was not made before."""
    if not all(0 <= step < len(made) for step in named):
        raise GeometryError(f"there are {len(made)} steps before it, not {max(named) + 1}")


DictatedStep = ExtrudedStep | RevolvedStep | DrilledStep | RepeatedStep | BlendedStep


def same_step(
    operation: Operation, before: Before, step: DictatedStep, made: Sequence[int]
) -> bool:
    """Say whether an operation is what a step dictates: its sketch, or what builds."""
    if isinstance(operation, Sketch):
        drawn = step.sketch
        return drawn is not None and _same_sketch(operation, drawn)
    try:
        return step.same(operation, before, made)
    except (GeometryError, UnsupportedError):
        return False


def _same_sketch(sketch: Sketch, drawn: Sketch) -> bool:
    """Whether what a sketch encloses is as large as what is dictated, and in the same place."""
    if not same_plane(drawn.plane, sketch.plane, turned=TURNED, apart=NEAR):
        return False
    own, other = (one.plane.to_world(_points(one.loops)) for one in (sketch, drawn))
    size = max(float(np.ptp(other, axis=0).max()), 1e-9)
    corners = np.abs(
        np.array([own.min(axis=0), own.max(axis=0)]) - [other.min(axis=0), other.max(axis=0)]
    )
    near = bool((corners < 0.01 * size).all())
    return near and _close(_covered(sketch.loops), _covered(drawn.loops))


def _points(loops: Sequence[Loop]) -> Array:
    return np.concatenate([loop.points() for loop in loops])


def _covered(loops: tuple[Loop, ...]) -> float:
    """The even-odd area of loops, in mm²."""
    nest = nested_loops(loops)
    return sum(area * (1 if nest.depth[i] % 2 == 0 else -1) for i, area in nest.areas.items())


def area_of(profiles: Sequence[Profile], sketch: Sketch) -> float:
    """Return how much profiles of a sketch enclose, in mm²."""
    areas = [abs(loop.area) for loop in sketch.loops]
    return sum(areas[p.outer] - sum(areas[i] for i in p.holes) for p in profiles)


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= 0.01 * max(abs(one), abs(other))


def _sizes(blend: Fillet | Chamfer) -> tuple[float, ...]:
    return (blend.radius,) if isinstance(blend, Fillet) else blend.sizes[:2]


def told_order(profiles: Sequence[Profile], loops: Sequence[Loop]) -> list[int]:
    """Return the indices of the loops of profiles in the order in which they are told: circles
    without holes at last, those of a size together."""
    found: list[int] = []
    circles: dict[float, list[int]] = {}
    for profile in profiles:
        first = loops[profile.outer].curves[0]
        if isinstance(first, Circle) and not profile.holes:
            circles.setdefault(round(2 * first.radius, 4), []).append(profile.outer)
        else:
            found += profile.loops
    return [*found, *(index for same in circles.values() for index in same)]


def _told(name: EdgeName, before: Before) -> EdgeName:
    """The name of edges whose loop counts as it is told, by the sketch that is there.

    Raises GeometryError if there is no such loop.
    """
    if not isinstance(name, EdgePredicate) or name.loop is None:
        return name
    made = before[name.operations[0]]
    if isinstance(made, Hole):
        return name
    if not isinstance(made, Extrude | Revolve) or not made.profiles:
        raise GeometryError("a copy has no outlines of its own")
    sketch = before[made.profiles[0].sketch]
    order = told_order(made.profiles, sketch.loops) if isinstance(sketch, Sketch) else []
    if name.loop >= len(order):
        raise GeometryError(f"there are {len(order)} outlines in that step, not {name.loop + 1}")
    return replace(name, loop=order[name.loop])


def _same_edges(some: Sequence[EdgeName], others: Sequence[EdgeName]) -> bool:
    """Whether names mean the same: equal predicates, and points at the same places."""
    points = [
        sorted(tuple(np.round(name.at, 2)) for name in names if isinstance(name, EdgePoint))
        for names in (some, others)
    ]
    words = [
        {name for name in names if not isinstance(name, EdgePoint)} for names in (some, others)
    ]
    near = len(points[0]) == len(points[1]) and np.allclose(*points, atol=0.05)
    return near and words[0] == words[1]


def _reversed(extent: Extent) -> Extent:
    """How far it goes as seen from a plane that faces the other way."""
    if extent.type is ExtentType.SYMMETRIC:
        return extent
    if extent.type is ExtentType.ONE_SIDED and extent.numeric:
        return replace(extent, distance=-extent.distance)
    if extent.type is ExtentType.ONE_SIDED:
        return Extent(ExtentType.TWO_SIDED, 0.0, until_against=extent.until)
    if not extent.distance and extent.until is None and extent.until_against is not None:
        return Extent(ExtentType.ONE_SIDED, 0.0, until=extent.until_against)
    return Extent(
        extent.type,
        extent.against,
        extent.distance,
        taper=extent.taper_against,
        taper_against=extent.taper,
        until=extent.until_against,
        until_against=extent.until,
    )
