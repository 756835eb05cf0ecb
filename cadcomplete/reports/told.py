"""How `inspect` tells each kind of operation: its values as JSON, and a line of them for people.

To add one: enter it in `TOLD`. The keys of its values are a promise to scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edge_phrases import edges_in_words, face_in_words
from cadcomplete.history.extent_kind import read_face_words
from cadcomplete.history.hole_kinds import CENTERS, HEAD
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import OPERATIONS, Extrude, Operation, Sketch, Unknown
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.revolve import Revolve
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
    extent = extrude.extent
    more: Json = {"taper_deg": [extent.taper, extent.taper_against]} if not extent.straight else {}
    if not extent.numeric:
        ends = ((extent.until_against, extent.against), (extent.until, extent.distance))
        more["until"] = [until.word if until else distance for until, distance in ends]
        more |= {"start_mm": extent.start} if extent.start else {}
    return {
        "boolean": extrude.boolean.value,
        "extent": extent.type.value,
        "span_mm": extent.ends if extent.numeric else None,
        **more,
        "profiles": len(extrude.profiles),
    }


def _extrude_words(told: Json) -> str:
    taper = dict.fromkeys(degrees for degrees in told.get("taper_deg", ()) if degrees)
    leaning = f", tapered by {'° and '.join(f'{t:.6g}' for t in taper)}°" if taper else ""
    if told["span_mm"] is None:
        what = f"{told['boolean']}, {_reach_words(told)}{leaning}"
    else:
        start, end = told["span_mm"]
        what = f"{told['boolean']}, {start:.6g} to {end:.6g} mm from its plane{leaning}"
    return f"extrude  {what}, {counted(told['profiles'], 'profile')}"


def _reach_words(told: Json) -> str:
    """Where an extrude goes that does not end at numbers alone."""
    start = f"starting {told['start_mm']:.6g} mm from its plane, " if "start_mm" in told else ""
    back, along = map(_end_words, told["until"])
    if told["extent"] != "one_sided":
        return f"{start}{along} along its normal and {back} against it"
    at_face = along.startswith("to ")  # which may lie on either side of where it starts
    return start + (along if at_face else f"{along} along its normal")


def _end_words(end: str | float) -> str:
    if not isinstance(end, str):
        return f"{end:.6g} mm"
    kind, *words = end.split()
    return f"to {face_in_words(read_face_words(iter(words)))}" if words else kind


def _revolve(revolve: Revolve) -> Json:
    return {
        "boolean": revolve.boolean.value,
        "angles": revolve.angles.type.value,
        "span_deg": revolve.angles.span,
        "axis": {"point_mm": revolve.axis.point, "direction": revolve.axis.direction},
        "profiles": len(revolve.profiles),
    }


def _revolve_words(told: Json) -> str:
    (start, end), (x, y) = told["span_deg"], told["axis"]["point_mm"]
    u, v = told["axis"]["direction"]
    axis = f"about ({x:.6g}, {y:.6g}) mm along ({u:.6g}, {v:.6g})"
    what = f"{told['boolean']}, {start:.6g}° to {end:.6g}° {axis}"
    return f"revolve  {what}, {counted(told['profiles'], 'profile')}"


def _hole(hole: Hole) -> Json:
    return {
        "diameter_mm": hole.diameter,
        "depth_mm": "through" if hole.depth is None else hole.depth,
        "tip_deg": hole.tip,
        "head": HEAD.dump(hole.head),
        "plane": {
            "origin_mm": hole.plane.origin,
            "normal": hole.plane.normal,
            "x_axis": hole.plane.x_axis,
        },
        "centers_mm": CENTERS.dump(hole.centers),
    }


def _hole_words(told: Json) -> str:
    depth, head, places = told["depth_mm"], told["head"], len(told["centers_mm"])
    deep = "through" if depth == "through" else f"{depth:.6g} mm deep"
    tip = "" if told["tip_deg"] is None else f" and a tip of {told['tip_deg']:.6g}°"
    wide = ""
    if head is not None and head["type"] == "bore":
        wide = f", counterbore {head['diameter']:.6g} mm, {head['depth']:.6g} mm deep"
    elif head is not None:
        wide = f", countersink {head['diameter']:.6g} mm, {head['angle']:.6g}°"
    at = ", ".join(f"({x:.6g}, {y:.6g})" for x, y in told["centers_mm"][:4])
    more = ", …" if places > 4 else ""
    origin = _triple(told["plane"]["origin_mm"])
    where = f"{counted(places, 'place')} {at}{more} from {origin} mm"
    return f"hole     {told['diameter_mm']:.6g} mm, {deep}{tip}{wide}, at {where}"


def _of(pattern: Repeat) -> Json:
    return {"of": "all" if pattern.of is None else list(pattern.of)}


def _of_words(told: Json) -> str:
    of = told["of"]
    if of == "all":
        return "the whole body"
    return f"operation{'s' if len(of) > 1 else ''} {', '.join(map(str, of))}"


def _mirror(mirror: Mirror) -> Json:
    return {"normal": mirror.normal, "position_mm": mirror.position, **_of(mirror)}


def _mirror_words(told: Json) -> str:
    where = f"{_triple(told['normal'])}, {told['position_mm']:.6g} mm from the origin"
    return f"mirror   of {_of_words(told)}, at the plane across {where}"


def _linear(pattern: LinearPattern) -> Json:
    where = {"direction": pattern.direction, "spacing_mm": pattern.spacing}
    return {**where, "count": pattern.count, **_of(pattern)}


def _linear_words(told: Json) -> str:
    row = f"{told['count']} places along {_triple(told['direction'])}"
    return f"linear   of {_of_words(told)}, {row}, {told['spacing_mm']:.6g} mm apart"


def _polar(pattern: PolarPattern) -> Json:
    where = {"axis": pattern.axis, "point_mm": pattern.point}
    return {**where, "count": pattern.count, "angle_deg": pattern.angle, **_of(pattern)}


def _polar_words(told: Json) -> str:
    angle = told["angle_deg"]
    far = "all around" if angle == 360 else f"over {angle:.6g}°, around"
    axis = f"{_triple(told['axis'])} through {_triple(told['point_mm'])} mm"
    return f"polar    of {_of_words(told)}, {told['count']} places {far} {axis}"


def _triple(vector: tuple[float, float, float]) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in vector) + ")"


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
        Revolve: Telling(_revolve, _revolve_words),
        Hole: Telling(_hole, _hole_words),
        Mirror: Telling(_mirror, _mirror_words),
        LinearPattern: Telling(_linear, _linear_words),
        PolarPattern: Telling(_polar, _polar_words),
        Fillet: Telling(_fillet, _fillet_words),
        Chamfer: Telling(_chamfer, _chamfer_words),
        Unknown: Telling(_unknown, lambda told: f"{told['name']}, not built"),
    },
)
"""What is said of each kind of operation."""
