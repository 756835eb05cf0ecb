"""What a file of points or of triangles holds, as it is there; and what its units mean."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cadcomplete.errors import InputError
from cadcomplete.history.geometry import Array
from cadcomplete.meshes.mesh import Mesh

UNITS: dict[str, float] = {
    "mm": 1.0,
    "cm": 10.0,
    "m": 1000.0,
    "inch": 25.4,
    "ft": 304.8,
    "um": 1e-3,
}
"""Millimetres that one of each is."""

_ALSO = {
    "mm": ("millimeter", "millimeters", "millimetre", "millimetres"),
    "cm": ("centimeter", "centimeters", "centimetre", "centimetres"),
    "m": ("meter", "meters", "metre", "metres"),
    "inch": ("in", "inches"),
    "ft": ("foot", "feet"),
    "um": ("micron", "microns", "micrometer", "micrometre"),
}
_NAMES = {other: name for name, others in _ALSO.items() for other in (name, *others)}

UP: dict[str, tuple[tuple[int, int, int], ...]] = {
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "-z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "-x": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
}
"""The turn, as a matrix, that brings each axis of a file to +z."""


@dataclass(frozen=True, slots=True, eq=False)
class RawCloud:
    """What is in a file.

    Attributes:
        points: places, or the vertices of a mesh, shape (n, 3).
        normals: at the places, of any length, shape (n, 3), or None.
        triangles: of vertices, shape (m, 3), if it is a mesh.
        frame: a center (3,) and a scale, the unit of the file being center + scale * points.
        units: the name in `UNITS` that the file itself says, or that its format has; or "".
        up: the axis, a key of `UP`, that points upwards in that format.
        notices: what was understood, or left out, for who gave the file.
    """

    points: Array
    normals: Array | None = None
    triangles: np.ndarray | None = None
    frame: tuple[Array, float] | None = None
    units: str = ""
    up: str = "z"
    notices: tuple[str, ...] = ()

    @classmethod
    def of(cls, mesh: Mesh, *, units: str = "", up: str = "z") -> RawCloud:
        """What is in a file that holds a mesh."""
        return cls(mesh.vertices, triangles=mesh.triangles, units=units, up=up)


def millimetres(units: str) -> float:
    """Return how many millimetres a unit is: a name, or that number. Raises InputError."""
    name = _NAMES.get(units.strip().lower())
    if name is not None:
        return UNITS[name]
    try:
        factor = float(units)
    except ValueError:
        factor = np.nan
    if not 0 < factor < np.inf:
        expected = f"{', '.join(UNITS)}, or how many millimetres one unit is"
        raise InputError("not a unit", where="--units", expected=expected, got=units)
    return factor


def turn(up: str) -> Array:
    """Return the matrix (3, 3) that brings an axis to +z. Raises InputError for a name of none."""
    rows = UP.get(up.strip().lower().removeprefix("+"))
    if rows is None:
        raise InputError("not an axis", where="--up", expected=", ".join(UP), got=up)
    return np.array(rows, dtype=np.float64)


def without_mark(content: bytes, path: Path) -> bytes:
    """Return a file of text in UTF-8 and without the byte order mark that editors put before it.

    Raises InputError if it begins as UTF-16 does and is not.
    """
    if content.startswith(codecs.BOM_UTF8):
        return content[len(codecs.BOM_UTF8) :]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            hint = "save it as plain text in UTF-8"
            raise InputError("begins like UTF-16 and is not", file=path, hint=hint) from error
    return content
