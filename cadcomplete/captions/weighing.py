"""Facts explained and facts contradicted: what a caption says for or against operations, in nats.

Each new operation is compared with what is said and not made yet. The weights are fitted
(`benchmarks/words.py`); docs/experiments.md says on what. Shapes: C histories, F features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cadcomplete.captions.extruding import base_heights, further_heights
from cadcomplete.captions.mention import Caption, Form, Mention, Noun, Spot
from cadcomplete.captions.outlines import DrawnOutline, near, outlined, told
from cadcomplete.captions.state import CUTS, Swept, alike, box_of, left, sized, swept
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence

WEIGHTS: dict[str, float] = {
    "height as said": 3.0,
    "height among the sizes": 1.5,
    "height from the sizes": 0.5,
    "height not said": -1.5,
    "beyond the box": -2.5,
    "box as said": 1.5,
    "way as said": 1.0,
    "way not said": -1.0,
    "through as said": 1.5,
    "not through as said": -1.0,
    "hollow as said": 1.0,
    "solid though hollow": -1.0,
    "outline as said": 2.0,
    "outline of the said size": 1.0,
    "outline not said": -1.0,
    "count as said": 0.7,
    "place as said": 1.0,
    "place not said": -1.0,
    "not made": -1.0,
}
"""What each feature is worth, in nats."""

Counts = dict[str, float]


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares what is added to a history with a caption; made once for both.

    Attributes:
        missing: what is said and not made yet.
        box: the sides of the box around what is given, longest first.
    """

    caption: Caption
    given: CadSequence
    missing: tuple[Mention, ...]
    box: tuple[float, ...]

    @staticmethod
    def of(caption: Caption, given: CadSequence) -> Judge:
        return Judge(caption, given, tuple(left(caption, given)), box_of(given.operations))

    def features(self, whole: CadSequence, *, finished: bool) -> Counts:
        """Return what a history that begins with what is given explains and contradicts."""
        found: Counts = {}
        new = range(len(self.given.operations), len(whole.operations))
        if self.given.whole_operations < len(self.given.operations):
            new = range(self.given.whole_operations, len(whole.operations))
        for index in new:
            operation, before = whole.operations[index], whole.operations[:index]
            if isinstance(operation, Extrude):
                some = self._extrude(operation, before)
            elif isinstance(operation, Sketch):
                some = self._sketch(operation)
            else:
                continue
            for name, value in some.items():
                found[name] = found.get(name, 0.0) + value
        if finished:
            self._finished(found, whole)
        return found

    def _extrude(self, extrude: Extrude, before: tuple[Operation, ...]) -> Counts:
        found: Counts = {}
        parts = list(swept(extrude, before))
        if not parts:
            return found
        one = max(parts, key=lambda part: part.outline.length * part.outline.width)
        found[self._height(one)] = 1.0
        if not one.first:
            found |= self._way(one)
        elif self.caption.base is not None and self._hollow:
            found["hollow as said" if one.holes else "solid though hollow"] = 1.0
        found |= self._boxed(extrude, before)
        return found

    @property
    def _hollow(self) -> bool:
        base = self.caption.base
        ring = base is not None and base.form is Form.RING
        return ring or any(m.noun is Noun.HOLE for m in self.caption.mentions)

    def _height(self, one: Swept) -> str:
        """How well the height of what is swept is explained."""
        caption, height = self.caption, one.height
        if not caption.lengths:
            return "height unsaid"
        if one.first:
            right = base_heights(caption, one.outline)[:1]
            also = further_heights(caption, self.given)
        else:
            nouns = (Noun.BOSS,) if one.adds else CUTS
            same = [m for m in self.missing if m.noun in nouns and alike(one.outline, m)]
            right = [m.height for m in same if m.height is not None]
            also = further_heights(caption, self.given)
        if one.through and not one.adds:
            return "height of a cut through"
        if told(height, right):
            return "height as said"
        if told(height, caption.lengths):
            return "height among the sizes"
        twice = [2 * height, height / 2]
        from_sizes = told(height, also) or any(told(h, caption.lengths) for h in twice)
        return "height from the sizes" if from_sizes else "height not said"

    def _way(self, one: Swept) -> Counts:
        """Whether it adds or takes away as is said, and goes through."""
        found: Counts = {}
        same = [m for m in self.missing if alike(one.outline, m) and m.noun in (*CUTS, Noun.BOSS)]
        exact = [m for m in same if sized(m)] or same
        if exact:
            agreed = [m for m in exact if (m.noun is Noun.BOSS) == one.adds]
            found["way as said" if agreed else "way not said"] = 1.0
            through = {m.through for m in agreed if m.noun in CUTS}
            if not one.adds and through == {True}:
                found["through as said" if one.through else "not through as said"] = 1.0
            if not one.adds and through == {False}:
                found["not through as said" if one.through else "through as said"] = 1.0
        return found

    def _boxed(self, extrude: Extrude, before: tuple[Operation, ...]) -> Counts:
        """Whether the box around the part is as it is said, or beyond it."""
        said = self.caption.box
        if len(said) < 3 or not extrude.adds:
            return {}
        box = box_of((*before, extrude))
        if len(box) < 3:
            return {}
        if any(a > b * 1.006 for a, b in zip(box, said, strict=False)):
            return {"beyond the box": 1.0}
        if all(near(a, b) for a, b in zip(box, said, strict=False)) and box != self.box:
            return {"box as said": 1.0}
        return {}

    def _sketch(self, sketch: Sketch) -> Counts:
        """How well the loops of a sketch are explained, and whether there are as many as said."""
        found: Counts = {}
        outlines = [outlined(loop) for loop in sketch.loops if loop.closed]
        if not outlines or not self.caption.lengths:
            return found
        share = 1 / len(outlines)
        for outline in outlines:
            name = self._outline(outline)
            found[name] = found.get(name, 0.0) + share
        for mention in self.missing:
            same = [one for one in outlines if alike(one, mention) and sized(mention)]
            if same and mention.count is not None and len(same) == mention.count:
                found["count as said"] = 1.0
        return found

    def _outline(self, outline: DrawnOutline) -> str:
        missing = [m for m in self.missing if sized(m) and alike(outline, m)]
        base = self.caption.base
        if missing or (base is not None and sized(base) and not self.box and alike(outline, base)):
            return "outline as said"
        lengths = self.caption.lengths
        both = all(told(size, lengths) for size in outline.sizes)
        return "outline of the said size" if both else "outline not said"

    def _finished(self, found: Counts, whole: CadSequence) -> None:
        """Take up what a finished part still lacks."""
        missing = [m for m in left(self.caption, whole) if m.noun in (*CUTS, Noun.BOSS)]
        found["not made"] = float(len(missing))
        said, box = self.caption.box, box_of(whole.operations)
        if len(said) == 3 and len(box) == 3:
            right = all(near(a, b) for a, b in zip(box, said, strict=True))
            found["box as said" if right else "beyond the box"] = 1.0


def nats(counts: Counts) -> float:
    """Return what features are worth together."""
    return sum(WEIGHTS.get(name, 0.0) * value for name, value in counts.items())


def spots(caption: Caption) -> Sequence[Spot]:
    """Return the places that are spoken of."""
    return [m.where.spot for m in caption.mentions if m.where is not None]
