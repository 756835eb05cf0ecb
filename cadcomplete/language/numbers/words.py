"""One number as a word, and which words may stand where a number stands."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.fields import Choices, Decimal, number, parse_number
from cadcomplete.language.numbers.memory import WORLD, Axis, Memory

STEPS, LOWEST, SIZES = 16, -3, 160  # sizes a decade, the power of ten of the smallest, how many
FINER = 32
ROUNDS = 48  # round numbers of one size that have a word

# What designers like, the roundest first: metric, then inches and their fractions.
_ROUND = (
    *(100, 50, 25, 20, 10, 5, 2, 1, 0.5, 0.25, 0.2, 0.1),
    *(25.4, 12.7, 6.35, 3.175, 0.05, 1.5875, 2.54, 0.025, 0.02, 0.01),
    *(1.27, 0.254, 0.005, 0.127, 0.0254, 0.002, 0.001),
)


def write_number(value: float, axis: Axis, memory: Memory) -> str:
    """Return the word for a number."""
    value = axis.canonical(value)
    if value == 0:
        return "0"
    near = 2e-6 + 2e-7 * abs(value)
    for back, world in enumerate(memory.along(axis)):
        for letter, place in (("r", world), ("n", -world)):
            if (
                abs(axis.sign * (place - axis.origin) - value) < near
                and axis.number(place) == value
            ):
                return f"{letter}{back}"
    return _stepped(value, axis, memory) or fresh(value, axis)


def _stepped(value: float, axis: Axis, memory: Memory) -> str:
    """The word for a number that is not round but a round distance from the newest one, or ""."""
    there = memory.along(axis)
    if not axis.places or not there or _rounds(_step(abs(value))).get(abs(value)) is not None:
        return ""
    far = float(number(axis.world(value) - there[0]))
    round_ = far and _rounds(_step(abs(far))).get(abs(far)) is not None
    return f"d{fresh(far)}" if round_ and axis.number(there[0] + far) == value else ""


def fresh(value: float, axis: Axis = WORLD[0]) -> str:
    """Return the word for a number that refers to no other; it must not be zero."""
    sign, size = "-" if value < 0 else "+", abs(value)
    step = _step(size)
    rank = _rounds(step).get(size)
    if rank is not None:
        return f"{sign}{step}#{rank}"
    finer = math.floor(((math.log10(size) - LOWEST) * STEPS - step) * FINER)
    return f"{sign}{step}~{min(FINER - 1, max(0, finer))}={axis.digits(size)}"


def _step(size: float) -> int:
    return min(SIZES - 1, max(0, math.floor((math.log10(size) - LOWEST) * STEPS + 1e-9)))


@cache
def _rounds(step: int) -> dict[float, int]:
    """The round numbers of a size and their ranks, the roundest first."""
    low, high = 10 ** (LOWEST + step / STEPS), 10 ** (LOWEST + (step + 1) / STEPS)
    found: dict[float, int] = {}
    for unit in _ROUND:
        if (high - low) / unit > ROUNDS:
            continue
        at = math.ceil(low / unit - 1e-9)
        while at * unit < high * (1 - 1e-12) and len(found) < ROUNDS:
            found.setdefault(round(at * unit, 6), len(found))
            at += 1
    return {value: rank for value, rank in found.items() if value and _step(value) == step}


@cache
def _round_of(step: int) -> dict[int, float]:
    return {rank: value for value, rank in _rounds(step).items()}


_FRESH = re.compile(r"(d?)([+-])(\d{1,3})(?:#(\d{1,2})|~(\d{1,2})=(\d+(?:\.\d+)?))")
_REFERENCE = re.compile(r"([rn])(\d{1,2})")


def read_number(word: str, axis: Axis, memory: Memory) -> float:
    """Read the word of a number. Raises TextError."""
    if word == "0":
        return 0.0
    if match := _REFERENCE.fullmatch(word):
        there, back = memory.along(axis), int(match[2])
        if back >= len(there):
            expected = f"at most {len(there) - 1}" if there else "a new number: there are none yet"
            raise TextError("no such number before", expected=expected, got=word)
        return axis.number(there[back] if match[1] == "r" else -there[back])
    match = _FRESH.fullmatch(word)
    if match is None:
        expected = "0, r3, n3, +40#5, d-40#5 or +40~7=17.34"
        raise TextError("not a number", expected=expected, got=word)
    stepped, sign, step, rank, _, digits = match.groups()
    if digits is not None and not stepped:
        size = parse_number(digits)
    elif digits or (size := _round_of(int(step)).get(int(rank))) is None:
        known = len(_rounds(int(step)))
        raise TextError("no such round number", expected=f"a rank below {known}", got=word)
    size = -size if sign == "-" else size
    if not stepped:
        return size
    if not (there := memory.along(axis)):
        raise TextError("no number before", expected="a new number", got=word)
    return axis.number(there[0] + size)


# --- what may stand there -----------------------------------------------------------------------

Options = dict[str, tuple[Any, ...]]
"""What may stand in a place, each with what follows it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number stands here; `references` earlier ones can be referred to.

    With `steps` it may also be told by how far it is from the newest of them.
    """

    references: int
    signed: bool = True
    zero: bool = True
    steps: bool = True

    @property
    def choices(self) -> Choices:
        return _number_choices(self)


@dataclass(frozen=True, slots=True)
class Rest:
    """What stands behind the size of a new number: the rank of a round one, or its digits."""

    step: int
    round_only: bool = False

    @property
    def choices(self) -> Choices:
        return _rest_choices(self)


@cache
def _number_choices(number: Number) -> Choices:
    options: Options = {"0": ()} if number.zero else {}
    letters, signs = ("rn", "+-") if number.signed else ("r", "+")
    options |= {f"{x}{back}": () for back in range(number.references) for x in letters}
    for sign in signs:
        options |= {f"{sign}{step}": (Rest(step),) for step in range(SIZES)}
    if number.steps:
        sized = [step for step in range(SIZES) if _rounds(step)]
        options |= {f"d{s}{step}": (Rest(step, round_only=True),) for s in "+-" for step in sized}
    return Choices(options)


@cache
def _rest_choices(rest: Rest) -> Choices:
    options: Options = {f"#{rank}": () for rank in range(len(_rounds(rest.step)))}
    if not rest.round_only:
        digits = Decimal(signed=False, zero=False)
        options |= {f"~{finer}=": (digits,) for finer in range(FINER)}
    return Choices(options)
