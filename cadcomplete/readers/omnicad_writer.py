"""Back to Omni-CAD JSON: cutting a document short, and adding operations to one.

What was read stays as it was, value for value. Only new entities are written here.
"""

from __future__ import annotations

import dataclasses
import math
import random
import string
from collections.abc import Callable, Iterator
from typing import Any

from cadcomplete.errors import GeometryError, InputError
from cadcomplete.history.curves import BENT, Arc, Circle, Line
from cadcomplete.history.expanded import expanded
from cadcomplete.history.geometry import BoundingBox, Vec2, Vec3
from cadcomplete.history.operations import Extrude, Loop, Operation, Profile, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds
from cadcomplete.history.tables import Table, refusing
from cadcomplete.readers.checked import Json
from cadcomplete.readers.loops import Region
from cadcomplete.readers.omnicad import BOOLEANS, EXTENTS, OMNICAD
from cadcomplete.readers.omnicad_sketches import Missing, read_sketch

_BOOLEAN_NAMES = {boolean: name for name, boolean in BOOLEANS.items()}
_EXTENT_NAMES = {extent: name for name, extent in EXTENTS.items()}


def truncate(raw: Json, keep: int) -> Json:
    """Return the document of the first `keep` operations, without a trace of the others.

    Entities that they do not refer to are left out, and so is the bounding box, which is that
    of the finished part.
    """
    kept = raw["sequence"][:keep]
    entities = raw["entities"]
    wanted = _references(entities, [entry["entity"] for entry in kept])
    document = {**raw, "entities": {k: e for k, e in entities.items() if k in wanted}}
    return {**_without_box(document), "sequence": kept}


def _without_box(raw: Json) -> Json:
    properties = raw.get("properties")
    if not isinstance(properties, dict):
        return raw
    return {**raw, "properties": {k: p for k, p in properties.items() if k != "bounding_box"}}


def measured(raw: Json, box: BoundingBox) -> Json:
    """Return the document with this bounding box among its properties."""
    known = raw.get("properties")
    low, high = (_xyz(_in_metres(corner)) for corner in (box.minimum, box.maximum))
    entry = {"type": "BoundingBox3D", "min_point": low, "max_point": high}
    properties = {**(known if isinstance(known, dict) else {}), "bounding_box": entry}
    return {**raw, "properties": properties}


def _references(entities: Json, keys: list[str]) -> set[str]:
    """The given entities and all that they name, however deep."""
    found: set[str] = set()
    todo: list[Any] = list(keys)
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, str) and value in entities and value not in found:
            found.add(value)
            todo.append(entities[value])
    return found


def extend(raw: Json, before: CadSequence, after: CadSequence) -> Json:
    """Return the document of `after`, which begins with the history `before` of `raw`.

    New entities get ids that were not there, and the bounding box of what was there goes.
    Lengths go back to metres. This dialect has no mirrors or patterns: each copy is an extrude of
    its own. Raises InputError for an arc that does not exist, and for what is not known here: there
    is no place for what was read from another dialect.
    """
    after = expanded(after)
    check_kinds(after, "readers/omnicad_writer.py", (Sketch, Extrude))
    after = place(raw, before, after)
    entities, listed = dict(raw["entities"]), list(raw["sequence"])
    keys = [entry["entity"] for entry in listed]
    names: dict[int, dict[Region, str]] = {}
    fresh = _fresh_keys(raw, after)
    for index, operation in enumerate(after.operations):
        new = index >= len(keys)
        if new:
            keys.append(next(fresh))
        key = keys[index]
        if isinstance(operation, Extrude):
            if new:
                entities[key] = _extrude_entity(operation, index, keys, names)
        elif new or operation != before.operations[index]:
            assert isinstance(operation, Sketch)
            regions = _wanted(after, index)
            entities[key], names[index] = _sketch_entity(operation, index, regions)
            if not new:  # it was still being drawn: its frame and name stay as they are
                entities[key] = {**raw["entities"][key], "profiles": entities[key]["profiles"]}
        else:
            names[index] = _listed(entities[key])
        if new:
            number = 1 + max(
                (e["index"] for e in listed if isinstance(e.get("index"), int)), default=-1
            )
            listed.append({"index": number, "type": entities[key]["type"], "entity": key})
    whole = raw if len(after) == len(before) else _without_box(raw)
    return {**whole, "entities": entities, "sequence": listed}


def place(raw: Json, before: CadSequence, after: CadSequence) -> CadSequence:
    """Return `after` as this dialect can say it.

    An extrude can only name profiles that its sketch lists. Where a new extrude wants another
    region of a given sketch, that sketch is drawn once more, with just the loops it wants.
    """
    keys = [entry["entity"] for entry in raw["sequence"]]
    given = [op for op, old in zip(after.operations, before.operations, strict=False) if op == old]
    listed = {
        index: _listed(raw["entities"][keys[index]])
        for index, operation in enumerate(given)
        if isinstance(operation, Sketch)
    }
    operations: list[Operation] = list(after.operations[: len(before)])
    moved = {index: index for index in range(len(operations))}
    for index, operation in enumerate(after.operations[len(before) :], start=len(before)):
        if isinstance(operation, Extrude):
            _check_named(operation, operations, moved, index)
            operation = _moved(operation, moved)
            operation = _with_copies(operation, operations, listed)
        moved[index] = len(operations)
        operations.append(operation)
    return dataclasses.replace(after, operations=tuple(operations))


def _check_named(
    extrude: Extrude, operations: list[Operation], moved: dict[int, int], index: int
) -> None:
    """Raise InputError for a profile of a sketch, or of loops, that there are none of before it."""
    for profile in extrude.profiles:
        sketch = operations[moved[profile.sketch]] if profile.sketch in moved else None
        if not isinstance(sketch, Sketch) or max(profile.loops) >= len(sketch.loops):
            named = f"sketch {profile.sketch}, loops {', '.join(map(str, profile.loops))}"
            raise InputError("no such profile", where=f"operation {index}", got=named)


def _moved(extrude: Extrude, moved: dict[int, int]) -> Extrude:
    profiles = (dataclasses.replace(p, sketch=moved[p.sketch]) for p in extrude.profiles)
    return dataclasses.replace(extrude, profiles=tuple(profiles))


def _with_copies(
    extrude: Extrude, operations: list[Operation], listed: dict[int, dict[Region, str]]
) -> Extrude:
    """Append the sketches that the extrude needs, and return it as it refers to them."""
    profiles: list[Profile] = []
    for profile in extrude.profiles:
        sketch = operations[profile.sketch]
        known = listed.get(profile.sketch)
        if known is not None and region(profile) not in known and isinstance(sketch, Sketch):
            loops = tuple(sketch.loops[i] for i in profile.loops)
            operations.append(Sketch(sketch.plane, loops))
            profile = Profile(len(operations) - 1, 0, tuple(range(1, len(loops))))
        profiles.append(profile)
    return dataclasses.replace(extrude, profiles=tuple(profiles))


def region(profile: Profile) -> Region:
    return (profile.outer, tuple(sorted(profile.holes)))


def _listed(entity: Json) -> dict[Region, str]:
    """The regions that a sketch entity lists one by one, and their names."""
    _, regions = read_sketch(entity, "$", OMNICAD)
    alone = ((name, only) for name, only in regions.items() if not isinstance(only, Missing))
    return {only[0]: name for name, only in alone if len(only) == 1}


def _wanted(sequence: CadSequence, index: int) -> list[Region]:
    """Every loop of a sketch alone, in order, then the other regions that extrudes use."""
    sketch = sequence.operations[index]
    loops = range(len(sketch.loops)) if isinstance(sketch, Sketch) else ()
    extrudes = (op for op in sequence.operations if isinstance(op, Extrude))
    used = [region(p) for op in extrudes for p in op.profiles if p.sketch == index]
    return list(dict.fromkeys([*((i, ()) for i in loops), *used]))


# --- new entities -------------------------------------------------------------------------------


def _fresh_keys(raw: Json, after: CadSequence) -> Iterator[str]:
    """Ids like those of Onshape, always the same for the same document."""
    source = random.Random(f"{sorted(raw['entities'])} {len(after)}")
    used = set(raw["entities"])
    while True:
        key = "F" + "".join(source.choices(string.ascii_letters + string.digits, k=16)) + "_0"
        if key not in used:
            used.add(key)
            yield key


def _names() -> Iterator[str]:
    """JAA, JAB, … : what profiles and curves of a new sketch are called."""
    letters = string.ascii_uppercase
    for number in range(26**4):
        yield "J" + letters[number // 26 % 26] + letters[number % 26] + str(number // 676 or "")


def _sketch_entity(
    sketch: Sketch, index: int, regions: list[Region]
) -> tuple[Json, dict[Region, str]]:
    labels = _names()
    try:
        loops = [_loop(loop, labels) for loop in sketch.loops]
    except GeometryError as error:  # this dialect writes an arc by its centre
        raise InputError(str(error), where=f"operation {index}") from error
    names = {wanted: next(labels) for wanted in regions}
    plane = sketch.plane
    entity = {
        "transform": {
            "origin": _xyz(_in_metres(plane.origin)),
            "x_axis": _xyz(plane.x_axis),
            "y_axis": _xyz(plane.y_axis),
            "z_axis": _xyz(plane.normal),
        },
        "type": "Sketch",
        "name": f"Sketch {index + 1}",
        "profiles": {
            name: {"loops": _profile_loops(loops, wanted), "properties": {}}
            for wanted, name in names.items()
        },
        "reference_plane": {},
    }
    return entity, names


def _profile_loops(loops: list[list[Json]], wanted: Region) -> list[Json]:
    outer, holes = wanted
    return [{"is_outer": i == outer, "profile_curves": loops[i]} for i in (outer, *holes)]


def _loop(loop: Loop, labels: Iterator[str]) -> list[Json]:
    return [{**CURVES[type(curve)](curve), "curve": next(labels)} for curve in loop.curves]


def _circle(circle: Circle) -> Json:
    center, radius = _xy(circle.center), _metres(circle.radius)
    return {"type": "Circle3D", "center_point": center, "radius": radius, "normal": _UPWARDS}


def _line(line: Line) -> Json:
    return {"type": "Line3D", "start_point": _xy(line.start), "end_point": _xy(line.end)}


def _arc(arc: Arc) -> Json:
    center, first = arc.center, arc.start if arc.sweep > 0 else arc.end
    turn = math.atan2(first[1] - center[1], first[0] - center[0])
    return {
        "type": "Arc3D",
        "start_point": _xy(arc.start),
        "end_point": _xy(arc.end),
        "center_point": _xy(center),
        "radius": _metres(arc.radius),
        "normal": _UPWARDS,
        "start_angle": 0.0,
        "end_angle": math.radians(abs(arc.sweep)),
        "reference_vector": {"x": math.cos(turn), "y": math.sin(turn), "z": 0.0},
    }


_UPWARDS = {"x": 0.0, "y": 0.0, "z": 1.0}

CURVES: Table[Callable[[Any], Json]] = Table(
    "readers/omnicad_writer.py",
    {
        Line: _line,
        Arc: _arc,
        Circle: _circle,
        **{kind: refusing(kind, "readers/omnicad_writer.py") for kind in BENT},
    },
)
"""The entity of each kind of curve."""


def _extrude_entity(
    extrude: Extrude, index: int, keys: list[str], names: dict[int, dict[Region, str]]
) -> Json:
    extent = extrude.extent
    return {
        "type": "ExtrudeFeature",
        "name": f"Extrude {index + 1}",
        "profiles": [
            {"profile": names[p.sketch][region(p)], "sketch": keys[p.sketch]}
            for p in extrude.profiles
        ],
        "operation": _BOOLEAN_NAMES[extrude.boolean],
        "start_extent": _start(extent.start),
        "extent_type": _EXTENT_NAMES[extent.type],
        "extent_one": _distance(extent.distance, extent.taper, "AlongDistance", "TaperAngle"),
        "extent_two": _distance(
            extent.against, extent.taper_against, "AgainstDistance", "Side2TaperAngle"
        ),
    }


def _parameter(value: float, role: str) -> Json:
    return {"type": "ModelParameter", "name": "none", "value": value, "role": role}


def _start(offset: float) -> Json:
    if not offset:
        return {"type": "ProfilePlaneStartDefinition"}
    return {"type": "OffsetStartDefinition", "offset": _parameter(_metres(offset), "OffsetStart")}


def _distance(length: float, taper: float, role: str, taper_role: str) -> Json:
    """A side of an extent. There a taper is in radians, and positive where it gets wider."""
    return {
        "distance": _parameter(_metres(length), role),
        "taper_angle": _parameter(0.0 - math.radians(taper), taper_role),
        "type": "DistanceExtentDefinition",
    }


def _metres(length: float) -> float:
    return round(length / 1000, 13)


def _in_metres(point: Vec3) -> Vec3:
    x, y, z = map(_metres, point)
    return (x, y, z)


def _xy(point: Vec2) -> Json:
    return {"x": _metres(point[0]), "y": _metres(point[1]), "z": 0.0}


def _xyz(vector: Vec3) -> Json:
    return dict(zip("xyz", vector, strict=True))
