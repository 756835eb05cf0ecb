"""The operation that sweeps profiles along the normal of their sketch, and what it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from cadcomplete.history.fields import LIMIT, SMALL, Field, alike, times
from cadcomplete.history.findings import Finding
from cadcomplete.history.geometry import Plane, Symmetry
from cadcomplete.history.kinds import BOOLEAN, EXTENT, PROFILES
from cadcomplete.history.sketches import Profile, SweepsProfiles

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation


class Boolean(str, Enum):
    """How an extrude meets what is there already; "operation" in the JSON of others."""

    NEW_BODY = "new"
    JOIN = "join"
    CUT = "cut"
    INTERSECT = "intersect"


class ExtentType(str, Enum):
    ONE_SIDED = "one_sided"
    SYMMETRIC = "symmetric"
    TWO_SIDED = "two_sided"


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an extrude reaches from its sketch plane, along the normal, in millimetres.

    One-sided: from 0 to `distance`, which may be negative. Symmetric: `distance` to each side.
    Two-sided: from 0 to `distance`, and from 0 to `against` in the other direction.
    """

    type: ExtentType
    distance: float
    against: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Where it starts and ends along the normal; `distance` leads to the second."""
        if self.type is ExtentType.ONE_SIDED:
            return (0.0, self.distance)
        if self.type is ExtentType.SYMMETRIC:
            return (-self.distance, self.distance)
        ends = (0.0, self.distance, -self.against)  # some files have both sides on one side
        low, high = min(ends), max(ends)
        return (low, high) if self.distance >= 0 else (high, low)


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

    def planes(self, before: tuple[Operation, ...]) -> tuple[Plane, ...]:
        """The planes where it starts and ends; without profiles there are none."""
        if not self.profiles:
            return ()
        plane = self.start(before)
        start, end = self.extent.span
        return plane.raised(start), plane.raised(end)

    def problems(
        self, before: tuple[Operation, ...], *, path: str, last: bool = False
    ) -> Iterator[Finding]:
        """Yield what is wrong or unusual after these operations."""
        if not self.profiles:
            yield Finding(path, "the extrude has no profiles: it does nothing", "warning")
        start, end = self.extent.span
        if start == end:
            yield Finding(path, "the extrude has no height")
        offset, height = self.start(before).offset, abs(end - start)
        if 0 < height < SMALL and alike((offset + start, offset + end)):
            problem = f"the extrude's height of {height:.3g} mm is less than can be told"
            yield Finding(path, f"{problem} at its place")
        if max(abs(offset + start), abs(offset + end)) > LIMIT:
            yield Finding(path, f"the extrude reaches more than {LIMIT:.0f} mm from the origin")
        for number, profile in enumerate(self.profiles):
            if problem := profile.problem(before):
                yield Finding(f"{path}.profiles[{number}]", problem)

    def mapped(self, symmetry: Symmetry) -> Extrude:
        return self  # its sketch is what moves

    def scaled(self, factor: float) -> Extrude:
        ends = (times(v, factor) for v in (self.extent.distance, self.extent.against))
        return replace(self, extent=Extent(self.extent.type, *ends))
