"""Whether a score of 0.7 is right seven times out of ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.errors import InputError
from cadcomplete.metrics.metric import Metric

BINS = 10

CALIBRATION = Metric(
    "calibration error",
    "share",
    "Σ count / total · |hits - score| over 10 bins of equal width",
    "C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017",
    "lower",
)


@dataclass(frozen=True, slots=True)
class Bin:
    """The scores from `low` up to `high`: how many, their mean, and the share that hit."""

    low: float
    high: float
    count: int
    score: float | None
    hits: float | None


def reliability(
    scores: Sequence[float], hits: Sequence[bool], *, bins: int = BINS
) -> tuple[Bin, ...]:
    """Return the reliability table: bins of equal width over [0, 1], the last one with its end.

    Raises InputError for a score outside of [0, 1], or unless there are as many hits as scores.
    """
    p, hit = np.asarray(scores, dtype=np.float64), np.asarray(hits, dtype=np.float64)
    if len(p) != len(hit):
        raise InputError("hits do not fit the scores", expected=str(len(p)), got=len(hit))
    if not ((p >= 0) & (p <= 1)).all():
        wrong = p[~((p >= 0) & (p <= 1))][0]
        raise InputError("not a probability", expected="0 to 1", got=float(wrong))
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    table = []
    for i in range(bins):
        there = place == i
        count = int(there.sum())
        score = float(p[there].mean()) if count else None
        share = float(hit[there].mean()) if count else None
        table.append(Bin(i / bins, (i + 1) / bins, count, score, share))
    return tuple(table)


def calibration_error(table: Sequence[Bin]) -> float | None:
    """Return Σ count / total · |hits - score|, 0 is best; None of nothing.

    The expected calibration error (M. P. Naeini et al., AAAI 2015; C. Guo et al., On Calibration
    of Modern Neural Networks, ICML 2017, equation 3).
    """
    total = sum(row.count for row in table)
    gaps = (
        row.count * abs(row.hits - row.score)
        for row in table
        if row.hits is not None and row.score is not None
    )
    return sum(gaps) / total if total else None
