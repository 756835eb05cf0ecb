"""Run scripts of build123d or CadQuery in the library's own Python; for `writing.py`.

Reads paths from standard input, one a line, and answers each with a line of JSON: the volume and
the centre of mass of the script's `part`, in mm, or what went wrong.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
from typing import Any

_PRECISION = 1e-10
"""Error bound of integrals along splines: the libraries' own are off by some millionths there."""


def measured(part: Any) -> dict[str, Any]:
    """Return volume and centre: of build123d's shapes, or of what a Workplane of CadQuery holds."""
    if hasattr(part, "vals"):
        shapes = part.vals()
        kinds = {edge.geomType() for shape in shapes for edge in shape.Edges()}
        valid = all(shape.isValid() for shape in shapes)
    else:
        shapes = part.solids()
        kinds = {edge.geom_type.name for edge in part.edges()}
        valid = all(shape.is_valid for shape in shapes)
    plain = kinds <= {"LINE", "CIRCLE", "ELLIPSE"}
    masses = [_mass(shape.wrapped, plain=plain) for shape in shapes]
    total = sum(volume for volume, _ in masses)
    center = [sum(volume * at[axis] for volume, at in masses) / total for axis in range(3)]
    return {"volume": total, "center": center, "valid": valid}


def _mass(shape: Any, *, plain: bool) -> tuple[float, tuple[float, float, float]]:
    gprop, brep = (importlib.import_module(f"OCP.{name}") for name in ("GProp", "BRepGProp"))
    props = gprop.GProp_GProps()
    brep.BRepGProp.VolumeProperties_s(shape, props, *([] if plain else [_PRECISION]))
    at = props.CentreOfMass()
    return props.Mass(), (at.X(), at.Y(), at.Z())


def answer(path: str) -> dict[str, Any]:
    """Run a script; what it raises is its answer."""
    try:
        return measured(runpy.run_path(path)["part"])
    except Exception as error:  # noqa: BLE001 — whatever a script raises is to be told
        frames = error.__traceback__
        while frames is not None and frames.tb_next is not None:
            if frames.tb_frame.f_code.co_filename == path:
                return {"error": f"{type(error).__name__}: {error}", "line": frames.tb_lineno}
            frames = frames.tb_next
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    importlib.import_module(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(answer(line.strip())), file=out, flush=True)


if __name__ == "__main__":
    main()
