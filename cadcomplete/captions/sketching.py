"""Sketches that make true what a caption says: its holes, pockets and bosses, where they may be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from cadcomplete.captions.drawing import drawn_loop
from cadcomplete.captions.mention import Caption, Mention, Noun, Spot, Where
from cadcomplete.captions.outlines import DrawnOutline, outlined
from cadcomplete.captions.state import CUTS, left
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Arc, Circle
from cadcomplete.history.fields import DECIMALS
from cadcomplete.history.geometry import Plane, Vec2, distance, facing, same_plane
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence

_PLANES = 4
_EACH = 6  # arrangements of one thing
MARGINS = (0.1, 0.125, 0.15, 0.2, 0.25)


def sketches(caption: Caption, given: CadSequence) -> Iterator[Sketch]:
    """Yield sketches of what is said and not made yet, on faces that are there."""
    things = [m for m in left(caption, given) if m.noun in (*CUTS, Noun.BOSS)]
    planes = faces(given)[:_PLANES]
    for rank in range(_EACH):
        for mention in things:
            for plane in planes:
                for loops in islice(arranged(mention, plane, given), rank, rank + 1):
                    yield Sketch(plane, loops)


def faces(given: CadSequence) -> list[Plane]:
    """Return the planes on which extrudes end and begin, the newest first, each once."""
    found: list[Plane] = []
    for index, operation in reversed(list(enumerate(given.operations))):
        if not isinstance(operation, Extrude):
            continue
        try:
            ends = operation.ends(given.operations[:index])
        except (GeometryError, UnsupportedError):
            continue
        for plane in (ends[1], ends[0]) if ends else ():
            if not any(same_plane(plane, other, turned=1e-8, apart=1e-5) for other in found):
                found.append(_exact(plane))
    return found


def _exact(plane: Plane) -> Plane:
    x, y, z = (round(value, DECIMALS) + 0.0 for value in plane.origin)
    return Plane((x, y, z), plane.normal, plane.x_axis)


def arranged(mention: Mention, plane: Plane, given: CadSequence) -> Iterator[tuple[Loop, ...]]:
    """Yield the loops of a thing on a plane, in each of the ways in which it may lie there."""
    shape = drawn_loop(mention)
    if shape is None:
        return
    seen = list(_seen(given, plane))
    seen.sort(key=lambda one: -one[0].length * one[0].width)
    if not seen:
        return
    for points in places(mention, seen):
        yield tuple(shape(point) for point in points)


def _seen(given: CadSequence, plane: Plane) -> Iterator[tuple[DrawnOutline, Loop]]:
    """The loops of parallel sketches whose frame the plane shares."""
    for operation in given.operations:
        if isinstance(operation, Sketch) and facing(operation.plane.normal, plane.normal):
            same = operation.plane.x_axis == plane.x_axis
            if same and facing(operation.plane.normal, plane.normal) == 1:
                for loop in operation.loops:
                    yield outlined(loop), loop


def places(
    mention: Mention, seen: Sequence[tuple[DrawnOutline, Loop]]
) -> Iterator[tuple[Vec2, ...]]:
    """Yield where equal things may lie, by what is said of it and by what is there."""
    base, loop = seen[0]
    (x, y), count = base.center, mention.count or 4
    where = mention.where
    left_, bottom, right, top = loop.box
    width, height = right - left_, top - bottom
    rounds = _round_centers(one for _, one in seen)
    if count == 1 or (where is not None and where.spot is Spot.CENTER):
        yield (base.center,)
        yield from ((point,) for point in rounds if point != base.center)
        return
    if len(rounds) == count:
        yield tuple(rounds)
    if where is not None and where.spot is Spot.CIRCLE and where.sizes:
        yield from (_on_circle(base.center, where.sizes[0], count, turn) for turn in (0.0, 0.5))
    if where is not None and where.spot is Spot.RECTANGLE and len(where.sizes) == 2:
        for a, b in (where.sizes, where.sizes[::-1]):
            yield _rectangle((x, y), a / 2, b / 2)
    if where is not None and where.spot is Spot.ROW and where.sizes:
        for along in ((1.0, 0.0), (0.0, 1.0)) if width >= height else ((0.0, 1.0), (1.0, 0.0)):
            yield _row((x, y), along, where.sizes[0], count)
    if where is not None and where.spot is Spot.CORNERS and count == 4:
        yield from _corners(mention, where, base, (width, height))
    if count == 2 and where is None:
        for share in (0.5, 0.6, 0.7):
            yield _row((x, y), (1.0, 0.0), width * share, 2)


def _round_centers(loops: Iterable[Loop]) -> list[Vec2]:
    """The middles of circles and of arcs, each once."""
    found: list[Vec2] = []
    for loop in loops:
        for curve in loop.curves:
            if isinstance(curve, Circle | Arc):
                center = _rounded(curve.center)
                if not any(distance(center, other) < 1e-4 for other in found):
                    found.append(center)
    return found


def _rounded(point: Vec2) -> Vec2:
    return (round(point[0], DECIMALS) + 0.0, round(point[1], DECIMALS) + 0.0)


def _on_circle(center: Vec2, diameter: float, count: int, turn: float) -> tuple[Vec2, ...]:
    angles = [math.tau * (i + turn) / count for i in range(count)]
    radius = diameter / 2
    return tuple(
        _rounded((center[0] + radius * math.cos(a), center[1] + radius * math.sin(a)))
        for a in angles
    )


def _rectangle(center: Vec2, x: float, y: float) -> tuple[Vec2, ...]:
    return tuple(
        _rounded((center[0] + a * x, center[1] + b * y))
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )


def _row(center: Vec2, along: Vec2, pitch: float, count: int) -> tuple[Vec2, ...]:
    steps = [(i - (count - 1) / 2) * pitch for i in range(count)]
    return tuple(
        _rounded((center[0] + along[0] * step, center[1] + along[1] * step)) for step in steps
    )


def _corners(
    mention: Mention, where: Where, base: DrawnOutline, box: Vec2
) -> Iterator[tuple[Vec2, ...]]:
    """At the corners of a box, as far from both edges; at usual distances if none is said."""
    short = min(box)
    diameter = mention.diameters[0] if mention.diameters else 0.0
    usual = [margin * short for margin in MARGINS]
    margins = [where.sizes] if where.sizes else [(m,) for m in (*usual, diameter, 1.5 * diameter)]
    for margin in margins:
        a, b = (*margin, *margin)[:2]
        if box[0] / 2 > a > 0 and box[1] / 2 > b > 0:
            yield _rectangle(base.center, box[0] / 2 - a, box[1] / 2 - b)
