"""Holes: drilled from a plane, at one place or several, with a head for a screw or without.

One operation for a person: what others draw as circles and cut, once for the hole and once for its
counterbore. `drilled` says it so, for rooms that know only sketches, extrudes and revolves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cadcomplete.history.fields import LIMIT, Field, times
from cadcomplete.history.findings import Finding
from cadcomplete.history.geometry import Array, Plane, Symmetry, Vec2
from cadcomplete.history.hole_kinds import (
    BOTTOM,
    CENTERS,
    FLAT,
    HEAD,
    MOST_CENTERS,
    Bottom,
    Counterbore,
    Countersink,
    Head,
    bottom_of,
    cone_height,
)
from cadcomplete.history.kinds import PLANE, POSITIVE

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation

__all__ = ["Counterbore", "Countersink", "Hole"]


@dataclass(frozen=True, slots=True)
class Hole:
    """A round hole at each of its centres; it always cuts.

    Attributes:
        plane: where it begins, as a sketch on the face would lie: its normal points out of the
            part, and it is drilled against that.
        diameter: mm.
        depth: mm from the plane to where its wall ends; None if it goes through all that is there.
        centers: in the x and y of the plane, in mm; at least one.
        head: a counterbore or a countersink, measured from the plane as well; None for neither.
        tip: degrees between the sides of the cone that a drill leaves below the depth, such as 118;
            None if the bottom is flat, or if it goes through.
    """

    plane: Plane
    diameter: float
    depth: float | None
    centers: tuple[Vec2, ...]
    head: Head = None
    tip: float | None = None
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("plane", PLANE),
        Field("diameter", POSITIVE),
        Field("bottom", BOTTOM),
        Field("head", HEAD),
        Field("centers", CENTERS),
    )
    builds: ClassVar[bool] = True
    finished: ClassVar[bool] = True

    @property
    def bottom(self) -> Bottom:
        """How it ends, in the words of the text; its depth is a distance here."""
        return bottom_of(self.depth, self.tip)

    @property
    def tip_height(self) -> float:
        """How far its tip reaches below its depth, in mm."""
        return 0.0 if self.tip is None else cone_height(self.diameter / 2, self.tip)

    @property
    def head_depth(self) -> float:
        """How far its head reaches below the plane, in mm; 0 without one."""
        if isinstance(self.head, Countersink):
            return self.head.depth(self.diameter)
        return 0.0 if self.head is None else self.head.depth

    @property
    def revolves(self) -> bool:
        """Whether it has walls that are no cylinders: those of a countersink, or of a tip."""
        return self.tip is not None or isinstance(self.head, Countersink)

    def refers(self) -> tuple[int, ...]:
        return ()

    def planes(self, before: tuple[Operation, ...]) -> tuple[Plane, ...]:
        """The plane that it begins on, the floor of its counterbore, and its own."""
        depths = [0.0]
        if isinstance(self.head, Counterbore):
            depths.append(self.head.depth)
        if self.depth is not None:
            depths.append(self.depth)
        return tuple(self.plane.raised(-depth) for depth in depths)

    def lines(self) -> tuple[Array, ...]:
        return ()

    def mistakes(self) -> Iterator[str]:
        """Yield what keeps it from being drilled anywhere."""
        if not self.centers:
            yield "the hole has no centre: it drills nothing"
        if len(self.centers) > MOST_CENTERS:
            yield f"the hole has {len(self.centers)} centres: expected at most {MOST_CENTERS}"
        if not 0 < self.diameter <= LIMIT:
            yield f"the hole has a diameter of {self.diameter:.6g} mm: it must be above 0"
        if self.depth is not None and not 0 < self.depth <= LIMIT:
            yield f"the hole is {self.depth:.6g} mm deep: it must be above 0"
        if self.tip is not None and (self.depth is None or not 0 < self.tip < FLAT):
            through = "the hole goes through: it has no tip"
            angle = f"the tip has {self.tip:.6g}°: it must be between 0 and 180"
            yield through if self.depth is None else angle
        if self.head is not None and (problem := self.head.problem(self.diameter)):
            yield problem
        elif self.head is not None and self.depth is not None and self.head_depth >= self.depth:
            kind = type(self.head).__name__.lower()
            yield f"the {kind} is {self.head_depth:.6g} mm deep, the hole {self.depth:.6g}"
        if max((abs(value) for center in self.centers for value in center), default=0.0) > LIMIT:
            yield f"a centre lies more than {LIMIT:.0f} mm from the plane's origin"

    def problems(
        self, before: tuple[Operation, ...], *, path: str, last: bool = False
    ) -> Iterator[Finding]:
        """Yield what is wrong or unusual after these operations."""
        for problem in self.mistakes():
            yield Finding(path, problem)
        if max(map(abs, self.plane.origin)) > LIMIT:
            yield Finding(path, f"the hole lies more than {LIMIT:.0f} mm from the origin")
        if not any(operation.builds for operation in before):
            yield Finding(path, "there is no solid before it that it could be drilled in")
        twice = [center for center, count in Counter(self.centers).items() if count > 1]
        for x, y in twice:
            yield Finding(path, f"the centre ({x:.6g}, {y:.6g}) stands there twice", "warning")

    def mapped(self, symmetry: Symmetry) -> Hole:
        """In a mirror image its centres are mirrored in the plane, which stays right-handed."""
        plane = self.plane
        moved = Plane(*map(symmetry.apply, (plane.origin, plane.normal, plane.x_axis)))
        if not symmetry.mirrors:
            return replace(self, plane=moved)
        return replace(self, plane=moved, centers=tuple((x, 0.0 - y) for x, y in self.centers))

    def scaled(self, factor: float) -> Hole:
        x, y, z = (times(value, factor) for value in self.plane.origin)
        return replace(
            self,
            plane=replace(self.plane, origin=(x, y, z)),
            diameter=times(self.diameter, factor),
            depth=None if self.depth is None else times(self.depth, factor),
            centers=tuple((times(u, factor), times(v, factor)) for u, v in self.centers),
            head=None if self.head is None else self.head.scaled(factor),
        )

    def axes(self) -> tuple[Plane, ...]:
        """A plane through the axis of each centre: its x points into the part, its origin is where
        the hole begins, and y is away from the axis."""
        plane = self.plane
        into, over = (tuple(0.0 - c for c in axis) for axis in (plane.normal, plane.y_axis))
        origins = plane.to_world(np.array(self.centers).reshape(-1, 2)).tolist()
        return tuple(Plane(tuple(at), over, into) for at in origins)  # type: ignore[arg-type]
