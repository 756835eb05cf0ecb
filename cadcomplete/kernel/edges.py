"""From curves to the kernel's edges, wires and faces. A new curve gets its edge here."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from OCP.BRepBuilderAPI import (
    BRepBuilderAPI_MakeEdge,
    BRepBuilderAPI_MakeFace,
    BRepBuilderAPI_MakeVertex,
    BRepBuilderAPI_MakeWire,
)
from OCP.collections import Array1_double, Array1_gp_Pnt, Array1_int
from OCP.GC import GC_MakeArcOfCircle
from OCP.Geom import Geom_BSplineCurve
from OCP.gp import gp_Ax2, gp_Ax3, gp_Circ, gp_Dir, gp_Elips, gp_Pln, gp_Pnt
from OCP.TopoDS import TopoDS, TopoDS_Edge, TopoDS_Face, TopoDS_Vertex, TopoDS_Wire

from cadcomplete.errors import GeometryError, InputError
from cadcomplete.history.crossings import crossing
from cadcomplete.history.curves import Arc, BSpline, Circle, Curve, Ellipse, EllipseArc, Line
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.operations import Loop, Profile, Sketch
from cadcomplete.history.tables import Table
from cadcomplete.kernel.failures import KERNEL_ERRORS


def point(plane: Plane, at: Vec2) -> gp_Pnt:
    """Return a sketch point in space."""
    (ox, oy, oz), (ux, uy, uz), (vx, vy, vz) = plane.origin, plane.x_axis, plane.y_axis
    x, y = at
    return gp_Pnt(ox + x * ux + y * vx, oy + x * uy + y * vy, oz + x * uz + y * vz)


def _line(line: Line, plane: Plane, a: TopoDS_Vertex, b: TopoDS_Vertex) -> Any:
    return BRepBuilderAPI_MakeEdge(a, b)


def _arc(arc: Arc, plane: Plane, a: TopoDS_Vertex, b: TopoDS_Vertex) -> Any:
    start, mid, end = (point(plane, p) for p in (arc.start, arc.mid, arc.end))
    return BRepBuilderAPI_MakeEdge(GC_MakeArcOfCircle(start, mid, end).Value(), a, b)


def _circle(circle: Circle, plane: Plane, a: TopoDS_Vertex, b: TopoDS_Vertex) -> Any:
    axes = gp_Ax2(point(plane, circle.center), gp_Dir(*plane.normal), gp_Dir(*plane.x_axis))
    return BRepBuilderAPI_MakeEdge(gp_Circ(axes, circle.radius))


def _elips(curve: Ellipse | EllipseArc, plane: Plane, *, clockwise: bool = False) -> gp_Elips:
    """The kernel's ellipse, whose axis is its longer one, seen so that an edge runs along it."""
    turn, normal = math.radians(curve.turn), gp_Dir(*plane.normal)
    along, across = (curve.radius, curve.minor) if isinstance(curve, Ellipse) else curve.radii
    turn = turn if along >= across else turn + math.pi / 2
    x, y = math.cos(turn), math.sin(turn)
    axis = [x * u + y * v for u, v in zip(plane.x_axis, plane.y_axis, strict=True)]
    up = normal.Reversed() if clockwise else normal
    axes = gp_Ax2(point(plane, curve.center), up, gp_Dir(*axis))
    return gp_Elips(axes, max(along, across), min(along, across))


def _ellipse(ellipse: Ellipse, plane: Plane, a: TopoDS_Vertex, b: TopoDS_Vertex) -> Any:
    return BRepBuilderAPI_MakeEdge(_elips(ellipse, plane))


def _ellipse_arc(arc: EllipseArc, plane: Plane, a: TopoDS_Vertex, b: TopoDS_Vertex) -> Any:
    return BRepBuilderAPI_MakeEdge(_elips(arc, plane, clockwise=arc.sweep < 0), a, b)


def _spline(spline: BSpline, plane: Plane, a: TopoDS_Vertex, b: TopoDS_Vertex) -> Any:
    if spline.problem:
        raise GeometryError(spline.problem)
    full = spline.degree + 1
    poles = _array(Array1_gp_Pnt, [point(plane, pole) for pole in spline.poles])
    weights = _array(Array1_double, list(spline.weights or [1.0] * len(spline.poles)))
    knots = _array(Array1_double, list(spline.knots))
    often = _array(Array1_int, [full, *spline.multiplicities, full])
    curve = Geom_BSplineCurve(poles, weights, knots, often, spline.degree)
    return BRepBuilderAPI_MakeEdge(curve, a, b, spline.knots[0], spline.knots[-1])


def _array(kind: Any, values: list[Any]) -> Any:
    found = kind(1, len(values))
    for index, value in enumerate(values, start=1):
        found.SetValue(index, value)
    return found


EDGES: Table[Callable[..., Any]] = Table(
    "kernel/edges.py",
    {
        Line: _line,
        Arc: _arc,
        Circle: _circle,
        Ellipse: _ellipse,
        EllipseArc: _ellipse_arc,
        BSpline: _spline,
    },
)


def edges(loop: Loop, plane: Plane) -> list[TopoDS_Edge]:
    """Return the edges of a loop, neighbours sharing a vertex.

    Raises GeometryError naming the first curve that the kernel refuses.
    """
    curves = loop.curves
    first = BRepBuilderAPI_MakeVertex(point(plane, loop.start)).Vertex()
    before, result = first, []
    for number, curve in enumerate(curves):
        last = number == len(curves) - 1
        closing = last and loop.closed
        after = first if closing else BRepBuilderAPI_MakeVertex(point(plane, curve.end)).Vertex()
        result.append(_edge(curve, plane, before, after))
        before = after
    return result


def _edge(curve: Curve, plane: Plane, a: TopoDS_Vertex, b: TopoDS_Vertex) -> TopoDS_Edge:
    make = EDGES[type(curve)]
    try:
        maker = make(curve, plane, a, b)
        if maker.IsDone():
            return maker.Edge()
    except KERNEL_ERRORS:
        pass
    raise GeometryError(f"no edge can be made of {curve}")


def wire(loop: Loop, plane: Plane) -> TopoDS_Wire:
    """Return the wire of a loop. Raises GeometryError if its edges do not join."""
    maker = BRepBuilderAPI_MakeWire()
    for edge in edges(loop, plane):
        maker.Add(edge)
    if not maker.IsDone():
        raise GeometryError("the curves of a loop do not join")
    return maker.Wire()


def crosses(loop: Loop) -> str:
    """Say where a loop crosses itself; "" if it does not, or has too many curves to say."""
    try:
        at = crossing(loop) or crossing(loop, near_end=0.0)
    except InputError:
        return ""
    return f"crosses itself at ({at[0]:.6g}, {at[1]:.6g}) mm, in its sketch" if at else ""


def face(profile: Profile, sketch: Sketch) -> TopoDS_Face:
    """Return the face of a profile, its outer loop counter-clockwise and its holes clockwise.

    Raises GeometryError if a loop is open or encloses nothing.
    """
    plane = sketch.plane
    frame = gp_Ax3(point(plane, (0.0, 0.0)), gp_Dir(*plane.normal), gp_Dir(*plane.x_axis))
    maker: Any = None
    for index in profile.loops:
        loop = sketch.loops[index]
        if not loop.closed:
            raise GeometryError(f"loop {index} is not closed")
        area = loop.area
        if abs(area) < 1e-9:
            raise GeometryError(f"loop {index} {crosses(loop) or 'encloses nothing'}")
        outline = wire(loop, plane)
        if (area > 0) != (maker is None):
            outline = TopoDS.Wire(outline.Reversed())
        if maker is None:
            maker = BRepBuilderAPI_MakeFace(gp_Pln(frame), outline, True)
        else:
            maker.Add(outline)
        if not maker.IsDone():
            raise GeometryError(f"loop {index} is not the edge of a face")
    return maker.Face()
