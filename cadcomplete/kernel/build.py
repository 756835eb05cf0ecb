"""From a history to a solid: one prism per profile, and a boolean with what is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cadcomplete.errors import BuildError, GeometryError
from cadcomplete.history.operations import Boolean, Extrude, Operation
from cadcomplete.history.sequence import CadSequence
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
            raise BuildError(first.index, f"the {first.extrude.boolean.value} changes nothing")
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
    """Yield every extrude, those together that one boolean can do: that is faster than many.

    Those in a row that add, and cuts in a row of which none meets another: only then is it
    certain by how much each changes the volume. From index `strict` on each stands alone.
    Raises BuildError for an extrude that sweeps no solid, after what stands before it.
    """
    run: list[Step] = []
    for index, operation in enumerate(operations):
        if not isinstance(operation, Extrude):
            continue
        try:
            step = _step(index, operation, operations)
        except BuildError:
            if run:
                yield run  # may fail earlier
            raise
        if run and not (index < strict and step.goes_with(run)):
            yield run
            run = []
        run.append(step)
    if run:
        yield run


def _step(index: int, extrude: Extrude, operations: tuple[Operation, ...]) -> Step:
    try:
        tools = [sweep(profile, extrude, operations) for profile in extrude.profiles]
    except (GeometryError, *KERNEL_ERRORS) as error:
        raise _failed(index, error) from error
    return Step(index, extrude, tuple(tools))


def _apply(solid: Solid | None, run: list[Step], way: Way) -> Solid | None:
    """Do the booleans of a run. Raises BuildError naming its first operation."""
    boolean = run[0].extrude.boolean
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
    except (GeometryError, *KERNEL_ERRORS) as error:
        raise _failed(run[0].index, error) from error


def _failed(index: int, error: Exception) -> BuildError:
    return BuildError(index, str(error) or type(error).__name__)
