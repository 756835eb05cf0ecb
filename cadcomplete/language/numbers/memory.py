"""What stands in a history already: its numbers, where they lie in the world, and its sketches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from cadcomplete.history.fields import number
from cadcomplete.history.geometry import XY, Plane, Vec3
from cadcomplete.history.hole_kinds import write_cone
from cadcomplete.history.kinds import AXES, POSITIVE, SWEEP, ProfileWord, write_direction
from cadcomplete.history.pattern_kinds import ANGLE
from cadcomplete.history.turn_axis import write_angle
from cadcomplete.language.numbers.drawn import EMPTY, DrawnSoFar

REFERENCES = 32
"""Numbers along one axis that can be referred to, the newest first."""

Key = int | str
"""What a number measures: 0, 1, 2 a position along x, y, z of the world; "radius"; "sweep", of an
arc; "turn", of a revolve; in a plane that lies askew "u", "v", and "w" along its normal; of mirrors
and patterns "spacing", "angle", and "askew" along a normal that is no axis of the world; of
holes "diameter", "cone", and "head", how deep a counterbore is."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a number is measured: along the world's axis `key` its position is origin ± number."""

    key: Key
    sign: float = 1.0
    origin: float = 0.0

    def world(self, value: float) -> float:
        return self.origin + self.sign * self.canonical(value)

    def number(self, world: float) -> float:
        return self.canonical(self.sign * (world - self.origin))

    def canonical(self, value: float) -> float:
        """Return the number that the line language would read again."""
        return float(self.digits(value))

    @property
    def places(self) -> bool:
        """Whether its numbers are places, so that they lie some way from each other."""
        return self.key not in _SIZES

    @property
    def signed(self) -> bool:
        """Whether its numbers may be below 0."""
        return self.key not in _ABOVE

    def digits(self, value: float) -> str:
        return _SIZES.get(self.key, number)(value)


_SIZES: dict[Key, Callable[[float], str]] = {
    "sweep": SWEEP.write,
    "radius": POSITIVE.write,
    "turn": write_angle,
    "spacing": POSITIVE.write,
    "angle": ANGLE.write,
    "diameter": POSITIVE.write,
    "head": POSITIVE.write,
    "cone": write_cone,
}
"""Numbers that are never nothing, however little they are."""

_ABOVE = ("radius", "spacing", "angle", "diameter", "head", "cone")

RADIUS, SWEEPS, TURNS = Axis("radius"), Axis("sweep"), Axis("turn")
SPACINGS, ANGLES = Axis("spacing"), Axis("angle")
DIAMETERS, HEADS, CONES = Axis("diameter"), Axis("head"), Axis("cone")
WORLD = tuple(map(Axis, range(3)))


@dataclass(frozen=True, slots=True)
class SketchAxes:
    """How the numbers of a sketch lie in the world: along its x, its y, and its normal."""

    u: Axis
    v: Axis
    w: Axis

    @property
    def flat(self) -> tuple[Axis, Axis]:
        """Along its x and its y."""
        return (self.u, self.v)

    @staticmethod
    def of(plane: Plane) -> SketchAxes:
        u, v, w = map(_named, (plane.x_axis, plane.y_axis, plane.normal))
        if u is None or v is None or w is None:
            return SketchAxes(Axis("u"), Axis("v"), Axis("w"))
        x, y = (Axis(i, sign, float(number(plane.origin[i]))) for i, sign in (u, v))
        return SketchAxes(x, y, Axis(*w))


def along(direction: Vec3) -> Axis:
    """Return where positions along a direction are measured, from the world's origin."""
    named = _named(direction)
    return Axis("askew") if named is None else Axis(*named)


def _named(direction: Vec3) -> tuple[int, float] | None:
    """The axis of the world and the sign of a direction that has a name."""
    name = write_direction(direction)
    if name not in AXES:
        return None
    return "xyz".index(name[1]), 1.0 if name[0] == "+" else -1.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a history has said so far.

    Attributes:
        numbers: the newest first.
        frames: how its sketches lie.
        drawn: what stands in the newest one.
        derived: whether numbers may be said by what stands in a sketch (`derived.py`).
    """

    numbers: tuple[tuple[Key, tuple[float, ...]], ...] = ()
    frames: tuple[SketchAxes, ...] = ()
    drawn: DrawnSoFar = EMPTY
    derived: bool = True

    @property
    def frame(self) -> SketchAxes:
        """That of the newest sketch."""
        return self.frames[-1] if self.frames else SketchAxes.of(XY)

    def frame_of(self, profiles: tuple[ProfileWord, ...]) -> SketchAxes:
        """That of the sketch from which these profiles start."""
        back = profiles[0][0] if profiles else 0
        return self.frames[-1 - back] if back < len(self.frames) else self.frame

    def along(self, axis: Axis) -> tuple[float, ...]:
        """Return the numbers that can be referred to, as positions in the world."""
        return next((values for key, values in self.numbers if key == axis.key), ())

    def seen(self, pairs: Iterable[tuple[Axis, float]]) -> Memory:
        """Return the memory after these numbers, the last one the newest."""
        numbers = dict(self.numbers)
        for axis, value in pairs:
            world = axis.world(value)
            others = [w for w in numbers.get(axis.key, ()) if abs(w - world) > 1e-6]
            numbers[axis.key] = (world, *others[: REFERENCES - 1])
        return replace(self, numbers=tuple(numbers.items()))

    def begun(self, plane: Plane) -> Memory:
        """Return the memory after a sketch has begun; a skew plane has numbers of its own."""
        frame = SketchAxes.of(plane)
        own = ("u", "v", "w") if frame.u.key == "u" else ()
        kept = tuple(item for item in self.numbers if item[0] not in own)
        return replace(self, numbers=kept, frames=(*self.frames, frame))
