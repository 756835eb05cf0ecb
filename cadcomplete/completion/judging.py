"""Ideas for the next operation, with the model's opinion of each and how probable they are.

The model is asked about the part as it stands and turned, and a ranker weighs its opinion with all
else that is known; where no model has read the part, the shape alone says what is probable.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cadcomplete.completion.evidence import moved
from cadcomplete.completion.features import FEATURES, Facts, bent, facts, opinions
from cadcomplete.completion.ideas import extended, ideas
from cadcomplete.completion.kinds import LEAST
from cadcomplete.completion.proposing import PROPOSE, USUAL_KINDS, command_of, kind_of
from cadcomplete.completion.ranking import Ranker
from cadcomplete.completion.reading import Reading
from cadcomplete.history.faceted import unmade
from cadcomplete.history.geometry import Array
from cadcomplete.predictions import Idea

_USUAL = "usual"
"""Who had an idea that nobody showed, and that the model did not write."""

_BESIDE = 0.25
"""Which share of what words and pictures say counts beside a shape, which says most of it."""

_MISSED = 30.0
"""By how many nats an idea is less probable for all of the agreement that it misses."""


def by_habit(reading: Reading) -> list[Idea]:
    """Return ideas of the kinds of which it was counted what is usual, as probable as that; none of
    the kind that the model wrote, and where the shape of the wanted part is shown, none at all.
    """
    if reading.wanted is not None:
        return []
    others = USUAL_KINDS.keys() - {reading.command}
    return habits(reading, [command for command in reading.kinds if command in others])


def habits(reading: Reading, commands: Iterable[str]) -> list[Idea]:
    """Return ideas of some kinds by what was counted, as probable as each kind and that together.

    Half of what speaks for one of the kind that a model wrote is how often it was written.
    """
    found: list[Idea] = []
    for command in commands:
        chance = reading.kinds[command]
        if chance < LEAST:
            continue
        rows = reading.rows if command == reading.command else ()
        shown = {"evidence": reading.evidence, "bound": reading.bound}
        some = ideas(reading.given, rows, command, **shown)
        shares = PROPOSE[kind_of(command)].chances([i.operation for i in some], reading.given)
        if rows:
            written = np.array([idea.samples for idea in some]) / len(rows)
            shares = 0.5 * (shares + written)
        found += [
            replace(
                idea,
                score=chance * share,
                source=_USUAL if idea.source == "model" and not idea.samples else idea.source,
            )
            for idea, share in zip(some, shares.tolist(), strict=True)
        ]
    return found


def ranked(
    found: Sequence[Idea],
    reading: Reading,
    chances: Callable[[Sequence[Idea]], Array],
    *,
    words: Collection[str] = (),
) -> list[Idea]:
    """Return ideas with how probable each is, the likeliest first; `words` are those of the model,
    and `chances` tells of those that it has read how probable they are.

    What is shown beside the shape adds its nats to the odds of each, so that scores stay
    probabilities.
    """
    if not found:
        return []
    scores = np.array([idea.score for idea in found])
    if read := [i for i, idea in enumerate(found) if idea.tokens]:  # by the model
        of_model = chances([found[i] for i in read])
        scores[read] = _learned(found, reading, words) * of_model
    if reading.evidence:
        nats = _nats(found, reading)
        scores = moved(scores, nats if reading.wanted is None else _BESIDE * nats)
    order = np.argsort(-scores, kind="stable").tolist()
    return [replace(found[i], score=float(scores[i])) for i in order]


def _learned(found: Sequence[Idea], reading: Reading, words: Collection[str]) -> float:
    """The probability that the next operation is of a kind that the model has a word for: what it
    says of others knows of no more."""
    others = {command_of(type(idea.operation)) for idea in found if not idea.tokens}
    return 1.0 - sum(reading.kinds.get(command, 0.0) for command in others - set(words))


def _nats(found: Sequence[Idea], reading: Reading) -> Array:
    """What is shown adds to the odds of each; what looks at solids nothing to those that only the
    kernel can make."""
    nats = np.zeros(len(found))
    wholes = [extended(reading.given, idea.operations) for idea in found]
    made = [i for i, whole in enumerate(wholes) if not unmade(whole.operations)]
    for shown in reading.evidence:
        if told := made if shown.of_solids else list(range(len(wholes))):
            nats[told] += shown.weigh(reading.given, [wholes[i] for i in told])
    return nats


@dataclass(eq=False)
class Weighing:
    """How probable ideas are that the model has read, from their features; by it alone at worst.

    What is known of those that it was asked about last is kept, but for the model's opinion.
    """

    reading: Reading
    ranker: Ranker | None = None
    _last: tuple[list[Idea], Facts] | None = field(default=None, init=False)

    def __call__(self, found: Sequence[Idea]) -> Array:
        """Return the probability of each, shape (C,)."""
        return _chances(self._facts(found).features(opinions(found)), self.reading, self.ranker)

    def _facts(self, found: Sequence[Idea]) -> Facts:
        bare = [replace(idea, log_probability=0.0, score=0.0) for idea in found]
        if self._last is None or self._last[0] != bare:
            self._last = bare, facts(found, self.reading.given, wanted=self.reading.wanted)
        return self._last[1]


def _chances(known: Array, reading: Reading, ranker: Ranker | None) -> Array:
    column = {name: known[:, i] for i, name in enumerate(FEATURES)}
    missed = np.exp(-_MISSED * column["gain of the best that is not reached"])
    if reading.began is None:
        return np.asarray(missed / missed.sum())
    fitted = None
    if ranker is not None:
        fitted = ranker.probabilities(reading.situation, bent(known))
    if fitted is not None:
        return fitted
    if reading.wanted is None:
        return np.minimum(1.0, np.exp(column["log probability of the same effect"]))
    return np.asarray(missed * (0.5 + 0.5 * np.exp(column["log probability per token"])))
