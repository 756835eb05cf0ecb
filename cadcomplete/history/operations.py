"""The operations of a history: sketches, extrudes, and all the others, frozen, in millimetres.

What a file has and there is no class for here is an `Unknown`: it ends what can be built.

An operation answers itself what is asked of every operation:

    builds        whether it changes the solid
    finished      whether it is whole: a sketch with an open loop is not
    refers()      the indices of the operations that it names
    planes(…)     the planes that it lays in space or ends on: where others go on from
    lines()       what of it is drawn where there is no solid: polylines in space
    problems(…)   what is wrong with it, or unusual
    mapped(…)     it in the moved part, for a symmetry of the cube
    scaled(…)     it in a part so many times as large

To add one: write a frozen class with all of these, `source` and `remarks`, declare its fields, and
enter it in `OPERATIONS`; CONTRIBUTING.md names the tables of the rooms that meet it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import ClassVar

from cadcomplete.errors import InputError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.crossings import crossing
from cadcomplete.history.edge_kinds import EDGE_NAMES
from cadcomplete.history.fields import LIMIT, SMALL, Field, FieldKind, alike, times
from cadcomplete.history.findings import Finding
from cadcomplete.history.geometry import XY, Array, Plane, Symmetry, distance
from cadcomplete.history.kinds import BOOLEAN, EXTENT, PLANE, PROFILES
from cadcomplete.history.loops import Loop


class Boolean(str, Enum):
    """How an extrude meets what is there already; "operation" in the JSON of others."""

    NEW_BODY = "new"
    JOIN = "join"
    CUT = "cut"
    INTERSECT = "intersect"


class ExtentType(str, Enum):
    ONE_SIDED = "one_sided"
    SYMMETRIC = "symmetric"
    TWO_SIDED = "two_sided"


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an extrude reaches from its sketch plane, along the normal, in millimetres.

    One-sided: from 0 to `distance`, which may be negative. Symmetric: `distance` to each side.
    Two-sided: from 0 to `distance`, and from 0 to `against` in the other direction.
    """

    type: ExtentType
    distance: float
    against: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Where it starts and ends along the normal; `distance` leads to the second."""
        if self.type is ExtentType.ONE_SIDED:
            return (0.0, self.distance)
        if self.type is ExtentType.SYMMETRIC:
            return (-self.distance, self.distance)
        ends = (0.0, self.distance, -self.against)  # some files have both sides on one side
        low, high = min(ends), max(ends)
        return (low, high) if self.distance >= 0 else (high, low)


@dataclass(frozen=True, slots=True)
class Profile:
    """A region of a sketch: an outer loop and the loops cut out of it, by their indices.

    `sketch` is the index of the sketch among the operations of its sequence.
    """

    sketch: int
    outer: int
    holes: tuple[int, ...] = ()

    @property
    def loops(self) -> tuple[int, ...]:
        return (self.outer, *self.holes)

    def problem(self, before: tuple[Operation, ...]) -> str:
        """What is wrong with it after these operations, or ""."""
        if not 0 <= self.sketch < len(before):
            return f"there is no sketch before it at index {self.sketch}"
        sketch = before[self.sketch]
        if not isinstance(sketch, Sketch):
            return f"operation {self.sketch} is not a sketch"
        for loop in self.loops:
            if not 0 <= loop < len(sketch.loops):
                return f"the sketch has {len(sketch.loops)} loops, none has the index {loop}"
            if not sketch.loops[loop].closed:
                return f"loop {loop} is not closed"
        return ""


@dataclass(frozen=True, slots=True)
class Sketch:
    """Loops drawn on a plane. While it is being drawn its last loop may still be open.

    `remarks` say what its reader had to decide about it; they do not count for equality.
    """

    plane: Plane
    loops: tuple[Loop, ...] = ()
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (Field("plane", PLANE),)
    builds: ClassVar[bool] = False

    @property
    def finished(self) -> bool:
        """Whether it has loops and the last of them is closed."""
        return bool(self.loops) and self.loops[-1].closed

    def refers(self) -> tuple[int, ...]:
        return ()

    def planes(self, before: tuple[Operation, ...]) -> tuple[Plane, ...]:
        """The plane that it is drawn on."""
        return (self.plane,)

    def lines(self) -> tuple[Array, ...]:
        """Its loops as polylines in space, each of shape (k, 3)."""
        return tuple(self.plane.to_world(loop.points()) for loop in self.loops)

    def problems(
        self, before: tuple[Operation, ...], *, path: str, last: bool = False
    ) -> Iterator[Finding]:
        """Yield what is wrong or unusual; the loop that is drawn at the `last` may be open."""
        if not self.loops:
            yield Finding(path, "the sketch has no loops", "warning")
        if max(map(abs, self.plane.origin)) > LIMIT:
            yield Finding(path, f"the sketch lies more than {LIMIT:.0f} mm from the origin")
        for number, loop in enumerate(self.loops):
            place = loop.source or f"{path}.loops[{number}]"
            broken = [p for curve in loop.curves if (p := curve.problem)]
            for problem in dict.fromkeys(broken):
                yield Finding(place, problem)
            if not loop.closed:
                drawn = last and number == len(self.loops) - 1
                gap = distance(loop.start, loop.end)
                problem = f"the loop does not close: its ends are {gap:.6g} mm apart"
                yield Finding(place, problem, "warning" if drawn else "error")
            if not broken and (problem := _crosses(loop)):
                yield Finding(place, problem, "warning")

    def mapped(self, symmetry: Symmetry) -> Sketch:
        """In a mirror image the sketch is mirrored too, so that its frame stays right-handed."""
        plane = self.plane
        moved = Plane(*map(symmetry.apply, (plane.origin, plane.normal, plane.x_axis)))
        loops = tuple(loop.mirrored() for loop in self.loops) if symmetry.mirrors else self.loops
        return replace(self, plane=moved, loops=loops)

    def scaled(self, factor: float) -> Sketch:
        x, y, z = (times(value, factor) for value in self.plane.origin)
        plane = replace(self.plane, origin=(x, y, z))
        return replace(self, plane=plane, loops=tuple(loop.scaled(factor) for loop in self.loops))


def _crosses(loop: Loop) -> str:
    try:
        at = crossing(loop)
    except InputError as error:
        return error.problem
    return f"the loop crosses itself at ({at[0]:.6g}, {at[1]:.6g}) mm, in its sketch" if at else ""


def plane_of(profiles: tuple[Profile, ...], before: tuple[Operation, ...]) -> Plane:
    """Return the plane that profiles lie on: the first one's, or the newest that there is."""
    chosen = [before[p.sketch] for p in profiles[:1] if 0 <= p.sketch < len(before)]
    planes = [op.plane for op in (*before, *chosen) if isinstance(op, Sketch)]
    return planes[-1] if planes else XY


@dataclass(frozen=True, slots=True)
class Extrude:
    """Profiles swept along their sketch's normal, and what that does to the part."""

    profiles: tuple[Profile, ...]
    extent: Extent
    boolean: Boolean
    source: str = field(default="", compare=False, repr=False)
    remarks: tuple[str, ...] = field(default=(), compare=False, repr=False)

    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("boolean", BOOLEAN),
        Field("extent", EXTENT),
        Field("profiles", PROFILES),
    )
    builds: ClassVar[bool] = True
    finished: ClassVar[bool] = True

    def refers(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(profile.sketch for profile in self.profiles))

    def lines(self) -> tuple[Array, ...]:
        return ()

    def start(self, before: tuple[Operation, ...]) -> Plane:
        """The plane it starts from."""
        return plane_of(self.profiles, before)

    def planes(self, before: tuple[Operation, ...]) -> tuple[Plane, ...]:
        """The planes where it starts and ends; without profiles there are none."""
        if not self.profiles:
            return ()
        plane = self.start(before)
        start, end = self.extent.span
        return plane.raised(start), plane.raised(end)

    def problems(
        self, before: tuple[Operation, ...], *, path: str, last: bool = False
    ) -> Iterator[Finding]:
        """Yield what is wrong or unusual after these operations."""
        if not self.profiles:
            yield Finding(path, "the extrude has no profiles: it does nothing", "warning")
        start, end = self.extent.span
        if start == end:
            yield Finding(path, "the extrude has no height")
        offset, height = self.start(before).offset, abs(end - start)
        if 0 < height < SMALL and alike((offset + start, offset + end)):
            problem = f"the extrude's height of {height:.3g} mm is less than can be told"
            yield Finding(path, f"{problem} at its place")
        if max(abs(offset + start), abs(offset + end)) > LIMIT:
            yield Finding(path, f"the extrude reaches more than {LIMIT:.0f} mm from the origin")
        for number, profile in enumerate(self.profiles):
            if problem := profile.problem(before):
                yield Finding(f"{path}.profiles[{number}]", problem)

    def mapped(self, symmetry: Symmetry) -> Extrude:
        return self  # its sketch is what moves

    def scaled(self, factor: float) -> Extrude:
        ends = (times(v, factor) for v in (self.extent.distance, self.extent.against))
        return replace(self, extent=Extent(self.extent.type, *ends))


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a file has and there is no operation for here, or what follows such a one.

    Attributes:
        name: what the file calls it, such as `FilletFeature`.
        uses: what of it is not known here, each once, sorted: its own name, a curve, an option;
            empty if it only follows something that is not known.
        content: it, as it stands in the file: JSON, or lines of a script.
    """

    name: str
    uses: tuple[str, ...] = ()
    content: str = ""
    source: str = field(default="", compare=False, repr=False)

    @property
    def said(self) -> str:
        """How a message names it: what it is called, and what of it is not known."""
        plain = not self.uses or self.uses == (self.name,)
        return self.name if plain else f"{self.name} ({', '.join(self.uses)})"


Operation = Sketch | Extrude | Fillet | Chamfer

OPERATIONS: dict[str, type[Operation]] = {
    "sketch": Sketch,
    "extrude": Extrude,
    "fillet": Fillet,
    "chamfer": Chamfer,
}

NAMES_BUILT: tuple[FieldKind, ...] = (EDGE_NAMES,)
"""Kinds of field that name what was built: an operation with one of them cannot be the first."""


def beginners() -> dict[str, type[Operation]]:
    """Return the operations that can make a part by themselves, or of a sketch."""
    return {
        name: kind
        for name, kind in OPERATIONS.items()
        if kind.builds and not any(field.kind in NAMES_BUILT for field in kind.FIELDS)
    }
