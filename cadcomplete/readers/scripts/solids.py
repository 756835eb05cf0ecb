"""Solids of a script: what was extruded or turned, in order, and what that did to the rest.

Adding is all the same in which order it is done, so two solids are one history as long as what is
joined, cut away or intersected is itself only added together. Anything else has no history of
extrudes, and is refused by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.extents import STEEPEST
from cadcomplete.history.geometry import Plane, Vec2, Vec3, dot
from cadcomplete.history.operations import Boolean, Extent, ExtentType
from cadcomplete.history.turn_axis import FULL, TurnAxis
from cadcomplete.readers.scripts.areas import Faces, add, size
from cadcomplete.readers.scripts.budget import check_curves, spend
from cadcomplete.readers.scripts.finishing import BlendStep, MirrorStep
from cadcomplete.readers.scripts.frames import compose, coplanar, relocated, to_local, to_world
from cadcomplete.readers.scripts.mirrored import reflected_extent, reflected_plane


@dataclass(frozen=True, slots=True)
class SolidStep:
    """Faces of one plane, extruded, and what that does to what was there before.

    With an `axis`, in the x and y of the plane, they are turned about it: `extent` is in degrees.
    `made` is one thing for a step and all its copies, moved or in a mirror.
    """

    plane: Plane
    faces: Faces
    extent: Extent
    boolean: Boolean
    line: int = field(default=0, compare=False)
    axis: TurnAxis | None = None
    made: object = field(default_factory=object, compare=False, repr=False)

    def moved(self, frame: Plane) -> SolidStep:
        return replace(self, plane=compose(frame, self.plane))

    def reflected(self, mirror: Plane) -> SolidStep:
        plane, extent = reflected_plane(mirror, self.plane), reflected_extent(self.extent)
        return replace(self, plane=plane, extent=extent)


Step = SolidStep | BlendStep | MirrorStep
Steps = tuple[Step, ...]

_OFF = 1e-6  # mm, or the sine of an angle, that an axis may be off a plane


def extent(amount: float, *, both: bool) -> Extent:
    """Return how far an extrude reaches: over `amount`, or as far to both sides."""
    if amount == 0:
        raise ReadError("an extrude without a height")
    if both:
        return Extent(ExtentType.SYMMETRIC, abs(amount))
    return Extent(ExtentType.ONE_SIDED, amount)


def leaning(reach: Extent, degrees: float) -> Extent:
    """Return how far an extrude reaches whose walls lean inwards by an angle."""
    if abs(degrees) >= STEEPEST:
        raise ReadError("wrong value", expected=f"a taper below {STEEPEST:g} degrees", got=degrees)
    return replace(reach, taper=degrees) if degrees else reach


def extruded(placed: list[tuple[Plane, Faces]], reach: Extent, line: int) -> Steps:
    """Return what faces sweep; those of one plane make one step."""
    return tuple(SolidStep(p, f, reach, Boolean.JOIN, line) for p, f in _by_plane(placed) if f)


def turned(
    placed: list[tuple[Plane, Faces]], start: Vec3, direction: Vec3, degrees: float, line: int
) -> Steps:
    """Return what faces sweep about an axis in space, whose direction is a unit vector.

    `degrees` are those that the library turns, at most 360; it takes nothing for all around. Raises
    UnsupportedError if the axis does not lie in the plane of the faces.
    """
    angles = Extent(ExtentType.ONE_SIDED, degrees or FULL)
    steps: list[SolidStep] = []
    for plane, faces in _by_plane(placed):
        x, y, z = to_local(plane, start)
        u, v, w = (dot(direction, axis) for axis in (plane.x_axis, plane.y_axis, plane.normal))
        if max(abs(z), abs(w)) > _OFF:
            raise UnsupportedError(["revolve about an axis off the plane of the sketch"])
        axis = TurnAxis.of((x, y), (u, v))
        steps += [SolidStep(plane, faces, angles, Boolean.JOIN, line, axis)] if faces else []
    return tuple(steps)


def _by_plane(placed: list[tuple[Plane, Faces]]) -> list[tuple[Plane, Faces]]:
    groups: list[tuple[Plane, Faces]] = []
    for plane, faces in placed:
        spend(1 + len(groups))
        for number, (known, others) in enumerate(groups):
            if coplanar(plane, known):
                groups[number] = (known, add(others, moved_faces(faces, plane, known)))
                break
        else:
            groups.append((plane, faces))
    return groups


def moved_faces(faces: Faces, source: Plane, target: Plane) -> Faces:
    """Return faces of a plane in the coordinates of another that is coplanar."""
    return tuple(face.mapped(lambda loop: relocated(loop, source, target)) for face in faces)


def moved(steps: Steps, frame: Plane) -> Steps:
    """Return a solid put at a place."""
    spend(10 * len(steps))
    return tuple(step.moved(frame) for step in steps)


def curves_in(steps: Steps) -> int:
    """Return how many curves a solid is made of."""
    return sum(size(step.faces) for step in steps if isinstance(step, SolidStep))


def only_adds(steps: Steps) -> bool:
    return all(isinstance(step, SolidStep) and step.boolean is Boolean.JOIN for step in steps)


def done(steps: Steps, boolean: Boolean) -> Steps:
    """Return what only adds as what does something else."""
    return tuple(replace(step, boolean=boolean) for step in steps if isinstance(step, SolidStep))


def reflected(steps: Steps, mirror: Plane) -> Steps:
    """Return the image of a solid on the other side of a plane. Raises UnsupportedError."""
    spend(20 * len(steps))
    return tuple(step.reflected(mirror) for step in steps)


def _together(first: Steps, second: Steps) -> Steps:
    """Return both, one after the other. Raises ReadError for more than a script may make."""
    steps = first + second
    spend(4 * len(steps))
    check_curves(curves_in(steps))
    return steps


def join(base: Steps, tool: Steps) -> Steps:
    if only_adds(tool):
        return _together(base, tool)
    if only_adds(base):
        return _together(tool, base)
    raise UnsupportedError(["union with a compound tool"])


def fused(steps: Steps) -> Steps:
    """Return what only adds with the faces of one plane that reach as far in one step."""
    if not only_adds(steps):
        return steps
    made: list[SolidStep] = []
    for step in (step for step in steps if isinstance(step, SolidStep)):
        spend(10 + len(made))
        same = (i for i, known in enumerate(made) if _goes_on(known, step))
        at = next(same, None)
        if at is None:
            made.append(step)
            continue
        known = made[at]
        faces = add(known.faces, moved_faces(step.faces, step.plane, known.plane))
        made[at] = SolidStep(
            known.plane, faces, known.extent, known.boolean, known.line, known.axis
        )
    return tuple(made)


def _goes_on(known: SolidStep, step: SolidStep) -> bool:
    """Say whether two steps are one, of all their faces."""
    if known.extent != step.extent or not coplanar(known.plane, step.plane):
        return False
    if known.axis is None or step.axis is None:
        return known.axis is step.axis
    return known.plane == step.plane and known.axis == step.axis


def cut(base: Steps, tool: Steps) -> Steps:
    if not base:
        raise ReadError("there is no solid to cut from")
    if not only_adds(tool):
        raise UnsupportedError(["cut with a compound tool"])
    return _together(base, done(tool, Boolean.CUT))


def intersect(base: Steps, tool: Steps) -> Steps:
    if not base or not tool:
        raise ReadError("there is no solid to intersect")
    if len(tool) > 1 and len(base) == 1:
        base, tool = tool, base
    if len(tool) > 1 or not only_adds(tool):
        raise UnsupportedError(["intersect with a compound tool"])
    return _together(base, done(tool, Boolean.INTERSECT))


BOOLEANS = {Boolean.JOIN: join, Boolean.CUT: cut, Boolean.INTERSECT: intersect}


def reach(steps: Steps, plane: Plane) -> tuple[float, float]:
    """Return how far a solid lies below and above a plane at most, in mm."""
    heights: list[float] = []
    for number, step in enumerate(steps):
        if isinstance(step, MirrorStep):
            seen = reflected_plane(step.plane, plane)  # its normal is turned over
            heights += (-height for height in reach(steps[:number], seen))
        if not isinstance(step, SolidStep):
            continue
        for face in step.faces:
            left, low, right, high = face.outer.box
            for corner in ((x, y) for x in (left, right) for y in (low, high)):
                heights += _heights(step, corner, plane)
    return min(heights), max(heights)


def _heights(step: SolidStep, corner: Vec2, plane: Plane) -> list[float]:
    """Return how high over a plane a corner of a face ends up; all around, if it is turned."""
    if step.axis is None:
        ends = ((*corner, z) for z in step.extent.span)
        return [to_local(plane, to_world(step.plane, end))[2] for end in ends]
    along, away = step.axis.local(corner)
    middle = to_local(plane, to_world(step.plane, (*step.axis.back((along, 0.0)), 0.0)))[2]
    tilt = dot(step.axis.in_world(step.plane)[1], plane.normal)
    most = abs(away) * math.sqrt(max(1.0 - tilt**2, 0.0))
    return [middle - most, middle + most]


def through(steps: Steps, plane: Plane) -> Extent:
    """Return how far an extrude from a plane must go to leave a solid on every side."""
    low, high = reach(steps, plane)
    if low >= 0 or high <= 0:
        return Extent(ExtentType.ONE_SIDED, high if low >= 0 else low)
    return Extent(ExtentType.TWO_SIDED, high, -low)
