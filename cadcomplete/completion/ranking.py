"""How likely a suggestion is what the designer does next: logistic regression on what is known.

One set of weights for each kind of operation, with and without a cloud. They are fitted on parts
that the model has not learned from (`benchmarks/ranking.py`) and lie beside its weights, so that
the score that a user sees is a probability.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from cadcomplete.errors import CheckpointError
from cadcomplete.history.geometry import Array

FILE = "ranker.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """Of one situation: for each feature its mean, its spread, and its weight; and a bias."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weight: tuple[float, ...]
    bias: float

    def probabilities(self, features_CF: Array) -> Array:
        """Return a probability for each of C candidates with F features, shape (C,)."""
        standard = (features_CF - np.array(self.mean)) / np.array(self.spread)
        return 1 / (1 + np.exp(-(standard @ np.array(self.weight) + self.bias)))


@dataclass(frozen=True, slots=True)
class Ranker:
    """Weights by situation, such as "later sketch, cloud"; features in the order of `names`."""

    names: tuple[str, ...]
    weights: Mapping[str, Weights]

    def probabilities(self, situation: str, features_CF: Array) -> Array | None:
        """Return the probability of a hit of each candidate; None for an unknown situation."""
        weights = self.weights.get(situation)
        return None if weights is None else weights.probabilities(features_CF)

    def save(self, folder: Path) -> None:
        """Write it beside the weights of a model."""
        found = {
            name: {"mean": w.mean, "spread": w.spread, "weight": w.weight, "bias": w.bias}
            for name, w in self.weights.items()
        }
        text = json.dumps({"features": self.names, "situations": found}, indent=1)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")


def load(folder: Path, names: Sequence[str]) -> Ranker | None:
    """Read the ranker of a model; None if it has none. What was read is not read again.

    One that was fitted before a feature was known gives it no weight. Raises CheckpointError if it
    has features that are none of these.
    """
    try:
        found = (folder / FILE).stat()
    except OSError:
        return None
    return _read(folder / FILE, tuple(names), found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, names: tuple[str, ...], *stamp: int) -> Ranker:
    """Read a ranker; another `stamp` is another file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        weights = {
            name: Weights(tuple(w["mean"]), tuple(w["spread"]), tuple(w["weight"]), w["bias"])
            for name, w in document["situations"].items()
        }
        found = tuple(document["features"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"not a ranker: {error}", file=path) from None
    if found != names[: len(found)]:
        raise CheckpointError("a ranker for other features", file=path, got=list(found))
    more = len(names) - len(found)
    return Ranker(names, {name: _widened(known, more) for name, known in weights.items()})


def _widened(weights: Weights, more: int) -> Weights:
    """The same weights, and none for so many more features."""
    mean, weight = (*weights.mean, *(0.0,) * more), (*weights.weight, *(0.0,) * more)
    return Weights(mean, (*weights.spread, *(1.0,) * more), weight, weights.bias)


def fit(
    features_CF: Array, hits_C: Array, *, signs: Sequence[int] = (), penalty: float = 5.0
) -> Weights:
    """Fit a ridge logistic regression: penalised are the squares of weights.

    `signs` say of each feature whether its weight may only be positive (1), negative (-1) or
    either (0). Those that come out otherwise become 0, the worst first: what a few cases happen to
    have in common is no reason to hold against an idea that the model finds it likely.
    """
    mean, spread = features_CF.mean(axis=0), features_CF.std(axis=0) + 1e-6
    standard, signs_F = (features_CF - mean) / spread, np.array(signs or [0] * len(mean))
    kept = np.arange(len(mean))
    while True:
        *weight, bias = _newton(standard[:, kept], hits_C, penalty).tolist()
        against = np.array(weight) * signs_F[kept]
        if not len(kept) or against.min() >= 0:
            break
        kept = np.delete(kept, against.argmin())
    weights = np.zeros(len(mean))
    weights[kept] = weight
    return Weights(tuple(mean.tolist()), tuple(spread.tolist()), tuple(weights.tolist()), bias)


def _newton(standard_CF: Array, hits_C: Array, penalty: float, *, steps: int = 50) -> Array:
    """The weights of a regression, and its bias at the end, by Newton's method."""
    x = np.concatenate([standard_CF, np.ones((len(hits_C), 1))], axis=1)
    ridge = np.diag([penalty] * (x.shape[1] - 1) + [1e-6])
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (p - hits_C) + ridge @ w
        curvature = (x * (p * (1 - p))[:, None]).T @ x + ridge
        step = np.linalg.solve(curvature, gradient)
        w -= step
        if np.abs(step).max() < 1e-8:
            break
    return w
