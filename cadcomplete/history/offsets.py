"""Loops moved inwards or outwards: lines stay lines and arcs stay arcs about the same centre.

Corners stay sharp: they are where neighbours, moved and prolonged, meet. A loop is refused from
where on one of its curves would vanish.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import BENT, Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Array, Vec2, distance
from cadcomplete.history.loops import Loop
from cadcomplete.history.tables import Table, refusing

_SMOOTH = 1e-7
"""Sine of the angle between two curves that run on smoothly."""


def offset(loop: Loop, inwards: float) -> Loop:
    """Return a closed loop moved inwards by so many mm, or outwards if that is negative.

    Raises GeometryError naming the first curve that vanishes, UnsupportedError for a curve that
    has no offset of its own kind.
    """
    left = inwards if loop.area > 0 else -inwards
    curves = loop.curves
    if curves[0].closed:
        return replace(
            loop, curves=(MOVED[type(curves[0])](curves[0], left, (0.0, 0.0), (0.0, 0.0)),)
        )
    corners = [
        _corner(before, after, left)
        for before, after in zip((curves[-1], *curves[:-1]), curves, strict=True)
    ]
    moved = []
    for number, (curve, start, end) in enumerate(
        zip(curves, corners, (*corners[1:], corners[0]), strict=True)
    ):
        found = MOVED[type(curve)](curve, left, start, end)
        if found is None:
            raise GeometryError(f"curve {number} of it vanishes")
        moved.append(found)
    return replace(loop, curves=tuple(moved))


def _line(line: Line, left: float, start: Vec2, end: Vec2) -> Line | None:
    along = np.subtract(line.end, line.start)
    there = np.subtract(end, start)
    return Line(start, end) if float(there @ along) > _LEAST * line.length else None


def _arc(arc: Arc, left: float, start: Vec2, end: Vec2) -> Arc | None:
    """The arc about the same centre, from one corner to the next."""
    radius = _radius(arc, left)
    if radius <= _LEAST:
        return None
    (x, y), turns = arc.center, math.copysign(1.0, arc.sweep)
    first, last = (math.atan2(b - y, a - x) for a, b in (start, end))
    sweep = (last - first) * turns % (2 * math.pi)
    if sweep - math.radians(abs(arc.sweep)) > math.pi:  # it would turn back
        return None
    middle = first + turns * sweep / 2
    mid = (x + radius * math.cos(middle), y + radius * math.sin(middle))
    return Arc(start, mid, end) if distance(start, end) > _LEAST else None


def _circle(circle: Circle, left: float, start: Vec2, end: Vec2) -> Circle:
    if circle.radius - left <= _LEAST:
        raise GeometryError("its circle vanishes")
    return replace(circle, radius=circle.radius - left)


_LEAST = 1e-6  # mm; what is shorter has vanished

MOVED: Table[Callable[[Any, float, Vec2, Vec2], Any]] = Table(
    "history/offsets.py",
    {
        Line: _line,
        Arc: _arc,
        Circle: _circle,
        **{kind: refusing(kind, "history/offsets.py") for kind in BENT},
    },
)
"""A curve moved to its left by so many mm, between the corners that it has then; None for none."""


def _radius(arc: Arc, left: float) -> float:
    return arc.radius - left if arc.sweep > 0 else arc.radius + left


def _direction(curve: Curve, at: Vec2) -> Array:
    """The unit vector along a curve at one of its ends."""
    if isinstance(curve, Line):
        return np.subtract(curve.end, curve.start) / curve.length
    assert isinstance(curve, Arc)
    x, y = np.subtract(at, curve.center) / curve.radius
    return np.array([-y, x]) if curve.sweep > 0 else np.array([y, -x])


def _corner(before: Curve, after: Curve, left: float) -> Vec2:
    """Where two neighbours meet once they are moved. Raises GeometryError if they do not."""
    for curve in (before, after):
        if not isinstance(curve, Line | Arc):
            MOVED[type(curve)](curve, left, after.start, after.start)  # says that it has no offset
    at = after.start
    one, other = _direction(before, at), _direction(after, at)
    turn = float(one[0] * other[1] - one[1] * other[0])
    ahead = float(one @ other)
    aside = np.array([-other[1], other[0]])
    if abs(turn) <= _SMOOTH and ahead > 0:
        x, y = np.array(at) + left * aside
        return float(x), float(y)
    if abs(turn) <= _SMOOTH:
        raise GeometryError(f"it turns back at ({at[0]:.6g}, {at[1]:.6g}) mm")
    if isinstance(before, Line) and isinstance(after, Line):
        # What lies `left` of both: at + left (n1 + n2) / (1 + n1 n2).
        both = np.array([-one[1], one[0]]) + aside
        x, y = np.array(at) + left * both / (1 + ahead)
        return float(x), float(y)
    if isinstance(before, Line) or isinstance(after, Line):
        line, arc = (before, after) if isinstance(before, Line) else (after, before)
        return _nearest(_line_meets(line, arc, left), at)
    return _nearest(_arcs_meet(before, after, left), at)


def _nearest(points: list[Array], at: Vec2) -> Vec2:
    if not points:
        raise GeometryError(f"its corner at ({at[0]:.6g}, {at[1]:.6g}) mm vanishes")
    x, y = min(points, key=lambda point: float(np.linalg.norm(point - at)))
    return float(x), float(y)


def _line_meets(line: Any, arc: Any, left: float) -> list[Array]:
    """Where a moved line meets a moved circle."""
    along = _direction(line, line.start)
    start = np.array(line.start) + left * np.array([-along[1], along[0]])
    center, radius = np.array(arc.center), _radius(arc, left)
    foot = start + along * float((center - start) @ along)
    half = radius**2 - float(((center - foot) ** 2).sum())
    if radius <= 0 or half < 0:
        return []
    return [foot + along * math.sqrt(half), foot - along * math.sqrt(half)]


def _arcs_meet(one: Any, other: Any, left: float) -> list[Array]:
    """Where two moved circles meet."""
    a, b = np.array(one.center), np.array(other.center)
    r, s, apart = _radius(one, left), _radius(other, left), float(np.linalg.norm(b - a))
    if min(r, s) <= 0 or apart <= _LEAST:
        return []
    along = (b - a) / apart
    far = (apart**2 + r**2 - s**2) / (2 * apart)
    half = r**2 - far**2
    if half < 0:
        return []
    aside = np.array([-along[1], along[0]]) * math.sqrt(half)
    return [a + far * along + aside, a + far * along - aside]
