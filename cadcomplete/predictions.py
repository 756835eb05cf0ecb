"""What is predicted for the beginning of a part: the next operation, whole parts.

A predictor is anything that answers a `Case`: the model with its search, and every baseline; a
writer needs no case. Benchmarks know nothing else of either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.constraints.constraints import FREE, Constraints
from cadcomplete.errors import InputError
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence, check_known
from cadcomplete.kernel.report import Report


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A question: the first operations of a part, and what is known of the wanted one.

    Attributes:
        id: of the part.
        given: its first operations; there may be none.
        caption: in words, or None.
        images: pictures of the wanted part, files or their contents.
        points: its surface, or None.
        constraints: what every answer has to keep to.
        snap: whether numbers of answers are put on round ones (`completion/snapping.py`); None for
            where that was measured to break nothing.

    Raises UnsupportedError if something of what is given is not known here.
    """

    id: str
    given: CadSequence
    caption: str | None = None
    images: tuple[bytes | Path, ...] = ()
    points: PointCloud | None = None
    constraints: Constraints = FREE
    snap: bool | None = None

    def __post_init__(self) -> None:
        check_known(self.given)


@dataclass(frozen=True, slots=True)
class Idea:
    """Operations that may come next, with what speaks for them; nobody has checked it.

    Attributes:
        operations: the next one, and for a sketch the extrude that it is good for, if there is an
            idea of one; or all that the part lacks, which may be none.
        score: how likely it is, or of a whole part how good it is expected to be; 0 to 1.
        source: who had it, such as "model", "cloud" or "both"; "given" for the part as it is.
        text: of the next operation, as the model writes it.
        samples: how often the model wrote it.
        place: in the order of the cloud's ideas, 1 the best; 0 if it is none of them.
        merit: what that order is by.
        log_probability: in nats, by the model.
        tokens: that it takes to write it.
        snaps: which of its numbers were moved, in words.
    """

    operations: tuple[Operation, ...]
    score: float = 0.0
    source: str = "model"
    text: str = ""
    samples: int = 0
    place: int = 0
    merit: float = 0.0
    log_probability: float = -math.inf
    tokens: int = 0
    snaps: tuple[str, ...] = ()

    @property
    def operation(self) -> Operation:
        return self.operations[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """An idea that was checked: how a part may go on.

    Attributes:
        sequence: the part with it: what was given and one operation, or a whole part, which may be
            just what was given.
        score: of a next operation the probability that the designer makes it, supposing that one
            follows.
        valid: whether the kernel makes a valid solid of it, if it has one; of an operation also
            whether it changes something.
        problems: why not.
        source: who had the idea.
        report: what the kernel found, if it was asked; of a sketch, with an extrude of it.
        snaps: which of its numbers were moved, in words.
    """

    sequence: CadSequence
    score: float
    valid: bool = True
    problems: tuple[str, ...] = ()
    source: str = ""
    report: Report | None = None
    snaps: tuple[str, ...] = ()

    @property
    def operation(self) -> Operation:
        """The last one: the one that an answer to "what next" adds."""
        return self.sequence.operations[-1]


def answered(sequence: CadSequence, idea: Idea, report: Report) -> Answer:
    """Return an idea that the kernel has reported about."""
    found = (report.valid, report.problems, idea.source, report)
    return Answer(sequence, idea.score, *found, idea.snaps)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to a case.

    Attributes:
        next: different next operations, the best first.
        parts: different finished parts, the best first.
        stop: the probability that nothing is missing, apart from both.
        generated: how many candidates there were before ranking.
        unparsed: how many of them were no history.
        seconds: it took.
    """

    next: tuple[Answer, ...]
    parts: tuple[Answer, ...]
    stop: float
    generated: int = 0
    unparsed: int = 0
    seconds: float = 0.0


class Predictor(Protocol):
    """Answers cases. The same seed and case give the same answer."""

    @property
    def name(self) -> str: ...

    def predict(self, case: Case, *, n: int, seed: int) -> Prediction: ...


class Writer(Protocol):
    """Writes whole parts from nothing; one that has no end is not valid.

    The same seed gives the same part.
    """

    @property
    def name(self) -> str: ...

    def write(self, *, seed: int) -> Answer: ...


def check_count(n: int) -> None:
    """Raise InputError if nobody can answer in so many ways."""
    if not 1 <= n <= 64:
        raise InputError("cannot propose so many", where="-n", expected="1 to 64", got=n)


def check_seed(seed: int) -> None:
    """Raise InputError for what is no seed: all that draws takes whole numbers from 0 on."""
    if not 0 <= seed < 2**63:
        raise InputError("no such seed", where="--seed", expected="0 to 2^63 - 1", got=seed)
