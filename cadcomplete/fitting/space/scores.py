"""How much a prism brings a part towards the wanted one: one sum over queries, many intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from manifold3d import Manifold

from cadcomplete.fitting.space.solids import APPLY, combined, occupancy, swept
from cadcomplete.fitting.space.wanted import VOLUME, Wanted
from cadcomplete.history.geometry import Array
from cadcomplete.history.inside import Bools
from cadcomplete.history.operations import Boolean, Extrude, Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.meshes.manifolds import solid


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What there is of a part, at the queries of the wanted one.

    Attributes:
        current: whether each query is in the part, shape (q,).
        both, either: weight of the queries in both parts, and in one of them at least.
    """

    wanted: Wanted
    current: Bools
    both: float
    either: float

    @property
    def agreement(self) -> float:
        """An estimate of the IoU of the two parts."""
        return self.both / self.either if self.either > 0 else 0.0


def state(sequence: CadSequence, wanted: Wanted) -> State:
    """Return what a history has made so far."""
    return _state(occupancy(sequence, wanted.queries), wanted)


def whole_state(sequence: CadSequence, wanted: Wanted) -> State:
    """Return what a history has made, and count what lies where there are no queries.

    Near a scan with gaps nobody knows what is there, so nothing is counted.
    """
    here = state(sequence, wanted)
    return replace(here, either=here.either + _beyond(sequence, wanted))


def _beyond(sequence: CadSequence, wanted: Wanted) -> float:
    """The weight of what a part has outside of the box in which the queries are.

    There its surface is as wrong as its inside, so it counts for both kinds of queries.
    """
    if wanted.opened is not None:
        return 0.0
    spread = wanted.queries[:VOLUME]
    low, high = spread.min(axis=0), spread.max(axis=0)
    slack = 0.01 * (high - low)
    body = solid(sequence)
    box = Manifold.cube(high - low + 2 * slack).translate(low - slack)
    inside = float(wanted.inside[:VOLUME].mean() * np.prod(high - low))
    return max(body.volume() - (body ^ box).volume(), 0.0) / max(inside, 1e-12)


def extended(before: State, operation: Operation, sequence: CadSequence) -> State:
    """Return the state after one more operation; what it names is in the sequence."""
    return effect(before, operation, sequence)[0]


def effect(before: State, operation: Operation, sequence: CadSequence) -> tuple[State, float]:
    """Return that state, and the share of what an extrude sweeps that it changes.

    What another operation changes is all that it reaches. Raises UnsupportedError for one that
    is not known here.
    """
    wanted, operations = before.wanted, sequence.operations
    if isinstance(operation, Extrude):
        tool = swept(operation, operations, wanted.queries)
        current = combined(before.current, tool, operation.boolean)
    else:
        index = next((i for i, one in enumerate(operations) if one is operation), len(operations))
        earlier = operations[:index]
        current = APPLY[type(operation)](before.current, operation, earlier, wanted.queries)
        tool = current != before.current
    after = _state(current, wanted)
    changed = float(wanted.weight[after.current != before.current].sum())
    return after, changed / max(float(wanted.weight[tool].sum()), 1e-12)


def _state(current: Bools, wanted: Wanted) -> State:
    both = float(wanted.weight[current & wanted.inside].sum())
    either = float(wanted.weight[current | wanted.inside].sum())
    return State(wanted, current, both, either)


class Slices:
    """A state seen along a direction, for prisms over one region and between any two heights."""

    def __init__(self, before: State, region: Bools, heights: Array) -> None:
        """`region`: which queries lie over the region; `heights`: of the queries, both (q,)."""
        wanted = before.wanted
        chosen = np.flatnonzero(region)
        chosen = chosen[np.argsort(heights[chosen], kind="stable")]
        self.before, self._heights = before, heights[chosen]
        weight, inside = wanted.weight[chosen], wanted.inside[chosen]
        current = before.current[chosen]
        self._right_join = _running(weight * (inside & ~current))
        self._wrong_join = _running(weight * (~inside & ~current))
        self._wrong_cut = _running(weight * (inside & current))
        self._right_cut = _running(weight * (~inside & current))

    def gains(self, lows: Array, highs: Array, boolean: Boolean) -> Array:
        """Return by how much the agreement rises for prisms between heights, each (m,)."""
        a = np.searchsorted(self._heights, lows)
        b = np.searchsorted(self._heights, highs)
        both, either = self.before.both, self.before.either
        if boolean is Boolean.CUT:
            after = both - (self._wrong_cut[b] - self._wrong_cut[a])
            union = either - (self._right_cut[b] - self._right_cut[a])
        elif boolean is Boolean.INTERSECT:
            after = self._wrong_cut[b] - self._wrong_cut[a]
            wanted = float(self.before.wanted.weight[self.before.wanted.inside].sum())
            union = wanted + self._right_cut[b] - self._right_cut[a]
        else:
            after = both + self._right_join[b] - self._right_join[a]
            union = either + self._wrong_join[b] - self._wrong_join[a]
        return after / np.maximum(union, 1e-12) - self.before.agreement

    def purity(self, low: float, high: float, boolean: Boolean) -> float:
        """Return which share of what a prism changes is changed for the better."""
        a, b = np.searchsorted(self._heights, [low, high])
        cuts = boolean is Boolean.CUT
        right = self._right_cut if cuts else self._right_join
        wrong = self._wrong_cut if cuts else self._wrong_join
        good, bad = float(right[b] - right[a]), float(wrong[b] - wrong[a])
        return good / max(good + bad, 1e-12)


def _running(values: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(values)])
