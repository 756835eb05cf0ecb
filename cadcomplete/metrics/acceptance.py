"""Of what is shown, how much is right; and how often anything is shown.

A suggestion is shown if its score is not below a threshold. The higher the threshold, the more of
what is shown is right, and the less is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cadcomplete.metrics.aggregate import bootstrap
from cadcomplete.metrics.metric import Metric

RIGHT = Metric(
    "shown that are right",
    "share",
    "first suggestions with a score of at least the threshold that are hits / those with such a "
    "score",
    "ours",
)
SHOWN = Metric(
    "cuts with something shown",
    "share",
    "cuts whose first suggestion has a score of at least the threshold / cuts; none is not shown",
    "ours",
)
THRESHOLDS = tuple(i / 20 for i in range(20))
"""From all that is suggested to what is all but certain."""


@dataclass(frozen=True, slots=True)
class First:
    """The first suggestion at a cut.

    Attributes:
        score: that it claims; None if nothing was suggested.
        hit: whether it is the designer's.
        group: what belongs together in intervals: the part.
    """

    score: float | None
    hit: bool
    group: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What comes of a threshold.

    Attributes:
        total: cuts; `shown` of them show something, `right` of these are hits.
        low, high: the 95 % interval of `right / shown`, by drawing parts; None where none is shown.
    """

    threshold: float
    total: int
    shown: int
    right: int
    low: float | None = None
    high: float | None = None

    @property
    def share_shown(self) -> float | None:
        return self.shown / self.total if self.total else None

    @property
    def share_right(self) -> float | None:
        return self.right / self.shown if self.shown else None


def acceptance(
    firsts: Sequence[First], threshold: float, *, draws: int = 0, seed: int = 0
) -> Acceptance:
    """Return what comes of showing first suggestions from a threshold on."""
    shown = [f for f in firsts if f.score is not None and f.score >= threshold]
    low, high = None, None
    if draws and shown:
        groups = [f.group for f in shown]
        low, high = bootstrap([float(f.hit) for f in shown], groups, seed=seed, draws=draws)
    right = sum(f.hit for f in shown)
    return Acceptance(threshold, len(firsts), len(shown), right, low, high)


def curve(firsts: Sequence[First], *, draws: int = 0, seed: int = 0) -> tuple[Acceptance, ...]:
    """Return what comes of each of `THRESHOLDS`."""
    return tuple(acceptance(firsts, t, draws=draws, seed=seed) for t in THRESHOLDS)
