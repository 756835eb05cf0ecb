"""The heart: from a case to answers. The model and the shape have ideas, the kernel checks them.

First the kind of the next operation, then its parameters; that nothing is missing is told apart
from both. Answers come in the order in which they are shown, each as soon as it is verified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import islice, takewhile
from typing import Literal

from cadcomplete.captions.terms import MOST
from cadcomplete.completion import ranking
from cadcomplete.completion.choosing import ByEffect, ByKind, BySketch, chosen
from cadcomplete.completion.effects import SAME
from cadcomplete.completion.evidence import evidence_of
from cadcomplete.completion.features import FEATURES, alike
from cadcomplete.completion.ideas import extended
from cadcomplete.completion.judging import by_habit, judged, ranked
from cadcomplete.completion.kinds import kinds_of
from cadcomplete.completion.parts import finished_parts
from cadcomplete.completion.ranking import Ranker
from cadcomplete.completion.reading import Reading, looked_at, prompted, shortened
from cadcomplete.completion.searching import searched
from cadcomplete.completion.written import Handing, built_rows
from cadcomplete.deadline import NEVER, Deadline
from cadcomplete.errors import CadCompleteError, CheckpointError, InputError
from cadcomplete.history.fields import Format
from cadcomplete.history.operations import OPERATIONS, Sketch, beginners
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.kernel.handing import handed
from cadcomplete.kernel.jobs import examine_and_keep
from cadcomplete.kernel.report import Report
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import ATTEMPTS, Sampling, begin, commands, generate, usual_sampling
from cadcomplete.predictions import Answer, Case, Idea, answered

SOURCES = ("model", "search", "both")
"""Who has the ideas where there is a shape: the model alone, the search alone, or both."""

TOLD_APART = 0.85
"""IoU of what two whole parts change, below which a person sees that they differ.

What is expected to share most with all guesses is often nearly the best one: of blind holes the
deepest. With a cloud less is another part, as the numbers are exact."""


@lru_cache(maxsize=4)
def grammar_of(tokenizer: TextTokenizer, text_format: Format, words: tuple[str, ...]) -> Grammar:
    """Return the grammar of a tokenizer and of the words that a model knows, compiled once."""
    vocabulary, end = tokenizer.vocabulary, tokenizer.end
    return Grammar(vocabulary, end, text_format=text_format, words=words)


@dataclass(frozen=True)
class Completer:
    """Completes parts. It is made once: model, grammar, ranker, kernel.

    Attributes:
        drawn: how the model writes continuations; None for what is usual for it.
        source: who has the ideas where there is a shape, one of `SOURCES`.

    Raises InputError for another source.
    """

    model: Checkpoint
    kernel: Kernel
    drawn: Sampling | None = None
    source: str = "both"

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            expected = ", ".join(SOURCES)
            raise InputError("no such source", expected=expected, got=self.source)

    @cached_property
    def grammar(self) -> Grammar:
        model = self.model
        return grammar_of(model.tokenizer, model.config.data.text_format, model.words)

    @cached_property
    def ranker(self) -> Ranker | None:
        folder = self.model.folder
        return None if folder is None else ranking.load(folder, tuple(FEATURES))

    def read(
        self,
        case: Case,
        *,
        after: Reading | None = None,
        seed: int = 0,
        until: Literal["end", "built"] = "end",
        due: Deadline = NEVER,
    ) -> Reading:
        """Let the model read a case and write what may follow, whole parts or one step of them.

        A shape that the reading before, `after` which this comes, has looked at is not looked at
        again. When it is `due`, no more is written. Raises InputError for what cannot be seen or
        is too long, CheckpointError if with the words of the model nothing may follow.
        """
        model, drawn = self.model, self.drawn
        drawn = drawn or usual_sampling(model.config, model.metrics)
        drawn = replace(drawn, seed=seed, until=until, due=due)
        case = replace(case, given=handed(case.given, self.kernel))
        if self.source == "search":
            return searched(case, drawn, after=after)
        evidence = evidence_of(case) if self.source == "both" else ()
        if evidence and case.caption and len(case.caption) <= MOST:  # all of that was read
            case = replace(case, caption=shortened(case.caption, case.given, model))
        looks = model.model.features.image or self.source == "model"  # which refuses, if it cannot
        images = case.images if looks else ()
        asked = prompted(case.given, model, caption=case.caption, images=images, points=case.points)
        began, start = begin(model.model, asked), self.grammar.start(case.given)
        chances = commands(began, start, lambda text: model.tokenizer.ids([text])[0])
        stop = chances.pop("", 0.0)
        command = _likeliest(chances, model)
        seen, wanted = looked_at(case, after=after) if self.source == "both" else (None, None)
        if wanted is not None:  # a cloud tells better than the model how the part goes on
            drawn = replace(drawn, until="built")
        kinds: dict[str, float] = {}
        if wanted is None and self.source == "both":
            kinds = kinds_of(case.given, chances, model.words, evidence)
            command = max(
                (name for name in kinds if name in chances), key=kinds.__getitem__, default=command
            )
        with self.kernel.until(due):
            rows = built_rows(generate(began, start.only(command), drawn), self.kernel)
        return Reading(
            *(case, stop, command, drawn, rows, seen, wanted, began, start),
            evidence=evidence,
            kinds=kinds,
        )

    def next(self, reading: Reading, *, n: int) -> Iterator[Answer]:
        """Yield up to `n` different next operations, the likeliest first.

        Those that float, change nothing or are invalid come only if nothing else does.
        """
        return self.verified(reading, lambda: self._next(reading, self.ideas(reading), n))

    def parts(self, reading: Reading, *, n: int) -> Iterator[Answer]:
        """Yield up to `n` different finished parts, the best first.

        The given one is among them where it belongs: what comes after it is expected to be worse.
        """
        return self.verified(reading, lambda: self._parts(reading, n))

    def better(self, reading: Reading, *, n: int) -> Iterator[Answer]:
        """Yield up to `n` finished parts that are expected to be better than the given one."""

        def answers() -> Iterator[Answer]:
            return takewhile(lambda one: one.source != "given", self._parts(reading, n + 1))

        return islice(self.verified(reading, answers), n)

    def ideas(self, reading: Reading) -> list[Idea]:
        """Return ideas for the next operation, each with its probability, the likeliest first."""
        found = judged(reading, self.model, self.grammar)
        every = [*found, *by_habit(reading)]
        return ranked(every, reading, self.ranker, words=self.model.words)

    def verified(
        self, reading: Reading, answers: Callable[[], Iterator[Answer]]
    ) -> Iterator[Answer]:
        """Yield answers; as long as none of them is valid, the model writes more, and bolder.

        Not if what is given cannot be built, and not when it is due.
        """
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS or not reading.may_go_on
            if last or any(row.whole for row in reading.rows):
                found: list[Answer] = []
                for one in (coming := answers()):
                    found.append(one)
                    if last or one.valid:
                        yield from found
                        yield from coming
                        return
                if not found or reading.hopeless(found) or not reading.may_go_on:
                    yield from found
                    return
            reading.write_more(attempt)
            reading.rows = built_rows(reading.rows, self.kernel)

    def _next(self, reading: Reading, ideas: list[Idea], n: int) -> Iterator[Answer]:
        given, shown = reading.given, reading.wanted is not None
        wholes = Handing([extended(given, idea.operations) for idea in ideas], self.kernel)
        sketches = [isinstance(idea.operation, Sketch) for idea in ideas]
        drawn = BySketch(given, [idea.operation for idea in ideas], alike(ideas, given), shown)
        effects = ByEffect(given, wholes, shown, lambda: self._bodies(reading))
        comparison = ByKind(sketches, drawn, effects)
        check = partial(self._check, reading)
        for i, report in chosen(wholes, n, comparison=comparison, check=check):
            whole = wholes[i]
            if sketches[i]:  # what was built is an extrude of it
                report = replace(report, measures=None, remarks=(), solid=None)
                whole = extended(given, ideas[i].operations[:1])
            yield answered(whole, ideas[i], report)

    def _parts(self, reading: Reading, n: int) -> Iterator[Answer]:
        given, shown = reading.given, reading.wanted is not None
        ideas = finished_parts(
            given,
            reading.rows,
            stop=reading.stop,
            wanted=reading.wanted,
            evidence=reading.evidence,
            seed=reading.sampling.seed,
        )
        reading.as_it_is = next((i.score for i in ideas if i.source == "given"), None)
        wholes = [extended(given, idea.operations) for idea in ideas]
        least = SAME if shown else TOLD_APART
        comparison = ByEffect(given, wholes, shown, lambda: self._bodies(reading), least)
        check = partial(self._check, reading)
        for i, report in chosen(wholes, n, comparison=comparison, check=check):
            yield answered(wholes[i], ideas[i], report)

    def _bodies(self, reading: Reading) -> int | None:
        """How many bodies there may be, as the kernel counts them; None for any number."""
        if reading.wanted is not None:  # the shape says
            return None
        try:
            return self._check(reading, reading.given).result().bodies
        except CadCompleteError:
            return None

    def _check(self, reading: Reading, whole: CadSequence) -> Pending[Report]:
        """Ask the kernel about a history; about the same only once, unless time was up."""
        known = reading.asked.get(whole)
        if known is None or known.future.cancelled():
            keep = None if whole == reading.given else reading.given.whole_operations
            known = reading.asked[whole] = self.kernel.submit(examine_and_keep, whole, keep)
        return known


def _likeliest(chances: Mapping[str, float], model: Checkpoint) -> str:
    """The command that comes next: an operation, unless a sketch has to go on.

    Raises CheckpointError if the words of a model lead nowhere: then it would write without end.
    """
    builds = list(beginners())
    if not chances or not any(name in model.words for name in builds):
        raise CheckpointError(
            "with the words that this model has learned the part cannot be finished",
            where=model.name,
            expected=f"those of sketches, and {' or '.join(builds)}",
            got=list(model.words),
        )
    operations = [command for command in chances if command in OPERATIONS]
    return max(operations or chances, key=lambda command: chances[command])
