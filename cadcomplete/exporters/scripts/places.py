"""Points that are a pattern: rows and columns, or evenly around a circle."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cadcomplete.exporters.scripts.outlines import NEAR
from cadcomplete.history.geometry import Vec2, distance

FEWEST = 3
"""Points that are a pattern; two are a list."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns and rows around a centre; a single one has no spacing."""

    center: Vec2
    spacing: Vec2
    count: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ring:
    """Points evenly around a centre, the first at `angle` degrees from x."""

    center: Vec2
    radius: float
    count: int
    angle: float


def pattern_of(points: list[Vec2]) -> Grid | Ring | None:
    """Return the pattern that points make in any order, or None."""
    if len(points) < FEWEST:
        return None
    return _grid(points) or _ring(points)


def _grid(points: list[Vec2]) -> Grid | None:
    columns, rows = (_levels(values) for values in zip(*points, strict=True))
    if columns is None or rows is None or len(columns) * len(rows) != len(points):
        return None
    cells = {(_nearest(x, columns), _nearest(y, rows)) for x, y in points}
    if len(cells) != len(points):
        return None
    center = ((columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2)
    steps = [one[1] - one[0] if len(one) > 1 else 0.0 for one in (columns, rows)]
    return Grid(center, (steps[0], steps[1]), (len(columns), len(rows)))


def _levels(values: tuple[float, ...]) -> list[float] | None:
    """Return the different values in ascending order; None if they are not evenly spaced."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > NEAR:
            found.append(value)
    step = (found[-1] - found[0]) / max(len(found) - 1, 1)
    even = all(abs(found[0] + i * step - value) < NEAR for i, value in enumerate(found))
    return found if even else None


def _nearest(value: float, levels: list[float]) -> int:
    return min(range(len(levels)), key=lambda i: abs(levels[i] - value))


def _ring(points: list[Vec2]) -> Ring | None:
    count = len(points)
    x, y = (sum(values) / count for values in zip(*points, strict=True))
    radius = distance(points[0], (x, y))
    angles = (math.degrees(math.atan2(v - y, u - x)) for u, v in points)
    first = min(round(angle, 9) % 360 for angle in angles)
    for number in range(count):
        turned = math.radians(first + number * 360 / count)
        at = (x + radius * math.cos(turned), y + radius * math.sin(turned))
        if min(distance(at, one) for one in points) > NEAR:
            return None
    return Ring((x, y), radius, count, first)
