"""Fusion 360 Gallery reconstruction JSON, in centimetres: `timeline`, `entities`.

Omni-CAD took its entities from here, so its reader reads them; this module says what Fusion does
differently (Fusion 360 Gallery, docs/reconstruction.md; Fusion API, SymmetricExtentDefinition):

- `timeline` has the order of the operations; `sequence` lists single curves.
- The geometry is that of `profiles`, which are trimmed and closed, in the sketch's own frame.
  `curves` and `points` are what the designer drew: construction lines, projected edges and loose
  ends are among them, and bound nothing.
- A sketch without profiles may lack the key.
- An arc runs counter-clockwise about its `normal`, which may point down.
- A symmetric extent gives the whole length where `is_full_length` is true, else each side's.
- `NewComponentFeatureOperation` makes a body that happens to be filed elsewhere.

A profile with curves that are not known here, such as a spline's, is left out of its sketch, and
a document that extrudes one is refused: so what is read of a prefix never depends on what comes
later, and whatever is read is whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.operations import Operation, Sketch
from cadcomplete.readers import omnicad
from cadcomplete.sequence import CadSequence

Json = dict[str, Any]

_FUSION = omnicad.Convention("timeline", "centimetres", 10.0, normals=True)

_ENTITIES = ("Sketch", "ExtrudeFeature")
_CURVES = ("Line3D", "Arc3D", "Circle3D")
_STARTS = ("ProfilePlaneStartDefinition",)
_EXTENTS = ("DistanceExtentDefinition", "SymmetricExtentDefinition")
_FLAT = 1e-4
"""How far from its sketch's plane, in centimetres, a profile still lies in it."""


def matches(raw: Json) -> bool:
    """Say whether a document is of this kind: Omni-CAD has entities, but no timeline."""
    return "timeline" in raw and "entities" in raw


def parse(raw: Json, *, id: str = "") -> CadSequence:
    """Return the history in a document, in millimetres.

    Raises UnsupportedError with the names of all that it uses beyond lines, arcs, circles and
    plain extrudes, and ReadError with the place of what is wrong.
    """
    entities = _object(raw, "entities")
    keys = [_text(entry, "entity") for entry in _list(raw, "timeline")]
    used = {key: entity for key in keys if (entity := _object(entities, key))}
    if names := {name for entity in used.values() for name in _unsupported(entity, entities)}:
        raise UnsupportedError(names)
    paths = {key: f"$.entities.{key}" for key in used}
    both = {path for key, path in paths.items() if _measures_both_sides(used[key], path)}
    if entities:
        said = {key: _in_omnicad(entity) for key, entity in used.items()}
        raw = {**raw, "entities": {**entities, **said}}
    sequence = omnicad.parse(raw, id=id, convention=_FUSION)
    operations = (_halved(op) if op.source in both else op for op in sequence.operations)
    return replace(sequence, operations=tuple(operations))


# --- what is not known here ---------------------------------------------------------------------
#
# These look at documents that nobody has checked yet. They pass over what is not of its type: the
# reading, which follows, says where it is and what it should be.


def _unsupported(entity: Json, entities: Json) -> Iterator[str]:
    """The names of what one entity uses that there is no operation, curve or option for."""
    kind = entity.get("type")
    if isinstance(kind, str) and kind not in _ENTITIES:
        yield kind
    if kind != "ExtrudeFeature":
        return
    start = _object(entity, "start_extent").get("type")
    if isinstance(start, str) and start not in _STARTS:
        yield start
    two_sided = entity.get("extent_type") == "TwoSidesFeatureExtentType"
    for side in ("extent_one", "extent_two") if two_sided else ("extent_one",):
        extent = _object(entity, side)
        reach = extent.get("type")
        if isinstance(reach, str) and reach not in _EXTENTS:
            yield reach
        if _object(extent, "taper_angle").get("value", 0) != 0:
            yield "TaperAngle"
    for reference in _list(entity, "profiles"):
        yield from _foreign(_profile(reference, entities))


def _profile(reference: Any, entities: Json) -> Json:
    name, sketch = _text(reference, "profile"), _text(reference, "sketch")
    return _object(_object(_object(entities, sketch), "profiles"), name)


def _foreign(profile: Any) -> set[str]:
    """What the curves of a profile are that there is no curve for."""
    curves = [c for loop in _list(profile, "loops") for c in _list(loop, "profile_curves")]
    kinds = {_text(curve, "type") for curve in curves} - {"", *_CURVES}
    points = [_object(c, k) for c in curves for k in ("start_point", "end_point", "center_point")]
    flat = all(-_FLAT <= z <= _FLAT for p in points if isinstance(z := p.get("z"), (int, float)))
    return kinds if flat else {*kinds, "3D sketch"}


def _object(value: Any, key: str) -> Json:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _list(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


# --- what is said differently -------------------------------------------------------------------


def _in_omnicad(entity: Json) -> Json:
    """Return an entity as Omni-CAD would say it, lengths still in centimetres."""
    if entity.get("type") == "Sketch":
        profiles = entity.get("profiles", {})
        if isinstance(profiles, dict):
            profiles = {name: p for name, p in profiles.items() if not _foreign(p)}
        return {**entity, "profiles": profiles}
    if entity.get("operation") == "NewComponentFeatureOperation":
        return {**entity, "operation": "NewBodyFeatureOperation"}
    return entity


def _measures_both_sides(extrude: Json, path: str) -> bool:
    """Whether the distance of an extrude is that of both its sides together."""
    if extrude.get("extent_type") != "SymmetricFeatureExtentType":
        return False
    full = _object(extrude, "extent_one").get("is_full_length")
    if not isinstance(full, bool):
        where = f"{path}.extent_one.is_full_length"
        raise ReadError("wrong type", where=where, expected="true or false", got=full)
    return full


def _halved(operation: Operation) -> Operation:
    if isinstance(operation, Sketch):
        return operation
    extent = replace(operation.extent, distance=operation.extent.distance / 2)
    return replace(operation, extent=extent)
