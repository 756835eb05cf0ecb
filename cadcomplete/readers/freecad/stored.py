"""Faces and edges of the solids that a file stores, by their numbers: `Face7`, `Edge3`.

FreeCAD keeps the solid of every feature as text in the kernel's own format (Open CASCADE, "BRep
format" in its user guide), and refers to parts of it by their places in the kernel's map: of all
faces, or edges, each counted where it is met first on a walk through the shape. Only what such a
number means is read here; nothing is built.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cadcomplete.history.geometry import Array, Vec3
from cadcomplete.readers.freecad.borders import Border, inward
from cadcomplete.readers.freecad.brep import ERRORS, Place, StoredGeometry, Tables, tables


@dataclass(frozen=True, slots=True)
class StoredEdge:
    """An edge: its `curve` ("line", "circle", ...), its ends, and its middle where it is known.

    `within` are points a little way from its middle into the two faces that meet there, by their
    numbers; None if there are others than two, or if that is not known.
    """

    curve: str
    start: Vec3
    end: Vec3
    middle: Vec3 | None = None
    radius: float = 0.0
    within: tuple[Vec3, Vec3] | None = None


@dataclass(frozen=True, slots=True)
class StoredFace:
    """A face: its `surface` ("plane", "cylinder", ...), the origin and axis of that, a radius.

    `edges` are those around it; where the face meets itself, as a cylinder does, there is none.
    """

    surface: str
    origin: Vec3
    axis: Vec3
    radius: float = 0.0
    edges: tuple[StoredEdge, ...] = ()


Stored = StoredFace | StoredEdge

_DEEPEST = 60
_MOST_PARTS = 500_000
_MOST_BYTES = 16 << 20
_PART = re.compile(r"(?:.*\.)?(Face|Edge)(\d{1,7})")


def is_part(name: str) -> bool:
    """Say whether a name is that of a face or an edge."""
    return _PART.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class StoredSolid:
    """The faces and edges of a solid, in the order of their numbers."""

    faces: tuple[StoredFace, ...] = ()
    edges: tuple[StoredEdge, ...] = ()
    within: Callable[[int], tuple[Vec3, Vec3] | None] = field(default=lambda _: None, compare=False)

    def part(self, name: str) -> Stored | None:
        """What `Face7` or `Edge3` means; None if there is no such part."""
        match = _PART.fullmatch(name)
        if match is None:
            return None
        number = int(match[2])
        if match[1] == "Face":
            return self.faces[number - 1] if 0 < number <= len(self.faces) else None
        if not 0 < number <= len(self.edges):
            return None
        return replace(self.edges[number - 1], within=self.within(number - 1))


def stored_solid(data: bytes) -> StoredSolid | None:
    """Return the faces and edges of a stored solid; None if it cannot be read, or is too large."""
    if len(data) > _MOST_BYTES:
        return None
    text = data.decode("ascii", errors="replace").replace("\r\n", "\n")
    try:
        with np.errstate(all="ignore"):
            return _read(tables(text))
    except ERRORS:
        return None


@dataclass(frozen=True, slots=True)
class _Walk:
    """A file, and what of it was met so far: shapes by their numbers and places."""

    file: Tables
    seen: set[tuple[int, Place]] = field(default_factory=set)
    edges: dict[tuple[int, Place], StoredEdge] = field(default_factory=dict)


def _read(file: Tables) -> StoredSolid:
    walk, (whole, place) = _Walk(file), file.whole
    found = list(_met(walk, whole, file.places.all[place]))
    for number, where in found:
        if file.shapes[number].kind == "Ed":
            walk.edges[number, where] = _edge(file, number, where)
    faces = (_face(walk, number, at) for number, at in found if file.shapes[number].kind == "Fa")
    keys = tuple(walk.edges)
    borders = _borders(file, found)

    def within(index: int) -> tuple[Vec3, Vec3] | None:
        with np.errstate(all="ignore"):
            return _within(file, keys[index], borders.get(keys[index], ()))

    return StoredSolid(tuple(faces), tuple(walk.edges.values()), within)


def _met(walk: _Walk, number: int, where: Place, depth: int = 0) -> Iterator[tuple[int, Place]]:
    """Yield every face and edge where it is met first."""
    if depth > _DEEPEST or len(walk.seen) > _MOST_PARTS:
        raise ValueError("shapes of shapes")
    shape = walk.file.shapes[number]
    if (number, where) in walk.seen or shape.kind == "Ve":
        return
    walk.seen.add((number, where))
    if shape.kind in ("Fa", "Ed"):
        yield number, where
    for part, place, _ in shape.parts:
        yield from _met(walk, part, walk.file.places.within(where, place), depth + 1)


def _at(place: Array, point: Array) -> Vec3:
    x, y, z = (place[:3, :3] @ point + place[:3, 3]).tolist()
    return (x, y, z)


def _along(place: Array, direction: Array) -> Vec3:
    x, y, z = (place[:3, :3] @ direction).tolist()
    return (x, y, z)


# --- faces ----------------------------------------------------------------------------------------


def _face(walk: _Walk, number: int, where: Place) -> StoredFace:
    file, edges = walk.file, tuple(_around(walk, number, where))
    words = file.shapes[number].geometry
    surface = file.surfaces[int(words[2]) - 1]
    place = file.places.matrix(file.places.within(where, int(words[3])))
    if not surface.numbers:
        return StoredFace(surface.kind, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), edges=edges)
    given = np.array(surface.numbers)
    radius = float(given[12]) if len(given) > 12 else 0.0
    return StoredFace(surface.kind, _at(place, given[:3]), _along(place, given[3:6]), radius, edges)


def _around(walk: _Walk, number: int, where: Place) -> Iterator[StoredEdge]:
    """The edges around a face: without those that it has twice, and those of no length."""
    file = walk.file
    counts: Counter[tuple[int, Place]] = Counter()
    for wire, place, _ in file.shapes[number].parts:
        inner = file.places.within(where, place)
        parts = file.shapes[wire].parts
        counts.update((edge, file.places.within(inner, at)) for edge, at, _ in parts)
    for key, count in counts.items():
        if count == 1 and key in walk.edges and walk.edges[key].curve != "none":
            yield walk.edges[key]


# --- edges ----------------------------------------------------------------------------------------


def _borders(
    file: Tables, found: Sequence[tuple[int, Place]]
) -> dict[tuple[int, Place], list[Border]]:
    """Of each edge the faces around which it runs, in their order."""
    borders: dict[tuple[int, Place], list[Border]] = {}
    for number, where in found:
        if file.shapes[number].kind != "Fa":
            continue
        for wire, place, turned in file.shapes[number].parts:
            inner = file.places.within(where, place)
            for edge, at, over in file.shapes[wire].parts:
                key = (edge, file.places.within(inner, at))
                borders.setdefault(key, []).append(Border(number, where, turned != over))
    return borders


def _within(
    file: Tables, edge: tuple[int, Place], borders: Sequence[Border]
) -> tuple[Vec3, Vec3] | None:
    if len(borders) != 2 or borders[0][:2] == borders[1][:2]:
        return None
    try:
        one, other = (inward(file, *edge, border) for border in borders)
    except ERRORS:
        return None
    return None if one is None or other is None else (one, other)


def _edge(file: Tables, number: int, where: Place) -> StoredEdge:
    words = file.shapes[number].geometry
    if len(words) > 8 and words[4] == "1":  # its curve in space stands before those on surfaces
        curve = file.curves[int(words[5]) - 1]
        place = file.places.matrix(file.places.within(where, int(words[6])))
        first, last = float(words[7]), float(words[8])
        if curve.kind in _POINTS or curve.spline is not None:
            start, middle, end = (
                _at(place, _point(curve, t)) for t in (first, (first + last) / 2, last)
            )
            radius = curve.numbers[12] if curve.kind == "circle" else 0.0
            return StoredEdge(curve.kind, start, end, middle, radius)
        kind = curve.kind
    else:
        kind = "none"
    parts = file.shapes[number].parts
    corners = [_corner(file, part, where, place) for part, place, _ in parts]
    return StoredEdge(kind, corners[0], corners[-1])


def _corner(file: Tables, number: int, where: Place, place: int) -> Vec3:
    words = file.shapes[number].geometry
    matrix = file.places.matrix(file.places.within(where, place))
    return _at(matrix, np.array([float(word) for word in words[1:4]]))


_POINTS = ("line", "circle", "ellipse")
"""Curves whose points are computed from their numbers; those of splines are as well."""


def _point(curve: StoredGeometry, at: float) -> Array:
    if curve.spline is not None:
        return curve.spline.at(at)
    given = np.array(curve.numbers)
    if curve.kind == "line":
        return given[:3] + at * given[3:6]
    across, along = given[6:9], given[9:12]
    wide, high = (given[12], given[-1])
    return given[:3] + wide * np.cos(at) * across + high * np.sin(at) * along
