"""Completions of a history: generated under the grammar, built by the kernel, ranked.

The model proposes, the kernel judges; neither knows the other. What was given stays as it was.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete import checkpoint
from cadcomplete.checkpoint import Checkpoint
from cadcomplete.data.inputs import picture, surface
from cadcomplete.errors import CadCompleteError, InputError
from cadcomplete.exporters import export
from cadcomplete.exporters.pictures import draw_overview
from cadcomplete.generate import Prompt, Row, Sampling, generate
from cadcomplete.grammar import Grammar
from cadcomplete.kernel.cloud import PointCloud
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import Report, examine
from cadcomplete.lines import encode
from cadcomplete.prompt import prompt
from cadcomplete.readers import Document
from cadcomplete.sequence import CadSequence


@dataclass(frozen=True, slots=True)
class Completion:
    """One way to go on.

    Attributes:
        rank: 1 is the best.
        score: geometric mean of the probabilities of its tokens, 0 to 1.
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


@dataclass(frozen=True, slots=True)
class Completions:
    """What came of completing a part.

    Attributes:
        given: the operations that were given, as a document.
        model: name of the model.
        completions: the best first; those that are not valid solids last.
        finished: how probable the model finds it that nothing is missing.
        generated: how many continuations were written.
        discarded: how many of them were still no part when they grew too long, or drew
            something that does not exist, such as an arc without length.
        seconds: time it took, without loading the model.
    """

    given: Document
    model: str
    completions: tuple[Completion, ...]
    finished: float
    generated: int
    discarded: int
    seconds: float


def complete(
    document: Document,
    *,
    model: Checkpoint | None = None,
    keep: int | None = None,
    caption: str | None = None,
    images: Sequence[bytes | Path] = (),
    points: PointCloud | None = None,
    n: int = 3,
    seed: int = 0,
    kernel: Kernel | None = None,
) -> Completions:
    """Return up to `n` different completions of the first `keep` operations of a part.

    Without `keep` all operations are kept, or as many as a truncated file says. `images` are
    pictures of the wanted part and `points` its surface (`kernel.scans` reads files). Without
    `model` the one that ships with the package is used; without `kernel` one is started. The
    same arguments give the same completions.

    Raises InputError if there are not that many operations, too many for the model, or
    something that the model cannot see.
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
                n=n,
                seed=seed,
                kernel=own,
            )
    if not 1 <= n <= 64:
        raise InputError("cannot propose so many", where="n", expected="1 to 64", got=n)
    given, model = kept(document, keep), model or shipped_model()
    started = time.monotonic()
    sampling = Sampling(rows=2 * n + 6, seed=seed)  # some will be alike, or not valid
    asked = prompted(given.sequence, model, caption=caption, images=images, points=points)
    rows, finished = _propose(given, model, asked, sampling)
    proposals, impossible = _documents(given, _distinct(rows))
    reports = _judge([whole for whole, _ in proposals], given.sequence, kernel)
    ranked = sorted(
        ((whole, score, report) for (whole, score), report in zip(proposals, reports, strict=True)),
        key=lambda item: (not item[2].valid, -item[1]),
    )
    return Completions(
        given=given,
        model=model.name,
        completions=tuple(
            Completion(rank, score, _measured(whole, report), given.sequence, report)
            for rank, (whole, score, report) in enumerate(ranked[:n], start=1)
        ),
        finished=finished,
        generated=len(rows),
        discarded=sum(row.whole == 0 for row in rows) + impossible,
        seconds=time.monotonic() - started,
    )


def kept(document: Document, keep: int | None = None) -> Document:
    """Return what is given of a document: `keep` operations, or as many as it says itself."""
    if keep is None:
        most, stated = len(document.sequence), document.kept_operations
        keep = most if stated is None else min(stated, most)
    return document.truncated(keep)


@cache
def shipped_model() -> Checkpoint:
    """Return the model that ships with the package, read once."""
    return checkpoint.load()


def prompted(
    given: CadSequence,
    model: Checkpoint,
    *,
    caption: str | None = None,
    images: Sequence[bytes | Path] = (),
    points: PointCloud | None = None,
) -> Prompt:
    """Return what the model is given: the beginning of a training sample of that part.

    Raises InputError for what the model cannot see.
    """
    features, settings = model.model.features, model.config.model
    for what, there, seen in (
        ("pictures", bool(images), features.image),
        ("point clouds", points is not None, features.points),
    ):
        if there and not seen:
            hint = "leave them out, or take another model with --model"
            raise InputError(f"this model sees no {what}", where=model.name, hint=hint)
    text = prompt(given, caption=caption, text_format=model.config.data.text_format)
    front = features.placeholders(images=len(images), points=points is not None)
    pictures = [picture(image, size=settings.image.size) for image in images]
    return Prompt(
        model.tokenizer.encode(text).after(front).ids,
        np.stack(pictures) if pictures else None,
        None if points is None else surface(points, count=settings.points.count, seed=0),
    )


def _propose(
    given: Document, model: Checkpoint, asked: Prompt, sampling: Sampling
) -> tuple[tuple[Row, ...], float]:
    """Write continuations; the second value is the probability of having ended before."""
    if len(asked.ids) >= model.model.longest:
        raise InputError(
            "the part is too long for this model",
            file=given.path,
            expected=f"less than {model.model.longest} tokens",
            got=len(asked.ids),
            hint="keep fewer operations, with --keep",
        )
    text_format = model.config.data.text_format
    grammar = Grammar(model.tokenizer.vocabulary, model.tokenizer.end, text_format=text_format)
    start = grammar.start(given.sequence, least=1)
    written = generate(model.model, asked, start, sampling)
    return written.rows, written.end_probability


def _distinct(rows: tuple[Row, ...]) -> list[tuple[CadSequence, float]]:
    """The histories that were written, each once, with the score of the likeliest row.

    A row that grew too long counts up to where it could last have ended.
    """
    best: dict[str, tuple[CadSequence, float]] = {}
    for row in rows:
        if not row.whole:
            continue
        sequence = row.finished
        scores = row.scores[: row.whole + row.ended]
        score = math.exp(sum(scores) / len(scores))
        text = encode(sequence).text
        if text not in best or best[text][1] < score:
            best[text] = (sequence, score)
    return list(best.values())


def _documents(
    given: Document, proposals: list[tuple[CadSequence, float]]
) -> tuple[list[tuple[Document, float]], int]:
    """The proposals in the dialect of what was given, and how many it cannot say."""
    documents: list[tuple[Document, float]] = []
    for sequence, score in proposals:
        try:
            documents.append((given.extended(sequence), score))
        except InputError:
            continue
    return documents, len(proposals) - len(documents)


def _measured(document: Document, report: Report) -> Document:
    return document.measured(report.measures.bounding_box) if report.measures else document


def _judge(documents: list[Document], given: CadSequence, kernel: Kernel) -> list[Report]:
    """Build each part; a crash or a hang of the kernel is a problem of that part alone."""
    new = given.whole_operations
    pending = [kernel.submit(examine, document.sequence, new) for document in documents]
    reports: list[Report] = []
    for one in pending:
        try:
            reports.append(one.result())
        except CadCompleteError as error:
            reports.append(Report((str(error),)))
    return reports


def write(
    completions: Completions, folder: Path, formats: tuple[str, ...], kernel: Kernel
) -> dict[int | str, Any]:
    """Write all completions to files; return their paths by rank and format.

    What has no solid has no STEP, STL, GLB or picture. With pictures there is one more, of all
    completions beside each other: its path is under "overview". Raises InputError for a folder
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
    if "png" in formats:
        overview = folder / f"{name}_overview.png"
        entries = [(c.document, _label(c)) for c in completions.completions]
        kernel.run(draw_overview, completions.given, entries, overview)
        files["overview"] = str(overview)
    return files


def _file_name(id: str) -> str:
    """A part's id, which may come from inside a file, as a name that stays in its folder."""
    return re.sub(r"[^\w.-]+", "_", id)[:100] or "part"


def _label(completion: Completion) -> str:
    verdict = "" if completion.valid else ", not valid"
    return f"{completion.rank}.  score {completion.score:.2f}{verdict}"
