"""Solids of a script: what was extruded, in order, and what each extrude did to the rest.

Adding is all the same in which order it is done, so two solids are one history as long as what is
joined, cut away or intersected is itself only added together. Anything else has no history of
extrudes, and is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import Boolean, Extent, ExtentType
from cadcomplete.readers.scripts.areas import Faces, add, size
from cadcomplete.readers.scripts.budget import check_curves, spend
from cadcomplete.readers.scripts.frames import compose, coplanar, relocated, to_local, to_world


@dataclass(frozen=True, slots=True)
class SolidStep:
    """Faces of one plane, extruded, and what that does to what was there before."""

    plane: Plane
    faces: Faces
    extent: Extent
    boolean: Boolean
    line: int = field(default=0, compare=False)


Steps = tuple[SolidStep, ...]


def extent(amount: float, *, both: bool) -> Extent:
    """Return how far an extrude reaches: over `amount`, or as far to both sides."""
    if amount == 0:
        raise ReadError("an extrude without a height")
    if both:
        return Extent(ExtentType.SYMMETRIC, abs(amount))
    return Extent(ExtentType.ONE_SIDED, amount)


def extruded(placed: list[tuple[Plane, Faces]], reach: Extent, line: int) -> Steps:
    """Return what faces sweep; those of one plane make one step."""
    groups: list[tuple[Plane, Faces]] = []
    for plane, faces in placed:
        spend(1 + len(groups))
        for number, (known, others) in enumerate(groups):
            if coplanar(plane, known):
                groups[number] = (known, add(others, moved_faces(faces, plane, known)))
                break
        else:
            groups.append((plane, faces))
    return tuple(SolidStep(p, f, reach, Boolean.JOIN, line) for p, f in groups if f)


def moved_faces(faces: Faces, source: Plane, target: Plane) -> Faces:
    """Return faces of a plane in the coordinates of another that is coplanar."""
    return tuple(face.mapped(lambda loop: relocated(loop, source, target)) for face in faces)


def moved(steps: Steps, frame: Plane) -> Steps:
    """Return a solid put at a place."""
    spend(10 * len(steps))
    return tuple(replace(step, plane=compose(frame, step.plane)) for step in steps)


def only_adds(steps: Steps) -> bool:
    return all(step.boolean is Boolean.JOIN for step in steps)


def _together(first: Steps, second: Steps) -> Steps:
    """Return both, one after the other. Raises ReadError for more than a script may make."""
    steps = first + second
    spend(4 * len(steps))
    check_curves(sum(size(step.faces) for step in steps))
    return steps


def join(base: Steps, tool: Steps) -> Steps:
    if only_adds(tool):
        return _together(base, tool)
    if only_adds(base):
        return _together(tool, base)
    raise UnsupportedError(["union with a compound tool"])


def cut(base: Steps, tool: Steps) -> Steps:
    if not base:
        raise ReadError("there is no solid to cut from")
    if not only_adds(tool):
        raise UnsupportedError(["cut with a compound tool"])
    return _together(base, tuple(replace(step, boolean=Boolean.CUT) for step in tool))


def intersect(base: Steps, tool: Steps) -> Steps:
    if not base or not tool:
        raise ReadError("there is no solid to intersect")
    if len(tool) > 1 and len(base) == 1:
        base, tool = tool, base
    if len(tool) > 1:
        raise UnsupportedError(["intersect with a compound tool"])
    return _together(base, tuple(replace(step, boolean=Boolean.INTERSECT) for step in tool))


BOOLEANS = {Boolean.JOIN: join, Boolean.CUT: cut, Boolean.INTERSECT: intersect}


def reach(steps: Steps, plane: Plane) -> tuple[float, float]:
    """Return how far a solid lies below and above a plane at most, in mm."""
    heights: list[float] = []
    for step in steps:
        for face in step.faces:
            left, low, right, high = face.outer.box
            heights += [
                to_local(plane, to_world(step.plane, (x, y, z)))[2]
                for x in (left, right)
                for y in (low, high)
                for z in step.extent.span
            ]
    return min(heights), max(heights)


def through(steps: Steps, plane: Plane) -> Extent:
    """Return how far an extrude from a plane must go to leave a solid on every side."""
    low, high = reach(steps, plane)
    if low >= 0 or high <= 0:
        return Extent(ExtentType.ONE_SIDED, high if low >= 0 else low)
    return Extent(ExtentType.TWO_SIDED, high, -low)
