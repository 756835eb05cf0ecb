"""What an operation makes, in a word that names its variables: a plate, a boss, a slot, a groove.

The words are guesses from shapes and proportions; code that is called after them reads better than
`sketch_7`, and is right whatever they are.
"""

from __future__ import annotations

from cadcomplete.exporters.scripts.outlines import (
    NEAR,
    CircleShape,
    OutlineShape,
    RectangleShape,
    Shape,
    SlotShape,
)
from cadcomplete.history.extrude import Boolean, Extrude
from cadcomplete.history.geometry import distance
from cadcomplete.history.revolve import Revolve

THIN, SLENDER = 0.35, 3.0
"""Height over the least width below which a body is a plate; ratio of sides of what is a rib."""

MEASURED = {
    **dict.fromkeys(("plate", "disc", "ring", "rib"), "thickness"),
    **dict.fromkeys(("hole", "slot", "pocket"), "depth"),
    **dict.fromkeys(("shaft", "tube", "pin"), "length"),
}
"""What people call the extent of a thing; of all others it is the height."""

_TURNED = {Boolean.CUT: "groove", Boolean.JOIN: "collar", Boolean.NEW_BODY: "collar"}


def noun(
    sweep: Extrude | Revolve, outer: list[Shape], holes: list[Shape], size: float, *, first: bool
) -> str:
    """Return the word for what profiles sweep.

    `outer` and `holes` are their loops, `size` the least width of the largest, in mm; `first` is
    whether there was nothing before it.
    """
    if sweep.boolean is Boolean.INTERSECT:
        return "envelope"
    if isinstance(sweep, Revolve):
        return "body" if first else _TURNED[sweep.boolean]
    start, end = sweep.extent.ends
    height = abs(end - start)
    if sweep.boolean is Boolean.CUT:
        return _taken(outer)
    return _added(outer, holes, height, size, first=first)


def _taken(outer: list[Shape]) -> str:
    if all(isinstance(shape, CircleShape) for shape in outer):
        return "hole"
    return "slot" if all(isinstance(shape, SlotShape) for shape in outer) else "pocket"


def _added(
    outer: list[Shape], holes: list[Shape], height: float, size: float, *, first: bool
) -> str:
    shape = outer[0] if len(outer) == 1 else None
    if isinstance(shape, CircleShape):
        long = height > 2 * shape.radius
        bored = any(
            isinstance(h, CircleShape) and distance(h.center, shape.center) < NEAR for h in holes
        )
        if first:
            return ("tube" if long else "ring") if bored else "shaft" if long else "disc"
        return "collar" if bored else "pin" if long else "boss"
    if not first and isinstance(shape, RectangleShape):
        short, wide = sorted((shape.width, shape.height))
        if wide > SLENDER * short:
            return "rib"
    if height < THIN * size and (first or isinstance(shape, OutlineShape)):
        return "plate"
    return (
        "body" if first else "boss" if all(isinstance(s, CircleShape) for s in outer) else "block"
    )
