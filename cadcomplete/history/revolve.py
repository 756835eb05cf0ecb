"""The operation that turns profiles about an axis in their sketch: shafts, flanges, grooves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Line
from cadcomplete.history.extrude import Boolean, Extent
from cadcomplete.history.fields import LIMIT, Field
from cadcomplete.history.findings import Finding
from cadcomplete.history.geometry import Array, Plane, Symmetry
from cadcomplete.history.inside import Bools
from cadcomplete.history.kinds import BOOLEAN, PROFILES
from cadcomplete.history.loops import Loop
from cadcomplete.history.sketches import Asked, Profile, Sketch, SweepsProfiles
from cadcomplete.history.turn_axis import ANGLES, AXIS, FULL, NEAR, TurnAxis

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation

Inside = Callable[[Loop, Array], Bools]

LEAST = 1e-6
"""Degrees below which an angle is none: what the text can tell."""


@dataclass(frozen=True, slots=True)
class Revolve(SweepsProfiles):
    """Profiles turned about an axis, and what that does to the part.

    Attributes:
        profiles: of sketches that the axis lies in.
        angles: how far, in degrees from the sketch's plane, positive by the right hand about the
            axis; 360 at most.
        axis: in the x and y of the first profile's sketch.
        boolean: a cut is what others call a groove.
    """

    profiles: tuple[Profile, ...]
    angles: Extent
    axis: TurnAxis
    boolean: Boolean
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("boolean", BOOLEAN),
        Field("angles", ANGLES),
        Field("axis", AXIS),
        Field("profiles", PROFILES),
    )

    @property
    def span(self) -> tuple[float, float]:
        """Where it starts and ends, in degrees, the lower one first."""
        low, high = sorted(self.angles.span)
        return low, high

    @property
    def total(self) -> float:
        """How far it turns, in degrees."""
        low, high = self.span
        return high - low

    @property
    def full(self) -> bool:
        """Whether it goes all around."""
        return self.total >= FULL - LEAST

    def ends(
        self, before: tuple[Operation, ...], asked: Asked | None = None
    ) -> tuple[Plane, Plane] | None:
        """The planes of its first profile where it starts and ends; None if it goes all around."""
        if self.full or not self.profiles:
            return None
        at, (start, end) = turned(self, self.profiles[0], before), self.angles.span
        return at.turned_by(start), at.turned_by(end)

    def side(self, loop: int, curve: int, before: tuple[Operation, ...]) -> Plane | None:
        """The plane that a line across its axis sweeps; None if it sweeps no plane."""
        numbers = [number for profile in self.profiles for number in profile.loops]
        if loop not in numbers:
            return None
        at = turned(self, replace(self.profiles[0], outer=loop, holes=()), before)
        line = at.loops[0].curves[curve]
        flat = type(line) is Line and abs(line.end[0] - line.start[0]) <= NEAR
        return at.across(line.start[0]) if flat else None

    def planes(self, before: tuple[Operation, ...]) -> tuple[Plane, ...]:
        """The planes across its axis that it has flat faces on, and those where it ends."""
        found: dict[float, Plane] = {}
        for profile in self.profiles:
            try:
                at = turned(self, profile, before)
            except GeometryError:
                continue
            for line in (line for loop in at.loops for line in loop.curves if type(line) is Line):
                if abs(line.end[0] - line.start[0]) <= NEAR:
                    found.setdefault(round(line.start[0], 6), at.across(line.start[0]))
            if not self.full:
                start, end = self.span
                found |= {math.inf: at.turned_by(start), -math.inf: at.turned_by(end)}
        return tuple(found.values())

    def problems(
        self, before: tuple[Operation, ...], *, path: str, last: bool = False
    ) -> Iterator[Finding]:
        """Yield what is wrong or unusual after these operations."""
        if not self.profiles:
            yield Finding(path, "the revolve has no profiles: it does nothing", "warning")
        if self.total < LEAST:
            yield Finding(path, "the revolve has no angle")
        if self.total > FULL + LEAST:
            yield Finding(path, f"the revolve turns by {self.total:.6g}°: more than all around")
        if max(map(abs, self.axis.point)) > LIMIT:
            yield Finding(path, f"the axis lies more than {LIMIT:.0f} mm from the sketch's origin")
        for number, profile in enumerate(self.profiles):
            if problem := profile.problem(before) or self._beside(profile, before):
                yield Finding(f"{path}.profiles[{number}]", problem)

    def _beside(self, profile: Profile, before: tuple[Operation, ...]) -> str:
        """Say what is wrong with how a profile lies to the axis, or ""."""
        try:
            turned(self, profile, before)
        except GeometryError as error:
            return str(error)
        return ""

    def mapped(self, symmetry: Symmetry) -> Revolve:
        """Its sketch moves; in a mirror image that is mirrored, and the axis in it."""
        return replace(self, axis=self.axis.mirrored()) if symmetry.mirrors else self

    def scaled(self, factor: float) -> Revolve:
        return replace(self, axis=self.axis.scaled(factor))


@dataclass(frozen=True, slots=True)
class Turned:
    """A profile as it lies to its axis.

    Attributes:
        plane: a plane that it lies on: the axis is the line y = 0 of it, and points to its +x.
        loops: its loops on that plane, the outer one first, all at y >= 0; what is nearer to the
            axis than `NEAR` is on it.
    """

    plane: Plane
    loops: tuple[Loop, ...]

    def across(self, along: float) -> Plane:
        """The plane across the axis, so far along it in mm, that looks along the axis."""
        plane = self.plane
        (point,) = plane.to_world(np.array([(along, 0.0)])).tolist()
        return Plane(tuple(point), plane.x_axis, plane.y_axis)

    def turned_by(self, degrees: float) -> Plane:
        """The plane that the profile lies on when it is turned so far."""
        angle, plane = math.radians(degrees), self.plane
        (x, y, z), (u, v, w) = plane.normal, plane.y_axis
        c, s = math.cos(angle), math.sin(angle)
        return Plane.of(plane.origin, (c * x - s * u, c * y - s * v, c * z - s * w), plane.x_axis)

    def contains(self, points: Array, span: tuple[float, float], inside: Inside) -> Bools:
        """Say which points (n, 3) it sweeps over a span of degrees, shape (n,).

        `inside` says which of points (m, 2) of the plane are inside a loop.
        """
        local = self.plane.to_local(points)
        away = np.hypot(local[:, 1], local[:, 2])
        angle = np.degrees(np.arctan2(local[:, 2], local[:, 1]))
        found = (angle - span[0]) % FULL < span[1] - span[0]
        flat = np.stack([local[found, 0], away[found]], axis=1)
        outer, *holes = (inside(loop, flat) for loop in self.loops)
        for hole in holes:
            outer = outer & ~hole
        found[found] = outer
        return found

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of the outer loop."""
        return self.loops[0].box


def turned(revolve: Revolve, profile: Profile, before: tuple[Operation, ...]) -> Turned:
    """Return a profile of a revolve as it lies to the axis.

    Positive angles turn it out of its plane, away from the normal if it was to the right of the
    axis: `plane` is turned over then, so that they always turn +y towards the plane's normal.

    Raises GeometryError if the axis does not lie in its sketch, or crosses what it encloses.
    """
    sketch = before[profile.sketch] if 0 <= profile.sketch < len(before) else None
    if not isinstance(sketch, Sketch):
        raise GeometryError(f"operation {profile.sketch} is not a sketch")
    if not 0 <= min(profile.loops) <= max(profile.loops) < len(sketch.loops):
        raise GeometryError(f"the sketch has {len(sketch.loops)} loops, not {profile.loops}")
    axis = revolve.axis.on(revolve.start(before), sketch.plane)
    if axis is None:
        raise GeometryError("the axis does not lie in the plane of the profile's sketch")
    loops = tuple(sketch.loops[index].moved(axis.local) for index in profile.loops)
    _, low, _, high = loops[0].box
    near = max(NEAR, 1e-7 * (high - low))
    if low < -near and high > near:
        raise GeometryError(
            f"the axis crosses the profile, which reaches {high:.6g} mm to the left of it "
            f"and {-low:.6g} mm to the right"
        )
    side = 1.0 if high > -low else -1.0
    point, direction = axis.in_world(sketch.plane)
    normal = sketch.plane.normal
    plane = Plane(point, normal if side > 0 else (-normal[0], -normal[1], -normal[2]), direction)

    def onto(at: tuple[float, float]) -> tuple[float, float]:
        away = side * at[1]
        return (at[0], 0.0 if abs(away) <= near else away)

    return Turned(plane, tuple(loop.moved(onto) for loop in loops))
