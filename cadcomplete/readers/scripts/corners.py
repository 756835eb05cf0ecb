"""Corners of loops made round or cut off, and loops drawn farther inside."""

from __future__ import annotations

import math
from collections.abc import Callable

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Vec2, distance
from cadcomplete.history.operations import Loop
from cadcomplete.readers.scripts.areas import (
    bow,
    direction_of,
    met,
    off,
    point_of,
    share_at,
)
from cadcomplete.readers.scripts.budget import spend

_SMOOTH = 1e-6  # sine of the angle up to which a loop has no corner
_NEAR = 1e-7

TOO_LARGE = "a fillet or chamfer that is too large for its corner"

Pick = Callable[[Vec2], bool]


def corners(loop: Loop) -> list[Vec2]:
    """Return the points where a loop bends, in its order."""
    return [b.start for a, b in _pairs(loop) if _bend(a, b)]


def _pairs(loop: Loop) -> list[tuple[Curve, Curve]]:
    """Return the curves before and after the start of each."""
    curves = loop.curves
    if isinstance(curves[0], Circle):
        return []
    return [(curves[n - 1], curves[n]) for n in range(len(curves))]


def _bend(a: Curve, b: Curve) -> float:
    """Return the sine of the angle by which a loop turns left from one curve to the next; 0 if
    it runs on smoothly."""
    (x, y), (u, v) = direction_of(a, 1.0), direction_of(b, 0.0)
    sine = x * v - y * u
    if abs(sine) <= _SMOOTH and x * u + y * v > 0:
        return 0.0
    return sine or 1e-9


def has_corner(loop: Loop, *, inner: bool) -> bool:
    """Say whether a loop has corners that stand out of what it encloses, or inner ones."""
    turn = -1 if (loop.area > 0) is inner else 1
    return any(_bend(a, b) * turn > 0 for a, b in _pairs(loop))


def rounded(loop: Loop, radius: float, chosen: Pick = lambda _: True) -> Loop:
    """Return a loop with arcs of a radius at chosen corners. Raises UnsupportedError."""
    return _changed(loop, chosen, lambda a, b: _arc(a, b, radius))


def chamfered(loop: Loop, size: float, chosen: Pick = lambda _: True) -> Loop:
    """Return a loop with chosen corners cut off, so far along each side.

    Raises UnsupportedError.
    """

    def cut(a: Curve, b: Curve) -> Curve:
        if a.length <= size or b.length <= size:
            raise UnsupportedError([TOO_LARGE])
        if not (isinstance(a, Line) and isinstance(b, Line)):
            raise UnsupportedError(["a chamfer at an arc"])
        return Line(point_of(a, 1 - size / a.length), point_of(b, size / b.length))

    return _changed(loop, chosen, cut)


def _changed(loop: Loop, chosen: Pick, made: Callable[[Curve, Curve], Curve]) -> Loop:
    """Put a curve at each chosen corner, and shorten those before and after it."""
    pairs = _pairs(loop)
    new = [made(a, b) if _bend(a, b) and chosen(b.start) else None for a, b in pairs]
    result: list[Curve] = []
    for number, curve in enumerate(loop.curves):
        spend(20)
        if not pairs:
            return loop
        before, after = new[number], new[(number + 1) % len(new)]
        if before is not None:
            result.append(before)
        start = curve.start if before is None else before.end
        end = curve.end if after is None else after.start
        result += _part(curve, start, end)
    return Loop(tuple(result))


def _part(curve: Curve, start: Vec2, end: Vec2) -> list[Curve]:
    """Return what is left of a curve between two points of it: nothing if they are one."""
    first, last = share_at(curve, start), share_at(curve, end)
    if distance(start, curve.start) <= _NEAR:
        first = 0.0
    if distance(end, curve.end) <= _NEAR:
        last = 1.0
    if not -_NEAR <= first <= 1 + _NEAR or not -_NEAR <= last <= 1 + _NEAR:
        raise UnsupportedError([TOO_LARGE])
    if distance(start, end) <= _NEAR and abs(last - first) * curve.length <= 10 * _NEAR:
        return []
    if last < first:
        raise UnsupportedError([TOO_LARGE])
    if isinstance(curve, Line):
        return [Line(start, end)]
    return [Arc(start, point_of(curve, (first + last) / 2), end)]


def _arc(a: Curve, b: Curve, radius: float) -> Curve:
    """Return the arc of a radius that touches two curves near the corner between them."""
    side = math.copysign(radius, _bend(a, b))
    corner = b.start
    centers = sorted(
        _crossings(_beside(a, side), _beside(b, side)), key=lambda c: distance(c, corner)
    )
    for center in centers:
        start, end = _foot(a, center), _foot(b, center)
        touches = abs(off(center, a) - radius) <= 1e-6 and abs(off(center, b) - radius) <= 1e-6
        if touches and distance(start, end) > _NEAR:
            (x, y), (u, v) = (
                direction_of(a, min(share_at(a, start), 1.0)),
                direction_of(b, min(share_at(b, end), 1.0)),
            )
            turned = math.atan2(x * v - y * u, x * u + y * v)
            if turned * side > 0:
                return Arc.from_sweep(start, end, math.degrees(turned))
    raise UnsupportedError([TOO_LARGE])


_Beside = tuple[Vec2, Vec2] | tuple[Vec2, float]
"""A line through a point in a direction, or a circle around one."""


def _beside(curve: Curve, side: float) -> _Beside:
    """Return what runs beside a curve, so far to its left."""
    if isinstance(curve, Line):
        (x, y), (u, v) = curve.start, direction_of(curve, 0.0)
        return ((x - v * side, y + u * side), (u, v))
    curve = bow(curve)
    turn = 1 if isinstance(curve, Circle) or curve.sweep > 0 else -1
    return (curve.center, curve.radius - turn * side)


def _crossings(one: _Beside, other: _Beside) -> list[Vec2]:
    (p, first), (q, second) = one, other
    if isinstance(first, tuple) and isinstance(second, tuple):
        crossed = first[0] * second[1] - first[1] * second[0]
        if abs(crossed) <= _SMOOTH:
            return []
        share = ((q[0] - p[0]) * second[1] - (q[1] - p[1]) * second[0]) / crossed
        return [(p[0] + share * first[0], p[1] + share * first[1])]
    if isinstance(first, tuple) and not isinstance(second, tuple):
        return _line_circle(p, first, q, second)
    if isinstance(second, tuple) and not isinstance(first, tuple):
        return _line_circle(q, second, p, first)
    assert not isinstance(first, tuple)
    assert not isinstance(second, tuple)
    apart = distance(p, q)
    if apart <= _NEAR or first <= 0 or second <= 0:
        return []
    u, v = (q[0] - p[0]) / apart, (q[1] - p[1]) / apart
    along = (apart**2 + first**2 - second**2) / (2 * apart)
    square = first**2 - along**2
    half = math.sqrt(square) if square > 0 else 0.0
    if square < -_NEAR:
        return []
    x, y = p[0] + u * along, p[1] + v * along
    return [(x - v * h, y + u * h) for h in (-half, half)]


def _line_circle(p: Vec2, way: Vec2, center: Vec2, radius: float) -> list[Vec2]:
    along = (center[0] - p[0]) * way[0] + (center[1] - p[1]) * way[1]
    foot = (p[0] + along * way[0], p[1] + along * way[1])
    square = radius**2 - distance(foot, center) ** 2
    if radius <= 0 or square < -_NEAR:
        return []
    half = math.sqrt(max(square, 0.0))
    return [(foot[0] + way[0] * h, foot[1] + way[1] * h) for h in (-half, half)]


def _foot(curve: Curve, point: Vec2) -> Vec2:
    """Return the point of a curve's line or circle that is nearest to a point."""
    if isinstance(curve, Line):
        (x, y), (u, v) = curve.start, direction_of(curve, 0.0)
        along = (point[0] - x) * u + (point[1] - y) * v
        return (x + along * u, y + along * v)
    curve = bow(curve)
    (x, y), away = curve.center, distance(curve.center, point)
    share = curve.radius / away if away else 0.0
    return (x + (point[0] - x) * share, y + (point[1] - y) * share)


def inset(
    loop: Loop, by: float, *, hole: bool, chosen: Callable[[Curve], bool] = lambda _: True
) -> Loop:
    """Return a loop with chosen curves drawn so far inside the area that it bounds.

    Only where all corners of the area stand out: what becomes of others is not said.

    Raises UnsupportedError.
    """
    curves = loop.curves
    if isinstance(curves[0], Circle):
        if not chosen(curves[0]):
            return loop
        radius = curves[0].radius + (by if hole else -by)
        if radius <= _NEAR:
            raise UnsupportedError([TOO_LARGE])
        return Loop((Circle(curves[0].center, radius),))
    left = (loop.area > 0) is not hole  # whether the area is to the left
    side = by if left else -by
    points: list[Vec2] = []
    sides = [side * chosen(curve) for curve in curves]
    for number, (a, b) in enumerate(_pairs(loop)):
        spend(20)
        bend, first, second = _bend(a, b), sides[number - 1], sides[number]
        if not bend and first == second:
            points.append(_shift(b, 0.0, side * chosen(b)))
            continue
        if not first and not second:
            points.append(b.start)
            continue
        found = _crossings(_beside(a, first), _beside(b, second))
        if bend * side <= 0 or not found:
            raise UnsupportedError(["a fillet or chamfer along a rim with an inner corner"])
        points.append(min(found, key=lambda point: distance(point, b.start)))
    result = [
        _between(curve, points[n], points[(n + 1) % len(points)], sides[n])
        for n, curve in enumerate(curves)
    ]
    return Loop(tuple(result))


def _shift(curve: Curve, share: float, side: float) -> Vec2:
    (x, y), (u, v) = point_of(curve, share), direction_of(curve, share)
    return (x - v * side, y + u * side)


def _between(curve: Curve, start: Vec2, end: Vec2, side: float) -> Curve:
    """Return what runs beside a curve, between two points of it."""
    if isinstance(curve, Line):
        (x, y), (u, v) = direction_of(curve, 0.0), (end[0] - start[0], end[1] - start[1])
        if x * u + y * v <= _NEAR:
            raise UnsupportedError([TOO_LARGE])
        return Line(start, end)
    assert isinstance(curve, Arc)
    middle = _shift(curve, 0.5, side)
    radius = curve.radius - math.copysign(1.0, curve.sweep) * side
    if radius <= _NEAR:
        raise UnsupportedError([TOO_LARGE])
    return Arc(start, middle, end)


def grown(loop: Loop, by: float, *, arcs: bool) -> Loop:
    """Return a loop drawn so far outside, or with a negative number inside, of what it encloses.

    Where a corner opens an arc goes around it, or without `arcs` its lines go on until they meet.

    Raises UnsupportedError where the outcome would cross itself.
    """
    curves = loop.curves
    if isinstance(curves[0], Circle):
        return inset(loop, -by, hole=False)
    side = -by if loop.area > 0 else by
    ends: list[tuple[Vec2, Vec2]] = []  # of what runs beside the curve before and after a corner
    for a, b in _pairs(loop):
        spend(20)
        bend = _bend(a, b)
        opens = bend * side < 0
        if not bend or (opens and arcs):
            ends.append((_shift(a, 1.0, side), _shift(b, 0.0, side)))
            continue
        if opens and not (isinstance(a, Line) and isinstance(b, Line)):
            raise UnsupportedError(["an offset that goes on from an arc"])
        found = _crossings(_beside(a, side), _beside(b, side))
        if not found:
            raise UnsupportedError([TOO_LARGE])
        meeting = min(found, key=lambda point: distance(point, b.start))
        ends.append((meeting, meeting))
    result: list[Curve] = []
    for number, (curve, (before, start)) in enumerate(zip(curves, ends, strict=True)):
        if distance(before, start) > _NEAR:
            turn = _turn(curves[number - 1], curve)
            result.append(Arc.from_sweep(before, start, math.degrees(turn)))
        result.append(_between(curve, start, ends[(number + 1) % len(ends)][0], side))
    if _crosses_itself(result):
        raise UnsupportedError([TOO_LARGE])
    return Loop(tuple(result))


def _turn(a: Curve, b: Curve) -> float:
    (x, y), (u, v) = direction_of(a, 1.0), direction_of(b, 0.0)
    return math.atan2(x * v - y * u, x * u + y * v)


def _crosses_itself(curves: list[Curve]) -> bool:
    for number, one in enumerate(curves):
        spend(8 * number)
        for other in curves[:number]:
            ends = (other.start, other.end)
            meetings = (point_of(one, share) for share in met(one, other, 1e-7))
            if any(all(distance(at, end) > 1e-6 for end in ends) for at in meetings):
                return True
    return False
