"""Facts explained and facts contradicted: what a caption says for or against operations, in nats.

Each new operation is compared with what is said and not made yet. The weights are fitted
(`benchmarks/words.py`); docs/experiments.md says on what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cadcomplete.captions.copying import as_said
from cadcomplete.captions.drilling import drilled_as_said
from cadcomplete.captions.extruding import first_heights, further_heights, relative_heights
from cadcomplete.captions.finishing import size_of, sizes_left
from cadcomplete.captions.habits import habits
from cadcomplete.captions.mention import Caption, Form, Mention, Noun, Spot
from cadcomplete.captions.outlines import DrawnOutline, near, told
from cadcomplete.captions.planes import PlaneView, views
from cadcomplete.captions.spotting import Spotted, lies_as_said, seen_on
from cadcomplete.captions.state import (
    CUTS,
    Swept,
    alike,
    box_of,
    box_with,
    heights_of_outline,
    left,
    sides,
    sized,
    swept,
)
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.geometry import Array
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.patterns import Repeat
from cadcomplete.history.reach import around
from cadcomplete.history.sequence import CadSequence

FILE = Path(__file__).with_name("weights.json")

SET = {
    "thing as said": 3.0,
    "thing as said, distance open": 0.5,
    "further loop as said": 5.0,
    "nothing of what is missing": -1.0,
    "blend of the size": 2.5,
    "blend of another size": -2.5,
    "blind from below": -2.5,
    "copy as said": 3.0,
    "copy not as said": -2.0,
    "hole as said": 3.0,
    "hole not as said": -2.0,
}
"""Nats that are set, not fitted: descriptions of real parts say both count and place too rarely.

A thing is as said if its size, its count and its place are. A further loop of it costs a model that
does not listen that many nats to write, or more, though the caption leaves nothing open."""

_COPIES, _HOLES = ("copy as said", "copy not as said"), ("hole as said", "hole not as said")

Counts = dict[str, float]
"""How often a fact of a name was met."""


@cache
def weights() -> Mapping[str, float]:
    """Return what each fact is worth, in nats."""
    return {**json.loads(FILE.read_text(encoding="utf-8"))["nats"], **SET}


def nats(counts: Counts) -> float:
    """Return what facts are worth together."""
    known = weights()
    return sum(known.get(name, 0.0) * value for name, value in counts.items())


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares what is added to a history with a caption; made once for both.

    Attributes:
        missing: what is said and not made yet.
        around: the box around what is given (2, 3); None if there is nothing.
        box: its sides, longest first.
    """

    caption: Caption
    given: CadSequence
    missing: tuple[Mention, ...]
    around: Array | None
    box: tuple[float, ...]
    seen: list[PlaneView] = field(default_factory=list)

    @staticmethod
    def of(caption: Caption, given: CadSequence) -> Judge:
        try:
            box = around(given.operations)
        except (GeometryError, UnsupportedError):
            box = None
        return Judge(caption, given, tuple(left(caption, given)), box, sides(box))

    def facts(self, whole: CadSequence, *, finished: bool, copies: bool = False) -> Counts:
        """Return what a history that begins with what is given explains and contradicts.

        Of one that cannot be drawn nothing is said. With `copies` only mirrors and patterns count.
        """
        try:
            found = self._facts(whole, finished=finished)
            return {name: found[name] for name in _COPIES if name in found} if copies else found
        except (GeometryError, UnsupportedError):
            return {}

    def _facts(self, whole: CadSequence, *, finished: bool) -> Counts:
        if finished:
            return self._finished(whole)
        found: Counts = {}
        box = self.around
        for index in range(self.given.whole_operations, len(whole.operations)):
            operation, before = whole.operations[index], whole.operations[:index]
            if isinstance(operation, Extrude):
                some = self._extrude(operation, before, box)
                box = box_with(box, operation, before)
            elif isinstance(operation, Sketch):
                some = self._sketch(operation)
            elif isinstance(operation, Fillet | Chamfer):
                some = self._blend(operation, before)
            elif isinstance(operation, Repeat):
                right = as_said(operation, self.caption, CadSequence(before))
                some = {} if right is None else {_COPIES[not right]: 1.0}
            elif isinstance(operation, Hole):
                right = drilled_as_said(operation, self.caption, CadSequence(before))
                some = {} if right is None else {_HOLES[not right]: 1.0}
            else:
                continue
            for name, value in some.items():
                found[name] = found.get(name, 0.0) + value
        return found

    def habits(self, operation: Operation) -> Counts:
        """Return what is usual of an operation after what is given (`habits.py`)."""
        before = self.given.operations[: self.given.whole_operations]
        found = habits(operation, before, self._views())
        if isinstance(operation, Sketch) and any(
            name.startswith("thing as said") for name in self._sketch(operation)
        ):
            for name in ("habit: off the middle", "habit: several loops"):
                found.pop(name, None)  # the caption says where, and how many
        return found

    # --- extrudes -------------------------------------------------------------------------------

    def _extrude(
        self, extrude: Extrude, before: tuple[Operation, ...], box: Array | None
    ) -> Counts:
        parts = list(swept(extrude, before, within=box))
        if not parts or not (self.caption.all or self.caption.ratios):
            return {}
        one = max(parts, key=lambda part: part.outline.length * part.outline.width)
        step = "base" if one.first else "boss" if one.adds else "cut"
        found: Counts = {f"{step}: {self._height(one)}": 1.0}
        if one.first:
            hollow = any(part.holes for part in parts)
            if self._hollow:
                found["base: hollow as said" if hollow else "base: solid though hollow"] = 1.0
            elif hollow:
                found["base: hollow though nothing said"] = 1.0
        else:
            found |= self._way(one)
        return found | self._boxed(box_with(box, extrude, before), step, adds=extrude.adds)

    @property
    def _hollow(self) -> bool:
        base = self.caption.base
        ring = base is not None and base.form is Form.RING
        return ring or any(m.noun in CUTS and m.through for m in self.caption.mentions)

    def _height(self, one: Swept) -> str:
        """How well the height of what is swept is explained."""
        caption, height = self.caption, one.height
        if not caption.lengths and not caption.ratios:
            return "no sizes said"
        if one.through and not one.adds:
            return "through"
        if one.first:
            if told(height, first_heights(caption, one.outline)):
                return "first height"
        else:
            nouns = (Noun.BOSS,) if one.adds else CUTS
            same = [m for m in self.missing if m.noun in nouns and alike(one.outline, m)]
            if told(height, [h for m in same for h in heights_of_outline(m, one.outline)]):
                return "height as said"
            if one.adds and told(height, relative_heights(caption, self.given)[:1]):
                return "height as said"
        if told(height, caption.box):
            return "height of the box"
        if told(height, caption.lengths):
            return "height among the sizes"
        also = further_heights(caption, self.given)
        if told(height, also) or any(told(h, caption.lengths) for h in (2 * height, height / 2)):
            return "height from the sizes"
        return "height not said"

    def _way(self, one: Swept) -> Counts:
        """Whether it adds or takes away as is said, and goes through."""
        found: Counts = {}
        same = [m for m in self.missing if alike(one.outline, m) and m.noun in (*CUTS, Noun.BOSS)]
        exact = [m for m in same if sized(m)] or same
        if not exact:
            found["cut though nothing said" if not one.adds else "added though nothing said"] = 1.0
            return found
        agreed = [m for m in exact if (m.noun is Noun.BOSS) == one.adds]
        found["way as said" if agreed else "way not said"] = 1.0
        through = {m.through for m in agreed if m.noun in CUTS}
        if not one.adds and through in ({True}, {False}):
            right = through == {one.through}
            found["through as said" if right else "not through as said"] = 1.0
        return found

    def _boxed(self, around: Array | None, step: str, *, adds: bool) -> Counts:
        """Whether the box around the part is as it is said, or beyond it."""
        said, box = self.caption.boxes, sides(around)
        if not said or not adds or len(box) < 3:
            return {}
        if all(any(a > b * 1.006 for a, b in zip(box, one, strict=True)) for one in said):
            return {f"{step}: beyond the box": 1.0}
        if _is_one_of(box, said) and box != self.box:
            return {f"{step}: box as said": 1.0}
        return {}

    def _blend(self, blend: Fillet | Chamfer, before: tuple[Operation, ...]) -> Counts:
        """Whether a fillet or a chamfer has a size that is said and still missing, if any is."""
        sizes = sizes_left(self.caption, before, type(blend))
        if not sizes:
            return {}
        return {
            "blend of the size" if told(size_of(blend), sizes) else "blend of another size": 1.0
        }

    # --- sketches -------------------------------------------------------------------------------

    def _sketch(self, sketch: Sketch) -> Counts:
        """How well the loops of a sketch are explained: their sizes, their count, their places."""
        found: Counts = {}
        if not self.caption.lengths or not any(loop.closed for loop in sketch.loops):
            return found
        drawn = seen_on(sketch, self._views())
        share = 1 / len(drawn)
        for one in drawn:
            name = "outline there" if one.there else self._outline(one.outline)
            found[name] = found.get(name, 0.0) + share
        for mention in self.missing:
            same = [one for one in drawn if sized(mention) and alike(one.outline, mention)]
            if same:
                self._arranged(found, mention, same)
        if self._from_below(sketch, drawn):
            found["blind from below"] = 1.0
        wanted = any(sized(m) and m.noun in (*CUTS, Noun.BOSS) for m in self.missing)
        if wanted and not any(name in found for name in ("outline as said", "count as said")):
            found["nothing of what is missing"] = 1.0
        return found

    def _from_below(self, sketch: Sketch, drawn: Sequence[Spotted]) -> bool:
        """Whether what is cut blind is drawn on the underside, though nothing is said of that."""
        if self.around is None or self.caption.below or abs(sketch.plane.normal[2]) < 1 - 1e-6:
            return False
        blind = [m for m in self.missing if m.noun in CUTS and m.height and not m.through]
        low, high = self.around[:, 2]
        here = sketch.plane.origin[2] < low + 0.01 * (high - low)
        return here and any(alike(one.outline, m) for one in drawn for m in blind if sized(m))

    def _views(self) -> list[PlaneView]:
        if not self.seen:
            self.seen.extend(views(self.given))
        return self.seen

    def _outline(self, outline: DrawnOutline) -> str:
        if any(sized(m) and alike(outline, m) for m in self.missing):
            return "outline as said"
        base, lengths = self.caption.base, self.caption.lengths
        if base is not None and sized(base) and alike(outline, base):
            return "outline of the base"
        both = all(told(size, lengths) for size in outline.sizes)
        return "outline of the said size" if both else "outline not said"

    def _arranged(self, found: Counts, mention: Mention, same: list[Spotted]) -> None:
        counted, right = len(same) == mention.count, lies_as_said(mention, same)
        if mention.count is not None:
            found["count as said" if counted else "count not said"] = 1.0
        if right is not None:
            found["place as said" if right else "place not said"] = 1.0
        if counted and right is not False:
            found["further loop as said"] = float(len(same) - 1)
        if counted and right:
            where = mention.where
            exact = where is not None and (where.sizes or where.spot is Spot.CENTER)
            found["thing as said" if exact else "thing as said, distance open"] = 1.0

    # --- whole parts ----------------------------------------------------------------------------

    def _finished(self, whole: CadSequence) -> Counts:
        """What a finished part has of what is said, and what it still lacks."""
        said = [step for mention in self.caption.mentions for step in mention.steps]
        there = [m for m in said if m.noun in (*CUTS, Noun.BOSS) and sized(m)]
        missing = [m for m in left(self.caption, whole) if m in there]
        found: Counts = {"whole: not made": float(len(missing))}
        found["whole: made"] = float(len(there) - len(missing))
        boxes, box = self.caption.boxes, box_of(whole.operations)
        if boxes and len(box) == 3:
            right = _is_one_of(box, boxes)
            found["whole: box as said" if right else "whole: box not as said"] = 1.0
        return found


def _is_one_of(box: tuple[float, ...], said: Sequence[tuple[float, ...]]) -> bool:
    """Whether a box is one of those that are said, sides longest first."""
    return any(all(near(a, b) for a, b in zip(box, one, strict=True)) for one in said)
