"""Ellipses, their arcs and B-splines of a FreeCAD sketch.

Angles of an ellipse are counted from its major axis, which `AngleXU` turns from +x, and run
counter-clockwise about its normal. A periodic spline has each pole once, as the CAD kernel has it:
before its first knot stand degree + 1 - multiplicity of the last ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from cadcomplete.errors import GeometryError, ReadError
from cadcomplete.history.curves import BSpline, Ellipse, EllipseArc
from cadcomplete.history.ellipses import half_turn
from cadcomplete.history.geometry import Vec2
from cadcomplete.history.splines import MOST_DEGREE, clamped

Numbers = Mapping[str, float]
Parts = tuple[tuple[str, Numbers], ...]
"""What stands within the element of a curve: of a spline its poles and knots."""

_MOST_POLES = 10_000

_FULL = 1e-9  # radians


def _sense(n: Numbers) -> float:
    return -1.0 if n.get("NormalZ", 1.0) < 0 else 1.0


def ellipse(n: Numbers, parts: Parts) -> Ellipse:
    turn = half_turn(math.degrees(n.get("AngleXU", 0.0)))
    return Ellipse(_point(n["CenterX"], n["CenterY"]), n["MajorRadius"], n["MinorRadius"], turn)


def arc_of_ellipse(n: Numbers, parts: Parts) -> EllipseArc | Ellipse:
    start, end, turn = n["StartAngle"], n["EndAngle"], n.get("AngleXU", 0.0)
    sweep, sense = (end - start) % (2 * math.pi), _sense(n)
    if min(sweep, 2 * math.pi - sweep) < _FULL and abs(end - start) > math.pi:
        return ellipse(n, parts)
    major, minor = n["MajorRadius"], n["MinorRadius"]
    if major <= 0 or minor <= 0:
        raise ReadError("an arc of an ellipse without a radius", got=(major, minor))

    def at(angle: float) -> Vec2:
        u, v = major * math.cos(angle), sense * minor * math.sin(angle)
        c, s = math.cos(turn), math.sin(turn)
        return _point(n["CenterX"] + u * c - v * s, n["CenterY"] + u * s + v * c)

    return EllipseArc(
        at(start),
        at(start + sweep),
        sense * math.degrees(sweep),
        half_turn(math.degrees(turn)),
        minor / major,
    )


def spline(n: Numbers, parts: Parts) -> BSpline:
    degree = int(n["Degree"])
    poles = [(p["X"], p["Y"]) for kind, p in parts if kind == "Pole"]
    weights = [p.get("Weight", 1.0) for kind, p in parts if kind == "Pole"]
    knots = [(p["Value"], int(p["Mult"])) for kind, p in parts if kind == "Knot"]
    often = sum(count for _, count in knots)
    if not 1 <= degree <= MOST_DEGREE or max(often, len(poles)) > _MOST_POLES or len(knots) < 2:
        expected = f"a degree of 1 to {MOST_DEGREE}, two knots, up to {_MOST_POLES} poles"
        raise ReadError("not a spline", expected=expected, got=(degree, len(knots), len(poles)))
    flat = [value for value, count in knots for _ in range(count)]
    if n.get("IsPeriodic"):
        flat, extra = _unrolled(flat, degree, knots[-1][1], len(poles))
        poles, weights = poles + poles[:extra], weights + weights[:extra]
    try:
        return clamped(degree, poles, flat, weights)
    except GeometryError as error:
        raise ReadError(str(error)) from error


def _unrolled(flat: list[float], degree: int, often: int, poles: int) -> tuple[list[float], int]:
    """Return the knots of a periodic spline with those before and behind, and how many poles more.

    `often` is how often its last knot counts, which is its first one again.
    """
    once, period = flat[: len(flat) - often], flat[-1] - flat[0]
    more = degree + 1 - often
    if not once or len(once) != poles or not 0 <= more <= poles:
        got = (len(once), poles)
        raise ReadError("not a periodic spline", expected="as many knots as poles", got=got)
    numbers = range(-more, len(once) + often + more)
    return [once[i % len(once)] + period * (i // len(once)) for i in numbers], more


def _point(x: float, y: float) -> Vec2:
    """Without the noise of whoever solved the sketch, to a picometre."""
    return (round(x, 9) + 0.0, round(y, 9) + 0.0)
