"""Where features go on a face, and how they are cut into it or added to it."""

from __future__ import annotations

import math

from cadcomplete.data.synthetic.outlines import Outline, Region, moved, on_circle
from cadcomplete.data.synthetic.part import Box, WorkFace, Workpiece
from cadcomplete.history.geometry import Vec2
from cadcomplete.history.operations import Boolean

# How equal things are arranged; from the profiles of later extrudes of the Fusion 360 designs.
ARRANGEMENTS: dict[str, float] = {
    "middle": 0.52,
    "somewhere": 0.18,
    "pair": 0.11,
    "corners": 0.07,
    "circle": 0.05,
    "row": 0.04,
    "grid": 0.02,
}

_NEW_BODY_SHARE = 0.15  # of the later extrudes that add, 0.065 against 0.498 that join


# --- where --------------------------------------------------------------------------------------


def box_around(x: float, y: float, a: float, b: float) -> Box:
    return (x - a, y - b, x + a, y + b)


def spots(part: Workpiece, face: WorkFace, a: float, b: float, arrangement: str = "") -> list[Vec2]:
    """Return where things of these half sizes go on a face; none if there is no room."""
    margin = 0.06 * min(face.a, face.b)
    arrangement = arrangement or part.dice.weighted(ARRANGEMENTS)
    a, b = a + margin, b + margin
    if a >= face.a or b >= face.b:
        return []
    places = _arranged(part, face, a, b, arrangement)
    boxes = [box_around(x, y, a, b) for x, y in places]
    if not all(map(face.free, boxes)) or _overlap(places, a, b):
        return []
    return places


def _overlap(places: list[Vec2], a: float, b: float) -> bool:
    return any(
        abs(x - r) < 2 * a and abs(y - t) < 2 * b
        for i, (x, y) in enumerate(places)
        for r, t in places[:i]
    )


def _arranged(part: Workpiece, face: WorkFace, a: float, b: float, arrangement: str) -> list[Vec2]:
    dice = part.dice
    if arrangement == "middle":
        return [(0.0, 0.0)]
    if arrangement == "circle":
        return _around(part, min(face.a, face.b), math.hypot(a, b))
    room = 0.7 if face.round else 1.0
    x, y = room * face.a - a, room * face.b - b
    if x <= 0 or y <= 0:
        return []
    if arrangement == "somewhere":
        flat = dice.chance(0.6)
        u, v = part.share(x, 0.1, 1.0), 0.0 if flat else part.share(y, 0.1, 1.0)
        return [(u * dice.one((1, -1)), v * dice.one((1, -1)))]
    u, v = part.share(x, 0.55, 1.0), part.share(y, 0.55, 1.0)
    if arrangement == "pair":
        return [(-u, 0.0), (u, 0.0)] if face.a >= face.b else [(0.0, -v), (0.0, v)]
    if arrangement == "corners":
        return [(-u, -v), (u, -v), (-u, v), (u, v)]
    columns = min(dice.integer(3, 6), int(u / a) + 1)
    rows = 1 if arrangement == "row" else min(dice.integer(2, 4), int(v / b) + 1)
    if columns * rows < 3:
        return []
    across = [2 * u * i / (columns - 1) - u for i in range(columns)] if columns > 1 else [0.0]
    up = [2 * v * i / (rows - 1) - v for i in range(rows)] if rows > 1 else [0.0]
    return [(i, j) for j in up for i in across]


def _around(part: Workpiece, radius: float, reach: float) -> list[Vec2]:
    """Return evenly spaced places on a circle that things of this radius fit on."""
    most, least = radius - reach, reach * 1.2
    if most <= least:
        return []
    middle = part.share(most, max(0.7, least / most), 1.0)
    count = part.dice.one((3, 4, 4, 4, 5, 6, 6, 6, 8, 8, 12))
    count = min(count, int(math.pi * middle / (reach * 1.1)))
    return on_circle(count, middle, first=part.dice.one((0.0, 0.0, 90.0, 45.0, 30.0)))


def placed(outline: Outline, places: list[Vec2]) -> list[Outline]:
    return [moved(outline, x, y) for x, y in places]


def grown(places: list[Vec2], a: float, b: float) -> list[Box]:
    return [box_around(x, y, 1.06 * a, 1.06 * b) for x, y in places]


# --- cutting and adding -------------------------------------------------------------------------


def cut(part: Workpiece, face: WorkFace, regions: list[Region], boxes: list[Box]) -> float:
    """Cut regions into a face, through or not; return how deep it goes, 0 for through."""
    dice, depth = part.dice, face.depth + face.below
    if face.inside:
        whole = (face.span[0], face.span[1]) if dice.chance(0.65) else (0.0, face.span[1])
        part.add(face.frame, regions, whole, Boolean.CUT)
        face.take(boxes)
        return 0.0
    if dice.chance(0.45):
        most = 0.8 if face.twin is None or not face.twin.taken else 0.45
        deep = part.share(face.depth, 0.15, most)
        part.add(face.frame, regions, (-deep, 0.0), Boolean.CUT)
        face.take(boxes, through=deep > 0.45 * depth)
        return deep
    way = dice.random() if face.twin is not None else 0.0
    if way < 0.7:
        beyond = part.length(depth * 1.4) if dice.chance(0.2) else depth
        part.add(face.frame, regions, (-max(beyond, depth), 0.0), Boolean.CUT)
    elif way < 0.8:  # from the other side, and seen from there
        under = face.frame.at(0.0, 0.0, -depth)
        part.add(under, regions, (0.0, depth), Boolean.CUT, behind=True)
    else:  # from the plane of the first sketch, upwards
        part.add(face.frame.at(0.0, 0.0, -depth), regions, (0.0, depth), Boolean.CUT)
    face.take(boxes, through=True)
    return 0.0


def add(
    part: Workpiece, face: WorkFace, regions: list[Region], boxes: list[Box], height: float
) -> None:
    """Add regions to a face, `height` high."""
    dice = part.dice
    boolean = Boolean.NEW_BODY if dice.chance(_NEW_BODY_SHARE) else Boolean.JOIN
    face.take(boxes)
    if face.inside:
        low = 0.0 if dice.chance(0.6) else -face.span[1] - height
        part.add(face.frame, regions, (low, face.span[1] + height), boolean)
        return
    way = dice.random()
    if way < 0.2 and face.twin is not None:
        low = face.frame.at(0.0, 0.0, -face.depth)
        part.add(low, regions, (0.0, face.depth + height), boolean)
        return
    if 0.2 <= way < 0.23 and boolean is Boolean.JOIN:
        into = part.share(face.depth, 0.2, 0.6)
        part.add(face.frame, regions, (-into, height), boolean)
        return
    part.add(face.frame, regions, (0.0, height), boolean, behind=way > 0.84)


def height_of(part: Workpiece, size: float) -> float:
    """Return how high something of a size stands out."""
    return part.length(size * min(max(part.dice.spread(0.75, 0.9), 0.1), 6.0))


def enter_top(
    part: Workpiece,
    face: WorkFace,
    places: list[Vec2],
    size: tuple[float, float, float],
    *,
    is_round: bool,
) -> None:
    """Enter the top of the last of the things that were added to a face."""
    a, b, height = size
    (x, y), rise = places[-1], height + (face.span[1] if face.inside else 0.0)
    top = WorkFace(face.frame.at(x, y, rise), a, b, (-height, 0.0), is_round, True, weight=1.2)
    if not face.inside:
        top.below, top.twin = face.depth + face.below, face.twin
    part.faces.append(top)
