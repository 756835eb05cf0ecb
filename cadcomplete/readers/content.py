"""What is in a file before it is read as a history: packed, in other letters, or only a shape.

A file is told by what it begins with, and only then by its suffix, which may be in capitals.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from cadcomplete.errors import ReadError, shorten

MOST_BYTES = 1 << 30
"""Most that a packed file may unfold to."""

_PACKED = b"\x1f\x8b"
_MARKS = (  # the longer one first: one of UTF-32 begins like one of UTF-16
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

_SHAPES = {
    **dict.fromkeys((".step", ".stp"), "a STEP file"),
    **dict.fromkeys((".iges", ".igs"), "an IGES file"),
    ".stl": "an STL file",
    ".brep": "a BREP file",
    **dict.fromkeys((".obj", ".off", ".glb", ".gltf", ".3mf"), "a mesh"),
    **dict.fromkeys((".ply", ".npy", ".npz", ".xyz", ".pcd"), "a cloud of points"),
}
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
_SYSTEMS = {
    ".f3d": "Fusion 360",
    ".sldprt": "SolidWorks",
    ".ipt": "Inventor",
    ".catpart": "CATIA",
    ".prt": "NX or Creo",
    ".dwg": "AutoCAD",
    ".dxf": "AutoCAD",
}
_STARTS = {
    b"ISO-10303-21": ".step",
    b"solid ": ".stl",
    b"ply\n": ".ply",
    b"ply\r": ".ply",
    b"glTF": ".glb",
    b"\x93NUMPY": ".npy",
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
}


def suffix_of(path: Path) -> str:
    """Return what a file is by its name: its suffix in small letters, without that of packing."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix == ".gz" else suffix


def name_of(path: Path) -> str:
    """Return the name of a file without its suffixes."""
    return Path(path.stem).stem if path.suffix.lower() == ".gz" else path.stem


def split_body(path: Path) -> tuple[Path, str]:
    """Return the path of a file, and the body of it that is meant: `case.FCStd#Lid`; "" if none is.

    A file that is really called so is meant itself.
    """
    name, mark, body = path.name.rpartition("#")
    if not mark or suffix_of(Path(name)) not in _WITH_BODIES or path.exists():
        return path, ""
    return path.with_name(name), body


_WITH_BODIES = (".fcstd",)


def ending_of(path: Path) -> str:
    """Return what follows the name of a file: its suffixes as they stand."""
    return path.name[len(name_of(path)) :]


def load(path: Path) -> bytes:
    """Return what is in a file, unpacked. Raises ReadError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(f"cannot read the file: {error.strerror}", file=path) from error
    except ValueError as error:  # such as a null byte in the name
        raise ReadError(f"cannot read the file: {error}", file=path) from error
    return _unpacked(data) if data.startswith(_PACKED) else data


def _unpacked(data: bytes) -> bytes:
    parts, left = [], MOST_BYTES
    while data:
        unpack = zlib.decompressobj(wbits=31)
        try:
            part = unpack.decompress(data, left + 1)
        except zlib.error as error:
            raise ReadError(f"packed with gzip, and damaged: {error}") from None
        left -= len(part)
        if left < 0:
            raise ReadError("a packed file that is too large", expected=f"up to {MOST_BYTES} bytes")
        if not unpack.eof:
            raise ReadError("packed with gzip, and cut off")
        parts.append(part)
        data = unpack.unused_data.lstrip(b"\0")
    return b"".join(parts)


def in_utf8(data: bytes) -> bytes:
    """Return text in UTF-8 without a byte order mark, from whatever its mark says it is in.

    Raises ReadError if it is not what its mark says, or plainly UTF-16 without a mark.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding).encode()
            except UnicodeError:
                name = encoding.removesuffix("-sig").upper()
                problem = f"the file begins as text in {name}, but is not"
                raise ReadError(problem, hint="save it as UTF-8") from None
    start = data[: len(data[:20]) // 2 * 2]
    if start and any(not any(start[i::2]) and all(start[1 - i :: 2]) for i in (0, 1)):
        raise ReadError("text in UTF-16 without a byte order mark", hint="save it as UTF-8")
    return data


def check_history(data: bytes, suffix: str, path: Path) -> None:
    """Raise ReadError for a shape, a picture or another system's file, saying what to do."""
    kind = next((kind for start, kind in _STARTS.items() if data.startswith(start)), "")
    kind = ".stl" if not kind and _is_binary_stl(data) else kind
    if kind == ".stl" and b"facet" not in data[:1000] and not _is_binary_stl(data):
        kind = ""  # a text that happens to begin with the word
    kind = kind or suffix
    if kind in _SHAPES:
        hint = f"rebuild one from it with: cadcomplete rebuild {path}"
        raise ReadError(f"{_SHAPES[kind]} has a shape, but no history to go on from", hint=hint)
    if kind in _PICTURES:
        hint = "a picture of the wanted part goes with --image"
        raise ReadError("a picture has no history to go on from", hint=hint)
    if kind in _SYSTEMS:
        hint = "export its shape as STEP, and rebuild a history with: cadcomplete rebuild PART.step"
        raise ReadError(f"files of {_SYSTEMS[kind]} are not read here", hint=hint)


def _is_binary_stl(data: bytes) -> bool:
    return len(data) >= 84 and len(data) == 84 + 50 * int.from_bytes(data[80:84], "little")


_PLACE = re.compile(r"\(byte (\d+)\)")


def json_problem(error: Exception, data: bytes) -> ReadError:
    """Return what to say about text that is no JSON: where that shows, and what stands there."""
    if not data.strip():
        return ReadError("not JSON: the file is empty")
    said = str(error).removeprefix("JSON is malformed: ")
    match = _PLACE.search(said)
    if match is None:
        return ReadError(f"not JSON: {said}")
    place = int(match.group(1))
    line = data.count(b"\n", 0, place) + 1
    there = shorten(data[place : place + 40].decode(errors="replace"), limit=20)
    said = said.replace(match.group(), "").strip()
    return ReadError(f"not JSON: {said}", where=f"line {line}", got=there)
