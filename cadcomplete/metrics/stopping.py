"""Whether a prediction knows when nothing is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.metrics.metric import Metric

STOPPING: dict[str, Metric] = {
    "stop precision": Metric(
        "stop precision", "share", "finished / called finished, at a probability of 0.5", "ours"
    ),
    "stop recall": Metric(
        "stop recall", "share", "called finished / finished, at a probability of 0.5", "ours"
    ),
    "stop when finished": Metric(
        "stop when finished",
        "probability",
        "mean probability where the part is finished; no answer counts as 0",
        "ours",
    ),
    "stop when not": Metric(
        "stop when not",
        "probability",
        "mean probability where something is missing; no answer counts as 0",
        "ours",
        "lower",
    ),
    "Brier score": Metric(
        "Brier score",
        "squared probability",
        "mean of (probability - truth)²; no answer counts as a probability of 0",
        "G. W. Brier, Monthly Weather Review 78, 1950",
        "lower",
    ),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """The probability that a part is finished, and whether it is.

    `failed` says why there is no probability; then it counts as 0.
    """

    probability: float
    finished: bool
    id: str = ""
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Stopping:
    """How good the probabilities of being finished are; None where there is nothing to count.

    Attributes:
        n_total: questions.
        n_failed: those without an answer, which count as a probability of 0.
        n_finished: questions whose part is finished.
        precision: of those called finished (probability at least `threshold`), the share that is.
        recall: of those finished, the share that is called so.
        when_finished, when_not: mean probability.
        brier: mean of (probability - truth)², 0 is best (G. W. Brier, Monthly Weather Review 78,
            1950).
    """

    n_total: int
    n_failed: int
    n_finished: int
    precision: float | None
    recall: float | None
    when_finished: float | None
    when_not: float | None
    brier: float | None
    threshold: float = 0.5


def stopping(stops: Sequence[Stop], *, threshold: float = 0.5) -> Stopping:
    """Return how good the probabilities are."""
    p = np.array([0.0 if s.failed else s.probability for s in stops], dtype=np.float64)
    truth = np.array([s.finished for s in stops], dtype=np.bool_)
    called = p >= threshold
    return Stopping(
        n_total=len(stops),
        n_failed=sum(bool(s.failed) for s in stops),
        n_finished=int(truth.sum()),
        precision=_mean(truth[called]),
        recall=_mean(called[truth]),
        when_finished=_mean(p[truth]),
        when_not=_mean(p[~truth]),
        brier=_mean((p - truth) ** 2),
        threshold=threshold,
    )


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
