"""Open FreeCAD files in FreeCAD itself, and recompute every object; for `freecad_writing.py`.

Run by `freecadcmd`. Takes paths from a file that the variable FILES names, one a line, and prints
for each a line that begins with ANSWER: JSON with the volume and centre of the body, and what is
not valid.
"""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any


def answer(app: Any, path: str) -> dict[str, Any]:
    document = app.openDocument(path)
    try:
        for thing in document.Objects:
            thing.touch()
        document.recompute()
        bad = [f"{t.TypeId}: {t.getStatusString()}" for t in document.Objects if not t.isValid()]
        shape = document.getObject("Body").Shape
        if bad or shape.isNull():
            return {"error": "; ".join(bad) or "no solid"}
        shape.exportBrep(f"{path}.brp")
        return {"solids": len(shape.Solids)}
    finally:
        app.closeDocument(document.Name)


def main() -> None:
    app = importlib.import_module("FreeCAD")
    for path in Path(os.environ["FILES"]).read_text(encoding="utf-8").split("\n"):
        try:
            found = answer(app, path)
        except Exception as error:  # noqa: BLE001 — whatever it raises is to be told
            found = {"error": f"{type(error).__name__}: {error}"}
        print(f"\nANSWER {json.dumps({'path': path, **found})}", flush=True)


main()
