"""The selector strings of CadQuery, such as `|Z`, `>Z and <X` or `not #Y`, as a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.geometry import Vec3, dot
from cadcomplete.history.kinds import AXES

_WORD = re.compile(r"\s*(>>|<<|[()<>|#+-]|%\w+|\[-?\d+\]|[A-Za-z]+)")

_NEAR = 1e-4  # mm by which the library's levels may differ

_VIEWS = {
    "front": "+z", "back": "-z", "left": "-x", "right": "+x", "top": "+y", "bottom": "-y"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Far:
    """What lies farthest in a direction: +x, -x …, or between two axes: +xy."""

    way: str


@dataclass(frozen=True, slots=True)
class Facing:
    """Flat faces that look in a direction."""

    way: str


@dataclass(frozen=True, slots=True)
class Level:
    """Of what lies across a direction the level with an index, counted along it."""

    way: str
    index: int


@dataclass(frozen=True, slots=True)
class Along:
    """Straight edges along an axis, and flat faces across it."""

    axis: str


@dataclass(frozen=True, slots=True)
class Across:
    """Straight edges at right angles to an axis, and flat faces along it."""

    axis: str


@dataclass(frozen=True, slots=True)
class OfKind:
    """What is of a kind: LINE, CIRCLE, PLANE …"""

    name: str


@dataclass(frozen=True, slots=True)
class Both:
    one: Selector
    other: Selector


@dataclass(frozen=True, slots=True)
class Either:
    one: Selector
    other: Selector


@dataclass(frozen=True, slots=True)
class Not:
    one: Selector


Selector = Far | Facing | Level | Along | Across | OfKind | Both | Either | Not


def parsed(text: str) -> Selector:
    """Return the tree of a selector. Raises UnsupportedError for what is not known of it."""
    words, place = [], 0
    stripped = text.rstrip()
    while place < len(stripped):
        match = _WORD.match(stripped, place)
        if match is None:
            raise _unknown(text)
        words.append(match[1])
        place = match.end()
    reader = _Reader(text, words[:200])
    tree = reader.negated()
    if reader.words:
        raise _unknown(text)
    return tree


def _unknown(text: str) -> UnsupportedError:
    return UnsupportedError([f"the selector {text!r}"])


class _Reader:
    """Reads words; the library's `and` binds tightest, then `or`, and `not` least."""

    def __init__(self, text: str, words: list[str]) -> None:
        self.text, self.words = text, words

    def negated(self) -> Selector:
        if self.words[:1] == ["not"]:
            self.words.pop(0)
            return Not(self.negated())
        return self.either()

    def either(self) -> Selector:
        tree = self.both()
        while self.words[:1] == ["or"]:
            self.words.pop(0)
            tree = Either(tree, self.both())
        return tree

    def both(self) -> Selector:
        tree = self.atom()
        while self.words[:1] == ["and"]:
            self.words.pop(0)
            tree = Both(tree, self.atom())
        return tree

    def atom(self) -> Selector:
        word = self.next()
        if word == "(":
            tree = self.negated()
            if self.next() != ")":
                raise _unknown(self.text)
            return tree
        if word.startswith("%"):
            return OfKind(word[1:].upper())
        if word.lower() in _VIEWS:
            return Far(_VIEWS[word.lower()])
        axis = self.next().lower()
        if word in ("<", ">") and axis in ("xy", "xz", "yz"):
            return Far(f"{'+' if word == '>' else '-'}{axis}")
        if axis not in ("x", "y", "z"):
            raise _unknown(self.text)
        if word in ("+", "-"):
            return Facing(f"{word}{axis}")
        if word in ("<", ">"):
            way = f"{'+' if word == '>' else '-'}{axis}"
            if self.words[:1] and self.words[0].startswith("["):
                return Level(way, int(self.words.pop(0)[1:-1]))
            return Far(way)
        if word in ("|", "#"):
            return Along(axis) if word == "|" else Across(axis)
        raise _unknown(self.text)

    def next(self) -> str:
        if not self.words:
            raise _unknown(self.text)
        return self.words.pop(0)


def picked(points: list[Vec3], tree: Selector | None) -> list[Vec3]:
    """Return the points that a selector means. Raises UnsupportedError."""
    if isinstance(tree, Both):
        other = picked(points, tree.other)
        return [point for point in picked(points, tree.one) if point in other]
    if isinstance(tree, Either):
        return list(dict.fromkeys([*picked(points, tree.one), *picked(points, tree.other)]))
    if not isinstance(tree, Far) or not points:
        raise UnsupportedError(["a selection of corners"])
    sign = tree.way[0]
    heights = [sum(dot(point, AXES[f"{sign}{axis}"]) for axis in tree.way[1:]) for point in points]
    far = max(heights)
    return [p for p, height in zip(points, heights, strict=True) if height >= far - _NEAR]
