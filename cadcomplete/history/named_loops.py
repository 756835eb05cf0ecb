"""Loops and curves that the names of edges count: of a sketch, or the walls of a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cadcomplete.history.holes import Hole
from cadcomplete.history.sketches import sketch_of

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation


def curve_counts(operation: Operation, before: tuple[Operation, ...]) -> tuple[int, ...]:
    """Return how many curves each loop has by which edges of an operation are named.

    They are the loops of the sketch that it sweeps. Of a hole loop i is the wall at centre i, and
    with a head, loop n + i of n centres that of the head there; each has one curve.
    """
    if isinstance(operation, Hole):
        return (1,) * (len(operation.centers) * (1 if operation.head is None else 2))
    sketch = sketch_of(operation, before)
    return tuple(len(loop.curves) for loop in sketch.loops) if sketch is not None else ()
