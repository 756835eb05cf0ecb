"""The vertices of a PLY file (Stanford polygon format 1.0), text or binary. Only numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cadcomplete.errors import InputError
from cadcomplete.geometry import Array

_TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_FORMATS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}


@dataclass(frozen=True, slots=True)
class Header:
    """What a PLY file says of itself.

    Attributes:
        order: "<" or ">" for binary, "" for text.
        vertices, faces: how many there are.
        properties: of a vertex: name and type.
        size: of the header in bytes.
    """

    order: str
    vertices: int
    faces: int
    properties: tuple[tuple[str, str], ...]
    size: int


def read_header(content: bytes, path: Path) -> Header:
    """Read the header. Raises InputError."""
    end = content.find(b"end_header")
    size = content.find(b"\n", end) + 1
    if not content.startswith(b"ply") or end < 0 or not size:
        raise InputError("not a PLY file", file=path, expected="a header from ply to end_header")
    order, element = None, ""
    counts: dict[str, int] = {}
    properties: list[tuple[str, str]] = []
    try:
        for line in content[:end].decode("ascii", "replace").splitlines():
            match line.split():
                case ["format", name, *_]:
                    order = _FORMATS[name]
                case ["element", element, count]:
                    counts[element] = int(count)
                    if counts[element] < 0:
                        raise ValueError(f"{count} of {element}")
                    if element != "vertex" and "vertex" not in counts:
                        raise ValueError("the vertices do not come first")
                case ["property", "list", *_] if element == "vertex":
                    raise ValueError("a list among the properties of a vertex")
                case ["property", kind, name] if element == "vertex":
                    properties.append((name, _TYPES[kind]))
                case _:
                    pass
        if order is None or not {"x", "y", "z"} <= {name for name, _ in properties}:
            raise ValueError("no format, or no x, y and z")
    except (ValueError, KeyError) as error:
        raise InputError("not a PLY file that can be read", file=path, got=error) from error
    return Header(order, counts["vertex"], counts.get("face", 0), tuple(properties), size)


def read_vertices(content: bytes, header: Header, path: Path) -> tuple[Array, Array | None]:
    """Return the places (n, 3) and the normals (n, 3), or None for those. Raises InputError."""
    try:
        if header.order:
            kind = np.dtype([(name, header.order + t) for name, t in header.properties])
            table = np.frombuffer(content, kind, header.vertices, header.size)
            with np.errstate(invalid="ignore"):  # what is no number is found by who asked
                columns = {name: table[name].astype(np.float64) for name in kind.names or ()}
        else:
            lines = content[header.size :].decode("ascii").split("\n")[: header.vertices]
            rows = np.array([line.split() for line in lines if line.strip()], dtype=np.float64)
            if rows.shape != (header.vertices, len(header.properties)):
                raise ValueError(f"{len(rows)} vertices")
            columns = {name: rows[:, i] for i, (name, _) in enumerate(header.properties)}
    except ValueError as error:
        expected = f"{header.vertices} vertices of {len(header.properties)} numbers"
        raise InputError("a PLY file cut short", file=path, expected=expected, got=error) from error
    places = np.stack([columns[name] for name in "xyz"], axis=1)
    normals = ("nx", "ny", "nz")
    if not set(normals) <= columns.keys():
        return places, None
    return places, np.stack([columns[name] for name in normals], axis=1)
