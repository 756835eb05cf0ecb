"""Answers beside the truth: where the designer's operation stands, and what each part is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cadcomplete.evaluate.records import Answered
from cadcomplete.evaluate.run import Watch
from cadcomplete.history.sequence import truncate
from cadcomplete.metrics.operations import Ranking, rank
from cadcomplete.metrics.parts import PartScore, score_parts, target_part
from cadcomplete.predictions import Answer


@dataclass(frozen=True, slots=True)
class Scored:
    """An answer and what it is worth.

    Attributes:
        ranking: of its suggestions; None if the part was finished, so that none can be right.
        before: what the given operations alone, as they are, are worth.
        parts: what each finished part is worth, the best first; if there are none, one that failed.
    """

    answer: Answered
    ranking: Ranking | None
    before: PartScore
    parts: tuple[PartScore, ...]

    @property
    def finished(self) -> bool:
        return self.ranking is None

    @property
    def part(self) -> str:
        """What belongs together when parts are drawn: the name of the part and of its data set."""
        return f"{self.answer.data}/{self.answer.truth.id}"

    def hit(self, at: int) -> bool | None:
        """Whether one of the first `at` suggestions is a hit; None where none can be one."""
        if self.ranking is None or self.ranking.excluded:
            return None
        return self.ranking.rank is not None and self.ranking.rank <= at


def scored(answers: Sequence[Answered], *, watch: Watch) -> list[Scored]:
    """Compare every answer with the truth; takes milliseconds for each."""
    found = []
    for number, answer in enumerate(answers, start=1):
        found.append(_scored(answer))
        watch("scoring", number, len(answers))
    return found


def _scored(answer: Answered) -> Scored:
    truth, given, prediction = answer.truth, answer.given, answer.prediction
    ranking = None
    if given < len(truth):
        ranking = rank(truth, given, prediction.next, failed=answer.failed)
    target = target_part(truth, given)
    alone = Answer(truncate(truth, given), 1.0) if given else None
    before = target.score(alone, distances=False)
    return Scored(answer, ranking, before, score_parts(target, prediction.parts))
