"""Steps that are dictated without a drawing: holes, mirrors and patterns, fillets and chamfers.

    On the plane z = 10: two holes of ø6 mm at (-20, 0) and (20, 0), drilled through towards -z.
    Step 2 is mirrored across the plane x = 0.
    Steps 2 and 3 are repeated 5 times in all, 12 mm apart, towards +x.
    Step 2 is repeated 6 times in all, evenly around the axis through (0, 0, 0) along (0, 0, 1).
    The edges through (0, 20, 10) and (0, -20, 10) are rounded by 2 mm.
    All edges of step 1 (parallel to z) are chamfered by 1 mm.

Steps are counted from 1, each thing that is made one; the whole body is all of them. "outline 2 of
step 1" is the second that is told there, of holes the second place, then their heads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from cadcomplete.captions.coordinates import (
    POINTS,
    VECTOR,
    VECTORS,
    N,
    axis_said,
    number,
    plane_said,
    points_said,
    sign_along,
    vectors_said,
)
from cadcomplete.captions.steps import BlendedStep, DictatedStep, DrilledStep, RepeatedStep
from cadcomplete.errors import GeometryError, TextError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edges import EdgeName, EdgePoint, EdgePredicate
from cadcomplete.history.geometry import Vec3, dot
from cadcomplete.history.hole_kinds import Head
from cadcomplete.history.holes import Counterbore, Countersink, Hole
from cadcomplete.history.pattern_kinds import unit
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern

EDGES = {
    "all edges": "all",
    "all edges of step {0}": "of",
    "all edges where step {0} starts": "start",
    "all edges where step {0} ends": "end",
    "all edges between sides of step {0}": "side",
    "all edges where steps {0} and {1} meet": "meet",
}
"""How kinds of predicates are said, by what is said."""

FILTERS = {
    **{f"parallel to {axis}": axis for axis in "xyz"},
    **{word: word for word in ("convex", "concave", "round")},
    "straight": "line",
    **{f"farthest to {sign}{axis}": f"{sign}{axis}" for axis in "xyz" for sign in "+-"},
}
"""How filters of edges are said, by what is said."""

_HOLE = re.compile(
    rf"holes?\s+of\s+ø?({N})\s*mm\s+at\s+({POINTS}),\s+drilled\s+"
    rf"(?:(through)|({N})\s*mm\s+deep)\s+(?:towards\s+([+-][xyz])|against\s+it)"
    rf"(?:\s+with\s+an?\s+({N})\s*°\s+tip)?"
    rf"(?:,\s+counterbored\s+ø?({N})\s*mm\s*×\s*({N})\s*mm)?"
    rf"(?:,\s+countersunk\s+ø?({N})\s*mm\s*×\s*({N})\s*°)?"
)
_AGAIN = re.compile(r"\b(?:steps?\s+([\d, and]+?)|the\s+(whole)\s+body)\s+(?:is|are)\s+")
_ACROSS = re.compile(
    rf"mirrored\s+across\s+the\s+plane\s+"
    rf"(?:([xyz])\s*=\s*({N})|through\s*{VECTOR}\s+facing\s*{VECTOR})"
)
_ALONG = re.compile(
    rf"repeated\s+(\d+)\s+times\s+in\s+all,\s+({N})\s*mm\s+apart,\s+"
    rf"(?:towards\s+([+-][xyz])|along\s*({VECTOR}))"
)
_AROUND = re.compile(
    rf"repeated\s+(\d+)\s+times\s+in\s+all,\s+(?:evenly|over\s+({N})\s*°)\s+around\s+the\s+axis\s+"
    rf"through\s*({VECTOR})\s+along\s*({VECTOR})"
)
_BLENDED = re.compile(rf"^(?P<edges>.*?)\s+(?:is|are)\s+(rounded|chamfered)\s+by\s+({N})\s*mm")
_OUTLINE = re.compile(r"\boutline\s+(\d+)\s+of\s+(?=step)")
_THROUGH = re.compile(rf"\bedges?\s+through\s*({VECTORS})")


def undrawn(sentence: str) -> DictatedStep | None:
    """Return the step that a sentence in small letters dictates; None if it is unclear."""
    for read in (_hole, _mirror, _row, _turn, _blend):
        try:
            step = read(sentence)
        except (GeometryError, TextError, ValueError):
            return None
        if step is not None:
            return step
    return None


def _hole(sentence: str) -> DrilledStep | None:
    found, plane = _HOLE.search(sentence), plane_said(sentence)
    if found is None or plane is None:
        return None
    diameter, places, _, depth, towards, tip, *heads = found.groups()
    centers = points_said(places)
    sign = sign_along(towards, plane) if towards else -1.0
    if not sign:
        return None
    if sign > 0:  # it is drilled from the other side: there y is the other way round
        x, y, z = plane.normal
        plane = replace(plane, normal=(0.0 - x, 0.0 - y, 0.0 - z))
        centers = [(x, 0.0 - y) for x, y in centers]
    head: Head = None
    if heads[0]:
        head = Counterbore(number(heads[0]), number(heads[1]))
    elif heads[2]:
        head = Countersink(number(heads[2]), number(heads[3]))
    deep = number(depth) if depth else None
    angle = number(tip) if tip else None
    return DrilledStep(Hole(plane, number(diameter), deep, tuple(centers), head, angle))


def _steps(sentence: str) -> tuple[int, ...] | None:
    """Which steps, counted from 0; None for the whole body. Raises ValueError if none are said."""
    found = _AGAIN.search(sentence)
    if found is None:
        raise ValueError
    if found[2]:
        return None
    return tuple(int(step) - 1 for step in re.findall(r"\d+", found[1]))


def _mirror(sentence: str) -> RepeatedStep | None:
    found = _ACROSS.search(sentence)
    if found is None:
        return None
    axis, at, *values = found.groups()
    if axis:
        return RepeatedStep(Mirror(axis_said(f"+{axis}"), number(at), _steps(sentence)))
    point, facing = _two([number(value) for value in values])
    normal = unit(facing)
    return RepeatedStep(Mirror(normal, dot(point, normal), _steps(sentence)))


def _two(values: list[float]) -> tuple[Vec3, Vec3]:
    return (values[0], values[1], values[2]), (values[3], values[4], values[5])


def _row(sentence: str) -> RepeatedStep | None:
    found = _ALONG.search(sentence)
    if found is None:
        return None
    direction = axis_said(found[3]) if found[3] else unit(vectors_said(found[4])[0])
    of = _steps(sentence)
    return RepeatedStep(LinearPattern(direction, number(found[2]), int(found[1]), of))


def _turn(sentence: str) -> RepeatedStep | None:
    found = _AROUND.search(sentence)
    if found is None:
        return None
    point, axis = (vectors_said(found[group])[0] for group in (3, 7))
    angle = number(found[2]) if found[2] else 360.0
    return RepeatedStep(PolarPattern(unit(axis), point, int(found[1]), angle, _steps(sentence)))


def _blend(sentence: str) -> BlendedStep | None:
    found = _BLENDED.search(sentence)
    if found is None:
        return None
    names = _edges(found["edges"])
    size = number(found[3])
    if not names or not 0 < size < math.inf:
        return None
    make: Callable[[tuple[EdgeName, ...]], Fillet | Chamfer] = (
        (lambda edges: Fillet(size, edges))
        if found[2] == "rounded"
        else (lambda edges: Chamfer((size, size, False), edges))
    )
    return BlendedStep(make(names))


def _edges(said: str) -> tuple[EdgeName, ...]:
    """Which edges are said; none if that is unclear. They name steps from 0."""
    names: list[EdgeName] = []
    for one in re.split(r"(?:,|^)\s*(?:and\s+)?(?=(?:the\s+edges?\s+through|all\s+edges)\b)", said):
        if not one.strip():
            continue
        through = _THROUGH.search(one)
        if through is not None:
            names += [EdgePoint(point) for point in vectors_said(through[1])]
            continue
        predicate = _predicate(one)
        if predicate is None:
            return ()
        names.append(predicate)
    return tuple(names)


def _predicate(said: str) -> EdgePredicate | None:
    words, _, bracket = said.strip().removesuffix(",").removesuffix(")").partition(" (")
    filters = bracket.split(", ") if bracket else []
    if not all(one in FILTERS for one in filters):
        return None
    outline = _OUTLINE.search(words)
    words = _OUTLINE.sub("", words)
    steps = tuple(sorted(int(step) - 1 for step in re.findall(r"\d+", words)))
    places = count()
    kind = EDGES.get(re.sub(r"\d+", lambda _: f"{{{next(places)}}}", words))
    kept = tuple(FILTERS[one] for one in filters)
    loop = int(outline[1]) - 1 if outline else None
    return None if kind is None else EdgePredicate(kind, steps, loop, filters=kept)
