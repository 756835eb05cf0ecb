"""Where an extrude ends that says `through`, or names a face: numbers, from what is before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.extents import THROUGH, Extent, ExtentType, Until
from cadcomplete.history.faces import Face
from cadcomplete.history.geometry import Plane, dot, facing
from cadcomplete.history.sketches import Asked

if TYPE_CHECKING:
    from cadcomplete.history.operations import Operation

NEAR = 1e-7
"""How far a side goes at least, in mm."""

_ALONG = 1e-9  # cosine of the angle between two directions that are square


@dataclass(frozen=True, slots=True)
class Going:
    """From where an extrude goes, and through what.

    Attributes:
        plane: where it starts.
        before: the operations before it.
        asked: how far they reach, if that is known.
    """

    plane: Plane
    before: tuple[Operation, ...]
    asked: Asked | None = None

    def distance(self, until: Until, side: int, *, both: bool = False) -> float:
        """Return how far it is to where a side ends, along the normal, in mm.

        `side` is 1 along the normal, -1 against it. If it goes through on `both` sides there may be
        nothing on this one. Raises GeometryError if there is nothing to end at, UnsupportedError if
        that is not known.
        """
        if until.face is not None:
            return self._to_face(until.face)
        if not any(operation.builds for operation in self.before):
            raise GeometryError(f"{until.kind} needs a part: there is nothing before it")
        if until.kind == "next" or self.asked is None:
            raise UnsupportedError([f"Extrude ({until.kind})"])
        heights = self.asked(self.plane, self.before)
        if both and heights is not None and heights[0] < NEAR and heights[1] > -NEAR:
            return max(heights[1], 0.0) if side > 0 else min(heights[0], 0.0)
        return behind(heights, side)

    def _to_face(self, face: Face) -> float:
        plane = face_plane(face, self.before, self.asked)
        if abs(dot(plane.normal, self.plane.normal)) < _ALONG:
            name = face.counted(len(self.before)).word
            raise GeometryError(f"the face {name} lies along the extrude: it never meets it")
        if not facing(plane.normal, self.plane.normal):
            raise UnsupportedError(["Extrude (up to a slanted face)"])
        return dot(plane.origin, self.plane.normal) - self.plane.offset


_NO_WAY = "there is nothing to go through"


def behind(heights: tuple[float, float] | None, side: int, problem: str = _NO_WAY) -> float:
    """Return how far it is to behind a part that lies between some heights over a plane.

    Raises GeometryError, which says the `problem`, if nothing of it lies on that side.
    """
    if heights is None:
        raise GeometryError("through needs a part: there is nothing before it")
    far = heights[1] if side > 0 else heights[0]
    if far * side <= NEAR:
        way = "along" if side > 0 else "against"
        raise GeometryError(f"{problem}: no part lies {way} its normal")
    return far


def face_plane(face: Face, before: tuple[Operation, ...], asked: Asked | None = None) -> Plane:
    """Return the plane that a face lies in.

    Raises GeometryError if there is no such face, UnsupportedError if it is not flat.
    """
    if problem := face.problem(before):
        raise GeometryError(f"no face {face.counted(len(before)).word}: {problem}")
    return face.plane(before, asked)


def resolved_extent(extent: Extent, going: Going) -> Extent:
    """Return an extent in numbers. Raises GeometryError, UnsupportedError."""
    both = extent.until == extent.until_against == THROUGH
    if extent.until is not None:
        distance = going.distance(extent.until, 1, both=both)
        if abs(distance) <= NEAR and extent.type is ExtentType.ONE_SIDED:
            raise GeometryError("the extrude has no height: it starts at the face that it ends at")
        extent = replace(extent, distance=distance, until=None)
    if extent.until_against is not None:
        against = -going.distance(extent.until_against, -1, both=both)
        extent = replace(extent, against=against, until_against=None)
    return extent
