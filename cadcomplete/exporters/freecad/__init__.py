"""A history as a FreeCAD file: one Body with native sketches and features, without FreeCAD.

A `.FCStd` is a zip with a `Document.xml` (`objects.py`). It has no solids but those whose edges are
rounded, by numbers that FreeCAD gives them (`replay.py`): it makes the others when it recomputes,
and all objects are marked so that it does. Sketches (`sketches.py`) are held
together at their ends and have no dimensions. What a Body cannot say is refused by name: several
bodies, an intersection, copies of a whole body, a pattern of a pattern. `readers/freecad/` reads it
back.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from cadcomplete.exporters.freecad.body import BodyDraft, InBody, refused
from cadcomplete.exporters.freecad.features import EXPORT
from cadcomplete.exporters.freecad.objects import document
from cadcomplete.exporters.saying import saying
from cadcomplete.history.blends import Blend
from cadcomplete.history.reach import numbered
from cadcomplete.history.sequence import CadSequence, check_known, truncate

if TYPE_CHECKING:
    from cadcomplete.exporters.part import Part

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""When the entries of the zip were written: a file does not depend on the clock."""


def notice(sequence: CadSequence) -> str:
    """Return what a person should look at in the file; "" for nothing.

    Of 53 files with rounded edges 49 were right in FreeCAD; its older kernel fails on the others.
    """
    if not any(isinstance(operation, Blend) for operation in sequence.operations):
        return ""
    return (
        "look at the fillets and chamfers in FreeCAD: it numbers edges, by an order foretold here"
    )


def write_freecad(part: Part, path: Path) -> None:
    """Write a file that FreeCAD opens. Raises UnsupportedError naming what a Body cannot say."""
    files = entries(part.document.sequence)
    if part.solid is not None:
        _check_single(part.document.sequence)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST), text, zipfile.ZIP_DEFLATED)


def _check_single(sequence: CadSequence) -> None:
    """Raise UnsupportedError if a part is in pieces after any of its operations."""
    from cadcomplete.kernel.build import Prefixes, construct
    from cadcomplete.kernel.measure import count_bodies

    prefixes = Prefixes()
    for index, operation in enumerate(sequence.operations):
        if operation.builds:
            solid = construct(truncate(sequence, index + 1), prefixes=prefixes).solid
            if solid is not None and (bodies := count_bodies(solid)) > 1:
                what = f"{bodies} bodies after operation {index} (at no time has a Body more)"
                raise refused(what)


def entries(sequence: CadSequence) -> dict[str, str]:
    """Return the entries of a zip by their names. Raises UnsupportedError, InputError."""
    check_known(sequence)
    with saying(None, "a Body of FreeCAD"):
        sequence = numbered(sequence)
    body = BodyDraft(sequence.operations)
    for index, operation in enumerate(sequence.operations):
        with saying(index, "a Body of FreeCAD"):
            EXPORT[type(operation)](operation, InBody(body, index))
    objects = body.objects()
    shapes = {one.file: one.content for one in objects if one.file}
    return {"Document.xml": document(objects, sequence.id or "part"), **shapes}
