"""How far a part can reach: what "through" means, without building it.

A box holds all that the operations have added, whatever others have taken away again, so what goes
from a plane to the far side of that box goes through the solid that is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.extents import THROUGH
from cadcomplete.history.extrude import Boolean, Extrude
from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Operation
from cadcomplete.history.patterns import PATTERNS, Repeat
from cadcomplete.history.revolve import Revolve, turned
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.sketches import Sketch
from cadcomplete.history.tables import Table

_ADDS = (Boolean.NEW_BODY, Boolean.JOIN)

_CHOICES = np.array(list(product((0, 1), repeat=3)))


def heights(plane: Plane, before: tuple[Operation, ...]) -> tuple[float, float] | None:
    """Return between which heights over a plane, in mm along its normal, a part lies.

    It fills them if the plane is across an axis of the world and nothing was taken away at its
    ends. None if nothing was added. Raises UnsupportedError for an operation that there is no entry
    for.
    """
    box = around(before)
    return None if box is None else heights_of(box, plane)


def heights_of(box: Array, plane: Plane) -> tuple[float, float]:
    """Return between which heights over a plane, in mm, a box (2, 3) lies."""
    along = plane.to_local(np.where(_CHOICES, box[1], box[0]))[:, 2]
    return float(along.min()), float(along.max())


def through(plane: Plane, before: tuple[Operation, ...], *, side: int) -> float:
    """Return how far from a plane is surely through a part, in mm: a whole number, at least 1.

    `side` is 1 along its normal, and -1 against it. It reaches half a millimetre beyond all that
    was added, or more.
    """
    low, high = heights(plane, before) or (0.0, 0.0)
    far = max(high if side > 0 else -low, 0.0)
    return math.floor(far + 0.5) + 1.0


def diagonal(before: tuple[Operation, ...]) -> float:
    """Return how large a part can be across, in mm: a whole number, 0 if nothing was added."""
    box = around(before)
    return 0.0 if box is None else float(math.ceil(np.linalg.norm(box[1] - box[0])))


def in_numbers(extrude: Extrude, before: tuple[Operation, ...]) -> Extrude:
    """Return an extrude with numbers for where it ends; one that has them already as it is.

    Behind the part a cut may end anywhere, so `through` is a number for what takes away. Raises
    GeometryError if there is nothing to end at, UnsupportedError for what only a solid can tell:
    `through` of what adds, `next`, slanted faces.
    """
    if extrude.extent.numeric:
        return extrude
    return extrude.resolved(before, None if extrude.adds else heights)


def cutting(extrude: Extrude, before: tuple[Operation, ...]) -> Extrude:
    """Return the same in numbers, as it is done again by a mirror or a pattern.

    What a cut goes through is another length where a copy of it is turned: it goes on behind the
    part by the part's diagonal, as in other programs. Raises what `in_numbers` does.
    """
    found, extent = in_numbers(extrude, before), extrude.extent
    if extrude.adds or not extent.straight:
        return found
    more = [
        diagonal(before) if until == THROUGH else 0.0
        for until in (extent.until, extent.until_against)
    ]
    ends = found.extent.distance + more[0], found.extent.against + more[1]
    return replace(found, extent=replace(found.extent, distance=ends[0], against=ends[1]))


def numbered(sequence: CadSequence) -> CadSequence:
    """Return the same part with numbers for where extrudes end; of what is done again as in
    `cutting`. Raises what `in_numbers` does."""
    if all(op.extent.numeric for op in sequence.operations if isinstance(op, Extrude)):
        return sequence
    again = {i for op in sequence.operations if isinstance(op, Repeat) for i in op.of or ()}
    found = list(sequence.operations)
    for index, op in enumerate(sequence.operations):
        if isinstance(op, Extrude):
            told = cutting if index in again else in_numbers
            try:
                found[index] = told(op, sequence.operations[:index])
            except UnsupportedError as error:
                where = f"operation {index}"
                raise UnsupportedError(error.names, where=where, known=error.known) from error
    return replace(sequence, operations=tuple(found))


def around(operations: tuple[Operation, ...]) -> Array | None:
    """Return the corners of a box around all that operations add, (2, 3), in mm; None if nothing.

    Raises UnsupportedError for an operation that is not known here.
    """
    found = [
        box
        for index, operation in enumerate(operations)
        if (box := BOXES[type(operation)](operation, operations[:index])) is not None
    ]
    return hull(found)


def hull(boxes: list[Array]) -> Array | None:
    """Return the corners of the box around boxes, (2, 3); None if there are none."""
    if not boxes:
        return None
    every = np.stack(boxes)
    return np.stack([every[:, 0].min(axis=0), every[:, 1].max(axis=0)])


def _swept(extrude: Extrude, before: tuple[Operation, ...]) -> Array | None:
    if extrude.boolean not in _ADDS:
        return None
    points, ends = [], _ends(extrude, before)
    lean = max(-extrude.extent.taper, -extrude.extent.taper_against, 0.0)
    wider = math.tan(math.radians(lean)) * max(map(abs, ends))
    for profile in extrude.profiles:
        sketch = before[profile.sketch] if 0 <= profile.sketch < len(before) else None
        if isinstance(sketch, Sketch) and 0 <= profile.outer < len(sketch.loops):
            left, bottom, right, top = sketch.loops[profile.outer].box
            sides = (left - wider, right + wider), (bottom - wider, top + wider)
            flat = np.array(list(product(*sides)))
            points += [sketch.plane.raised(end).to_world(flat) for end in ends]
    return _box(np.concatenate(points)) if points else None


def _ends(extrude: Extrude, before: tuple[Operation, ...]) -> tuple[float, ...]:
    """Heights over its sketch that it does not leave: where the part ends, if a solid tells it."""
    plane, extent = extrude.start(before), extrude.extent
    try:
        return extrude.resolved(before, heights).extent.ends
    except GeometryError:  # there is nothing to end at: it is not built
        return (extent.start,)
    except UnsupportedError:
        part = heights(plane, before) or (0.0, 0.0)
        return (*part, extent.start, extent.start + extent.distance, extent.start - extent.against)


def _turned(revolve: Revolve, before: tuple[Operation, ...]) -> Array | None:
    """The box around all that it would add if it went all around."""
    found = []
    for profile in revolve.profiles if revolve.boolean in _ADDS else ():
        try:
            at = turned(revolve, profile, before)
        except GeometryError:
            continue
        left, _, right, top = at.box
        axis = np.array(at.plane.x_axis)
        ends = np.array(at.plane.origin) + np.array([[left], [right]]) * axis
        most = top * np.sqrt(np.maximum(1.0 - axis**2, 0.0))
        found.append(_box(np.concatenate([ends - most, ends + most])))
    return hull(found)


def _again(pattern: Repeat, before: tuple[Operation, ...]) -> Array | None:
    if next(pattern.mistakes(), None) is not None:
        return None
    if pattern.of is None:
        boxes = [around(before)]
    else:
        there = (index for index in pattern.originals if 0 <= index < len(before))
        boxes = [BOXES[type(before[i])](before[i], before[:i]) for i in there]
    corners = [np.where(_CHOICES, box[1], box[0]) for box in boxes if box is not None]
    return hull([_box(motion.apply(one)) for one in corners for motion in pattern.motions()])


def _box(points: Array) -> Array:
    return np.stack([points.min(axis=0), points.max(axis=0)])


def _nothing(operation: Operation, before: tuple[Operation, ...]) -> None:
    """Nothing is added outside of what is there: what fills a corner lies within the box."""


BOXES: Table[Callable[[Any, tuple[Operation, ...]], Array | None]] = Table(
    "history/reach.py",
    {
        Sketch: _nothing,
        Extrude: _swept,
        Revolve: _turned,
        Hole: _nothing,
        **dict.fromkeys(PATTERNS, _again),
        Fillet: _nothing,
        Chamfer: _nothing,
    },
)
"""A box around what an operation adds, (2, 3), from it and those before it; None if nothing."""
