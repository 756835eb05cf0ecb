"""What FreeCAD makes of pads, pockets, fillets and chamfers, step by step as it does.

FreeCAD names an edge by its number in the map of a shape that it makes itself. The order of that
map follows from how the shape is made, so the same is done here: the curves of a sketch joined to
wires in their order, the largest wire first, a prism, and a boolean whose faces are not merged.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from OCP.BRep import BRep_Builder
from OCP.BRepAdaptor import BRepAdaptor_Curve
from OCP.BRepAlgoAPI import BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepBuilderAPI import (
    BRepBuilderAPI_MakeEdge,
    BRepBuilderAPI_MakeFace,
    BRepBuilderAPI_MakeVertex,
    BRepBuilderAPI_MakeWire,
)
from OCP.BRepExtrema import BRepExtrema_DistShapeShape
from OCP.BRepFilletAPI import BRepFilletAPI_MakeChamfer, BRepFilletAPI_MakeFillet
from OCP.BRepPrimAPI import BRepPrimAPI_MakePrism
from OCP.BRepTools import BRepTools
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.GC import GC_MakeArcOfCircle
from OCP.gp import gp_Ax2, gp_Ax3, gp_Circ, gp_Dir, gp_Pln, gp_Pnt, gp_Trsf, gp_Vec
from OCP.ShapeFix import ShapeFix_Wire
from OCP.TopAbs import TopAbs_EDGE
from OCP.TopExp import TopExp
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import (
    TopoDS,
    TopoDS_Compound,
    TopoDS_Edge,
    TopoDS_Face,
    TopoDS_Shape,
    TopoDS_Wire,
)
from OCP.TopTools import TopTools_FormatVersion

from cadcomplete.exporters.freecad.recipes import BlendedFeature, Recipe, SweptFeature
from cadcomplete.history.blends import Blend, Fillet
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.kernel.blends import chosen_edges
from cadcomplete.kernel.build import construct
from cadcomplete.kernel.integrals import flat_area_of
from cadcomplete.kernel.naming.labels import labelled
from cadcomplete.kernel.naming.topology import edges_of

_ON = 1e-4
"""How far a point may lie off the edge that it is on, in mm."""

_SHARES = (0.1, 0.5, 0.9)


def numbers_of(
    blend: Blend, before: tuple[Operation, ...], recipes: Sequence[Recipe]
) -> tuple[list[int], str]:
    """Return the numbers that FreeCAD gives to the edges that a fillet or chamfer means.

    And the solid that it makes before it, by its recipes, as the kernel writes it. Raises
    BuildError, and GeometryError if there are no such edges.
    """
    solid = construct(CadSequence(before)).solid
    assert solid is not None
    edges = edges_of(solid.shape)
    chosen = chosen_edges(labelled(edges, before), blend, len(before))
    wanted = [edges.edges[index] for index in np.flatnonzero(chosen).tolist()]
    made = _made(recipes)
    numbers = [number for number, edge in enumerate(_map(made), 1) if _lies_on(edge, wanted)]
    return numbers, _written(made)


def _written(shape: TopoDS_Shape) -> str:
    """The text of a shape, in the oldest version of the format: FreeCAD's kernel is older."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shape.brp"
        version = TopTools_FormatVersion.TopTools_FormatVersion_VERSION_1
        BRepTools.Write_s(shape, str(path), False, False, version)
        return path.read_text(encoding="ascii")


def _made(recipes: Sequence[Recipe]) -> TopoDS_Shape:
    shape = None
    for recipe in recipes:
        if isinstance(recipe, SweptFeature):
            shape = _swept(shape, recipe)
        else:
            assert shape is not None
            shape = _blended(shape, recipe)
    assert shape is not None
    return shape


def _map(shape: TopoDS_Shape) -> list[TopoDS_Edge]:
    found = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, TopAbs_EDGE, found)
    return [TopoDS.Edge(found.FindKey(number + 1)) for number in range(found.Extent())]


def _lies_on(edge: TopoDS_Edge, others: Sequence[TopoDS_Edge]) -> bool:
    curve = BRepAdaptor_Curve(edge)
    first, last = curve.FirstParameter(), curve.LastParameter()
    points = [curve.Value(first + share * (last - first)) for share in _SHARES]
    vertices = [BRepBuilderAPI_MakeVertex(point).Vertex() for point in points]
    return any(
        all(BRepExtrema_DistShapeShape(vertex, other).Value() < _ON for vertex in vertices)
        for other in others
    )


# --- what is swept --------------------------------------------------------------------------------


def _swept(base: TopoDS_Shape | None, feature: SweptFeature) -> TopoDS_Shape:
    start, end = feature.span
    flat = _faces(feature.regions).Moved(_location(feature.plane.raised(start)))
    tool = BRepPrimAPI_MakePrism(flat, gp_Vec(*feature.plane.normal) * (end - start)).Shape()
    if base is None:
        return tool
    return (BRepAlgoAPI_Cut if feature.cuts else BRepAlgoAPI_Fuse)(base, tool).Shape()


def _location(plane: Plane) -> TopLoc_Location:
    placed = gp_Ax3(gp_Pnt(*plane.origin), gp_Dir(*plane.normal), gp_Dir(*plane.x_axis))
    motion = gp_Trsf()
    motion.SetTransformation(placed, gp_Ax3(gp_Pnt(0, 0, 0), gp_Dir(0, 0, 1), gp_Dir(1, 0, 0)))
    return TopLoc_Location(motion)


def _faces(regions: Sequence[Sequence[Loop]]) -> TopoDS_Shape:
    """The faces of regions in z = 0, the largest wire first; of equal ones the last comes first."""
    around = {id(loop): region[0] for region in regions for loop in region}
    faces: dict[int, BRepBuilderAPI_MakeFace] = {}
    loops = [loop for region in regions for loop in region]
    for loop in sorted(loops, key=_size)[::-1]:
        outer = around[id(loop)]
        if loop is outer:
            faces[id(outer)] = BRepBuilderAPI_MakeFace(_alone(outer, up=True))
        else:
            faces[id(outer)].Add(_turned(loop, up=False))
    if len(faces) == 1:
        return next(iter(faces.values())).Face()
    whole, builder = TopoDS_Compound(), BRep_Builder()
    builder.MakeCompound(whole)
    for maker in faces.values():
        builder.Add(whole, maker.Face())
    return whole


_GROUND = gp_Pln(gp_Ax3(gp_Pnt(0, 0, 0), gp_Dir(0, 0, 1)))


def _alone(loop: Loop, *, up: bool) -> TopoDS_Face:
    return BRepBuilderAPI_MakeFace(_GROUND, _turned(loop, up=up)).Face()


def _turned(loop: Loop, *, up: bool) -> TopoDS_Wire:
    """A wire that goes counter-clockwise, or clockwise."""
    wire = _wire(loop)
    area = flat_area_of(BRepBuilderAPI_MakeFace(_GROUND, wire).Face())
    return wire if (area > 0) == up else TopoDS.Wire(wire.Reversed())


def _size(loop: Loop) -> float:
    left, low, right, high = loop.box
    return (right - left) ** 2 + (high - low) ** 2


def _wire(loop: Loop) -> TopoDS_Wire:
    """Its edges one after the other, each time the first that goes on."""
    first, *left = [_EDGES[type(curve)](curve) for curve in loop.curves]
    maker = BRepBuilderAPI_MakeWire(first)
    found = True
    while found:
        found = False
        for number, edge in enumerate(left):
            maker.Add(edge)
            if maker.IsDone():
                found = True
                del left[number]
                break
    fix = ShapeFix_Wire()
    fix.SetPrecision(1e-7)
    fix.Load(maker.Wire())
    fix.FixReorder()
    fix.FixConnected()
    fix.FixClosed()
    return fix.Wire()


def _at(point: Vec2) -> gp_Pnt:
    return gp_Pnt(point[0], point[1], 0.0)


def _circle(curve: Arc | Circle) -> gp_Circ:
    return gp_Circ(gp_Ax2(_at(curve.center), gp_Dir(0, 0, 1)), curve.radius)


def _arc(arc: Arc) -> TopoDS_Edge:
    """Arcs go counter-clockwise."""
    (x, y), first = arc.center, arc.start if arc.sweep > 0 else arc.end
    start = math.atan2(first[1] - y, first[0] - x)
    end = start + math.radians(abs(arc.sweep))
    curve = GC_MakeArcOfCircle(_circle(arc), start, end, True).Value()
    return BRepBuilderAPI_MakeEdge(curve).Edge()


_EDGES: Table[Callable[[Any], TopoDS_Edge]] = Table(
    "exporters/freecad/replay.py",
    {
        Line: lambda line: BRepBuilderAPI_MakeEdge(_at(line.start), _at(line.end)).Edge(),
        Arc: _arc,
        Circle: lambda circle: BRepBuilderAPI_MakeEdge(_circle(circle)).Edge(),
    },
)


# --- what is rounded ------------------------------------------------------------------------------


def _blended(base: TopoDS_Shape, feature: BlendedFeature) -> TopoDS_Shape:
    edges, blend = _map(base), feature.blend
    maker: Any
    if isinstance(blend, Fillet):
        maker = BRepFilletAPI_MakeFillet(base)
        for number in feature.edges:
            maker.Add(blend.radius, edges[number - 1])
    else:
        maker = BRepFilletAPI_MakeChamfer(base)
        for number in feature.edges:
            maker.Add(blend.sizes[0], edges[number - 1])
    maker.Build()
    return maker.Shape()
