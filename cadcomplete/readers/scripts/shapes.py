"""The curves that scripts draw, by the ways in which they give them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

from cadcomplete.errors import GeometryError, ReadError, UnsupportedError
from cadcomplete.history.curves import Arc, BSpline, Circle, Curve, EllipseArc, Line
from cadcomplete.history.geometry import Vec2, distance
from cadcomplete.history.operations import Loop
from cadcomplete.readers.scripts.budget import spend

_NEAR = 1e-6


def rectangle(width: float, height: float, center: Vec2 = (0.0, 0.0)) -> Loop:
    x, y = center
    left, right, low, high = x - width / 2, x + width / 2, y - height / 2, y + height / 2
    return polygon([(left, low), (right, low), (right, high), (left, high)])


def polygon(corners: list[Vec2]) -> Loop:
    """Return the closed loop through corners; the first may stand again at the end."""
    if len(corners) > 1 and distance(corners[0], corners[-1]) <= _NEAR:
        corners = corners[:-1]
    if len(corners) < 3:
        raise ReadError("a polygon needs three corners", got=len(corners))
    return Loop(tuple(lines([*corners, corners[0]])))


def slot(width: float, height: float) -> Loop:
    """Return a slot along x whose straight sides are `width` long and `height` apart."""
    x, r = width / 2, height / 2
    return Loop(
        (
            Line((-x, -r), (x, -r)),
            Arc((x, -r), (x + r, 0.0), (x, r)),
            Line((x, r), (-x, r)),
            Arc((-x, r), (-x - r, 0.0), (-x, -r)),
        )
    )


def rounded(width: float, height: float, radius: float) -> Loop:
    """Return a rectangle around the origin whose corners are arcs."""
    x, y = width / 2 - radius, height / 2 - radius
    curves: list[Curve] = []
    for quarter, (u, v) in enumerate([(x, y), (-x, y), (-x, -y), (x, -y)]):
        corner = center_arc((u, v), radius, 90.0 * quarter, 90.0)
        if curves:
            curves.append(Line(curves[-1].end, corner.start))
        curves.append(corner)
    return Loop((*curves, Line(curves[-1].end, curves[0].start)))


def reflected(curve: Curve, origin: Vec2, normal: Vec2) -> Curve:
    """Return a curve mirrored at the line through a point that a direction stands upon."""
    length = math.hypot(*normal)
    (ox, oy), (u, v) = origin, (normal[0] / length, normal[1] / length)

    def over(point: Vec2) -> Vec2:
        off = 2 * ((point[0] - ox) * u + (point[1] - oy) * v)
        return (point[0] - off * u, point[1] - off * v)

    return curve.mapped(over)


def regular(radius: float, sides: int, first: float = 0.0) -> list[Vec2]:
    """Return corners on a circle around the origin, counter-clockwise from an angle in degrees."""
    angles = (math.radians(first) + i * math.tau / sides for i in range(sides))
    return [(radius * math.cos(a), radius * math.sin(a)) for a in angles]


def lines(points: list[Vec2]) -> list[Curve]:
    """Return lines from point to point, without those that go nowhere."""
    pairs = itertools.pairwise(points)
    return [Line(a, b) for a, b in pairs if distance(a, b) > 1e-9]


def arc(start: Vec2, mid: Vec2, end: Vec2) -> Arc:
    """Return the arc through three points. Raises ReadError if they lie on a line."""
    result = Arc(start, mid, end)
    try:
        _ = result.center
    except GeometryError as error:
        raise ReadError(str(error)) from None
    return result


def center_arc(center: Vec2, radius: float, first: float, sweep: float) -> Arc | Circle:
    """Return an arc from an angle over a sweep, in degrees, counter-clockwise if positive."""
    if abs(sweep) >= 360:
        return Circle(center, radius)

    def at(degrees: float) -> Vec2:
        angle = math.radians(degrees)
        return (center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle))

    return arc(at(first), at(first + sweep / 2), at(first + sweep))


def ellipse_arc(
    center: Vec2, radii: tuple[float, float], first: float, sweep: float, turn: float
) -> EllipseArc:
    """Return an arc of an ellipse, by angles of the circle that it is a squeezed one of."""
    if not 0 < abs(sweep) < 360:
        raise UnsupportedError(["an arc of an ellipse all around"])
    return EllipseArc.around(center, radii, first, sweep, turn)


def bezier(poles: list[Vec2], weights: tuple[float, ...] = ()) -> BSpline:
    """Return a Bézier curve: a spline of one piece. Raises ReadError."""
    over = () if all(weight == 1 for weight in weights) else weights
    made = BSpline(len(poles) - 1, tuple(poles), (0.0, 1.0), (), over)
    if made.problem:
        raise ReadError(made.problem)
    return made


def sagitta_arc(start: Vec2, end: Vec2, sagitta: float) -> Arc:
    """Return the arc whose middle lies off its chord by `sagitta`, positive to the left."""
    chord = distance(start, end)
    if chord <= _NEAR:
        raise ReadError("an arc between two points that are the same", got=start)
    dx, dy = (end[0] - start[0]) / chord, (end[1] - start[1]) / chord
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    return arc(start, (x - dy * sagitta, y + dx * sagitta), end)


def radius_arc(start: Vec2, end: Vec2, radius: float, *, short: bool = True) -> Arc:
    """Return an arc by its radius: to the left of its chord if that is positive."""
    half = distance(start, end) / 2
    square = radius * radius - half * half
    if square < -_NEAR * radius * radius:
        raise ReadError("the radius is too small to reach the end of the arc", got=radius)
    height = math.sqrt(max(square, 0.0))
    sagitta = abs(radius) - height if short else -abs(radius) - height
    return sagitta_arc(start, end, math.copysign(1, radius) * sagitta)


def tangent_arc(start: Vec2, direction: Vec2, end: Vec2) -> Arc:
    """Return the arc that leaves `start` in a direction and reaches `end`.

    It turns by twice the angle between the direction and the chord.
    """
    chord = (end[0] - start[0], end[1] - start[1])
    crossed = direction[0] * chord[1] - direction[1] * chord[0]
    turn = math.atan2(crossed, direction[0] * chord[0] + direction[1] * chord[1])
    if abs(math.sin(turn)) < 1e-9:
        raise ReadError("a tangent arc whose end lies straight ahead or behind", got=end)
    return sagitta_arc(start, end, -math.hypot(*chord) / 2 * math.tan(turn / 2))


def end_direction(curve: Curve) -> Vec2:
    """Return the direction in which a curve ends, not of length 1."""
    if isinstance(curve, Line):
        return (curve.end[0] - curve.start[0], curve.end[1] - curve.start[1])
    if isinstance(curve, Circle):
        return (0.0, 1.0)
    if not isinstance(curve, Arc):
        raise UnsupportedError([type(curve).__name__])
    (cx, cy), (x, y) = curve.center, curve.end
    sign = math.copysign(1, curve.sweep)
    return (-(y - cy) * sign, (x - cx) * sign)


def chained(curves: Iterable[Curve]) -> list[Loop]:
    """Return the closed loops that curves in any order and direction make, gaps closed.

    Raises ReadError if an end meets no other.
    """
    loops = chains(curves)
    if not loops:
        raise ReadError("nothing has been drawn that a face could be made of")
    for loop in loops:
        if not loop.closed:
            raise ReadError("the curves do not close to a loop", got=f"an end at {loop.end} mm")
    return loops


def chains(curves: Iterable[Curve]) -> list[Loop]:
    """Return the loops that curves in any order and direction make: open ones where an end is free.

    Each goes on from the first curve that is left.
    """
    left = list(curves)
    near = _NEAR * (1 + max((max(map(abs, (*c.start, *c.end))) for c in left), default=0.0))
    loops: list[Loop] = []
    while left:
        chain = [left.pop(0)]
        while not chain[0].closed and _gap(chain) > near:
            following = _next(left, chain[-1].end, near)
            if following is None:
                break
            chain.append(following)
        if not chain[0].closed and _gap(chain) <= near:
            chain[-1] = chain[-1].moved(chain[-1].start, chain[0].start)
        loops.append(Loop(tuple(chain)))
    return loops


def _gap(chain: list[Curve]) -> float:
    if len(chain) == 1 and not isinstance(chain[0], BSpline):
        return math.inf  # an arc that comes back to where it starts is drawn as a circle
    return distance(chain[-1].end, chain[0].start)


def _next(left: list[Curve], pen: Vec2, near: float) -> Curve | None:
    """Take the curve that starts or ends at the pen out of those left, as it goes on."""
    for number, curve in enumerate(left):
        spend(1)
        if curve.closed:
            continue
        if distance(pen, curve.start) <= near:
            del left[number]
            return curve.moved(pen, curve.end)
        if distance(pen, curve.end) <= near:
            del left[number]
            return curve.reversed().moved(pen, curve.start)
    return None


def centroid(loop: Loop) -> Vec2:
    """Return the middle of a loop's curves, weighted by their lengths."""
    total, x, y = 0.0, 0.0, 0.0
    for curve in loop.curves:
        px, py = _middle(curve)
        total += curve.length
        x, y = x + px * curve.length, y + py * curve.length
    return (x / total, y / total) if total else loop.start


def _middle(curve: Curve) -> Vec2:
    if isinstance(curve, Circle):
        return curve.center
    if isinstance(curve, Line):
        return ((curve.start[0] + curve.end[0]) / 2, (curve.start[1] + curve.end[1]) / 2)
    if not isinstance(curve, Arc):
        raise UnsupportedError([type(curve).__name__])
    (cx, cy), half = curve.center, math.radians(abs(curve.sweep)) / 2
    middle = Arc.from_sweep(curve.start, curve.end, curve.sweep).mid
    share = math.sin(half) / half
    return (cx + (middle[0] - cx) * share, cy + (middle[1] - cy) * share)
