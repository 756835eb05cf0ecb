"""Completions of a history: generated under the grammar, built by the kernel, ranked.

The model proposes, the kernel judges; neither knows the other. What was given stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cadcomplete.completion.wording import EXPECTED, in_words
from cadcomplete.deadline import TIME_WAS_UP
from cadcomplete.errors import InputError
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.report import Remark, Report
from cadcomplete.language.lines import encode
from cadcomplete.predictions import Answer
from cadcomplete.readers import Document


@dataclass(frozen=True, slots=True)
class Completion:
    """One way to go on.

    Attributes:
        rank: 1 is the best.
        score: from 0 to 1; what it is says `Completions.score_is`.
        document: the whole part, in the dialect of what was given.
        given: the history that was given.
        report: what the kernel found.
        source: who had the idea, such as "model", "cloud" or "usual".
        added: the operations that were added; the dialect may need a sketch more to say them.
        snaps: which of its numbers were put on round ones, in words.
    """

    rank: int
    score: float
    document: Document
    given: CadSequence
    report: Report
    source: str = ""
    added: tuple[Operation, ...] = field(default=(), repr=False, compare=False)
    snaps: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        return self.report.valid

    @property
    def problems(self) -> tuple[str, ...]:
        return self.report.problems

    @property
    def late(self) -> bool:
        """Whether time was up before it was checked: it may be valid."""
        return bool(self.problems) and self.problems[0].startswith(TIME_WAS_UP)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is valid in what was added, but makes no sense."""
        given = self.given.whole_operations
        return tuple(remark for remark in self.report.remarks if remark.operation >= given)

    @property
    def bodies(self) -> int:
        """Number of separate solids of the completed part."""
        return self.report.bodies

    @property
    def operations_added(self) -> int:
        return len(self.document.sequence) - self.given.whole_operations

    @property
    def volume(self) -> float | None:
        """Volume of the completed part in mm³, or None if there is no solid."""
        return self.report.measures.volume if self.report.measures else None

    @property
    def text(self) -> str:
        """What was added, in the line language."""
        return encode(self.document.sequence).text[len(encode(self.given).text) :]

    @property
    def words(self) -> str:
        """What was added, in words, such as "4 through holes ø9"; lengths in mm."""
        return in_words(self.document.sequence, self.given.whole_operations)


@dataclass(frozen=True, slots=True)
class Completions:
    """What came of completing a part.

    Attributes:
        given: the operations that were given, as a document.
        model: name of the model.
        completions: the best first. Those that float, change nothing or are no valid solids are
            only among them if all are. Of whole parts only those that are expected to be better
            than the given one as it is: there may be none.
        finished: how probable the model finds it that nothing is missing.
        generated: how many continuations were written.
        discarded: how many of them were still no part when they grew too long, or drew
            something that does not exist, such as an arc without length.
        seconds: time it took, without loading the model.
        score_is: what their scores are: `wording.EXPECTED`, or of next operations `PROBABILITY`.
        as_it_is: what the part scores with nothing added; None for next operations, and where it
            cannot be finished, as a sketch waits to be extruded.
        in_time: whether all of it was done; else the answers are what was found by then.
        notices: what was made of the shape and read in the caption, and what the model hardly uses.
        before: the solid of what was given (`Report.solid`), if it was built.
        left_out: how many ideas each constraint left out, by what it is called.
    """

    given: Document
    model: str
    completions: tuple[Completion, ...]
    finished: float
    generated: int
    discarded: int
    seconds: float
    score_is: str = EXPECTED
    as_it_is: float | None = None
    in_time: bool = True
    least: float | None = None
    notices: tuple[str, ...] = ()
    before: bytes | None = field(default=None, repr=False, compare=False)
    left_out: Mapping[str, int] = field(default_factory=dict)


_UNCHECKED = Report(("it was not checked",))


def completion_of(given: Document, answer: Answer, *, rank: int) -> Completion | None:
    """Return an answer in the dialect of what was given; None if that cannot say it."""
    try:
        document = given.extended(answer.sequence)
    except InputError:
        return None
    report = answer.report or _UNCHECKED
    if report.measures is not None:
        document = document.measured(report.measures.bounding_box)
    added = answer.sequence.operations[given.sequence.whole_operations :]
    found = (report, answer.source, added, answer.snaps)
    return Completion(rank, answer.score, document, given.sequence, *found)
