"""Write real parts as FreeCAD files, let FreeCAD recompute them, and read them back.

Takes folders as `writing.py` does, and the command of FreeCAD without a window. Prints how many
files recompute without an error to the same volume and centre, how many are read back to the same
operations, and what the others fail on; parts that a Body cannot say are counted by their reason.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import writing  # beside this file
from OCP.BRep import BRep_Builder
from OCP.BRepTools import BRepTools
from OCP.TopoDS import TopoDS_Shape

from cadcomplete import readers
from cadcomplete.errors import CadCompleteError
from cadcomplete.exporters import convert
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.integrals import volume_of
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.measure import measure
from cadcomplete.kernel.solid import Solid


def write(parts: list[Any], out: Path, kernel: Kernel, reasons: Counter[str]) -> list[Any]:
    """Write the files of parts that can be built, and that a Body can say."""
    written = []
    out.mkdir(parents=True, exist_ok=True)
    for name, sequence in parts:
        report = kernel.run(examine, sequence)
        if report.measures is None or not report.valid:
            reasons["not built here"] += 1
            continue
        path = out / f"{name}.FCStd"
        try:
            kernel.run(convert, readers.from_sequence(sequence), path)
        except CadCompleteError as error:
            reasons[f"not written: {writing.plain(str(error))}"] += 1
            continue
        written.append(writing.Written(name, sequence, report.measures, path))
    return written


def recompute(written: list[Any], command: Path, limit: float) -> None:
    """Let FreeCAD recompute the files, in one process for all that it survives."""
    script = Path(__file__).parent / "recompute.py"
    left = {str(part.path): part for part in written}
    while left:
        listed = written[0].path.parent / "files.txt"
        listed.write_text("\n".join(left), encoding="utf-8")
        environment = {**os.environ, "FILES": str(listed), "QT_QPA_PLATFORM": "offscreen"}
        try:
            done = subprocess.run(
                [command, script], env=environment, capture_output=True, timeout=limit * len(left)
            )
            output = done.stdout
        except subprocess.TimeoutExpired as expired:
            output = expired.stdout or b""
        for line in output.decode("utf-8", "replace").splitlines():
            if line.startswith("ANSWER "):
                answer = json.loads(line.removeprefix("ANSWER "))
                part = left.pop(answer["path"])
                part.ran = verdict(answer, part)
        if left:  # it died, or hung, at the first that has no answer
            left.pop(next(iter(left))).ran = "crashed, or took too long"


def verdict(answer: dict[str, Any], part: Any) -> str:
    """What is wrong with what FreeCAD has made, measured as our own solids are, or ""."""
    if "error" in answer:
        return writing.plain(answer["error"])
    shape = TopoDS_Shape()
    BRepTools.Read_s(shape, f"{answer['path']}.brp", BRep_Builder())
    found = measure(Solid(shape, volume_of(shape)))
    return writing.compared(found.volume, found.center_of_mass, part.measures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--freecad", type=Path, help="FreeCAD without a window: freecadcmd")
    parser.add_argument("--most", type=int, default=20, help="parts of each folder")
    parser.add_argument("--only", nargs="+", default=[], help="parts by their names")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for a file")
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/out/writing/freecad"))
    parser.add_argument("-v", "--verbose", action="store_true", help="name each that fails")
    args = parser.parse_args()
    started = time.monotonic()
    reasons: Counter[str] = Counter()
    parts = writing.chosen(args.folders, args.most, args.only)
    with Kernel(time_limit=60.0) as kernel:
        written = write(parts, args.out, kernel, reasons)
        if args.freecad and written:
            recompute(written, args.freecad, args.limit)
        writing.read_back(written, kernel)
    print(f"{len(parts)} parts, {len(written)} written")
    for reason, count in reasons.most_common():
        print(f"{count:6d}  {reason}")
    if args.freecad:
        writing.table("recomputed by FreeCAD", [p.ran for p in written], "the same solid")
    writing.table("read back", [p.read for p in written], "the same solid and operations")
    for part in written if args.verbose else []:
        if part.ran or part.read:
            print(f"{part.path}: {part.ran or '-'} | {part.read or '-'}")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
