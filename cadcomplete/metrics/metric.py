"""A metric, and what it came to: a number never stands without its unit, counts and failures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cadcomplete.metrics.aggregate import bootstrap


@dataclass(frozen=True, slots=True)
class Metric:
    """The definition of a number that is printed.

    Attributes:
        name: its key in `METRICS`.
        unit: "share" (0 to 1), "mm", ... ; "" if it is a plain number.
        formula: in words and symbols, with what a failure counts as.
        source: the paper or file it is taken from, or "ours".
        better: which way it improves.
    """

    name: str
    unit: str
    formula: str
    source: str
    better: Literal["higher", "lower", "neither"] = "higher"


@dataclass(frozen=True, slots=True)
class Result:
    """What a metric came to.

    Attributes:
        name: of the metric, a key of `METRICS`.
        value: None if there is nothing to take it from.
        unit: of `value`.
        n_total: all items that there are, counted ones, failed ones and excluded ones.
        n_failed: items that failed; they count as the formula says, or are among the excluded.
        failures: why, and how often each.
        excluded: items that the metric is not defined for, by reason; they do not count.
        low, high: the 95 % confidence interval, if it was asked for.
    """

    name: str
    value: float | None
    unit: str
    n_total: int
    n_failed: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    excluded: Mapping[str, int] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None

    @property
    def n(self) -> int:
        """How many items the value is taken from."""
        return self.n_total - sum(self.excluded.values())

    def document(self) -> dict[str, object]:
        """Return it as JSON values; one that is infinite is none there."""
        return {
            "name": self.name,
            "value": _finite(self.value),
            "unit": self.unit,
            "n_total": self.n_total,
            "n_failed": self.n_failed,
            "failures": dict(self.failures),
            "excluded": dict(self.excluded),
            "low": _finite(self.low),
            "high": _finite(self.high),
        }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a metric.

    Attributes:
        value: None if the metric is not defined here; then `excluded` says why.
        group: the source design, for confidence intervals.
        failed: why it failed; `value` is then what a failure counts as.
    """

    value: float | None
    group: str = ""
    failed: str = ""
    excluded: str = ""


def summarize(
    metric: Metric,
    items: Iterable[Item],
    *,
    median: bool = False,
    draws: int = 0,
    seed: int = 0,
) -> Result:
    """Return the mean, or median, of the items, with their counts.

    With `draws` > 0 also the 95 % interval of `aggregate.bootstrap` over groups.
    """
    everything = list(items)
    used = [item for item in everything if item.value is not None]
    values = np.array([item.value for item in used], dtype=np.float64)
    average = np.median if median else np.mean
    failures = Counter(item.failed for item in everything if item.failed)
    excluded = Counter(item.excluded or "not defined" for item in everything if item.value is None)
    low, high = None, None
    if draws and len(values):
        groups = [item.group for item in used]
        low, high = bootstrap(values, groups, seed=seed, draws=draws, median=median)
    return Result(
        name=metric.name,
        value=float(average(values)) if len(values) else None,
        unit=metric.unit,
        n_total=len(everything),
        n_failed=sum(failures.values()),
        failures=dict(sorted(failures.items())),
        excluded=dict(sorted(excluded.items())),
        low=low,
        high=high,
    )
