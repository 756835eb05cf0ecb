"""Clouds in files of text, a point on each line (.xyz and others), and of the Point Cloud Library
(.pcd, its format 0.7). Only numpy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cadcomplete.clouds.columns import found_in
from cadcomplete.clouds.shape import RawCloud, without_mark
from cadcomplete.errors import InputError

_APART = str.maketrans(",;\t", "   ")


def read_rows(path: Path) -> RawCloud:
    """Return the cloud of a text: numbers apart by spaces, commas or semicolons.

    Lines before the first numbers may name the columns. Raises InputError, OSError.
    """
    text = without_mark(path.read_bytes(), path).decode("utf-8", "replace").translate(_APART)
    lines = [line.split("#")[0].split("//")[0] for line in text.splitlines()]
    rows = [(number, line.split()) for number, line in enumerate(lines, start=1) if line.strip()]
    names, first = None, 0
    while first < len(rows) and not (_numbers(rows[first][1]) and len(rows[first][1]) > 1):
        names, first = rows[first][1], first + 1  # a header, or how many points there are
        if first > 20:
            break
    rows = rows[first:]
    if not rows or not _numbers(rows[0][1]):
        expected = "lines of x y z, or of x y z and a normal"
        raise InputError("no points in this text", file=path, expected=expected)
    wide = len(rows[0][1])
    for number, row in rows:
        if len(row) != wide or not _numbers(row):
            expected, hint = f"{wide} numbers", "is the file whole?"
            got, where = " ".join(row) or "nothing", f"line {number}"
            raise InputError(
                "not a point", file=path, where=where, expected=expected, got=got, hint=hint
            )
    table = np.array([row for _, row in rows], dtype=np.float64)
    return found_in(table, names if names and len(names) == wide else None)


def _numbers(words: Sequence[str]) -> bool:
    try:
        for word in words:
            float(word)
    except ValueError:
        return False
    return bool(words)


# --- .pcd ---------------------------------------------------------------------------------------


def read_pcd(path: Path) -> RawCloud:
    """Return the cloud of a PCD file. Raises InputError, OSError.

    Points without a place, which stand where a camera saw nothing, are left out.
    """
    content = without_mark(path.read_bytes(), path)
    header, start = _header(content, path)
    try:
        names, kind, count = _layout(header)
        way = header["DATA"][0].lower()
        if way == "ascii":
            wide = sum(np.dtype(kind[i]).shape[0] if kind[i].shape else 1 for i in range(len(kind)))
            words = content[start:].split()
            if len(words) < count * wide:
                raise ValueError(f"{len(words) // wide} points")
            table = np.array(words[: count * wide], dtype=np.float64).reshape(count, wide)
            names = [n for i, n in enumerate(names) for _ in range(int(np.prod(kind[i].shape)))]
        else:
            columns = _columns(content, start, names, kind, count, packed=way != "binary")
            names, table = list(columns), np.stack(list(columns.values()), axis=1)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        expected, hint = "a whole PCD file", "save it again, as ascii"
        problem = "not a PCD file that can be read"
        raise InputError(
            problem, file=path, expected=expected, got=str(error), hint=hint
        ) from error
    seen = np.isfinite(table[:, [i for i, n in enumerate(names) if n in ("x", "y", "z")]]).all(1)
    found = found_in(table[seen], names)
    if seen.all():
        return found
    left = f"{int((~seen).sum()):,} points without a place are left out"
    return RawCloud(found.points, found.normals, notices=(*found.notices, left))


def _header(content: bytes, path: Path) -> tuple[dict[str, list[str]], int]:
    header, at = {}, 0
    while "DATA" not in header:
        end = content.find(b"\n", at)
        if end < 0 or at > 10_000:
            raise InputError("not a PCD file", file=path, expected="a header that ends with DATA")
        words = content[at:end].decode("ascii", "replace").split("#")[0].split()
        if words:
            header[words[0].upper()] = words[1:]
        at = end + 1
    return header, at


def _layout(header: dict[str, list[str]]) -> tuple[list[str], list[np.dtype], int]:
    """The names and types of the columns, and how many points there are."""
    names = [name.lower() for name in header["FIELDS"]]
    sizes, letters = header["SIZE"], header["TYPE"]
    counts = header.get("COUNT", ["1"] * len(names))
    letter = {"F": "f", "I": "i", "U": "u"}
    kinds = [
        np.dtype((f"<{letter[t.upper()]}{int(s)}", (int(c),)))
        for t, s, c in zip(letters, sizes, counts, strict=True)
    ]
    width, height = int(header["WIDTH"][0]), int(header.get("HEIGHT", ["1"])[0])
    count = int(header["POINTS"][0]) if "POINTS" in header else width * height
    if len(kinds) != len(names) or count < 0 or not {"x", "y", "z"} <= set(names):
        raise ValueError("no x, y and z")
    return names, kinds, count


def _columns(
    content: bytes, start: int, names: list[str], kinds: list[np.dtype], count: int, *, packed: bool
) -> dict[str, np.ndarray]:
    """The columns of one number each, by name; `packed`: compressed, and one after the other."""
    found, at = {}, start
    if packed:
        sizes = np.frombuffer(content, "<u4", 2, start)
        content, at = _unpacked(content[start + 8 : start + 8 + int(sizes[0])], int(sizes[1])), 0
    stride = sum(kind.itemsize for kind in kinds)
    if len(content) - at < count * stride:
        raise ValueError(f"{(len(content) - at) // max(stride, 1)} of {count} points")
    rows = np.frombuffer(content, np.uint8, count * stride, at)
    offset = 0
    for name, kind in zip(names, kinds, strict=True):
        size = kind.itemsize
        if packed:
            raw = rows[count * offset : count * (offset + size)]
        else:
            raw = rows.reshape(count, stride)[:, offset : offset + size]
        if kind.shape == (1,) and kind.base.itemsize > 1:
            with np.errstate(invalid="ignore"):
                values = np.ascontiguousarray(raw).view(kind.base)
                found[name] = values.reshape(-1).astype(np.float64)
        offset += size
    return found


def _unpacked(data: bytes, size: int) -> bytes:
    """What LZF packed (M. Lehmann's liblzf): runs of new bytes, and of bytes that were there."""
    out, at = bytearray(), 0
    while at < len(data):
        head = data[at]
        at += 1
        if head < 32:
            out += data[at : at + head + 1]
            at += head + 1
            continue
        long = head >> 5
        if long == 7:
            long, at = long + data[at], at + 1
        back = len(out) - ((head & 31) << 8) - data[at] - 1
        at, long = at + 1, long + 2
        if back < 0 or len(out) + long > size:
            raise ValueError("packed data that are broken")
        while long > 0:
            piece = out[back : back + long]
            out += piece
            back, long = back + len(piece), long - len(piece)
    if len(out) != size:
        raise ValueError("packed data that are cut short")
    return bytes(out)
