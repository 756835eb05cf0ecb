"""Where the next sketch may lie, and what is seen there of all that was drawn and made before.

Lengths in mm, in the x and y of each plane.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cadcomplete.completion.standing import NEAR, Standing, standing
from cadcomplete.completion.usual import TURNED, dropped, exact, known_planes
from cadcomplete.completion.usual_numbers import Units, units_of
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import (
    Array,
    Plane,
    Vec2,
    Vec3,
    facing,
    plane_across,
    same_plane,
)
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.reach import heights_of, hull
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.sketches import SweepsProfiles

AXES: tuple[Vec3, ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

PLACES = ("end", "start", "newest", "earlier", "side", "origin")
"""What a plane is, the first that is true: the newest operation that builds
ends or begins there; the newest sketch lies on it; an earlier operation or sketch does; it is a
side of the box around the part; it goes through the origin."""

_APART = 1e-5  # mm between planes that are one
_EARLIER = 4  # planes of operations, at most
_SKETCHES = 3  # that are seen, the newest

Box = tuple[float, float, float, float]
"""Left, bottom, right and top."""


@dataclass(frozen=True, slots=True)
class SeenSketch:
    """A sketch that lies parallel to a plane, as it is seen there.

    Attributes:
        index: of the operation.
        age: how many sketches are newer.
        loops: its closed loops, in the plane's x and y.
        here: whether it lies on the plane.
        swept: which of its loops something was made of.
    """

    index: int
    age: int
    loops: tuple[Loop, ...]
    here: bool
    swept: frozenset[int]


@dataclass(frozen=True, slots=True)
class SketchHabits:
    """How later sketches were drawn so far: the share of each, less what is usual; 0 for none.

    Attributes:
        again: as large as an earlier one.
        round: of circles alone.
        ending: where the newest operation ended.
        ahead: parallel to the one before.
    """

    again: float
    round: float
    ending: float
    ahead: float


_USUAL = np.array([0.25, 0.4, 0.35, 0.6])
"""About how often later sketches are so."""


@dataclass(frozen=True, eq=False)
class DrawingPlace:
    """A plane, and what is seen when one looks along its normal.

    Attributes:
        place: one of `PLACES`.
        sketches: those that lie parallel to it, the newest first.
        box: of the part, or of what is drawn while there is none.
        boxes: of what each operation changed, the newest first.
        outer: whether the part lies on one side of it.
        habits: of those who drew the sketches that are there.
        units: of their lengths.
    """

    plane: Plane
    place: str
    sketches: tuple[SeenSketch, ...]
    box: Box
    boxes: tuple[Box, ...]
    outer: bool
    habits: SketchHabits
    units: Units

    @cached_property
    def middle(self) -> Vec2:
        left, bottom, right, top = self.box
        return (exact((left + right) / 2), exact((bottom + top) / 2))

    @cached_property
    def size(self) -> float:
        """The longest side of the box, in mm."""
        left, bottom, right, top = self.box
        return max(right - left, top - bottom, 1e-9)

    @cached_property
    def rounds(self) -> tuple[tuple[Vec2, float], ...]:
        """Centre and radius of each circle and arc that is seen, the newest first, each once."""
        found: dict[tuple[Vec2, float], None] = {}
        for seen in self.sketches:
            for loop in seen.loops:
                for curve in loop.curves:
                    if isinstance(curve, Circle | Arc) and not curve.problem:
                        (x, y), radius = curve.center, curve.radius
                        found.setdefault(((exact(x), exact(y)), exact(radius)))
        return tuple(found)

    def edges(self, axis: int) -> tuple[float, ...]:
        """Where boxes begin and end along x (0) or y (1): of the part, then the newest."""
        every = [self.box, *self.boxes]
        every += [loop.box for seen in self.sketches for loop in seen.loops[:8]]
        values = (exact(value) for box in every for value in (box[axis], box[axis + 2]))
        return tuple(dict.fromkeys(values))


def views(given: CadSequence) -> list[DrawingPlace]:
    """Return where the next sketch may lie, each plane once, with what is seen there.

    There is none before anything is drawn.
    """
    there = standing(given)
    part = _drawn_box(there.operations) if there.part is None else there.part
    if part is None:
        return []
    found: list[tuple[Plane, str]] = []
    for place, planes in _places(given, there, part):
        for plane in planes:
            if not any(same_plane(p, plane, turned=TURNED, apart=_APART) for p, _ in found):
                found.append((_exact_plane(plane), place))
    changed = [there.changed(index) for index in reversed(there.builders)]
    boxes = [box for box in changed if box is not None]
    known = (habits_of(there), units_of(_lengths(there)))
    return [_view(plane, place, there, part, boxes, known) for plane, place in found]


def _lengths(there: Standing) -> list[float]:
    """Sides and diameters of what is drawn, and sides of what was made, each once."""
    loops = [loop for op in there.operations if isinstance(op, Sketch) for loop in op.loops[:8]]
    sides = [round(c.length, 5) for loop in loops for c in loop.curves if isinstance(c, Line)]
    sides += [2 * round(c.radius, 5) for one in loops for c in one.curves if isinstance(c, Circle)]
    boxes = [there.changed(index) for index in there.builders]
    sides += [round(side, 5) for box in boxes if box is not None for side in (box[1] - box[0])]
    return list(dict.fromkeys(sides))


def habits_of(there: Standing) -> SketchHabits:
    """Return how the later sketches of a history were drawn."""
    rows, seen = [], list[tuple[Sketch, tuple[float, ...]]]()
    for index, sketch in enumerate(there.operations):
        if not isinstance(sketch, Sketch) or not sketch.loops:
            continue
        sides = sides_of(sketch.loops)
        if seen:
            before = seen[-1][0].plane.normal
            built = [i for i in there.builders if i < index][-1:]
            ends = [there.operations[i].planes(there.operations[:i])[-1:] for i in built]
            rows.append(
                (
                    any(np.allclose(sides, other, rtol=1e-3, atol=1e-6) for _, other in seen),
                    all(isinstance(loop.curves[0], Circle) for loop in sketch.loops),
                    any(
                        same_plane(e, sketch.plane, turned=TURNED, apart=1e-3)
                        for one in ends
                        for e in one
                    ),
                    facing(before, sketch.plane.normal, turned=TURNED) != 0,
                )
            )
        seen.append((sketch, sides))
    if not rows:
        return SketchHabits(0.0, 0.0, 0.0, 0.0)
    again, round_, ending, ahead = (np.mean(rows, axis=0) - _USUAL).tolist()
    return SketchHabits(again, round_, ending, ahead)


def sides_of(loops: Sequence[Loop]) -> tuple[float, ...]:
    """Return the sides of the box around loops, and the root of their area, in mm."""
    boxes = np.array([loop.box for loop in loops])
    wide, tall = (boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)).tolist()
    return (*sorted((wide, tall)), math.sqrt(sum(abs(loop.area) for loop in loops)))


def _places(
    given: CadSequence, there: Standing, part: Array
) -> Iterator[tuple[str, Iterable[Plane]]]:
    """Planes by what they are, in the order of `PLACES`."""
    operations, builders = there.operations, there.builders
    if builders:
        last = operations[builders[-1]].planes(operations[: builders[-1]])
        yield "end", last[-1:]
        yield "start", last[:-1]
    newest = [op.plane for op in reversed(operations) if isinstance(op, Sketch)]
    yield "newest", newest[:1]
    yield "earlier", known_planes(given)[:_EARLIER]
    for end in (1, 0):
        yield (
            "side",
            [plane_across(axis, float(at)) for axis, at in zip(AXES, part[end], strict=True)],
        )
    yield "origin", [plane_across(axis, 0.0) for axis in AXES]


def _exact_plane(plane: Plane) -> Plane:
    """A plane without the last digits that arithmetic leaves behind."""
    x, y, z = map(exact, plane.origin)
    return Plane((x, y, z), plane.normal, plane.x_axis)


def _drawn_box(operations: tuple[Operation, ...]) -> Array | None:
    """The box around all that is drawn, (2, 3); None if nothing is."""
    lines = [line for op in operations if isinstance(op, Sketch) for line in op.lines()]
    return hull([np.stack([line.min(axis=0), line.max(axis=0)]) for line in lines])


def _view(
    plane: Plane,
    place: str,
    there: Standing,
    part: Array,
    boxes: list[Array],
    known: tuple[SketchHabits, Units],
) -> DrawingPlace:
    swept: dict[int, set[int]] = {}
    for operation in there.operations:
        for profile in operation.profiles if isinstance(operation, SweepsProfiles) else ():
            swept.setdefault(profile.sketch, set()).add(profile.outer)
    sketches = [(i, op) for i, op in enumerate(there.operations) if isinstance(op, Sketch)]
    seen = [
        SeenSketch(
            index=index,
            age=age,
            loops=dropped(sketch, plane),
            here=same_plane(sketch.plane, plane, turned=TURNED, apart=_APART) != 0,
            swept=_swept(sketch, swept.get(index, set())),
        )
        for age, (index, sketch) in enumerate(reversed(sketches))
        if facing(sketch.plane.normal, plane.normal, turned=TURNED)
    ]
    flat = [_flat(box, plane) for box in (part, *boxes)]
    heights = heights_of(part, plane)
    outer = min(map(abs, heights)) < NEAR * max(there.size, 1e-9)
    return DrawingPlace(
        plane, place, tuple(seen[:_SKETCHES]), flat[0], tuple(flat[1:]), outer, *known
    )


def _swept(sketch: Sketch, named: set[int]) -> frozenset[int]:
    """Which of the closed loops of a sketch are named, by their places among these."""
    closed = [index for index, loop in enumerate(sketch.loops) if loop.closed]
    return frozenset(place for place, index in enumerate(closed) if index in named)


def _flat(box: Array, plane: Plane) -> Box:
    """A box (2, 3) as it is seen along the normal of a plane."""
    corners = np.array(np.meshgrid(*box.T)).reshape(3, -1).T
    x, y = plane.to_local(corners)[:, :2].T
    return (
        exact(float(x.min())),
        exact(float(y.min())),
        exact(float(x.max())),
        exact(float(y.max())),
    )
