"""How equal things are arranged: at the corners, on a circle, in a row, in a grid."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from enum import Enum

from cadcomplete.history.geometry import Vec2, Vec3, cross, dot
from cadcomplete.kernel.features.anatomy import PARALLEL, Base, Shape

MOST = 1000
"""More things than this are not looked at."""

SAME = 5e-3
"""How far a thing may stand from where its pattern has it, in mm."""


class PatternKind(Enum):
    CENTER = "center"
    CORNERS = "corners"
    CIRCLE = "circle"
    RECTANGLE = "rectangle"
    PAIR = "pair"
    ROW = "row"
    GRID = "grid"


@dataclass(frozen=True, slots=True)
class Pattern:
    """An arrangement, and its sizes in mm.

    Attributes:
        sizes: of a circle its diameter, of a rectangle its sides (the longer first), of a row
            the distance from one to the next.
        counts: of a grid how many in the one direction and in the other, the larger first.
    """

    arrangement: PatternKind
    sizes: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


Place = tuple[Vec3, Vec3]
"""A position and the unit direction of what is there."""


def find_pattern(places: list[Place], base: Base | None) -> Pattern | None:
    """Return how things are arranged, or None if not in one of the ways that have a name.

    They must be parallel; only where they are seen along their direction matters.
    """
    axis = places[0][1]
    base = base.along(axis) if base is not None else None
    if len(places) > MOST or any(abs(dot(direction, axis)) < PARALLEL for _, direction in places):
        return None
    frame = _frame(axis, base)
    points = [(dot(position, frame[0]), dot(position, frame[1])) for position, _ in places]
    if len({(round(x, 2), round(y, 2)) for x, y in points}) < len(points):
        return None  # one behind the other
    middle = _middle(frame, base)
    if len(points) == 1:
        centered = middle is not None and math.dist(points[0], middle) < SAME
        return Pattern(PatternKind.CENTER) if centered else None
    if len(points) == 4:
        found = _rectangle(points, middle, frame, base)
        if found is not None:
            return found
    return _row(points) or _circle(points) or _grid(points)


def _frame(axis: Vec3, base: Base | None) -> tuple[Vec3, Vec3]:
    """Return two directions at right angles to an axis, those of the base if it has such."""
    candidates: list[Vec3] = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
    if base is not None:
        o = base.outline
        candidates = [o.x_axis, cross(o.normal, o.x_axis), o.normal, *candidates]
    x_axis = min(candidates, key=lambda c: round(abs(dot(c, axis)), 6))
    x, y, z = (c - dot(x_axis, axis) * a for c, a in zip(x_axis, axis, strict=True))
    size = math.hypot(x, y, z)
    x_axis = (x / size, y / size, z / size)
    return x_axis, cross(axis, x_axis)


def _middle(frame: tuple[Vec3, Vec3], base: Base | None) -> Vec2 | None:
    """Return where the middle of the base is, if that is clear."""
    if base is None:
        return None
    outline = base.outline
    centered = outline.shape in (Shape.CIRCLE, Shape.REGULAR, Shape.RECTANGLE, Shape.STADIUM)
    if not centered:
        return None
    return (dot(outline.center, frame[0]), dot(outline.center, frame[1]))


def _rectangle(
    points: list[Vec2], middle: Vec2 | None, frame: tuple[Vec3, Vec3], base: Base | None
) -> Pattern | None:
    """Return four points as a rectangle parallel to the frame."""
    xs, ys = sorted(p[0] for p in points), sorted(p[1] for p in points)
    if any(values[i + 1] - values[i] > SAME for values in (xs, ys) for i in (0, 2)):
        return None
    width, height = xs[3] - xs[0], ys[3] - ys[0]
    sides = (max(width, height), min(width, height))
    if middle is None or base is None or base.outline.shape is not Shape.RECTANGLE:
        square = base is not None and base.outline.shape is Shape.CIRCLE and width - height < SAME
        return None if square else Pattern(PatternKind.RECTANGLE, sides)
    turned = abs(dot(frame[0], base.outline.x_axis)) < 0.5
    outer = (base.outline.length, base.outline.width)
    outer = outer[::-1] if turned else outer
    centered = math.dist(middle, ((xs[0] + xs[3]) / 2, (ys[0] + ys[3]) / 2)) < SAME
    if centered and width > 0.5 * outer[0] and height > 0.5 * outer[1]:
        return Pattern(PatternKind.CORNERS, sides)
    return Pattern(PatternKind.RECTANGLE, sides)


def _row(points: list[Vec2]) -> Pattern | None:
    ordered = sorted(points, key=lambda p: (round(p[0], 3), round(p[1], 3)))
    first, last, gaps = ordered[0], ordered[-1], len(points) - 1
    for i, point in enumerate(ordered):
        wanted = tuple(a + (b - a) * i / gaps for a, b in zip(first, last, strict=True))
        if not math.dist(point, wanted) < SAME:
            return None
    arrangement = PatternKind.PAIR if gaps == 1 else PatternKind.ROW
    return Pattern(arrangement, (math.dist(first, last) / gaps,))


def _circle(points: list[Vec2]) -> Pattern | None:
    """Return three or more points that divide a circle evenly."""
    count = len(points)
    x, y = sum(p[0] for p in points) / count, sum(p[1] for p in points) / count
    radii = [math.dist(p, (x, y)) for p in points]
    if not all(abs(r - radii[0]) < SAME for r in radii):
        return None
    angles = sorted(math.atan2(p[1] - y, p[0] - x) for p in points)
    gaps = [b - a for a, b in zip(angles, [*angles[1:], angles[0] + math.tau], strict=True)]
    even = all(abs(gap - math.tau / count) < 2e-3 for gap in gaps)
    return Pattern(PatternKind.CIRCLE, (2 * radii[0],)) if even else None


def _grid(points: list[Vec2]) -> Pattern | None:
    xs, ys = (_distinct([p[i] for p in points]) for i in (0, 1))
    if len(xs) < 2 or len(ys) < 2 or len(xs) * len(ys) != len(points):
        return None
    if not (_even(xs) and _even(ys)):
        return None
    return Pattern(PatternKind.GRID, counts=(max(len(xs), len(ys)), min(len(xs), len(ys))))


def _distinct(values: list[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > SAME:
            found.append(value)
    return found


def _even(values: list[float]) -> bool:
    gaps = [b - a for a, b in itertools.pairwise(values)]
    return all(abs(gap - gaps[0]) < SAME for gap in gaps)
