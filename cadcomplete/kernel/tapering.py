"""From a profile to the body that it sweeps while its walls lean: a frustum."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from OCP.BRepBuilderAPI import (
    BRepBuilderAPI_MakeFace,
    BRepBuilderAPI_MakePolygon,
    BRepBuilderAPI_MakeSolid,
    BRepBuilderAPI_MakeWire,
    BRepBuilderAPI_Sewing,
)
from OCP.BRepLib import BRepLib
from OCP.BRepOffsetAPI import BRepOffsetAPI_ThruSections
from OCP.TopAbs import TopAbs_SHELL
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS, TopoDS_Edge, TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import BENT, Arc, Circle, Line
from cadcomplete.history.frustums import Frustum, inside_frustum
from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Profile, Sketch
from cadcomplete.history.tables import Table, refusing
from cadcomplete.kernel.booleans import believed
from cadcomplete.kernel.edges import edges, face, point
from cadcomplete.kernel.oracle import INSIDE, OUTSIDE, Oracle, Rough, Sides, turned_about
from cadcomplete.kernel.polygons import round_part
from cadcomplete.kernel.solid import Solid
from cadcomplete.meshes.frusta import polyhedron

_GAP = 1e-6  # mm that the edges of walls may be apart

_STEP = 2.0  # degrees between corners of a polyhedron


def tapering(at: Frustum) -> Solid:
    """Return the body of a frustum, checked. Raises GeometryError if the kernel makes none."""
    bottom, top = Sketch(at.plane, at.loops), Sketch(at.plane.raised(at.height), at.top)
    sewing = BRepBuilderAPI_Sewing(_GAP)
    for low, high in zip(bottom.loops, top.loops, strict=True):
        pairs = zip(edges(low, bottom.plane), edges(high, top.plane), strict=True)
        for curve, end, (one, other) in zip(low.curves, high.curves, pairs, strict=True):
            wall = WALLS[type(curve)]
            sewing.Add(wall((curve, bottom.plane, one), (end, top.plane, other)))
    whole = Profile(0, 0, tuple(range(1, len(at.loops))))
    for sketch in (bottom, top):
        sewing.Add(face(whole, sketch))
    sewing.Perform()
    shells = TopExp_Explorer(sewing.SewedShape(), TopAbs_SHELL)
    if not shells.More():
        raise GeometryError("the walls of a tapered extrude do not meet")
    solid = BRepBuilderAPI_MakeSolid(TopoDS.Shell(shells.Current())).Solid()
    BRepLib.OrientClosedSolid_s(solid)
    return believed(solid, TaperedBody(at))


Rim = tuple[Any, Plane, TopoDS_Edge]
"""A curve, the plane that it is drawn on, and its edge."""


def _flat(low: Rim, high: Rim) -> TopoDS_Shape:
    polygon = BRepBuilderAPI_MakePolygon()
    for (curve, plane, _), ends in ((low, (0, 1)), (high, (1, 0))):
        for end in ends:
            polygon.Add(point(plane, (curve.start, curve.end)[end]))
    polygon.Close()
    return BRepBuilderAPI_MakeFace(polygon.Wire(), True).Face()


def _conical(low: Rim, high: Rim) -> TopoDS_Shape:
    between = BRepOffsetAPI_ThruSections(False, True, _GAP)
    between.CheckCompatibility(False)
    for *_, edge in (low, high):
        between.AddWire(BRepBuilderAPI_MakeWire(edge).Wire())
    between.Build()
    return between.Shape()


WALLS: Table[Callable[[Rim, Rim], TopoDS_Shape]] = Table(
    "kernel/tapering.py",
    {
        Line: _flat,
        Arc: _conical,
        Circle: _conical,
        **{kind: refusing(kind, "kernel/tapering.py") for kind in BENT},
    },
)
"""The wall between a curve and what is left of it at the other end."""


@dataclass(frozen=True, eq=False)
class TaperedBody(Oracle):
    """What a formula says of a frustum (`history/frustums.py`)."""

    frustum: Frustum
    _rough: dict[bool, Rough] = field(default_factory=dict)

    @cached_property
    def swept_volume(self) -> float:
        return self.frustum.volume

    def bounds(self) -> tuple[float, float]:
        return self.swept_volume, self.swept_volume

    def bodies(self) -> tuple[int, int]:
        return (1, 1)

    def box(self) -> Array:
        """The box around its outer loop where it starts and where it ends."""
        at, flat = self.frustum, []
        for plane, loop in ((at.plane, at.loops[0]), (at.plane.raised(at.height), at.top[0])):
            ways = np.array([plane.x_axis, plane.y_axis]).T  # of each axis its share of x and y
            reach = [[farthest(loop, sign * way) * sign for way in ways] for sign in (-1, 1)]
            flat.append(np.array(reach) + np.array(plane.origin))
        one, other = flat
        return np.stack([np.minimum(one[0], other[0]), np.maximum(one[1], other[1])])

    def contains(self, points: Array) -> Sides:
        found = inside_frustum(self.frustum, points)
        return np.where(found, INSIDE, OUTSIDE).astype(np.int8)

    def rough(self, *, turned: bool = False) -> Rough:
        if turned not in self._rough:
            made = self.rough() if turned else self._polyhedron()
            self._rough[turned] = made._replace(body=turned_about(made.body)) if turned else made
        return self._rough[turned]

    def _polyhedron(self) -> Rough:
        """Its chords cut off r² (t - sin t) / 2 of each step of t of an arc of radius r."""
        at, turn = self.frustum, math.radians(_STEP)
        arcs = [
            round_part(c) for loops in (at.loops, at.top) for loop in loops for c in loop.curves
        ]
        off = sum(r * r * math.radians(arc) * turn**2 / 12 for r, arc in arcs) * abs(at.height)
        body = polyhedron(at, _STEP)
        far = max((radius for radius, _ in arcs), default=0.0) * turn**2 / 8
        return Rough(body, off + abs(body.volume() - self.swept_volume), far)


def farthest(loop: Loop, direction: Array) -> float:
    """Return how far a loop reaches along a vector (a, b): the most of a x + b y."""
    size = float(np.hypot(*direction))
    if not size:
        return 0.0
    a, b = (direction / size).tolist()
    turned = loop.moved(lambda at: (a * at[0] + b * at[1], a * at[1] - b * at[0]))
    return size * turned.box[2]
