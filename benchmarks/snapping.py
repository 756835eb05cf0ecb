"""Whether snapping raises hits and exact dimensions of next operations, or breaks right ones.

`ask` lets the shipped model answer at cuts of held-out parts, nothing shown, and keeps what it
says; `show` snaps that by several rules and compares, question by question. ::

    .venv/bin/python benchmarks/snapping.py ask answers.jsonl runs/out/data/fusion360 --most 60
    .venv/bin/python benchmarks/snapping.py show answers.jsonl
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.engine import shipped_model
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.reach import numbered
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import encode
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


if __name__ == "__main__":
    main()
