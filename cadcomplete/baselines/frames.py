"""A part in its own frame: without rigid motion, its size as the unit.

The frame is that of the first sketch: the middle of what is drawn is the origin, its longer side
lies along x, its normal along z, and its longer side is 1. What is left to choose are quarter
turns about z and which way z points: `TURNS`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, start_plane
from cadcomplete.history.tables import Table

_QUARTER = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
_OVER = np.diag([1.0, -1.0, -1.0])
TURNS: tuple[Array, ...] = tuple(
    np.linalg.matrix_power(_QUARTER, quarters) @ over
    for over in (np.eye(3), _OVER)
    for quarters in range(4)
)
"""The rotations that keep the z axis, the identity first, shape (3, 3) each."""


@dataclass(frozen=True, slots=True, eq=False)
class PartFrame:
    """Where a part's own frame lies: rows of `axes` are its x, y, z in the world; mm."""

    origin: Array
    axes: Array
    size: float

    def inside(self, points: Array) -> Array:
        """Map world points (n, 3) into the frame; still millimetres."""
        return (points - self.origin) @ self.axes.T

    def outside(self, points: Array) -> Array:
        """Map points of the frame (n, 3), in millimetres, into the world."""
        return points @ self.axes + self.origin

    def turned(self, turn: Array) -> PartFrame:
        """Return the same frame with its axes turned."""
        return dataclasses.replace(self, axes=turn @ self.axes)


def frame_of(sketch: Sketch) -> PartFrame | None:
    """Return the frame of a part whose first sketch this is; None if nothing is drawn."""
    if not sketch.loops:
        return None
    boxes = np.array([loop.box for loop in sketch.loops])
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    wide, tall = (high - low).tolist()
    if max(wide, tall) <= 0:
        return None
    plane = sketch.plane
    x, y = np.array(plane.x_axis), np.array(plane.y_axis)
    if tall > wide * (1 + 1e-6):
        x, y = y, -x
    origin = plane.to_world((low + high)[None] / 2)[0]
    return PartFrame(origin, np.stack([x, y, np.array(plane.normal)]), max(wide, tall))


def first_frame(sequence: CadSequence | Sequence[Operation]) -> PartFrame | None:
    """Return the frame of a part by its first sketch, or None if it has none."""
    operations = sequence.operations if isinstance(sequence, CadSequence) else sequence
    sketch = next((op for op in operations if isinstance(op, Sketch)), None)
    return None if sketch is None else frame_of(sketch)


def reach(operation: Operation, before: tuple[Operation, ...]) -> Array:
    """Return points that span what an operation draws or sweeps, in the world, shape (n, 3).

    Raises UnsupportedError for a kind that is not known here.
    """
    return SPANS[type(operation)](operation, before)


def _of_sketch(sketch: Sketch, before: tuple[Operation, ...]) -> Array:
    return _corners(sketch, [loop.box for loop in sketch.loops], (0.0,))


def _of_extrude(extrude: Extrude, before: tuple[Operation, ...]) -> Array:
    found = [np.zeros((0, 3))]
    for profile in extrude.profiles:
        sketch = before[profile.sketch] if 0 <= profile.sketch < len(before) else None
        if isinstance(sketch, Sketch) and profile.outer < len(sketch.loops):
            found.append(_corners(sketch, [sketch.loops[profile.outer].box], extrude.extent.span))
    return np.concatenate(found)


SPANS: Table[Callable[[Any, tuple[Operation, ...]], Array]] = Table(
    "baselines/frames.py", {Sketch: _of_sketch, Extrude: _of_extrude}
)
"""What each kind of operation spans."""


def _corners(
    sketch: Sketch, boxes: list[tuple[float, float, float, float]], heights: Sequence[float]
) -> Array:
    flat = [(x, y) for x0, y0, x1, y1 in boxes for x in (x0, x1) for y in (y0, y1)]
    if not flat:
        return np.zeros((0, 3))
    world = sketch.plane.to_world(np.array(flat))
    return np.concatenate([world + h * np.array(sketch.plane.normal) for h in heights])


def ends(extrude: Extrude, before: tuple[Operation, ...]) -> tuple[Array, Array]:
    """Return points of the planes where an extrude starts and ends, above its sketch's middle."""
    plane = start_plane(extrude, before)
    foot = np.array(plane.origin)
    corners = reach(extrude, before)
    if len(corners):
        middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
        foot = foot + (middle - foot) - np.dot(middle - foot, plane.normal) * np.array(plane.normal)
    start, end = extrude.extent.span
    normal = np.array(plane.normal)
    return foot + start * normal, foot + end * normal
