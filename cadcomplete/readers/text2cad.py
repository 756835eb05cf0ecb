"""Text2CAD's minimal JSON: `parts`, each a place, a sketch of faces, and an extrusion.

What its published prompts say of parts of which DeepCAD's own files are there too (Text2CAD,
NeurIPS 2024):

- Points and depths have no unit, the largest of a part is about 0.75. As in DeepCAD's command
  vectors, whose cube it is, 1 is read as 128 mm.
- `sketch_scale` is the size that the sketch has already: nothing is multiplied by it.
- The three Euler angles are, in degrees, those about z, y and x that turn space into the frame of
  the sketch: 0, 0, -90 is a sketch on the front plane, its normal along -y. The translation vector
  is the frame's origin.
- A face is an outer loop and, after it, the loops of its holes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from cadcomplete.errors import GeometryError, ReadError, UnsupportedError
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Plane, Vec2, Vec3
from cadcomplete.history.operations import (
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.checked import Json, Unit, at, get, length, number
from cadcomplete.readers.loops import MOST_CURVES, chain
from cadcomplete.readers.omnicad import BOOLEANS

_UNIT = Unit("units of 128 mm", 128.0)
_DEGREES = Unit("degrees", 1.0)
_REMARK = "the file has no unit of length: 1 is read as 128 mm"


def matches(raw: Json) -> bool:
    """Say whether a document is of this kind."""
    return isinstance(raw.get("parts"), dict) and "sequence" not in raw


def parse(raw: Json, *, id: str = "") -> CadSequence:
    """Return the history in a document, in millimetres. Raises ReadError with the place."""
    operations: list[Operation] = []
    left = MOST_CURVES
    for name, part in raw["parts"].items():
        if part is None:  # some writers number the parts, and leave gaps
            continue
        path = f"$.parts.{name}"
        remarks = () if operations else (_REMARK,)
        sketch, faces = at(path, _sketch, part, path, remarks)
        left -= sum(len(loop.curves) for loop in sketch.loops)
        if left < 0:
            raise ReadError("too many curves", where=path, expected=f"up to {MOST_CURVES}")
        index = len(operations)
        profiles = tuple(
            Profile(index, first, tuple(range(first + 1, end))) for first, end in faces
        )
        operations += [sketch, at(path, _extrude, part, profiles, path)]
    return CadSequence(tuple(operations), id)


def _sketch(part: Any, path: str, remarks: tuple[str, ...]) -> tuple[Sketch, list[tuple[int, int]]]:
    """Return a sketch, and where the loops of each face begin and end."""
    plane = at(".coordinate_system", _plane, get(part, "coordinate_system", dict))
    loops: list[Loop] = []
    faces: list[tuple[int, int]] = []
    for name, face in get(part, "sketch", dict).items():
        place = f".sketch.{name}"
        if not isinstance(face, dict):
            raise ReadError("wrong type", where=place, expected="an object of loops")
        first = len(loops)
        loops += at(place, lambda face=face, place=place: list(_loops(face, path + place)))
        if len(loops) > first:
            faces.append((first, len(loops)))
    return Sketch(plane, tuple(loops), path, remarks), faces


def _loops(face: Json, path: str) -> Iterator[Loop]:
    for name in face:
        drawn = get(face, name, dict)
        curves = [at(f".{name}.{key}", _curve, key, curve) for key, curve in drawn.items()]
        if curves:
            chained, _ = at(f".{name}", chain, curves)
            yield Loop(tuple(chained), f"{path}.{name}")


def _curve(name: str, curve: Any) -> Curve:
    """Return a curve, whose kind its name says: `line_1`, `arc_2`, `circle_1`."""
    kind = name.partition("_")[0]
    if kind == "line":
        return Line(_point(curve, "Start Point"), _point(curve, "End Point"))
    if kind == "arc":
        points = (_point(curve, f"{which} Point") for which in ("Start", "Mid", "End"))
        return Arc(*points)
    if kind == "circle":
        return Circle(_point(curve, "Center"), length(curve, "Radius", _UNIT))
    raise UnsupportedError([kind])


def _point(curve: Any, key: str) -> Vec2:
    found = _listed(curve, key, 2)
    x, y = (at(f".{key}", length, found, i, _UNIT) for i in range(2))
    return (x, y)


def _listed(holder: Any, key: str, size: int) -> list[Any]:
    found = get(holder, key, list)
    if len(found) != size:
        expected = f"a list of {size} numbers"
        raise ReadError("wrong type", where=f".{key}", expected=expected, got=len(found))
    return found


def _plane(system: Json) -> Plane:
    turns = _listed(system, "Euler Angles", 3)
    c, b, a = (math.radians(at(".Euler Angles", number, turns, i, _DEGREES)) for i in range(3))
    origin = _listed(system, "Translation Vector", 3)
    x, y, z = (at(".Translation Vector", length, origin, i, _UNIT) for i in range(3))
    try:
        return Plane.of(
            (x, y, z), _turned((0.0, 0.0, 1.0), c, b, a), _turned((1.0, 0.0, 0.0), c, b, a)
        )
    except GeometryError as error:
        raise ReadError(str(error)) from error


def _turned(v: Vec3, c: float, b: float, a: float) -> Vec3:
    """A direction of the sketch in space: turned by -a about x, -b about y, then -c about z."""
    x, y, z = v
    y, z = y * math.cos(a) + z * math.sin(a), z * math.cos(a) - y * math.sin(a)
    x, z = x * math.cos(b) - z * math.sin(b), z * math.cos(b) + x * math.sin(b)
    x, y = x * math.cos(c) + y * math.sin(c), y * math.cos(c) - x * math.sin(c)
    return (round(x, 12) + 0.0, round(y, 12) + 0.0, round(z, 12) + 0.0)


def _extrude(part: Json, profiles: tuple[Profile, ...], path: str) -> Extrude:
    extrusion = get(part, "extrusion", dict)
    boolean = get(extrusion, "operation", str)
    if boolean not in BOOLEANS:
        expected = ", ".join(BOOLEANS)
        where = ".extrusion.operation"
        raise ReadError("unknown value", where=where, expected=expected, got=boolean)
    keys = ("extrude_depth_towards_normal", "extrude_depth_opposite_normal")
    along, against = (at(".extrusion", length, extrusion, key, _UNIT) for key in keys)
    extent = Extent(ExtentType.ONE_SIDED, along or -against)
    if along and against:
        extent = Extent(ExtentType.TWO_SIDED, along, against)
    return Extrude(profiles, extent, BOOLEANS[boolean], f"{path}.extrusion")
