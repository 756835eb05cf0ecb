"""The model with its search: suggestions of the next operation, and finished parts.

First the kind of the next operation, then its parameters; being finished is told apart from both.
Everything is checked by the kernel in the order in which it would be shown.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.clouds.measured import measured
from cadcomplete.completion import ranking
from cadcomplete.completion.choosing import ByEffect, BySketch, chosen
from cadcomplete.completion.effects import SAME
from cadcomplete.completion.features import FEATURES, alike, bent, features
from cadcomplete.completion.ideas import Candidate, averaged, extended, ideas, scored, turned
from cadcomplete.completion.parts import Part, finished_parts
from cadcomplete.completion.ranking import Ranker
from cadcomplete.deadline import NEVER, Deadline
from cadcomplete.errors import GeometryError, InputError
from cadcomplete.fitting import Wanted, settled, wanted
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.symmetry import Symmetry, move
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.report import Report
from cadcomplete.language.grammar import Grammar, Matcher
from cadcomplete.language.prompt import prompt
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import (
    ATTEMPTS,
    Began,
    Prompt,
    Row,
    Sampling,
    begin,
    commands,
    generate,
    usual_sampling,
)
from cadcomplete.model.inputs import picture, surface
from cadcomplete.predictions import Case, Finished, Prediction, Suggestion

Answers = TypeVar("Answers", tuple[Suggestion, ...], tuple[Finished, ...])

TOLD_APART = 0.85
"""IoU of what two whole parts change, below which a person sees that they differ.

What is expected to share most with all guesses is often nearly the best one: of blind holes the
deepest. With a cloud less is another part, as the numbers are exact."""

TURNS = (
    Symmetry((1, 2, 0), (1, 1, 1)),
    Symmetry((0, 1, 2), (-1, 1, 1)),
    Symmetry((1, 0, 2), (1, -1, 1)),
)
"""How a part is turned to ask the model once more: what it means is the same, its numbers move."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A case as the model has read it.

    Attributes:
        began: the model after the prompt.
        start: what the grammar allows there.
        stop: the probability that nothing is missing.
        command: the kind of the next operation.
        rows: what the model wrote, to the end of the part.
        sampling: how it was drawn.
        wanted: what was found in the cloud, if there is one.
    """

    case: Case
    began: Began
    start: Matcher
    stop: float
    command: str
    rows: tuple[Row, ...]
    sampling: Sampling
    wanted: Wanted | None

    @property
    def given(self) -> CadSequence:
        return self.case.given


@dataclass(frozen=True)
class ModelPredictor:
    """A model, and a kernel that checks what it proposes.

    Attributes:
        drawn: how it writes continuations; None for what is usual for the model.
        search: whether ideas also come from the cloud itself, where there is one.
    """

    checkpoint: Checkpoint
    kernel: Kernel
    drawn: Sampling | None = None
    search: bool = True

    @property
    def name(self) -> str:
        return self.checkpoint.name if self.search else f"{self.checkpoint.name} alone"

    @property
    def sampling(self) -> Sampling:
        return self.drawn or usual_sampling(self.checkpoint.config, self.checkpoint.metrics)

    @cached_property
    def grammar(self) -> Grammar:
        tokenizer, words = self.checkpoint.tokenizer, self.checkpoint.words
        text_format = self.checkpoint.config.data.text_format
        return Grammar(tokenizer.vocabulary, tokenizer.end, text_format=text_format, words=words)

    @cached_property
    def ranker(self) -> Ranker | None:
        folder = self.checkpoint.folder
        return None if folder is None else ranking.load(folder, tuple(FEATURES))

    def predict(self, case: Case, *, n: int = 5, seed: int = 0) -> Prediction:
        """Answer a case. Raises InputError for what the model cannot see or is too long for it."""
        started = time.monotonic()
        question = self.ask(case, seed=seed)
        question, suggestions = self.until_valid(question, lambda q: self.next(q, n=n))
        question, parts = self.until_valid(question, lambda q: self.parts(q, n=n, seed=seed))
        return Prediction(
            next=suggestions,
            parts=parts,
            stop=question.stop,
            generated=len(question.rows),
            unparsed=sum(not row.whole for row in question.rows),
            seconds=time.monotonic() - started,
        )

    def ask(
        self,
        case: Case,
        *,
        seed: int = 0,
        until: Literal["end", "extrude"] = "end",
        due: Deadline = NEVER,
    ) -> Question:
        """Let the model read a case and write what may follow, whole parts or one step of them.

        When it is `due`, no more is written.
        """
        asked = prompted(
            case.given,
            self.checkpoint,
            caption=case.caption,
            images=case.images,
            points=case.points,
        )
        began = begin(self.checkpoint.model, asked)
        start = self.grammar.start(case.given)
        encode = self.checkpoint.tokenizer.backend.encode
        chances = commands(began, start, lambda text: encode(text, add_special_tokens=False).ids)
        stop = chances.pop("", 0.0)
        operations = {c: p for c, p in chances.items() if c in ("sketch", "extrude")}
        command = max(operations or chances, key=lambda c: chances[c])
        found = looked_at(case) if self.search else None
        if found is not None:  # a cloud tells better than the model how the part goes on
            until = "extrude"
        sampling = replace(self.sampling, seed=seed, until=until, due=due)
        rows = generate(began, start.only(command), sampling)
        return Question(case, began, start, stop, command, rows, sampling, found)

    def until_valid(
        self, question: Question, answer: Callable[[Question], Answers]
    ) -> tuple[Question, Answers]:
        """Answer a question; as long as nothing valid comes, the model writes more, and bolder.

        Not if what is given cannot be built. Returns the question with all that was written.
        """
        found = answer(question)
        for attempt in range(1, ATTEMPTS):
            if question.sampling.due.over or not _in_vain(question, found):
                break
            start = question.start.only(question.command)
            more = generate(question.began, start, question.sampling.bolder(attempt))
            question = replace(question, rows=(*question.rows, *more))
            found = answer(question)
        return question, found

    def write(self, *, seed: int = 0) -> Finished:
        """Write a whole part from nothing, drawn as the model finds it probable.

        Nothing is searched, ranked or checked; `score` is the probability of the text. A text
        that has not ended when the model can read no more is no part.
        """
        nothing, longest = CadSequence(()), self.checkpoint.model.longest
        began = begin(self.checkpoint.model, prompted(nothing, self.checkpoint))
        sampling = Sampling(
            rows=1, greedy=False, temperature=1.0, top_p=1.0, most_tokens=longest, seed=seed
        )
        (row,) = generate(began, self.grammar.start(nothing), sampling)
        problems = () if row.ended else (f"no end within {longest} tokens",)
        return Finished(row.finished, math.exp(sum(row.scores)), row.ended, problems, "model")

    # --- the next operation ---------------------------------------------------------------------

    def candidates(self, question: Question) -> list[Candidate]:
        """Return ideas for the next operation with the model's opinion of each."""
        found = ideas(
            question.given,
            question.rows,
            question.command,
            wanted=question.wanted,
            text_format=self.grammar.text_format,
        )
        tokenizer = self.checkpoint.tokenizer
        judged = scored(found, question.began, question.start, tokenizer)
        if question.case.points is not None or question.case.images:
            return judged
        return averaged(judged, [self._turned(question, found, s) for s in TURNS])

    def _turned(
        self, question: Question, found: list[Candidate], symmetry: Symmetry
    ) -> list[Candidate]:
        """The model's opinion of the same ideas if the part were turned."""
        given = move(question.given, symmetry)
        asked = prompted(given, self.checkpoint, caption=question.case.caption)
        others = turned(found, question.given, symmetry, self.grammar.text_format)
        start = self.grammar.start(given)
        return scored(others, begin(self.checkpoint.model, asked), start, self.checkpoint.tokenizer)

    def next(self, question: Question, *, n: int) -> tuple[Suggestion, ...]:
        """Return up to `n` different next operations, the likeliest first.

        Those that float, change nothing or are invalid are only among them if all are.
        """
        found = self.candidates(question)
        if not found:
            return ()
        known = features(found, question.given, wanted=question.wanted)
        chances = self.chances(question, known)
        order = np.argsort(-chances, kind="stable").tolist()
        best, given, shown = [found[i] for i in order], question.given, question.wanted is not None
        ideas = [extended(given, candidate.operations) for candidate in best]
        sketches = [c.operation for c in best if isinstance(c.operation, Sketch)]
        if sketches:
            judge = BySketch(given, sketches, alike(best, given), shown)
        else:
            judge = ByEffect(given, ideas, self.kernel, shown)
        answers = chosen(ideas, n, new=given.whole_operations, judge=judge, kernel=self.kernel)
        return tuple(_suggestion(best[i], float(chances[order[i]]), r) for i, r in answers)

    def chances(self, question: Question, known: Array) -> Array:
        """The probability of each candidate, from its features; by the model alone at worst."""
        found = None
        if self.ranker is not None:
            found = self.ranker.probabilities(situation(question), bent(known))
        if found is not None:
            return found
        column = {name: known[:, i] for i, name in enumerate(FEATURES)}
        if question.wanted is None:
            return np.minimum(1.0, np.exp(column["log probability of the same effect"]))
        missed = np.exp(-30 * column["gain of the best that is not reached"])
        return np.asarray(missed * (0.5 + 0.5 * np.exp(column["log probability per token"])))

    # --- the whole part -------------------------------------------------------------------------

    def parts(self, question: Question, *, n: int, seed: int = 0) -> tuple[Finished, ...]:
        """Return up to `n` different finished parts, the best first.

        The given one is among them where it belongs: what comes after it is expected to be worse.
        """
        return self._parts(question, self._ideas(question, seed), n=n)

    def proposals(
        self, question: Question, *, n: int, seed: int = 0
    ) -> tuple[tuple[Finished, ...], float | None]:
        """Return up to `n` finished parts that are expected to be better than the given one.

        And how good that is expected to be as it is; None if it cannot be a finished part.
        """
        found = self._ideas(question, seed)
        better = takewhile(lambda p: p.source != "given", self._parts(question, found, n=n + 1))
        as_it_is = next((part.score for part in found if part.source == "given"), None)
        return tuple(better)[:n], as_it_is

    def _ideas(self, question: Question, seed: int) -> list[Part]:
        return finished_parts(
            question.given, question.rows, stop=question.stop, wanted=question.wanted, seed=seed
        )

    def _parts(self, question: Question, found: list[Part], *, n: int) -> tuple[Finished, ...]:
        given, ideas = question.given, [part.sequence for part in found]
        shown = question.wanted is not None
        judge = ByEffect(given, ideas, self.kernel, shown, SAME if shown else TOLD_APART)
        answers = chosen(ideas, n, new=given.whole_operations, judge=judge, kernel=self.kernel)
        return tuple(_finished(found[i], report) for i, report in answers)


def prompted(
    given: CadSequence,
    model: Checkpoint,
    *,
    caption: str | None = None,
    images: Sequence[bytes | Path] = (),
    points: PointCloud | None = None,
) -> Prompt:
    """Return what the model is given: the beginning of a training sample of that part.

    Raises InputError for what the model cannot see, and for a part that is too long for it.
    """
    features, settings = model.model.features, model.config.model
    for what, there, seen in (
        ("pictures", bool(images), features.image),
        ("point clouds", points is not None, features.points),
    ):
        if there and not seen:
            hint = "leave them out, or take another model with --model"
            raise InputError(f"this model sees no {what}", where=model.name, hint=hint)
    words = "" if points is None else measured(points)
    text_format = model.config.data.text_format
    text = prompt(given, caption=caption, levels=words, text_format=text_format)
    front = features.placeholders(images=len(images), points=points is not None)
    ids = model.tokenizer.encode(text).after(front).ids
    if len(ids) >= model.model.longest:
        bare = prompt(given, levels=words, text_format=text_format)
        if caption and len(model.tokenizer.encode(bare).after(front).ids) < model.model.longest:
            hint = "say in a sentence or two what the part is"
            got = f"{len(caption)} characters"
            raise InputError("the caption is too long for this model", got=got, hint=hint)
        raise InputError(
            "the part is too long for this model",
            where=given.id,
            expected=f"less than {model.model.longest} tokens",
            got=len(ids),
            hint="keep fewer operations, with --keep",
        )
    pictures = [picture(image, size=settings.image.size) for image in images]
    cloud = None if points is None else surface(points, count=settings.points.count, seed=0)
    return Prompt(ids, np.stack(pictures) if pictures else None, cloud)


def looked_at(case: Case) -> Wanted | None:
    """What the cloud of a case says. Raises InputError for one that is no part's surface."""
    if case.points is None:
        return None
    try:
        return settled(wanted(case.points), case.given)
    except GeometryError as error:
        hint = "give the whole surface of a part, with normals that point outwards"
        raise InputError(f"the point cloud: {error}", where=case.id, hint=hint) from error


def situation(question: Question) -> str:
    """The name of what kind of operation is next, and of what is known of the wanted part."""
    kind = Extrude if question.command == "extrude" else Sketch
    first = not any(isinstance(operation, kind) for operation in question.given.operations)
    name = f"{'first' if first else 'later'} {'extrude' if kind is Extrude else 'sketch'}"
    if question.wanted is None:
        return name
    return f"{name}, {'scan' if question.wanted.noise > 0 else 'cloud'}"


def _in_vain(question: Question, found: Sequence[Suggestion | Finished]) -> bool:
    """Whether no answer is valid though one could be, or the model did not write a single part."""
    if not any(row.whole for row in question.rows):
        return True
    given = question.given.whole_operations
    at = [one.report.operation for one in found if one.report is not None]
    hopeless = any(operation is not None and operation < given for operation in at)
    return bool(found) and not hopeless and not any(one.valid for one in found)


def _suggestion(candidate: Candidate, chance: float, report: Report) -> Suggestion:
    return Suggestion(candidate.operation, chance, report.valid, candidate.source, report)


def _finished(part: Part, report: Report) -> Finished:
    return Finished(part.sequence, part.score, report.valid, report.problems, part.source, report)
