"""Answers that nobody has checked, where time was up: what was thought of until then.

What is shown has its say here too: an answer must not contradict a size that was read in a caption
only because there was no time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import numpy as np

from cadcomplete.completion.ideas import extended
from cadcomplete.completion.offhand import offhand
from cadcomplete.completion.proposing import kind_of
from cadcomplete.completion.reading import Reading
from cadcomplete.deadline import TIME_WAS_UP, Deadline, OutOfTime
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.report import Report
from cadcomplete.language.lines import encode
from cadcomplete.predictions import Answer, Idea, answered

_FEW = 4  # that all which is shown thinks of

_EACH = 0.4
"""Share of the time that is left that each step may take."""


def unchecked(reading: Reading, n: int, *, only_next: bool, due: Deadline) -> list[Answer]:
    """Return up to `n` answers at once: what was ranked already, else what was written and shown.

    Scores of what was not ranked are shares: of how often it was written or thought of, weighed by
    what is shown.
    """
    report = Report((f"{TIME_WAS_UP} it was checked",))
    found = _known(reading, only_next)
    if not found:
        thought = dict(_thought(reading, only_next, due))
        found = _weighed(reading, thought, due, finished=not only_next)
    if not found:
        with suppress(OutOfTime), due.share(_EACH).enforced():
            offhand(reading)
        found = _known(reading, only_next)
    told = [(whole, idea) for whole, idea in found if idea.source != "given"]
    kept = (one for one in told if _keeps(reading, one[0], finished=not only_next))
    return [answered(whole, idea, report) for whole, idea in islice(kept, n)]


def _keeps(reading: Reading, whole: CadSequence, *, finished: bool) -> bool:
    """Whether it keeps to the constraints, as far as can be told without the kernel."""
    added = whole.operations[reading.given.whole_operations :]
    if reading.bound.fitted(added, next_only=not finished) != added:
        return False
    drawn = bool(added) and not added[-1].builds
    return drawn or reading.bound.admits(whole, finished=finished)


def _known(reading: Reading, only_next: bool) -> list[tuple[CadSequence, Idea]]:
    """What was thought of before; whole parts are those of next operations that build something."""
    known = list(reading.thought)
    if only_next or reading.compared:
        return known
    return [(whole, idea) for whole, idea in known if whole.operations[-1].builds]


def _thought(
    reading: Reading, only_next: bool, due: Deadline
) -> Iterator[tuple[str, tuple[CadSequence, float]]]:
    """Yield by their texts the histories that were written or that what is shown makes true, with
    how often."""
    given, times = reading.given, defaultdict[str, float](float)
    known: dict[str, CadSequence] = {}

    def note(whole: CadSequence) -> None:
        text = encode(whole).text
        known[text], times[text] = whole, times[text] + 1

    for row in reading.rows:
        if row.whole:
            new = row.finished.operations[given.whole_operations :]
            note(extended(given, new[:1] if only_next else new))
    for shown in reading.evidence:
        with suppress(OutOfTime), due.share(_EACH).enforced():
            if only_next:
                kind = kind_of(reading.command)
                for operations in shown.ideas(given, kind, most=_FEW):
                    note(extended(given, operations[:1]))
            else:
                for whole in shown.parts(given, most=_FEW):
                    note(whole)
    for text, whole in known.items():
        yield text, (whole, times[text])


def _weighed(
    reading: Reading,
    thought: dict[str, tuple[CadSequence, float]],
    due: Deadline,
    *,
    finished: bool,
) -> list[tuple[CadSequence, Idea]]:
    """Put them in order by how often, and by what is shown as far as there is time to ask it."""
    wholes = [whole for whole, _ in thought.values()]
    if not wholes:
        return []
    logs = np.log([times for _, times in thought.values()])
    for shown in reading.evidence:
        with suppress(OutOfTime), due.share(_EACH).enforced():
            logs = logs + shown.weigh(reading.given, wholes, finished=finished)
    shares = np.exp(logs - np.logaddexp.reduce(logs))
    order = np.argsort(-shares, kind="stable").tolist()
    return [(wholes[i], Idea((), float(shares[i]))) for i in order]
