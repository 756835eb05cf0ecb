"""How round lengths are, in the unit of whoever drew them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STEPS = (10.0, 5.0, 1.0, 0.5, 0.25, 0.1, 0.01)
INCHES = tuple(25.4 / part for part in (1, 2, 4, 8, 16, 32, 1000))


@dataclass(frozen=True, slots=True)
class Units:
    """The steps, in mm, in which some lengths are the roundest, and how many are too coarse."""

    steps: tuple[float, ...]
    roundness: float


def units_of(lengths: Sequence[float]) -> Units:
    """Return the unit of some lengths, and how round they are in it, as a median."""
    if not lengths:
        return Units(STEPS, 0.0)
    found = {steps: [unround(one, steps) for one in lengths] for steps in (STEPS, INCHES)}
    steps = min(found, key=lambda one: sum(found[one]))
    return Units(steps, float(np.median(found[steps])))


def unround(value: float, steps: Sequence[float]) -> float:
    """Return how many steps are too coarse for a length in mm."""
    for number, step in enumerate(steps):
        if abs(value / step - round(value / step)) * step < 1e-4:
            return float(number)
    return float(len(steps))
