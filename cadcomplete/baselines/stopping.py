"""The predictor that adds nothing: it is right whenever the part is finished."""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.baselines.judging import SuggestionJudge
from cadcomplete.predictions import Case, Idea, Prediction


@dataclass(frozen=True, slots=True)
class StopPredictor:
    """Says that every part is finished as it is, and suggests nothing."""

    judge: SuggestionJudge
    name: str = "stop"

    def predict(self, case: Case, *, n: int, seed: int) -> Prediction:
        """Return the given part as the only finished one."""
        parts = self.judge.parts(case.given, [Idea((), 1.0, "given")], n=n)
        return Prediction(next=(), parts=parts, stop=1.0, generated=1)
