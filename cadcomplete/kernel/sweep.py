"""From a profile to the prism that it sweeps."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from OCP.BRepPrimAPI import BRepPrimAPI_MakePrism
from OCP.gp import gp_Trsf, gp_Vec
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.kernel.arrangement import prism
from cadcomplete.kernel.booleans import RIGHT, Solid, cut, is_valid
from cadcomplete.kernel.edges import face
from cadcomplete.kernel.integrals import area_of
from cadcomplete.operations import Extent, Extrude, Operation, Profile, Sketch


def sweep(profile: Profile, extrude: Extrude, operations: tuple[Operation, ...]) -> Solid:
    """Return the solid that a profile sweeps.

    Loops that touch make no valid face; then each is swept alone and the holes are cut out.
    Raises GeometryError if it sweeps none.
    """
    sketch = operations[profile.sketch]
    if not isinstance(sketch, Sketch):
        raise GeometryError(f"operation {profile.sketch} is not a sketch")
    swept = _prism(profile, sketch, extrude.extent)
    if swept is None and profile.holes:
        alone = [Profile(profile.sketch, i) for i in profile.loops]
        prisms = [_prism(p, sketch, extrude.extent) for p in alone]
        whole = [prism for prism in prisms if prism is not None]
        if len(whole) == len(alone):
            swept = cut(whole[0], whole[1:])
    if swept is None:
        raise GeometryError("a profile sweeps no solid: its loops cross themselves or others")
    return swept


def _prism(profile: Profile, sketch: Sketch, extent: Extent) -> Solid | None:
    """Return what a profile sweeps, which is sound if its face is; None if it is not."""
    start, end = extent.span
    if start == end:
        raise GeometryError("the extrude has no height")
    flat = face(profile, sketch)
    area = area_of(flat)
    if area <= 0 or not is_valid(flat) or not _encloses(profile, sketch, area):
        return None
    normal = gp_Vec(*sketch.plane.normal)
    moved: TopoDS_Shape = flat
    if start:
        shift = gp_Trsf()
        shift.SetTranslation(normal * start)
        moved = flat.Moved(TopLoc_Location(shift))
    swept = BRepPrimAPI_MakePrism(moved, normal * (end - start)).Shape()
    low, high = sorted((start, end))
    return Solid(swept, area * (high - low), prism(profile, sketch, low, high))


def _encloses(profile: Profile, sketch: Sketch, area: float) -> bool:
    """Say whether a face has the area of its outer loop less that of its holes, in mm²."""
    outer, *holes = (abs(sketch.loops[index].area) for index in profile.loops)
    return abs(area - (outer - sum(holes))) <= RIGHT * outer
