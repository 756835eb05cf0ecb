"""What a model must beat: the loss of two predictors that have learned next to nothing.

Both give each target token a probability, so their cross-entropy compares with a model's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cadcomplete.data.labels import Labelled
from cadcomplete.language.tokenizer import IGNORED

_SHARES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)


@dataclass(frozen=True, slots=True)
class History:
    """A labelled sample and where its operations begin: (token index, kind) each."""

    labelled: Labelled
    operations: tuple[tuple[int, str], ...]


def unigram(train: Iterable[Labelled], vocabulary: int) -> list[float]:
    """Return each token's log probability from its count among targets, plus one."""
    counts = Counter(t for sample in train for t in sample.labels.tolist() if t != IGNORED)
    total = sum(counts.values()) + vocabulary
    return [math.log((counts[token] + 1) / total) for token in range(vocabulary)]


def unigram_loss(samples: Iterable[Labelled], logs: Sequence[float]) -> float:
    """Return the mean loss in nats per target token."""
    losses = [-logs[t] for sample in samples for t in sample.labels.tolist() if t != IGNORED]
    return sum(losses) / len(losses)


def copied(history: History) -> list[tuple[int, int | None]]:
    """Return (token, the token that copying would put there) for each target of a history.

    Copying repeats the last operation of the same kind, token by token; the kind is given to
    it for nothing. It has no token to offer for the first operation of a kind, beyond the end
    of what it copies, and for the end of the text.
    """
    ids, labels = history.labelled.ids.tolist(), history.labelled.labels.tolist()
    starts = [start for start, _ in history.operations] + [len(ids) - 1]
    last: dict[str, list[int]] = {}
    pairs: list[tuple[int, int | None]] = []
    for (start, kind), end in zip(history.operations, starts[1:], strict=True):
        source = last.get(kind, [])
        for offset, index in enumerate(range(start, end)):
            if labels[index] != IGNORED:
                pairs.append((ids[index], source[offset] if offset < len(source) else None))
        last[kind] = ids[start:end]
    return [*pairs, (ids[-1], None)]


def copy_loss(histories: Sequence[History], logs: Sequence[float], share: float) -> float:
    """Return the mean loss of copying with probability `share`, else the unigram."""
    pairs = [pair for history in histories for pair in copied(history)]
    total = 0.0
    for token, copy in pairs:
        if copy is None:
            total -= logs[token]
        else:
            total -= math.log((1 - share) * math.exp(logs[token]) + share * (token == copy))
    return total / len(pairs)


def best_share(histories: Sequence[History], logs: Sequence[float]) -> float:
    """Return the share of copying that is best on `histories`: the training split."""
    return min(_SHARES, key=lambda share: copy_loss(histories, logs, share))
