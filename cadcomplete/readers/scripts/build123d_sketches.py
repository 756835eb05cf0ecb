"""The shapes that a sketch of a build123d script is made of."""

from __future__ import annotations

import math
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.history.curves import Circle, Ellipse
from cadcomplete.history.operations import Loop
from cadcomplete.readers.scripts import frames, shapes
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


def _ellipse(
    session: Session,
    x_radius: Any,
    y_radius: Any,
    rotation: Any = 0,
    align: Any = None,
    mode: Any = ADD,
) -> Areas:
    radii = positive(x_radius, "a radius"), positive(y_radius, "a radius")
    return draw(session, Loop((Ellipse((0.0, 0.0), *radii),)), align, rotation, mode)


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


def _slot_from_center(
    session: Session, center: Any, point: Any, height: Any, rotation: Any = 0, mode: Any = ADD
) -> Areas:
    """A slot around a centre, with the middle of one of its ends at a point."""
    (x, y), (u, v), across = vec2(center), vec2(point), positive(height, "a height")
    half = positive(math.hypot(u - x, v - y), "a distance from the centre to the point")
    frame = frames.spot((x, y), math.degrees(math.atan2(v - y, u - x)))
    loop = Loop(tuple(frames.placed(c, frame) for c in shapes.slot(2 * half, across).curves))
    return draw(session, loop, Align("NONE"), rotation, mode)


def _trapezoid(
    session: Session,
    width: Any,
    height: Any,
    left_side_angle: Any,
    right_side_angle: Any = None,
    rotation: Any = 0,
    align: Any = None,
    mode: Any = ADD,
) -> Areas:
    """A trapezoid: `width` wide at its wider end on each side."""
    half, high = positive(width, "a width") / 2, positive(height, "a height")
    left = number(left_side_angle, "an angle")
    right = number(right_side_angle, "an angle") if right_side_angle else left
    if not (0 < left < 180 and 0 < right < 180):
        raise ReadError("wrong value", expected="angles between 0 and 180")
    ends: list[tuple[float, float]] = []
    for angle in (left, right):
        less = 0.0 if angle == 90 else high / math.tan(math.radians(angle))
        ends.append((half + min(less, 0.0), half - max(less, 0.0)))  # below, above
    (low_left, top_left), (low_right, top_right) = ends
    if low_left + low_right <= 0 or top_left + top_right <= 0:
        raise ReadError("the sides of a trapezoid cross")
    corners = [(-low_left, -high / 2), (low_right, -high / 2)]
    corners += [(top_right, high / 2), (-top_left, high / 2)]
    return draw(session, shapes.polygon(corners), align, rotation, mode)


SKETCHES: dict[str, Any] = {
    "SlotCenterPoint": Function("SlotCenterPoint", _slot_from_center),
    "Trapezoid": Function("Trapezoid", _trapezoid),
    "Circle": Function("Circle", _circle, {"arc_size": (360,)}),
    "Ellipse": Function("Ellipse", _ellipse),
    "Rectangle": Function("Rectangle", _rectangle),
    "RectangleRounded": Function("RectangleRounded", _rounded),
    "Polygon": Function("Polygon", _polygon),
    "RegularPolygon": Function("RegularPolygon", _regular_polygon),
    "SlotOverall": Function("SlotOverall", _slot_overall),
    "SlotCenterToCenter": Function("SlotCenterToCenter", _slot_between),
}
