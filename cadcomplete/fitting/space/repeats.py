"""Which points are in what a mirror or pattern does again: each place asks where points were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.fitting.flat.regions import Bools
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Boolean, Operation
from cadcomplete.history.patterns import Repeat
from cadcomplete.history.tables import Table

Tool = tuple[Boolean, Bools]
"""How a body meets what is there, and which points are in it."""

Tools = Table[Callable[[Any, tuple[Operation, ...], Array], tuple[Tool, ...]]]
"""The bodies of an operation, from it, those before it, and where the points are."""

Within = Callable[[tuple[Operation, ...], Array], Bools]
"""Which points are inside of what operations make."""


def copies(
    pattern: Repeat,
    operations: tuple[Operation, ...],
    points: Array,
    tools: Tools,
    within: Within,
) -> Iterator[Tool]:
    """Yield what a mirror or pattern does again after these operations, and where it is.

    Raises GeometryError if it says nothing that can be done again.
    """
    if (problem := next(pattern.wrong(operations), None)) is not None:
        raise GeometryError(problem)
    places = [motion.inverse.apply(points) for motion in pattern.motions()]
    if pattern.of is None:
        yield Boolean.JOIN, _any([within(operations, at) for at in places])
    for original in pattern.originals:
        if not 0 <= original < len(operations):
            raise GeometryError(f"there is no operation {original} before it")
        operation, before = operations[original], operations[:original]
        found: list[tuple[Tool, ...]] = []
        for at in places:
            if isinstance(operation, Repeat):
                found.append(tuple(copies(operation, before, at, tools, within)))
            else:
                found.append(tools[type(operation)](operation, before, at))
        for same in zip(*found, strict=True):  # the same body at each place
            boolean = same[0][0]
            if boolean is Boolean.INTERSECT:  # each keeps what is in it
                yield from same
            else:
                yield boolean, _any([inside for _, inside in same])


def _any(found: list[Bools]) -> Bools:
    return np.logical_or.reduce(found)
