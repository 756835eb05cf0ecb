"""What the flat faces look like in which a solid ends: told from the history, or refused.

Just behind the level where a solid ends its steps have cross-sections, which are united and cut
like the steps themselves. Fillets and chamfers change that: along the direction they round its
corners, around it they make it smaller. Where it is not certain what comes of it, it is refused.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.curves import Circle, Curve, Line
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.geometry import Plane, Vec2, Vec3, dot
from cadcomplete.history.kinds import AXES
from cadcomplete.history.moments import moment
from cadcomplete.history.operations import Boolean, Loop
from cadcomplete.history.turn_axis import FULL
from cadcomplete.readers.scripts import frames
from cadcomplete.readers.scripts.areas import Faces, FlatFace, bow, holds, off
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.corners import chamfered, inset, rounded
from cadcomplete.readers.scripts.finishing import BlendStep, MirrorStep, axis_word
from cadcomplete.readers.scripts.mirrored import reflected_point, reflected_way
from cadcomplete.readers.scripts.overlay import common, united, without
from cadcomplete.readers.scripts.skyline import NEAR, bound, level
from cadcomplete.readers.scripts.solids import SolidStep, Steps, moved_faces

_ASKEW = 1e-9
_JUST = 1e-6  # mm behind the level, where a cross-section is taken
_AWAY = 3.0  # how many sizes of a fillet away nothing is changed by it

UNSURE = "a face that a fillet or chamfer changes"

_COMBINED: dict[Boolean, Callable[[Faces, Faces], Faces]] = {
    Boolean.NEW_BODY: united,
    Boolean.JOIN: united,
    Boolean.CUT: without,
    Boolean.INTERSECT: common,
}


def frame_at(way: Vec3, far: float) -> Plane:
    """Return the plane that looks along a direction, so far along it, its x axis horizontal."""
    origin = tuple(0.0 + far * along for along in way)
    across = (-way[1], way[0], 0.0)
    flat = math.hypot(*across) <= _ASKEW
    return frames.plane_of(origin, way, (1.0, 0.0, 0.0) if flat else across)  # type: ignore[arg-type]


def flat_level(steps: Steps, way: Vec3) -> float:
    """Return how far a solid reaches in a direction, if it ends there in a flat face.

    Raises UnsupportedError where that is not certain.
    """
    try:
        return level(steps, way)
    except UnsupportedError:
        far = bound(steps, way)
        if not any(isinstance(step, BlendStep) for step in steps) or not region(steps, way, far):
            raise
        return far


def region(steps: Steps, way: Vec3, far: float) -> Faces:
    """Return the faces in which a solid ends at a level along a direction, in `frame_at` it.

    Raises UnsupportedError where they cannot be told for certain.
    """
    frame = frame_at(way, far)
    faces: Faces = ()
    for number, step in enumerate(steps):
        before = steps[:number]
        if isinstance(step, SolidStep):
            faces = _COMBINED[step.boolean](faces, _section(step, frame, way, far))
        elif isinstance(step, MirrorStep):
            faces = united(faces, _image(step.plane, before, frame, way, far))
        else:
            faces = _blended(step, before, faces, way, far)
    return faces


def _image(mirror: Plane, before: Steps, frame: Plane, way: Vec3, far: float) -> Faces:
    seen = reflected_way(mirror, way)
    there = far - 2 * mirror.offset * dot(mirror.normal, way)
    own = frame_at(seen, there)

    def over(at: Vec2) -> Vec2:
        image = reflected_point(mirror, frames.to_world(own, (*at, 0.0)))
        return frames.to_local(frame, image)[:2]

    found = region(before, seen, there)
    return tuple(face.mapped(lambda loop: loop.moved(over)) for face in found)


# --- the cross-section of a step ----------------------------------------------------------------


def _section(step: SolidStep, frame: Plane, way: Vec3, far: float) -> Faces:
    """Return where a step has material just behind a level, in the coordinates of a frame."""
    spend(20)
    alone = (replace(step, boolean=Boolean.JOIN),)
    back = (-way[0], -way[1], -way[2])
    if bound(alone, way) < far - NEAR or -bound(alone, back) > far - NEAR:
        return ()
    tilt = abs(dot(way, step.plane.normal))
    if step.axis is not None:
        direction = step.axis.in_world(step.plane)[1]
        low, high = sorted(step.extent.span)
        if abs(dot(way, direction)) >= 1 - _ASKEW and high - low >= FULL - 1e-6:
            return united((), _rings(step, frame, way, far))
    elif tilt >= 1 - _ASKEW:
        return united((), moved_faces(step.faces, step.plane, frame))
    elif tilt <= _ASKEW:
        return united((), _strips(step, frame, way, far))
    raise UnsupportedError(["a face that what is turned or slanted meets"])


def _strips(step: SolidStep, frame: Plane, way: Vec3, far: float) -> Faces:
    """The cross-section along a prism: a rectangle for each stretch of its profile."""
    plane, (low, high) = step.plane, sorted(step.extent.span)
    flat = (dot(way, plane.x_axis), dot(way, plane.y_axis))
    height = far - dot(way, plane.origin)
    found: list[FlatFace] = []
    for face in step.faces:
        for a, b in _stretches(face, flat, height):
            corners = []
            for along, z in ((a, low), (b, low), (b, high), (a, high)):
                x, y = height * flat[0] + along * flat[1], height * flat[1] - along * flat[0]
                corners.append(frames.to_local(frame, frames.to_world(plane, (x, y, z)))[:2])
            lines = (Line(p, q) for p, q in itertools.pairwise([*corners, corners[0]]))
            found.append(FlatFace.of(Loop(tuple(lines))))
    return tuple(found)


def _rings(step: SolidStep, frame: Plane, way: Vec3, far: float) -> Faces:
    """The cross-section across the axis of a revolve: rings around it."""
    assert step.axis is not None
    plane = step.plane
    flat = (dot(way, plane.x_axis), dot(way, plane.y_axis))
    height = far - dot(way, plane.origin)
    point = frames.to_local(frame, step.axis.in_world(plane)[0])[:2]
    on_axis = flat[1] * step.axis.point[0] - flat[0] * step.axis.point[1]
    found: list[FlatFace] = []
    for face in step.faces:
        for a, b in _stretches(face, flat, height):
            inner, outer = sorted((abs(a - on_axis), abs(b - on_axis)))
            circles = [Loop((Circle(point, r),)) for r in (outer, inner) if r > 1e-6]
            found.append(FlatFace.of(circles[0], circles[1:]))
    return tuple(found)


def _stretches(face: FlatFace, way: Vec2, height: float) -> list[tuple[float, float]]:
    """Return where a line just below a height lies in a face, as places along it, at the height.

    The line runs at right angles to `way`, to its right.
    """
    crossings = sorted(
        at
        for loop in face.loops
        for curve in loop.curves
        for at in _crossed(curve, way, height - _JUST, height)
    )
    pairs = (
        list(zip(crossings[::2], crossings[1::2], strict=True)) if len(crossings) % 2 == 0 else []
    )
    middle = [
        (x * way[1] + (height - _JUST) * way[0], -x * way[0] + (height - _JUST) * way[1])
        for x in ((a + b) / 2 for a, b in pairs)
    ]
    for point in middle:
        outer, *holes = face.loops
        if not holds(outer, point) or any(holds(hole, point) for hole in holes):
            raise UnsupportedError(["a face that cannot be told from its profile"])
    if len(crossings) % 2 or any(b - a <= NEAR for a, b in pairs):
        raise UnsupportedError(["a face that cannot be told from its profile"])
    return pairs


def _crossed(curve: Curve, way: Vec2, below: float, height: float) -> list[float]:
    """Return where a curve passes below a height, as places along there, carried on to it."""

    def local(point: Vec2) -> Vec2:
        return (point[0] * way[1] - point[1] * way[0], point[0] * way[0] + point[1] * way[1])

    spend(4)
    if isinstance(curve, Line):
        (a, low), (b, high) = sorted(map(local, (curve.start, curve.end)), key=lambda p: p[1])
        if not low < below < high:
            return []
        if abs(high - height) <= 10 * NEAR:
            return [b]
        return [a + (b - a) * (height - low) / (high - low)]
    curve = bow(curve)
    along, up = local(curve.center)
    square = curve.radius**2 - (below - up) ** 2
    if square <= 0:
        return []
    half, found = math.sqrt(square), []
    for sign in (-1.0, 1.0):
        x = along + sign * half
        at = (x * way[1] + below * way[0], -x * way[0] + below * way[1])
        if isinstance(curve, Circle) or off(at, curve) <= 1e-9 * (1 + curve.radius):
            higher = curve.radius**2 - (height - up) ** 2
            found.append(along + sign * math.sqrt(max(higher, 0.0)))
    return found


# --- fillets and chamfers -----------------------------------------------------------------------


def _blended(step: BlendStep, before: Steps, faces: Faces, way: Vec3, far: float) -> Faces:
    """Return what a fillet or chamfer makes of the faces at a level."""
    own, back = axis_word(way), (-way[0], -way[1], -way[2])
    thick = far + bound(before, back)
    upright = all(_upright(one, way, far) for one in before if not isinstance(one, BlendStep))
    for name in step.edges:
        filters = name.filters if isinstance(name, EdgePredicate) and name.kind == "all" else None
        if filters is None:
            raise UnsupportedError([UNSURE])
        if axis_word(back) in filters:
            if thick < _AWAY * step.most:
                raise UnsupportedError([UNSURE])
        elif not upright:
            raise UnsupportedError([UNSURE])
        elif filters == (own,):
            faces = tuple(_smaller(face, step.size) for face in faces)
        elif filters in (("x",), ("y",), ("z",)) and own[1] not in filters:
            way_of = _flat(frame_at(way, far), AXES[f"+{filters[0]}"])
            faces = tuple(_smaller(face, step.size, way_of) for face in faces)
        elif own[1] in filters:
            faces = _cornered(step, set(filters) - {own[1]}, before, faces, frame_at(way, far))
        else:
            raise UnsupportedError([UNSURE])
    return faces


def _cornered(step: BlendStep, ways: set[str], before: Steps, faces: Faces, frame: Plane) -> Faces:
    """Return faces with their corners changed, where edges run away from them.

    With a direction only those that lie farthest in it: as far as the solid reaches.
    """
    if len(ways) > 1 or not ways <= AXES.keys():
        raise UnsupportedError([UNSURE])
    found: list[Vec2] = []

    def chosen(at: Vec2) -> bool:
        for word in ways:
            reach = dot(AXES[word], frames.to_world(frame, (*at, 0.0)))
            if reach < bound(before, AXES[word]) - 1e-6:
                return False
        found.append(at)
        return True

    def change(loop: Loop) -> Loop:
        return (rounded if step.rounded else chamfered)(loop, step.size, chosen)

    changed = tuple(face.mapped(change) for face in faces)
    if ways and not found:
        raise UnsupportedError([UNSURE])
    return changed


def _upright(step: SolidStep | MirrorStep, way: Vec3, far: float) -> bool:
    """Say whether the walls of a step that meet a level run straight along a direction."""
    if _along(step, way):
        return True
    if isinstance(step, MirrorStep) or step.axis is not None:
        return False
    alone = (replace(step, boolean=Boolean.JOIN),)
    if bound(alone, way) < far - NEAR or -bound(alone, (-way[0], -way[1], -way[2])) > far - NEAR:
        return True
    plane = step.plane
    flat, base = (dot(way, plane.x_axis), dot(way, plane.y_axis)), dot(way, plane.origin)
    if abs(dot(way, plane.normal)) > _ASKEW:
        return False
    meeting = [
        curve
        for face in step.faces
        for loop in face.loops
        for curve in loop.curves
        if _crossed(curve, flat, far - base - _JUST, far - base)
    ]
    return all(isinstance(c, Line) and _runs(c, flat) for c in meeting)


def _runs(line: Line, way: Vec2) -> bool:
    x, y = line.end[0] - line.start[0], line.end[1] - line.start[1]
    return abs(x * way[1] - y * way[0]) <= 1e-9 * line.length


def _along(step: SolidStep | MirrorStep, way: Vec3) -> bool:
    """Say whether all walls of a step run along a direction."""
    if isinstance(step, MirrorStep):
        return abs(dot(step.plane.normal, way)) <= _ASKEW
    return step.axis is None and abs(dot(step.plane.normal, way)) >= 1 - _ASKEW


def _smaller(face: FlatFace, by: float, along: Vec2 | None = None) -> FlatFace:
    """Return a face of which the rim is rounded or cut off; only its lines along a direction."""

    def chosen(curve: Curve) -> bool:
        return along is None or (isinstance(curve, Line) and _runs(curve, along))

    outer, *holes = face.loops
    inner = [inset(hole, by, hole=True, chosen=chosen) for hole in holes]
    return FlatFace.of(inset(outer, by, hole=False, chosen=chosen), inner)


def _flat(frame: Plane, way: Vec3) -> Vec2:
    return (dot(way, frame.x_axis), dot(way, frame.y_axis))


# --- the x axis of their surface ----------------------------------------------------------------


def surface_x(steps: Steps, way: Vec3, far: float) -> Vec3 | None:
    """Return where the x axis of the surface points in which a solid ends; None if that is unsure.

    A library that draws on a face takes it from there. Of what is drawn as a rectangle, a circle or
    a box it is known.
    """
    frame, found = frame_at(way, far), set()
    for number, step in enumerate(steps):
        if isinstance(step, MirrorStep) and _image(step.plane, steps[:number], frame, way, far):
            return None
        if not isinstance(step, SolidStep) or step.boolean is Boolean.CUT:
            continue
        if _section(step, frame, way, far):
            found |= {_surface_x(step, face, way) for face in step.faces}
    if len(found) != 1 or None in found:
        return None
    return found.pop()


def _surface_x(step: SolidStep, face: FlatFace, way: Vec3) -> Vec3 | None:
    plane = step.plane
    if face.x is None or step.axis is not None:
        return None
    (u, v), at = face.x, (dot(way, plane.x_axis), dot(way, plane.y_axis))
    if abs(dot(way, plane.normal)) < 1 - _ASKEW:
        if face.made == "box":
            return _rounded(plane.normal)
        if face.made != "rectangle":
            return None
        if abs(at[0] * u + at[1] * v) > 1 - _ASKEW:  # a wall that its x stands upon
            u, v = -v, u
    a, b = plane.x_axis, plane.y_axis
    return _rounded((u * a[0] + v * b[0], u * a[1] + v * b[1], u * a[2] + v * b[2]))


def _rounded(way: Vec3) -> Vec3:
    x, y, z = (round(v, 9) + 0.0 for v in way)
    return (x, y, z)


# --- where their middle is ----------------------------------------------------------------------


def middle_of(faces: Faces) -> Vec2:
    """Return the centre of mass of faces that do not overlap."""
    area, x, y = 0.0, 0.0, 0.0
    for face in faces:
        for number, loop in enumerate(face.loops):
            spend(4 * len(loop.curves))
            sign = math.copysign(1.0, loop.area) * (-1.0 if number else 1.0)
            area += sign * loop.area
            y += sign * moment(loop)
            x += sign * moment(loop.moved(lambda at: (-at[1], at[0])))
    if area <= 0:
        raise UnsupportedError(["the middle of a face that is not there"])
    return (x / area, y / area)


def solid_middle(steps: Steps) -> Vec3:
    """Return the centre of mass of a solid whose walls all run from one plane to another.

    Raises UnsupportedError for any other.
    """
    first = steps[0] if steps else None
    if not isinstance(first, SolidStep) or not spans_all(steps, first.plane.normal):
        raise UnsupportedError(["the middle of a solid: select a face first"])
    way = first.plane.normal
    top, bottom = bound(steps, way), -bound(steps, (-way[0], -way[1], -way[2]))
    faces: Faces = ()
    for step in steps:
        if isinstance(step, SolidStep):
            section = united((), moved_faces(step.faces, step.plane, first.plane))
            faces = _COMBINED[step.boolean](faces, section)
    x, y = middle_of(faces)
    return frames.to_world(first.plane, (x, y, (bottom + top) / 2 - first.plane.offset))


def spans_all(steps: Steps, way: Vec3) -> bool:
    """Say whether all steps reach over the whole solid, straight along a direction."""
    top, bottom = bound(steps, way), -bound(steps, (-way[0], -way[1], -way[2]))
    return all(isinstance(s, SolidStep) and _spans(s, way, bottom, top) for s in steps)


def _spans(step: SolidStep, way: Vec3, bottom: float, top: float) -> bool:
    """Say whether a step reaches over a whole solid, straight along a direction."""
    if not _along(step, way):
        return False
    ends = [dot(way, step.plane.raised(z).origin) for z in step.extent.span]
    low, high = sorted(ends)
    if step.boolean is Boolean.CUT:
        return low <= bottom + NEAR and high >= top - NEAR
    return abs(low - bottom) <= NEAR and abs(high - top) <= NEAR
