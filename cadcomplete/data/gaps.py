"""A history that lacks something in the middle: what may be taken out, and put in again.

What is missing is one operation that builds, with the sketches right before it, or the rest of a
sketch after some of its curves. Nothing behind refers to such an operation, so what remains is a
history; of a sketch that goes on, what is behind may name loops that are still to be drawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from cadcomplete.data.reorder import MOVED
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds, truncate


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Operations `start` up to `end`, which is none of them, of a history.

    With `curves` it is the rest of one sketch, of which so many curves are there.
    """

    start: int
    end: int
    curves: int | None = None


def gaps(sequence: CadSequence) -> tuple[LeftOut, ...]:
    """Return what may be taken out of a history, in order: something builds before it and behind.

    Raises UnsupportedError if something in the history is not known here.
    """
    check_kinds(sequence, "data/reorder.py", MOVED)
    operations = sequence.operations
    found: list[LeftOut] = []
    for index, operation in enumerate(operations[:-1]):
        start = index
        while start and isinstance(operations[start - 1], Sketch):
            start -= 1
        used = {i for later in operations[index + 1 :] for i in later.refers()}
        built = any(one.builds for one in operations[:start])
        goes_on = any(one.builds for one in operations[index + 1 :])
        if operation.builds and built and goes_on and used.isdisjoint(range(start, index + 1)):
            found.append(LeftOut(start, index + 1))
    return tuple(found)


def inside(sequence: CadSequence) -> tuple[LeftOut, ...]:
    """Return the rests of sketches that may be taken out, in order: after each curve but the last.

    Something builds behind each. Raises UnsupportedError as `gaps`.
    """
    check_kinds(sequence, "data/reorder.py", MOVED)
    operations = sequence.operations
    return tuple(
        LeftOut(index, index + 1, curves)
        for index, sketch in enumerate(operations)
        if isinstance(sketch, Sketch) and any(one.builds for one in operations[index:])
        for curves in range(1, sum(len(loop.curves) for loop in sketch.loops))
    )


def before(sequence: CadSequence, gap: LeftOut) -> CadSequence:
    """Return what stands before a gap."""
    return truncate(sequence, gap.start, curves=gap.curves)


def without(sequence: CadSequence, gap: LeftOut) -> CadSequence:
    """Return the history without what is in a gap; what is behind refers to where things stand."""
    begun = before(sequence, gap).operations
    moved = len(begun) - gap.end
    place = {i: i + moved for i in range(gap.end, len(sequence))}
    return dataclasses.replace(sequence, operations=(*begun, *_behind(sequence, gap.end, place)))


def filled(
    sequence: CadSequence, at: int, middle: tuple[Operation, ...], *, going_on: bool = False
) -> CadSequence:
    """Return the history with more operations after the first `at`; what is behind moves on.

    With `going_on` the first of them stands where operation `at` does, which it goes on with.
    """
    end = at + going_on
    place = {i: i + len(middle) - going_on for i in range(end, len(sequence))}
    behind = _behind(sequence, end, place)
    return dataclasses.replace(sequence, operations=(*sequence.operations[:at], *middle, *behind))


def _behind(sequence: CadSequence, start: int, place: Mapping[int, int]) -> tuple[Operation, ...]:
    """The operations from `start` on, referring to the places that things have now."""
    behind = sequence.operations[start:]
    return tuple(MOVED[type(operation)].renumbered(operation, place) for operation in behind)
