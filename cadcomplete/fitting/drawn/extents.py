"""Where a prism from a sketch plane may end, and as which extents that is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extent, ExtentType


@dataclass(frozen=True, slots=True, eq=False)
class Extents:
    """Extents to choose from, and the heights between which each reaches, each (m,)."""

    extents: tuple[Extent, ...]
    lows: Array
    highs: Array
    penalty: Array


PENALTY = {ExtentType.ONE_SIDED: 0.0, ExtentType.SYMMETRIC: 0.004, ExtentType.TWO_SIDED: 0.008}
"""By how much less agreement is enough for the simpler one."""


def extents(heights: Array, size: float) -> Extents:
    """Return the extents that end at some of the heights above the sketch plane, (n,)."""
    least = 1e-5 * size
    chosen = [float(h) for h in heights if abs(h) > least]
    found = [Extent(ExtentType.ONE_SIDED, clean(h)) for h in chosen]
    sizes: list[float] = []
    for h in chosen:
        if all(abs(abs(h) - other) > least for other in sizes):
            sizes.append(abs(h))
    found += [Extent(ExtentType.SYMMETRIC, clean(h)) for h in sizes]
    above, below = [h for h in chosen if h > 0], [h for h in chosen if h < 0]
    for up in above[:12]:
        found += [
            Extent(ExtentType.TWO_SIDED, clean(up), clean(-down))
            for down in below[-12:]
            if abs(up + down) > least
        ]
    spans = np.array([sorted(extent.span) for extent in found]).reshape(-1, 2)
    penalty = np.array([PENALTY[extent.type] for extent in found])
    return Extents(tuple(found), spans[:, 0], spans[:, 1], penalty)


def clean(value: float) -> float:
    """Return a length without the last digits that arithmetic leaves behind."""
    return float(round(value, 7)) + 0.0
