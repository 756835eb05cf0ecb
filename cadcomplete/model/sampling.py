"""How a model draws continuations. Nothing here imports torch: it is said before one is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from cadcomplete.config import Config
from cadcomplete.deadline import NEVER, Deadline
from cadcomplete.errors import InputError

ATTEMPTS = 3
"""How often a model writes at most, if nothing that it writes is valid."""

_BOLDER = 1.3
"""By how much the temperature rises from one attempt to the next."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How continuations are drawn.

    Attributes:
        greedy: whether the first row always takes the likeliest token.
        top_p: tokens beyond this share of the probability are not drawn.
        most_tokens: longest continuation.
        until: where a continuation is over: where the model ends it, or as soon as an operation of
            it has built something.
        due: when nothing more is written; then continuations are as long as they are.
    """

    rows: int = 6
    greedy: bool = True
    temperature: float = 0.9
    top_p: float = 0.95
    most_tokens: int = 512
    seed: int = 0
    until: Literal["end", "built"] = "end"
    due: Deadline = NEVER

    def __post_init__(self) -> None:
        for name, value, allowed, expected in (
            ("--rows", self.rows, 1 <= self.rows <= 1024, "1 to 1024"),
            ("--max-new-tokens", self.most_tokens, self.most_tokens >= 1, "1 or more"),
            ("--top-p", self.top_p, 0 < self.top_p <= 1, "more than 0, up to 1"),
            ("--temperature", self.temperature, 0 < self.temperature <= 100, "0 to 100, not 0"),
        ):
            if not allowed:  # what is not a number is not allowed either
                raise InputError("cannot draw like that", where=name, expected=expected, got=value)

    def bolder(self, attempt: int) -> Sampling:
        """Return how to draw when nothing valid came: not the likeliest, and with more chance."""
        raised = min(self.temperature * _BOLDER**attempt, 100.0)
        return replace(self, greedy=False, temperature=raised, seed=self.seed + attempt)


def usual_sampling(config: Config, metrics: dict[str, Any], *, answers: int = 0) -> Sampling:
    """Return how a model draws unless something else is wanted.

    Of so many different `answers` some will be alike, so more is written than is asked for.

    Language models as the specification says; those of our own as was measured to be better. No
    text is cut off that is as long as those that the model has learned to write, turned as well.
    """
    longest = metrics.get("longest_target")
    learned = longest + longest // 10 if isinstance(longest, int) else config.data.max_length
    own = Sampling(rows=max(16, 2 * answers + 6))
    if not config.model.language_model:
        return replace(own, most_tokens=max(own.most_tokens, learned))
    return replace(own, temperature=0.7, top_p=0.9, most_tokens=max(3000, learned))
