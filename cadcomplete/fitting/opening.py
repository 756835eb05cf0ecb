"""The side from which a scanner saw nothing: where a surface is open, and what would close it.

The normals of a closed surface, times their areas, sum up to nothing. Those of one that was cut
off by a plane sum up to the area of the cut, pointing the other way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.fitting.rounds import across
from cadcomplete.fitting.winding import Winding, winding
from cadcomplete.geometry import Array

_LEAST = 0.085  # length of the mean normal; below, chance turns it by more than 15 degrees
_TRIMMED = 0.002  # share of the points that noise may have put beyond the cut
_CELLS = 40  # along each side of the patch that closes a cut
_WITHIN = 0.25  # winding number that is inside at a cut: half of one, less what is missing around


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """A plane beyond which nothing was seen: normal · point > offset; `normal` is unit."""

    normal: Array
    offset: float

    def beyond(self, points: Array) -> np.ndarray:
        """Say of points (n, 3) whether they are where nothing was seen."""
        return points @ self.normal > self.offset


def opening(points: Array, normals: Array) -> Opening | None:
    """Return where a surface is open, if it is to one side; points and normals are (n, 3)."""
    mean = normals.mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length < _LEAST:
        return None
    direction = -mean / length
    return Opening(direction, float(np.quantile(points @ direction, 1 - _TRIMMED)))


def closed(points: Array, normals: Array, opened: Opening | None) -> Winding:
    """Return the winding number of a surface with a patch over its opening."""
    winds = winding(points, normals)
    if opened is None:
        return winds
    frame = across(opened.normal)
    flat = points @ frame.T
    low, span = flat.min(axis=0), np.ptp(flat, axis=0)
    steps = (np.arange(_CELLS) + 0.5) / _CELLS
    grid = low + span * np.stack(np.meshgrid(steps, steps), 2).reshape(-1, 2)
    places = grid @ frame + opened.offset * opened.normal
    below = places - 0.02 * float(span.max()) * opened.normal
    patch = places[winds.at(below) > _WITHIN]
    areas = np.full(len(patch), float(span.prod()) / _CELLS**2)
    return winding(points, normals, patch=(patch, areas[:, None] * opened.normal))
