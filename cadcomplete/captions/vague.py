"""What words without numbers say: that a "rod" is long, that a "washer" is hollow.

For each question of what an operation makes (`classes.py`) a regression on what was made before,
and beside it one on the words of the caption, were fitted to captions of the training split
(`benchmarks/vague.py`). What both know better than the first alone is what the words say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from cadcomplete.captions.classes import bounded, classes, context, words_of
from cadcomplete.captions.planes import PlaneView, views
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence

FILE = Path(__file__).with_name("vague.json")

MOST = 3.0
"""Nats that vague words are worth at most, for one question."""

BIAS = "1"
"""The name of what is always there."""

UNIT = 0.01
"""Nats that the weights are counted in."""

Rows = Mapping[str, tuple[int, ...]]
"""The weights of each name, K of them, in `UNIT`."""


@dataclass(frozen=True, slots=True)
class Question:
    """A multinomial logistic regression, with and without words.

    Attributes:
        answers: K of them.
        before: the weights of what was made before, and a bias.
        words: the weights of words, beside those.
    """

    answers: tuple[str, ...]
    before: Rows
    words: Rows

    def nats(self, known: Iterable[str], words: Iterable[str]) -> dict[str, float]:
        """Return by how many nats each answer is likelier with the words than without them."""
        without = _sum(self.before, (BIAS, *known), len(self.answers))
        told = without + _sum(self.words, words, len(self.answers))
        more = (_logs(told) - _logs(without)).tolist()
        return {one: bounded(nat, MOST) for one, nat in zip(self.answers, more, strict=True)}


def _sum(rows: Rows, names: Iterable[str], count: int) -> Array:
    """What names say of K answers together, in nats."""
    found = [rows[name] for name in names if name in rows]
    return UNIT * np.sum(found, axis=0) if found else np.zeros(count)


def _logs(scores: Array) -> Array:
    """The logarithms of the probabilities of K answers."""
    scores = scores - scores.max()
    return np.asarray(scores - np.log(np.exp(scores).sum()))


@cache
def asked() -> Mapping[str, Question]:
    """Return the regressions of each question."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: Question(
            tuple(one["answers"]),
            {word: tuple(row) for word, row in one["before"].items()},
            {word: tuple(row) for word, row in one["words"].items()},
        )
        for name, one in document.items()
    }


@dataclass(frozen=True, slots=True)
class Vague:
    """What the words of a caption say of what comes after a history."""

    words: frozenset[str]
    before: tuple[Operation, ...]
    seen: list[PlaneView] = field(default_factory=list)
    known: dict[str, dict[str, float]] = field(default_factory=dict)

    @staticmethod
    def of(text: str, before: tuple[Operation, ...]) -> Vague:
        return Vague(words_of(text), before)

    def nats(self, operation: Operation) -> float:
        """Return what they say for or against an operation; 0 for one that cannot be drawn."""
        try:
            if isinstance(operation, Sketch) and not self.seen:
                self.seen.extend(views(CadSequence(self.before)))
            found = classes(operation, self.before, self.seen)
            return sum(self._answers(name).get(answer, 0.0) for name, answer in found.items())
        except (GeometryError, UnsupportedError):
            return 0.0

    def _answers(self, question: str) -> dict[str, float]:
        if question not in self.known:
            one = asked().get(question)
            names = tuple(context(self.before)) if one else ()
            self.known[question] = one.nats(names, self.words) if one else {}
        return self.known[question]
