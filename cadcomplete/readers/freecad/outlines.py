"""Loops and profiles out of what is drawn in a sketch: curves in any order and direction."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cadcomplete.errors import GeometryError, ReadError
from cadcomplete.history.curves import Arc, Circle, Curve, Ellipse, Line
from cadcomplete.history.geometry import Vec2, distance
from cadcomplete.history.inside import inside_loop
from cadcomplete.history.nesting import nesting
from cadcomplete.history.operations import Loop, Profile
from cadcomplete.readers.freecad import bent
from cadcomplete.readers.freecad.bent import Numbers, Parts
from cadcomplete.readers.freecad.properties import RawCurve
from cadcomplete.readers.loops import loop_key

_DECIMALS = 9
_NEAR = 1e-6
"""Ends so near to each other are one point, in mm and as a share of the size of the sketch."""

_FULL = 1e-9

_MOST_LOOPS = 2_000
"""Of one sketch: which lies in which is asked of all pairs."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """What the curves of a sketch bound.

    Attributes:
        loops: closed, in the order in which their first curves were drawn.
        open: how many curves end nowhere: without them the others are what they are.
        branching: how many are left where more than one way closes a loop: then nobody knows which.
        foreign: kinds of curves that are not known here, each once, sorted.
    """

    loops: tuple[Loop, ...]
    open: int = 0
    branching: int = 0
    foreign: tuple[str, ...] = ()


def outlines(curves: Iterable[RawCurve], *, source: str) -> Outlines:
    """Return the loops that curves make. Raises ReadError for a curve that does not exist."""
    drawn: list[Curve] = []
    foreign: set[str] = set()
    for number, raw in enumerate(curves):
        if raw.kind not in DRAW:
            foreign.add(raw.kind)
            continue
        try:
            curve = DRAW[raw.kind](raw.numbers, raw.parts)
        except KeyError as error:
            where = f"{source}.Geometry[{number}]"
            raise ReadError("a curve lacks a number", where=where, expected=str(error)) from None
        except ReadError as error:
            error.where = f"{source}.Geometry[{number}]{error.where}"
            raise
        if not _is_nothing(curve):
            drawn.append(curve)
    closed = _without_ends(drawn)
    loops, left = _closed(closed)
    left += _over_others(closed)
    if len(loops) > _MOST_LOOPS:
        expected = f"up to {_MOST_LOOPS}"
        raise ReadError("too many loops in one sketch", where=source, expected=expected)
    named = tuple(Loop(tuple(loop), source) for loop in loops)
    return Outlines(named, len(drawn) - len(closed), left, tuple(sorted(foreign)))


# --- curves ---------------------------------------------------------------------------------------


def rounded(value: float) -> float:
    """A coordinate without the noise of whoever solved the sketch, to a picometre."""
    return round(value, _DECIMALS) + 0.0


def _point(x: float, y: float) -> Vec2:
    return (rounded(x), rounded(y))


def _line(n: Numbers, parts: Parts = ()) -> Curve:
    return Line(_point(n["StartX"], n["StartY"]), _point(n["EndX"], n["EndY"]))


def _circle(n: Numbers, parts: Parts = ()) -> Curve:
    return Circle(_point(n["CenterX"], n["CenterY"]), rounded(n["Radius"]))


def _arc(n: Numbers, parts: Parts = ()) -> Curve:
    """An arc runs counter-clockwise about its normal; its angles are counted from `AngleXU`."""
    start, end, turn = n["StartAngle"], n["EndAngle"], n.get("AngleXU", 0.0)
    sweep = (end - start) % (2 * math.pi)
    if min(sweep, 2 * math.pi - sweep) < _FULL and abs(end - start) > math.pi:
        return _circle(n)
    sense = -1.0 if n.get("NormalZ", 1.0) < 0 else 1.0

    def at(angle: float) -> Vec2:
        x, y, r = n["CenterX"], n["CenterY"], n["Radius"]
        return (x + r * math.cos(turn + sense * angle), y + r * math.sin(turn + sense * angle))

    return Arc(_point(*at(start)), at(start + sweep / 2), _point(*at(start + sweep)))


DRAW: dict[str, Callable[[Numbers, Parts], Curve]] = {
    "LineSegment": _line,
    "Circle": _circle,
    "ArcOfCircle": _arc,
    "Ellipse": bent.ellipse,
    "ArcOfEllipse": bent.arc_of_ellipse,
    "BSplineCurve": bent.spline,
}
"""How a curve is read, by its kind; `GeomPoint` bounds nothing and is none."""


def _is_nothing(curve: Curve) -> bool:
    if isinstance(curve, Circle):
        return curve.radius <= 0
    if isinstance(curve, Ellipse):
        return min(curve.radius, curve.minor) <= 0
    try:
        return curve.length < _NEAR
    except GeometryError:
        return True


def _over_others(curves: list[Curve]) -> int:
    """How many curves are drawn over another: what becomes of such a sketch depends on luck."""
    return len(curves) - len({loop_key(Loop((curve,))) for curve in curves})


# --- loops ----------------------------------------------------------------------------------------


def _without_ends(curves: list[Curve]) -> list[Curve]:
    """The curves without those that lead to an end that no other has, one after another."""
    nodes = _nodes(curves)
    at: dict[int, set[int]] = defaultdict(set)
    for number, ends in nodes.items():
        for node in ends:
            at[node].add(number)
    loose = [n for n, found in at.items() if len(found) == 1]
    while loose:
        for number in tuple(at[loose.pop()]):
            start, end = nodes[number]
            if start == end:
                continue
            del nodes[number]
            for node in (start, end):
                at[node].discard(number)
                if len(at[node]) == 1:
                    loose.append(node)
    return [curve for i, curve in enumerate(curves) if curve.closed or i in nodes]


def _closed(curves: list[Curve]) -> tuple[list[list[Curve]], int]:
    """Return closed loops of curves, and how many curves are in none.

    A walk goes on from end to end; where it comes to a point it has passed, the way since then is a
    loop. So loops that touch in a point are told apart, and none of them touches itself.
    """
    nodes = _nodes(curves)
    at: dict[int, list[int]] = defaultdict(list)
    for number, ends in nodes.items():
        for node in dict.fromkeys(ends):
            at[node].append(number)
    loops = [(i, [curve]) for i, curve in enumerate(curves) if curve.closed]
    unused = dict.fromkeys(nodes)
    left = 0
    while unused:
        first = next(iter(unused))
        path, found = _walk(first, nodes, at, unused)
        left += len(path)
        loops += [(min(i for i, _ in way), _chained(way, curves)) for way in found]
    loops = [(i, loop) for i, loop in loops if abs(Loop(tuple(loop)).area) > _NEAR**2]
    return [loop for _, loop in sorted(loops, key=lambda pair: pair[0])], left


Way = list[tuple[int, bool]]
"""Curves by their numbers, each with whether it is followed from its end to its start."""


def _walk(
    first: int, nodes: dict[int, tuple[int, int]], at: dict[int, list[int]], unused: dict[int, None]
) -> tuple[Way, list[Way]]:
    """Follow curves until there is none left; return what closes nothing, and the loops."""
    path: Way = []
    passed = [nodes[first][0]]
    found: list[Way] = []
    following: int | None = first
    while following is not None:
        del unused[following]
        start, end = nodes[following]
        turned = start != passed[-1]
        path.append((following, turned))
        passed.append(start if turned else end)
        if passed[-1] in passed[:-1]:
            place = passed.index(passed[-1])
            found.append(path[place:])
            path, passed = path[:place], passed[: place + 1]
        following = next((i for i in at[passed[-1]] if i in unused), None)
    return path, found


def _chained(way: Way, curves: list[Curve]) -> list[Curve]:
    """Curves of a loop, each moved to start exactly where the one before it ends."""
    turned = [curves[i].reversed() if back else curves[i] for i, back in way]
    chain = [turned[0]]
    for curve in turned[1:]:
        chain.append(curve.moved(chain[-1].end, curve.end))
    chain[-1] = chain[-1].moved(chain[-1].start, chain[0].start)
    return chain


def _nodes(curves: list[Curve]) -> dict[int, tuple[int, int]]:
    """For each curve with ends the numbers of the points that it starts and ends at."""
    size = max((max(map(abs, (*c.start, *c.end))) for c in curves), default=0.0)
    near = _NEAR * (1 + size)
    cells: dict[tuple[int, int], list[tuple[int, Vec2]]] = defaultdict(list)
    count = 0

    def node(point: Vec2) -> int:
        nonlocal count
        column, row = math.floor(point[0] / near), math.floor(point[1] / near)
        for dx in (0, -1, 1):
            for dy in (0, -1, 1):
                for number, other in cells.get((column + dx, row + dy), ()):
                    if distance(point, other) <= near:
                        return number
        count += 1
        cells[column, row].append((count, point))
        return count

    open_ones = ((i, c) for i, c in enumerate(curves) if not c.closed)
    return {i: (node(c.start), node(c.end)) for i, c in open_ones}


# --- profiles -------------------------------------------------------------------------------------


def profiles(loops: tuple[Loop, ...], sketch: int) -> tuple[Profile, ...]:
    """Return the regions that a sketch bounds: in each outer loop there are holes, and islands."""
    boxes = [loop.box for loop in loops]

    def lies_in(inner: int, outer: int) -> bool:
        left, bottom, right, top = boxes[inner]
        x0, y0, x1, y1 = boxes[outer]
        if right < x0 or left > x1 or top < y0 or bottom > y1:
            return False
        points = loops[inner].points()
        middles = (points[1:] + points[:-1]) / 2  # corners may lie on the other loop
        return bool(inside_loop(loops[outer], middles).mean() > 0.5)

    nested = nesting(dict(enumerate(loops)), lies_in)
    outer = (i for i in range(len(loops)) if nested.depth[i] % 2 == 0)
    return tuple(nested.natural(sketch, loop) for loop in outer)
