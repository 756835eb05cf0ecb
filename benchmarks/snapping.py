"""Whether snapping raises hits and exact dimensions of next operations, or breaks right ones.

`ask` lets the shipped model answer at cuts of held-out parts, nothing shown, and keeps what it
says; `show` snaps that by several rules and compares, question by question. ::

    .venv/bin/python benchmarks/snapping.py ask answers.jsonl runs/out/data/fusion360 --most 60
    .venv/bin/python benchmarks/snapping.py show answers.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.engine import shipped_model
from cadcomplete.completion.snapping import Snap, numbers_of, snapped, snapping_of
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.geometry import Array
from cadcomplete.history.reach import numbered
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode, encode
from cadcomplete.metrics.parameters import EXACT, exact_dimensions
from cadcomplete.metrics.targets import HIT, target
from cadcomplete.predictions import Case


def held_out(folder: Path, most: int) -> list[CadSequence]:
    """Parts of the validation split, in numbers, in the order of their hashes."""
    samples = (s for s in read_samples(folder) if isinstance(s, Sample))
    parts = [s.sequence for s in samples if s.split == "validation" and not s.unsupported]
    return sorted(parts, key=lambda part: hash64(f"snap {folder.name} {part.id}"))[:most]


def ask(out: Path, folders: list[Path], most: int, cuts: int) -> None:
    """Write a line of JSON for each question: the part, what is given, and the answers' texts."""
    with Kernel(workers=1, time_limit=20) as kernel, out.open("a", encoding="utf-8") as file:
        completer = ByModel(shipped_model(), kernel)
        for part in (part for folder in folders for part in held_out(folder, most)):
            try:
                whole = numbered(part)
            except CadCompleteError as error:
                print(f"{part.id}: left out: {error}")
                continue
            chosen = sorted(range(1, len(whole)), key=lambda keep: hash64(f"{part.id} {keep}"))
            for keep in chosen[:cuts]:
                given = truncate(whole, keep)
                try:
                    reading = completer.read(Case(part.id, given), until="built")
                    answers = list(completer.next(reading, n=5))
                except CadCompleteError as error:
                    print(f"{part.id} {keep}: left out: {error}")
                    continue
                told = [[encode(one.sequence).text, one.score, one.source] for one in answers]
                row = {"part": encode(whole).text, "id": part.id, "keep": keep, "answers": told}
                file.write(json.dumps(row) + "\n")
                file.flush()


RULES = {
    "as it is": 0.0,
    ".1 %": 0.001,
    ".5 %": 0.005,
    "1 %": 0.01,
    "2 %": 0.02,
    "5 %": 0.05,
    "7.5 %": 0.075,
}
"""By how much of a number it may be moved."""


def show(answers: Path) -> None:
    """Print for each rule: hits among the first 1 and 3, exact dimensions of these, what moved."""
    rows = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    truths = [target(decode(row["part"]), row["keep"]) for row in rows]
    usable = [(row, truth) for row, truth in zip(rows, truths, strict=True) if not truth.excluded]
    print(f"{len(rows)} questions, {len(usable)} can be hit")
    usual: list[bool] = []
    for name, share in RULES.items():
        counts: Counter[str] = Counter()
        hits: list[bool] = []
        for row, truth in usable:
            hits.append(_row(row, truth, share, counts))
        gained = sum(new and not old for new, old in zip(hits, usual or hits, strict=True))
        lost = sum(old and not new for new, old in zip(hits, usual or hits, strict=True))
        usual = usual or hits
        exact = f"{counts['exact']} of {counts['dimensions']}"
        moved = f"{counts['moved']} of {counts['answers']} answers moved, {counts['snaps']} numbers"
        print(f"{name:9} hit@1 {counts['first']}, hit@3 {sum(hits)} (+{gained} -{lost}); ", end="")
        right = f"in the true part {counts['right before']} before, {counts['right after']} after"
        print(f"exact dimensions of hits {exact}; {moved}; {right}; to {dict(_to(counts))}")


def _row(row: Any, truth: Any, share: float, counts: Counter[str]) -> bool:
    """Count one question; return whether it is hit among the first three."""
    rank, known = None, np.array(list(numbers_of(decode(row["part"]))))
    for place, (text, _, source) in enumerate(row["answers"][:3], start=1):
        operation = decode(text).operations[-1]
        snaps: tuple[Snap, ...] = ()
        if share and source == "model":
            (operation,), snaps = snapped((operation,), snapping_of(truth.given, share))
        counts["answers"] += 1
        counts["moved"] += bool(snaps)
        counts["snaps"] += len(snaps)
        counts.update(f"to {snap.to}" for snap in snaps)
        for snap in snaps:
            counts["right before"] += _stands(snap.was, known)
            counts["right after"] += _stands(snap.now, known)
        if rank is None and truth.overlap(operation) >= HIT:
            rank = place
            right, of = exact_dimensions(truth, operation) or (0, 0)
            counts.update(exact=right, dimensions=of, first=int(place == 1))
    return rank is not None


def _stands(value: float, numbers: Array) -> bool:
    """Whether a length, or half of it, is one of the whole true part."""
    return bool(min(np.abs(numbers - value).min(), np.abs(numbers - value / 2).min()) <= EXACT)


def _to(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    return ((name[3:], count) for name, count in counts.items() if name.startswith("to "))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=("ask", "show"))
    parser.add_argument("answers", type=Path)
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--most", type=int, default=60, help="parts of each folder")
    parser.add_argument("--cuts", type=int, default=2, help="questions of each part")
    asked = parser.parse_args()
    if asked.what == "ask":
        ask(asked.answers, asked.data, asked.most, asked.cuts)
    else:
        show(asked.answers)


if __name__ == "__main__":
    main()
