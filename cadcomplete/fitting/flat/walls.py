"""What bounds the sections of a part across a direction: lines and circles in the plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.fitting.faces.faces import Cylinder, Flat, vec3
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import BENT, Arc, Circle, Curve, Line
from cadcomplete.history.drilled import drilled, drilling_depth
from cadcomplete.history.extrude import tapered
from cadcomplete.history.geometry import Array, Plane, Vec3
from cadcomplete.history.holes import Hole
from cadcomplete.history.motions import Motion
from cadcomplete.history.operations import Extrude, Operation, Profile, Sketch
from cadcomplete.history.patterns import PATTERNS, Repeat
from cadcomplete.history.reach import numbered
from cadcomplete.history.revolve import Revolve, Turned, turned
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.history.turn_axis import NEAR

Face = Flat | Cylinder
Span = tuple[Vec3, Vec3] | None
"""The box around a face; None if it has no end."""

_ACROSS = 1e-3
_ALONG = 1 - 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class WallLines:
    """Lines and circles in the x and y of a frame, numbered lines first.

    Attributes:
        lines: x · a + y · b = c, as (a, b, c), shape (l, 3); a, b unit.
        circles: x, y, radius, shape (k, 3).
    """

    lines: Array
    circles: Array

    @property
    def count(self) -> int:
        return len(self.lines) + len(self.circles)

    def sides(self, points: Array) -> np.ndarray:
        """Say on which side of each wall points (n, 2) lie, shape (n, walls)."""
        left = points @ self.lines[:, :2].T > self.lines[:, 2]
        to = points[:, None] - self.circles[None, :, :2]
        return np.concatenate([left, (to**2).sum(axis=2) < self.circles[:, 2] ** 2], axis=1)


class Bounds:
    """All that bounds sections across one direction, each wall once, to choose from by height."""

    def __init__(
        self, flats: list[Flat], rounds: list[Cylinder], frame: Array, near: float
    ) -> None:
        """`frame`: axes x, y and the direction, shape (3, 3).

        What is within `near` of an earlier wall is the same one.
        """
        normals = np.array([flat.normal for flat in flats]).reshape(-1, 3) @ frame.T
        upright = np.abs(normals[:, 2]) < _ACROSS
        chosen = [flat for flat, is_wall in zip(flats, upright, strict=True) if is_wall]
        lines = _lines(normals[upright], np.array([flat.offset for flat in chosen]))
        turned = np.array([1e-4, 1e-4, near])
        self._lines = _Once(lines, [flat.span for flat in chosen], frame[2], turned)
        along = [c for c in rounds if abs(float(frame[2] @ np.asarray(c.axis))) > _ALONG]
        centers = np.array([c.center for c in along]).reshape(-1, 3) @ frame[:2].T
        circles = np.column_stack([centers, np.array([c.radius for c in along])])
        self._circles = _Once(circles, [c.span for c in along], frame[2], np.full(3, near))

    def between(self, low: float, high: float) -> WallLines:
        """Return the walls of faces that reach into the layer between two heights."""
        return WallLines(self._lines.between(low, high), self._circles.between(low, high))


def _lines(normals: Array, offsets: Array) -> Array:
    """Lines (a, b, c) in the plane, of two opposite ones the same."""
    length = np.hypot(normals[:, 0], normals[:, 1])
    found = np.column_stack([normals[:, :2], offsets]) / length[:, None]
    whole = np.abs(found[:, :2] - np.round(found[:, :2])) < 1e-9
    found[:, :2] = np.where(whole, np.round(found[:, :2]), found[:, :2])
    back = (found[:, 0] < -1e-9) | ((np.abs(found[:, 0]) <= 1e-9) & (found[:, 1] < 0))
    return np.where(back[:, None], -found, found) + 0.0


class _Once:
    """Rows that describe walls, those that are the same only once, and where faces have them."""

    def __init__(self, rows: Array, spans: list[Span], normal: Array, near: Array) -> None:
        same = (np.abs(rows[:, None] - rows[None]) < near).all(axis=2)
        first = same.argmax(axis=1) if len(rows) else np.zeros(0, dtype=np.int64)
        self._names, self._label = np.unique(first, return_inverse=True)
        self._rows = rows
        ends = np.array([_ends(span, normal) for span in spans]).reshape(-1, 2)
        self._low, self._high = ends.T

    def between(self, low: float, high: float) -> Array:
        """Return the rows, (k, columns), of what reaches between two heights, in mm."""
        reaches = (self._low < high) & (self._high > low)
        return self._rows[self._names[np.unique(self._label[reaches])]]


def _ends(span: Span, normal: Array) -> tuple[float, float]:
    if span is None:
        return (-math.inf, math.inf)
    ends = np.array(span) * normal
    return float(ends.min(axis=0).sum()), float(ends.max(axis=0).sum())


# --- of a history -------------------------------------------------------------------------------


def prefix_faces(given: CadSequence) -> tuple[list[Flat], list[Cylinder]]:
    """Return what the faces of all that a history has built lie on.

    Raises UnsupportedError, naming it, for an operation or a curve that is not known here.
    """
    operations = numbered(given).operations
    return _sorted(
        face for operation in operations for face in FACES[type(operation)](operation, operations)
    )


def known_faces(given: CadSequence) -> tuple[list[Flat], list[Cylinder]]:
    """Return these, and of sketches that nothing was made of what such faces may lie on."""
    flats, rounds = prefix_faces(given)
    used = {number for operation in given.operations for number in operation.refers()}
    more = _sorted(
        face
        for number, sketch in enumerate(given.operations)
        if isinstance(sketch, Sketch) and number not in used
        for face in _drawn_faces(sketch)
    )
    return [*flats, *more[0]], [*rounds, *more[1]]


def _sorted(faces: Iterable[Face]) -> tuple[list[Flat], list[Cylinder]]:
    found = list(faces)
    return (
        [face for face in found if isinstance(face, Flat)],
        [face for face in found if isinstance(face, Cylinder)],
    )


def _prism_faces(extrude: Extrude, operations: tuple[Operation, ...]) -> Iterator[Face]:
    """The ends and the walls of all prisms of an extrude."""
    for profile in extrude.profiles:
        sketch = operations[profile.sketch]
        if not isinstance(sketch, Sketch):
            continue
        if not extrude.extent.straight:
            yield from _leaning_faces(profile, extrude, operations)
            continue
        plane, ends = sketch.plane, sorted(extrude.extent.span)
        for height in ends:
            outline = plane.to_world(sketch.loops[profile.outer].points())
            outline = outline + height * np.array(plane.normal)
            yield Flat(plane.normal, plane.offset + height, 0, _box(outline))
        for loop in profile.loops:
            for curve in sketch.loops[loop].curves:
                yield from _wall(curve, plane, ends)


def _leaning_faces(
    profile: Profile, extrude: Extrude, operations: tuple[Operation, ...]
) -> Iterator[Flat]:
    """The ends and the flat walls of a tapered extrude; cones are nothing to say here."""
    for frustum in tapered(profile, extrude, operations):
        plane, end = frustum.plane, frustum.plane.raised(frustum.height)
        for at, loop in ((plane, frustum.loops[0]), (end, frustum.top[0])):
            yield Flat(at.normal, at.offset, 0, _box(at.to_world(loop.points())))
        for low, high in zip(frustum.loops, frustum.top, strict=True):
            for one, other in zip(low.curves, high.curves, strict=True):
                if type(one) is Line:
                    corners = np.concatenate(
                        [plane.to_world(one.points()), end.to_world(other.points())]
                    )
                    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
                    normal /= np.linalg.norm(normal)
                    yield Flat(vec3(normal), float(normal @ corners[0]), 0, _box(corners))


def _turned_faces(revolve: Revolve, operations: tuple[Operation, ...]) -> Iterator[Face]:
    """The ends of a revolve, and what its lines along and across the axis turn to."""
    for profile in revolve.profiles:
        try:
            at = turned(revolve, profile, operations)
        except GeometryError:
            continue
        if not revolve.full:
            yield from _turned_ends(at, revolve.span)
        axis, place = np.array(at.plane.x_axis), np.array(at.plane.origin)
        for curve in (curve for loop in at.loops for curve in loop.curves):
            (x, y), (u, v) = curve.start, curve.end
            box = _turned_box(at, curve)
            if type(curve) is Line and abs(v - y) <= NEAR < max(y, v):
                yield Cylinder(at.plane.x_axis, at.plane.origin, y, True, 0, box)
            elif type(curve) is Line and abs(u - x) <= NEAR:
                yield Flat(at.plane.x_axis, float(axis @ place) + x, 0, box)


def _turned_ends(at: Turned, span: tuple[float, float]) -> Iterator[Flat]:
    up, over = np.array(at.plane.y_axis), np.array(at.plane.normal)
    for angle in map(math.radians, span):
        away = math.cos(angle) * up + math.sin(angle) * over
        across = math.cos(angle) * over - math.sin(angle) * up
        outline = at.loops[0].points()
        points = outline[:, :1] * np.array(at.plane.x_axis) + outline[:, 1:] * away
        box = _box(points + np.array(at.plane.origin))
        yield Flat(vec3(across), float(across @ np.array(at.plane.origin)), 0, box)


def _turned_box(at: Turned, curve: Curve) -> tuple[Vec3, Vec3]:
    """The box around a curve that is turned all around."""
    points, axis = curve.points(), np.array(at.plane.x_axis)
    most = float(points[:, 1].max()) * np.sqrt(np.maximum(1 - axis**2, 0))
    along = np.array(at.plane.origin) + points[:, :1] * axis
    return vec3(along.min(axis=0) - most), vec3(along.max(axis=0) + most)


def _drilled_faces(hole: Hole, operations: tuple[Operation, ...]) -> Iterator[Face]:
    """Its walls, and the floors that it has: one that goes through has none at its end."""
    if next(hole.mistakes(), None) is not None:
        return
    index = next(i for i, operation in enumerate(operations) if operation is hole)
    before, plane = operations[:index], hole.plane
    ends = {plane.offset}
    if hole.depth is None:
        ends.add(plane.offset - drilling_depth(hole, before))
    for sketch, cut in drilled(hole, before):
        for face in FACES[type(cut)](cut, (sketch,)):
            flat = isinstance(face, Flat)
            along = plane.offset + 0.0
            if flat:
                along = face.offset * math.copysign(1.0, float(np.dot(face.normal, plane.normal)))
            if not flat or min(abs(along - end) for end in ends) > NEAR:
                yield face


def _drawn_faces(sketch: Sketch) -> Iterator[Face]:
    """The plane of each loop of a sketch, and the walls over it, however high."""
    for loop in sketch.loops:
        outline = sketch.plane.to_world(loop.points())
        yield Flat(sketch.plane.normal, sketch.plane.offset, 0, _box(outline))
        for curve in loop.curves:
            yield from _wall(curve, sketch.plane, None)


def _copied_faces(pattern: Repeat, operations: tuple[Operation, ...]) -> Iterator[Face]:
    """The faces of all that a mirror or pattern does again, at the other places."""
    index = next(i for i, operation in enumerate(operations) if operation is pattern)
    originals = range(index) if pattern.of is None else pattern.originals
    motions = pattern.motions()
    for original in originals:
        operation = operations[original]
        for face in FACES[type(operation)](operation, operations):
            yield from (_moved(face, motion) for motion in motions)


def _moved(face: Face, motion: Motion) -> Face:
    span = None
    if face.span is not None:
        corners = np.array(list(product(*zip(*face.span, strict=True))))
        span = _box(motion.apply(corners))
    if isinstance(face, Cylinder):
        axis, (center,) = motion.turn @ face.axis, motion.apply(np.array([face.center]))
        return replace(face, axis=vec3(axis), center=vec3(center), span=span)
    normal = motion.turn @ face.normal
    offset = face.offset + float(normal @ motion.shift)
    return replace(face, normal=vec3(normal), offset=offset, span=span)


FACES: Table[Callable[[Any, tuple[Operation, ...]], Iterable[Face]]] = Table(
    "fitting/flat/walls.py",
    {
        Sketch: lambda sketch, operations: (),
        Extrude: _prism_faces,
        Revolve: _turned_faces,
        Hole: _drilled_faces,
        **dict.fromkeys(PATTERNS, _copied_faces),
        **dict.fromkeys((Fillet, Chamfer), lambda blend, operations: ()),
    },
)
"""What the faces that an operation makes lie on, from it and all operations: planes and cylinders.

Of what is neither there is nothing to say; nor of what fillets and chamfers make, which the kernel
alone knows.
"""


def _wall(curve: Curve, plane: Plane, ends: list[float] | None) -> Iterator[Face]:
    """What stands over a curve, between two heights over its plane or without end."""
    outline, span = plane.to_world(curve.points()), None
    if ends is not None:
        normal = np.array(plane.normal)
        span = _box(np.concatenate([outline + height * normal for height in ends]))
    wall = WALLS[type(curve)](curve, plane, span)
    if wall is not None:
        yield wall


def _flat_wall(line: Line, plane: Plane, span: Span) -> Flat | None:
    if line.length <= 0:
        return None
    start, end = plane.to_world(line.points())
    across = np.cross((end - start) / line.length, np.array(plane.normal))
    return Flat(vec3(across), float(across @ start), 0, span)


def _round_wall(curve: Arc | Circle, plane: Plane, span: Span) -> Cylinder | None:
    try:
        center, radius = curve.center, curve.radius
    except GeometryError:
        return None
    place = vec3(plane.to_world(np.array([center]))[0])
    return Cylinder(plane.normal, place, radius, True, 0, span)


def _no_wall(curve: Curve, plane: Plane, span: Span) -> None:
    """It is neither a plane nor a cylinder."""


WALLS: Table[Callable[[Any, Plane, Span], Face | None]] = Table(
    "fitting/flat/walls.py",
    {Line: _flat_wall, Arc: _round_wall, Circle: _round_wall, **dict.fromkeys(BENT, _no_wall)},
)
"""What the wall over a curve lies on, from it, its plane and the box around the wall; None if that
is neither a plane nor a cylinder."""


def _box(points: Array) -> tuple[Vec3, Vec3]:
    return vec3(points.min(axis=0)), vec3(points.max(axis=0))
