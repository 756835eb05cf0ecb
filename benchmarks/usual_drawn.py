"""Count which sketches and extrudes designers make, for `completion/counted.json`.

For each later sketch and each extrude of some parts of the training splits: what may come next
(`completion/usual_sketches.py`, `usual_extrudes.py`), what is known of each, and which of it is
what the designer made, to an IoU of .95. Collected are files of a folder, one for each part that
has any; then logistic regressions say how probable each idea is. Told are how many sketches each
kind of drawing explains, and how often the designer's is among the first ideas, by regressions on
the half of the parts that a part is not in. Others' entries of `counted.json` stay. ::

    .venv/bin/python benchmarks/usual_drawn.py collect FOLDER runs/out/data/fusion360 --most 400
    .venv/bin/python benchmarks/usual_drawn.py tell FOLDER
    .venv/bin/python benchmarks/usual_drawn.py fit FOLDER -o cadcomplete/completion/counted.json
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.completion import ranking
from cadcomplete.completion import usual_extrudes as extrudes
from cadcomplete.completion import usual_sketches as sketches
from cadcomplete.completion.counted import Regression, counted
from cadcomplete.completion.usual import same_spans
from cadcomplete.completion.usual_drawings import DRAWINGS
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import OPERATIONS, Extrude, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.meshes.manifolds import region_iou
from cadcomplete.metrics.sketches import lies_on, seen_from
from cadcomplete.metrics.targets import HIT, TargetSketch, target

KINDS = ("sketch", "extrude")
LONGEST = 24  # operations
NAMES = {
    "sketch": sketches.OF_SKETCHES,
    "first extrude": extrudes.OF_EXTRUDES,
    "later extrude": extrudes.OF_EXTRUDES,
}
AGAINST = 200
"""Ideas that are not the designer's, of each question, at random, that a regression learns from."""

_BOXES = 0.9  # least IoU of the boxes of two regions that may be one


@dataclass(frozen=True, eq=False)
class Example:
    """One question, C ideas.

    Attributes:
        facts: of each idea, (C, F).
        true: which of them are the designer's, (C,).
        same: the same number for ideas that come to the same, (C,).
    """

    part: str
    name: str
    facts: Array
    true: np.ndarray
    same: np.ndarray


def collect(
    folder: Path, data: Sequence[Path], split: str, most: int, kinds: Sequence[type]
) -> None:
    """Write the examples of each part into a file of its own; those that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in data:
        parts = [one for one in read_samples(source) if isinstance(one, Sample)]
        parts = [one for one in parts if one.split == split and not one.unsupported]
        for part in sorted(parts, key=lambda one: hash64(f"drawn {one.sequence.id}"))[:most]:
            path = folder / f"{source.name}-{hash64(part.sequence.id):016x}.npz"
            if not path.exists():
                found = list(examples(part.sequence.known, kinds))
                arrays: dict[str, Any] = {
                    f"{i} {one.name} {field}": value
                    for i, one in enumerate(found)
                    for field, value in (
                        ("facts", one.facts.astype(np.float16)),
                        ("true", one.true),
                        ("same", one.same),
                    )
                }
                np.savez_compressed(path, **arrays)


def examples(sequence: CadSequence, kinds: Sequence[type]) -> Iterator[Example]:
    """Yield what may come at each sketch and extrude of a part, and what is right."""
    for number, operation in enumerate(sequence.operations[:LONGEST]):
        given = truncate(sequence, number)
        if type(operation) not in kinds:
            continue
        try:
            if isinstance(operation, Extrude):
                example = of_extrude(operation, given)
            elif isinstance(operation, Sketch) and given.curves:
                example = of_sketch(sequence, number)
            else:
                continue
        except CadCompleteError as error:
            print(f"left out: {sequence.id} {number}: {error}")
            continue
        if example is not None:
            yield replace(example, part=sequence.id)


def of_sketch(sequence: CadSequence, number: int) -> Example | None:
    """Return what may be drawn instead of one sketch of a part."""
    truth = target(sequence, number)
    found = sketches.thoughts(truth.given)
    if truth.excluded or not found or not isinstance(truth, TargetSketch):
        return None
    own = {id(t.view): t.view for t in found}
    on = {key: lies_on(truth.operation, one.plane, size=truth.size) for key, one in own.items()}
    true = np.array([on[id(thought.view)] and _hit(truth, thought) for thought in found])
    same = np.array(sketches.alike(found))
    return Example("", "sketch", sketches.sketch_facts(found), true, same)


def _hit(truth: TargetSketch, thought: sketches.Thought) -> bool:
    """Whether an idea is the true region; that its box is another one is seen at once."""
    plane = truth.operation.plane
    corners = np.array(thought.looks[:4]).reshape(2, 2)
    flat = plane.to_local(thought.view.plane.to_world(corners))[:, :2]
    low, high = flat.min(axis=0), flat.max(axis=0)
    bounds = np.array(truth.region.bounds()).reshape(2, 2)
    common = np.maximum(np.minimum(high, bounds[1]) - np.maximum(low, bounds[0]), 0.0).prod()
    both = (high - low).prod() + (bounds[1] - bounds[0]).prod() - common
    if common < _BOXES * both:
        return False
    return region_iou(truth.region, seen_from(plane, thought.sketch)) >= HIT


def of_extrude(truth: Extrude, given: CadSequence) -> Example | None:
    """Return what may be swept instead of one extrude; the same regions as far, to a twentieth."""
    found = extrudes.thought_extrudes(given)
    if not found or not truth.extent.numeric or not truth.extent.straight:
        return None
    regions = frozenset(truth.profiles)
    own = [i for i, one in enumerate(found) if frozenset(one.profiles) == regions]
    true = np.zeros(len(found), dtype=bool)
    if own:
        true[own] = same_spans([truth, *(found[i] for i in own)], given, least=HIT)[0, 1:] > 0
    same = first_alike(same_spans(found, given, least=HIT))
    name = extrudes.situation(given)
    return Example("", name, extrudes.extrude_facts(found, given), true, same)


def first_alike(table: Array) -> np.ndarray:
    """Return for each idea the number of the first one that it is like."""
    return np.asarray(table.argmax(axis=1))


def read(folder: Path) -> dict[str, list[Example]]:
    """Read what was collected, by what follows."""
    found: dict[str, list[Example]] = defaultdict(list)
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as arrays:
            for key in arrays.files:
                if key.endswith(" facts"):
                    start, name = key.removesuffix(" facts"), key.split(" ", 1)[1][:-6]
                    values = (arrays[f"{start} {field}"] for field in ("facts", "true", "same"))
                    found[name].append(Example(path.stem, name, *values))
    return found


def fitted(found: Sequence[Example], names: Sequence[str]) -> Regression:
    """Fit one regression; its bias makes good for ideas that were not learned from."""
    facts, true, left, every = [], [], 0, 0
    for one in found:
        random = np.random.default_rng(hash64(one.part) % 2**32)
        against = np.nonzero(~one.true)[0]
        chosen = random.permutation(against)[:AGAINST]
        rows = np.concatenate([np.nonzero(one.true)[0], chosen])
        facts.append(one.facts[rows].astype(np.float64))
        true.append(one.true[rows])
        left, every = left + len(chosen), every + len(against)
    weights = ranking.fit(np.concatenate(facts), np.concatenate(true).astype(float))
    bias = weights.bias + float(np.log(left / max(every, 1)))
    return Regression(tuple(names), replace(weights, bias=bias))


def tell(found: dict[str, list[Example]]) -> None:
    """Print what each kind of drawing explains, and how often the first ideas are right."""
    drawn = found.get("sketch", [])
    columns = {
        kind: [i for i, name in enumerate(sketches.OF_SKETCHES) if name.startswith(f"{kind}, ")]
        for kind in DRAWINGS
    }
    counts: Counter[str] = Counter()
    for one in drawn:
        for kind, numbers in columns.items():
            counts[kind] += bool(one.facts[one.true][:, numbers].any())
    for kind, count in counts.most_common():
        print(f"{kind:16} {count:4} of {len(drawn)} later sketches, {count / len(drawn):.3f}")
    for name, every in sorted(found.items()):
        halves = [[one for one in every if hash64(one.part) % 2 == half] for half in (0, 1)]
        firsts = []
        for half in (0, 1):
            regression = fitted(halves[1 - half], NAMES[name])
            firsts += [_ranked(one, regression) for one in halves[half]]
        shares = ", ".join(
            f"{np.mean([hits[:k].any() for hits in firsts]):.3f}" for k in (1, 3, 10, 100, None)
        )
        print(
            f"{name:14} {len(every)} of {len({e.part for e in every})} parts, ideas "
            f"{np.mean([len(one.true) for one in every]):.0f}; first 1, 3, 10, 100, any: {shares}"
        )


def _ranked(one: Example, regression: Regression) -> np.ndarray:
    """Which ideas are right, in their order, of those that come to the same the first."""
    chances = regression.weights.probabilities(one.facts.astype(np.float64))
    order = np.argsort(-chances, kind="stable")
    _, first = np.unique(one.same[order], return_index=True)
    return one.true[order[np.sort(first)]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("do", choices=("collect", "tell", "fit"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--split", default="train")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--most", type=int, default=400, help="parts of each data set")
    parser.add_argument("-o", "--out", type=Path)
    asked = parser.parse_args()
    if asked.do == "collect":
        kinds = [OPERATIONS[name] for name in asked.kinds]
        collect(asked.folder, asked.data, asked.split, asked.most, kinds)
        return
    found = read(asked.folder)
    if asked.do == "tell":
        tell(found)
        return
    before = counted()
    drawn = {name: fitted(every, NAMES[name]) for name, every in found.items()}
    told = Counter(one.part.rsplit("-", 1)[0] for every in found.values() for one in every)
    drawn_on = ", ".join(f"{count} of {name}" for name, count in sorted(told.items()))
    drawn_on += f": {', '.join(sorted(found))}"
    replace(before, drawn_on=drawn_on, drawn={**before.drawn, **drawn}).save(asked.out)


if __name__ == "__main__":
    main()
