"""Completions of a history: generated under the grammar, built by the kernel, ranked.

The model proposes, the kernel judges; neither knows the other. What was given stays as it was.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cadcomplete import exporters
from cadcomplete.completion.ideas import extended
from cadcomplete.completion.predictor import ModelPredictor, Question
from cadcomplete.completion.wording import EXPECTED, PROBABILITY, in_words, told
from cadcomplete.deadline import NEVER, TIME_WAS_UP, Deadline, OutOfTime
from cadcomplete.errors import InputError, KernelFailure, TimeLimitError
from cadcomplete.exporters import export
from cadcomplete.exporters.pictures import draw_overview
from cadcomplete.files import clear
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.kernel.report import Remark, Report
from cadcomplete.language.lines import encode
from cadcomplete.model import checkpoint
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import Row, Sampling, usual_sampling
from cadcomplete.placing.shapes import Shape, shown
from cadcomplete.predictions import Case, Finished, Suggestion, check_count, check_seed
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


_WRITING, _CHECKING, _COMPARING = 0.45, 0.75, 0.85
"""Shares of the time that is left that writing, checking, and both with comparing may take."""


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
        notices: what was made of the shape, and what the model hardly uses.
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
    notices: tuple[str, ...] = ()


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
        started = time.monotonic()
        with due.answering():
            shape = shown(points, given.sequence, units=units, up=up, place=place, kernel=kernel)
            seen = _pictures(images), shape and shape.cloud
            case = Case(given.sequence.id, given.sequence, caption, *seen)
            usual = usual_sampling(model.config, model.metrics, answers=n)
            search = ModelPredictor(model, kernel, sampling or usual)
            tell("the model writes")
            until = "extrude" if only_next else "end"
            question = search.ask(case, seed=seed, until=until, due=due.share(_WRITING))
        tell("answers are compared and checked")
        found = _answered(search, question, given, n=n, seed=seed, only_next=only_next, due=due)
        notices = (*(shape.notices if shape else ()), *unused(model, caption, seen[0]))
        return replace(found, seconds=time.monotonic() - started, notices=notices)


def _answered(
    search: ModelPredictor,
    question: Question,
    given: Document,
    *,
    n: int,
    seed: int,
    only_next: bool,
    due: Deadline,
) -> Completions:
    """Compare and check what was written; what is not done when it is due is told as it is."""
    checking, as_it_is = due.share(_CHECKING), None
    score_is = PROBABILITY if only_next else EXPECTED
    parts: Sequence[Finished]

    def proposed(asked: Question) -> tuple[Finished, ...]:
        nonlocal as_it_is
        found, as_it_is = search.proposals(asked, n=n, seed=seed)
        return found

    try:
        with search.kernel.until(checking), due.share(_COMPARING).enforced():
            if only_next:
                question, found = search.until_valid(question, lambda q: search.next(q, n=n))
                parts = [_one_more(given.sequence, one) for one in found]
            else:
                question, parts = search.until_valid(question, proposed)
        in_time = not checking.over
    except OutOfTime:
        parts, in_time = _unchecked(question, n, only_next=only_next), False
        score_is = PROBABILITY
    said, count = _said(given, parts), len(question.rows)
    unsaid = sum(not row.whole for row in question.rows) + len(parts) - len(said)
    counts = question.stop, count, unsaid, 0.0
    return Completions(given, search.name, said, *counts, score_is, as_it_is, in_time)


def _unchecked(question: Question, n: int, *, only_next: bool) -> list[Finished]:
    """What the model wrote most often, neither compared nor checked; scored by how often."""
    given, rows = question.given, [row for row in question.rows if row.whole]
    wholes = [_beginning(row, given) if only_next else row.finished for row in rows]
    counts = Counter(encode(whole).text for whole in wholes)
    kinds = {encode(whole).text: whole for whole in wholes}
    report = Report((f"{TIME_WAS_UP} it was checked",))
    return [
        Finished(kinds[text], count / len(rows), False, report.problems, "model", report)
        for text, count in counts.most_common(n)
    ]


def _beginning(row: Row, given: CadSequence) -> CadSequence:
    """The given history and the first operation that a row adds."""
    added = row.finished.operations[given.whole_operations :]
    return extended(given, added[:1])


def unused(
    model: Checkpoint, caption: str | None, images: Sequence[bytes | Path]
) -> tuple[str, ...]:
    """Say of a caption and of pictures that a model hardly uses them, if that was measured."""
    losses, notices = model.metrics.get("nats_per_token_shown", {}), []
    for name, shown_name, there in (
        ("captions", "caption", bool(caption)),
        ("pictures", "picture", bool(images)),
    ):
        if there and {"nothing", shown_name} <= losses.keys():
            without, with_it = losses["nothing"], losses[shown_name]
            if with_it > (1 - _USED) * without:
                change = f"{without:.3f} to {with_it:.3f} nats per token"
                notices.append(f"this model hardly uses {name}: its loss goes from {change}")
    if caption and not any(stage.captions for stage in model.config.data.curriculum):
        notices.append("this model has never seen a caption")
    return tuple(notices)


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
    return ModelPredictor(shipped_model() if model is None else checkpoint.load(model), kernel)


def _one_more(given: CadSequence, found: Suggestion) -> Finished:
    """A suggestion as a part. What the kernel measured of a sketch is not the part yet."""
    report = found.report or Report(())
    if isinstance(found.operation, Sketch):
        report = Report(report.problems)
    part = extended(given, (found.operation,))
    return Finished(part, found.score, report.valid, report.problems, found.source, report)


def _said(given: Document, parts: Sequence[Finished]) -> tuple[Completion, ...]:
    """The parts that the dialect of what was given can say, ranked in their order."""
    documents = [(part, _document(given, part)) for part in parts]
    said = [(part, document) for part, document in documents if document is not None]
    return tuple(
        Completion(rank, part.score, document, given.sequence, part.report or Report(()))
        for rank, (part, document) in enumerate(said, start=1)
    )


def _document(given: Document, part: Finished) -> Document | None:
    """A finished part in the dialect of what was given; None if that cannot say it."""
    try:
        document = given.extended(part.sequence)
    except InputError:
        return None
    measures = part.report.measures if part.report else None
    return document.measured(measures.bounding_box) if measures else document


def write(
    completions: Completions, folder: Path, formats: tuple[str, ...], kernel: Kernel
) -> dict[int | str, Any]:
    """Write all completions to files; return their paths by rank and format.

    What has no solid has no STEP, STL, GLB or picture. With pictures there is one more, of all
    completions beside each other: its path is under "overview". Under "lost" are the paths that
    the kernel could not write, with the reason of each; every file is whole or not there. Where
    there are no completions, nothing is written. Raises InputError for a folder that cannot be
    written to.
    """
    name = _file_name(completions.given.sequence.id)
    files: dict[int | str, Any] = {"lost": {}}
    pending: list[tuple[Completion, list[Path], Pending[None]]] = []
    paths: dict[int, dict[str, Path]] = {}
    for completion in completions.completions:
        named = {f: folder / f"{name}_{completion.rank:02d}.{f}" for f in formats}
        paths[completion.rank] = named
        clear(*named.values())
        solid = [p for f, p in named.items() if exporters.EXPORTERS[f].needs_solid]
        for path in (p for p in named.values() if p not in solid):
            exporters.write(exporters.Part(completion.document), path)
        if solid:
            pending.append((completion, solid, _exporting(completion, solid, kernel)))
    for completion, solid, job in pending:
        files["lost"] |= _lost(completion, solid, job, kernel)
    for rank, named in paths.items():
        files[rank] = {f: str(path) for f, path in named.items() if path.is_file()}
    overview = folder / f"{name}_overview.png"
    clear(overview)
    if "png" in formats and completions.completions:
        entries = [(c.document, _label(c, completions.score_is)) for c in completions.completions]
        try:
            kernel.run(draw_overview, completions.given, entries, overview)
            files["overview"] = str(overview)
        except KernelFailure as error:
            clear(overview)
            files["lost"][str(overview)] = str(error)
    return files


def _exporting(completion: Completion, paths: list[Path], kernel: Kernel) -> Pending[None]:
    given = completion.given.whole_operations
    return kernel.submit(export, completion.document, given, paths)


def _lost(
    completion: Completion, paths: list[Path], job: Pending[None], kernel: Kernel
) -> dict[str, str]:
    """Wait for files that are written one after the other; return which failed, and why.

    The one at which the kernel died or hung is lost, and those after it get another try. If it
    hung before there was any, it was the part itself, and none of them gets one.
    """
    lost: dict[str, str] = {}
    while True:
        try:
            job.result()
            return lost
        except KernelFailure as error:
            left = [path for path in paths if not path.is_file()]
            hung = isinstance(error, TimeLimitError) and left == paths
            gone = left if hung else left[:1]
            clear(*gone)
            lost |= {str(path): str(error) for path in gone}
            paths = left[len(gone) :]
        if not paths:
            return lost
        job = _exporting(completion, paths, kernel)


def _file_name(id: str) -> str:
    """A part's id, which may come from inside a file, as a name that stays in its folder."""
    return re.sub(r"[^\w.-]+", "_", id)[:100] or "part"


def _label(completion: Completion, score_is: str) -> str:
    verdict = "" if completion.valid else ", not valid"
    return f"{completion.rank}. {completion.words}\n{told(completion.score, score_is)}{verdict}"
