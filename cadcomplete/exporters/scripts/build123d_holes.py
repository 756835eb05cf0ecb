"""Holes of a build123d script.

Circles and cuts, or half an outline that is turned: the library's own `Hole` reaches as far above
its plane as below, and takes what is there.
"""

from __future__ import annotations

from cadcomplete.exporters.scripts.bores import bores, outline
from cadcomplete.exporters.scripts.build123d_sketches import plane_text, write_sketch
from cadcomplete.exporters.scripts.draft import At, Called
from cadcomplete.exporters.scripts.outlines import CircleShape
from cadcomplete.exporters.scripts.planes import placed_on
from cadcomplete.exporters.scripts.regions import DrawnRegion
from cadcomplete.exporters.scripts.sums import NOTHING, point
from cadcomplete.history.holes import Hole


def drilled_body(hole: Hole, at: At, called: Called) -> tuple[str, bool]:
    """Write what a hole takes away; return what says it, and whether that is a list of bodies."""
    return _turned(hole, at, called) if hole.revolves else (_straight(hole, at, called), False)


def _straight(hole: Hole, at: At, called: Called) -> str:
    draft, body = at.draft, ""
    placed = placed_on(hole.plane, draft.levels, NOTHING)
    for bore in bores(hole, at, called):
        own = bore.called
        shapes = [CircleShape(center, bore.diameter / 2) for center in hole.centers]
        reach = draft.levels.reach(hole.plane, bore.extent, own.noun, own.own, "depth", first=False)
        name = draft.names.fresh(f"{own.own}_sketch")
        write_sketch(draft, name, placed, [DrawnRegion([*shapes], [])], own)
        made = f"extrude({name}, {reach.amount.text})"
        if body:
            draft.say(f"{called.own} = {body}")
            draft.say(f"{called.own} += {made}")
            return called.own
        body = made
    return body


def _turned(hole: Hole, at: At, called: Called) -> tuple[str, bool]:
    draft = at.draft
    drill = draft.names.fresh(f"{called.own}_drill")
    corners = ", ".join(outline(hole, at, called))
    outlined = f"make_face(Polyline({corners}, close=True))"
    draft.say(f"{drill} = revolve(Plane.XZ * {outlined}, Axis.Z)")
    placed = placed_on(hole.plane, draft.levels, NOTHING)
    where = plane_text(placed.plane, placed.offset, placed.shift)
    plane = f"{where} * " if where else ""
    if len(hole.centers) == 1:
        return f"{plane}Pos{point(hole.centers[0])} * {drill}", False
    centers = draft.names.fresh(f"{called.own}_centers")
    draft.say(f"{centers} = [{', '.join(map(point, hole.centers))}]")
    return f"[{plane}Pos(x, y) * {drill} for x, y in {centers}]", True
