"""Random draws that are the same on every machine, and numbers as designers choose them."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

INCH = 25.4

# What is on a designer's tongue first: about the series R10, without odd decimals.
_ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
_ROUNDEST = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0)

# Clearance and tapping drills of ISO threads and whole diameters.
_HOLES = (
    *(0.5, 0.8, 1.0, 1.2, 1.5, 1.6, 2.0, 2.5, 3.0, 3.2, 3.3, 3.4, 3.5, 4.0, 4.2, 4.3, 4.5, 5.0),
    *(5.5, 6.0, 6.4, 6.6, 7.0, 8.0, 8.4, 8.5, 9.0, 10.0, 10.2, 10.5, 11.0, 12.0, 13.0, 13.5),
    *(14.0, 15.0, 16.0, 17.5, 18.0, 20.0, 22.0, 24.0, 25.0, 26.0, 28.0, 30.0, 32.0, 35.0, 40.0),
)

# Of the heights of the Fusion 360 designs 72 % are whole millimetres, 6 % halves, 10 % tenths
# and 4 % fractions of an inch; of the Omni-CAD files 55, 1, 21 and 9 %.
_INCH_SHARE = 0.05
_COARSE, _FINE = 0.50, 0.90


class Dice:
    """Draws from one stream of uniform numbers.

    Only `random()` is used of the standard library: of its methods it alone is promised to stay
    the same from version to version.
    """

    def __init__(self, seed: int, number: int) -> None:
        self.random = Random(((2 * abs(seed) + (seed < 0)) << 64) + number).random

    def chance(self, share: float) -> bool:
        return self.random() < share

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self.random())

    def one(self, items: Sequence[T]) -> T:
        return items[int(len(items) * self.random())]

    def weighted(self, weights: dict[T, float]) -> T:
        """Return a key, each as often as its weight says."""
        left = sum(weights.values()) * self.random()
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        return next(reversed(weights))

    def normal(self) -> float:
        """Return a draw from the standard normal distribution (Box and Muller)."""
        radius = math.sqrt(-2 * math.log(1 - self.random()))
        return radius * math.cos(2 * math.pi * self.random())

    def spread(self, median: float, sigma: float) -> float:
        """Return a draw from the log-normal distribution; `sigma` is that of the logarithm."""
        return median * math.exp(sigma * self.normal())


class Ruler:
    """Turns lengths into those a designer would write; one part keeps to one unit."""

    def __init__(self, dice: Dice) -> None:
        self._dice, self._inches = dice, dice.chance(_INCH_SHARE)

    def length(self, about: float) -> float:
        """Return a preferred length near `about`, in millimetres, always above 0."""
        if self._inches:
            return _fraction(about)
        finest = self._dice.random()
        if finest < _COARSE:
            return coarse(about)
        if about < 0.4:
            return max(round(about, 2), 0.05)
        return to_step(about, 0.1 if finest > _FINE and about < 100 else _step(about))

    def hole(self, about: float) -> float:
        """Return a usual diameter near `about`."""
        if self._inches or not _HOLES[0] < about < _HOLES[-1]:
            return self.length(about)
        index = bisect(_HOLES, about)
        low, high = _HOLES[index - 1], _HOLES[index]
        return low if about - low < high - about else high


def _step(about: float) -> float:
    """Return to what lengths of this size are mostly rounded."""
    steps = ((2.0, 0.1), (5.0, 0.5), (250.0, 1.0), (1000.0, 5.0))
    return next((step for most, step in steps if about < most), 10.0)


def to_step(about: float, step: float) -> float:
    """Return the multiple of a step nearest to `about`, at least one."""
    return round(max(round(about / step), 1) * step, 6)


def coarse(about: float) -> float:
    """Return the roundest length near `about`: 1, 1.2, 1.5 … times a power of ten."""
    decade = 10.0 ** math.floor(math.log10(about))
    lead, series = about / decade, _ROUND if about >= 10 else _ROUNDEST
    index = bisect(series, lead)
    low, high = series[index - 1], series[min(index, len(series) - 1)]
    return round((low if lead - low < high - lead else high) * decade, 6)


def _fraction(about: float) -> float:
    """Return a fraction of an inch near `about`, in millimetres."""
    inches = about / INCH
    parts = 64 if inches < 0.25 else 16 if inches < 2 else 4 if inches < 12 else 1
    return round(max(round(inches * parts), 1) / parts * INCH, 6)


def unround(about: float, code: int) -> float:
    """Return a length near `about` as freehand drawing gives it; `code` is its six decimals."""
    return max(math.floor(about), 1) + code / 1_000_000
