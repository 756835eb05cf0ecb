"""Mirrors and patterns of manifold3d solids: what earlier operations swept, at other places too.

Nothing here raises for any history of kinds that are known: what does not exist sweeps nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from manifold3d import Manifold, OpType

from cadcomplete.history.motions import Motion
from cadcomplete.history.operations import Boolean, Operation
from cadcomplete.history.patterns import Pattern
from cadcomplete.history.tables import Table

NOTHING = 1e-6
"""Part of what an extrude sweeps, or of the solid, below which a change or a rest is rounding."""

Tool = tuple[Boolean, Manifold]
"""How a body meets what is there, and the body."""

Tools = Table[Callable[[Any, tuple[Operation, ...]], tuple[Tool, ...]]]
"""The bodies of an operation, from it and those before it."""


def repeated(
    pattern: Pattern, operations: tuple[Operation, ...], states: tuple[Manifold, ...], tools: Tools
) -> Manifold:
    """Return the solid after a mirror or pattern.

    `states` are the solids before the first of the operations before it, and after each.
    """
    found = states[-1]
    for boolean, body in _copies(pattern, operations, states, tools):
        found = met(found, boolean, body)
    return found


def met(before: Manifold, boolean: Boolean, tool: Manifold) -> Manifold:
    """Return what a boolean makes of a solid and of a body.

    Of a cut that takes all of it rounding may leave slivers: they are nothing.
    """
    if boolean not in (Boolean.CUT, Boolean.INTERSECT):
        return before + tool
    left = before - tool if boolean is Boolean.CUT else before ^ tool
    least = 0.0 if before.is_empty() else NOTHING * before.volume()
    return left if not left.is_empty() and left.volume() > least else Manifold()


def _copies(
    pattern: Pattern, operations: tuple[Operation, ...], states: tuple[Manifold, ...], tools: Tools
) -> Iterator[Tool]:
    """Yield what is done again, all places of one body together where one boolean does them."""
    motions = [] if next(pattern.mistakes(), None) else pattern.motions()
    if pattern.of is None:
        yield Boolean.JOIN, _together(_moved(states[-1], motions))
    for original in pattern.originals:
        if not 0 <= original < len(operations):
            continue
        operation, before = operations[original], operations[:original]
        if isinstance(operation, Pattern):
            bodies = tuple(_copies(operation, before, states[: original + 1], tools))
        else:
            bodies = tools[type(operation)](operation, before)
        for boolean, body in bodies:
            copies = _moved(body, motions)
            if boolean is Boolean.INTERSECT:  # each keeps what is in it
                yield from ((boolean, copy) for copy in copies)
            else:
                yield boolean, _together(copies)


def _moved(body: Manifold, motions: tuple[Motion, ...] | list[Motion]) -> list[Manifold]:
    return [body.transform(motion.matrix) for motion in motions]


def _together(bodies: list[Manifold]) -> Manifold:
    return Manifold.batch_boolean(bodies, OpType.Add) if bodies else Manifold()
