"""Text2CAD's F1: are there as many lines, arcs, circles and extrudes, where they should be.

M. S. Khan et al., Text2CAD (NeurIPS 2024), section 5, after CAD-SIGNet (CVPR 2024): sketches are
paired by their order, loops of a pair by the distance of their boxes, curves of paired loops by
the distance of theirs (Hungarian method, coordinates over the true sketch's size). A pair of one
type is a true positive of it; any other curve is a false negative or a false positive. Only kinds
are compared: it says nothing of how near the numbers are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.history.curves import CURVES, Arc, Circle, Curve, Line
from cadcomplete.history.expanded import expanded
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Loop, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds, truncate
from cadcomplete.metrics.metric import Metric

TYPES = (*CURVES, "extrude")
_NAMES = {curve: name for name, curve in CURVES.items()}

F1: dict[str, Metric] = {
    name: Metric(
        f"F1 {name}",
        "share",
        "2 TP / (2 TP + FP + FN) of a part, mean over parts that have one; a missing part counts "
        "as 0",
        "Text2CAD (NeurIPS 2024), section 5",
    )
    for name in TYPES
}


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """Of one type: those that are right, those that are too many, and those that are missing."""

    right: int
    extra: int
    missing: int

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN); None if the true part has none."""
        if not self.right + self.missing:
            return None
        return 2 * self.right / (2 * self.right + self.extra + self.missing)


def count(
    truth: CadSequence, made: CadSequence | None, *, given: int = 0
) -> dict[str, MatchCounts]:
    """Compare the operations after the first `given`; None is a part that is missing.

    Of mirrors and patterns each copy counts. Raises UnsupportedError if something in either is not
    known here.
    """
    operations = _added(truth, given)
    others = () if made is None else _added(made, given)
    right: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    sketches = [op for op in operations if isinstance(op, Sketch)]
    drawn = [op for op in others if isinstance(op, Sketch)]
    for number in range(max(len(sketches), len(drawn))):
        a = sketches[number].loops if number < len(sketches) else ()
        b = drawn[number].loops if number < len(drawn) else ()
        for curve, other in _curve_pairs(a, b):
            name, found = _name(curve), _name(other)
            if name == found:
                right[name] += 1
            else:
                missing[name] += 1
                extra[found] += 1
    n, m = (sum(isinstance(op, Extrude) for op in ops) for ops in (operations, others))
    right["extrude"] = min(n, m)
    missing["extrude"], extra["extrude"] = n - min(n, m), m - min(n, m)
    return {name: MatchCounts(right[name], extra[name], missing[name]) for name in TYPES}


def _added(sequence: CadSequence, given: int) -> tuple[Operation, ...]:
    """The operations after the first `given`, each copy by itself."""
    plain = expanded(sequence)
    check_kinds(plain, "metrics/text2cad.py", (Sketch, Extrude), (Line, Arc, Circle))
    before = expanded(truncate(sequence, min(given, len(sequence))))
    return plain.operations[len(before) :]


def _name(curve: Curve | None) -> str:
    return "nothing" if curve is None else _NAMES[type(curve)]


Pair = tuple[Curve | None, Curve | None]


def _curve_pairs(truth: Sequence[Loop], made: Sequence[Loop]) -> list[Pair]:
    """Pair the curves of two sketches; one that has no partner is paired with None."""
    boxes, others = _boxes(truth), _boxes(made)
    size = max(float(np.ptp(boxes.reshape(-1, 2), axis=0).max()) if len(boxes) else 1.0, 1e-9)
    loops = _pairs(boxes / size, others / size)
    pairs: list[Pair] = []
    for i, j in loops:
        a = truth[i].curves if i is not None else ()
        b = made[j].curves if j is not None else ()
        near = _pairs(_boxes(a) / size, _boxes(b) / size)
        pairs += [
            (None if k is None else a[k], None if other is None else b[other]) for k, other in near
        ]
    return pairs


def _boxes(things: Iterable[Loop | Curve]) -> Array:
    """The boxes around loops or curves, (n, 4)."""
    points = [thing.points() for thing in things]
    rows = [np.concatenate([p.min(axis=0), p.max(axis=0)]) for p in points]
    return np.array(rows).reshape(-1, 4)


def _pairs(a: Array, b: Array) -> list[tuple[int | None, int | None]]:
    """Pair rows by distance, as many as there are of the fewer; then the rest, alone."""
    far = np.linalg.norm(a[:, None] - b[None], axis=2)
    pairs = assign(far)
    first, second = {i for i, _ in pairs}, {j for _, j in pairs}
    alone = [(i, None) for i in range(len(a)) if i not in first]
    return [*pairs, *alone, *((None, j) for j in range(len(b)) if j not in second)]


def assign(cost: Array) -> list[tuple[int, int]]:
    """Return the pairs of rows and columns with the least sum, each row or column used once.

    The Hungarian method with shortest augmenting paths (R. Jonker, A. Volgenant, Computing 38,
    1987), O(n³).
    """
    if cost.shape[0] > cost.shape[1]:
        return sorted((i, j) for j, i in assign(cost.T))
    rows, columns = cost.shape
    u, v = np.zeros(rows + 1), np.zeros(columns + 1)
    owner = np.zeros(columns + 1, dtype=np.int64)  # row of each column, from 1; 0 is none
    padded = np.zeros((rows + 1, columns + 1))
    padded[1:, 1:] = cost
    for row in range(1, rows + 1):
        owner[0], column = row, 0
        least = np.full(columns + 1, np.inf)
        came = np.zeros(columns + 1, dtype=np.int64)
        used = np.zeros(columns + 1, dtype=np.bool_)
        while owner[column]:
            used[column] = True
            current = int(owner[column])
            reduced = padded[current] - u[current] - v
            better = ~used & (reduced < least)
            least[better], came[better] = reduced[better], column
            following = int(np.where(used, np.inf, least).argmin())
            step = least[following]
            u[owner[used]] += step
            v[used] -= step
            least[~used] -= step
            column = following
        while column:
            owner[column] = owner[came[column]]
            column = int(came[column])
    return sorted((int(owner[j]) - 1, j - 1) for j in range(1, columns + 1) if owner[j])
