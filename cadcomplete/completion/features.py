"""What is known of each idea for the next operation: what a ranker learns from.

Shapes: C ideas, F features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.completion.ideas import extended
from cadcomplete.completion.proposing import PROPOSE
from cadcomplete.completion.usual import TURNED, known_planes
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.fitting import Wanted
from cadcomplete.fitting.space.scores import State, effect, state
from cadcomplete.history.geometry import Array, same_plane
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.predictions import Idea

FEATURES = {
    "log probability": 1,
    "log probability per token": 1,
    "log probability below the best": 1,
    "tokens": 0,
    "share of samples": 1,
    "share of samples to the same effect": 1,
    "log probability of the same effect": 1,
    "gain": 1,
    "gain of the best that is not reached": -1,
    "agreement": 1,
    "place in the order of the cloud": 1,
    "merit by the cloud": 1,
    "idea of both": 1,
    "share of the sweep that changes something": 1,
    "plane through the origin": 0,
    "plane that is there": 0,
    "counted": 1,
}
"""What is known, and whether it may only speak for an idea (1), against it (-1), or either (0)."""

_NATS = {
    "log probability",
    "log probability below the best",
    "log probability of the same effect",
}
_SURE = 1e-6  # what was counted is this far from 0 and 1
_NEAR = 1e-3  # mm between planes that are one


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of ideas but for the model's opinion of them, which it may change.

    Attributes:
        columns: those that stay, by their names.
        tokens: that it takes to write each, shape (C,).
        same: which of them have the same effect, shape (C, C).
    """

    columns: Mapping[str, Array]
    tokens: Array
    same: Array

    def features(self, logs: Array) -> Array:
        """Return what is known of each idea, in the order of `FEATURES`, shape (C, F); `logs` are
        the natural logs of how probable the model finds each, shape (C,)."""
        columns = {
            **self.columns,
            "log probability": logs,
            "log probability per token": logs / self.tokens,
            "log probability below the best": logs - logs.max(),
            "log probability of the same effect": np.log(
                self.same @ np.exp(np.maximum(logs, -200.0))
            ),
        }
        return np.stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES], axis=1)


def features(ideas: Sequence[Idea], given: CadSequence, *, wanted: Wanted | None = None) -> Array:
    """Return what is known of each idea, in the order of `FEATURES`, shape (C, F)."""
    return facts(ideas, given, wanted=wanted).features(opinions(ideas))


def opinions(ideas: Sequence[Idea]) -> Array:
    """Return the natural logs of how probable the model finds each idea, shape (C,)."""
    return np.array([c.log_probability for c in ideas])


def facts(ideas: Sequence[Idea], given: CadSequence, *, wanted: Wanted | None = None) -> Facts:
    """Return what is known of ideas beside the model's opinion of them."""
    tokens = np.array([max(1, c.tokens) for c in ideas])
    samples = np.array([c.samples for c in ideas], dtype=np.float64)
    shares = samples / max(1.0, samples.sum())
    places = np.array([1 / c.place if c.place else 0.0 for c in ideas])
    least = min((c.merit for c in ideas if c.place), default=0.0)
    merits = np.array([c.merit if c.place else least for c in ideas])
    gains, agreements, changing = np.zeros((3, len(ideas)))
    if wanted is not None:
        before = state(given, wanted)
        effects = [_effect(before, given, c.operations) for c in ideas]
        agreements, changing = np.array(effects).T
        gains = agreements - before.agreement
    central, there = _places(ideas, given)
    counted = np.zeros(len(ideas)) if wanted is not None else _counted(ideas, given)
    same_CC = alike(ideas, given)
    columns = {
        "tokens": np.log(tokens),
        "share of samples": shares,
        "share of samples to the same effect": same_CC @ shares,
        "gain": gains,
        "gain of the best that is not reached": gains.max() - gains,
        "agreement": agreements,
        "place in the order of the cloud": places,
        "merit by the cloud": merits,
        "idea of both": (samples > 0) & (places > 0),
        "share of the sweep that changes something": changing,
        "plane through the origin": central,
        "plane that is there": there,
        "counted": counted,
    }
    return Facts(columns, tokens, same_CC)


def bent(features_CF: Array) -> Array:
    """Return features as a ranker weighs them, with their long tails pulled in.

    A thousand nats are not a hundred times as bad as ten, and a gain of a hundredth matters.
    """
    found = features_CF.copy()
    nats = [i for i, name in enumerate(FEATURES) if name in _NATS]
    gains = [i for i, name in enumerate(FEATURES) if name.startswith("gain")]
    found[:, nats] = np.sign(found[:, nats]) * np.log1p(np.abs(found[:, nats]))
    found[:, gains] = np.sign(found[:, gains]) * np.sqrt(np.abs(found[:, gains]))
    return found


def _effect(
    before: State, given: CadSequence, operations: Sequence[Operation]
) -> tuple[float, float]:
    """How far the part agrees with the wanted one after further operations; and of what the last
    of them sweeps, the share that it changes: designers rarely do again what is done. What ends
    where there is nothing, or where only the kernel knows, changes nothing as far as is known."""
    whole, now, changing = extended(given, operations), before, 0.0
    try:
        for operation in operations:
            if operation.builds:
                now, changing = effect(now, operation, whole)
    except (GeometryError, UnsupportedError):
        return before.agreement, 0.0
    return now.agreement, changing


def _counted(ideas: Sequence[Idea], given: CadSequence) -> Array:
    """The log-odds of each idea by what was counted of its kind, where no shape is shown."""
    chances = np.zeros(len(ideas))
    kinds = [type(idea.operation) for idea in ideas]
    for kind in dict.fromkeys(kinds):
        rows = [i for i, own in enumerate(kinds) if own is kind]
        chances[rows] = PROPOSE[kind].chances([ideas[i].operation for i in rows], given)
    chances = np.clip(chances, _SURE, 1 - _SURE)
    return np.asarray(np.log(chances) - np.log1p(-chances))


def _places(ideas: Sequence[Idea], given: CadSequence) -> tuple[Array, Array]:
    """Say of sketches whether their planes go through the origin, and whether they are known."""
    planes = known_planes(given)
    sketches = [c.operation.plane if isinstance(c.operation, Sketch) else None for c in ideas]
    central = [plane is not None and abs(plane.offset) < _NEAR for plane in sketches]
    there = [
        plane is not None
        and any(same_plane(plane, other, turned=TURNED, apart=_NEAR) for other in planes)
        for plane in sketches
    ]
    return np.array(central, dtype=np.float64), np.array(there, dtype=np.float64)


def alike(ideas: Sequence[Idea], given: CadSequence) -> Array:
    """Return which ideas have the same effect, shape (C, C): of two kinds, none."""
    found = np.zeros((len(ideas), len(ideas)))
    kinds = [type(idea.operation) for idea in ideas]
    for kind in dict.fromkeys(kinds):
        rows = [i for i, own in enumerate(kinds) if own is kind]
        operations = [ideas[i].operation for i in rows]
        found[np.ix_(rows, rows)] = PROPOSE[kind].alike(operations, given)
    return found
