"""From a solid to what it is made of: a base shape, holes, pockets, bosses, roundings.

Everything is read off the exact planes and cylinders. What cannot be told with certainty is left
out, and the faces that belong to nothing are counted.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import math
from collections import Counter
from typing import TypeVar

from OCP.BRepGProp import BRepGProp
from OCP.gp import gp_Ax3, gp_Dir, gp_Pnt, gp_Trsf
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_SOLID
from OCP.TopExp import TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.history.geometry import Vec3, cross, dot
from cadcomplete.kernel.failures import KERNEL_ERRORS
from cadcomplete.kernel.features.anatomy import Base, Body, Outline, PartFeatures, Rounding, Shape
from cadcomplete.kernel.features.faces import Found, Skin, Surface, Turn, count_faces, read_skin
from cadcomplete.kernel.features.outlines import STRAIGHT, perpendicular
from cadcomplete.kernel.features.prisms import (
    Walls,
    area_of,
    find_base,
    find_bosses,
    find_grooves,
    find_recesses,
)
from cadcomplete.kernel.features.rounds import (
    Drums,
    belongings,
    find_drums,
    find_holes,
    find_round_bosses,
)
from cadcomplete.kernel.measure import bounding_box
from cadcomplete.kernel.solid import Solid

MOST_FACES = 1000
"""A part of more faces is only counted and measured."""

FILLED = 0.55
"""A prism is no base if a smaller share of it is full, with its holes and pockets filled, or if
it makes up a smaller share of the part, with its bosses."""

Axes = tuple[Vec3, Vec3, Vec3]

WORLD: Axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def find_features(solid: Solid) -> PartFeatures:
    """Return the bodies of a solid, the largest first, and what each is made of."""
    few = count_faces(solid.shape) <= MOST_FACES
    shapes = _bodies(solid.shape)
    found = [_body(shape, _volume(shape, solid, len(shapes)), few=few) for shape in shapes]
    found.sort(key=lambda pair: -pair[0].volume)
    size = found[0][0].size if len(found) == 1 else _size(solid.shape, found[0][1])
    return PartFeatures(tuple(body for body, _ in found), size)


def _bodies(shape: TopoDS_Shape) -> list[TopoDS_Shape]:
    explorer, bodies = TopExp_Explorer(shape, TopAbs_SOLID), []
    while explorer.More():
        bodies.append(explorer.Current())
        explorer.Next()
    return bodies or [shape]


def _volume(shape: TopoDS_Shape, solid: Solid, bodies: int) -> float:
    if bodies == 1:
        return solid.volume
    properties = GProp_GProps()
    BRepGProp.VolumeProperties_s(shape, properties)
    return properties.Mass()


def _body(shape: TopoDS_Shape, volume: float, *, few: bool) -> tuple[Body, Axes]:
    """Return a body and the axes of its box; only its size if the kernel fails on it."""
    if few:
        try:
            return _analysed(shape, volume)
        except KERNEL_ERRORS:
            pass
    faces = count_faces(shape)
    return Body(_size(shape, WORLD), faces, volume, unexplained=faces), WORLD


def _analysed(shape: TopoDS_Shape, volume: float) -> tuple[Body, Axes]:
    skin = read_skin(shape)
    walls, rows = Walls(skin), find_drums(skin)
    holes, recesses = find_holes(skin, rows), find_recesses(walls)
    removed = sum(step.volume for h in holes for step in h.what.steps)
    removed += sum(r.what.outline.area * (r.what.depth or 0.0) for r in recesses)
    base = find_base(walls, most=(volume + removed) / FILLED)
    base = _stepped(skin, base, rows) if base is not None else None
    mine = frozenset[int]().union(*(f.faces for f in [*holes, *([base] if base else [])]))
    free = [row for row in rows if not mine.issuperset(row[0].faces)]
    bosses = [*find_round_bosses(skin, free), *find_bosses(walls)]
    added = sum(b.what.outline.area * (b.what.height or 0.0) for b in bosses)
    if base is not None and base.what.volume + added < FILLED * volume:
        base = None
    found = [*([base] if base else []), *holes, *recesses, *bosses]
    claimed = frozenset[int]().union(*(f.faces for f in found))
    grooves = find_grooves(walls, claimed)
    claimed = claimed.union(*(f.faces for f in grooves))
    rounded = _rounded(skin, claimed)
    axes = _along(base.what.outline) if base else _main_axes(skin)
    body = Body(
        _size(shape, axes),
        len(skin.faces),
        volume,
        base.what if base else None,
        _things(holes),
        _things(recesses),
        _things(bosses),
        _things(grooves),
        _roundings(skin, rounded),
        len(skin.faces) - len(claimed) - len(rounded),
    )
    return body, axes


Thing = TypeVar("Thing")


def _things(found: list[Found[Thing]]) -> tuple[Thing, ...]:
    return tuple(f.what for f in found)


def _stepped(skin: Skin, base: Found[Base], rows: list[Drums]) -> Found[Base]:
    """Return a round base with the other cylinders on its axis that follow it."""
    for row in rows:
        alone = len(row) == 1 or base.what.outline.shape is not Shape.CIRCLE
        if alone or row[0].concave or not any(base.faces.issuperset(d.faces) for d in row):
            continue
        steps = tuple(drum.step for drum in row)
        length = sum(step.length for step in steps)
        faces = base.faces | belongings(skin, row)
        return Found(Base(base.what.outline, length, min(steps, steps[::-1])), faces)
    return base


def _rounded(skin: Skin, claimed: frozenset[int]) -> list[int]:
    """Return the parts of cylinders that run smoothly into two planes and that nothing claims."""
    found: list[int] = []
    for index, face in enumerate(skin.faces):
        if index in claimed or face.surface is not Surface.CYLINDER:
            continue
        smooth = [i for wire in face.wires for i, _ in wire if skin.turns[i] is Turn.SMOOTH]
        beside = {skin.across(i, index) for i in smooth} - {None}
        if len(beside) == 2 and face.sweep < math.pi - 0.1:
            found.append(index)
    return found


def _roundings(skin: Skin, rounded: list[int]) -> tuple[Rounding, ...]:
    counts = Counter((round(skin.faces[i].radius, 3), skin.faces[i].concave) for i in rounded)
    return tuple(Rounding(r, inner, n) for (r, inner), n in sorted(counts.items()))


def _along(outline: Outline) -> Axes:
    return (outline.x_axis, cross(outline.normal, outline.x_axis), outline.normal)


def _main_axes(skin: Skin) -> Axes:
    """Return the axes to which the most of the surface is parallel."""
    planes: list[tuple[float, Vec3]] = []
    for face in skin.faces:
        if face.surface is not Surface.PLANE:
            continue
        area = area_of(skin, face)
        for i, (total, direction) in enumerate(planes):
            if abs(dot(direction, face.direction)) > 1 - STRAIGHT**2 / 2:
                planes[i] = (total + area, direction)
                break
        else:
            planes.append((area, face.direction))
    if not planes:
        return WORLD
    _, first = max(planes)
    level = [(a, d) for a, d in planes if abs(dot(d, first)) < STRAIGHT]
    second = max(level)[1] if level else perpendicular(first)
    return (second, cross(first, second), first)


def _size(shape: TopoDS_Shape, axes: Axes) -> Vec3:
    """Return the sides of the box around a shape along three axes, longest first."""
    x, _, z = axes
    if not all(any(abs(c) > 1 - 1e-12 for c in axis) for axis in axes):
        turn = gp_Trsf()
        turn.SetTransformation(gp_Ax3(gp_Pnt(0.0, 0.0, 0.0), gp_Dir(*z), gp_Dir(*x)))
        shape = shape.Moved(TopLoc_Location(turn))
    a, b, c = sorted(bounding_box(Solid(shape, 0.0)).size, reverse=True)
    return (a, b, c)
