"""The shortest names that mean exactly these edges: predicates, and points for what none names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from cadcomplete.history.edges import (
    BENDS,
    OF_ONE,
    OF_TWO,
    PARALLEL_TO,
    SHAPES,
    EdgeName,
    EdgePoint,
    EdgePredicate,
)
from cadcomplete.history.geometry import Array
from cadcomplete.history.kinds import AXES
from cadcomplete.kernel.naming.labels import LabelledEdges
from cadcomplete.kernel.naming.naming import filtered, meant_by
from cadcomplete.kernel.naming.surfaces import Bools
from cadcomplete.kernel.naming.topology import MIDDLE

_MOST_PAIRED = 600
"""Predicates of which all pairs are tried."""

_COURSES = (*PARALLEL_TO, *SHAPES)

_FILTERS: tuple[tuple[str, ...], ...] = (
    (),
    *((one,) for one in (*BENDS, *_COURSES, *AXES)),
    *((course, bend) for course in _COURSES for bend in BENDS),
    *((one, far) for one in (*_COURSES, *BENDS) for far in AXES),
    *((far, other) for far, other in combinations(AXES, 2) if far[1] != other[1]),
)
"""What is tried behind a predicate: none, one, or two filters."""


_USUAL = ("end", "start", "side", OF_TWO, "of", "all")
"""Of names as long as each other the first one is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class _Meaning:
    """A predicate, and the edges that it means, with all that is rounded together with them."""

    name: EdgePredicate
    edges: Bools

    @property
    def cost(self) -> tuple[int, int, str]:
        """How long it is: what a place decides, and not the history, counts double."""
        name = self.name
        parts = 1 + (name.kind == "all") + (name.loop is not None) + (name.curve is not None)
        parts += sum(2 if one in AXES else 1 for one in name.filters)
        return parts, _USUAL.index(name.kind), name.word


def shortest_names(labels: LabelledEdges, together: Array, wanted: Bools) -> tuple[EdgeName, ...]:
    """Return the fewest predicates that together mean exactly some edges, each as short as can be.

    What no predicate means without meaning others is named by points. `wanted` (n,) are the edges;
    `together` (n,) numbers those that are rounded together (`chains`): one means all of them.
    """
    goal = _closed(together, wanted)
    kept = _distinct(one for one in _meanings(labels, together, goal))
    names: list[EdgeName] = [one.name for one in _cover(kept, goal)]
    left = goal & ~np.logical_or.reduce([np.zeros_like(goal), *_edges(kept)])
    for number in np.unique(together[left]):
        first = int(np.flatnonzero(wanted & (together == number))[0])
        x, y, z = labels.found.points[first, MIDDLE].round(6).tolist()
        names.append(EdgePoint((x, y, z)))
    return tuple(names)


def _edges(meanings: Iterable[_Meaning]) -> list[Bools]:
    return [one.edges for one in meanings]


def _closed(together: Array, edges: Bools) -> Bools:
    return np.isin(together, together[edges])


def _distinct(meanings: Iterable[_Meaning]) -> list[_Meaning]:
    """Of predicates that mean the same the shortest, the shortest first."""
    best: dict[bytes, _Meaning] = {}
    for one in meanings:
        key = one.edges.tobytes()
        if key not in best or one.cost < best[key].cost:
            best[key] = one
    return sorted(best.values(), key=lambda one: one.cost)


def _meanings(labels: LabelledEdges, together: Array, goal: Bools) -> Iterator[_Meaning]:
    """Yield predicates that mean some of the edges that are wanted, and no others."""
    for name in _plain(labels):
        edges = meant_by(labels, name)
        if not (edges & goal).any():
            continue
        for filters in _FILTERS:
            found = edges
            for one in filters:
                found = filtered(labels.found, found, one)
            found = _closed(together, found)
            if found.any() and not (found & ~goal).any():
                yield _Meaning(replace(name, filters=filters), found)
                if not filters:
                    break


def _plain(labels: LabelledEdges) -> Iterator[EdgePredicate]:
    """Yield every predicate without filters."""
    yield EdgePredicate("all")
    for index, made in labels.by.items():
        for kind in OF_ONE:
            yield EdgePredicate(kind, (index,))
            swept = {loop for loop, _ in made.sides}
            for loop in sorted(swept & set(range(len(made.corners)))):
                yield EdgePredicate(kind, (index,), loop)
                if made.corners[loop] > 1:
                    for curve in range(made.corners[loop]):
                        yield EdgePredicate(kind, (index,), loop, curve)
    for one, other in combinations(labels.by, 2):
        yield EdgePredicate(OF_TWO, (one, other))


def _cover(kept: list[_Meaning], goal: Bools) -> list[_Meaning]:
    """Return the fewest that mean all that can be meant; one, two, or about the fewest."""
    if not kept:
        return []
    sets = np.array(_edges(kept))
    reached: Bools = np.logical_or.reduce(sets)
    whole = np.flatnonzero((sets == reached).all(axis=1))
    if len(whole):
        return [kept[whole[0]]]
    pairs = [
        (kept[i].cost[0] + kept[i + 1 + j].cost[0], i, i + 1 + int(j))
        for i in range(min(len(kept), _MOST_PAIRED) - 1)
        for j in np.flatnonzero((sets[i + 1 :] | sets[i])[:, reached].all(axis=1))
    ]
    if pairs:
        _, i, j = min(pairs)
        return [kept[i], kept[j]]
    return _greedy(kept, sets, reached)


def _greedy(kept: list[_Meaning], sets: Bools, reached: Bools) -> list[_Meaning]:
    chosen: list[int] = []
    left = reached.copy()
    costs = np.array([one.cost[0] for one in kept])
    while left.any():
        gains = (sets & left).sum(axis=1)
        best = int(np.lexsort((costs, -gains))[0])
        chosen.append(best)
        left &= ~sets[best]
    return [kept[i] for i in sorted(chosen) if not _spare(i, chosen, sets, reached)]


def _spare(one: int, chosen: list[int], sets: Bools, reached: Bools) -> bool:
    """Say whether the others mean all without it; then it is no longer among them."""
    others = [i for i in chosen if i != one]
    spare = bool(others) and bool((sets[others].any(axis=0) == reached).all())
    if spare:
        chosen.remove(one)
    return spare
