"""A solid that is believed as it is: what is known of it is asked of its own shape.

So is one that was read from a file, or rounded: nobody knows its prisms, but what a later boolean
makes of it must agree with it. Neither points nor triangles are the work of booleans.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from manifold3d import Error, Manifold, Mesh64
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy
from OCP.BRepClass3d import BRepClass3d_SolidClassifier
from OCP.GeomAbs import GeomAbs_Plane
from OCP.gp import gp_Pnt
from OCP.TopAbs import TopAbs_FACE, TopAbs_IN, TopAbs_ON, TopAbs_ShapeEnum, TopAbs_SOLID
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS, TopoDS_Shape

from cadcomplete.history.geometry import Array
from cadcomplete.kernel.integrals import area_of, box_of
from cadcomplete.kernel.oracle import INSIDE, NOT_KNOWN, OUTSIDE, Oracle, Rough, Sides, turned_about
from cadcomplete.kernel.solid import Solid
from cadcomplete.kernel.tessellate import tessellate

_NEAR = 1e-6  # mm; a point as near to the surface is on it

_DEFLECTION = 1e-4  # of triangles, as a share of the diagonal

_ANGLE = 5.0  # degrees between neighbours, at most


def oracle_of(solid: Solid) -> Oracle:
    """Return what is known of a solid."""
    return solid.oracle or Known(solid.shape, solid.volume)


@dataclass(frozen=True, eq=False)
class Known(Oracle):
    """What a shape itself says; `known_volume` is its volume in mm³."""

    shape: TopoDS_Shape
    known_volume: float
    _rough: dict[bool, Rough | None] = field(default_factory=dict)

    @cached_property
    def _box(self) -> Array:
        found = box_of(self.shape)
        return np.array([found.minimum, found.maximum])

    def bounds(self) -> tuple[float, float]:
        return self.known_volume, self.known_volume

    def box(self) -> Array:
        return self._box

    def contains(self, points: Array) -> Sides:
        return located(self.shape, points)

    def rough(self, *, turned: bool = False) -> Rough | None:
        if False not in self._rough:
            self._rough[False] = self._triangles()
        if turned not in self._rough:
            plain = self._rough[False]
            self._rough[True] = plain and plain._replace(body=turned_about(plain.body))
        return self._rough[turned]

    def _triangles(self) -> Rough | None:
        copied = BRepBuilderAPI_Copy(self.shape).Shape()  # a shape keeps the triangles it is given
        mesh = tessellate(Solid(copied, self.known_volume), deflection=_DEFLECTION, angle=_ANGLE)
        body = Manifold(Mesh64(mesh.vertices, mesh.triangles.astype(np.uint64)))
        if body.status() != Error.NoError or body.is_empty():
            return None
        far = _DEFLECTION * float(np.linalg.norm(self._box[1] - self._box[0]))
        curved = sum(area_of(face) for face in _parts(self.shape, TopAbs_FACE) if not _flat(face))
        return Rough(body, far * curved + abs(body.volume() - self.known_volume), far)


def located(shape: TopoDS_Shape, points: Array) -> Sides:
    """Say which of the points (n, 3) are inside of a shape; of those on its surface nothing."""
    found = np.full(len(points), OUTSIDE, dtype=np.int8)
    for solid in _parts(shape, TopAbs_SOLID):
        classifier = BRepClass3d_SolidClassifier(solid)
        for number in np.flatnonzero(found == OUTSIDE):
            classifier.Perform(gp_Pnt(*points[number].tolist()), _NEAR)
            if classifier.State() == TopAbs_IN:
                found[number] = INSIDE
            elif classifier.State() == TopAbs_ON:
                found[number] = NOT_KNOWN
    return found


def _parts(shape: TopoDS_Shape, kind: TopAbs_ShapeEnum) -> Iterator[TopoDS_Shape]:
    explorer = TopExp_Explorer(shape, kind)
    while explorer.More():
        yield explorer.Current()
        explorer.Next()


def _flat(face: TopoDS_Shape) -> bool:
    return BRepAdaptor_Surface(TopoDS.Face(face)).GetType() == GeomAbs_Plane
