"""Rankings of many questions as a table: hits, kinds, booleans, errors, exact dimensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from cadcomplete.metrics.aggregate import macro_bootstrap
from cadcomplete.metrics.metric import Item, Metric, Result, summarize
from cadcomplete.metrics.operations import Ranking
from cadcomplete.metrics.targets import KINDS, MACROS

AT = (1, 3, 5)

HITS: dict[int, Metric] = {
    k: Metric(
        f"hit@{k}",
        "share",
        f"questions with a hit among the first {k} suggestions / questions that can be hit; a "
        "hit has IoU >= 0.95 of the change to the part (extrudes) or of the region on the same "
        "plane (sketches); no suggestion counts as no hit",
        "ours; EVIDENCE 7",
    )
    for k in AT
}
KIND_ACCURACY = Metric(
    "kind accuracy",
    "share",
    "first suggestion is of the true kind, sketch or extrude; no suggestion counts as wrong",
    "ours",
)
BOOLEAN_ACCURACY = Metric(
    "boolean accuracy",
    "share",
    "first suggestion has the true boolean, where both are extrudes",
    "ours",
)
ERRORS: dict[str, Metric] = {
    name: Metric(name, unit, f"median of: {formula}; first suggestion, kind right", "ours", "lower")
    for name, unit, formula in (
        ("end position", "mm", "mean distance of both ends of the extrude"),
        ("end position / height", "share", "the same over the true height"),
        ("plane offset", "mm", "distance of the true sketch's middle from the suggested plane"),
        ("box corners", "mm", "mean distance of two opposite corners of the boxes around both"),
    )
}
EXACT_DIMENSIONS = Metric(
    "exact dimensions",
    "share",
    "of the designer's dimensions, those that the first hit within rank 3 has to 0.01 mm, mean "
    "over hits",
    "ours",
)


def tabulate(
    rankings: Sequence[Ranking],
    *,
    groups: Mapping[str, str] | None = None,
    at: Iterable[int] = AT,
    draws: int = 0,
    seed: int = 0,
) -> dict[str, dict[str, Result]]:
    """Return for each kind of operation, and for `MACROS`, the metrics of the first suggestions.

    "macro" is the mean over the three kinds after the first sketch, each with the same weight; its
    exact dimensions are the mean over all hits of these kinds. The others have their row where
    something else was asked about.
    `groups` has the source design of each part's id; `draws` > 0 gives 95 % intervals over them.
    """
    known = groups or {}
    ks = tuple(at)
    table: dict[str, dict[str, Result]] = {}
    for kind in KINDS:
        own = [r for r in rankings if r.kind == kind]
        if own:
            table[kind] = _row(own, known, ks, draws, seed)
    seen: set[frozenset[str]] = set()
    for name, kinds in MACROS.items():
        own = [r for r in rankings if r.kind in kinds]
        there = frozenset(r.kind for r in own)
        if own and there not in seen:
            exact = summarize(EXACT_DIMENSIONS, _exact(own, known), draws=draws, seed=seed)
            hits = {f"hit@{k}": _macro(own, known, k, draws, seed) for k in ks}
            table[name] = {**hits, "exact dimensions": exact}
        seen.add(there)
    return table


def _row(
    rankings: Sequence[Ranking],
    groups: Mapping[str, str],
    at: tuple[int, ...],
    draws: int,
    seed: int,
) -> dict[str, Result]:
    def result(metric: Metric, items: list[Item], *, median: bool = False) -> Result:
        return summarize(metric, items, median=median, draws=draws, seed=seed)

    row = {f"hit@{k}": result(_hits(k), [_hit(r, k, groups) for r in rankings]) for k in at}
    kinds = [Item(float(r.kind_right), _group(r, groups), r.failed) for r in rankings]
    row["kind accuracy"] = result(KIND_ACCURACY, kinds)
    if any(r.boolean_right is not None for r in rankings):
        items = [_optional(r, groups, r.boolean_right, "the kind is another") for r in rankings]
        row["boolean accuracy"] = result(BOOLEAN_ACCURACY, items)
    for name, metric in ERRORS.items():
        if any(name in r.errors for r in rankings):
            items = [
                _optional(r, groups, r.errors.get(name), "the kind is another") for r in rankings
            ]
            row[name] = result(metric, items, median=True)
    row["exact dimensions"] = result(EXACT_DIMENSIONS, _exact(rankings, groups))
    return row


def _exact(rankings: Sequence[Ranking], groups: Mapping[str, str]) -> list[Item]:
    return [
        _optional(r, groups, r.exact and r.exact[0] / max(r.exact[1], 1), "no hit within rank 3")
        for r in rankings
    ]


def _macro(
    rankings: Sequence[Ranking], groups: Mapping[str, str], k: int, draws: int, seed: int
) -> Result:
    items = [_hit(r, k, groups) for r in rankings]
    pairs = [(r, item) for r, item in zip(rankings, items, strict=True) if item.value is not None]
    total = summarize(_hits(k), items)
    if not pairs:
        return total
    values = np.array([item.value for _, item in pairs], dtype=np.float64)
    kinds = [r.kind for r, _ in pairs]
    names = np.array(kinds)
    value = float(np.mean([values[names == kind].mean() for kind in sorted(Counter(kinds))]))
    low, high = None, None
    if draws:
        own = [item.group for _, item in pairs]
        low, high = macro_bootstrap(values, own, kinds, seed=seed, draws=draws)
    return replace(total, value=value, low=low, high=high)


def _hits(k: int) -> Metric:
    return HITS[k] if k in HITS else replace(HITS[1], name=f"hit@{k}")


def _group(ranking: Ranking, groups: Mapping[str, str]) -> str:
    return groups.get(ranking.id, ranking.id)


def _hit(ranking: Ranking, k: int, groups: Mapping[str, str]) -> Item:
    group = _group(ranking, groups)
    if ranking.excluded:
        return Item(None, group, ranking.failed, ranking.excluded)
    hit = ranking.rank is not None and ranking.rank <= k
    return Item(float(hit), group, ranking.failed)


def _optional(
    ranking: Ranking, groups: Mapping[str, str], value: float | None, otherwise: str
) -> Item:
    """An item that is only defined for some rankings; a failed one is excluded as failed."""
    group = _group(ranking, groups)
    if value is None:
        return Item(None, group, ranking.failed, ranking.failed or otherwise)
    return Item(float(value), group, ranking.failed)
