"""From a profile to the body that it sweeps about an axis."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
from dataclasses import replace

from OCP.BRepPrimAPI import BRepPrimAPI_MakeRevol
from OCP.gp import gp_Ax1, gp_Dir, gp_Pnt, gp_Trsf
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.history.operations import Operation, Profile, Sketch
from cadcomplete.history.revolve import LEAST, Revolve, Turned, turned
from cadcomplete.history.simple_loops import nested, simple_loops
from cadcomplete.history.turn_axis import FULL
from cadcomplete.kernel.booleans import RIGHT, believed, cut, fuse
from cadcomplete.kernel.edges import crosses, face
from cadcomplete.kernel.integrals import flat_area_of
from cadcomplete.kernel.revolution import BodyOfRevolution
from cadcomplete.kernel.solid import Solid, is_valid


def revolve(profile: Profile, operation: Revolve, operations: tuple[Operation, ...]) -> Solid:
    """Return the body that a profile sweeps, of sketches among the `operations` before it.

    Raises GeometryError if it sweeps none, or crosses the axis.

    As for prisms (`sweep.py`), loops that touch are swept each alone, and the holes cut out; one
    that touches itself is swept in parts.
    """
    low, high = operation.span
    if high - low < LEAST:
        raise GeometryError("the revolve has no angle")
    if high - low > FULL + LEAST:
        raise GeometryError(f"the revolve turns by {high - low:.6g}°: more than all around")
    at = turned(operation, profile, operations)
    swept = _body(at, low, high)
    if swept is not None:
        return swept
    outer, *holes = (_alone(number, at, low, high) for number in range(len(at.loops)))
    return cut(outer, holes) if holes else outer


def _alone(number: int, at: Turned, low: float, high: float) -> Solid:
    """Return what a loop sweeps, with nothing cut out."""
    loop = at.loops[number]
    swept = _body(replace(at, loops=(loop,)), low, high) if len(at.loops) > 1 else None
    if swept is not None:
        return swept
    loops = simple_loops(loop)
    parts = [(loops[i], *(loops[j] for j in holes)) for i, holes in nested(loops)]
    bodies = [_body(replace(at, loops=part), low, high) for part in parts]
    whole = [body for body in bodies if body is not None]
    if not whole or len(whole) < len(bodies):
        why = crosses(loop) or "crosses or touches itself"
        raise GeometryError(f"a profile sweeps no solid: loop {number} of it {why}")
    return fuse(whole)


def _body(at: Turned, low: float, high: float) -> Solid | None:
    """Return what a profile sweeps, which is sound if its face is; None if it is not."""
    flat = face(Profile(0, 0, tuple(range(1, len(at.loops)))), Sketch(at.plane, at.loops))
    area = flat_area_of(flat)
    outer, *holes = (abs(loop.area) for loop in at.loops)
    if area <= 0 or not is_valid(flat) or abs(area - (outer - sum(holes))) > RIGHT * outer:
        return None
    axis = gp_Ax1(gp_Pnt(*at.plane.origin), gp_Dir(*at.plane.x_axis))
    moved: TopoDS_Shape = flat
    if low:
        turn = gp_Trsf()
        turn.SetRotation(axis, math.radians(low))
        moved = flat.Moved(TopLoc_Location(turn))
    if high - low > FULL - LEAST:
        high = low + FULL
        shape = BRepPrimAPI_MakeRevol(moved, axis).Shape()
    else:
        shape = BRepPrimAPI_MakeRevol(moved, axis, math.radians(high - low)).Shape()
    return believed(shape, BodyOfRevolution(at, low, high))
