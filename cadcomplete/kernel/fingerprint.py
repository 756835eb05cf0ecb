"""Keys of a shape that are the same wherever it lies, however large it is, and in a mirror."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import hashlib
import math
from typing import Any

from OCP.BRep import BRep_Builder
from OCP.collections import (
    IndexedDataMap_TopoDS_Shape_List_TopoDS_Shape_TopTools_ShapeMapHasher as EdgesAndFaces,
)
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE
from OCP.TopExp import TopExp
from OCP.TopoDS import TopoDS_Compound

from cadcomplete.kernel.attempts import merged
from cadcomplete.kernel.integrals import length_of
from cadcomplete.kernel.measure import measure
from cadcomplete.kernel.report import Measures
from cadcomplete.kernel.solid import Solid

CELL = 1e-3
"""Relative width of the cells that numbers are sorted into."""

OFFSETS = (math.sqrt(2), math.sqrt(2) + 0.5)
"""Where the two grids of cells begin: half a cell apart, and where no round number is a border."""


def fingerprint(solid: Solid, measures: Measures | None = None) -> tuple[str, str]:
    """Return two keys of a valid solid; two parts are near-duplicates if either is the same.

    Both come from the number of its bodies and faces, and from its area, its principal moments of
    inertia and the length of its edges, each divided by that power of the volume that leaves no
    unit; not from the number of edges, as gaps of nanometres leave edges of nanometres. Two keys,
    because noise can move a number over the border of its cell, but hardly over one in both
    grids. `measures` saves measuring the solid if that has been done.
    """
    found = measures or measure(solid)
    faces, length = _skeleton(solid)
    size = found.volume ** (1 / 3)
    numbers = (
        found.area / size**2,
        length / size,
        *(moment / size**5 for moment in found.moments),
    )
    counts = (found.bodies, faces)
    first, second = (_key(counts, numbers, offset) for offset in OFFSETS)
    return (first, second)


def _key(counts: tuple[int, ...], numbers: tuple[float, ...], offset: float) -> str:
    cells = [_cell(number, offset) for number in numbers]
    return hashlib.sha256(repr((counts, cells)).encode()).hexdigest()[:16]


def _cell(number: float, offset: float) -> int | None:
    """The cell of a number; a ring has no edge between two faces, and their length of 0 none."""
    return math.floor(math.log(number) / CELL + offset) if number > 0 else None


def _skeleton(solid: Solid) -> tuple[int, float]:
    """Return the number of faces, and the length in mm of all edges between two of them.

    That leaves out the seam of a cylinder, which lies where its sketch happened to begin.
    """
    shape: Any = solid.shape
    if not solid.checked:
        shape = merged(shape) or shape
    faces = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, TopAbs_FACE, faces)
    owners, edges = EdgesAndFaces(), TopoDS_Compound()
    TopExp.MapShapesAndUniqueAncestors_s(shape, TopAbs_EDGE, TopAbs_FACE, owners, False)
    builder = BRep_Builder()
    builder.MakeCompound(edges)
    for index in range(1, owners.Extent() + 1):
        if owners.FindFromIndex(index).Size() > 1:
            builder.Add(edges, owners.FindKey(index))
    return faces.Extent(), length_of(edges)
