"""From a reading to answers: ideas in the order of their scores, each checked by the kernel.

Whoever has the ideas, with a model (`completer.py`) or without one (`offhand.py`), answers so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice, takewhile

from cadcomplete.completion.choosing import ByEffect, ByKind, BySketch, chosen
from cadcomplete.completion.effects import SAME
from cadcomplete.completion.features import alike
from cadcomplete.completion.ideas import extended
from cadcomplete.completion.parts import finished_parts
from cadcomplete.completion.reading import Reading, Until
from cadcomplete.completion.snapping import tidied
from cadcomplete.completion.written import Handing
from cadcomplete.deadline import NEVER, Deadline
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.kernel.jobs import examine_and_keep
from cadcomplete.kernel.report import Report
from cadcomplete.model.sampling import ATTEMPTS
from cadcomplete.predictions import Answer, Case, Idea, answered

TOLD_APART = 0.85
"""IoU of what two whole parts change, below which a person sees that they differ.

What is expected to share most with all guesses is often nearly the best one: of blind holes the
deepest. With a cloud less is another part, as the numbers are exact."""


class Verifying(ABC):
    """Answers what follows a case that was read."""

    kernel: Kernel

    @abstractmethod
    def look(
        self,
        case: Case,
        *,
        after: Reading | None = None,
        seed: int = 0,
        due: Deadline = NEVER,
    ) -> Reading:
        """Look at a case; of what the reading before, `after`, has looked at, nothing again."""

    def written(self, reading: Reading, *, until: Until, n: int = 0) -> Reading:
        """Return a reading with what a model writes, enough for `n` answers."""
        return replace(reading)

    def read(
        self,
        case: Case,
        *,
        after: Reading | None = None,
        seed: int = 0,
        until: Until = "end",
        due: Deadline = NEVER,
    ) -> Reading:
        """Look at a case and let a model, if there is one, write what may follow."""
        return self.written(self.look(case, after=after, seed=seed, due=due), until=until)

    @abstractmethod
    def ideas(self, reading: Reading) -> list[Idea]:
        """Return ideas for the next operation, each with its probability, the likeliest first."""

    def finished(self, reading: Reading) -> list[Idea]:
        """Return what may be all that is missing, beside what a model wrote and what is shown."""
        return []

    @abstractmethod
    def write_more(self, reading: Reading, attempt: int) -> None:
        """Let the model write once more, the bolder the more often it has."""

    def next(self, reading: Reading, *, n: int) -> Iterator[Answer]:
        """Yield up to `n` different next operations, the likeliest first.

        Those that float, change nothing or are invalid come only if nothing else does.
        """
        return self.verified(reading, lambda: self._next(reading, self._ideas(reading), n))

    def _ideas(self, reading: Reading) -> list[Idea]:
        """Ideas of what is written by now, each time the same: who asks again does not wait."""
        if reading.ideas is None or reading.ideas[0] != len(reading.rows):
            reading.ideas = len(reading.rows), self.ideas(reading)
        return reading.ideas[1]

    def parts(self, reading: Reading, *, n: int) -> Iterator[Answer]:
        """Yield up to `n` different finished parts, the best first.

        The given one is among them where it belongs: what comes after it is expected to be worse.
        """
        return self.verified(reading, lambda: self._parts(reading, n))

    def better(self, reading: Reading, *, n: int) -> Iterator[Answer]:
        """Yield up to `n` finished parts that are expected to be better than the given one."""

        def answers() -> Iterator[Answer]:
            return takewhile(lambda one: one.source != "given", self._parts(reading, n + 1))

        return islice(self.verified(reading, answers), n)

    def verified(
        self, reading: Reading, answers: Callable[[], Iterator[Answer]]
    ) -> Iterator[Answer]:
        """Yield answers; as long as none of them is valid, the model writes more, and bolder.

        Not if what is given cannot be built, and not when it is due.
        """
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS or not reading.may_go_on
            if last or any(row.whole for row in reading.rows):
                found: list[Answer] = []
                for one in (coming := answers()):
                    found.append(one)
                    if last or one.valid:
                        yield from found
                        yield from coming
                        return
                none = not found and reading.bound.free  # else another may keep to what is asked
                if none or reading.hopeless(found) or not reading.may_go_on:
                    yield from found
                    return
            self.write_more(reading, attempt)

    def _next(self, reading: Reading, ideas: list[Idea], n: int) -> Iterator[Answer]:
        given, shown = reading.given, reading.wanted is not None
        ideas = tidied(ideas, reading, finished=False)
        reading.thought = [(extended(given, idea.operations[:1]), idea) for idea in ideas]
        refused = [Idea((operation,)) for operation in reading.refused.next_after(given)]
        ideas = [*ideas, *refused]
        wholes = Handing([extended(given, idea.operations) for idea in ideas], self.kernel)
        sketches = [isinstance(idea.operation, Sketch) for idea in ideas]
        drawn = BySketch(given, [idea.operation for idea in ideas], alike(ideas, given), shown)
        effects = ByEffect(given, wholes, shown, lambda: self._bodies(reading))
        comparison = ByKind(sketches, drawn, effects)
        check = partial(self._check, reading)
        asked = partial(chosen, comparison=comparison, check=check, refused=len(refused))
        for i, report in asked(wholes, n, may=reading.bound.allowing(wholes, drawn=sketches)):
            whole = wholes[i]
            if sketches[i]:  # what was built is an extrude of it
                report = replace(report, measures=None, remarks=(), solid=None)
                whole = extended(given, ideas[i].operations[:1])
            yield answered(whole, ideas[i], report)

    def _parts(self, reading: Reading, n: int) -> Iterator[Answer]:
        given, shown = reading.given, reading.wanted is not None
        ideas = finished_parts(
            given,
            reading.rows,
            stop=reading.stop,
            wanted=reading.wanted,
            evidence=reading.evidence,
            usual=self.finished(reading),
            bound=reading.bound,
            seed=reading.sampling.seed,
        )
        ideas = tidied(ideas, reading, finished=True)
        reading.as_it_is = next((i.score for i in ideas if i.source == "given"), None)
        wholes = [extended(given, idea.operations) for idea in ideas]
        reading.thought, reading.compared = list(zip(wholes, ideas, strict=True)), True
        refused = [extended(given, rest) for rest in reading.refused.rest_after(given)]
        wholes += refused
        least = SAME if shown else TOLD_APART
        comparison = ByEffect(given, wholes, shown, lambda: self._bodies(reading), least)
        check = partial(self._check, reading)
        asked = partial(chosen, comparison=comparison, check=check, refused=len(refused))
        for i, report in asked(wholes, n, may=reading.bound.allowing(wholes, finished=True)):
            yield answered(wholes[i], ideas[i], report)

    def _bodies(self, reading: Reading) -> int | None:
        """How many bodies there may be, as the kernel counts them; None for any number."""
        if reading.wanted is not None:  # the shape says
            return None
        try:
            return self._check(reading, reading.given).result().bodies
        except CadCompleteError:
            return None

    def _check(self, reading: Reading, whole: CadSequence) -> Pending[Report]:
        """Ask the kernel about a history; about the same only once, unless time was up."""
        known = reading.asked.get(whole)
        if known is None or known.future.cancelled():
            keep = None if whole == reading.given else reading.given.whole_operations
            known = reading.asked[whole] = self.kernel.submit(examine_and_keep, whole, keep)
        return known
