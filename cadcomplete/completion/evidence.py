"""What is shown of the wanted part beside its shape, words and pictures, and what that is worth.

Each kind of evidence has ideas of its own, and judges all ideas by what they explain of what is
shown. To add one: write a class that answers what `Evidence` asks, and let `evidence_of` make it of
a case. Shapes: C histories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from cadcomplete.captions.evidence import Words
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.pictures.evidence import Pictures
from cadcomplete.predictions import Case

SURE = 1e-9
"""Scores are as much as this at least before nats are added, and so is that none is right."""


class Evidence(Protocol):
    """What is shown of the wanted part beside its shape: words, or pictures."""

    @property
    def name(self) -> str:
        """What it is called, such as "caption": the `source` of its ideas."""
        ...

    @property
    def of_solids(self) -> bool:
        """Whether it looks at solids: operations alone tell it nothing."""
        ...

    def ideas(
        self, given: CadSequence, kind: type[Operation], *, most: int
    ) -> Sequence[tuple[Operation, ...]]:
        """Return operations of a kind that make true what is shown, the best first.

        A sketch may come with the extrude that it is good for.
        """
        ...

    def kinds(self, given: CadSequence) -> Mapping[type[Operation], float]:
        """Return the nats that it adds to each kind of the next operation; one not told: 0."""
        ...

    def weigh(
        self, given: CadSequence, wholes: Sequence[CadSequence], *, finished: bool = False
    ) -> Array:
        """Return the nats that it adds to the log-odds of each history, shape (C,).

        Each begins with what is given; 0 where nothing is said of it. Of those that are `finished`
        nothing may be missing that is shown.
        """
        ...

    def parts(self, given: CadSequence, *, most: int) -> Sequence[CadSequence]:
        """Return whole parts that begin with what is given and make true what is shown."""
        ...

    def told(self, given: CadSequence, wholes: Sequence[CadSequence]) -> Array:
        """Return how far each finished part has what is shown, 0 to 1, shape (C,): 1 if nothing
        that it lacks is known."""
        ...

    def notices(self, given: CadSequence) -> Sequence[str]:
        """Say in a sentence each what was understood of it, and what does not fit (law 14)."""
        ...


def evidence_of(case: Case, *, known: Pictures | None = None) -> tuple[Evidence, ...]:
    """Return all that a case shows beside a shape; nothing of it is looked at twice.

    Pictures are compared only where no shape is shown, which says more; those that are `known` are
    not looked at again. Raises InputError for one that cannot be read, or in which nothing is seen.
    """
    found: list[Evidence] = []
    sizes: tuple[float, ...] = ()
    if case.caption:
        words = Words.of(case.caption)
        sizes = () if words.caption.base is None else words.caption.base.box
        found.append(words)
    if case.images and case.points is None:
        sights = None if known is None else known.sights
        found.append(Pictures(sights, sizes) if sights else Pictures.of(case.images, sizes=sizes))
    return tuple(found)


def pictures_among(evidence: Sequence[Evidence], before: Case, now: Case) -> Pictures | None:
    """Return the pictures of a case as they were looked at before; None if they are others."""
    same = before.images == now.images
    return next((one for one in evidence if same and isinstance(one, Pictures)), None)


def weighed(
    evidence: Sequence[Evidence],
    given: CadSequence,
    wholes: Sequence[CadSequence],
    *,
    finished: bool = False,
) -> Array:
    """Return the nats of all evidence together for each history, shape (C,)."""
    nats = np.zeros(len(wholes))
    for shown in evidence:
        nats += shown.weigh(given, wholes, finished=finished)
    return nats


def moved(chances: Array, nats: Array) -> Array:
    """Return probabilities with nats added to the odds of each, both of shape (C,).

    Of ideas for one next operation at most one is right: what one gains, the others and none of
    them lose (Bayes' rule).
    """
    rest = np.log(max(1.0 - float(chances.sum()), SURE))
    logs = np.log(np.maximum(chances, SURE)) + nats
    return np.asarray(np.exp(logs - np.logaddexp.reduce([rest, *logs])))
