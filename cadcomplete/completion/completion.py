"""Completions of a history: generated under the grammar, built by the kernel, ranked.

The model proposes, the kernel judges; neither knows the other. What was given stays as it was.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from cadcomplete.completion import threshold
from cadcomplete.completion.completer import Completer
from cadcomplete.completion.ideas import extended
from cadcomplete.completion.predictor import ModelPredictor
from cadcomplete.completion.reading import Reading
from cadcomplete.completion.wording import EXPECTED, PROBABILITY, in_words
from cadcomplete.deadline import NEVER, TIME_WAS_UP, Deadline, OutOfTime
from cadcomplete.errors import InputError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.kernel.report import Remark, Report
from cadcomplete.language.lines import encode
from cadcomplete.language.words import unlearned
from cadcomplete.model import checkpoint
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import Sampling, usual_sampling
from cadcomplete.placing.shapes import Shape, shown
from cadcomplete.predictions import Answer, Case, Idea, answered, check_count, check_seed
from cadcomplete.readers import Document, read

Tell = Callable[[str], None]
"""Hears what is being done, in a few words."""

_USED = 0.05
"""By which share what is shown must lower the loss of a model that uses it."""


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


_BUILDING, _WRITING, _CHECKING, _COMPARING = 0.7, 0.45, 0.75, 0.85
"""Shares of the time that is left that building what only the kernel makes, writing, checking, and
both with comparing may take: without the first there is no answer."""


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
    as `units`, `up` and `place` say (`shapes.shown`). The part and the model may be paths. Without
    `model` the one that ships is used, without `kernel` one is started. The same arguments give
    the same completions.

    `sampling` says how the model writes; None is usual for it. What is found until it is `due` is
    the answer, what could not be checked by then is not valid. `tell` hears of each step.

    Raises InputError if there are not that many operations, too many for the model, something
    that the model cannot see, or a shape that does not fit the part; NoAnswerError if there is
    not even time for one that is unchecked.
    """
    check_seed(seed)
    check_count(n)
    own = Kernel(workers=2, time_limit=30.0) if kernel is None else nullcontext(kernel)
    with own as kernel:
        document = read(document) if isinstance(document, str | Path) else document
        given, model = kept(document, keep), _model(model)
        usual = usual_sampling(model.config, model.metrics, answers=n)
        completer, started = Completer(model, kernel, sampling or usual), time.monotonic()
        with due.answering():
            with kernel.until(due.share(_BUILDING)):
                given = replace(given, sequence=handed(given.sequence, kernel))
            shape = shown(points, given.sequence, units=units, up=up, place=place, kernel=kernel)
            seen = _pictures(images), shape and shape.cloud
            case = Case(given.sequence.id, given.sequence, caption, *seen)
            tell("the model writes")
            until = "built" if only_next else "end"
            reading = completer.read(case, seed=seed, until=until, due=due.share(_WRITING))
        tell("answers are compared and checked")
        found = _found(completer, reading, given, n, only_next=only_next, due=due)
        about = shape.notices if shape else ()
        about = (*about, *(n for e in reading.evidence for n in e.notices(given.sequence)))
        about += half_told(caption, reading.case.caption)
        if case.images and case.points is not None:
            about = (
                *about,
                "the pictures are not compared with what is proposed: a shape says more",
            )
        notices = (*about, *untold(model, given.sequence), *unused(model, caption, seen[0]))
        return replace(found, seconds=time.monotonic() - started, notices=notices)


def _found(
    completer: Completer,
    reading: Reading,
    given: Document,
    n: int,
    *,
    only_next: bool,
    due: Deadline,
) -> Completions:
    """Collect the answers; what is not compared and checked when it is due is told as it is."""
    checking = due.share(_CHECKING)
    try:
        with completer.kernel.until(checking), due.share(_COMPARING).enforced():
            asked = completer.next if only_next else completer.better
            answers, compared = list(asked(reading, n=n)), True
    except OutOfTime:
        answers, compared = _unchecked(reading, n, only_next=only_next), False
    said, before = _said(given, answers), reading.before
    nothing_shown = only_next and reading.wanted is None and not reading.evidence
    least = threshold.load(completer.model.folder) if nothing_shown else None
    return Completions(
        given,
        completer.model.name,
        said,
        finished=reading.stop,
        generated=len(reading.rows),
        discarded=sum(not row.whole for row in reading.rows) + len(answers) - len(said),
        seconds=0.0,
        score_is=PROBABILITY if only_next or not compared else EXPECTED,
        as_it_is=reading.as_it_is if compared else None,
        in_time=compared and not checking.over,
        least=least and least.least,
        before=before.solid if before else None,
    )


def _unchecked(reading: Reading, n: int, *, only_next: bool) -> list[Answer]:
    """What the model wrote most often, neither compared nor checked; scored by how often."""
    given, rows = reading.given, [row for row in reading.rows if row.whole]
    added = [row.finished.operations[given.whole_operations :] for row in rows]
    wholes = [extended(given, new[:1] if only_next else new) for new in added]
    counts = Counter(encode(whole).text for whole in wholes)
    kinds = {encode(whole).text: whole for whole in wholes}
    report = Report((f"{TIME_WAS_UP} it was checked",))
    return [
        answered(kinds[text], Idea((), count / len(rows)), report)
        for text, count in counts.most_common(n)
    ]


def unused(
    model: Checkpoint, caption: str | None, images: Sequence[bytes | Path]
) -> tuple[str, ...]:
    """Say of a caption and of pictures that a model hardly uses them, if that was measured."""
    losses, notices = model.metrics.get("nats_per_token_shown", {}), []
    if images and not model.model.features.image:
        notices.append("this model sees no pictures: it was not shown them")
    for name, shown_name, there in (
        ("captions", "caption", bool(caption)),
        ("pictures", "picture", bool(images) and model.model.features.image),
    ):
        if there and {"nothing", shown_name} <= losses.keys():
            without, with_it = losses["nothing"], losses[shown_name]
            if with_it > (1 - _USED) * without:
                change = f"{without:.3f} to {with_it:.3f} nats per token"
                notices.append(
                    f"{name} are read by rule; the model itself hardly uses them "
                    f"(its loss goes from {change})"
                )
    if caption and not any(stage.captions for stage in model.config.data.curriculum):
        notices.append("this model has never seen a caption")
    return tuple(notices)


def half_told(caption: str | None, told: str | None) -> tuple[str, ...]:
    """Say that a caption was longer than the model can read, if it was."""
    if caption is None or told is None or caption == told:
        return ()
    words = f"{len(told.split())} of {len(caption.split())} words"
    return (
        f"the caption is long: the model was told its first {words}; all of it was read by rule",
    )


def untold(model: Checkpoint, given: CadSequence) -> tuple[str, ...]:
    """Say of which given operations a model was not told, as it has not learned their words."""
    left_out = unlearned(given, model.words)
    if not left_out:
        return ()
    kinds = dict.fromkeys(type(given.operations[index]).__name__.lower() for index in left_out)
    which = f"operation{'s' if len(left_out) > 1 else ''} {', '.join(map(str, left_out))}"
    return (
        f"this model has not learned {' and '.join(kinds)}: it was told the part without {which}; "
        "what is built, compared and checked has all of them",
    )


def _model(model: Checkpoint | str | Path | None) -> Checkpoint:
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
    return checkpoint.load()


def predictor(model: str | Path | None = None, *, kernel: Kernel) -> ModelPredictor:
    """Return what answers cases of a benchmark: a model folder, by default the shipped one."""
    return ModelPredictor(Completer(_model(model), kernel))


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
