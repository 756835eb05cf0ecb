"""Faces and edges of the solids that a file stores, by their numbers: `Face7`, `Edge3`.

FreeCAD keeps the solid of every feature as text in the kernel's own format (Open CASCADE, "BRep
format" in its user guide), and refers to parts of it by their places in the kernel's map: of all
faces, or edges, each counted where it is met first on a walk through the shape. Only what such a
number means is read here; nothing is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from cadcomplete.history.geometry import Array, Vec3


@dataclass(frozen=True, slots=True)
class StoredFace:
    """A face: its `surface` ("plane", "cylinder", ...), the origin and axis of that, a radius."""

    surface: str
    origin: Vec3
    axis: Vec3
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class StoredEdge:
    """An edge: its `curve` ("line", "circle", ...), its ends, and its middle where it is known."""

    curve: str
    start: Vec3
    end: Vec3
    middle: Vec3 | None = None
    radius: float = 0.0


Stored = StoredFace | StoredEdge

_CURVES = ("line", "circle", "ellipse", "parabola", "hyperbola", "bezier", "spline")
_CURVE_NUMBERS = (6, 13, 14, 13, 14)
_SURFACES = ("plane", "cylinder", "cone", "sphere", "torus", "swept", "turned", "bezier", "spline")
_SURFACE_NUMBERS = (12, 13, 14, 13, 14)
_TRIMMED_CURVE, _OFFSET_CURVE, _TRIMMED_SURFACE, _OFFSET_SURFACE = 8, 9, 10, 11
_DEEPEST = 60
_MOST_PARTS = 500_000
_MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class _Shape:
    """One entry of the table of shapes, with what it is made of: numbers, and where these lie."""

    kind: str
    geometry: tuple[str, ...]
    parts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Geometry:
    """A curve or a surface: what it is, and its numbers if it has a fixed count of them."""

    kind: str
    numbers: tuple[float, ...] = ()


class _Tokens:
    """The words of a text, one after another."""

    def __init__(self, words: list[str]) -> None:
        self._words, self._at = words, 0

    def word(self) -> str:
        self._at += 1
        return self._words[self._at - 1]

    def integer(self) -> int:
        return int(self.word())

    def numbers(self, count: int) -> tuple[float, ...]:
        if count < 0 or self._at + count > len(self._words):
            raise ValueError("a list that is longer than the file")
        found = tuple(map(float, self._words[self._at : self._at + count]))
        self._at += count
        return found


# --- the tables of a file -------------------------------------------------------------------------


def _section(text: str, name: str) -> str:
    """What follows the title of a table, up to the end of the text; the count comes first."""
    match = re.search(rf"^{name} ", text, re.MULTILINE)
    if match is None:
        raise ValueError(f"no table {name}")
    return text[match.end() :]


def _table(text: str, name: str, following: str) -> _Tokens:
    start = _section(text, name)
    end = re.search(rf"^{following} ", start, re.MULTILINE)
    return _Tokens(start[: end.start() if end else None].split())


Place = tuple[tuple[int, int], ...]
"""Where a shape is put: elementary places and their powers, the innermost first.

Two shapes are one where these are the same, not where the matrices are.
"""


@dataclass(frozen=True, slots=True)
class _Places:
    """All places of a file, and the matrices of those that are elementary."""

    all: tuple[Place, ...]
    matrices: dict[int, Array]

    def within(self, outer: Place, number: int) -> Place:
        """A place of the file, in one that is around it."""
        items, rest = list(self.all[number]), list(outer)
        while items and rest and items[-1][0] == rest[0][0]:
            (place, power), (_, more) = items.pop(), rest.pop(0)
            if power + more:
                items.append((place, power + more))
                break
        return (*items, *rest)

    def matrix(self, place: Place) -> Array:
        """Its matrix, of shape (4, 4)."""
        whole = np.eye(4)
        for number, power in place:
            whole = np.linalg.matrix_power(self.matrices[number], power) @ whole
        return whole


def _places(tokens: _Tokens) -> _Places:
    """Every place that shapes are put to; the first is where they are."""
    found: list[Place] = [()]
    matrices: dict[int, Array] = {}
    for number in range(1, tokens.integer() + 1):
        if tokens.integer() == 1:
            matrices[number] = np.vstack(
                [np.array(tokens.numbers(12)).reshape(3, 4), [0.0, 0.0, 0.0, 1.0]]
            )
            found.append(((number, 1),))
            continue
        items: list[tuple[int, int]] = []
        while inner := tokens.integer():
            power = tokens.integer()
            (elementary, own), *more = found[inner]
            if more:
                raise ValueError("a place of places")
            items.append((elementary, own * power))
        found.append(tuple(items))
    return _Places(tuple(found), matrices)


def _curve(tokens: _Tokens, depth: int = 0) -> _Geometry:
    kind = tokens.integer()
    if depth > _DEEPEST:
        raise ValueError("curves of curves")
    if kind == _TRIMMED_CURVE:
        tokens.numbers(2)
        return _curve(tokens, depth + 1)
    if kind == _OFFSET_CURVE:
        tokens.numbers(4)
        _curve(tokens, depth + 1)
        return _Geometry("offset")
    if kind <= len(_CURVE_NUMBERS):
        return _Geometry(_CURVES[kind - 1], tokens.numbers(_CURVE_NUMBERS[kind - 1]))
    rational = tokens.integer()
    if _CURVES[kind - 1] == "bezier":
        tokens.numbers((tokens.integer() + 1) * (3 + rational))
    else:
        _, _, poles, knots = (tokens.integer() for _ in range(4))
        tokens.numbers(poles * (3 + rational) + 2 * knots)
    return _Geometry(_CURVES[kind - 1])


def _surface(tokens: _Tokens, depth: int = 0) -> _Geometry:
    kind = tokens.integer()
    if depth > _DEEPEST:
        raise ValueError("surfaces of surfaces")
    if kind == _TRIMMED_SURFACE:
        tokens.numbers(4)
        return _surface(tokens, depth + 1)
    if kind == _OFFSET_SURFACE:
        tokens.numbers(1)
        _surface(tokens, depth + 1)
        return _Geometry("offset")
    name = _SURFACES[kind - 1]
    if kind <= len(_SURFACE_NUMBERS):
        return _Geometry(name, tokens.numbers(_SURFACE_NUMBERS[kind - 1]))
    if name in ("swept", "turned"):
        tokens.numbers(3 if name == "swept" else 6)
        _curve(tokens)
        return _Geometry(name)
    rational = max(tokens.integer(), tokens.integer())
    if name == "bezier":
        across, along = tokens.integer() + 1, tokens.integer() + 1
        tokens.numbers(across * along * (3 + rational))
    else:
        _, _, _, _, across, along, knots, more = (tokens.integer() for _ in range(8))
        tokens.numbers(across * along * (3 + rational) + 2 * (knots + more))
    return _Geometry(name)


_FLAGS = re.compile(r"[01]{7}")


def _shapes(text: str) -> tuple[list[_Shape], tuple[int, int]]:
    """All shapes in the order of the file, and which of them is the whole, and where that lies."""
    lines = iter(line.strip() for line in text.splitlines())
    count = int(next(lines))
    found: list[_Shape] = []
    for _ in range(count):
        kind = next(line for line in lines if line)
        geometry: list[str] = []
        for line in lines:
            if _FLAGS.fullmatch(line):
                break
            geometry += line.split()
        parts: list[str] = []
        for line in lines:
            parts += line.split()
            if parts and parts[-1] == "*":
                break
        found.append(_Shape(kind, tuple(geometry), tuple(_references(parts[:-1], count))))
    last = " ".join(line for line in lines if line).split()
    return found, next(iter(_references(last[:2], count)))


def _references(words: list[str], count: int) -> Iterator[tuple[int, int]]:
    """Shapes are counted from the end; a sign before the number says which way round they are."""
    for shape, place in zip(words[::2], words[1::2], strict=True):
        yield count - int(shape[1:]), int(place)


# --- what a number means --------------------------------------------------------------------------


_PART = re.compile(r"(?:.*\.)?(Face|Edge)(\d{1,7})")


def is_part(name: str) -> bool:
    """Say whether a name is that of a face or an edge."""
    return _PART.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class StoredSolid:
    """The faces and edges of a solid, in the order of their numbers."""

    faces: tuple[StoredFace, ...] = ()
    edges: tuple[StoredEdge, ...] = ()

    def part(self, name: str) -> Stored | None:
        """What `Face7` or `Edge3` means; None if there is no such part."""
        match = _PART.fullmatch(name)
        if match is None:
            return None
        parts = self.faces if match[1] == "Face" else self.edges
        number = int(match[2])
        return parts[number - 1] if 0 < number <= len(parts) else None


@dataclass(frozen=True, slots=True)
class _File:
    shapes: list[_Shape]
    places: _Places
    curves: list[_Geometry]
    surfaces: list[_Geometry]
    seen: set[tuple[int, Place]] = field(default_factory=set)


_ERRORS = (ValueError, IndexError, KeyError, OverflowError, StopIteration, TypeError)


def stored_solid(data: bytes) -> StoredSolid | None:
    """Return the faces and edges of a stored solid; None if it cannot be read, or is too large."""
    if len(data) > _MOST_BYTES:
        return None
    text = data.decode("ascii", errors="replace").replace("\r\n", "\n")
    with np.errstate(all="ignore"):
        return _read(text)


def _read(text: str) -> StoredSolid | None:
    try:
        curves = _table(text, "Curves", "Polygon3D")
        surfaces = _table(text, "Surfaces", "Triangulations")
        shapes, (whole, place) = _shapes(_section(text, "TShapes"))
        file = _File(
            shapes,
            _places(_table(text, "Locations", "Curve2ds")),
            [_curve(curves) for _ in range(curves.integer())],
            [_surface(surfaces) for _ in range(surfaces.integer())],
        )
        faces: list[StoredFace] = []
        edges: list[StoredEdge] = []
        for number, where in _walk(file, whole, file.places.all[place]):
            if shapes[number].kind == "Fa":
                faces.append(_face(file, number, where))
            else:
                edges.append(_edge(file, number, where))
        return StoredSolid(tuple(faces), tuple(edges))
    except _ERRORS:
        return None


def _walk(file: _File, number: int, where: Place, depth: int = 0) -> Iterator[tuple[int, Place]]:
    """Yield every face and edge where it is met first."""
    if depth > _DEEPEST or len(file.seen) > _MOST_PARTS:
        raise ValueError("shapes of shapes")
    shape = file.shapes[number]
    if (number, where) in file.seen or shape.kind == "Ve":
        return
    file.seen.add((number, where))
    if shape.kind in ("Fa", "Ed"):
        yield number, where
    for part, place in shape.parts:
        yield from _walk(file, part, file.places.within(where, place), depth + 1)


def _at(place: Array, point: Array) -> Vec3:
    x, y, z = (place[:3, :3] @ point + place[:3, 3]).tolist()
    return (x, y, z)


def _along(place: Array, direction: Array) -> Vec3:
    x, y, z = (place[:3, :3] @ direction).tolist()
    return (x, y, z)


def _face(file: _File, number: int, where: Place) -> StoredFace:
    words = file.shapes[number].geometry
    surface = file.surfaces[int(words[2]) - 1]
    place = file.places.matrix(file.places.within(where, int(words[3])))
    if not surface.numbers:
        return StoredFace(surface.kind, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    given = np.array(surface.numbers)
    radius = float(given[12]) if len(given) > 12 else 0.0
    return StoredFace(surface.kind, _at(place, given[:3]), _along(place, given[3:6]), radius)


def _edge(file: _File, number: int, where: Place) -> StoredEdge:
    words = file.shapes[number].geometry
    if len(words) > 8 and words[4] == "1":  # its curve in space stands before those on surfaces
        curve = file.curves[int(words[5]) - 1]
        place = file.places.matrix(file.places.within(where, int(words[6])))
        first, last = float(words[7]), float(words[8])
        if curve.kind in ("line", "circle", "ellipse"):
            start, middle, end = (
                _at(place, _point(curve, t)) for t in (first, (first + last) / 2, last)
            )
            radius = curve.numbers[12] if curve.kind == "circle" else 0.0
            return StoredEdge(curve.kind, start, end, middle, radius)
        kind = curve.kind
    else:
        kind = "none"
    corners = [_corner(file, part, where, place) for part, place in file.shapes[number].parts]
    return StoredEdge(kind, corners[0], corners[-1])


def _corner(file: _File, number: int, where: Place, place: int) -> Vec3:
    words = file.shapes[number].geometry
    matrix = file.places.matrix(file.places.within(where, place))
    return _at(matrix, np.array([float(word) for word in words[1:4]]))


def _point(curve: _Geometry, at: float) -> Array:
    given = np.array(curve.numbers)
    if curve.kind == "line":
        return given[:3] + at * given[3:6]
    across, along = given[6:9], given[9:12]
    wide, high = (given[12], given[-1])
    return given[:3] + wide * np.cos(at) * across + high * np.sin(at) * along
