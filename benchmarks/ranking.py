"""Fit how suggestions are ranked, on parts that a model has not learned from.

For every cut of some parts of the test split the ideas for the next operation are listed with
what is known of each, and with whether each is a hit; a logistic regression for each situation
says how likely that is (`completion/ranking.py`). The validation split is not touched, so what
`cadcomplete evaluate` finds there is not what was fitted. Data sets with all kinds of operations,
and every condition of the benchmark, may be collected; told are the hits of each condition, and a
situation is fitted to the conditions that `--conditions` names. ::

    .venv/bin/python benchmarks/ranking.py runs/out/data/fusion360 --model cadcomplete/weights
    .venv/bin/python benchmarks/ranking.py --fit --model cadcomplete/weights
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.completion import ranking, threshold
from cadcomplete.completion.completer import Completer
from cadcomplete.completion.evidence import SURE, weighed
from cadcomplete.completion.features import FEATURES, bent, features
from cadcomplete.completion.ideas import extended
from cadcomplete.completion.judging import judged
from cadcomplete.data.samples import hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.evaluate.questions import CONDITIONS, Held, case, choose, questions, read_data
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.metrics.operations import HIT, target
from cadcomplete.model import checkpoint

FITTED = ("none", "points", "scan")

OWN = "log probability of the same effect"
"""Without a cloud the order by this alone was the best (docs/experiments.md). What is fitted is how
probable an idea is that has it, and from which probability on a first one is worth showing."""


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
    parser.add_argument("--fit", action="store_true", help="fit to the examples that are there")
    asked = parser.parse_args()
    if not asked.fit:
        collect(asked)
    else:
        fit(asked.examples, asked.model, asked.conditions)


def collect(asked: argparse.Namespace) -> None:
    """Write one line for each case: its situation, and each idea's features and overlap."""
    held = read_data(asked.data, split=asked.split).held
    chosen, left_out = choose(held, asked.conditions, most=asked.most, seed=0)
    print(f"{len(chosen)} parts; left out: {left_out}", flush=True)
    which, of = map(int, asked.part.split("/"))
    asked.examples.mkdir(parents=True, exist_ok=True)
    out = asked.examples / f"{which}.jsonl"
    with Kernel(workers=1) as kernel, out.open("w") as file:
        completer = Completer(checkpoint.load(asked.model), kernel)
        for number, part in enumerate(chosen[which::of], start=1):
            for line in examples(part, completer, asked.conditions, most=asked.cuts):
                file.write(json.dumps(line) + "\n")
            file.flush()
            print(f"{number} of {len(chosen[which::of])} parts", flush=True)


def examples(
    part: Held, completer: Completer, conditions: Sequence[str], *, most: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what is known of the ideas for each operation of a part."""
    try:
        whole = handed(part.sample.sequence, completer.kernel)
    except CadCompleteError as error:
        print("left out:", error)
        return
    cuts = sorted(range(len(whole)), key=lambda given: hash64(f"{part.id} {given}"))[:most]
    for question in questions((part,), conditions, cuts=None):
        if question.given not in cuts:
            continue
        truth = target(whole, question.given)
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
        }


def fit(examples_folder: Path, model: Path, conditions: Sequence[str]) -> None:
    """Fit one regression for each situation; print what its order gives, by halves of the parts.

    Told are all conditions, each ranked with the nats of what it shows; fitted are `conditions`.
    """
    cases: dict[str, list[Example]] = defaultdict(list)
    for path in sorted(examples_folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            found = Example.of(json.loads(line))
            cases[found.situation].append(found)
    weights: dict[str, ranking.Weights] = {}
    firsts: list[tuple[float, bool]] = []
    for name, every in sorted(cases.items()):
        learned = [one for one in every if one.condition in conditions]
        if len({_half(one.part) for one in learned}) < 2:
            print(f"{name:24} {len(learned):5} cases are too few")
            continue
        ordered = list(zip(every, crossed(every, learned), strict=True))
        for condition in dict.fromkeys(one.condition for one in every):
            own = [
                one.hits[np.argsort(-(odds + one.nats), kind="stable")]
                for one, odds in ordered
                if one.condition == condition
            ]
            shares = [f"hit@{k} {np.mean([h[:k].any() for h in own]):.3f}" for k in (1, 3, 5)]
            reached = np.mean([hits.any() for hits in own])
            told = f"{len(own):5} cases, {', '.join(shares)}, any idea {reached:.3f}"
            print(f"{name:24} {condition:8} {told}")
            if condition == "none" and name != "first sketch":
                firsts += [_first(odds, one) for one, odds in ordered if one.condition == "none"]
        if any(one.hits.any() for one in learned):  # else there is nothing to learn from
            weights[name] = fitted(learned)
    before = ranking.load(model, tuple(FEATURES))
    others = {} if before is None else before.weights
    ranking.Ranker(tuple(FEATURES), {**others, **weights}).save(model)
    if firsts:
        parts = len({one.part for every in cases.values() for one in every})
        told = f"{len(firsts)} cuts of {parts} parts of the split that was asked"
        chosen = threshold.chosen_of(firsts, told)
        print(chosen)
        chosen.save(model)


def _first(odds: np.ndarray, one: Example) -> tuple[float, bool]:
    """How probable the first idea is, and whether it is the designer's."""
    best = int(odds.argmax())
    return float(1 / (1 + np.exp(-odds[best]))), bool(one.hits[best])


@dataclass(frozen=True, eq=False)
class Example:
    """The ideas of one question, C of them.

    Attributes:
        known: their features, (C, F), bent.
        nats: what words and pictures add to the log-odds of each, (C,).
        hits: which of them are the designer's, (C,).
    """

    part: str
    situation: str
    condition: str
    known: np.ndarray
    nats: np.ndarray
    hits: np.ndarray

    @staticmethod
    def of(line: dict[str, Any]) -> Example:
        """Read a line of `collect`."""
        return Example(
            line["id"],
            line["situation"],
            line["condition"],
            bent(np.array(line["features"])),
            np.array(line["nats"]),
            np.array(line["overlaps"]) >= HIT,
        )


def fitted(cases: Sequence[Example]) -> ranking.Weights:
    """Fit a regression to cases of one situation; without a cloud to the model's own alone."""
    known = np.concatenate([one.known for one in cases])
    if "," not in cases[0].situation:
        known = np.where(np.array([name == OWN for name in FEATURES]), known, 0.0)
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
