"""What keeps within a box: extrudes that end at its walls, sketches that can lead into it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.geometry import Array, BoundingBox, Plane
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Operation, Sketch
from cadcomplete.history.reach import in_numbers

SLACK = 1e-6
"""How far out of a box a part may reach, as a share of the box's diagonal: rounding."""

_ALONG = 1e-9


def outside(box: Array, within: BoundingBox) -> float:
    """Return how far a box (2, 3) reaches out of another one, in mm; 0 if it does not."""
    low, high = np.array(within.minimum), np.array(within.maximum)
    return float(max((low - box[0]).max(), (box[1] - high).max(), 0.0))


def clipped(extrude: Extrude, before: tuple[Operation, ...], within: BoundingBox) -> Extrude:
    """Return an extrude that adds, ending at the walls of a box where it would go beyond them.

    One along an axis of the world, with straight walls and ends that numbers say; others as they
    are.
    """
    adds = extrude.boolean in (Boolean.NEW_BODY, Boolean.JOIN)
    if not adds or not extrude.extent.straight or extrude.extent.start:
        return extrude
    plane = extrude.start(before)
    axis = _axis(plane)
    try:
        ends = in_numbers(extrude, before).extent.ends
    except (GeometryError, UnsupportedError):
        return extrude
    if axis is None:
        return extrude
    way, at = plane.normal[axis], plane.origin[axis]
    walls = sorted((wall - at) / way for wall in (within.minimum[axis], within.maximum[axis]))
    low, high = (min(max(end, walls[0]), walls[1]) for end in sorted(ends))
    if (low, high) == tuple(sorted(ends)) or not low < high:
        return extrude
    return replace(extrude, extent=_extent(low, high, back=ends[1] < ends[0]))


def _extent(low: float, high: float, *, back: bool) -> Extent:
    """The extent from one height over a sketch to another, the sketch between them or at one."""
    if low == -high:
        return Extent(ExtentType.SYMMETRIC, high)
    if low == 0.0 or high == 0.0:
        return Extent(ExtentType.ONE_SIDED, high if low == 0.0 else low)
    if low < 0.0 < high:
        return Extent(ExtentType.TWO_SIDED, high, -low)
    start, end = (high, low) if back else (low, high)
    return Extent(ExtentType.ONE_SIDED, end - start, start=start)


def may_lead_into(sketch: Sketch, within: BoundingBox, *, only_adding: bool) -> bool:
    """Say whether what is swept along the normal of a sketch can lie within a box.

    If it is only to add, all that is drawn lies between the walls across the sketch; else some.
    """
    if not sketch.loops:
        return True
    points = np.concatenate([sketch.plane.to_world(loop.points()) for loop in sketch.loops])
    drawn, slack = np.stack([points.min(axis=0), points.max(axis=0)]), slack_of(within)
    across = np.abs(np.array(sketch.plane.normal)) < _ALONG
    low, high = np.array(within.minimum) - slack, np.array(within.maximum) + slack
    if only_adding:
        return bool(((drawn[0] >= low) & (drawn[1] <= high))[across].all())
    return bool(((drawn[0] < high) & (drawn[1] > low))[across].all())


def slack_of(within: BoundingBox) -> float:
    """How far out of a box a part may reach, in mm."""
    return SLACK * within.diagonal


def _axis(plane: Plane) -> int | None:
    """The axis of the world that the normal of a plane is along; None if it is slanted."""
    return next((i for i, along in enumerate(plane.normal) if abs(along) > 1 - _ALONG), None)
