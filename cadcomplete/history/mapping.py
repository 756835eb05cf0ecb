"""A curve somewhere else: every place that moves the points of a curve does it here."""

from __future__ import annotations

from collections.abc import Callable

from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Vec2


def mapped(
    curve: Curve, move: Callable[[Vec2], Vec2], radius: Callable[[float], float] = float
) -> Curve:
    """Return a curve with every point of it moved, and the radius of a circle changed as well.

    An arc goes through its three moved points: what bends it otherwise than turning, mirroring
    and scaling do must say itself how an arc looks there.
    """
    if isinstance(curve, Circle):
        return Circle(move(curve.center), radius(curve.radius))
    if isinstance(curve, Arc):
        return Arc(move(curve.start), move(curve.mid), move(curve.end))
    return Line(move(curve.start), move(curve.end))
