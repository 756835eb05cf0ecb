"""Numbers that designers would write for one that was measured in a picture."""

from __future__ import annotations

from collections.abc import Iterator

_GRIDS = (
    *(100.0, 50.0, 25.4, 20.0, 10.0, 12.7, 5.0, 6.35, 2.5, 2.0, 3.175, 1.0, 0.5, 1.5875),
    *(0.25, 0.2, 0.1, 0.05, 0.01),
)
"""Multiples of these in mm are round, the first most; inches and their parts are among them."""


def rounded(value: float, *, off: float) -> Iterator[float]:
    """Yield the two roundest numbers not more than `off` from a value; or else itself."""
    found: list[float] = []
    for grid in _GRIDS:
        near = round(round(value / grid) * grid, 4)
        if near and abs(near - value) <= off and near not in found:
            found.append(near)
        if len(found) == 2:
            break
    yield from found or [round(value, 3)]
