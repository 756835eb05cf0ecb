"""Holes for metric screws: how wide they are, and what their heads need.

A hole that is "counterbored" or "countersunk" and no more has the head that is usual for the screw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cadcomplete.captions.mention import Mention, Noun


@dataclass(frozen=True, slots=True)
class Screw:
    """What a coarse metric screw needs, in mm.

    Attributes:
        pitch: of its thread (ISO 261); a tapped hole is drilled that much smaller (ISO 2306).
        clearance: the medium clearance hole (ISO 273).
        bore, deep: the counterbore for a cap screw ISO 4762 (DIN 974-1: its head and .4 mm, from M8
            .6 mm).
        sink: the countersink of 90° for flat heads (ISO 15065, from M12 twice the size).
    """

    pitch: float
    clearance: float
    bore: float
    deep: float
    sink: float


SCREWS: dict[float, Screw] = {
    3.0: Screw(0.5, 3.4, 6.5, 3.4, 6.3),
    4.0: Screw(0.7, 4.5, 8.0, 4.4, 9.4),
    5.0: Screw(0.8, 5.5, 10.0, 5.4, 10.4),
    6.0: Screw(1.0, 6.6, 11.0, 6.4, 12.6),
    8.0: Screw(1.25, 9.0, 15.0, 8.6, 17.3),
    10.0: Screw(1.5, 11.0, 18.0, 10.6, 20.0),
    12.0: Screw(1.75, 13.5, 20.0, 12.6, 24.0),
    16.0: Screw(2.0, 17.5, 26.0, 16.6, 32.0),
    20.0: Screw(2.5, 22.0, 33.0, 20.6, 40.0),
}
"""By the size: 6.0 is M6."""

USUAL = 6.0
"""The screw of holes with heads of which no size is said."""

_HEADS = {"counterbored": False, "counterbore": False, "countersunk": True, "countersink": True}
_TAPPED = {"tapped", "threaded"}


def screwed(mention: Mention, size: float | None, words: set[str]) -> Mention:
    """Return a hole as wide as a screw needs it, with the head that is said and not measured.

    `size` is that of the screw, if the caption says one; a tapped hole is what is drilled for the
    thread. Without any size the hole of a counterbore is that of `USUAL`.
    """
    heads = [sunk for word, sunk in _HEADS.items() if word in words]
    if mention.noun is not Noun.HOLE or not (heads or _TAPPED & words):
        return mention
    screw = SCREWS.get(size) if size is not None else None
    if _TAPPED & words:
        return _wide(mention, size - screw.pitch) if screw and size else mention
    if screw is not None and mention.head is None:
        mention = _wide(mention, screw.clearance)
    elif not mention.diameters:
        screw = SCREWS[USUAL]
        mention = _wide(mention, screw.clearance)
    if mention.head is not None:
        return mention
    screw = screw or screw_through(mention.diameters[0])
    if heads[0]:
        return replace(mention, head=(screw.sink, 90.0), sunk=True)
    return replace(mention, head=(screw.bore, screw.deep))


def _wide(mention: Mention, diameter: float) -> Mention:
    return replace(mention, diameters=(round(diameter, 3), *mention.diameters[1:]))


def screw_through(diameter: float) -> Screw:
    """Return the largest screw that goes through a hole, scaled to it if it is larger than all."""
    fitting = [screw for screw in SCREWS.values() if screw.clearance <= diameter * 1.05]
    if fitting and diameter <= 1.25 * fitting[-1].clearance:
        return fitting[-1]
    like = fitting[-1] if fitting else SCREWS[3.0]
    factor = diameter / like.clearance
    values = (like.pitch, like.clearance, like.bore, like.deep, like.sink)
    return Screw(*(round(factor * value, 1) for value in values))
