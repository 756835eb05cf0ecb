"""Kinds of field of mirrors and patterns: directions, places, counts, and what is done again."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.fields import (
    Decimal,
    FieldKind,
    Fixed,
    Open,
    Whole,
    load_number,
    number,
    parse_number,
)
from cadcomplete.history.geometry import Vec3
from cadcomplete.history.kinds import (
    load_vector,
    numbers,
    plain,
    plain_list,
    read_direction,
    write_direction,
)

MOST_PLACES = 1000
MOST_COPIES = 20_000
"""Bodies that a pattern may make in all, where patterns do patterns again."""
"""Places of a pattern, the first included: more take minutes to build."""

_SHORTEST = 1e-9


def unit(direction: tuple[float, ...]) -> Vec3:
    """Return a direction of length 1. Raises TextError if it has no length."""
    length = math.hypot(*direction)
    if not _SHORTEST < length < math.inf:
        raise TextError("not a direction", expected="three numbers, not all 0", got=direction)
    if abs(length - 1.0) < 1e-8:  # what nine decimals hold
        x, y, z = direction
    else:
        x, y, z = (value / length for value in direction)
    return (x, y, z)


DIRECTION = FieldKind(
    write=write_direction,
    read=lambda words: unit(read_direction(words)),
    dump=plain_list,
    load=lambda value: unit(load_vector(value, 3)),
    slots={"lines": (Open("directions"),), "json": (Open("directions"),)},
)

POSITION = FieldKind(
    write=number,
    read=lambda words: parse_number(next(words)),
    dump=plain,
    load=load_number,
    slots={"lines": (Decimal(),), "json": (Decimal(),)},
)

PLACE = FieldKind(
    write=lambda place: " ".join(map(number, place)),
    read=lambda words: tuple(parse_number(next(words)) for _ in range(3)),
    dump=plain_list,
    load=lambda value: load_vector(value, 3),
    slots={"lines": numbers(3, " "), "json": (Fixed("["), *numbers(3, ","), Fixed("]"))},
)


def _count(value: Any) -> int:
    if not isinstance(value, (int, float)) or value != int(value) or not 2 <= value <= MOST_PLACES:
        expected = f"2 to {MOST_PLACES}, the first included"
        raise TextError("not a number of places", expected=expected, got=value)
    return int(value)


def _read_count(words: Iterator[str]) -> int:
    word = next(words)
    return _count(int(word) if re.fullmatch(r"\d{1,6}", word) else word)


_PLACES = (Whole(2, MOST_PLACES),)

COUNT = FieldKind(
    write=str,
    read=_read_count,
    dump=int,
    load=lambda value: _count(value if type(value) in (int, float) else str(value)),
    slots={"lines": _PLACES, "json": _PLACES},
)


def _round(value: float) -> float:
    if not 0 < value <= 360:
        raise TextError("not an angle", expected="degrees above 0, up to 360", got=value)
    return value


def _write_angle(value: float) -> str:
    return f"{max(0.000001, value):.6f}".rstrip("0").rstrip(".")


_ANGLE = (Decimal(below=360, signed=False, zero=False, reached=True),)

ANGLE = FieldKind(
    write=_write_angle,
    read=lambda words: _round(parse_number(next(words))),
    dump=plain,
    load=lambda value: _round(load_number(value)),
    slots={"lines": _ANGLE, "json": _ANGLE},
)

Backs = tuple[int, ...] | None
"""Operations counted back, 1 for the one just before; None for the whole body."""

ALL = "all"


def _read_backs(words: list[Any]) -> Backs:
    if words == [ALL]:
        return None
    found = []
    for word in words:
        match = re.fullmatch(r"@([1-9]\d{0,5})", word) if isinstance(word, str) else None
        if match is None:
            raise TextError("not an operation", expected="all, or operations such as @1", got=word)
        found.append(int(match[1]))
    return tuple(found)


def _load_backs(value: Any) -> Backs:
    if not isinstance(value, list):
        raise TextError("not operations", expected='a list such as ["all"] or ["@1"]', got=value)
    return _read_backs(value)


def write_backs(backs: Backs) -> list[str]:
    """Return the words for what is done again."""
    return [ALL] if backs is None else [f"@{back}" for back in backs]


EARLIER = FieldKind(
    write=lambda backs: " ".join(write_backs(backs)),
    read=lambda words: _read_backs(list(words)),
    dump=write_backs,
    load=_load_backs,
    slots={"lines": (Open("earlier"),), "json": (Fixed("["), Open("earlier"), Fixed("]"))},
)
