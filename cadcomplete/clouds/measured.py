"""Where a wanted part has flat faces across the axes: numbers that a model can copy.

A cloud comes in a frame of its own, and an encoder sees shapes better than millimetres. These
positions are what a person would measure first; they are said in words beside the cloud.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from cadcomplete.clouds.circles import Round, rounds
from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.history.fields import number
from cadcomplete.history.geometry import Array
from cadcomplete.history.symmetry import Symmetry

MOST = 6
"""Positions along an axis; the faces with the largest area are named."""

_EXACT, _COARSE = 2e-5, 1.2e-2  # widths of a face's points, as shares of the longest side
_LEAST = 0.004  # the smallest face, as a share of all points
_FACING = math.cos(math.radians(12))


@dataclass(frozen=True, slots=True)
class ShapeMeasures:
    """What was measured in a cloud, in millimetres.

    Attributes:
        levels: the positions of flat faces across x, y and z, each in order.
        rounds: cylinders along an axis.
        decimals: to how many places the numbers are known.
    """

    levels: tuple[tuple[float, ...], ...]
    rounds: tuple[Round, ...]
    decimals: int = 6

    @staticmethod
    def of(cloud: PointCloud) -> ShapeMeasures:
        width = _width(cloud)
        decimals = _decimals((2e-5 if width == _EXACT else 5e-3) * 2 * cloud.scale)
        noise = 0.0 if width == _EXACT else _COARSE
        return ShapeMeasures(levels(cloud), rounds(cloud, noise=noise), decimals)

    @property
    def words(self) -> str:
        """The measures as a model reads them: "x -5 5 y 0 20 z 0 3.5 10 hole z 2 16.5 1.25".

        Positions of flat faces across the axes, then cylinders along them, each with its place in
        the other two axes and its radius.
        """
        named = zip("xyz", self.levels, strict=True)
        words = [" ".join([axis, *map(number, values)]) for axis, values in named]
        for one in self.rounds:
            numbers = " ".join(map(number, (*one.center, one.radius)))
            words.append(f"{'hole' if one.hole else 'round'} {'xyz'[one.axis]} {numbers}")
        return " ".join(words)

    def moved(self, symmetry: Symmetry) -> ShapeMeasures:
        """Return the measures of the moved part."""
        pairs = list(zip(symmetry.order, symmetry.signs, strict=True))
        moved = tuple(tuple(sorted(s * v + 0.0 for v in self.levels[i])) for i, s in pairs)
        found = [_moved(one, symmetry) for one in self.rounds]
        return replace(self, levels=moved, rounds=_in_order(found))

    def scaled(self, factor: float) -> ShapeMeasures:
        """Return the measures of a part `factor` times as large."""
        places = max(0, min(6, self.decimals - math.floor(math.log10(factor))))

        def times(value: float) -> float:
            return round(value * factor, places) + 0.0

        found = [
            replace(one, center=(times(one.center[0]), times(one.center[1])), radius=r)
            for one in self.rounds
            if (r := times(one.radius))
        ]
        scaled = tuple(tuple(sorted({times(v) for v in values})) for values in self.levels)
        return ShapeMeasures(scaled, _in_order(found), places)

    def stretched(self, place: Callable[[int, float], float]) -> ShapeMeasures:
        """Return the measures of a part whose places along each axis have come to lie elsewhere."""

        def at(axis: int, value: float) -> float:
            return round(place(axis, value), self.decimals) + 0.0

        moved = tuple(tuple(sorted({at(i, v) for v in on})) for i, on in enumerate(self.levels))
        found = []
        for one in self.rounds:
            x, y = (at(i, v) for i, v in zip(_across(one.axis), one.center, strict=True))
            found.append(replace(one, center=(x, y)))
        return ShapeMeasures(moved, _in_order(found), self.decimals)


def _moved(one: Round, symmetry: Symmetry) -> Round:
    there = dict(zip(_across(one.axis), one.center, strict=True))
    axis = symmetry.order.index(one.axis)
    x, y = (symmetry.signs[i] * there[symmetry.order[i]] + 0.0 for i in _across(axis))
    return replace(one, axis=axis, center=(x, y))


def _across(axis: int) -> tuple[int, ...]:
    return tuple(i for i in range(3) if i != axis)


def _in_order(found: Iterable[Round]) -> tuple[Round, ...]:
    return tuple(sorted(found, key=lambda r: (r.axis, r.center, r.radius)))


def measured(cloud: PointCloud) -> str:
    """Return what can be measured in a cloud, in words."""
    return ShapeMeasures.of(cloud).words


def levels(cloud: PointCloud) -> tuple[tuple[float, ...], ...]:
    """Return the positions of flat faces across x, y and z in millimetres, each in order.

    Where the part ends always counts as one. At most `MOST` for an axis. A clean cloud gives
    them exactly, a scan to about a hundredth of the part's size.
    """
    points, normals = cloud.millimetres, cloud.normals
    size = 2 * cloud.scale
    width = _width(cloud)
    found = []
    for axis in range(3):
        values = np.sort(points[np.abs(normals[:, axis]) > _FACING, axis])
        peaks = _peaks(values, width * size, max(6, int(_LEAST * len(points))))
        ends = [float(points[:, axis].min()), float(points[:, axis].max())]
        found.append(_along(peaks, ends, size, exact=width == _EXACT))
    return tuple(found)


def _width(cloud: PointCloud) -> float:
    """How thick faces are: none in a cloud that was computed, some in one that was scanned."""
    points, normals, size = cloud.millimetres, cloud.normals, 2 * cloud.scale
    axis, facing = np.abs(normals).argmax(axis=1), np.abs(normals).max(axis=1) > _FACING
    best = {_EXACT: 0, _COARSE: 0}
    for which in range(3):
        values = np.sort(points[facing & (axis == which), which])
        for width in best:
            best[width] = max(best[width], _count(values, width * size).max(initial=0))
    return _EXACT if best[_EXACT] >= 0.2 * best[_COARSE] else _COARSE


def _count(values: Array, width: float) -> np.ndarray:
    """How many of the sorted values lie within `width` of each."""
    return np.searchsorted(values, values + width, "right") - np.searchsorted(
        values, values - width, "left"
    )


def _peaks(values: Array, width: float, least: int) -> list[tuple[int, float]]:
    """The positions where many of the sorted values are, with their counts, the fullest first."""
    peaks: list[tuple[int, float]] = []
    while len(values) >= least and len(peaks) < MOST:
        counts = _count(values, width)
        best = int(counts.argmax())
        if counts[best] < least:
            break
        near = np.abs(values - values[best]) <= width
        peaks.append((int(counts[best]), float(np.median(values[near]))))
        values = values[np.abs(values - values[best]) > 2 * width]
    return peaks


def _along(
    peaks: list[tuple[int, float]], ends: list[float], size: float, *, exact: bool
) -> tuple[float, ...]:
    """Positions in order, rounded to what is known of them; the ends of the part among them."""
    fine, coarse = _decimals(2e-5 * size if exact else 5e-3 * size), _decimals(5e-3 * size)
    near = 0.015 * size
    positions = {round(value, fine) + 0.0 for _, value in peaks}
    for end in ends:
        if not any(abs(end - value) < near for value in positions):
            positions.add(round(end, coarse) + 0.0)
    return tuple(sorted(positions))


def _decimals(tolerance: float) -> int:
    return max(0, min(6, math.ceil(-math.log10(tolerance))))
