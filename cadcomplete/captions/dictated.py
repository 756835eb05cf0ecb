"""Captions that say every dimension and place: read step by step, so that the part can be drawn.

    On the plane z = 10: four circles of ø9 mm around (-45, -25), (45, -25), (45, 25) and (-45, 25),
    cut 10 mm towards -z.

`data/describe/dictated.py` writes them. Coordinates are millimetres of the world: (x, y) on a plane
z = …, (y, z) on x = …, (x, z) on y = …. One seen from the other side needs nothing else: arcs turn
left or right as seen against the normal of `standard`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cadcomplete.captions.drawing import circle, rectangle
from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Arc, Curve, Line
from cadcomplete.history.geometry import Plane, Vec2, Vec3, dot
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Profile,
    Sketch,
)

VERBS = {
    "extruded": Boolean.JOIN,
    "cut": Boolean.CUT,
    "intersected": Boolean.INTERSECT,
}

_N = r"[-−]?\d+(?:\.\d+)?"
_POINT = rf"\(\s*({_N})\s*,\s*({_N})\s*\)"
_POINTS = rf"(?:\(\s*{_N}\s*,\s*{_N}\s*\)(?:\s*,?\s*(?:and\s+)?(?=\())?)+"
_AT = (
    r"(?:mm\s+)?(?:around|at|cent(?:er|re)d\s+(?:at|on)|with\s+its\s+(?:cent(?:er|re)|middle)\s+at)"
)
_VECTOR = rf"\(\s*({_N})\s*,\s*({_N})\s*,\s*({_N})\s*\)"
_PLANE = re.compile(
    rf"plane\s+(?:(?P<axis>[xyz])\s*=\s*(?P<at>{_N})"
    rf"|through\s+{_VECTOR}\s+facing\s+{_VECTOR}\s+with\s+x\s+along\s+{_VECTOR})"
)
_SHAPE = re.compile(
    rf"circles?\s+(?:of\s+)?(?:ø\s*|diameter\s+)?(?P<diameter>{_N})\s*{_AT}\s*(?P<circles>{_POINTS})"
    rf"|rectangles?\s+(?:of\s+)?(?P<a>{_N})\s*(?:[x×*]|by)\s*(?P<b>{_N})\s*{_AT}\s*"
    rf"(?P<rectangles>{_POINTS})"
    rf"|outline\s+from\s*(?P<start>{_POINT})(?P<way>.*?)\band\s+back"
)
_TO = re.compile(rf"(?:arc\s+of\s+({_N})\s*°\s+turning\s+(left|right)\s+to\s*)?{_POINT}")
_BACK = re.compile(rf"arc\s+of\s+({_N})\s*°\s+turning\s+(left|right)\s*$")
_ACTION = re.compile(rf"\b(?P<verb>{'|'.join(VERBS)})\b(?P<how>.*)$")
_FAR = re.compile(
    rf"({_N})\s*(?:mm\s+)?(?:(to\s+both\s+sides)|towards\s+([+-−][xyz])|(along\s+it)|(against\s+it))"
)


@dataclass(frozen=True, slots=True)
class DictatedStep:
    """A sketch and its extrude, as they were dictated.

    Attributes:
        plane: that the loops are drawn on.
        profiles: outer loop and holes, by their indices.
        extent: along the normal of the plane.
    """

    plane: Plane
    loops: tuple[Loop, ...]
    profiles: tuple[tuple[int, tuple[int, ...]], ...]
    boolean: Boolean
    extent: Extent

    @property
    def adds(self) -> bool:
        return self.boolean is Boolean.JOIN

    @property
    def sketch(self) -> Sketch:
        return Sketch(self.plane, self.loops)

    def extrude(self, sketch: int, *, first: bool) -> Extrude:
        """Return the extrude of the sketch with that index."""
        profiles = tuple(Profile(sketch, outer, holes) for outer, holes in self.profiles)
        return Extrude(profiles, self.extent, Boolean.NEW_BODY if first else self.boolean)

    @property
    def area(self) -> float:
        """Of its profiles, in mm²."""
        areas = [abs(loop.area) for loop in self.loops]
        return sum(areas[outer] - sum(areas[i] for i in holes) for outer, holes in self.profiles)


def standard(axis: str, at: float) -> Plane:
    """Return the plane across an axis on which coordinates are the two others of the world."""
    if axis == "x":
        return Plane((at, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    if axis == "y":
        return Plane((0.0, at, 0.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0))
    return Plane((0.0, 0.0, at), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0))


@lru_cache(maxsize=64)
def dictated(text: str) -> tuple[DictatedStep, ...]:
    """Return the steps that a caption dictates; none if there are none, or one is unclear."""
    sentences = re.split(r"(?<=[a-z°)])\.(?:\s+|$)|;\s", text.strip())
    steps: list[DictatedStep] = []
    for sentence in sentences:
        if not _SHAPE.search(sentence.lower()) and not steps:
            continue  # words before the first step
        step = _step(sentence.lower()) if sentence.strip() else None
        if step is None and _ACTION.search(sentence.lower()):
            return ()  # what comes after one that is lost means something else
        steps += [step] if step is not None else []
    return tuple(steps)


def operations(steps: Sequence[DictatedStep]) -> tuple[Operation, ...]:
    """Return the history that steps make from nothing."""
    found: list[Operation] = []
    for step in steps:
        found.append(step.sketch)
        found.append(step.extrude(len(found) - 1, first=len(found) == 1))
    return tuple(found)


def _step(sentence: str) -> DictatedStep | None:
    plane, action = _plane(sentence), _ACTION.search(sentence)
    if plane is None or action is None:
        return None
    extent = _extent(action["how"], plane)
    loops: list[Loop] = []
    profiles: list[tuple[int, tuple[int, ...]]] = []
    end = 0
    try:
        for found in _SHAPE.finditer(sentence):
            shapes = list(_loops(found))
            if re.search(r"\bless\b", sentence[end : found.start()]) and profiles:
                holes = tuple(range(len(loops), len(loops) + len(shapes)))
                profiles[-1] = (profiles[-1][0], (*profiles[-1][1], *holes))
            else:
                profiles += [(len(loops) + i, ()) for i in range(len(shapes))]
            loops += shapes
            end = found.end()
    except GeometryError:
        return None
    if not profiles or extent is None:
        return None
    boolean = VERBS[action["verb"]]
    return DictatedStep(plane, tuple(loops), tuple(profiles), boolean, extent)


def _plane(sentence: str) -> Plane | None:
    found = _PLANE.search(sentence)
    if found is None:
        return None
    if found["axis"]:
        return standard(found["axis"], _number(found["at"]))
    values = [_number(value) for value in found.groups()[2:]]
    try:
        origin, normal, x_axis = (_vector(values[i : i + 3]) for i in (0, 3, 6))
        return Plane.of(origin, normal, x_axis)
    except GeometryError:
        return None


def _vector(values: Sequence[float]) -> Vec3:
    return (values[0], values[1], values[2])


def _loops(found: re.Match[str]) -> Iterator[Loop]:
    if found["circles"]:
        for at in _points(found["circles"]):
            yield circle(at, _number(found["diameter"]))
    elif found["rectangles"]:
        for at in _points(found["rectangles"]):
            yield rectangle(at, _number(found["a"]), _number(found["b"]))
    else:
        yield _outline(_points(found["start"])[0], found["way"])


def _points(text: str) -> list[Vec2]:
    return [(_number(x), _number(y)) for x, y in re.findall(_POINT, text)]


def _outline(start: Vec2, way: str) -> Loop:
    curves: list[Curve] = []
    at = start
    for sweep, side, x, y in _TO.findall(way):
        curves.append(_curve(at, (_number(x), _number(y)), sweep, side))
        at = curves[-1].end
    last = _BACK.search(way.strip().removesuffix(","))
    if at != start or last:
        curves.append(_curve(at, start, *(last.groups() if last else ("", ""))))
    return Loop(tuple(curves))


def _curve(start: Vec2, end: Vec2, sweep: str, side: str) -> Curve:
    if not sweep:
        return Line(start, end)
    degrees = _number(sweep)
    return Arc.from_sweep(start, end, degrees if side == "left" else -degrees)


def _extent(how: str, plane: Plane) -> Extent | None:
    """How far it goes, along the normal of the plane."""
    ends: list[float] = []
    for length, both, towards, along, against in _FAR.findall(how):
        distance = _number(length)
        if both:
            return Extent(ExtentType.SYMMETRIC, distance)
        sign = 1.0 if along else -1.0 if against else _sign(towards, plane)
        if not sign:
            return None
        ends.append(sign * distance)
    if len(ends) == 1:
        return Extent(ExtentType.ONE_SIDED, ends[0])
    if len(ends) == 2 and min(ends) < 0 < max(ends):
        return Extent(ExtentType.TWO_SIDED, max(ends), -min(ends))
    return None


def _sign(towards: str, plane: Plane) -> float:
    axis = "xyz".index(towards[1])
    direction = [0.0, 0.0, 0.0]
    direction[axis] = 1.0 if towards[0] == "+" else -1.0
    along = dot(plane.normal, _vector(direction))
    return float(round(along)) if abs(along) > 0.9 else 0.0


def _number(text: str) -> float:
    return float(text.replace("−", "-"))
