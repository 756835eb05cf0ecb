"""The most usual German words of captions, by the English ones that `lexicon.py` knows.

Another language is a table more: enter it in `LANGUAGES`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

GERMAN = {
    **dict.fromkeys(("platte", "blech"), "plate"),
    **dict.fromkeys(("quader", "klotz"), "block"),
    **dict.fromkeys(("welle", "achse"), "shaft"),
    **dict.fromkeys(("scheibe", "rundscheibe"), "disc"),
    **{"würfel": "cube", "zylinder": "cylinder", "stange": "bar", "rohr": "tube"},
    **{"hülse": "sleeve", "buchse": "bushing", "gehäuse": "housing", "winkel": "l-shaped bracket"},
    **{"bohrung": "hole", "bohrungen": "holes", "loch": "hole", "löcher": "holes"},
    **{"löchern": "holes", "durchgangsbohrung": "through hole", "sackloch": "blind hole"},
    **{"durchgangsbohrungen": "through holes", "gewindebohrung": "tapped hole"},
    **{"gewindebohrungen": "tapped holes", "senkbohrung": "countersunk hole"},
    **{"senkbohrungen": "countersunk holes", "langloch": "slot", "langlöcher": "slots"},
    **{"nut": "groove", "nuten": "grooves", "tasche": "pocket", "taschen": "pockets"},
    **{"zapfen": "pin", "stift": "pin", "rippe": "rib", "rippen": "ribs", "flansch": "flange"},
    **{"fase": "chamfer", "fasen": "chamfers", "rundung": "fillet", "rundungen": "fillets"},
    **{"verrundung": "fillet", "verrundungen": "fillets", "radius": "radius", "kante": "edge"},
    **{"kanten": "edges", "gerundet": "rounded", "verrundet": "rounded", "gefast": "chamfered"},
    **{"durchmesser": "diameter", "tiefe": "depth", "höhe": "height", "breite": "width"},
    **{"länge": "length", "dicke": "thickness", "stärke": "thickness", "abstand": "spacing"},
    **{"dick": "thick", "stark": "thick", "lang": "long", "breit": "wide", "hoch": "high"},
    **{"tief": "deep", "durchgehend": "through", "durchgehende": "through"},
    **{"durchgehenden": "through", "durchgehender": "through", "rund": "round", "runde": "round"},
    **{"quadratisch": "square", "quadratische": "square", "sechseckig": "hexagonal"},
    **{"ecke": "corner", "ecken": "corners", "mitte": "center", "mittig": "central"},
    **{"mittige": "central", "mittiger": "central", "zentrale": "central", "jeder": "each"},
    **{"zentralen": "central", "lochkreis": "bolt circle", "reihe": "row", "rand": "edge"},
    **{"mit": "with", "ohne": "without", "und": "and", "von": "of", "auf": "on", "im": "in"},
    **{"der": "the", "die": "the", "das": "the", "den": "the", "dem": "the", "zur": "to"},
    **{"ein": "a", "eine": "a", "einer": "a", "einem": "a", "einen": "a", "mal": "×"},
    **{"zwei": "two", "drei": "three", "vier": "four", "fünf": "five", "sechs": "six"},
    **{"sieben": "seven", "acht": "eight", "neun": "nine", "zehn": "ten", "zwölf": "twelve"},
    **{"zoll": "inch", "gesenkt": "countersunk", "gespiegelt": "mirrored"},
}

_SURE = frozenset(("mit", "und", "bohrung", "bohrungen", "durchmesser", "dick"))
"""Words that no English caption has, beside those with an umlaut."""

LANGUAGES = ((_SURE, GERMAN),)
"""Of each language the words that tell it, and the words that it has."""

_WORD = re.compile(r"[a-zäöüß]+")
_ALSO_ENGLISH = frozenset(("nut", "die", "mal", "den", "rand", "hoch", "stark", "radius", "acht"))


def in_english(text: str) -> str:
    """Return a caption in small letters with the words in English that are of another language.

    It is of that language if it has one of the words that tell it, or two that are not English.
    """
    words = set(_WORD.findall(text))
    for sure, table in LANGUAGES:
        foreign = (words & table.keys()) - _ALSO_ENGLISH
        if words & sure or len(foreign) > 1 or any(set(word) & set("äöüß") for word in foreign):
            text = _WORD.sub(partial(_translated, table), text)
    return text


def _translated(table: Mapping[str, str], found: re.Match[str]) -> str:
    return table.get(found[0], found[0])
