"""The methods of CadQuery's workplanes that draw curves and shapes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Circle, Curve, Ellipse, Line
from cadcomplete.history.ellipses import half_turn
from cadcomplete.history.geometry import Plane, Vec2, distance
from cadcomplete.history.operations import Loop
from cadcomplete.readers.scripts import frames, shapes
from cadcomplete.readers.scripts.cadquery_objects import pair
from cadcomplete.readers.scripts.cadquery_workplane import Pen, Wire, Workplane
from cadcomplete.readers.scripts.corners import grown
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.values import (
    Function,
    flag,
    items,
    number,
    positive,
    vec2,
    whole,
)

# --- curves -------------------------------------------------------------------------------------


def _drawn(self: Workplane, curves: list[Curve], construction: Any = False) -> Workplane:
    self.pending.session.drawing(len(curves))
    if flag(construction):
        return self.then(*(Pen(self.plane, curve) for curve in curves))
    if curves and self.pending.first is None:
        self.pending.first = curves[0].start
    self.pending.edges += [(self.plane, curve) for curve in curves]
    return self.then(*(Pen(self.plane, curve) for curve in curves))


def _line_to(
    _: Session, self: Workplane, x: Any, y: Any, forConstruction: Any = False
) -> Workplane:
    end = (number(x), number(y))
    if distance(self.pen, end) <= 1e-9:
        raise ReadError("a line without length", got=end)
    return _drawn(self, [Line(self.pen, end)], forConstruction)


def _line(
    session: Session, self: Workplane, xDist: Any, yDist: Any, forConstruction: Any = False
) -> Workplane:
    x, y = self.pen
    return _line_to(session, self, x + number(xDist), y + number(yDist), forConstruction)


def _h_line(
    session: Session, self: Workplane, distance: Any, forConstruction: Any = False
) -> Workplane:
    return _line(session, self, distance, 0, forConstruction)


def _v_line(
    session: Session, self: Workplane, distance: Any, forConstruction: Any = False
) -> Workplane:
    return _line(session, self, 0, distance, forConstruction)


def _h_line_to(
    session: Session, self: Workplane, xCoord: Any, forConstruction: Any = False
) -> Workplane:
    return _line_to(session, self, xCoord, self.pen[1], forConstruction)


def _v_line_to(
    session: Session, self: Workplane, yCoord: Any, forConstruction: Any = False
) -> Workplane:
    return _line_to(session, self, self.pen[0], yCoord, forConstruction)


def _polar_line(
    session: Session, self: Workplane, distance: Any, angle: Any, forConstruction: Any = False
) -> Workplane:
    turned = math.radians(number(angle, "an angle"))
    along = number(distance)
    x, y = along * math.cos(turned), along * math.sin(turned)
    return _line(session, self, x, y, forConstruction)


def _polar_line_to(
    session: Session, self: Workplane, distance: Any, angle: Any, forConstruction: Any = False
) -> Workplane:
    turned, away = math.radians(number(angle, "an angle")), number(distance)
    x, y = away * math.cos(turned), away * math.sin(turned)
    return _line_to(session, self, x, y, forConstruction)


def _polyline(
    _: Session,
    self: Workplane,
    listOfXYTuple: Any,
    forConstruction: Any = False,
    includeCurrent: Any = False,
) -> Workplane:
    corners = [vec2(p) for p in items(listOfXYTuple)]
    corners = [self.pen, *corners] if flag(includeCurrent) else corners
    return _drawn(self, shapes.lines(corners), forConstruction)


def _three_point_arc(
    _: Session, self: Workplane, point1: Any, point2: Any, forConstruction: Any = False
) -> Workplane:
    return _drawn(self, [shapes.arc(self.pen, vec2(point1), vec2(point2))], forConstruction)


def _sagitta_arc(
    _: Session, self: Workplane, endPoint: Any, sag: Any, forConstruction: Any = False
) -> Workplane:
    arc = shapes.sagitta_arc(self.pen, vec2(endPoint), number(sag, "a sagitta"))
    return _drawn(self, [arc], forConstruction)


def _radius_arc(
    _: Session, self: Workplane, endPoint: Any, radius: Any, forConstruction: Any = False
) -> Workplane:
    arc = shapes.radius_arc(self.pen, vec2(endPoint), number(radius, "a radius"))
    return _drawn(self, [arc], forConstruction)


def _tangent_arc(
    _: Session,
    self: Workplane,
    endpoint: Any,
    forConstruction: Any = False,
    relative: Any = True,
) -> Workplane:
    last = self.stack[-1] if self.stack else None
    if not isinstance(last, Pen) or last.plane != self.plane:
        raise ReadError("there is no curve that the arc could go on from")
    (x, y), (u, v) = self.pen, vec2(endpoint)
    end = (x + u, y + v) if flag(relative) else (u, v)
    arc = shapes.tangent_arc((x, y), shapes.end_direction(last.curve), end)
    return _drawn(self, [arc], forConstruction)


def _ellipse_arc(
    _: Session,
    self: Workplane,
    x_radius: Any,
    y_radius: Any,
    angle1: Any = 360,
    angle2: Any = 360,
    rotation_angle: Any = 0.0,
    sense: Any = 1,
    forConstruction: Any = False,
    startAtCurrent: Any = True,
) -> Workplane:
    """Draw an arc of an ellipse that starts where the pen is, or is around it.

    It goes counter-clockwise from one angle to the other; with a sense of -1 it is turned round.
    """
    radii = positive(x_radius, "a radius"), positive(y_radius, "a radius")
    first, last = number(angle1, "an angle"), number(angle2, "an angle")
    turn = number(rotation_angle, "an angle")
    arc = shapes.ellipse_arc((0.0, 0.0), radii, first, (last - first) % 360, turn)
    arc = arc if sense == 1 else arc.reversed()
    (x, y), (u, v) = self.pen, arc.start if flag(startAtCurrent) else (0.0, 0.0)
    moved = arc.mapped(lambda at: (at[0] + x - u, at[1] + y - v))
    if flag(startAtCurrent):
        moved = moved.moved((x, y), moved.end)
    return _drawn(self, [moved], forConstruction)


def _bezier(
    _: Session,
    self: Workplane,
    listOfXYTuple: Any,
    forConstruction: Any = False,
    includeCurrent: Any = False,
) -> Workplane:
    poles = [vec2(p) for p in items(listOfXYTuple)]
    poles = [self.pen, *poles] if flag(includeCurrent) else poles
    return _drawn(self, [shapes.bezier(poles)], forConstruction)


def _close(session: Session, self: Workplane) -> Workplane:
    first = self.pending.first
    if first is None:
        raise ReadError("there is nothing to close")
    if distance(self.pen, first) > 1e-6:
        _drawn(self, [Line(self.pen, first)])
    self.pending.first = None
    return _wire(session, self)


def _wire(_: Session, self: Workplane, forConstruction: Any = False) -> Workplane:
    edges = self.pending.edges
    if not edges:
        return self
    plane = edges[0][0]
    loops = shapes.chained(
        curve for own, edge in edges for curve in _loop_in(edge, own, plane).curves
    )
    if len(loops) > 1:
        raise ReadError("the curves make several loops", expected="close() after each")
    self.pending.wires.append((plane, loops[0]))
    self.pending.edges = []
    others = [item for item in self.stack if not isinstance(item, Pen)]
    return self.then(*others, Wire(plane, loops[0]))


def _loop_in(curve: Curve, source: Plane, target: Plane) -> Loop:
    if not frames.coplanar(source, target):
        raise UnsupportedError(["a wire across several planes"])
    return frames.relocated(Loop((curve,)), source, target)


def _mirrored(self: Workplane, normal: Vec2) -> Workplane:
    """Close a loop with the mirror image of the curves that wait, at an axis of the workplane."""
    edges, own = self.pending.edges, self.plane
    if not edges or self.pending.wires:
        raise UnsupportedError(["mirror of what is not one line"])
    curves = [c for plane, edge in edges for c in _loop_in(edge, plane, own).curves]
    self.pending.session.drawing(len(curves))
    loops = shapes.chains([*curves, *(shapes.reflected(c, (0.0, 0.0), normal) for c in curves)])
    if len(loops) > 1 or not loops[0].closed:
        raise UnsupportedError(["mirror of what does not end on the axis"])
    self.pending.edges = []
    self.pending.wires.append((own, loops[0]))
    return self.then(Wire(own, loops[0]))


def _offset(
    session: Session, self: Workplane, d: Any, kind: Any = "arc", forConstruction: Any = False
) -> Workplane:
    """Draw all loops that wait farther outside, or inside; they wait no longer themselves."""
    if kind not in ("arc", "intersection"):
        raise UnsupportedError([f"offset2D(kind={kind!r})"])
    if self.pending.edges:
        self = _wire(session, self)
    if any(
        isinstance(loop.curves[0], Circle)
        and (frames.to_world(plane, (*loop.curves[0].center, 0.0)) != (0.0, 0.0, 0.0))
        for plane, loop in self.pending.wires
    ):
        raise UnsupportedError(["offset2D of a circle that is not at the origin"])  # it is moved
    by = number(d, "a distance")
    self.pending.session.drawing(sum(len(loop.curves) for _, loop in self.pending.wires))
    wires = [Wire(plane, grown(loop, by, arcs=kind == "arc")) for plane, loop in self.pending.wires]
    if not wires:
        raise UnsupportedError(["offset2D of what does not wait"])
    kept = [] if flag(forConstruction) else [(wire.plane, wire.loop) for wire in wires]
    self.pending.wires = kept
    return self.then(*wires)


# --- shapes -------------------------------------------------------------------------------------


def _each(self: Workplane, loop: Loop, construction: Any = False) -> Workplane:
    """Draw a loop at all places of the stack."""
    wires: list[Wire] = []
    self.pending.session.drawing(len(loop.curves) * len(self.spots))
    for spot in self.spots:
        x, y, z = spot.origin
        own = self.plane.raised(z) if abs(z) > 1e-9 else self.plane
        flat = replace(spot, origin=(x, y, 0.0))
        wires.append(Wire(own, Loop(tuple(frames.placed(curve, flat) for curve in loop.curves))))
    if not flag(construction):
        self.pending.wires += [(wire.plane, wire.loop) for wire in wires]
    return self.then(*wires)


def _circle(_: Session, self: Workplane, radius: Any, forConstruction: Any = False) -> Workplane:
    loop = Loop((Circle((0.0, 0.0), positive(radius, "a radius")),))
    return _each(self, loop, forConstruction)


def _ellipse(
    _: Session,
    self: Workplane,
    x_radius: Any,
    y_radius: Any,
    rotation_angle: Any = 0.0,
    forConstruction: Any = False,
) -> Workplane:
    radii = positive(x_radius, "a radius"), positive(y_radius, "a radius")
    turn = half_turn(number(rotation_angle, "an angle"))
    return _each(self, Loop((Ellipse((0.0, 0.0), *radii, turn),)), forConstruction)


def _rect(
    _: Session,
    self: Workplane,
    xLen: Any,
    yLen: Any,
    centered: Any = True,
    forConstruction: Any = False,
) -> Workplane:
    width, height = number(xLen, "a width"), number(yLen, "a height")
    if not width or not height:
        raise ReadError("a rectangle without an area")
    x, y = (0.0 if c else v / 2 for c, v in zip(pair(centered), (width, height), strict=True))
    return _each(self, shapes.rectangle(width, height, (x, y)), forConstruction)


def _polygon(
    _: Session,
    self: Workplane,
    nSides: Any,
    diameter: Any,
    forConstruction: Any = False,
    circumscribed: Any = False,
) -> Workplane:
    sides, radius = whole(nSides, least=3), positive(diameter, "a diameter") / 2
    first = 0.0
    if flag(circumscribed):
        radius, first = radius / math.cos(math.pi / sides), 180 / sides
    return _each(self, shapes.polygon(shapes.regular(radius, sides, first)), forConstruction)


def _slot(_: Session, self: Workplane, length: Any, diameter: Any, angle: Any = 0) -> Workplane:
    across = positive(diameter, "a diameter")
    turned = frames.spot((0.0, 0.0), number(angle, "an angle"))
    loop = shapes.slot(positive(number(length) - across, "a length beyond the diameter"), across)
    return _each(self, Loop(tuple(frames.placed(c, turned) for c in loop.curves)))


DRAWING = {
    "close": Function("close", _close),
    "mirrorX": Function("mirrorX", lambda _, self: _mirrored(self, (0.0, 1.0))),
    "mirrorY": Function("mirrorY", lambda _, self: _mirrored(self, (1.0, 0.0))),
    "offset2D": Function("offset2D", _offset),
    "slot2D": Function("slot2D", _slot),
    "wire": Function("wire", _wire, {"forConstruction": (False,)}),
    **{
        name: Function(name, run)
        for name, run in {
            "lineTo": _line_to,
            "line": _line,
            "hLine": _h_line,
            "vLine": _v_line,
            "hLineTo": _h_line_to,
            "vLineTo": _v_line_to,
            "polarLine": _polar_line,
            "polarLineTo": _polar_line_to,
            "polyline": _polyline,
            "threePointArc": _three_point_arc,
            "sagittaArc": _sagitta_arc,
            "radiusArc": _radius_arc,
            "tangentArcPoint": _tangent_arc,
            "ellipseArc": _ellipse_arc,
            "bezier": _bezier,
            "circle": _circle,
            "ellipse": _ellipse,
            "rect": _rect,
            "polygon": _polygon,
        }.items()
    },
}
"""Methods of workplanes that draw."""
