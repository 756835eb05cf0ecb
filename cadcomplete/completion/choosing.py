"""From ideas in the order of their scores to answers that may stand beside each other (law 15).

The kernel checks them in that order; what comes to the same as a better one is left out, and what
has a flaw is shown only if nothing without one was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from manifold3d import Manifold

from cadcomplete.completion.effects import SAME, Columns, Effect, Flaw, alike, effect, flaw, reaches
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.report import Report
from cadcomplete.meshes.manifolds import solid

_TRIES = 16
"""Ideas that the kernel is asked about at least, if none of them is good."""

_LOOKED_AT = 400
"""Ideas that are compared with what is chosen, at most."""


class Judge(Protocol):
    """Compares ideas, by their numbers."""

    def alike(self, one: int, other: int) -> bool: ...

    def idle(self, one: int) -> bool:
        """Say whether it changes nothing, as far as can be told without the kernel."""
        ...

    def flaw(self, one: int, report: Report) -> Flaw: ...


def chosen(
    ideas: Sequence[CadSequence], n: int, *, new: int, judge: Judge, kernel: Kernel
) -> list[tuple[int, Report]]:
    """Return the numbers of up to `n` answers, in their order, and what the kernel reports.

    Ideas are whole histories, the best first; their operations from `new` on are the idea. Answers
    are those without a flaw; if there are none, those with the least. A crash or a hang of the
    kernel is a problem of that idea alone.
    """
    found: dict[Flaw, list[tuple[int, Report]]] = {kind: [] for kind in Flaw}
    good = found[Flaw.NONE]
    waiting, idle, tried = list(range(min(len(ideas), _LOOKED_AT))), list[int](), 0
    while waiting and tried < max(4 * n, _TRIES) and len(good) < n:
        some = _next(waiting, idle, [i for i, _ in good], n - len(good), judge)
        tried += len(some)
        for i, report in _reports(ideas, some, new, kernel):
            found[judge.flaw(i, report)].append((i, report))
    if not any(found.values()):
        for i, report in _reports(ideas, idle[:n], new, kernel):
            found[judge.flaw(i, report)].append((i, report))
    best = next((answers for answers in found.values() if answers), [])
    result: list[tuple[int, Report]] = []
    for i, report in sorted(best, key=lambda answer: answer[0]):
        if not any(judge.alike(i, other) for other, _ in result):
            result.append((i, report))
    return result[:n]


def _next(
    waiting: list[int], idle: list[int], good: list[int], most: int, judge: Judge
) -> list[int]:
    """Take from `waiting` up to `most` ideas that may be answers beside those that are good.

    Of two that come to the same the later one stays: the first may turn out to be invalid. What
    is like a good one is gone; what changes nothing goes to `idle`.
    """
    some: list[int] = []
    left: list[int] = []
    for at, i in enumerate(waiting):
        if len(some) == most:
            left += waiting[at:]
            break
        if any(judge.alike(i, other) for other in good):
            continue
        if judge.idle(i):
            idle.append(i)
        else:
            (left if any(judge.alike(i, other) for other in some) else some).append(i)
    waiting[:] = left
    return some


def _reports(
    ideas: Sequence[CadSequence], some: Sequence[int], new: int, kernel: Kernel
) -> Iterator[tuple[int, Report]]:
    """What the kernel says of some of the ideas, checked beside each other."""
    jobs = [(i, kernel.submit(examine, ideas[i], new)) for i in some]
    for i, job in jobs:
        try:
            yield i, job.result()
        except CadCompleteError as error:
            yield i, Report((str(error),))


@dataclass(frozen=True)
class ByEffect:
    """Judges histories by what they do to the part that was given.

    Attributes:
        ideas: begin with what was given.
        shown: whether the wanted part is shown: then it says how many bodies and which depths.
        least: IoU of what two change, from which they are one.
    """

    given: CadSequence
    ideas: Sequence[CadSequence]
    kernel: Kernel
    shown: bool
    least: float = SAME
    _known: dict[int, Effect] = field(default_factory=dict)
    _columns: Columns = field(default_factory=dict)

    @cached_property
    def _before(self) -> Manifold:
        return solid(self.given)

    @cached_property
    def _bodies(self) -> int | None:
        """How many bodies there may be, as the kernel counts them; None for any number."""
        if self.shown:
            return None
        try:
            return self.kernel.run(examine, self.given).bodies
        except CadCompleteError:
            return None

    def _effect(self, i: int) -> Effect:
        if i not in self._known:
            self._known[i] = effect(
                self.ideas[i],
                self.given.whole_operations,
                before=self._before,
                columns=self._columns,
            )
        return self._known[i]

    def alike(self, one: int, other: int) -> bool:
        a, b = self._effect(one), self._effect(other)
        return alike(a, b, depths=not self.shown, least=self.least)

    def idle(self, one: int) -> bool:
        return self._effect(one).idle

    def flaw(self, one: int, report: Report) -> Flaw:
        given = self.given.whole_operations
        return flaw(report, self._effect(one), given=given, bodies=self._bodies)


@dataclass(frozen=True)
class BySketch:
    """Judges sketches by how they look, and by whether they reach the part.

    Attributes:
        table: which of them are alike, shape (C, C).
        shown: whether the wanted part is shown: then a sketch may lie beside what there is.
    """

    given: CadSequence
    sketches: Sequence[Sketch]
    table: np.ndarray
    shown: bool

    @cached_property
    def _before(self) -> Manifold:
        return solid(self.given)

    def alike(self, one: int, other: int) -> bool:
        return bool(self.table[one, other])

    def idle(self, one: int) -> bool:
        return False

    def flaw(self, one: int, report: Report) -> Flaw:
        if not report.valid:
            return Flaw.INVALID
        reached = self.shown or reaches(self.sketches[one], self._before)
        return Flaw.NONE if reached else Flaw.FLOATING
