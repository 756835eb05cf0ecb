"""Answers about parts with fillets and chamfers: the kernel says what they are, then they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from cadcomplete.errors import InputError
from cadcomplete.evaluate.records import Answered
from cadcomplete.history.faceted import unmade
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.predictions import Answer

SECONDS = 60.0
"""That building one part may take."""


def handed_answers(answers: Sequence[Answered]) -> tuple[list[Answered], dict[str, int]]:
    """Return answers whose blends have what the kernel makes of them, and how many it cannot judge.

    Those are of parts that cannot be built here: counted by their reason. A candidate that cannot
    be is no valid one. Where nothing has a fillet or a chamfer no kernel is started.
    """
    if not any(map(_unmade, answers)):
        return list(answers), {}
    found: list[Answered] = []
    reasons: Counter[str] = Counter()
    truths: dict[CadSequence, CadSequence | InputError] = {}
    with Kernel(time_limit=SECONDS) as kernel:
        for answer in answers:
            if answer.truth not in truths:
                truths[answer.truth] = _truth(answer.truth, kernel)
            truth = truths[answer.truth]
            if isinstance(truth, InputError):
                reasons[truth.problem] += 1
            else:
                found.append(_handed(answer, truth, kernel))
    return found, dict(reasons)


def _unmade(answer: Answered) -> bool:
    made = (*answer.prediction.next, *answer.prediction.parts)
    return any(unmade(one.operations) for one in (answer.truth, *(m.sequence for m in made)))


def _truth(truth: CadSequence, kernel: Kernel) -> CadSequence | InputError:
    try:
        return handed(truth, kernel)
    except InputError as error:
        return error


def _handed(answer: Answered, truth: CadSequence, kernel: Kernel) -> Answered:
    one = partial(_candidate, given=truth.operations[: answer.given], kernel=kernel)
    made = answer.prediction
    made = replace(made, next=tuple(map(one, made.next)), parts=tuple(map(one, made.parts)))
    return replace(answer, truth=truth, prediction=made)


def _candidate(answer: Answer, given: tuple[object, ...], kernel: Kernel) -> Answer:
    """A candidate that goes on from what is given as it is known already."""
    operations = answer.sequence.operations
    if operations[: len(given)] == given:
        operations = (*given, *operations[len(given) :])
    sequence = replace(answer.sequence, operations=operations)
    try:
        return replace(answer, sequence=handed(sequence, kernel))
    except InputError as error:
        return replace(answer, valid=False, problems=(error.problem,))
