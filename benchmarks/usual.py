"""Count what designers do next where a model has no word for it: `completion/counted.json`.

Reads FreeCAD bodies (a folder like `data/freecad`; of a quarter of the repositories, by a hash of
their names, none is counted) and the training splits of prepared data sets. For each cut the facts
of what is given and the kind that follows; for each mirror and pattern its ideas, their facts, and
which of them is the designer's: the same plane, row or axis, of the same operations. Logistic
regressions say how likely both are. Prints what they give on what was counted and what was not. ::

    .venv/bin/python benchmarks/usual.py ../shared/data/freecad runs/out/data/fusion360 \\
        runs/out/data/omnicad --most 1200 -o cadcomplete/completion/counted.json
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from freecad import bodies

from cadcomplete.completion import ranking
from cadcomplete.completion import usual_copies as copies
from cadcomplete.completion.counted import DRAWN, Counted, Regression, counted
from cadcomplete.completion.kinds import OF_GIVEN, given_facts
from cadcomplete.completion.standing import standing
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import OPERATIONS
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.sequence import CadSequence, truncate

KINDS = ("revolve", "hole", "mirror", "linear", "polar", "fillet", "chamfer")
LARGEST = "pascalr/invention"
"""Half of all bodies are of this repository: they are always counted."""

LONGEST = 40  # operations
EACH = 25  # examples of one kind from one source

USUAL: dict[str, tuple[Sequence[str], Callable[..., Any], Callable[..., Array]]] = {
    "mirror": (copies.OF_MIRRORS, copies.usual_mirrors, copies.mirror_facts),
    "polar": (copies.OF_TURNS, copies.usual_turns, copies.turn_facts),
    "linear": (copies.OF_ROWS, copies.usual_rows, copies.row_facts),
}


@dataclass(frozen=True)
class Known:
    """A history, the name of where it is from, and whether it is counted."""

    source: str
    counts: bool
    sequence: CadSequence


@dataclass(frozen=True)
class Example:
    """Facts of some cases, and which of them are true."""

    source: str
    counts: bool
    facts: Array
    true: np.ndarray


def histories(folder: Path, most: int) -> Iterator[Known]:
    """Read a folder of FreeCAD bodies, or the training split of a prepared data set."""
    if (folder / "steps.jsonl.xz").exists():
        with (folder / "MANIFEST.csv").open(encoding="utf-8") as file:
            repos = {row["sha1"][:10]: row["repo"] for row in csv.DictReader(file)}
        for body in bodies(folder):
            repo = repos[body.id.split()[0]]
            yield Known(repo, repo == LARGEST or hash64(repo) % 4 != 0, body.sequence.known)
        return
    found = [one for one in read_samples(folder) if isinstance(one, Sample)]
    train = [one for one in found if one.split == "train" and not one.unsupported]
    for one in sorted(train, key=lambda one: hash64(one.sequence.id))[:most]:
        yield Known(folder.name, True, one.sequence)


def examples(known: Known) -> Iterator[tuple[str, Example]]:
    """Yield an example of each cut, and of each mirror and pattern of a history."""
    names = {kind: name for name, kind in OPERATIONS.items()}
    for number, operation in enumerate(known.sequence.operations[:LONGEST]):
        given, name = truncate(known.sequence, number), names[type(operation)]
        try:
            facts = given_facts(given)
            following = np.array([name == kind for kind in KINDS])
            yield "kinds", Example(known.source, known.counts, facts[None], following)
            if isinstance(operation, Repeat):
                _, usual, facts_of = USUAL[name]
                ideas = list(dict.fromkeys(usual(given, ())))
                true = np.array([same(idea, operation, given) for idea in ideas])
                if ideas:
                    yield name, Example(known.source, known.counts, facts_of(ideas, given), true)
        except CadCompleteError as error:
            print(f"left out: {known.sequence.id} {number}: {error}")


def same(idea: Any, truth: Any, given: CadSequence) -> bool:
    """Say whether two mirrors or patterns of one kind do the same again at the same places."""
    everything = set(standing(given).repeatable)
    named = [
        None if one.of is None or set(one.of) >= everything else set(one.of)
        for one in (idea, truth)
    ]
    if named[0] != named[1]:
        return False
    if isinstance(idea, LinearPattern):
        steps = (np.array(one.direction) * one.spacing for one in (idea, truth))
        return idea.count == truth.count and bool(np.linalg.norm(np.subtract(*steps)) < 0.05)
    if isinstance(idea, Mirror):
        along = float(np.dot(idea.normal, truth.normal))
        apart = abs(idea.position * np.sign(along) - truth.position)
        return abs(abs(along) - 1) < 1e-6 and bool(apart < 0.05)
    assert isinstance(idea, PolarPattern)
    along = float(np.dot(idea.axis, truth.axis))
    away = np.subtract(idea.point, truth.point)
    away = away - np.dot(away, truth.axis) * np.array(truth.axis)
    turned = along > 0 or idea.angle == 360
    way = idea.count == truth.count and abs(idea.angle - truth.angle) < 1 and turned
    return way and abs(abs(along) - 1) < 1e-6 and bool(np.linalg.norm(away) < 0.05)


def fitted(found: list[Example], names: Sequence[str], column: int | None = None) -> Regression:
    """Fit one regression; of ideas, to the first `EACH` examples of a source."""
    per: Counter[str] = Counter()
    chosen = []
    for one in found:
        per[one.source] += 1
        if one.counts and (column is not None or per[one.source] <= EACH):
            chosen.append(one)
    facts = np.concatenate([one.facts for one in chosen])
    true = [one.true if column is None else one.true[column : column + 1] for one in chosen]
    weights = ranking.fit(facts, np.concatenate(true).astype(float))
    return Regression(tuple(names), weights)


def told(name: str, regression: Regression, found: list[Example]) -> None:
    """Print how often the designer's is among the first ideas."""
    for counts in (True, False):
        own = [one for one in found if one.counts is counts]
        ranked = [one.true[np.argsort(-regression.weights.probabilities(one.facts))] for one in own]
        shares = [f"{np.mean([hits[:k].any() for hits in ranked]):.2f}" for k in (1, 3, 5, None)]
        where = "counted" if counts else "not counted"
        print(f"{name:8} {where:12} {len(own):4} cases, first 1, 3, 5, any: {', '.join(shares)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=1200, help="parts of each prepared data set")
    parser.add_argument("-o", "--out", type=Path, required=True)
    asked = parser.parse_args()
    found: dict[str, list[Example]] = defaultdict(list)
    sources: Counter[str] = Counter()
    for folder in asked.data:
        for known in histories(folder, asked.most):
            sources[folder.name] += known.counts
            for name, example in examples(known):
                found[name].append(example)
    kinds = {kind: fitted(found["kinds"], OF_GIVEN, column) for column, kind in enumerate(KINDS)}
    ideas = {name: fitted(found[name], names) for name, (names, _, _) in USUAL.items()}
    for name, regression in ideas.items():
        told(name, regression, found[name])
    counted_on = ", ".join(f"{count} parts of {name}" for name, count in sources.items())
    others = counted() if asked.out.exists() else Counted("", {}, {})  # of usual_drawn.py
    drawn = others.counted_on.partition(DRAWN)[2]
    counted_on += f"{DRAWN}{drawn}" if drawn else ""
    Counted(counted_on, kinds, {**others.ideas, **ideas}).save(asked.out)


if __name__ == "__main__":
    main()
