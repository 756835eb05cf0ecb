"""Holes: drilled at the circles of a sketch, with a head for a screw or without."""

from __future__ import annotations

from dataclasses import replace

from cadcomplete.history.geometry import Plane, Vec2, Vec3
from cadcomplete.history.hole_kinds import (
    MOST_CENTERS,
    Counterbore,
    Countersink,
    Head,
    cone_height,
)
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Operation
from cadcomplete.readers.freecad.before import Earlier, NotKnown
from cadcomplete.readers.freecad.features import DrilledHoles, SketchObject
from cadcomplete.readers.freecad.outlines import rounded

_CENTER = {"GeomPoint": ("X", "Y"), "Circle": ("CenterX", "CenterY")}


def drilled(feature: DrilledHoles, before: Earlier) -> tuple[Operation, ...]:
    """Return a hole; its sketch is none of the operations, since the hole has its centres.

    Raises NotKnown for what a hole cannot say exactly.
    """
    if feature.odd:
        raise NotKnown(*feature.odd)
    sketch = before.body.sketch(feature.profile)
    if sketch is None:
        raise NotKnown("a hole without a sketch")
    if before.solid is None:
        raise NotKnown("a hole in nothing")
    hole = Hole(
        _plane(sketch.plane, back=feature.reversed),
        rounded(feature.diameter),
        None if feature.through else rounded(_wall(feature)),
        _centers(feature, sketch),
        _head(feature),
        feature.point if feature.point and not feature.through else None,
        feature.name,
    )
    if mistake := next(hole.mistakes(), ""):
        raise NotKnown(mistake)
    return (hole,)


def _plane(plane: Plane, *, back: bool) -> Plane:
    """The plane whose normal points against the drill, where what is drawn keeps its x."""
    x, y, z = map(rounded, plane.origin)
    normal: Vec3 = plane.normal
    if back:
        normal = (0.0 - normal[0], 0.0 - normal[1], 0.0 - normal[2])
    return replace(plane, origin=(x, y, z), normal=normal)


def _wall(feature: DrilledHoles) -> float:
    """How deep the wall of the shaft is."""
    tip = cone_height(feature.diameter / 2, feature.point) if feature.point else 0.0
    return feature.depth - tip if feature.counted else feature.depth


def _centers(feature: DrilledHoles, sketch: SketchObject) -> tuple[Vec2, ...]:
    """The centres that are drilled, each once: FreeCAD drills what is drawn twice once, too."""
    found: dict[Vec2, None] = {}
    for curve in sketch.drawn:
        if curve.kind in feature.at:
            across, up = _CENTER.get(curve.kind, _CENTER["Circle"])
            x, y = rounded(curve.numbers.get(across, 0.0)), rounded(curve.numbers.get(up, 0.0))
            found[x, (0.0 - y if feature.reversed else y)] = None
    if len(found) > MOST_CENTERS:
        raise NotKnown(f"{len(found)} holes in one")
    return tuple(found)


def _head(feature: DrilledHoles) -> Head:
    if not feature.head:
        return None
    diameter, depth = rounded(feature.head_diameter), rounded(feature.head_depth)
    if feature.head == "counterbore":
        return Counterbore(diameter, depth)
    if feature.head != "countersink":
        raise NotKnown(feature.head)
    return Countersink(diameter, feature.head_angle)
