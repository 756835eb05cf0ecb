"""What a condition is above another, question by question, on the same parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cadcomplete.evaluate.scored import Scored
from cadcomplete.metrics.differences import Difference, Paired, difference
from cadcomplete.metrics.targets import MACROS

Json = dict[str, Any]
Value = Callable[[Scored], float | None]


def hits(at: int) -> Value:
    """Return what says whether one of the first `at` suggestions hits: None where none can."""
    return lambda one: None if (hit := one.hit(at)) is None else float(hit)


def iou(one: Scored) -> float:
    """The IoU of the first finished part; 0 if there is none."""
    return one.parts[0].iou


def as_it_is(one: Scored) -> float:
    """The IoU of the part as it was given."""
    return one.before.iou


def nothing_given(one: Scored) -> float | None:
    """The IoU of the first finished part where no operation was given."""
    return None if one.answer.given else iou(one)


VALUES: dict[str, tuple[Value, tuple[str, ...]]] = {
    **{
        f"hit@{at}, {name}": (hits(at), kinds) for name, kinds in MACROS.items() for at in (1, 3, 5)
    },
    "IoU over all cuts": (iou, ()),
    "IoU from nothing": (nothing_given, ()),
}
"""What is compared: the value of a question, and the kinds that it is a mean over, each with the
same weight; none for all questions alike."""


def compared(
    one: Sequence[Scored], other: Sequence[Scored], name: str, *, draws: int, seed: int
) -> Difference | None:
    """Return by how much a value of `VALUES` is higher in one than in the other.

    Questions are the same if part and cut are; None if there are none that both have.
    """
    value, kinds = VALUES[name]
    against = {s.answer.key[:3]: s for s in other}
    pairs = [(s, against[s.answer.key[:3]]) for s in one if s.answer.key[:3] in against]
    return paired([(s, value(s), value(o)) for s, o in pairs], kinds, draws=draws, seed=seed)


def above_as_it_is(own: Sequence[Scored], *, draws: int, seed: int) -> Difference | None:
    """Return by how much the first finished part is better than the part as it was given."""
    return paired([(s, iou(s), as_it_is(s)) for s in own], (), draws=draws, seed=seed)


def paired(
    found: Sequence[tuple[Scored, float | None, float | None]],
    kinds: tuple[str, ...],
    *,
    draws: int,
    seed: int,
) -> Difference | None:
    """Return the difference of two values of each question, where both have one."""
    pairs = []
    for one, a, b in found:
        kind = one.ranking.kind if kinds and one.ranking is not None else ""
        if a is not None and b is not None and (not kinds or kind in kinds):
            pairs.append(Paired(a, b, one.part, kind))
    return difference(pairs, draws=draws, seed=seed) if pairs else None


def differences(
    by_condition: Mapping[str, Sequence[Scored]], *, draws: int, seed: int
) -> dict[str, Json]:
    """Return what each condition is above the first one, by what is compared."""
    first, *others = by_condition
    found: dict[str, Json] = {}
    for name in others:
        row = {
            what: compared(by_condition[name], by_condition[first], what, draws=draws, seed=seed)
            for what in VALUES
        }
        found[f"{name} above {first}"] = {
            what: dataclasses.asdict(result) for what, result in row.items() if result is not None
        }
    return found
