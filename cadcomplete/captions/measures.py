"""What the numbers around a thing measure: by the words beside them, else by what is usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cadcomplete.captions.lexicon import MEASURES
from cadcomplete.captions.mention import Form, Mention, Noun, Spot, Where
from cadcomplete.captions.terms import Term

_AHEAD = {"spaced", "spacing", "depth", "height", "thickness", "length", "width", "pitch"}
"""Words that measure what comes after them, not before."""

_NO_SIZE = {"face", "faces", "overall", "times", "off", "degree", "degrees"}
"""A number before one of these is no size of the thing."""

_ROUND = (Form.ROUND, Form.RING)


def measured(
    mention: Mention, before: Sequence[Term], after: Sequence[Term], words: set[str]
) -> Mention:
    """Return a thing with what the terms before and after its word measure of it."""
    row = [*before, *after]
    for at, term in enumerate(row):
        if not term.numbers:
            continue
        near = [one.text for one in row[at + 1 : at + 3]]
        last = [one.text for one in row[max(0, at - 3) : at]]
        mention = _group(mention, term, near, last)
    if mention.noun is Noun.HOLE and mention.head and mention.diameters[1:] == ():
        mention = replace(mention, sunk=mention.sunk or "countersunk" in words)
    return mention


def _group(mention: Mention, term: Term, near: list[str], last: list[str]) -> Mention:
    """Take up one group of numbers; `near` are the words after it, `last` those before it."""
    numbers: tuple[float, ...] = tuple(abs(number) for number in term.numbers)
    if near[:1] and near[0] in _NO_SIZE:
        return mention
    measure = next(
        (MEASURES[word] for word in near[:1] if word in MEASURES and word not in _AHEAD), ""
    )
    if near[:1] == ["in"] and near[1:] and near[1] in MEASURES:
        measure = MEASURES[near[1]]
    if not measure and last:
        measure = _before(last)
    if term.mark == "°":
        return _angle(mention, numbers[0])
    if near[:1] == ["from"]:
        return replace(mention, where=Where(Spot.CORNERS, numbers[:2]))
    placed = _placed(mention, term, numbers, measure, last)
    if placed is not None:
        return placed
    if "counterbore" in last[-2:] and len(numbers) == 2:
        return replace(mention, head=(numbers[0], numbers[1]))
    if ("countersink" in last[-2:] or mention.said == "countersink") and term.mark == "ø":
        return replace(mention, head=(numbers[0], 90.0), sunk=True)
    for word in ("wall", "walls", "floor", "legs"):
        if word in last[-1:] or (word == "wall" and near[:1] == [word]):
            return replace(mention, **{"floor" if word == "floor" else "wall": numbers[0]})
    if mention.noun in (Noun.FILLET, Noun.CHAMFER):
        return replace(mention, radius=mention.radius or numbers[0])
    if term.mark == "r" or measure == "radius" or "rounded" in last[-2:]:
        rounds = mention.noun in (Noun.HOLE, Noun.BOSS) and not mention.diameters
        if rounds and mention.form in _ROUND:
            return replace(mention, diameters=(2 * numbers[0],))
        return replace(mention, radius=numbers[0])
    if term.mark in ("ø", "m") or measure == "diameter":
        return _diameters(mention, term, numbers, near)
    return _sizes(mention, numbers, measure)


def _before(last: list[str]) -> str:
    """What the words before a number say that it measures: "thickness of 5", "spaced 5"."""
    word = last[-1]
    if word in ("of", "by", "is", ":") and len(last) > 1:
        word = last[-2]
    return MEASURES.get(word, "") if word not in ("deep", "long", "wide", "high", "thick") else ""


def _angle(mention: Mention, degrees: float) -> Mention:
    if mention.head:
        return replace(mention, head=(mention.head[0], degrees), sunk=True)
    return mention


def _placed(
    mention: Mention, term: Term, numbers: tuple[float, ...], measure: str, last: list[str]
) -> Mention | None:
    """Take up numbers that say where things are; None if they say something else."""
    said = last[::-1][:3]
    if measure == "apart":
        spot = Where(Spot.ROW, numbers[:1])
        return replace(mention, where=mention.where or spot)
    if "grid" in said:
        counts = tuple(round(number) for number in term.numbers[:2])
        return replace(mention, where=Where(Spot.GRID, counts=counts)) if len(counts) == 2 else None
    if "circle" in said or "pcd" in said:
        return replace(mention, where=Where(Spot.CIRCLE, numbers[:1]))
    if "rectangle" in said and len(numbers) == 2 and mention.noun is not Noun.BASE:
        return replace(mention, where=Where(Spot.RECTANGLE, numbers))
    return None


def _diameters(
    mention: Mention, term: Term, numbers: tuple[float, ...], near: list[str]
) -> Mention:
    """A diameter, and what stands behind × after it: depth, height or length."""
    if mention.noun is Noun.BASE and mention.form is None:
        mention = replace(mention, form=Form.ROUND)
    if mention.noun is Noun.BOSS and mention.form is None:
        mention = replace(mention, form=Form.ROUND)
    if term.stack:
        return replace(mention, diameters=(*mention.diameters, *numbers))
    diameter, *others = numbers
    height = others[0] if others else mention.height
    return replace(mention, diameters=(*mention.diameters, diameter), height=height)


def _sizes(mention: Mention, numbers: tuple[float, ...], measure: str) -> Mention:
    """Lengths without a mark."""
    number, *others = numbers
    if others:
        if measure == "height" and len(numbers) > 2 and mention.noun is not Noun.BASE:
            return replace(mention, sizes=numbers[:-1], height=others[-1])
        if measure == "height" and mention.noun is Noun.GROOVE:
            return replace(mention, sizes=numbers[:1], height=others[-1])
        return replace(mention, sizes=(*mention.sizes, *numbers))
    if measure == "height":
        return replace(mention, height=number)
    if measure == "length" and (mention.form in _ROUND or len(mention.sizes) == 2):
        return replace(mention, height=mention.height or number)
    if measure in ("length", "width", "across"):
        if measure == "across":
            return replace(mention, diameters=(*mention.diameters, number))
        return replace(mention, sizes=(*mention.sizes, number))
    if mention.noun is Noun.HOLE and not mention.diameters:
        return replace(mention, diameters=(number,))
    if mention.said == "cube":
        return replace(mention, sizes=(number,) * 3)
    return replace(mention, sizes=(*mention.sizes, number))
