"""From a profile to the prism that it sweeps."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from dataclasses import replace

from OCP.BRepPrimAPI import BRepPrimAPI_MakePrism
from OCP.gp import gp_Trsf, gp_Vec
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import GeometryError
from cadcomplete.history.operations import Extent, Extrude, Operation, Profile, Sketch
from cadcomplete.history.simple_loops import nested, simple_loops
from cadcomplete.kernel.arrangement import prism
from cadcomplete.kernel.booleans import RIGHT, cut, fuse
from cadcomplete.kernel.edges import crosses, face
from cadcomplete.kernel.integrals import flat_area_of
from cadcomplete.kernel.solid import Solid, is_valid


def sweep(profile: Profile, extrude: Extrude, operations: tuple[Operation, ...]) -> Solid:
    """Return the solid that a profile sweeps, of sketches among the `operations` before it.

    Raises GeometryError if it sweeps none.

    Loops that touch make no valid face; then each is swept alone and the holes are cut out. One
    that touches itself is swept in parts.
    """
    known = 0 <= profile.sketch < len(operations)
    sketch = operations[profile.sketch] if known else None
    if not isinstance(sketch, Sketch):
        raise GeometryError(f"operation {profile.sketch} is not a sketch")
    swept = _prism(profile, sketch, extrude.extent)
    if swept is not None:
        return swept
    outer, *holes = (_swept_alone(i, profile, sketch, extrude.extent) for i in profile.loops)
    return cut(outer, holes) if holes else outer


def _swept_alone(index: int, profile: Profile, sketch: Sketch, extent: Extent) -> Solid:
    """Return what a loop sweeps, with nothing cut out."""
    swept = _prism(Profile(profile.sketch, index), sketch, extent) if profile.holes else None
    if swept is not None:
        return swept
    loop = sketch.loops[index]
    parts = replace(sketch, loops=simple_loops(loop))
    prisms = [_prism(Profile(0, *part), parts, extent) for part in nested(parts.loops)]
    whole = [prism for prism in prisms if prism is not None]
    if not whole or len(whole) < len(prisms):
        why = crosses(loop) or "crosses or touches itself"
        raise GeometryError(f"a profile sweeps no solid: loop {index} {why}")
    return fuse(whole)


def _prism(profile: Profile, sketch: Sketch, extent: Extent) -> Solid | None:
    """Return what a profile sweeps, which is sound if its face is; None if it is not."""
    start, end = extent.span
    if start == end:
        raise GeometryError("the extrude has no height")
    flat = face(profile, sketch)
    area = flat_area_of(flat)
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
