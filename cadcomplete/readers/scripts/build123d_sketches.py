"""The shapes that a sketch of a build123d script is made of."""

from __future__ import annotations

import math
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Circle
from cadcomplete.history.operations import Loop
from cadcomplete.readers.scripts import shapes
from cadcomplete.readers.scripts.build123d_objects import ADD, Areas, draw
from cadcomplete.readers.scripts.build123d_places import Align, Places, aligns
from cadcomplete.readers.scripts.session import Session
from cadcomplete.readers.scripts.values import (
    Function,
    flag,
    number,
    points,
    positive,
    vec2,
    whole,
)


def _circle(
    session: Session, radius: Any, arc_size: Any = 360.0, align: Any = None, mode: Any = ADD
) -> Areas:
    loop = Loop((Circle((0.0, 0.0), positive(radius, "a radius")),))
    return draw(session, loop, align, 0.0, mode, made="circle")


def _rectangle(
    session: Session, width: Any, height: Any, rotation: Any = 0, align: Any = None, mode: Any = ADD
) -> Areas:
    loop = shapes.rectangle(positive(width, "a width"), positive(height, "a height"))
    return draw(session, loop, align, rotation, mode, made="rectangle")


def _polygon(
    session: Session, *pts: Any, rotation: Any = 0, align: Any = None, mode: Any = ADD
) -> Areas:
    loop = shapes.polygon([vec2(p) for p in points(*pts)])
    drawn = any(not isinstance(scope, Places) for scope in session.scopes)
    if loop.area < 0 and not drawn:
        raise UnsupportedError(["a clockwise Polygon outside of a sketch"])
    return draw(session, loop, align, rotation, mode, usual="NONE")


def _regular_polygon(
    session: Session,
    radius: Any,
    side_count: Any,
    major_radius: Any = True,
    rotation: Any = 0,
    align: Any = None,
    mode: Any = ADD,
) -> Areas:
    sides = whole(side_count, least=3)
    outer = positive(radius, "a radius")
    if not flag(major_radius):
        outer /= math.cos(math.pi / sides)
    loop = shapes.polygon(shapes.regular(outer, sides, number(rotation)))
    centred = [a.name == "CENTER" for a in aligns(align, 2)]
    if all(centred):  # on the circle's middle, which need not be the box's
        return draw(session, loop, Align("NONE"), 0.0, mode)
    if any(centred):
        raise UnsupportedError(["RegularPolygon(align)"])
    return draw(session, loop, align, 0.0, mode)


def _rounded(
    session: Session,
    width: Any,
    height: Any,
    radius: Any,
    rotation: Any = 0,
    align: Any = None,
    mode: Any = ADD,
) -> Areas:
    sides = positive(width, "a width"), positive(height, "a height")
    corner = positive(radius, "a radius")
    if 2 * corner >= min(sides):
        raise ReadError(
            "the radius is too large for the rectangle", expected="less than half of it"
        )
    return draw(session, shapes.rounded(*sides, corner), align, rotation, mode, made="rounded")


def _slot_overall(
    session: Session, width: Any, height: Any, rotation: Any = 0, align: Any = None, mode: Any = ADD
) -> Areas:
    across = positive(height, "a height")
    straight = positive(number(width, "a width") - across, "a width beyond the height")
    return draw(session, shapes.slot(straight, across), align, rotation, mode, made="slot")


def _slot_between(
    session: Session, center_separation: Any, height: Any, rotation: Any = 0, mode: Any = ADD
) -> Areas:
    straight, across = positive(center_separation, "a distance"), positive(height, "a height")
    return draw(session, shapes.slot(straight, across), None, rotation, mode)


SKETCHES: dict[str, Any] = {
    "Circle": Function("Circle", _circle, {"arc_size": (360,)}),
    "Rectangle": Function("Rectangle", _rectangle),
    "RectangleRounded": Function("RectangleRounded", _rounded),
    "Polygon": Function("Polygon", _polygon),
    "RegularPolygon": Function("RegularPolygon", _regular_polygon),
    "SlotOverall": Function("SlotOverall", _slot_overall),
    "SlotCenterToCenter": Function("SlotCenterToCenter", _slot_between),
}
