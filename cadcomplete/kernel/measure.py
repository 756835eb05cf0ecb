"""What a solid measures, in millimetres, and whether it is one."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from OCP.Bnd import Bnd_Box
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepGProp import BRepGProp_Domain, BRepGProp_Face, BRepGProp_Vinert
from OCP.gp import gp_Pnt
from OCP.TopAbs import TopAbs_FACE, TopAbs_SOLID
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS

from cadcomplete.geometry import BoundingBox, Vec3
from cadcomplete.kernel.booleans import Solid, area_of, is_valid


@dataclass(frozen=True, slots=True)
class Measures:
    """Mass properties; a part of several bodies counts as their union.

    Attributes:
        volume: mm³.
        area: of the surface, mm².
        bounding_box: axis-parallel, corners in mm.
        center_of_mass: mm.
        bodies: number of separate solids.
    """

    volume: float
    area: float
    bounding_box: BoundingBox
    center_of_mass: Vec3
    bodies: int


def measure(solid: Solid) -> Measures:
    """Return the mass properties of a solid, from its exact surfaces."""
    box = bounding_box(solid)
    center = _center_of_mass(solid, box)
    return Measures(solid.volume, area_of(solid.shape), box, center, count_bodies(solid))


def _center_of_mass(solid: Solid, box: BoundingBox) -> Vec3:
    """Return the mean of the cones from the box's middle to each face, weighted by their volumes.

    The kernel would add them up itself, but forgets the first ones whenever the volumes so far
    cancel to 0, as they do in parts with round numbers.
    """
    tip = gp_Pnt(*box.center)
    volume, moment = 0.0, np.zeros(3)
    explorer = TopExp_Explorer(solid.shape, TopAbs_FACE)
    while explorer.More():
        face = TopoDS.Face(explorer.Current())
        cone = BRepGProp_Vinert(BRepGProp_Face(face), BRepGProp_Domain(face), tip)
        center = cone.CentreOfMass()
        volume += cone.Mass()
        moment += cone.Mass() * np.array([center.X(), center.Y(), center.Z()])
        explorer.Next()
    x, y, z = (moment / volume).tolist()
    return (x, y, z)


def bounding_box(solid: Solid) -> BoundingBox:
    """Return the box around the exact surfaces of a solid, without tolerances."""
    box = Bnd_Box()
    BRepBndLib.AddOptimal_s(solid.shape, box, False, False)
    low, high = box.CornerMin(), box.CornerMax()
    return BoundingBox((low.X(), low.Y(), low.Z()), (high.X(), high.Y(), high.Z()))


def count_bodies(solid: Solid) -> int:
    """Return the number of separate solids in a shape."""
    explorer, bodies = TopExp_Explorer(solid.shape, TopAbs_SOLID), 0
    while explorer.More():
        bodies += 1
        explorer.Next()
    return bodies


def check(solid: Solid | None) -> tuple[str, ...]:
    """Return what keeps a built shape from being a valid solid; nothing if it is one."""
    if solid is None:
        return ("there is no solid: nothing has been extruded",)
    problems = []
    if solid.volume <= 0:
        problems.append("the solid has no volume")
    if count_bodies(solid) == 0:
        problems.append("the shape is not a solid")
    if not is_valid(solid.shape):
        problems.append("the kernel finds the shape inconsistent")
    return tuple(problems)
