"""Ellipses, their arcs and splines of Fusion 360 JSON.

As the gallery's importer reads them: an ellipse has its centre, the direction of its major axis and
both radii; an elliptical arc its ends as well, and angles about its normal from its major axis; a
spline has its control points, its degree, knots each as often as it counts, and weights if it is
rational. A periodic one has its control points once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cadcomplete.errors import GeometryError, ReadError
from cadcomplete.history.curves import BSpline, Curve, Ellipse, EllipseArc
from cadcomplete.history.ellipses import half_turn
from cadcomplete.history.geometry import Vec2, distance
from cadcomplete.history.splines import clamped
from cadcomplete.readers.checked import Json, Unit, at, get, length, number, point, vector

_MOST_POLES = 10_000

_OFF = 0.02
"""How far the ends of an arc may be off its ellipse, as a share of its major radius."""


def _radii(curve: Json, unit: Unit) -> tuple[float, float]:
    found = []
    for name in ("major", "minor"):
        key = f"{name}_axis_radius" if f"{name}_axis_radius" in curve else f"{name}_radius"
        found.append(length(curve, key, unit))
    if min(found) <= 0:
        expected = "two radii above 0"
        raise ReadError("not an ellipse", where=".major_radius", expected=expected, got=found)
    return found[0], found[1]


def _axis(curve: Json, unit: Unit) -> float:
    """The direction of the major axis, in degrees from +x."""
    x, y, _ = vector(curve, "major_axis", unit)
    if math.hypot(x, y) < 1e-9:
        raise ReadError("an axis without direction", where=".major_axis")
    return math.degrees(math.atan2(y, x))


def _ellipse(curve: Json, unit: Unit) -> Ellipse:
    return Ellipse(
        point(curve, "center_point", unit), *_radii(curve, unit), half_turn(_axis(curve, unit))
    )


def _elliptical_arc(curve: Json, unit: Unit) -> EllipseArc:
    """Its ends are those of the file, which may have been turned round."""
    (x, y), (major, minor) = point(curve, "center_point", unit), _radii(curve, unit)
    start, end = (point(curve, key, unit) for key in ("start_point", "end_point"))
    first, last = (number(curve, key, unit) for key in ("start_angle", "end_angle"))
    turn, sense = _axis(curve, unit), 1.0
    if "normal" in curve and vector(curve, "normal", unit)[2] < 0:
        sense = -1.0
    angle = math.radians(turn)

    def reached(at: float) -> Vec2:
        u, v = major * math.cos(at), sense * minor * math.sin(at)
        c, s = math.cos(angle), math.sin(angle)
        return (x + u * c - v * s, y + u * s + v * c)

    sweep = sense * math.degrees(last - first)
    forward = distance(reached(first), start) + distance(reached(last), end)
    backward = distance(reached(first), end) + distance(reached(last), start)
    if not min(forward, backward) <= _OFF * major or not 0 < abs(sweep) < 360:
        raise ReadError(
            "the ends of the arc do not fit its ellipse and angles",
            expected=f"{reached(first)} and {reached(last)} mm",
            got=f"{start} and {end}",
        )
    sweep = sweep if forward <= backward else -sweep
    return EllipseArc(start, end, sweep, half_turn(turn), minor / major)


def _nurbs(curve: Json, unit: Unit) -> BSpline:
    degree = get(curve, "degree", int)
    listed, knots = get(curve, "control_points", list), get(curve, "knots", list)
    if len(listed) > _MOST_POLES:
        expected = f"up to {_MOST_POLES}"
        raise ReadError("too many control points", where=".control_points", expected=expected)
    poles = [
        at(f".control_points[{i}]", point, {"at": pole}, "at", unit)
        for i, pole in enumerate(listed)
    ]
    flat = [at(".knots", number, knots, i, unit) for i in range(len(knots))]
    weights = curve.get("weights") if curve.get("rational", bool(curve.get("weights"))) else None
    held = [at(".weights", number, weights, i, unit) for i in range(len(weights or ()))]
    if len(poles) > degree > 0 and len(flat) > degree and curve.get("periodic") is True:
        missing = len(flat) - degree - 1 - len(poles)
        if 0 < missing <= len(poles):  # its beginning once more, and knots enough for that
            poles += poles[:missing]
            held += held[:missing]
    try:
        return clamped(degree, poles, flat, held)
    except GeometryError as error:
        raise ReadError(str(error), where=".knots") from error


BENT_CURVES: dict[str, Callable[[Any, Unit], Curve]] = {
    "Ellipse3D": _ellipse,
    "EllipticalArc3D": _elliptical_arc,
    "NurbsCurve3D": _nurbs,
}
"""Curves that are neither straight nor round, by the names that they have there."""
