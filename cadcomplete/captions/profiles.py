"""Profiles of legs: L, U and T, as they are said, drawn, and where each leg has its face.

L bracket 60 x 40 x 30, 5 thick        legs of 60 and 40, 30 long
U channel 40 x 30 x 100, 3 thick       40 across, legs of 30, 100 long
T profile 50 x 40, 5 thick, 100 long   50 across, 40 high
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from cadcomplete.captions.drawing import closed
from cadcomplete.captions.mention import Form, Mention
from cadcomplete.captions.terms import Term
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.loops import Loop

_THINGS = "bracket|profile|channel|section|beam|bar|angle|iron|rail|part|piece|shape"
_NAMED = re.compile(rf"\b(l|u|t|c)[ -]?(?:shaped?\s+)?({_THINGS})s?\b|\bangle\s+(bracket|iron)\b")
_KNOWN = {"bracket", "profile", "part", "piece"}

FRONT = Plane((0.0, 0.0, 0.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0))
"""Profiles are drawn as seen from the front, x to the right and z up, and go on backwards."""


def with_profiles(text: str) -> str:
    """Return a caption in small letters that says "l-shaped bracket" for "L bracket"."""

    def said(found: re.Match[str]) -> str:
        letter, thing, bracket = found.groups()
        if bracket:
            return "l-shaped bracket"
        letter = "u" if letter == "c" else letter
        return f"{letter}-shaped {thing if thing in _KNOWN else 'profile'}"

    return _NAMED.sub(said, text)


def profile_of(before: Sequence[Term]) -> str:
    """Return which letter the words before a thing say that it looks like, or ""."""
    shaped = (term.text[0] for term in before if term.text in ("l-shaped", "u-shaped", "t-shaped"))
    return next(shaped, "")


def profiled(mention: Mention, letter: str, row: Sequence[Term]) -> Mention:
    """Return a thing with the sizes of a profile that the terms around its word say.

    Two or three numbers together are how wide it is, how high, and how long; "thick" says the legs.
    What is not said stays as it is.
    """
    found = replace(mention, profile=letter, form=Form.OTHER, sizes=(), height=None)
    thick, long = _said(row, ("thick", "wall", "thickness")), _said(row, ("long", "length", "deep"))
    wide, high = _said(row, ("wide", "width")), _said(row, ("high", "tall", "height"))
    group = next((term.numbers for term in row if len(term.numbers) > 1), ()) or _legs(row)
    if len(group) == 2:
        long = wide if long is None else long  # what is wide beside both legs goes along them
    elif not group and wide is not None and high is not None:
        group = (wide, high)
    elif len(group) > 2 and long is not None and thick is None:
        *_, thick = group
    elif len(group) > 2 and long is None:
        long = group[2]
    return replace(found, sizes=group[:2], height=long, wall=thick)


def _legs(row: Sequence[Term]) -> tuple[float, ...]:
    """The two numbers behind "legs", in mm."""
    at = next((i for i, term in enumerate(row) if term.text in ("legs", "leg", "sides")), len(row))
    one, _, other = (*row[at + 1 : at + 4], Term(), Term(), Term())[:3]
    return (*one.numbers, *other.numbers) if one.numbers and other.numbers else ()


def _said(row: Sequence[Term], words: Sequence[str]) -> float | None:
    """The number before or after one of some words, in mm."""
    for at, term in enumerate(row):
        if len(term.numbers) == 1 and term.mark == "":
            near = [one.text for one in row[at + 1 : at + 2]]
            last = [one.text for one in row[max(0, at - 2) : at] if one.text not in ("of", "is")]
            if any(word in words for word in (*near, *last[-1:])):
                return term.numbers[0]
    return None


# --- drawn ----------------------------------------------------------------------------------------


def _l(a: float, b: float, t: float) -> list[Vec2]:
    return [(0, 0), (a, 0), (a, t), (t, t), (t, b), (0, b)]


def _u(a: float, b: float, t: float) -> list[Vec2]:
    return [(0, 0), (a, 0), (a, b), (a - t, b), (a - t, t), (t, t), (t, b), (0, b)]


def _t(a: float, b: float, t: float) -> list[Vec2]:
    p, q = (a - t) / 2, (a + t) / 2
    return [(p, 0), (q, 0), (q, b - t), (a, b - t), (a, b), (0, b), (0, b - t), (p, b - t)]


PROFILES: dict[str, Callable[[float, float, float], list[Vec2]]] = {"l": _l, "u": _u, "t": _t}
"""The corners of each letter: how wide it is, how high, and how thick its legs are, in mm."""


def drawn_profile(mention: Mention) -> Loop | None:
    """Return the outline of a profile on `FRONT`; None if its sizes are not all said, or too small.

    Its lower left corner is the origin.
    """
    draw = PROFILES.get(mention.profile)
    if draw is None or len(mention.sizes) < 2 or mention.wall is None:
        return None
    a, b = mention.sizes[:2]
    upright = 2 if mention.profile == "u" else 1
    if upright * mention.wall >= a or mention.wall >= b:
        return None
    return closed(draw(a, b, mention.wall))


def legs(mention: Mention) -> list[tuple[Plane, Vec2, Vec2]]:
    """Return of each leg of a profile a face, and two opposite corners of it on that, in mm.

    Faces look out of the leg: those inside of an L or a U, the top of a T and one side of its web.
    """
    if drawn_profile(mention) is None or mention.height is None or mention.wall is None:
        return []
    (a, b), t, long = mention.sizes[:2], mention.wall, mention.height
    flat, up, left = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)
    along = (0.0, 1.0, 0.0)
    if mention.profile == "t":
        web = Plane(((a + t) / 2, 0.0, 0.0), up, along)
        return [(Plane((0.0, 0.0, b), flat, up), (0, 0), (a, long)), (web, (0, 0), (long, b - t))]
    upright = (Plane((t, 0.0, 0.0), up, along), (0.0, t), (long, b))
    if mention.profile == "l":
        return [(Plane((0.0, 0.0, t), flat, up), (t, 0.0), (a, long)), upright]
    other = (Plane((a - t, 0.0, 0.0), left, (0.0, -1.0, 0.0)), (-long, t), (0.0, b))
    return [upright, other]
