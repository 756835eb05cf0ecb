"""From which probability on a next operation is shown to a person: below it, silence (law 15).

It lies beside the weights of a model, as the ranker does, chosen on parts that the model has not
learned from so that of the first suggestions that are shown enough are right.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from cadcomplete.errors import CheckpointError

ENOUGH = 1 / 3
"""Share of the first suggestions that are shown that must be right."""

_FEWEST = 5  # suggestions from which a share is told

FILE = "threshold.json"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where nothing is shown of the wanted part.

    Attributes:
        least: probability of the first suggestion from which on suggestions are shown.
        right: share of first suggestions from there on that are the designer's.
        shown: share of questions at which something is shown.
        chosen_on: which questions.
    """

    least: float
    right: float
    shown: float
    chosen_on: str

    def save(self, folder: Path) -> None:
        """Write it beside the weights of a model."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def load(folder: Path | None) -> Threshold | None:
    """Read the threshold of a model; None if it has none. Raises CheckpointError."""
    if folder is None or not (folder / FILE).is_file():
        return None
    try:
        found = Threshold(**json.loads((folder / FILE).read_text(encoding="utf-8")))
        if not 0 <= found.least <= 1:
            raise ValueError(f"least is {found.least}, expected 0 to 1")
        return found
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(f"not a threshold: {error}", file=folder / FILE) from None


def chosen_of(firsts: Sequence[tuple[float, bool]], chosen_on: str) -> Threshold:
    """Return the threshold that shows most of some first suggestions, enough of them right.

    `firsts` are their scores, and whether they are the designer's. How many are right is the mean
    of what was counted and of what their scores say: of many thresholds one looks good by chance.
    Where none is enough, nothing is shown but what is certain.
    """
    scores = np.array([score for score, _ in firsts])
    order = np.argsort(-scores, kind="stable")
    counts = np.arange(1, len(order) + 1)
    right = np.cumsum([firsts[i][1] for i in order]) / counts
    told = np.cumsum(scores[order]) / counts
    enough = (right + told) / 2 >= ENOUGH
    usable = [k for k in range(_FEWEST - 1, len(order)) if enough[k]]
    if not usable:
        return Threshold(1.0, 0.0, 0.0, chosen_on)
    last = usable[-1]
    least = float(scores[order[last]])
    return Threshold(least, float(right[last]), (last + 1) / len(order), chosen_on)
