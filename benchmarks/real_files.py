"""Build every file of a data set with a manifest and compare the volumes; list each exception."""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cadcomplete import readers
from cadcomplete.errors import CadCompleteError
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.report import Report
from cadcomplete.language.lines import decode, encode


def manifest(folder: Path) -> Iterator[tuple[Path, float]]:
    """The files of a data set and the volumes (mm³) that they should have."""
    with (folder / "MANIFEST.csv").open() as file:
        for row in csv.DictReader(file):
            name = f"{row['shard']}/{row['id']}" if "shard" in row else row["id"]
            yield folder / "json" / f"{name}.json", float(row["volume_m3"]) * 1e9


def problem_of(report: Report | CadCompleteError, wanted: float) -> str:
    """What is wrong with a part, or "" if it has the volume that it should have (mm³)."""
    if isinstance(report, CadCompleteError):
        return str(report)
    if report.problems or report.measures is None:
        return report.problems[0]
    off = abs(report.measures.volume / wanted - 1)
    return f"volume off by {off:.2g}" if off > 1e-3 else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--text", action="store_true", help="build from the text of each history")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for a part")
    args = parser.parse_args()
    with Kernel(workers=os.cpu_count() or 1, time_limit=args.limit) as kernel:
        for folder in args.folders:
            started, counts = time.monotonic(), Counter()
            sequences = [(p, v, readers.read(p).sequence) for p, v in manifest(folder)]
            if args.text:
                sequences = [(p, v, decode(encode(s).text)) for p, v, s in sequences]
            reports = kernel.map(examine, (sequence for _, _, sequence in sequences))
            for (path, wanted, _), report in zip(sequences, reports, strict=True):
                problem = problem_of(report, wanted)
                counts["failed" if problem else "good"] += 1
                if problem:
                    print(f"{path.stem}: {problem}", flush=True)
            total = sum(counts.values())
            print(
                f"{folder.name}: {counts['good']} of {total} build to the volume of the manifest "
                f"({100 * counts['good'] / total:.2f} %), {time.monotonic() - started:.0f} s"
            )


if __name__ == "__main__":
    main()
