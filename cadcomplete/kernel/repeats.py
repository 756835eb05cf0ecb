"""Mirrors and patterns: copies of the bodies that earlier operations added, cut or kept.

Copies are moved, not made again, and what is known of them is moved along: a prism in a mirror is
a prism. What one boolean does is done at all places at once, however many there are.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy

from cadcomplete.errors import GeometryError
from cadcomplete.history.operations import Boolean
from cadcomplete.history.patterns import Repeat
from cadcomplete.kernel.booleans import Way, cut, fuse, intersect
from cadcomplete.kernel.copies import moved
from cadcomplete.kernel.remarks import Step
from cadcomplete.kernel.solid import Solid

if TYPE_CHECKING:
    from cadcomplete.kernel.build import Before


def repeated(pattern: Repeat, before: Before) -> Step | Solid:
    """Return what a mirror or pattern does: one step, or the next solid if one is not enough.

    Raises GeometryError, naming the operation, if it says nothing that can be done again.
    """
    steps = list(_steps(pattern, before.index, before))
    if len(steps) == 1:
        return steps[0]
    solid = before.solid
    if solid is None:
        raise GeometryError(f"there is nothing to {steps[0].boolean.value}")
    if not before.way.checked:  # booleans in a hurry change what goes in
        solid = replace(solid, shape=BRepBuilderAPI_Copy(solid.shape).Shape())
    for step in steps:
        solid = _done(solid, step, before.way)
    return solid


def _steps(pattern: Repeat, index: int, before: Before) -> tuple[Step, ...]:
    """Return the steps of a pattern at an index, before which all that it names is done."""
    earlier = before.operations[:index]
    if (problem := next(pattern.wrong(earlier), None)) is not None or pattern.of == ():
        raise GeometryError(problem or "it names no operation to do again")
    motions = pattern.motions()
    if pattern.of is None:
        if before.solid is None:
            raise GeometryError(f"there is no body yet that the {pattern.name} could do again")
        tools = tuple(moved(before.solid, motion) for motion in motions)
        return (Step(before.index, Boolean.JOIN, tools, pattern.name),)
    steps: list[Step] = []
    for original in pattern.originals:
        for step in _originals(original, index, before):
            copies = [tuple(moved(tool, motion) for tool in step.tools) for motion in motions]
            if step.boolean is Boolean.INTERSECT:  # each keeps what is in it
                steps += [Step(before.index, step.boolean, tools, pattern.name) for tools in copies]
            else:
                tools = tuple(tool for copy in copies for tool in copy)
                steps.append(Step(before.index, step.boolean, tools, pattern.name))
    return tuple(_merged(steps))


def _originals(original: int, index: int, before: Before) -> tuple[Step, ...]:
    """Return the steps of an earlier operation, those of a pattern of several kinds included."""
    if not 0 <= original < index:
        raise GeometryError(f"there is no operation {original} before it")
    operation, step = before.operations[original], before.steps[original]
    if step is not None:
        return (step,)
    if isinstance(operation, Repeat):
        return _steps(operation, original, before)
    kind = type(operation).__name__.lower()
    raise GeometryError(f"operation {original} is a {kind}, which cannot be done again elsewhere")


def _merged(steps: list[Step]) -> list[Step]:
    """Return the same steps, those that stand in a row and add, or cut, as one."""
    found: list[Step] = []
    for step in steps:
        last = found[-1] if found else step
        together = last.adds if step.adds else step.boolean is last.boolean is Boolean.CUT
        if found and together:
            boolean = step.boolean if step.boolean is last.boolean else Boolean.JOIN
            found[-1] = replace(step, boolean=boolean, tools=(*last.tools, *step.tools))
        else:
            found.append(step)
    return found


def _done(solid: Solid, step: Step, way: Way) -> Solid:
    tools = list(step.tools)
    if step.adds:
        return fuse([solid, *tools], way=way)
    if step.boolean is Boolean.CUT:
        return cut(solid, tools, way=way)
    return intersect(solid, fuse(tools, way=way), way=way)
