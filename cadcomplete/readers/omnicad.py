"""Omni-CAD and DeepCAD JSON, in metres: `entities`, `sequence`, `properties`.

What real files do that the schema does not say (each is a test):

- Sketches may stand in `entities` only; what `sequence` does not list is left alone.
- `is_outer` may be true on every loop: the largest loop is the outer one.
- A loop's curves may be stored reversed or out of order, and the ends of an arc swapped.
- An arc runs counter-clockwise in the sketch's own frame, from `reference_vector`, over
  `end_angle - start_angle`, whatever its `normal` says: that is sometimes in the world's frame.
- `index` may have gaps; the order of the list counts.
- A taper may be the noise of a conversion, 1e-17.

What is of a type that is not known here (an operation, a curve that is extruded, an option) ends
the history: it is an `Unknown`, and so is all that is listed after it. What is of no type at all,
or names what is not there, is wrong, and refused with its place.
"""

from __future__ import annotations

import json
import math
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError, shorten
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Profile,
    Sketch,
    Unknown,
)
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers.checked import Json, Unit, at, get, length, number, said
from cadcomplete.readers.loops import MOST_CURVES
from cadcomplete.readers.omnicad_sketches import Convention, Missing, Regions, read_sketch

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
_REACHES = ("DistanceExtentDefinition", "SymmetricExtentDefinition")

OMNICAD = Convention("sequence", Unit("metres", 1000.0), BOOLEANS, normals=False, flat=True)

_STRAIGHT = 1e-9
"""The most that a taper may be, in radians, and be none: a micrometre over a kilometre."""

_STEEPEST = math.pi / 2

_MOST_LISTED = 10_000
"""Most operations of a history."""


def matches(raw: Json) -> bool:
    """Say whether a document is in this dialect, or would be if it had its entities."""
    listed = raw.get("sequence")
    first = listed[0] if isinstance(listed, list) and listed else None
    return "entities" in raw or (isinstance(first, dict) and "entity" in first)


def parse(raw: Json, *, id: str = "", convention: Convention = OMNICAD) -> CadSequence:
    """Return the history in a document. Raises ReadError with the place of what is wrong."""
    entities = at("$", get, raw, "entities", dict)
    listed = at("$", get, raw, convention.listed, list)
    if len(listed) > _MOST_LISTED:
        where, expected = f"$.{convention.listed}", f"up to {_MOST_LISTED}"
        raise ReadError("too many operations", where=where, expected=expected, got=len(listed))
    reading = _Reading(entities, convention)
    for position, entry in enumerate(listed):
        key = at(f"$.{convention.listed}[{position}]", _entity_key, entry, entities)
        reading.add(key)
    return CadSequence(tuple(reading.operations), id, tuple(reading.rest))


def _entity_key(entry: Any, entities: Json) -> str:
    key = get(entry, "entity", str)
    if key not in entities:
        expected = "a key of entities"
        raise ReadError("no such entity", where=".entity", expected=expected, got=key)
    return key


class _Reading:
    """A history while it is read, entity by entity.

    Attributes:
        operations: what is known, up to the first that is not.
        rest: that one and what follows it.
    """

    def __init__(self, entities: Json, convention: Convention) -> None:
        self._entities, self._convention = entities, convention
        self._sketches: dict[str, tuple[int, Regions]] = {}
        self._drawn: dict[str, tuple[Sketch, Regions]] = {}
        self._left = MOST_CURVES
        self._contents: dict[str, str] = {}
        self.operations: list[Operation] = []
        self.rest: list[Unknown] = []

    def add(self, key: str) -> None:
        """Read one more entity. Raises ReadError."""
        path, entity = f"$.entities.{key}", self._entities[key]
        kind = at(path, get, entity, "type", str)
        if self._left < 0:  # in the rest, where that is no error
            self.rest.append(Unknown(kind, (), self._content(key), path))
            return
        try:
            operation = self._operation(kind, key, entity, path)
        except UnsupportedError as error:
            self.rest.append(Unknown(kind, error.names, self._content(key), path))
            return
        except ReadError:
            if not self.rest:
                raise
            operation = None  # it may be about what is not known
        if operation is None or self.rest:
            self.rest.append(Unknown(kind, (), self._content(key), path))
        else:
            self.operations.append(operation)

    def _operation(self, kind: str, key: str, entity: Json, path: str) -> Operation:
        if kind == "Sketch":
            if key not in self._drawn:
                self._drawn[key] = at(path, read_sketch, entity, path, self._convention)
            sketch, regions = self._drawn[key]
            self._count(sum(len(loop.curves) for loop in sketch.loops), path)
            self._sketches[key] = (len(self.operations), regions)
            return sketch
        if kind == "ExtrudeFeature":
            extrude = at(path, _read_extrude, entity, self._sketches, path, self._convention)
            self._count(len(extrude.profiles), path)
            return extrude
        raise UnsupportedError([kind])

    def _count(self, more: int, path: str) -> None:
        """Count curves, and profiles that are extruded: an entity may be listed many times."""
        self._left -= more
        if self._left < 0:
            problem, expected = "too many curves in all sketches together", f"up to {MOST_CURVES}"
            raise ReadError(problem, where=path, expected=expected)

    def _content(self, key: str) -> str:
        """An entity as it stands; one that is listed a thousand times is kept once."""
        if key not in self._contents:
            self._contents[key] = json.dumps(self._entities[key], ensure_ascii=False)
        return self._contents[key]


# --- extrudes -----------------------------------------------------------------------------------


def _read_extrude(
    entity: Json, sketches: dict[str, tuple[int, Regions]], path: str, convention: Convention
) -> Extrude:
    """Return an extrude. Raises UnsupportedError with all of it that is not known here."""
    names: list[str] = []
    boolean = _named(entity, "operation", convention.booleans, names)
    extent_type = _named(entity, "extent_type", EXTENTS, names)
    start = at(".start_extent", _read_start, get(entity, "start_extent", dict), convention, names)
    two_sided = extent_type is ExtentType.TWO_SIDED
    sides: list[tuple[float, float]] = []
    for key in ("extent_one", "extent_two") if two_sided else ("extent_one",):
        sides.append(at(f".{key}", _read_side, entity.get(key), convention, names))
    profiles: list[Profile] = []
    for position, reference in enumerate(get(entity, "profiles", list)):
        profiles += at(f".profiles[{position}]", _read_profile, reference, sketches, names)
    if names:
        raise UnsupportedError(names)
    (distance, taper), (against, second) = sides[0], (sides[1:] or [(0.0, 0.0)])[0]
    extent = Extent(extent_type, distance, against, start, taper, second)
    return Extrude(tuple(dict.fromkeys(profiles)), extent, boolean, path)


def _named(entity: Json, key: str, known: dict[str, Any], names: list[str]) -> Any:
    name = get(entity, key, str)
    if name not in known:
        names.append(name)
    return known.get(name)


def _read_start(start: Json, convention: Convention, names: list[str]) -> float:
    """How far off its sketch an extrude starts, in mm (Fusion API, OffsetStartDefinition)."""
    kind = get(start, "type", str)
    if kind == "OffsetStartDefinition":
        return at(".offset", length, get(start, "offset", dict), "value", convention.unit)
    if kind != "ProfilePlaneStartDefinition":
        names.append(kind)
    return 0.0


def _read_side(extent: Any, convention: Convention, names: list[str]) -> tuple[float, float]:
    """How far a side goes, in mm, and its taper in degrees.

    In a file that is in radians, and positive where it gets wider (Fusion API, ExtrudeFeatureInput:
    "a negative angle will taper the extrusion inward").
    """
    kind = extent.get("type") if isinstance(extent, dict) else None
    if isinstance(kind, str) and kind not in _REACHES:
        names.append(kind)
        return 0.0, 0.0
    found = at(".distance", length, get(extent, "distance", dict), "value", convention.unit)
    if extent.get("taper_angle") is not None:
        taper = get(extent, "taper_angle", dict)
        angle = at(".taper_angle", number, taper, "value", convention.unit)
        if abs(angle) >= _STEEPEST:
            expected = "radians below a quarter of a turn"
            raise ReadError("no taper", where=".taper_angle.value", expected=expected, got=angle)
        if abs(angle) > _STRAIGHT:
            return found, round(-math.degrees(angle), 9)
    return found, 0.0


def _read_profile(
    reference: Any, sketches: dict[str, tuple[int, Regions]], names: list[str]
) -> list[Profile]:
    name, key = get(reference, "profile", str), get(reference, "sketch", str)
    if key not in sketches:
        expected = "a sketch earlier in the sequence"
        raise ReadError("no such sketch", where=".sketch", expected=expected, got=said(key))
    index, regions = sketches[key]
    if name not in regions:
        expected = f"one of {shorten(', '.join(regions) or 'none')}"
        raise ReadError("no such profile", where=".profile", expected=expected, got=name)
    found = regions[name]
    if isinstance(found, Missing):
        names += found.names
        return []
    return [Profile(index, outer, holes) for outer, holes in found]
