"""From many weighted ideas to a few: those to the same effect vote together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cadcomplete.baselines.frames import ends, reach
from cadcomplete.baselines.habits import kind
from cadcomplete.baselines.judging import different, joined
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Boolean, Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.meshes.manifolds import iou, solid
from cadcomplete.predictions import Idea

_SAME = 0.02
"""Part of the size up to which two numbers say the same."""

Vote = tuple[Operation, float]


def elected(
    votes: Sequence[Vote],
    before: tuple[Operation, ...],
    *,
    size: float,
    kinds: dict[str, float],
    source: str,
) -> list[Idea]:
    """Return different ideas, those of the likelier kind first, by the weight of their votes.

    Scores are shares of all votes for a kind, so they do not add up to more than 1 for each.
    """
    clusters: list[tuple[Array, str, Operation, float, float]] = []
    for operation, weight in sorted(votes, key=lambda vote: -vote[1]):
        key, name = ALIKE[type(operation)](operation, before)
        for i, (known, label, first, heaviest, total) in enumerate(clusters):
            if label == name and np.abs(known - key).max() <= _SAME * size:
                clusters[i] = (known, label, first, heaviest, total + weight)
                break
        else:
            clusters.append((key, name, operation, weight, weight))
    totals: dict[str, float] = {}
    for _, _, operation, _, total in clusters:
        totals[kind(operation)] = totals.get(kind(operation), 0.0) + total
    best = max(kinds, key=lambda k: kinds[k])
    ideas = []
    for _, _, operation, _, total in sorted(clusters, key=lambda c: -c[4]):
        own = kind(operation)
        share = total / totals[own]
        # The other kind comes after: a later suggestion of the likelier kind is worth more.
        score = share if own == best else share * 1e-3
        ideas.append(Idea((operation,), min(score, 1.0), source))
    return sorted(ideas, key=lambda idea: -idea.score)


def _drawn(sketch: Sketch, before: tuple[Operation, ...]) -> tuple[Array, str]:
    points = reach(sketch, before)
    area = sum(abs(loop.area) for loop in sketch.loops) ** 0.5
    box = np.concatenate([points.min(axis=0), points.max(axis=0), [area]])
    return box, f"sketch {len(sketch.loops)}"


def _extruded(extrude: Extrude, before: tuple[Operation, ...]) -> tuple[Array, str]:
    start, end = ends(extrude, before)
    removes = extrude.boolean in (Boolean.CUT, Boolean.INTERSECT)
    named = sorted((p.sketch, p.outer, p.holes) for p in extrude.profiles)
    faces = np.concatenate([np.minimum(start, end), np.maximum(start, end)])
    return faces, f"{extrude.boolean.value if removes else 'add'} {named}"


ALIKE: Table[Callable[[Any, tuple[Operation, ...]], tuple[Array, str]]] = Table(
    "baselines/voting.py", {Sketch: _drawn, Extrude: _extruded}
)
"""Numbers in mm, and a label: operations with the same label and near numbers vote together."""


# --- whole parts --------------------------------------------------------------------------------


def expected_best(given: CadSequence, ideas: Sequence[Idea], *, most: int = 6) -> list[Idea]:
    """Return whole parts by their expected IoU with what the weights say may be wanted.

    The weights are the scores of the ideas; the new scores are expected IoUs (the minimum Bayes
    risk choice). Only the `most` heaviest ones are looked at.
    """
    best = different(given, ideas)[:most]
    weights = np.array([idea.score for idea in best])
    if not len(best) or weights.sum() <= 0:
        return best
    solids = [solid(joined(given, idea.operations)) for idea in best]
    table = np.eye(len(best))
    for i in range(len(best)):
        for j in range(i):
            table[i, j] = table[j, i] = iou(solids[i], solids[j])
    expected = table @ (weights / weights.sum())
    shares = np.minimum(expected, 1.0).tolist()  # a sum may be 1 and some rounding
    ranked = [dataclasses.replace(b, score=e) for b, e in zip(best, shares, strict=True)]
    return sorted(ranked, key=lambda idea: -idea.score)


def has_solid(operations: Sequence[Operation]) -> bool:
    return any(op.builds for op in operations)
