"""Whole cylinders of a solid, and what they are: holes, and round things that stand out.

Coaxial cylinders that follow each other are one: a counterbored hole, a stepped shaft.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from cadcomplete.history.geometry import dot
from cadcomplete.kernel.features.anatomy import Boss, HoleFeature, HoleStep
from cadcomplete.kernel.features.faces import (
    Face,
    Found,
    Key,
    Line,
    Skin,
    Surface,
    Turn,
    axis_key,
    rounded,
    sub,
)
from cadcomplete.kernel.features.outlines import NEAR, circle, near


@dataclass(frozen=True, slots=True)
class Drum:
    """A whole cylinder: its faces, and how each of its ends meets what is there.

    Attributes:
        faces: indices of the faces it is made of; more than one if something splits it.
        beside: those of the faces next to it.
        concave: whether it is the wall of a hole.
        axis: the same line for all drums about one axis.
        span: where it begins and ends along the axis.
        ends: convex where it ends in the open (of a hole: comes out of a face), concave where
            it ends on a face, unknown where it does both.
        flat: whether each end is one circle about the axis.
    """

    faces: tuple[int, ...]
    beside: frozenset[int]
    concave: bool
    axis: Line
    radius: float
    span: tuple[float, float]
    ends: tuple[Turn, Turn]
    flat: tuple[bool, bool]

    @property
    def step(self) -> HoleStep:
        return HoleStep(2 * self.radius, self.span[1] - self.span[0])


Drums = tuple[Drum, ...]
"""Coaxial drums, each beginning where the one before it ends."""


def find_drums(skin: Skin) -> list[Drums]:
    """Return all whole cylinders, those that follow each other together."""
    lines: dict[Key, Line] = {}
    parts: dict[tuple[Key, bool, int, int, int], list[int]] = {}
    for index, face in enumerate(skin.faces):
        if face.surface is not Surface.CYLINDER:
            continue
        key, line = axis_key(face)
        line = lines.setdefault(key, line)
        low, high = _span(face, line)
        place = (key, face.concave, rounded(face.radius), rounded(low), rounded(high))
        parts.setdefault(place, []).append(index)
    coaxial: dict[tuple[Key, bool], list[Drum]] = {}
    for (key, concave, *_), members in parts.items():
        if sum(skin.faces[i].sweep for i in members) > math.tau - 1e-6:
            drum = _drum(skin, tuple(members), lines[key])
            coaxial.setdefault((key, concave), []).append(drum)
    return [drums for group in coaxial.values() for drums in _chained(group)]


def _span(face: Face, line: Line) -> tuple[float, float]:
    origin, direction = line
    shift = dot(sub(face.point, origin), direction)
    low, high = face.span
    if dot(face.direction, direction) < 0:
        low, high = -high, -low
    return (low + shift, high + shift)


def _drum(skin: Skin, members: tuple[int, ...], line: Line) -> Drum:
    first = skin.faces[members[0]]
    spans = [_span(skin.faces[i], line) for i in members]
    span = (min(s[0] for s in spans), max(s[1] for s in spans))
    low, high = (_end(skin, members, line, span, side) for side in (0, 1))
    ends, flat = (low[0], high[0]), (low[1], high[1])
    beside = _beside(skin, members)
    return Drum(members, beside, first.concave, line, first.radius, span, ends, flat)


def _beside(skin: Skin, members: tuple[int, ...]) -> frozenset[int]:
    owners = (
        owner
        for member in members
        for wire in skin.faces[member].wires
        for index, _ in wire
        for owner in skin.owners[index]
    )
    return frozenset(owners) - set(members)


def _end(
    skin: Skin, members: tuple[int, ...], line: Line, span: tuple[float, float], side: int
) -> tuple[Turn, bool]:
    """Return how a drum ends on one side, and whether it ends in circles about its axis."""
    reach = max(NEAR, 0.02 * (span[1] - span[0]))
    half = (span[1] - span[0]) / 2 + reach
    turns: set[Turn] = set()
    flat = True
    for member in members:
        for wire in skin.faces[member].wires:
            for index, _ in wire:
                edge = skin.edges[index]
                if len(skin.owners[index]) > 1 and skin.across(index, member) in members:
                    continue  # a seam between two halves
                places = [dot(sub(p, line[0]), line[1]) for p in (edge.start, edge.mid, edge.end)]
                away = [abs(place - span[side]) for place in places]
                if min(away) <= reach and max(away) <= half:
                    turns.add(skin.turns[index])
                    flat = flat and max(away) <= NEAR
    return (turns.pop() if len(turns) == 1 else Turn.UNKNOWN), flat


def _chained(drums: list[Drum]) -> list[Drums]:
    """Put drums about one axis in rows, a new row wherever something lies between them."""
    rows: list[list[Drum]] = []
    for drum in sorted(drums, key=lambda d: d.span):
        for row in reversed(rows):
            if _one(row[-1], drum):
                row[-1] = _joined(row[-1], drum)
                break
            if _follow(row[-1], drum):
                row.append(drum)
                break
        else:
            rows.append([drum])
    return [tuple(row) for row in rows]


def _follow(a: Drum, b: Drum) -> bool:
    """Say whether one drum begins where the other ends, with a shoulder or an edge between."""
    joint = a.beside & b.beside or a.beside.intersection(b.faces)
    return abs(a.span[1] - b.span[0]) <= NEAR and bool(joint)


def _one(a: Drum, b: Drum) -> bool:
    """Say whether two drums are one cylinder, or one hole through several walls."""
    apart = b.span[0] > a.span[1] + NEAR
    open_between = a.ends[1] is Turn.CONVEX and b.ends[0] is Turn.CONVEX
    return near(a.radius, b.radius) and (a.concave and open_between if apart else _follow(a, b))


def _joined(a: Drum, b: Drum) -> Drum:
    return replace(
        a,
        faces=a.faces + b.faces,
        beside=a.beside | b.beside,
        span=(a.span[0], b.span[1]),
        ends=(a.ends[0], b.ends[1]),
        flat=(a.flat[0], b.flat[1]),
    )


def find_holes(skin: Skin, rows: list[Drums]) -> list[Found[HoleFeature]]:
    """Return the holes among rows of drums; a post that ends within a hole is a part of it."""
    found: list[Found[HoleFeature]] = []
    for row in rows:
        post, core = _post(row, rows)
        made = _hole(row, core)
        if made is None:
            continue
        faces = belongings(skin, row)
        low, high = row[0].span[0] - NEAR, row[-1].span[1] + NEAR
        if post and low <= post[0].span[0] and post[-1].span[1] <= high:
            faces |= belongings(skin, post)
        found.append(Found(made, faces))
    return found


def _post(row: Drums, rows: list[Drums]) -> tuple[Drums, float]:
    """Return the convex drums that stand in the middle of a hole, and their diameter there."""
    narrowest = min(drum.radius for drum in row)
    low, high = row[0].span[0] + NEAR, row[-1].span[1] - NEAR
    for other in rows:
        if other[0].axis != row[0].axis or other[0].concave:
            continue
        inside = [d.radius for d in other if d.span[0] < high and d.span[1] > low]
        inside = [radius for radius in inside if radius < narrowest]
        if inside:
            return other, 2 * max(inside)
    return (), 0.0


def _hole(drums: Drums, core: float) -> HoleFeature | None:
    """Return the hole that concave drums in a row are, or None for a void that is closed."""
    ends = (drums[0].ends[0], drums[-1].ends[1])
    if not drums[0].concave or Turn.CONVEX not in ends:
        return None
    turned = ends[0] is not Turn.CONVEX
    if ends == (Turn.CONVEX, Turn.CONVEX):
        turned = drums[-1].radius > drums[0].radius + NEAR
    position, direction = _entry(drums, turned=turned)
    flat = all(
        is_flat
        for turn, is_flat in ((ends[0], drums[0].flat[0]), (ends[1], drums[-1].flat[1]))
        if turn is Turn.CONVEX
    )
    through = None if Turn.UNKNOWN in ends else ends[0] is ends[1]
    steps = tuple(drum.step for drum in (drums[::-1] if turned else drums))
    return HoleFeature(steps, through, flat, position, direction, core)


def _entry(drums: Drums, *, turned: bool) -> Line:
    """Return the middle of the first end and the way inwards, or those of the other end."""
    origin, direction = drums[0].axis
    at = drums[-1].span[1] if turned else drums[0].span[0]
    x, y, z = (o + at * d for o, d in zip(origin, direction, strict=True))
    a, b, c = direction
    return ((x, y, z), (-a, -b, -c) if turned else direction)


def find_round_bosses(skin: Skin, rows: list[Drums]) -> list[Found[Boss]]:
    """Return the round bosses among rows of drums."""
    return [Found(made, belongings(skin, row)) for row in rows if (made := _boss(row))]


def _boss(drums: Drums) -> Boss | None:
    """Return the round boss that convex drums in a row are: one end on a face, the other free."""
    ends = (drums[0].ends[0], drums[-1].ends[1])
    if drums[0].concave or set(ends) != {Turn.CONCAVE, Turn.CONVEX}:
        return None
    turned = ends[1] is Turn.CONCAVE
    position, direction = _entry(drums, turned=turned)
    steps = tuple(drum.step for drum in drums)
    widest = max(step.diameter for step in steps)
    outline = circle(widest, position, direction)
    rooted = drums[-1].flat[1] if turned else drums[0].flat[0]
    height = sum(step.length for step in steps) if rooted else None
    return Boss(outline, height, steps[::-1] if turned else steps)


def belongings(skin: Skin, drums: Drums) -> frozenset[int]:
    """Return the faces of drums in a row, with the floors and shoulders between and at them."""
    faces = {face for drum in drums for face in drum.faces}
    beyond = {
        across
        for face in faces
        for wire in skin.faces[face].wires
        for index, _ in wire
        for across in skin.owners[index]
        if across not in faces and skin.faces[across].surface is Surface.PLANE
    }
    for plane in beyond:
        outer = skin.faces[plane].wires[0]
        if all(faces & set(skin.owners[index]) for index, _ in outer):
            faces.add(plane)
    return frozenset(faces)
