"""Where things may lie on a plane: where the caption says, in the middle, at edges, at corners."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

from cadcomplete.captions.mention import Mention, Spot, Where
from cadcomplete.captions.planes import PlaneView, rounded
from cadcomplete.history.geometry import Vec2, distance

MARGINS = (0.1, 0.125, 0.15, 0.2, 0.25)
"""Of the shorter side: how far from the edges holes at corners are, where that is not said."""

_ROUNDS = 4  # middles of circles and arcs, the newest

Points = tuple[Vec2, ...]


def places(mention: Mention, view: PlaneView, size: Vec2) -> Iterator[Points]:
    """Yield where equal things of a size (along x, along y) may lie, the likeliest first."""
    count, where = mention.count or _usual_count(mention), mention.where
    if count == 1 or (where is not None and where.spot is Spot.CENTER):
        yield from _alone(view, size)
        return
    center = _center(view)
    if len(view.rounds) == count:
        yield view.rounds
    if where is not None:
        yield from _said(mention, where, view, center, count)
    if where is None or where.spot is Spot.CORNERS:
        yield from _usual(mention, view, count)
    yield from _one_of_them(mention, view)


def _usual_count(mention: Mention) -> int:
    return 2 if mention.where is not None and mention.where.spot is Spot.ROW else 4


def _center(view: PlaneView) -> Vec2:
    """The middle of the largest outline."""
    largest = max(view.outlines, key=lambda one: one.length * one.width)
    return rounded(largest.center)


def _alone(view: PlaneView, size: Vec2) -> Iterator[Points]:
    """In the middle of what is there, the largest first; then flush with edges of the box."""
    by_size = sorted(view.outlines, key=lambda one: -one.length * one.width)
    centers = [rounded(one.center) for one in by_size]
    found: list[Vec2] = []
    for center in (*centers, *view.rounds):
        if not any(distance(center, other) < 1e-4 for other in found):
            found.append(center)
            yield (center,)
    left, bottom, right, top = view.box
    (x, y), (a, b) = view.middle, (size[0] / 2, size[1] / 2)
    for u, v in product((x, left + a, right - a), (y, bottom + b, top - b)):
        point = rounded((u, v))
        if not any(distance(point, other) < 1e-4 for other in found):
            found.append(point)
            yield (point,)


def _one_of_them(mention: Mention, view: PlaneView) -> Iterator[Points]:
    """One of several that are drawn one by one: round with what is there, and as far on from the
    newest as the caption says that they are apart."""
    yield from ((point,) for point in view.rounds[:_ROUNDS])
    where = mention.where
    if where is not None and where.spot is Spot.ROW and where.sizes and view.rounds:
        (x, y), pitch = view.rounds[0], where.sizes[0]
        for u, v in ((pitch, 0.0), (-pitch, 0.0), (0.0, pitch), (0.0, -pitch)):
            yield (rounded((x + u, y + v)),)


def _said(
    mention: Mention, where: Where, view: PlaneView, center: Vec2, count: int
) -> Iterator[Points]:
    """Where the caption says."""
    left, bottom, right, top = view.box
    wide = right - left >= top - bottom
    ways = [(1.0, 0.0), (0.0, 1.0)] if wide else [(0.0, 1.0), (1.0, 0.0)]
    sizes = where.sizes
    if where.spot is Spot.CIRCLE and sizes:
        yield from (on_circle(center, sizes[0], count, turn) for turn in (0.0, 0.5, 0.25))
    elif where.spot is Spot.RECTANGLE and len(sizes) == 2:
        pairs = (sizes, sizes[::-1]) if wide else (sizes[::-1], sizes)
        yield from (rectangle(center, a / 2, b / 2) for a, b in dict.fromkeys(pairs))
    elif where.spot is Spot.ROW and sizes:
        yield from (row(center, way, sizes[0], count) for way in ways)
    elif where.spot is Spot.POINTS and where.points:
        yield tuple(rounded((center[0] + x, center[1] + y)) for x, y in where.points)


def _usual(mention: Mention, view: PlaneView, count: int) -> Iterator[Points]:
    """At corners or as a pair, as far from the edges as the caption says, or as usual."""
    left, bottom, right, top = view.box
    width, height = right - left, top - bottom
    short, center = min(width, height), view.middle
    said = mention.where.sizes if mention.where else ()
    size = mention.diameters[0] if mention.diameters else 0.0
    usual = [(margin * short,) for margin in MARGINS] + [(size,), (1.5 * size,)]
    for margin in [said] if said else usual:
        a, b = (*margin, *margin)[:2]
        x, y = width / 2 - a, height / 2 - b
        if a > 0 and b > 0 and x > 0 and y > 0:
            if count == 4:
                yield rectangle(center, x, y)
            elif count == 2:
                yield row(center, (1.0, 0.0) if width >= height else (0.0, 1.0), 2 * max(x, y), 2)


def on_circle(center: Vec2, diameter: float, count: int, turn: float = 0.0) -> Points:
    """Return points that divide a circle evenly; the first is `turn` of a gap off the x axis."""
    angles = [math.tau * (i + turn) / count for i in range(count)]
    radius = diameter / 2
    return tuple(
        rounded((center[0] + radius * math.cos(t), center[1] + radius * math.sin(t)))
        for t in angles
    )


def rectangle(center: Vec2, x: float, y: float) -> Points:
    """Return the corners of a rectangle, `x` and `y` from its middle."""
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return tuple(rounded((center[0] + a * x, center[1] + b * y)) for a, b in signs)


def spread(low: Vec2, high: Vec2, count: int) -> Points:
    """Return points in the rectangle between two corners: one in its middle, four towards its
    corners, others in a row along its longer side, evenly."""
    (a, b), (c, d) = low, high
    center = rounded(((a + c) / 2, (b + d) / 2))
    wide = c - a >= d - b
    if count == 4:
        return rectangle(center, (c - a) / 4, (d - b) / 4)
    along, long = ((1.0, 0.0), c - a) if wide else ((0.0, 1.0), d - b)
    return row(center, along, long / count, count)


def row(center: Vec2, along: Vec2, pitch: float, count: int) -> Points:
    """Return points in a row with its middle at `center`, `pitch` mm from one to the next."""
    steps = [(i - (count - 1) / 2) * pitch for i in range(count)]
    return tuple(rounded((center[0] + along[0] * s, center[1] + along[1] * s)) for s in steps)
