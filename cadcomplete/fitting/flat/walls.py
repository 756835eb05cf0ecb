"""What bounds the sections of a part across a direction: lines and circles in the plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.fitting.faces.faces import Cylinder, Flat, vec3
from cadcomplete.history.curves import Curve, Line
from cadcomplete.history.geometry import Array, Plane, Vec3
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence

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

    def __init__(
        self, rows: Array, spans: list[tuple[Vec3, Vec3] | None], normal: Array, near: Array
    ) -> None:
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


def _ends(span: tuple[Vec3, Vec3] | None, normal: Array) -> tuple[float, float]:
    if span is None:
        return (-math.inf, math.inf)
    ends = np.array(span) * normal
    return float(ends.min(axis=0).sum()), float(ends.max(axis=0).sum())


# --- of a history -------------------------------------------------------------------------------


def prefix_faces(given: CadSequence) -> tuple[list[Flat], list[Cylinder]]:
    """Return what the faces of all prisms of a history lie on."""
    flats: list[Flat] = []
    rounds: list[Cylinder] = []
    for operation in given.operations:
        if not isinstance(operation, Extrude):
            continue
        for profile in operation.profiles:
            sketch = given.operations[profile.sketch]
            if not isinstance(sketch, Sketch):
                continue
            plane, ends = sketch.plane, sorted(operation.extent.span)
            for height in ends:
                outline = plane.to_world(sketch.loops[profile.outer].points())
                outline = outline + height * np.array(plane.normal)
                flats.append(Flat(plane.normal, plane.offset + height, 0, _box(outline)))
            for loop in profile.loops:
                for curve in sketch.loops[loop].curves:
                    _add_face(curve, plane, ends, flats, rounds)
    return flats, rounds


def known_faces(given: CadSequence) -> tuple[list[Flat], list[Cylinder]]:
    """Return these, and of sketches that no prism was made of what such faces may lie on."""
    flats, rounds = prefix_faces(given)
    extrudes = [op for op in given.operations if isinstance(op, Extrude)]
    used = {profile.sketch for extrude in extrudes for profile in extrude.profiles}
    for number, sketch in enumerate(given.operations):
        if isinstance(sketch, Sketch) and number not in used:
            for loop in sketch.loops:
                outline = sketch.plane.to_world(loop.points())
                flats.append(Flat(sketch.plane.normal, sketch.plane.offset, 0, _box(outline)))
                for curve in loop.curves:
                    _add_face(curve, sketch.plane, None, flats, rounds)
    return flats, rounds


def _add_face(
    curve: Curve,
    plane: Plane,
    ends: list[float] | None,
    flats: list[Flat],
    rounds: list[Cylinder],
) -> None:
    normal = np.array(plane.normal)
    outline = plane.to_world(curve.points())
    span = None
    if ends is not None:
        span = _box(np.concatenate([outline + height * normal for height in ends]))
    if isinstance(curve, Line):
        if curve.length > 0:
            along = (outline[1] - outline[0]) / curve.length
            across = np.cross(along, normal)
            flats.append(Flat(vec3(across), float(across @ outline[0]), 0, span))
        return
    try:
        center, radius = curve.center, curve.radius
    except GeometryError:
        return
    place = vec3(plane.to_world(np.array([center]))[0])
    rounds.append(Cylinder(plane.normal, place, radius, True, 0, span))


def _box(points: Array) -> tuple[Vec3, Vec3]:
    return vec3(points.min(axis=0)), vec3(points.max(axis=0))
