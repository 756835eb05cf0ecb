"""How far an extrude reaches, from its value to what its command says, and back.

In the lines ends are positions along the normal, seen from the world's origin, in JSON distances
from where it starts. Faces are named by how far back the operation stands that made them.
"""

from __future__ import annotations

from cadcomplete.errors import TextError
from cadcomplete.history.extent_kind import End, SaidExtent
from cadcomplete.history.extents import Extent, ExtentType, Until
from cadcomplete.history.faces import Face
from cadcomplete.history.fields import Format
from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import Operation


def reach_of(
    extent: Extent, plane: Plane, before: tuple[Operation, ...], text_format: Format
) -> SaidExtent:
    """Return what a command says of an extent. Raises TextError for a face that there is not."""
    two = extent.type is ExtentType.TWO_SIDED
    first: End = extent.distance
    second: End = extent.against
    start = extent.start or None
    if text_format != "json":
        first = plane.offset + extent.start + extent.distance
        second = plane.offset + extent.start - extent.against
        start = plane.offset + extent.start if extent.start else None
    first = first if extent.until is None else _said(extent.until, before)
    second = second if extent.until_against is None else _said(extent.until_against, before)
    taper = () if extent.straight else (extent.taper, extent.taper_against)
    if not two or extent.taper == extent.taper_against:
        taper = taper[:1]
    return SaidExtent(extent.type.value, (first, second) if two else (first,), start, taper)


def extent_of(
    reach: SaidExtent, plane: Plane, before: tuple[Operation, ...], text_format: Format
) -> Extent:
    """Return the extent that a command says. Raises TextError for a face that there is not."""
    kind, zero = ExtentType(reach.type), 0.0 if text_format == "json" else plane.offset
    start = 0.0 if reach.start is None else reach.start - zero
    distances, untils = [], []
    for side, end in zip((1, -1), reach.at, strict=False):
        until = _meant(end, before) if isinstance(end, Until) else None
        untils.append(until)
        if isinstance(end, Until):
            distances.append(0.0)
        elif text_format == "json":
            distances.append(end)
        else:
            distances.append(end - zero - start if side > 0 else zero + start - end)
    against, until_against = distances[1:] or [0.0], untils[1:] or [None]
    taper = reach.taper[0] if reach.taper else 0.0
    second = reach.taper[-1] if reach.taper and kind is ExtentType.TWO_SIDED else 0.0
    return Extent(kind, distances[0], against[0], start, taper, second, untils[0], until_against[0])


def _said(until: Until, before: tuple[Operation, ...]) -> Until:
    """Count a face back from the extrude."""
    return until.changed(lambda face: _checked(face, before).counted(len(before)))


def _meant(until: Until, before: tuple[Operation, ...]) -> Until:
    """Count a face from the first operation."""
    return until.changed(lambda face: _checked(face.counted(len(before)), before))


def _checked(face: Face, before: tuple[Operation, ...]) -> Face:
    if problem := face.problem(before):
        raise TextError(f"no such face: {problem}", got=face.counted(len(before)).word)
    return face
