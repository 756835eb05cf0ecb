"""Golden values: what a change that moves code must leave as it is, byte for byte.

Of every real file: its texts, their tokens, its volume and its box; of some beginnings of parts,
nothing shown and with a cloud: what is proposed, and each score. Before the change it is written to
a file, after it compared::

    data="../shared/data/omnicad ../shared/data/fusion360"
    .venv/bin/python benchmarks/golden.py $data -o before
    .venv/bin/python benchmarks/golden.py $data -o after --against before

Floats are written as they are, all digits; texts and tokens by their SHA-256.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cadcomplete import readers
from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.completion.engine import complete, shipped_model
from cadcomplete.data.samples import find, hash64
from cadcomplete.errors import CadCompleteError
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.language.lines import encode
from cadcomplete.meshes.manifolds import mesh_of, solid

CASES = 20
"""Beginnings of parts that are completed."""

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "parts"


def texts(sequences: Sequence[tuple[str, CadSequence]]) -> Iterator[str]:
    """Yield a line for each history: its text in every format and its tokens."""
    tokenizer = shipped_model().tokenizer
    for name, sequence in sequences:
        for text_format in FORMATS:
            try:
                text = encode(sequence, text_format=text_format).text
                told = f"{digest(text)} {digest(str(tokenizer.ids([text])))}"
            except CadCompleteError as error:
                told = f"refused: {error}"
            yield f"text {name} {text_format} {told}"


def solids(sequences: Sequence[tuple[str, CadSequence]], kernel: Kernel) -> Iterator[str]:
    """Yield a line for each history: volume and box of its solid, or why there is none."""
    reports = kernel.map(examine, (sequence for _, sequence in sequences))
    for (name, _), report in zip(sequences, reports, strict=True):
        if isinstance(report, CadCompleteError):
            yield f"solid {name} {report}"
        else:
            measures = report.measures
            told = "none" if measures is None else f"{measures.volume!r} {measures.bounding_box!r}"
            yield f"solid {name} {told} {'; '.join(report.problems)}"


def proposals(count: int, kernel: Kernel) -> Iterator[str]:
    """Yield a line for each proposal at some cuts of the example parts, and its score."""
    parts = [readers.read(path) for path in sorted(EXAMPLES.glob("*.json"))]
    cuts = [(part, keep) for part in parts for keep in range(len(part.sequence) + 1)]
    cuts.sort(key=lambda cut: hash64(f"golden {cut[0].sequence.id} {cut[1]}"))
    for number, (part, keep) in enumerate(cuts[:count]):
        cloud = sample_cloud(mesh_of(solid(part.sequence)), 2048) if number % 2 else None
        for only_next in (False, True):
            found = complete(
                part,
                keep=keep,
                points=cloud,
                only_next=only_next,
                n=3,
                seed=number,
                kernel=kernel,
            )
            case = f"{part.sequence.id} {keep} {'next' if only_next else 'whole'}"
            yield f"case {case} {found.finished!r} {found.as_it_is!r}"
            for answer in found.completions:
                yield f"proposal {case} {answer.score!r} {answer.text!r}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def histories(folders: Sequence[Path], most: int | None) -> list[tuple[str, CadSequence]]:
    """Every history of the folders, or `most` of each."""
    found = []
    for folder in folders:
        paths = sorted((path for path, _ in find(folder)), key=lambda path: hash64(path.stem))
        for path in paths[:most]:
            try:
                found.append((path.stem, readers.read(path).sequence))
            except CadCompleteError as error:
                print(f"{path.name}: {error}", file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, help="data sets with json/")
    parser.add_argument("--most", type=int, help="files of each folder, at random; default all")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--against", type=Path, help="golden values of before")
    args = parser.parse_args()
    started = time.monotonic()
    sequences = histories(args.folders, args.most)
    with Kernel(workers=2, time_limit=600.0) as kernel, args.out.open("w") as file:
        for lines in (
            texts(sequences),
            solids(sequences, kernel),
            proposals(args.cases, kernel),
        ):
            for line in lines:
                print(line, file=file, flush=True)
    now = args.out.read_text().splitlines()
    print(f"{len(now)} values, {time.monotonic() - started:.0f} s")
    if args.against is not None:
        before = args.against.read_text().splitlines()
        changed = sorted(set(now).symmetric_difference(before))
        print("\n".join(changed[:20]))
        print(f"{len(changed)} of {len(before)} differ")
        sys.exit(bool(changed) or now != before)


if __name__ == "__main__":
    main()
