"""Fit how suggestions are ranked, on parts that a model has not learned from.

For every cut of some parts of the test split the ideas for the next operation are listed with
what is known of each, and with whether each is a hit; a logistic regression for each situation
says how likely that is (`completion/ranking.py`). The validation split is not touched, so what
`cadcomplete evaluate` finds there is not what was fitted. Data sets with all kinds of operations,
and every condition of the benchmark, may be collected; told are the hits of each condition, and a
situation is fitted to the conditions that `--conditions` names. ::

    .venv/bin/python benchmarks/ranking.py runs/out/data/fusion360 --model cadcomplete/weights
    .venv/bin/python benchmarks/ranking.py --fit --model cadcomplete/weights
    .venv/bin/python benchmarks/ranking.py --examples ONE --against OTHER --model MODEL
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.completion import ranking
from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.evidence import SURE, weighed
from cadcomplete.completion.features import FEATURES, alike, bent, features
from cadcomplete.completion.ideas import extended
from cadcomplete.completion.opinion import judged
from cadcomplete.data.samples import hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.evaluate.questions import (
    CONDITIONS,
    ExamQuestion,
    Held,
    case,
    choose,
    questions,
    read_data,
)
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.metrics.differences import Paired, difference
from cadcomplete.metrics.operations import HIT, target
from cadcomplete.metrics.targets import Truth
from cadcomplete.model import checkpoint

FITTED = ("none", "points", "scan")

FIRST_SKETCH = "first sketch"

OWN = "log probability of the same effect"

ALONE = (OWN, "counted")
"""What an idea is ranked by without a cloud: what the model says, and what was counted. Of further
features a few questions tell nothing (docs/experiments.md)."""


FEWEST = 20
"""Cases of a situation that are enough for a regression."""

SHOWN = 5
"""Ideas of a case that a person may see."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--most", type=int, default=100, help="parts")
    parser.add_argument("--cuts", type=int, help="most of each part, at random; default all")
    parser.add_argument("--part", default="0/1", help="which of how many processes this is")
    parser.add_argument("--conditions", nargs="+", default=FITTED, choices=CONDITIONS)
    parser.add_argument("--examples", type=Path, default=Path("runs/out/ranking"))
    do = parser.add_mutually_exclusive_group()
    do.add_argument("--fit", action="store_true", help="fit to the examples that are there")
    do.add_argument("--tell", action="store_true", help="print what a fit gives, and save nothing")
    do.add_argument("--against", type=Path, help="examples of another model: tell both")
    asked = parser.parse_args()
    if asked.against:
        tell_both(asked.examples, asked.against)
    elif asked.fit or asked.tell:
        fit(asked.examples, asked.model, asked.conditions, save=asked.fit)
    else:
        collect(asked)


def collect(asked: argparse.Namespace) -> None:
    """Write one line for each case: its situation, and each idea's features and overlap."""
    held = read_data(asked.data, split=asked.split).held
    chosen, left_out = choose(held, asked.conditions, most=asked.most, seed=0)
    print(f"{len(chosen)} parts; left out: {left_out}", flush=True)
    which, of = map(int, asked.part.split("/"))
    asked.examples.mkdir(parents=True, exist_ok=True)
    out = asked.examples / f"{which}.jsonl"
    with Kernel(workers=1) as kernel, out.open("w") as file:
        completer = ByModel(checkpoint.load(asked.model), kernel)
        for number, part in enumerate(chosen[which::of], start=1):
            for line in examples(part, completer, asked.conditions, most=asked.cuts):
                file.write(json.dumps(line) + "\n")
            file.flush()
            print(f"{number} of {len(chosen[which::of])} parts", flush=True)


def asked_about(
    part: Held, kernel: Kernel, conditions: Sequence[str], *, most: int | None
) -> Iterator[tuple[ExamQuestion, Truth]]:
    """Yield questions about at most so many operations of a part, those of the least hash."""
    try:
        whole = handed(part.sample.sequence, kernel)
    except CadCompleteError as error:
        print("left out:", error)
        return
    cuts = sorted(range(len(whole)), key=lambda given: hash64(f"{part.id} {given}"))[:most]
    for question in questions((part,), conditions, cuts=None):
        if question.given in cuts:
            yield question, target(whole, question.given)


def examples(
    part: Held, completer: ByModel, conditions: Sequence[str], *, most: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what is known of the ideas for each operation of a part."""
    for question, truth in asked_about(part, completer.kernel, conditions, most=most):
        try:
            reading = completer.read(case(question, seed=0), until="built")
            ideas = judged(reading, completer.model, completer.grammar)
        except CadCompleteError as error:
            print("left out:", error)
            continue
        if truth.excluded or not ideas:
            continue
        wholes = [extended(reading.given, idea.operations) for idea in ideas]
        yield {
            "id": part.id,
            "given": question.given,
            "condition": question.condition,
            "kind": truth.kind,
            "situation": reading.situation,
            "features": features(ideas, reading.given, wanted=reading.wanted).tolist(),
            "nats": weighed(reading.evidence, reading.given, wholes).tolist(),
            "overlaps": [truth.overlap(idea.operation) for idea in ideas],
            "sources": [idea.source for idea in ideas],
            "same": alike(ideas, reading.given).argmax(axis=1).tolist(),
        }


def fit(examples_folder: Path, model: Path, conditions: Sequence[str], *, save: bool) -> None:
    """Fit one regression for each situation; print what its order gives, by halves of the parts.

    Told are all conditions, each ranked with the nats of what it shows, and by how much each is
    above nothing shown, on the same questions; fitted are `conditions`.
    """
    weights: dict[str, ranking.Weights] = {}
    reached: dict[tuple[str, int, str], Example] = {}
    first_three: dict[tuple[str, int, str], bool] = {}
    for name, every in sorted(read_examples(examples_folder).items()):
        learned = [one for one in every if one.condition in conditions]
        if len({_half(one.part) for one in learned}) < 2 or len(learned) < FEWEST:
            print(f"{name:24} {len(learned):5} cases are too few")
            continue
        ordered = [
            (one, one.ranked(odds + one.nats))
            for one, odds in zip(every, crossed(every, learned), strict=True)
        ]
        for condition in dict.fromkeys(one.condition for one in every):
            own = [hits for one, hits in ordered if one.condition == condition]
            shares = [f"hit@{k} {np.mean([h[:k].any() for h in own]):.3f}" for k in (1, 3, 5)]
            share = np.mean([hits.any() for hits in own])
            told = f"{len(own):5} cases, {', '.join(shares)}, any idea {share:.3f}"
            print(f"{name:24} {condition:8} {told}")
        if name != FIRST_SKETCH:  # which is no part of the macro average
            for one, hits in ordered:
                reached[one.part, one.given, one.condition] = one
                first_three[one.part, one.given, one.condition] = bool(hits[:3].any())
        if any(one.hits.any() for one in learned):  # else there is nothing to learn from
            weights[name] = fitted(learned)
    tell_differences(reached, first_three)
    if save:
        before = ranking.load(model, tuple(FEATURES))
        others = {} if before is None else before.weights
        ranking.Ranker(tuple(FEATURES), {**others, **weights}).save(model)


def tell_differences(
    reached: Mapping[tuple[str, int, str], Example],
    first_three: Mapping[tuple[str, int, str], bool],
) -> None:
    """Print the macro hit@3 of each condition beside nothing shown, on the same questions."""
    for condition in dict.fromkeys(one.condition for one in reached.values()):
        pairs = [
            Paired(first_three[key], first_three[(*key[:2], "none")], key[0], one.kind)
            for key, one in reached.items()
            if one.condition == condition and (*key[:2], "none") in reached
        ]
        if condition != "none" and pairs:
            print(f"{condition:8} macro {_told(pairs, 'nothing shown')}")


def tell_both(one: Path, other: Path) -> None:
    """Print the hit@3 of two models on the questions that both were asked, each in its own order.

    The order is by what the model itself finds probable (`OWN`), as with nothing shown.
    """
    mine, theirs = (
        {
            (e.part, e.given, e.condition): e
            for every in read_examples(folder).values()
            for e in every
        }
        for folder in (one, other)
    )
    pairs: dict[tuple[str, str], list[Paired]] = defaultdict(list)
    for key in (key for key in mine if key in theirs and mine[key].situation != FIRST_SKETCH):
        found = Paired(_first_three(mine[key]), _first_three(theirs[key]), key[0], mine[key].kind)
        for kind in (mine[key].kind, "all"):
            pairs[key[2], kind].append(found)
    for (condition, kind), some in sorted(pairs.items()):
        print(f"{condition:8} {kind:16} {_told(some, 'the other')}")


def _told(pairs: Sequence[Paired], other: str) -> str:
    """The hit@3 of two answers to the same questions, and their difference."""
    found = difference(pairs)
    before = difference([replace(pair, value=pair.other, other=0.0) for pair in pairs])
    return (
        f"{found.questions:4} questions of {found.parts} parts: hit@3 "
        f"{before.value + found.value:.3f}, {other} {before.value:.3f}, "
        f"{found.value:+.3f} [{found.low:.3f}, {found.high:.3f}]"
    )


def _first_three(one: Example) -> bool:
    order = np.argsort(-one.known[:, tuple(FEATURES).index(OWN)], kind="stable")
    return bool(one.hits[order][:3].any())


def read_examples(folder: Path) -> dict[str, list[Example]]:
    """Return what `collect` wrote, by situation; a question that stands there twice, once."""
    cases: dict[str, dict[tuple[str, int, str], Example]] = defaultdict(dict)
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            one = Example.of(json.loads(line))
            cases[one.situation].setdefault((one.part, one.given, one.condition), one)
    return {name: list(every.values()) for name, every in cases.items()}


@dataclass(frozen=True, eq=False)
class Example:
    """The ideas of one question, C of them.

    Attributes:
        known: their features, (C, F), bent.
        nats: what words and pictures add to the log-odds of each, (C,).
        hits: which of them are the designer's, (C,).
        same: the number of the first one to the same effect, (C,).
    """

    part: str
    given: int
    kind: str
    situation: str
    condition: str
    known: np.ndarray
    nats: np.ndarray
    hits: np.ndarray
    same: np.ndarray

    def likeliest(self, count: int) -> Example:
        """Return the first `count` to different effects, by what the model says."""
        order = np.argsort(-self.known[:, tuple(FEATURES).index(OWN)], kind="stable")
        _, first = np.unique(self.same[order], return_index=True)
        kept = order[np.sort(first)[:count]]
        hits = [self.hits[self.same == self.same[i]].any() for i in kept]
        return replace(
            self, known=self.known[kept], nats=self.nats[kept], hits=np.array(hits), same=kept
        )

    def ranked(self, odds: np.ndarray) -> np.ndarray:
        """Return which are hits, the best first, of those to the same effect the best alone."""
        order = np.argsort(-odds, kind="stable")
        _, first = np.unique(self.same[order], return_index=True)
        return np.asarray(self.hits[order[np.sort(first)]])

    @staticmethod
    def of(line: dict[str, Any]) -> Example:
        """Read a line of `collect`."""
        every = len(line["overlaps"])
        known = np.zeros((every, len(FEATURES)))  # 0 for what was not known when it was written
        written = np.array(line["features"])
        known[:, : written.shape[1]] = written
        return Example(
            line["id"],
            line["given"],
            line["kind"],
            line["situation"],
            line["condition"],
            bent(known),
            np.array(line["nats"]),
            np.array(line["overlaps"]) >= HIT,
            np.array(line.get("same", range(every))),
        )


def fitted(cases: Sequence[Example]) -> ranking.Weights:
    """Fit a regression to cases of one situation.

    Without a cloud to two features alone, and to the `SHOWN` likeliest of each case: of all ideas
    most are such that nobody sees them, and what they have in common is not what tells the first
    apart (docs/experiments.md).
    """
    alone = "," not in cases[0].situation
    cases = [one.likeliest(SHOWN) for one in cases] if alone else cases
    known = np.concatenate([one.known for one in cases])
    if alone:
        known = np.where(np.array([name in ALONE for name in FEATURES]), known, 0.0)
    return ranking.fit(
        known,
        np.concatenate([one.hits for one in cases]).astype(float),
        signs=tuple(FEATURES.values()),
    )


def crossed(every: Sequence[Example], learned: Sequence[Example]) -> list[np.ndarray]:
    """Log-odds in each case by a regression on the half of the parts that it is not in."""
    halves = [fitted([one for one in learned if _half(one.part) != half]) for half in (0, 1)]
    chances = (halves[_half(one.part)].probabilities(one.known) for one in every)
    return [np.log(p) - np.log1p(-p) for p in (np.clip(c, SURE, 1 - SURE) for c in chances)]


def _half(part: str) -> int:
    return hash64(part) % 2


if __name__ == "__main__":
    main()
