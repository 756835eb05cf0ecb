"""From many values to one: confidence intervals, groups, and which of n samples counts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from cadcomplete.errors import InputError
from cadcomplete.history.geometry import Array

Thing = TypeVar("Thing")
Key = TypeVar("Key", bound=Hashable)


def bootstrap(
    values: Array | Sequence[float],
    groups: Sequence[str],
    *,
    seed: int,
    draws: int = 1000,
    median: bool = False,
) -> tuple[float, float]:
    """Return the 95 % confidence interval of a mean, or median, over source designs.

    Designs are drawn with replacement, each with all its values (the cluster bootstrap: A. C.
    Davison, D. V. Hinkley, Bootstrap Methods and their Application, 1997, section 3.8); low and
    high are the 2.5 % and 97.5 % points of the draws. A value without a group is one by itself.
    Raises InputError if there are no values or not as many groups.
    """
    found = np.asarray(values, dtype=np.float64)
    if not len(found) or len(found) != len(groups):
        raise InputError("no interval", expected=f"{len(found)} > 0 groups", got=len(groups))
    names = [group or f"#{i}" for i, group in enumerate(groups)]
    _, member = np.unique(names, return_inverse=True)
    count = int(member.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = rng.integers(count, size=(draws, count))
    if median:
        rows = [np.flatnonzero(member == g) for g in range(count)]
        means = [np.median(found[np.concatenate([rows[g] for g in d])]) for d in drawn]
    else:
        sums = np.bincount(member, weights=found)
        sizes = np.bincount(member)
        means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return _interval(np.asarray(means))


def macro_bootstrap(
    values: Array | Sequence[float],
    groups: Sequence[str],
    kinds: Sequence[str],
    *,
    seed: int,
    draws: int = 1000,
) -> tuple[float, float]:
    """Return the 95 % interval of the mean over kinds of the mean of each, designs drawn as above.

    A draw in which a kind does not occur takes the mean over the others. Raises InputError as
    `bootstrap` does.
    """
    found = np.asarray(values, dtype=np.float64)
    if not len(found) or not len(found) == len(groups) == len(kinds):
        raise InputError("no interval", expected=f"{len(found)} > 0 groups", got=len(groups))
    names = [group or f"#{i}" for i, group in enumerate(groups)]
    _, member = np.unique(names, return_inverse=True)
    _, kind = np.unique(kinds, return_inverse=True)
    shape = (int(member.max()) + 1, int(kind.max()) + 1)
    sums, sizes = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (member, kind), found)
    np.add.at(sizes, (member, kind), 1)
    drawn = np.random.default_rng(seed).integers(shape[0], size=(draws, shape[0]))
    total_DK, count_DK = sums[drawn].sum(axis=1), sizes[drawn].sum(axis=1)
    means_DK = np.where(count_DK > 0, total_DK / np.maximum(count_DK, 1), np.nan)
    return _interval(np.nanmean(means_DK, axis=1))


def _interval(draws: Array) -> tuple[float, float]:
    """The 2.5 % and 97.5 % points, each one of the draws: between infinities lies nothing."""
    ordered = np.sort(draws)
    low, high = (min(int(len(ordered) * q), len(ordered) - 1) for q in (0.025, 0.975))
    return float(ordered[low]), float(ordered[high])


def by(things: Iterable[Thing], key: Callable[[Thing], Key]) -> dict[Key, list[Thing]]:
    """Return things in groups, such as by the number of operations given, in order of the key."""
    groups: dict[Key, list[Thing]] = {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return dict(sorted(groups.items(), key=lambda pair: str(pair[0]).rjust(12)))


def rank_1(values: Sequence[float]) -> float | None:
    """Return the value of the first of our own ranking: best of n, as a user gets it."""
    return values[0] if values else None


def expected(values: Sequence[float]) -> float | None:
    """Return the plain mean over the samples: what one sample, taken blindly, is worth.

    Not weighted by our scores: those have a metric of their own, and a mean that they weigh
    would be neither what the model makes nor what the user gets.
    """
    return float(np.mean(values)) if values else None


def oracle(values: Sequence[float]) -> float | None:
    """Return the best value by the truth, which nobody has: a bound, never a result."""
    return max(values) if values else None


CHOICES: dict[str, Callable[[Sequence[float]], float | None]] = {
    "rank 1": rank_1,
    "expected": expected,
    "oracle": oracle,
}
"""How the values of n samples, in the order of our ranking, become one."""
