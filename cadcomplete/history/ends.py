"""Where the extrudes of a history start and end."""

from __future__ import annotations

from collections.abc import Sequence

from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import Extrude, Operation
from cadcomplete.history.sequence import start_plane


def end_planes(extrude: Extrude, operations: Sequence[Operation]) -> tuple[Plane, Plane]:
    """Return the planes where an extrude starts and ends, both facing as its sketch does.

    `operations` are those that stand before it; there may be more.
    """
    plane = start_plane(extrude, tuple(operations))
    start, end = extrude.extent.span
    return plane.raised(start), plane.raised(end)


def end_offsets(extrude: Extrude, operations: Sequence[Operation]) -> tuple[float, float]:
    """Return how far these planes lie from the world's origin, along their normal, in mm."""
    plane = start_plane(extrude, tuple(operations))
    start, end = extrude.extent.span
    return plane.offset + start, plane.offset + end
