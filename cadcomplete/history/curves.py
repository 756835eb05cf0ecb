"""The curves of a sketch, in its own x and y, in millimetres.

A curve answers itself what is asked of every curve: whether it is `closed` by itself, what its
`problem` is, how it looks `mapped`, `scaled`, `reversed`, and its `points`. To add one: write a
frozen class like `Arc`, declare the fields with which each text format writes it, and enter it in
`CURVES`. Text, grammar and JSON follow from the fields; what rooms know of it stands in their
tables (CONTRIBUTING.md), and each raises naming a curve that it lacks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.ellipses import Ellipse, EllipseArc
from cadcomplete.history.fields import LIMIT, SMALL, Field, Format, alike, number, times
from cadcomplete.history.geometry import Array, Vec2, distance
from cadcomplete.history.kinds import POINT, POSITIVE, SWEEP
from cadcomplete.history.splines import BSpline

Fields = dict[Format, tuple[Field, ...]]


Move = Callable[[Vec2], Vec2]
Resize = Callable[[float], float]


def _all(*fields: Field) -> Fields:
    return {"lines": fields, "json": fields, "numbers": fields}


def _scaled(point: Vec2, factor: float) -> Vec2:
    return (times(point[0], factor), times(point[1], factor))


def _far(*values: float) -> str:
    if all(abs(value) <= LIMIT for value in values):
        return ""
    return f"a curve lies more than {LIMIT:.0f} mm from the origin, or nowhere"


def _short(what: str, start: Vec2, end: Vec2) -> str:
    """Say that the ends of a curve will be one in the text, if they will."""
    gap = distance(start, end)
    if gap >= SMALL or not alike(*zip(start, end, strict=True)):
        return ""
    return f"{what} whose ends are only {gap:.3g} mm apart: less than can be told at its place"


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line from `start` to `end`."""

    start: Vec2
    end: Vec2

    closed: ClassVar[bool] = False
    FIELDS: ClassVar[Fields] = _all(Field("end", POINT))

    @classmethod
    def from_fields(cls, start: Vec2, *, end: Vec2) -> Line:
        return cls(start, end)

    @property
    def length(self) -> float:
        return distance(self.start, self.end)

    @property
    def area(self) -> float:
        """Signed area between the curve and the origin (Green's theorem)."""
        return (self.start[0] * self.end[1] - self.end[0] * self.start[1]) / 2

    @property
    def problem(self) -> str:
        """What is wrong with it, or ""."""
        if far := _far(*self.start, *self.end):
            return far
        if self.length <= 0:
            return "a line without length"
        return _short("a line", self.start, self.end)

    def mapped(self, move: Move, resize: Resize = float) -> Line:
        """Return it with every point moved, and the sizes that it has changed as well."""
        return Line(move(self.start), move(self.end))

    def scaled(self, factor: float) -> Line:
        """Return it `factor` times as large, in numbers to a nanometre."""
        return Line(_scaled(self.start, factor), _scaled(self.end, factor))

    def reversed(self) -> Line:
        return Line(self.end, self.start)

    def moved(self, start: Vec2, end: Vec2) -> Line:
        """Return the same curve with its ends put onto nearby points."""
        return Line(start, end)

    def points(self) -> Array:
        """Points along the curve, ends included, shape (n, 2)."""
        return np.array([self.start, self.end])


@dataclass(frozen=True, slots=True)
class Arc:
    """A circular arc from `start` through `mid` to `end`: no clock flag to get wrong."""

    start: Vec2
    mid: Vec2
    end: Vec2

    closed: ClassVar[bool] = False
    # The sweep is mostly 90 or 180; the point in the middle of a fillet is never a round number.
    FIELDS: ClassVar[Fields] = {
        "lines": (Field("end", POINT), Field("sweep", SWEEP)),
        "numbers": (Field("end", POINT), Field("sweep", SWEEP)),
        "json": (Field("mid", POINT), Field("end", POINT)),
    }

    @classmethod
    def from_fields(
        cls, start: Vec2, *, end: Vec2, sweep: float | None = None, mid: Vec2 | None = None
    ) -> Arc:
        if mid is not None:
            return cls(start, mid, end)
        if sweep is None:
            raise GeometryError("an arc needs a sweep or a point in between")
        return cls.from_sweep(start, end, sweep)

    @classmethod
    def from_sweep(cls, start: Vec2, end: Vec2, sweep: float) -> Arc:
        """Return the arc over `sweep` degrees, positive counter-clockwise.

        The middle lies off the chord by tan(sweep / 4) / 2 chords: to its right when the arc
        runs counter-clockwise (the bulge of DXF, doubled).
        """
        bulge = math.tan(math.radians(sweep) / 4) / 2
        dx, dy = end[0] - start[0], end[1] - start[1]
        mid = ((start[0] + end[0]) / 2 + dy * bulge, (start[1] + end[1]) / 2 - dx * bulge)
        return cls(start, mid, end)

    @property
    def sweep(self) -> float:
        """Signed angle at the centre in degrees, positive counter-clockwise.

        By the inscribed angle: the ends are seen from `mid` under 180° - |sweep| / 2.
        """
        ax, ay = self.mid[0] - self.start[0], self.mid[1] - self.start[1]
        bx, by = self.end[0] - self.mid[0], self.end[1] - self.mid[1]
        return math.degrees(2 * math.atan2(ax * by - ay * bx, ax * bx + ay * by))

    @property
    def center(self) -> Vec2:
        """Centre of the circle. Raises GeometryError if the three points lie on a line."""
        ax, ay = self.start[0] - self.mid[0], self.start[1] - self.mid[1]
        bx, by = self.end[0] - self.mid[0], self.end[1] - self.mid[1]
        twice_area = 2 * (ax * by - ay * bx)
        if abs(twice_area) <= 1e-12 * (ax * ax + ay * ay + bx * bx + by * by):
            raise GeometryError(f"no arc through {self.start}, {self.mid}, {self.end}")
        a, b = ax * ax + ay * ay, bx * bx + by * by
        x, y = (by * a - ay * b) / twice_area, (ax * b - bx * a) / twice_area
        return (self.mid[0] + x, self.mid[1] + y)

    @property
    def radius(self) -> float:
        return distance(self.center, self.mid)

    @property
    def length(self) -> float:
        return self.radius * math.radians(abs(self.sweep))

    @property
    def area(self) -> float:
        """Signed area between the curve and the origin: the chord's plus the segment's.

        An arc that does not exist counts as its chord.
        """
        chord = Line(self.start, self.end).area
        try:
            radius = self.radius
        except GeometryError:
            return chord
        sweep = math.radians(self.sweep)
        return chord + radius**2 * (sweep - math.sin(sweep)) / 2

    @property
    def problem(self) -> str:
        """What is wrong with it, or ""."""
        if far := _far(*self.start, *self.end):
            return far
        try:
            if self.length <= 0:
                return "an arc without length"
        except GeometryError:
            return "an arc whose three points lie on a line"
        return _short("an arc", self.start, self.end)

    def mapped(self, move: Move, resize: Resize = float) -> Arc:
        """Return the arc through the moved points: for what turns, mirrors, shifts or scales."""
        return Arc(move(self.start), move(self.mid), move(self.end))

    def scaled(self, factor: float) -> Arc:
        """Return it `factor` times as large; it keeps its sweep, its middle follows from that."""
        return Arc.from_sweep(_scaled(self.start, factor), _scaled(self.end, factor), self.sweep)

    def reversed(self) -> Arc:
        return Arc(self.end, self.mid, self.start)

    def moved(self, start: Vec2, end: Vec2) -> Arc:
        return Arc(start, self.mid, end)

    def points(self) -> Array:
        """Points along the arc, one at least every 10 degrees, ends exact, shape (n, 2).

        Its outermost points are among them, so that a box around them holds the arc. An arc
        that does not exist is drawn straight.
        """
        try:
            cx, cy = self.center
        except GeometryError:
            return np.array([self.start, self.mid, self.end])
        sweep, radius = self.sweep, self.radius
        first = math.degrees(math.atan2(self.start[1] - cy, self.start[0] - cx))
        low, high = sorted((first, first + sweep))
        tens = np.arange(math.floor(low / 10 + 1e-9) + 1, math.ceil(high / 10 - 1e-9)) * 10.0
        inner = tens if sweep > 0 else tens[::-1]
        angles = np.radians(np.concatenate([[first], inner, [first + sweep]]))
        points = np.stack([cx + radius * np.cos(angles), cy + radius * np.sin(angles)], 1)
        points[0], points[-1] = self.start, self.end
        return points


@dataclass(frozen=True, slots=True)
class Circle:
    """A full circle: a closed loop by itself."""

    center: Vec2
    radius: float

    closed: ClassVar[bool] = True
    FIELDS: ClassVar[Fields] = _all(Field("center", POINT), Field("radius", POSITIVE))

    @classmethod
    def from_fields(cls, start: Vec2, *, center: Vec2, radius: float) -> Circle:
        return cls(center, radius)

    @property
    def start(self) -> Vec2:
        return (self.center[0] + self.radius, self.center[1])

    end = start

    @property
    def length(self) -> float:
        return 2 * math.pi * self.radius

    @property
    def area(self) -> float:
        return math.pi * self.radius**2

    @property
    def problem(self) -> str:
        """What is wrong with it, or ""."""
        if far := _far(*self.center, self.radius):
            return far
        if self.radius <= 0:
            return "a circle without radius"
        if self.radius < SMALL and number(self.radius) == "0":
            return f"a circle whose radius of {self.radius:.3g} mm is less than can be told"
        return ""

    def mapped(self, move: Move, resize: Resize = float) -> Circle:
        """Return it with its centre moved and its radius resized."""
        return Circle(move(self.center), resize(self.radius))

    def scaled(self, factor: float) -> Circle:
        """Return it `factor` times as large, in numbers to a nanometre."""
        return Circle(_scaled(self.center, factor), times(self.radius, factor))

    def reversed(self) -> Circle:
        return self

    def moved(self, start: Vec2, end: Vec2) -> Circle:
        return self

    def points(self) -> Array:
        angles = np.linspace(0.0, 2 * math.pi, 37)
        return np.stack([np.cos(angles), np.sin(angles)], 1) * self.radius + np.array(self.center)


Curve = Line | Arc | Circle | Ellipse | EllipseArc | BSpline

BENT: tuple[type[Ellipse] | type[EllipseArc] | type[BSpline], ...] = (Ellipse, EllipseArc, BSpline)
"""Curves that are neither straight nor round."""

CURVES: dict[str, type[Curve]] = {
    "line": Line,
    "arc": Arc,
    "circle": Circle,
    "ellipse": Ellipse,
    "ellipsearc": EllipseArc,
    "spline": BSpline,
}
