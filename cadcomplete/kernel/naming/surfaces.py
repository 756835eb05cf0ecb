"""Where the faces lie that an operation makes: its start, its end, and a side for each curve.

They are told by geometry, so that no boolean has to keep a record: of a point on the solid one asks
whether it lies on such a surface, within its outline. `SURFACES` has what each operation makes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.bent import FINE, Bent, polyline
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import BENT, Arc, Circle, Line
from cadcomplete.history.drilled import reached, walls
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.extrude import tapered
from cadcomplete.history.faces import Face
from cadcomplete.history.fields import LIMIT
from cadcomplete.history.frustums import Frustum
from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.hole_kinds import Counterbore
from cadcomplete.history.holes import Hole
from cadcomplete.history.inside import inside_loop
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Extrude, Operation, Profile, Sketch
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.reach import heights
from cadcomplete.history.reaching import face_plane
from cadcomplete.history.revolve import Revolve, turned
from cadcomplete.history.sketches import sketch_of
from cadcomplete.history.tables import Table

NEAR = 4e-4
"""How far off a surface a point of it may lie, in mm: booleans close gaps of that size."""

_FULL = 360.0 - 1e-6  # degrees from which on it goes all around

Bools = np.ndarray

Key = tuple[int, int]
"""A loop of a sketch, and a curve of it."""


class SweptSurfaces(ABC):
    """The faces of what a profile sweeps: its start, its end, and a side for each curve."""

    @property
    @abstractmethod
    def loops(self) -> tuple[Loop, ...]:
        """The loops that are swept, the outer one first."""

    @property
    @abstractmethod
    def indices(self) -> tuple[int, ...]:
        """The numbers by which names count these loops."""

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Every curve that makes a side, by its loop and its own number."""
        pairs = zip(self.indices, self.loops, strict=True)
        return tuple((index, curve) for index, loop in pairs for curve in range(len(loop.curves)))

    @abstractmethod
    def flat(self, points: Array) -> tuple[Array, Array, Array]:
        """Return of points (n, 3) their place in the sketch (n, 2), and how far off the ends.

        Both are shape (n,), in mm, and of opposite signs between start and end.
        """

    def sides(self, points: Array) -> Bools:
        """Say which of the points (n, 3) lie on the side of which curve, shape (curves, n)."""
        flat, above, below = self.flat(points)
        between = (above * below < 0) | (np.minimum(abs(above), abs(below)) <= NEAR)
        return self._on_curves(flat) & between

    def rims(self, points: Array) -> tuple[Bools, Bools]:
        """Say the same of the outlines of the start and of the end, two of shape (curves, n)."""
        flat, above, below = self.flat(points)
        on = self._on_curves(flat)
        return on & (abs(above) <= NEAR), on & (abs(below) <= NEAR)

    def ends(self, points: Array) -> tuple[Bools, Bools]:
        """Say which of the points lie on its start and on its end face, two of shape (n,)."""
        flat, above, below = self.flat(points)
        inside = _inside(self.loops, flat)
        return inside & (abs(above) <= NEAR), inside & (abs(below) <= NEAR)

    def _on_curves(self, flat: Array) -> Bools:
        return _near(self.loops, flat)


def _near(loops: tuple[Loop, ...], flat: Array) -> Bools:
    """Say which of the points (n, 2) lie on which curve of some loops, shape (curves, n)."""
    curves = (curve for loop in loops for curve in loop.curves)
    return np.array([OFF[type(curve)](curve, flat) <= NEAR for curve in curves])


def _inside(loops: tuple[Loop, ...], flat: Array) -> Bools:
    """Say which of the points (n, 2) are in the first loop and in none of the others."""
    outer, *holes = (inside_loop(loop, flat) for loop in loops)
    return outer & ~np.logical_or.reduce([np.zeros_like(outer), *holes])


@dataclass(frozen=True, eq=False)
class Prismatic(SweptSurfaces):
    """Those of a prism, along the normal of its plane.

    Attributes:
        sketch: whose loops they are.
        profile: the loops that are swept.
        start, end: mm along the normal.
    """

    sketch: Sketch
    profile: Profile
    start: float
    end: float

    @property
    def loops(self) -> tuple[Loop, ...]:
        return tuple(self.sketch.loops[index] for index in self.profile.loops)

    @property
    def indices(self) -> tuple[int, ...]:
        return self.profile.loops

    def flat(self, points: Array) -> tuple[Array, Array, Array]:
        local = self.sketch.plane.to_local(points)
        return local[:, :2], local[:, 2] - self.start, local[:, 2] - self.end


@dataclass(frozen=True, eq=False)
class Leaning(SweptSurfaces):
    """Those of one side of a tapered extrude.

    Attributes:
        frustum: what a profile sweeps there.
        numbers: by which names count its loops.
        begins: whether it begins where the extrude does, and not within it.
        backwards: whether it ends where the extrude begins.
    """

    frustum: Frustum
    numbers: tuple[int, ...]
    begins: bool
    backwards: bool

    @property
    def loops(self) -> tuple[Loop, ...]:
        return self.frustum.loops

    @property
    def indices(self) -> tuple[int, ...]:
        return self.numbers

    def flat(self, points: Array) -> tuple[Array, Array, Array]:
        local = self.frustum.plane.to_local(points)
        return local[:, :2], local[:, 2], local[:, 2] - self.frustum.height

    def sides(self, points: Array) -> Bools:
        flat, above, below = self.flat(points)
        between = (above * below < 0) | (np.minimum(abs(above), abs(below)) <= NEAR)
        share = np.clip(np.round(above / self.frustum.height, 9), 0.0, 1.0)
        on = np.zeros((len(self.keys), len(points)), dtype=np.bool_)
        for one in np.unique(share[between]):
            there = between & (share == one)
            on[:, there] = _near(self.frustum.at(float(one)), flat[there])
        return on

    def rims(self, points: Array) -> tuple[Bools, Bools]:
        flat, above, below = self.flat(points)
        low, high = _near(self.loops, flat), _near(self.frustum.top, flat)
        return self._named(low & (abs(above) <= NEAR), high & (abs(below) <= NEAR))

    def ends(self, points: Array) -> tuple[Bools, Bools]:
        flat, above, below = self.flat(points)
        low, high = (_inside(loops, flat) for loops in (self.loops, self.frustum.top))
        return self._named(low & (abs(above) <= NEAR), high & (abs(below) <= NEAR))

    def _named(self, low: Bools, high: Bools) -> tuple[Bools, Bools]:
        """From what lies where it begins and ends to what does where the extrude does."""
        if self.begins:
            return low, high
        nothing = np.zeros_like(high)
        return (high, nothing) if self.backwards else (nothing, high)


@dataclass(frozen=True, eq=False)
class Rotational(SweptSurfaces):
    """Those of a body of revolution.

    Attributes:
        plane: a plane through the axis, which is the line y = 0 of it and points to its +x.
        turned: the loops on that plane, at y >= 0.
        numbers: by which names count them.
        start, end: degrees about the axis, from +y towards the normal of the plane.
    """

    plane: Plane
    turned: tuple[Loop, ...]
    numbers: tuple[int, ...]
    start: float
    end: float

    @property
    def loops(self) -> tuple[Loop, ...]:
        return self.turned

    @property
    def indices(self) -> tuple[int, ...]:
        return self.numbers

    def flat(self, points: Array) -> tuple[Array, Array, Array]:
        local = self.plane.to_local(points)
        away = np.hypot(local[:, 1], local[:, 2])
        flat = np.stack([local[:, 0], away], axis=1)
        if abs(self.end - self.start) >= _FULL:  # it has no ends
            far = np.full(len(points), np.inf)
            return flat, far, -far
        middle = (self.start + self.end) / 2
        angle = np.degrees(np.arctan2(local[:, 2], local[:, 1])) - middle
        angle = (angle + 180.0) % 360.0 - 180.0 + middle
        above, below = (np.radians(angle - at) * away for at in (self.start, self.end))
        return flat, above, below


@dataclass(frozen=True, eq=False)
class RoundWall(SweptSurfaces):
    """A wall of a hole, all around its axis: a cylinder or a cone, and a disc where it ends.

    Attributes:
        plane: through the axis, which is the line y = 0 of it; its x points into the part.
        first, last: the wall where it starts and where it ends, as points of the plane.
        number: by which names count it.
        floor: whether there is a face across the axis where it ends.
    """

    plane: Plane
    first: tuple[float, float]
    last: tuple[float, float]
    number: int
    floor: bool

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (Loop((Line(self.first, self.last),)),)

    @property
    def indices(self) -> tuple[int, ...]:
        return (self.number,)

    def flat(self, points: Array) -> tuple[Array, Array, Array]:
        local = self.plane.to_local(points)
        flat = np.stack([local[:, 0], np.hypot(local[:, 1], local[:, 2])], axis=1)
        return flat, flat[:, 0] - self.first[0], flat[:, 0] - self.last[0]

    def ends(self, points: Array) -> tuple[Bools, Bools]:
        """Its start is open; its floor has a rim, or is one around a narrower wall."""
        flat, _, below = self.flat(points)
        inside = (flat[:, 1] < self.last[1] + NEAR) & (abs(below) <= NEAR) & self.floor
        return np.zeros(len(points), dtype=np.bool_), inside


@dataclass(frozen=True, eq=False)
class MovedSurfaces(SweptSurfaces):
    """The same somewhere else, or in a mirror: a point goes to `turn` @ point + `shift`."""

    still: SweptSurfaces
    turn: Array
    shift: Array

    @property
    def loops(self) -> tuple[Loop, ...]:
        return self.still.loops

    @property
    def indices(self) -> tuple[int, ...]:
        return self.still.indices

    def flat(self, points: Array) -> tuple[Array, Array, Array]:
        return self.still.flat((points - self.shift) @ self.turn)


def _off_line(line: Line, points: Array) -> Array:
    start, along = np.array(line.start), np.subtract(line.end, line.start)
    share = np.clip((points - start) @ along / max(along @ along, 1e-300), 0.0, 1.0)
    return np.linalg.norm(points - start - share[:, None] * along, axis=1)


def _off_arc(arc: Arc, points: Array) -> Array:
    try:
        center, radius = np.array(arc.center), arc.radius
    except GeometryError:
        return _off_line(Line(arc.start, arc.end), points)
    off = points - center
    middle = np.arctan2(*np.subtract(arc.mid, center)[::-1])
    turned = np.arctan2(off[:, 1], off[:, 0]) - middle
    within = abs((turned + np.pi) % (2 * np.pi) - np.pi) <= np.radians(abs(arc.sweep)) / 2
    ends = [np.linalg.norm(points - np.array(end), axis=1) for end in (arc.start, arc.end)]
    return np.where(within, abs(np.linalg.norm(off, axis=1) - radius), np.minimum(*ends))


def _off_circle(circle: Circle, points: Array) -> Array:
    return abs(np.linalg.norm(points - np.array(circle.center), axis=1) - circle.radius)


def _off_bent(curve: Bent, points: Array) -> Array:
    """By the chords that stand for it, 4e-7 of its radius off."""
    corners = polyline(curve, FINE)
    found = np.full(len(points), np.inf)
    for start, end in pairwise(corners):
        along = end - start
        share = np.clip((points - start) @ along / max(along @ along, 1e-300), 0.0, 1.0)
        found = np.minimum(found, np.linalg.norm(points - start - share[:, None] * along, axis=1))
    return found


OFF: Table[Callable[[Any, Array], Array]] = Table(
    "kernel/naming/surfaces.py",
    {Line: _off_line, Arc: _off_arc, Circle: _off_circle, **dict.fromkeys(BENT, _off_bent)},
)
"""How far points (n, 2) of a sketch are off a curve of it, in mm."""


def _extruded(extrude: Extrude, before: tuple[Operation, ...]) -> tuple[SweptSurfaces, ...]:
    try:
        extrude = extrude.resolved(before, heights)
    except UnsupportedError:  # what only the solid tells has no end that a formula knows
        extrude = _endless(extrude, before)
    if not extrude.extent.straight:
        return tuple(_leaning(extrude, before))
    start, end = extrude.extent.span
    found = ((before[profile.sketch], profile) for profile in extrude.profiles)
    return tuple(
        Prismatic(sketch, profile, start, end)
        for sketch, profile in found
        if isinstance(sketch, Sketch)
    )


def _leaning(extrude: Extrude, before: tuple[Operation, ...]) -> Iterator[SweptSurfaces]:
    """Those of a tapered one: with two sides it begins where the second one ends."""
    extent = extrude.extent
    one_sided, along = extent.type is ExtentType.ONE_SIDED, extent.distance >= 0
    for profile in extrude.profiles:
        for frustum in tapered(profile, extrude, before):
            backwards = not one_sided and (frustum.height > 0) != along
            yield Leaning(frustum, profile.loops, one_sided, backwards)


def _endless(extrude: Extrude, before: tuple[Operation, ...]) -> Extrude:
    """Return it as if it went on where only the solid tells its end: its sides lie there too."""
    extent = extrude.extent
    if not extent.straight:
        raise UnsupportedError([f"Extrude (tapered, {extent.unusual})"])
    distance, against = extent.distance, extent.against
    if extent.until is not None:
        distance = LIMIT * _way(extrude, extent.until.face, before)
    if extent.until_against is not None:
        against = LIMIT
    return replace(extrude, extent=Extent(extent.type, distance, against, extent.start))


def _way(extrude: Extrude, face: Face | None, before: tuple[Operation, ...]) -> int:
    """To which side of its sketch a face lies that an extrude goes up to: 1 or -1."""
    if face is None or extrude.extent.type is not ExtentType.ONE_SIDED:
        return 1
    sketch, plane = sketch_of(extrude, before), face_plane(face, before)
    if sketch is None:
        return 1
    outer = sketch.loops[extrude.profiles[0].outer]
    (at,) = sketch.plane.raised(extrude.extent.start).to_world(np.array([outer.start]))
    off = (np.array(plane.origin) - at) @ np.array(plane.normal)
    return 1 if off * np.dot(plane.normal, sketch.plane.normal) > 0 else -1


def _turned(revolve: Revolve, before: tuple[Operation, ...]) -> tuple[SweptSurfaces, ...]:
    start, end = revolve.angles.span
    found = ((profile, turned(revolve, profile, before)) for profile in revolve.profiles)
    return tuple(Rotational(t.plane, t.loops, p.loops, start, end) for p, t in found)


def _drilled(hole: Hole, before: tuple[Operation, ...]) -> tuple[SweptSurfaces, ...]:
    """Of each hole its wall and its head's: those of the heads are counted behind all others.

    Walls begin at the plane, whatever a head has taken there: only its rim is the start.
    """
    far, count = reached(hole, before), len(hole.centers)
    *head, begin, end = walls(hole, far)
    mouth = (0.0, end[1])
    found: list[SweptSurfaces] = []
    for number, plane in enumerate(hole.axes()):
        flat = hole.depth is not None and hole.tip is None
        found.append(RoundWall(plane, mouth, end, number, flat))
        if hole.tip is not None:  # turned round: its rim is where the hole ends
            found.append(RoundWall(plane, (far + hole.tip_height, 0.0), end, number, floor=False))
        if isinstance(hole.head, Counterbore):
            found.append(RoundWall(plane, head[0], head[1], count + number, floor=True))
        elif head:
            found.append(RoundWall(plane, head[0], begin, count + number, floor=False))
    return tuple(found)


def _again(pattern: Repeat, before: tuple[Operation, ...]) -> tuple[SweptSurfaces, ...]:
    originals = range(len(before)) if pattern.of is None else pattern.originals
    still = [
        surfaces
        for index in originals
        for surfaces in SURFACES[type(before[index])](before[index], before[:index])
    ]
    return tuple(
        MovedSurfaces(surfaces, motion.turn, motion.shift)
        for motion in pattern.motions()
        for surfaces in still
    )


def _nowhere(operation: Operation, before: tuple[Operation, ...]) -> tuple[SweptSurfaces, ...]:
    return ()


SURFACES: Table[Callable[[Any, tuple[Operation, ...]], tuple[SweptSurfaces, ...]]] = Table(
    "kernel/naming/surfaces.py",
    {
        Sketch: _nowhere,
        Extrude: _extruded,
        Revolve: _turned,
        Hole: _drilled,
        Mirror: _again,
        LinearPattern: _again,
        PolarPattern: _again,
        Fillet: _nowhere,
        Chamfer: _nowhere,
    },
)
"""What an operation makes that a formula knows; those of fillets and chamfers `labels.py` tells."""
