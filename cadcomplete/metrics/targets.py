"""The true next operation, ready to be compared with suggestions.

What counts is what an operation does, not how it is written. Two extrudes agree if they change
the part in the same place, whatever sketch, direction or boolean they are written with. A truth
that does nothing (designers make cuts that remove nothing) can be hit by nobody; such questions
are counted by the name of their reason, and are in no share of hits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from manifold3d import CrossSection, Manifold

from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.operations import OPERATIONS, Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, check_known, truncate
from cadcomplete.history.tables import Table, refusing
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
        """Return the IoU with what a suggested operation does, in [0, 1].

        Raises UnsupportedError for a kind that is not known here.
        """
        made_by = CHANGES[type(suggested)]
        if made_by is None or self.change.nothing:
            return 0.0
        return change_iou(self.change, made_by(self.before, suggested, self.given.operations))


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
        """Return the IoU with what a suggested operation does, in [0, 1].

        Raises UnsupportedError for a kind that is not known here.
        """
        CHANGES[type(suggested)]
        if not isinstance(suggested, Sketch) or self.region.is_empty():
            return 0.0
        return sketch_iou(self.operation, suggested, size=self.size, region=self.region)


Truth = TargetExtrude | TargetSketch


def target(history: CadSequence, given: int, *, part: Manifold | None = None) -> Truth:
    """Return operation `given` of a history, the next after as many, ready for comparison.

    `part` is the solid of those given, if it is known, such as from `manifolds.states`. Raises
    InputError if there are not that many operations, UnsupportedError for a kind that is not known
    here.
    """
    check_known(history)
    before = truncate(history, given)
    operation = truncate(history, given + 1).operations[-1]
    part = solid(before) if part is None else part
    return TARGETS[type(operation)](before, operation, part)


def _extrude(before: CadSequence, extrude: Extrude, part: Manifold) -> Truth:
    made = change(part, extrude, before.operations)
    return TargetExtrude(kind_of(before, extrude), before, extrude, part, made)


def _sketch(before: CadSequence, sketch: Sketch, part: Manifold) -> Truth:
    size = max(drawn_size(sketch), part_size(part))
    return TargetSketch(kind_of(before, sketch), before, sketch, filled(sketch.loops), size)


TARGETS: Table[Callable[[CadSequence, Any, Manifold], Truth]] = Table(
    "metrics/targets.py",
    {
        Sketch: _sketch,
        Extrude: _extrude,
        Fillet: refusing(Fillet, "metrics/targets.py"),
        Chamfer: refusing(Chamfer, "metrics/targets.py"),
    },
)
"""A true operation ready for comparison: of what is given, of it, and of the solid before it."""

CHANGES: Table[Callable[[Manifold, Any, tuple[Operation, ...]], Change] | None] = Table(
    "metrics/targets.py",
    {
        Sketch: None,
        Extrude: change,
        Fillet: refusing(Fillet, "metrics/targets.py"),
        Chamfer: refusing(Chamfer, "metrics/targets.py"),
    },
)
"""What a suggested operation changes of the solid before it; None for what does not build."""


def kind_of(given: CadSequence, operation: Operation) -> str:
    """Return which of `KINDS` an operation is after some given ones."""
    which = type(operation)
    TARGETS[which]
    first = not any(isinstance(op, which) for op in given.operations)
    name = next(name for name, known in OPERATIONS.items() if known is which)
    return f"{'first' if first else 'later'} {name}"


def part_size(part: Manifold) -> float:
    """Return the longest side of the box around a solid, in mm; 0 for nothing."""
    if part.is_empty():
        return 0.0
    x0, y0, z0, x1, y1, z1 = part.bounding_box()
    return max(x1 - x0, y1 - y0, z1 - z0)
