"""Areas that cross: united, cut and intersected by splitting their curves where they meet.

A piece of a boundary stays if it lies outside of the other area, or inside it, or on its boundary,
as the operation wants; the pieces that stay are put end to end again. Where areas only touch in a
point the outcome has no loops that could be told apart: that is refused by name.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Vec2, distance
from cadcomplete.history.operations import Loop
from cadcomplete.readers.scripts import areas
from cadcomplete.readers.scripts.areas import (
    OVERLAP,
    Faces,
    FlatFace,
    bow,
    direction_of,
    holds,
    met,
    off,
    point_of,
    share_at,
)
from cadcomplete.readers.scripts.budget import spend

_SAME = 1e-9  # sine of the angle up to which two lines are one


def subtract(faces: Faces, tools: Faces) -> Faces:
    """Return faces without tools as they are drawn, and where they cross, drawn anew."""
    try:
        return areas.subtract(faces, tools)
    except UnsupportedError:
        return without(united((), faces), united((), tools))


def intersect(faces: Faces, tools: Faces) -> Faces:
    """Return what faces and tools share, as they are drawn, and where they cross, drawn anew."""
    try:
        return areas.intersect(faces, tools)
    except UnsupportedError:
        return common(united((), faces), tools)


def united(faces: Faces, more: Faces) -> Faces:
    """Return the union, each area once; what shares an edge is one. Raises UnsupportedError."""
    for face in more:
        beside = tuple(one for one in faces if apart(one, face))
        touched = tuple(one for one in faces if not apart(one, face))
        new = _overlaid(touched, (face,), "out", "out", reverse=False) if touched else (face,)
        faces = (*beside, *new)
    return faces


def without(faces: Faces, tools: Faces) -> Faces:
    """Return the faces without the tools. Raises UnsupportedError."""
    for tool in tools:
        beside = tuple(one for one in faces if apart(one, tool))
        touched = tuple(one for one in faces if not apart(one, tool))
        faces = (*beside, *_overlaid(touched, (tool,), "out", "in", reverse=True))
    return faces


def common(faces: Faces, tools: Faces) -> Faces:
    """Return what both have in common. Raises UnsupportedError."""
    return _overlaid(faces, united((), tools), "in", "in", reverse=False)


def apart(one: FlatFace, other: FlatFace) -> bool:
    """Say whether the boxes around two faces do not touch."""
    spend(1)
    (left, low, right, high), (west, south, east, north) = one.outer.box, other.outer.box
    near = 1e-6 * (1 + max(right - left, high - low, east - west, north - south))
    beside = right < west - near or east < left - near
    return beside or high < south - near or north < low - near


def _overlaid(a: Faces, b: Faces, keep_a: str, keep_b: str, *, reverse: bool) -> Faces:
    """Put two areas upon each other, and keep of each boundary what lies on a side of the other.

    `reverse` says that the second one is a tool: its boundary is gone along the other way.
    """
    one, other = list(_oriented(a)), list(_oriented(b))
    near = _nearness([*one, *other])
    points = _Points(near)
    for curve in (*one, *other):
        if not isinstance(curve, Circle):
            points.of(curve.start)
    kept: list[Curve] = []
    shared = "against" if reverse else "along"
    for curve in _split(one, other, points, near):
        if _side(curve, b, other, near) in (keep_a, shared):
            kept.append(curve)
    for curve in _split(other, one, points, near):
        if _side(curve, a, one, near) == keep_b:
            kept.append(curve.reversed() if reverse else curve)
    return _nested(_loops(kept))


def _nearness(curves: list[Curve]) -> float:
    far = max((max(map(abs, (*c.start, *c.end))) for c in curves), default=0.0)
    return 1e-7 * (1 + far)


def _oriented(faces: Faces) -> Iterator[Curve]:
    """Yield the curves of faces with the area to the left of each."""
    for face in faces:
        for number, loop in enumerate(face.loops):
            outer = number == 0
            if isinstance(loop.curves[0], Circle):
                yield from _halves(loop.curves[0], outer=outer)
            elif (loop.area > 0) is outer:
                yield from loop.curves
            else:
                yield from (curve.reversed() for curve in reversed(loop.curves))


def _halves(circle: Circle, *, outer: bool) -> list[Curve]:
    """Return a circle as two arcs, counter-clockwise around an area and clockwise in a hole."""
    (x, y), r = circle.center, circle.radius
    turn = 1 if outer else -1
    left, right = (x - r, y), (x + r, y)
    return [Arc(right, (x, y + turn * r), left), Arc(left, (x, y - turn * r), right)]


class _Points:
    """Points that are one if they are near each other."""

    def __init__(self, near: float) -> None:
        self.near = 10 * near
        self.cells: dict[tuple[int, int], list[Vec2]] = {}

    def of(self, point: Vec2) -> Vec2:
        """Return the point known at this place, or remember this one."""
        column, row = (math.floor(v / self.near) for v in point)
        for cell in itertools.product(range(column - 1, column + 2), range(row - 1, row + 2)):
            for known in self.cells.get(cell, ()):
                if distance(known, point) <= self.near:
                    return known
        self.cells.setdefault((column, row), []).append(point)
        return point


def _split(curves: list[Curve], others: list[Curve], points: _Points, near: float) -> list[Curve]:
    """Return curves in pieces that end where they meet others."""
    pieces: list[Curve] = []
    for curve in curves:
        shares = {0.0, 1.0}
        for other in others:
            spend(8)
            shares |= met(curve, other, 100 * near)
        ordered = sorted(share for share in shares if 0 <= share <= 1)
        for first, last in itertools.pairwise(ordered):
            if (last - first) * curve.length > 10 * near:
                start, end = (points.of(point_of(curve, share)) for share in (first, last))
                middle = point_of(curve, (first + last) / 2)
                pieces.append(
                    Line(start, end) if isinstance(curve, Line) else Arc(start, middle, end)
                )
    return pieces


def _side(piece: Curve, faces: Faces, boundary: list[Curve], near: float) -> str:
    """Say where a piece lies to faces: in, out, or along or against their boundary."""
    middle = point_of(piece, 0.5)
    for other in boundary:
        spend(4)
        if off(middle, other) <= near:
            (x, y), (u, v) = (
                direction_of(piece, 0.5),
                direction_of(other, min(share_at(other, middle), 1.0)),
            )
            return "along" if x * u + y * v > 0 else "against"
    for face in faces:
        spend(4 * sum(len(loop.curves) for loop in face.loops))
        outer, *holes = face.loops
        if holds(outer, middle) and not any(holds(hole, middle) for hole in holes):
            return "in"
    return "out"


# --- loops again --------------------------------------------------------------------------------


def _loops(pieces: list[Curve]) -> list[tuple[Loop, bool]]:
    """Put pieces end to end, and say of each loop whether it runs counter-clockwise.

    Raises UnsupportedError where that can be done in several ways.
    """
    after: dict[Vec2, Curve] = {}
    for piece in pieces:
        if piece.start in after:
            raise UnsupportedError([OVERLAP])
        after[piece.start] = piece
    loops: list[tuple[Loop, bool]] = []
    while after:
        _, piece = after.popitem()
        chain = [piece]
        while chain[-1].end != chain[0].start:
            following = after.pop(chain[-1].end, None)
            if following is None:
                raise UnsupportedError([OVERLAP])
            chain.append(following)
        turns_left = sum(piece.area for piece in chain) > 0  # a circle would no longer say it
        loops.append((Loop(tuple(_simplified(chain))), turns_left))
    return loops[::-1]


def _simplified(chain: list[Curve]) -> list[Curve]:
    """Return a closed chain in which what is one line or one arc is one curve."""
    turned = [n for n in range(len(chain)) if _joined(chain[n - 1], chain[n]) is None]
    if not turned:  # it goes on everywhere: a circle
        first = bow(chain[0])
        return [Circle(first.center, first.radius)]
    chain = chain[turned[0] :] + chain[: turned[0]]
    result = [chain[0]]
    for curve in chain[1:]:
        joined = _joined(result[-1], curve)
        if joined is None:
            result.append(curve)
        else:
            result[-1] = joined
    return result


def _joined(a: Curve, b: Curve) -> Curve | None:
    """Return two curves as one, if the second goes on as the first did."""
    if isinstance(a, Line) and isinstance(b, Line):
        (x, y), (u, v) = direction_of(a, 1.0), direction_of(b, 0.0)
        straight = abs(x * v - y * u) <= _SAME and x * u + y * v > 0
        return Line(a.start, b.end) if straight else None
    if isinstance(a, Arc) and isinstance(b, Arc):
        near = 1e-7 * (1 + a.radius)
        same = distance(a.center, b.center) <= near and abs(a.radius - b.radius) <= near
        sweep = a.sweep + b.sweep
        if not same or a.sweep * b.sweep < 0:
            return None
        if abs(sweep) >= 360 - 1e-6:
            return None if a.start != b.end else _round(a)
        return Arc(a.start, point_of(Arc.from_sweep(a.start, b.end, sweep), 0.5), b.end)
    return None


def _round(arc: Arc) -> Circle:
    return Circle(arc.center, arc.radius)


def _nested(loops: list[tuple[Loop, bool]]) -> Faces:
    """Return the faces of loops whose area is to the left: what runs clockwise is a hole."""
    outer: list[tuple[Loop, list[Loop]]] = []
    holes: list[Loop] = []
    for loop, turns_left in loops:
        if turns_left:
            outer.append((loop, []))
        else:
            holes.append(loop)
    for hole in holes:
        spend(4 * sum(len(loop.curves) for loop, _ in outer))
        around = [pair for pair in outer if holds(pair[0], point_of(hole.curves[0], 0.5))]
        if not around:
            raise UnsupportedError([OVERLAP])
        min(around, key=lambda pair: abs(pair[0].area))[1].append(hole)
    return tuple(FlatFace.of(loop, inner) for loop, inner in outer)
