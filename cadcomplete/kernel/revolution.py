"""What formulas say of a body of revolution, without the kernel: the oracle of a revolve.

Its volume is exact by Pappus, the way of the profile's centroid times its area; its box comes from
the corners and curves of the profile; a point is inside if its angle is within the span, and its
place along and off the axis in the profile.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from manifold3d import CrossSection, FillRule

from cadcomplete.history.geometry import Array
from cadcomplete.history.inside import inside_loop
from cadcomplete.history.moments import moment
from cadcomplete.history.revolve import Turned
from cadcomplete.history.turn_axis import FULL
from cadcomplete.kernel.oracle import INSIDE, OUTSIDE, Oracle, Rough, Sides, turned_about
from cadcomplete.kernel.polygons import Fineness, outline, round_part
from cadcomplete.meshes.turning import turn

_STEPS = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Degrees between the corners of a polyhedron, of arcs and about the axis: the first to do."""

_MOST_CORNERS = 12_000


@dataclass(frozen=True, eq=False)
class BodyOfRevolution(Oracle):
    """What a profile sweeps about its axis.

    Attributes:
        profile: how it lies to the axis; no loop of it crosses itself, holes are in the outer one.
        low, high: the angles where it begins and ends, in degrees.
    """

    profile: Turned
    low: float
    high: float
    _rough: dict[bool, Rough] = field(default_factory=dict)

    @property
    def swept_volume(self) -> float:
        """Its volume in mm³, by Pappus."""
        outer, *holes = (abs(moment(loop)) for loop in self.profile.loops)
        return math.radians(self.high - self.low) * (outer - sum(holes))

    def bounds(self) -> tuple[float, float]:
        return self.swept_volume, self.swept_volume

    def bodies(self) -> tuple[int, int]:
        return (1, 1)

    def box(self) -> Array:
        """Return the box around it.

        Along any direction a profile's point (x, y) turned by t reaches a x + y (b cos t + c sin t)
        with a, b, c the direction's share of the axis, of +y and of the normal: the most of that
        over the span is a share of y, and the profile reaches farthest where it does along both.
        """
        plane = self.profile.plane
        axes = np.array([plane.x_axis, plane.y_axis, plane.normal])
        sides = [self._reach(axes[:, i] * sign) * sign for sign in (-1, 1) for i in range(3)]
        return np.reshape(sides, (2, 3)) + np.array(plane.origin)

    def _reach(self, direction: Array) -> float:
        along, up, over = direction.tolist()
        size, peak = math.hypot(up, over), math.degrees(math.atan2(over, up))
        ends = [math.cos(math.radians(angle - peak)) for angle in (self.low, self.high)]
        within = math.floor((self.high - peak) / FULL) >= math.ceil((self.low - peak) / FULL)
        steep = size * (1.0 if within else max(ends))
        return farthest(self.profile, (along, steep))

    def contains(self, points: Array) -> Sides:
        found = self.profile.contains(points, (self.low, self.high), inside_loop)
        return np.where(found, INSIDE, OUTSIDE).astype(np.int8)

    def rough(self, *, turned: bool = False) -> Rough:
        if turned not in self._rough:
            made = self.rough() if turned else self._polyhedron()
            self._rough[turned] = made._replace(body=turned_about(made.body)) if turned else made
        return self._rough[turned]

    def _polyhedron(self) -> Rough:
        """Return a polyhedron; its sections across the axis have the area of their circles."""
        rounds = [round_part(curve) for loop in self.profile.loops for curve in loop.curves]
        rounds = [(radius, arc) for radius, arc in rounds if radius]
        widest = max((radius for radius, _ in rounds), default=1.0)
        total, reach = self.high - self.low, self.profile.box[3]
        wide, fine, rings = next(self._rings(widest))
        steps = max(math.ceil(total / wide), 3)
        angle = math.radians(total / steps)
        stretch = math.sqrt(angle / math.sin(angle))
        section = CrossSection([ring * (1.0, stretch) for ring in rings], FillRule.EvenOdd)
        body = turn(section, self.profile.plane, self.low, self.high, steps)
        apart = [(radius * math.radians(fine.step(radius)) ** 2 / 6, arc) for radius, arc in rounds]
        arcs = sum(
            r * math.radians(arc) * off for (r, _), (off, arc) in zip(rounds, apart, strict=True)
        )
        off = math.radians(total) * (sum(map(_walls, rings)) * angle**2 / 6 + arcs * reach)
        far = max((off for off, _ in apart), default=0.0)
        return Rough(body, off, reach * angle**2 / 6 + far)

    def _rings(self, widest: float) -> Iterator[tuple[float, Fineness, list[Array]]]:
        """Yield degrees between corners, and polygons for the loops: the first that will do."""
        total = self.high - self.low
        for wide in _STEPS:
            fine = Fineness(widest**2 * math.radians(1.001 * wide) ** 3 / 24)
            rings = [outline(loop, fine) for loop in self.profile.loops]
            corners = sum(map(len, rings)) * total / wide
            if corners <= _MOST_CORNERS or wide == _STEPS[-1]:
                yield wide, fine, rings


def _walls(ring: Array) -> float:
    """Return the integral of y² |dx| around a polygon (n, 2)."""
    after = np.roll(ring, -1, axis=0)
    (x, y), (u, v) = ring.T, after.T
    return float((np.abs(x - u) * (y * y + y * v + v * v)).sum() / 3)


def farthest(profile: Turned, direction: tuple[float, float]) -> float:
    """Return how far the outer loop reaches along a vector (a, b): the most of a x + b y."""
    size = math.hypot(*direction)
    if not size:
        return 0.0
    a, b = (part / size for part in direction)
    loop = profile.loops[0].moved(lambda at: (a * at[0] + b * at[1], a * at[1] - b * at[0]))
    return size * loop.box[2]
