"""Scripts of build123d, in its algebra: a part is what bodies are added to and taken from."""

from __future__ import annotations

from collections.abc import Callable

from cadcomplete.exporters.scripts.alike import circle, exports, row
from cadcomplete.exporters.scripts.build123d_holes import drilled_body
from cadcomplete.exporters.scripts.build123d_sketches import CURVES, drawn, plane_text, sketched
from cadcomplete.exporters.scripts.draft import SIGNS, At, Called, Tool, by_sketch
from cadcomplete.exporters.scripts.nouns import MEASURED
from cadcomplete.exporters.scripts.planes import placed_on
from cadcomplete.exporters.scripts.selection import ALONG, FACE, FARTHEST, ROUND, Selection
from cadcomplete.exporters.scripts.sums import NOTHING, direction, point, ratio
from cadcomplete.exporters.scripts.tapers import check_sharp, sides, taper_text
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.extrude import Boolean, Extrude
from cadcomplete.history.fields import number
from cadcomplete.history.geometry import Plane, Vec3
from cadcomplete.history.holes import Hole
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.revolve import Revolve

__all__ = ["BY_MASS", "CURVES", "EXPORT", "IMPORT", "LIBRARY"]

LIBRARY = "build123d"

IMPORT = "from build123d import *"

BY_MASS = False
"""Edges are sorted by the point in the middle of each."""


# --- what sweeps ----------------------------------------------------------------------------------


def _extrude(extrude: Extrude, at: At) -> None:
    draft = at.draft
    check_sharp(extrude, at, holes=True, opens=True)
    called = draft.called(extrude)
    draft.comment(called.title)
    what = MEASURED.get(called.noun, "height")
    bodies = []
    for index, profiles in by_sketch(extrude).items():
        plane = draft.operations[index].plane  # type: ignore[union-attr]
        for side in sides(extrude.extent):
            reach = draft.levels.reach(
                plane, side, called.noun, called.own, what, first=not draft.begun
            )
            sketch = sketched(draft, index, profiles, called, reach.start)
            options = ", both=True" * reach.both + taper_text(at, called, side)
            bodies.append(f"extrude({sketch}, {reach.amount.text}{options})")
    _combined(at, extrude.boolean, bodies, called)


def _revolve(revolve: Revolve, at: At) -> None:
    draft = at.draft
    called = draft.called(revolve)
    draft.comment(called.title)
    start, _ = revolve.span
    axis = _axis_text(*revolve.axis.in_world(revolve.start(at.before)))
    bodies = []
    for index, profiles in by_sketch(revolve).items():
        sketch = sketched(draft, index, profiles, called)
        if start and not revolve.full:
            sketch = f"{sketch}.rotate({axis}, {ratio(start)})"
        angle = "" if revolve.full else f", {ratio(revolve.total)}"
        bodies.append(f"revolve({sketch}, {axis}{angle})")
    _combined(at, revolve.boolean, bodies, called)


def _axis_text(origin: Vec3, along: Vec3) -> str:
    text = direction(along)
    for name, way in (("X", "(1, 0, 0)"), ("Y", "(0, 1, 0)"), ("Z", "(0, 0, 1)")):
        if text == way and point(origin) == "(0, 0, 0)":
            return f"Axis.{name}"
    return f"Axis({point(origin)}, {text})"


def _combined(at: At, boolean: Boolean, bodies: list[str], called: Called) -> None:
    """Add bodies to the part, or take them from it, and keep them if they are done again."""
    draft, body = at.draft, " + ".join(bodies)
    if not body:
        draft.lines.pop()
        draft.comment(f"{called.title}: of no profile, which makes nothing")
        return
    draft.check_begun(boolean)
    if draft.keeps(at.index):
        draft.say(f"{called.own} = {body}")
        draft.tools[at.index] = [Tool(boolean, called.own)]
        body = called.own
    _applied(at, boolean, body)


def _hole(hole: Hole, at: At) -> None:
    draft = at.draft
    called = Called("hole", draft.names.fresh("hole"))
    draft.check_begun(Boolean.CUT)
    draft.comment(called.title)
    body, many = drilled_body(hole, at, called)
    if draft.keeps(at.index):
        if body != called.own:
            draft.say(f"{called.own} = {body}")
        draft.tools[at.index] = [Tool(Boolean.CUT, called.own, many)]
        body = called.own
    _applied(at, Boolean.CUT, body)


def _applied(at: At, boolean: Boolean, body: str) -> None:
    draft = at.draft
    draft.say(f"part {SIGNS[boolean]}= {body}" if draft.begun else f"part = {body}")
    draft.begun = True


# --- patterns -------------------------------------------------------------------------------------


def _again(pattern: Repeat, at: At, count: int | str, copy: Callable[[str], str]) -> None:
    """Write what a pattern does again: `copy` is a body at another place, or at place `i`."""
    draft, copies = at.draft, []
    tools = [Tool(Boolean.JOIN, "part")]
    if pattern.of is not None:
        tools = [tool for index in pattern.originals for tool in draft.tools[index]]
    for tool in tools:
        loops = [f"for one in {tool.text}"] if tool.many else []
        if count != 2:
            loops.insert(0, f"for i in range(1, {count})")
        text = copy("one" if tool.many else tool.text)
        body = f"[{' '.join([text, *loops])}]" if loops else text
        if draft.keeps(at.index):
            name = draft.names.fresh(f"{tool.text}_copies" if loops else f"{tool.text}_copy")
            draft.say(f"{name} = {body}")
            copies.append(Tool(tool.boolean, name, bool(loops)))
            body = name
        if loops and tool.boolean is Boolean.INTERSECT:
            draft.say(f"for one in {body}:")
            draft.say("part &= one", "    ")
        else:
            _applied(at, tool.boolean, body)
    draft.tools[at.index] = copies


def _mirror(mirror: Mirror, at: At) -> None:
    draft = at.draft
    plane = _mirror_plane(mirror)
    placed = placed_on(plane, draft.levels, NOTHING)
    about = plane_text(placed.plane, placed.offset, (0.0, 0.0), bare=True)
    draft.comment(f"{draft.again(mirror)}, mirrored")
    _again(mirror, at, 2, lambda body: f"mirror({body}, about={about})")


def _mirror_plane(mirror: Mirror) -> Plane:
    """The plane of a mirror, with the normal and x axis of one of the library's if there is one."""
    x, y, z = (round(along, 9) for along in mirror.normal)
    if abs(x) + abs(y) + abs(z) != 1:
        return mirror.plane
    place, normal = mirror.position * (x + y + z), (abs(x), abs(y), abs(z))
    x_axis = {0: (0.0, 1.0, 0.0), 1: (1.0, 0.0, 0.0), 2: (1.0, 0.0, 0.0)}[normal.index(1)]
    if normal[1]:
        normal, place = (0.0, -1.0, 0.0), -place
    origin = tuple(place * along for along in normal)
    return Plane(origin, normal, x_axis)  # type: ignore[arg-type]


def _linear(pattern: LinearPattern, at: At) -> None:
    count, move = row(pattern, at)
    _again(pattern, at, count, lambda body: f"Pos({move}) * {body}")


def _polar(pattern: PolarPattern, at: At) -> None:
    count, angle = circle(pattern, at)
    axis = _axis_text(pattern.point, pattern.axis)
    _again(pattern, at, count, lambda body: f"{body}.rotate({axis}, {angle})")


# --- edges ----------------------------------------------------------------------------------------


def _fillet(fillet: Fillet, at: At) -> None:
    draft = at.draft
    draft.comment("Round edges")
    radius = draft.variables.named("fillet", "fillet", "radius", number(fillet.radius))
    edges = _edges(at, draft.selections[at.index])
    draft.say(f"part = fillet({edges}, {radius})")


def _chamfer(chamfer: Chamfer, at: At) -> None:
    draft, selection = at.draft, at.draft.selections[at.index]
    draft.comment("Chamfer edges")
    first, second, _ = map(number, chamfer.sizes)
    size = draft.variables.named("chamfer", "chamfer", "size", first)
    if not selection.groups:
        draft.say(f"part = chamfer({_edges(at, selection)}, {size})")
        return
    other = draft.variables.named("chamfer", "chamfer", "other_size", second)
    for group in selection.groups:
        edges = _edges(at, Selection(None, group.points))
        face = f"part.faces().sort_by_distance({point(group.face)})[0]"
        draft.say(f"part = chamfer({edges}, {size}, {other}, reference={face})")


def _edges(at: At, selection: Selection) -> str:
    """Return what selects edges; points of several are a variable."""
    if selection.steps is not None:
        faces = selection.steps[:1] and selection.steps[0][0] == FACE
        filters = "".join(_FILTERS[kind](way) for kind, way in selection.steps)
        return f"part.{'faces' if faces else 'edges'}(){filters}"
    points = [point(place) for place in selection.points]
    if len(points) == 1:
        return f"part.edges().sort_by_distance({points[0]})[0]"
    name = at.draft.names.fresh("edge_points")
    at.draft.say(f"{name} = [{', '.join(points)}]")
    return f"[part.edges().sort_by_distance(point)[0] for point in {name}]"


def _end(way: str) -> str:
    return f"(Axis.{way[1].upper()})[{-1 if way[0] == '+' else 0}]"


_FILTERS: dict[str, Callable[[str], str]] = {
    ALONG: lambda axis: f".filter_by(Axis.{axis.upper()})",
    ROUND: lambda _: ".filter_by(GeomType.CIRCLE)",
    FARTHEST: lambda way: f".group_by{_end(way)}",
    FACE: lambda way: f".sort_by{_end(way)}.edges()",
}


EXPORT = exports(
    "exporters/scripts/build123d.py",
    drawn,
    {
        Extrude: _extrude,
        Revolve: _revolve,
        Hole: _hole,
        Mirror: _mirror,
        LinearPattern: _linear,
        PolarPattern: _polar,
        Fillet: _fillet,
        Chamfer: _chamfer,
    },
)
"""How an operation is written."""
