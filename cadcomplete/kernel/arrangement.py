"""What a boolean must give: the same prisms as polyhedra, put together without the CAD kernel.

A boolean of the kernel can lose a body and call the rest valid. So each solid carries the prisms
that it was made of, and a result is believed only if it has the volume that they have together.
Polyhedra are put together by manifold3d in double precision: exact for straight edges, and for arcs
up to what `polygons.py` says. Prisms along one direction need no polyhedra (`slabs.py`).

That library errs too, though seldom, where planes all but coincide: it cut away 423 mm³ with a box
of 308. Turned about an axis that nothing is parallel to, the same prisms give a second opinion.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from manifold3d import CrossSection, Manifold, OpType

from cadcomplete.history.geometry import Array
from cadcomplete.history.motions import Motion
from cadcomplete.history.operations import Profile, Sketch
from cadcomplete.kernel import slabs
from cadcomplete.kernel.oracle import INSIDE, OUTSIDE, Oracle, Rough, Sides
from cadcomplete.kernel.polygons import COARSE, STEPS, Fineness
from cadcomplete.kernel.slabs import RoundPart, SweptPrism

CERTAIN = 1e-9
"""Relative difference of two volumes that is no chance."""

MOST_CORNERS = 12_000
"""Corners above which nothing finer is asked for: about a second."""

_CROSSINGS = 4
"""Arcs cut in two in the worst of places, all to the same side, that are expected at first."""

_FINER = 8.0
"""By how much areas become smaller: corners stand half as far apart."""

NEAR = 6e-6
"""Fineness, in squares of the radius, at which two arcs are said to touch or not."""

_ROUGH = 2.0
"""Degrees between corners where prisms are put together with what is none."""


@dataclass(frozen=True, eq=False)
class Arrangement(Oracle):
    """Prisms and what was done with them, put together when somebody asks.

    Attributes:
        prisms: all of them.
        parts: what it is made of; nothing for one prism.
        put: puts the parts together, as polyhedra or as polygons of a slab.
    """

    prisms: tuple[SweptPrism, ...]
    parts: tuple[Arrangement, ...] = ()
    put: Callable[[list[Any]], Any] | None = None
    _known: dict[Fineness, Manifold] = field(default_factory=dict)
    _volumes: dict[Fineness, float] = field(default_factory=dict)

    exact = True

    @cached_property
    def arcs(self) -> tuple[RoundPart, ...]:
        return tuple(arc for prism in self.prisms for arc in prism.arcs)

    @cached_property
    def askew(self) -> bool:
        """Whether round walls of different axes may meet: no formula has such edges."""
        axes = np.array([axis for *_, axis in self.arcs])
        return bool(len(axes)) and bool((np.abs(axes @ axes[0]) < 1 - CERTAIN).any())

    def at(self, fineness: Fineness) -> Manifold:
        """Return the polyhedron."""
        if fineness not in self._known:
            if self.put is None:
                made = self.prisms[0].polyhedron(fineness)
            else:
                made = self.put([part.at(fineness) for part in self.parts])
            self._known[fineness] = made
        return self._known[fineness]

    def volume(self, fineness: Fineness = COARSE) -> float:
        """Return its volume in mm³, of slabs if that can be, but if it is turned."""
        if fineness not in self._volumes:
            found = None
            if not fineness.turned:
                found = slabs.volume(self.prisms, self._section, fineness)
            if found is None:
                found = max(self.at(fineness).volume(), 0.0)
            self._volumes[fineness] = found
        return self._volumes[fineness]

    def _section(self, there: Mapping[SweptPrism, CrossSection]) -> CrossSection:
        """Return what there is of it in a slab."""
        if self.put is None:
            return there.get(self.prisms[0], CrossSection())
        return self.put([part._section(there) for part in self.parts])

    def has(self, volume: float, *, within: float, since: tuple[Any, float] | None = None) -> bool:
        """Say whether a volume in mm³ is that of these prisms, `within` mm³.

        `since` is an earlier arrangement and its volume: what both have in common does not count.
        """
        if since is not None:
            before, known = since
            change = self.volume() - before.volume()
            if abs(volume - known - change) <= CERTAIN * volume:
                return True
        return any(self._agrees(volume, within, turned=turned) for turned in (False, True))

    def _agrees(self, volume: float, within: float, *, turned: bool) -> bool:
        """Say the same, of the prisms as they lie, or turned.

        Few corners are enough if the volumes are the same but for rounding, or far apart: by 24
        times as much for each arc as a polygon is off where something runs through it. Else there
        are more until they agree, or must if it were right.
        """
        off = abs(volume - self.volume(Fineness(turned=turned)))
        coarse = math.radians(STEPS[0]) ** 3 * sum(r * r * high for r, _, high, _ in self.arcs)
        if off <= CERTAIN * volume or off > coarse + within or not self.arcs:
            return off <= within
        certain = within / (len(self.arcs) * max(high for _, _, high, _ in self.arcs))
        area = 2.0 ** math.floor(math.log2(certain * len(self.arcs) / _CROSSINGS))
        while self.corners(Fineness(area)) > MOST_CORNERS:
            area *= _FINER
        while (off := abs(volume - self.volume(Fineness(area, turned)))) > within:
            if area <= certain:
                return False
            if self.corners(Fineness(area / _FINER)) > MOST_CORNERS:
                return off <= self._spread(area, turned=turned)
            area /= _FINER
        return True

    def _spread(self, area: float, *, turned: bool) -> float:
        """By how much the volume changes when polygons become as fine as this; more is wrong."""
        fine, coarse = Fineness(area, turned), Fineness(_FINER * area, turned)
        return abs(self.volume(fine) - self.volume(coarse))

    def told(self, volume: float) -> str:
        right = self.volume()
        off = f"{volume - right:+.6g} mm³"
        return f"the kernel's result is off by {off} where {right:.6g} mm³ are right"

    def coarse_box(self) -> Array:
        """Return the lowest and the highest corner of its coarsest polyhedron, (2, 3), in mm."""
        return np.reshape(self.at(COARSE).bounding_box(), (2, 3))

    def unsure(self, fineness: Fineness = COARSE) -> float:
        """Return by how much a polygon may be off its arc, in mm: r · angle² / 6 at most."""
        widest = max((radius for radius, *_ in self.arcs), default=0.0)
        return widest * math.radians(fineness.step(widest)) ** 2 / 6 if widest else 0.0

    def apart(self, other: Oracle, gap: float) -> bool:
        """Say whether two arrangements are more than `gap` mm apart.

        What polygons leave open counts as touching.
        """
        if not isinstance(other, Arrangement):
            return super().apart(other, gap)
        (low, high), (other_low, other_high) = self.coarse_box(), other.coarse_box()
        if (low > other_high + gap).any() or (other_low > high + gap).any():
            return True
        widest = max((radius for radius, *_ in self.arcs + other.arcs), default=0.0)
        for fineness in (COARSE, Fineness(NEAR * widest**2)):
            one, two = self.at(fineness), other.at(fineness)
            clear = gap + max(self.unsure(fineness), other.unsure(fineness))
            if one.min_gap(two, 2 * clear) > clear:
                return True
            if not widest or (one ^ two).volume() > clear * two.surface_area():
                return False
        return False

    # --- what it says where not all are prisms ------------------------------------------------

    def bounds(self) -> tuple[float, float]:
        if self.put is None:
            return self.volume(), self.volume()
        found = self.rough()
        return max(found.body.volume() - found.off, 0.0), found.body.volume() + found.off

    def box(self) -> Array:
        """Return a box that it does not leave: the arcs bulge out of their polygons."""
        found = self.rough()
        corners = np.reshape(found.body.bounding_box(), (2, 3))
        return corners + np.array([[-found.far], [found.far]])

    def contains(self, points: Array) -> Sides:
        there = {prism: prism.contains(points) for prism in self.prisms}
        return np.where(self._inside(there), INSIDE, OUTSIDE).astype(np.int8)

    def _inside(self, there: Mapping[SweptPrism, np.ndarray]) -> np.ndarray:
        """Which points are in it, from those that are in each prism."""
        if self.put is None:
            return there[self.prisms[0]]
        return self.put([PointSet(part._inside(there)) for part in self.parts]).inside

    def rough(self, *, turned: bool = False) -> Rough:
        """Return polyhedra with a corner every other degree, or as many as can be."""
        if not self.arcs:
            return Rough(self.at(Fineness(turned=turned)), 0.0, 0.0)
        widest = max(radius for radius, *_ in self.arcs)
        area = widest**2 * math.radians(_ROUGH) ** 3 / 24
        while self.corners(Fineness(area)) > MOST_CORNERS and area < widest**2:
            area *= _FINER
        fine = Fineness(area, turned)
        steps = [(r, math.radians(fine.step(r)), arc, high) for r, arc, high, _ in self.arcs]
        # A corner stands as far outside of its arc as makes up for what its chords leave out.
        off = sum(r * r * math.radians(arc) * x * x / 6 * high for r, x, arc, high in steps)
        return Rough(self.at(fine), off, self.unsure(fine))

    def moved(self, motion: Motion) -> Arrangement:
        """Return the same prisms somewhere else, or in a mirror: what is known stays as exact."""
        if self.put is None:
            return Arrangement((self.prisms[0].moved(motion),))
        return _of([part.moved(motion) for part in self.parts], self.put)

    def corners(self, fineness: Fineness) -> float:
        """About how many corners the polygons have."""
        lines = sum(prism.lines for prism in self.prisms)
        return lines + sum(degrees / fineness.step(r) for r, degrees, *_ in self.arcs)


@dataclass(frozen=True, slots=True, eq=False)
class PointSet:
    """Points that are inside of something, shape (n,): put together as bodies are."""

    inside: np.ndarray

    def __sub__(self, other: PointSet) -> PointSet:
        return PointSet(self.inside & ~other.inside)

    def __xor__(self, other: PointSet) -> PointSet:
        return PointSet(self.inside & other.inside)

    @staticmethod
    def batch_boolean(sets: list[PointSet], _: OpType) -> PointSet:
        """Return all of them together."""
        return PointSet(np.logical_or.reduce([one.inside for one in sets]))


def prism(profile: Profile, sketch: Sketch, low: float, high: float) -> Arrangement:
    """Return what a profile sweeps from `low` to `high`, in mm along its sketch's normal."""
    loops = tuple(sketch.loops[index] for index in profile.loops)
    return Arrangement((SweptPrism(sketch.plane, loops, low, high),))


def union(parts: list[Arrangement]) -> Arrangement:
    """Return all of them together."""
    return _of(parts, _added)


def difference(whole: Arrangement, tools: list[Arrangement]) -> Arrangement:
    """Return the first without the others."""
    return _of([whole, *tools], lambda bodies: bodies[0] - _added(bodies[1:]))


def intersection(one: Arrangement, other: Arrangement) -> Arrangement:
    """Return what both have in common."""
    return _of([one, other], lambda bodies: bodies[0] ^ bodies[1])


def _of(parts: list[Arrangement], put: Callable[[list[Any]], Any]) -> Arrangement:
    prisms = tuple(prism for part in parts for prism in part.prisms)
    return Arrangement(prisms, tuple(parts), put)


def _added(bodies: list[Any]) -> Any:
    return type(bodies[0]).batch_boolean(bodies, OpType.Add)
