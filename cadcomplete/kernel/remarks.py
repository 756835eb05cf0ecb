"""What is valid but makes no sense: a join that touches nothing, an extrude that changes nothing.

Of prisms both are asked of their arrangement: several extrudes may be done by one boolean, whose
result does not say what each of them did. Anything else is done alone, and its result says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Boolean
from cadcomplete.kernel.arrangement import Arrangement, difference, intersection, union
from cadcomplete.kernel.booleans import SAME
from cadcomplete.kernel.known import oracle_of
from cadcomplete.kernel.measure import count_bodies
from cadcomplete.kernel.oracle import INSIDE, Oracle
from cadcomplete.kernel.report import Remark, Senseless
from cadcomplete.kernel.solid import Solid

ADDS = (Boolean.NEW_BODY, Boolean.JOIN)

NOTHING = 1e-6
"""Part of what an extrude sweeps below which a change is rounding."""

APART = 1e-3
"""Gap in mm from which on two bodies do not touch."""


@dataclass(frozen=True)
class Step:
    """Bodies that an operation adds, cuts or intersects with.

    Attributes:
        index: the operation's.
        boolean: how the bodies meet what is there.
        tools: the bodies.
        said: what a message calls the operation; its boolean if it is empty.
        spots: of each of the first tools, if they stand for themselves, what a message calls it,
            and points within it, shape (n, 3).
    """

    index: int
    boolean: Boolean
    tools: tuple[Solid, ...]
    said: str = ""
    spots: tuple[tuple[str, Array], ...] = ()

    @property
    def name(self) -> str:
        """What a message calls it."""
        return self.said or self.boolean.value

    @property
    def exact(self) -> bool:
        """Whether all that it sweeps are prisms."""
        return all(isinstance(tool.oracle, Arrangement) for tool in self.tools)

    @cached_property
    def box(self) -> Array:
        """The box around all of them, which are prisms, shape (2, 3), in mm."""
        boxes = np.stack([prisms_of(tool).coarse_box() for tool in self.tools])
        return np.stack([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])

    @cached_property
    def prisms(self) -> Arrangement:
        """All of them together, which are prisms."""
        return union([prisms_of(tool) for tool in self.tools])

    @property
    def adds(self) -> bool:
        return self.boolean in ADDS

    def goes_with(self, run: list[Step]) -> bool:
        """Say whether one boolean can do this extrude together with those of a run."""
        if not self.exact or not run[0].exact:
            return False
        if self.adds or run[0].adds:
            return self.adds and run[0].adds
        cuts = self.boolean is Boolean.CUT and run[0].boolean is Boolean.CUT
        if not (cuts and self.tools and all(step.tools for step in run)):
            return False
        boxes = np.stack([step.box for step in run])
        apart = (boxes[:, 0] > self.box[1] + APART) | (boxes[:, 1] < self.box[0] - APART)
        return bool(apart.any(axis=1).all())


def prisms_of(solid: Solid) -> Arrangement:
    """Return the prisms that a solid is made of. Raises TypeError if it is made of others."""
    if not isinstance(solid.oracle, Arrangement):
        raise TypeError("a solid that is not made of prisms alone has no arrangement")
    return solid.oracle


def same(before: Solid | None, after: Solid | None) -> bool:
    """Say whether a boolean has changed nothing."""
    if before is None or after is None:
        return before is after
    return abs(before.volume - after.volume) <= SAME * before.volume


def remarks(before: Solid | None, run: list[Step], after: Solid | None) -> Iterator[Remark]:
    """Yield what makes no sense in a run of extrudes that one boolean did."""
    steps = [step for step in run if step.tools]
    if not steps or after is None:
        return
    for step in steps:
        yield from _missing(before, step)
    if not isinstance(after.oracle, Arrangement):
        yield from _told(before, steps[0], after)
        return
    idle = _idle(before, steps, after)
    joins = any(step.boolean is Boolean.JOIN for step in steps)
    floating = _floating(before, steps) if joins and count_bodies(after) > 1 else set()
    for step in steps:
        for kind, found in (
            (Senseless.CHANGES_NOTHING, idle),
            (Senseless.TOUCHES_NOTHING, floating),
        ):
            if step.index in found:
                yield Remark(step.index, kind, step.name)


def _missing(before: Solid | None, step: Step) -> Iterator[Remark]:
    """Yield which of several tools, but not all of them, are surely not in what is there."""
    if before is None or len(step.spots) < 2:
        return
    solid = oracle_of(before)
    off = [
        name
        for (name, spots), tool in zip(step.spots, step.tools, strict=False)
        if not (solid.contains(spots) == INSIDE).any() and solid.apart(oracle_of(tool), 0.0)
    ]
    for name in off if len(off) < len(step.spots) else ():
        yield Remark(step.index, Senseless.CHANGES_NOTHING, name)


def _told(before: Solid | None, step: Step, after: Solid) -> Iterator[Remark]:
    """Yield the same of a step that was done alone, where not all are prisms."""
    if same(before, after):
        yield Remark(step.index, Senseless.CHANGES_NOTHING, step.name)
    if before is not None and step.boolean is Boolean.JOIN:
        one, tools = oracle_of(before), [oracle_of(tool) for tool in step.tools]
        copies = tools if step.said else []
        if all(one.apart(tool, APART) for tool in tools) or _floats(one, copies):
            yield Remark(step.index, Senseless.TOUCHES_NOTHING, step.name)


def _floating(before: Solid | None, steps: list[Step]) -> set[int]:
    """Indices of the joins that touch nothing of what is there."""
    state, found = prisms_of(before) if before is not None else None, set()
    for step in steps:
        if step.boolean is Boolean.JOIN and state:
            copies = [prisms_of(tool) for tool in step.tools] if step.said else []
            if state.apart(step.prisms, APART) or _floats(state, copies):
                found.add(step.index)
        state = step.prisms if state is None else union([state, step.prisms])
    return found


def _floats(state: Oracle, tools: Sequence[Oracle]) -> bool:
    """Say whether one of some copies touches nothing, neither what was there nor another one."""
    return any(
        state.apart(one, APART)
        and all(one.apart(other, APART) for other in tools if other is not one)
        for one in tools
    )


def _idle(before: Solid | None, steps: list[Step], after: Solid) -> set[int]:
    """Indices of the extrudes that change nothing."""
    if len(steps) == 1:
        return {steps[0].index} if same(before, after) else set()
    volume = before.volume if before is not None else 0.0
    swept = sum(tool.volume for step in steps for tool in step.tools)
    if abs(abs(after.volume - volume) - swept) <= SAME * max(after.volume, volume):
        return set()  # each has changed as much as it can
    state, found = prisms_of(before) if before is not None else None, set()
    for step in steps:
        if state is not None:
            changed = difference(step.prisms, [state])
            if not step.adds:  # none of the cuts of a run meets another
                changed = intersection(state, step.prisms)
            if changed.volume() <= NOTHING * step.prisms.volume():
                found.add(step.index)
        if step.adds:
            state = step.prisms if state is None else union([state, step.prisms])
    return found
