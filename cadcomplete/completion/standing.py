"""What stands there, by boxes: the part before each operation, and where that works on it.

What designers do again lies to one side of the part's middle, or around its axis: boxes tell that,
without a solid. Boxes are (2, 3): the lowest and the highest corner, in mm.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product

import numpy as np

from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Boolean, Extrude, Operation, Revolve, Sketch
from cadcomplete.history.patterns import Repeat, repeatable
from cadcomplete.history.reach import BOXES, diagonal, hull
from cadcomplete.history.sequence import CadSequence
from cadcomplete.meshes.manifolds import TOOLS

NEAR = 1e-4
"""Share of the size of a part by which what is in one place may be apart."""

_CHOICES = np.array(list(product((0, 1), repeat=3)))


@dataclass(frozen=True, eq=False)
class Standing:
    """A part, and how it came to be; `operations` are those that are given."""

    operations: tuple[Operation, ...]
    _parts: list[Array | None] = field(default_factory=lambda: [None], repr=False)
    _changed: dict[int, Array | None] = field(default_factory=dict, repr=False)

    @property
    def builders(self) -> tuple[int, ...]:
        """The indices of operations that build."""
        return tuple(index for index, one in enumerate(self.operations) if one.builds)

    @property
    def repeatable(self) -> tuple[int, ...]:
        """The indices of those that can be done again elsewhere, in all rooms."""
        return tuple(index for index in self.builders if _again_in_rooms(self.operations[index]))

    @property
    def part(self) -> Array | None:
        """The box around all that was added; None if nothing was."""
        return self.before(len(self.operations))

    @property
    def size(self) -> float:
        """The longest side of the part, in mm; 1 if there is none."""
        return 1.0 if self.part is None else float((self.part[1] - self.part[0]).max())

    def before(self, index: int) -> Array | None:
        """The box around all that was added before an operation; None if nothing was."""
        while len(self._parts) <= index:
            number = len(self._parts) - 1
            operation = self.operations[number]
            more = BOXES[type(operation)](operation, self.operations[:number])
            boxes = [box for box in (self._parts[-1], more) if box is not None]
            self._parts.append(hull(boxes))
        return self._parts[index]

    def changed(self, index: int) -> Array | None:
        """The box around what an operation adds or takes from the part; None if nothing."""
        if index not in self._changed:
            self._changed[index] = self._change(index)
        return self._changed[index]

    def _change(self, index: int) -> Array | None:
        operation, before = self.operations[index], self.operations[:index]
        if isinstance(operation, Repeat):
            return self._again(operation, index)
        if not self.removes(index):
            return BOXES[type(operation)](operation, before)
        if isinstance(operation, Hole):
            box = _drilled(operation, before)
        else:
            added = replace(operation, boolean=Boolean.JOIN)  # type: ignore[call-arg]
            box = BOXES[type(operation)](added, before)
        return common(box, self.before(index))

    def _again(self, pattern: Repeat, index: int) -> Array | None:
        box = self.before(index) if pattern.of is None else self.of(pattern.originals)
        if box is None or next(pattern.mistakes(), None) is not None:
            return None
        corners = np.where(_CHOICES, box[1], box[0])
        moved = np.concatenate([motion.apply(corners) for motion in pattern.motions()])
        found = np.stack([moved.min(axis=0), moved.max(axis=0)])
        return common(found, self.before(index)) if self.removes(index) else found

    def of(self, indices: tuple[int, ...] | None) -> Array | None:
        """The box around what some operations changed; None stands for the whole part."""
        if indices is None:
            return self.part
        return hull([box for index in indices if (box := self.changed(index)) is not None])

    def removes(self, index: int) -> bool:
        """Whether an operation takes something away."""
        operation = self.operations[index]
        if isinstance(operation, Repeat):
            return operation.of is not None and all(map(self.removes, operation.originals))
        cuts = isinstance(operation, Extrude | Revolve) and operation.boolean is Boolean.CUT
        return cuts or isinstance(operation, Hole)

    def drawn_on(self, index: int) -> Plane | None:
        """The plane that an operation, or the first that it does again, is drawn on."""
        operation = self.operations[index]
        if isinstance(operation, Hole):
            return operation.plane
        for named in operation.refers():
            if named < index:
                other = self.operations[named]
                return other.plane if isinstance(other, Sketch) else self.drawn_on(named)
        return None


def _again_in_rooms(operation: Operation) -> bool:
    known = isinstance(operation, Repeat) or type(operation) in TOOLS
    return known and repeatable(operation)


@lru_cache(maxsize=4)
def standing(given: CadSequence) -> Standing:
    """Return what stands there of a history; what is found out of it is kept for a while."""
    return Standing(given.operations)


def _drilled(hole: Hole, before: tuple[Operation, ...]) -> Array | None:
    if next(hole.mistakes(), None) is not None:
        return None
    centers, radius = np.array(hole.centers), hole.diameter / 2
    flat = np.concatenate([centers + radius * np.array(way) for way in product((-1, 1), repeat=2)])
    deep = diagonal(before) if hole.depth is None else hole.depth + hole.tip_height
    points = np.concatenate([hole.plane.raised(-at).to_world(flat) for at in (0.0, deep)])
    return np.stack([points.min(axis=0), points.max(axis=0)])


def common(one: Array | None, other: Array | None) -> Array | None:
    """Return the box that two boxes have in common; None if they do not meet."""
    if one is None or other is None:
        return None
    found = np.stack([np.maximum(one[0], other[0]), np.minimum(one[1], other[1])])
    return found if (found[0] <= found[1]).all() else None


def along(box: Array, direction: Array) -> tuple[float, float]:
    """Return between which heights along a unit vector a box lies, in mm from the origin."""
    heights = np.where(_CHOICES, box[1], box[0]) @ direction
    return float(heights.min()), float(heights.max())


def within(inner: Array, outer: Array, *, slack: float) -> bool:
    """Say whether one box lies in another, but for some mm."""
    return bool((inner[0] >= outer[0] - slack).all() and (inner[1] <= outer[1] + slack).all())
