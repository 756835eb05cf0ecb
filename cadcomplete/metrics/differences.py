"""What one way of asking is above another, on the same questions.

Two intervals that overlap say little: the same parts are easy or hard in both. So the difference
is taken question by question, and parts are drawn with replacement, each with all its cuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.errors import InputError
from cadcomplete.metrics.aggregate import bootstrap, macro_bootstrap


@dataclass(frozen=True, slots=True)
class Paired:
    """The values of one question, asked in two ways.

    Attributes:
        kind: what the macro average has one weight for; "" where there is no such average.
        part: that the question is about.
    """

    value: float
    other: float
    part: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much values are above others, mean; `low` and `high` are the 95 % interval.

    Attributes:
        questions, parts: it is taken from.
    """

    value: float
    low: float
    high: float
    questions: int
    parts: int

    @property
    def above_none(self) -> bool:
        """Whether the whole interval is above 0."""
        return self.low > 0


def difference(pairs: Sequence[Paired], *, draws: int = 1000, seed: int = 0) -> Difference:
    """Return the mean over kinds of the mean difference of each; parts are drawn.

    The difference of two macro averages over the same questions is the macro average of the
    differences. Raises InputError if there are no pairs.
    """
    if not pairs:
        raise InputError("nothing to compare", expected="questions that were asked in both ways")
    values = np.array([p.value - p.other for p in pairs])
    parts, kinds = [p.part for p in pairs], [p.kind for p in pairs]
    names = np.array(kinds)
    value = float(np.mean([values[names == kind].mean() for kind in sorted(set(kinds))]))
    if len(set(kinds)) > 1:
        low, high = macro_bootstrap(values, parts, kinds, seed=seed, draws=draws)
    else:
        low, high = bootstrap(values, parts, seed=seed, draws=draws)
    return Difference(value, low, high, len(pairs), len(set(parts)))
