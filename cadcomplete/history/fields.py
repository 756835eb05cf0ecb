"""What a command of the text is made of: the one declaration behind codec and grammar.

A command has fields; a field has a kind (`kinds.py`). A kind says how a value is written and
read in both formats, and which characters may stand there: its slots. `language/commands.py`
encodes and decodes with it, `language/grammar.py` walks its slots, so the three cannot drift apart.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from cadcomplete.errors import TextError

Format = Literal["lines", "json", "numbers"]
FORMATS: tuple[Format, ...] = ("lines", "json", "numbers")

LIMIT = 1e7
"""Largest coordinate in millimetres: 10 km."""

DECIMALS = 6
"""Most decimals of a length in the line language: a nanometre."""


@functools.lru_cache(maxsize=1 << 16)
def number(value: float) -> str:
    """Return a short decimal for `value`: the same to a nanometre or to single precision.

    The tolerance is max(6e-7, 2^-24 |value|): many files store single-precision metres, where
    63.5 mm reads 63.500002. What was written is read and written again without a change.
    """
    text = _shortest(value)
    while (again := _shortest(float(text))) != text:
        text = again
    return text


def _shortest(value: float) -> str:
    tolerance = max(6e-7, abs(value) * 2**-24)
    rounded, decimals = value, 0
    for decimals in range(DECIMALS + 1):
        rounded = round(value, decimals)
        if abs(rounded - value) <= tolerance:
            break
    return f"{rounded + 0.0:.{decimals}f}"


SMALL = 2.0
"""No two numbers within 10 km that are farther apart, in mm, are written alike."""


def alike(*pairs: tuple[float, float]) -> bool:
    """Say whether the numbers of every pair are one in the text (`number`)."""
    return all(number(a) == number(b) for a, b in pairs)


def times(value: float, factor: float) -> float:
    """Return a length `factor` times as large, to a nanometre again."""
    return round(value * factor, DECIMALS) + 0.0


_DECIMAL = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")


def parse_number(word: str) -> float:
    """Read one decimal. Raises TextError for anything else, infinities and NaN included."""
    if _DECIMAL.fullmatch(word) is None:
        raise TextError("not a number", expected="a decimal such as 12.5", got=word)
    return load_number(float(word))


def load_number(value: Any) -> float:
    """Check one number of a document. Raises TextError unless it is finite and within 10 km."""
    if type(value) not in (int, float) or not -LIMIT <= value <= LIMIT:
        raise TextError("not a length", expected=f"a number up to {LIMIT:.0f} mm", got=value)
    return float(value)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Exactly this text stands here."""

    text: str


@dataclass(frozen=True, slots=True)
class Decimal:
    """A decimal stands here, in its one shortest spelling, its magnitude below `below`.

    If that is `reached`, it may be just as much.
    """

    below: int = int(LIMIT)
    signed: bool = True
    zero: bool = True
    reached: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `low` to `high` stands here; neither is below 1."""

    low: int
    high: int

    def is_one(self, text: str) -> bool:
        """Whether a text is such a number."""
        return self.begins(text) and self.low <= int(text or 0)

    def begins(self, text: str) -> bool:
        """Whether such a number may begin like this."""
        if not text:
            return True
        if not (text.isascii() and text.isdecimal()) or text[0] == "0":
            return False
        least = most = int(text)
        while most < self.low:
            least, most = 10 * least, 10 * most + 9
        return least <= self.high


class Choices:
    """Options that are looked up, as there may be hundreds: each text, and how texts begin."""

    def __init__(self, options: dict[str, tuple[Any, ...]], *, more: Choices | None = None) -> None:
        self.options = options if more is None else more.options | options
        self.begun = {text[:end] for text in options for end in range(len(text) + 1)}
        self.begun |= more.begun if more is not None else set()


class Choosing:
    """A place with `options`: texts, and what follows each; of two alike the first counts."""

    options: Any

    @cached_property
    def choices(self) -> Choices:
        """The options as they are looked up, found out once."""
        return Choices(dict(reversed(self.options)))


@dataclass(frozen=True, slots=True)
class Branch(Choosing):
    """One of several texts stands here, each followed by slots of its own."""

    options: tuple[tuple[str, tuple[Slot, ...]], ...]


@dataclass(frozen=True, slots=True)
class Open:
    """What may stand here depends on what has been drawn: `name` is "axes", "profiles" …"""

    name: str


Slot = Fixed | Decimal | Whole | Branch | Open


@dataclass(frozen=True, slots=True)
class FieldKind:
    """How a value is written and read.

    Attributes:
        write: from a value to words of the line language.
        read: from the words of a line to a value; StopIteration if there are too few.
        dump: from a value to what JSON holds.
        load: from what JSON holds to a value; KeyError and TypeError for a wrong structure.
        slots: what may stand there; of the format `numbers`, `numbers/` says it.
    """

    write: Callable[[Any], str]
    read: Callable[[Iterator[str]], Any]
    dump: Callable[[Any], Any]
    load: Callable[[Any], Any]
    slots: dict[Format, tuple[Slot, ...]]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a command: the name it has in JSON, and its kind."""

    name: str
    kind: FieldKind
