"""Finished parts: which of many is closest to what is wanted, or to what may be wanted.

With a cloud a part is as good as it agrees with it. Without one, the model's own continuations
say what may be wanted, and the best answer is the part that is expected to share most with them
(the minimum Bayes risk choice). Shapes: C parts, P points in space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.fitting import Wanted, finish, occupancy
from cadcomplete.fitting.scores import state
from cadcomplete.generate import Row
from cadcomplete.geometry import Array
from cadcomplete.habits import reach
from cadcomplete.lines import encode
from cadcomplete.sequence import CadSequence

_POINTS = 3000
_SAME = 0.999  # IoU of parts that are one to a person
_PLAIN = 0.002
"""How much better a part must agree for each operation that it has more."""


@dataclass(frozen=True, slots=True)
class Part:
    """A finished part, how good it is expected to be (an IoU), and whose idea it was."""

    sequence: CadSequence
    score: float
    source: str


def finished_parts(
    given: CadSequence,
    rows: Sequence[Row],
    *,
    stop: float,
    wanted: Wanted | None = None,
    may_stop: bool = True,
    seed: int = 0,
) -> list[Part]:
    """Return different finished parts, the best first; `stop` is the probability of the given one.

    With `may_stop` the given operations alone are among them, if they make a part.
    """
    parts: dict[str, tuple[CadSequence, int, str]] = {}
    found: list[str] = []
    for row in rows:
        if len(row.finished) > len(given):
            text = encode(row.finished).text
            count = parts[text][1] if text in parts else 0
            parts[text] = (row.finished, count + 1, "model")
    if wanted is not None:
        for sequence in finish(given, wanted):
            found.append(encode(sequence).text)
            parts.setdefault(found[-1], (sequence, 0, "cloud"))
    if given.operations:
        parts[encode(given).text] = (given, 0, "given")
    sequences = [sequence for sequence, _, _ in parts.values()]
    if wanted is not None:
        scores = [state(s, wanted).agreement for s in sequences]
        order = [a - _PLAIN * len(s) for a, s in zip(scores, sequences, strict=True)]
        if wanted.noise:  # of which not all is seen: `finish` knows better what to trust
            first = {text: len(found) - i for i, text in enumerate(found)}
            order = [o + first.get(text, 0) for o, text in zip(order, parts, strict=True)]
    else:
        counts = np.array([count for _, count, _ in parts.values()], dtype=np.float64)
        shares = (1 - stop) * counts / max(1.0, counts.sum())
        if given.operations:
            shares[-1] = stop
        scores = order = expected(sequences, shares, seed=seed).tolist()
    # What is as good in fewer operations comes first: others may add what changes nothing.
    best = sorted(range(len(sequences)), key=lambda i: (-round(order[i], 3), len(sequences[i])))
    sources = [source for _, _, source in parts.values()]
    ranked = [Part(sequences[i], float(scores[i]), sources[i]) for i in best]
    return _different_first([p for p in ranked if may_stop or p.source != "given"], seed)


def _different_first(parts: list[Part], seed: int) -> list[Part]:
    """Put what comes to the same solid as a better part after all others."""
    same_CC = overlaps([part.sequence for part in parts], seed=seed) >= _SAME
    first: list[int] = []
    later: list[int] = []
    for i in range(len(parts)):
        (later if same_CC[i, first].any() else first).append(i)
    return [parts[i] for i in first + later]


def expected(sequences: Sequence[CadSequence], shares: Array, *, seed: int = 0) -> Array:
    """Return the expected IoU of each part with one that is drawn by `shares`, shape (C,)."""
    mean = overlaps(sequences, seed=seed) @ shares
    return np.minimum(1.0, np.asarray(mean, dtype=np.float64))  # but for rounding


def overlaps(sequences: Sequence[CadSequence], *, seed: int = 0) -> Array:
    """Return the IoU of all parts with each other, by random points, shape (C, C)."""
    if not sequences:
        return np.zeros((0, 0))
    corners = np.concatenate([np.zeros((1, 3)), *(reach(s) for s in sequences)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    points_P3 = low + (high - low) * np.random.default_rng(seed).random((_POINTS, 3))
    inside_CP = np.stack([occupancy(s, points_P3) for s in sequences]).astype(np.float32)
    common = inside_CP @ inside_CP.T
    sizes = inside_CP.sum(axis=1)
    union = sizes[:, None] + sizes[None] - common
    return np.where(union > 0, common / np.maximum(union, 1), 1.0)
