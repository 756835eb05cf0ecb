"""What the facts of a caption are worth, fitted on parts that nobody is asked about.

    python benchmarks/words.py runs/out/data/fusion360 runs/out/data/omnicad --most 400

For each cut of parts of the training split, the ideas that their longest description gives, and
usual ones, are compared with the true operation: a conditional logit (McFadden, 1974) says what
each fact, and each habit, adds to the log-odds of an idea. Written to
cadcomplete/captions/weights.json. No model is
asked. With --check the ranks of the true operation are told on another split instead.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from math import log
from pathlib import Path

import numpy as np

from cadcomplete.captions.evidence import Words, thought
from cadcomplete.captions.read import read_caption
from cadcomplete.captions.state import swept
from cadcomplete.captions.trust import fit_of
from cadcomplete.captions.weighing import FILE, Judge, nats
from cadcomplete.completion.usual_extrudes import usual_extrudes
from cadcomplete.completion.usual_sketches import usual_sketches
from cadcomplete.data.describe.dictated import dictate
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.meshes.manifolds import iou, solid
from cadcomplete.metrics.targets import HIT, MACRO, Truth, target

PENALTY = 0.5
MOST, USUAL = 300, 40
"""Ideas of a question, of the caption and usual ones."""


def samples(folders: list[Path], split: str, most: int) -> list[Sample]:
    """Return parts of a split, those with the least hashes, whose operations captions know."""
    found = []
    for folder in folders:
        for sample in read_samples(folder):
            if isinstance(sample, Sample) and sample.split == split and sample.descriptions:
                kinds = {type(operation) for operation in sample.sequence.operations}
                if not sample.unsupported and kinds <= {Sketch, Extrude}:
                    found.append(sample)
    found.sort(key=lambda sample: hash64(f"words {sample.sequence.id}"))
    return found[:most]


def questions(parts: list[Sample]) -> Iterator[tuple[Sample, Truth]]:
    """Yield every next operation that can be hit, but first sketches."""
    for part in parts:
        for given in range(1, len(part.sequence)):
            truth = target(part.sequence, given)
            if not truth.excluded and truth.kind in MACRO:
                yield part, truth


def hits(truth: Truth, ideas: list[Operation], *, first: bool) -> Array:
    """Say of each idea whether it is a hit, shape (C,); with `first` up to the first one only.

    Extrudes that sweep another volume are none: that is quicker told.
    """
    found = np.zeros(len(ideas))
    wanted = volume(truth.operation, truth.given)
    for i, idea in enumerate(ideas):
        own = volume(idea, truth.given)
        if own is not None and wanted is not None and not 0.9 * wanted <= own <= 1.11 * wanted:
            continue
        found[i] = truth.overlap(idea) >= HIT
        if found[i] and first:
            break
    return found


def volume(operation: Operation, given: CadSequence) -> float | None:
    """Return what an extrude sweeps (mm³), a cut as far as the part reaches; None for others."""
    if not isinstance(operation, Extrude):
        return None
    total = 0.0
    for one, profile in zip(swept(operation, given.operations), operation.profiles, strict=False):
        sketch = given.operations[profile.sketch]
        if isinstance(sketch, Sketch):
            areas = [abs(sketch.loops[i].area) for i in profile.loops]
            total += one.height * (areas[0] - sum(areas[1:]))
    return total


def collected(parts: list[Sample]) -> Iterator[tuple[list[dict[str, float]], Array]]:
    """Yield the facts and habits of every idea of a question, and which ideas are hits."""
    for part, truth in questions(parts):
        caption = read_caption(part.descriptions[-1])
        ideas = thought(caption, truth.given, type(truth.operation))[:MOST]
        ideas = list(dict.fromkeys((*ideas, *usual(truth, ideas))))
        judge = Judge.of(caption, truth.given)
        found = hits(truth, ideas, first=False)
        if found.any() and not found.all():
            yield [facts_of(judge, truth.given, idea) for idea in ideas], found


def usual(truth: Truth, ideas: list[Operation]) -> list[Operation]:
    """Return some ideas that are usual whatever a caption says: it can speak against them."""
    if isinstance(truth.operation, Sketch):
        found: list[Operation] = list(usual_sketches(truth.given))
    else:
        ways = {e.profiles: e for e in ideas if isinstance(e, Extrude)}
        found = list(usual_extrudes(truth.given, list(ways.values())))
    return found[:: max(1, len(found) // USUAL)]


def facts_of(judge: Judge, given: CadSequence, idea: Operation) -> dict[str, float]:
    """Return the facts and habits of an idea."""
    whole = CadSequence((*given.operations[: given.whole_operations], idea))
    return judge.facts(whole, finished=False) | judge.habits(idea)


def beginnings(parts: list[Sample]) -> Iterator[tuple[list[dict[str, float]], Array]]:
    """Yield the facts of each beginning of a part that is a solid, taken as finished; the last is.

    So it is fitted how much speaks for it that nothing is missing.
    """
    for part in parts:
        judge = Judge.of(read_caption(part.descriptions[-1]), CadSequence(()))
        sequence = part.sequence
        ends = [i + 1 for i, one in enumerate(sequence.operations) if one.builds]
        if len(ends) > 1:
            wholes = [truncate(sequence, end) for end in ends]
            found = np.zeros(len(ends))
            found[-1] = 1.0
            yield [judge.facts(whole, finished=True) for whole in wholes], found


def fitted(rows: list[tuple[list[dict[str, float]], Array]]) -> dict[str, float]:
    """Return the weight of each name, by gradient ascent on the penalised likelihood."""
    names = sorted({name for facts, _ in rows for fact in facts for name in fact})
    column = {name: i for i, name in enumerate(names)}
    tables = []
    for facts, found in rows:
        table = np.zeros((len(facts), len(names)))
        for i, fact in enumerate(facts):
            for name, value in fact.items():
                table[i, column[name]] = value
        tables.append((table, found > 0))
    w, speed = np.zeros(len(names)), np.zeros(len(names))
    for step in range(400):
        gradient = -PENALTY * w / len(tables)
        for table, found in tables:
            scores = table @ w
            chance = np.exp(scores - scores.max())
            right = chance * found
            gradient += (right / right.sum() - chance / chance.sum()) @ table / len(tables)
        speed = 0.9 * speed + gradient
        w += (1.0 if step < 300 else 0.3) * speed
    return {name: round(float(value), 3) for name, value in zip(names, w, strict=True)}


def ranks(parts: list[Sample]) -> None:
    """Print at which rank the true operation is among the ideas, by kind."""
    found: dict[str, list[int]] = defaultdict(list)
    for part, truth in questions(parts):
        caption = read_caption(part.descriptions[-1])
        ideas = thought(caption, truth.given, type(truth.operation))
        judge = Judge.of(caption, truth.given)
        worth = [nats(facts_of(judge, truth.given, idea)) for idea in ideas]
        order = sorted(range(len(ideas)), key=lambda i: -worth[i])
        hit = hits(truth, [ideas[i] for i in order], first=True)
        found[truth.kind].append(int(hit.argmax()) + 1 if hit.any() else 0)
    for kind, all_ranks in found.items():
        shares = [np.mean([0 < rank <= most for rank in all_ranks]) for most in (1, 3, 10, 10**6)]
        told = ", ".join(f"{share:.3f}" for share in shares)
        print(f"{kind}: {len(all_ranks)} questions, hit@1, 3, 10, any: {told}")
    macro = np.mean([np.mean([0 < r <= 3 for r in found[kind]]) for kind in MACRO])
    print(f"hit@3, macro: {macro:.3f}")


def trusted(parts: list[Sample]) -> None:
    """Print how much likelier a caption is right, by how it fits what is given (`trust.py`)."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for part, other in zip(parts, [*parts[1:], parts[0]], strict=True):
        for given in range(1, min(len(part.sequence), 7)):
            for right, said in ((True, part), (False, other)):
                caption = read_caption(said.descriptions[-1])
                counts[right][fit_of(caption, truncate(part.sequence, given))] += 1
    for name in counts[True] | counts[False]:
        right, wrong = (((counts[r][name] + 0.5) / counts[r].total()) for r in (True, False))
        print(f"{name}: {counts[True][name]} and {counts[False][name]}, {log(right / wrong):.2f}")


def dictate_again(folders: list[Path], split: str, most: int) -> None:
    """Print the IoU of parts that are dictated with every dimension and made from that alone.

    Those of which no words tell have 0, and are told by the kinds that they have beside sketches
    and extrudes. Fillets and chamfers are made by the CAD kernel, for at most a minute each part;
    parts that cannot be compared so have 0 as well.
    """
    every = [one for folder in folders for one in read_samples(folder) if isinstance(one, Sample)]
    parts = [one.sequence for one in every if one.split == split and not one.unsupported]
    parts = sorted(parts, key=lambda part: hash64(f"words {part.id}"))[:most]
    found, without = [], Counter[str]()
    with Kernel() as kernel:
        for part in parts:
            said = dictate(part)
            again = Words.of(said).parts(CadSequence(()), most=1) if said is not None else ()
            try:
                both = [solid(handed(one, kernel)) for one in (part, *again)]
                found.append(iou(*both) if again else 0.0)
            except CadCompleteError as error:
                found.append(0.0)
                print(f"{part.id}: not compared: {error}", flush=True)
            if not again:
                kinds = {type(operation).__name__ for operation in part.operations}
                without[", ".join(sorted(kinds - {"Sketch", "Extrude"})) or "an extrude"] += 1
    whole = sum(one > 0.99 for one in found)
    print(f"{len(found)} parts, mean IoU {np.mean(found):.3f}, {whole} of .99; without words:")
    print(without)


def main() -> None:
    """Fit, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=400)
    parser.add_argument("--whole", action="store_true", help="fit only what finished parts have")
    parser.add_argument("--trust", action="store_true", help="tell what a fit is worth")
    parser.add_argument("--check", default="", help="tell ranks on this split")
    parser.add_argument("--dictated", default="", help="tell what dictating gives on this split")
    asked = parser.parse_args()
    if asked.dictated:
        dictate_again(asked.folders, asked.dictated, asked.most)
        return
    if asked.check:
        ranks(samples(asked.folders, asked.check, asked.most))
        return
    parts = samples(asked.folders, "train", 4 * asked.most)
    if asked.trust:
        trusted(parts)
        return
    if asked.whole:
        known = json.loads(FILE.read_text(encoding="utf-8"))
        told = known["fitted on"]
        found = {n: v for n, v in known["nats"].items() if not n.startswith("whole")}
    else:
        rows = list(collected(parts[: asked.most]))
        told, found = f"{len(rows)} questions of the training split", fitted(rows)
    found |= fitted(list(beginnings(parts)))
    document = {"fitted on": told, "nats": dict(sorted(found.items()))}
    FILE.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"{told}; {FILE}")


if __name__ == "__main__":
    main()
