"""The triangles of an STL file (3D Systems, 1988), text or binary. Only numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cadcomplete.clouds.shape import without_mark
from cadcomplete.errors import InputError
from cadcomplete.history.geometry import Array
from cadcomplete.meshes.mesh import Mesh

_HEADER = 84  # 80 bytes of anything, then the number of triangles
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attributes", "<u2")])


def read_stl(path: Path) -> Mesh:
    """Return the triangles, each with corners of its own. Raises InputError, OSError."""
    content = path.read_bytes()
    if len(content) != _length(content):
        content = without_mark(content, path)
    length = _length(content)
    text = content.lstrip()[:5].lower() == b"solid"  # some binary files begin so, too
    if text and len(content) != length:
        corners = _read_text(content, path)
    elif len(content) < max(length, _HEADER):
        expected, got = f"{max(length, _HEADER):,} bytes", f"{len(content):,}"
        problem, hint = "not a whole STL file", "export it again"
        if content.lstrip()[:1] in (b"{", b"["):
            raise InputError("JSON, not an STL file", file=path)
        raise InputError(problem, file=path, expected=expected, got=got, hint=hint)
    else:
        with np.errstate(invalid="ignore"):  # what is no number is found by who asked
            count = (length - _HEADER) // _TRIANGLE.itemsize
            corners = np.frombuffer(content, _TRIANGLE, count, _HEADER)["corners"].astype(float)
    return Mesh(corners.reshape(-1, 3), np.arange(3 * len(corners)).reshape(-1, 3))


def _length(content: bytes) -> int:
    """How long a binary file is that begins like this."""
    return _HEADER + int.from_bytes(content[80:_HEADER], "little") * _TRIANGLE.itemsize


def _read_text(content: bytes, path: Path) -> Array:
    """Return the corners of the triangles, shape (m, 3, 3)."""
    words = content.lower().split()
    if b"endsolid" not in words:
        expected = "endsolid at the end"
        raise InputError(
            "an STL file cut short", file=path, expected=expected, hint="export it again"
        )
    places = [number for number, word in enumerate(words) if word == b"vertex"]
    try:
        corners = np.array([words[at + 1 : at + 4] for at in places], dtype=np.float64)
        return corners.reshape(-1, 3, 3)
    except ValueError as error:
        expected = "three vertices of three numbers a facet"
        problem, hint = "not an STL file that can be read", "export it again"
        raise InputError(
            problem, file=path, expected=expected, got=str(error), hint=hint
        ) from error
