"""How `inspect` tells each kind of operation: its values as JSON, and a line of them for people.

To add one: enter it in `TOLD`. The keys of its values are a promise to scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edge_phrases import edges_in_words
from cadcomplete.history.operations import OPERATIONS, Extrude, Operation, Sketch, Unknown
from cadcomplete.history.tables import Table

Json = dict[str, Any]

UNKNOWN = "unknown"
"""The type of what is not known here."""


class Telling(NamedTuple):
    """How a kind is told: its values, and words of these and of its type."""

    values: Callable[[Any], Json]
    words: Callable[[Json], str]


def told(index: int, operation: Operation | Unknown) -> Json:
    """Return an operation as JSON. Raises UnsupportedError for a kind that cannot be told here."""
    values, kind = TOLD[type(operation)].values(operation), type(operation)
    name = next(name for name, known in _kinds().items() if known is kind)
    return {"index": index, "type": name, **values}


def told_in_words(operation: Json) -> str:
    """Return a line for what `told` has returned."""
    words = TOLD[_kinds()[operation["type"]]].words(operation)
    return f"{operation['index']:3d}  {words}"


def counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _kinds() -> dict[str, type]:
    return {**OPERATIONS, UNKNOWN: Unknown}


def _sketch(sketch: Sketch) -> Json:
    curves = sum(len(loop.curves) for loop in sketch.loops)
    return {"loops": len(sketch.loops), "curves": curves}


def _sketch_words(told: Json) -> str:
    return f"sketch   {counted(told['loops'], 'loop')}, {counted(told['curves'], 'curve')}"


def _extrude(extrude: Extrude) -> Json:
    return {
        "boolean": extrude.boolean.value,
        "extent": extrude.extent.type.value,
        "span_mm": extrude.extent.span,
        "profiles": len(extrude.profiles),
    }


def _extrude_words(told: Json) -> str:
    start, end = told["span_mm"]
    what = f"{told['boolean']}, {start:.6g} to {end:.6g} mm from its plane"
    return f"extrude  {what}, {counted(told['profiles'], 'profile')}"


def _fillet(fillet: Fillet) -> Json:
    return {"radius_mm": fillet.radius, **_edges(fillet)}


def _chamfer(chamfer: Chamfer) -> Json:
    return {"sizes_mm": chamfer.sizes[:2], **_edges(chamfer)}


def _edges(blend: Fillet | Chamfer) -> Json:
    """The names as they stand, with the indices of operations, and in words."""
    names = [name.word for name in blend.edges]
    return {"edges": names, "edges_in_words": edges_in_words(blend.edges)}


def _fillet_words(told: Json) -> str:
    return f"fillet   {told['radius_mm']:.6g} mm on {told['edges_in_words']}"


def _chamfer_words(told: Json) -> str:
    sizes = " by ".join(f"{size:.6g}" for size in dict.fromkeys(told["sizes_mm"]))
    return f"chamfer  {sizes} mm on {told['edges_in_words']}"


def _unknown(unknown: Unknown) -> Json:
    return {"name": unknown.name, "uses": list(unknown.uses)}


TOLD: Table[Telling] = Table(
    "reports/told.py",
    {
        Sketch: Telling(_sketch, _sketch_words),
        Extrude: Telling(_extrude, _extrude_words),
        Fillet: Telling(_fillet, _fillet_words),
        Chamfer: Telling(_chamfer, _chamfer_words),
        Unknown: Telling(_unknown, lambda told: f"{told['name']}, not built"),
    },
)
"""What is said of each kind of operation."""
