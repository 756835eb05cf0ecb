"""Solids of a script: what was extruded, in order, and what each extrude did to the rest.

Adding is all the same in which order it is done, so two solids are one history as long as what is
joined, cut away or intersected is itself only added together. Anything else has no history of
extrudes, and is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.scripts.areas import Faces, add, size
from cadcomplete.readers.scripts.budget import check_curves, spend
from cadcomplete.readers.scripts.frames import compose, coplanar, relocated, to_local, to_world

_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Step:
    """Faces of one plane, extruded, and what that does to what was there before."""

    plane: Plane
    faces: Faces
    extent: Extent
    boolean: Boolean
    line: int = field(default=0, compare=False)


Steps = tuple[Step, ...]


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
    return tuple(Step(p, f, reach, Boolean.JOIN, line) for p, f in groups if f)


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


# --- the history --------------------------------------------------------------------------------


def history(steps: Steps, id: str) -> CadSequence:
    """Return the history of a solid; a sketch that is extruded again is not drawn again."""
    operations: list[Operation] = []
    sketches: dict[Sketch, int] = {}
    for number, step in enumerate(steps):
        sketch, regions = _sketch(step)
        index = sketches.setdefault(sketch, len(operations))
        if index == len(operations):
            operations.append(sketch)
        boolean = step.boolean if number else Boolean.NEW_BODY
        profiles = tuple(Profile(index, outer, holes) for outer, holes in regions)
        reach = replace(step.extent, distance=_rounded(step.extent.distance))
        operations.append(Extrude(profiles, reach, boolean, f"line {step.line}"))
    return CadSequence(tuple(operations), id)


def _sketch(step: Step) -> tuple[Sketch, list[tuple[int, tuple[int, ...]]]]:
    loops: list[Loop] = []
    regions: list[tuple[int, tuple[int, ...]]] = []
    for face in step.faces:
        first = len(loops)
        loops += face.loops
        regions.append((first, tuple(range(first + 1, len(loops)))))
    x, y, z = map(_rounded, step.plane.origin)
    plane = replace(step.plane, origin=(x, y, z))
    drawn = tuple(Loop(tuple(map(_rounded_curve, loop.curves)), loop.source) for loop in loops)
    return Sketch(plane, drawn, f"line {step.line}"), regions


def _rounded(value: float) -> float:
    """Without the noise of sines and cosines."""
    return round(value, _DECIMALS) + 0.0


def _rounded_point(point: Vec2) -> Vec2:
    return (_rounded(point[0]), _rounded(point[1]))


def _rounded_curve(curve: Curve) -> Curve:
    if isinstance(curve, Circle):
        return Circle(_rounded_point(curve.center), _rounded(curve.radius))
    start, end = _rounded_point(curve.start), _rounded_point(curve.end)
    return (
        Arc(start, _rounded_point(curve.mid), end) if isinstance(curve, Arc) else Line(start, end)
    )
