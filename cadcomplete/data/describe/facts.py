"""What a part has, in words: its holes, pockets, bosses, grooves and roundings."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cadcomplete.data.describe.bases import across, at_least, name_base, polygonal
from cadcomplete.data.describe.patterns import Pattern, PatternKind, Place, find_pattern
from cadcomplete.data.describe.words import number, some, times
from cadcomplete.kernel.features.anatomy import (
    Base,
    Body,
    Boss,
    Groove,
    HoleFeature,
    Outline,
    Recess,
    Rounding,
    Shape,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a part has.

    Attributes:
        count, noun: how many of what; a count of 0 is for words that stand for themselves.
        size: the dimensions and where they are.
        weight: how much it matters, in mm³.
    """

    count: int
    noun: str
    size: str
    weight: float = 0.0

    @property
    def text(self) -> str:
        return f"{some(self.count, self.noun)} {self.size}" if self.count else self.size


def find_facts(body: Body) -> list[Fact]:
    """Return what a body has, the most important first."""
    named = name_base(body)
    base, holes = body.base, _without(body.holes, named.told)
    recesses = _without(body.recesses, named.told)
    facts = [
        *(_holes(group, base) for group in grouped(holes, _hole_key).values()),
        *(_recesses(group, base) for group in grouped(recesses, _sunk_key).values()),
        *(_bosses(group, base) for group in grouped(body.bosses, _boss_key).values()),
        *(_grooves(group) for group in grouped(body.grooves, _groove_key).values()),
        *map(_rounded, body.roundings),
    ]
    facts.sort(key=lambda fact: (-float(f"{fact.weight:.3g}"), fact.text))
    if named.has is not None:
        facts.insert(0, Fact(0, named.has[1], named.has[0]))
    return facts


Thing = TypeVar("Thing")
Key = TypeVar("Key", bound=Hashable)


def _without(things: Sequence[Thing], told: Sequence[object]) -> list[Thing]:
    return [thing for thing in things if all(thing is not other for other in told)]


def grouped(things: Sequence[Thing], key: Callable[[Thing], Key]) -> dict[Key, list[Thing]]:
    """Return equal things together, in the order in which the first of each stands."""
    groups: dict[Key, list[Thing]] = {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return groups


def _hole_key(hole: HoleFeature) -> Hashable:
    sizes = tuple((number(s.diameter), number(s.length)) for s in hole.steps)
    core = number(hole.core) if hole.core else ""
    if hole.through and len(sizes) == 1:
        return (True, core, sizes[0][0])  # however thick what it goes through
    return (hole.through, core, hole.flat, sizes)


def _holes(holes: list[HoleFeature], base: Base | None) -> Fact:
    """Return the words for holes that are equal."""
    hole = holes[0]
    steps, kind = hole.steps, {True: "through ", False: "blind ", None: ""}[hole.through]
    size = f"ø{number(hole.diameter)}"
    noun = f"{kind}hole"
    if len(steps) == 2 and steps[0].diameter > steps[1].diameter:
        noun = f"counterbored {noun}"
        size += f" (counterbore ø{times(steps[0].diameter, steps[0].length)} mm deep)"
    elif len(steps) > 1:
        noun = f"stepped {noun}"
        size = "/".join(f"ø{number(step.diameter)}" for step in steps)
    if hole.core:
        noun, size = "annular groove", f"{size}/ø{number(hole.core)}"
    if hole.through is False and hole.flat:
        size += f" × {number(hole.depth)} mm deep"
    weight = sum(step.volume for hole in holes for step in hole.steps)
    return _fact(noun, size, [(h.position, h.direction) for h in holes], base, weight)


def _fact(
    noun: str, size: str, places: Sequence[Place | None], base: Base | None, weight: float
) -> Fact:
    """Return the words for equal things, and how they are arranged if their places are known."""
    known, count = [place for place in places if place is not None], len(places)
    pattern = find_pattern(known, base) if known else None
    if pattern is None:
        return Fact(count, noun, size, weight)
    if pattern.arrangement is PatternKind.CENTER:
        return Fact(count, f"central {noun}", size, weight)
    return Fact(count, noun, f"{size} {WHERE[pattern.arrangement](pattern)}", weight)


WHERE: dict[PatternKind, Callable[[Pattern], str]] = {
    PatternKind.CORNERS: lambda p: "at the corners",
    PatternKind.CIRCLE: lambda p: f"on a circle of ø{number(p.sizes[0])}",
    PatternKind.RECTANGLE: lambda p: f"on a rectangle of {times(*p.sizes)} mm",
    PatternKind.PAIR: lambda p: f"spaced {_mm(p.sizes[0])} apart",
    PatternKind.ROW: lambda p: f"in a row spaced {_mm(p.sizes[0])} apart",
    PatternKind.GRID: lambda p: f"in a grid of {p.counts[0]} × {p.counts[1]}",
}


def _size_key(outline: Outline) -> Hashable:
    return (outline.shape, outline.sides, number(outline.length), number(outline.width))


def _sunk_key(recess: Recess) -> Hashable:
    depth = None if recess.through or recess.depth is None else number(recess.depth)
    return (_size_key(recess.outline), recess.through, depth)


ADJECTIVES: dict[Shape, str] = {
    Shape.CIRCLE: "round",
    Shape.RECTANGLE: "rectangular",
    Shape.STADIUM: "round-ended",
    Shape.TONGUE: "half-round-ended",
    Shape.HALF_CIRCLE: "half-round",
    Shape.STRIP: "bent",
    Shape.STEPPED: "stepped",
    Shape.OTHER: "irregular",
}


def _adjective(outline: Outline) -> str:
    if outline.shape in (Shape.REGULAR, Shape.CONVEX):
        adjective = polygonal(outline)
    else:
        adjective = ADJECTIVES.get(outline.shape, f"{outline.shape.value}-shaped")
    rounded = outline.rounded and outline.shape not in (Shape.STEPPED, Shape.OTHER)
    return f"rounded {adjective}" if rounded else adjective


def _across(outline: Outline, *depth: float) -> str:
    """Return the size of an outline, and how deep or high it goes if that is given."""
    if outline.shape is Shape.CIRCLE:
        return f"ø{times(outline.length, *depth)}{' mm' if depth else ''}"
    if outline.shape is Shape.REGULAR:
        return " × ".join([across(outline), *map(_mm, depth)])
    return f"{times(outline.length, outline.width, *depth)} mm"


def _mm(length: float) -> str:
    return f"{number(length)} mm"


def _recesses(recesses: list[Recess], base: Base | None) -> Fact:
    """Return the words for pockets, slots or openings that are equal."""
    recess = recesses[0]
    outline = recess.outline
    noun = "opening" if recess.through else "pocket"
    noun = f"{_adjective(outline)} {noun}"
    if outline.shape is Shape.STADIUM:
        noun = "through slot" if recess.through else "slot"
    deep = None if recess.through else recess.depth
    size = _across(outline) if deep is None else f"{_across(outline, deep)} deep"
    weight = len(recesses) * outline.area * (recess.depth or outline.width)
    return _fact(noun, size, [_place(r.outline) for r in recesses], base, weight)


CENTRAL = (Shape.CIRCLE, Shape.RECTANGLE, Shape.STADIUM, Shape.REGULAR)
"""Outlines of which everybody knows where the middle is."""


def _place(outline: Outline) -> Place | None:
    return (outline.center, outline.normal) if outline.shape in CENTRAL else None


def _boss_key(boss: Boss) -> Hashable:
    steps = tuple((number(s.diameter), number(s.length)) for s in boss.steps)
    return (_size_key(boss.outline), boss.height and number(boss.height), steps)


def _bosses(bosses: list[Boss], base: Base | None) -> Fact:
    """Return the words for bosses or pins that are equal."""
    boss = bosses[0]
    outline = boss.outline
    plain = outline.shape is Shape.CIRCLE and len(boss.steps) < 2
    noun, high = f"{_adjective(outline)} boss", "high"
    if plain and boss.height is not None and at_least(boss.height, 2 * outline.length):
        noun, high = "pin", "long"
    size = _across(outline) if boss.height is None else f"{_across(outline, boss.height)} {high}"
    if len(boss.steps) > 1:
        noun, size = f"stepped {noun}", "/".join(f"ø{number(s.diameter)}" for s in boss.steps)
        size += f" × {_mm(boss.height)} high" if boss.height is not None else ""
    weight = sum(b.outline.area * (b.height or b.outline.width) for b in bosses)
    return _fact(noun, size, [_place(b.outline) for b in bosses], base, weight)


def _groove_key(groove: Groove) -> Hashable:
    return (number(groove.width), number(groove.depth), at_least(groove.length, groove.width))


def _grooves(grooves: list[Groove]) -> Fact:
    groove = grooves[0]
    noun = "groove" if at_least(groove.length, groove.width) else "notch"
    size = f"{_mm(groove.width)} wide × {_mm(groove.depth)} deep"
    weight = len(grooves) * groove.width * groove.depth * groove.length
    return Fact(len(grooves), noun, size, weight)


def _rounded(rounding: Rounding) -> Fact:
    noun = "inner fillet" if rounding.inner else "rounded edge"
    return Fact(rounding.count, noun, f"r{number(rounding.radius)}")
