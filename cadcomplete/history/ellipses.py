"""Ellipses and their arcs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.bent import Bent
from cadcomplete.history.bent_kinds import TURN
from cadcomplete.history.fields import LIMIT, SMALL, Field, Format, alike, number, times
from cadcomplete.history.geometry import Array, Vec2, distance
from cadcomplete.history.kinds import POINT, POSITIVE, SWEEP

Move = Callable[[Vec2], Vec2]
Resize = Callable[[float], float]
Fields = dict[Format, tuple[Field, ...]]

_QUARTERS = (0.0, math.pi / 2, math.pi, 3 * math.pi / 2, 2 * math.pi)


def _all(*fields: Field) -> Fields:
    return {"lines": fields, "json": fields, "numbers": fields}


def _turned(turn: float, at: Vec2, move: Move) -> float:
    """The direction of an axis, in degrees from +x, once the point it starts from is moved."""
    angle = math.radians(turn)
    (x, y), (u, v) = move(at), move((at[0] + math.cos(angle), at[1] + math.sin(angle)))
    return half_turn(math.degrees(math.atan2(v - y, u - x)))


def half_turn(degrees: float) -> float:
    """The same axis, its direction from -90 (not itself) to 90 degrees; whole ones stay so."""
    turned = -((90.0 - round(degrees, 9)) % 180.0) + 90.0
    return turned + 0.0


def _beyond(*values: float) -> str:
    if all(abs(value) <= LIMIT for value in values):
        return ""
    return f"a curve lies more than {LIMIT:.0f} mm from the origin, or nowhere"


@dataclass(frozen=True, slots=True)
class Ellipse(Bent):
    """A full ellipse: a closed loop by itself.

    Attributes:
        center: of it.
        radius: how far it reaches along its axis, in mm.
        minor: how far across; it may be the larger one.
        turn: degrees from +x to the axis, -90 to 90.
    """

    center: Vec2
    radius: float
    minor: float
    turn: float = 0.0

    closed: ClassVar[bool] = True
    FIELDS: ClassVar[Fields] = _all(
        Field("center", POINT),
        Field("radius", POSITIVE),
        Field("minor", POSITIVE),
        Field("turn", TURN),
    )

    @classmethod
    def from_fields(
        cls, start: Vec2, *, center: Vec2, radius: float, minor: float, turn: float
    ) -> Ellipse:
        return cls(center, radius, minor, turn)

    @property
    def start(self) -> Vec2:
        angle = math.radians(self.turn)
        x, y = self.center
        return (x + self.radius * math.cos(angle), y + self.radius * math.sin(angle))

    end = start

    @property
    def area(self) -> float:
        return math.pi * self.radius * self.minor

    @property
    def pieces(self) -> tuple[float, ...]:
        return _QUARTERS

    def evaluate(self, at: Array) -> tuple[Array, Array]:
        angle = math.radians(self.turn)
        axes = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        axes *= np.array([[self.radius], [self.minor]])
        round_ = np.stack([np.cos(at), np.sin(at)], axis=1)
        ahead = np.stack([-np.sin(at), np.cos(at)], axis=1)
        return round_ @ axes + np.array(self.center), ahead @ axes

    @property
    def problem(self) -> str:
        """What is wrong with it, or ""."""
        if beyond := _beyond(*self.center, self.radius, self.minor):
            return beyond
        least = min(self.radius, self.minor)
        if least <= 0:
            return "an ellipse without a radius"
        if least < SMALL and number(least) == "0":
            return f"an ellipse whose radius of {least:.3g} mm is less than can be told"
        return ""

    def mapped(self, move: Move, resize: Resize = float) -> Ellipse:
        """Return it with its centre and axis moved and its radii resized."""
        turn = _turned(self.turn, self.center, move)
        return Ellipse(move(self.center), resize(self.radius), resize(self.minor), turn)

    def scaled(self, factor: float) -> Ellipse:
        """Return it `factor` times as large, in numbers to a nanometre."""
        x, y, radius, minor = (times(v, factor) for v in (*self.center, self.radius, self.minor))
        return Ellipse((x, y), radius, minor, self.turn)

    def reversed(self) -> Ellipse:
        return self

    def moved(self, start: Vec2, end: Vec2) -> Ellipse:
        return self


@dataclass(frozen=True, slots=True)
class EllipseArc(Bent):
    """An arc of an ellipse, from one point to another.

    Squeezed along one axis it is an arc of a circle, and said like one, so that its ends always
    lie on it.

    Attributes:
        start, end: of it.
        sweep: how far it turns about the centre in the squeezed plane, in degrees, positive
            counter-clockwise: 180 is half of the ellipse.
        turn: degrees from +x to one of its axes, -90 to 90.
        ratio: of its radius across that axis to that along it.
    """

    start: Vec2
    end: Vec2
    sweep: float
    turn: float
    ratio: float

    closed: ClassVar[bool] = False
    FIELDS: ClassVar[Fields] = _all(
        Field("end", POINT), Field("sweep", SWEEP), Field("turn", TURN), Field("ratio", POSITIVE)
    )

    @classmethod
    def from_fields(
        cls, start: Vec2, *, end: Vec2, sweep: float, turn: float, ratio: float
    ) -> EllipseArc:
        return cls(start, end, sweep, turn, ratio)

    @property
    def _axes(self) -> Array:
        """What a point (u, v) of the squeezed plane is multiplied by, shape (2, 2)."""
        angle = math.radians(self.turn)
        c, s = math.cos(angle), math.sin(angle)
        return np.array([[c, s], [-s * self.ratio, c * self.ratio]])

    @property
    def _squeezed(self) -> tuple[Vec2, float, float]:
        """The centre, the radius and the angle where it begins, in the squeezed plane.

        Half of the chord is radius times sin(sweep / 2); the centre lies off its middle by the
        radius times cos(sweep / 2), to the left of an arc that turns counter-clockwise.
        """
        (a, b), (c, d) = (np.array([self.start, self.end]) @ np.linalg.inv(self._axes)).tolist()
        half = math.radians(self.sweep) / 2
        if not math.sin(half) or (a, b) == (c, d):
            raise GeometryError(f"no arc from {self.start} to {self.end}")
        off = 1 / (2 * math.tan(half))
        center = ((a + c) / 2 - (d - b) * off, (b + d) / 2 + (c - a) * off)
        return (
            center,
            math.hypot(a - center[0], b - center[1]),
            math.atan2(b - center[1], a - center[0]),
        )

    @property
    def center(self) -> Vec2:
        x, y = (np.array(self._squeezed[0]) @ self._axes).tolist()
        return (x, y)

    @property
    def radii(self) -> tuple[float, float]:
        """Its radius along its axis and across it, in mm."""
        radius = self._squeezed[1]
        return radius, radius * self.ratio

    @property
    def first(self) -> float:
        """Degrees in the squeezed plane from its axis to where it begins."""
        return math.degrees(self._squeezed[2])

    @classmethod
    def around(
        cls, center: Vec2, radii: tuple[float, float], first: float, sweep: float, turn: float = 0.0
    ) -> EllipseArc:
        """Return the arc about a centre, from so many degrees in the squeezed plane on."""
        whole = Ellipse(center, *radii, turn)
        at = np.radians([first, first + sweep])
        (x, y), (u, v) = whole.evaluate(at)[0].tolist()
        return cls((x, y), (u, v), sweep, half_turn(turn), radii[1] / radii[0])

    @property
    def pieces(self) -> tuple[float, ...]:
        """Angles in the squeezed plane, from 0 where it starts, each a quarter at most."""
        count = max(math.ceil(abs(self.sweep) / 90 - 1e-9), 1)
        return tuple(math.radians(abs(self.sweep)) * i / count for i in range(count + 1))

    def evaluate(self, at: Array) -> tuple[Array, Array]:
        center, radius, first = self._squeezed
        way = math.copysign(1.0, self.sweep)
        angles = first + way * np.asarray(at)
        round_ = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1) + np.array(center)
        ahead = way * radius * np.stack([-np.sin(angles), np.cos(angles)], axis=1)
        return round_ @ self._axes, ahead @ self._axes

    @property
    def problem(self) -> str:
        """What is wrong with it, or ""."""
        if beyond := _beyond(*self.start, *self.end):
            return beyond
        if not 0 < self.ratio <= LIMIT or not 0 < abs(self.sweep) < 360:
            return "an arc of an ellipse without length or width"
        gap = distance(self.start, self.end)
        if gap <= 0 or (gap < SMALL and alike(*zip(self.start, self.end, strict=True))):
            return f"an arc of an ellipse whose ends are only {gap:.3g} mm apart"
        return ""

    def mapped(self, move: Move, resize: Resize = float) -> EllipseArc:
        """Return it with its ends and its axis moved: for what turns, mirrors, shifts or scales."""
        x, y = self.start
        (a, b), (c, d), (e, f) = (move(at) for at in (self.start, (x + 1, y), (x, y + 1)))
        mirrored = (c - a) * (f - b) - (d - b) * (e - a) < 0
        turn = _turned(self.turn, self.start, move)
        sweep = -self.sweep if mirrored else self.sweep
        return EllipseArc((a, b), move(self.end), sweep, turn, self.ratio)

    def scaled(self, factor: float) -> EllipseArc:
        """Return it `factor` times as large, its ends to a nanometre."""
        (a, b), (c, d) = (tuple(times(v, factor) for v in p) for p in (self.start, self.end))
        return replace(self, start=(a, b), end=(c, d))

    def reversed(self) -> EllipseArc:
        return replace(self, start=self.end, end=self.start, sweep=-self.sweep)

    def moved(self, start: Vec2, end: Vec2) -> EllipseArc:
        return replace(self, start=start, end=end)
