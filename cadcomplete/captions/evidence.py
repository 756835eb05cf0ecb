"""A caption as evidence: the ideas that it gives, and what it says for or against others.

It is what `completion/evidence.py` asks of all that is shown beside a shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from cadcomplete.captions.extruding import extrudes
from cadcomplete.captions.mention import Caption
from cadcomplete.captions.read import read_caption
from cadcomplete.captions.sketching import sketches
from cadcomplete.captions.telling import understood
from cadcomplete.captions.weighing import Judge, nats
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence

Think = Callable[[Caption, CadSequence], Iterable[Any]]

IDEAS: dict[type, Think] = {Sketch: sketches, Extrude: extrudes}
"""What thinks of operations of a kind that make true what a caption says; of others none is."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a caption says, as evidence of the wanted part."""

    caption: Caption
    name: str = "caption"

    @staticmethod
    def of(text: str) -> Words:
        """Read a caption."""
        return Words(read_caption(text))

    def ideas(
        self, given: CadSequence, kind: type[Operation], *, most: int
    ) -> Sequence[tuple[Operation, ...]]:
        """Return different operations of a kind that make true what is said, the best first."""
        think = IDEAS.get(kind)
        if think is None:
            return ()
        found = list(dict.fromkeys(islice(think(self.caption, given), 4 * most)))
        judge = Judge.of(self.caption, given)
        wholes = [_with(given, operation) for operation in found]
        worth = [nats(judge.features(whole, finished=False)) for whole in wholes]
        order = sorted(range(len(found)), key=lambda i: -worth[i])
        return [(found[i],) for i in order[:most]]

    def kinds(self, given: CadSequence) -> Mapping[type[Operation], float]:
        """Return the nats that it adds to each kind of the next operation: none so far."""
        return {}

    def weigh(
        self, given: CadSequence, wholes: Sequence[CadSequence], *, finished: bool = False
    ) -> Array:
        """Return the nats that it adds to the log-odds of each history, shape (C,)."""
        judge = Judge.of(self.caption, given)
        return np.array([nats(judge.features(whole, finished=finished)) for whole in wholes])

    def parts(self, given: CadSequence, *, most: int) -> Sequence[CadSequence]:
        """Return whole parts that make true what is said: none so far."""
        return ()

    def notices(self, given: CadSequence) -> Sequence[str]:
        """Say what was understood."""
        return understood(self.caption)


def _with(given: CadSequence, operation: Operation) -> CadSequence:
    before = given.operations[: given.whole_operations]
    return CadSequence((*before, operation), id=given.id)
