"""What designers do next, counted on real histories: small logistic regressions and choices.

They tell what a model has no word for: how probable a kind of operation is after what is given, and
how probable each idea of that kind is to be the designer's. `counted.json` says what it was counted
on; `benchmarks/usual.py` counts. Shapes: C ideas, F facts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cadcomplete.completion.conditional import Choice
from cadcomplete.completion.ranking import Weights
from cadcomplete.errors import CheckpointError
from cadcomplete.history.geometry import Array

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
        _check_facts(self.facts, names)
        return self.weights.probabilities(facts_CF)


def _check_facts(counted_on: Sequence[str], names: Sequence[str]) -> None:
    if tuple(counted_on) != tuple(names):
        hint = "count again, with benchmarks/usual.py"
        raise CheckpointError(
            "what was counted is of other facts", file=FILE, got=list(names), hint=hint
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """All that was counted.

    Attributes:
        counted_on: which histories.
        kinds: by the command of a kind, how probable it is that the next operation is one.
        ideas: by the same, which idea is the designer's if the kind is.
    """

    counted_on: str
    kinds: Mapping[str, Regression]
    ideas: Mapping[str, Choice]

    def chances(self, command: str, facts_CF: Array, names: Sequence[str]) -> Array:
        """Return how probable each of C ideas of a kind is, shape (C,). Raises CheckpointError."""
        choice = self.ideas[command]
        _check_facts(choice.facts, names)
        return choice.probabilities(facts_CF)

    def save(self, path: Path) -> None:
        """Write it, in lines that a change of one weight leaves alone."""
        tables = {
            "kinds": {command: _plain(one) for command, one in self.kinds.items()},
            "ideas": {command: _plain_choice(one) for command, one in self.ideas.items()},
        }
        text = json.dumps({"counted_on": self.counted_on, **tables}, indent=1)
        path.write_text(text + "\n", encoding="utf-8")


def _plain(one: Regression) -> dict[str, Any]:
    facts = _columns(one.facts, *(getattr(one.weights, name) for name in _COLUMNS))
    return {"bias": round(one.weights.bias, 5), "mean, spread, weight": facts}


def _plain_choice(one: Choice) -> dict[str, Any]:
    facts = _columns(one.facts, *(getattr(one, name) for name in _COLUMNS))
    return {"right": round(one.right, 5), "mean, spread, weight": facts}


def _columns(facts: Sequence[str], *columns: Sequence[float]) -> dict[str, list[float]]:
    return {
        fact: [round(value, 5) for value in values] if values[1] > _CONSTANT else [0.0, 1.0, 0.0]
        for fact, *values in zip(facts, *columns, strict=True)
    }


_COLUMNS = ("mean", "spread", "weight")
_CONSTANT = 1e-4  # spread of a fact that is the same in all that was counted, which tells nothing


@cache
def counted(path: Path = FILE) -> Counted:
    """Read what was counted, once. Raises CheckpointError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        kinds = {command: _regression(row) for command, row in document["kinds"].items()}
        ideas = {command: _choice(row) for command, row in document["ideas"].items()}
        return Counted(document["counted_on"], kinds, ideas)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"nothing counted: {error}", file=path) from None


def _regression(row: Mapping[str, Any]) -> Regression:
    facts, mean, spread, weight = _read_columns(row)
    return Regression(facts, Weights(mean, spread, weight, float(row["bias"])))


def _choice(row: Mapping[str, Any]) -> Choice:
    facts, mean, spread, weight = _read_columns(row)
    return Choice(facts, mean, spread, weight, float(row["right"]))


Values = tuple[float, ...]


def _read_columns(row: Mapping[str, Any]) -> tuple[tuple[str, ...], Values, Values, Values]:
    facts = row["mean, spread, weight"]
    columns = zip(*facts.values(), strict=True)
    mean, spread, weight = (tuple(map(float, column)) for column in columns)
    return tuple(facts), mean, spread, weight
