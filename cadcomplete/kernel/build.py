"""From a history to a solid, operation by operation: a table says what each kind of them does.

To enter an operation, write an entry, a function of the operation and of what is `Before` it:

- It **adds, cuts or intersects with bodies**: return a `Step` with them. A body that sweeps a
  profile comes from `sweep`. Any other is made by the kernel and then passed through
  `believed(shape, oracle)`, the oracle being what its own formula says of it (`oracle.py`): a body
  of revolution its volume and box by Pappus, and which points are inside by its profile. The
  boolean is done, tried again and checked here: exactly if all that goes in are prisms, else by
  volumes, boxes and points (`expected.py`).
- It **makes another solid of the one before** (`before.solid`): return that. A copy of a solid
  comes from `moved` (`copies.py`), which moves what is known of it along; booleans come from
  `booleans.py` and need `way=before.way`; what a formula knows only bounds of, a fillet or a
  chamfer, is `believed(shape, VolumeBounds(...))`. A solid that nobody has checked is checked here.
- It **does nothing** to the solid: return None.

`before.steps` has the bodies of each earlier operation, for an entry that does them again. An entry
that asks for `before.solid` costs a boolean of its own; one that does not may be done together with
its neighbours. It depends on nothing but what is before it: what is built is kept (`Prefixes`).
What it raises as GeometryError, or the kernel does, becomes a BuildError that names the operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cadcomplete.errors import BuildError, GeometryError
from cadcomplete.history.blends import Blend, Chamfer, Fillet
from cadcomplete.history.drilled import drilled, reached
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Boolean, Extrude, Operation, Sketch
from cadcomplete.history.patterns import PATTERNS
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.kernel.blends import blended_solid
from cadcomplete.kernel.booleans import CAREFUL, EXACT_FIRST, QUICK, BooleanError, Way
from cadcomplete.kernel.remarks import Step, same
from cadcomplete.kernel.repeats import repeated
from cadcomplete.kernel.report import Remark, Senseless
from cadcomplete.kernel.revolving import revolve
from cadcomplete.kernel.solid import Solid
from cadcomplete.kernel.stages import FAILURES, Stage, failed
from cadcomplete.kernel.sweep import sweep
from cadcomplete.kernel.until import bodies


class Before:
    """What is before an operation, for its entry in `APPLY`.

    Attributes:
        operations: those before it.
        stage: what they have made.
    """

    def __init__(self, operations: tuple[Operation, ...], stage: Stage, strict: int) -> None:
        self.operations, self.stage, self._strict = operations, stage, strict

    @property
    def index(self) -> int:
        """The index of the operation itself."""
        return len(self.operations)

    @property
    def way(self) -> Way:
        """How booleans are to be done."""
        return self.stage.way

    @property
    def steps(self) -> tuple[Step | None, ...]:
        """What each operation adds, cuts or intersects with; None for what does nothing of it."""
        return self.stage.steps

    @property
    def solid(self) -> Solid | None:
        """The solid so far, checked; None while there is none."""
        done = self.stage.finished(self._strict)
        self.stage = replace(done, solid=done.verified)
        return self.stage.solid


def _extruded(extrude: Extrude, before: Before) -> Step:
    tools = bodies(extrude, before.operations, lambda: before.solid)
    return Step(before.index, extrude.boolean, tuple(tools))


def _revolved(operation: Revolve, before: Before) -> Step:
    tools = [revolve(profile, operation, before.operations) for profile in operation.profiles]
    return Step(before.index, operation.boolean, tuple(tools))


def _drilled(hole: Hole, before: Before) -> Step:
    if (problem := next(hole.mistakes(), None)) is not None:
        raise GeometryError(problem)
    tools: list[Solid] = []
    for sketch, cut in drilled(hole, before.operations):
        make = sweep if isinstance(cut, Extrude) else revolve
        tools += [make(profile, cut, (sketch,)) for profile in cut.profiles]  # type: ignore[arg-type]
    deep = np.linspace(0.005, 0.995, 40)[:, None] * reached(hole, before.operations)
    spots = tuple(
        (f"hole at ({x:.6g}, {y:.6g})", np.array(axis.origin) + deep * np.array(axis.x_axis))
        for (x, y), axis in zip(hole.centers, hole.axes(), strict=True)
    )
    return Step(before.index, Boolean.CUT, tuple(tools), "hole", spots)


def _blended(blend: Blend, before: Before) -> Solid:
    if before.solid is None:
        raise GeometryError("there is no solid that has edges")
    return blended_solid(before.solid, blend, before.operations)


APPLY: Table[Callable[[Any, Before], Step | Solid | None]] = Table(
    "kernel/build.py",
    {
        Sketch: lambda sketch, before: None,
        Extrude: _extruded,
        Revolve: _revolved,
        Hole: _drilled,
        **dict.fromkeys(PATTERNS, repeated),
        Fillet: _blended,
        Chamfer: _blended,
    },
)
"""What an operation does to the solid before it."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a history makes.

    Attributes:
        solid: None while nothing has been extruded.
        remarks: what is valid but makes no sense.
    """

    solid: Solid | None
    remarks: tuple[Remark, ...] = ()


class Prefixes:
    """The last beginnings of histories that were built: what goes on from one costs only the rest.

    A history goes on only from where it would have come by itself: not from the middle of what one
    boolean does. So what is built does not depend on what was built before.
    """

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._kept: list[tuple[tuple[Operation, ...], Stage]] = []  # the newest at the end

    def longest(self, operations: tuple[Operation, ...], way: Way, strict: int) -> Stage:
        """Return the farthest stage from which the history can go on, the first one if need be."""
        for known, stage in sorted(self._kept, key=lambda pair: -len(pair[0])):
            fits = stage.way == way and len(known) <= strict and operations[: len(known)] == known
            if fits and not _goes_with_it(stage, operations[:strict]):
                self.keep(known, stage)
                return stage.copied()
        return Stage(way)

    def keep(self, operations: tuple[Operation, ...], stage: Stage) -> None:
        """Keep what some operations have made; what was not needed for longest is forgotten."""
        others = [one for one in self._kept if (one[0], one[1].way) != (operations, stage.way)]
        self._kept = [*others, (operations, stage)][-self._most :]


def _goes_with_it(stage: Stage, operations: tuple[Operation, ...]) -> bool:
    """Say whether what made the last of a stage is done together with what follows."""
    for index in range(len(stage.steps), len(operations)):
        try:
            found = APPLY[type(operations[index])](
                operations[index], Before(operations[:index], stage, index)
            )
        except (BuildError, *FAILURES):
            return False
        if found is not None:
            return isinstance(found, Step) and stage.joins(found, stage.done)
    return False


def build(sequence: CadSequence, *, strict_from: int | None = None) -> Solid | None:
    """Return the solid of a history, or None while nothing has been extruded (`construct`)."""
    return construct(sequence, strict_from=strict_from).solid


def construct(
    sequence: CadSequence, *, strict_from: int | None = None, prefixes: Prefixes | None = None
) -> Made:
    """Return what a history makes.

    Bodies that touch or overlap are one: the volume is that of their union. The sequence is not
    changed. Designers do make cuts that remove nothing; from the operation `strict_from` on,
    an operation that changes nothing is an error too. `prefixes` are what was built already.

    Raises BuildError naming the first operation that cannot be built, or is not known.
    """
    if sequence.rest:
        raise BuildError(len(sequence), f"{sequence.rest[0].said} is not known here")
    strict = len(sequence) if strict_from is None else strict_from
    first: BuildError | None = None
    for way in (QUICK, CAREFUL, EXACT_FIRST):
        try:
            return _construct(sequence.operations, strict, way, prefixes)
        except BuildError as error:
            if not isinstance(error.__cause__, BooleanError):
                raise
            if way.checked:  # what the usual order fails on is the better hint
                first = first or error
    assert first is not None
    raise first


def _construct(
    operations: tuple[Operation, ...], strict: int, way: Way, prefixes: Prefixes | None
) -> Made:
    stage = Stage(way) if prefixes is None else prefixes.longest(operations, way, strict)
    for index in range(len(stage.steps), len(operations)):
        found, stage = _found(operations[index], operations[:index], stage, strict)
        if found is None:
            stage = replace(stage, steps=(*stage.steps, None))
            continue
        alone = not isinstance(found, Step) or index >= strict or not stage.joins(found, stage.run)
        if alone:
            stage = stage.finished(strict)
            _keep(prefixes, operations[: min(index, strict)], stage)
        stage = _taken(operations[index], found, stage, strict)
    stage = stage.finished(strict)
    _keep(prefixes, operations[:strict], stage)
    return Made(stage.verified, stage.remarks)


def _keep(prefixes: Prefixes | None, operations: tuple[Operation, ...], stage: Stage) -> None:
    """Keep what some operations have made, if none after them has done anything yet."""
    if prefixes is not None and stage.made_by < len(operations):
        prefixes.keep(operations, replace(stage.copied(), steps=stage.steps[: len(operations)]))


def _found(
    operation: Operation, operations: tuple[Operation, ...], stage: Stage, strict: int
) -> tuple[Step | Solid | None, Stage]:
    """Return what an operation does, and the stage before it: its run is done if it was asked for.

    Raises BuildError, of what stands before it if that fails.
    """
    before = Before(operations, stage, strict)
    try:
        return APPLY[type(operation)](operation, before), before.stage
    except FAILURES as error:
        before.stage.finished(strict)
        raise failed(before.index, error) from error


def _taken(operation: Operation, found: Step | Solid, stage: Stage, strict: int) -> Stage:
    """Return the stage after an operation, for which there was nothing left to do before it."""
    if isinstance(found, Step):
        return replace(stage, run=(*stage.run, found), steps=(*stage.steps, found))
    index, name, told = len(stage.steps), type(operation).__name__.lower(), stage.remarks
    after = replace(
        stage, solid=found, sound=False, made_by=index, done=(), steps=(*stage.steps, None)
    )
    after = replace(after, solid=after.verified)
    if same(stage.solid, found):
        if index >= strict:
            raise BuildError(index, f"the {name} changes nothing")
        told = (*told, Remark(index, Senseless.CHANGES_NOTHING, name))
    return replace(after, remarks=told)
