"""Pads and pockets as extrudes: in which direction, how far, and where they end."""

from __future__ import annotations

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.extents import NEXT, THROUGH, Until
from cadcomplete.history.faces import FaceName, FacePlane
from cadcomplete.history.fields import LIMIT
from cadcomplete.history.geometry import Plane, Vec3, dot, facing, same_plane
from cadcomplete.history.operations import (
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Sketch,
)
from cadcomplete.history.sketches import SweepsProfiles
from cadcomplete.readers.freecad.before import Earlier, NotKnown
from cadcomplete.readers.freecad.features import PadOrPocket, Side
from cadcomplete.readers.freecad.outlines import rounded

_REVERSED_BOTH = (0, 20)
"""From here on `Reversed` counts for two lengths as well."""

_OFFSET_BEFORE = (1, 0)
"""From here on real pockets end before a face by their offset: three that are positive, and three
negative ones, which may be older than the file."""

_NEAR = 1e-6
"""How far a part reaches at least where something goes through it, in mm."""

End = float | Until
"""Where a side ends: a distance in its own direction, or what stands for one."""


def extruded(feature: PadOrPocket, before: Earlier) -> tuple[Operation, ...]:
    """Return the extrude of a pad or a pocket, after its sketch if that is new.

    Raises NotKnown for what an extrude cannot say exactly.
    """
    _check(feature)
    index, drawn = before.drawn(feature.profile)
    sketch = drawn[0] if drawn else before.operations[index]
    assert isinstance(sketch, Sketch)
    boolean = before.boolean(cut="a pocket" if feature.cuts else "", apart=feature.apart)
    extent = _extent(feature, sketch.plane, before)
    return (*drawn, Extrude(before.regions(index, sketch), extent, boolean, feature.name))


def _check(feature: PadOrPocket) -> None:
    odd = list(feature.odd)
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
        return _symmetric(feature.first, plane, before)
    first, taper = _end(feature.first, plane, sense, before), 0.0 - feature.first.taper
    if feature.second is None:
        return _one_sided(first, sense, taper)
    second, other = _end(feature.second, plane, -sense, before), 0.0 - feature.second.taper
    sides = ((first, taper), (second, other))
    (along, taper), (against, other) = sides if front else sides[::-1]
    return _two_sided(along, against, taper, other)


def _one_sided(end: End, sense: float, taper: float) -> Extent:
    if not isinstance(end, Until):
        return Extent(ExtentType.ONE_SIDED, sense * _some(rounded(end)), taper=taper)
    if end.face is not None or sense > 0:
        return Extent(ExtentType.ONE_SIDED, 0.0, until=end, taper=taper)
    return Extent(ExtentType.TWO_SIDED, 0.0, until_against=end, taper_against=taper)


def _two_sided(along: End, against: End, taper: float, other: float) -> Extent:
    until, until_against = (end if isinstance(end, Until) else None for end in (along, against))
    front, back = (0.0 if isinstance(end, Until) else rounded(end) for end in (along, against))
    if until is None and until_against is None:
        _some(front + back)
        if min(front, back) < 0:
            return _off_the_sketch(front, back, straight=not taper and not other)
    if min(front, back) < 0:
        raise NotKnown("a start off the sketch")
    both = ExtentType.TWO_SIDED
    return Extent(both, front, back, 0.0, taper, other, until, until_against)


def _off_the_sketch(front: float, back: float, *, straight: bool) -> Extent:
    """What lies between two places on one side of the sketch."""
    if not straight or front + back < 0:
        raise NotKnown("a start off the sketch")
    if back < 0:
        return Extent(ExtentType.ONE_SIDED, front + back, start=-back)
    return Extent(ExtentType.ONE_SIDED, -(front + back), start=front)


def _symmetric(side: Side, plane: Plane, before: Earlier) -> Extent:
    if side.taper:  # where it is as wide as drawn depends on the version
        raise NotKnown("a taper to both sides")
    if side.until == "length":
        return Extent(ExtentType.SYMMETRIC, _some(rounded(side.length / 2)))
    if side.until != "through":
        raise NotKnown(f"up to {side.until} on both sides")
    low, high = before.heights(plane)
    if low > -_NEAR and high < _NEAR:
        raise NotKnown("through nothing")
    return Extent(ExtentType.TWO_SIDED, 0.0, until=THROUGH, until_against=THROUGH)


def _some(height: float) -> float:
    if not height:
        raise NotKnown("no height")
    return height


def _end(side: Side, plane: Plane, sense: float, before: Earlier) -> End:
    """Where a side ends: how far away, or at what."""
    if side.until == "length":
        return side.length
    if side.until == "through":
        return _through(plane, sense, before)
    if side.until == "first" and before.solid is not None:
        return NEXT
    if side.until == "face":
        return _to_face(side, plane, sense, before)
    raise NotKnown(f"up to {side.until}")


def _through(plane: Plane, sense: float, before: Earlier) -> Until:
    low, high = before.heights(plane)
    if (high if sense > 0 else -low) < _NEAR:
        raise NotKnown("through nothing")
    return THROUGH


def _to_face(side: Side, plane: Plane, sense: float, before: Earlier) -> End:
    """The face of an earlier operation, a distance to one that is parallel, or a plane.

    A distance is negative where the plane lies on the other side: FreeCAD goes there all the same.
    An offset goes on behind the face; from 1.0 on it ends before it, whatever its sign.
    """
    more = -abs(side.offset) if before.body.version >= _OFFSET_BEFORE else side.offset
    face = before.body.plane(side.face)
    if face is None:
        raise NotKnown("up to a face")
    if not facing(face.normal, plane.normal):
        if more or abs(dot(face.normal, plane.normal)) < _NEAR:
            raise NotKnown("up to a face that is not parallel")
        return Until("face", FacePlane(face.normal, rounded(face.offset)))
    height = sense * dot(_difference(face.origin, plane.origin), plane.normal)
    if not 0 < abs(height) < LIMIT:
        raise NotKnown("up to a face where the sketch is")
    if more:
        return height + (more if height > 0 else -more)
    name = _face_of(face, before.operations)
    return height if name is None else Until("face", name)


def _face_of(plane: Plane, operations: tuple[Operation, ...]) -> FaceName | None:
    """The start or end of the first operation that has one in a plane."""
    for index, operation in enumerate(operations):
        if not isinstance(operation, SweepsProfiles):
            continue
        try:
            ends = operation.ends(operations[:index])
        except (GeometryError, UnsupportedError):
            continue
        for kind, end in zip(("start", "end"), ends or (), strict=False):
            if same_plane(end, plane, apart=_NEAR):
                return FaceName(kind, index)
    return None


def _difference(a: Vec3, b: Vec3) -> Vec3:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])
