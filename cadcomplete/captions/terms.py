"""A caption as terms: numbers with their units and marks, groups of sizes, counts and words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from cadcomplete.captions.lexicon import COUNTS, UNITS

FRACTIONS = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"}
INCH = 25.4
MOST = 20_000  # characters of a caption that are read


@dataclass(frozen=True, slots=True)
class Term:
    """A word, a stop, a count, or numbers.

    Attributes:
        text: the word in small letters; of a stop its sign; empty for numbers and counts.
        numbers: one length in mm, or several that belong together, as in "80 × 40 × 5 mm".
        mark: of the first of them: "ø", "r", "m" for a thread, "°" for an angle, or "".
        stack: whether they stand one after the other, as in "ø6/ø19".
        bare: whether nothing says that it is a length: it may be a count.
        count: how many.
    """

    text: str = ""
    numbers: tuple[float, ...] = ()
    mark: str = ""
    stack: bool = False
    bare: bool = False
    count: int = 0


_NUMBER = r"\d+[ -]\d+/\d+|\d+/\d+|[1-9]\d{0,2}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+"
_NOT_INCH = r"(?!\s+(?:an?|the|one|each|all|total|its|place|rows?|lines?|both|every|which|grid)\b)"
_UNIT = (
    r"(?:millimet(?:re|er)s?|centimet(?:re|er)s?|met(?:re|er)s?|inch(?:es)?|mils?|thou|feet|foot"
    rf"|mm|cm|ft|in{_NOT_INCH}|m)\b|\"|″|''"
)
_SCAN = re.compile(
    rf"""
    (?P<times>\d+)\s*[x×]\s*(?=(?:ø|m\d|r\d|dia|[a-wyz][a-z]{{2,}}))
  | (?:(?P<mark>ø|\bm(?=\d)|\br(?=\s?[\d.]))\s*)?(?P<minus>(?<![\w.)])[-−](?=[\d.]))?
    (?P<number>{_NUMBER})\s*-?\s*(?P<unit>{_UNIT})?
    (?P<degrees>\s*(?:°|degrees?\b|deg\b))?
  | (?P<by>[x×*](?=\s*[ø\d.])|\bby\b(?=\s*[ø\d.]))
  | (?P<word>[a-z]+(?:-[a-z]+)*)
  | (?P<stop>[.;:,()/])
    """,
    re.VERBOSE,
)


def terms(caption: str) -> list[Term]:
    """Return what a caption is made of. A number without a unit is in that of the others, or mm."""
    return list(_counted(_joined(list(_scanned(_plain(caption))))))


def _plain(caption: str) -> str:
    """In small letters, with one sign for each thing."""
    text = caption[:MOST].lower()
    for sign, plain in FRACTIONS.items():
        text = text.replace(sign, f" {plain}")
    for sign in "⌀∅ϕφ⊘":
        text = text.replace(sign, "ø")
    text = re.sub(r"(?<=\d)['’′]{2}|”|“", '"', text)
    return re.sub(r"\bø\s+(?=[\d.])|\b(?:diameter|dia\.?|diam\.?)\s*(?:of\s+)?(?=[\d.])", "ø", text)


@dataclass(frozen=True, slots=True)
class _Raw:
    """A term as it stands there; the text of a number is "#", and it is not yet in mm."""

    text: str = ""
    value: float = 0.0
    unit: str = ""
    mark: str = ""
    whole: bool = False
    count: int = 0


def _scanned(text: str) -> Iterator[_Raw]:
    for found in _SCAN.finditer(text):
        if found["times"]:
            yield _Raw(count=int(found["times"]))
        elif found["number"]:
            yield _number(found)
        else:
            yield _Raw("×" if found["by"] else found["word"] or found["stop"])


def _number(found: re.Match[str]) -> _Raw:
    number, unit = found["number"], found["unit"] or ""
    mark = "°" if found["degrees"] else (found["mark"] or "").strip()
    if "/" in number:
        whole, _, part = number.replace("-", " ").rpartition(" ")
        numerator, denominator = map(int, part.split("/"))
        if not denominator:
            return _Raw("/")
        value = float(Fraction(numerator, denominator) + int(whole or 0))
        return _Raw("#", value=value, unit=unit or "in", mark=mark)
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?", number):
        number = number.replace(",", "")
    number = number.replace(",", ".")
    whole = number.isdigit() and not unit and not mark and not found["minus"]
    value = -float(number) if found["minus"] else float(number)
    return _Raw("#", value=value, unit=unit, mark=mark, whole=whole)


def _joined(raw: list[_Raw]) -> Iterator[Term]:
    """Join numbers with × or / between them; what has no unit takes that of its group."""
    units = [one.unit for one in raw if one.unit]
    usual = max(set(units), key=lambda unit: (units.count(unit), unit)) if units else "mm"
    at = 0
    while at < len(raw):
        one = raw[at]
        if one.text != "#":
            yield Term(one.text, count=one.count)
            at += 1
            continue
        group, stack, at = [one], False, at + 1
        while at + 1 < len(raw) and raw[at].text in ("×", "/") and raw[at + 1].text == "#":
            if raw[at].text == "/" and not (raw[at + 1].mark and group[-1].mark):
                break
            if stack and raw[at].text == "×":  # a height follows
                break
            stack |= raw[at].text == "/"
            group.append(raw[at + 1])
            at += 2
        yield _measured(group, stack, usual)


def _measured(group: list[_Raw], stack: bool, usual: str) -> Term:
    own = next((one.unit for one in reversed(group) if one.unit), "")
    first = group[0]
    if first.mark in ("°", "m"):  # an angle, a thread: neither has a unit
        return Term(numbers=tuple(one.value for one in group), mark=first.mark)
    numbers = tuple(one.value * UNITS[one.unit or own or usual] for one in group)
    bare = len(group) == 1 and first.whole
    rounded = tuple(round(number, 6) for number in numbers)
    return Term(numbers=rounded, mark=first.mark, stack=stack, bare=bare)


def _counted(found: Iterator[Term]) -> Iterator[Term]:
    """Words for numbers become counts, or lengths before a unit: "two inches"."""
    waiting: Term | None = None
    for term in found:
        if waiting is not None:
            factor = UNITS.get(term.text)
            if (
                factor is not None
                and waiting.text not in ("a", "an")
                and term.text not in ("in", "m")
            ):
                yield Term(numbers=(COUNTS[waiting.text] * factor,))
                waiting = None
                continue
            yield Term(waiting.text, count=COUNTS[waiting.text])
            waiting = None
        if term.text in COUNTS:
            waiting = term
        else:
            yield term
    if waiting is not None:
        yield Term(waiting.text, count=COUNTS[waiting.text])
