"""Where a solid ends in a direction: at a flat face across it, or it is not said.

It is told from the history alone: no step reaches farther, and of a flat face that reaches as far
a point is found with material just behind it. So it is certain, and where it is not, refused.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.curves import Circle, Curve, Line
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.geometry import Plane, Vec2, Vec3, dot
from cadcomplete.history.kinds import AXES
from cadcomplete.history.operations import Boolean, Loop
from cadcomplete.history.turn_axis import FULL
from cadcomplete.readers.scripts import frames
from cadcomplete.readers.scripts.areas import FlatFace, bow, direction_of, holds, off, point_of
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.finishing import BlendStep, MirrorStep
from cadcomplete.readers.scripts.mirrored import reflected_plane, reflected_point, reflected_way
from cadcomplete.readers.scripts.solids import SolidStep, Steps

NEAR = 1e-7  # mm by which levels may differ that are one
_ASKEW = 1e-9  # by how much a cosine may be off that is 0 or 1
_BEHIND = 1e-5  # mm behind a face where there must be material
_CLEAR = 1e-6  # mm by which a point must be off all other faces
_AWAY = 3.0  # how many sizes of a fillet a point must be away from what could be rounded
_CELLS = 8  # a face is tried in so many rows and columns


@dataclass(frozen=True, slots=True)
class Patch:
    """A flat face of one step: it may have been cut away, or built over."""

    plane: Plane
    face: FlatFace


def level(steps: Steps, way: Vec3) -> float:
    """Return how far a solid reaches in a direction of length 1, if a flat face lies there.

    Raises UnsupportedError if that cannot be said for certain.
    """
    far, blends = bound(steps, way), [step for step in steps if isinstance(step, BlendStep)]
    clear = _AWAY * max((step.most for step in blends), default=0.0)
    besides = _besides(blends)
    for patch in patches(steps, way, far):
        for point in _places(patch):
            behind = _shifted(point, way, -_BEHIND)
            inside, gap = _probe(steps, behind, way, far)
            if not inside or gap < _CLEAR:
                continue
            if gap >= clear or _probe(steps, behind, way, far, besides=besides)[1] >= clear:
                return far
    raise UnsupportedError(["a face that is not flat where the solid ends, or that is cut away"])


def nth_level(steps: Steps, way: Vec3, index: int) -> tuple[Vec3, float]:
    """Return the direction and level of the flat faces that come at an index along a direction.

    Counted are the levels of all flat faces across it, as in a list. Raises UnsupportedError if
    one that counts is not certain to be there.
    """
    back = (-way[0], -way[1], -way[2])
    found = {round(far, 6): far for far in _levels(steps, way)}
    ordered = [found[far] for far in sorted(found, reverse=index < 0)]
    for number, far in enumerate(ordered):
        side = _side_of_material(steps, way, far)
        if number == (-index - 1 if index < 0 else index):
            return (way, far) if side < 0 else (back, -far)
    raise UnsupportedError(["a flat face that there is not"])


def _levels(steps: Steps, way: Vec3) -> Iterator[float]:
    """Yield where flat faces of steps lie across a direction."""
    for step in steps:
        spend(10)
        if not isinstance(step, SolidStep) or step.axis is not None:
            raise UnsupportedError(["levels of what is turned, rounded or mirrored"])
        tilt, base = dot(way, step.plane.normal), dot(way, step.plane.origin)
        if abs(tilt) >= 1 - _ASKEW:
            yield from (base + tilt * z for z in step.extent.span)
        elif abs(tilt) <= _ASKEW:
            flat = _flat_way(step.plane, way)
            for curve in (c for f in step.faces for loop in f.loops for c in loop.curves):
                if isinstance(curve, Line):
                    ends = _ahead(curve.start, flat), _ahead(curve.end, flat)
                    if abs(ends[0] - ends[1]) <= NEAR:
                        yield base + ends[0]
        else:
            raise UnsupportedError(["levels of what is slanted"])


def _side_of_material(steps: Steps, way: Vec3, far: float) -> int:
    """Return -1 if flat faces at a level have material behind them, 1 if they have it ahead."""
    sides: set[int] = set()
    for patch in patches(steps, way, far, cuts=True):
        for point in _places(patch):
            behind = _probe(steps, _shifted(point, way, -_BEHIND), way, far)
            ahead = _probe(steps, _shifted(point, way, _BEHIND), way, far)
            if min(behind[1], ahead[1]) >= _CLEAR and behind[0] is not ahead[0]:
                sides.add(-1 if behind[0] else 1)
    if len(sides) != 1:
        raise UnsupportedError(["a flat face that is cut away, or looks both ways"])
    return sides.pop()


def _besides(blends: list[BlendStep]) -> Vec3 | None:
    """Return the axis along which all edges run that are rounded or cut off, if there is one.

    Flat faces across it do not matter to such edges.
    """
    axes = [
        {word for word in name.filters if word in "xyz"}
        if isinstance(name, EdgePredicate)
        else set()
        for step in blends
        for name in step.edges
    ]
    shared = set.intersection(*axes) if axes else set()
    return AXES[f"+{min(shared)}"] if shared else None


# --- how far a solid reaches --------------------------------------------------------------------


def bound(steps: Steps, way: Vec3) -> float:
    """Return how far a solid reaches at most."""
    far = -math.inf
    for number, step in enumerate(steps):
        spend(10)
        if isinstance(step, MirrorStep):
            seen = reflected_way(step.plane, way)
            offset = 2 * step.plane.offset * dot(step.plane.normal, way)
            far = max(far, bound(steps[:number], seen) + offset)
        elif isinstance(step, SolidStep) and step.boolean is Boolean.INTERSECT:
            far = min(far, _reach(step, way))
        elif isinstance(step, SolidStep) and step.boolean is not Boolean.CUT:
            far = max(far, _reach(step, way))
    return far


def diagonal(steps: Steps) -> float:
    """Return the diagonal of the box around a solid, at most."""
    sides = (bound(steps, AXES[f"+{a}"]) + bound(steps, AXES[f"-{a}"]) for a in "xyz")
    return math.hypot(*sides)


def _reach(step: SolidStep, way: Vec3) -> float:
    """Return how far a step reaches, at most: exactly, but for what is turned aslant."""
    base = dot(way, step.plane.origin)
    if step.axis is None:
        flat = _flat_way(step.plane, way)
        ends = [z * dot(way, step.plane.normal) for z in step.extent.span]
        return base + max(ends) + max(farthest(face.outer.loop, flat) for face in step.faces)
    point, direction = step.axis.in_world(step.plane)
    along, tilt = dot(way, direction), dot(way, point)
    across = math.sqrt(max(1.0 - along**2, 0.0))
    if across <= _ASKEW:
        flat = _flat_way(step.plane, way)
        return base + max(farthest(face.outer.loop, flat) for face in step.faces)
    corners = [
        step.axis.local(corner)
        for face in step.faces
        for left, low, right, high in (face.outer.box,)
        for corner in itertools.product((left, right), (low, high))
    ]
    return tilt + max(a * along + abs(b) * across for a, b in corners)


def _flat_way(plane: Plane, way: Vec3) -> Vec2:
    return (dot(way, plane.x_axis), dot(way, plane.y_axis))


def farthest(loop: Loop, way: Vec2) -> float:
    """Return how far a loop reaches in a direction of its plane, exactly."""
    spend(2 * len(loop.curves))
    return max(_ahead(point, way) for curve in loop.curves for point in _extremes(curve, way))


def _ahead(point: Vec2, way: Vec2) -> float:
    return point[0] * way[0] + point[1] * way[1]


def _extremes(curve: Curve, way: Vec2) -> list[Vec2]:
    """Return the ends of a curve, and where it lies farthest in a direction between them."""
    if isinstance(curve, Line):
        return [curve.start, curve.end]
    length = math.hypot(*way)
    if length <= _ASKEW:
        return [curve.start, curve.end]
    curve = bow(curve)
    (x, y), r = curve.center, curve.radius
    top = (x + r * way[0] / length, y + r * way[1] / length)
    if isinstance(curve, Circle):
        return [top]
    return [curve.start, curve.end, *([top] if off(top, curve) <= NEAR else [])]


# --- flat faces at a level ----------------------------------------------------------------------


def patches(steps: Steps, way: Vec3, far: float, *, cuts: bool = False) -> Iterator[Patch]:
    """Yield the flat faces of steps that lie across a direction, so far along it.

    Those of what is cut away only with `cuts`.
    """
    for number, step in enumerate(steps):
        spend(10)
        if isinstance(step, MirrorStep):
            seen = reflected_way(step.plane, way)
            offset = 2 * step.plane.offset * dot(step.plane.normal, way)
            for patch in patches(steps[:number], seen, far - offset):
                yield Patch(reflected_plane(step.plane, patch.plane), patch.face)
        elif isinstance(step, SolidStep) and (cuts or step.boolean is not Boolean.CUT):
            if step.axis is None:
                yield from _of_prism(step, way, far)
            else:
                yield from _of_revolve(step, way, far)


def _of_prism(step: SolidStep, way: Vec3, far: float) -> Iterator[Patch]:
    tilt = dot(way, step.plane.normal)
    if abs(tilt) >= 1 - _ASKEW:
        for z in step.extent.span:
            plane = step.plane.raised(z)
            if abs(dot(way, plane.origin) - far) <= NEAR:
                yield from (Patch(plane, face) for face in step.faces)
    elif abs(tilt) <= _ASKEW:
        low, high = sorted(step.extent.span)
        for face in step.faces:
            for line in level_lines(face.outer.loop, step.plane, way, far):
                corner = frames.to_world(step.plane, (*line.start, low))
                end = frames.to_world(step.plane, (*line.end, low))
                along = tuple((b - a) / line.length for a, b in zip(corner, end, strict=True))
                plane = Plane.of(corner, _cross(along, step.plane.normal), along)  # type: ignore[arg-type]
                yield Patch(plane, FlatFace.of(_rectangle(line.length, high - low)))


def _of_revolve(step: SolidStep, way: Vec3, far: float) -> Iterator[Patch]:
    assert step.axis is not None
    _, direction = step.axis.in_world(step.plane)
    whole = abs(step.extent.span[1] - step.extent.span[0]) >= FULL - 1e-6
    if not whole or abs(dot(way, direction)) < 1 - _ASKEW:
        return
    for face in step.faces:
        for line in level_lines(face.outer.loop, step.plane, way, far):
            (along, a), (_, b) = step.axis.local(line.start), step.axis.local(line.end)
            center = frames.to_world(step.plane, (*step.axis.back((along, 0.0)), 0.0))
            inner, outer = sorted((abs(a), abs(b)))
            rings = [Loop((Circle((0.0, 0.0), r),)) for r in (outer, inner) if r > NEAR]
            yield Patch(frames.plane_of(center, direction, None), FlatFace.of(rings[0], rings[1:]))


def level_lines(loop: Loop, plane: Plane, way: Vec3, far: float) -> list[Line]:
    """Return the lines of a loop whose ends both lie so far along a direction."""
    flat, base = _flat_way(plane, way), dot(way, plane.origin)
    spend(len(loop.curves))
    return [
        curve
        for curve in loop.curves
        if isinstance(curve, Line)
        and all(abs(base + _ahead(end, flat) - far) <= NEAR for end in (curve.start, curve.end))
    ]


def touches(step: SolidStep, way: Vec3, far: float) -> bool:
    """Say whether a step keeps below a level, or meets it in flat faces alone, not in ridges."""
    if _reach(step, way) < far - NEAR:
        return True
    tilt = abs(dot(way, step.plane.normal))
    if step.axis is None and tilt >= 1 - _ASKEW:
        return True
    direction = None if step.axis is None else step.axis.in_world(step.plane)[1]
    if tilt > _ASKEW or (direction is not None and abs(dot(way, direction)) < 1 - _ASKEW):
        return False
    flat, base = _flat_way(step.plane, way), dot(way, step.plane.origin)
    for loop in (loop for face in step.faces for loop in face.loops):
        ends = {end for line in level_lines(loop, step.plane, way, far) for end in _ends(line)}
        for curve in loop.curves:
            for point in _extremes(curve, flat):
                if base + _ahead(point, flat) >= far - NEAR and point not in ends:
                    return False
    return True


def _ends(line: Line) -> tuple[Vec2, Vec2]:
    return line.start, line.end


def _rectangle(width: float, height: float) -> Loop:
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height), (0.0, 0.0)]
    return Loop(tuple(Line(a, b) for a, b in itertools.pairwise(corners)))


def _cross(a: Vec3, b: Vec3) -> Vec3:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


# --- whether there is material ------------------------------------------------------------------


def _places(patch: Patch) -> Iterator[Vec3]:
    """Yield points of a flat face, spread over it."""
    left, low, right, high = patch.face.outer.box
    steps = [(n + 0.5) / _CELLS for n in range(_CELLS)]
    flat = [
        (left + (right - left) * u, low + (high - low) * v)
        for u in sorted(steps, key=lambda u: abs(u - 0.5))
        for v in sorted(steps, key=lambda v: abs(v - 0.5))
    ]
    size = min(right - left, high - low)
    for curve in patch.face.outer.loop.curves:
        (x, y), (u, v) = point_of(curve, 0.5), direction_of(curve, 0.5)
        for share in (0.2, -0.2, 0.02, -0.02, 0.002, -0.002):
            flat.append((x - v * size * share, y + u * size * share))
    for point in flat:
        spend(20)
        loops = patch.face.loops
        if holds(loops[0], point) and not any(holds(hole, point) for hole in loops[1:]):
            yield frames.to_world(patch.plane, (*point, 0.0))


def _shifted(point: Vec3, way: Vec3, by: float) -> Vec3:
    return (point[0] + by * way[0], point[1] + by * way[1], point[2] + by * way[2])


def _probe(
    steps: Steps, point: Vec3, way: Vec3, far: float, *, besides: Vec3 | None = None
) -> tuple[bool, float]:
    """Say whether a point is inside, and how far it is at least from any other face of a step.

    Faces that lie at the level `far` along `way` do not count, nor ends of prisms across `besides`.
    """
    inside, gap = False, math.inf
    for number, step in enumerate(steps):
        if isinstance(step, BlendStep):
            continue
        if isinstance(step, MirrorStep):
            mirror = step.plane
            offset = 2 * mirror.offset * dot(mirror.normal, way)
            there = reflected_point(mirror, point), reflected_way(mirror, way)
            hit, clear = _probe(steps[:number], *there, far - offset)  # `besides` may be turned
            inside, gap = inside or hit, min(gap, clear)
            continue
        hit, clear = _within(step, point, way, far, besides)
        gap = min(gap, clear)
        if step.boolean is Boolean.CUT:
            inside = inside and not hit
        elif step.boolean is Boolean.INTERSECT:
            inside = inside and hit
        else:
            inside = inside or hit
    return inside, gap


def _within(
    step: SolidStep, point: Vec3, way: Vec3, far: float, besides: Vec3 | None
) -> tuple[bool, float]:
    """Say the same of one step."""
    x, y, z = frames.to_local(step.plane, point)
    low, high = sorted(step.extent.span)
    gap = math.inf
    at = (x, y)
    partial = step.axis is not None and high - low < FULL - 1e-6
    if step.axis is None:
        tilt = dot(way, step.plane.normal)
        base = dot(way, step.plane.origin)
        at_level = [
            abs(tilt) >= 1 - _ASKEW and abs(base + tilt * end - far) <= NEAR for end in (low, high)
        ]
        ends = [abs(z - end) for end, same in zip((low, high), at_level, strict=True) if not same]
        between = low < z < high
        if besides is not None and abs(dot(besides, step.plane.normal)) >= 1 - _ASKEW:
            ends = []
    else:
        along, away = step.axis.local(at)
        reach = math.hypot(away, z)
        sides = [step.axis.local(c.start)[1] for f in step.faces for c in f.outer.loop.curves]
        left = max(sides, default=0.0) > -min(sides, default=0.0)
        at, ends, between = step.axis.back((along, reach if left else -reach)), [], True
    hit = False
    for face in step.faces:
        spend(4 + 4 * sum(len(loop.curves) for loop in face.loops))
        loops = face.loops
        within = holds(loops[0], at) and not any(holds(hole, at) for hole in loops[1:])
        if within and partial:
            return False, 0.0  # which of it is there is not said
        hit = hit or (within and between)
        level_ones = {line for loop in loops for line in level_lines(loop, step.plane, way, far)}
        offs = [off(at, c) for loop in loops for c in loop.curves if c not in level_ones]
        walls = min(offs, default=math.inf)
        if not within:
            gap = min(gap, walls)
        elif between:
            gap = min(gap, walls, *ends)
        else:
            gap = min(gap, *ends, math.inf)
    return hit, gap
