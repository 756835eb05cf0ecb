"""Where a sketch lies: its plane, how far that is raised, and shifted in itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cadcomplete.exporters.scripts.levels import Levels, along_axis
from cadcomplete.exporters.scripts.sums import Sum
from cadcomplete.history.geometry import Plane, Vec2, dot


@dataclass(frozen=True, slots=True)
class Placed:
    """A plane: of one along the axes of the world the origin is that, raised and shifted.

    Attributes:
        offset: along the normal.
        shift: where its origin is in its own x and y, in mm.
    """

    plane: Plane
    offset: Sum
    shift: Vec2


def placed_on(plane: Plane, levels: Levels, start: Sum) -> Placed:
    """Return where a plane lies, moved by `start` along its normal."""
    if along_axis(plane.normal) is None or along_axis(plane.x_axis) is None:
        return Placed(plane, start, (0.0, 0.0))
    offset = levels.at(plane.normal, plane.offset) + start
    shift = (dot(plane.origin, plane.x_axis), dot(plane.origin, plane.y_axis))
    return Placed(replace(plane, origin=(0.0, 0.0, 0.0)), offset, shift)


def raised(plane: Plane, offset: Sum, shift: Vec2) -> tuple[Sum, ...]:
    """Return the origin of a plane that is raised and shifted, coordinate by coordinate."""
    (x, y), found = shift, []
    axes = zip(plane.origin, plane.normal, plane.x_axis, plane.y_axis, strict=True)
    for at, up, across, along in axes:
        found.append(offset.times(up) + Sum(rest=at + x * across + y * along))
    return tuple(found)
