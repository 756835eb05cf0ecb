"""What pictures are worth beside what a model knows: right ones, wrong ones, in other styles.

At every cut of some parts the model is asked once, without a picture. Then each picture adds ideas
of its own, the model says how likely those are, and all are judged by that picture. Kept is what it
takes to try other constants of `pictures/belief.py` without asking again. What a file has already
is not asked again. ::

    .venv/bin/python benchmarks/pictured.py runs/out/data/fusion360 runs/out/data/omnicad \\
        --model cadcomplete/weights --most 30 --shown right wrong -o runs/out/pictured.jsonl
    .venv/bin/python benchmarks/pictured.py --tell -o runs/out/pictured.jsonl
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pictures import shown
from ranking import asked_about

from cadcomplete.completion import ranking
from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.evidence import SURE
from cadcomplete.completion.features import FEATURES, bent, features
from cadcomplete.completion.ideas import extended
from cadcomplete.completion.opinion import judged
from cadcomplete.completion.reading import Reading
from cadcomplete.errors import CadCompleteError
from cadcomplete.evaluate.questions import ExamQuestion, Held, case, choose, read_data
from cadcomplete.kernel.contain import Kernel
from cadcomplete.metrics.differences import Paired, difference
from cadcomplete.metrics.targets import HIT, MACRO, Truth
from cadcomplete.model import checkpoint
from cadcomplete.pictures.belief import facts, mixed, probable
from cadcomplete.pictures.evidence import Pictures
from cadcomplete.predictions import Idea


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--model", type=Path, default=Path("cadcomplete/weights"))
    parser.add_argument("--split", default="test")
    parser.add_argument("--most", type=int, default=30, help="parts")
    parser.add_argument("--cuts", type=int, default=4, help="most of each part, at random")
    parser.add_argument("--kinds", nargs="+", default=MACRO, choices=MACRO)
    parser.add_argument("--shown", nargs="+", default=["right", "wrong"])
    parser.add_argument("--tell", action="store_true", help="tell what was kept, and ask nothing")
    parser.add_argument("-o", "--out", type=Path, required=True)
    asked = parser.parse_args()
    if not asked.tell:
        collect(asked)
    tell([json.loads(line) for line in asked.out.read_text().splitlines()])


def collect(asked: argparse.Namespace) -> None:
    """Write a line for each question and each picture, as they are answered."""
    held = read_data(asked.data, split=asked.split).held
    parts, left_out = choose(held, ("none", "image"), most=asked.most, seed=0)
    print(f"{len(parts)} parts; left out: {left_out}", flush=True)
    known = asked.out.read_text().splitlines() if asked.out.exists() else []
    done = {(line["id"], line["given"]) for line in map(json.loads, known)}
    with Kernel(workers=1) as kernel, asked.out.open("a") as file:
        completer = ByModel(checkpoint.load(asked.model), kernel)
        for number, part in enumerate(parts):
            other = parts[(number + 1) % len(parts)]
            for question, truth in asked_about(part, kernel, ("none",), most=asked.cuts):
                known_ = (part.id, question.given) in done
                if known_ or truth.excluded or truth.kind not in asked.kinds:
                    continue
                told_ = list(lines(part, other, completer, asked.shown, question, truth))
                file.writelines(json.dumps(line) + "\n" for line in told_)
                file.flush()


def lines(
    part: Held,
    other: Held,
    completer: ByModel,
    kinds: list[str],
    question: ExamQuestion,
    truth: Truth,
) -> Iterator[dict[str, Any]]:
    """Yield what is known of the ideas for an operation of a part, for each picture."""
    try:
        reading = completer.read(case(question, seed=0), until="built")
        for kind in ("none", *kinds):
            started = time.process_time()
            of = None if kind == "none" else shown(kind, part.sample, other.sample)
            line = told(reading, completer, None if of is None else Pictures.of((of,)))
            overlaps = [truth.overlap(idea.operation) for idea in line.pop("ideas")]
            line["hits"] = [float(value) >= HIT for value in overlaps]
            line["seconds"] = round(time.process_time() - started, 2)
            name = {"id": part.id, "given": question.given, "kind": truth.kind}
            yield {**name, "shown": kind, **line}
    except CadCompleteError as error:
        print("left out:", error)


def told(reading: Reading, completer: ByModel, pictures: Pictures | None) -> dict[str, Any]:
    """Return ideas, how probable they are by the model, and what a picture says of each."""
    reading = replace(reading, evidence=() if pictures is None else (pictures,))
    ideas: list[Idea] = judged(reading, completer.model, completer.grammar)
    known = bent(np.array(features(ideas, reading.given, wanted=reading.wanted)))
    ranker = ranking.load(completer.model.folder or Path(), tuple(FEATURES))
    chances = None if ranker is None else ranker.probabilities(reading.situation, known)
    assert chances is not None
    line: dict[str, Any] = {"ideas": ideas, "chances": chances.tolist(), "nats": None}
    if pictures is not None:
        wholes = [extended(reading.given, idea.operations) for idea in ideas]
        for scene, nats in zip(
            pictures.scenes_of(reading.given), pictures.raw(reading.given, wholes), strict=True
        ):
            line |= {"nats": nats.tolist(), "facts": facts(scene, nats).tolist()}
            line["built"] = bool(scene.views)
    return line


def tell(lines: list[dict[str, Any]]) -> None:
    """Print hit@3 by kind for each picture, and by how much it is above nothing shown."""
    first_three: dict[tuple[str, int, str], bool] = {}
    kinds: dict[str, dict[str, list[tuple[bool, bool]]]] = defaultdict(lambda: defaultdict(list))
    believed: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        chances = np.clip(np.array(line["chances"]), SURE, 1 - SURE)
        odds = np.log(chances) - np.log1p(-chances)
        if line["nats"] is not None:
            share = probable(np.array(line["facts"]), built=line["built"])
            believed[line["shown"]].append(share)
            odds = odds + mixed(np.array(line["nats"]), share, built=line["built"])
        hits = np.array(line["hits"], dtype=bool)[np.argsort(-odds, kind="stable")]
        first_three[line["id"], line["given"], line["shown"]] = bool(hits[:3].any())
        kinds[line["shown"]][line["kind"]].append((bool(hits[:3].any()), bool(hits.any())))
    for shown_, table in kinds.items():
        told_ = [
            f"{k} {np.mean(table[k], axis=0)[0]:.2f} of {len(table[k])}" for k in MACRO if table[k]
        ]
        some = [f"{np.mean(table[k], axis=0)[1]:.2f}" for k in MACRO if table[k]]
        sure = f", believed {np.mean(believed[shown_]):.2f}" if believed[shown_] else ""
        print(f"{shown_:12} hit@3 {', '.join(told_)}; any idea {' '.join(some)}{sure}")
        pairs = [
            Paired(first_three[key], first_three[(*key[:2], "none")], key[0], line["kind"])
            for line in lines
            if (key := (line["id"], line["given"], shown_)) in first_three
            and line["shown"] == shown_
        ]
        if shown_ != "none" and pairs:
            found = difference(pairs)
            print(f"{'':12} macro {found.value:+.3f} [{found.low:.3f}, {found.high:.3f}]")


if __name__ == "__main__":
    main()
