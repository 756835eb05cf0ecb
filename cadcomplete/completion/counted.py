"""What designers do next, counted on real histories: small logistic regressions.

They tell what a model has no word for: how probable a kind of operation is after what is given, and
how probable each idea of that kind is to be the designer's. `counted.json` says what it was counted
on; `benchmarks/usual.py` and `usual_drawn.py` count. Shapes: C ideas, F facts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cadcomplete.completion.ranking import Weights
from cadcomplete.errors import CheckpointError
from cadcomplete.history.geometry import Array

DRAWN = "; sketches and extrudes: "
"""What stands before the histories on which these were counted, which have a command of their own
(`benchmarks/usual_drawn.py`)."""

FILE = Path(__file__).with_name("counted.json")


@dataclass(frozen=True, slots=True)
class Regression:
    """Weights for facts, by their names."""

    facts: tuple[str, ...]
    weights: Weights

    def probabilities(self, facts_CF: Array, names: Sequence[str]) -> Array:
        """Return a probability for each of C cases, shape (C,).

        Raises CheckpointError if it was counted on other facts than these.
        """
        if self.facts != tuple(names):
            hint = "count again, with benchmarks/usual.py"
            raise CheckpointError(
                "what was counted is of other facts", file=FILE, got=list(names), hint=hint
            )
        return self.weights.probabilities(facts_CF)


@dataclass(frozen=True, slots=True)
class Counted:
    """All that was counted.

    Attributes:
        counted_on: which histories.
        kinds: by the command of a kind, how probable it is that the next operation is one.
        ideas: by the same, how probable it is that an idea is the designer's if the kind is; of
            extrudes by "first extrude" and "later extrude".
    """

    counted_on: str
    kinds: Mapping[str, Regression]
    ideas: Mapping[str, Regression]

    def save(self, path: Path) -> None:
        """Write it, in lines that a change of one weight leaves alone."""
        tables = {
            name: {command: _plain(one) for command, one in table.items()}
            for name, table in (("kinds", self.kinds), ("ideas", self.ideas))
        }
        text = json.dumps({"counted_on": self.counted_on, **tables}, indent=1)
        path.write_text(text + "\n", encoding="utf-8")


def _plain(one: Regression) -> dict[str, Any]:
    weights = asdict(one.weights)
    columns = zip(one.facts, *(weights[name] for name in _COLUMNS), strict=True)
    facts = {
        fact: [round(value, 5) for value in values] if values[1] > _CONSTANT else [0.0, 1.0, 0.0]
        for fact, *values in columns
    }
    return {"bias": round(weights["bias"], 5), "mean, spread, weight": facts}


_COLUMNS = ("mean", "spread", "weight")
_CONSTANT = 1e-4  # spread of a fact that is the same in all that was counted, which tells nothing


@cache
def counted(path: Path = FILE) -> Counted:
    """Read what was counted, once. Raises CheckpointError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        kinds, ideas = (
            {command: _regression(row) for command, row in document[name].items()}
            for name in ("kinds", "ideas")
        )
        return Counted(document["counted_on"], kinds, ideas)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"nothing counted: {error}", file=path) from None


def _regression(row: Mapping[str, Any]) -> Regression:
    facts = row["mean, spread, weight"]
    columns = zip(*facts.values(), strict=True)
    mean, spread, weight = (tuple(map(float, column)) for column in columns)
    return Regression(tuple(facts), Weights(mean, spread, weight, float(row["bias"])))
