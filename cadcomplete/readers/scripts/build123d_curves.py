"""The curves that a sketch of a build123d script is drawn with, and their mirror images."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Curve
from cadcomplete.history.geometry import XY, Plane, Vec2, distance
from cadcomplete.history.operations import Boolean, Loop
from cadcomplete.readers.scripts import shapes, solids
from cadcomplete.readers.scripts.areas import size
from cadcomplete.readers.scripts.build123d_builders import (
    BuildLine,
    BuildPart,
    BuildSketch,
    above,
    curves_of,
)
from cadcomplete.readers.scripts.build123d_objects import (
    ADD,
    Areas,
    Curves,
    Solid,
    boolean_of,
    publish,
)
from cadcomplete.readers.scripts.build123d_places import Frame
from cadcomplete.readers.scripts.corners import rounded
from cadcomplete.readers.scripts.finishing import MirrorStep
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.shapes import lines
from cadcomplete.readers.scripts.values import (
    Function,
    flag,
    items,
    number,
    points,
    positive,
    vec2,
)


def _drawn(session: Session, curves: list[Curve], mode: Any) -> Curves:
    return publish(session, Curves(tuple(curves)), mode)


def _line(session: Session, *pts: Any, mode: Any = ADD) -> Curves:
    ends = [vec2(p) for p in points(*pts)]
    if len(ends) != 2:
        raise ReadError("wrong arguments of Line", expected="two points", got=len(ends))
    return _drawn(session, lines(ends), mode)


def _polyline(session: Session, *pts: Any, close: Any = False, mode: Any = ADD) -> Curves:
    corners = [vec2(p) for p in points(*pts)]
    return _drawn(session, lines(corners + corners[:1] * flag(close)), mode)


def _three_point_arc(session: Session, *pts: Any, mode: Any = ADD) -> Curves:
    given = [vec2(p) for p in points(*pts)]
    if len(given) != 3:
        raise ReadError("wrong arguments of ThreePointArc", expected="three points", got=len(given))
    return _drawn(session, [shapes.arc(given[0], given[1], given[2])], mode)


def _center_arc(
    session: Session, center: Any, radius: Any, start_angle: Any, arc_size: Any, mode: Any = ADD
) -> Curves:
    size = number(arc_size, "an angle")
    sweep = abs(size) % 360 or 360.0  # as the library: turns beyond the first do not count
    arc = shapes.center_arc(
        vec2(center),
        positive(radius, "a radius"),
        number(start_angle, "an angle"),
        sweep if size > 0 else -sweep,
    )
    return _drawn(session, [arc], mode)


def _radius_arc(
    session: Session,
    start_point: Any,
    end_point: Any,
    radius: Any,
    short_sagitta: Any = True,
    mode: Any = ADD,
) -> Curves:
    ends = vec2(start_point), vec2(end_point)
    arc = shapes.radius_arc(*ends, number(radius, "a radius"), short=flag(short_sagitta))
    return _drawn(session, [arc], mode)


def _sagitta_arc(
    session: Session, start_point: Any, end_point: Any, sagitta: Any, mode: Any = ADD
) -> Curves:
    arc = shapes.sagitta_arc(vec2(start_point), vec2(end_point), number(sagitta, "a sagitta"))
    return _drawn(session, [arc], mode)


def _tangent_arc(
    session: Session, *pts: Any, tangent: Any, tangent_from_first: Any = True, mode: Any = ADD
) -> Curves:
    ends = [vec2(p) for p in points(*pts)]
    if len(ends) != 2:
        raise ReadError("wrong arguments of TangentArc", expected="two points", got=len(ends))
    way = vec2(tangent)
    if way == (0.0, 0.0):
        raise ReadError("wrong arguments of TangentArc", expected="a tangent with a length")
    return _drawn(session, [shapes.tangent_arc(ends[0], way, ends[1])], mode)


def _elliptical_arc(
    session: Session,
    center: Any,
    x_radius: Any,
    y_radius: Any,
    start_angle: Any = 0.0,
    *,
    arc_size: Any = 90.0,
    rotation: Any = 0.0,
    mode: Any = ADD,
) -> Curves:
    radii = positive(x_radius, "a radius"), positive(y_radius, "a radius")
    first, sweep = number(start_angle, "an angle"), number(arc_size, "an angle")
    turn = number(rotation, "an angle")
    return _drawn(session, [shapes.ellipse_arc(vec2(center), radii, first, sweep, turn)], mode)


def _bezier(session: Session, *cntl_pnts: Any, weights: Any = None, mode: Any = ADD) -> Curves:
    over = () if weights is None else tuple(positive(w, "a weight") for w in items(weights))
    return _drawn(session, [shapes.bezier([vec2(p) for p in points(*cntl_pnts)], over)], mode)


def _polar_line(
    session: Session,
    start: Any,
    length: Any,
    angle: Any = None,
    direction: Any = None,
    mode: Any = ADD,
) -> Curves:
    (x, y), along = vec2(start), number(length, "a length")
    if direction is not None:
        u, v = vec2(direction)
    elif angle is not None:
        turned = math.radians(number(angle, "an angle"))
        u, v = math.cos(turned), math.sin(turned)
    else:
        raise ReadError("wrong arguments of PolarLine", expected="an angle or a direction")
    share = along / positive(math.hypot(u, v), "a length of the direction")
    return _drawn(session, lines([(x, y), (x + u * share, y + v * share)]), mode)


def _jern_arc(
    session: Session, start: Any, tangent: Any, radius: Any, arc_size: Any, mode: Any = ADD
) -> Curves:
    """An arc that leaves a point in a direction, to the left if its size is positive."""
    (x, y), (u, v), sweep = vec2(start), vec2(tangent), number(arc_size, "an angle")
    r, length = positive(radius, "a radius"), positive(math.hypot(u, v), "a tangent's length")
    if not 0 < abs(sweep) < 360:
        raise UnsupportedError(["JernArc all around"])
    side = math.copysign(1.0, sweep)
    center = (x - side * r * v / length, y + side * r * u / length)
    first = math.degrees(math.atan2(y - center[1], x - center[0]))
    arc = shapes.center_arc(center, r, first, sweep)
    return _drawn(session, [arc.moved((x, y), arc.end)], mode)


def _fillet_polyline(
    session: Session, *pts: Any, radius: Any, close: Any = False, mode: Any = ADD
) -> Curves:
    """Lines from point to point, with arcs at the corners between them."""
    corners = [vec2(p) for p in points(*pts)]
    if flag(close) and distance(corners[0], corners[-1]) > 1e-6:
        corners.append(corners[0])
    closed = distance(corners[0], corners[-1]) <= 1e-6
    if len(corners) < 2:
        raise ReadError("wrong arguments of FilletPolyline", expected="two points or more")
    if closed:
        corners[-1] = corners[0]
    loop = Loop(tuple(lines(corners)))
    free = () if closed else (corners[0], corners[-1])
    arcs = rounded(loop, positive(radius, "a radius"), lambda at: at not in free)
    return _drawn(session, list(arcs.curves), mode)


# --- mirror images ------------------------------------------------------------------------------

_ABOUT = Frame(Plane((0.0, 0.0, 0.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)))


def _mirror(session: Session, objects: Any = None, about: Any = _ABOUT, mode: Any = ADD) -> Any:
    """Mirror what a builder of lines or a sketch has, or what is given, and add that to it."""
    builder = above(session)
    if not isinstance(about, Frame):
        raise ReadError("wrong value", expected="a Plane to mirror at", got=type(about).__name__)
    if isinstance(objects, Solid | BuildPart) or isinstance(builder, BuildPart):
        return _mirrored_part(session, objects, about.fixed(), mode)
    origin, normal = about.plane.origin[:2], about.plane.normal[:2]
    if abs(about.plane.normal[2]) > 1e-9:
        raise UnsupportedError(["mirror at a plane that is not upright"])
    if isinstance(builder, BuildLine) and builder.spots != (XY,):
        raise UnsupportedError(["mirror of lines off the plane of a sketch"])
    whole = builder if objects is None else objects
    if isinstance(whole, BuildSketch) and whole is builder:
        whole = Areas(((XY, whole.faces),))
    if isinstance(whole, Areas):
        return _mirrored_areas(session, whole, origin, normal, mode)
    if not isinstance(whole, BuildLine | Curves) or not isinstance(builder, BuildLine | None):
        raise UnsupportedError(["mirror"])
    made = Curves(tuple(shapes.reflected(c, origin, normal) for c in curves_of(whole)))
    return publish(session, made, mode)


def _mirrored_part(session: Session, objects: Any, mirror: Plane, mode: Any) -> Solid:
    """Return the image of a part, and add it to the part around it: of all of it as one step."""
    part, boolean = above(session), boolean_of(mode)
    given = part if objects is None else objects
    steps = given.placed() if isinstance(given, BuildPart) else given
    steps = steps.steps if isinstance(steps, Solid) else steps
    if not isinstance(steps, tuple):
        raise UnsupportedError(["mirror of several things"])
    if not steps:
        raise ReadError("there is nothing to mirror")
    made = Solid(solids.reflected(steps, mirror), (steps, mirror))
    if not isinstance(part, BuildPart) or boolean is None:
        return made
    if part.spots != (XY,):
        raise UnsupportedError(["mirror in a part that is placed"])
    if steps == part.steps and boolean is Boolean.JOIN:
        part.steps = (*steps, MirrorStep(mirror, session.line))
        return made
    part.take(session, made, (XY,), boolean)
    return made


def _mirrored_areas(session: Session, whole: Areas, origin: Vec2, normal: Vec2, mode: Any) -> Areas:
    if boolean_of(mode) not in (None, Boolean.JOIN):
        raise UnsupportedError(["mirror(mode)"])
    faces = whole.in_plane(XY)
    session.drawing(size(faces))
    moved = tuple(
        replace(face.mapped(lambda loop: _over(loop, origin, normal)), x=None) for face in faces
    )
    return publish(session, Areas(((XY, moved),)), mode)


def _over(loop: Loop, origin: Vec2, normal: Vec2) -> Loop:
    return Loop(tuple(shapes.reflected(curve, origin, normal) for curve in loop.curves))


CURVES: dict[str, Any] = {
    "Line": Function("Line", _line),
    "Polyline": Function("Polyline", _polyline),
    "ThreePointArc": Function("ThreePointArc", _three_point_arc),
    "CenterArc": Function("CenterArc", _center_arc),
    "EllipticalCenterArc": Function("EllipticalCenterArc", _elliptical_arc),
    "Bezier": Function("Bezier", _bezier),
    "RadiusArc": Function("RadiusArc", _radius_arc),
    "SagittaArc": Function("SagittaArc", _sagitta_arc),
    "PolarLine": Function("PolarLine", _polar_line),
    "JernArc": Function("JernArc", _jern_arc),
    "FilletPolyline": Function("FilletPolyline", _fillet_polyline),
    "TangentArc": Function("TangentArc", _tangent_arc, {"tangent_from_first": (True,)}),
    "mirror": Function("mirror", _mirror),
}
