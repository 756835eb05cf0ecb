"""Write the FreeCAD bodies of `data/freecad` as a folder that `cadcomplete prepare` reads.

Each body is a file of our own format, named by the repository it comes from, with its licence;
what is not known here ends it (`unknown`). Labels that say something become captions. ::

    python benchmarks/freecad_data.py ../shared/data/freecad FOLDER
    cadcomplete prepare FOLDER runs/out/data/freecad --validation 0.14 --test 0.2

The shares are those of repositories: of each split they leave bodies of some, and the largest one,
half of all bodies, trains.

With `--licences` only bodies under one of them are written: `--licences free` means those under
which weights may be given to everybody.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from freecad import Known, bodies

from cadcomplete.files import write_text
from cadcomplete.readers import from_sequence

FREE = ("MIT", "Unlicense", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "CC-BY-4.0", "ISC")
"""Licences that ask for no more than a notice."""

LEAST = 2
"""Operations of a part that something can be asked about: a sketch and what builds."""

_PLAIN = str.maketrans("/ _", "---")
"""The last underscore of a name ends that of its source design."""


def written(folder: Path) -> Iterator[tuple[str, Known, dict[str, str]]]:
    """Yield the name of the file of each body, the body, and its line of the manifest."""
    with (folder / "MANIFEST.csv").open(newline="", encoding="utf-8") as lines:
        known = {f"{row['sha1'][:10]} {row['body']}": row for row in csv.DictReader(lines)}
    for body in bodies(folder):
        row = known[body.id]
        project, own = (text.translate(_PLAIN) for text in (row["repo"], body.id))
        yield f"freecad-{project}_{own}", body, row


def document(name: str, body: Known, row: dict[str, str]) -> str:
    """Return the text of the file of a body, with where it comes from and its licence."""
    made = from_sequence(replace(body.sequence, id=name))
    told = {key: row[key] for key in ("licence", "repo", "commit", "path", "body")}
    return replace(made, raw={**told, **made.raw}).dump()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--licences", nargs="+", default=(), help=f"or free: {', '.join(FREE)}")
    asked = parser.parse_args()
    wanted = {*asked.licences, *(FREE if "free" in asked.licences else ())}
    counts: Counter[str] = Counter()
    captions = []
    for name, body, row in written(asked.folder):
        if wanted and row["licence"] not in wanted:
            counts["of another licence"] += 1
            continue
        if len(body.sequence) < LEAST:
            counts[f"less than {LEAST} operations are known: {body.ends_with}"] += 1
            continue
        write_text(asked.target / "json" / f"{name}.json", document(name, body, row))
        counts["written" + (", up to what is not known" if body.ends_with else "")] += 1
        if body.caption:
            captions.append({"id": name, "text caption": body.caption})
        print(f"\r{sum(counts.values())} bodies", end="", flush=True)
    write_text(asked.target / "txt" / "labels.json", json.dumps(captions, indent=0))
    print(f"\r{len(captions)} captions; bodies:")
    for reason, count in counts.most_common():
        print(f"{count:6d}  {reason}")


if __name__ == "__main__":
    main()
