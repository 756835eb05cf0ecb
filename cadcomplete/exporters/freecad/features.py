"""How each operation is a feature of a FreeCAD Body: a pad, a pocket, a hole, a pattern."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cadcomplete.errors import GeometryError, InputError
from cadcomplete.exporters.freecad import objects as xml
from cadcomplete.exporters.freecad.body import InBody, refused
from cadcomplete.exporters.freecad.recipes import BlendedFeature, SweptFeature
from cadcomplete.exporters.freecad.sketches import sketch
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import Circle
from cadcomplete.history.extents import ExtentType
from cadcomplete.history.extrude import Boolean, Extrude
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.hole_kinds import Counterbore, Countersink
from cadcomplete.history.holes import Hole
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Sketch
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sketches import Profile
from cadcomplete.history.tables import Table

_LENGTH, _TWO_LENGTHS = 0, 4
"""Types of pads and pockets."""

_SUBTRACTS = {"Pad": "Pocket", "Revolution": "Groove"}


# --- profiles -------------------------------------------------------------------------------------


def _loop(place: InBody, profile: Profile, index: int) -> Loop:
    if problem := profile.problem(place.before):
        raise InputError(problem, where=f"operation {place.index}")
    drawn = place.before[profile.sketch]
    assert isinstance(drawn, Sketch)
    return drawn.loops[index]


def _groups(place: InBody, profiles: tuple[Profile, ...]) -> Iterator[tuple[Profile, ...]]:
    """Yield profiles that one sketch can draw: whatever lies in a loop of it is a hole, in that an
    island, and so on. If some touch, or have a loop in common, each is a feature of its own, next
    to one before it: at no time is a body in pieces."""
    one_sketch = len({profile.sketch for profile in profiles}) == 1
    pairs = itertools.combinations(profiles, 2)
    if one_sketch and all(_apart(place, one, other) for one, other in pairs):
        yield profiles
        return
    left, done = list(profiles), []
    while left:
        near = [p for p in left if any(not _apart(place, p, other) for other in done)]
        touching = (p for p in near if any(_touch(place, p, other) for other in done))
        done.append(next(touching, (near or left)[0]))
        left.remove(done[-1])
        yield (done[-1],)


def _apart(place: InBody, one: Profile, other: Profile) -> bool:
    """Whether two profiles have nothing in common by their boxes: one may lie in a hole."""
    if one.sketch != other.sketch or set(one.loops) & set(other.loops):
        return False
    first, second = (_loop(place, p, p.outer).box for p in (one, other))
    if not _meet(first, second):
        return True
    holes = [(first, _loop(place, other, i).box) for i in other.holes]
    holes += [(second, _loop(place, one, i).box) for i in one.holes]
    return any(_within(inner, outer) for inner, outer in holes)


def _touch(place: InBody, one: Profile, other: Profile) -> bool:
    """Whether two profiles have a loop or a corner in common."""
    corners = [
        {
            (round(c.start[0], 5), round(c.start[1], 5))
            for i in p.loops
            for c in _loop(place, p, i).curves
        }
        for p in (one, other)
    ]
    return bool(set(one.loops) & set(other.loops) or corners[0] & corners[1])


Box = tuple[float, float, float, float]


def _meet(a: Box, b: Box) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _within(inner: Box, outer: Box) -> bool:
    low = inner[0] > outer[0] and inner[1] > outer[1]
    return low and inner[2] < outer[2] and inner[3] < outer[3]


def _drawn(
    place: InBody,
    group: tuple[Profile, ...],
    plane: Plane,
    axis: tuple[Vec2, Vec2] | None = None,
) -> str:
    """Return the sketch of some profiles, a new one if none draws just them."""
    loops = tuple(_loop(place, p, i) for p in group for i in p.loops)
    key = (plane, loops, axis)
    if key not in place.body.drawn:
        name = place.body.name("Sketch")
        place.body.drawn[key] = place.body.add(sketch(name, plane, loops, axis))
    return place.body.drawn[key]


def _kind(place: InBody, boolean: Boolean, adds: str) -> str:
    """The feature for a boolean: what adds, or what takes away."""
    if boolean is Boolean.INTERSECT:
        raise refused("Boolean (intersect: of one Body there is none)")
    if boolean is not Boolean.CUT:
        return adds
    if not place.body.features:
        raise InputError("there is nothing to cut", where=f"operation {place.index}")
    return _SUBTRACTS[adds]


# --- what sweeps ----------------------------------------------------------------------------------


def _extrude(extrude: Extrude, place: InBody) -> None:
    extrude = in_numbers(extrude, place.before)
    extent, off = replace(extrude.extent, start=0.0), extrude.extent.start
    if extent.unusual:
        raise refused(f"Extrude ({extent.unusual})")
    kind, (start, end) = _kind(place, extrude.boolean, "Pad"), extent.span
    front = 1.0 if kind == "Pad" else -1.0
    if start * end > 0:  # what starts off its sketch is drawn where it starts
        off, start, end = off + start, 0.0, end - start
    for group in _groups(place, extrude.profiles) if extrude.profiles else ():
        plane = place.before[group[0].sketch].plane.raised(off)  # type: ignore[union-attr]
        said = [xml.part_of("Profile", _drawn(place, group, plane))]
        if extent.type is ExtentType.SYMMETRIC:
            said += [xml.quantity("Length", abs(end - start)), xml.truth("Midplane", True)]
        elif start and end and start * end < 0:
            along, against = max(start, end), -min(start, end)
            first, second = (along, against) if front > 0 else (against, along)
            said += [xml.quantity("Length", first), xml.quantity("Length2", second)]
            said += [xml.whole("Type", _TWO_LENGTHS)]
        else:
            reach = end or start
            said += [xml.quantity("Length", abs(reach)), xml.truth("Reversed", reach * front < 0)]
        regions = tuple(tuple(_loop(place, p, i) for i in p.loops) for p in group)
        recipe = SweptFeature(kind == "Pocket", plane, regions, _swept(start, end, front))
        said.append(xml.truth("Refine", False))
        place.body.feature(place.index, kind, *said, recipe=recipe)


def _swept(start: float, end: float, front: float) -> tuple[float, float]:
    """From where to where FreeCAD sweeps: from the sketch, else from behind it to its front."""
    if not start or not end:
        return 0.0, end or start
    low, high = min(start, end), max(start, end)
    return (low, high) if front > 0 else (high, low)


def _revolve(revolve: Revolve, place: InBody) -> None:
    kind = _kind(place, revolve.boolean, "Revolution")
    for group in _groups(place, revolve.profiles) if revolve.profiles else ():
        plane = place.before[group[0].sketch].plane  # type: ignore[union-attr]
        axis = revolve.axis.on(revolve.start(place.before), plane)
        if axis is None:
            raise refused("Revolve (about an axis off the plane of a profile)")
        base, direction = axis.in_world(plane)
        said = [
            xml.vector("Base", base),
            xml.vector("Axis", direction),
            xml.quantity("Angle", revolve.total, "Angle"),
        ]
        loops = [(_loop(place, p, p.outer).box) for p in group]
        far = max(max(map(abs, box)) for box in loops) + 1.0
        (x, y), (u, v) = axis.point, axis.direction
        points = ((x, y), (x + far * u, y + far * v))
        low, high = revolve.span
        if revolve.full or abs(low) < 1e-9:
            pass
        elif abs(high) < 1e-9:
            said.append(xml.truth("Reversed", True))
        elif abs(low + high) < 1e-9:
            said.append(xml.truth("Midplane", True))
        else:
            raise refused("Revolve (by different angles to both sides)")
        name = _drawn(place, group, plane, points)
        said += [xml.part_of("Profile", name), xml.part_of("ReferenceAxis", name, ("Axis0",))]
        place.body.feature(place.index, kind, *said, xml.truth("Refine", False))


_THROUGH, _FLAT, _POINTED = 1, 0, 1
_HEADS = {Counterbore: 1, Countersink: 2}


def _hole(hole: Hole, place: InBody) -> None:
    if not place.body.features:
        raise InputError("there is nothing to drill in", where=f"operation {place.index}")
    loops = [Loop((Circle(center, hole.diameter / 2),)) for center in hole.centers]
    name = place.body.name("Sketch")
    place.body.add(sketch(name, hole.plane, loops))
    said = [
        xml.part_of("Profile", name),
        xml.quantity("Diameter", hole.diameter),
        xml.whole("DepthType", _THROUGH if hole.depth is None else 0),
        xml.whole("DrillPoint", _FLAT if hole.tip is None else _POINTED),
        xml.truth("DrillForDepth", False),
    ]
    if hole.depth is not None:
        said.append(xml.quantity("Depth", hole.depth))
    if hole.tip is not None:
        said.append(xml.quantity("DrillPointAngle", hole.tip, "Angle"))
    if hole.head is not None:
        said += [
            xml.whole("HoleCutType", _HEADS[type(hole.head)]),
            xml.truth("HoleCutCustomValues", True),
            xml.quantity("HoleCutDiameter", hole.head.diameter),
            xml.quantity("HoleCutDepth", hole.head_depth),
        ]
    if isinstance(hole.head, Countersink):
        said.append(xml.quantity("HoleCutCountersinkAngle", hole.head.angle, "Angle"))
    place.body.feature(place.index, "Hole", *said, xml.truth("Refine", False))


# --- patterns -------------------------------------------------------------------------------------


def _originals(pattern: Repeat, place: InBody) -> str:
    """The features that a pattern does again. Raises UnsupportedError for what is no original."""
    name = type(pattern).__name__
    if pattern.of is None:
        raise refused(f"{name} (of the whole body)")
    if any(isinstance(place.before[index], Repeat) for index in pattern.originals):
        raise refused(f"{name} (of a pattern)")
    found = [one for index in pattern.originals for one in place.body.made[index]]
    return xml.links("Originals", found)


def _mirror(mirror: Mirror, place: InBody) -> None:
    originals = _originals(mirror, place)
    plane = place.body.datum("Plane", mirror.plane)
    said = (originals, xml.part_of("MirrorPlane", plane, ("",)), xml.truth("Refine", False))
    place.body.feature(place.index, "Mirrored", *said)


def _linear(pattern: LinearPattern, place: InBody) -> None:
    originals = _originals(pattern, place)
    axis, reversed_ = place.body.axis((0.0, 0.0, 0.0), pattern.direction)
    said = (
        originals,
        xml.part_of("Direction", axis, ("",)),
        xml.truth("Reversed", reversed_),
        xml.quantity("Length", pattern.spacing * (pattern.count - 1)),
        xml.whole("Occurrences", pattern.count, "IntegerConstraint"),
        xml.truth("Refine", False),
    )
    place.body.feature(place.index, "LinearPattern", *said)


def _polar(pattern: PolarPattern, place: InBody) -> None:
    originals = _originals(pattern, place)
    axis, reversed_ = place.body.axis(pattern.point, pattern.axis)
    said = (
        originals,
        xml.part_of("Axis", axis, ("",)),
        xml.truth("Reversed", reversed_),
        xml.quantity("Angle", pattern.angle, "Angle"),
        xml.whole("Occurrences", pattern.count, "IntegerConstraint"),
        xml.truth("Refine", False),
    )
    place.body.feature(place.index, "PolarPattern", *said)


# --- edges ----------------------------------------------------------------------------------------


def _fillet(fillet: Fillet, place: InBody) -> None:
    size = xml.quantity("Radius", fillet.radius, "QuantityConstraint")
    _blend(fillet, place, "Fillet", size)


def _chamfer(chamfer: Chamfer, place: InBody) -> None:
    first, second, _ = chamfer.sizes
    if first != second:
        raise refused("Chamfer (of two sizes)")
    _blend(chamfer, place, "Chamfer", xml.quantity("Size", first, "QuantityConstraint"))


def _blend(blend: Fillet | Chamfer, place: InBody, kind: str, size: str) -> None:
    """Write the edges by the numbers that FreeCAD gives them when it makes what is before."""
    from cadcomplete.exporters.freecad.replay import Replay

    body = place.body
    if not body.features or None in body.recipes:
        raise refused(f"{kind} (behind what FreeCAD numbers the edges of in a way not known here)")
    recipes = [recipe for recipe in body.recipes if recipe is not None]
    body.replay = body.replay or Replay()
    try:
        numbers, made = body.replay.numbered(blend, place.before, recipes)
    except GeometryError as error:
        raise refused(f"{kind} ({error})") from error
    body.store(body.features[-1], made)
    edges = xml.part_of("Base", body.features[-1], [f"Edge{n}" for n in numbers])
    recipe = BlendedFeature(blend, tuple(numbers))
    body.feature(place.index, kind, edges, size, xml.truth("Refine", False), recipe=recipe)


def _sketch(drawn: Sketch, place: InBody) -> None:
    """One that nothing sweeps is drawn by itself; the others where they are swept."""
    used = {i for op in place.body.operations if not isinstance(op, Repeat) for i in op.refers()}
    if place.index not in used:
        place.body.add(sketch(place.body.name("Sketch"), drawn.plane, drawn.loops))


EXPORT: Table[Callable[[Any, InBody], None]] = Table(
    "exporters/freecad/features.py",
    {
        Sketch: _sketch,
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
