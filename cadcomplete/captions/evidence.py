"""A caption as evidence: the ideas that it gives, and what it says for or against others.

It is what `completion/evidence.py` asks of all that is shown beside a shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from cadcomplete.captions.copying import begun, mirrors, rows, turns
from cadcomplete.captions.dictated import dictated
from cadcomplete.captions.drilling import holes, revolves
from cadcomplete.captions.extruding import extrudes
from cadcomplete.captions.finishing import chamfers, fillets
from cadcomplete.captions.following import agrees, dictated_next, made_by, rest, step_after
from cadcomplete.captions.habits import AS_BEFORE
from cadcomplete.captions.mention import Caption, Mention, Noun, Spot
from cadcomplete.captions.read import read_caption
from cadcomplete.captions.sketching import sketches
from cadcomplete.captions.state import lacks, waiting
from cadcomplete.captions.steps import DictatedStep, same_step
from cadcomplete.captions.telling import understood
from cadcomplete.captions.trust import believed, trust, trust_of_words
from cadcomplete.captions.vague import Vague
from cadcomplete.captions.weighing import Judge, nats
from cadcomplete.captions.whole import built_from
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import (
    Chamfer,
    Extrude,
    Fillet,
    Hole,
    LinearPattern,
    Mirror,
    Operation,
    PolarPattern,
    Revolve,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence

Think = Callable[[Caption, CadSequence], Iterable[Any]]

IDEAS: dict[type, Think] = {
    Sketch: sketches,
    Extrude: extrudes,
    Fillet: fillets,
    Chamfer: chamfers,
    Mirror: mirrors,
    LinearPattern: rows,
    PolarPattern: turns,
    Hole: holes,
    Revolve: revolves,
}
"""What thinks of operations of a kind that make true what a caption says; of others none is."""

THOUGHT = 300
"""How many ideas are put in order."""

Says = Callable[[Caption, CadSequence], bool]

KINDS: dict[type[Operation], tuple[Says, float, float]] = {
    Fillet: (lambda caption, _: _has(caption, Noun.FILLET), 1.3, -0.9),
    Chamfer: (lambda caption, _: _has(caption, Noun.CHAMFER), 1.7, -0.9),
    PolarPattern: (lambda caption, _: any(_is_at(m, Spot.CIRCLE) for m in caption.all), 2.0, -0.3),
}
"""By what a caption says that a kind comes next of which there is none yet, and how many nats that
and its absence are worth: counted in 799 FreeCAD parts of the training split (docs/experiments.md).
"""

SAID_KINDS: dict[type[Operation], tuple[Says, float]] = {
    Mirror: (lambda caption, _: bool(caption.mirrors), 3.0),
    LinearPattern: (lambda caption, given: _begun_at(caption, given, Spot.ROW), 3.0),
    PolarPattern: (lambda caption, given: _begun_at(caption, given, Spot.CIRCLE), 1.5),
    Hole: (lambda caption, _: any(m.noun is Noun.HOLE and m.head for m in caption.mentions), 1.5),
    Revolve: (lambda caption, _: bool(_TURNED & set(caption.text.lower().split())), 2.0),
}
"""The same where descriptions of real parts say nothing of it: nats that are set, not counted."""

_TURNED = {"turned", "revolved", "lathe", "rotational", "gedreht"}

LEFT_OUT = 0.85
"""How much of what is wanted a part is at most that lacks a thing that is said, whatever its size:
set, not fitted."""

DICTATED, OTHERWISE = 6.0, -3.0
"""Nats for a step as it is dictated, and for one that is not."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a caption says, as evidence of the wanted part.

    Attributes:
        steps: of one that says every dimension and place, what it dictates.
    """

    caption: Caption
    steps: tuple[DictatedStep, ...] = ()
    name: str = "caption"

    @staticmethod
    def of(text: str) -> Words:
        """Read a caption."""
        return Words(read_caption(text), dictated(text))

    @property
    def of_solids(self) -> bool:
        return False

    def ideas(
        self, given: CadSequence, kind: type[Operation], *, most: int
    ) -> Sequence[tuple[Operation, ...]]:
        """Return different operations of a kind that make true what is said, the best first."""
        if self.steps:
            return [(one,) for one in islice(dictated_next(given, self.steps, kind), most)]
        found = thought(self.caption, given, kind)
        judge = Judge.of(self.caption, given)
        worth = [
            nats(judge.facts(_with(given, one), finished=False) | judge.habits(one))
            for one in found
        ]
        order = sorted(range(len(found)), key=lambda i: -worth[i])
        return [(found[i],) for i in order[:most]]

    def kinds(self, given: CadSequence) -> Mapping[type[Operation], float]:
        """Return the nats that it adds to each kind of the next operation.

        Finishes are likelier where they are said and there is none yet, and less likely where they
        are not, as far as the caption is believed. Where every step is dictated, the next one is.
        """
        if self.steps:
            step = step_after(given, self.steps)
            drawing = step is not None and step.sketch is not None and waiting(given) is None
            return {} if step is None else {Sketch if drawing else step.kind: DICTATED}
        there = {type(operation) for operation in given.operations}
        if not self.caption.all and not self.caption.mirrors:
            return {}
        found = {
            kind: said if says(self.caption, given) else not_
            for kind, (says, said, not_) in KINDS.items()
        }
        for kind, (says, said) in SAID_KINDS.items():
            found[kind] = found.get(kind, 0.0) + (said if says(self.caption, given) else 0.0)
        share = trust(self.caption, given)
        return {
            kind: float(believed(np.array(nat), share))
            for kind, nat in found.items()
            if nat and kind not in there
        }

    def weigh(
        self, given: CadSequence, wholes: Sequence[CadSequence], *, finished: bool = False
    ) -> Array:
        """Return the nats that it adds to the log-odds of each history, shape (C,)."""
        if self.steps:
            return self._followed(given, wholes, finished=finished)
        if not self.caption.lengths and not self.caption.ratios:
            return self._weigh_words(given, wholes)
        judge = Judge.of(self.caption, given)
        found = [nats(judge.facts(whole, finished=finished)) for whole in wholes]
        if not finished:
            found = [
                a + self._usual(judge, given, whole) for a, whole in zip(found, wholes, strict=True)
            ]
        return believed(np.array(found), trust(self.caption, given))

    def _weigh_words(self, given: CadSequence, wholes: Sequence[CadSequence]) -> Array:
        """Weigh by words without sizes; where there are sizes, they say more."""
        vague = Vague.of(self.caption.text, given.operations[: given.whole_operations])
        judge = Judge.of(self.caption, given)
        found = [
            self._vaguely(vague, given, whole)
            + nats(judge.facts(whole, finished=False, copies=True))
            for whole in wholes
        ]
        return believed(np.array(found), trust_of_words(self.caption.text, given))

    def _usual(self, judge: Judge, given: CadSequence, whole: CadSequence) -> float:
        """How usual a sketch is, and an extrude beside those before: what is said was weighed with
        it."""
        new = whole.operations[given.whole_operations : given.whole_operations + 1]
        found = [(isinstance(one, Sketch), judge.habits(one)) for one in new]
        return sum(
            nats({name: much for name, much in habits.items() if drawn or name in AS_BEFORE})
            for drawn, habits in found
        )

    def _vaguely(self, first: Vague, given: CadSequence, whole: CadSequence) -> float:
        """What words without numbers say of the first operations that are new, of each kind one."""
        found: dict[type[Operation], float] = {}
        for index in range(given.whole_operations, len(whole.operations)):
            operation, before = whole.operations[index], whole.operations[:index]
            if type(operation) not in found:
                own = first if not found else Vague.of(self.caption.text, before)
                found[type(operation)] = own.nats(operation)
        return sum(found.values())

    def _followed(
        self, given: CadSequence, wholes: Sequence[CadSequence], *, finished: bool
    ) -> Array:
        """How well histories follow what is dictated; 0 where what is given does not."""
        found = np.zeros(len(wholes))
        if not agrees(given, self.steps):
            return found
        for row, whole in enumerate(wholes):
            made = made_by(given.operations)
            for index in range(given.whole_operations, len(whole.operations)):
                operation, before = whole.operations[index], whole.operations[:index]
                step = self.steps[len(made)] if len(made) < len(self.steps) else None
                right = step is not None and same_step(operation, before, step, made)
                found[row] += DICTATED if right else OTHERWISE
                made += (index,) if operation.builds else ()
            if finished:
                found[row] += OTHERWISE * abs(len(self.steps) - len(made))
        return found

    def parts(self, given: CadSequence, *, most: int) -> Sequence[CadSequence]:
        """Return whole parts that begin with what is given and make true what is said."""
        whole = rest(given, self.steps) if self.steps else built_from(self.caption, given)
        return [] if whole is None else [whole][:most]

    def told(self, given: CadSequence, wholes: Sequence[CadSequence]) -> Array:
        """Return how far each has what is said, 0 to 1: `LEFT_OUT` for each thing that it lacks, as
        far as the caption is believed."""
        if self.steps:
            return np.ones(len(wholes))
        share = trust(self.caption, given)
        lacking = np.array([lacks(self.caption, whole) for whole in wholes], dtype=float)
        return np.asarray(1 - share * (1 - LEFT_OUT**lacking))

    def notices(self, given: CadSequence) -> Sequence[str]:
        """Say what was understood, and whether what is given fits it."""
        return understood(self.caption, given, self.steps)


def _has(caption: Caption, noun: Noun) -> bool:
    return any(mention.noun is noun for mention in caption.mentions)


def _begun_at(caption: Caption, given: CadSequence, spot: Spot) -> bool:
    """Whether one is there of several things that are said to be arranged so."""
    return any(_is_at(mention, spot) for mention, _, _ in begun(caption, given))


def _is_at(mention: Mention, spot: Spot) -> bool:
    return mention.where is not None and mention.where.spot is spot


def thought(caption: Caption, given: CadSequence, kind: type[Operation]) -> list[Any]:
    """Return different operations of a kind that a caption makes one think of, up to `THOUGHT`."""
    think = IDEAS.get(kind)
    if think is None:
        return []
    try:
        return list(dict.fromkeys(islice(think(caption, given), THOUGHT)))
    except (GeometryError, UnsupportedError):  # what is given cannot be drawn: nothing fits it
        return []


def _with(given: CadSequence, operation: Operation) -> CadSequence:
    before = given.operations[: given.whole_operations]
    return CadSequence((*before, operation), id=given.id)
