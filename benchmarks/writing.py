"""Write real parts as scripts, run those in their library, and read them back.

Takes folders of histories (one with `steps.jsonl.xz` is read like `data/freecad`), and the Python
of an environment that has the library. Prints how many scripts make the same solid, in volume and
centre, and how many are read back to the same one; and what the others fail on. What has been found
of a part stands in `DIALECT.jsonl` at once; a later call goes on from there.
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
    """A part: its history, what it measures, its script, and what became of that.

    `left` says why there is no script of it; `ran` and `read` what is wrong with one.
    """

    id: str
    sequence: CadSequence
    measures: Measures | None = None
    path: Path = Path()
    left: str = ""
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


def chosen(
    folders: list[Path], most: int, only: list[str], having: list[str]
) -> list[tuple[str, CadSequence]]:
    """Return so many parts of each folder that have something to build, evenly spread.

    With `having` only those that have an operation of any of these kinds.
    """
    found = []
    for folder in folders:
        known = [(name, s) for name, s in histories(folder) if any(o.builds for o in s.operations)]
        known = [one for one in known if not only or one[0] in only]
        known = [one for one in known if not having or set(having) & set(kinds(one[1]))]
        step = max(len(known) / most, 1.0)
        found += [known[int(i * step)] for i in range(min(most, len(known)))]
    return found


def write(part: Written, dialect: str, kernel: Kernel) -> None:
    """Write the script of a part that can be built."""
    try:
        report = kernel.run(examine, part.sequence)
    except CadCompleteError as error:
        part.left = f"not built here: {plain(str(error))}"
        return
    if report.measures is None or not report.valid:
        part.left = "not built here"
        return
    try:
        text = kernel.run(script, part.sequence, dialect)
    except CadCompleteError as error:
        part.left = f"not written: {plain(str(error))}"
        return
    part.measures = report.measures
    part.path.write_text(text, encoding="utf-8")


def plain(text: str) -> str:
    """A message without its numbers, short."""
    return re.sub(r"-?\d+(\.\d+)?", "N", text).splitlines()[0][:110]


class Runner:
    """A process that runs scripts, one after the other; it begins anew after a hang."""

    def __init__(self, python: Path, library: str, limit: float) -> None:
        self.command = [str(python), str(Path(__file__).parent / "run_scripts.py"), library]
        self.limit = limit
        self.process: subprocess.Popen[str] | None = None

    def run(self, part: Written) -> None:
        limit = self.limit
        if self.process is None or self.process.poll() is not None:
            pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
            self.process = subprocess.Popen(
                self.command, stdin=pipe, stdout=pipe, text=True, stderr=nowhere
            )
            limit += 60.0  # importing takes seconds
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{part.path.resolve()}\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], limit)[0]:
            self.close()
            part.ran = "took too long"
            return
        line = self.process.stdout.readline()
        part.ran = verdict(json.loads(line), part.measures) if line else "crashed"

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def verdict(answer: dict[str, Any], measures: Any) -> str:
    """What is wrong with what a script made, or ""."""
    if "error" in answer:
        return plain(answer["error"])
    return compared(answer["volume"], answer["center"], measures)


def compared(volume: float, center: Any, measures: Any) -> str:
    if abs(volume / measures.volume - 1) > CLOSE:
        return "volume differs"
    off = math.dist(center, measures.center_of_mass)
    return "centre differs" if off > NEAR * measures.bounding_box.diagonal else ""


def read_back(part: Written, kernel: Kernel) -> None:
    """Read what was written, and compare what is built with what was."""
    try:
        sequence = readers.read(part.path).sequence
        if sequence.rest:
            part.read = f"not known: {plain(', '.join(sequence.unsupported))}"
            return
        report = kernel.run(examine, sequence)
    except CadCompleteError as error:
        part.read = f"not read: {plain(str(error))}"
        return
    made = report.measures
    if made is None or not report.valid:
        part.read = f"not built: {plain(report.problems[0])}"
        return
    same = kinds(sequence) == kinds(part.sequence)
    part.read = compared(made.volume, made.center_of_mass, part.measures) or (
        "" if same else "same solid, other operations"
    )


def kinds(sequence: CadSequence) -> list[str]:
    return [type(op).__name__ for op in sequence.operations if op.builds]


def table(title: str, verdicts: list[str], right: str) -> None:
    print(f"\n{title}")
    total = len(verdicts) or 1
    for reason, count in Counter(v or right for v in verdicts).most_common():
        print(f"{count:6d}  {100 * count / total:5.1f} %  {reason}")


def options(description: str | None, limit: float, out: Path) -> argparse.ArgumentParser:
    """Return what all that write and run parts are asked; `limit` is for one part, in seconds."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--most", type=int, default=20, help="parts of each folder")
    parser.add_argument("--only", nargs="+", default=[], help="parts by their names")
    parser.add_argument("--having", nargs="+", default=[], help="parts with any: Hole, Fillet …")
    parser.add_argument("--limit", type=float, default=limit, help="seconds for a part")
    parser.add_argument("-o", "--out", type=Path, default=out)
    parser.add_argument("-v", "--verbose", action="store_true", help="name each that fails")
    return parser


def told(parts: list[Written], ran: str, *, verbose: bool) -> None:
    """Print what became of parts; `ran` is who ran them, "" for nobody."""
    written = [part for part in parts if not part.left]
    print(f"{len(parts)} parts, {len(written)} written")
    for reason, count in Counter(part.left for part in parts if part.left).most_common():
        print(f"{count:6d}  {reason}")
    if ran:
        table(f"run by {ran}", [part.ran for part in written], "the same solid")
    table("read back", [part.read for part in written], "the same solid and operations")
    for part in parts if verbose else []:
        if part.left or part.ran or part.read:
            print(f"{part.path}: {part.left or '-'} | {part.ran or '-'} | {part.read or '-'}")


def main() -> None:
    parser = options(__doc__, 60.0, Path("runs/out/writing"))
    parser.add_argument("--dialect", default="build123d")
    parser.add_argument("--python", type=Path, help="of an environment that has the library")
    args = parser.parse_args()
    started = time.monotonic()
    folder, log = args.out / args.dialect, args.out / f"{args.dialect}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    known = {row["id"]: row for row in map(json.loads, lines)}
    runner = Runner(args.python, args.dialect, args.limit) if args.python else None
    parts = []
    with Kernel(time_limit=60.0) as kernel:
        for name, sequence in chosen(args.folders, args.most, args.only, args.having):
            part = Written(name, sequence, path=folder / f"{name}.py")
            parts.append(part)
            if name in known:
                part.left, part.ran, part.read = (known[name][k] for k in ("left", "ran", "read"))
                continue
            write(part, args.dialect, kernel)
            if not part.left:
                if runner is not None:
                    runner.run(part)
                read_back(part, kernel)
            row = {"id": name, "left": part.left, "ran": part.ran, "read": part.read}
            with log.open("a", encoding="utf-8") as file:
                print(json.dumps(row), file=file)
    if runner is not None:
        runner.close()
    told(parts, args.dialect if args.python else "", verbose=args.verbose)
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
