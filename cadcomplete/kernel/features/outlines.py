"""What a closed curve of lines and arcs is called, and how large it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from cadcomplete.history.geometry import Vec2, Vec3, cross, dot
from cadcomplete.kernel.features.anatomy import Outline, Shape

NEAR = 1e-3
"""Lengths in mm that differ by less are equal; so are those that differ by a part in 100,000."""

STRAIGHT = 0.01
"""Sine of the angle (0.6°) below which two directions are one."""


def near(a: float, b: float) -> bool:
    return abs(a - b) <= max(NEAR, 1e-5 * max(abs(a), abs(b)))


ROUND = 0.05
"""The same for arcs (3°): people draw them by hand, and rounded is rounded."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A line, or an arc about `center` by the angle `sweep`, positive counter-clockwise."""

    start: Vec2
    end: Vec2
    center: Vec2 | None = None
    sweep: float = 0.0

    @property
    def radius(self) -> float:
        return math.dist(self.start, self.center) if self.center else 0.0

    @property
    def length(self) -> float:
        return abs(self.sweep) * self.radius if self.center else math.dist(self.start, self.end)

    def reversed(self) -> Segment:
        return Segment(self.end, self.start, self.center, -self.sweep)

    def tangent(self, at: Vec2) -> Vec2:
        """Return the unit direction in which it is run at one of its ends."""
        if self.center is None:
            size = math.dist(self.start, self.end)
            x, y = self.end[0] - self.start[0], self.end[1] - self.start[1]
        else:
            size = math.copysign(self.radius, self.sweep)
            x, y = self.center[1] - at[1], at[0] - self.center[0]
        return (x / size, y / size)

    def extent(self, along: Vec2) -> tuple[float, float]:
        """Return the least and the greatest coordinate along a unit vector."""
        ends = [_dot(self.start, along), _dot(self.end, along)]
        if self.center is not None:
            first = math.atan2(self.start[1] - self.center[1], self.start[0] - self.center[0])
            for sign in (1.0, -1.0):
                angle = math.atan2(sign * along[1], sign * along[0])
                turn = (angle - first) * math.copysign(1.0, self.sweep) % math.tau
                if turn <= abs(self.sweep):
                    ends.append(_dot(self.center, along) + sign * self.radius)
        return (min(ends), max(ends))


def chain(segments: list[Segment]) -> list[Segment]:
    """Return the segments in the order in which they follow each other."""
    rest, ordered = segments[1:], segments[:1]
    while rest:
        end, following = ordered[-1].end, 0
        if math.dist(rest[0].start, end) > NEAR:
            following = len(rest) - 1  # most come in order, or the other way round
        if math.dist(rest[following].start, end) > NEAR:
            following = min(range(len(rest)), key=lambda i: math.dist(rest[i].start, end))
        ordered.append(rest.pop(following))
    return ordered


def signed_area(segments: list[Segment]) -> float:
    """Return the enclosed area, positive counter-clockwise."""
    area = 0.0
    for s in segments:
        area += (s.start[0] * s.end[1] - s.end[0] * s.start[1]) / 2
        if s.center is not None:
            area += s.radius**2 * (s.sweep - math.sin(s.sweep)) / 2
    return area


def outline(segments: list[Segment], origin: Vec3, x_axis: Vec3, normal: Vec3) -> Outline:
    """Name and measure a counter-clockwise outline, drawn in the plane that is given."""
    merged = _merged(chain(segments))
    shape, sides, thickness, radii = _name(merged)
    length, width, middle, along = _extent(merged)
    area = signed_area(segments)
    if shape in LEGS and area > 0.7 * length * width:
        shape, thickness = Shape.STEPPED, 0.0  # a rectangle with a notch, to the eye
    if shape in (Shape.OTHER, Shape.STEPPED) and (strip := _strip(merged, area)):
        shape, thickness, radii = Shape.STRIP, strip, []
    if shape is Shape.REGULAR:
        length = width = _across(merged)
    y_axis = cross(normal, x_axis)
    center = _in_space(middle, origin, x_axis, y_axis)
    axis = _in_space(along, (0.0, 0.0, 0.0), x_axis, y_axis)
    radius = radii[0] if radii and all(near(r, radii[0]) for r in radii) else 0.0
    return Outline(
        shape, length, width, center, normal, axis, area, sides, thickness, len(radii), radius
    )


def circle(diameter: float, center: Vec3, normal: Vec3) -> Outline:
    """Return the outline that is a circle."""
    area = math.pi / 4 * diameter**2
    x_axis = perpendicular(normal)
    return Outline(Shape.CIRCLE, diameter, diameter, center, normal, x_axis, area)


def perpendicular(normal: Vec3) -> Vec3:
    """Return a unit vector at right angles to another, along an axis of the world if one is."""
    smallest = min(range(3), key=lambda i: round(abs(normal[i]), 6))
    axis = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))[smallest]
    along = dot(axis, normal)
    x, y, z = (a - along * n for a, n in zip(axis, normal, strict=True))
    size = math.hypot(x, y, z)
    return (x / size, y / size, z / size)


def _in_space(at: Vec2, origin: Vec3, x_axis: Vec3, y_axis: Vec3) -> Vec3:
    x, y, z = (o + at[0] * a + at[1] * b for o, a, b in zip(origin, x_axis, y_axis, strict=True))
    return (x, y, z)


def _merged(segments: list[Segment]) -> list[Segment]:
    """Join neighbours that lie on one line or one circle."""
    merged: list[Segment] = []
    for segment in segments:
        if segment.length <= NEAR / 10:
            continue
        joined = _join(merged[-1], segment) if merged else None
        if joined is None:
            merged.append(segment)
        else:
            merged[-1] = joined
    while len(merged) > 1:
        joined = _join(merged[-1], merged[0])
        if joined is None:
            break
        merged = [joined, *merged[1:-1]]
    return merged


def _join(a: Segment, b: Segment) -> Segment | None:
    if a.center is None and b.center is None:
        straight = abs(_cross(a.tangent(a.end), b.tangent(b.start))) < STRAIGHT / 10
        forward = _dot(a.tangent(a.end), b.tangent(b.start)) > 0
        return replace(a, end=b.end) if straight and forward else None
    if a.center is None or b.center is None or a.sweep * b.sweep < 0:
        return None
    same = math.dist(a.center, b.center) <= NEAR and near(a.radius, b.radius)
    return replace(a, end=b.end, sweep=a.sweep + b.sweep) if same else None


def _name(segments: list[Segment]) -> tuple[Shape, int, float, list[float]]:
    """Return shape, number of sides, thickness of the legs, and radii of the round corners."""
    lines = sum(s.center is None for s in segments)
    halves = [s for s in segments if s.center and abs(s.sweep - math.pi) < ROUND]
    if len(segments) == 1 and segments[0].center:
        return Shape.CIRCLE, 0, 0.0, []
    kind = (len(segments), lines, len(halves))
    if kind == (2, 1, 1):
        return Shape.HALF_CIRCLE, 1, 0.0, []
    if kind == (4, 2, 2) and all(_smooth_at(segments, half) for half in halves):
        return Shape.STADIUM, 2, 0.0, []
    if kind == (4, 3, 1) and _smooth_at(segments, halves[0]):
        return Shape.TONGUE, 3, 0.0, []
    corners, radii = _sharpened(segments)
    if len(corners) < 3:
        return Shape.OTHER, lines, 0.0, []
    shape, thickness = _polygon(corners)
    return shape, len(corners), thickness, radii


def _strip(segments: list[Segment], area: float) -> float:
    """Return the thickness of a strip with square ends, or 0 for anything else.

    Whatever its bends, its area is that of a straight one with the mean length of its sides.
    """
    around = sum(s.length for s in segments)
    shortest = sorted(s.length for s in segments if s.center is None)[:2]
    if len(shortest) < 2 or not near(*shortest):
        return 0.0
    thickness = shortest[0]
    mean = (around - 2 * thickness) / 2
    exact = abs(thickness * mean - area) < 1e-4 * area
    return thickness if exact and mean > 8 * thickness else 0.0


def _smooth_at(segments: list[Segment], segment: Segment) -> bool:
    """Say whether a segment continues both of its neighbours without a corner."""
    index = segments.index(segment)
    before, after = segments[index - 1], segments[(index + 1) % len(segments)]
    return _follows(before, segment) and _follows(segment, after)


def _follows(a: Segment, b: Segment) -> bool:
    ahead, on = a.tangent(a.end), b.tangent(b.start)
    return abs(_cross(ahead, on)) < ROUND and _dot(ahead, on) > 0


def _sharpened(segments: list[Segment]) -> tuple[list[Vec2], list[float]]:
    """Return the corners of a polygon with round corners taken as sharp, and their radii.

    Returns no corners for what is not a polygon.
    """
    corners: list[Vec2] = []
    radii: list[float] = []
    for index, segment in enumerate(segments):
        before, after = segments[index - 1], segments[(index + 1) % len(segments)]
        if segment.center is None:
            if after.center is None:
                corners.append(segment.end)
            continue
        if before.center is not None or after.center is not None:
            return [], []
        if abs(segment.sweep) > math.pi - 0.1 or not _smooth_at(segments, segment):
            return [], []
        reach = segment.radius * math.tan(abs(segment.sweep) / 2)
        ahead = before.tangent(before.end)
        corners.append((before.end[0] + reach * ahead[0], before.end[1] + reach * ahead[1]))
        radii.append(segment.radius)
    return corners, radii


NAMES = {
    "CCCCCR": Shape.L,
    "CCCCCCRR": Shape.U,
    "CCCCRCCR": Shape.T,
    "CCCRCCCR": Shape.Z,
    "CCRCCRCCRCCR": Shape.CROSS,
    "CCCCRRCCCCRR": Shape.I,
}
"""Polygons of right angles by their corners in turn, convex or reflex."""

LEGS: dict[Shape, Callable[[list[float]], tuple[float, ...]]] = {
    Shape.L: lambda s: (s[0], s[3]),
    Shape.U: lambda s: (s[0], s[4], s[1] - s[7], s[3] - s[5]),
    Shape.T: lambda s: (s[0], s[2], s[5]),
    Shape.Z: lambda s: (s[0], s[4], s[1] - s[7]),
    Shape.CROSS: lambda s: (s[0], s[3], s[6], s[9]),
    Shape.I: lambda s: (s[0], s[2], s[6], s[8], s[1] - s[3] - s[11]),
}
"""How thick each leg is; side i leads from corner i of the name above to the next."""


def _polygon(corners: list[Vec2]) -> tuple[Shape, float]:
    """Return what a polygon is called, and how thick its legs are if that is one number."""
    count = len(corners)
    sides = [_minus(corners[(i + 1) % count], corners[i]) for i in range(count)]
    lengths = [math.hypot(*side) for side in sides]
    if min(lengths) <= NEAR:
        return Shape.OTHER, 0.0
    sines = [_cross(sides[i - 1], sides[i]) / lengths[i - 1] / lengths[i] for i in range(count)]
    cosines = [_dot(sides[i - 1], sides[i]) / lengths[i - 1] / lengths[i] for i in range(count)]
    if all(abs(c) < STRAIGHT / 10 for c in cosines):
        return _right_angled(corners, lengths, sines)
    if min(sines) <= 0:
        return Shape.OTHER, 0.0
    turn = math.cos(math.tau / count)
    equal = all(near(length, lengths[0]) for length in lengths)
    if equal and all(abs(c - turn) < 1e-3 for c in cosines):
        return Shape.REGULAR, 0.0
    return Shape.CONVEX, 0.0


def _right_angled(
    corners: list[Vec2], lengths: list[float], sines: list[float]
) -> tuple[Shape, float]:
    if len(corners) == 4:
        return Shape.RECTANGLE, 0.0
    turns = "".join("C" if sine > 0 else "R" for sine in sines)
    for shift in range(len(turns)):
        shape = NAMES.get(turns[shift:] + turns[:shift])
        if shape is not None:
            legs = LEGS[shape](lengths[shift:] + lengths[:shift])
            return shape, legs[0] if all(near(leg, legs[0]) for leg in legs) else 0.0
    return Shape.STEPPED, 0.0


def _extent(segments: list[Segment]) -> tuple[float, float, Vec2, Vec2]:
    """Return length, width, middle and direction of the length.

    The direction is that of the most of the lines; where there is none, that of the axes.
    """
    best: tuple[float, float, Vec2, Vec2] | None = None
    for along in _directions(segments):
        across = (-along[1], along[0])
        left, right = _range(segments, along)
        low, high = _range(segments, across)
        x, y = (left + right) / 2, (low + high) / 2
        middle = (x * along[0] + y * across[0], x * along[1] + y * across[1])
        length, width = right - left, high - low
        if best is None or length * width < 0.999 * best[0] * best[1]:
            best = (length, width, middle, along)
            if width > length:
                best = (width, length, middle, across)
    assert best is not None
    return best


def _range(segments: list[Segment], along: Vec2) -> tuple[float, float]:
    extents = [segment.extent(along) for segment in segments]
    return (min(e[0] for e in extents), max(e[1] for e in extents))


def _directions(segments: list[Segment]) -> list[Vec2]:
    """Return the directions of the most of the lines, turned by right angles to be compared."""
    totals: dict[int, list[float]] = {}
    quarter = 900  # tenths of a degree
    for segment in segments:
        if segment.center is not None:
            continue
        x, y = segment.tangent(segment.start)
        key = round(math.degrees(math.atan2(y, x)) * 10) % quarter
        total = totals.setdefault(key, [0.0, x, y])
        total[0] += segment.length
    most = max((total[0] for total in totals.values()), default=0.0)
    found = [(x, y) for length, x, y in totals.values() if length > 0.99 * most]
    return found[:8] or [(1.0, 0.0)]


def _across(segments: list[Segment]) -> float:
    """Return twice the radius of the circle inside of a regular polygon."""
    corners, _ = _sharpened(segments)
    side = math.dist(corners[0], corners[1])
    return side / math.tan(math.pi / len(corners))


def _minus(a: Vec2, b: Vec2) -> Vec2:
    return (a[0] - b[0], a[1] - b[1])


def _dot(a: Vec2, b: Vec2) -> float:
    return a[0] * b[0] + a[1] * b[1]


def _cross(a: Vec2, b: Vec2) -> float:
    return a[0] * b[1] - a[1] * b[0]
