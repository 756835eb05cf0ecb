"""What is predicted for the beginning of a part: suggestions of the next operation, whole parts.

A predictor is anything that answers a `Case`: the model with its search, and every baseline; a
writer needs no case. Benchmarks know nothing else of either.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cadcomplete.clouds.cloud import PointCloud
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

    Raises UnsupportedError if something of what is given is not known here.
    """

    id: str
    given: CadSequence
    caption: str | None = None
    images: tuple[bytes | Path, ...] = ()
    points: PointCloud | None = None

    def __post_init__(self) -> None:
        check_known(self.given)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A next operation, supposing that one follows.

    Attributes:
        score: the probability that it is the one that the designer makes.
        valid: whether the part with it is a valid solid, if it has one, and it changes something.
        source: who had the idea, such as "model" or "cloud".
        report: what the kernel found, if it was asked; of a sketch, with an extrude of it.
    """

    operation: Operation
    score: float
    valid: bool = True
    source: str = ""
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A whole part that begins with the given operations; it may be just these.

    Attributes:
        valid: whether the kernel makes a valid solid of it.
        problems: why not.
        report: what the kernel found, if it was asked.
    """

    sequence: CadSequence
    score: float
    valid: bool = True
    problems: tuple[str, ...] = ()
    source: str = ""
    report: Report | None = None


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

    next: tuple[Suggestion, ...]
    parts: tuple[Finished, ...]
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

    def write(self, *, seed: int) -> Finished: ...


def check_count(n: int) -> None:
    """Raise InputError if nobody can answer in so many ways."""
    if not 1 <= n <= 64:
        raise InputError("cannot propose so many", where="-n", expected="1 to 64", got=n)


def check_seed(seed: int) -> None:
    """Raise InputError for what is no seed: all that draws takes whole numbers from 0 on."""
    if not 0 <= seed < 2**63:
        raise InputError("no such seed", where="--seed", expected="0 to 2^63 - 1", got=seed)
