"""Lengths and points as code says them: `plate_height - 2`, `(6.35, 0)`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cadcomplete.history.fields import number

DIRECTION_DECIMALS = 12
"""Of unit vectors that are no axis: a nanometre over a kilometre."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A length in mm: variables, each so many times, and a number."""

    terms: tuple[tuple[str, float], ...] = ()
    rest: float = 0.0

    @staticmethod
    def of(name: str, times: float = 1.0) -> Sum:
        """Return a variable, or so many times of it."""
        return Sum(((name, times),))

    def __add__(self, other: Sum) -> Sum:
        total = dict(self.terms)
        for name, times in other.terms:
            total[name] = total.get(name, 0.0) + times
        kept = tuple((name, times) for name, times in total.items() if times)
        return Sum(kept, self.rest + other.rest)

    def __sub__(self, other: Sum) -> Sum:
        return self + other.times(-1.0)

    def times(self, factor: float) -> Sum:
        """Return it so many times."""
        terms = tuple((name, factor * times) for name, times in self.terms)
        return Sum(terms, factor * self.rest)

    @property
    def length(self) -> int:
        """Of how many parts it is made: 0 if it is nothing."""
        return len(self.terms) + (number(self.rest) != "0")

    @property
    def text(self) -> str:
        """The expression, without brackets around it."""
        parts = [_term(name, times) for name, times in sorted(self.terms, key=lambda t: t[1] < 0)]
        rest = number(self.rest)
        if rest != "0":
            parts.append((rest.startswith("-"), rest.removeprefix("-")))
        if not parts:
            return "0"
        first, *others = parts
        signs = (f" {'-' if negative else '+'} {text}" for negative, text in others)
        return f"{'-' * first[0]}{first[1]}{''.join(signs)}"


NOTHING = Sum()


def _term(name: str, times: float) -> tuple[bool, str]:
    size = abs(times)
    if size == 1:
        text = name
    elif size < 1 and (1 / size).is_integer():
        text = f"{name} / {1 / size:.0f}"
    else:
        text = f"{number(size)} * {name}"
    return times < 0, text


def point(values: Iterable[float]) -> str:
    """Return a tuple of lengths."""
    return f"({', '.join(map(number, values))})"


def exact(values: Iterable[float]) -> str:
    """Return a tuple of lengths from which ends of curves are computed: to more than they are."""
    return f"({', '.join(map(ratio, values))})"


def direction(values: Iterable[float]) -> str:
    """Return a tuple of the numbers of a unit vector."""
    return f"({', '.join(map(ratio, values))})"


def ratio(value: float) -> str:
    """Return a number that is no length: short, and exact enough for a direction or an angle."""
    text = f"{round(value, DIRECTION_DECIMALS) + 0.0:.{DIRECTION_DECIMALS}f}"
    return text.rstrip("0").rstrip(".")
