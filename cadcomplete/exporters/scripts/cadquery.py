"""Scripts of CadQuery: bodies by chains of calls, and a part that they are put together to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

from cadcomplete.errors import UnsupportedError
from cadcomplete.exporters.scripts import sizes
from cadcomplete.exporters.scripts.alike import circle, exports, row
from cadcomplete.exporters.scripts.bores import bores, outline
from cadcomplete.exporters.scripts.cadquery_sketches import (
    CURVES,
    chain,
    drawn,
    say_chain,
    workplane,
)
from cadcomplete.exporters.scripts.draft import At, Called, Tool, by_sketch
from cadcomplete.exporters.scripts.nouns import MEASURED
from cadcomplete.exporters.scripts.outlines import CircleShape
from cadcomplete.exporters.scripts.planes import placed_on, raised
from cadcomplete.exporters.scripts.regions import DrawnRegion, apart, regions_of
from cadcomplete.exporters.scripts.selection import ALONG, FACE, FARTHEST, ROUND, Selection
from cadcomplete.exporters.scripts.sums import NOTHING, direction, point, ratio
from cadcomplete.exporters.scripts.tapers import check_sharp, sides, taper_text
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.extrude import Boolean, Extrude
from cadcomplete.history.fields import number
from cadcomplete.history.geometry import Vec3
from cadcomplete.history.hole_kinds import Counterbore, Countersink
from cadcomplete.history.holes import Hole
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.revolve import Revolve

__all__ = ["BY_MASS", "CURVES", "EXPORT", "IMPORT", "LIBRARY"]

LIBRARY = "CadQuery"

IMPORT = "import cadquery as cq"

BY_MASS = True
"""Edges are sorted by their centres of mass."""

_VERBS = {
    Boolean.NEW_BODY: "union",
    Boolean.JOIN: "union",
    Boolean.CUT: "cut",
    Boolean.INTERSECT: "intersect",
}


# --- what sweeps ----------------------------------------------------------------------------------


def _extrude(extrude: Extrude, at: At) -> None:
    draft = at.draft
    check_sharp(extrude, at, holes=False, opens=False)
    called = draft.called(extrude)
    draft.comment(called.title)
    what = MEASURED.get(called.noun, "height")

    def swept(index: int) -> Iterator[tuple[str, str]]:
        plane = draft.operations[index].plane  # type: ignore[union-attr]
        for side in sides(extrude.extent):
            reach = draft.levels.reach(
                plane, side, called.noun, called.own, what, first=not draft.begun
            )
            options = ", both=True" * reach.both + taper_text(at, called, side)
            start = workplane(draft, plane, reach.start)
            yield start, f".extrude({reach.amount.text}{options})"

    _swept(extrude, at, called, swept)


def _revolve(revolve: Revolve, at: At) -> None:
    draft = at.draft
    called = draft.called(revolve)
    draft.comment(called.title)
    start, _ = revolve.span

    def swept(index: int) -> Iterator[tuple[str, str]]:
        plane = draft.operations[index].plane  # type: ignore[union-attr]
        axis = revolve.axis.on(revolve.start(at.before), plane)
        if axis is None:
            raise UnsupportedError(["Revolve (about an axis off the plane of a profile)"])
        (x, y), (u, v) = axis.point, axis.direction
        angle = "360" if revolve.full else ratio(revolve.total)
        call = f".revolve({angle}, {point((x, y))}, {point((x + u, y + v))})"
        if start and not revolve.full:
            turn = _axis(*axis.in_world(plane))
            call += f".rotate({turn}, {ratio(start)})"
        yield workplane(draft, plane), call

    _swept(revolve, at, called, swept)


def _swept(
    sweep: Extrude | Revolve,
    at: At,
    called: Called,
    swept: Callable[[int], Iterable[tuple[str, str]]],
) -> None:
    """Write the bodies of a sweep as one, and what that does to the part.

    `swept` says on which workplanes a sketch lies, and what calls sweep it. Profiles that touch or
    lie in each other are drawn by themselves: wires within wires would be holes.
    """
    draft = at.draft
    if not sweep.profiles:
        draft.lines.pop()
        draft.comment(f"{called.title}: of no profile, which makes nothing")
        return
    draft.check_begun(sweep.boolean)
    bodies: list[tuple[str, str]] = []
    for index, profiles in by_sketch(sweep).items():
        groups = apart(draft, profiles)
        for (start, call), together in itertools.product(swept(index), groups):
            loops = [draft.loop(p, i) for p in together for i in p.loops]
            name = draft.names.fresh(f"{called.own}_part") if bodies else called.own
            sketch = draft.names.fresh(f"{name}_sketch")
            calls = chain(draft, start, regions_of(draft, together), called, loops)
            say_chain(draft, sketch, calls)
            bodies.append((name, f"{sketch}{call}"))
    body = _together(at, bodies, called)
    if draft.keeps(at.index):
        draft.tools[at.index] = [Tool(sweep.boolean, called.own)]
    _applied(at, sweep.boolean, body)


def _together(at: At, bodies: list[tuple[str, str]], called: Called) -> str:
    """Return bodies as one: a variable if they are several, or are done again."""
    (_, first), *others = bodies
    if not others and not at.draft.keeps(at.index):
        return first
    calls = [first, *(f".add({body})" for _, body in others), *[".combine()"] * bool(others)]
    say_chain(at.draft, called.own, calls)
    return called.own


def _applied(at: At, boolean: Boolean, body: str, indent: str = "") -> None:
    draft = at.draft
    draft.say(f"part = part.{_VERBS[boolean]}({body})" if draft.begun else f"part = {body}", indent)
    draft.begun = True


def _axis(origin: Vec3, along: Vec3) -> str:
    """Two points of an axis."""
    end = (origin[0] + along[0], origin[1] + along[1], origin[2] + along[2])
    straight = all(abs(value - round(value)) < 1e-9 for value in along)
    return f"{point(origin)}, {point(end) if straight else direction(end)}"


# --- holes ----------------------------------------------------------------------------------------


def _hole(hole: Hole, at: At) -> None:
    draft = at.draft
    called = Called("hole", draft.names.fresh("hole"))
    draft.check_begun(Boolean.CUT)
    draft.comment(called.title)
    if hole.tip is None and not draft.keeps(at.index):
        _drilled(hole, at, called)
        return
    body = _turned(hole, at, called) if hole.revolves else _straight(hole, at, called)
    if draft.keeps(at.index):
        draft.tools[at.index] = [Tool(Boolean.CUT, body)]
    _applied(at, Boolean.CUT, body)


def _drilled(hole: Hole, at: At, called: Called) -> None:
    """Drill it into the part: the library has a call for each kind of head."""
    draft, named = at.draft, sizes.naming(at.draft, called)
    size = [named("diameter", hole.diameter)]
    verb = ".hole"
    if isinstance(hole.head, Counterbore):
        of = sizes.naming(draft, Called("counterbore", "counterbore"))
        size += [of("diameter", hole.head.diameter), of("depth", hole.head.depth)]
        verb = ".cboreHole"
    elif isinstance(hole.head, Countersink):
        of = sizes.naming(draft, Called("countersink", "countersink"))
        size += [of("diameter", hole.head.diameter), ratio(hole.head.angle)]
        verb = ".cskHole"
    if hole.depth is not None:
        size.append(named("depth", hole.depth))
    plane = f".copyWorkplane({workplane(draft, hole.plane)})"
    calls = ["part", plane, *_centers(hole, at, called), f"{verb}({', '.join(size)})"]
    say_chain(draft, "part", calls)


def _centers(hole: Hole, at: At, called: Called) -> list[str]:
    if len(hole.centers) == 1:
        return [f".moveTo{point(hole.centers[0])}"]
    centers = at.draft.names.fresh(f"{called.own}_centers")
    at.draft.say(f"{centers} = [{', '.join(map(point, hole.centers))}]")
    return [f".pushPoints({centers})"]


def _straight(hole: Hole, at: At, called: Called) -> str:
    draft, first = at.draft, True
    for bore in bores(hole, at, called):
        own = bore.called
        shapes = [CircleShape(center, bore.diameter / 2) for center in hole.centers]
        reach = draft.levels.reach(hole.plane, bore.extent, own.noun, own.own, "depth", first=False)
        regions = [DrawnRegion([*shapes], [])]
        calls = chain(draft, workplane(draft, hole.plane), regions, own, [])
        say_chain(draft, own.own, [*calls, f".extrude({reach.amount.text})"])
        if not first:
            draft.say(f"{called.own} = {called.own}.union({own.own})")
        first = False
    return called.own


def _turned(hole: Hole, at: At, called: Called) -> str:
    draft = at.draft
    drill = draft.names.fresh(f"{called.own}_drill")
    corners = ", ".join(outline(hole, at, called))
    half = f".polyline([{corners}])"
    turned = ".revolve(360, (0, 0), (0, 1))"
    say_chain(draft, drill, ['cq.Workplane("XZ")', half, ".close()", turned])
    placed = [*_centers(hole, at, called), f".eachpoint({drill}, True)"]
    say_chain(draft, called.own, [workplane(draft, hole.plane), *placed])
    return called.own


# --- patterns -------------------------------------------------------------------------------------


def _again(pattern: Repeat, at: At, count: int | str, copy: Callable[[str], str]) -> None:
    """Write what a pattern does again: `copy` is a body at another place, or at place `i`."""
    draft, copies = at.draft, []
    tools = [Tool(Boolean.JOIN, "part")]
    if pattern.of is not None:
        tools = [tool for index in pattern.originals for tool in draft.tools[index]]
    elif count != 2:
        whole = draft.names.fresh("original")
        draft.say(f"{whole} = part")
        tools = [Tool(Boolean.JOIN, whole)]
    for tool in tools:
        loops = [f"for one in {tool.text}"] if tool.many else []
        if count != 2:
            loops.insert(0, f"for i in range(1, {count})")
        body = copy("one" if tool.many else tool.text)
        if draft.keeps(at.index):
            name = draft.names.fresh(f"{tool.text}_copies" if loops else f"{tool.text}_copy")
            draft.say(f"{name} = [{' '.join([body, *loops])}]" if loops else f"{name} = {body}")
            copies.append(Tool(tool.boolean, name, bool(loops)))
            loops, body = ([f"for one in {name}"], "one") if loops else ([], name)
        for depth, loop in enumerate(loops):
            draft.say(f"{loop}:", "    " * depth)
        _applied(at, tool.boolean, body, "    " * len(loops))
    draft.tools[at.index] = copies


def _mirror(mirror: Mirror, at: At) -> None:
    draft = at.draft
    plane = mirror.plane
    placed = placed_on(plane, draft.levels, NOTHING)
    base = ", ".join(along.text for along in raised(placed.plane, placed.offset, (0.0, 0.0)))
    sides = [abs(round(along, 9)) for along in mirror.normal]
    said = direction(mirror.normal)
    if sum(sides) == 1:
        said = f'"{("YZ", "XZ", "XY")[sides.index(1)]}"'
    draft.comment(f"{draft.again(mirror)}, mirrored")
    _again(mirror, at, 2, lambda body: f"{body}.mirror({said}, ({base}))")


def _linear(pattern: LinearPattern, at: At) -> None:
    count, move = row(pattern, at)
    _again(pattern, at, count, lambda body: f"{body}.translate(({move}))")


def _polar(pattern: PolarPattern, at: At) -> None:
    count, angle = circle(pattern, at)
    axis = _axis(pattern.point, pattern.axis)
    _again(pattern, at, count, lambda body: f"{body}.rotate({axis}, {angle})")


# --- edges ----------------------------------------------------------------------------------------


def _fillet(fillet: Fillet, at: At) -> None:
    draft = at.draft
    draft.comment("Round edges")
    radius = draft.variables.named("fillet", "fillet", "radius", number(fillet.radius))
    draft.say(f"part = {_edges(at, draft.selections[at.index])}.fillet({radius})")


def _chamfer(chamfer: Chamfer, at: At) -> None:
    draft, selection = at.draft, at.draft.selections[at.index]
    if selection.groups:
        raise UnsupportedError(["Chamfer (of two sizes: the library takes either face first)"])
    draft.comment("Chamfer edges")
    size = draft.variables.named("chamfer", "chamfer", "size", number(chamfer.sizes[0]))
    draft.say(f"part = {_edges(at, selection)}.chamfer({size})")


def _edges(at: At, selection: Selection) -> str:
    """Return what selects edges; points are a variable."""
    draft = at.draft
    if selection.steps is not None:
        text = "part"
        if not selection.steps or selection.steps[0][0] != FACE:
            text += "" if selection.steps else ".edges()"
        return text + "".join(_FILTERS[kind](way) for kind, way in selection.steps)
    name = draft.names.fresh("edge_points")
    draft.say(f"{name} = [{', '.join(map(point, selection.points))}]")
    vertex = "cq.Vertex.makeVertex(*point)"
    one = f"part.edges().sort(lambda edge: edge.distance({vertex})).val()"
    return f"part.newObject([{one} for point in {name}])"


_FILTERS: dict[str, Callable[[str], str]] = {
    ALONG: lambda axis: f'.edges("|{axis.upper()}")',
    ROUND: lambda _: '.edges("%CIRCLE")',
    FARTHEST: lambda way: f'.edges("{_end(way)}")',
    FACE: lambda way: f'.faces("{_end(way)}").edges()',
}


def _end(way: str) -> str:
    return f"{'>' if way[0] == '+' else '<'}{way[1].upper()}"


EXPORT = exports(
    "exporters/scripts/cadquery.py",
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
