"""Chamfers of two sizes: on which of the two faces at an edge the first one is measured.

FreeCAD measures it on the first face of the map of its solid, or on the other one if it is flipped;
we on the face that was made first. By a point of each face it is told which operation made it.
"""

from __future__ import annotations

import math

import numpy as np

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.blends import Blend
from cadcomplete.history.geometry import Vec3
from cadcomplete.history.named_loops import curve_counts
from cadcomplete.history.operations import Operation
from cadcomplete.kernel.naming.made_first import END, OTHER, SIDE, FaceSource, first_of
from cadcomplete.kernel.naming.surfaces import SURFACES
from cadcomplete.readers.freecad.before import NotKnown
from cadcomplete.readers.freecad.features import BevelledEdges
from cadcomplete.readers.freecad.stored import StoredEdge

_UNCERTAIN = "a chamfer of two sizes where it is not known which face is which"


def sizes_at(
    feature: BevelledEdges, edge: StoredEdge, operations: tuple[Operation, ...]
) -> tuple[float, float]:
    """Return the sizes on the face that was made first and on the other one, in mm.

    Raises NotKnown if that is not certain.
    """
    if edge.within is None or edge.middle is None:
        raise NotKnown(_UNCERTAIN)
    first, second = feature.size, feature.second
    if feature.by == "distance and angle":
        second = _other_size(first, feature.angle, edge.middle, edge.within)
    faces = edge.within[::-1] if feature.flipped else edge.within
    one, other = (_place(point, operations) for point in faces)
    rounding = [index for index, op in enumerate(operations) if isinstance(op, Blend)]
    one, other = _told(one, other, rounding), _told(other, one, rounding)
    if one == other:
        raise NotKnown(_UNCERTAIN)
    corners = curve_counts(operations[one.operation], operations[: one.operation])
    return (second, first) if first_of(one, other, corners, swapped=False) else (first, second)


def _place(point: Vec3, operations: tuple[Operation, ...]) -> FaceSource | None:
    """Where a face comes from that a point lies on; None if no formula knows."""
    at = np.array([point])
    for index, operation in enumerate(operations):
        try:
            surfaces = SURFACES[type(operation)](operation, operations[:index])
        except (GeometryError, UnsupportedError) as error:
            raise NotKnown(_UNCERTAIN) from error
        if any(end.any() for one in surfaces for end in one.ends(at)):
            return FaceSource(index, END)
        for one in surfaces:
            for key, found in zip(one.keys, one.sides(at), strict=True):
                if found.any():
                    return FaceSource(index, SIDE, *key)
    return None


def _told(face: FaceSource | None, other: FaceSource | None, rounding: list[int]) -> FaceSource:
    """Where a face comes from: what nothing else made, a fillet or a chamfer did."""
    if face is not None:
        return face
    before = {other is not None and index < other.operation for index in rounding}
    if other is None or len(before) != 1:
        raise NotKnown(_UNCERTAIN)
    return FaceSource(rounding[0], OTHER)


def _other_size(size: float, angle: float, middle: Vec3, within: tuple[Vec3, Vec3]) -> float:
    """The size on the other face, by the law of sines: the cut meets the first at an angle."""
    one, other = (np.subtract(point, middle) for point in within)
    cosine = float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
    between, cut = math.acos(max(-1.0, min(1.0, cosine))), math.radians(angle)
    if cut + between >= math.pi:
        raise NotKnown("a chamfer by an angle that meets no second face")
    return size * math.sin(cut) / math.sin(cut + between)
