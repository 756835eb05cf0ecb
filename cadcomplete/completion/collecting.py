"""Answers as they are collected until they are due: what was found by then, and what to know of it.

What is not compared and checked in time is told as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cadcomplete.completion import threshold
from cadcomplete.completion.asking import PartReading
from cadcomplete.completion.completion import Completion, Completions, completion_of
from cadcomplete.completion.notices import half_told, untaught, untold, unused
from cadcomplete.completion.reading import Reading
from cadcomplete.completion.unchecked import unchecked
from cadcomplete.completion.wording import EXPECTED, PROBABILITY
from cadcomplete.deadline import Deadline, OutOfTime
from cadcomplete.kernel.contain import Kernel

if TYPE_CHECKING:
    from cadcomplete.model.checkpoint import Checkpoint

CHECKING, COMPARING = 0.75, 0.85
"""Share of the time that is left that checking answers may take, and that with comparing them."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What came until it was due.

    Attributes:
        compared: whether that is all of it.
        in_time: whether all of it was checked as well.
    """

    completions: tuple[Completion, ...]
    compared: bool
    in_time: bool


def collected(found: Iterator[Completion], kernel: Kernel, due: Deadline) -> Collected:
    """Return what comes until it is due."""
    answers, checking, compared = list[Completion](), due.share(CHECKING), True
    try:
        with kernel.until(checking), due.share(COMPARING).enforced():
            for one in found:
                answers.append(one)
    except OutOfTime:
        compared = False
    return Collected(tuple(answers), compared, compared and not checking.over)


def completions(
    reading: PartReading,
    aimed: Reading,
    found: Collected,
    *,
    n: int,
    only_next: bool,
    model: Checkpoint | None,
    due: Deadline,
) -> Completions:
    """Return what was found as one answer; where there was no time for it, what was thought of.

    `aimed` is what was asked, `model` what has read it; None if none has.
    """
    said = found.completions
    ranked = found.compared or bool(said) or aimed.compared
    if not found.compared and not said:
        said = _thought(reading, aimed, n, only_next=only_next, due=due)
    before = aimed.before
    nothing_shown = only_next and aimed.wanted is None and not aimed.evidence
    least = threshold.load(model.folder) if model is not None and nothing_shown else None
    return Completions(
        reading.given,
        "no model" if model is None else model.name,
        said,
        finished=aimed.stop,
        generated=len(aimed.rows),
        discarded=sum(not row.whole for row in aimed.rows) + reading.unsaid,
        seconds=0.0,
        score_is=PROBABILITY if only_next or not ranked else EXPECTED,
        as_it_is=aimed.as_it_is,
        in_time=found.in_time and model is not None,
        least=least and least.least,
        notices=(*reading.notices, *_notices(reading, aimed, model)),
        before=before.solid if before else None,
        left_out=aimed.bound.counts(),
    )


def _thought(
    reading: PartReading, aimed: Reading, n: int, *, only_next: bool, due: Deadline
) -> tuple[Completion, ...]:
    """What nobody has checked, as far as the dialect of what was given can say it."""
    said: list[Completion] = []
    for answer in unchecked(aimed, n, only_next=only_next, due=due):
        one = completion_of(reading.given, answer, rank=len(said) + 1)
        if one is None:
            reading.unsaid += 1
        else:
            said.append(one)
    return tuple(said)


def _notices(reading: PartReading, aimed: Reading, model: Checkpoint | None) -> Iterator[str]:
    """What was understood of what is shown, and what the model did not make of it."""
    case = reading.case
    for evidence in aimed.evidence:
        yield from evidence.notices(case.given)
    yield from half_told(case.caption, aimed.case.caption)
    if case.images and aimed.wanted is not None:
        yield "the pictures are not compared with what is proposed: a shape says more"
    if model is None:
        yield untaught(case, aimed)
        return
    yield from untold(model, case.given)
    compared = case.images if aimed.wanted is None else ()
    yield from unused(model, case.caption, compared)
