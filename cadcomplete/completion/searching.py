"""The search of a shape alone: what it finds without a model, to be told apart from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np

from cadcomplete.completion.features import FEATURES
from cadcomplete.completion.ideas import Candidate, ideas
from cadcomplete.completion.parts import finished_parts
from cadcomplete.completion.predictor import Answers, ModelPredictor, Question, looked_at
from cadcomplete.deadline import NEVER, Deadline
from cadcomplete.errors import InputError
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Sketch
from cadcomplete.language.grammar import Matcher
from cadcomplete.model.generate import Began
from cadcomplete.predictions import Case

_MISSED = 30.0
"""By how many nats an idea is less probable for all of the agreement that it misses."""


@dataclass(frozen=True)
class SearchPredictor(ModelPredictor):
    """Answers with what the shape says. It is made like one with a model, and never asks that."""

    @property
    def name(self) -> str:
        return "search alone"

    def ask(
        self,
        case: Case,
        *,
        seed: int = 0,
        until: Literal["end", "extrude"] = "end",
        due: Deadline = NEVER,
    ) -> Question:
        """Look at the shape. Raises InputError if there is none.

        What follows is of the kind with which the best part goes on; if that is the given one as
        it is, nothing is missing.
        """
        found, given = looked_at(case), case.given
        if found is None:
            hint = "show it, with the conditions points, scan or all"
            raise InputError("the search alone needs a shape", where=case.id, hint=hint)
        parts = finished_parts(given, (), stop=0.0, wanted=found, seed=seed)
        more = [part.sequence.operations for part in parts if len(part.sequence) > len(given)]
        if more:
            sketched = isinstance(more[0][len(given)], Sketch)
        else:
            sketched = not given.operations or not isinstance(given.operations[-1], Sketch)
        stop = float(bool(parts) and parts[0].source == "given")
        command = "sketch" if sketched else "extrude"
        nothing = cast(Began, None), cast(Matcher, None)  # no model has read anything
        return Question(case, *nothing, stop, command, (), self.sampling, found)

    def until_valid(
        self, question: Question, answer: Callable[[Question], Answers]
    ) -> tuple[Question, Answers]:
        """Answer a question; there is no model that would write more."""
        return question, answer(question)

    def candidates(self, question: Question) -> list[Candidate]:
        """Return the ideas of the search, all equally probable as far as a model is concerned."""
        found = ideas(question.given, (), question.command, wanted=question.wanted)
        return [replace(candidate, log_probability=0.0, tokens=1) for candidate in found]

    def chances(self, question: Question, known: Array) -> Array:
        """The share of each idea, by how much of the best agreement it reaches."""
        missed = known[:, list(FEATURES).index("gain of the best that is not reached")]
        weights = np.exp(-_MISSED * missed)
        return np.asarray(weights / weights.sum())
