"""The text in which the CAD kernel stores a shape, as tables of plain values ("BRep format").

Curves, surfaces, places and shapes stand in tables of their own, and refer to each other by
numbers. What the parts of a shape are, `stored.py` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array

_CURVES = ("line", "circle", "ellipse", "parabola", "hyperbola", "bezier", "spline")
_CURVE_NUMBERS = (6, 13, 14, 13, 14)
_SURFACES = ("plane", "cylinder", "cone", "sphere", "torus", "swept", "turned", "bezier", "spline")
_SURFACE_NUMBERS = (12, 13, 14, 13, 14)
_TRIMMED_CURVE, _OFFSET_CURVE, _TRIMMED_SURFACE, _OFFSET_SURFACE = 8, 9, 10, 11
_DEEPEST = 60
_SHARPEST = 30  # degree of a spline, above which it is not evaluated: the kernel allows 25

Part = tuple[int, int, bool]
"""A shape that another is made of: its number, that of its place, and whether it is turned over."""

Place = tuple[tuple[int, int], ...]
"""Where a shape is put: elementary places and their powers, the innermost first.

Two shapes are one where these are the same, not where the matrices are.
"""


@dataclass(frozen=True, slots=True)
class StoredShape:
    """One entry of the table of shapes, with what it is made of.

    Attributes:
        kind: "Fa" for a face, "Wi", "Ed", "Ve", ...
        geometry: its words, up to the flags.
        parts: of what it is made.
    """

    kind: str
    geometry: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Spline:
    """A B-spline curve: `knots` as often as they count, `poles` (n, 4) with their weights last."""

    degree: int
    knots: Array
    poles: Array

    def at(self, value: float) -> Array:
        """Return the point at a parameter, by de Boor's algorithm."""
        k, n = self.degree, len(self.poles)
        span = int(np.clip(np.searchsorted(self.knots, value, side="right") - 1, k, n - 1))
        left = self.poles[span - k : span + 1].copy()
        left[:, :3] *= left[:, 3:]
        for level in range(1, k + 1):
            for j in range(k, level - 1, -1):
                low, high = self.knots[span - k + j], self.knots[span + j - level + 1]
                share = (value - low) / (high - low)
                left[j] = (1 - share) * left[j - 1] + share * left[j]
        return left[k, :3] / left[k, 3]


@dataclass(frozen=True, slots=True)
class StoredGeometry:
    """A curve or a surface: what it is, and its numbers if it has a fixed count of them."""

    kind: str
    numbers: tuple[float, ...] = ()
    spline: Spline | None = None


@dataclass(frozen=True, slots=True)
class StoredPlaces:
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


@dataclass(frozen=True, slots=True)
class Tables:
    """What a file holds; `whole` is the shape that it is about, by its number and its place."""

    shapes: list[StoredShape]
    places: StoredPlaces
    curves: list[StoredGeometry]
    surfaces: list[StoredGeometry]
    whole: tuple[int, int]


ERRORS = (ValueError, IndexError, KeyError, OverflowError, StopIteration, TypeError)
"""What a text that is no such file, or a damaged one, raises."""


def tables(text: str) -> Tables:
    """Return the tables of a text. Raises one of `ERRORS`."""
    curves = _table(text, "Curves", "Polygon3D")
    surfaces = _table(text, "Surfaces", "Triangulations")
    shapes, (whole, place, _) = _shapes(_section(text, "TShapes"))
    return Tables(
        shapes,
        _places(_table(text, "Locations", "Curve2ds")),
        [_curve(curves) for _ in range(curves.integer())],
        [_surface(surfaces) for _ in range(surfaces.integer())],
        (whole, place),
    )


# --- words ----------------------------------------------------------------------------------------


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


# --- places and geometry --------------------------------------------------------------------------


def _places(tokens: _Tokens) -> StoredPlaces:
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
    return StoredPlaces(tuple(found), matrices)


def _curve(tokens: _Tokens, depth: int = 0) -> StoredGeometry:
    kind = tokens.integer()
    if depth > _DEEPEST:
        raise ValueError("curves of curves")
    if kind == _TRIMMED_CURVE:
        tokens.numbers(2)
        return _curve(tokens, depth + 1)
    if kind == _OFFSET_CURVE:
        tokens.numbers(4)
        _curve(tokens, depth + 1)
        return StoredGeometry("offset")
    if kind <= len(_CURVE_NUMBERS):
        return StoredGeometry(_CURVES[kind - 1], tokens.numbers(_CURVE_NUMBERS[kind - 1]))
    rational = tokens.integer()
    if _CURVES[kind - 1] == "bezier":
        degree = tokens.integer()
        poles = _poles(tokens, degree + 1, rational)
        knots = np.repeat([0.0, 1.0], min(degree, _SHARPEST) + 1)
        return StoredGeometry("bezier", spline=_spline(degree, knots, poles))
    periodic, degree, count, places = (tokens.integer() for _ in range(4))
    poles = _poles(tokens, count, rational)
    knots = np.array(tokens.numbers(2 * places)).reshape(-1, 2)
    often = np.clip(knots[:, 1], 0, _SHARPEST + 1).astype(int)
    spline = None if periodic else _spline(degree, np.repeat(knots[:, 0], often), poles)
    return StoredGeometry("spline", spline=spline)


def _poles(tokens: _Tokens, count: int, rational: int) -> Array:
    """Points with a weight each, 1 where none is given: shape (count, 4)."""
    width = 3 + bool(rational)
    found = np.array(tokens.numbers(count * width)).reshape(-1, width)
    return found if rational else np.column_stack([found, np.ones(len(found))])


def _spline(degree: int, knots: Array, poles: Array) -> Spline | None:
    """A spline, if its numbers are those of one."""
    fitting = 1 <= degree <= _SHARPEST and len(knots) == len(poles) + degree + 1
    return Spline(degree, knots, poles) if fitting else None


def _surface(tokens: _Tokens, depth: int = 0) -> StoredGeometry:
    kind = tokens.integer()
    if depth > _DEEPEST:
        raise ValueError("surfaces of surfaces")
    if kind == _TRIMMED_SURFACE:
        tokens.numbers(4)
        return _surface(tokens, depth + 1)
    if kind == _OFFSET_SURFACE:
        tokens.numbers(1)
        _surface(tokens, depth + 1)
        return StoredGeometry("offset")
    name = _SURFACES[kind - 1]
    if kind <= len(_SURFACE_NUMBERS):
        return StoredGeometry(name, tokens.numbers(_SURFACE_NUMBERS[kind - 1]))
    if name in ("swept", "turned"):
        tokens.numbers(3 if name == "swept" else 6)
        _curve(tokens)
        return StoredGeometry(name)
    rational = max(tokens.integer(), tokens.integer())
    if name == "bezier":
        across, along = tokens.integer() + 1, tokens.integer() + 1
        tokens.numbers(across * along * (3 + rational))
    else:
        _, _, _, _, across, along, knots, more = (tokens.integer() for _ in range(8))
        tokens.numbers(across * along * (3 + rational) + 2 * (knots + more))
    return StoredGeometry(name)


# --- shapes ---------------------------------------------------------------------------------------

_FLAGS = re.compile(r"[01]{7}")


def _shapes(text: str) -> tuple[list[StoredShape], Part]:
    """All shapes in the order of the file, and which of them is the whole, and where that lies."""
    lines = iter(line.strip() for line in text.splitlines())
    count = int(next(lines))
    found: list[StoredShape] = []
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
        found.append(StoredShape(kind, tuple(geometry), tuple(_references(parts[:-1], count))))
    last = " ".join(line for line in lines if line).split()
    return found, next(iter(_references(last[:2], count)))


def _references(words: list[str], count: int) -> Iterator[Part]:
    """Shapes are counted from the end; a sign before the number says which way round they are."""
    for shape, place in zip(words[::2], words[1::2], strict=True):
        yield count - int(shape[1:]), int(place), shape[0] == "-"
