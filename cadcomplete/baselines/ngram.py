"""The predictor that counts: the usual next operation, its numbers in terms of what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cadcomplete.baselines.expressions import (
    Scene,
    drawn,
    drawn_names,
    height_names,
    height_of,
    plane_names,
    planes,
    scene,
)
from cadcomplete.baselines.habits import STOP, Habits, kind, word
from cadcomplete.baselines.judging import PARTS, SuggestionJudge
from cadcomplete.baselines.regions import pattern_of, profiles
from cadcomplete.baselines.voting import Vote, elected, expected_best, has_solid
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.predictions import Case, Idea, Prediction

Context = tuple[str, ...]
Name = tuple[str, ...]
_LONGEST = 4  # operations that are added to finish a part


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each named operation stood in each context, and in how many it had no name."""

    named: dict[Context, Counter[Name]]
    total: Counter[Context]

    def best(self, contexts: Sequence[Context], *, most: int = 60) -> Iterator[tuple[Name, float]]:
        """Yield names and their shares in the first context that was seen often enough."""
        usable = [c for c in contexts if self.total[c] >= 30] or [contexts[-1]]
        total = max(self.total[usable[0]], 1)
        for name, count in self.named.get(usable[0], Counter()).most_common(most):
            yield name, count / total


@dataclass(frozen=True, slots=True)
class NgramPredictor:
    """Suggests what most often stood after the last commands, in terms of what is there."""

    judge: SuggestionJudge
    habits: Habits
    counts: Counts
    first: tuple[tuple[Operation, float], ...]
    name: str = "ngram"

    def predict(self, case: Case, *, n: int, seed: int) -> Prediction:
        """Return the most frequent next operations, and parts that go on with the first three."""
        given = case.given
        following = self.habits.following(given.operations)
        ideas = self.ideas(given.operations)
        wholes = [Idea(self._finish(given, i), i.score, "ngram") for i in ideas[:3]]
        if has_solid(given.operations):
            wholes = [Idea(w.operations, w.score * (1 - following[STOP]), "ngram") for w in wholes]
            wholes.append(Idea((), following[STOP], "given"))
        return Prediction(
            next=self.judge.suggestions(given, ideas, n=n),
            parts=self.judge.parts(given, expected_best(given, wholes), n=min(n, PARTS)),
            stop=following[STOP],
            generated=len(ideas),
        )

    def ideas(self, operations: tuple[Operation, ...]) -> list[Idea]:
        """Return the next operations that are most frequent, the best first."""
        if not operations:
            return [Idea((op,), share, "ngram") for op, share in self.first]
        there, following = scene(operations), self.habits.following(operations)
        kinds = {k: following[k] for k in ("sketch", "extrude")}
        votes = list(self._votes(there))
        return elected(votes, operations, size=there.size, kinds=kinds, source="ngram")

    def _votes(self, there: Scene) -> Iterator[Vote]:
        for which in ("sketch", "extrude"):
            for name, share in self.counts.best(_contexts(which, there.operations)):
                made = _sketch(name, there) if which == "sketch" else _extrude(name, there)
                if made is not None:
                    yield made, share

    def _finish(self, given: CadSequence, idea: Idea) -> tuple[Operation, ...]:
        """Go on with the best idea each time, until the part is probably finished."""
        whole = (*given.operations, *idea.operations)
        for _ in range(_LONGEST):
            following = self.habits.following(whole)
            if has_solid(whole) and following[STOP] >= max(following.values()):
                break
            ideas = self.ideas(whole)
            if not ideas:
                break
            whole = (*whole, *ideas[0].operations)
        return whole[len(given) :]


def counts(training: Sequence[CadSequence]) -> Counts:
    """Count the names of every operation of the training parts but their first."""
    named: dict[Context, Counter[Name]] = {}
    total: Counter[Context] = Counter()
    for part in training:
        for k in range(1, len(part)):
            operation, there = part.operations[k], scene(part.operations[:k])
            names = NAMES[type(operation)](operation, there)
            for context in _contexts(kind(operation), there.operations):
                total[context] += 1
                named.setdefault(context, Counter()).update(names)
    return Counts(named, total)


def _contexts(which: str, operations: Sequence[Operation]) -> list[Context]:
    words = [word(op) for op in operations]
    return [(which, *words[-3:]), (which, *words[-2:]), (which, *words[-1:]), (which,)]


# --- extrudes -----------------------------------------------------------------------------------


def _extrude_names(extrude: Extrude, there: Scene) -> list[Name]:
    pattern, extent = pattern_of(extrude, there.operations), extrude.extent
    if not pattern or extrude.refers() != (there.index,):
        return []
    shape = (extrude.boolean.value, pattern, extent.type.value)
    if extent.type is ExtentType.TWO_SIDED:
        return []
    value = extent.distance if extent.type is ExtentType.ONE_SIDED else abs(extent.distance)
    return [(*shape, name) for name in height_names(value, there)]


def _extrude(name: Name, there: Scene) -> Extrude | None:
    boolean, pattern, extent, height = name
    value = height_of(height, there)
    if value is None or there.sketch is None or not there.sketch.finished:
        return None
    if extent == ExtentType.SYMMETRIC.value and value < 0:
        return None
    region = profiles(pattern, there.sketch, there.index)
    solid = has_solid(there.operations)
    made = Boolean(boolean) if solid else Boolean.NEW_BODY
    if not region:
        return None
    return Extrude(region, Extent(ExtentType(extent), round(value, 6)), made)


# --- sketches -----------------------------------------------------------------------------------


def _sketch_names(sketch: Sketch, there: Scene) -> list[Name]:
    if not sketch.loops or there.sketch is None or not there.sketch.loops:
        return []
    shapes = drawn_names(sketch, there)
    return [(p, s) for p in plane_names(sketch.plane, there) for s in shapes]


NAMES: Table[Callable[[Any, Scene], list[Name]]] = Table(
    "baselines/ngram.py", {Sketch: _sketch_names, Extrude: _extrude_names}
)
"""All names of an operation, in terms of what is there; there may be none."""


def _sketch(name: Name, there: Scene) -> Sketch | None:
    place, shape = name
    plane = planes(there).get(place)
    if plane is None or there.sketch is None or not there.sketch.loops:
        return None
    loops = drawn(shape, plane, there)
    return Sketch(plane, loops) if loops else None
