"""What a boolean must give: the same prisms as polyhedra, put together without the CAD kernel.

A boolean of the kernel can lose a body and call the rest valid. So each solid carries the prisms
that it was made of, and a result is believed only if it has the volume that they have together.
Polyhedra are put together by manifold3d in double precision: exact for straight edges. For an arc
a polygon stands that has the arc's own area, so that whatever is cut whole, a round hole or boss,
counts exactly as well. Where something runs through an arc the polygon's area is off by up to
r² · angle³ / 24, the angle that between two corners: small enough angles make that small enough.

That library errs too, though seldom, where planes all but coincide: it cut away 423 mm³ with a box
of 308. Turned about an axis that nothing is parallel to, the same prisms give a second opinion.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from manifold3d import CrossSection, FillRule, Manifold, OpType

from cadcomplete.curves import Arc, Circle, Curve, Line
from cadcomplete.errors import GeometryError
from cadcomplete.geometry import Array, Plane, Vec2, Vec3
from cadcomplete.operations import Loop, Profile, Sketch

STEPS = (30.0, 15.0, 10.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.5, 1.0, 0.6, 0.5, 0.4, 0.3, 0.2, 0.12)
"""Degrees between the corners of a polygon that stands for an arc: one of these."""

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

_FINE = 128.0  # mm; the polygons' library rounds to 1e-8, so smaller ones are enlarged first

_TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
"""A rotation that takes no axis to an axis."""


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

RoundPart = tuple[float, float, float, Vec3]
"""Radius, degrees, height and axis of an arc."""

Counted = tuple[tuple[RoundPart, ...], int]


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Prisms and what was done with them, put together when somebody asks.

    Attributes:
        make: returns the polyhedron.
        count: returns what there is of each arc, in mm, and how many lines there are.
    """

    make: Callable[[Fineness], Manifold]
    count: Callable[[], Counted]
    _known: dict[Fineness, Manifold] = field(default_factory=dict)

    @cached_property
    def counted(self) -> Counted:
        return self.count()

    @property
    def arcs(self) -> tuple[RoundPart, ...]:
        return self.counted[0]

    @cached_property
    def askew(self) -> bool:
        """Whether round walls of different axes may meet: no formula has such edges."""
        axes = np.array([axis for *_, axis in self.arcs])
        return bool(len(axes)) and bool((np.abs(axes @ axes[0]) < 1 - CERTAIN).any())

    def at(self, fineness: Fineness) -> Manifold:
        """Return the polyhedron."""
        if fineness not in self._known:
            self._known[fineness] = self.make(fineness)
        return self._known[fineness]

    def volume(self, fineness: Fineness = COARSE) -> float:
        """Return its volume in mm³."""
        return max(self.at(fineness).volume(), 0.0)

    def has(
        self, volume: float, *, within: float, since: tuple[Arrangement, float] | None = None
    ) -> bool:
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

    def box(self) -> Array:
        """Return the lowest and the highest corner of a box around it, shape (2, 3), in mm."""
        return np.reshape(self.at(COARSE).bounding_box(), (2, 3))

    def unsure(self, fineness: Fineness = COARSE) -> float:
        """Return by how much a polygon may be off its arc, in mm: r · angle² / 6 at most."""
        widest = max((radius for radius, *_ in self.arcs), default=0.0)
        return widest * math.radians(fineness.step(widest)) ** 2 / 6 if widest else 0.0

    def apart(self, other: Arrangement, gap: float) -> bool:
        """Say whether two arrangements are more than `gap` mm apart.

        What polygons leave open counts as touching.
        """
        (low, high), (other_low, other_high) = self.box(), other.box()
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

    def corners(self, fineness: Fineness) -> float:
        """About how many corners the polygons have."""
        arcs, lines = self.counted
        return lines + sum(degrees / fineness.step(r) for r, degrees, *_ in arcs)


def prism(profile: Profile, sketch: Sketch, low: float, high: float) -> Arrangement:
    """Return what a profile sweeps from `low` to `high`, in mm along its sketch's normal."""
    loops = [sketch.loops[index] for index in profile.loops]

    def count() -> Counted:
        curves = [curve for loop in loops for curve in loop.curves]
        found = [(*_round_part(curve), high - low, sketch.plane.normal) for curve in curves]
        arcs = tuple(part for part in found if part[0])
        return arcs, len(curves) - len(arcs)

    def make(fineness: Fineness) -> Manifold:
        rings = [_outline(loop, fineness) for loop in loops]
        largest = max(float(np.abs(ring).max()) for ring in rings)
        scale = 2.0 ** max(math.ceil(math.log2(_FINE / largest)), 0) if largest else 1.0
        outer, *holes = (CrossSection([ring * scale], FillRule.EvenOdd) for ring in rings)
        for hole in holes:
            outer -= hole
        placed = _placed(sketch.plane, low, scale)
        return outer.extrude(high - low).transform(_TURN @ placed if fineness.turned else placed)

    return Arrangement(make, count)


def union(parts: list[Arrangement]) -> Arrangement:
    """Return all of them together."""
    return _of(parts, lambda fineness: _added(parts, fineness))


def difference(whole: Arrangement, tools: list[Arrangement]) -> Arrangement:
    """Return the first without the others."""
    return _of([whole, *tools], lambda fineness: whole.at(fineness) - _added(tools, fineness))


def intersection(one: Arrangement, other: Arrangement) -> Arrangement:
    """Return what both have in common."""
    return _of([one, other], lambda fineness: one.at(fineness) ^ other.at(fineness))


def _of(parts: list[Arrangement], make: Callable[[Fineness], Manifold]) -> Arrangement:
    def count() -> Counted:
        arcs = tuple(arc for part in parts for arc in part.arcs)
        return arcs, sum(part.counted[1] for part in parts)

    return Arrangement(make, count)


def _added(parts: list[Arrangement], fineness: Fineness) -> Manifold:
    return Manifold.batch_boolean([part.at(fineness) for part in parts], OpType.Add)


def _placed(plane: Plane, height: float, scale: float) -> Array:
    """The matrix (3, 4) that puts an enlarged polygon's prism on a plane, `height` mm above it."""
    normal = np.array(plane.normal)
    origin = np.array(plane.origin) + height * normal
    x, y = np.array(plane.x_axis) / scale, np.array(plane.y_axis) / scale
    return np.stack([x, y, normal, origin], axis=1)


# --- polygons -----------------------------------------------------------------------------------


def _round_part(curve: Curve) -> tuple[float, float]:
    """Radius and degrees of a curve; 0 and 0 for what is straight, or an arc that there is not."""
    if isinstance(curve, Line):
        return 0.0, 0.0
    if isinstance(curve, Circle):
        return curve.radius, 360.0
    if isinstance(curve, Arc):
        try:
            return curve.radius, abs(curve.sweep)
        except GeometryError:
            return 0.0, 0.0
    raise GeometryError(f"no polygon is known for a {type(curve).__name__}")


def _outline(loop: Loop, fineness: Fineness) -> Array:
    """Corners of the polygon that stands for a loop, shape (n, 2), each once; its area is exact."""
    return np.array([corner for curve in loop.curves for corner in _corners(curve, fineness)])


def _corners(curve: Curve, fineness: Fineness) -> list[Vec2]:
    """Points along a curve, its start included, its end not.

    Those of an arc lie at multiples of a step, a little outside of it, so that it has the arc's
    area; the same circle drawn whole or in pieces has all but the same corners.
    """
    radius, _ = _round_part(curve)
    if not radius:
        return [curve.start]
    step = fineness.step(radius)
    if isinstance(curve, Circle):
        turn = math.radians(step)
        factor = math.sqrt(turn / math.sin(turn))
        return _round(curve.center, factor * radius, np.arange(0.0, 360.0 - step / 2, step))
    assert isinstance(curve, Arc)
    (x, y), sweep = curve.center, curve.sweep
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
