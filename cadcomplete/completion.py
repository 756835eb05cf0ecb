"""Completions of a history: generated under the grammar, built by the kernel, ranked.

The model proposes, the kernel judges; neither knows the other. What was given stays as it was.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cadcomplete import checkpoint
from cadcomplete.candidates import extended
from cadcomplete.checkpoint import Checkpoint
from cadcomplete.errors import InputError
from cadcomplete.exporters import export
from cadcomplete.exporters.pictures import draw_overview
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import Report
from cadcomplete.lines import encode
from cadcomplete.operations import Sketch
from cadcomplete.predictions import Case, Finished, Suggestion
from cadcomplete.predictor import ROWS, ModelPredictor
from cadcomplete.readers import Document, read
from cadcomplete.sequence import CadSequence
from cadcomplete.shapes import Shape, shown
from cadcomplete.wording import EXPECTED, PROBABILITY, in_words, told

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

    Raises InputError if there are not that many operations, too many for the model, something
    that the model cannot see, or a shape that does not fit the part.
    """
    if kernel is None:
        with Kernel(workers=2, time_limit=30.0) as own:
            return complete(
                document,
                model=model,
                keep=keep,
                caption=caption,
                images=images,
                points=points,
                **{"units": units, "up": up, "place": place},  # of the points
                n=n,
                seed=seed,
                only_next=only_next,
                kernel=own,
            )
    _check(n, seed)
    document = read(document) if isinstance(document, str | Path) else document
    given, model = kept(document, keep), _model(model)
    started = time.monotonic()
    shape = shown(points, given.sequence, units=units, up=up, place=place, kernel=kernel)
    pictures, cloud = _pictures(images), shape and shape.cloud
    notices = (*(shape.notices if shape else ()), *unused(model, caption, pictures))
    case = Case(given.sequence.id, given.sequence, caption, pictures, cloud)
    search = ModelPredictor(model, kernel, rows=max(ROWS, 2 * n + 6))  # some will be alike
    found = _completed(search, case, given, n=n, seed=seed, only_next=only_next)
    return replace(found, seconds=time.monotonic() - started, notices=notices)


def _completed(
    search: ModelPredictor, case: Case, given: Document, *, n: int, seed: int, only_next: bool
) -> Completions:
    """Ask the model; for one operation more it writes one step, for whole parts all of them."""
    question = search.ask(case, seed=seed, until="extrude" if only_next else "end")
    if only_next:
        parts = [_one_more(given.sequence, found) for found in search.next(question, n=n)]
        score_is, as_it_is = PROBABILITY, None
    else:
        parts, as_it_is = search.proposals(question, n=n, seed=seed)
        score_is = EXPECTED
    said, count = _said(given, parts), len(question.rows)
    unsaid = sum(not row.whole for row in question.rows) + len(parts) - len(said)
    return Completions(
        given, search.name, said, question.stop, count, unsaid, 0.0, score_is, as_it_is
    )


def _check(n: int, seed: int) -> None:
    if seed < 0:
        raise InputError("cannot use this seed", where="seed", expected="0 or more", got=seed)
    if not 1 <= n <= 64:
        raise InputError("cannot propose so many", where="n", expected="1 to 64", got=n)


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
    completions beside each other: its path is under "overview". Where there are none, nothing is
    written. Raises InputError for a folder
    that cannot be written to.
    """
    name = _file_name(completions.given.sequence.id)
    pending, files = [], {}
    for completion in completions.completions:
        paths = {f: folder / f"{name}_{completion.rank:02d}.{f}" for f in formats}
        given = completion.given.whole_operations
        job = kernel.submit(export, completion.document, given, list(paths.values()))
        pending.append((completion.rank, paths, job))
    for rank, paths, job in pending:
        job.result()
        files[rank] = {f: str(path) for f, path in paths.items() if path.is_file()}
    if "png" in formats and completions.completions:
        overview = folder / f"{name}_overview.png"
        entries = [(c.document, _label(c, completions.score_is)) for c in completions.completions]
        kernel.run(draw_overview, completions.given, entries, overview)
        files["overview"] = str(overview)
    return files


def _file_name(id: str) -> str:
    """A part's id, which may come from inside a file, as a name that stays in its folder."""
    return re.sub(r"[^\w.-]+", "_", id)[:100] or "part"


def _label(completion: Completion, score_is: str) -> str:
    verdict = "" if completion.valid else ", not valid"
    return f"{completion.rank}. {completion.words}\n{told(completion.score, score_is)}{verdict}"
