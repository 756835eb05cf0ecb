"""What FreeCAD makes of pads, pockets, fillets and chamfers, step by step as it does.

FreeCAD names an edge by its number in the map of a shape that it makes itself. The order of that
map follows from how the shape is made, so the same is done here: the curves of a sketch joined to
wires in their order, the largest wire first, faces that look where the kernel finds that their
wires do, a prism from the sketch on, and a boolean whose faces are not merged. Booleans of an
older kernel have the same order, if all that goes into them has.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Builder
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepAlgoAPI import BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepBuilderAPI import (
    BRepBuilderAPI_Copy,
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
from OCP.gp import gp_Ax2, gp_Ax3, gp_Circ, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.ShapeAnalysis import ShapeAnalysis
from OCP.ShapeFix import ShapeFix_Shape, ShapeFix_Wire
from OCP.TopAbs import TopAbs_EDGE
from OCP.TopExp import TopExp
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import (
    TopoDS,
    TopoDS_Compound,
    TopoDS_Edge,
    TopoDS_Face,
    TopoDS_Iterator,
    TopoDS_Shape,
    TopoDS_Wire,
)
from OCP.TopTools import TopTools_FormatVersion

from cadcomplete.errors import GeometryError
from cadcomplete.exporters.freecad.recipes import BlendedFeature, Recipe, SweptFeature
from cadcomplete.history.blends import Blend, Fillet
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.kernel.blends import chosen_edges
from cadcomplete.kernel.build import Prefixes, construct
from cadcomplete.kernel.failures import KERNEL_ERRORS
from cadcomplete.kernel.integrals import volume_of
from cadcomplete.kernel.naming.labels import labelled
from cadcomplete.kernel.naming.topology import edges_of
from cadcomplete.kernel.solid import Solid, is_valid

_ON = 1e-4
"""How far a point may lie off the edge that it is on, in mm."""

_SHARES = (0.1, 0.5, 0.9)

_SAME = 1e-6
"""Share by which the volume of the same solid may be off."""


class Replay:
    """The solid of a body in FreeCAD, made again feature after feature while they are written."""

    def __init__(self) -> None:
        self._prefixes = Prefixes()
        self._done = 0
        self._shape: TopoDS_Shape | None = None  # where the first sketch is the plane z = 0
        self._place = TopLoc_Location()

    def numbered(
        self, blend: Blend, before: tuple[Operation, ...], recipes: Sequence[Recipe]
    ) -> tuple[list[int], str]:
        """Return the numbers that FreeCAD gives to the edges that a fillet or chamfer means.

        And the solid that it makes before it, by its recipes, as the kernel writes it. Raises
        BuildError, GeometryError if there are no such edges, or if the solid that is made with
        these numbers is not ours.
        """
        solid = self._ours(before)
        edges = edges_of(solid.shape)
        chosen = chosen_edges(labelled(edges, before), blend, len(before))
        wanted = [edges.edges[index] for index in np.flatnonzero(chosen).tolist()]
        base = self._made(recipes)
        placed = base.Moved(self._place)
        numbers = _numbers(_map(placed), wanted)
        if not numbers:
            raise GeometryError("FreeCAD makes its edges otherwise")
        made = _blended(base, BlendedFeature(blend, tuple(numbers)))
        ours = self._ours((*before, blend))
        if made is None or abs(volume_of(made) / ours.volume - 1) > _SAME:
            raise GeometryError("FreeCAD makes it otherwise: it leaves faces apart that are one")
        self._shape, self._done = made, len(recipes) + 1
        return numbers, _written(placed)

    def _ours(self, operations: tuple[Operation, ...]) -> Solid:
        solid = construct(CadSequence(operations), prefixes=self._prefixes).solid
        assert solid is not None
        return solid

    def _made(self, recipes: Sequence[Recipe]) -> TopoDS_Shape:
        """Make it where the first sketch is the plane z = 0, as FreeCAD does."""
        if not self._done:
            assert isinstance(recipes[0], SweptFeature)
            self._place = _location(recipes[0].plane)
        for recipe in recipes[self._done :]:
            assert isinstance(recipe, SweptFeature)  # a blend is made when it gets its numbers
            self._shape = _swept(self._shape, recipe, self._place.Inverted())
        assert self._shape is not None
        return self._shape


def _written(shape: TopoDS_Shape) -> str:
    """The text of a shape, in the oldest version of the format: FreeCAD's kernel is older."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shape.brp"
        version = TopTools_FormatVersion.TopTools_FormatVersion_VERSION_1
        BRepTools.Write_s(shape, str(path), False, False, version)
        return path.read_text(encoding="ascii")


def _map(shape: TopoDS_Shape) -> list[TopoDS_Edge]:
    found = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, TopAbs_EDGE, found)
    return [TopoDS.Edge(found.FindKey(number + 1)) for number in range(found.Extent())]


def _numbers(edges: Sequence[TopoDS_Edge], wanted: Sequence[TopoDS_Edge]) -> list[int]:
    """The numbers of the edges that lie on one of those that are wanted."""
    around = [(_box(edge), edge) for edge in wanted]
    return [number for number, edge in enumerate(edges, 1) if _lies_on(edge, around)]


def _lies_on(edge: TopoDS_Edge, others: Sequence[tuple[Bnd_Box, TopoDS_Edge]]) -> bool:
    curve = BRepAdaptor_Curve(edge)
    first, last = curve.FirstParameter(), curve.LastParameter()
    points = [curve.Value(first + share * (last - first)) for share in _SHARES]
    near = [other for box, other in others if not any(map(box.IsOut, points))]
    vertices = [BRepBuilderAPI_MakeVertex(point).Vertex() for point in points] if near else []
    return any(
        all(BRepExtrema_DistShapeShape(vertex, other).Value() < _ON for vertex in vertices)
        for other in near
    )


def _box(shape: TopoDS_Shape) -> Bnd_Box:
    box = Bnd_Box()
    BRepBndLib.Add_s(shape, box)
    return box


# --- what is swept --------------------------------------------------------------------------------


def _swept(
    base: TopoDS_Shape | None, feature: SweptFeature, within: TopLoc_Location
) -> TopoDS_Shape:
    start, end = feature.span
    along = gp_Vec(*feature.plane.normal).Transformed(within.Transformation())
    flat = _faces(feature.regions, feature.plane).Moved(within).Moved(_shifted(along * start))
    tool = BRepPrimAPI_MakePrism(flat, along * (end - start)).Shape()
    if base is None:
        return tool
    return (BRepAlgoAPI_Cut if feature.cuts else BRepAlgoAPI_Fuse)(base, tool).Shape()


def _shifted(along: gp_Vec) -> TopLoc_Location:
    motion = gp_Trsf()
    motion.SetTranslation(along)
    return TopLoc_Location(motion)


def _location(plane: Plane) -> TopLoc_Location:
    placed = gp_Ax3(gp_Pnt(*plane.origin), gp_Dir(*plane.normal), gp_Dir(*plane.x_axis))
    motion = gp_Trsf()
    motion.SetTransformation(placed, gp_Ax3(gp_Pnt(0, 0, 0), gp_Dir(0, 0, 1), gp_Dir(1, 0, 0)))
    return TopLoc_Location(motion)


def _faces(regions: Sequence[Sequence[Loop]], plane: Plane) -> TopoDS_Shape:
    """The faces of regions on a plane, the largest wire first; of equal ones the last comes first.

    Which way a face looks follows from its outer wire where that lies, as the kernel finds it.
    """
    faces: dict[int, BRepBuilderAPI_MakeFace] = {}
    place = _location(plane)
    loops = [(loop, region[0]) for region in regions for loop in region]
    wires = [(_copied(_wire(loop).Moved(place)), loop, outer) for loop, outer in loops]
    for wire, loop, outer in sorted(wires, key=lambda one: _box(one[0]).SquareExtent())[::-1]:
        if loop is outer:
            faces[id(outer)] = BRepBuilderAPI_MakeFace(wire)
            continue
        whole = faces[id(outer)]
        opposite = _normal(whole).Dot(_normal(BRepBuilderAPI_MakeFace(wire))) < 0
        whole.Add(TopoDS.Wire(wire.Reversed()) if opposite else wire)
    if len(faces) == 1:
        return _mended(next(iter(faces.values())).Face())
    together, builder = TopoDS_Compound(), BRep_Builder()
    builder.MakeCompound(together)
    for maker in faces.values():
        builder.Add(together, _mended(maker.Face()))
    return together


def _mended(face: TopoDS_Face) -> TopoDS_Face:
    """A face whose holes go round the other way than its outline, turned by the kernel if need be.

    A wire that the kernel has turned has its edges in another order than one that is reversed.
    """
    if is_valid(face):
        return face
    outline = ShapeAnalysis.OuterWire_s(face)
    fix = ShapeFix_Wire()
    fix.SetFace(face)
    wires = [TopoDS.Wire(wire) for wire in _inside(face) if not wire.IsSame(outline)]
    made = [_fixed(fix, wire) for wire in (outline, *wires)]
    maker = BRepBuilderAPI_MakeFace(made[0])
    for wire in made[1:]:
        maker.Add(wire)
    if is_valid(maker.Face()):
        return maker.Face()
    mend = ShapeFix_Shape(maker.Face())
    mend.SetPrecision(1e-7)
    mend.SetMaxTolerance(1e-7)
    mend.Perform()
    return TopoDS.Face(mend.Shape())


def _fixed(fix: ShapeFix_Wire, wire: TopoDS_Wire) -> TopoDS_Wire:
    fix.Load(wire)
    fix.Perform()
    return fix.WireAPIMake()


def _inside(shape: TopoDS_Shape) -> Iterator[TopoDS_Shape]:
    parts = TopoDS_Iterator(shape)
    while parts.More():
        yield parts.Value()
        parts.Next()


def _copied(wire: TopoDS_Shape) -> TopoDS_Wire:
    return TopoDS.Wire(BRepBuilderAPI_Copy(wire).Shape())


def _normal(face: BRepBuilderAPI_MakeFace) -> gp_Dir:
    return BRepAdaptor_Surface(face.Face()).Plane().Axis().Direction()


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


def _blended(base: TopoDS_Shape, feature: BlendedFeature) -> TopoDS_Shape | None:
    """Return what is made of it; None if that is nothing, or not valid."""
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
    try:
        maker.Build()
        made = maker.Shape() if maker.IsDone() else None
    except KERNEL_ERRORS:
        return None
    return made if made is not None and is_valid(made) else None
