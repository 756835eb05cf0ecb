"""Boxes, lengths, areas, volumes and moments, from the exact curves and surfaces of a shape.

The kernel integrates a face with a fixed number of points, or adaptively until an estimate of the
error is small. Along lines, circles and ellipses the first is the faster and the more exact one:
on 2,160 curved solids of real parts it erred by 6e-9 at most, the adaptive one by 4e-7. Along the
splines in which cylinders cross it erred by 2e-4, the adaptive one by 6e-8. On surfaces of
revolution that are neither cone, sphere nor torus, as arcs leave them whose circles cross the axis,
the adaptive one errs by 1e-5, and by 5e-9 when asked for a hundred thousand times better. Over
ellipses that something cuts the first errs by 1e-5, and so asked the adaptive one by 4e-8. Over
splines both err by 1e-2 across the knots: there faces are divided first, and then they do by 3e-8.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Builder, BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Surface
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepGProp import BRepGProp
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.GeomAbs import (
    GeomAbs_C3,
    GeomAbs_Circle,
    GeomAbs_Ellipse,
    GeomAbs_Line,
    GeomAbs_SurfaceOfExtrusion,
    GeomAbs_SurfaceOfRevolution,
)
from OCP.gp import gp_Trsf, gp_Vec
from OCP.GProp import GProp_GProps
from OCP.ShapeUpgrade import ShapeUpgrade_ShapeDivideContinuity
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE, TopAbs_ShapeEnum
from OCP.TopExp import TopExp
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Compound, TopoDS_Shape

from cadcomplete.history.geometry import BoundingBox, Vec3

PRECISION = 1e-5
"""Error bound of adaptive integrals, which keep it with a margin of a hundred."""

_FINER = 1e-10
"""The same where there are surfaces of revolution, on which they do not keep it."""


def box_of(shape: TopoDS_Shape) -> BoundingBox:
    """Return the box around the exact surfaces of a shape, in mm, without tolerances."""
    box = Bnd_Box()
    BRepBndLib.AddOptimal_s(shape, box, False, False)
    low, high = box.CornerMin(), box.CornerMax()
    return BoundingBox((low.X(), low.Y(), low.Z()), (high.X(), high.Y(), high.Z()))


def length_of(shape: TopoDS_Shape) -> float:
    """Return the length of all edges of a shape, in mm."""
    result = GProp_GProps()
    BRepGProp.LinearProperties_s(shape, result)
    return result.Mass()


def area_of(shape: TopoDS_Shape) -> float:
    """Return the area of all faces of a shape, in mm²."""
    return _integrate(BRepGProp.SurfaceProperties_s, shape).Mass()


def flat_area_of(face: TopoDS_Shape) -> float:
    """Return the area of a plane face, in mm²."""
    result = GProp_GProps()
    if _has_bent(face, (GeomAbs_Line, GeomAbs_Circle)):
        BRepGProp.SurfaceProperties_s(face, result, _FINER)
    else:
        BRepGProp.SurfaceProperties_s(face, result)
    return result.Mass()


def volume_of(shape: TopoDS_Shape) -> float:
    """Return the volume of a shape in mm³, negative for a solid turned inside out."""
    return _integrate(BRepGProp.VolumeProperties_s, shape).Mass()


def mass_of(shape: TopoDS_Shape, box: BoundingBox) -> tuple[Vec3, Vec3]:
    """Return the centre of mass in mm, and the principal moments of inertia about it in mm⁵.

    The moments, for a density of 1, are sorted. `box` is the bounding box of the shape.

    The kernel adds up cones from the origin to each face, and forgets the moments so far when the
    volumes so far cancel to 0, as they do in parts with round numbers. So the shape is moved to
    where the origin is within its box, but at no place that anything is symmetric about.
    """
    shares = zip(box.minimum, box.size, (0.5123, 0.4871, 0.5317), strict=True)
    x, y, z = (low + share * size for low, size, share in shares)
    shift = gp_Trsf()
    shift.SetTranslation(gp_Vec(-x, -y, -z))
    moved, builder = TopoDS_Compound(), BRep_Builder()
    builder.MakeCompound(moved)
    builder.Add(moved, shape.Moved(TopLoc_Location(shift)))
    mass = _integrate(BRepGProp.VolumeProperties_s, moved)
    center = mass.CentreOfMass()
    least, middle, most = sorted(mass.PrincipalProperties().Moments())
    return (x + center.X(), y + center.Y(), z + center.Z()), (least, middle, most)


def _integrate(integral: Callable[..., Any], shape: TopoDS_Shape) -> Any:
    result = GProp_GProps()
    if _has_swept(shape, _BENT_FACES):
        integral(_smooth(shape), result, _FINER)
    elif _has_bent(shape, _EXACT):
        integral(shape, result, _FINER if _has_swept(shape, _TURNED_FACES) else PRECISION)
    else:
        integral(shape, result)
    return result


_EXACT = (GeomAbs_Line, GeomAbs_Circle, GeomAbs_Ellipse)
"""Edges along which a fixed number of points is enough."""

_BENT_FACES, _TURNED_FACES = (GeomAbs_SurfaceOfExtrusion,), (GeomAbs_SurfaceOfRevolution,)


def _smooth(shape: TopoDS_Shape) -> TopoDS_Shape:
    """Return the same shape, its faces divided where a spline goes from one piece to the next."""
    divided = ShapeUpgrade_ShapeDivideContinuity(shape)
    for choose in (divided.SetSurfaceCriterion, divided.SetBoundaryCriterion):
        choose(GeomAbs_C3)
    divided.SetPCurveCriterion(GeomAbs_C3)
    return divided.Result() if divided.Perform() else shape


def _has_bent(shape: TopoDS_Shape, known: tuple[Any, ...]) -> bool:
    """Say whether an edge is anything but the known kinds, or the tip of a cone."""
    curve = BRepAdaptor_Curve()
    for part in _parts(shape, TopAbs_EDGE):
        edge = TopoDS.Edge(part)
        if BRep_Tool.Degenerated_s(edge):
            continue
        curve.Initialize(edge)
        if curve.GetType() not in known:
            return True
    return False


def _has_swept(shape: TopoDS_Shape, kinds: tuple[Any, ...]) -> bool:
    faces = (BRepAdaptor_Surface(TopoDS.Face(part)) for part in _parts(shape, TopAbs_FACE))
    return any(face.GetType() in kinds for face in faces)


def _parts(shape: TopoDS_Shape, kind: TopAbs_ShapeEnum) -> Iterator[TopoDS_Shape]:
    found = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, kind, found)
    return (found.FindKey(index) for index in range(1, found.Extent() + 1))
