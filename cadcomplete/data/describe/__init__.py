"""A part in words, by rule from its geometry: what one would write under its picture.

Every number and every count is one of the solid's; what could not be told with certainty is
not said. Where edges were rounded or cut off, the solid before that is described, and its history
says the rest (`finish.py`). Lengths are millimetres.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cadcomplete.data.describe.bases import Named, name_base
from cadcomplete.data.describe.facts import find_facts, grouped
from cadcomplete.data.describe.finish import NOTHING, Finish, finish_of
from cadcomplete.data.describe.words import article, count_of, joined, plural, some, times
from cadcomplete.data.unblended import unblended
from cadcomplete.errors import BuildError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.features.anatomy import Body, PartFeatures

if TYPE_CHECKING:
    from cadcomplete.kernel.solid import Solid

MOST_SHORT, MOST_LONG = 12, 60
"""How many words the descriptions have at most."""

MOST_KINDS = 4
"""How many different bodies are described; the others are counted."""


@dataclass(frozen=True, slots=True)
class Description:
    """A part in words: `short` is one clause, `long` a sentence with dimensions in mm.

    `name` is what the part is called, without anything that it has.
    """

    short: str
    long: str
    name: str = ""


def describe_part(sequence: CadSequence, solid: Solid) -> Description:
    """Return a part in words, from its history and the solid that it makes.

    Needs the kernel, as that solid does. Raises UnsupportedError for an operation that is not known
    here.
    """
    from cadcomplete.kernel.build import build
    from cadcomplete.kernel.features.find import find_features

    plain, kept = unblended(sequence)
    if len(kept) < len(sequence):
        with suppress(BuildError):  # what followed needed it: then the whole is described
            solid = build(plain) or solid
    return describe(find_features(solid), finish_of(sequence))


def describe(features: PartFeatures, finish: Finish = NOTHING) -> Description:
    """Return a part in words. Equal features give equal words."""
    body, *others = features.bodies
    if others:
        return _assembly(features, finish)
    long = _full(body, MOST_LONG, finish=finish)
    named = _named(body, finish)
    name = f"{named.noun} {named.of}".strip()
    return Description(_brief(body, MOST_SHORT, finish), f"{_capital(long)}.", name)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _words(*texts: str) -> int:
    return sum(len(text.split()) for text in texts)


def _named(body: Body, finish: Finish) -> Named:
    """What a body is called; one without a name that was turned is that at least."""
    named = name_base(body)
    turned = finish.turned and body.base is None
    return replace(named, noun=f"turned {named.noun}", of="") if turned else named


def _brief(body: Body, most: int, finish: Finish) -> str:
    """Return a body in at most so many words, without article and dimensions."""
    named = _named(body, finish)
    text = f"{named.noun} {named.of}".strip()
    counts: dict[str, int] = {}
    for fact in find_facts(body):
        counts[fact.noun] = counts.get(fact.noun, 0) + fact.count
    told: list[str] = []
    for noun, count in counts.items():
        words = some(count, noun) if count else noun
        if _words(text, "with and", *told, words) <= most:
            told.append(words)
    for words in finish.short:
        if _words(text, "with and", *told, words) <= most:
            told.append(words)
    return f"{text} with {joined(told)}" if told else text


def _full(body: Body, most: int, *, count: int = 1, finish: Finish = NOTHING) -> str:
    """Return a body, or several equal ones, with dimensions, in at most about so many words."""
    named = _named(body, finish)
    noun = named.noun if count == 1 else plural(named.noun)
    text = f"{noun} {named.of}, {named.size}" if named.of else f"{noun} {named.size}"
    comma = "," if "," in text else ""
    facts = [fact.text for fact in find_facts(body)]
    room = most - _words(text, _further(body), *finish.long) - 3
    told: list[str] = []
    for fact in facts:
        if _words(*told, fact) > room:
            break
        told.append(fact)
    told += finish.long
    if body.base is not None and (len(told) < len(facts) + len(finish.long) or body.unexplained):
        told.append(_further(body))
    if not told:
        return text
    each = ", each" if count > 1 else comma
    return f"{text}{each} with {joined(told)}"


def _further(body: Body) -> str:
    """Return the words for what is not said; the whole size where the base is smaller."""
    text = f"{body.faces} faces in all"
    if body.base is not None and body.unexplained:
        o = body.base.outline
        base = sorted((o.length, o.width, body.base.height), reverse=True)
        if any(a > 1.01 * b for a, b in zip(body.size, base, strict=True)):
            text += f", {times(*body.size)} mm overall"
    return f"further details ({text})"


def _assembly(features: PartFeatures, finish: Finish) -> Description:
    """Several bodies, equal ones together, the largest first."""
    kinds = list(grouped(features.bodies, lambda body: _full(body, MOST_LONG)).items())
    kinds.sort(key=lambda kind: (-float(f"{kind[1][0].volume:.3g}"), kind[0]))
    bodies = f"{count_of(len(features.bodies))} separate bodies"
    told, budget = kinds[:MOST_KINDS], MOST_LONG - _words(bodies) - 6
    nouns: dict[str, int] = {}
    fulls: list[str] = []
    for index, (_, kind) in enumerate(told):
        noun = name_base(kind[0]).noun
        nouns[noun] = nouns.get(noun, 0) + len(kind)
        share = budget // (len(told) - index)
        text = _full(kind[0], share, count=len(kind))
        text = f"{count_of(len(kind)) if len(kind) > 1 else article(text)} {text}"
        budget -= _words(text)
        fulls.append(text)
    rest = sum(len(kind) for _, kind in kinds[MOST_KINDS:])
    if rest:
        fulls.append(some(rest, "further body"))
    brief = f"{bodies}: {joined([some(count, noun) for noun, count in nouns.items()])}"
    short = bodies if rest or _words(brief) > MOST_SHORT else brief
    overall = f"{times(*features.size)} mm overall"
    finished = f", with {joined(finish.long)}" if finish.long else ""
    long = f"{_capital(bodies)}, {overall}: {'; '.join(fulls)}{finished}."
    return Description(short, long, bodies)
