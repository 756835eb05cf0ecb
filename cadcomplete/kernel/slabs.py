"""Prisms, and the volume of those that rise along one direction: areas of slabs, no polyhedra.

Most parts are made of prisms along one direction only. Such a solid is a stack of slabs, each with
an area that polygons in the plane have together: some ten times faster than polyhedra.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from manifold3d import CrossSection, FillRule, Manifold

from cadcomplete.history.geometry import Array, Plane, Vec3
from cadcomplete.history.inside import inside_loop
from cadcomplete.history.loops import Loop
from cadcomplete.history.motions import Motion
from cadcomplete.kernel.oracle import TURN
from cadcomplete.kernel.polygons import Fineness, outline, round_part

PARALLEL = 1e-10
"""Sine of the angle between two directions that are the same."""

MOST_SECTIONS = 400
"""Slabs times prisms from which on polyhedra, of which what is known is kept, are faster."""

_FINE = 128.0  # mm; the polygons' library rounds to 1e-8, so smaller ones are enlarged first

_FINE_SLAB = 8192.0  # the same where areas are compared, not corners

RoundPart = tuple[float, float, float, Vec3]
"""Radius, degrees, height and axis of an arc."""


@dataclass(frozen=True, eq=False)
class SweptPrism:
    """What a profile sweeps.

    Attributes:
        plane: its sketch's.
        loops: the outer one and the holes.
        low, high: where it begins and ends, in mm along the plane's normal.
    """

    plane: Plane
    loops: tuple[Loop, ...]
    low: float
    high: float
    _rings: dict[float, list[Array]] = field(default_factory=dict)

    @cached_property
    def arcs(self) -> tuple[RoundPart, ...]:
        curves = [curve for loop in self.loops for curve in loop.curves]
        found = [(*round_part(curve), self.high - self.low, self.plane.normal) for curve in curves]
        return tuple(part for part in found if part[0])

    @cached_property
    def lines(self) -> int:
        """How many curves are no arcs."""
        return sum(len(loop.curves) for loop in self.loops) - len(self.arcs)

    def rings(self, fineness: Fineness) -> list[Array]:
        """Return a polygon for each loop, shape (corners, 2), on its own plane."""
        if fineness.area not in self._rings:
            self._rings[fineness.area] = [outline(loop, fineness) for loop in self.loops]
        return self._rings[fineness.area]

    def polyhedron(self, fineness: Fineness) -> Manifold:
        rings = self.rings(fineness)
        scale = _enlarged(max(float(np.abs(ring).max()) for ring in rings), _FINE)
        normal = np.array(self.plane.normal)
        origin = np.array(self.plane.origin) + self.low * normal
        x, y = np.array(self.plane.x_axis) / scale, np.array(self.plane.y_axis) / scale
        placed = np.stack([x, y, normal, origin], axis=1)
        height = self.high - self.low
        swept = _region([ring * scale for ring in rings]).extrude(height)
        return swept.transform(TURN @ placed if fineness.turned else placed)

    def contains(self, points: Array) -> np.ndarray:
        """Say which of the points (n, 3) are in it, shape (n,)."""
        local = self.plane.to_local(points)
        outer, *holes = (inside_loop(loop, local[:, :2]) for loop in self.loops)
        within = outer & (local[:, 2] > self.low) & (local[:, 2] < self.high)
        return within & ~np.logical_or.reduce([np.zeros_like(within), *holes])

    def moved(self, motion: Motion) -> SweptPrism:
        """Return it somewhere else; in a mirror its loops are mirrored too."""
        mirrored = tuple(loop.mirrored() for loop in self.loops)
        loops = mirrored if motion.mirrors else self.loops
        return SweptPrism(motion.plane(self.plane), loops, self.low, self.high)

    def span(self, direction: Array) -> tuple[float, float]:
        """Where it begins and ends along a direction that is its plane's, or opposite to it."""
        start, rises = np.dot(self.plane.origin, direction), np.dot(self.plane.normal, direction)
        low, high = sorted((start + rises * self.low, start + rises * self.high))
        return float(low), float(high)

    def seen(self, axes: Array, fineness: Fineness) -> list[Array]:
        """Its polygons seen along its direction, in coordinates of two axes, shape (2, 3)."""
        flat = np.array([self.plane.x_axis, self.plane.y_axis]) @ axes.T
        return [ring @ flat + axes @ self.plane.origin for ring in self.rings(fineness)]


def volume(
    prisms: Sequence[SweptPrism],
    together: Callable[[Mapping[SweptPrism, CrossSection]], CrossSection],
    fineness: Fineness,
) -> float | None:
    """Return the volume of prisms along one direction, in mm³; None if they are not, or many.

    `together` puts together what there is of the prisms in a slab; of others it is given nothing.
    """
    plane = prisms[0].plane
    direction, axes = np.array(plane.normal), np.array([plane.x_axis, plane.y_axis])
    aslant = np.cross([prism.plane.normal for prism in prisms], direction)
    if np.abs(aslant).max() > PARALLEL:
        return None
    spans = [prism.span(direction) for prism in prisms]
    levels = sorted({level for span in spans for level in span})
    if len(prisms) * len(levels) > MOST_SECTIONS:
        return None
    seen = [prism.seen(axes, fineness) for prism in prisms]
    scale = _enlarged(max(float(np.abs(ring).max()) for one in seen for ring in one), _FINE_SLAB)
    regions = [_region([ring * scale for ring in rings]) for rings in seen]
    areas: dict[frozenset[int], float] = {frozenset(): 0.0}
    total = 0.0
    for low, high in pairwise(levels):
        middle = (low + high) / 2
        there = frozenset(i for i, (start, end) in enumerate(spans) if start < middle < end)
        if there not in areas:
            areas[there] = together({prisms[i]: regions[i] for i in there}).area()
        total += (high - low) * areas[there]
    return total / scale**2


def _region(rings: list[Array]) -> CrossSection:
    """What is within the first ring and none of the others."""
    outer, *holes = (CrossSection([ring], FillRule.EvenOdd) for ring in rings)
    for hole in holes:
        outer -= hole
    return outer


def _enlarged(largest: float, fine: float) -> float:
    """By how much lengths up to `largest` are enlarged, a power of two."""
    return 2.0 ** max(math.ceil(math.log2(fine / largest)), 0) if largest else 1.0
