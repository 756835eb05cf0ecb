"""A hole as a script says it: cylinders below its plane, or an outline that is turned."""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.exporters.scripts.draft import At, Called
from cadcomplete.exporters.scripts.levels import along_axis
from cadcomplete.exporters.scripts.sizes import naming
from cadcomplete.history.drilled import reached, walls
from cadcomplete.history.extrude import Extent, ExtentType
from cadcomplete.history.fields import number
from cadcomplete.history.hole_kinds import Counterbore, Countersink
from cadcomplete.history.holes import Hole
from cadcomplete.history.reach import heights


@dataclass(frozen=True, slots=True)
class Bore:
    """A cylinder at each centre of a hole, from its plane against the normal, in mm."""

    called: Called
    diameter: float
    depth: float

    @property
    def extent(self) -> Extent:
        """How far it is extruded."""
        return Extent(ExtentType.ONE_SIDED, -self.depth)


def bores(hole: Hole, at: At, called: Called) -> list[Bore]:
    """Return the cylinders of a hole that has no cones."""
    found = [Bore(called, hole.diameter, _depth(hole, at))]
    if isinstance(hole.head, Counterbore):
        own = at.draft.names.fresh("counterbore")
        head = Called("counterbore", own, called)
        found.append(Bore(head, hole.head.diameter, hole.head.depth))
    return found


def _depth(hole: Hole, at: At) -> float:
    """How deep it is; through all there is, to the face there if that is known."""
    far = reached(hole, at.before)
    found = heights(hole.plane, at.before) if hole.depth is None else None
    if found is None or along_axis(hole.plane.normal) is None or found[0] >= -hole.head_depth:
        return far
    end = hole.plane.offset + found[0]
    return -found[0] if at.draft.levels.knows(hole.plane.normal, end) else far


def outline(hole: Hole, at: At, called: Called) -> list[str]:
    """Return the corners of half a hole: away from its axis, and up along that."""
    named = naming(at.draft, called)
    far = reached(hole, at.before)
    wide = (
        None if hole.head is None else naming(at.draft, _head(hole))("diameter", hole.head.diameter)
    )
    radii = {hole.diameter / 2: f"{named('diameter', hole.diameter)} / 2"}
    if hole.head is not None:
        radii[hole.head.diameter / 2] = f"{wide} / 2"
    depth = named("depth", far)
    corners = ["(0, 0)"]
    for below, away in walls(hole, far):
        said = f"-{depth}" if below == far else number(-below)
        corners.append(f"({radii[away]}, {said})")
    tip = f" - {number(hole.tip_height)}" if hole.tip is not None else ""
    return [*corners, f"(0, -{depth}{tip})"]


def _head(hole: Hole) -> Called:
    name = "countersink" if isinstance(hole.head, Countersink) else "counterbore"
    return Called(name, name)
