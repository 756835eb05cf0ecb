"""What an answer does to the part: when two come to the same, and when one is worth showing.

Law 15: no two answers with the same effect, and nothing that floats, changes nothing or is invalid
while there are others. Three depths of one hole are one answer; through, blind, boss are three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from manifold3d import JoinType, Manifold

from cadcomplete.errors import GeometryError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.geometry import Plane
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.patterns import PATTERNS
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence, start_plane
from cadcomplete.history.tables import Table
from cadcomplete.kernel.report import Report, Senseless
from cadcomplete.meshes.manifolds import (
    APPLY,
    NOTHING,
    Change,
    Past,
    applied,
    change,
    change_iou,
    filled,
    iou,
    solid,
    states,
    swept,
    volume_of,
)

SAME = 0.95
"""IoU of what two answers change from which they come to the same: that of a hit."""

_ROUNDING = 1e-4  # share of a volume
_TOUCHING = 1e-3  # mm between what touches


class Kind(str, Enum):
    """What an operation does to the part that is there."""

    BASE = "base"  # it makes the part
    BOSS = "boss"
    THROUGH = "through"  # it leaves nothing of the part above or below what it removes
    BLIND = "blind"
    REST = "rest"  # of the part only what it sweeps is left
    NOTHING = "nothing"
    OTHER = "other"  # it removes something, and there is no more to tell


class Flaw(IntEnum):
    """Why an answer is shown only while nothing better was found; the worse, the higher."""

    NONE = 0
    FLOATING = 1
    IDLE = 2
    INVALID = 3


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """What some profiles cover, along the normal of their sketch, of the part that is there.

    Attributes:
        footprint: the profiles, swept over one millimetre from the plane through the origin.
        area: of the profiles, in mm².
        low, high: between which heights over the sketch there is something of the part, in mm.
    """

    footprint: Manifold
    area: float
    low: float
    high: float


Columns = dict[tuple[Profile, ...], Column]


@dataclass(frozen=True, eq=False)
class BuiltStep:
    """One operation that builds, and the part before it: what can be told of any kind.

    Attributes:
        operation: the one.
        operations: those before it.
        before: the part that they make.
    """

    operation: Any
    operations: tuple[Operation, ...]
    before: Manifold

    @cached_property
    def after(self) -> Manifold:
        """The part after it."""
        earlier = states(CadSequence(self.operations))[:-1]
        past = Past(self.operations, (*earlier, self.before))
        return APPLY[type(self.operation)](self.operation, past)

    @cached_property
    def change(self) -> Change:
        """What it adds and removes."""
        return _change(self.after - self.before, self.before - self.after, self.before)

    @cached_property
    def kind(self) -> Kind:
        """What it does, in a word."""
        if self.before.is_empty():
            return Kind.NOTHING if self.after.is_empty() else Kind.BASE
        if self.change.nothing:
            return Kind.NOTHING
        least = NOTHING * volume_of(self.before)
        return Kind.BOSS if volume_of(self.change.removed) <= least else Kind.OTHER

    def differs_in_depth(self, other: BuiltStep) -> bool:
        """Say whether another one does the same, but for how deep."""
        return False


@dataclass(frozen=True, eq=False)
class ExtrudeStep(BuiltStep):
    """One extrude, and what it meets of the part before it."""

    operation: Extrude
    column: Column

    @cached_property
    def after(self) -> Manifold:
        return applied(self.before, self.operation, self.operations)

    @cached_property
    def kind(self) -> Kind:
        boolean, column = self.operation.boolean, self.column
        adds = boolean not in (Boolean.CUT, Boolean.INTERSECT)
        if self.before.is_empty():
            return Kind.BASE if adds else Kind.NOTHING
        if adds:
            return Kind.BOSS
        if boolean is Boolean.INTERSECT:
            return Kind.REST
        start, end = sorted(self.operation.extent.span)
        slack = _ROUNDING * (column.high - column.low)
        if end <= column.low + slack or start >= column.high - slack:
            return Kind.NOTHING
        whole = start <= column.low + slack and end >= column.high - slack
        return Kind.THROUGH if whole else Kind.BLIND

    @cached_property
    def side(self) -> int:
        """To which side of its sketch a boss or a blind cut goes: 1, -1 against the world's axes.

        0 for both; where there is nothing to cut, and where it is full already, does not count.
        """
        start, end = sorted(self.operation.extent.span)
        if self.kind not in (Kind.BLIND, Kind.BOSS):
            return 0
        if start < 0 < end and self.kind is Kind.BOSS:
            start, end = self._changed
        if start < 0 < end and self.kind is Kind.BLIND:
            start, end = max(start, self.column.low), min(end, self.column.high)
        slack = _ROUNDING * (end - start)
        up, down = end > slack, start < -slack
        return (up - down) * _upwards(start_plane(self.operation, self.operations))

    @cached_property
    def change(self) -> Change:
        found = change(self.before, self.operation, self.operations)
        return _change(found.added, found.removed, self.before)

    @cached_property
    def box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """The lowest and the highest corner of what it changes, in mm in the axes of its sketch."""
        body = self.change.removed if self.change.added.is_empty() else self.change.added
        if body.is_empty():
            return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        x, y, z, *high = _seen_along(
            body, start_plane(self.operation, self.operations)
        ).bounding_box()
        return (x, y, z), (high[0], high[1], high[2])

    @property
    def _changed(self) -> tuple[float, float]:
        """Between which heights over its sketch it changes something, in mm."""
        return self.box[0][2], self.box[1][2]

    @property
    def depth(self) -> float:
        """How deep what it removes is, or how high what it adds, in mm."""
        low, high = self._changed
        return high - low

    def differs_in_depth(self, other: BuiltStep) -> bool:
        if not isinstance(other, ExtrudeStep) or self.kind is Kind.BASE:
            return False
        if (self.kind, self.side) != (other.kind, other.side):
            return False
        a, b = self.column, other.column
        low, high = sorted((a.area, b.area))
        return a is b or (low >= SAME * high and iou(a.footprint, b.footprint) >= SAME)


@dataclass(frozen=True, eq=False)
class Effect:
    """What the operations from some one on do to a part.

    Attributes:
        before: the part without them.
        steps: what each of them does that builds.
        loose: whether nothing is made of one of their sketches.
    """

    before: Manifold
    steps: tuple[BuiltStep, ...]
    loose: bool

    @cached_property
    def change(self) -> Change:
        """What is added and removed in the end."""
        if len(self.steps) == 1:
            return self.steps[0].change
        after = self.steps[-1].after if self.steps else self.before
        return _change(after - self.before, self.before - after, self.before)

    @property
    def idle(self) -> bool:
        """Whether one of them changes nothing, or nothing is made of a sketch."""
        return self.loose or any(
            step.kind is Kind.NOTHING or step.change.nothing for step in self.steps
        )

    @property
    def first_bodies(self) -> int:
        """How many bodies the first of them makes, if there was nothing before; else 0."""
        first = next((step for step in self.steps if step.kind is Kind.BASE), None)
        return 0 if first is None else len(first.after.decompose())


def effect(
    sequence: CadSequence,
    keep: int,
    *,
    before: Manifold | None = None,
    columns: Columns | None = None,
) -> Effect:
    """Return what the operations of a history from `keep` on do.

    `before` is the part that those before them make, if that is known; `columns` are what is
    known of its sketches, and more is added. Raises UnsupportedError for another kind of operation.
    """
    operations = sequence.operations
    known = {} if columns is None else columns
    before = solid(CadSequence(operations[:keep])) if before is None else before
    steps: list[BuiltStep] = []
    for number, operation in enumerate(operations[keep:], start=keep):
        begin = STEPS[type(operation)]
        if begin is not None:
            body = steps[-1].after if steps else before
            old = not steps and all(named < keep for named in operation.refers())
            steps.append(begin(operation, operations[:number], body, known if old else {}))
    used = {named for step in steps for named in step.operation.refers()}
    new = range(keep, len(operations))
    loose = any(not operations[i].builds and i not in used for i in new)
    return Effect(before, tuple(steps), loose)


def _begin_extrude(
    extrude: Extrude, operations: tuple[Operation, ...], body: Manifold, columns: Columns
) -> BuiltStep:
    if not extrude.extent.straight:  # it is no column of what it leaves or takes
        return BuiltStep(extrude, operations, body)
    try:
        extrude = in_numbers(extrude, operations)
    except GeometryError:  # there is nothing to end at: it sweeps nothing
        return BuiltStep(extrude, operations, body)
    column = columns.get(extrude.profiles)
    if column is None:
        column = columns[extrude.profiles] = _column(extrude, operations, body)
    return ExtrudeStep(extrude, operations, body, column)


def any_step(
    operation: Any, operations: tuple[Operation, ...], body: Manifold, columns: Columns
) -> BuiltStep:
    """Tell of an operation only what can be told of any: for kinds with no more to tell."""
    return BuiltStep(operation, operations, body)


STEPS: Table[Callable[[Any, tuple[Operation, ...], Manifold, Columns], BuiltStep] | None] = Table(
    "completion/effects.py",
    {
        Sketch: None,
        Extrude: _begin_extrude,
        **dict.fromkeys((Revolve, Hole, *PATTERNS, Fillet, Chamfer), any_step),
    },
)
"""What an operation does, from it, those before it, the part that they make, and what is known of
its sketches; None for what builds nothing."""


def _change(added: Manifold, removed: Manifold, before: Manifold) -> Change:
    volume = volume_of(added) + volume_of(removed)
    return Change(added, removed, volume, nothing=volume <= NOTHING * max(volume_of(before), 1e-9))


def _column(extrude: Extrude, operations: tuple[Operation, ...], body: Manifold) -> Column:
    plane = start_plane(extrude, operations)
    bottom = -plane.offset - (_upwards(plane) < 0)
    footprint = _prism(extrude, operations, bottom, bottom + 1.0)
    low, high = _heights(body, plane)
    covered = body ^ _prism(extrude, operations, low - 1.0, high + 1.0)
    return Column(footprint, volume_of(footprint), *_heights(covered, plane))


def _upwards(plane: Plane) -> int:
    """Whether the normal of a plane goes along the world's axes, 1, or against them, -1."""
    return next((1 if n > 0 else -1 for n in plane.normal if abs(n) > 1e-9), 1)


def _prism(
    extrude: Extrude, operations: tuple[Operation, ...], low: float, high: float
) -> Manifold:
    """What the profiles of an extrude sweep between two heights over their sketch."""
    extent = Extent(ExtentType.ONE_SIDED, high - low)
    body = swept(Extrude(extrude.profiles, extent, Boolean.NEW_BODY), operations)
    x, y, z = start_plane(extrude, operations).normal
    return body.translate((low * x, low * y, low * z))


def _heights(body: Manifold, plane: Plane) -> tuple[float, float]:
    """Between which heights over a plane a body lies, in mm along its normal."""
    if body.is_empty():
        return (0.0, 0.0)
    box = _seen_along(body, plane).bounding_box()
    return (box[2], box[5])


def _seen_along(body: Manifold, plane: Plane) -> Manifold:
    """A body in the frame of a plane: what stands on the plane stands on z = 0."""
    axes = np.array([plane.x_axis, plane.y_axis, plane.normal])
    return body.transform(np.concatenate([axes, -axes @ np.array(plane.origin)[:, None]], axis=1))


# --- when two are one, and when one is worth showing ---------------------------------------------


def alike(one: Effect, other: Effect, *, depths: bool = True, least: float = SAME) -> bool:
    """Say whether two answers to one question are one to a person.

    They are if what they change has at least that IoU; and, with `depths`, if they do the same to
    another depth.
    """
    if depths and _one_way(one, other):
        return True
    if len(one.steps) == len(other.steps) == 1 and _adds(one.steps[0]) != _adds(other.steps[0]):
        return False
    low, high = sorted((one.change.volume, other.change.volume))
    return low >= least * high and change_iou(one.change, other.change) >= least


def _adds(step: BuiltStep) -> bool:
    return step.kind in (Kind.BASE, Kind.BOSS)


def _one_way(one: Effect, other: Effect) -> bool:
    """Say whether two answers do the same but for depths."""
    as_many = len(one.steps) == len(other.steps) > 0
    pairs = zip(one.steps, other.steps, strict=True) if as_many else ()
    return as_many and all(a.differs_in_depth(b) for a, b in pairs)


def flaw(report: Report, done: Effect, *, keep: int, bodies: int | None) -> Flaw:
    """Return what speaks against an answer that the kernel has reported about.

    `keep` operations are not the answer's own. `bodies` are those that the given part has; None
    if there may be any number of them.
    """
    if not report.valid:
        return Flaw.INVALID
    remarked = {remark.kind for remark in report.remarks if remark.operation >= keep}
    if done.idle or Senseless.CHANGES_NOTHING in remarked:
        return Flaw.IDLE
    if bodies is None:
        return Flaw.NONE
    return Flaw.FLOATING if report.bodies > max(bodies, done.first_bodies) else Flaw.NONE


def reaches(sketch: Sketch, body: Manifold) -> bool:
    """Say whether anything that is extruded from a sketch can touch a part; if there is none, yes.

    What is swept along the normal can only touch what is seen along it.
    """
    if body.is_empty():
        return True
    drawn = filled(sketch.loops).offset(_TOUCHING, JoinType.Miter)
    return (_seen_along(body, sketch.plane).project() ^ drawn).area() > 0
