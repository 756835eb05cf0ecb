"""What a solid measures, in millimetres, and whether it is one."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from dataclasses import dataclass

from OCP.Bnd import Bnd_Box
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepGProp import BRepGProp
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_SOLID
from OCP.TopExp import TopExp_Explorer

from cadcomplete.geometry import BoundingBox, Vec3
from cadcomplete.kernel.booleans import Solid, is_valid


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
    volume, surface = GProp_GProps(), GProp_GProps()
    BRepGProp.VolumeProperties_s(solid.shape, volume)
    BRepGProp.SurfaceProperties_s(solid.shape, surface)
    center = volume.CentreOfMass()
    return Measures(
        volume.Mass(),
        surface.Mass(),
        bounding_box(solid),
        (center.X(), center.Y(), center.Z()),
        count_bodies(solid),
    )


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
