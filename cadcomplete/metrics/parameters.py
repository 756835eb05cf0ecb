"""How far the numbers of a suggestion are from the designer's, and which of them are exact."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Arc, BSpline, Circle, Ellipse, EllipseArc, Line
from cadcomplete.history.ends import end_offsets
from cadcomplete.history.geometry import Array, Plane, Vec2
from cadcomplete.history.hole_kinds import Counterbore
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Extrude, Operation, Revolve, Sketch
from cadcomplete.history.patterns import PATTERNS, LinearPattern, Mirror, Repeat
from cadcomplete.history.sequence import start_plane
from cadcomplete.history.tables import Table
from cadcomplete.meshes.manifolds import outline
from cadcomplete.metrics.sketches import drawn_box, plane_distance
from cadcomplete.metrics.targets import SIZES_OF, TargetBlend, TargetExtrude, TargetSketch, Truth

EXACT = 0.01
"""Millimetres up to which two dimensions are equal."""


def errors(truth: Truth, suggested: Operation) -> dict[str, float]:
    """Return the errors of a suggestion of the right kind, by name; {} for another kind.

    Of an extrude: "end position" in mm, the mean over both ends, and "end position / height",
    the same over the true height. Of a sketch: "plane offset" in mm, from the middle of the true
    sketch to the suggested plane; "box corners" in mm, the mean distance of the two corners of the
    boxes around both, in the true plane. Of a revolve none. Raises UnsupportedError for a kind that
    is not known here.
    """
    measures = _measures(truth, suggested)
    return {} if measures is None else measures.errors(truth, suggested)


def _extrude_errors(truth: TargetExtrude, suggested: Extrude) -> dict[str, float]:
    ends, others = _ends(truth, truth.operation), _ends(truth, suggested)
    error = _unordered(ends, others)
    height = float(np.linalg.norm(ends[1] - ends[0]))
    return {"end position": error, "end position / height": error / max(height, 1e-9)}


def _ends(truth: TargetExtrude, extrude: Extrude) -> Array:
    """Where an extrude starts and ends: points above the plane's foot of the world's origin."""
    normal = np.array(start_plane(extrude, truth.given.operations).normal)
    return np.stack([normal * along for along in end_offsets(extrude, truth.given.operations)])


def _unordered(a: Array, b: Array) -> float:
    """Return the mean distance of two points to two others, whichever way round is nearer."""
    either = (b, b[::-1])
    return min(float(np.linalg.norm(a - other, axis=1).mean()) for other in either)


def _sketch_errors(target: TargetSketch, suggested: Sketch) -> dict[str, float]:
    truth = target.operation
    low, high = drawn_box(truth)
    box = np.stack([low, high])
    seen = _box_seen_from(truth.plane, suggested)
    corners = float(np.linalg.norm(box - seen, axis=1).mean())
    return {"plane offset": plane_distance(truth, suggested.plane), "box corners": corners}


def _box_seen_from(plane: Plane, sketch: Sketch) -> Array:
    rings = [outline(loop) for loop in sketch.loops] or [np.zeros((1, 2))]
    flat = plane.to_local(sketch.plane.to_world(np.concatenate(rings)))[:, :2]
    return np.stack([flat.min(axis=0), flat.max(axis=0)])


def exact_dimensions(truth: Truth, hit: Operation) -> tuple[int, int] | None:
    """Return how many of the designer's dimensions a hit has to 0.01 mm, and how many there are.

    Of an extrude: the positions of its two ends. Of a revolve: its axis and its two angles, in
    degrees. Of a hole: its diameter, its depth, its head and each place. Of a sketch: the
    different ends of its lines and arcs, and of each different arc or circle its centre and its
    radius; positions in space, so that another plane in the same place has the same. Of a fillet
    its radius, of a chamfer both sizes. None if the hit is of another kind. Raises UnsupportedError
    for a kind that is not known here.
    """
    measures = _measures(truth, hit)
    return None if measures is None else measures.exact(truth, hit)


def _extrude_exact(truth: TargetExtrude, hit: Extrude) -> tuple[int, int]:
    ends = _ends(truth, truth.operation)
    return _found(ends, _ends(truth, hit)), len(ends)


def _revolve_exact(truth: TargetExtrude, hit: Revolve) -> tuple[int, int]:
    """Its axis, whichever way it points, and its two angles; all around is all the same."""
    (start, way), (other, back) = (_axis(truth, one) for one in (truth.operation, hit))
    same = np.linalg.norm(np.cross(way, back)) < 1e-6
    apart = float(np.linalg.norm(np.cross(other - start, way)))
    low, high = hit.span if float(way @ back) > 0 else tuple(-end for end in hit.span[::-1])
    ends = zip(truth.operation.span, (low, high), strict=True)
    angles = [abs(a - b) <= EXACT or (truth.operation.full and hit.full) for a, b in ends]
    return int(same and apart <= EXACT) + sum(angles), 3


def _axis(truth: TargetExtrude, revolve: Revolve) -> tuple[Array, Array]:
    """A point of its axis and its direction, in space."""
    point, direction = revolve.axis.in_world(revolve.start(truth.given.operations))
    return np.array(point), np.array(direction)


def _hole_exact(truth: TargetExtrude, hit: Hole) -> tuple[int, int]:
    """Its diameter, how deep it is, both numbers of its head, and each place where it begins."""
    own, made = truth.operation, hit
    pairs = zip(_sizes(own), _sizes(made), strict=True)
    sizes = [(a, b) for a, b in pairs if a is not None]
    exact = sum(b is not None and _alike(a, b) for a, b in sizes)
    begins, others = (_begins(hole) for hole in (own, made))
    return exact + _found(begins, others), len(sizes) + len(begins)


def _sizes(hole: Hole) -> tuple[float | None, ...]:
    """Its dimensions in mm and degrees, None for those that it has not; through is no depth."""
    head = hole.head
    bore = head.depth if isinstance(head, Counterbore) else None
    angle = None if head is None or isinstance(head, Counterbore) else head.angle
    depth = math.inf if hole.depth is None else hole.depth
    return hole.diameter, depth, hole.tip, head and head.diameter, bore, angle


def _begins(hole: Hole) -> Array:
    """Where its centres lie in space, (n, 3)."""
    return hole.plane.to_world(np.array(hole.centers).reshape(-1, 2))


def _place_errors(truth: Any, suggested: Repeat) -> dict[str, float]:
    """What is measured of a pattern is where its copies lie: whether they hit."""
    return {}


def _places_exact(truth: TargetExtrude, hit: Repeat) -> tuple[int, int]:
    """How many numbers of a hit are the designer's: where it is, how far and how often."""
    own = _dimensions_of(truth.operation)
    return sum(_alike(a, b) for a, b in zip(own, _dimensions_of(hit), strict=True)), len(own)


def _dimensions_of(pattern: Any) -> list[float]:
    """The numbers that a designer gives a mirror or a pattern, in mm and degrees.

    A mirror turned round is the same mirror.
    """
    if isinstance(pattern, Mirror):
        return [math.copysign(1.0, max(pattern.normal, key=abs)) * pattern.position]
    if isinstance(pattern, LinearPattern):
        return [pattern.spacing, float(pattern.count)]
    return [float(pattern.count), pattern.step]


def _alike(one: float, other: float) -> bool:
    return one == other or abs(one - other) <= EXACT


def _sizes_exact(truth: TargetBlend, hit: Any) -> tuple[int, int]:
    """The radius of a fillet, both sizes of a chamfer."""
    own, made = (SIZES_OF[type(one)](one) for one in (truth.operation, hit))
    return sum(_alike(a, b) for a, b in zip(own, made, strict=True)), len(own)


def _sketch_exact(truth: TargetSketch, hit: Sketch) -> tuple[int, int]:
    corners, rounds = _corners(truth.operation), _rounds(truth.operation)
    made = _rounds(hit)
    exact = _found(corners, _corners(hit))
    for row in rounds if len(made) else ():
        nearest = made[np.abs(made - row).sum(axis=1).argmin()]
        exact += bool(np.abs(nearest - row)[:3].max() <= EXACT)
        exact += bool(abs(nearest[3] - row[3]) <= EXACT)
    return exact, len(corners) + 2 * len(rounds)


class KindMeasures(NamedTuple):
    """What is measured of a suggestion of the same kind as the truth: errors, exact dimensions."""

    errors: Callable[[Any, Any], dict[str, float]]
    exact: Callable[[Any, Any], tuple[int, int]]


MEASURES: Table[KindMeasures] = Table(
    "metrics/parameters.py",
    {
        Sketch: KindMeasures(_sketch_errors, _sketch_exact),
        Extrude: KindMeasures(_extrude_errors, _extrude_exact),
        Revolve: KindMeasures(lambda truth, made: {}, _revolve_exact),
        Hole: KindMeasures(lambda truth, made: {}, _hole_exact),
        **dict.fromkeys(PATTERNS, KindMeasures(_place_errors, _places_exact)),
        **{kind: KindMeasures(lambda truth, made: {}, _sizes_exact) for kind in SIZES_OF},
    },
)
"""What is measured of each kind of operation."""


def _measures(truth: Truth, suggested: Operation) -> KindMeasures | None:
    """What is measured of two operations; None if they are of different kinds."""
    known, other = MEASURES[type(truth.operation)], type(suggested)
    return known if MEASURES[other] is known and other is type(truth.operation) else None


# --- what is dimensioned of a curve -------------------------------------------------------------


def _round(curve: Arc | Circle) -> tuple[float, float, float] | None:
    """Its centre and radius; None for three points on a line, which have none."""
    try:
        return (*curve.center, curve.radius)
    except GeometryError:
        return None


class Dimensions(NamedTuple):
    """The points of a curve that a designer dimensions, and its centre and radius if it has one."""

    ends: tuple[Vec2, ...]
    round: tuple[float, float, float] | None


DIMENSIONS: Table[Callable[[Any], Dimensions]] = Table(
    "metrics/parameters.py",
    {
        Line: lambda line: Dimensions((line.start, line.end), None),
        Arc: lambda arc: Dimensions((arc.start, arc.end), _round(arc)),
        Circle: lambda circle: Dimensions((), _round(circle)),
        Ellipse: lambda ellipse: Dimensions((ellipse.center, ellipse.start), None),
        EllipseArc: lambda arc: Dimensions((arc.start, arc.end), None),
        BSpline: lambda spline: Dimensions((spline.start, spline.end), None),
    },
)
"""What is dimensioned of each kind of curve, in the x and y of its sketch, in mm."""


def _dimensions(sketch: Sketch) -> list[Dimensions]:
    return [DIMENSIONS[type(curve)](curve) for loop in sketch.loops for curve in loop.curves]


def _corners(sketch: Sketch) -> Array:
    """Return the different ends of the lines and arcs of a sketch, in space, (n, 3)."""
    points = dict.fromkeys(point for curve in _dimensions(sketch) for point in curve.ends)
    return sketch.plane.to_world(np.array(list(points)).reshape(-1, 2))


def _rounds(sketch: Sketch) -> Array:
    """Return centre, in space, and radius of the different arcs and circles, (n, 4)."""
    rows: dict[tuple[float, ...], tuple[float, float, float]] = {}
    for row in (found for curve in _dimensions(sketch) if (found := curve.round)):
        rows.setdefault(tuple(round(value, 4) for value in row), row)
    found = np.array(list(rows.values())).reshape(-1, 3)
    return np.concatenate([sketch.plane.to_world(found[:, :2]), found[:, 2:]], axis=1)


def _found(truth: Array, made: Array) -> int:
    """Return how many points have one within `EXACT` in every coordinate, each used once."""
    left, count = list(range(len(made))), 0
    for row in truth:
        partner = next((i for i in left if np.abs(made[i] - row).max() <= EXACT), None)
        if partner is not None:
            left.remove(partner)
            count += 1
    return count
