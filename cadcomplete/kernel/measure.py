"""What a solid measures, in millimetres, and whether it is one."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from OCP.TopAbs import TopAbs_SOLID
from OCP.TopExp import TopExp_Explorer

from cadcomplete.history.geometry import BoundingBox
from cadcomplete.kernel.integrals import area_of, box_of, mass_of
from cadcomplete.kernel.report import Measures
from cadcomplete.kernel.solid import Solid, is_valid


def measure(solid: Solid) -> Measures:
    """Return the mass properties of a solid, from its exact surfaces."""
    box = bounding_box(solid)
    center, moments = mass_of(solid.shape, box)
    area, bodies = area_of(solid.shape), count_bodies(solid)
    return Measures(solid.volume, area, box, center, moments, bodies)


def bounding_box(solid: Solid) -> BoundingBox:
    """Return the box around the exact surfaces of a solid, without tolerances."""
    return box_of(solid.shape)


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
    if not (solid.checked or is_valid(solid.shape)):
        problems.append("the kernel finds the shape inconsistent")
    return tuple(problems)
