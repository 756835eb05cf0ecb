"""Write real parts as scripts, run those in their library, and read them back.

Takes folders of histories (one with `steps.jsonl.xz` is read like `data/freecad`), and the Python
of an environment that has the library. Prints how many scripts make the same solid, in volume and
centre, and how many are read back to the same one; and what the others fail on.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import re
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cadcomplete import readers
from cadcomplete.errors import CadCompleteError
from cadcomplete.exporters.scripts import script
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.measure import Measures

CLOSE, NEAR = 1e-6, 1e-5
"""Share by which a volume may be off, and of the diagonal of the part by which a centre may."""

KINDS = (".json", ".lines", ".json.gz")


@dataclass
class Written:
    """A part: its history, what it measures, its script, and what became of that."""

    id: str
    sequence: CadSequence
    measures: Measures
    path: Path
    ran: str = ""
    read: str = ""


def histories(folder: Path) -> Iterator[tuple[str, CadSequence]]:
    """Yield the histories of a folder, as far as they are known."""
    if (folder / "steps.jsonl.xz").exists():
        spec = importlib.util.spec_from_file_location(
            "bodies", Path(__file__).parent / "freecad.py"
        )
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["bodies"] = module
        spec.loader.exec_module(module)
        for body in module.bodies(folder):
            yield body.id.replace(" ", "_"), body.sequence.known
        return
    for path in sorted(p for p in folder.rglob("*") if p.name.endswith(KINDS)):
        try:
            yield path.name.partition(".")[0], readers.read(path).sequence.known
        except CadCompleteError:
            continue


def chosen(folders: list[Path], most: int, only: list[str]) -> list[tuple[str, CadSequence]]:
    """Return so many parts of each folder that have something to build, evenly spread."""
    found = []
    for folder in folders:
        known = [(name, s) for name, s in histories(folder) if any(o.builds for o in s.operations)]
        known = [one for one in known if not only or one[0] in only]
        step = max(len(known) / most, 1.0)
        found += [known[int(i * step)] for i in range(min(most, len(known)))]
    return found


def write(
    parts: list[tuple[str, CadSequence]],
    dialect: str,
    out: Path,
    kernel: Kernel,
    reasons: Counter[str],
) -> list[Written]:
    """Write the scripts of parts that can be built."""
    written = []
    out.mkdir(parents=True, exist_ok=True)
    reports = list(kernel.map(examine, [sequence for _, sequence in parts]))
    for (name, sequence), report in zip(parts, reports, strict=True):
        if isinstance(report, CadCompleteError) or report.measures is None or not report.valid:
            reasons["not built here"] += 1
            continue
        try:
            text = kernel.run(script, sequence, dialect)
        except CadCompleteError as error:
            reasons[f"not written: {plain(str(error))}"] += 1
            continue
        path = out / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        written.append(Written(name, sequence, report.measures, path))
    return written


def plain(text: str) -> str:
    """A message without its numbers, short."""
    return re.sub(r"-?\d+(\.\d+)?", "N", text).splitlines()[0][:110]


def run(written: list[Written], python: Path, library: str, limit: float) -> None:
    """Run the scripts, one after the other, in a process that begins anew after a hang."""
    command = [str(python), str(Path(__file__).parent / "run_scripts.py"), library]
    process = None
    for part in written:
        if process is None or process.poll() is not None:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                stderr=subprocess.DEVNULL,
            )
            limit_now = limit + 60.0  # importing takes seconds
        else:
            limit_now = limit
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(f"{part.path}\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], limit_now)[0]:
            process.kill()
            process.wait()
            part.ran = "took too long"
            continue
        line = process.stdout.readline()
        part.ran = verdict(json.loads(line), part.measures) if line else "crashed"
    if process is not None:
        process.kill()
        process.wait()


def verdict(answer: dict[str, Any], measures: Measures) -> str:
    """What is wrong with what a script made, or ""."""
    if "error" in answer:
        return plain(answer["error"])
    return compared(answer["volume"], answer["center"], measures)


def compared(volume: float, center: Any, measures: Measures) -> str:
    if abs(volume / measures.volume - 1) > CLOSE:
        return "volume differs"
    off = math.dist(center, measures.center_of_mass)
    return "centre differs" if off > NEAR * measures.bounding_box.diagonal else ""


def read_back(written: list[Written], kernel: Kernel) -> None:
    """Read the scripts, and compare what is built with what was."""
    for part in written:
        try:
            sequence = readers.read(part.path).sequence
        except CadCompleteError as error:
            part.read = f"not read: {plain(str(error))}"
            continue
        if sequence.rest:
            part.read = f"not known: {plain(', '.join(sequence.unsupported))}"
            continue
        try:
            report = kernel.run(examine, sequence)
        except CadCompleteError as error:
            part.read = type(error).__name__
            continue
        made = report.measures
        if made is None or not report.valid:
            part.read = f"not built: {plain(report.problems[0])}"
            continue
        part.read = compared(made.volume, made.center_of_mass, part.measures) or (
            "" if kinds(sequence) == kinds(part.sequence) else "same solid, other operations"
        )


def kinds(sequence: CadSequence) -> list[str]:
    return [type(op).__name__ for op in sequence.operations if op.builds]


def table(title: str, verdicts: list[str], right: str) -> None:
    print(f"\n{title}")
    total = len(verdicts) or 1
    for reason, count in Counter(v or right for v in verdicts).most_common():
        print(f"{count:6d}  {100 * count / total:5.1f} %  {reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--dialect", default="build123d")
    parser.add_argument("--python", type=Path, help="of an environment that has the library")
    parser.add_argument("--most", type=int, default=20, help="parts of each folder")
    parser.add_argument("--only", nargs="+", default=[], help="parts by their names")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for a script")
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/out/writing"))
    parser.add_argument("-v", "--verbose", action="store_true", help="name each that fails")
    args = parser.parse_args()
    started = time.monotonic()
    reasons: Counter[str] = Counter()
    parts = chosen(args.folders, args.most, args.only)
    with Kernel(time_limit=60.0) as kernel:
        written = write(parts, args.dialect, args.out / args.dialect, kernel, reasons)
        if args.python:
            run(written, args.python, args.dialect, args.limit)
        read_back(written, kernel)
    print(f"{len(parts)} parts, {len(written)} written as {args.dialect}")
    for reason, count in reasons.most_common():
        print(f"{count:6d}  {reason}")
    if args.python:
        table("run in the library", [part.ran for part in written], "the same solid")
    table("read back", [part.read for part in written], "the same solid and operations")
    for part in written if args.verbose else []:
        if part.ran or part.read:
            print(f"{part.path}: {part.ran or '-'} | {part.read or '-'}")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
