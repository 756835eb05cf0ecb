"""The side from which a scanner saw nothing: where a surface is open, and what would close it.

The normals of a closed surface, times their areas, sum up to nothing. Those of one that was cut
off by a plane sum up to the area of the cut, pointing the other way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.fitting.faces.rounds import across
from cadcomplete.fitting.space.winding import Winding, winding
from cadcomplete.history.geometry import Array

_DIRECTIONS = 600  # that are tried
_RIM = 0.03  # thickness of the layer at the end of what was seen, as a share of the size
_LEAST = 24  # points in it
_FACING, _CAPPED = 0.8, 0.06  # normals that close a side, and the share of them that does
_LEANING = 0.2  # most of the mean of normals along the direction: an edge has more
_STRAY, _WRONG = 0.06, -0.016  # most of the mean normal across, and along
_CERTAIN = 0.085  # length of the mean normal that alone says that a surface is open
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
    """Return where a surface is open, if it is to one side; points and normals are (n, 3).

    There the faces end side by side, and none closes the part: of all directions, the one with
    most points at its end, few of which look that way. The mean normal has to point away from it.
    """
    size = float(np.ptp(points, axis=0).max())
    mean = normals.mean(axis=0)
    best, most = None, _LEAST - 1
    directions = _sphere(_DIRECTIONS)
    for step in (0.0, 0.06, 0.02):
        if step and best is not None:
            near = best + step * np.random.default_rng(5).normal(size=(100, 3))
            directions = near / np.linalg.norm(near, axis=1, keepdims=True)
        along = directions @ mean
        across = np.sqrt(np.maximum(mean @ mean - along**2, 0.0))
        directions = directions[(along < _WRONG) & (across < _STRAY)]
        for direction, count in zip(
            directions, _rim(points, normals, directions, size), strict=True
        ):
            if count > most:
                best, most = direction, count
    if best is None:
        length = float(np.linalg.norm(mean))
        if length < _CERTAIN:
            return None
        best = -mean / length
    return Opening(best, float(np.quantile(points @ best, 1 - _TRIMMED)))


def _rim(points: Array, normals: Array, directions: Array, size: float) -> np.ndarray:
    """How many points lie at the end in each direction, 0 where it is closed, (m,)."""
    heights, facing = points @ directions.T, normals @ directions.T
    ends = np.quantile(heights, 1 - _TRIMMED, axis=0)
    inner = heights > ends - _RIM * size
    sides = inner & (np.abs(facing) < _FACING)
    count, caps = sides.sum(axis=0), (inner & (facing >= _FACING)).sum(axis=0)
    leaning = (sides * facing).sum(axis=0) / np.maximum(count, 1)
    return np.where((caps <= _CAPPED * count) & (leaning < _LEANING), count, 0)


def _sphere(count: int) -> Array:
    """Directions evenly over the sphere, (count, 3): Fibonacci's spiral."""
    k = np.arange(count) + 0.5
    z, turn = 1 - 2 * k / count, np.pi * (1 + np.sqrt(5)) * k
    flat = np.sqrt(1 - z * z)
    return np.column_stack([flat * np.cos(turn), flat * np.sin(turn), z])


def closed(points: Array, normals: Array, opened: Opening | None) -> Winding:
    """Return the winding number of a surface with a patch over its opening.

    Points and unit normals are (n, 3), in mm.
    """
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
