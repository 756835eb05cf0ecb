"""What is in a .FCStd file: a zip in which `Document.xml` says how the part was made.

Beside that one only the stored solids are unpacked that a feature refers to. What a zip claims
about its size is not believed: unpacking stops at `MOST_BYTES`.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from cadcomplete.errors import ReadError

DOCUMENT = "Document.xml"

MOST_BYTES = 64 << 20
"""Most that an entry may unfold to; the largest of 1,026 real documents has 5 million bytes."""

_MOST_ENTRIES = 200_000
_ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(RuntimeError, NotImplementedError, ValueError, KeyError, IndexError, OverflowError),
)
"""What the zip library raises on files that are damaged, encrypted, or packed in a rare way."""


def is_zip(data: bytes) -> bool:
    """Say whether a file begins as a zip does."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def document_in(data: bytes) -> bytes:
    """Return `Document.xml` of the bytes of a .FCStd file. Raises ReadError."""
    text = entry_in(data, DOCUMENT)
    if text is None:
        raise ReadError("not a FreeCAD file", expected=f"a zip with {DOCUMENT} in it")
    return text


def entry_in(data: bytes, name: str) -> bytes | None:
    """Return what a zip has under a name, None if it has nothing there. Raises ReadError."""
    if data.count(b"PK\x01\x02") > _MOST_ENTRIES:
        raise ReadError("too many files in the zip", expected=f"up to {_MOST_ENTRIES}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if name not in archive.NameToInfo:
                return None
            with archive.open(name) as entry:
                found = entry.read(MOST_BYTES + 1)
    except _ZIP_ERRORS as error:
        hint = "copy or save it again"
        raise ReadError(f"a FreeCAD file that is damaged: {error}", hint=hint) from None
    if len(found) > MOST_BYTES:
        raise ReadError("too large", where=name, expected=f"up to {MOST_BYTES} bytes unpacked")
    return found
