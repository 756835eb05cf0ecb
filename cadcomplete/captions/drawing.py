"""From what is said of a thing to the loop that draws it around a point."""

from __future__ import annotations

import math
from collections.abc import Callable

from cadcomplete.captions.mention import Form, Mention
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.fields import DECIMALS
from cadcomplete.history.geometry import Vec2
from cadcomplete.history.loops import Loop

At = Callable[[Vec2], Loop]


def drawn_loop(mention: Mention, *, turned: bool = False) -> At | None:
    """Return what draws the outline of a thing around a point; None if its size is not said.

    The longer side is along x, or along y if it is `turned`.
    """
    form, sizes = mention.form, mention.sizes
    if form in (Form.ROUND, Form.RING, None) and mention.diameters:
        return lambda at: circle(at, mention.diameters[0])
    if form is Form.POLYGON and mention.diameters and mention.sides > 2:
        return lambda at: polygon(at, mention.diameters[0], mention.sides, turned=turned)
    if len(sizes) < 2:
        return None
    a, b = (sizes[1], sizes[0]) if turned else (sizes[0], sizes[1])
    if form is Form.SLOTTED:
        return lambda at: slot(at, a, b)
    if form in (Form.RECTANGLE, None):
        return lambda at: rectangle(at, a, b)
    return None


def circle(at: Vec2, diameter: float) -> Loop:
    return Loop((Circle(_exact(at), round(diameter / 2, DECIMALS)),))


def rectangle(at: Vec2, a: float, b: float) -> Loop:
    """A rectangle with sides `a` along x and `b` along y, in mm."""
    (x, y), p, q = at, a / 2, b / 2
    return closed([(x - p, y - q), (x + p, y - q), (x + p, y + q), (x - p, y + q)])


def polygon(at: Vec2, flats: float, sides: int, *, turned: bool = False) -> Loop:
    """A regular polygon, `flats` mm across its inscribed circle."""
    radius, turn = flats / 2 / math.cos(math.pi / sides), 0.5 if turned else 0.0
    angles = [math.tau * (i + turn) / sides for i in range(sides)]
    return closed([(at[0] + radius * math.cos(t), at[1] + radius * math.sin(t)) for t in angles])


def slot(at: Vec2, a: float, b: float) -> Loop:
    """A slot with round ends, `a` mm along x and `b` along y."""
    (x, y), r = at, min(a, b) / 2
    if a >= b:
        p = a / 2 - r
        corners = [(x - p, y - r), (x + p, y - r), (x + p, y + r), (x - p, y + r)]
    else:
        p = b / 2 - r
        corners = [(x + r, y - p), (x + r, y + p), (x - r, y + p), (x - r, y - p)]
    q, s, t, u = map(_exact, corners)
    curves: tuple[Curve, ...] = (
        Line(q, s),
        Arc.from_sweep(s, t, 180.0),
        Line(t, u),
        Arc.from_sweep(u, q, 180.0),
    )
    return Loop(curves)


def closed(corners: list[Vec2]) -> Loop:
    """The polygon through some corners."""
    points = [_exact(corner) for corner in corners]
    return Loop(tuple(map(Line, points, [*points[1:], points[0]])))


def _exact(point: Vec2) -> Vec2:
    return (round(point[0], DECIMALS) + 0.0, round(point[1], DECIMALS) + 0.0)
