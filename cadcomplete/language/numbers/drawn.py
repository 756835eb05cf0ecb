"""What stands in the newest sketch: where the pen is, and how the curves before it ran.

All of it is told by the commands so far, in the x and y of the sketch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cadcomplete.history.geometry import Vec2

MOST = 16
"""Curves, directions and centres that are remembered, the newest first."""


@dataclass(frozen=True, slots=True)
class DrawnSoFar:
    """The newest sketch so far.

    Attributes:
        pen: where the last curve ended, or a loop began.
        start: where the loop began.
        center: that of the newest circle of its own.
        edges: from where each curve began to where it ended; of circles from one centre to the
            next.
        directions: in which curves ended, of length 1.
        runs: whether the newest direction is that of the curve that ends where the pen is.
        rounds: centres of arcs and circles, with their radii.
    """

    pen: Vec2 | None = None
    start: Vec2 | None = None
    center: Vec2 | None = None
    edges: tuple[Vec2, ...] = ()
    directions: tuple[Vec2, ...] = ()
    runs: bool = False
    rounds: tuple[tuple[Vec2, float], ...] = ()

    def after(self, name: str, values: tuple[Any, ...]) -> DrawnSoFar:
        """Return what stands there after a command."""
        return _DRAWS[name](self, values) if name in _DRAWS else self

    def moved(self, end: Vec2, direction: Vec2 | None) -> DrawnSoFar:
        """Return it after a curve to `end`, which it reaches in a direction, if it has one."""
        if self.pen is None:
            return replace(self, pen=end)
        edge = (end[0] - self.pen[0], end[1] - self.pen[1])
        new = () if direction is None else (direction,)
        return replace(
            self,
            pen=end,
            edges=(edge, *self.edges[: MOST - 1]),
            directions=(*new, *self.directions[: MOST - 1]),
            runs=direction is not None,
        )

    def rounded(self, center: Vec2, radius: float) -> DrawnSoFar:
        return replace(self, rounds=((center, radius), *self.rounds[: MOST - 1]))


EMPTY = DrawnSoFar()
"""A sketch in which nothing stands."""


def unit(vector: Vec2) -> Vec2 | None:
    """Return a vector's direction; None if it has none."""
    length = math.hypot(*vector)
    return (vector[0] / length, vector[1] / length) if length > 0 else None


def turned(vector: Vec2, angle: float) -> Vec2:
    """Return a vector, turned counter-clockwise by an angle in radians."""
    cos, sin = math.cos(angle), math.sin(angle)
    return (vector[0] * cos - vector[1] * sin, vector[0] * sin + vector[1] * cos)


def _loop(drawn: DrawnSoFar, values: tuple[Any, ...]) -> DrawnSoFar:
    return replace(drawn, pen=values[0], start=values[0], runs=False)


def _line(drawn: DrawnSoFar, values: tuple[Any, ...]) -> DrawnSoFar:
    (x, y), (u, v) = drawn.pen or (0.0, 0.0), values[0]
    return drawn.moved(values[0], unit((u - x, v - y)))


def _arc(drawn: DrawnSoFar, values: tuple[Any, ...]) -> DrawnSoFar:
    """Between chord and tangent is half of the sweep; the radius is chord / 2 sin of that."""
    end, sweep = values
    (x, y), half = drawn.pen or (0.0, 0.0), math.radians(sweep) / 2
    along = unit((end[0] - x, end[1] - y))
    if along is None or abs(math.sin(half)) < 1e-9:
        return drawn.moved(end, along)
    radius = math.dist((x, y), end) / 2 / math.sin(half)  # below 0 if it runs clockwise
    to_center = turned(along, math.pi / 2 - half)
    center = (x + to_center[0] * radius, y + to_center[1] * radius)
    return drawn.moved(end, turned(along, half)).rounded(center, abs(radius))


def _close(drawn: DrawnSoFar, values: tuple[Any, ...]) -> DrawnSoFar:
    return replace(_line(drawn, (drawn.start or (0.0, 0.0),)), runs=False)


def _circle(drawn: DrawnSoFar, values: tuple[Any, ...]) -> DrawnSoFar:
    center, radius = values[:2]
    old, edges = drawn.center, drawn.edges
    if old is not None:
        edges = ((center[0] - old[0], center[1] - old[1]), *edges[: MOST - 1])
    return replace(drawn, center=center, edges=edges).rounded(center, radius)


_DRAWS: dict[str, Callable[[DrawnSoFar, tuple[Any, ...]], DrawnSoFar]] = {
    "sketch": lambda drawn, values: EMPTY,
    "loop": _loop,
    "line": _line,
    "arc": _arc,
    "ellipsearc": lambda drawn, values: drawn.moved(values[0], None),
    "spline": lambda drawn, values: drawn.moved(values[0].poles[-1], None),
    "close": _close,
    "circle": _circle,
}
"""What each command that draws adds; the others add nothing."""
