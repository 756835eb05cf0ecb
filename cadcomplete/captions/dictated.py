"""Captions that say every dimension and place: read step by step, so that the part can be drawn.

    On the plane z = 10: four circles of ø9 mm around (-45, -25), (45, -25), (45, 25) and (-45, 25),
    cut 10 mm towards -z.

`data/describe/dictated.py` writes them; `coordinates.py` says how places are given, and
`undrawn.py` reads the steps that have no drawing: holes, copies, rounded edges. An outline that is
seen from the other side needs nothing else: arcs turn left or right as seen against the normal of
`standard`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from cadcomplete.captions.coordinates import (
    POINT,
    POINTS,
    N,
    number,
    plane_said,
    points_said,
    sign_along,
)
from cadcomplete.captions.drawing import circle, rectangle
from cadcomplete.captions.steps import DictatedStep, ExtrudedStep, Profiles, RevolvedStep
from cadcomplete.captions.undrawn import undrawn
from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Arc, Curve, Line
from cadcomplete.history.extents import NEXT
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Boolean, Extent, ExtentType
from cadcomplete.history.turn_axis import FULL, TurnAxis

VERBS = {
    "extruded": Boolean.JOIN,
    "revolved": Boolean.JOIN,
    "cut": Boolean.CUT,
    "intersected": Boolean.INTERSECT,
}

_AT = (
    r"(?:mm\s+)?(?:around|at|cent(?:er|re)d\s+(?:at|on)|with\s+its\s+(?:cent(?:er|re)|middle)\s+at)"
)
_SHAPE = re.compile(
    rf"circles?\s+(?:of\s+)?(?:ø\s*|diameter\s+)?(?P<diameter>{N})\s*{_AT}\s*(?P<circles>{POINTS})"
    rf"|rectangles?\s+(?:of\s+)?(?P<a>{N})\s*(?:[x×*]|by)\s*(?P<b>{N})\s*{_AT}\s*"
    rf"(?P<rectangles>{POINTS})"
    rf"|outline\s+from\s*(?P<start>{POINT})(?P<way>.*?)\band\s+back"
)
_TO = re.compile(rf"(?:arc\s+of\s+({N})\s*°\s+turning\s+(left|right)\s+to\s*)?{POINT}")
_BACK = re.compile(rf"arc\s+of\s+({N})\s*°\s+turning\s+(left|right)\s*$")
_ACTION = re.compile(rf"\b(?P<verb>{'|'.join(VERBS)})\b(?P<how>.*)$")
_UNDRAWN = re.compile(r"\b(?:drilled|mirrored|repeated|rounded|chamfered)\b")
_FAR = re.compile(
    rf"(?:({N})\s*(?:mm\s+)?|\bto\s+the\s+(next)\s+face\s+)"
    r"(?:(to\s+both\s+sides)|towards\s+([+-−][xyz])|(along\s+it)|(against\s+it))"
    rf"(?:\s+(narrowing|widening)\s+by\s+({N})\s*°)?"
)
_ENDS = re.compile(r"(?<=[a-z°)])\.(?:\s+|$)|(?<=\d)\.(?:\s+(?=[A-Z])|$)|;\s")
_TURN = re.compile(
    rf"\b(?:all|from\s+(?P<low>{N})\s*°\s+to\s+(?P<high>{N})\s*°)\s+around\s+the\s+line\s+through\s*"
    rf"(?P<through>{POINT})\s+along\s*(?P<along>{POINT})"
)


@lru_cache(maxsize=64)
def dictated(text: str) -> tuple[DictatedStep, ...]:
    """Return the steps that a caption dictates; none if there are none, or one is unclear."""
    steps: list[DictatedStep] = []
    for sentence in map(str.lower, _ENDS.split(text.strip())):
        if not _SHAPE.search(sentence) and not steps:
            continue  # words before the first step
        step = _step(sentence) if sentence.strip() else None
        if step is None and (_ACTION.search(sentence) or _UNDRAWN.search(sentence)):
            return ()  # what comes after one that is lost means something else
        steps += [step] if step is not None else []
    return tuple(steps)


def _step(sentence: str) -> DictatedStep | None:
    if _UNDRAWN.search(sentence) and not _SHAPE.search(sentence):
        return undrawn(sentence)
    plane, action = plane_said(sentence), _ACTION.search(sentence)
    if plane is None or action is None:
        return None
    try:
        loops, profiles = _drawn(sentence)
        turn, boolean = _TURN.search(action["how"]), VERBS[action["verb"]]
        if turn is not None and profiles:
            axis = TurnAxis.of(points_said(turn["through"])[0], points_said(turn["along"])[0])
            return RevolvedStep(plane, loops, profiles, boolean, _angles(turn), axis)
    except GeometryError:
        return None
    extent = _extent(action["how"], plane)
    if not profiles or extent is None or action["verb"] == "revolved":
        return None
    return ExtrudedStep(plane, loops, profiles, boolean, extent)


def _drawn(sentence: str) -> tuple[tuple[Loop, ...], Profiles]:
    """The loops of a sentence, and which of them are holes in which. Raises GeometryError."""
    loops: list[Loop] = []
    profiles: list[tuple[int, tuple[int, ...]]] = []
    end = 0
    for found in _SHAPE.finditer(sentence):
        shapes = list(_loops(found))
        if re.search(r"\bless\b", sentence[end : found.start()]) and profiles:
            holes = tuple(range(len(loops), len(loops) + len(shapes)))
            profiles[-1] = (profiles[-1][0], (*profiles[-1][1], *holes))
        else:
            profiles += [(len(loops) + i, ()) for i in range(len(shapes))]
        loops += shapes
        end = found.end()
    return tuple(loops), tuple(profiles)


def _loops(found: re.Match[str]) -> Iterator[Loop]:
    if found["circles"]:
        for at in points_said(found["circles"]):
            yield circle(at, number(found["diameter"]))
    elif found["rectangles"]:
        for at in points_said(found["rectangles"]):
            yield rectangle(at, number(found["a"]), number(found["b"]))
    else:
        yield _outline(points_said(found["start"])[0], found["way"])


def _outline(start: Vec2, way: str) -> Loop:
    curves: list[Curve] = []
    at = start
    for sweep, side, x, y in _TO.findall(way):
        curves.append(_curve(at, (number(x), number(y)), sweep, side))
        at = curves[-1].end
    last = _BACK.search(way.strip().removesuffix(","))
    if at != start or last:
        curves.append(_curve(at, start, *(last.groups() if last else ("", ""))))
    return Loop(tuple(curves))


def _curve(start: Vec2, end: Vec2, sweep: str, side: str) -> Curve:
    if not sweep:
        return Line(start, end)
    degrees = number(sweep)
    return Arc.from_sweep(start, end, degrees if side == "left" else -degrees)


def _extent(how: str, plane: Plane) -> Extent | None:
    """How far it goes, along the normal of the plane."""
    sides: dict[float, Extent] = {}
    for length, next_, both, towards, along, against, lean, degrees in _FAR.findall(how):
        distance = number(length) if length else 0.0
        taper = number(degrees) * (1.0 if lean == "narrowing" else -1.0) if lean else 0.0
        until = NEXT if next_ else None
        if both:
            return None if until else Extent(ExtentType.SYMMETRIC, distance, taper=taper)
        sign = 1.0 if along else -1.0 if against else sign_along(towards, plane)
        if not sign or sign in sides:
            return None
        sides[sign] = Extent(ExtentType.ONE_SIDED, distance, taper=taper, until=until)
    forth, back = sides.get(1.0), sides.get(-1.0)
    if back is None:
        return forth
    if forth is None and back.until is None:
        return replace(back, distance=-back.distance)
    forth = forth or Extent(ExtentType.ONE_SIDED, 0.0)
    return Extent(
        ExtentType.TWO_SIDED,
        forth.distance,
        back.distance,
        taper=forth.taper,
        taper_against=back.taper,
        until=forth.until,
        until_against=back.until,
    )


def _angles(turn: re.Match[str]) -> Extent:
    """From where to where it turns, in degrees. Raises GeometryError if not from, to or over 0."""
    if not turn["low"]:
        return Extent(ExtentType.ONE_SIDED, FULL)
    low, high = number(turn["low"]), number(turn["high"])
    if not low:
        return Extent(ExtentType.ONE_SIDED, high)
    if not low < 0 <= high:
        raise GeometryError(f"from {low:g}° to {high:g}° does not begin at the drawing")
    return Extent(ExtentType.TWO_SIDED, high, -low)
