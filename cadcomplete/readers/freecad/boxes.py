"""Boxes around what operations add, so that what goes through all of it is known to be through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import numpy as np

from cadcomplete.history.geometry import Array, BoundingBox
from cadcomplete.history.operations import Boolean, Extrude, Operation, Revolve, Sketch
from cadcomplete.history.patterns import PATTERNS, Repeat

Boxes = tuple[BoundingBox | None, ...]
"""Of each operation so far a box that all it adds lies in; None if it adds nothing."""

_ADDS = (Boolean.NEW_BODY, Boolean.JOIN)


def box_of(operation: Operation, before: tuple[Operation, ...], boxes: Boxes) -> BoundingBox | None:
    """Return a box around what an operation adds; None if it adds nothing."""
    around = _BOXES.get(type(operation))
    return around(operation, before, boxes) if around else None


def union(boxes: Iterable[BoundingBox | None]) -> BoundingBox | None:
    """Return the box around boxes; None if there are none."""
    points = [np.array([box.minimum, box.maximum]) for box in boxes if box is not None]
    return BoundingBox.of(np.concatenate(points)) if points else None


def _extruded(extrude: Extrude, before: tuple[Operation, ...], boxes: Boxes) -> BoundingBox | None:
    if extrude.boolean not in _ADDS or not extrude.profiles:
        return None
    flat, normal = _corners(extrude, before)
    ends = [flat + end * normal for end in extrude.extent.span]
    return BoundingBox.of(np.concatenate(ends))


def _turned(revolve: Revolve, before: tuple[Operation, ...], boxes: Boxes) -> BoundingBox | None:
    """The box around balls on the axis that hold all that a revolve adds."""
    if revolve.boolean not in _ADDS or not revolve.profiles:
        return None
    flat, _ = _corners(revolve, before)
    at, along = map(np.array, revolve.axis.in_world(revolve.start(before)))
    feet = at + ((flat - at) @ along)[:, None] * along
    far = float(np.linalg.norm(flat - feet, axis=1).max())
    return BoundingBox.of(np.concatenate([feet - far, feet + far]))


def _repeated(pattern: Repeat, before: tuple[Operation, ...], boxes: Boxes) -> BoundingBox | None:
    of = range(len(before)) if pattern.of is None else pattern.of
    box = union(boxes[index] for index in of)
    if box is None:
        return None
    corners = np.array(list(product(*zip(box.minimum, box.maximum, strict=True))))
    return BoundingBox.of(np.concatenate([m.apply(corners) for m in pattern.motions()]))


_BOXES: dict[type[Any], Callable[[Any, tuple[Operation, ...], Boxes], BoundingBox | None]] = {
    Extrude: _extruded,
    Revolve: _turned,
    **dict.fromkeys(PATTERNS, _repeated),
}
"""How large what an operation adds is; the others add nothing beyond what was there."""


def _corners(swept: Extrude | Revolve, before: tuple[Operation, ...]) -> tuple[Array, Array]:
    """The corners of a rectangle around a sketch, in space, shape (4, 3), and its normal."""
    sketch = before[swept.profiles[0].sketch]
    assert isinstance(sketch, Sketch)
    outlines = np.array([loop.box for loop in sketch.loops])
    left, bottom = outlines[:, :2].min(axis=0)
    right, top = outlines[:, 2:].max(axis=0)
    flat = np.array([(left, bottom), (right, bottom), (right, top), (left, top)])
    return sketch.plane.to_world(flat), np.array(sketch.plane.normal)
