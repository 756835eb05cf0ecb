"""How far a history is built: a stage after each operation.

What stands in a row and one boolean can do is done at once, which is faster: those that add, and
cuts of which none meets another. Only then is it certain by how much each changes the volume.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from dataclasses import dataclass, replace

from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy

from cadcomplete.errors import BuildError, GeometryError, UnsupportedError
from cadcomplete.history.operations import Boolean
from cadcomplete.kernel.arrangement import Arrangement
from cadcomplete.kernel.booleans import Way, cut, fuse, intersect, verified
from cadcomplete.kernel.failures import KERNEL_ERRORS
from cadcomplete.kernel.remarks import ADDS, Step, remarks, same
from cadcomplete.kernel.report import Remark
from cadcomplete.kernel.solid import Solid

FAILURES = (GeometryError, UnsupportedError, *KERNEL_ERRORS)
"""What an operation, or a boolean, may fail with."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What the first operations of a history have made.

    Attributes:
        way: how booleans are done.
        solid: without the run; None while there is nothing.
        sound: whether no boolean has made the solid: a profile has swept it.
        made_by: index of the operation that made the solid.
        run: steps of the last operations that one boolean will do, so far.
        done: the run before that, if one made the solid.
        steps: what each operation so far adds, cuts or intersects; None for one that does not.
        remarks: what is valid but makes no sense, of all but the run.
    """

    way: Way
    solid: Solid | None = None
    sound: bool = False
    made_by: int = -1
    run: tuple[Step, ...] = ()
    done: tuple[Step, ...] = ()
    steps: tuple[Step | None, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the solid, if there is one, is made of prisms alone."""
        return self.solid is None or isinstance(self.solid.oracle, Arrangement)

    def joins(self, step: Step, run: tuple[Step, ...]) -> bool:
        """Say whether a step can be done together with a run."""
        return bool(run) and self.exact and step.goes_with(list(run))

    def finished(self, strict: int) -> Stage:
        """Return the stage with its run done. From index `strict` on a step must change something.

        Raises BuildError naming the operation that cannot be built.
        """
        if not self.run:
            return self
        before, run, first = self.solid, list(self.run), self.run[0]
        if before is not None and not (self.exact and first.exact):
            before = self.verified  # bounds would not show what is wrong with it
        try:
            solid = _applied(before, run, self.way)
        except BuildError:
            if len(run) == 1 or not self.way.checked:
                raise
            solid = before
            for step in run:  # to name the one that fails, or to do without it failing
                solid = _applied(solid, [step], self.way)
        sound = any(solid is tool for step in run for tool in step.tools)
        after = replace(
            self, solid=solid, sound=sound, made_by=run[-1].index, run=(), done=self.run
        )
        if first.index >= strict and same(before, solid):
            _ = after.verified
            raise BuildError(first.index, f"the {first.name} changes nothing")
        return replace(after, remarks=(*self.remarks, *remarks(before, run, solid)))

    @property
    def verified(self) -> Solid | None:
        """The solid, checked if a boolean made it that did not check it. Raises BuildError."""
        if self.solid is None or self.solid.checked or self.sound:
            return self.solid
        try:
            return verified(self.solid)
        except GeometryError as error:
            raise failed(self.made_by, error) from error

    def copied(self) -> Stage:
        """Return a stage whose solid is its own: booleans in a hurry change what goes in."""
        if self.solid is None or self.way.checked:
            return self
        shape = BRepBuilderAPI_Copy(self.solid.shape).Shape()
        return replace(self, solid=replace(self.solid, shape=shape))


def _applied(solid: Solid | None, run: list[Step], way: Way) -> Solid | None:
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
    except FAILURES as error:
        raise failed(run[0].index, error) from error


def failed(index: int, error: Exception) -> BuildError:
    """Return what is raised for an operation that fails."""
    return BuildError(index, str(error) or type(error).__name__)
