"""Read scripts of CadQuery and build123d, and compare each with what its library makes of it.

`--cadquery` and `--build123d` are Pythons that have the libraries; they run the scripts, which are
never run here. Prints how many are read to their end, what the others end with, and which of those
that are read have another volume or centre.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cadcomplete.errors import CadCompleteError, InputError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.readers import read

CLOSE = 1e-6
"""Share by which a volume may be off, and a centre, of the cube root of the volume."""

RUNNER = r"""
import ast, contextlib, io, json, os, signal, sys, tempfile, warnings
warnings.simplefilter("ignore")
library = sys.argv[1]
if library == "cadquery":
    import cadquery
    def measured(part):
        shapes = [s for s in part.vals() if hasattr(s, "Solids")]
        solids = [one for shape in shapes for one in shape.Solids()]
        whole = cadquery.Compound.makeCompound(solids)
        return sum(s.Volume() for s in solids), [*whole.Center().toTuple()]
    def is_part(value):
        return isinstance(value, cadquery.Workplane) and any(
            hasattr(s, "Solids") and s.Solids() for s in value.vals())
else:
    import build123d
    def measured(part):
        part = getattr(part, "part", part)
        solids = part.solids()
        volume = sum(s.volume for s in solids)
        middle = [sum(s.volume * c for s, c in zip(solids, axis)) / volume
                  for axis in zip(*([*s.center(build123d.CenterOf.MASS)] for s in solids))]
        return volume, middle
    def is_part(value):
        if isinstance(value, build123d.BuildPart):
            return value.part is not None and bool(value.part.solids())
        return isinstance(value, build123d.Shape) and bool(value.solids())
def assigned(body):  # names in the order in which they get their last value
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        for part in ("body", "orelse", "handlers", "finalbody"):
            yield from assigned(getattr(node, part, []))
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        targets += [item.optional_vars for item in getattr(node, "items", [])]
        yield from (target.id for target in targets if isinstance(target, ast.Name))
def made(path):
    shown = []
    outputs = ("show_object", "show", "show_all", "debug")
    names = {name: lambda *a, **k: shown.extend(a[:1]) for name in outputs}
    names |= {"__name__": "__main__", "__file__": path}
    tree = ast.parse(open(path, encoding="utf-8").read())
    exec(compile(tree, path, "exec"), names)
    last = [*assigned(tree.body)]
    parts = shown[-1:] + [names[name] for name in reversed(last) if name in names]
    return next(part for part in parts if is_part(part))
for path in sys.argv[2:]:
    signal.alarm(120)
    path = os.path.abspath(path)
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), \
                contextlib.redirect_stdout(io.StringIO()):
            volume, center = measured(made(path))
        answer = {"volume": volume, "center": center}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {str(error)[:100]}"}
    print(json.dumps([path, answer]), flush=True)
"""

Json = dict[str, Any]


@dataclass(frozen=True)
class Script:
    """A script, and what is read of it: nothing if it is refused."""

    path: Path
    library: str
    sequence: CadSequence | None
    refused: str = ""

    @property
    def ends_with(self) -> str:
        """Why it is not read to its end, or ""."""
        return self.refused or ", ".join(self.unsupported)

    @property
    def unsupported(self) -> tuple[str, ...]:
        return () if self.sequence is None else self.sequence.unsupported


def script(path: Path) -> Script:
    text = path.read_text(encoding="utf-8", errors="replace")
    library = "cadquery" if "cadquery" in text else "build123d"
    try:
        return Script(path, library, read(path).sequence)
    except InputError as error:
        return Script(path, library, None, str(error).split(": ", 1)[-1])


def run_in(python: str, library: str, scripts: list[Script]) -> dict[Path, Json]:
    """Run scripts in a library, and return volume and centre, or the error, of each."""
    found: dict[Path, Json] = {}
    paths = [str(one.path) for one in scripts if one.library == library]
    command = [python, "-c", RUNNER, library, *paths]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            path, answer = json.loads(line)
            found[Path(path)] = answer
    return found


def difference(kernel: Kernel, read_: Script, truth: Json) -> str:
    """Say in what a script that was read differs from what its library makes, or ""."""
    assert read_.sequence is not None
    try:
        report = kernel.run(examine, read_.sequence)
    except CadCompleteError as error:
        return str(error)
    measures = report.measures
    if measures is None or report.problems:
        return f"builds nothing: {'; '.join(report.problems[:1])}"
    volume, size = truth["volume"], abs(truth["volume"]) ** (1 / 3)
    if abs(measures.volume - volume) > CLOSE * abs(volume):
        return f"volume {measures.volume:.6f}, not {volume:.6f}"
    off = math.dist(measures.center_of_mass, truth["center"]) / size
    return "" if off <= CLOSE else f"centre {measures.center_of_mass}, not {truth['center']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cadquery", help="a Python that has cadquery")
    parser.add_argument("--build123d", help="a Python that has build123d")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every script")
    args = parser.parse_args()
    scripts = [script(path) for path in sorted(args.folder.resolve().glob("**/*.py"))]
    truths: dict[Path, Json] = {}
    for library, python in (("cadquery", args.cadquery), ("build123d", args.build123d)):
        if python:
            truths |= run_in(python, library, scripts)
    whole = [one for one in scripts if not one.ends_with]
    equal, wrong, alone = [], [], []
    with Kernel() as kernel:
        for one in whole:
            truth = truths.get(one.path, {})
            if "volume" not in truth:
                alone.append((one, truth.get("error", "not run")))
            elif problem := difference(kernel, one, truth):
                wrong.append((one, problem))
            else:
                equal.append(one)
    _table(scripts, whole, equal, wrong, alone)
    if args.verbose:
        for one in scripts:
            known = 0 if one.sequence is None else len(one.sequence)
            print(f"{one.path.name:40} {known:4}  {one.ends_with or 'read'}")


def _table(scripts: list, whole: list, equal: list, wrong: list, alone: list) -> None:
    refused = [one for one in scripts if one.refused]
    print(f"{len(scripts)} scripts: {len(whole)} read to their end, {len(refused)} refused")
    print(f"of those read {len(equal)} equal, {len(wrong)} not, {len(alone)} not run")
    for one, problem in wrong:
        print(f"  WRONG {one.path.name}: {problem}")
    for one, problem in alone:
        print(f"  {one.path.name}: {problem}")
    names = Counter(name for one in scripts for name in one.unsupported)
    for name, count in names.most_common(40):
        print(f"{count:6}  {name}")
    for one in refused:
        print(f"  refused {one.path.name}: {one.refused}")


if __name__ == "__main__":
    main()
