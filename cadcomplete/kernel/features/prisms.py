"""Walls at right angles to a face, and what they enclose: bases, pockets, bosses and grooves."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cadcomplete.history.geometry import Vec3, cross, dot
from cadcomplete.kernel.features.anatomy import PARALLEL, Base, Boss, Groove, Outline, Recess, Shape
from cadcomplete.kernel.features.faces import (
    Edge,
    Face,
    Found,
    Key,
    Skin,
    Surface,
    Turn,
    Wire,
    sub,
    surface_key,
)
from cadcomplete.kernel.features.outlines import (
    NEAR,
    STRAIGHT,
    Segment,
    near,
    outline,
    perpendicular,
    signed_area,
)


def wire_outline(skin: Skin, face: Face, wire: Wire) -> Outline | None:
    """Return the outline of a wire of a plane face, or None if it has other curves than ours."""
    normal = face.direction
    x_axis = perpendicular(normal)
    y_axis = cross(normal, x_axis)

    def flat(point: Vec3) -> tuple[float, float]:
        arm = sub(point, face.point)
        return (dot(arm, x_axis), dot(arm, y_axis))

    segments: list[Segment] = []
    for index, forward in wire:
        edge = skin.edges[index]
        start, end = (edge.start, edge.end) if forward else (edge.end, edge.start)
        if edge.straight:
            segments.append(Segment(flat(start), flat(end)))
        elif edge.center is not None and edge.axis is not None:
            sign = dot(edge.axis, normal) * (1.0 if forward else -1.0)
            sweep = math.copysign(edge.sweep, sign)
            segments.append(Segment(flat(start), flat(end), flat(edge.center), sweep))
        else:
            return None
    segments = [s for s in segments if s.length > NEAR / 10]
    if not segments:  # a speck that a boolean has left
        return None
    if signed_area(segments) < 0:
        segments = [s.reversed() for s in reversed(segments)]
    return outline(segments, face.point, x_axis, normal)


class Walls:
    """Answers about the faces that stand on a wire, for one skin."""

    def __init__(self, skin: Skin) -> None:
        self.skin = skin
        self._surfaces: dict[Key, list[int]] = {}
        self._keys: list[Key] = []
        for index, face in enumerate(skin.faces):
            key = surface_key(face) or (index,)
            self._keys.append(key)
            self._surfaces.setdefault(key, []).append(index)

    def surfaces(self, faces: list[int]) -> list[list[int]]:
        """Return for each plane or cylinder on which faces lie all faces on that side of it."""
        return [self._surfaces[key] for key in {self._keys[face]: None for face in faces}]

    def turns(self, wire: Wire) -> set[Turn]:
        return {self.skin.turns[index] for index, _ in wire}

    def around(self, face: int, wire: Wire) -> list[int] | None:
        """Return the faces across a wire if all are parallel to the normal of its face."""
        normal, found = self.skin.faces[face].direction, []
        for index, _ in wire:
            across = self.skin.across(index, face)
            if across is None or not _stands(self.skin.faces[across], normal):
                return None
            found.append(across)
        return found

    def reach(self, faces: list[int], normal: Vec3) -> tuple[float, float]:
        """Return the least and the greatest coordinate of faces along a direction."""
        heights = [dot(point, normal) for face in faces for point in self._points(face)]
        return (min(heights), max(heights))

    def _points(self, face: int) -> Iterator[Vec3]:
        for wire in self.skin.faces[face].wires:
            for index, _ in wire:
                edge = self.skin.edges[index]
                yield from (edge.start, edge.mid, edge.end)

    def ends(self, faces: list[int], normal: Vec3, height: float) -> tuple[set[Turn], set[int]]:
        """Return how the edges at a height turn, and what faces lie across them."""
        turns: set[Turn] = set()
        beyond: set[int] = set()
        for face in faces:
            for wire in self.skin.faces[face].wires:
                for index, _ in wire:
                    edge = self.skin.edges[index]
                    if all(
                        abs(dot(p, normal) - height) <= NEAR
                        for p in (edge.start, edge.mid, edge.end)
                    ):
                        turns.add(self.skin.turns[index])
                        across = self.skin.across(index, face)
                        if across is not None:
                            beyond.add(across)
        return turns, beyond

    def common_end(self, walls: list[int], normal: Vec3, side: int) -> float | None:
        """Return how far all walls reach along (side 1) or against (side 0) a direction."""
        ends = [self.reach([wall], normal)[side] for wall in set(walls)]
        return ends[0] if all(near(end, ends[0]) for end in ends) else None


def _stands(face: Face, normal: Vec3) -> bool:
    along = abs(dot(face.direction, normal))
    if face.surface is Surface.PLANE:
        return along < STRAIGHT / 10
    return face.surface is Surface.CYLINDER and along > 1 - STRAIGHT**2 / 200


def find_recesses(walls: Walls) -> list[Found[Recess]]:
    """Return what goes into a plane face and is not a round hole, and floors within walls."""
    found: dict[frozenset[int], Found[Recess]] = {}
    skin = walls.skin
    for index, face in enumerate(skin.faces):
        if face.surface is not Surface.PLANE:
            continue
        for wire in face.wires[1:]:
            if walls.turns(wire) == {Turn.CONVEX}:
                _add(found, _sunk(walls, index, wire))
    for index, face in enumerate(skin.faces):
        if face.surface is not Surface.PLANE:
            continue
        if face.wires and walls.turns(face.wires[0]) == {Turn.CONCAVE}:
            _add(found, _floor(walls, index))
    return list(found.values())


def _add(
    found: dict[frozenset[int], Found[Recess]], new: tuple[frozenset[int], Found[Recess]] | None
) -> None:
    if new is not None:
        found.setdefault(*new)


def _sunk(walls: Walls, index: int, wire: Wire) -> tuple[frozenset[int], Found[Recess]] | None:
    """What a wire inside of a face is the entry to."""
    face = walls.skin.faces[index]
    around = walls.around(index, wire)
    shape = wire_outline(walls.skin, face, wire) if around else None
    if around is None or shape is None or shape.shape is Shape.CIRCLE:
        return None
    level = dot(face.point, face.direction)
    low = walls.common_end(around, face.direction, 0)
    if low is None:
        return None
    turns, beyond = walls.ends(around, face.direction, low)
    if turns not in ({Turn.CONVEX}, {Turn.CONCAVE}):
        return None
    through = turns == {Turn.CONVEX}
    faces = frozenset(around) | (frozenset() if through else frozenset(beyond))
    return frozenset(around), Found(Recess(shape, level - low, through), faces)


def _floor(walls: Walls, index: int) -> tuple[frozenset[int], Found[Recess]] | None:
    """What a face is the floor of, where its walls do not end in one plane."""
    face = walls.skin.faces[index]
    around = walls.around(index, face.wires[0])
    shape = wire_outline(walls.skin, face, face.wires[0]) if around else None
    if around is None or shape is None or shape.shape is Shape.CIRCLE:
        return None
    top = walls.common_end(around, face.direction, 1)
    depth = None if top is None else top - dot(face.point, face.direction)
    return frozenset(around), Found(Recess(shape, depth, False), frozenset([index, *around]))


def find_bosses(walls: Walls) -> list[Found[Boss]]:
    """Return what stands on a plane face and is not round."""
    found: list[Found[Boss]] = []
    skin = walls.skin
    for index, face in enumerate(skin.faces):
        if face.surface is not Surface.PLANE:
            continue
        for wire in face.wires[1:]:
            around = walls.around(index, wire) if walls.turns(wire) == {Turn.CONCAVE} else None
            shape = wire_outline(skin, face, wire) if around else None
            if around is None or shape is None or shape.shape is Shape.CIRCLE:
                continue
            top = walls.common_end(around, face.direction, 1)
            if top is None:
                continue
            turns, beyond = walls.ends(around, face.direction, top)
            if turns == {Turn.CONVEX}:
                height = top - dot(face.point, face.direction)
                found.append(Found(Boss(shape, height), frozenset(around) | beyond))
    return found


MOST_CAPS = 24
"""How many faces, the largest first, are tried as the end of the base."""


def find_base(walls: Walls, *, most: float) -> Found[Base] | None:
    """Return the largest prism that the part can have been, or None.

    It stands free: its walls go all the way from one end to the other, and both ends are
    convex edges, so nothing else touches it there. Its volume is at most `most`, in mm³.
    """
    skin = walls.skin
    caps = [
        (area_of(skin, face), index)
        for index, face in enumerate(skin.faces)
        if face.surface is Surface.PLANE and walls.turns(face.wires[0]) <= {Turn.CONVEX}
    ]
    best: Found[Base] | None = None
    for _, index in sorted(caps, reverse=True)[:MOST_CAPS]:
        found = _prism(walls, index)
        if found is None or found.what.volume > most:
            continue
        if best is None or _better(found.what, best.what):
            best = found
    return best


def _better(new: Base, old: Base) -> bool:
    """Say whether a prism is larger; of the three ways to see a block the flattest is best."""
    if not near(new.volume, old.volume):
        return new.volume > old.volume
    return new.height < old.height - NEAR


def _prism(walls: Walls, index: int) -> Found[Base] | None:
    face = walls.skin.faces[index]
    normal, level = face.direction, dot(face.point, face.direction)
    around = walls.around(index, face.wires[0])
    if not around:
        return None
    surfaces = walls.surfaces(around)
    reaches = [walls.reach(surface, normal) for surface in surfaces]
    low = reaches[0][0]
    if not all(near(a, low) and near(b, level) for a, b in reaches):
        return None
    members = sorted({member for surface in surfaces for member in surface})
    turns, _ = walls.ends(members, normal, low)
    shape = wire_outline(walls.skin, face, face.wires[0]) if turns == {Turn.CONVEX} else None
    if shape is None:
        return None
    caps = [
        i
        for i, other in enumerate(walls.skin.faces)
        if other.surface is Surface.PLANE
        and abs(dot(other.direction, normal)) > 1 - STRAIGHT**2
        and any(abs(dot(other.point, normal) - height) <= NEAR for height in (low, level))
    ]
    return Found(Base(shape, level - low), frozenset([*members, *caps]))


def area_of(skin: Skin, face: Face) -> float:
    """Return about how much the outer wire of a plane face encloses, in mm²."""
    total = (0.0, 0.0, 0.0)
    for index, forward in face.wires[0]:
        edge = skin.edges[index]
        points = [sub(p, face.point) for p in (edge.start, edge.mid, edge.end)]
        for a, b in ((points[0], points[1]), (points[1], points[2])):
            part = cross(a, b) if forward else cross(b, a)
            total = (total[0] + part[0], total[1] + part[1], total[2] + part[2])
        if edge.straight or edge.center is None:
            continue
        bulge = edge.radius**2 * (edge.sweep - 2 * math.sin(edge.sweep / 2))
        sign = bulge * dot(edge.axis or total, face.direction) * (1.0 if forward else -1.0)
        x, y, z = (t + sign * d for t, d in zip(total, face.direction, strict=True))
        total = (x, y, z)
    return dot(total, face.direction) / 2


def find_grooves(walls: Walls, claimed: frozenset[int]) -> list[Found[Groove]]:
    """Return the channels whose floor is a face that nothing has claimed."""
    found: list[Found[Groove]] = []
    skin = walls.skin
    for index, face in enumerate(skin.faces):
        if index in claimed or face.surface is not Surface.PLANE:
            continue
        inner = [i for i, _ in face.wires[0] if skin.turns[i] is Turn.CONCAVE]
        sides = [side for i in inner if (side := skin.across(i, index)) is not None]
        if len(inner) != 2 or len(sides) != 2:
            continue
        if walls.turns(face.wires[0]) == {Turn.CONCAVE, Turn.CONVEX}:
            groove = _groove(walls, index, [skin.edges[i] for i in inner], sides)
            if groove is not None:
                found.append(Found(groove, frozenset([index, *sides])))
    return found


def _groove(walls: Walls, floor: int, edges: list[Edge], sides: list[int]) -> Groove | None:
    """Return the channel between two walls that face each other, or None if they do not."""
    face, (one, two) = walls.skin.faces[floor], (walls.skin.faces[side] for side in sides)
    if not all(
        wall.surface is Surface.PLANE and _stands(wall, face.direction) for wall in (one, two)
    ):
        return None
    width = -dot(sub(edges[0].mid, edges[1].mid), one.direction)
    top = walls.common_end(sides, face.direction, 1)
    if dot(one.direction, two.direction) > -PARALLEL or width <= NEAR or top is None:
        return None
    length = max(math.dist(edge.start, edge.end) for edge in edges)
    return Groove(width, top - dot(face.point, face.direction), length)
