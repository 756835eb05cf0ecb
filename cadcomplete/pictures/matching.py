"""How well a body explains a picture, seen as a view says: its edges, and its outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.pictures.seen import SIZE, WAYS, Seen
from cadcomplete.pictures.sides import RASTER, Aspect
from cadcomplete.pictures.turning import likely_cameras
from cadcomplete.pictures.views import Shot, hits, near

_ROUGH, _FINE = 2.5, 1.0  # pixels that edges may be off, standard deviations
_CELL = 2  # pixels of the cells in which edges meet
_THIN = 2  # of which each so many pixels of the outline is compared


@dataclass(frozen=True, eq=False)
class Sight:
    """A picture, ready for comparison."""

    seen: Seen

    @cached_property
    def rough(self) -> Array:
        """How near each pixel is to an edge of each way, (WAYS, SIZE, SIZE), from far."""
        return near(self.seen, _ROUGH)

    @cached_property
    def fine(self) -> Array:
        """The same, from close by."""
        return near(self.seen, _FINE)

    @cached_property
    def cameras(self) -> tuple[list[Array], list[Array]]:
        """The axes of cameras from which it may be seen: usual ones, and what its edges tell."""
        return likely_cameras(self.seen)

    @cached_property
    def drawn(self) -> np.ndarray:
        """The cells of the edges of the picture with their ways, as numbers, shape (n,)."""
        way, row, column = np.nonzero(self.seen.away == 0)
        cells = SIZE // _CELL + 2
        return ((way * cells) + row // _CELL + 1) * cells + column // _CELL + 1

    @cached_property
    def length(self) -> float:
        """How many pixels of edges there are."""
        return float(max(1, self.seen.edges.sum()))


@dataclass(frozen=True, slots=True)
class Match:
    """What of a picture a body explains.

    Attributes:
        explained: the share of the picture's edges on which there are edges of the body.
        false: how much of its edges lies where the picture has none, as a share of those.
        overlap: the IoU of the outlines.
        outside: the share of the body that lies outside of the part.
    """

    explained: float = 0.0
    false: float = 0.0
    overlap: float = 0.0
    outside: float = 0.0

    @property
    def values(self) -> tuple[float, ...]:
        return (self.explained, self.false, self.overlap, self.outside)


NOTHING = Match()
"""What is explained by nothing."""


def match(side: Aspect, sight: Sight, view: Shot) -> Match:
    """Compare a body with a picture."""
    near_N = hits(side, sight.fine, view)
    lengths = side.weights * view.scale
    false = float((1 - near_N) @ lengths) / sight.length
    overlap, outside = _outlines(side, sight.seen, view)
    return Match(_explained(side, sight, view), false, overlap, outside)


def _explained(side: Aspect, sight: Sight, view: Shot) -> float:
    """The share of the edges of a picture that have one of the body beside them."""
    cells = SIZE // _CELL + 2
    column, row = (np.floor(v / _CELL).astype(np.int64) + 1 for v in view.pixels(side.points))
    inside = (column >= 1) & (row >= 1) & (column < cells - 1) & (row < cells - 1)
    base = ((side.ways * cells) + row) * cells + column
    marked = np.zeros(WAYS * cells * cells, dtype=bool)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            marked[base[inside] + dy * cells + dx] = True
    found = marked[sight.drawn]
    return float(found.sum()) / max(1, len(found))


def _outlines(side: Aspect, seen: Seen, view: Shot) -> tuple[float, float]:
    """The IoU of the outlines, and the share of the body's that lies outside of the part's."""
    middle = (side.low + side.high) / 2
    pixels = np.arange(_THIN // 2, SIZE, _THIN) + 0.5
    right = (pixels - view.x0) / view.scale - middle[0]
    up = (view.y0 - pixels) / view.scale - middle[1]
    column = np.floor(RASTER / 2 + right * side.finer).astype(np.int64)
    row = np.floor(RASTER / 2 - up * side.finer).astype(np.int64)
    wide, high = ((v >= 0) & (v < RASTER) for v in (column, row))
    body = np.zeros((len(pixels), len(pixels)), dtype=bool)
    body[np.ix_(high, wide)] = side.raster[np.ix_(row[high], column[wide])] >= 0
    part = seen.part[_THIN // 2 :: _THIN, _THIN // 2 :: _THIN]
    common = float((body & part).sum())
    area = float((side.raster >= 0).sum()) * (view.scale / side.finer / _THIN) ** 2
    union = area + float(part.sum()) - common
    return common / max(union, 1.0), 1.0 - min(1.0, common / max(area, 1e-9))
