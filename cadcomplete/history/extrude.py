"""The operation that sweeps profiles along the normal of their sketch, and what it does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Line
from cadcomplete.history.extent_kind import EXTENT
from cadcomplete.history.extents import STEEPEST, Extent, ExtentType
from cadcomplete.history.fields import LIMIT, SMALL, Field, alike
from cadcomplete.history.findings import Finding
from cadcomplete.history.frustums import Frustum, frustum
from cadcomplete.history.geometry import Plane, Symmetry
from cadcomplete.history.kinds import BOOLEAN, PROFILES
from cadcomplete.history.reaching import Asked, Going, resolved_extent
from cadcomplete.history.sketches import Profile, Sketch, SweepsProfiles, sketch_of

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation


class Boolean(str, Enum):
    """How an extrude meets what is there already; "operation" in the JSON of others."""

    NEW_BODY = "new"
    JOIN = "join"
    CUT = "cut"
    INTERSECT = "intersect"


@dataclass(frozen=True, slots=True)
class Extrude(SweepsProfiles):
    """Profiles swept along their sketch's normal, and what that does to the part."""

    profiles: tuple[Profile, ...]
    extent: Extent
    boolean: Boolean
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("boolean", BOOLEAN),
        Field("extent", EXTENT),
        Field("profiles", PROFILES),
    )

    def refers(self) -> tuple[int, ...]:
        """The sketches that it sweeps, and what has the faces that it ends at."""
        faces = (index for face in self.extent.faces for index in face.refers())
        return tuple(dict.fromkeys((*SweepsProfiles.refers(self), *faces)))

    @property
    def adds(self) -> bool:
        """Whether it adds to the part, and does not take away from it."""
        return self.boolean in (Boolean.NEW_BODY, Boolean.JOIN)

    def resolved(self, before: tuple[Operation, ...], asked: Asked | None = None) -> Extrude:
        """Return it with numbers where it says through, or names a face; one with numbers as it is.

        `asked` says between which heights over a plane the part lies (`reach.py`, or the solid).
        Raises GeometryError if there is nothing to end at, UnsupportedError for what is not known
        so: what is next, a face that is slanted, and without `asked` where through ends.
        """
        if self.extent.numeric:
            return self
        going = Going(self.start(before).raised(self.extent.start), before, asked)
        return replace(self, extent=resolved_extent(self.extent, going))

    def ends(
        self, before: tuple[Operation, ...], asked: Asked | None = None
    ) -> tuple[Plane, Plane] | None:
        """The planes where it starts and ends. Raises what `resolved` does."""
        start, end = self.resolved(before, asked).extent.ends
        plane = self.start(before)
        return plane.raised(start), plane.raised(end)

    def side(self, loop: int, curve: int, before: tuple[Operation, ...]) -> Plane | None:
        """The plane of the wall that a curve of its sketch makes; None if that is not flat.

        It looks out of the loop. Raises UnsupportedError if both sides of it lean differently.
        """
        sketch = sketch_of(self, before)
        line = sketch.loops[loop].curves[curve] if sketch else None
        if sketch is None or not isinstance(line, Line) or line.length == 0:
            return None
        return self._wall(line, sketch, loop)

    def _wall(self, line: Line, sketch: Sketch, loop: int) -> Plane:
        extent, plane = self.extent, sketch.plane
        if not extent.straight and extent.type is not ExtentType.ONE_SIDED:
            raise UnsupportedError(["Extrude (up to a wall of one tapered to both sides)"])
        (x, y), (u, v) = line.start, line.end
        right = sketch.loops[loop].area > 0
        out = ((v - y) / line.length, (x - u) / line.length)
        out = out if right else (-out[0], -out[1])
        hole = any(loop in profile.holes for profile in self.profiles)
        lean = math.radians(-extent.taper if hole else extent.taper)
        lean = -lean if extent.distance < 0 else lean
        axes = np.array([plane.x_axis, plane.y_axis, plane.normal])
        normal = np.array([*(math.cos(lean) * c for c in out), math.sin(lean)]) @ axes
        along = np.array([u - x, v - y]) / line.length @ axes[:2]
        (origin,) = plane.raised(extent.start).to_world(np.array([line.start])).tolist()
        return Plane.of(tuple(origin), tuple(normal.tolist()), tuple(along.tolist()))

    def planes(self, before: tuple[Operation, ...]) -> tuple[Plane, ...]:
        """The planes where it starts and ends, as far as numbers say it; without profiles none."""
        if not self.profiles:
            return ()
        try:
            ends = self.ends(before)
        except (GeometryError, UnsupportedError):
            ends = None
        return ends or (self.start(before).raised(self.extent.start),)

    def problems(
        self, before: tuple[Operation, ...], *, path: str, last: bool = False
    ) -> Iterator[Finding]:
        """Yield what is wrong or unusual after these operations."""
        if not self.profiles:
            yield Finding(path, "the extrude has no profiles: it does nothing", "warning")
        if max(map(abs, (self.extent.taper, self.extent.taper_against))) >= STEEPEST:
            yield Finding(path, f"the taper is not below {STEEPEST:g} degrees to either side")
        try:
            yield from self._unusual(*self.resolved(before).extent.ends, before, path)
        except GeometryError as error:
            yield Finding(path, str(error))
        except UnsupportedError:
            if not any(operation.builds for operation in before):
                yield Finding(path, "there is nothing before it that it could end at")
        for number, profile in enumerate(self.profiles):
            if problem := profile.problem(before) or self._too_steep(profile, before):
                yield Finding(f"{path}.profiles[{number}]", problem)

    def _too_steep(self, profile: Profile, before: tuple[Operation, ...]) -> str:
        """Say what of a profile vanishes before a tapered extrude ends, or ""."""
        if self.extent.straight:
            return ""
        try:
            tuple(tapered(profile, self.resolved(before), before))
        except GeometryError as error:
            return str(error)
        except UnsupportedError:  # of an end that the solid tells, or a curve that has no offset
            return ""
        return ""

    def _unusual(
        self, start: float, end: float, before: tuple[Operation, ...], path: str
    ) -> Iterator[Finding]:
        if start == end:
            yield Finding(path, "the extrude has no height")
        offset, height = self.start(before).offset, abs(end - start)
        if 0 < height < SMALL and alike((offset + start, offset + end)):
            problem = f"the extrude's height of {height:.3g} mm is less than can be told"
            yield Finding(path, f"{problem} at its place")
        if max(abs(offset + start), abs(offset + end)) > LIMIT:
            yield Finding(path, f"the extrude reaches more than {LIMIT:.0f} mm from the origin")

    def mapped(self, symmetry: Symmetry) -> Extrude:
        """Its sketch is what moves, and the faces that it ends at."""
        if self.extent.numeric:
            return self
        return replace(self, extent=self.extent.faced(lambda face: face.mapped(symmetry)))

    def scaled(self, factor: float) -> Extrude:
        return replace(self, extent=self.extent.scaled(factor))


def tapered(profile: Profile, extrude: Extrude, before: tuple[Operation, ...]) -> Iterator[Frustum]:
    """Yield what a profile of an extrude in numbers sweeps, one frustum for each side.

    Raises GeometryError if there is no such profile, or something of it vanishes on the way.
    """
    if problem := profile.problem(before):
        raise GeometryError(problem)
    sketch = before[profile.sketch]
    assert isinstance(sketch, Sketch)
    loops = tuple(sketch.loops[index] for index in profile.loops)
    plane = sketch.plane.raised(extrude.extent.start)
    for distance, taper in extrude.extent.parts:
        yield frustum(plane, loops, distance, taper)
