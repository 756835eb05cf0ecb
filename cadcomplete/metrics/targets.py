"""The true next operation, ready to be compared with suggestions.

What counts is what an operation does, not how it is written. Two extrudes agree if they change
the part in the same place, whatever sketch, direction or boolean they are written with. A truth
that does nothing (designers make cuts that remove nothing) can be hit by nobody; such questions
are counted by the name of their reason, and are in no share of hits.
"""

from __future__ import annotations

from dataclasses import dataclass

from manifold3d import CrossSection, Manifold

from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds, truncate
from cadcomplete.meshes.manifolds import Change, change, change_iou, filled, solid
from cadcomplete.metrics.sketches import drawn_size, sketch_iou

HIT = 0.95
"""Least IoU of a hit."""

KINDS = ("first sketch", "first extrude", "later sketch", "later extrude")
MACRO = KINDS[1:]
"""The kinds of the macro average: for a first sketch there is nothing yet to go by."""


@dataclass(frozen=True, slots=True, eq=False)
class TargetExtrude:
    """An extrude, by the change that it makes to the part so far."""

    kind: str
    given: CadSequence
    operation: Extrude
    before: Manifold
    change: Change

    @property
    def excluded(self) -> str:
        """Why no suggestion can be a hit; empty if one can."""
        return "changes nothing" if self.change.nothing else ""

    def overlap(self, suggested: Operation) -> float:
        """Return the IoU with what a suggested operation does, in [0, 1]."""
        if not isinstance(suggested, Extrude) or self.change.nothing:
            return 0.0
        made = change(self.before, suggested, self.given.operations)
        return change_iou(self.change, made)


@dataclass(frozen=True, slots=True, eq=False)
class TargetSketch:
    """A sketch, by its plane and its region; `size` is the scale of what may differ (mm)."""

    kind: str
    given: CadSequence
    operation: Sketch
    region: CrossSection
    size: float

    @property
    def excluded(self) -> str:
        """Why no suggestion can be a hit; empty if one can."""
        return "encloses nothing" if self.region.is_empty() else ""

    def overlap(self, suggested: Operation) -> float:
        """Return the IoU with what a suggested operation does, in [0, 1]."""
        if not isinstance(suggested, Sketch) or self.region.is_empty():
            return 0.0
        return sketch_iou(self.operation, suggested, size=self.size, region=self.region)


def target(
    history: CadSequence, given: int, *, part: Manifold | None = None
) -> TargetExtrude | TargetSketch:
    """Return operation `given` of a history, the next after as many, ready for comparison.

    `part` is the solid of those given, if it is known, such as from `manifolds.states`. Raises
    InputError if there are not that many operations, or some that are not known here.
    """
    check_kinds(history, "metrics/targets.py", (Sketch, Extrude))
    before = truncate(history, given)
    operation = truncate(history, given + 1).operations[-1]
    part = solid(before) if part is None else part
    kind = kind_of(before, operation)
    if isinstance(operation, Extrude):
        made = change(part, operation, before.operations)
        return TargetExtrude(kind, before, operation, part, made)
    region = filled(operation.loops)
    size = max(drawn_size(operation), part_size(part))
    return TargetSketch(kind, before, operation, region, size)


def kind_of(given: CadSequence, operation: Operation) -> str:
    """Return which of `KINDS` an operation is after some given ones."""
    which = type(operation)
    first = not any(isinstance(op, which) for op in given.operations)
    name = "extrude" if which is Extrude else "sketch"
    return f"{'first' if first else 'later'} {name}"


def part_size(part: Manifold) -> float:
    """Return the longest side of the box around a solid, in mm; 0 for nothing."""
    if part.is_empty():
        return 0.0
    x0, y0, z0, x1, y1, z1 = part.bounding_box()
    return max(x1 - x0, y1 - y0, z1 - z0)
