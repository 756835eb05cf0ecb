"""Where the curves of a loop cross each other, from their equations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from cadcomplete.errors import InputError
from cadcomplete.history.bent import Bent, polyline
from cadcomplete.history.curves import BENT, Arc, BSpline, Circle, Curve, Line
from cadcomplete.history.geometry import Array, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.tables import Table

MOST_PAIRS = 4_000_000

NEAR_END = 1e-5
"""Part of the size of a loop within which of their ends curves only touch.

Where an arc goes on from a line, single precision makes the two cross once more near by.
"""

_CHORDS = 1.0  # degrees between chords that stand for what is neither straight nor round

_SHORT = 0.01  # the same, as a part of the shorter of two curves

Pairs = tuple[np.ndarray, np.ndarray]
"""Indices of the one and of the other curve, shape (k,) each."""


def crossing(loop: Loop, *, near_end: float = NEAR_END) -> Vec2 | None:
    """Return a point in which a loop crosses itself, or None; touching does not count.

    Raises InputError for too many curves to look at, GeometryError for an arc that there is not.
    """
    if len(loop.curves) < 2 and not any(isinstance(curve, BSpline) for curve in loop.curves):
        return None
    curves = _Curves.of(loop)
    one, other = _beside(curves.low, curves.high)
    size = float((curves.high.max(axis=0) - curves.low.min(axis=0)).max())
    for i, j in curves.alike(one, other):
        margin = np.minimum(
            near_end * size, _SHORT * np.minimum(curves.length[i], curves.length[j])
        )
        for points in curves.meetings(i, j, margin):
            inside = curves.inside(i, points, margin) & curves.inside(j, points, margin)
            if inside.any():
                x, y = points[int(inside.argmax())].tolist()
                return (x, y)
    return None


def _beside(low: Array, high: Array) -> Pairs:
    """Return the pairs of boxes that overlap, from their corners, shape (n, 2) each."""
    order = np.argsort(low[:, 0], kind="stable")
    stop = np.searchsorted(low[order, 0], high[order, 0], side="right")
    counts = np.maximum(stop - np.arange(len(order)) - 1, 0)
    if counts.sum() > MOST_PAIRS:
        problem = f"the loop has {len(low)} curves, too many to look for crossings"
        raise InputError(problem)
    first = np.repeat(np.arange(len(order)), counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    i, j = order[first], order[first + 1 + within]
    beside = (low[i, 1] <= high[j, 1]) & (low[j, 1] <= high[i, 1])
    return i[beside], j[beside]


@dataclass(frozen=True, slots=True, eq=False)
class _Curves:
    """The curves of a loop as arrays over n of them; a line has radius 0 and no centre.

    Angles are in radians: where an arc starts, and how far it turns.
    """

    start: Array
    end: Array
    center: Array
    radius: Array
    first: Array
    sweep: Array
    length: Array
    low: Array
    high: Array

    @staticmethod
    def of(loop: Loop) -> _Curves:
        curves = [piece for curve in loop.curves for piece in _straightened(curve)]
        start, end = (
            np.array([getattr(c, at) for c in curves], dtype=float) for at in ("start", "end")
        )
        round_parts = np.array([EQUATIONS[type(curve)](curve) for curve in curves], dtype=float)
        center, radius, sweep = round_parts[:, :2], round_parts[:, 2], round_parts[:, 3]
        away = start - center
        first = np.arctan2(away[:, 1], away[:, 0])
        length = np.where(radius > 0, radius * np.abs(sweep), np.hypot(*(end - start).T))
        low, high = np.minimum(start, end), np.maximum(start, end)
        for angle, axis, side in ((0.0, 0, 1), (0.5, 1, 1), (1.0, 0, -1), (1.5, 1, -1)):
            over = (radius > 0) & (_turned(first, sweep, angle * math.pi) <= np.abs(sweep))
            reach = np.where(over, center[:, axis] + side * radius, low[:, axis])
            low[:, axis] = np.minimum(low[:, axis], reach)
            high[:, axis] = np.maximum(high[:, axis], reach)
        return _Curves(start, end, center, radius, first, sweep, length, low, high)

    def alike(self, one: np.ndarray, other: np.ndarray) -> Iterator[Pairs]:
        """Yield the pairs of two lines, of a line and an arc, and of two arcs."""
        a, b = self.radius[one] > 0, self.radius[other] > 0
        yield one[~a & ~b], other[~a & ~b]
        yield (
            np.concatenate([one[~a & b], other[a & ~b]]),
            np.concatenate([other[~a & b], one[a & ~b]]),
        )
        yield one[a & b], other[a & b]

    def meetings(self, i: np.ndarray, j: np.ndarray, margin: Array) -> Iterator[Array]:
        """Yield points, shape (k, 2), in which the lines and circles of pairs meet, or NaN.

        Of circles that only touch, their points of meeting no more than 2 · `margin` apart, none.
        """
        if not len(i):
            return
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.radius[j[0]] == 0:
                along, across = self.end[i] - self.start[i], self.end[j] - self.start[j]
                turn = _cross(along, across)
                turn[np.abs(turn) <= 1e-9 * self.length[i] * self.length[j]] = np.nan
                share = _cross(self.start[j] - self.start[i], across) / turn
                yield self.start[i] + share[:, None] * along
                return
            if self.radius[i[0]] == 0:
                along = (self.end[i] - self.start[i]) / self.length[i][:, None]
                foot = ((self.center[j] - self.start[i]) * along).sum(axis=1)
                middle = self.start[i] + foot[:, None] * along
                half = self.radius[j] ** 2 - ((middle - self.center[j]) ** 2).sum(axis=1)
            else:
                apart = self.center[j] - self.center[i]
                distance = np.hypot(*apart.T)
                foot = distance**2 + self.radius[i] ** 2 - self.radius[j] ** 2
                foot = foot / (2 * distance)
                toward = apart / distance[:, None]
                middle = self.center[i] + foot[:, None] * toward
                half = self.radius[i] ** 2 - foot**2
                along = np.stack([-toward[:, 1], toward[:, 0]], axis=1)
            half = np.sqrt(np.where(half > margin**2, half, np.nan))[:, None]
        yield middle + half * along
        yield middle - half * along

    def inside(self, at: np.ndarray, points: Array, margin: Array) -> np.ndarray:
        """Say which points on the lines and circles of curves lie within them, off their ends."""
        start, end = self.start[at], self.end[at]
        clear = np.minimum(np.hypot(*(points - start).T), np.hypot(*(points - end).T)) > margin
        along = end - start
        share = ((points - start) * along).sum(axis=1)
        on_line = (share > 0) & (share < (along**2).sum(axis=1))
        away = points - self.center[at]
        turned = _turned(self.first[at], self.sweep[at], np.arctan2(away[:, 1], away[:, 0]))
        return clear & np.where(self.radius[at] > 0, turned < np.abs(self.sweep[at]), on_line)


EQUATIONS: Table[Callable[[Any], tuple[float, float, float, float]]] = Table(
    "history/crossings.py",
    {
        Line: lambda line: (0.0, 0.0, 0.0, 0.0),
        Arc: lambda arc: (*arc.center, arc.radius, math.radians(arc.sweep)),
        Circle: lambda circle: (*circle.center, circle.radius, 2 * math.pi),
        **dict.fromkeys(BENT, lambda curve: (0.0, 0.0, 0.0, 0.0)),
    },
)
"""Centre, radius and sweep in radians; 0 for a line, and for what chords stand for."""


def _straightened(curve: Curve) -> list[Curve]:
    """A curve, or chords that stand for it."""
    if not isinstance(curve, Bent):
        return [curve]
    points = [(x, y) for x, y in polyline(curve, _CHORDS).tolist()]
    return [Line(start, end) for start, end in pairwise(points)]


def _turned(first: Array, sweep: Array, angle: Array | float) -> Array:
    """How far one turns from `first` to `angle` the way that an arc turns, 0 to 2π."""
    return (angle - first) * np.where(sweep < 0, -1.0, 1.0) % (2 * math.pi)


def _cross(a: Array, b: Array) -> Array:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
