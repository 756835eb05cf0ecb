"""What is in a .FCStd file: a zip in which `Document.xml` says how the part was made.

Only that one entry is unpacked. What a zip claims about its size is not believed: unpacking stops
at `MOST_BYTES`.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from cadcomplete.errors import ReadError

DOCUMENT = "Document.xml"

MOST_BYTES = 128 << 20
"""Most that the document may unfold to; the largest of 1,026 real ones has 5 million bytes."""

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
    if data.count(b"PK\x01\x02") > _MOST_ENTRIES:
        raise ReadError("too many files in the zip", expected=f"up to {_MOST_ENTRIES}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if DOCUMENT not in names:
                got = ", ".join(names[:3]) or "an empty zip"
                raise ReadError("not a FreeCAD file", expected=f"{DOCUMENT} in the zip", got=got)
            with archive.open(DOCUMENT) as entry:
                text = entry.read(MOST_BYTES + 1)
    except ReadError:
        raise
    except _ZIP_ERRORS as error:
        raise ReadError(f"a FreeCAD file that is damaged: {error}") from None
    if len(text) > MOST_BYTES:
        raise ReadError("too large", where=DOCUMENT, expected=f"up to {MOST_BYTES} bytes unpacked")
    return text
