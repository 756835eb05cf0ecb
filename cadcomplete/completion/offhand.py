"""Answers without a model: from what is shown, and by what was counted of designers' habits.

So much is known at once, where there is no time to read a model, or for it to answer. Nothing here
imports torch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cadcomplete.completion.evidence import Evidence, evidence_of, pictures_among
from cadcomplete.completion.ideas import extended, ideas
from cadcomplete.completion.judging import Weighing, habits, ranked
from cadcomplete.completion.kinds import kinds_of
from cadcomplete.completion.reading import Reading
from cadcomplete.completion.searching import searched
from cadcomplete.completion.verifying import Verifying
from cadcomplete.constraints.bound import bound_to
from cadcomplete.deadline import NEVER, Deadline, OutOfTime
from cadcomplete.history.operations import Sketch
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.model.sampling import Sampling
from cadcomplete.predictions import Case, Idea

_SEARCHING = 0.6
"""Share of the time that is left that searching a shape may take; then it is left aside."""

_EITHER = 0.5
"""How probable it is that nothing is missing, where nobody knows and the part could be whole."""

_WHOLE = 16
"""Usual next operations that are told as whole parts."""

_AFTER_A_SKETCH = {"extrude": 0.9, "sketch": 0.1}
_AFTER_ALL_ELSE = {"sketch": 1.0}
"""How often sketches and extrudes follow each other; what is counted of other kinds has its share
of that (`kinds_of`)."""

_WORDS = frozenset(_AFTER_A_SKETCH)


@dataclass(frozen=True)
class Offhand(Verifying):
    """Completes parts without a model."""

    kernel: Kernel

    def look(
        self,
        case: Case,
        *,
        after: Reading | None = None,
        seed: int = 0,
        due: Deadline = NEVER,
    ) -> Reading:
        """Look at what is shown; a shape only as long as there is time for it until it is `due`,
        and not again if that was done in the reading `after` which this comes.

        Raises InputError for what cannot be read, or is no part's surface.
        """
        drawn = Sampling(seed=seed, due=due)
        case = replace(case, given=handed(case.given, self.kernel))
        if case.points is not None:
            try:
                with due.share(_SEARCHING).enforced():
                    return searched(case, drawn, after=after)
            except OutOfTime:
                case = replace(case, points=None)
        known = None if after is None else pictures_among(after.evidence, after.case, case)
        return unread(case, drawn, evidence_of(case, known=known))

    def ideas(self, reading: Reading) -> list[Idea]:
        """Return ideas for the next operation, each with its probability, the likeliest first."""
        return offhand(reading)

    def finished(self, reading: Reading) -> list[Idea]:
        """Return usual operations after which the part is whole, each with its probability."""
        if reading.wanted is not None:
            return []
        usual = [idea for idea in self.ideas(reading) if idea.operation.builds]
        return usual[:_WHOLE]

    def write_more(self, reading: Reading, attempt: int) -> None:
        raise AssertionError("no reading without a model may go on")


def unread(case: Case, drawn: Sampling, evidence: tuple[Evidence, ...]) -> Reading:
    """Return a reading of a case that no model has read; its shape is not looked at."""
    operations = case.given.operations
    waits = bool(operations) and isinstance(operations[-1], Sketch)
    chances = _AFTER_A_SKETCH if waits else _AFTER_ALL_ELSE
    bound = bound_to(case.constraints, case.given)
    kinds = kinds_of(case.given, chances, _WORDS, evidence, bound)
    command = max(chances, key=lambda name: kinds.get(name, 0.0))
    stop = _EITHER if operations and not waits else 0.0
    return Reading(case, stop, command, drawn, evidence=evidence, kinds=kinds)


def offhand(reading: Reading) -> list[Idea]:
    """Return ideas for the next operation without asking a model, the likeliest first.

    What a model has written already is among them. The likeliest kind is thought of first, and
    where nothing is shown what was thought of is kept (`Reading.thought`), should time be up.
    """
    if reading.wanted is not None:
        shown = {"wanted": reading.wanted, "bound": reading.bound}
        found = ideas(reading.given, reading.rows, reading.command, **shown)
        found = [replace(idea, log_probability=0.0, tokens=1) for idea in found]
        alone = replace(reading, began=None)
        return ranked(found, alone, Weighing(alone))
    found = []
    for command in sorted(reading.kinds, key=lambda name: -reading.kinds[name]):
        found += habits(reading, [command])
        if not reading.evidence:
            best = sorted(found, key=lambda idea: -idea.score)
            given = reading.given
            reading.thought = [(extended(given, one.operations[:1]), one) for one in best]
    return ranked(found, reading, Weighing(reading))
