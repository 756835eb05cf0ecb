"""Write real parts as FreeCAD files, let FreeCAD recompute them, and read them back.

Takes folders as `writing.py` does, and the command of FreeCAD without a window. Prints how many
files recompute without an error to the same volume and centre, how many are read back to the same
operations, and what the others fail on; parts that a Body cannot say are counted by their reason.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import json
import os
import subprocess
import time
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


def write(part: writing.Written, kernel: Kernel) -> None:
    """Write the file of a part that can be built, if a Body can say it."""
    report = kernel.run(examine, part.sequence)
    if report.measures is None or not report.valid:
        part.left = "not built here"
        return
    try:
        kernel.run(convert, readers.from_sequence(part.sequence), part.path)
    except CadCompleteError as error:
        part.left = f"not written: {writing.plain(str(error))}"
    part.measures = report.measures


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
    parser = writing.options(__doc__, 20.0, Path("runs/out/writing/freecad"))
    parser.add_argument("--freecad", type=Path, help="FreeCAD without a window: freecadcmd")
    args = parser.parse_args()
    started = time.monotonic()
    args.out.mkdir(parents=True, exist_ok=True)
    parts = [
        writing.Written(name, sequence, path=args.out / f"{name}.FCStd")
        for name, sequence in writing.chosen(args.folders, args.most, args.only, args.having)
    ]
    with Kernel(time_limit=60.0) as kernel:
        for part in parts:
            write(part, kernel)
        written = [part for part in parts if not part.left]
        if args.freecad and written:
            recompute(written, args.freecad, args.limit)
        for part in written:
            writing.read_back(part, kernel)
    writing.told(parts, "FreeCAD" if args.freecad else "", verbose=args.verbose)
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
