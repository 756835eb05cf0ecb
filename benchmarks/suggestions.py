"""Law 15 on real parts: the best is first, no two come to the same, nothing idle or in the air.

At the cuts of every part, nothing shown, whole parts and next operations are asked for as
`cadcomplete complete` does; what is found is checked by volumes and texts alone, not by what chose
it. Beside that: how good first proposals are, and how good the part is as it is. ::

    .venv/bin/python benchmarks/suggestions.py                        # the example parts
    .venv/bin/python benchmarks/suggestions.py runs/out/data/fusion360 --most 60
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from manifold3d import Manifold

from cadcomplete import readers
from cadcomplete.completion.completion import Completions
from cadcomplete.completion.engine import complete
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.operations import Extrude
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.language.lines import encode
from cadcomplete.meshes.manifolds import iou, solid, states, volume_of

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "parts"


def parts(folder: Path, split: str, most: int) -> list[CadSequence]:
    """The parts of a folder of histories, or of a split of a prepared data set."""
    found = [s for s in read_samples(folder) if isinstance(s, Sample)]
    chosen = [s.sequence for s in found if s.split in ("", split)]
    return sorted(chosen, key=lambda s: hash64(f"0 {folder.name} {s.id}"))[:most]


def violations(found: Completions, kernel: Kernel) -> Iterator[str]:
    """Yield what breaks law 15 in an answer."""
    answers, given = found.completions, found.given.sequence
    scores = [answer.score for answer in answers]
    if scores != sorted(scores, reverse=True):
        yield "a lower score before a higher one"
    if found.as_it_is is not None and any(score <= found.as_it_is for score in scores):
        yield "no better than nothing"
    flaws = [flaw(given, answer.document.sequence, kernel) for answer in answers]
    if "" in flaws or len(set(flaws)) > 1:
        yield from (f"{flaw} beside others" for flaw in flaws if flaw)
    sequences = [answer.document.sequence for answer in answers]
    for i, one in enumerate(sequences):
        for other in sequences[:i]:
            if same_effect(given, one, other):
                yield "two to the same effect"
            elif same_but_for_depth(given, one, other):
                yield "two depths of one"


def flaw(given: CadSequence, whole: CadSequence, kernel: Kernel) -> str:
    """What is wrong with an answer, by the kernel and by volumes; empty if nothing is."""
    added = whole.operations[len(given) :]
    if not any(isinstance(operation, Extrude) for operation in added):
        return ""
    report = kernel.run(examine, whole)
    if not report.valid or report.measures is None:
        return "invalid"
    volumes = [volume_of(state) for state in states(whole)]
    for number, operation in enumerate(whole.operations):
        change = abs(volumes[number + 1] - volumes[number])
        if number >= len(given) and isinstance(operation, Extrude) and change <= 1e-9 * volumes[-1]:
            return "idle"
    before = kernel.run(examine, given)
    if before.measures is not None and report.measures.bodies > before.measures.bodies:
        return "floating"
    return ""


def same_effect(given: CadSequence, one: CadSequence, other: CadSequence) -> bool:
    """Say whether two answers change the same solid alike, by volumes of differences."""
    before, a, b = solid(given), solid(one), solid(other)
    if len(a.to_mesh().tri_verts) == 0 or abs(volume_of(a) - volume_of(before)) < 1e-9:
        return encode(one).text == encode(other).text
    pairs = ((a - before, b - before), (before - a, before - b))
    if any(volume_of(x) > 0 or volume_of(y) > 0 for x, y in pairs):
        return all(iou(x, y) >= 0.96 for x, y in pairs)
    return False


def same_but_for_depth(given: CadSequence, one: CadSequence, other: CadSequence) -> bool:
    """Say whether two answers are one cut or boss of the part, to two depths, by their texts."""
    if solid(given).is_empty():
        return False
    texts = [encode(s).text[len(encode(given).text) :].strip() for s in (one, other)]
    alike = re.compile(r"extrude (cut|join) to (\S+) ([\d/ ]+)$")
    a, b = (alike.match(text) for text in texts)
    if a is None or b is None or (a[1], a[3]) != (b[1], b[3]):
        return False
    sides, through = zip(*(_depth(given, s) for s in (one, other)), strict=True)
    return sides[0] == sides[1] and through[0] == through[1]


def _depth(given: CadSequence, whole: CadSequence) -> tuple[bool, bool]:
    """Of one extrude more: whether it goes along the normal, and whether farther is the same."""
    last = whole.operations[-1]
    assert isinstance(last, Extrude)
    distance = last.extent.distance
    farther = replace(last, extent=replace(last.extent, distance=distance * 1000))
    more = solid(replace(whole, operations=(*given.operations, farther)))
    through = abs(volume_of(more) - volume_of(solid(whole))) <= 1e-6 * volume_of(more)
    return distance > 0, through


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--split", default="validation")
    parser.add_argument("--most", type=int, default=60, help="parts of each folder")
    parser.add_argument("--cuts", type=int, help="most of each part, at random; default all")
    parser.add_argument("-n", type=int, default=3, help="proposals of each")
    parser.add_argument("--out", type=Path, help="a file for one line of JSON a question")
    asked = parser.parse_args()
    folders = asked.data or [EXAMPLES]
    counts: Counter[str] = Counter()
    rows: list[dict[str, float]] = []
    with Kernel(workers=2) as kernel:
        for folder in folders:
            for number, part in enumerate(parts(folder, asked.split, asked.most), start=1):
                for row in questions(part, asked, kernel, counts):
                    rows.append(row)
                    if asked.out:
                        with asked.out.open("a") as file:
                            file.write(json.dumps(row) + "\n")
                print(f"{number} parts, {dict(counts)}", flush=True)
    table(rows)


def questions(
    part: CadSequence, asked: argparse.Namespace, kernel: Kernel, counts: Counter[str]
) -> Iterator[dict[str, float]]:
    """Ask at the cuts of a part; count what breaks the law, and yield IoUs of whole parts."""
    truth, document = solid(part), readers.from_sequence(part)
    cuts = sorted(range(len(part) + 1), key=lambda keep: hash64(f"{part.id} {keep}"))
    for keep in cuts[: asked.cuts]:
        for only_next in (False, True):
            try:
                found = complete(document, keep=keep, n=asked.n, only_next=only_next, kernel=kernel)
            except CadCompleteError as error:
                counts[f"left out: {error}"[:60]] += 1
                continue
            counts["answers"] += 1
            counts["proposals"] += len(found.completions)
            for violation in violations(found, kernel):
                counts[violation] += 1
                print(part.id, keep, "next" if only_next else "whole", violation)
            if not only_next:
                yield iou_row(part, keep, found, truth)


def iou_row(part: CadSequence, keep: int, found: Completions, truth: Manifold) -> dict[str, float]:
    as_it_is = iou(solid(truncate(part, keep)), truth)
    first = next(iter(found.completions), None)
    proposed = as_it_is if first is None else iou(solid(first.document.sequence), truth)
    return {
        "keep": keep,
        "of": len(part),
        "stop": found.finished,
        "claimed": first.score if first else found.as_it_is or 0.0,
        "silent": float(first is None),
        "as it is": as_it_is,
        "first": proposed,
        "seconds": found.seconds,
    }


def table(rows: Sequence[dict[str, float]]) -> None:
    """Print means over all cuts, unfinished ones, and those after which something may be whole."""
    kinds = {
        "all cuts": rows,
        "after the first operation": [r for r in rows if r["keep"]],
        "unfinished": [r for r in rows if r["keep"] < r["of"]],
        "finished": [r for r in rows if r["keep"] == r["of"]],
        "may be finished": [r for r in rows if r["stop"] > 0],
        "in the middle of something": [r for r in rows if r["keep"] and r["stop"] == 0],
    }
    for name, some in kinds.items():
        if some:
            means = {
                key: statistics.fmean(row[key] for row in some)
                for key in ("as it is", "first", "claimed", "silent")
            }
            told = ", ".join(f"{key} {value:.3f}" for key, value in means.items())
            print(f"{name:28} {len(some):4}: {told}")


if __name__ == "__main__":
    main()
