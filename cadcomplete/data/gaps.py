"""A history that lacks something in the middle: what may be taken out, and put in again.

What is missing is one operation that builds, with the sketches right before it: so what remains is
a history, as nothing behind refers to them. An engineer who inserts a step has just that.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from cadcomplete.data.reorder import MOVED
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Operations `start` up to `end`, which is none of them, of a history."""

    start: int
    end: int


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


def without(sequence: CadSequence, gap: LeftOut) -> CadSequence:
    """Return the history without what is in a gap; what is behind refers to where things stand."""
    operations = sequence.operations
    kept = [i for i in range(len(operations)) if not gap.start <= i < gap.end]
    place = {old: new for new, old in enumerate(kept)}
    left = tuple(_renumbered(operations[i], place) for i in kept)
    return dataclasses.replace(sequence, operations=left)


def filled(sequence: CadSequence, at: int, middle: tuple[Operation, ...]) -> CadSequence:
    """Return the history with more operations after the first `at`; what is behind moves on."""
    operations = sequence.operations
    place = {i: i + len(middle) for i in range(at, len(operations))}
    behind = tuple(_renumbered(one, place) for one in operations[at:])
    return dataclasses.replace(sequence, operations=(*operations[:at], *middle, *behind))


def _renumbered(operation: Operation, place: dict[int, int]) -> Operation:
    return MOVED[type(operation)].renumbered(operation, place)
