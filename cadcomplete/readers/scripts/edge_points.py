"""Edges and faces that a script selects by a point: the one that lies nearest to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.edges import EdgePoint
from cadcomplete.history.geometry import Vec2, Vec3, dot
from cadcomplete.readers.scripts import frames
from cadcomplete.readers.scripts.areas import direction_of, holds, off, share_at
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.solids import SolidStep, Steps
from cadcomplete.readers.scripts.values import Value, vec3

_NEAR = 1e-6  # mm from a surface to a point on it

_NEAR_FACE = 1e-4  # the same for a point a little way into a face, which may be round

_SAME = 1e-6  # by how much the cosine between two normals that are one is off 1


@dataclass(frozen=True, slots=True)
class NearEdge(Value):
    """The edge of a solid that lies nearest to a point. The point is to lie on it.

    A point that does not is one of no edge for the history: building it says so.
    """

    steps: Steps
    at: Vec3

    @property
    def name(self) -> EdgePoint:
        return EdgePoint(self.at)


@dataclass(frozen=True, slots=True)
class NearFace(Value):
    """The face of a solid that lies nearest to a point. The point is to lie on it."""

    steps: Steps
    at: Vec3


@dataclass(frozen=True, slots=True)
class Touched:
    """A flat end or a wall of a step that a point lies on.

    Attributes:
        step: its index.
        level: of a flat end how high it is over the plane of the step; None of a wall.
        loop, curve: of a wall, by their indices in the sketch of the step; 0 of an end.
        corners: how many curves that loop has.
        normal: there, in the world.
    """

    step: int
    level: float | None
    loop: int = 0
    curve: int = 0
    corners: int = 0
    normal: Vec3 = field(default=(0.0, 0.0, 1.0), compare=False)

    @property
    def place(self) -> tuple[int, int, int]:
        """The order in which faces were made: an end before the walls of the same step."""
        return (self.step, int(self.level is None), self.loop)


def nearest_edge(steps: Steps, point: object) -> NearEdge:
    """Return the edge at a point. Raises UnsupportedError where several meet."""
    at = vec3(point)
    if len(_sides(steps, at)) > 2:
        raise UnsupportedError(["an edge by a point where several meet"])
    return NearEdge(steps, at)


def _sides(steps: Steps, at: Vec3) -> list[list[Touched]]:
    """Return what a point lies on, what looks the same way together."""
    sides: list[list[Touched]] = []
    for one in touched(steps, at, _NEAR):
        same = (side for side in sides if abs(dot(one.normal, side[0].normal)) >= 1 - _SAME)
        side = next(same, None)
        if side is None:
            sides.append([one])
        else:
            side.append(one)
    return sides


def is_first(edge: NearEdge, face: NearFace) -> bool:
    """Say whether of the two faces at an edge one was made first, as `Chamfer` counts.

    Raises UnsupportedError where it is not certain which of them it is.
    """
    sides, known = _sides(edge.steps, edge.at), set(touched(face.steps, face.at, _NEAR_FACE))
    named = [bool(known.intersection(side)) for side in sides]
    if len(sides) != 2 or sum(named) != 1 or edge.steps != face.steps:
        raise UnsupportedError(["chamfer(reference) of faces that are not told apart"])
    (own, other) = (min(side, key=lambda one: (one.place, one.curve)) for side in sides)
    if named[1]:
        own, other = other, own
    if own.place != other.place or own.level is not None:
        return own.place < other.place
    before, after = (
        (a.curve + 1) % own.corners == b.curve for a, b in ((own, other), (other, own))
    )
    return before if before != after else own.curve < other.curve


def touched(steps: Steps, point: Vec3, near: float) -> Iterator[Touched]:
    """Yield what a point lies on, so far off in mm, of all that was extruded straight."""
    for number, step in enumerate(steps):
        spend(10)
        if isinstance(step, SolidStep) and step.axis is None and step.extent.straight:
            yield from _of_prism(number, step, point, near)


def _of_prism(number: int, step: SolidStep, point: Vec3, near: float) -> Iterator[Touched]:
    x, y, z = frames.to_local(step.plane, point)
    low, high = sorted(step.extent.span)
    if not low - near <= z <= high + near:
        return
    walls, inside, first = [], False, 0
    for face in step.faces:
        spend(12 * sum(len(loop.curves) for loop in face.loops))
        for i, loop in enumerate(face.loops):
            for j, curve in enumerate(loop.curves):
                if off((x, y), curve) <= near:
                    way, count = _normal(step, curve, (x, y)), len(loop.curves)
                    walls.append(Touched(number, None, first + i, j, count, way))
        first += len(face.loops)
        outer, *holes = face.loops
        inside = inside or (holds(outer, (x, y)) and not any(holds(hole, (x, y)) for hole in holes))
    yield from walls
    for end in (low, high) if walls or inside else ():
        if abs(z - end) <= near:
            yield Touched(number, end, normal=step.plane.normal)


def _normal(step: SolidStep, curve: object, at: Vec2) -> Vec3:
    """The direction across a wall at a point of it."""
    u, v = direction_of(curve, share_at(curve, at))  # type: ignore[arg-type]
    plane = step.plane
    return tuple(v * a - u * b for a, b in zip(plane.x_axis, plane.y_axis, strict=True))  # type: ignore[return-value]
