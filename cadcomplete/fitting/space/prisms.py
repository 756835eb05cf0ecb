"""Prisms that would bring a part closer to the wanted one, before anyone has drawn them."""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.fitting.flat.areas import SectionRegion
from cadcomplete.history.geometry import Array


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A direction to look along.

    Attributes:
        frame: axes x, y and the direction, shape (3, 3).
        heights: at which prisms may end.
        known: those of planes that the history has.
    """

    frame: Array
    heights: Array
    known: list[float]


@dataclass(frozen=True, slots=True, eq=False)
class Prism:
    """A region swept between two heights.

    `gain`: by how much the agreement rises; `purity`: which share of what changes is right.
    """

    region: SectionRegion
    view: View
    low: float
    high: float
    gain: float
    purity: float
