"""Omni-CAD and DeepCAD JSON, in metres: `entities`, `sequence`, `properties`.

What real files do that the schema does not say (each is a test):

- Sketches may stand in `entities` only; what `sequence` does not list is left alone.
- `is_outer` may be true on every loop: the largest loop is the outer one.
- A loop's curves may be stored reversed, and so may the ends of an arc.
- An arc runs counter-clockwise in the sketch's own frame, from `reference_vector`, over
  `end_angle - start_angle`, whatever its `normal` says: that is sometimes in the world's frame.
- `index` may have gaps; the order of the list counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cadcomplete.curves import Arc, Circle, Curve, Line
from cadcomplete.errors import GeometryError, ReadError, shorten
from cadcomplete.fields import LIMIT
from cadcomplete.geometry import Plane, Vec2, Vec3, distance
from cadcomplete.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.sequence import CadSequence

Json = dict[str, Any]

BOOLEANS = {
    "NewBodyFeatureOperation": Boolean.NEW_BODY,
    "JoinFeatureOperation": Boolean.JOIN,
    "CutFeatureOperation": Boolean.CUT,
    "IntersectFeatureOperation": Boolean.INTERSECT,
}
EXTENTS = {
    "OneSideFeatureExtentType": ExtentType.ONE_SIDED,
    "SymmetricFeatureExtentType": ExtentType.SYMMETRIC,
    "TwoSidesFeatureExtentType": ExtentType.TWO_SIDED,
}


@dataclass(frozen=True, slots=True)
class Convention:
    """What documents of this shape may do differently.

    Attributes:
        listed: the key under which the operations are listed in their order.
        unit: of their lengths.
        millimetres: that are one such unit.
        normals: whether an arc whose `normal` points down runs clockwise.
    """

    listed: str
    unit: str
    millimetres: float
    normals: bool


OMNICAD = Convention("sequence", "metres", 1000.0, normals=False)


def matches(raw: Json) -> bool:
    """Say whether a document is in this dialect, or would be if it had its entities."""
    listed = raw.get("sequence")
    first = listed[0] if isinstance(listed, list) and listed else None
    return "entities" in raw or (isinstance(first, dict) and "entity" in first)


def parse(raw: Json, *, id: str = "", convention: Convention = OMNICAD) -> CadSequence:
    """Return the history in a document. Raises ReadError with the place of what is wrong."""
    entities = _at("$", _get, raw, "entities", dict)
    listed = _at("$", _get, raw, convention.listed, list)
    operations: list[Operation] = []
    sketches: dict[str, tuple[int, Regions]] = {}
    for number, entry in enumerate(listed):
        key = _at(f"$.{convention.listed}[{number}]", _entity_key, entry, entities)
        path = f"$.entities.{key}"
        entity = entities[key]
        kind = _at(path, _get, entity, "type", str)
        if kind == "Sketch":
            sketch, regions = _at(path, read_sketch, entity, path, convention)
            sketches[key] = (len(operations), regions)
            operations.append(sketch)
        elif kind == "ExtrudeFeature":
            operations.append(_at(path, _read_extrude, entity, sketches, path, convention))
        else:
            expected = "Sketch or ExtrudeFeature"
            raise ReadError("unknown type", where=f"{path}.type", expected=expected, got=kind)
    return CadSequence(tuple(operations), id)


def _entity_key(entry: Any, entities: Json) -> str:
    key = _get(entry, "entity", str)
    if key not in entities:
        raise ReadError("no such entity", where=".entity", expected="a key of entities", got=key)
    return key


# --- checked access -----------------------------------------------------------------------------


def _at(path: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function and put `path` before the place of any error it raises."""
    try:
        return function(*arguments)
    except ReadError as error:
        if not error.where.startswith("$"):
            error.where = path + error.where
        raise


_JSON_NAMES: dict[type, str] = {dict: "an object", list: "a list", str: "a string"}


def _get(mapping: Any, key: str, kind: type) -> Any:
    if type(mapping) is not dict:
        raise ReadError("wrong type", expected=f"an object with {key!r}", got=mapping)
    value = mapping.get(key)
    if type(value) is not kind:
        problem = "wrong type" if key in mapping else "missing key"
        raise ReadError(problem, where=f".{key}", expected=_JSON_NAMES[kind], got=value)
    return value


def _number(mapping: Json, key: str, convention: Convention) -> float:
    value = mapping.get(key)
    most = LIMIT / convention.millimetres
    if type(value) is float and -most <= value <= most:
        return value
    if type(value) is int and abs(value) <= most:
        return float(value)
    raise ReadError(
        "not a number that can be used",
        where=f".{key}",
        expected=f"a number of {convention.unit} up to {most:.0f}",
        got=value,
    )


def _length(mapping: Json, key: str, convention: Convention) -> float:
    """A length in millimetres, to a tenth of a picometre: no noise from the conversion."""
    return round(_number(mapping, key, convention) * convention.millimetres, 10)


def _point(mapping: Json, key: str, convention: Convention) -> Vec2:
    x, y = (_at(f".{key}", _length, _get(mapping, key, dict), axis, convention) for axis in "xy")
    return (x, y)


def _point_in_space(mapping: Json, key: str, convention: Convention) -> Vec3:
    p = _get(mapping, key, dict)
    x, y, z = (_at(f".{key}", _length, p, axis, convention) for axis in "xyz")
    return (x, y, z)


def _vector(mapping: Json, key: str, convention: Convention) -> Vec3:
    v = _get(mapping, key, dict)
    x, y, z = (_at(f".{key}", _number, v, axis, convention) for axis in "xyz")
    return (x, y, z)


# --- sketches -----------------------------------------------------------------------------------

Region = tuple[int, tuple[int, ...]]
"""Outer loop and holes, by their indices in the sketch."""

Regions = dict[str, tuple[Region, ...]]
"""The regions of each profile; a profile has one, unless its loops lie apart."""


def read_sketch(
    entity: Json, path: str, convention: Convention = OMNICAD
) -> tuple[Sketch, Regions]:
    """Return a sketch, each of its loops once, and the loops of each of its profiles."""
    transform = _get(entity, "transform", dict)
    plane = _at(".transform", _read_plane, transform, convention)
    profiles = _get(entity, "profiles", dict)
    loops: list[Loop] = []
    known: dict[object, int] = {}
    regions: Regions = {}
    for name, profile in profiles.items():
        place = f"{path}.profiles.{name}"
        indices: list[int] = []
        for loop in _read_loops(profile, place, convention):
            key = _loop_key(loop) if len(profiles) > 1 else len(loops)
            index = known.setdefault(key, len(loops))
            if index == len(loops):
                loops.append(loop)
            indices.append(index)
        regions[name] = group_loops(indices, loops)
    return Sketch(plane, tuple(loops), path), regions


def _read_plane(transform: Json, convention: Convention) -> Plane:
    origin = _point_in_space(transform, "origin", convention)
    normal, x_axis = (_vector(transform, key, convention) for key in ("z_axis", "x_axis"))
    try:
        return Plane.of(origin, normal, x_axis)
    except GeometryError as error:
        raise ReadError(str(error)) from error


def _read_loops(profile: Any, path: str, convention: Convention) -> Iterator[Loop]:
    for number, loop in enumerate(_at(path, _get, profile, "loops", list)):
        place = f"{path}.loops[{number}]"
        stored = _at(place, _get, loop, "profile_curves", list)
        curves = [
            _at(f"{place}.profile_curves[{i}]", read_curve, curve, convention)
            for i, curve in enumerate(stored)
        ]
        if curves:
            yield Loop(tuple(_at(place, chain, curves)), place)


def read_curve(curve: Any, convention: Convention = OMNICAD) -> Curve:
    """Return one curve, as it is stored."""
    kind = _get(curve, "type", str)
    if kind == "Line3D":
        start, end = (_point(curve, key, convention) for key in ("start_point", "end_point"))
        return Line(start, end)
    if kind == "Circle3D":
        center = _point(curve, "center_point", convention)
        return Circle(center, _length(curve, "radius", convention))
    if kind == "Arc3D":
        return _read_arc(curve, convention)
    expected = "Line3D, Arc3D or Circle3D"
    raise ReadError("unknown curve", where=".type", expected=expected, got=kind)


def _read_arc(curve: Json, convention: Convention) -> Arc | Circle:
    points = ("start_point", "end_point", "center_point")
    start, end, (cx, cy) = (_point(curve, key, convention) for key in points)
    radius = _length(curve, "radius", convention)
    first, last = (_number(curve, key, convention) for key in ("start_angle", "end_angle"))
    x, y, _ = _vector(curve, "reference_vector", convention)
    turn = math.atan2(y, x)
    if convention.normals and _vector(curve, "normal", convention)[2] < 0:
        first, last = -first, -last

    def at(angle: float) -> Vec2:
        return (cx + radius * math.cos(turn + angle), cy + radius * math.sin(turn + angle))

    if start == end and abs(last - first) > 6:
        return Circle((cx, cy), radius)
    forward = distance(at(first), start) + distance(at(last), end)
    backward = distance(at(first), end) + distance(at(last), start)
    if not min(forward, backward) <= 0.02 * abs(radius):
        raise ReadError(
            "the ends of the arc do not fit its centre, radius and angles",
            expected=f"{at(first)} and {at(last)} mm",
            got=f"{start} and {end}",
        )
    return Arc(start, at((first + last) / 2), end)


def chain(curves: list[Curve]) -> list[Curve]:
    """Turn curves head to tail and close small gaps, so that ends meet exactly.

    Raises ReadError if two neighbours do not touch, or a circle has any. The last curve may end
    away from the first: such a loop is open.
    """
    if len(curves) == 1:
        return curves
    for number, curve in enumerate(curves):
        if isinstance(curve, Circle):
            where = f".profile_curves[{number}]"
            raise ReadError("a circle is a loop by itself", where=where)
    size = max(abs(v) for curve in curves for v in (*curve.start, *curve.end))
    near = 1e-6 * size + 1e-6
    first, second = curves[0], curves[1]
    if min(distance(first.end, second.start), distance(first.end, second.end)) > near:
        first = first.reversed()
    chained = [first]
    for number, curve in enumerate(curves[1:], start=1):
        pen = chained[-1].end
        if distance(pen, curve.start) > near and distance(pen, curve.end) <= near:
            curve = curve.reversed()
        if (gap := distance(pen, curve.start)) > near:
            raise ReadError(
                "the curve does not touch the one before it",
                where=f".profile_curves[{number}]",
                expected=f"an end at {pen} mm",
                got=f"a gap of {gap:.6g} mm",
            )
        chained.append(curve.moved(pen, curve.end))
    if distance(chained[-1].end, first.start) <= near:
        chained[-1] = chained[-1].moved(chained[-1].start, first.start)
    return chained


def _loop_key(loop: Loop) -> object:
    """The same for loops of the same curves, whatever their order and direction."""
    keys: list[object] = []
    for curve in loop.curves:
        ends = sorted(map(_rounded, (curve.start, curve.end)))
        keys.append((type(curve), *ends, _rounded(_inner(curve))))
    return frozenset(keys)


def _rounded(point: Vec2) -> Vec2:
    return (round(point[0], 5), round(point[1], 5))


def _inner(curve: Curve) -> Vec2:
    """What tells curves with the same ends apart: circles may touch where they start."""
    if isinstance(curve, Line):
        return (0.0, 0.0)
    return curve.mid if isinstance(curve, Arc) else curve.center


def group_loops(indices: list[int], loops: list[Loop]) -> tuple[Region, ...]:
    """Group the loops of one profile: the largest is outer, what lies in it is a hole."""
    if len(indices) < 2:
        return tuple((index, ()) for index in indices)
    boxes = {i: loops[i].box for i in indices}
    ordered = sorted(dict.fromkeys(indices), key=lambda i: -abs(loops[i].area))
    regions: list[Region] = []
    while ordered:
        outer, *rest = ordered
        holes = {i for i in rest if _inside(boxes[i], boxes[outer])}
        regions.append((outer, tuple(sorted(holes))))
        ordered = [i for i in rest if i not in holes]
    return tuple(regions)


def _inside(box: tuple[float, ...], outer: tuple[float, ...]) -> bool:
    return outer[0] <= box[0] and outer[1] <= box[1] and box[2] <= outer[2] and box[3] <= outer[3]


# --- extrudes -----------------------------------------------------------------------------------


def _read_extrude(
    entity: Json, sketches: dict[str, tuple[int, Regions]], path: str, convention: Convention
) -> Extrude:
    boolean = _named(entity, "operation", BOOLEANS)
    extent_type = _named(entity, "extent_type", EXTENTS)
    start = _get(entity, "start_extent", dict).get("type")
    if start != "ProfilePlaneStartDefinition":
        expected = "ProfilePlaneStartDefinition"
        raise ReadError("unknown start", where=".start_extent.type", expected=expected, got=start)
    two_sided = extent_type is ExtentType.TWO_SIDED
    keys = ("extent_one", "extent_two") if two_sided else ("extent_one",)
    distances = [_at(f".{k}", _read_distance, entity.get(k), convention) for k in keys]
    profiles: list[Profile] = []
    for number, reference in enumerate(_get(entity, "profiles", list)):
        profiles += _at(f".profiles[{number}]", _read_profile, reference, sketches)
    extent = Extent(extent_type, *distances)
    return Extrude(tuple(dict.fromkeys(profiles)), extent, boolean, path)


def _named(entity: Json, key: str, names: dict[str, Any]) -> Any:
    name = _get(entity, key, str)
    if name not in names:
        raise ReadError("unknown value", where=f".{key}", expected=" or ".join(names), got=name)
    return names[name]


def _read_distance(extent: Any, convention: Convention) -> float:
    distance = _at(".distance", _length, _get(extent, "distance", dict), "value", convention)
    if extent.get("taper_angle") is not None:
        taper = _get(extent, "taper_angle", dict)
        taper = _at(".taper_angle", _number, taper, "value", convention)
        if taper != 0:
            raise ReadError("tapers are not supported", where=".taper_angle", got=taper)
    return distance


def _read_profile(
    reference: Any, sketches: dict[str, tuple[int, Regions]]
) -> Iterator[Profile] | list[Profile]:
    name, key = _get(reference, "profile", str), _get(reference, "sketch", str)
    if key not in sketches:
        expected = "a sketch earlier in the sequence"
        raise ReadError("no such sketch", where=".sketch", expected=expected, got=key)
    index, regions = sketches[key]
    if name not in regions:
        expected = f"one of {shorten(', '.join(regions) or 'none')}"
        raise ReadError("no such profile", where=".profile", expected=expected, got=name)
    return [Profile(index, outer, holes) for outer, holes in regions[name]]
