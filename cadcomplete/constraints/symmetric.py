"""What makes a part its own mirror image: sketches drawn on both sides, and whether it is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from manifold3d import Manifold

from cadcomplete.errors import GeometryError
from cadcomplete.history.geometry import Plane, Vec2, dot
from cadcomplete.history.loops import Loop
from cadcomplete.history.motions import mirroring
from cadcomplete.history.operations import Extrude, Operation, Profile, Revolve, Sketch
from cadcomplete.meshes.manifolds import filled, volume_of

ROUNDING = 1e-5
"""Of a volume or an area, the share that may differ: both are cut by floating numbers."""

_ACROSS = 1e-9  # of a cosine


def unlike(body: Manifold, plane: Plane) -> float:
    """Return the volume in mm³ that a body has on one side of a plane alone, of both sides."""
    if body.is_empty():
        return 0.0
    image = body.transform(mirroring(plane).matrix)
    return volume_of(body - image) + volume_of(image - body)


def drawn_alike(sketch: Sketch, plane: Plane) -> bool:
    """Say whether what a sketch encloses is its own mirror image, where the plane crosses it.

    A sketch that lies along the plane, or aslant, may be anything.
    """
    line = _line(sketch.plane, plane)
    if line is None:
        return True
    (x, y), at = line
    own = filled(sketch.loops)
    image = own.mirror((x, y)).translate((2 * at * x, 2 * at * y))
    differs = (own - image).area() + (image - own).area()
    return differs <= ROUNDING * max(own.area(), 1e-9)


def on_both_sides(operations: Sequence[Operation], first: int, plane: Plane) -> list[Operation]:
    """Return operations with the mirror images of what their sketches draw on one side alone.

    `first` is how many operations stand before them. What is swept of a loop is swept of its image
    as well. A loop that the plane crosses and that is not its own image stays as it is.
    """
    images: dict[int, dict[int, int]] = {}
    found: list[Operation] = []
    for number, operation in enumerate(operations, start=first):
        if isinstance(operation, Sketch):
            operation, images[number] = _completed(operation, plane)
        elif isinstance(operation, Extrude | Revolve):
            profiles = (one for p in operation.profiles for one in _both(p, images))
            operation = replace(operation, profiles=tuple(dict.fromkeys(profiles)))
        found.append(operation)
    return found


def _completed(sketch: Sketch, plane: Plane) -> tuple[Sketch, dict[int, int]]:
    """The sketch with the images that it lacks, and which loop is the image of which."""
    line = _line(sketch.plane, plane)
    if line is None or not sketch.finished:
        return sketch, {}
    loops, images = list(sketch.loops), dict[int, int]()
    for number, loop in enumerate(sketch.loops):
        try:
            image = _mirrored(loop, *line)
        except GeometryError:
            continue
        if _apart(loop, image) and not any(_same(image, other) for other in loops):
            images[number] = len(loops)
            loops.append(image)
    return replace(sketch, loops=tuple(loops)), images


def _both(profile: Profile, images: dict[int, dict[int, int]]) -> list[Profile]:
    """A profile with the images of its holes, and its own image where it has one."""
    known = images.get(profile.sketch, {})
    moved = tuple(known.get(hole, hole) for hole in profile.holes)
    if profile.outer in known:
        return [profile, Profile(profile.sketch, known[profile.outer], moved)]
    return [replace(profile, holes=tuple(dict.fromkeys((*profile.holes, *moved))))]


def _line(drawn: Plane, plane: Plane) -> tuple[Vec2, float] | None:
    """Where the plane crosses that of a sketch at a right angle: the normal and the place of a
    line, in the sketch; None if it does not."""
    if abs(dot(drawn.normal, plane.normal)) > _ACROSS:
        return None
    x, y = (dot(axis, plane.normal) for axis in (drawn.x_axis, drawn.y_axis))
    return (_exact(x), _exact(y)), _rounded(plane.offset - dot(plane.normal, drawn.origin))


def _exact(value: float) -> float:
    """A cosine that is 0 or 1 but for rounding, as that."""
    near = float(round(value))
    return near if abs(value - near) < _ACROSS else value


def _rounded(value: float) -> float:
    return round(value, 9) + 0.0


def _mirrored(loop: Loop, normal: Vec2, at: float) -> Loop:
    """The image of a loop in a line, drawn the other way round, so that its sense stays."""
    x, y = normal

    def move(point: Vec2) -> Vec2:
        far = 2 * (point[0] * x + point[1] * y - at)
        return (_rounded(point[0] - far * x), _rounded(point[1] - far * y))

    image = loop.moved(move)
    return replace(image, curves=tuple(curve.reversed() for curve in reversed(image.curves)))


def _apart(loop: Loop, image: Loop) -> bool:
    """Whether a loop and its image share no area: it lies on one side."""
    own, other = filled((loop,)), filled((image,))
    return (own ^ other).area() <= ROUNDING * own.area()


def _same(one: Loop, other: Loop) -> bool:
    a, b = np.array(one.box), np.array(other.box)
    if np.abs(a - b).max() > 1e-6 * max(1.0, float(np.abs(a).max())):
        return False
    own, their = filled((one,)), filled((other,))
    return (own - their).area() + (their - own).area() <= ROUNDING * max(own.area(), 1e-9)
