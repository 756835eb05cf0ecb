"""Polygons that stand for loops: as many corners as an arc's area needs.

For an arc a polygon stands that has the arc's own area, so that whatever is cut whole, a round hole
or boss, counts exactly as well. Where something runs through an arc the polygon's area is off by up
to r² · angle³ / 24, the angle that between two corners: small enough angles make that small enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.bent import Bent, curve_ends, turning
from cadcomplete.history.curves import BENT, Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Array, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.tables import Table

STEPS = (30.0, 15.0, 10.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.5, 1.0, 0.6, 0.5, 0.4, 0.3, 0.2, 0.12)
"""Degrees between the corners of a polygon that stands for an arc: one of these."""


@dataclass(frozen=True, slots=True)
class Fineness:
    """How the prisms are made polyhedra.

    Attributes:
        area: by how much the area of a polygon may be off where its arc is cut in two, in mm².
        turned: whether everything is turned about an oblique axis.
    """

    area: float = math.inf
    turned: bool = False

    def step(self, radius: float) -> float:
        """Degrees between the corners of an arc."""
        most = math.degrees((24 * self.area / radius**2) ** (1 / 3))
        return next((step for step in STEPS if step <= most), STEPS[-1])


COARSE = Fineness()


def round_part(curve: Curve) -> tuple[float, float]:
    """Radius and degrees of a curve; 0 and 0 for what is straight, or an arc that there is not."""
    try:
        return POLYGONS[type(curve)].round(curve)
    except GeometryError:
        return 0.0, 0.0


def outline(loop: Loop, fineness: Fineness) -> Array:
    """Corners of the polygon that stands for a loop, shape (n, 2), each once; its area is exact."""
    return np.array([corner for curve in loop.curves for corner in _corners(curve, fineness)])


def _corners(curve: Curve, fineness: Fineness) -> list[Vec2]:
    """Points along a curve, its start included, its end not."""
    radius, _ = round_part(curve)
    return POLYGONS[type(curve)].corners(curve, fineness.step(radius)) if radius else [curve.start]


def _circle(circle: Circle, step: float) -> list[Vec2]:
    turn = math.radians(step)
    factor = math.sqrt(turn / math.sin(turn))
    return _round(circle.center, factor * circle.radius, np.arange(0.0, 360.0 - step / 2, step))


def _arc(curve: Arc, step: float) -> list[Vec2]:
    """Points at multiples of a step, a little outside of the arc, so that it has the arc's area.

    So the same circle drawn whole or in pieces has all but the same corners.
    """
    (x, y), radius, sweep = curve.center, curve.radius, curve.sweep
    first = math.degrees(math.atan2(curve.start[1] - y, curve.start[0] - x))
    low, high = sorted((first, first + sweep))
    inner = np.arange(math.floor(low / step + 1e-4) + 1, math.ceil(high / step - 1e-4)) * step
    if not len(inner):
        inner = np.array([(low + high) / 2])
    sines = np.sin(np.radians(np.diff([low, *inner, high])))
    # The fan of triangles has the sector's area: inside · k² + ends · k = sweep, k the factor.
    inside, ends = float(sines[1:-1].sum()), float(sines[0] + sines[-1])
    total = math.radians(abs(sweep))
    factor = 2 * total / (ends + math.sqrt(ends**2 + 4 * inside * total))
    between = _round((x, y), factor * radius, inner if sweep > 0 else inner[::-1])
    return [curve.start, *between]


def _round(center: Vec2, radius: float, degrees: np.ndarray) -> list[Vec2]:
    angles = np.radians(degrees)
    x = center[0] + radius * np.cos(angles)
    y = center[1] + radius * np.sin(angles)
    return list(zip(x.tolist(), y.tolist(), strict=True))


@lru_cache(maxsize=512)
def _roundness(curve: Bent) -> tuple[float, float]:
    """The radius and degrees of an arc off which polygons are as far as off the curve, at most.

    A chord of length c is off by c³ k / 12 where the curve turns by k a mm; with as many corners as
    the arc has, each c is the length times step / degrees.
    """
    degrees = sum(turning(curve, low, high) for low, high in pairwise(curve.pieces))
    if degrees < _STRAIGHT:
        return 0.0, 0.0
    degrees = max(degrees, 30.0 * (len(curve.pieces) - 1))
    most = 0.0
    for low, high in pairwise(curve.pieces):
        at = np.linspace(low, high, 65)
        _, slopes = curve.evaluate(at)
        angles = np.unwrap(np.arctan2(slopes[:, 1], slopes[:, 0]))
        lengths = np.hypot(*((slopes[1:] + slopes[:-1]) / 2).T) * np.diff(at)
        bends = np.abs(np.diff(angles)) / np.maximum(lengths, 1e-12)
        most = max(most, float(bends.max()))
    return math.sqrt(2 * curve.length**3 * most / math.radians(degrees) ** 3), degrees


_STRAIGHT = 1e-6  # degrees


def _bent(curve: Bent, step: float) -> list[Vec2]:
    """Points evenly along each piece, moved off it together so that the curve's area is theirs."""
    degrees = _roundness(curve)[1]
    share = degrees / (len(curve.pieces) - 1)
    count = max(math.ceil(share / step - 1e-9), 2)
    ends = pairwise(curve.pieces)
    at = np.concatenate([np.linspace(low, high, count + 1)[:-1] for low, high in ends])
    points, slopes = curve.evaluate(at)
    out = np.stack([slopes[:, 1], -slopes[:, 0]], axis=1)
    out /= np.maximum(np.hypot(*slopes.T), 1e-300)[:, None]
    first, last = curve_ends(curve)
    if not curve.closed:
        points[0], out[0] = first, 0.0
    closing = points[:1] if curve.closed else np.array([last])
    still = points[:1] * 0.0 if not curve.closed else out[:1]
    ring, way = np.concatenate([points, closing]), np.concatenate([out, still])
    lacking = curve.area - _area(ring, ring)
    slope, bend = _area(ring, way) + _area(way, ring), _area(way, way)
    far = (
        2
        * lacking
        / (slope + math.copysign(math.sqrt(max(slope**2 + 4 * bend * lacking, 0)), slope))
    )
    return [(x, y) for x, y in (ring + far * way)[:-1].tolist()]


def _area(one: Array, other: Array) -> float:
    """Half the sum of the cross products of each point of the one and the next of the other."""
    return float((one[:-1, 0] * other[1:, 1] - other[1:, 0] * one[:-1, 1]).sum()) / 2


class Polygon(NamedTuple):
    """What stands for a curve: its radius and degrees, and its corners at steps of some degrees.

    What has no radius has one corner, its start. Points along it, its end not included.
    """

    round: Callable[[Any], tuple[float, float]]
    corners: Callable[[Any, float], list[Vec2]]


POLYGONS: Table[Polygon] = Table(
    "kernel/polygons.py",
    {
        Line: Polygon(lambda line: (0.0, 0.0), lambda line, step: [line.start]),
        Arc: Polygon(lambda arc: (arc.radius, abs(arc.sweep)), _arc),
        Circle: Polygon(lambda circle: (circle.radius, 360.0), _circle),
        **dict.fromkeys(BENT, Polygon(_roundness, _bent)),
    },
)
