"""Fit how suggestions are ranked, on parts that a model has not learned from.

For every cut of some parts of the test split the ideas for the next operation are listed with
what is known of each, and with whether each is a hit; a logistic regression for each situation
says how likely that is (`completion/ranking.py`). The validation split is not touched, so what
`cadcomplete evaluate` finds there is not what was fitted. ::

    .venv/bin/python benchmarks/ranking.py runs/out/data/fusion360 --model cadcomplete/weights
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.clouds.scanner import scanned
from cadcomplete.completion import ranking, threshold
from cadcomplete.completion.completer import Completer
from cadcomplete.completion.features import FEATURES, bent, features
from cadcomplete.completion.judging import judged
from cadcomplete.data import modalities
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.metrics.operations import HIT, target
from cadcomplete.model import checkpoint
from cadcomplete.predictions import Case

CONDITIONS = ("points", "scan")

OWN = "log probability of the same effect"
"""Without a cloud the order by this alone was the best (docs/experiments.md). What is fitted is how
probable an idea is that has it, and from which probability on a first one is worth showing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--most", type=int, default=100, help="parts")
    parser.add_argument("--cuts", type=int, help="most of each part, at random; default all")
    parser.add_argument("--part", default="0/1", help="which of how many processes this is")
    parser.add_argument(
        "--conditions", nargs="+", default=CONDITIONS, choices=("none", *CONDITIONS)
    )
    parser.add_argument("--examples", type=Path, default=Path("runs/out/ranking"))
    parser.add_argument("--fit", action="store_true", help="fit to the examples that are there")
    asked = parser.parse_args()
    if not asked.fit:
        collect(asked)
    else:
        fit(asked.examples, asked.model)


def collect(asked: argparse.Namespace) -> None:
    """Write one line for each case: its situation, and each idea's features and overlap."""
    found = (s for source in asked.data for s in read_samples(source) if isinstance(s, Sample))
    chosen = [s for s in found if s.split == asked.split]
    chosen = sorted(chosen, key=lambda s: hash64(s.sequence.id))[: asked.most]
    which, of = map(int, asked.part.split("/"))
    asked.examples.mkdir(parents=True, exist_ok=True)
    out = asked.examples / f"{which}.jsonl"
    with Kernel(workers=1) as kernel, out.open("w") as file:
        completer = Completer(checkpoint.load(asked.model), kernel)
        for number, sample in enumerate(chosen[which::of], start=1):
            for line in examples(sample, completer, asked.conditions, most=asked.cuts):
                file.write(json.dumps(line) + "\n")
            file.flush()
            print(f"{number} of {len(chosen[which::of])} parts", flush=True)


def examples(
    sample: Sample, completer: Completer, conditions: list[str], *, most: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what is known of the ideas for each operation of a part."""
    cuts = sorted(
        range(len(sample.sequence)), key=lambda given: hash64(f"{sample.sequence.id} {given}")
    )
    cloud = None
    if sample.place is not None and sample.place.cloud:
        cloud = modalities.load(sample.place, sample.sequence.id, images=()).cloud
    for condition in conditions:
        points = None if condition == "none" else cloud
        if points is None and condition != "none":
            continue
        if points is not None and condition == "scan":
            points = scanned(points, name=sample.sequence.id)
        for given in cuts[:most]:
            truth = target(sample.sequence, given)
            case = Case(sample.sequence.id, truncate(sample.sequence, given), points=points)
            try:
                reading = completer.read(case, until="built")
                ideas = judged(reading, completer.model, completer.grammar)
            except CadCompleteError as error:
                print("left out:", error)
                continue
            if truth.excluded or not ideas:
                continue
            overlaps = [truth.overlap(idea.operation) for idea in ideas]
            known = features(ideas, reading.given, wanted=reading.wanted)
            yield {
                "id": sample.sequence.id,
                "given": given,
                "kind": truth.kind,
                "situation": reading.situation,
                "features": known.tolist(),
                "overlaps": overlaps,
                "sources": [idea.source for idea in ideas],
            }


def fit(examples_folder: Path, model: Path) -> None:
    """Fit one regression for each situation; print what its order gives, by halves of the parts."""
    cases = defaultdict(list)
    for path in sorted(examples_folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            case = json.loads(line)
            hits = np.array(case["overlaps"]) >= HIT
            cases[case["situation"]].append((case["id"], bent(np.array(case["features"])), hits))
    weights, firsts = {}, []
    for name, found in sorted(cases.items()):
        if len({_half(part) for part, _, _ in found}) < 2:
            print(f"{name:24} {len(found):5} cases are too few")
            continue
        plain = "," not in name
        apart = crossed(found, plain=plain)
        ranked = [
            hits[np.argsort(-scores, kind="stable")]
            for scores, (_, _, hits) in zip(apart, found, strict=True)
        ]
        if plain and not name.startswith("first sketch"):
            firsts += [
                (s.max(), bool(hits[s.argmax()]))
                for s, (_, _, hits) in zip(apart, found, strict=True)
            ]
        shares = [f"hit@{k} {np.mean([h[:k].any() for h in ranked]):.3f}" for k in (1, 3, 5)]
        reached = np.mean([hits.any() for hits in ranked])
        print(f"{name:24} {len(found):5} cases, {', '.join(shares)}, any idea {reached:.3f}")
        weights[name] = fitted(found, plain=plain)
    before = ranking.load(model, tuple(FEATURES))
    others = before.weights if before is not None else {}
    ranking.Ranker(tuple(FEATURES), {**others, **weights}).save(model)
    if firsts:
        found = threshold.chosen_of(firsts, f"{len(firsts)} cuts of parts of the test split")
        print(found)
        found.save(model)


def fitted(cases: list, *, plain: bool = False) -> ranking.Weights:
    """Fit a regression; a `plain` one knows the model's own probability alone."""
    known = np.concatenate([known for _, known, _ in cases])
    if plain:
        column = tuple(FEATURES).index(OWN)
        known = np.where(np.arange(known.shape[1]) == column, known, 0.0)
    hits = np.concatenate([hits for _, _, hits in cases]).astype(float)
    return ranking.fit(known, hits, signs=tuple(FEATURES.values()))


def crossed(cases: list, *, plain: bool = False) -> list[np.ndarray]:
    """Scores of each case by a regression on the half of the parts that it is not in."""
    side = [_half(part) for part, _, _ in cases]
    halves = [
        fitted([c for c, s in zip(cases, side, strict=True) if s != half], plain=plain)
        for half in (0, 1)
    ]
    return [halves[s].probabilities(known) for s, (_, known, _) in zip(side, cases, strict=True)]


def _half(part: str) -> int:
    return hash64(part) % 2


if __name__ == "__main__":
    main()
