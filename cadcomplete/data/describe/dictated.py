"""A part in words with every dimension and place, so that a person could draw it: step by step.

`captions/dictated.py` says how places are given, and reads it again. What it cannot say, it does
not say in part. `undrawn.py` has the words for what is made without a drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cadcomplete.captions.mention import Form
from cadcomplete.captions.outlines import outlined
from cadcomplete.data.describe.places import exact, fine, no_words, plane_told, point_told, way
from cadcomplete.data.describe.undrawn import blended, drilled, in_a_row, mirrored, turned_again
from cadcomplete.data.describe.words import count_of, joined
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.extents import NEXT
from cadcomplete.history.geometry import Plane, Vec2, facing
from cadcomplete.history.holes import Hole
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Profile,
    Revolve,
    Sketch,
)
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.history.turn_axis import TurnAxis

Before = tuple[Operation, ...]


def dictate(sequence: CadSequence) -> str | None:
    """Return the steps that make a part, each a sentence; None if one of them has no words here."""
    try:
        return " ".join(sentences(sequence)) or None
    except (GeometryError, UnsupportedError):
        return None


def sentences(sequence: CadSequence) -> list[str]:
    """Return a sentence for each operation that builds; a drawing is told with what is made of it.

    Raises UnsupportedError for what has no words here, GeometryError for what cannot be drawn.
    """
    operations = sequence.operations
    return [
        DICTATED[type(operation)](operation, operations[:index])
        for index, operation in enumerate(operations)
        if not isinstance(operation, Sketch)
    ]


def _extruded(extrude: Extrude, before: Before) -> str:
    """One extrude with what is drawn for it. Raises UnsupportedError for what has no words."""
    sketch = _sketch_of(extrude, before)
    if extrude.extent.unusual != "next":
        extrude = in_numbers(extrude, before)
    if extrude.extent.start:
        raise no_words("Extrude (with a start offset)")
    return _told(
        sketch,
        extrude.profiles,
        lambda axis, plane, forth: (
            f"{_VERBS[extrude.boolean]} {_ends(extrude.extent, axis, plane, forth)}"
        ),
    )


def _revolved(revolve: Revolve, before: Before) -> str:
    """One revolve with what is drawn for it. Raises UnsupportedError for what has no words."""
    sketch = _sketch_of(revolve, before)
    verb = (
        "revolved"
        if revolve.boolean in (Boolean.NEW_BODY, Boolean.JOIN)
        else (_VERBS[revolve.boolean])
    )

    def ending(axis: str, plane: Plane, forth: int) -> str:
        line = revolve.axis.on(sketch.plane, plane)
        if line is None:
            raise GeometryError("the axis does not lie in the plane of its sketch")
        return f"{verb} {_around(revolve, line)}"

    return _told(sketch, revolve.profiles, ending)


def _around(revolve: Revolve, line: TurnAxis) -> str:
    """How far it turns, and about what. Raises UnsupportedError if the drawing is not swept."""
    start, end = revolve.angles.span
    if min(start, end) > 0 or max(start, end) < 0 or revolve.angles.start:
        raise no_words("Revolve (that begins off its sketch)")
    far = "all" if revolve.full else f"from {exact(start)}° to {exact(end)}°"
    if not revolve.full and start:
        far = f"from {exact(min(start, end))}° to {exact(max(start, end))}°"
    u, v = line.direction
    return f"{far} around the line through {point_told(line.point)} along ({fine(u)}, {fine(v)})"


def _sketch_of(operation: Extrude | Revolve, before: Before) -> Sketch:
    """The sketch of all profiles. Raises UnsupportedError if there is not just one."""
    numbers = {profile.sketch for profile in operation.profiles}
    sketch = before[min(numbers)] if numbers else None
    if len(numbers) != 1 or not isinstance(sketch, Sketch):
        raise no_words(f"{type(operation).__name__} (of {len(numbers)} sketches)")
    return sketch


def _told(
    sketch: Sketch, profiles: Sequence[Profile], ending: Callable[[str, Plane, int], str]
) -> str:
    """A sentence: where it is drawn, what, and what is made of it."""
    where, axis, plane = plane_told(sketch.plane)
    loops = [_seen(loop, sketch.plane, plane) for loop in sketch.loops]
    forth = facing(plane.normal, sketch.plane.normal, turned=2e-8)
    return f"{where}: {_shapes(profiles, loops)}, {ending(axis, plane, forth)}."


DICTATED: Table[Callable[[Any, Before], str]] = Table(
    "data/describe/dictated.py",
    {
        Extrude: _extruded,
        Revolve: _revolved,
        Hole: drilled,
        Mirror: mirrored,
        LinearPattern: in_a_row,
        PolarPattern: turned_again,
        Fillet: blended,
        Chamfer: blended,
    },
)
"""The sentence for each operation that builds, from it and those before it."""

_VERBS = {
    Boolean.NEW_BODY: "extruded",
    Boolean.JOIN: "extruded",
    Boolean.CUT: "cut",
    Boolean.INTERSECT: "intersected",
}


def _seen(loop: Loop, own: Plane, plane: Plane) -> Loop:
    """A loop in the coordinates of another frame of the same plane."""
    if own == plane:
        return loop

    def moved(point: Vec2) -> Vec2:
        x, y = plane.to_local(own.to_world(np.array([point])))[0, :2].tolist()
        return (round(x, 6) + 0.0, round(y, 6) + 0.0)

    return loop.moved(moved)


def _shapes(profiles: Sequence[Profile], loops: Sequence[Loop]) -> str:
    """All that is swept, equal circles together."""
    told: list[str] = []
    circles: dict[str, list[str]] = {}
    for profile in profiles:
        first = loops[profile.outer].curves[0]
        if isinstance(first, Circle) and not profile.holes:
            circles.setdefault(exact(2 * first.radius), []).append(point_told(first.center))
            continue
        parts = [_loop(loops[i]) for i in profile.loops]
        told.append(" less ".join(parts))
    for diameter, points in circles.items():
        noun = "a circle" if len(points) == 1 else f"{count_of(len(points))} circles"
        told.append(f"{noun} of ø{diameter} mm around {joined(points)}")
    return joined(told)


def _loop(loop: Loop) -> str:
    outline, first = outlined(loop), loop.curves[0]
    if isinstance(first, Circle):
        return f"a circle of ø{exact(2 * first.radius)} mm around {point_told(first.center)}"
    lines = [curve for curve in loop.curves if isinstance(curve, Line)]
    level = all(min(abs(a - b) for a, b in zip(c.start, c.end, strict=True)) < 1e-6 for c in lines)
    if outline.form is Form.RECTANGLE and len(lines) == len(loop.curves) and level:
        left, bottom, right, top = loop.box
        size = f"{exact(right - left)} × {exact(top - bottom)} mm"
        return (
            f"a rectangle of {size} around {point_told(((left + right) / 2, (bottom + top) / 2))}"
        )
    way = [_to(curve) for curve in loop.curves]
    last = loop.curves[-1]
    back = f"{way[-1].rpartition(' to ')[0]}, and back" if isinstance(last, Arc) else "and back"
    return f"an outline from {point_told(loop.start)} to {', '.join([*way[:-1], back])}"


def _to(curve: object) -> str:
    """Raises UnsupportedError for a curve that there are no words for."""
    if isinstance(curve, Line):
        return point_told(curve.end)
    if isinstance(curve, Arc):
        side = "left" if curve.sweep > 0 else "right"
        return f"by an arc of {exact(abs(curve.sweep))}° turning {side} to {point_told(curve.end)}"
    raise no_words(type(curve).__name__)


def _ends(extent: Extent, axis: str, plane: Plane, forth: int) -> str:
    """How far it goes, and which way."""
    if extent.until == NEXT or extent.until_against == NEXT:
        return _to_next(extent, axis, plane, forth)
    if extent.type is ExtentType.SYMMETRIC:
        return f"{exact(extent.distance)} mm to both sides{_lean(extent.taper)}"
    leans = {forth * end: lean for end, lean in extent.parts}
    low, high = (forth * end for end in extent.ends)
    ends = [end for end in dict.fromkeys((low, high)) if end]
    return " and ".join(
        f"{exact(abs(end))} mm {way(end, axis, plane)}{_lean(leans[end])}" for end in ends
    )


def _to_next(extent: Extent, axis: str, plane: Plane, forth: int) -> str:
    """The same of one that ends at the next face, on one side or on both."""
    one_sided = extent.type is ExtentType.ONE_SIDED
    told = []
    for sign, until, far, lean in (
        (1, extent.until, extent.distance, extent.taper),
        (-1, extent.until_against, 0.0 if one_sided else extent.against, extent.taper_against),
    ):
        length = "to the next face" if until == NEXT else f"{exact(far)} mm"
        if until not in (None, NEXT) or far < 0 or extent.type is ExtentType.SYMMETRIC:
            raise no_words(f"Extrude ({extent.unusual})")
        if until or far:
            told.append(f"{length} {way(sign * forth, axis, plane)}{_lean(lean)}")
    return " and ".join(told)


def _lean(taper: float) -> str:
    if not taper:
        return ""
    return f" {'narrowing' if taper > 0 else 'widening'} by {exact(abs(taper))}°"
