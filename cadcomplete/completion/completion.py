"""Completions of a history: generated under the grammar, built by the kernel, ranked.

The model proposes, the kernel judges; neither knows the other. What was given stays as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from cadcomplete.clouds.read import Scan
from cadcomplete.completion import threshold
from cadcomplete.completion.notices import UNSEEN, half_told, untaught, untold, unused
from cadcomplete.completion.offhand import Offhand
from cadcomplete.completion.reading import Reading
from cadcomplete.completion.unchecked import unchecked
from cadcomplete.completion.wording import EXPECTED, PROBABILITY, in_words
from cadcomplete.constraints.bound import bound_to
from cadcomplete.constraints.constraints import FREE, Constraints
from cadcomplete.deadline import NEVER, TIME_WAS_UP, Deadline, OutOfTime
from cadcomplete.errors import InputError, NoAnswerError, TimeLimitError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.kernel.handing import handed
from cadcomplete.kernel.report import Remark, Report
from cadcomplete.language.lines import encode
from cadcomplete.model.sampling import Sampling, usual_sampling
from cadcomplete.placing.comparing import Fitted
from cadcomplete.placing.shapes import Shape, shown
from cadcomplete.predictions import Answer, Case, check_count, check_seed
from cadcomplete.readers import Document, read

if TYPE_CHECKING:
    from cadcomplete.completion.by_model import ByModel
    from cadcomplete.completion.predictor import ModelPredictor
    from cadcomplete.model.checkpoint import Checkpoint

Tell = Callable[[str], None]
"""Hears what is being done, in a few words."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One way to go on.

    Attributes:
        rank: 1 is the best.
        score: from 0 to 1; what it is says `Completions.score_is`.
        document: the whole part, in the dialect of what was given.
        given: the history that was given.
        report: what the kernel found.
    """

    rank: int
    score: float
    document: Document
    given: CadSequence
    report: Report

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


_BUILDING = 0.7
"""Share of the time that is left that building what only the kernel makes may take."""

_LOOKING = 0.5
"""The same of reading a shape and comparing it with what is given."""

_WRITING, _READING = 0.45, 0.65
"""Of what the model writes, and of all that it does before ideas are compared."""

_CHECKING, _COMPARING = 0.75, 0.85
"""Of checking answers, and of that with comparing them."""


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


def complete(
    document: Document | str | Path,
    *,
    model: Checkpoint | str | Path | None = None,
    keep: int | None = None,
    caption: str | None = None,
    images: Sequence[bytes | str | Path] | str | Path = (),
    points: Shape | None = None,
    units: str = "",
    up: str = "",
    place: str = "check",
    constraints: Constraints = FREE,
    n: int = 3,
    seed: int = 0,
    only_next: bool = False,
    sampling: Sampling | None = None,
    due: Deadline = NEVER,
    tell: Tell = lambda what: None,
    kernel: Kernel | None = None,
) -> Completions:
    """Return up to `n` different completions of the first `keep` operations of a part.

    Those are whole parts, and only such as are expected to be better than the given one as it is;
    there may be none. With `only_next` each adds one operation, supposing that one follows.
    Without `keep` all that are known here are kept, or as many as a truncated file says. `images`
    are pictures of the wanted part, `points` its surface: a cloud in millimetres, or a file taken
    as `units`, `up` and `place` say (`shapes.shown`). Every answer keeps to the `constraints`. The
    part and the model may be paths. Without `model` the one that ships is used, without `kernel`
    one is started. The same arguments give the same completions.

    `sampling` says how the model writes; None is usual for it. What is found until it is `due` is
    the answer, what could not be checked by then is not valid. `tell` hears of each step.

    Raises InputError if there are not that many operations, too many for the model, something
    that the model cannot see, a shape that does not fit the part, or constraints that no answer can
    keep to; NoAnswerError if there is not even time for one that is unchecked.
    """
    check_seed(seed)
    check_count(n)
    own = Kernel(workers=2, time_limit=30.0) if kernel is None else nullcontext(kernel)
    with own as kernel:
        document = read(document) if isinstance(document, str | Path) else document
        given = kept(document, keep)
        bound_to(constraints, given.sequence)  # what is impossible is refused before any work
        return completed(
            completer_of(_model(model), kernel, sampling, n=n),
            given,
            caption=caption,
            images=images,
            points=points,
            units=units,
            up=up,
            place=place,
            constraints=constraints,
            n=n,
            seed=seed,
            only_next=only_next,
            due=due,
            tell=tell,
        )


def completed(
    completer: ByModel | Offhand,
    given: Document,
    *,
    caption: str | None,
    images: Sequence[bytes | str | Path] | str | Path,
    points: Shape | Pending[Scan] | None,
    units: str,
    up: str,
    place: str,
    constraints: Constraints = FREE,
    file: str | Path = "",
    n: int,
    seed: int,
    only_next: bool,
    due: Deadline,
    tell: Tell,
) -> Completions:
    """Return completions as `complete` does, of all that is given; offhand where the model does not
    answer in time. `points` may still be read, from `file`."""
    started, kernel = time.monotonic(), completer.kernel
    with due.answering():
        with kernel.until(due.share(_BUILDING)):
            given = replace(given, sequence=handed(given.sequence, kernel))
        asked = partial(shown, units=units, up=up, place=place, file=file, kernel=kernel)
        nothing_else = not (given.sequence.operations or caption or images)
        shape = _shown(partial(asked, points, given.sequence), due, kernel, needed=nothing_else)
        seen = _pictures(images), shape and shape.cloud
        case = Case(given.sequence.id, given.sequence, caption, *seen, constraints)
        if not isinstance(completer, Offhand):
            tell("the model writes")
        completer, reading = _read(completer, case, seed, only_next=only_next, due=due)
    tell("answers are compared and checked")
    found = _found(completer, reading, given, n, only_next=only_next, due=due)
    about = shape.notices if shape else (UNSEEN,) if points is not None else ()
    notices = (*about, *_notices(completer, case, reading))
    return replace(found, seconds=time.monotonic() - started, notices=notices)


def completer_of(
    model: Checkpoint | None, kernel: Kernel, sampling: Sampling | None = None, *, n: int
) -> ByModel | Offhand:
    """Return what completes by a model, in `n` different ways; offhand if there is none."""
    if model is None:
        return Offhand(kernel)
    from cadcomplete.completion.by_model import ByModel

    usual = usual_sampling(model.config, model.metrics, answers=n)
    return ByModel(model, kernel, sampling or usual)


def _shown(
    shape: Callable[[], Fitted | None], due: Deadline, kernel: Kernel, *, needed: bool
) -> Fitted | None:
    """Read a shape and put it in its place; None if that takes too long, unless it is `needed`."""
    share = due if needed else due.share(_LOOKING)
    try:
        with kernel.until(share), share.enforced():
            return shape()
    except (OutOfTime, TimeLimitError) as error:
        if not share.over:
            raise
        if needed:
            raise NoAnswerError from error
        return None


def _read(
    completer: ByModel | Offhand, case: Case, seed: int, *, only_next: bool, due: Deadline
) -> tuple[ByModel | Offhand, Reading]:
    """Let the model read a case, or look at it without one where that takes too long."""
    if not isinstance(completer, Offhand):
        until = "built" if only_next else "end"
        with suppress(OutOfTime), due.share(_READING).enforced():
            return completer, completer.read(case, seed=seed, until=until, due=due.share(_WRITING))
    offhand = Offhand(completer.kernel)
    return offhand, offhand.read(case, seed=seed, due=due)


def _notices(completer: ByModel | Offhand, case: Case, reading: Reading) -> Iterator[str]:
    """What was understood of what is shown, and what the model did not make of it."""
    for evidence in reading.evidence:
        yield from evidence.notices(case.given)
    yield from half_told(case.caption, reading.case.caption)
    if case.images and reading.wanted is not None:
        yield "the pictures are not compared with what is proposed: a shape says more"
    if isinstance(completer, Offhand):
        yield untaught(case, reading)
        return
    yield from untold(completer.model, case.given)
    compared = case.images if reading.wanted is None else ()
    yield from unused(completer.model, case.caption, compared)


def _found(
    completer: ByModel | Offhand,
    reading: Reading,
    given: Document,
    n: int,
    *,
    only_next: bool,
    due: Deadline,
) -> Completions:
    """Collect the answers; what is not compared and checked when it is due is told as it is."""
    checking, answers, compared = due.share(_CHECKING), list[Answer](), True
    try:
        with completer.kernel.until(checking), due.share(_COMPARING).enforced():
            asked = completer.next if only_next else completer.better
            for one in asked(reading, n=n):
                answers.append(one)
    except OutOfTime:
        compared = False
    ranked = compared or bool(answers) or reading.compared
    if not compared and not answers:
        answers = unchecked(reading, n, only_next=only_next, due=due)
    said, before = _said(given, answers), reading.before
    nothing_shown = only_next and reading.wanted is None and not reading.evidence
    model = None if isinstance(completer, Offhand) else completer.model
    least = threshold.load(model.folder) if model is not None and nothing_shown else None
    return Completions(
        given,
        "no model" if model is None else model.name,
        said,
        finished=reading.stop,
        generated=len(reading.rows),
        discarded=sum(not row.whole for row in reading.rows) + len(answers) - len(said),
        seconds=0.0,
        score_is=PROBABILITY if only_next or not ranked else EXPECTED,
        as_it_is=reading.as_it_is,
        in_time=compared and not checking.over and model is not None,
        least=least and least.least,
        before=before.solid if before else None,
        left_out=reading.bound.counts(),
    )


def _model(model: Checkpoint | str | Path | None) -> Checkpoint:
    from cadcomplete.model import checkpoint

    if model is None:
        return shipped_model()
    return checkpoint.load(model) if isinstance(model, str | Path) else model


def _pictures(images: Sequence[bytes | str | Path] | str | Path) -> tuple[bytes | Path, ...]:
    listed = [images] if isinstance(images, str | Path) else images
    return tuple(Path(image) if isinstance(image, str) else image for image in listed)


def kept(document: Document, keep: int | None = None) -> Document:
    """Return what is given of a document: `keep` operations, or as many as it says itself.

    By default these are all that are known here. Raises InputError if there is none before
    something that is not known.
    """
    if keep is None:
        most, stated = len(document.sequence), document.kept_operations
        keep = most if stated is None else min(stated, most)
        if not most and document.sequence.rest:
            problem = f"there is nothing to complete: {document.sequence.notice}"
            hint = "to begin from nothing, keep 0 operations"
            raise InputError(problem, file=document.path, hint=hint)
    return document.truncated(keep)


@cache
def shipped_model() -> Checkpoint:
    """Return the model that ships with the package, read once."""
    from cadcomplete.model import checkpoint

    return checkpoint.load()


def predictor(model: str | Path | None = None, *, kernel: Kernel) -> ModelPredictor:
    """Return what answers cases of a benchmark: a model folder, by default the shipped one."""
    from cadcomplete.completion.by_model import ByModel
    from cadcomplete.completion.predictor import ModelPredictor

    return ModelPredictor(ByModel(_model(model), kernel))


_UNCHECKED = Report(("it was not checked",))


def _said(given: Document, parts: Sequence[Answer]) -> tuple[Completion, ...]:
    """The parts that the dialect of what was given can say, ranked in their order."""
    documents = [(part, _document(given, part)) for part in parts]
    said = [(part, document) for part, document in documents if document is not None]
    return tuple(
        Completion(rank, part.score, document, given.sequence, part.report or _UNCHECKED)
        for rank, (part, document) in enumerate(said, start=1)
    )


def _document(given: Document, part: Answer) -> Document | None:
    """A finished part in the dialect of what was given; None if that cannot say it."""
    try:
        document = given.extended(part.sequence)
    except InputError:
        return None
    measures = part.report.measures if part.report else None
    return document.measured(measures.bounding_box) if measures else document
