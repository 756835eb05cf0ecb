"""The true next operation, ready to be compared with suggestions.

What counts is what an operation does, not how it is written. Two extrudes agree if they change
the part in the same place, whatever sketch, direction or boolean they are written with, and so do
revolves. Fillets and chamfers agree by the edges that they change and by their size. A truth that
does nothing (designers make cuts that remove nothing) can be hit by nobody; such questions are
counted by the name of their reason, and are in no share of hits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from manifold3d import CrossSection, Manifold

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.faceted import handed_over, made_before
from cadcomplete.history.geometry import Array
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import OPERATIONS, Extrude, Operation, Revolve, Sketch
from cadcomplete.history.patterns import PATTERNS, Repeat
from cadcomplete.history.sequence import CadSequence, check_known, truncate
from cadcomplete.history.tables import Table
from cadcomplete.meshes.manifolds import Change, change, change_by, change_iou, filled, solid
from cadcomplete.metrics.sketches import drawn_size, sketch_iou

HIT = 0.95
"""Least IoU of a hit."""

MACRO = ("first extrude", "later sketch", "later extrude")
"""The kinds of the macro average: for a first sketch there is nothing yet to go by."""

KINDS = (
    *("first sketch", *MACRO, "first revolve", "later revolve"),
    *("first hole", "later hole"),
    *(kind.name for kind in PATTERNS),
    *("fillet", "chamfer"),
)
"""All kinds; a mirror, pattern or blend is never the first operation, and one kind by its name."""

COPIES = tuple(kind.name for kind in PATTERNS)
"""The kinds that do again what stands there: where intent can be read."""

MACROS: dict[str, tuple[str, ...]] = {
    "macro": MACRO,
    "macro, copies": COPIES,
    "macro, all kinds": KINDS[1:],
}
"""Means over kinds, each with the same weight, by what they are called."""

_PLACES = 5
"""Decimals of a millimetre to which two edges of one solid are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class TargetExtrude:
    """An extrude, or another that builds, by the change that it makes to the part so far."""

    kind: str
    given: CadSequence
    operation: Any
    before: Manifold
    change: Change

    @property
    def excluded(self) -> str:
        """Why no suggestion can be a hit; empty if one can."""
        return "changes nothing" if self.change.nothing else ""

    def overlap(self, suggested: Operation) -> float:
        """Return the IoU with what a suggested operation does, in [0, 1].

        What ends where there is nothing, or where only the kernel can tell, is no hit. Raises
        UnsupportedError for a kind that is not known here.
        """
        made_by = CHANGES[type(suggested)]
        if made_by is None or self.change.nothing:
            return 0.0
        try:
            made = made_by(self.before, suggested, self.given.operations)
        except (GeometryError, UnsupportedError):
            return 0.0
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
        """Return the IoU with what a suggested operation does, in [0, 1].

        Raises UnsupportedError for a kind that is not known here.
        """
        CHANGES[type(suggested)]
        if not isinstance(suggested, Sketch) or self.region.is_empty():
            return 0.0
        return sketch_iou(self.operation, suggested, size=self.size, region=self.region)


SIZES_OF: Table[Callable[[Any], tuple[float, ...]]] = Table(
    "metrics/targets.py",
    {
        Fillet: lambda fillet: (fillet.radius,),
        Chamfer: lambda chamfer: chamfer.sizes[:2],
    },
)
"""The sizes of what blends edges, in mm."""


@dataclass(frozen=True, slots=True, eq=False)
class TargetBlend:
    """A fillet or a chamfer, by its size and by the edges that it changes.

    Attributes:
        edges: their middles in mm, shape (e, 3). The kernel says which edges those are, of the
            truth and of what is suggested, on one solid (`kernel/handing.py`); those included that
            run on smoothly.
    """

    kind: str
    given: CadSequence
    operation: Any
    edges: Array

    @property
    def excluded(self) -> str:
        """Why no suggestion can be a hit; empty if one can."""
        return "" if len(self.edges) else "changes nothing"

    def overlap(self, suggested: Operation) -> float:
        """Return the F1 of the edges times the smaller size over the larger one, in [0, 1].

        One of another kind has 0, and so has one that the kernel cannot make. Of a chamfer the size
        that is farther off counts. Raises UnsupportedError for a kind that is not known here.
        """
        CHANGES[type(suggested)]
        if type(suggested) is not type(self.operation):
            return 0.0
        blend: Any = suggested
        made = made_before(blend, self.given.operations)
        if made is None or not len(self.edges):
            return 0.0
        own, other = (SIZES_OF[type(one)](one) for one in (self.operation, suggested))
        sizes = min(min(a, b) / max(a, b) for a, b in zip(own, other, strict=True))
        return edges_f1(self.edges, made.edges) * sizes


def edges_f1(one: Array, other: Array) -> float:
    """Return the F1 of edges of one solid, by their middles (n, 3) and (m, 3)."""
    first, second = (set(map(tuple, np.round(edges, _PLACES).tolist())) for edges in (one, other))
    total = len(first) + len(second)
    return 2 * len(first & second) / total if total else 0.0


Truth = TargetExtrude | TargetSketch | TargetBlend


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


def _built(before: CadSequence, operation: Any, part: Manifold) -> Truth:
    made_by = CHANGES[type(operation)]
    assert made_by is not None
    made = made_by(part, operation, before.operations)
    return TargetExtrude(kind_of(before, operation), before, operation, part, made)


def _sketch(before: CadSequence, sketch: Sketch, part: Manifold) -> Truth:
    size = max(drawn_size(sketch), part_size(part))
    return TargetSketch(kind_of(before, sketch), before, sketch, filled(sketch.loops), size)


def _blend(before: CadSequence, blend: Any, part: Manifold) -> Truth:
    made = handed_over(blend, before.operations, "metrics/targets.py")
    return TargetBlend(kind_of(before, blend), before, blend, made.edges)


TARGETS: Table[Callable[[CadSequence, Any, Manifold], Truth]] = Table(
    "metrics/targets.py",
    {
        Sketch: _sketch,
        **dict.fromkeys((Extrude, Revolve, Hole, *PATTERNS), _built),
        **dict.fromkeys(SIZES_OF, _blend),
    },
)
"""A true operation ready for comparison: of what is given, of it, and of the solid before it."""

CHANGES: Table[Callable[[Manifold, Any, tuple[Operation, ...]], Change] | None] = Table(
    "metrics/targets.py",
    {
        Sketch: None,
        Extrude: change,
        Revolve: change,
        **dict.fromkeys((Hole, *PATTERNS), change_by),
        **dict.fromkeys(SIZES_OF, None),
    },
)
"""What a suggested operation changes of the solid before it; None for what is compared otherwise: a
sketch by its region, a blend by its edges."""


def kind_of(given: CadSequence, operation: Operation) -> str:
    """Return which of `KINDS` an operation is after some given ones."""
    which = type(operation)
    TARGETS[which]
    if isinstance(operation, Repeat):
        return operation.name
    first = not any(isinstance(op, which) for op in given.operations)
    name = next(name for name, known in OPERATIONS.items() if known is which)
    if which in SIZES_OF:
        return name
    return f"{'first' if first else 'later'} {name}"


def part_size(part: Manifold) -> float:
    """Return the longest side of the box around a solid, in mm; 0 for nothing."""
    if part.is_empty():
        return 0.0
    x0, y0, z0, x1, y1, z1 = part.bounding_box()
    return max(x1 - x0, y1 - y0, z1 - z0)
