"""Finished parts: which of many is closest to what is wanted, or to what may be wanted.

With a cloud a part is as good as it agrees with it. Without one, the model's own continuations
say what may be wanted, weighed by what words and pictures show, and the best answer is the part
that is expected to share most with them (the minimum Bayes risk choice); the part as it is is one
of them, as probable as that nothing is missing. Shapes: C parts, P points in space.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cadcomplete.completion.evidence import Evidence, weighed
from cadcomplete.completion.ideas import extended
from cadcomplete.constraints.bound import PartLimits, bound_to
from cadcomplete.fitting import Wanted, finish, occupancy
from cadcomplete.fitting.space.scores import whole_state
from cadcomplete.history.geometry import Array
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import encode
from cadcomplete.meshes.manifolds import solid
from cadcomplete.predictions import Idea

if TYPE_CHECKING:
    from cadcomplete.model.generate import Row

_POINTS = 6000
_LEAST = 200  # of them for each part
_SHOWN = 4  # whole parts that each evidence thinks of
_FAINT = 0.02
"""Expected IoU below which words and pictures rule a whole part out, unless it is the best."""

_PLAIN = 0.002
"""How much better a part must agree for each operation that it has more."""


def finished_parts(
    given: CadSequence,
    rows: Sequence[Row],
    *,
    stop: float,
    wanted: Wanted | None = None,
    evidence: Sequence[Evidence] = (),
    usual: Sequence[Idea] = (),
    bound: PartLimits | None = None,
    seed: int = 0,
) -> list[Idea]:
    """Return what a part may lack, the best first; `stop` is the probability that it is nothing.

    `usual` is what else may be all that it lacks, each with its probability: all of it together
    counts as much as a row.
    The given operations alone are among them if they may be one: what comes after them is expected
    to be worse than nothing. Scores fall; parts that come to the same may be among them.
    """
    bound = bound or bound_to(None, given)
    parts, times, closest = _thought_of(given, rows, wanted, evidence, usual, bound)
    if stop > 0 or (given.operations and wanted is not None):  # not where a sketch waits
        parts[encode(given).text] = Idea((), source="given")
    sequences = [extended(given, idea.operations) for idea in parts.values()]
    if wanted is not None:
        scores = np.array([whole_state(s, wanted).agreement for s in sequences])
        order = scores - _PLAIN * np.array([len(s) for s in sequences])
        if wanted.noise:  # of which not all is seen: `finish` knows better what to trust
            first = {text: len(closest) - i for i, text in enumerate(closest)}
            order += [first.get(text, 0) for text in parts]
    else:
        counts = np.array([times[text] for text in parts], dtype=np.float64)
        shares = (1 - stop) * counts / max(1.0, counts.sum())
        if stop > 0:
            shares[-1] = stop
        scores = order = _unseen(given, sequences, shares, evidence, seed=seed)
    # What is as good in fewer operations and curves comes first: others add what changes nothing.
    lengths = [(len(s), s.curves) for s in sequences]
    best = sorted(range(len(sequences)), key=lambda i: (-round(float(order[i]), 3), *lengths[i]))
    # The order knows more than a score alone: none is above that of a part before it.
    falling = np.minimum.accumulate(scores[best]).tolist() if best else []
    known = list(parts.values())
    found = [replace(known[i], score=s) for i, s in zip(best, falling, strict=True)]
    return _clear(found) if evidence and wanted is None else found


def _thought_of(
    given: CadSequence,
    rows: Sequence[Row],
    wanted: Wanted | None,
    evidence: Sequence[Evidence],
    usual: Sequence[Idea],
    bound: PartLimits,
) -> tuple[dict[str, Idea], dict[str, float], list[str]]:
    """Return whole parts by their text, how often each was thought of, and those that a shape shows
    in their order."""
    parts: dict[str, Idea] = {}
    times: defaultdict[str, float] = defaultdict(float)
    closest: list[str] = []
    new = given.whole_operations
    for row in rows:
        whole = bound.part(row.finished) if len(row.finished) > len(given) else None
        if whole is not None:
            text = encode(whole).text
            times[text] += 1
            parts[text] = Idea(whole.operations[new:])
    for idea in usual:
        whole = bound.part(extended(given, idea.operations))
        if whole is not None:
            text = encode(whole).text
            times[text] += idea.score
            parts.setdefault(text, replace(idea, operations=whole.operations[new:]))
    if wanted is not None:
        for sequence in filter(None, map(bound.part, finish(given, wanted))):
            closest.append(encode(sequence).text)
            parts.setdefault(closest[-1], Idea(sequence.operations[new:], source="cloud"))
    for shown in () if wanted is not None else evidence:  # a shape says more
        for sequence in filter(None, map(bound.part, shown.parts(given, most=_SHOWN))):
            text = encode(sequence).text
            times[text] += 1  # as if the model had written it, once
            parts.setdefault(text, Idea(sequence.operations[new:], source=shown.name))
    return parts, times, closest


def _unseen(
    given: CadSequence,
    sequences: Sequence[CadSequence],
    shares: Array,
    evidence: Sequence[Evidence],
    *,
    seed: int,
) -> Array:
    """The expected IoU of parts as probable as `shares` with one that no shape shows, (C,)."""
    if evidence and sequences:
        nats = weighed(evidence, given, sequences, finished=True)
        shares = shares * np.exp(nats - nats.max())
        shares = shares / max(shares.sum(), 1e-300)
    scores = expected(sequences, shares, seed=seed)
    for shown in evidence:  # what is said and left out costs, if every idea leaves it out
        scores = scores * shown.told(given, sequences)
    return scores


def _clear(parts: list[Idea]) -> list[Idea]:
    """Leave out those that are ruled out, but for the best."""
    return [i for i in parts if i.score >= _FAINT or i.source == "given"] or parts[:1]


def expected(sequences: Sequence[CadSequence], shares: Array, *, seed: int = 0) -> Array:
    """Return the expected IoU of each part with one that is drawn by `shares`, shape (C,)."""
    mean = overlaps(sequences, seed=seed) @ shares
    return np.minimum(1.0, np.asarray(mean, dtype=np.float64))  # but for rounding


def overlaps(sequences: Sequence[CadSequence], *, seed: int = 0) -> Array:
    """Return the IoU of all parts with each other, by random points, shape (C, C).

    Each part has points in its own box, so that none is missed however large another is. A point
    weighs one over how densely all boxes together are sown where it lies (the balance heuristic:
    Veach and Guibas, 1995). What has no volume shares nothing.
    """
    boxes = [_box(sequence) for sequence in sequences]
    sown = [box for box in boxes if box is not None]
    if not sown:
        return np.zeros((len(sequences), len(sequences)))
    random, each = np.random.default_rng(seed), max(_LEAST, _POINTS // len(sown))
    points_P3 = np.concatenate([a + (b - a) * random.random((each, 3)) for a, b in sown])
    density_P = np.zeros(len(points_P3))
    for low, high in sown:
        within = ((points_P3 >= low) & (points_P3 <= high)).all(axis=1)
        density_P += within * (each / np.prod(high - low))
    inside_CP = np.stack([occupancy(s, points_P3) for s in sequences]).astype(np.float64)
    common = (inside_CP / density_P) @ inside_CP.T
    sizes = np.diag(common)
    union = sizes[:, None] + sizes[None] - common
    return np.where(union > 0, common / np.where(union > 0, union, 1.0), 0.0)


def _box(sequence: CadSequence) -> tuple[Array, Array] | None:
    """The lowest and highest corner of the part that a history makes; None if there is none."""
    body = solid(sequence)
    if body.is_empty():
        return None
    corners = np.array(body.bounding_box()).reshape(2, 3)
    margin = 1e-3 * (corners[1] - corners[0])  # its arcs are polygons, a little too small
    return corners[0] - margin, corners[1] + margin
