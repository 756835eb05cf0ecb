"""Areas of a sketch, added, cut out and intersected without computing a new curve.

What one loop does to another is told from where their curves meet: each is split there, and the
middle of every piece lies inside the other, outside of it, or on it. Loops that cross cannot be
told apart into loops of what is drawn; they are refused, except where areas are only added: then
each is a profile of its own, and the solid is the same.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.bent import polyline
from cadcomplete.history.curves import BENT, Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Vec2, distance
from cadcomplete.history.operations import Loop
from cadcomplete.readers.scripts.budget import spend

Relation = Literal["apart", "inside", "around", "same", "crossing"]

OVERLAP = "overlapping areas in a sketch"

_CHORD = 3.0
"""Degrees by which an ellipse or a spline turns along a chord that stands for it: what lies farther
than 3e-4 of its radius from it lies so to it, too."""


Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class BoxedLoop:
    """A loop and the box around it, which tells most loops apart."""

    loop: Loop
    box: Box

    @classmethod
    def of(cls, loop: Loop) -> BoxedLoop:
        return cls(loop, loop.box)


@dataclass(frozen=True, slots=True)
class FlatFace:
    """An area: an outer loop and the holes in it.

    Attributes:
        x: where the x axis of the library's own surface points, if that is known.
        made: as what it was drawn, if its walls are to be known as well: rectangle, box.
    """

    outer: BoxedLoop
    holes: tuple[BoxedLoop, ...] = ()
    x: Vec2 | None = field(default=None, compare=False)
    made: str = field(default="", compare=False)

    @classmethod
    def of(cls, outer: Loop, holes: Iterable[Loop] = ()) -> FlatFace:
        return cls(BoxedLoop.of(outer), tuple(map(BoxedLoop.of, holes)))

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The outer loop, then the holes."""
        return (self.outer.loop, *(hole.loop for hole in self.holes))

    def mapped(self, move: Callable[[Loop], Loop]) -> FlatFace:
        """Return the face with each loop moved."""
        outer, *holes = map(move, self.loops)
        made = FlatFace.of(outer, holes)
        if self.x is None:
            return made
        (way,) = move(Loop((Line((0.0, 0.0), self.x),))).curves
        (a, b), (c, d) = way.start, way.end
        return replace(made, x=(c - a, d - b), made=self.made)


Faces = tuple[FlatFace, ...]


def size(faces: Faces) -> int:
    """Return how many curves faces have."""
    return sum(len(loop.curves) for face in faces for loop in face.loops)


def faces_of(loops: Iterable[Loop]) -> Faces:
    """Return the faces of loops that bound each other: what lies in another is a hole of it.

    Raises UnsupportedError if loops cross, or if one lies in a hole: of those CadQuery makes solids
    that are not valid.
    """
    faces: list[tuple[BoxedLoop, list[BoxedLoop]]] = []
    for outline in map(BoxedLoop.of, sorted(loops, key=lambda loop: -abs(loop.area))):
        for outer, holes in faces:
            said = _lies(outline, outer)
            if said in ("crossing", "same"):
                raise UnsupportedError([OVERLAP])
            if said == "inside":
                if any(_lies(outline, hole) != "apart" for hole in holes):
                    raise UnsupportedError(["wires inside holes"])
                holes.append(outline)
                break
        else:
            faces.append((outline, []))
    return tuple(FlatFace(outer, tuple(holes)) for outer, holes in faces)


def add(faces: Faces, more: Faces) -> Faces:
    """Return the union. Areas that overlap stay beside each other."""
    result = list(faces)
    for new in more:
        if any(_covers(old, new) for old in result):
            continue
        result = [old for old in result if not _covers(new, old)] + [new]
    return tuple(result)


def _covers(big: FlatFace, small: FlatFace) -> bool:
    if _lies(small.outer, big.outer) not in ("inside", "same"):
        return False
    return all(_lies(small.outer, hole) == "apart" for hole in big.holes)


def subtract(faces: Faces, tools: Faces) -> Faces:
    """Return the faces without the tools. Raises UnsupportedError if loops cross."""
    for tool in tools:
        faces = tuple(part for face in faces for part in _cut(face, tool))
    return faces


def _cut(face: FlatFace, tool: FlatFace) -> list[FlatFace]:
    said = _lies(tool.outer, face.outer)
    if said == "apart":
        return [face]
    if said == "crossing":
        raise UnsupportedError([OVERLAP])
    if said in ("around", "same"):  # the tool takes all, but what lies in its holes
        holes = [_lies(face.outer, hole) for hole in tool.holes]
        if "inside" in holes or "same" in holes:
            return [face]
        if all(h == "apart" for h in holes):
            return []
        raise UnsupportedError([OVERLAP])
    kept: list[BoxedLoop] = []
    for hole in face.holes:
        within = _lies(tool.outer, hole)
        if within in ("inside", "same"):
            return [face]
        if within == "crossing" or (within == "around" and tool.holes):
            raise UnsupportedError([OVERLAP])
        if within == "apart":
            kept.append(hole)
    return [replace(face, holes=(*kept, tool.outer)), *map(FlatFace, tool.holes)]


def intersect(faces: Faces, tools: Faces) -> Faces:
    """Return what both have in common. Raises UnsupportedError if loops cross."""
    return tuple(part for face in faces for tool in tools for part in _common(face, tool))


def _common(face: FlatFace, tool: FlatFace) -> Faces:
    said = _lies(tool.outer, face.outer)
    if said == "apart":
        return ()
    if said == "crossing":
        raise UnsupportedError([OVERLAP])
    small, big = (tool, face) if said == "inside" else (face, tool)
    return subtract((FlatFace(small.outer, small.holes),), tuple(map(FlatFace, big.holes)))


# --- how two loops lie --------------------------------------------------------------------------


def relation(a: Loop, b: Loop) -> Relation:
    """Say how loop a lies to loop b; touching counts as neither crossing nor overlapping."""
    return _lies(BoxedLoop.of(a), BoxedLoop.of(b))


def _lies(one: BoxedLoop, other: BoxedLoop) -> Relation:
    spend(1)
    (left, low, right, high), (west, south, east, north) = one.box, other.box
    if right <= west or east <= left or high <= south or north <= low:
        return "apart"
    near = 1e-7 * (1 + max(-left, right, -low, high, -west, east, -south, north))
    if right <= west + near or east <= left + near or high <= south + near or north <= low + near:
        return "apart"
    a, b = _in_chords(one.loop), _in_chords(other.loop)
    sides = _sides(a, b, near)
    if sides == {"in", "out"}:
        return "crossing"
    if sides == {"in"}:
        return "inside"
    back = _sides(b, a, near)
    if back == {"in", "out"}:
        return "crossing"
    if back == {"in"}:
        return "around"
    return "apart" if sides and back else "same"


def _in_chords(loop: Loop) -> Loop:
    """Return a loop with chords for its curves that are neither straight nor round."""
    if not any(isinstance(curve, BENT) for curve in loop.curves):
        return loop
    curves: list[Curve] = []
    for curve in loop.curves:
        if isinstance(curve, BENT):
            points = [(x, y) for x, y in polyline(curve, _CHORD).tolist()]
            curves += [Line(a, b) for a, b in itertools.pairwise(points) if a != b]
        else:
            curves.append(curve)
    spend(len(curves))
    return Loop(tuple(curves))


def _sides(a: Loop, b: Loop, near: float) -> set[str]:
    """Return the sides of loop b on which pieces of loop a lie."""
    sides: set[str] = set()
    for curve in a.curves:
        cuts = {0.0, 1.0}
        spend(12 * len(b.curves))
        for other in b.curves:
            cuts |= met(curve, other, 100 * near)
        shares = sorted(share for share in cuts if 0 <= share <= 1)
        for first, last in itertools.pairwise(shares):
            if (last - first) * curve.length > 10 * near:
                spend(12 * len(b.curves))
                point = point_of(curve, (first + last) / 2)
                if all(off(point, other) > near for other in b.curves):
                    sides.add("in" if holds(b, point) else "out")
        if len(sides) == 2:
            break
    return sides


def met(curve: Curve, other: Curve, near: float) -> set[float]:
    """Return after which shares of a curve another one meets it, or ends on it."""
    found: set[float] = set()
    for point in _meetings(curve, other):
        share = share_at(curve, point)
        on = 0 <= share <= 1 and distance(point, point_of(curve, share)) <= near
        if on and off(point, other) <= near:
            found.add(share)
    return found


def bow(curve: Curve) -> Arc | Circle:
    """Return a curve that is no line: of round ones scripts draw these. Raises UnsupportedError."""
    if not isinstance(curve, Arc | Circle):
        raise UnsupportedError([type(curve).__name__])
    return curve


def point_of(curve: Curve, share: float) -> Vec2:
    """Return the point after a share of a curve's length."""
    if isinstance(curve, Line):
        (x, y), (u, v) = curve.start, curve.end
        return (x + (u - x) * share, y + (v - y) * share)
    (cx, cy), first, sweep = _polar(curve)
    angle, radius = first + sweep * share, bow(curve).radius
    return (cx + radius * math.cos(angle), cy + radius * math.sin(angle))


def direction_of(curve: Curve, share: float) -> Vec2:
    """Return the way in which a curve goes on after a share of its length, of length 1."""
    if isinstance(curve, Line):
        (x, y), (u, v) = curve.start, curve.end
        return ((u - x) / curve.length, (v - y) / curve.length)
    _, first, sweep = _polar(curve)
    angle = first + sweep * share + math.copysign(math.pi / 2, sweep)
    return (math.cos(angle), math.sin(angle))


def _polar(curve: Curve) -> tuple[Vec2, float, float]:
    """Return the centre, the angle at which a curve starts, and its sweep, in radians."""
    curve = bow(curve)
    (cx, cy), (x, y) = curve.center, curve.start
    sweep = math.tau if isinstance(curve, Circle) else math.radians(curve.sweep)
    return (cx, cy), math.atan2(y - cy, x - cx), sweep


def share_at(curve: Curve, point: Vec2) -> float:
    """Return after which share of its length a curve comes by a point that is on its line."""
    if isinstance(curve, Line):
        (x, y), (u, v) = curve.start, curve.end
        along = (point[0] - x) * (u - x) + (point[1] - y) * (v - y)
        return along / ((u - x) ** 2 + (v - y) ** 2)
    (cx, cy), first, sweep = _polar(curve)
    turned = math.atan2(point[1] - cy, point[0] - cx) - first
    return math.copysign(1, sweep) * turned % math.tau / abs(sweep)


def off(point: Vec2, curve: Curve) -> float:
    """Return how far a point is from a curve."""
    share = share_at(curve, point)
    if 0 <= share <= 1:
        return distance(point, point_of(curve, share))
    return min(distance(point, curve.start), distance(point, curve.end))


def _meetings(a: Curve, b: Curve) -> list[Vec2]:
    """Return where the lines or circles of two curves meet, and the ends of the second."""
    ends = [b.start, b.end]
    if isinstance(a, Line) and isinstance(b, Line):
        return ends + _line_line(a, b)
    if isinstance(a, Line):
        return ends + _line_circle(a, bow(b))
    if isinstance(b, Line):
        return ends + _line_circle(b, bow(a))
    return ends + _circle_circle(bow(a), bow(b))


def _line_line(a: Line, b: Line) -> list[Vec2]:
    (x, y), (u, v) = a.start, (a.end[0] - a.start[0], a.end[1] - a.start[1])
    (p, q), (s, t) = b.start, (b.end[0] - b.start[0], b.end[1] - b.start[1])
    crossed = u * t - v * s
    if abs(crossed) <= 1e-12 * math.hypot(u, v) * math.hypot(s, t):
        return []
    share = ((p - x) * t - (q - y) * s) / crossed
    return [(x + u * share, y + v * share)]


def _line_circle(line: Line, circle: Arc | Circle) -> list[Vec2]:
    foot = point_of(line, share_at(line, circle.center))
    height = distance(foot, circle.center)
    half = math.sqrt(max(circle.radius**2 - height**2, 0.0)) / line.length
    dx, dy = line.end[0] - line.start[0], line.end[1] - line.start[1]
    return [(foot[0] + dx * s, foot[1] + dy * s) for s in (-half, half)]


def _circle_circle(a: Arc | Circle, b: Arc | Circle) -> list[Vec2]:
    apart = distance(a.center, b.center)
    if apart <= 1e-12:
        return []
    dx, dy = (b.center[0] - a.center[0]) / apart, (b.center[1] - a.center[1]) / apart
    along = (apart**2 + a.radius**2 - b.radius**2) / (2 * apart)
    half = math.sqrt(max(a.radius**2 - along**2, 0.0))
    x, y = a.center[0] + dx * along, a.center[1] + dy * along
    return [(x - dy * h, y + dx * h) for h in (-half, half)]


def holds(loop: Loop, point: Vec2) -> bool:
    """Say whether a point that is not on a loop lies inside: the loop then turns around it."""
    return abs(sum(_turn(curve, point) for curve in loop.curves)) > math.pi


def _turn(curve: Curve, point: Vec2) -> float:
    """Return the angle by which a curve is seen to go around a point.

    An arc turns like its chords, and once around the point between it and a chord.
    """
    if isinstance(curve, Line):
        return _seen(curve.start, curve.end, point)
    curve, sweep = bow(curve), _polar(curve)[2]
    total, parts = 0.0, math.ceil(abs(sweep) / (math.pi / 2))
    for part in range(parts):
        a, b = point_of(curve, part / parts), point_of(curve, (part + 1) / parts)
        seen = _seen(a, b, point)
        beyond = seen * sweep < 0  # the arc lies to the right of its chord if it turns left
        if beyond and distance(point, curve.center) < curve.radius:
            seen += math.copysign(math.tau, sweep)
        total += seen
    return total


def _seen(a: Vec2, b: Vec2, point: Vec2) -> float:
    u, v = (a[0] - point[0], a[1] - point[1]), (b[0] - point[0], b[1] - point[1])
    return math.atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1])
