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
an extrude of it ends what is known: so what is read of a prefix never depends on what comes later.
"""

from __future__ import annotations

from dataclasses import replace

from cadcomplete.errors import ReadError
from cadcomplete.history.operations import Boolean, Extrude, Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers import omnicad
from cadcomplete.readers.checked import Json, Unit
from cadcomplete.readers.omnicad_sketches import Convention

_FUSION = Convention(
    "timeline",
    Unit("centimetres", 10.0),
    {**omnicad.BOOLEANS, "NewComponentFeatureOperation": Boolean.NEW_BODY},
    normals=True,
    flat=False,
)


def matches(raw: Json) -> bool:
    """Say whether a document is of this kind: Omni-CAD has entities, but no timeline."""
    return "timeline" in raw and "entities" in raw


def parse(raw: Json, *, id: str = "") -> CadSequence:
    """Return the history in a document, in millimetres.

    Raises ReadError with the place of what is wrong.
    """
    sequence = omnicad.parse(raw, id=id, convention=_FUSION)
    halved = (_halved(op, raw["entities"]) for op in sequence.operations)
    return replace(sequence, operations=tuple(halved))


def _halved(operation: Operation, entities: Json) -> Operation:
    """An extrude, over half of the distance if that is the one of both its sides together."""
    if not isinstance(operation, Extrude):
        return operation
    entity = entities[operation.source.removeprefix("$.entities.")]
    if entity["extent_type"] != "SymmetricFeatureExtentType":
        return operation
    full = entity["extent_one"].get("is_full_length")
    if not isinstance(full, bool):
        where = f"{operation.source}.extent_one.is_full_length"
        raise ReadError("wrong type", where=where, expected="true or false", got=full)
    if not full:
        return operation
    extent = replace(operation.extent, distance=operation.extent.distance / 2)
    return replace(operation, extent=extent)
