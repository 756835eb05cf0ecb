"""From a history to a solid: one prism per profile, and a boolean with what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cadcomplete.errors import BuildError, GeometryError, UnsupportedError
from cadcomplete.history.operations import Boolean, Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.kernel.booleans import (
    CAREFUL,
    EXACT_FIRST,
    QUICK,
    BooleanError,
    Solid,
    Way,
    cut,
    fuse,
    intersect,
    verified,
)
from cadcomplete.kernel.failures import KERNEL_ERRORS
from cadcomplete.kernel.remarks import ADDS, Step, remarks, same
from cadcomplete.kernel.report import Remark
from cadcomplete.kernel.sweep import sweep


def _extruded(index: int, extrude: Extrude, operations: tuple[Operation, ...]) -> Step:
    tools = [sweep(profile, extrude, operations) for profile in extrude.profiles]
    return Step(index, extrude.boolean, tuple(tools))


APPLY: Table[Callable[[int, Any, tuple[Operation, ...]], Step | None]] = Table(
    "kernel/build.py", {Sketch: lambda index, sketch, operations: None, Extrude: _extruded}
)
"""What an operation does to a solid, from its index, itself and all operations; None: nothing."""

_FAILURES = (GeometryError, UnsupportedError, *KERNEL_ERRORS)


@dataclass(frozen=True, slots=True)
class Made:
    """What a history makes.

    Attributes:
        solid: None while nothing has been extruded.
        remarks: what is valid but makes no sense.
    """

    solid: Solid | None
    remarks: tuple[Remark, ...] = ()


def build(sequence: CadSequence, *, strict_from: int | None = None) -> Solid | None:
    """Return the solid of a history, or None while nothing has been extruded (`construct`)."""
    return construct(sequence, strict_from=strict_from).solid


def construct(sequence: CadSequence, *, strict_from: int | None = None) -> Made:
    """Return what a history makes.

    Bodies that touch or overlap are one: the volume is that of their union. The sequence is not
    changed. Designers do make cuts that remove nothing; from the operation `strict_from` on,
    an extrude that changes nothing is an error too.

    Raises BuildError naming the first operation that cannot be built, or is not known.
    """
    if sequence.rest:
        raise BuildError(len(sequence), f"{sequence.rest[0].said} is not known here")
    first: BuildError | None = None
    for way in (QUICK, CAREFUL, EXACT_FIRST):
        try:
            return _construct(sequence, strict_from, way)
        except BuildError as error:
            if not isinstance(error.__cause__, BooleanError):
                raise
            if way.checked:  # what the usual order fails on is the better hint
                first = first or error
    assert first is not None
    raise first


def _construct(sequence: CadSequence, strict_from: int | None, way: Way) -> Made:
    solid: Solid | None = None
    found: list[Remark] = []
    strict = len(sequence) if strict_from is None else strict_from
    run: list[Step] = []
    for run in _runs(sequence.operations, strict):
        before, first = solid, run[0]
        try:
            solid = _apply(before, run, way)
        except BuildError:
            if len(run) == 1 or not way.checked:
                raise
            for step in run:  # to name the one that fails, or to do without it failing
                solid = _apply(solid, [step], way)
        if first.index >= strict and same(before, solid):
            _verified(solid, run)
            raise BuildError(first.index, f"the {first.boolean.value} changes nothing")
        found += remarks(before, run, solid)
    return Made(_verified(solid, run), tuple(found))


def _verified(solid: Solid | None, run: list[Step]) -> Solid | None:
    """Return the solid after a run, checked if a boolean made it that did not check it."""
    if solid is None or solid.checked or any(solid is tool for tool in run[-1].tools):
        return solid
    try:
        return verified(solid)
    except GeometryError as error:
        raise _failed(run[-1].index, error) from error


def _runs(operations: tuple[Operation, ...], strict: int) -> Iterator[list[Step]]:
    """Yield what changes the solid, that together which one boolean can do: faster than many.

    Those in a row that add, and cuts in a row of which none meets another: only then is it
    certain by how much each changes the volume. From index `strict` on each stands alone.
    Raises BuildError for what sweeps no solid or is not known, after what stands before it.
    """
    run: list[Step] = []
    for index, operation in enumerate(operations):
        try:
            step = _step(index, operation, operations)
        except BuildError:
            if run:
                yield run  # may fail earlier
            raise
        if step is None:
            continue
        if run and not (index < strict and step.goes_with(run)):
            yield run
            run = []
        run.append(step)
    if run:
        yield run


def _step(index: int, operation: Operation, operations: tuple[Operation, ...]) -> Step | None:
    try:
        return APPLY[type(operation)](index, operation, operations)
    except _FAILURES as error:
        raise _failed(index, error) from error


def _apply(solid: Solid | None, run: list[Step], way: Way) -> Solid | None:
    """Do the booleans of a run. Raises BuildError naming its first operation."""
    boolean = run[0].boolean
    tools = [tool for step in run for tool in step.tools]
    if not tools:
        return solid
    try:
        if boolean in ADDS:
            return fuse(tools if solid is None else [solid, *tools], way=way)
        if solid is None:
            raise GeometryError(f"there is nothing to {boolean.value}")
        if boolean is Boolean.CUT:
            return cut(solid, tools, way=way)
        return intersect(solid, fuse(tools, way=way), way=way)
    except _FAILURES as error:
        raise _failed(run[0].index, error) from error


def _failed(index: int, error: Exception) -> BuildError:
    return BuildError(index, str(error) or type(error).__name__)
