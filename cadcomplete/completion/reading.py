"""A case as it was read, by a model or without one, and what was found in the shape that is shown.

Nothing here imports torch: without a model there is an answer as well (`offhand.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cadcomplete.completion.evidence import Evidence
from cadcomplete.completion.proposing import command_of, kind_of
from cadcomplete.completion.refusing import NOTHING_REFUSED, RefusedAnswers
from cadcomplete.constraints.bound import PartLimits, bound_to
from cadcomplete.errors import GeometryError, InputError
from cadcomplete.fitting import Wanted, settled, wanted
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.symmetry import Symmetry
from cadcomplete.kernel.contain import Pending
from cadcomplete.kernel.report import Report
from cadcomplete.language.grammar import Matcher
from cadcomplete.model.sampling import Sampling
from cadcomplete.predictions import Answer, Case, Idea

if TYPE_CHECKING:
    from cadcomplete.model.generate import Began, Row


Until = Literal["end", "built"]
"""Up to where a model writes: whole parts, or one step of them (`Sampling.until`)."""


@dataclass(slots=True, eq=False)
class Reading:
    """A case that was read: no value but a place to work, where more is found as it is asked for.

    Attributes:
        stop: the probability that nothing is missing.
        command: the kind of the next operation, of those that the model can write.
        sampling: how the model draws; its seed is that of all that is random.
        rows: what the model has written so far.
        seen: what the shape says, whatever is given; None if there is none, or nobody looked.
        wanted: the same for what is given.
        began: the model after the prompt; None if no model is asked.
        start: what the grammar allows there.
        asked: the kernel's jobs to check histories that begin with what is given, each begun once.
        evidence: what else is shown: words, pictures.
        kinds: how probable each kind of operation is, by its command, supposing that one follows;
            empty where only `command` may.
        as_it_is: what the given part scores as a whole one, once parts were compared; None where
            it cannot be one.
        thought: histories that may be answers, the best first: for where there is no time to check
            them.
        compared: whether those are whole parts, and their scores what they are expected to share.
        ideas: for the next operation, and of how many rows, once somebody had them.
        refused: what was said not to come next, or not to be the whole part.
        turned: the model after the same prompt of the part turned otherwise, once it was asked.
        turned_before: the same of the reading after which this came.
        bound: the constraints of the case, and what they left out.
    """

    case: Case
    stop: float
    command: str
    sampling: Sampling
    rows: tuple[Row, ...] = ()
    seen: Wanted | None = None
    wanted: Wanted | None = None
    began: Began | None = None
    start: Matcher | None = None
    asked: dict[CadSequence, Pending[Report]] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    kinds: Mapping[str, float] = field(default_factory=dict)
    as_it_is: float | None = None
    thought: Sequence[tuple[CadSequence, Idea]] = ()
    compared: bool = False
    ideas: tuple[int, list[Idea]] | None = None
    refused: RefusedAnswers = NOTHING_REFUSED
    turned: dict[Symmetry, Began] = field(default_factory=dict)
    turned_before: Mapping[Symmetry, Began] = field(default_factory=dict)
    bound: PartLimits = field(init=False)

    def __post_init__(self) -> None:
        self.bound = bound_to(self.case.constraints, self.given)

    @property
    def given(self) -> CadSequence:
        return self.case.given

    @property
    def situation(self) -> str:
        """The name of what kind of operation is next, and of what is known of the wanted part."""
        kind = kind_of(self.command)
        first = not any(type(operation) is kind for operation in self.given.operations)
        name = f"{'first' if first else 'later'} {command_of(kind)}"
        if self.wanted is None:
            return name
        return f"{name}, {'scan' if self.wanted.noise > 0 else 'cloud'}"

    @property
    def may_go_on(self) -> bool:
        """Whether there is a model that can write more, and time for it."""
        return self.began is not None and not self.sampling.due.over

    @property
    def before(self) -> Report | None:
        """What the kernel says of the given part; None if it was not asked, or does not answer."""
        job = self.asked.get(self.given)
        if job is None or not job.future.done() or job.future.cancelled():
            return None
        return None if job.future.exception() else job.future.result()

    def hopeless(self, answers: Sequence[Answer]) -> bool:
        """Say whether something that was given cannot be built: then nothing valid follows it."""
        failed = [one.report.operation for one in answers if one.report is not None]
        return any(at is not None and at < self.given.whole_operations for at in failed)


def looked_at(case: Case, *, after: Reading | None = None) -> tuple[Wanted | None, Wanted | None]:
    """Return what the shape of a case says, and the same for what is given; None without one.

    The shape that was shown in the reading before is not looked at once more. Raises InputError
    for one that is no part's surface.
    """
    if case.points is None:
        return None, None
    known = after.seen if after is not None and after.case.points is case.points else None
    try:
        seen = wanted(case.points) if known is None else known
        return seen, settled(seen, case.given)
    except GeometryError as error:
        hint = "give the whole surface of a part, with normals that point outwards"
        raise InputError(f"the point cloud: {error}", where=case.id, hint=hint) from error
