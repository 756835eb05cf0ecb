"""Constraints of one given part: what it makes impossible, and what keeps to them.

Three looks, each at more: at operations by themselves, which are made to fit where they can be
(`fitted`); at what they make of the part, by meshes (`admits`); at what the CAD kernel measures of
it (`keeps`). What is left out is counted, by the constraint that it breaks.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from manifold3d import Manifold

from cadcomplete.constraints.boxed import clipped, may_lead_into, outside, slack_of
from cadcomplete.constraints.constraints import FREE, Constraints, Region
from cadcomplete.constraints.impossible import check_possible
from cadcomplete.constraints.meeting import meetings
from cadcomplete.constraints.pins import Pin, broken, conformed
from cadcomplete.constraints.said import told
from cadcomplete.constraints.symmetric import ROUNDING, drawn_alike, on_both_sides, unlike
from cadcomplete.errors import GeometryError, InputError
from cadcomplete.history.faceted import unmade
from cadcomplete.history.geometry import BoundingBox
from cadcomplete.history.operations import OPERATIONS, Extrude, Mirror, Operation, Sketch
from cadcomplete.history.patterns import repeatable
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.report import Report
from cadcomplete.meshes.faceted import closed
from cadcomplete.meshes.manifolds import solid, volume_of
from cadcomplete.meshes.mesh import Mesh

_POLYGONS = 0.002
"""By what share a mesh may be off the volume that the kernel measures: arcs are polygons there."""

_TOUCHED = 1e-6
"""Of a region, or of what is changed if that is less, the share that may be touched: rounding."""

_TOUCHED_MM3 = 1e-6

Operations = tuple[Operation, ...]


@dataclass(frozen=True, eq=False)
class PartLimits:
    """Constraints, and the part that they are asked of.

    Attributes:
        pins: with the values that the given operations say.
        left_out: what was left out, and the constraint that it breaks, by its attribute.
    """

    constraints: Constraints
    given: CadSequence
    pins: tuple[Pin, ...] = ()
    left_out: dict[Any, str] = field(default_factory=dict)

    @staticmethod
    def of(constraints: Constraints, given: CadSequence) -> PartLimits:
        """Return the constraints of a part. Raises InputError for what it makes impossible."""
        pins = tuple(p for pin in constraints.pins for p in pin.resolved(given.operations))
        bound = PartLimits(constraints, given, pins)
        if constraints:
            made = None if unmade(given.operations) else bound.before
            check_possible(constraints, pins, given, made, bound.regions)
        return bound

    @property
    def free(self) -> bool:
        """Whether nothing is asked."""
        return not self.constraints

    # --- kinds ----------------------------------------------------------------------------------

    def may(self, name: str) -> bool:
        """Say whether an operation of this name may be added; what goes on with a sketch may."""
        allowed = self.constraints.allowed
        return allowed is None or name not in OPERATIONS or name in allowed

    def only(self, chances: Mapping[str, float]) -> dict[str, float]:
        """Return the probabilities of commands, of those that may be added."""
        return {name: chance for name, chance in chances.items() if self.may(name)}

    # --- operations by themselves ---------------------------------------------------------------

    def fitted(self, operations: Operations, *, next_only: bool = False) -> Operations | None:
        """Return operations that are to be added with the sizes that are wanted; None if what they
        are cannot hold, which is counted.

        With `next_only` the first one is the answer, and others are what it is good for.
        """
        if self.free or not operations:
            return operations
        found = self._shaped(operations)
        problem = self._broken(found, next_only=next_only)
        if problem is None:
            return found
        self.left_out[operations] = problem
        return None

    def part(self, whole: CadSequence) -> CadSequence | None:
        """Return a whole part as it may be: no longer, of the sizes that are wanted, with its other
        side; None if what is added cannot hold, which is counted."""
        first = self.given.whole_operations
        if self.free or len(whole.operations) <= first:
            return whole
        whole = self._shortened(whole)
        fitted = self.fitted(whole.operations[first:])
        if fitted is None:
            return None
        return self.completed(replace(whole, operations=(*whole.operations[:first], *fitted)))

    def _shortened(self, whole: CadSequence) -> CadSequence:
        """A history with as many of its new operations as may be added, the last building; as it
        is, if all may be, or none."""
        first, operations = self.given.whole_operations, whole.operations
        kept = operations[: first + (self.constraints.at_most or len(operations))]
        stop = next((i for i, one in enumerate(kept[first:]) if not self.may(_name(one))), None)
        kept = kept if stop is None else kept[: first + stop]
        if len(kept) == len(operations):
            return whole
        while len(kept) > first and not kept[-1].builds:
            kept = kept[:-1]
        return replace(whole, operations=kept) if len(kept) > first else whole

    def completed(self, whole: CadSequence) -> CadSequence:
        """Return a history that ends with a mirror of all that it may, if it lacks its other side.

        As it is, where that is not asked for or would not help.
        """
        plane = self.constraints.symmetric
        if plane is None or not self.may("mirror") or self._asymmetric(whole, finished=True) <= 0:
            return whole
        builders = [i for i, one in enumerate(whole.operations) if repeatable(one)]
        room = (self.constraints.at_most or math.inf) - len(whole) + self.given.whole_operations
        for start in range(len(builders) - 1, -1, -1) if room >= 1 else ():
            mirror = Mirror(plane.normal, plane.offset, tuple(builders[start:]))
            more = replace(whole, operations=(*whole.operations, mirror))
            if self._asymmetric(more, finished=True) <= 0:
                return more
        return whole

    def thought(self, kind: type[Operation]) -> Iterator[Operations]:
        """Yield operations of a kind that constraints make one think of."""
        plane = self.constraints.symmetric
        if kind is not Mirror or plane is None or unmade(self.given.operations):
            return
        if self._asymmetric(self.given, finished=True) > 0:
            whole = self.completed(self.given)
            yield whole.operations[len(self.given.operations) :]

    def _shaped(self, operations: Operations) -> Operations:
        """The operations with pinned sizes, on both sides of the plane, ending at the box."""
        first, constraints = self.given.whole_operations, self.constraints
        if constraints.symmetric is not None:
            operations = tuple(on_both_sides(operations, first, constraints.symmetric))
        before, found = self.given.operations[:first], list[Operation]()
        for operation in operations:
            earlier = (*before, *found)
            if self.pins and not self._drawn_already(operation):
                operation = conformed(operation, earlier, self.pins)
            if constraints.within is not None and isinstance(operation, Extrude):
                operation = clipped(operation, earlier, constraints.within)
            found.append(operation)
        return tuple(found)

    def _broken(self, operations: Operations, *, next_only: bool) -> str | None:
        """The constraint that operations break by themselves."""
        constraints, first = self.constraints, self.given.whole_operations
        before = self.given.operations[:first]
        if not all(self.may(name) for name in map(_name, operations)):
            return "kinds"
        if constraints.booleans and not self._meets(before, operations):
            return "booleans"
        counted = operations[:1] if next_only else operations
        if constraints.at_most is not None and len(counted) > constraints.at_most:
            return "at_most"
        for number, operation in enumerate(operations):
            earlier = (*before, *operations[:number])
            sized = self._drawn_already(operation) or not broken(operation, earlier, self.pins)
            if not sized:
                return "pins"
            if isinstance(operation, Sketch) and (problem := self._drawn(operation)):
                return problem
        return None

    def _drawn_already(self, operation: Operation) -> bool:
        """Whether it goes on with a sketch that the person has begun: what is drawn is as it is."""
        begun = self.given.operations[self.given.whole_operations :]
        return any(
            isinstance(operation, Sketch)
            and isinstance(one, Sketch)
            and one.plane == operation.plane
            and operation.loops[: len(one.loops) - 1] == one.loops[:-1]
            for one in begun
        )

    def _meets(self, before: Operations, operations: Operations) -> bool:
        allowed = set(self.constraints.booleans)
        allowed |= {"new"} if "join" in allowed and not any(one.builds for one in before) else set()
        found = meetings((*before, *operations))[len(before) :]
        return all(one.value in allowed for several in found for one in several)

    def _drawn(self, sketch: Sketch) -> str | None:
        """What a sketch breaks whatever is made of it."""
        within, plane = self.constraints.within, self.constraints.symmetric
        if not sketch.finished:
            return None
        if within is not None and not may_lead_into(
            sketch, within, only_adding=not self._may_remove
        ):
            return "within"
        return None if plane is None or drawn_alike(sketch, plane) else "symmetric"

    @property
    def _may_remove(self) -> bool:
        booleans = self.constraints.booleans
        there = any(operation.builds for operation in self.given.operations)
        return there and (not booleans or bool({"cut", "intersect"} & set(booleans)))

    # --- what they make, by meshes --------------------------------------------------------------

    @cached_property
    def before(self) -> Manifold:
        """The part as it is given. Raises UnsupportedError for what the kernel has not made."""
        return solid(self.given)

    @cached_property
    def regions(self) -> tuple[Manifold, ...]:
        """Where nothing may be touched. Raises InputError for a mesh that is not closed."""
        return tuple(map(region_of, self.constraints.keep_out))

    def allowing(
        self, wholes: Sequence[CadSequence], *, drawn: Sequence[bool] = (), finished: bool = False
    ) -> Callable[[int, Report | None], bool]:
        """Return what says of histories, by their numbers, whether they keep to the constraints:
        before the kernel has reported about one, and after it. Of those that only draw nothing more
        is asked than `fitted` has.
        """

        def may(i: int, report: Report | None) -> bool:
            if self.free or (drawn and drawn[i]):
                return True
            if report is None:
                return self.admits(wholes[i], finished=finished)
            return self.keeps(wholes[i], report, finished=finished)

        return may

    def admits(self, whole: CadSequence, *, finished: bool = False) -> bool:
        """Say whether a history keeps to the constraints by what it makes, without the kernel.

        What only the kernel can make is left to `keeps`. A `finished` part is symmetric, a next
        operation only makes it no less so. What is left out is counted.
        """
        if self.free or not _of_space(self.constraints) or unmade(whole.operations):
            return True
        return self._noted(whole, self._wrong(whole, finished=finished))

    def _noted(self, whole: CadSequence, problem: str | None) -> bool:
        """Whether there is no problem; else count it, if something was added."""
        added = whole.operations[len(self.given.operations) :]
        if problem is not None and added:
            self.left_out[added] = problem
        return problem is None

    def _wrong(self, whole: CadSequence, *, finished: bool) -> str | None:
        constraints, made = self.constraints, solid(whole)
        if made.is_empty():
            return None
        box = np.array(made.bounding_box()).reshape(2, 3)
        within = constraints.within
        if within is not None and outside(box, within) > slack_of(within):
            return "within"
        if volume_of(made) > (1 + _POLYGONS) * constraints.volume_limit:
            return self._limit
        if any(self._touched(made, region) for region in self.regions):
            return "keep_out"
        if constraints.booleans and (way := self._one_way(volume_of(made), volume_of(self.before))):
            return way
        return "symmetric" if self._asymmetric(whole, finished=finished) > 0 else None

    def _one_way(self, after: float, before: float) -> str | None:
        """Whether it grows where nothing may be added, or shrinks where nothing may be removed."""
        booleans = set(self.constraints.booleans)
        grows, shrinks = after > (1 + 1e-6) * before, after < (1 - 1e-6) * before
        adds, removes = booleans & {"new", "join"}, booleans & {"cut", "intersect"}
        return "booleans" if (grows and not adds) or (shrinks and not removes) else None

    def _touched(self, made: Manifold, region: Manifold) -> bool:
        ways = made - self.before, self.before - made
        changed, within = (
            sum(map(volume_of, some)) for some in (ways, [way ^ region for way in ways])
        )
        return within > _TOUCHED_MM3 + _TOUCHED * min(changed, volume_of(region))

    def _asymmetric(self, whole: CadSequence, *, finished: bool) -> float:
        """By how many mm³ a part is too unlike its mirror image; 0 or less if it is not."""
        plane = self.constraints.symmetric
        if plane is None or unmade(whole.operations):
            return 0.0
        made = solid(whole)
        allowed = ROUNDING * volume_of(made)
        if not finished:
            allowed += self._unlike_before
        return unlike(made, plane) - allowed

    @cached_property
    def _unlike_before(self) -> float:
        plane = self.constraints.symmetric
        return 0.0 if plane is None else unlike(self.before, plane)

    @property
    def _limit(self) -> str:
        """Which of two limits of the volume is the lower one."""
        most = self.constraints.most_volume
        return "most_volume" if most == self.constraints.volume_limit else "most_mass"

    # --- what the kernel measures ---------------------------------------------------------------

    def keeps(self, whole: CadSequence, report: Report, *, finished: bool = False) -> bool:
        """Say whether a history keeps to the constraints by what the kernel measures of it.

        Where it measures nothing there is nothing to break. What is left out is counted.
        """
        if self.free or report.measures is None:
            return True
        measures, constraints, problem = report.measures, self.constraints, None
        box = np.array([measures.bounding_box.minimum, measures.bounding_box.maximum])
        within = constraints.within
        if within is not None and outside(box, within) > slack_of(within):
            problem = "within"
        elif measures.volume > (1 + 1e-9) * constraints.volume_limit:
            problem = self._limit
        if problem is None:
            return self.admits(whole, finished=finished)
        return self._noted(whole, problem)

    # --- what was left out ----------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Return how many ideas each constraint left out, by what it is called; none for 0."""
        names = dict(told(self.constraints))
        found = Counter(self.left_out.values())
        return {names[attribute]: found[attribute] for attribute in names if found[attribute]}


def _of_space(constraints: Constraints) -> bool:
    """Whether there is anything that only the part that is made can break."""
    limits = (constraints.within, constraints.symmetric, constraints.most_volume)
    listed = constraints.keep_out or constraints.booleans
    return bool(listed) or any(v is not None for v in (*limits, constraints.most_mass))


def region_of(region: Region) -> Manifold:
    """Return a region as a solid. Raises InputError for a mesh that encloses nothing."""
    if isinstance(region, BoundingBox):
        return Manifold.cube(region.size).translate(region.minimum)
    try:
        return closed(_welded(region))
    except GeometryError as error:
        hint = "export a closed mesh, or give a box"
        raise InputError(f"no region: {error}", where="--keep-out", hint=hint) from error


def _welded(mesh: Mesh) -> Mesh:
    """A mesh whose triangles share corners: in an .stl each has its own."""
    vertices, which = np.unique(np.round(mesh.vertices, 6), axis=0, return_inverse=True)
    return Mesh(vertices, which.reshape(-1)[mesh.triangles])


def _name(operation: Operation) -> str:
    return next(name for name, kind in OPERATIONS.items() if type(operation) is kind)


def bound_to(constraints: Constraints | None, given: CadSequence) -> PartLimits:
    """Return constraints of a part; without any, what lets everything be."""
    return PartLimits.of(constraints or FREE, given)
