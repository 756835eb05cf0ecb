"""Mirrors and patterns of manifold3d solids: what earlier operations swept, at other places too.

Nothing here raises for any history of kinds that are known: what does not exist sweeps nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from manifold3d import Manifold, OpType

from cadcomplete.history.motions import Motion
from cadcomplete.history.operations import Boolean, Operation
from cadcomplete.history.patterns import Repeat, repeatable
from cadcomplete.history.tables import Table

NOTHING = 1e-6
"""Part of what an extrude sweeps, or of the solid, below which a change or a rest is rounding."""

Tool = tuple[Boolean, Manifold]
"""How a body meets what is there, and the body."""

Tools = Table[Callable[[Any, tuple[Operation, ...]], tuple[Tool, ...]]]
"""The bodies of an operation, from it and those before it."""


def repeated(
    pattern: Repeat, operations: tuple[Operation, ...], states: tuple[Manifold, ...], tools: Tools
) -> Manifold:
    """Return the solid after a mirror or pattern.

    `states` are the solids before the first of the operations before it, and after each.
    """
    copies = list(_copies(pattern, operations, states, tools))
    if all(boolean is Boolean.CUT for boolean, _ in copies):
        return _cut_at_once([body for _, body in copies], operations, states, tools)
    found = states[-1]
    for boolean, body in copies:
        found = met(found, boolean, body)
    return found


def _cut_at_once(
    bodies: list[Manifold],
    operations: tuple[Operation, ...],
    states: tuple[Manifold, ...],
    tools: Tools,
) -> Manifold:
    """Cut bodies, and once more the cuts right before them: the library takes many times as long
    to cut from a solid that has holes already."""
    start = len(operations)
    while start and (repeatable(operations[start - 1]) or not operations[start - 1].builds):
        found = _bodies(operations, start - 1, states, tools)
        if any(boolean is not Boolean.CUT for boolean, _ in found):
            break
        bodies, start = [*(body for _, body in found), *bodies], start - 1
    return met(states[start], Boolean.CUT, _together(bodies))


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
    pattern: Repeat, operations: tuple[Operation, ...], states: tuple[Manifold, ...], tools: Tools
) -> Iterator[Tool]:
    """Yield what is done again, all places of one body together where one boolean does them."""
    motions = [] if next(pattern.wrong(operations), None) else pattern.motions()
    if pattern.of is None:
        yield Boolean.JOIN, _together(_moved(states[-1], motions))
    for original in pattern.originals:
        if not 0 <= original < len(operations):
            continue
        for boolean, body in _bodies(operations, original, states, tools):
            copies = _moved(body, motions)
            if boolean is Boolean.INTERSECT:  # each keeps what is in it
                yield from ((boolean, copy) for copy in copies)
            else:
                yield boolean, _together(copies)


def _bodies(
    operations: tuple[Operation, ...], index: int, states: tuple[Manifold, ...], tools: Tools
) -> tuple[Tool, ...]:
    """Return the bodies of one of the operations."""
    operation, before = operations[index], operations[:index]
    if isinstance(operation, Repeat):
        return tuple(_copies(operation, before, states[: index + 1], tools))
    return tools[type(operation)](operation, before)


def _moved(body: Manifold, motions: tuple[Motion, ...] | list[Motion]) -> list[Manifold]:
    return [body.transform(motion.matrix) for motion in motions]


def _together(bodies: list[Manifold]) -> Manifold:
    return Manifold.batch_boolean(bodies, OpType.Add) if bodies else Manifold()
