"""The solids that a build123d script names: boxes, cylinders and holes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cadcomplete.errors import ReadError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import XY, Plane, Vec2
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Loop
from cadcomplete.history.turn_axis import FULL, TurnAxis
from cadcomplete.readers.scripts import frames, shapes, solids
from cadcomplete.readers.scripts.areas import FlatFace
from cadcomplete.readers.scripts.boring import bored, coned
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.build123d_builders import BuildPart, above
from cadcomplete.readers.scripts.build123d_objects import ADD, Mode, Solid, boolean_of, publish
from cadcomplete.readers.scripts.build123d_places import aligns, around
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.solids import SolidStep, Steps
from cadcomplete.readers.scripts.values import Function, number, positive, vec3


def _box(
    session: Session,
    length: Any,
    width: Any,
    height: Any,
    rotation: Any = (0, 0, 0),
    align: Any = None,
    mode: Any = ADD,
) -> Solid:
    loop = shapes.rectangle(positive(length, "a length"), positive(width, "a width"))
    return _prism(session, loop, positive(height, "a height"), align, rotation, mode)


def _cylinder(
    session: Session,
    radius: Any,
    height: Any,
    arc_size: Any = 360,
    rotation: Any = (0, 0, 0),
    align: Any = None,
    mode: Any = ADD,
) -> Solid:
    loop = Loop((Circle((0.0, 0.0), positive(radius, "a radius")),))
    return _prism(session, loop, positive(height, "a height"), align, rotation, mode)


def _prism(
    session: Session, loop: Loop, height: float, align: Any, rotation: Any, mode: Any
) -> Solid:
    """Extrude a loop around the origin, aligned there, turned, and placed."""
    across, up, along = aligns(align, 3)
    left, low, right, high = loop.box
    moved = (across.start(left, right), up.start(low, high), 0.0)
    turned = frames.rotation(vec3(rotation))
    middle = along.name == "CENTER"
    reach = solids.extent(height / 2 if middle else height, both=middle)
    if along.name == "MAX":
        reach = solids.extent(-height, both=False)
    plane = frames.compose(turned, replace(XY, origin=moved))
    face = replace(FlatFace.of(loop), x=(1.0, 0.0), made="box")
    made = Solid(solids.extruded([(plane, (face,))], reach, session.line))
    return publish(session, made, mode)


def _cone(
    session: Session,
    bottom_radius: Any,
    top_radius: Any,
    height: Any,
    arc_size: Any = 360,
    rotation: Any = (0, 0, 0),
    align: Any = None,
    mode: Any = ADD,
) -> Solid:
    low, high = number(bottom_radius, "a radius"), number(top_radius, "a radius")
    up = positive(height, "a height")
    if min(low, high) < 0 or low == high == 0:
        raise ReadError("wrong value", expected="radii of a cone of at least 0")
    corners = list(dict.fromkeys([(0.0, 0.0), (low, 0.0), (high, up), (0.0, up)]))
    profile = shapes.polygon(corners)
    return _turned(session, profile, max(low, high), (0.0, up), align, rotation, mode)


def _sphere(
    session: Session,
    radius: Any,
    arc_size1: Any = -90,
    arc_size2: Any = 90,
    arc_size3: Any = 360,
    rotation: Any = (0, 0, 0),
    align: Any = None,
    mode: Any = ADD,
) -> Solid:
    r = positive(radius, "a radius")
    profile = Loop((Arc((0.0, -r), (r, 0.0), (0.0, r)), Line((0.0, r), (0.0, -r))))
    return _turned(session, profile, r, (-r, r), align, rotation, mode)


def _turned(
    session: Session,
    profile: Loop,
    radius: float,
    ends: tuple[float, float],
    align: Any,
    rotation: Any,
    mode: Any,
) -> Solid:
    """Turn a profile, drawn at y = 0 in x and z, about z; align that, turn it, and place it."""
    across, up, along = aligns(align, 3)
    at = (across.start(-radius, radius), up.start(-radius, radius), along.start(*ends))
    upright = Plane(at, (0.0, -1.0, 0.0), (1.0, 0.0, 0.0))
    plane = frames.compose(frames.rotation(vec3(rotation)), upright)
    axis = TurnAxis((0.0, 0.0), (0.0, 1.0))
    reach = Extent(ExtentType.ONE_SIDED, FULL)
    step = SolidStep(plane, (FlatFace.of(profile),), reach, Boolean.JOIN, session.line, axis)
    return publish(session, Solid((step,)), mode)


_CUT = Mode(Boolean.CUT)


def _hole(session: Session, radius: Any, depth: Any = None, mode: Any = _CUT) -> Solid:
    """Drill along z at each place: as far to both sides, without a depth through all there is."""
    part, boolean = above(session), boolean_of(mode)
    if not isinstance(part, BuildPart) or not part.steps:
        raise ReadError("there is no solid to drill into")
    face = FlatFace.of(Loop((Circle((0.0, 0.0), positive(radius, "a radius")),)))
    places = around(session)
    session.drawing(len(places))
    planes: list[list[Plane]] = []
    for place in places:
        spend(1 + len(planes))
        group = next((group for group in planes if frames.coplanar(place, group[0])), None)
        if group is None:
            planes.append(group := [])
        group.append(place)
    steps: Steps = ()
    for group in planes:
        extent = solids.through(part.steps, group[0])
        if depth is not None:
            extent = solids.extent(positive(depth, "a depth"), both=True)
        steps += solids.extruded([(place, (face,)) for place in group], extent, session.line)
    made = Solid(steps)
    if boolean is not None:
        part.take(session, made, (XY,), boolean)
    return made


def _counter_bore(
    session: Session,
    radius: Any,
    counter_bore_radius: Any,
    counter_bore_depth: Any,
    depth: Any = None,
    mode: Any = _CUT,
) -> Solid:
    """Drill against z at each place, and wider from a depth on up to all that lies above."""
    wide, deep = positive(counter_bore_radius, "a radius"), positive(counter_bore_depth, "a depth")

    def head(plane: Plane, points: list[Vec2], up: float) -> Steps:
        reach = (
            Extent(ExtentType.TWO_SIDED, up, deep) if up > 0 else solids.extent(-deep, both=False)
        )
        return bored(plane, points, wide, reach, session.line)

    return _headed(session, radius, depth, mode, head)


def _counter_sink(
    session: Session,
    radius: Any,
    counter_sink_radius: Any,
    depth: Any = None,
    counter_sink_angle: Any = 82,
    mode: Any = _CUT,
) -> Solid:
    """Drill against z at each place, with a cone there, and as wide as that above."""
    wide = positive(counter_sink_radius, "a radius")

    def head(plane: Plane, points: list[Vec2], up: float) -> Steps:
        cones = coned(plane, points, wide, counter_sink_angle, session.line)
        if up <= 0:
            return cones
        return cones + bored(plane, points, wide, solids.extent(up, both=False), session.line)

    return _headed(session, radius, depth, mode, head)


def _headed(
    session: Session,
    radius: Any,
    depth: Any,
    mode: Any,
    head: Callable[[Plane, list[Vec2], float], Steps],
) -> Solid:
    part, boolean = above(session), boolean_of(mode)
    if not isinstance(part, BuildPart) or not part.steps:
        raise ReadError("there is no solid to drill into")
    places = around(session)
    session.drawing(2 * len(places))
    groups: list[tuple[Plane, list[Vec2]]] = []
    for place in places:
        spend(1 + len(groups))
        known = next((group for group in groups if frames.coplanar(place, group[0])), None)
        if known is None:
            groups.append(known := (place, []))
        known[1].append(frames.to_local(known[0], place.origin)[:2])
    steps: Steps = ()
    for plane, points in groups:
        low, high = solids.reach(part.steps, plane)
        down = -low if depth is None else positive(depth, "a depth")
        up = high if depth is None else down
        bore = solids.extent(-positive(down, "a depth below the place"), both=False)
        steps += bored(plane, points, positive(radius, "a radius"), bore, session.line)
        steps += head(plane, points, up)
    made = Solid(steps)
    if boolean is not None:
        part.take(session, made, (XY,), boolean)
    return made


SOLIDS: dict[str, Any] = {
    "Cone": Function("Cone", _cone, {"arc_size": (360,)}),
    "Sphere": Function(
        "Sphere", _sphere, {"arc_size1": (-90,), "arc_size2": (90,), "arc_size3": (360,)}
    ),
    "CounterBoreHole": Function("CounterBoreHole", _counter_bore),
    "CounterSinkHole": Function("CounterSinkHole", _counter_sink),
    "Box": Function("Box", _box),
    "Cylinder": Function("Cylinder", _cylinder, {"arc_size": (360,)}),
    "Hole": Function("Hole", _hole),
}
