"""The heart: from a case to answers. The model and the shape have ideas, the kernel checks them.

First the kind of the next operation, then its parameters; that nothing is missing is told apart
from both. Answers come in the order in which they are shown, each as soon as it is verified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from cadcomplete.captions.terms import MOST
from cadcomplete.completion import ranking
from cadcomplete.completion.evidence import evidence_of, pictures_among
from cadcomplete.completion.features import FEATURES
from cadcomplete.completion.judging import Weighing, by_habit, ranked
from cadcomplete.completion.kinds import kinds_of
from cadcomplete.completion.offhand import offhand, unread
from cadcomplete.completion.opinion import judged
from cadcomplete.completion.prompting import knows_clouds, prompted, shortened
from cadcomplete.completion.ranking import Ranker
from cadcomplete.completion.reading import Reading, Until, looked_at
from cadcomplete.completion.searching import searched
from cadcomplete.completion.verifying import Verifying
from cadcomplete.completion.written import built_rows
from cadcomplete.constraints.bound import bound_to
from cadcomplete.deadline import NEVER, Deadline
from cadcomplete.errors import CheckpointError, InputError
from cadcomplete.history.fields import Format
from cadcomplete.history.operations import OPERATIONS, beginners
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model.checkpoint import Checkpoint
from cadcomplete.model.generate import Row, begin, commands, generate
from cadcomplete.model.sampling import Sampling, usual_sampling
from cadcomplete.predictions import Case, Idea

SOURCES = ("model", "search", "both")
"""Who has the ideas where there is a shape: the model alone, the search alone, or both."""


@lru_cache(maxsize=4)
def grammar_of(tokenizer: TextTokenizer, text_format: Format, words: tuple[str, ...]) -> Grammar:
    """Return the grammar of a tokenizer and of the words that a model knows, compiled once."""
    vocabulary, end = tokenizer.vocabulary, tokenizer.end
    return Grammar(vocabulary, end, text_format=text_format, words=words)


@dataclass(frozen=True)
class ByModel(Verifying):
    """Completes parts by a model and a search. It is made once: model, grammar, ranker, kernel.

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

    def look(
        self,
        case: Case,
        *,
        after: Reading | None = None,
        seed: int = 0,
        due: Deadline = NEVER,
    ) -> Reading:
        """Let the model read a case, and look at its shape; nothing is written yet.

        Of what the reading `after` which this comes has read and looked at, nothing is once more.
        Raises InputError for what cannot be seen or is too long, CheckpointError if with the words
        of the model nothing may follow.
        """
        model = self.model
        drawn = replace(self._drawn(0), seed=seed, due=due)
        case = replace(case, given=handed(case.given, self.kernel))
        if self.source == "search":
            return searched(case, drawn, after=after)
        known = None if after is None else pictures_among(after.evidence, after.case, case)
        evidence = evidence_of(case, known=known) if self.source == "both" else ()
        if evidence and case.caption and len(case.caption) <= MOST:  # all of that was read
            case = replace(case, caption=shortened(case.caption, case.given, model))
        alone = self.source == "model"  # which refuses what it cannot see
        images = case.images if alone or model.model.features.image else ()
        points = case.points if alone or knows_clouds(model) else None
        asked = prompted(case.given, model, caption=case.caption, images=images, points=points)
        began = begin(model.model, asked, after=None if after is None else after.began)
        start = self.grammar.start(case.given)
        following = commands(began, start, lambda text: model.tokenizer.ids([text])[0])
        stop = following.pop("", 0.0)
        bound = bound_to(case.constraints, case.given)
        allowed = bound.only(following)
        if following and not allowed:  # the model has no word for what may be added: habit has
            return unread(replace(case, points=None), drawn, evidence)
        command = _likeliest(allowed, model)
        seen, wanted = looked_at(case, after=after) if self.source == "both" else (None, None)
        kinds: dict[str, float] = {}
        if wanted is None and self.source == "both":
            kinds = kinds_of(case.given, following, model.words, evidence, bound)
            command = max(
                (name for name in kinds if name in allowed),
                key=kinds.__getitem__,
                default=command,
            )
        return Reading(
            *(case, stop, command, drawn, (), seen, wanted, began, start),
            evidence=evidence,
            kinds=kinds,
            turned_before={} if after is None else after.turned or after.turned_before,
        )

    def written(self, reading: Reading, *, until: Until, n: int = 0) -> Reading:
        """Return a reading with what the model writes, enough for `n` answers; when it is due, no
        more is written.

        A cloud tells better than the model how the part goes on: there it writes one step.
        """
        if reading.began is None or reading.start is None:
            return replace(reading)
        until = "built" if reading.wanted is not None else until
        rows = self._drawn(n).rows
        drawn = replace(reading.sampling, rows=rows, until=until)
        start = reading.start.only(reading.command)
        with self.kernel.until(drawn.due):
            made = self._built(generate(reading.began, start, drawn), reading, until)
        return replace(reading, sampling=drawn, rows=made)

    def _built(self, rows: Sequence[Row], reading: Reading, until: Until) -> tuple[Row, ...]:
        given, whole = reading.given.whole_operations, until == "end"
        return built_rows(rows, self.kernel, given=given, compared=whole)

    def _drawn(self, n: int) -> Sampling:
        """How the model draws so that there are `n` different answers."""
        model = self.model
        return self.drawn or usual_sampling(model.config, model.metrics, answers=n)

    def ideas(self, reading: Reading) -> list[Idea]:
        """Return ideas for the next operation, each with its probability, the likeliest first."""
        if reading.began is None and reading.wanted is None and not reading.rows:
            return offhand(reading)
        chances = Weighing(reading, self.ranker)
        found = judged(reading, self.model, self.grammar, chances=chances)
        every = [*found, *by_habit(reading)]
        return ranked(every, reading, chances, words=self.model.words)

    def write_more(self, reading: Reading, attempt: int) -> None:
        assert reading.began is not None and reading.start is not None
        start = reading.start.only(reading.command)
        more = generate(reading.began, start, reading.sampling.bolder(attempt))
        rows = (*reading.rows, *more)
        reading.rows = self._built(rows, reading, reading.sampling.until)


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
