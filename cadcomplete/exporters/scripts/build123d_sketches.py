"""Sketches of a build123d script: planes, faces, and what is drawn and not used yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cadcomplete.exporters.scripts import sizes
from cadcomplete.exporters.scripts.arcs import Arcs
from cadcomplete.exporters.scripts.beziers import beziers
from cadcomplete.exporters.scripts.draft import Called, Draft, alike
from cadcomplete.exporters.scripts.outlines import (
    CircleShape,
    OutlineShape,
    PolygonShape,
    RectangleShape,
    Shape,
    SlotShape,
)
from cadcomplete.exporters.scripts.places import Grid, Ring, pattern_of
from cadcomplete.exporters.scripts.planes import Placed, placed_on, raised
from cadcomplete.exporters.scripts.regions import DrawnRegion, regions_of
from cadcomplete.exporters.scripts.sizes import Naming
from cadcomplete.exporters.scripts.sums import NOTHING, Sum, direction, exact, point, ratio
from cadcomplete.history.curves import Arc, BSpline, Circle, Curve, Ellipse, EllipseArc, Line
from cadcomplete.history.fields import number
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sketches import Profile
from cadcomplete.history.tables import Table

_ORIGIN = (0.0, 0.0)

ROOM = "exporters/scripts/build123d_sketches.py"


# --- curves ---------------------------------------------------------------------------------------


def _line(line: Line, arcs: Arcs) -> str:
    return f"Line({point(line.start)}, {point(line.end)})"


def _arc(arc: Arc, arcs: Arcs) -> str:
    ends = f"{point(arc.start)}, {point(arc.end)}"
    said = arcs.radius_of(arc)
    if said is None:
        return f"ThreePointArc({point(arc.start)}, {point(arc.mid)}, {point(arc.end)})"
    short = abs(arc.sweep) < 180
    sign = "-" if (arc.sweep > 0) == short else ""  # a positive one is left of its chord, if short
    return f"RadiusArc({ends}, {sign}{said}{'' if short else ', short_sagitta=False'})"


def _ellipse(ellipse: Ellipse, arcs: Arcs) -> str:
    turned = f", rotation={ratio(ellipse.turn)}" if ellipse.turn else ""
    text = f"Ellipse({number(ellipse.radius)}, {number(ellipse.minor)}{turned})"
    return _at(ellipse.center, text)


def _ellipse_arc(arc: EllipseArc, arcs: Arcs) -> str:
    turned = f", rotation={ratio(arc.turn)}" if arc.turn else ""
    size = f"{', '.join(map(ratio, arc.radii))}, {ratio(arc.first)}, arc_size={ratio(arc.sweep)}"
    return f"EllipticalCenterArc({exact(arc.center)}, {size}{turned})"


def _spline(spline: BSpline, arcs: Arcs) -> str:
    return " + ".join(map(_bezier, beziers(spline)))


def _bezier(piece: BSpline) -> str:
    weights = f", weights=[{', '.join(map(ratio, piece.weights))}]" if piece.weights else ""
    return f"Bezier({', '.join(map(point, piece.poles))}{weights})"


CURVES: Table[Callable[[Any, Arcs], str]] = Table(
    ROOM,
    {
        Line: _line,
        Arc: _arc,
        Circle: lambda circle, arcs: _at(circle.center, f"Circle({number(circle.radius)})"),
        Ellipse: _ellipse,
        EllipseArc: _ellipse_arc,
        BSpline: _spline,
    },
)
"""A curve as the library writes it; of one that is closed by itself the face inside of it."""


def _chain(curves: tuple[Curve, ...], arcs: Arcs, *, close: bool = False) -> str:
    """Return curves that are added up, those of lines in a row as one."""
    parts: list[str] = []
    run: list[Line] = []
    for curve in (*curves, None):
        if isinstance(curve, Line):
            run.append(curve)
            continue
        if len(run) == 1:
            parts.append(CURVES[Line](run[0], arcs))
        elif run:
            whole = close and len(run) == len(curves)
            corners = [line.start for line in run] + [run[-1].end] * (not whole)
            parts.append(f"Polyline({', '.join(map(point, corners))}{', close=True' * whole})")
        run = []
        if curve is not None:
            parts.append(CURVES[type(curve)](curve, arcs))
    return " + ".join(parts)


def face_of(loop: Loop, arcs: Arcs) -> str:
    """Return the face inside of a closed loop, by its curves."""
    if loop.curves[0].closed:
        return CURVES[type(loop.curves[0])](loop.curves[0], arcs)
    return f"make_face({_chain(loop.curves, arcs, close=True)})"


# --- shapes ---------------------------------------------------------------------------------------


def _at(center: Vec2, text: str) -> str:
    return text if point(center) == "(0, 0)" else f"Pos{point(center)} * {text}"


def shape_text(shape: Shape, shift: Vec2, named: Naming, arcs: Arcs) -> str:
    """Return a shape where it is, and shifted; an outline is not."""
    if isinstance(shape, OutlineShape):
        return face_of(shape.loop, arcs)
    center = (shape.center[0] + shift[0], shape.center[1] + shift[1])
    if isinstance(shape, RectangleShape):
        return _rectangle(shape, center, named)
    if isinstance(shape, SlotShape):
        turned = f", rotation={ratio(shape.angle)}" if shape.angle else ""
        return _at(center, f"SlotOverall({', '.join(sizes.slot(shape, named))}{turned})")
    if isinstance(shape, PolygonShape):
        turned = f", rotation={ratio(shape.angle)}" if shape.angle else ""
        text = f"RegularPolygon({sizes.regular(shape, named)}, {shape.sides}{turned})"
        return _at(center, text)
    return _at(center, f"Circle({sizes.radius(shape, named)})")


def _rectangle(shape: RectangleShape, center: Vec2, named: Naming) -> str:
    size = ", ".join(sizes.sides(shape, named))
    if shape.corner:
        return _at(center, f"RectangleRounded({size}, {named('corner_radius', shape.corner)})")
    corner = (center[0] - shape.width / 2, center[1] - shape.height / 2)
    if point(corner) == "(0, 0)":
        return f"Rectangle({size}, align=Align.MIN)"
    return _at(center, f"Rectangle({size})")


def circles_text(group: list[CircleShape], draft: Draft, called: Called) -> str:
    """Return a list of circles of one size."""
    named = sizes.naming(draft, called)
    circle = f"Circle({sizes.radius(group[0], named)})"
    pattern = pattern_of([shape.center for shape in group])
    if pattern is None:
        centers = draft.names.fresh(f"{called.own}_centers")
        draft.say(f"{centers} = [{', '.join(point(shape.center) for shape in group)}]")
        return f"[Pos(x, y) * {circle} for x, y in {centers}]"
    placed = _at(pattern.center, f"place * {circle}")
    return f"[{placed} for place in {_places(pattern, draft, called)}]"


def _places(pattern: Grid | Ring, draft: Draft, called: Called) -> str:
    called = called.places or called
    named = sizes.naming(draft, called)
    if isinstance(pattern, Grid):
        columns, rows = pattern.count
        return f"GridLocations({', '.join(sizes.spacings(pattern, named))}, {columns}, {rows})"
    count = sizes.counted(draft, called, pattern.count)
    start = f", {ratio(pattern.angle)}" if pattern.angle else ""
    return f"PolarLocations({sizes.circle_around(pattern, named)}, {count}{start})"


# --- sketches -------------------------------------------------------------------------------------


def sketched(
    draft: Draft, index: int, profiles: tuple[Profile, ...], called: Called, start: Sum = NOTHING
) -> str:
    """Write the sketch of some profiles, moved by `start` along its normal; return its name."""
    key = (index, profiles, start.text)
    if key in draft.sketches:
        return draft.sketches[key]
    sketch = draft.operations[index]
    assert isinstance(sketch, Sketch)
    loops = [draft.loop(p, i) for p in profiles for i in p.loops]
    name = draft.names.fresh(f"{called.own}_sketch")
    draft.sketches[key] = name
    plane = placed_on(sketch.plane, draft.levels, start)
    write_sketch(draft, name, plane, regions_of(draft, profiles), called, loops)
    return name


def write_sketch(
    draft: Draft,
    name: str,
    plane: Placed,
    regions: list[DrawnRegion],
    called: Called,
    loops: Sequence[Loop] = (),
) -> None:
    """Write regions on a plane as the sketch of a name; `loops` are all that are drawn in it."""
    arcs = Arcs(sizes.naming(draft, called), loops)
    single = len(regions) == 1 and not regions[0].holes and len(regions[0].outer) == 1
    shape = regions[0].outer[0]
    moves = single and not isinstance(shape, OutlineShape)
    where = plane_text(plane.plane, plane.offset, _ORIGIN if moves else plane.shift)
    writer = _Writer(draft, called, arcs, plane.shift if moves else _ORIGIN)
    if single:
        draft.say(f"{name} = {_product(where, writer.shape(shape))}")
        return
    for number_, region in enumerate(regions):
        writer.region(name, region, first=number_ == 0)
    if where:
        draft.say(f"{name} = {where} * {name}")


def _product(where: str, text: str) -> str:
    return f"{where} * {text}" if where else text


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes regions of one sketch."""

    draft: Draft
    called: Called
    arcs: Arcs
    shift: Vec2

    def shape(self, shape: Shape) -> str:
        return shape_text(shape, self.shift, sizes.naming(self.draft, self.called), self.arcs)

    def region(self, name: str, region: DrawnRegion, *, first: bool) -> None:
        """Add a region to the sketch of a name; what has holes and is not the first is its own."""
        own = name
        if region.holes and not first:
            own = self.draft.names.fresh(f"{self.called.own}_area")
        holes = Called(f"{self.called.noun}_hole", f"{self.called.own}_hole")
        self._shapes(own, region.outer, self.called, "+", begun=own == name and not first)
        self._shapes(own, region.holes, holes, "-", begun=True)
        if own != name:
            self.draft.say(f"{name} += {own}")

    def _shapes(
        self, name: str, shapes: list[Shape], called: Called, sign: str, *, begun: bool
    ) -> None:
        groups, others = alike(shapes)
        named = sizes.naming(self.draft, called)
        for shape in others:
            text = shape_text(shape, self.shift, named, self.arcs)
            self.draft.say(f"{name} {sign}= {text}" if begun else f"{name} = {text}")
            begun = True
        for group in groups:
            text = circles_text(group, self.draft, called)
            self.draft.say(f"{name} {sign}= {text}" if begun else f"{name} = Sketch() + {text}")
            begun = True


_NAMED: dict[tuple[tuple[float, ...] | None, ...], str] = {
    ((1, 0, 0), (0, 0, 1)): "XY",
    ((0, 1, 0), (1, 0, 0)): "YZ",
    ((0, 0, 1), (0, 1, 0)): "ZX",
    ((1, 0, 0), (0, -1, 0)): "XZ",
    ((0, 1, 0), (0, 0, -1)): "YX",
    ((0, 0, 1), (-1, 0, 0)): "ZY",
    ((-1, 0, 0), (0, 1, 0)): "back",
    ((0, -1, 0), (-1, 0, 0)): "left",
    ((1, 0, 0), (0, 0, -1)): "bottom",
}
"""Planes of the library by their x axis and normal."""


def plane_text(plane: Plane, offset: Sum, shift: Vec2, *, bare: bool = False) -> str:
    """Return a plane, raised by an offset, with its origin shifted in it; "" for the usual one.

    `bare` is whether the usual one is to be named as well.
    """
    known = _NAMED.get((_whole(plane.x_axis), _whole(plane.normal)))
    if known is None:
        x_axis, normal = direction(plane.x_axis), direction(plane.normal)
        origin = ", ".join(along.text for along in raised(plane, offset, shift))
        return f"Plane(origin=({origin}), x_dir={x_axis}, z_dir={normal})"
    text = f"Plane.{known}"
    if offset.text != "0":
        text = f"{text}.offset({offset.text})"
    if point(shift) != "(0, 0)":
        text = f"{text} * Pos{point(shift)}"
    return "" if text == "Plane.XY" and not bare else text


def _whole(axis: tuple[float, float, float]) -> tuple[float, ...] | None:
    rounded = tuple(round(value) for value in axis)
    near = all(abs(a - b) < 1e-9 for a, b in zip(axis, rounded, strict=True))
    return rounded if near else None


def drawn(draft: Draft, sketch: Sketch) -> None:
    """Write a sketch that nothing sweeps: its faces, and the curves of a loop that is open."""
    called = Called("sketch", draft.names.fresh("sketch"))
    draft.comment("Drawn, and not used yet")
    plane = placed_on(sketch.plane, draft.levels, NOTHING)
    where = plane_text(plane.plane, plane.offset, plane.shift)
    arcs = Arcs(sizes.naming(draft, called), list(sketch.loops))
    closed = [face_of(loop, arcs) for loop in sketch.loops if loop.closed]
    for number_, text in enumerate(closed):
        draft.say(f"{called.own} {'+' * (number_ > 0)}= {text}")
    for loop in sketch.loops:
        if not loop.closed:
            name = draft.names.fresh("lines") if closed else called.own
            draft.say(f"{name} = {_product(where, _grouped(_chain(loop.curves, arcs)))}")
    if closed and where:
        draft.say(f"{called.own} = {where} * {called.own}")


def _grouped(text: str) -> str:
    return f"({text})" if " + " in text else text
