"""Small Omni-CAD documents, in metres, to be altered by tests."""

from __future__ import annotations

import copy
import json
from typing import Any

from cadcomplete import readers
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.language.lines import encode
from cadcomplete.readers import Document

Json = dict[str, Any]

BOOLEANS = {"new": "NewBody", "join": "Join", "cut": "Cut", "intersect": "Intersect"}
EXTENTS = {"one": "OneSide", "symmetric": "Symmetric", "two": "TwoSides"}


def xyz(x: float, y: float, z: float = 0.0) -> Json:
    return {"x": x, "y": y, "z": z}


def line(start: tuple[float, ...], end: tuple[float, ...]) -> Json:
    return {"type": "Line3D", "start_point": xyz(*start), "end_point": xyz(*end), "curve": "JA"}


def circle(center: tuple[float, ...], radius: float) -> Json:
    return {
        "type": "Circle3D",
        "center_point": xyz(*center),
        "radius": radius,
        "normal": xyz(0, 0, 1),
        "curve": "JB",
    }


def arc(
    start: tuple[float, ...],
    end: tuple[float, ...],
    *,
    radius: float,
    sweep: float,
    center: tuple[float, ...] = (0, 0),
    reference: tuple[float, ...] = (1, 0),
    normal: tuple[float, ...] = (0, 0, 1),
) -> Json:
    """An arc that runs over `sweep` radians, counter-clockwise from `reference`."""
    return {
        "type": "Arc3D",
        "start_point": xyz(*start),
        "end_point": xyz(*end),
        "center_point": xyz(*center),
        "radius": radius,
        "normal": xyz(*normal),
        "start_angle": 0.0,
        "end_angle": sweep,
        "reference_vector": xyz(*reference),
        "curve": "JC",
    }


def rectangle(left: float, bottom: float, right: float, top: float) -> list[Json]:
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    return [line(a, b) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)]


def profile(*loops: list[Json], is_outer: bool = True) -> Json:
    """A profile; like in the published files every loop is said to be the outer one."""
    listed = [{"is_outer": is_outer, "profile_curves": curves} for curves in loops]
    return {"loops": listed, "properties": {}}


def sketch(
    *,
    origin: tuple[float, ...] = (0, 0, 0),
    x: tuple[float, ...] = (1, 0, 0),
    y: tuple[float, ...] = (0, 1, 0),
    z: tuple[float, ...] = (0, 0, 1),
    **profiles: Json,
) -> Json:
    axes = {"origin": xyz(*origin), "x_axis": xyz(*x), "y_axis": xyz(*y), "z_axis": xyz(*z)}
    return {
        "transform": axes,
        "type": "Sketch",
        "name": "Sketch",
        "profiles": profiles,
        "reference_plane": {},
    }


def extrude(
    *profiles: str,
    distance: float = 0.01,
    against: float = 0.0,
    extent: str = "one",
    operation: str = "new",
) -> Json:
    """An extrude of profiles that are named like `S.P`."""
    pairs = [name.split(".") for name in profiles]
    return {
        "type": "ExtrudeFeature",
        "name": "Extrude",
        "profiles": [{"sketch": key, "profile": name} for key, name in pairs],
        "operation": f"{BOOLEANS[operation]}FeatureOperation",
        "start_extent": {"type": "ProfilePlaneStartDefinition"},
        "extent_type": f"{EXTENTS[extent]}FeatureExtentType",
        "extent_one": _distance(distance, "AlongDistance"),
        "extent_two": _distance(against, "AgainstDistance"),
    }


def _distance(value: float, role: str) -> Json:
    taper = {"type": "ModelParameter", "name": "none", "value": 0.0, "role": "TaperAngle"}
    return {
        "distance": {"type": "ModelParameter", "name": "none", "value": value, "role": role},
        "taper_angle": taper,
        "type": "DistanceExtentDefinition",
    }


def document(*sequence: str, **entities: Json) -> Json:
    """A document; without `sequence` all entities are listed in their order."""
    listed = [
        {"index": index, "type": entities[key]["type"], "entity": key}
        for index, key in enumerate(sequence or entities)
    ]
    return {"entities": entities, "properties": {}, "sequence": listed}


def plate(**parts: Json) -> Json:
    """A plate of 40 × 30 × 10 mm, or with other entities in place of these."""
    drawn = sketch(P=profile(rectangle(0, 0, 0.04, 0.03)))
    return document(**({"S": drawn, "E": extrude("S.P")} | parts))


PLATE = """\
sketch 0 0 0 +z +x
loop 0 0
line 40 0
line 40 30
line 0 30
close
extrude new to 10 0
"""


def ring_plate() -> Json:
    """A plate with a hole; its one profile is the region between the two loops."""
    hole = [circle((0.02, 0.015), 0.005)]
    return plate(S=sketch(P=profile(rectangle(0, 0, 0.04, 0.03), hole)), E=extrude("S.P"))


def read(raw: Json) -> Document:
    return readers.parse(json.dumps(raw))


def text(raw: Json) -> str:
    """What a document says, in the line language."""
    return encode(read(raw).sequence).text


def drawn(raw: Json) -> Sketch:
    """The first operation of a document, a sketch."""
    operation = read(raw).sequence.operations[0]
    assert isinstance(operation, Sketch)
    return operation


def extruded(raw: Json) -> Extrude:
    """The last operation of a document, an extrude."""
    operation = read(raw).sequence.operations[-1]
    assert isinstance(operation, Extrude)
    return operation


def changed(raw: Json, path: tuple[str | int, ...], value: object) -> Json:
    """Return the document with another value at a place, or without it if that is `...`."""
    other: Any = copy.deepcopy(raw)
    holder = other
    for key in path[:-1]:
        holder = holder[key]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return other
