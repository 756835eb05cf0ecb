"""The predictor that looks up: what followed the training beginnings that are most alike.

Beginnings are compared in their parts' own frames, so rigid motion and size do not count; what
followed is carried over face to face (`transfer.py`), and what many neighbours did wins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cadcomplete.baselines.frames import TURNS, PartFrame, first_frame, reach
from cadcomplete.baselines.habits import STOP, Habits, kind, word
from cadcomplete.baselines.judging import PARTS, SuggestionJudge
from cadcomplete.baselines.transfer import Move, carried
from cadcomplete.baselines.voting import Vote, elected, expected_best, has_solid
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.predictions import Case, Idea, Prediction

_NEIGHBOURS, _WHOLE = 48, 9
_MODES = ((True, False, 1.0), (False, False, 0.6), (True, True, 0.6))
"""Stretched or not, lengths kept or not, and the weight of such a vote."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first operations of a training part: its number, and how many they are."""

    part: int
    given: int


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Beginnings that end alike, and numbers that describe each: boxes (n, 3, 2, 3), others."""

    beginnings: tuple[Beginning, ...]
    boxes: Array
    others: Array


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """A beginning in its own frame: boxes around the part, the last sketch, the last operation.

    Boxes have the shape (3, 2, 3), the first sketch's longer side is 1.
    """

    frame: PartFrame
    boxes: Array
    others: Array


@dataclass(frozen=True, slots=True, eq=False)
class RetrievalPredictor:
    """Carries over what followed the nearest beginnings of training parts."""

    judge: SuggestionJudge
    habits: Habits
    training: Sequence[CadSequence]
    indices: dict[tuple[str, ...], Index]
    first: tuple[tuple[Operation, float], ...]
    name: str = "retrieval"

    def predict(self, case: Case, *, n: int, seed: int) -> Prediction:
        """Return what neighbours did next, and their whole remaining histories."""
        given = case.given
        described = describe(given.operations)
        index = self.indices.get(_words(given.operations))
        if described is None or index is None:
            return self._without_frame(case, n=n)
        near = nearest(described, index)
        following = self.habits.following(given.operations)
        ended = sum(w for b, _, w in near if b.given == len(self.training[b.part]))
        stop = 0.5 * ended + 0.5 * following[STOP]
        votes = list(self._votes(given, described, near))
        kinds = _kinds(votes, following)
        size = max(float((described.boxes[0, 1] - described.boxes[0, 0]).max()), 1.0)
        ideas = elected(
            votes,
            given.operations,
            size=size * described.frame.size,
            kinds=kinds,
            source="retrieval",
        )
        wholes = self._wholes(given, described, near, stop)
        return Prediction(
            next=self.judge.suggestions(given, ideas, n=n),
            parts=self.judge.parts(given, expected_best(given, wholes), n=min(n, PARTS)),
            stop=min(stop, 1.0),
            generated=len(votes),
        )

    def _without_frame(self, case: Case, *, n: int) -> Prediction:
        """Before the first sketch, and after what no training part began with."""
        stop = self.habits.following(case.given.operations)[STOP]
        ideas = [Idea((op,), share, "retrieval") for op, share in self.first]
        parts = self._begun_alike()
        if case.given.operations:
            ideas, parts = [], [Idea((), stop, "given")]
        return Prediction(
            next=self.judge.suggestions(case.given, ideas, n=n),
            parts=self.judge.parts(case.given, parts, n=min(n, PARTS)),
            stop=stop,
            generated=len(ideas),
        )

    def _begun_alike(self) -> list[Idea]:
        """For each of the most frequent first sketches, a whole training part that begins so."""
        wholes = {part.operations[0]: part.operations for part in self.training[::-1] if len(part)}
        return [Idea(wholes[op], share, "retrieval") for op, share in self.first]

    def _votes(
        self, given: CadSequence, described: Described, near: list[tuple[Beginning, Array, float]]
    ) -> Iterator[Vote]:
        for beginning, turn, weight in near:
            part = self.training[beginning.part].operations
            if beginning.given == len(part):
                continue
            before = part[: beginning.given]
            for stretch, lengths, share in _MODES:
                move = _move(described, turn, before, stretch=stretch, lengths=lengths)
                operation = move and carried(part[beginning.given], before, given.operations, move)
                if operation is not None:
                    yield operation, weight * share

    def _wholes(
        self,
        given: CadSequence,
        described: Described,
        near: list[tuple[Beginning, Array, float]],
        stop: float,
    ) -> list[Idea]:
        """The rest of the neighbours' histories, and the given part as it is."""
        found: list[Idea] = []
        for beginning, turn, weight in near[: 2 * _WHOLE]:
            part = self.training[beginning.part].operations
            rest = _carried_rest(part, beginning.given, given.operations, described, turn)
            if rest and len(found) < _WHOLE:
                found.append(Idea(rest, weight, "retrieval"))
        total = sum(idea.score for idea in found) or 1.0
        ideas = [Idea(i.operations, (1 - stop) * i.score / total, i.source) for i in found]
        return [*ideas, Idea((), stop, "given")] if has_solid(given.operations) else ideas


def _carried_rest(
    part: tuple[Operation, ...],
    start: int,
    given: tuple[Operation, ...],
    described: Described,
    turn: Array,
) -> tuple[Operation, ...]:
    """Every operation from `start` on, carried over one after the other; () if one cannot be."""
    move = _move(described, turn, part[:start], stretch=True, lengths=False)
    whole = given
    for i in range(start, len(part)):
        operation = move and carried(part[i], part[:i], whole, move)
        if operation is None:
            return ()
        whole = (*whole, operation)
    return whole[len(given) :]


def _move(
    target: Described,
    turn: Array,
    before: tuple[Operation, ...],
    *,
    stretch: bool,
    lengths: bool,
) -> Move | None:
    source = describe(before)
    if source is None:
        return None
    boxes = target.boxes[0] @ turn.T
    return Move(
        source=source.frame,
        target=target.frame.turned(turn),
        source_box=_box(source.boxes[0] * source.frame.size),
        target_box=_box(boxes * target.frame.size),
        stretch=stretch,
        lengths=lengths,
    )


def _box(corners: Array) -> tuple[Array, Array]:
    return corners.min(axis=0), corners.max(axis=0)


def _kinds(votes: Sequence[Vote], following: dict[str, float]) -> dict[str, float]:
    """The chances of both kinds: half by what neighbours did, half by what is usual."""
    total = sum(weight for _, weight in votes) or 1.0
    usual = following["sketch"] + following["extrude"]
    found = {k: 0.5 * following[k] / usual for k in ("sketch", "extrude")}
    for operation, weight in votes:
        found[kind(operation)] += 0.5 * weight / total
    return found


# --- what beginnings are compared by ------------------------------------------------------------


def _words(operations: Sequence[Operation]) -> tuple[str, ...]:
    return tuple(word(op) for op in operations[-2:])


def describe(operations: tuple[Operation, ...]) -> Described | None:
    """Describe a beginning; None before there is a sketch with something drawn."""
    frame = first_frame(operations)
    if frame is None:
        return None
    reaches = [frame.inside(reach(op, operations[:i])) for i, op in enumerate(operations)]
    return _described(frame, operations, reaches)


def _described(
    frame: PartFrame, operations: tuple[Operation, ...], reaches: list[Array]
) -> Described | None:
    everything = np.concatenate(reaches)
    places = [i for i, op in enumerate(operations) if isinstance(op, Sketch)]
    last = operations[places[-1]]
    assert isinstance(last, Sketch)
    boxes = [everything]
    boxes += [r if len(r) else everything for r in (reaches[places[-1]], reaches[-1])]
    corners = np.stack([np.stack([b.min(axis=0), b.max(axis=0)]) for b in boxes]) / frame.size
    curves = [type(c) for loop in last.loops for c in loop.curves]
    area = sum(abs(loop.area) for loop in last.loops) ** 0.5
    others = [
        *(0.3 * np.log1p(curves.count(which)) for which in (Line, Arc, Circle)),
        0.3 * np.log1p(len(last.loops)),
        area / frame.size,
        0.15 * np.log1p(len(operations)),
    ]
    return Described(frame, corners, np.array(others, dtype=np.float64))


def indices(training: Sequence[CadSequence]) -> dict[tuple[str, ...], Index]:
    """Describe every beginning of the training parts, by its last operations."""
    groups: dict[tuple[str, ...], list[tuple[Beginning, Described]]] = {}
    for number, part in enumerate(training):
        frame = first_frame(part)
        if frame is None:
            continue
        operations = part.operations
        reaches = [frame.inside(reach(op, operations[:i])) for i, op in enumerate(operations)]
        for k in range(1, len(operations) + 1):
            if not any(map(len, reaches[:k])):
                continue
            found = _described(frame, operations[:k], reaches[:k])
            if found is not None:
                key = _words(operations[:k])
                groups.setdefault(key, []).append((Beginning(number, k), found))
    return {
        key: Index(
            tuple(b for b, _ in group),
            np.stack([d.boxes for _, d in group]),
            np.stack([d.others for _, d in group]),
        )
        for key, group in groups.items()
    }


def nearest(described: Described, index: Index) -> list[tuple[Beginning, Array, float]]:
    """Return the nearest beginnings, how each is to be turned, and weights that add up to 1."""
    apart = []
    for turn in TURNS:
        corners = described.boxes @ turn.T
        boxes = np.stack([corners.min(axis=1), corners.max(axis=1)], axis=1)
        apart.append(np.minimum(np.abs(index.boxes - boxes), 2.0).sum(axis=(1, 2, 3)))
    table = np.stack(apart)
    distance = table.min(axis=0) + 2 * np.abs(index.others - described.others).sum(axis=1)
    order = np.argsort(distance, kind="stable")[:_NEIGHBOURS]
    farther = distance[order] - distance[order[0]]
    weights = np.exp(-farther / (0.05 + 0.5 * distance[order[0]]))  # what is the same wins
    weights /= weights.sum()
    turns = table.argmin(axis=0)
    return [
        (index.beginnings[i], TURNS[turns[i]], float(w))
        for i, w in zip(order, weights, strict=True)
    ]


def first_sketches(training: Sequence[CadSequence]) -> tuple[tuple[Operation, float], ...]:
    """Return the most frequent first sketches with their shares."""
    counts = Counter(part.operations[0] for part in training if len(part))
    return tuple((op, count / len(training)) for op, count in counts.most_common(10))
