"""PLY files (Stanford polygon format 1.0), text or binary: points, or a mesh. Only numpy."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cadcomplete.clouds.shape import RawCloud, without_mark
from cadcomplete.errors import InputError

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
class Property:
    """A number of each row of an element, or a list of them if its length has a type."""

    name: str
    type: str
    length: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """A table of the file: vertices, faces, or something else."""

    name: str
    count: int
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReadTable:
    """What an element holds: a column for each number (n,), a row of rows for each list."""

    columns: dict[str, np.ndarray]
    lists: dict[str, list[np.ndarray]]


ReadTables = Generator["ReadTable | None", Element, None]
"""Is sent an element, gives its table."""


def read_ply(path: Path) -> RawCloud:
    """Return the points, or the mesh, of a file. Raises InputError, OSError."""
    content = without_mark(path.read_bytes(), path)
    order, elements, start = _header(content, path)
    read = _binary(content, start, order) if order else _text(content[start:])
    tables: dict[str, ReadTable] = {}
    next(read)
    for element in elements:
        try:
            table = read.send(element)
            assert table is not None
            tables[element.name] = table
        except (ValueError, IndexError) as error:
            many = "vertices" if element.name == "vertex" else f"{element.name}s"
            expected = f"{element.count} {many}"
            problem, hint = "a PLY file cut short", "export it again"
            raise InputError(problem, file=path, expected=expected, hint=hint) from error
        if element.name == "face" or (element.name == "vertex" and "face" not in _names(elements)):
            break
    columns = tables["vertex"].columns
    points = np.stack([columns[name] for name in "xyz"], axis=1)
    if "face" in tables and elements[_names(elements).index("face")].count:
        return RawCloud(points, triangles=_triangles(tables["face"]))
    if not {"nx", "ny", "nz"} <= columns.keys():
        return RawCloud(points)
    return RawCloud(points, np.stack([columns[name] for name in ("nx", "ny", "nz")], axis=1))


def _names(elements: list[Element]) -> list[str]:
    return [element.name for element in elements]


def _header(content: bytes, path: Path) -> tuple[str, list[Element], int]:
    """Return the byte order ("" for text), the elements, and where they begin."""
    end = content.find(b"end_header")
    start = content.find(b"\n", end) + 1
    if not content.startswith(b"ply") or end < 0 or not start:
        raise InputError("not a PLY file", file=path, expected="a header from ply to end_header")
    order, elements = None, []
    for number, line in enumerate(content[:end].decode("ascii", "replace").splitlines(), start=1):
        try:
            match line.split():
                case ["format", name, *_]:
                    order = _FORMATS[name]
                case ["element", name, count]:
                    elements.append(Element(name, _count(count), ()))
                case ["property", *words] if elements:
                    last = elements.pop()
                    properties = (*last.properties, _property(words))
                    elements.append(Element(last.name, last.count, properties))
                case _:
                    pass
        except (ValueError, KeyError, IndexError) as error:
            problem = "a line of the header that is not understood"
            raise InputError(problem, file=path, where=f"line {number}", got=line) from error
    vertices = next((e for e in elements if e.name == "vertex"), None)
    known = {p.name for p in vertices.properties if not p.length} if vertices else set()
    if order is None or not {"x", "y", "z"} <= known:
        expected = "a format, and vertices with x, y and z"
        raise InputError("not a PLY file that can be read", file=path, expected=expected)
    return order, elements, start


def _count(text: str) -> int:
    if int(text) < 0:
        raise ValueError(text)
    return int(text)


def _property(words: list[str]) -> Property:
    if words[0] == "list":
        return Property(words[3], _TYPES[words[2]], _TYPES[words[1]])
    return Property(words[1], _TYPES[words[0]])


# --- tables: coroutines that are sent an element and give its table -----------------------------


def _text(content: bytes) -> ReadTables:
    words, at, table = content.split(), 0, None
    while True:
        element = yield table
        lists: dict[str, list[np.ndarray]] = {p.name: [] for p in element.properties if p.length}
        if not lists:
            wide = len(element.properties)
            end = at + element.count * wide
            if end > len(words):
                raise ValueError(f"{len(words) - at} numbers")
            rows = np.array(words[at:end], dtype=np.float64).reshape(element.count, wide)
            table, at = ReadTable(_named(element, rows), {}), end
            continue
        rows = np.zeros((element.count, len(element.properties)))
        for row in rows:
            for column, one in enumerate(element.properties):
                if at >= len(words):
                    raise ValueError("no more numbers")
                if not one.length:
                    row[column], at = float(words[at]), at + 1
                    continue
                end = at + 1 + int(words[at])
                if not at < end <= len(words):
                    raise ValueError("a list cut short")
                lists[one.name].append(np.array(words[at + 1 : end], dtype=np.float64))
                at = end
        table = ReadTable(_named(element, rows), lists)


def _named(element: Element, rows: np.ndarray) -> dict[str, np.ndarray]:
    return {p.name: rows[:, i] for i, p in enumerate(element.properties) if not p.length}


def _binary(content: bytes, at: int, order: str) -> ReadTables:
    table = None
    while True:
        element = yield table
        kind = _row(content, at, order, element)
        size = element.count * kind.itemsize
        if at + size <= len(content):
            rows = np.frombuffer(content, kind, element.count, at)
            if all((rows[n] == rows[n][:1]).all() for n in kind.names or () if n.startswith("#")):
                table, at = _table(element, rows), at + size
                continue
        found, wide = [], 0
        for _ in range(element.count):  # lists of different lengths
            kind = _row(content, at, order, element)
            found.append(np.frombuffer(content, kind, 1, at))
            at, wide = at + kind.itemsize, wide + kind.itemsize
        table = _joined(element, found)


def _row(content: bytes, at: int, order: str, element: Element) -> np.dtype:
    """The type of the row that begins there: its lists are as long as they say there."""
    fields: list[tuple] = []
    for number, one in enumerate(element.properties):
        if not one.length:
            fields.append((f"{number}", order + one.type))
            continue
        fields.append((f"#{number}", order + one.length))
        upto = np.dtype(fields).itemsize
        size = np.dtype(one.length).itemsize
        long = 0
        if element.count:
            long = int(np.frombuffer(content, order + one.length, 1, at + upto - size)[0])
        if not 0 <= long <= len(content):
            raise ValueError(f"a list of {long}")
        fields.append((f"{number}", order + one.type, (long,)))
    return np.dtype(fields)


def _table(element: Element, rows: np.ndarray) -> ReadTable:
    columns, lists = {}, {}
    with np.errstate(invalid="ignore"):  # what is no number is found by who asked
        for number, one in enumerate(element.properties):
            values = rows[f"{number}"].astype(np.float64)
            if one.length:
                lists[one.name] = list(values)
            else:
                columns[one.name] = values
    return ReadTable(columns, lists)


def _joined(element: Element, rows: list[np.ndarray]) -> ReadTable:
    """One table of rows of different lengths."""
    parts = [_table(element, row) for row in rows]
    columns = {
        p.name: np.concatenate([part.columns[p.name] for part in parts])
        for p in element.properties
        if not p.length
    }
    lists = {
        p.name: [part.lists[p.name][0] for part in parts] for p in element.properties if p.length
    }
    return ReadTable(columns, lists)


def _triangles(faces: ReadTable) -> np.ndarray:
    """Cut polygons into fans, shape (m, 3)."""
    names = ("vertex_indices", "vertex_index")
    key = next((name for name in names if name in faces.lists), None)
    polygons = faces.lists[key or next(iter(faces.lists))] if faces.lists else []
    return fans(polygons)


def fans(polygons: list[np.ndarray]) -> np.ndarray:
    """Cut polygons, given by the numbers of their corners, into triangles, shape (m, 3)."""
    by_length: dict[int, list[np.ndarray]] = {}
    for polygon in polygons:
        by_length.setdefault(len(polygon), []).append(polygon)
    parts = [np.zeros((0, 3), dtype=np.int64)]
    for count, alike in by_length.items():
        rows = np.array(alike).astype(np.int64).reshape(-1, count)
        parts += [rows[:, [0, i, i + 1]] for i in range(1, count - 1)]
    return np.concatenate(parts)
