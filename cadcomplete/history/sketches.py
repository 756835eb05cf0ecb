"""Sketches: loops drawn on a plane, and the profiles that are made of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from cadcomplete.errors import InputError
from cadcomplete.history.crossings import crossing
from cadcomplete.history.fields import LIMIT, Field, times
from cadcomplete.history.findings import Finding
from cadcomplete.history.geometry import XY, Array, Plane, Symmetry, distance
from cadcomplete.history.kinds import PLANE
from cadcomplete.history.loops import Loop

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation


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


Asked = Callable[[Plane, "tuple[Operation, ...]"], "tuple[float, float] | None"]
"""Says between which heights over a plane, in mm, what some operations make lies; None if nothing
is made."""


class SweepsProfiles:
    """What extrudes and revolves have in common."""

    __slots__ = ()

    profiles: tuple[Profile, ...]
    builds: ClassVar[bool] = True
    finished: ClassVar[bool] = True

    def refers(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(profile.sketch for profile in self.profiles))

    def lines(self) -> tuple[Array, ...]:
        return ()

    @abstractmethod
    def ends(
        self, before: tuple[Operation, ...], asked: Asked | None = None
    ) -> tuple[Plane, Plane] | None:
        """The planes where it starts and ends; None if it goes all around."""

    @abstractmethod
    def side(self, loop: int, curve: int, before: tuple[Operation, ...]) -> Plane | None:
        """The plane of the wall that a curve of its sketch makes; None if that is not flat."""

    def start(self, before: tuple[Operation, ...]) -> Plane:
        """The plane of the sketch that it starts from."""
        return plane_of(self.profiles, before)


def sketch_of(operation: Operation, before: tuple[Operation, ...]) -> Sketch | None:
    """Return the sketch whose loops an operation sweeps; None if it sweeps none.

    Of one that sweeps profiles of several sketches that is the first profile's.
    """
    profiles = operation.profiles[:1] if isinstance(operation, SweepsProfiles) else ()
    found = [before[p.sketch] for p in profiles if 0 <= p.sketch < len(before)]
    return found[0] if found and isinstance(found[0], Sketch) else None
