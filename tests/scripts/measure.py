"""Run the scripts beside this file in the libraries themselves, and write what they make.

Run it with a Python that has one of the libraries, once for each: `python measure.py build123d`,
`python measure.py cadquery`. It writes volume, bounding box and number of solids of each script to
expected.json, beside the library's version.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import runpy
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def measure_build123d(names: dict) -> dict:
    part = names.get("part") or names["block"]
    part = getattr(part, "part", part)
    box = part.bounding_box(optimal=True)
    return {
        "volume": part.volume,
        "minimum": [*box.min],
        "maximum": [*box.max],
        "solids": len(part.solids()),
    }


def measure_cadquery(names: dict) -> dict:
    import cadquery

    part = next(names[n] for n in ("result", "r", "solid", "part") if n in names)
    shape = cadquery.Compound.makeCompound(part.vals())
    box = shape.BoundingBox()
    return {
        "volume": sum(solid.Volume() for solid in shape.Solids()),
        "minimum": [box.xmin, box.ymin, box.zmin],
        "maximum": [box.xmax, box.ymax, box.zmax],
        "solids": len(shape.Solids()),
    }


def main(library: str) -> None:
    target = HERE / "expected.json"
    expected = json.loads(target.read_text()) if target.exists() else {}
    expected.setdefault("versions", {})[library] = importlib.metadata.version(library)
    measure = {"build123d": measure_build123d, "cadquery": measure_cadquery}[library]
    for path in sorted(HERE.glob(f"{library}_*.py")):
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.chdir(folder),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            names = runpy.run_path(str(path), {"show_object": lambda *_, **__: None}, "__main__")
        expected[path.stem] = measure(names)
        sys.stdout.write(f"{path.stem} {expected[path.stem]}\n")
    target.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
