"""Numbers and lists in English."""

from __future__ import annotations

from collections.abc import Sequence

NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


def count_of(count: int) -> str:
    """Return a count in words up to twelve, else in digits."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def some(count: int, thing: str) -> str:
    """Return "a hole", "two holes"; `thing` ends with its noun."""
    return f"{article(thing)} {thing}" if count == 1 else f"{count_of(count)} {plural(thing)}"


def plural(noun: str) -> str:
    if noun.endswith(("x", "ch", "sh", "ss")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def article(words: str) -> str:
    return "an" if words.startswith((*"aeio", "L-", "I-")) and not words.startswith("one") else "a"


def number(value: float) -> str:
    """Return a length in mm with four significant digits, and at most three decimals."""
    value = float(f"{value:.7g}")  # else noise would decide how a half is rounded
    if value >= 1000:
        return str(round(value))
    text = f"{round(float(f'{value:.4g}'), 3 if value >= 0.1 else 6):f}"
    return text.rstrip("0").rstrip(".")


def times(*values: float) -> str:
    """Return "80 × 40 × 5"."""
    return " × ".join(map(number, values))


def joined(items: Sequence[str]) -> str:
    """Return "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))
