"""From ideas in the order of their scores to answers that may stand beside each other (law 15).

The kernel checks them in that order; what comes to the same as a better one is left out, and what
has a flaw is shown only if nothing without one was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from manifold3d import Manifold

from cadcomplete.completion.effects import SAME, Columns, Effect, Flaw, alike, effect, flaw, reaches
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.faceted import unmade
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Pending
from cadcomplete.kernel.report import Report
from cadcomplete.meshes.manifolds import solid

_TRIES = 16
"""Ideas that the kernel is asked about at least, if none of them is good."""

_LOOKED_AT = 400
"""Ideas that are compared with what is chosen, at most."""


Check = Callable[[CadSequence], Pending[Report]]


class Comparison(Protocol):
    """Compares ideas, by their numbers."""

    def alike(self, one: int, other: int) -> bool: ...

    def idle(self, one: int) -> bool:
        """Say whether it changes nothing, as far as can be told without the kernel."""
        ...

    def flaw(self, one: int, report: Report) -> Flaw: ...


def _any(i: int, report: Report | None) -> bool:
    return True


def chosen(
    ideas: Sequence[CadSequence],
    n: int,
    *,
    comparison: Comparison,
    check: Check,
    refused: int = 0,
    may: Callable[[int, Report | None], bool] = _any,
) -> Iterator[tuple[int, Report]]:
    """Yield the numbers of up to `n` answers, in their order, and what the kernel reports.

    Ideas are whole histories, the best first, and at the end those that were `refused`, so many:
    what is like one of them is no answer. `check` begins to ask the kernel about one; `may` says
    whether one is allowed, before the kernel has reported about it and after. Answers
    are those without a flaw, each as soon as nothing can come before it; if there are
    none, those with the least. A crash or a hang of the kernel is a problem of that idea alone.
    """
    found: dict[Flaw, list[tuple[int, Report]]] = {kind: [] for kind in Flaw}
    good, told = found[Flaw.NONE], list[int]()
    new = len(ideas) - refused
    waiting, idle, tried = list(range(min(new, _LOOKED_AT))), list[int](), 0
    known = list(range(new, len(ideas)))
    while waiting and tried < max(4 * n, _TRIES) and len(good) < n:
        some = _next(waiting, idle, [*known, *(i for i, _ in good)], n - len(good), comparison, may)
        tried += len(some)
        for i, report in _reports(ideas, some, check):
            if not may(i, report):
                tried -= 1
                continue
            found[comparison.flaw(i, report)].append((i, report))
            first = min([i, *waiting[:1]])
            ready = [one for one in good if one[0] <= first]
            yield from _untold(ready, told, n, comparison)
    if not any(found.values()):
        idle = [i for i in idle if not any(comparison.alike(i, other) for other in known)]
        for i, report in _reports(ideas, idle[:n], check):
            if not may(i, report):
                continue
            found[comparison.flaw(i, report)].append((i, report))
    best = next((answers for answers in found.values() if answers), [])
    yield from _untold(best, told, n, comparison)


def _untold(
    answers: list[tuple[int, Report]], told: list[int], n: int, comparison: Comparison
) -> Iterator[tuple[int, Report]]:
    """Yield answers that are like none that was told, in their order, and note that they are."""
    for i, report in sorted(answers, key=lambda answer: answer[0]):
        new = i not in told and len(told) < n
        if new and not any(comparison.alike(i, other) for other in told):
            told.append(i)
            yield i, report


def _next(
    waiting: list[int],
    idle: list[int],
    good: list[int],
    most: int,
    comparison: Comparison,
    may: Callable[[int, Report | None], bool],
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
        if any(comparison.alike(i, other) for other in good) or not may(i, None):
            continue
        if comparison.idle(i):
            idle.append(i)
        else:
            (left if any(comparison.alike(i, other) for other in some) else some).append(i)
    waiting[:] = left
    return some


def _reports(
    ideas: Sequence[CadSequence], some: Sequence[int], check: Check
) -> Iterator[tuple[int, Report]]:
    """What the kernel says of some of the ideas, checked beside each other."""
    jobs = [(i, check(ideas[i])) for i in some]
    for i, job in jobs:
        try:
            yield i, job.result()
        except CadCompleteError as error:
            yield i, Report((str(error),))


@dataclass(frozen=True)
class ByEffect:
    """Compares histories by what they do to the part that was given.

    Attributes:
        ideas: begin with what was given.
        shown: whether the wanted part is shown: then it says which depths.
        bodies: how many bodies there may be, asked once it matters; None for any number.
        least: IoU of what two change, from which they are one.
    """

    given: CadSequence
    ideas: Sequence[CadSequence]
    shown: bool
    bodies: Callable[[], int | None]
    least: float = SAME
    _known: dict[int, Effect] = field(default_factory=dict)
    _columns: Columns = field(default_factory=dict)

    @cached_property
    def _before(self) -> Manifold:
        return solid(self.given)

    @cached_property
    def _allowed(self) -> int | None:
        return self.bodies()

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
        if self._unmade(one) or self._unmade(other):
            return False
        a, b = self._effect(one), self._effect(other)
        return alike(a, b, depths=not self.shown, least=self.least)

    def idle(self, one: int) -> bool:
        return self._unmade(one) or self._effect(one).idle

    def _unmade(self, one: int) -> bool:
        """Whether it has a fillet or a chamfer that the kernel cannot make."""
        return bool(unmade(self.ideas[one].operations))

    def flaw(self, one: int, report: Report) -> Flaw:
        if not report.valid or self._unmade(one):
            return Flaw.INVALID
        keep = self.given.whole_operations
        return flaw(report, self._effect(one), keep=keep, bodies=self._allowed)


@dataclass(frozen=True)
class BySketch:
    """Compares sketches by how they look, and by whether they reach the part.

    Attributes:
        sketches: ideas, of which those are asked about that are sketches.
        table: which of them are alike, shape (C, C).
        shown: whether the wanted part is shown: then a sketch may lie beside what there is.
    """

    given: CadSequence
    sketches: Sequence[Operation]
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
        sketch = self.sketches[one]
        assert isinstance(sketch, Sketch)
        reached = self.shown or reaches(sketch, self._before)
        return Flaw.NONE if reached else Flaw.FLOATING


@dataclass(frozen=True)
class ByKind:
    """Compares ideas of several kinds: sketches by how they look, all others by what they do.

    Attributes:
        drawn: which of them are sketches.
    """

    drawn: Sequence[bool]
    sketches: BySketch
    effects: ByEffect

    def alike(self, one: int, other: int) -> bool:
        if self.drawn[one] != self.drawn[other]:
            return False
        return self._by(one).alike(one, other)

    def idle(self, one: int) -> bool:
        return self._by(one).idle(one)

    def flaw(self, one: int, report: Report) -> Flaw:
        return self._by(one).flaw(one, report)

    def _by(self, one: int) -> BySketch | ByEffect:
        return self.sketches if self.drawn[one] else self.effects
