"""How a history names a face that an extrude goes up to: by what made it, or by where it lies.

    start@2       where operation 2 (counted back) starts
    end@2         where it ends
    side@2/0.1    what curve 1 of loop 0 of its sketch made
    +x 12.5       a plane: its normal, and its position along that, seen from the world's origin

Curves count from -1 backwards as well, as in names of edges (`edges.py`): in a mirror image a loop
is drawn the other way round. A face goes on as far as its surface does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cadcomplete.errors import TextError, UnsupportedError
from cadcomplete.history.fields import number, times
from cadcomplete.history.findings import none_there
from cadcomplete.history.geometry import Plane, Symmetry, Vec3, plane_across
from cadcomplete.history.kinds import write_direction
from cadcomplete.history.sketches import Asked, SweepsProfiles, sketch_of

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation

ENDS, SIDE = ("start", "end"), "side"
"""Kinds of faces: of the first an operation has one each at most, of the other each curve one."""


@dataclass(frozen=True, slots=True)
class FaceName:
    """A face that an operation made.

    Attributes:
        kind: start, end or side.
        operation: the index of that one; in a text how far back it stands.
        loop, curve: of a side, the curve of its sketch that made it.
    """

    kind: str
    operation: int
    loop: int = 0
    curve: int = 0

    @property
    def word(self) -> str:
        of = f"/{self.loop}.{self.curve}" if self.kind == SIDE else ""
        return f"{self.kind}@{self.operation}{of}"

    def refers(self) -> tuple[int, ...]:
        return (self.operation,)

    def counted(self, index: int) -> FaceName:
        """Count back from an operation what counts from the first one, or the other way round."""
        return replace(self, operation=index - self.operation)

    def renumbered(self, place: Mapping[int, int]) -> FaceName:
        """Name the operation where it stands now, by where it stood."""
        return replace(self, operation=place.get(self.operation, self.operation))

    def mapped(self, symmetry: Symmetry) -> FaceName:
        turned = symmetry.mirrors and self.kind == SIDE  # the loop is drawn the other way round
        return replace(self, curve=-1 - self.curve) if turned else self

    def scaled(self, factor: float) -> FaceName:
        return self

    def problem(self, before: tuple[Operation, ...]) -> str:
        """What is wrong with it after these operations, or ""."""
        if not 0 <= self.operation < len(before):
            return none_there(len(before))
        made = before[self.operation]
        if not isinstance(made, SweepsProfiles):
            kind = type(made).__name__.lower()
            return f"operation {self.operation} has no start, end or sides: it is a {kind}"
        sketch = sketch_of(made, before) if self.kind == SIDE else None
        if sketch is None:
            return "" if self.kind != SIDE else f"operation {self.operation} sweeps no loops"
        if not 0 <= self.loop < len(sketch.loops):
            return f"its sketch has {len(sketch.loops)} loops, none has the index {self.loop}"
        count = len(sketch.loops[self.loop].curves)
        if not -count <= self.curve < count:
            return f"loop {self.loop} has {count} curves, none has the index {self.curve}"
        return ""

    def plane(self, before: tuple[Operation, ...], asked: Asked | None = None) -> Plane:
        """The plane that it lies in, its normal any of the two. It must have no `problem`.

        `asked` says how far the part reaches, for faces that lie there. Raises UnsupportedError if
        it is not flat, or where it lies is not known so.
        """
        made = before[self.operation]
        assert isinstance(made, SweepsProfiles)
        earlier = before[: self.operation]
        if self.kind == SIDE:
            found = made.side(self.loop, self.curve, earlier)
        else:
            ends = made.ends(earlier, asked)
            found = ends and ends[ENDS.index(self.kind)]
        if found is None:
            raise UnsupportedError([f"Extrude (up to {self.word}, which is not flat)"], where=_ROOM)
        return found


@dataclass(frozen=True, slots=True)
class FacePlane:
    """A plane.

    Attributes:
        normal: a unit vector.
        position: how far along it the plane lies from the world's origin, in mm.
    """

    normal: Vec3
    position: float

    @property
    def word(self) -> str:
        return f"{write_direction(self.normal)} {number(self.position)}"

    def refers(self) -> tuple[int, ...]:
        return ()

    def counted(self, index: int) -> FacePlane:
        return self

    def renumbered(self, place: Mapping[int, int]) -> FacePlane:
        return self

    def mapped(self, symmetry: Symmetry) -> FacePlane:
        return replace(self, normal=symmetry.apply(self.normal))

    def scaled(self, factor: float) -> FacePlane:
        return replace(self, position=times(self.position, factor))

    def problem(self, before: tuple[Operation, ...]) -> str:
        return ""

    def plane(self, before: tuple[Operation, ...], asked: Asked | None = None) -> Plane:
        return plane_across(self.normal, self.position)


Face = FaceName | FacePlane

_ROOM = "history/faces.py"

_NAME = re.compile(r"(?:(start|end)@(\d{1,6})|side@(\d{1,6})/(\d{1,6})\.(-?\d{1,6}))")


def read_face(word: Any) -> FaceName:
    """Read the name of a face, its operation counted as it stands there. Raises TextError."""
    match = _NAME.fullmatch(word) if isinstance(word, str) else None
    if match is None:
        raise TextError("not a face", expected="a name such as end@1 or side@1/0.2", got=word)
    kind, ends, side, loop, curve = match.groups()
    if kind is not None:
        return FaceName(kind, int(ends))
    return FaceName(SIDE, int(side), int(loop), int(curve))
