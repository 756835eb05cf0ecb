"""Pads and pockets as extrudes: in which direction, and how far."""

from __future__ import annotations

import math

import numpy as np

from cadcomplete.history.fields import LIMIT
from cadcomplete.history.geometry import BoundingBox, Plane, Vec3, dot, facing
from cadcomplete.history.operations import (
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Sketch,
)
from cadcomplete.readers.freecad.before import Earlier, NotKnown
from cadcomplete.readers.freecad.features import PadOrPocket, Side
from cadcomplete.readers.freecad.outlines import rounded

_REVERSED_BOTH = (0, 20)
"""From here on `Reversed` counts for two lengths as well."""


def extruded(feature: PadOrPocket, before: Earlier) -> tuple[Operation, ...]:
    """Return the extrude of a pad or a pocket, after its sketch if that is new.

    Raises NotKnown for what an extrude cannot say exactly.
    """
    _check(feature, before)
    index, drawn = before.drawn(feature.profile)
    sketch = drawn[0] if drawn else before.operations[index]
    assert isinstance(sketch, Sketch)
    boolean = before.boolean(cut="a pocket" if feature.cuts else "", apart=feature.apart)
    extent = _extent(feature, sketch.plane, before)
    return (*drawn, Extrude(before.regions(index, sketch), extent, boolean, feature.name))


def _check(feature: PadOrPocket, before: Earlier) -> None:
    sides = [side for side in (feature.first, feature.second) if side is not None]
    odd = list(feature.odd)
    if any(side.taper for side in sides):
        odd.append("TaperAngle")
    if feature.direction is not None:
        odd.append("UseCustomVector")
    axis = feature.axis
    if axis is not None and axis.parts and axis.parts != ("N_Axis",):
        odd.append("ReferenceAxis")
    if odd:
        raise NotKnown(*odd)


def _extent(feature: PadOrPocket, plane: Plane, before: Earlier) -> Extent:
    """How far it reaches along the normal of its sketch."""
    front = feature.cuts == feature.reversed
    if feature.second is not None and before.body.version < _REVERSED_BOTH:
        front = not feature.cuts
    sense = 1.0 if front else -1.0
    if feature.symmetric:
        return Extent(ExtentType.SYMMETRIC, _some(_half(feature.first, plane, before)))
    first = rounded(_reach(feature.first, plane, sense, before))
    if feature.second is None:
        return Extent(ExtentType.ONE_SIDED, sense * _some(first))
    second = rounded(_reach(feature.second, plane, -sense, before))
    _some(first + second)
    if min(first, second) < 0:
        raise NotKnown("a start off the sketch")
    along, against = (first, second) if front else (second, first)
    return Extent(ExtentType.TWO_SIDED, along, against)


def _some(height: float) -> float:
    if not height:
        raise NotKnown("no height")
    return height


def _half(side: Side, plane: Plane, before: Earlier) -> float:
    if side.until == "length":
        return rounded(side.length / 2)
    return max(_reach(side, plane, sense, before) for sense in (1.0, -1.0))


def _reach(side: Side, plane: Plane, sense: float, before: Earlier) -> float:
    """How far a side reaches, positive in its own direction."""
    if side.until == "length":
        return side.length
    if side.until == "through" and before.solid is not None:
        return _through(before.solid, plane, sense)
    if side.until == "face":
        return _to_face(side, plane, sense, before)
    raise NotKnown(f"up to {side.until}")


_MORE = 0.01


def _through(box: BoundingBox, plane: Plane, sense: float) -> float:
    """A whole number of millimetres that reaches through all that lies in a box."""
    corners = np.array([box.minimum, box.maximum])
    normal = np.array(plane.normal) * sense
    farthest = np.maximum(*(corners * normal)).sum() - sense * plane.offset
    return float(math.ceil(max(float(farthest), 0.0) + _MORE * box.diagonal + 1))


def _to_face(side: Side, plane: Plane, sense: float, before: Earlier) -> float:
    """The distance to a plane that a reference names, if that is parallel to the sketch.

    It is negative where the plane lies on the other side: FreeCAD goes there all the same.
    """
    face = before.body.plane(side.face)
    if face is None:
        raise NotKnown("up to a face")
    if side.offset:  # which way it counts differs among real pockets, and nothing there says why
        raise NotKnown("an offset from a face")
    if not facing(face.normal, plane.normal):
        raise NotKnown("up to a face that is not parallel")
    height = sense * dot(_difference(face.origin, plane.origin), plane.normal)
    if not 0 < abs(height) < LIMIT:
        raise NotKnown("up to a face where the sketch is")
    return height


def _difference(a: Vec3, b: Vec3) -> Vec3:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])
