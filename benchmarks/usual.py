"""Count what designers do next where a model has no word for it: `completion/counted.json`.

Reads prepared data sets. Counted are the parts of their training splits, told are those of the test
splits as well; parts of FreeCAD count by their repository. For each cut the facts of what is given
and the kind that follows; for each operation of a kind that is proposed by habit its ideas, their
facts, and which of them are the designer's (`usual_same.py`). Prints how often the designer's is
among the first ideas: on what was not counted, and by counting all repositories but those of one
fifth, in turn. What was found stays in `--examples`, so a run that was stopped goes on. ::

    .venv/bin/python benchmarks/usual.py runs/out/data/freecad runs/out/data/fusion360 \\
        runs/out/data/omnicad -o cadcomplete/completion/counted.json
"""

from __future__ import annotations

import argparse
import pickle
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from usual_same import designers

from cadcomplete.completion import conditional, ranking
from cadcomplete.completion.conditional import Choice
from cadcomplete.completion.counted import Counted, Regression
from cadcomplete.completion.kinds import OF_GIVEN, given_facts
from cadcomplete.completion.proposing import LIKELIEST, USUAL_KINDS
from cadcomplete.data.prepared import samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import OPERATIONS
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel

KINDS = ("revolve", "hole", "mirror", "linear", "polar", "fillet", "chamfer")

BODIES = "freecad"
"""The data set whose parts are told apart by their repository."""

LONGEST = 40  # operations
EACH = 25  # examples of ideas for one kind from one source that are counted
EDGES = 8  # of fillets and of chamfers, for which a solid is built,
BUILT = 16  # of so many operations at most
PENALTY = 50.0
"""On weights of kinds: with less the habits of one repository are taken for those of all."""

SECONDS = 120.0  # for a solid and the names of its edges
FOLDS = 5
DRAWS, SEED = 1000, 0


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
    """Read the training split of a prepared data set; of FreeCAD bodies the test split as well."""
    bodies = folder.name == BODIES
    for split in ("train", "test") if bodies else ("train",):
        found = [one for one in samples(folder, split=split) if isinstance(one, Sample)]
        known = [one for one in found if bodies or not one.unsupported]
        chosen = sorted(known, key=lambda one: hash64(one.sequence.id))
        for one in chosen if bodies else chosen[:most]:
            yield Known(one.design if bodies else folder.name, split == "train", one.sequence)


def cuts(known: Known) -> Iterator[Example]:
    """Yield an example of each cut: which kind follows."""
    for number, operation in enumerate(known.sequence.operations[:LONGEST]):
        following = np.array([isinstance(operation, OPERATIONS[kind]) for kind in KINDS])
        try:
            facts = given_facts(truncate(known.sequence, number))
            yield Example(known.source, known.counts, facts[None], following)
        except CadCompleteError as error:
            print(f"left out: {known.sequence.id} {number}: {error}", flush=True)


def examples(
    known: Known, done: Counter[tuple[str, str]], kernel: Kernel
) -> Iterator[tuple[str, Example]]:
    """Yield an example of each operation of a kind that is proposed by habit.

    `done` counts those of each source; of edges, which take a solid, no more than `EDGES`.
    """
    names = {kind: name for name, kind in OPERATIONS.items()}
    for number, operation in enumerate(known.sequence.operations[:LONGEST]):
        given, name = truncate(known.sequence, number), names[type(operation)]
        if name not in USUAL_KINDS:
            continue
        if name in ("fillet", "chamfer") and number > BUILT:
            continue
        done[known.source, name] += 1
        if name in ("fillet", "chamfer") and done[known.source, name] > EDGES:
            continue
        usual = USUAL_KINDS[name]
        try:
            ideas = list(dict.fromkeys(usual.ideas(given, ())))
            facts = usual.facts(ideas, given) if ideas else np.zeros((0, len(usual.names)))
            true = designers(ideas, operation, given, kernel)
            yield name, Example(known.source, known.counts, facts, true)
        except CadCompleteError as error:
            print(f"left out: {known.sequence.id} {number}: {error}", flush=True)


def kept(path: Path) -> Iterator[tuple[str, list[tuple[str, Example]]]]:
    """Yield what is known of parts from an earlier run."""
    if path.exists():
        with path.open("rb") as file, suppress(EOFError):
            while True:
                yield pickle.load(file)


def collected(known: Sequence[Known], path: Path) -> dict[str, list[Example]]:
    """Return all examples of ideas by kind; those that `path` has are not looked for again."""
    before = dict(kept(path))
    every: dict[str, list[Example]] = defaultdict(list)
    done: Counter[tuple[str, str]] = Counter()
    path.parent.mkdir(parents=True, exist_ok=True)
    with Kernel(workers=1, time_limit=SECONDS) as kernel, path.open("ab") as file:
        for one in known:
            if (found := before.get(one.sequence.id)) is None:
                found = list(examples(one, done, kernel))
                pickle.dump((one.sequence.id, found), file)
                file.flush()
            else:
                done.update((example.source, name) for name, example in found)
            for name, example in found:
                every[name].append(example)
    return every


# --- counting -----------------------------------------------------------------------------------


def regression(found: Sequence[Example], column: int) -> Regression:
    """Fit how probable one kind is, to what is counted."""
    chosen = [one for one in found if one.counts]
    facts = np.concatenate([one.facts for one in chosen])
    true = np.array([one.true[column] for one in chosen])
    return Regression(OF_GIVEN, ranking.fit(facts, true.astype(float), penalty=PENALTY))


def choice(found: Sequence[Example], names: Sequence[str]) -> Choice:
    """Fit which idea is the designer's, to the first `EACH` examples of each source."""
    per: Counter[str] = Counter()
    chosen = []
    for one in found:
        per[one.source] += 1
        if per[one.source] <= EACH and len(one.facts):
            chosen.append((one.facts, one.true))
    return conditional.fit(chosen, names, most=LIKELIEST)


def folds(found: Sequence[Example]) -> dict[str, int]:
    """Deal sources out to folds, the largest first, each to the fold with the least so far."""
    sizes, filled = Counter(one.source for one in found), [0] * FOLDS
    fold: dict[str, int] = {}
    for source, size in sizes.most_common():
        fold[source] = filled.index(min(filled))
        filled[fold[source]] += size
    return fold


# --- telling ------------------------------------------------------------------------------------


def crossed(found: Sequence[Example], names: Sequence[str]) -> list[tuple[str, np.ndarray]]:
    """Return each example's source, and which of its ideas are right, in an order that other
    repositories have taught."""
    fold, ordered = folds(found), []
    for number in sorted(set(fold.values())):
        fitted = choice([one for one in found if fold[one.source] != number], names)
        ordered += [
            (one.source, _in_order(fitted, one)) for one in found if fold[one.source] == number
        ]
    return ordered


def _in_order(fitted: Choice, one: Example) -> np.ndarray:
    return one.true[np.argsort(-fitted.merits(one.facts), kind="stable")]


def told(title: str, ordered: Sequence[tuple[str, np.ndarray]]) -> None:
    """Print how often one of the first ideas is right; the interval draws sources."""
    if not ordered:
        return
    shares = [np.mean([hits[:k].any() for _, hits in ordered]) for k in (1, 3, 5, LIKELIEST, None)]
    by: dict[str, list[bool]] = defaultdict(list)
    for source, hits in ordered:
        by[source].append(bool(hits[:3].any()))
    every, random = list(by.values()), np.random.default_rng(SEED)
    drawn = random.integers(0, len(every), (DRAWS, len(every)))
    means = [np.mean(np.concatenate([every[i] for i in row])) for row in drawn]
    low, high = np.percentile(means, (2.5, 97.5))
    first, three, five, likeliest, any_ = (f"{share:.2f}" for share in shares)
    print(
        f"{title:32} {len(ordered):4} cases of {len(by):2} sources: first {first}, first 3 {three} "
        f"[{low:.2f}, {high:.2f}], 5 {five}, {LIKELIEST} {likeliest}, any {any_}"
    )


def tell_kinds(found: Sequence[Example]) -> None:
    """Print how probable a kind is where it is next and where it is not, by other repositories."""
    bodies = [one for one in found if one.source.startswith(BODIES)]
    fold = {**dict.fromkeys((one.source for one in found), -1), **folds(bodies)}
    for column, kind in enumerate(KINDS):
        next_, other = [], []
        for number in range(FOLDS):
            counted = [
                Example(one.source, True, one.facts, one.true)
                for one in found
                if fold[one.source] != number
            ]
            fitted = regression(counted, column)
            for one in bodies:
                if fold[one.source] == number:
                    chance = fitted.weights.probabilities(one.facts)[0]
                    (next_ if one.true[column] else other).append(chance)
        print(
            f"{kind:8} {len(next_):4} times: {np.mean(next_):.3f} where it is next, "
            f"{np.mean(other):.3f} at {len(other)} other cuts"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=1200, help="parts of each other data set")
    parser.add_argument("--examples", type=Path, default=Path("runs/out/usual.pickle"))
    parser.add_argument("--tell", action="store_true", help="by other repositories, which takes")
    parser.add_argument("-o", "--out", type=Path, required=True)
    asked = parser.parse_args()
    known = [one for folder in asked.data for one in histories(folder, asked.most)]
    asked_about = [example for one in known for example in cuts(one)]
    print(f"{len(asked_about)} cuts of {len(known)} parts", flush=True)
    kinds = {kind: regression(asked_about, column) for column, kind in enumerate(KINDS)}
    if asked.tell:
        tell_kinds(asked_about)
    found = collected([one for one in known if one.source.startswith(BODIES)], asked.examples)
    ideas = {}
    for name, usual in USUAL_KINDS.items():
        counts = [one for one in found[name] if one.counts]
        fitted = ideas[name] = choice(counts, usual.names)
        for title, some in (
            ("counted", counts),
            ("test split", [one for one in found[name] if not one.counts]),
        ):
            told(f"{name}, {title}", [(one.source, _in_order(fitted, one)) for one in some])
        if asked.tell:
            told(f"{name}, other repositories", crossed(found[name], usual.names))
    names = ", ".join(folder.name for folder in asked.data)
    learned = [one for one in known if one.counts]
    split = f"{len(learned)} parts of the training splits of {names}"
    Counted(split, kinds, ideas).save(asked.out)


if __name__ == "__main__":
    main()
