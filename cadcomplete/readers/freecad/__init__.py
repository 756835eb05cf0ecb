"""FreeCAD files, read without FreeCAD: `.FCStd`, and the `Document.xml` that is in them.

A file is a zip (`archive.py`) with a document of objects and their properties (`properties.py`).
Of a body its features are read in their order, as frozen values (`features.py`,
`read_features.py`, `document.py`), and of these as many as our operations can say become a
history (`history.py`, with its table `FEATURES`). Facts of the format stand where they are used;
what was measured is in docs/reading.md.

Lengths are millimetres in the file, angles degrees, those of curves radians. Nothing is computed
anew: expressions, constraints and units were resolved by whoever saved the file.
"""

from __future__ import annotations

from functools import partial

from cadcomplete.errors import ReadError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.freecad.archive import document_in, entry_in, is_zip
from cadcomplete.readers.freecad.document import BodyOfFeatures, body_names, read_body
from cadcomplete.readers.freecad.history import history


def matches(data: bytes) -> bool:
    """Say whether these are the bytes of a zip."""
    return is_zip(data)


def body_of(data: bytes, *, body: str = "") -> BodyOfFeatures:
    """Return a body of a file, or of its document alone: the one of this name, or the only one.

    Raises ReadError.
    """
    if not is_zip(data):
        return read_body(data, body=body)
    return read_body(document_in(data), body=body, entry=partial(entry_in, data))


def parse(data: bytes, *, id: str = "", body: str = "") -> CadSequence:
    """Return the history of a body, in millimetres. Raises ReadError."""
    found = body_of(data, body=body)
    return history(found, id=f"{id}_{found.name}" if body else id)


def caption(data: bytes, *, body: str = "") -> str:
    """Return what a body is called, if that says something, else "". Raises ReadError."""
    return body_of(data, body=body).caption


def bodies(data: bytes) -> tuple[str, ...]:
    """Return the names of the bodies of a file; none if it cannot be read."""
    try:
        return body_names(document_in(data)) if is_zip(data) else ()
    except ReadError:
        return ()


__all__ = [
    "BodyOfFeatures",
    "bodies",
    "body_names",
    "body_of",
    "caption",
    "history",
    "matches",
    "parse",
]
