"""Where an extrude ends that says `through` or names a face: numbers, from what stands before it.

How far a part reaches is told from its operations, without building them: never less than it
does. Behind that a cut may end anywhere, so `through` is a number for what takes away; where it
adds, and for `next` and slanted faces, the solid must be asked: the CAD kernel does
(`kernel/until.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.extents import Extent, ExtentType, Until
from cadcomplete.history.faces import Face
from cadcomplete.history.geometry import Plane, Vec3, dot, facing

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation

Heights = tuple[float, float]
"""The lowest and the highest place of something along a direction, in mm from the origin."""

Asked = Callable[[Vec3], Heights | None]
"""How far the part reaches along a direction; None if there is nothing of it."""

_NEAR = 1e-7  # mm below which a side reaches nowhere

_ALONG = 1e-9  # cosine of the angle between two directions that are square

_ROOM = "history/reaching.py"


def heights_of(before: tuple[Operation, ...], direction: Vec3) -> Heights | None:
    """Return heights that some operations do not leave; None if they build nothing."""
    found = [op.heights(direction, before[:index]) for index, op in enumerate(before)]
    there = [heights for heights in found if heights is not None]
    return (min(low for low, _ in there), max(high for _, high in there)) if there else None


@dataclass(frozen=True, slots=True)
class Going:
    """From where an extrude goes, and through what.

    Attributes:
        plane: its sketch's.
        start: how far off that it starts.
        before: the operations before it.
        adds: whether it adds to the part: then it matters where the part ends.
        asked: how far the part reaches, if its solid can be asked.
    """

    plane: Plane
    start: float
    before: tuple[Operation, ...]
    adds: bool
    asked: Asked | None = None

    def distance(self, until: Until, side: int) -> float:
        """Return how far it is to where a side ends, from where it starts, along the normal.

        `side` is 1 along the normal, -1 against it. Raises GeometryError if there is nothing to end
        at, UnsupportedError if that cannot be told from the history.
        """
        if until.face is not None:
            return self._to_face(until.face)
        if not any(operation.builds for operation in self.before):
            raise GeometryError(f"{until.kind} needs a part: there is nothing before it")
        if until.kind == "next" or (self.adds and self.asked is None):
            raise UnsupportedError([f"Extrude ({until.kind})"], where=_ROOM)
        return self._through(side)

    def _through(self, side: int) -> float:
        normal = self.plane.normal
        found = self.asked(normal) if self.asked else heights_of(self.before, normal)
        if found is None:
            raise GeometryError("through needs a part: there is nothing before it")
        low, high = (height - self.plane.offset - self.start for height in found)
        far = high if side > 0 else low
        if far * side <= _NEAR:
            way = "along" if side > 0 else "against"
            raise GeometryError(f"through meets nothing: no part lies {way} the sketch's normal")
        return far

    def _to_face(self, face: Face) -> float:
        plane = face_plane(face, self.before)
        if abs(dot(plane.normal, self.plane.normal)) < _ALONG:
            raise GeometryError(f"the face {face.word} lies along the extrude: it never meets it")
        if not facing(plane.normal, self.plane.normal):
            raise UnsupportedError(["Extrude (up to a slanted face)"], where=_ROOM)
        return dot(plane.origin, self.plane.normal) - self.plane.offset - self.start


def face_plane(face: Face, before: tuple[Operation, ...]) -> Plane:
    """Return the plane that a face lies in.

    Raises GeometryError if there is no such face, UnsupportedError if it is not flat.
    """
    if problem := face.problem(before):
        raise GeometryError(f"no face {face.word}: {problem}")
    return face.plane(before)


def resolved_extent(extent: Extent, going: Going) -> Extent:
    """Return an extent in numbers. Raises GeometryError, UnsupportedError."""
    if extent.until is not None:
        distance = going.distance(extent.until, 1)
        if abs(distance) <= _NEAR and extent.type is ExtentType.ONE_SIDED:
            raise GeometryError("the extrude has no height: it starts at the face that it ends at")
        extent = replace(extent, distance=distance, until=None)
    if extent.until_against is not None:
        against = -going.distance(extent.until_against, -1)
        extent = replace(extent, against=against, until_against=None)
    return extent
