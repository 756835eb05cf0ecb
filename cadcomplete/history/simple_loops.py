"""A loop that touches itself as simple loops that bound the same region.

A spike of no width, a slit to a hole, two squares that share a corner: a person sees the region,
the CAD kernel sees a wire that it cannot make a face of. Curves are cut wherever an end of another
lies on them, what is walked to and fro bounds nothing, and the rest goes once around each part.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Arc, Curve, Line
from cadcomplete.history.geometry import Array, Vec2, distance
from cadcomplete.history.inside import inside_loop
from cadcomplete.history.loops import Loop
from cadcomplete.history.nesting import nesting

MOST_CURVES = 5_000

NEAR = 1e-8
"""Part of the size of a loop within which two points are one."""


def simple_loops(loop: Loop) -> tuple[Loop, ...]:
    """Return simple loops whose even-odd region is that of a closed loop; none if it is empty.

    Raises GeometryError for an arc that there is not, and for more than `MOST_CURVES` curves.
    """
    if loop.curves[0].closed:
        return (loop,)
    if len(loop.curves) > MOST_CURVES:
        raise GeometryError(f"a loop that touches itself has more than {MOST_CURVES} curves")
    left, bottom, right, top = loop.box
    grid = NEAR * max(right - left, top - bottom)
    points = _Points(grid)
    pieces = [piece for curve in loop.curves for piece in _cut(curve, loop, points)]
    return tuple(_walked(_cancelled(pieces)))


def nested(loops: tuple[Loop, ...]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return which of some simple loops bound a region from outside, and which are holes in each.

    The loops do not cross each other; a region is inside an odd number of them.
    """
    found = nesting(dict(enumerate(loops)), lambda i, j: _lies_in(loops[i], loops[j]))
    order = sorted(found.areas, key=lambda i: -found.areas[i])
    holes = {i: tuple(j for j in order if j in found.children[i]) for i in order}
    return tuple((i, holes[i]) for i in order if found.depth[i] % 2 == 0)


def _lies_in(loop: Loop, other: Loop) -> bool:
    """Say whether the first curve of one simple loop runs inside of another one."""
    middle = loop.curves[0].points()[:2].mean(axis=0)
    return bool(inside_loop(other, middle[None])[0])


class _Points:
    """Points that are one if they all but coincide: the first of them stands for all."""

    def __init__(self, near: float) -> None:
        self.near = near
        self._cells: dict[tuple[int, int], list[Vec2]] = defaultdict(list)

    def one(self, point: Vec2) -> Vec2:
        x, y = (math.floor(value / (2 * self.near)) for value in point)
        for cell in ((x + i, y + j) for i in (0, -1, 1) for j in (0, -1, 1)):
            for known in self._cells.get(cell, ()):
                if distance(known, point) <= self.near:
                    return known
        self._cells[x, y].append(point)
        return point


def _cut(curve: Curve, loop: Loop, points: _Points) -> list[Curve]:
    """Return the pieces of a curve between the ends of curves that lie on it."""
    ends = np.array([other.start for other in loop.curves])
    places = _places(curve, ends, points.near)
    corners = [points.one(curve.start)]
    for at in np.argsort(places, kind="stable").tolist():
        if math.isfinite(places[at]):
            corner = points.one(loop.curves[at].start)
            if corner != corners[-1] and corner != points.one(curve.end):
                corners.append(corner)
    corners.append(points.one(curve.end))
    if len(corners) == 2:
        return [curve.moved(*corners)]
    return [_piece(curve, a, b) for a, b in pairwise(corners) if a != b]


def _places(curve: Curve, ends: Array, near: float) -> Array:
    """How far along a curve points lie on it, shape (n,); infinite for those that do not."""
    start = np.array(curve.start)
    if isinstance(curve, Line):
        along = np.array(curve.end) - start
        length = math.hypot(*along)
        off = (ends - start) @ np.array([-along[1], along[0]]) / length
        share = (ends - start) @ along / length
        return np.where(
            (np.abs(off) <= near) & (share > near) & (share < length - near), share, np.inf
        )
    if not isinstance(curve, Arc):
        raise _unknown(curve)
    center, radius, sweep = np.array(curve.center), curve.radius, math.radians(curve.sweep)
    away = ends - center
    first = math.atan2(*(start - center)[::-1])
    turned = (np.arctan2(away[:, 1], away[:, 0]) - first) * math.copysign(1, sweep) % math.tau
    clear = (turned * radius > near) & ((abs(sweep) - turned) * radius > near)
    on_circle = np.abs(np.hypot(*away.T) - radius) <= near
    return np.where(on_circle & clear, turned, np.inf)


def _unknown(curve: Curve) -> UnsupportedError:
    known = ("Line", "Arc", "Circle")
    return UnsupportedError([type(curve).__name__], where="history/simple_loops.py", known=known)


def _piece(curve: Curve, start: Vec2, end: Vec2) -> Curve:
    if isinstance(curve, Line):
        return Line(start, end)
    if not isinstance(curve, Arc):
        raise _unknown(curve)
    (x, y), sign = curve.center, math.copysign(1, curve.sweep)
    first = math.atan2(start[1] - y, start[0] - x)
    turned = (math.atan2(end[1] - y, end[0] - x) - first) * sign % math.tau
    middle = first + sign * turned / 2
    mid = (x + curve.radius * math.cos(middle), y + curve.radius * math.sin(middle))
    return Arc(start, mid, end)


def _cancelled(pieces: list[Curve]) -> list[Curve]:
    """Leave out pieces that are walked to and fro."""
    kept: list[Curve] = []
    walked: dict[tuple[Vec2, Vec2], list[Curve]] = defaultdict(list)
    for piece in pieces:
        back = walked[piece.end, piece.start]
        same = next((other for other in back if _alike(piece, other)), None)
        if same is None:
            walked[piece.start, piece.end].append(piece)
            kept.append(piece)
        else:
            back.remove(same)
            kept.remove(same)
    return kept


def _alike(one: Curve, other: Curve) -> bool:
    """Say whether two curves between the same points are the same, one of them turned round."""
    if isinstance(one, Arc) and isinstance(other, Arc):
        return abs(one.sweep + other.sweep) <= 1e-6 * abs(one.sweep)
    return isinstance(one, Line) and isinstance(other, Line)


def _walked(pieces: list[Curve]) -> Iterable[Loop]:
    """Yield closed loops of the pieces: at each corner the way that turns most to the left.

    So a loop never crosses another, and comes to no corner twice: there it is closed.
    """
    ways: dict[Vec2, list[Curve]] = defaultdict(list)
    for piece in pieces:
        ways[piece.start].append(piece)
    for piece in pieces:
        path: list[Curve] = []
        at = piece.start
        while ways[at]:
            following = max(ways[at], key=lambda way: _turn(path[-1], way) if path else 0.0)
            ways[at].remove(following)
            path.append(following)
            at = following.end
            begun = next((i for i, way in enumerate(path) if way.start == at), None)
            if begun is not None:
                yield Loop(tuple(path[begun:]))
                path = path[:begun]


def _turn(before: Curve, after: Curve) -> float:
    """Angle by which one turns to the left from one curve to the next, in radians, -π to π."""
    (ax, ay), (bx, by) = _heading(before, end=True), _heading(after, end=False)
    return math.atan2(ax * by - ay * bx, ax * bx + ay * by)


def _heading(curve: Curve, *, end: bool) -> Vec2:
    """The direction in which a curve starts or ends."""
    if isinstance(curve, Arc):
        (x, y), sign = curve.center, math.copysign(1, curve.sweep)
        px, py = curve.end if end else curve.start
        return (-sign * (py - y), sign * (px - x))
    return (curve.end[0] - curve.start[0], curve.end[1] - curve.start[1])
