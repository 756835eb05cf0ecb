"""Sketches of a CadQuery script: chains of calls on a workplane, each shape at its point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cadcomplete.errors import UnsupportedError
from cadcomplete.exporters.scripts import sizes
from cadcomplete.exporters.scripts.arcs import Arcs
from cadcomplete.exporters.scripts.beziers import beziers
from cadcomplete.exporters.scripts.draft import Called, Draft, alike
from cadcomplete.exporters.scripts.layout import WIDTH
from cadcomplete.exporters.scripts.outlines import (
    CircleShape,
    OutlineShape,
    PolygonShape,
    RectangleShape,
    Shape,
    SlotShape,
)
from cadcomplete.exporters.scripts.places import Grid, Ring, pattern_of
from cadcomplete.exporters.scripts.planes import placed_on, raised
from cadcomplete.exporters.scripts.regions import DrawnRegion
from cadcomplete.exporters.scripts.sizes import Naming
from cadcomplete.exporters.scripts.sums import NOTHING, Sum, direction, point, ratio
from cadcomplete.history.curves import Arc, BSpline, Circle, Ellipse, EllipseArc, Line
from cadcomplete.history.fields import number
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Sketch
from cadcomplete.history.tables import Table

ROOM = "exporters/scripts/cadquery_sketches.py"


# --- curves ---------------------------------------------------------------------------------------


def _arc(arc: Arc, arcs: Arcs) -> str:
    said = arcs.radius_of(arc)
    if said is None or abs(arc.sweep) > 180:  # the library knows only the shorter arc by its radius
        return f".threePointArc({point(arc.mid)}, {point(arc.end)})"
    sign = "-" if arc.sweep > 0 else ""  # positive bulges to the left of the chord
    return f".radiusArc({point(arc.end)}, {sign}{said})"


def _ellipse(ellipse: Ellipse, arcs: Arcs) -> str:
    turned = f", {ratio(ellipse.turn)}" if ellipse.turn else ""
    size = f"{number(ellipse.radius)}, {number(ellipse.minor)}{turned}"
    return f".moveTo{point(ellipse.center)}.ellipse({size})"


def _ellipse_arc(arc: EllipseArc, arcs: Arcs) -> str:
    """From one angle to another, counter-clockwise; then, with a sense of -1, the other way."""
    low, high = sorted((arc.first, arc.first + arc.sweep))
    turned = f", {ratio(arc.turn)}" if arc.turn else ""
    sense = ", sense=-1" if arc.sweep < 0 else ""
    return f".ellipseArc({', '.join(map(ratio, (*arc.radii, low, high)))}{turned}{sense})"


def _spline(spline: BSpline, arcs: Arcs) -> str:
    """The library knows no weights."""
    if spline.weights:
        raise UnsupportedError(["BSpline (with weights)"])
    return "".join(map(_bezier, beziers(spline)))


def _bezier(piece: BSpline) -> str:
    return f".bezier([{', '.join(map(point, piece.poles[1:]))}], includeCurrent=True)"


CURVES: Table[Callable[[Any, Arcs], str]] = Table(
    ROOM,
    {
        Line: lambda line, arcs: f".lineTo{point(line.end)}",
        Arc: _arc,
        Circle: lambda circle, arcs: (
            f".moveTo{point(circle.center)}.circle({number(circle.radius)})"
        ),
        Ellipse: _ellipse,
        EllipseArc: _ellipse_arc,
        BSpline: _spline,
    },
)
"""The call that draws a curve from where the pen is; of one that is closed where it is drawn."""


def outline_calls(loop: Loop, arcs: Arcs) -> list[str]:
    """Return the calls that draw a loop; an open one is left open."""
    curves = loop.curves
    if curves[0].closed:
        return [CURVES[type(curves[0])](curves[0], arcs)]
    if all(isinstance(curve, Line) for curve in curves) and loop.closed:
        return [f".polyline([{', '.join(point(curve.start) for curve in curves)}])", ".close()"]
    last = len(curves) - (loop.closed and isinstance(curves[-1], Line))
    calls = [f".moveTo{point(loop.start)}"]
    calls += [CURVES[type(curve)](curve, arcs) for curve in curves[:last]]
    return [*calls, ".close()"] if loop.closed else calls


# --- shapes ---------------------------------------------------------------------------------------


def _moved(center: Vec2, *, first: bool) -> list[str]:
    """Return the call that goes to a centre: it is where the first shape is drawn anyway."""
    at = point(center)
    return [] if first and at == "(0, 0)" else [f".moveTo{at}"]


def shape_calls(shape: Shape, named: Naming, arcs: Arcs, *, first: bool) -> list[str]:
    """Return the calls that draw a shape; the `first` of a workplane is at its origin."""
    if isinstance(shape, OutlineShape):
        return outline_calls(shape.loop, arcs)
    if isinstance(shape, PolygonShape):
        if shape.angle:  # the library has the first corner on x
            return _corners(shape)
        size = f"2 * {sizes.regular(shape, named)}"
        return [*_moved(shape.center, first=first), f".polygon({shape.sides}, {size})"]
    if isinstance(shape, RectangleShape):
        return _rectangle(shape, named, first=first)
    at = _moved(shape.center, first=first)
    if isinstance(shape, SlotShape):
        turned = f", {ratio(shape.angle)}" if shape.angle else ""
        return [*at, f".slot2D({', '.join(sizes.slot(shape, named))}{turned})"]
    return [*at, f".circle({sizes.radius(shape, named)})"]


def _rectangle(shape: RectangleShape, named: Naming, *, first: bool) -> list[str]:
    if shape.corner:
        return _rounded(shape, named)
    size = ", ".join(sizes.sides(shape, named))
    (x, y), half = shape.center, (shape.width / 2, shape.height / 2)
    if first and point((x - half[0], y - half[1])) == "(0, 0)":
        return [f".rect({size}, centered=False)"]
    return [*_moved(shape.center, first=first), f".rect({size})"]


def _rounded(shape: RectangleShape, named: Naming) -> list[str]:
    """Sides and corners, from the lower left one."""
    (x, y), r = shape.center, shape.corner
    left, right = x - shape.width / 2, x + shape.width / 2
    low, high = y - shape.height / 2, y + shape.height / 2
    radius = named("corner_radius", r)
    corners = [
        ((right - r, low), (right, low + r)),
        ((right, high - r), (right - r, high)),
        ((left + r, high), (left, high - r)),
        ((left, low + r), (left + r, low)),
    ]
    calls = [f".moveTo{point((left + r, low))}"]
    for start, end in corners:
        calls += [f".lineTo{point(start)}", f".radiusArc({point(end)}, -{radius})"]
    return [*calls, ".close()"]


def _corners(shape: PolygonShape) -> list[str]:
    loop = shape.corners
    return [f".polyline([{', '.join(map(point, loop))}])", ".close()"]


def group_calls(group: list[CircleShape], draft: Draft, called: Called, *, last: bool) -> list[str]:
    """Return the calls that draw circles of one size; a pattern elsewhere only as the `last`."""
    circle = f".circle({sizes.radius(group[0], sizes.naming(draft, called))})"
    pattern = pattern_of([shape.center for shape in group])
    if pattern is None or not (last or point(pattern.center) == "(0, 0)"):
        centers = draft.names.fresh(f"{called.own}_centers")
        draft.say(f"{centers} = [{', '.join(point(shape.center) for shape in group)}]")
        return [f".pushPoints({centers})", circle]
    moved = [] if point(pattern.center) == "(0, 0)" else [f".center{point(pattern.center)}"]
    return [*moved, _places(pattern, draft, called.places or called), circle]


def _places(pattern: Grid | Ring, draft: Draft, called: Called) -> str:
    named = sizes.naming(draft, called)
    if isinstance(pattern, Grid):
        columns, rows = pattern.count
        return f".rarray({', '.join(sizes.spacings(pattern, named))}, {columns}, {rows})"
    count = sizes.counted(draft, called, pattern.count)
    around = sizes.circle_around(pattern, named)
    return f".polarArray({around}, {ratio(pattern.angle)}, 360, {count})"


# --- workplanes -----------------------------------------------------------------------------------

_NAMED: dict[tuple[tuple[float, ...] | None, ...], str] = {
    ((1, 0, 0), (0, 0, 1)): "XY",
    ((0, 1, 0), (1, 0, 0)): "YZ",
    ((0, 0, 1), (0, 1, 0)): "ZX",
    ((1, 0, 0), (0, -1, 0)): "XZ",
    ((0, 1, 0), (0, 0, -1)): "YX",
    ((0, 0, 1), (-1, 0, 0)): "ZY",
    ((1, 0, 0), (0, 1, 0)): "top",
    ((-1, 0, 0), (0, 0, -1)): "back",
    ((0, 0, -1), (1, 0, 0)): "right",
}
"""Planes of the library by their x axis and normal."""


def workplane(draft: Draft, plane: Plane, start: Sum = NOTHING) -> str:
    """Return a workplane on a plane, moved by `start` along its normal."""
    placed = placed_on(plane, draft.levels, start)
    origin = ", ".join(along.text for along in raised(placed.plane, placed.offset, placed.shift))
    known = _NAMED.get((_whole(plane.x_axis), _whole(plane.normal)))
    if known is not None:
        return f'cq.Workplane("{known}"{f", origin=({origin})" if origin != "0, 0, 0" else ""})'
    axes = f"xDir={direction(plane.x_axis)}, normal={direction(plane.normal)}"
    return f"cq.Workplane(cq.Plane(origin=({origin}), {axes}))"


def _whole(axis: tuple[float, float, float]) -> tuple[float, ...] | None:
    rounded = tuple(round(value) for value in axis)
    near = all(abs(a - b) < 1e-9 for a, b in zip(axis, rounded, strict=True))
    return rounded if near else None


def chain(
    draft: Draft, start: str, regions: list[DrawnRegion], called: Called, loops: list[Loop]
) -> list[str]:
    """Return the calls that draw regions on a workplane: what lies in another is a hole of it."""
    arcs = Arcs(sizes.naming(draft, called), loops)
    holes = Called(f"{called.noun}_hole", f"{called.own}_hole")
    calls, groups = [start], []
    for region in regions:
        for shapes, of in ((region.outer, called), (region.holes, holes)):
            found, others = alike(shapes)
            groups += [(group, of) for group in found]
            for shape in others:
                named = sizes.naming(draft, of)
                calls += shape_calls(shape, named, arcs, first=len(calls) == 1)
    for place, (group, of) in enumerate(groups):
        calls += group_calls(group, draft, of, last=place == len(groups) - 1)
    return calls


def say_chain(draft: Draft, name: str, calls: list[str]) -> None:
    """Assign a chain of calls: one a line, or all in one if they are few and short."""
    whole = f"{name} = {''.join(calls)}"
    if len(whole) <= WIDTH and len(calls) <= 3:
        draft.say(whole)
        return
    draft.lines.append(f"{name} = (")
    for call in calls:
        draft.say(call, "    ")
    draft.lines.append(")")


def drawn(draft: Draft, sketch: Sketch) -> None:
    """Write a sketch that nothing sweeps: the last of its loops may be open."""
    draft.comment("Drawn, and not used yet")
    name = draft.names.fresh("sketch")
    arcs = Arcs(sizes.naming(draft, Called("sketch", name)), list(sketch.loops))
    calls = [workplane(draft, sketch.plane)]
    for loop in sketch.loops:
        calls += outline_calls(loop, arcs)
    say_chain(draft, name, calls)
