"""Mirrors and patterns: earlier operations, or the whole body, done again at other places.

What an operation added, cut or kept is done again, at all of the other places before the next
operation that is named, in the order of the history. Of the whole body there are copies, joined to
it. One value says it, however many places there are.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from cadcomplete.history.edge_kinds import EDGE_NAMES
from cadcomplete.history.fields import LIMIT, Field, number, times
from cadcomplete.history.findings import Finding
from cadcomplete.history.geometry import Array, Plane, Symmetry, Vec3, dot, plane_across
from cadcomplete.history.kinds import POSITIVE
from cadcomplete.history.motions import Motion, mirroring, shifting, turning
from cadcomplete.history.pattern_kinds import (
    ANGLE,
    COUNT,
    DIRECTION,
    EARLIER,
    MOST_COPIES,
    MOST_PLACES,
    PLACE,
    POSITION,
)

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation

Earlier = tuple[int, ...] | None
"""The indices of the operations that are done again; None for the whole body."""

_ROUND = 360.0

_SLANT = 1e-6  # by how much the length of a unit vector may be off


class Repeat:
    """What mirrors and patterns have in common.

    Attributes:
        of: the indices of the operations that are done again; None for the whole body so far.
        count: how many places there are, the first included.
        name: what a message calls it.
    """

    __slots__ = ()

    of: Earlier
    count: int
    name: ClassVar[str]
    builds: ClassVar[bool] = True
    finished: ClassVar[bool] = True

    @abstractmethod
    def motions(self) -> tuple[Motion, ...]:
        """Return what leads from where things are to each of the other places."""

    @abstractmethod
    def mistakes(self) -> Iterator[str]:
        """Yield what is wrong with the places."""

    def wrong(self, before: tuple[Operation, ...]) -> Iterator[str]:
        """Yield what keeps it from being done after these operations: mistakes, too many copies."""
        mistakes = list(self.mistakes())
        yield from mistakes
        if not mistakes and (count := copies_made(self, before)) > MOST_COPIES:
            yield f"the {self.name} makes {count} copies: expected at most {MOST_COPIES}"

    @property
    def originals(self) -> tuple[int, ...]:
        """The operations that are done again, each once, in their own order."""
        return tuple(sorted(set(self.of or ())))

    def refers(self) -> tuple[int, ...]:
        """The operations that it names; the whole body names none."""
        return tuple(dict.fromkeys(self.of or ()))

    def planes(self, before: tuple[Operation, ...]) -> tuple[Plane, ...]:
        """Those of what it does again, at the next place and at the last one."""
        if next(self.mistakes(), None) is not None:
            return ()
        motions = self.motions()
        originals = range(len(before)) if self.of is None else self.originals
        found = [
            motion.plane(plane)
            for index in originals
            if 0 <= index < len(before) and before[index].builds
            for plane in before[index].planes(before[:index])
            for motion in (*motions[:1], *motions[1:][-1:])
        ]
        return tuple(dict.fromkeys(found))

    def lines(self) -> tuple[Array, ...]:
        return ()

    def problems(
        self, before: tuple[Operation, ...], *, path: str, last: bool = False
    ) -> Iterator[Finding]:
        """Yield what is wrong after these operations."""
        for problem in self.wrong(before):
            yield Finding(path, problem)
        if self.of is None and not any(operation.builds for operation in before):
            yield Finding(path, f"there is no body yet that the {self.name} could do again")
        if self.of == ():
            yield Finding(path, f"the {self.name} does nothing again: it names no operation")
        for place, index in enumerate(self.of or ()):
            assert self.of is not None
            if problem := self._problem(index, before):
                yield Finding(f"{path}.of[{place}]", problem)
            elif index in self.of[:place]:
                said = f"operation {index} is named twice, and done again once"
                yield Finding(f"{path}.of[{place}]", said, "warning")

    def _problem(self, index: int, before: tuple[Operation, ...]) -> str:
        if index == len(before):
            return f"the {self.name} names itself"
        if not 0 <= index < len(before):
            return f"there is no operation {index} before it"
        if not before[index].builds:
            kind = type(before[index]).__name__.lower()
            return f"operation {index} is a {kind}: it builds nothing that could be done again"
        if not repeatable(before[index]):
            kind = type(before[index]).__name__.lower()
            return f"operation {index} is a {kind}: of edges there is no copy, only of whole bodies"
        return ""


def copies_made(pattern: Repeat, before: tuple[Operation, ...]) -> int:
    """Return how many bodies a pattern makes after these operations, those of patterns counted."""
    return bodies_made((*before, pattern))[-1]


def bodies_made(operations: Sequence[Operation | Repeat]) -> list[int]:
    """Return how many bodies each of the operations adds or cuts, those of patterns counted."""
    made: list[int] = []
    for index, operation in enumerate(operations):
        if not isinstance(operation, Repeat):
            made.append(int(operation.builds))
            continue
        several = range(index) if operation.of is None else operation.originals
        others = 0 if next(operation.mistakes(), None) else operation.count - 1
        made.append(others * sum(made[i] for i in several if 0 <= i < index))
    return made


@dataclass(frozen=True, slots=True)
class Mirror(Repeat):
    """Done again on the other side of a plane.

    Attributes:
        normal: of the plane, a unit vector.
        position: where the plane lies along it, seen from the world's origin, in mm.
    """

    normal: Vec3
    position: float
    of: Earlier
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    count: ClassVar[int] = 2  # type: ignore[misc]
    name: ClassVar[str] = "mirror"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("normal", DIRECTION),
        Field("position", POSITION),
        Field("of", EARLIER),
    )

    @property
    def plane(self) -> Plane:
        """The plane itself; its x axis is one of many."""
        return plane_across(self.normal, self.position)

    def motions(self) -> tuple[Motion, ...]:
        return (mirroring(self.plane),)

    def mistakes(self) -> Iterator[str]:
        yield from _slanted("normal", self.normal)
        if not abs(self.position) <= LIMIT:
            yield f"the mirror lies more than {LIMIT:.0f} mm from the origin"

    def mapped(self, symmetry: Symmetry) -> Mirror:
        return replace(self, normal=symmetry.apply(self.normal))

    def scaled(self, factor: float) -> Mirror:
        return replace(self, position=times(self.position, factor))


@dataclass(frozen=True, slots=True)
class LinearPattern(Repeat):
    """Done again along a line.

    Attributes:
        direction: a unit vector.
        spacing: from one place to the next, in mm.
        count: how many places there are, the first included.
    """

    direction: Vec3
    spacing: float
    count: int
    of: Earlier
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    name: ClassVar[str] = "linear pattern"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("direction", DIRECTION),
        Field("spacing", POSITIVE),
        Field("count", COUNT),
        Field("of", EARLIER),
    )

    def motions(self) -> tuple[Motion, ...]:
        x, y, z = (self.spacing * along for along in self.direction)
        return tuple(shifting((n * x, n * y, n * z)) for n in range(1, self.count))

    def mistakes(self) -> Iterator[str]:
        yield from _slanted("direction", self.direction)
        yield from _miscounted(self.count)
        if not self.spacing > 0:
            yield f"the spacing is {self.spacing:.6g} mm: expected more than 0"
        if not (self.count - 1) * self.spacing <= LIMIT:
            yield f"the pattern reaches more than {LIMIT:.0f} mm"

    def mapped(self, symmetry: Symmetry) -> LinearPattern:
        return replace(self, direction=symmetry.apply(self.direction))

    def scaled(self, factor: float) -> LinearPattern:
        return replace(self, spacing=times(self.spacing, factor))


@dataclass(frozen=True, slots=True)
class PolarPattern(Repeat):
    """Done again around an axis, counter-clockwise seen against its direction.

    Attributes:
        axis: the direction of the axis, a unit vector.
        point: a point on the axis, in mm.
        count: how many places there are, the first included.
        angle: degrees from the first place to the last; 360 stands for evenly all around.
    """

    axis: Vec3
    point: Vec3
    count: int
    angle: float
    of: Earlier
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    name: ClassVar[str] = "polar pattern"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("axis", DIRECTION),
        Field("point", PLACE),
        Field("count", COUNT),
        Field("angle", ANGLE),
        Field("of", EARLIER),
    )

    @property
    def step(self) -> float:
        """Degrees from one place to the next."""
        return self.angle / (self.count if self.angle == _ROUND else max(self.count - 1, 1))

    def motions(self) -> tuple[Motion, ...]:
        return tuple(turning(self.point, self.axis, n * self.step) for n in range(1, self.count))

    def mistakes(self) -> Iterator[str]:
        yield from _slanted("axis", self.axis)
        yield from _miscounted(self.count)
        if not 0 < self.angle <= _ROUND:
            yield f"the angle is {self.angle:.6g} degrees: expected more than 0, up to 360"
        if not max(map(abs, self.point)) <= LIMIT:
            yield f"the axis lies more than {LIMIT:.0f} mm from the origin"

    def mapped(self, symmetry: Symmetry) -> PolarPattern:
        """In a mirror image it turns the other way."""
        x, y, z = symmetry.apply(self.axis)
        axis = (0.0 - x, 0.0 - y, 0.0 - z) if symmetry.mirrors else (x, y, z)
        return replace(self, axis=axis, point=symmetry.apply(self.point))

    def scaled(self, factor: float) -> PolarPattern:
        x, y, z = (times(value, factor) for value in self.point)
        return replace(self, point=(x, y, z))


PATTERNS: tuple[type[Mirror] | type[LinearPattern] | type[PolarPattern], ...] = (
    Mirror,
    LinearPattern,
    PolarPattern,
)


def repeatable(operation: Operation) -> bool:
    """Whether an operation can be done again elsewhere: it adds, cuts or keeps bodies."""
    return operation.builds and not any(field.kind is EDGE_NAMES for field in operation.FIELDS)


def _slanted(what: str, direction: Vec3) -> Iterator[str]:
    if not abs(math.sqrt(dot(direction, direction)) - 1.0) < _SLANT:
        yield f"the {what} {' '.join(map(number, direction))} is no unit vector"


def _miscounted(count: int) -> Iterator[str]:
    if not 2 <= count <= MOST_PLACES:
        yield f"the pattern has {count} places: expected 2 to {MOST_PLACES}, the first included"
