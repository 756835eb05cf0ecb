"""One line of text as a row of slots, and where in it a writer is: an automaton over characters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from cadcomplete.history.fields import DECIMALS, Branch, Choosing, Decimal, Fixed, Open, Whole
from cadcomplete.language.earlier import AfterOne, EarlierOnes
from cadcomplete.language.edge_rows import EdgePlace
from cadcomplete.language.hole_rows import MorePoints
from cadcomplete.language.numbers import Given, Number, Rest, Stated, StatedWords
from cadcomplete.language.spline_rows import SplinePlace

Regions = tuple[tuple[int, tuple[int, ...]], ...]
"""The closed loops of a sketch, each with the loops that lie inside it."""


@dataclass(frozen=True, slots=True)
class Outer(Choosing):
    """The outer loop of a profile stands here.

    Attributes:
        sketches: the regions of all sketches, newest first.
        used: the loops already taken.
        quote: what stands around a profile.
        comma: what stands between two.
        named: whether the newest sketch is named too.
        ends: what follows the profiles, by the sketch of the first; nothing if it is empty.
    """

    sketches: tuple[Regions, ...]
    used: frozenset[tuple[int, int]] = frozenset()
    quote: str = ""
    comma: str = " "
    named: bool = False
    ends: tuple[Row, ...] = ()

    @property
    def options(self) -> tuple[tuple[str, Row], ...]:
        return tuple(
            (self._text(back, loop), (self._after(back, loop, inner),))
            for back, regions in enumerate(self.sketches)
            for loop, inner in regions
            if (back, loop) not in self.used
        )

    def _text(self, back: int, loop: int) -> str:
        return f"{self.quote}{f'@{back}:' if back or self.named else ''}{loop}"

    def _after(self, back: int, loop: int, inner: tuple[int, ...]) -> AfterLoop:
        ends = self.ends if self.used or not self.ends else (self.ends[back],)
        rest = replace(self, used=self.used | {(back, loop)}, ends=ends)
        return AfterLoop(inner, rest)


@dataclass(frozen=True, slots=True)
class AfterLoop(Choosing):
    """A hole, another profile, or the end of the profiles stands here."""

    inner: tuple[int, ...]
    rest: Outer

    @property
    def options(self) -> tuple[tuple[str, Row], ...]:
        quote = self.rest.quote
        holes = [
            (f"/{hole}", (AfterLoop(self.inner[i + 1 :], self.rest),))
            for i, hole in enumerate(self.inner)
        ]
        free = sum(map(len, self.rest.sketches)) > len(self.rest.used)
        more = [(f"{quote}{self.rest.comma}", (self.rest,))] if free else []
        return (*holes, *more, (quote, self.rest.ends[0] if self.rest.ends else ()))


@dataclass(frozen=True, eq=False)
class Later:
    """The rest of a line, which is made once a text comes to it: few do."""

    make: Callable[[], Row]

    @cached_property
    def row(self) -> Row:
        return self.make()


Place = (
    Fixed
    | Decimal
    | Whole
    | Branch
    | Open
    | Outer
    | AfterLoop
    | EarlierOnes
    | AfterOne
    | EdgePlace
    | MorePoints
    | SplinePlace
    | Number
    | Rest
    | Stated
    | StatedWords
    | Given
    | Later
)
Row = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """The slots that are left of a line, and what has been typed of the first."""

    row: Row
    typed: str = ""


def step(point: Point, char: str) -> Point | None:
    """Return where a character leads to, or None if it may not stand there."""
    row, typed = point.row, point.typed
    while row:
        head, rest = row[0], row[1:]
        longer = typed + char
        if isinstance(head, Fixed):
            if head.text == longer:
                return Point(rest)
            return Point(row, longer) if head.text.startswith(longer) else None
        if isinstance(head, Decimal):
            if _begins_decimal(head, longer):
                return Point(row, longer)
            if not is_decimal(head, typed):
                return None
            row, typed = rest, ""
            continue
        if isinstance(head, Whole):
            if head.begins(longer):
                return Point(row, longer)
            if not head.is_one(typed):
                return None
            row, typed = rest, ""
            continue
        assert not isinstance(head, Open), "open slots are filled in before a line is walked"
        assert not isinstance(head, Given), "what depends on the line is filled in by `opened`"
        if isinstance(head, Later):
            row = (*head.row, *rest)
            continue
        choices = head.choices
        if longer in choices.begun:
            return Point(row, longer)
        if typed not in choices.options:
            return None
        row, typed = (*choices.options[typed], *rest), ""
    return None


def opened(point: Point, line: str) -> Point:
    """Return the point with what stands there first filled in, where it depends on the line."""
    head = point.row[0] if point.row else None
    return Point((*head.filled(line), *point.row[1:])) if isinstance(head, Given) else point


def _begins_decimal(slot: Decimal, text: str) -> bool:
    """Whether `-?(0|[1-9][0-9]*)(\\.[0-9]*[1-9])?` may begin like this; never -0, 0.0 or 1.50."""
    digits = text[1:] if slot.signed and text[:1] == "-" else text
    whole, _, part = digits.partition(".")
    if not digits:
        return True
    if not (whole.isascii() and whole.isdecimal()) or (whole[0] == "0" and len(whole) > 1):
        return False
    if int(whole) >= slot.below and not (slot.reached and digits == str(slot.below)):
        return False
    if len(part) > DECIMALS:
        return False
    return not part or (part.isascii() and part.isdecimal() and f"{part:.<6}"[-1] != "0")


def is_decimal(slot: Decimal, text: str) -> bool:
    if not text or text[-1] in "-." or text == "-0" or ("." in text and text[-1] == "0"):
        return False
    return slot.zero or text != "0"


def form_of(point: Point) -> object:
    """What decides of what is typed of the first slot: of a decimal not its digits but its form."""
    slot = point.row[0] if point.row else None
    if not isinstance(slot, Decimal):
        return point.typed
    whole, dot_, part = point.typed.partition(".")
    number = whole.removeprefix("-")
    if dot_:
        return (len(part), part[-1:] == "0")
    first = str(slot.below)[: len(number)]  # whether it may get as long as what it is below
    beyond = (number > first) - (number < first)
    return (whole[:1] == "-", len(number), beyond, number == "0")
