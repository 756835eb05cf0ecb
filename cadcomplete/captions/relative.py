"""Sizes by other sizes: "60 long, half as wide", "twice as high" as what is given."""

from __future__ import annotations

import re

from cadcomplete.captions.lexicon import MEASURES

_TIMES = {
    **{"half": 0.5, "twice": 2.0, "double": 2.0},
    **{"two times": 2.0, "three times": 3.0, "four times": 4.0, "five times": 5.0},
    **{"a third": 1 / 3, "a quarter": 0.25},
}
_ADJECTIVES = "|".join(word for word in MEASURES if word in {"long", "wide", "high", "tall"})
_ADJECTIVES += "|deep|thick|large|big"
_AS = (
    rf"(?P<times>{'|'.join(_TIMES)}|(?P<number>\d+(?:\.\d+)?)\s*times)\s+as\s+"
    rf"(?P<how>{_ADJECTIVES})\b"
)
_SAID = re.compile(_AS)
_BEHIND = re.compile(
    rf"(?P<size>\d+(?:\.\d+)?)(?P<unit>\s*(?:mm|cm|in|inch|inches)\b)?\s+(?:{_ADJECTIVES})\b"
    rf"(?P<between>[^.;\d]*?)\b{_AS}"
)


def resolved(text: str) -> str:
    """Return a caption in small letters with sizes for those that are told by the one before."""

    def number(found: re.Match[str]) -> str:
        size = round(float(found["size"]) * _factor(found), 6)
        kept = found[0][: found.start("times") - found.start()]
        return f"{kept}{size:g}{found['unit'] or ''} {found['how']}"

    return _BEHIND.sub(number, text)


def ratios(text: str) -> tuple[float, ...]:
    """Return how many times as large as what is given something is said to be, each once."""
    return tuple(dict.fromkeys(_factor(found) for found in _SAID.finditer(resolved(text.lower()))))


def _factor(found: re.Match[str]) -> float:
    return float(found["number"]) if found["number"] else _TIMES[found["times"]]
