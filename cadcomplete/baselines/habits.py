"""What designers usually do next: counts over the training parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table

STOP = "stop"
_LONG = 8  # operations from which on their number does not matter


@dataclass(frozen=True, slots=True)
class Habits:
    """How often each kind of operation follows, by what stands before it."""

    counts: dict[tuple[object, ...], Counter[str]]

    def following(self, given: Sequence[Operation]) -> dict[str, float]:
        """Return the probability of "sketch", "extrude" and "stop" after some operations."""
        contexts = _contexts(given)
        usable = [c for c in contexts if self.counts.get(c, Counter()).total() >= 20]
        counts = self.counts.get(usable[0] if usable else contexts[-1], Counter())
        total = counts.total() + 3
        return {kind: (counts[kind] + 1) / total for kind in ("sketch", "extrude", STOP)}

    def likeliest(self, given: Sequence[Operation]) -> str:
        """Return the kind of the next operation, supposing that there is one."""
        chances = self.following(given)
        return max(("sketch", "extrude"), key=lambda kind: chances[kind])


def habits(training: Iterable[CadSequence]) -> Habits:
    """Count what follows each beginning of the training parts."""
    counts: dict[tuple[object, ...], Counter[str]] = {}
    for part in training:
        for k in range(len(part) + 1):
            following = kind(part.operations[k]) if k < len(part) else STOP
            for context in _contexts(part.operations[:k]):
                counts.setdefault(context, Counter())[following] += 1
    return Habits(counts)


def _contexts(given: Sequence[Operation]) -> list[tuple[object, ...]]:
    """The contexts of a beginning, the most special first."""
    words = [word(op) for op in given]
    return [(tuple(words[-3:]), min(len(words), _LONG)), (tuple(words[-2:]),), (*words[-1:],)]


def kind(operation: Operation) -> str:
    """Return what an operation is called here. Raises UnsupportedError."""
    return WORDS[type(operation)](operation).partition(" ")[0]


def word(operation: Operation) -> str:
    """Return the kind of an operation, of an extrude its boolean too. Raises UnsupportedError."""
    return WORDS[type(operation)](operation)


WORDS: Table[Callable[[Any], str]] = Table(
    "baselines/habits.py",
    {
        Sketch: lambda sketch: "sketch",
        Extrude: lambda extrude: f"extrude {extrude.boolean.value}",
    },
)
"""What an operation is called, and what of it counts for what follows."""
