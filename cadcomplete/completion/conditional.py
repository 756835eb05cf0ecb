"""Which of some ideas a designer takes: a conditional logistic regression.

Ideas for one step exclude each other, so what speaks for one counts against the others: each has
its share of what is right at all. `right` of its own is the share of cases in which any of the
first ideas was the designer's. (McFadden, Conditional logit analysis of qualitative choice
behavior, 1974.) Shapes: C ideas, F facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.history.inside import Bools

_STEPS = 60
_SHORTEST = 1e-3  # share of a step of Newton's method
_DONE = 1e-6  # nats by which a step that helps no more is told


@dataclass(frozen=True, slots=True)
class Choice:
    """Weights for facts, by their names.

    Attributes:
        mean, spread, weight: of each fact.
        right: probability that one of the ideas is the designer's.
    """

    facts: tuple[str, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weight: tuple[float, ...]
    right: float

    def merits(self, facts_CF: Array) -> Array:
        """Return what speaks for each idea, in nats that compare it with others of its case."""
        return np.asarray((facts_CF - np.array(self.mean)) / np.array(self.spread) @ self.weight)

    def probabilities(self, facts_CF: Array) -> Array:
        """Return a probability for each of C ideas for one case, shape (C,); `right` together."""
        merits = self.merits(facts_CF)
        odds = np.exp(merits - merits.max(initial=-np.inf))
        return np.asarray(self.right * odds / max(float(odds.sum()), 1e-300))


def fit(
    cases: Sequence[tuple[Array, Bools]],
    names: Sequence[str],
    *,
    most: int,
    penalty: float = 1.0,
) -> Choice:
    """Fit a choice to cases: the facts of their ideas (C, F), and which are the designer's (C,).

    Cases in which none is tell only how often one of the `most` first ideas is right.
    """
    facts = np.concatenate([facts_CF for facts_CF, _ in cases])
    mean, spread = facts.mean(axis=0), facts.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    told = [((own - mean) / spread, true) for own, true in cases if true.any()]
    weight = np.zeros(facts.shape[1])
    loss = _loss(weight, told, penalty)
    for _ in range(_STEPS):
        step, share, new = _newton_step(weight, told, penalty), 1.0, np.inf
        while share > _SHORTEST and (new := _loss(weight - share * step, told, penalty)) > loss:
            share /= 2
        if new > loss - _DONE:
            break
        weight, loss = weight - share * step, new
    facts_names, columns = tuple(names), [tuple(c.tolist()) for c in (mean, spread, weight)]
    found = Choice(facts_names, columns[0], columns[1], columns[2], 1.0)
    first = [true[np.argsort(-found.merits(own), kind="stable")[:most]] for own, true in cases]
    right = float(np.mean([hits.any() for hits in first]))
    return Choice(found.facts, found.mean, found.spread, found.weight, right)


def _loss(weight: Array, told: Sequence[tuple[Array, Bools]], penalty: float) -> float:
    found = penalty * float(weight @ weight) / 2
    for facts_CF, true in told:
        merits = facts_CF @ weight
        found += _log_sum(merits) - _log_sum(merits[true])
    return found


def _log_sum(merits: Array) -> float:
    most = merits.max()
    return float(most + np.log(np.exp(merits - most).sum()))


def _newton_step(weight: Array, told: Sequence[tuple[Array, Bools]], penalty: float) -> Array:
    """The gradient over the curvature; that of the right ideas among themselves is left out."""
    gradient, curvature = penalty * weight, penalty * np.eye(len(weight))
    for facts_CF, true in told:
        merits = facts_CF @ weight
        odds = np.exp(merits - merits.max())
        share = odds / odds.sum()
        right = np.where(true, np.exp(merits - merits[true].max()), 0.0)
        gradient = gradient + facts_CF.T @ (share - right / right.sum())
        apart = facts_CF - share @ facts_CF
        curvature = curvature + apart.T @ (apart * share[:, None])
    return np.asarray(np.linalg.solve(curvature, gradient), dtype=np.float64)
