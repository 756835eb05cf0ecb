"""Curves head to tail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from cadcomplete.history.curves import Curve, Line
from cadcomplete.history.geometry import Array, Vec2


@dataclass(frozen=True, slots=True)
class Loop:
    """Curves head to tail: each starts exactly where the one before it ends.

    `source` says where in a document the loop was read from; it does not count for equality.
    """

    curves: tuple[Curve, ...]
    source: str = field(default="", compare=False, repr=False)

    @property
    def start(self) -> Vec2:
        return self.curves[0].start

    @property
    def end(self) -> Vec2:
        return self.curves[-1].end

    @property
    def closed(self) -> bool:
        return self.curves[0].closed or self.start == self.end

    @property
    def area(self) -> float:
        """Signed area in mm², positive counter-clockwise; an open loop is closed by a line."""
        area = sum(curve.area for curve in self.curves)
        return area if self.closed else area + Line(self.end, self.start).area

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top."""
        points = self.points()
        (left, bottom), (right, top) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return (left, bottom, right, top)

    def moved(self, move: Callable[[Vec2], Vec2], radius: Callable[[float], float] = float) -> Loop:
        """The loop with every point of it moved, and the radii of circles changed as well."""
        return replace(self, curves=tuple(curve.mapped(move, radius) for curve in self.curves))

    def scaled(self, factor: float) -> Loop:
        """The loop `factor` times as large, in numbers to a nanometre again."""
        return replace(self, curves=tuple(curve.scaled(factor) for curve in self.curves))

    def mirrored(self) -> Loop:
        """The loop with y mirrored, drawn the other way round, so that its sense stays the same."""
        flipped = self.moved(lambda at: (at[0], 0.0 - at[1]))
        return replace(flipped, curves=tuple(c.reversed() for c in reversed(flipped.curves)))

    def points(self) -> Array:
        """A polyline along the loop, shape (n, 2); its first point ends it when it is closed."""
        parts = [curve.points() for curve in self.curves]
        return np.concatenate([parts[0], *(p[1:] for p in parts[1:])])
