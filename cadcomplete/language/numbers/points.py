"""How the points and sweeps of a sketch are said: by a word for each number, or by a rule.

The x comes first, unless it follows from the y: then `y`, the word of the y, and that of the x.
What is said is what counts from there on: a number that a rule says is that of the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.fields import Choices, Choosing, Fixed
from cadcomplete.history.geometry import Vec2
from cadcomplete.language.numbers.derived import (
    Found,
    coordinates,
    derived_words,
    sweep_tolerance,
    sweeps,
    tolerance,
)
from cadcomplete.language.numbers.memory import RADIUS, SWEEPS, Memory
from cadcomplete.language.numbers.words import (
    Number,
    fresh,
    read_number,
    write_number,
)

SWAPPED = "y"
"""Stands before the y of a point, where that comes first."""

_LETTERS = frozenset(word[0] for word in derived_words())
_DERIVED = re.compile(r"([a-z])\d{1,2}")

Said = tuple[str, float]
"""A word, and the number that it says."""


def is_derived(word: str) -> bool:
    match = _DERIVED.fullmatch(word)
    return match is not None and match[1] in _LETTERS


def _is_long(word: str) -> bool:
    """Whether it spells a number that is not round, or steps to it."""
    return "~" in word or word[0] == "d"


@dataclass(frozen=True)
class PointPlace:
    """Where a point stands: the command that it belongs to, and all that was said before."""

    name: str
    memory: Memory

    @property
    def pen(self) -> Vec2 | None:
        """What the point goes on from, if anything."""
        drawn = self.memory.drawn
        return {"loop": None, "circle": drawn.center}.get(self.name, drawn.pen)

    def candidates(
        self, which: int, other: float | None, *, near: float | None = None, word: str = ""
    ) -> Found:
        axis = self.memory.frame.flat[which]
        return coordinates(self.memory, axis, which, self.pen, other=other, near=near, word=word)

    def write(self, value: float, which: int, other: float | None = None) -> Said:
        axis = self.memory.frame.flat[which]
        value = axis.canonical(value)
        word = write_number(value, axis, self.memory)
        if self.memory.derived and _is_long(word):
            near, found = self._off(value, which), None
            for derived, there in self.candidates(which, other, near=value):
                if there == value:
                    return derived, there
                if found is None and abs(there - value) <= near:
                    found = (derived, there)
            return found or (word, value)
        return word, value

    def _off(self, value: float, which: int) -> float:
        """How far off what is derived may be: not at all where a loop begins, or comes back to."""
        start = self.memory.drawn.start
        exact = self.name == "loop" or (start is not None and start[which] == value)
        return 1e-9 if exact else tolerance(value)

    def read(self, word: str, which: int, other: float | None = None) -> float:
        if not is_derived(word):
            return read_number(word, self.memory.frame.flat[which], self.memory)
        for _, there in self.candidates(which, other, word=word):
            return there
        raise _unknown(word, self.candidates(which, other))

    def write_point(self, point: Vec2) -> tuple[list[str], Vec2]:
        """Return the words of a point, and what they say."""
        first, x = self.write(point[0], 0)
        if _is_long(first) and self.memory.derived:
            word, y = self.write(point[1], 1)
            if not _is_long(word):
                swapped, there = self.write(point[0], 0, y)
                if is_derived(swapped):
                    return [SWAPPED, word, swapped], (there, y)
        second, y = self.write(point[1], 1, x)
        return [first, second], (x, y)

    def read_point(self, words: Iterator[str]) -> Vec2:
        word = next(words)
        if word == SWAPPED:
            y = self.read(next(words), 1)
            return (self.read(next(words), 0, y), y)
        x = self.read(word, 0)
        return (x, self.read(next(words), 1, x))

    def write_sweep(self, sweep: float, end: Vec2) -> Said:
        """Return the word of a sweep: the first that says it as exactly as the end is told."""
        sweep, memory = SWEEPS.canonical(sweep), self.memory
        if not memory.derived:
            return write_number(sweep, SWEEPS, memory), sweep
        near = sweep_tolerance(sweep, self.pen, end)
        for back, there in enumerate(memory.along(SWEEPS)):
            for letter, value in (("r", there), ("n", -there)):
                if abs(value - sweep) <= near:
                    return f"{letter}{back}", SWEEPS.number(value)
        rounded = (round(sweep, decimals) for decimals in range(6))
        short = next((v for v in rounded if 0 < abs(v) < 360 and abs(v - sweep) <= near), sweep)
        word = fresh(short, SWEEPS)
        if _is_long(word):
            for derived, value in sweeps(memory, SWEEPS, end):
                if abs(value - sweep) <= near:
                    return derived, value
        return word, SWEEPS.canonical(short)

    def read_sweep(self, word: str, end: Vec2) -> float:
        if not is_derived(word):
            return read_number(word, SWEEPS, self.memory)
        return _looked_up(word, sweeps(self.memory, SWEEPS, end))


def _looked_up(word: str, found: Found) -> float:
    known = dict(found)
    if word not in known:
        raise _unknown(word, known.items())
    return known[word]


def _unknown(word: str, found: Iterable[Said]) -> TextError:
    known = ", ".join(name for name, _ in found)
    expected = known or "a number: nothing stands there to derive one from"
    return TextError("nothing there says such a number", expected=expected, got=word)


_SETTLES = 8


def write_values(name: str, values: tuple[Any, ...], memory: Memory) -> list[str]:
    """Return the words of a command that is a point, and perhaps one number more.

    What they say is written again without a change, as of decimals (`fields.number`).
    """
    words, said = _written(name, values, memory)
    for _ in range(_SETTLES):
        again, said = _written(name, said, memory)
        if again == words:
            return words
        words = again
    return _written(name, values, replace(memory, derived=False))[0]


def _written(
    name: str, values: tuple[Any, ...], memory: Memory
) -> tuple[list[str], tuple[Any, ...]]:
    place, (point, *rest) = PointPlace(name, memory), values
    words, point = place.write_point(point)
    if name == "arc":
        word, sweep = place.write_sweep(rest[0], point)
        return [*words, word], (point, sweep)
    return [*words, *(write_number(v, RADIUS, memory) for v in rest)], (point, *rest)


def read_values(name: str, words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
    place = PointPlace(name, memory)
    point = place.read_point(words)
    if name == "arc":
        return (point, place.read_sweep(next(words), point))
    return (point, read_number(next(words), RADIUS, memory)) if name == "circle" else (point,)


# --- what may stand there -----------------------------------------------------------------------


@dataclass(frozen=True)
class StatedWords(Choosing):
    """One of these words stands here."""

    words: tuple[str, ...]

    @property
    def options(self) -> tuple[tuple[str, tuple[Any, ...]], ...]:
        return tuple((word, ()) for word in self.words)


@dataclass(frozen=True)
class Stated:
    """A number stands here, in one of the words of a `Number`, or in one of these."""

    number: Number
    words: tuple[str, ...]

    @cached_property
    def choices(self) -> Choices:
        plain = self.number.choices
        return Choices(dict.fromkeys(self.words, ()), more=plain)


@dataclass(frozen=True, eq=False)
class Given:
    """What stands here depends on the words of the line before it."""

    name: str
    memory: Memory

    def filled(self, line: str) -> tuple[Any, ...]:
        """Return the slots that it stands for, and of the line's rest; `line` ends with a space."""
        words = line.split(" ")[1:-1]
        place, told = PointPlace(self.name, self.memory), words
        swapped = told[:1] == [SWAPPED]
        first, second = (1, 0) if swapped else (0, 1)
        told = told[1:] if swapped else told
        if not told:
            more = () if swapped or not self.memory.derived else (SWAPPED,)
            return (self._number(place, first, None, more), Fixed(" "), self)
        other = place.read(told[0], first)
        if len(told) == 1:
            slot = self._number(place, second, other, ())
            if self.name == "arc":
                return (slot, Fixed(" "), self)
            return (slot, Fixed(" "), _radius(self.memory)) if self.name == "circle" else (slot,)
        point = place.read_point(iter(words))
        count = len(self.memory.along(SWEEPS))
        found = sweeps(self.memory, SWEEPS, point) if self.memory.derived else ()
        number = Number(count, zero=False, steps=False)
        return (Stated(number, tuple(word for word, _ in found)),)

    def _number(
        self, place: PointPlace, which: int, other: float | None, more: Sequence[str]
    ) -> Stated:
        count = len(self.memory.along(self.memory.frame.flat[which]))
        found = place.candidates(which, other) if self.memory.derived else ()
        words = dict.fromkeys(word for word, _ in found)
        return Stated(Number(count, steps=count > 0), (*words, *more))


def _radius(memory: Memory) -> Number:
    return Number(len(memory.along(RADIUS)), signed=False, zero=False, steps=False)
