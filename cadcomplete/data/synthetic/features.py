"""Features that go on a face of what is there: holes, pockets, bosses, ribs, notches …

A feature is a function of the part and a face: it adds extrudes and returns True, or finds no
room and returns False without having changed anything. Enter a new one in `FEATURES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from cadcomplete.data.synthetic.outlines import (
    Disc,
    Outline,
    Region,
    band,
    mirrored,
    moved,
    polygon,
    rectangle,
    regular,
    rounded,
    segment,
    slot,
    turned,
)
from cadcomplete.data.synthetic.part import Box, WorkFace, Workpiece
from cadcomplete.data.synthetic.places import (
    ARRANGEMENTS,
    add,
    box_around,
    cut,
    enter_top,
    grown,
    height_of,
    placed,
    spots,
)
from cadcomplete.history.operations import Boolean

Feature = Callable[[Workpiece, WorkFace], bool]

# --- features that cut --------------------------------------------------------------------------


def hole(part: Workpiece, face: WorkFace) -> bool:
    """A round hole, or several equal ones."""
    arrangement = part.dice.weighted(ARRANGEMENTS)
    most = 0.85 if arrangement == "middle" else 0.45 if arrangement == "somewhere" else 0.3
    about = 2 * min(face.a, face.b) * part.dice.between(0.18, most)
    diameter = part.ruler.hole(about)
    places = spots(part, face, diameter / 2, diameter / 2, arrangement)
    if not places:
        return False
    regions = [Region(disc) for disc in placed(Disc(0.0, 0.0, diameter / 2), places)]
    cut(part, face, regions, grown(places, diameter / 2, diameter / 2))
    return True


def counterbore(part: Workpiece, face: WorkFace) -> bool:
    """Holes with a wider mouth: one sketch of two circles each, or two sketches."""
    if part.left < 2 or face.inside:
        return False
    diameter = part.ruler.hole(min(face.a, face.b) * part.dice.between(0.1, 0.6))
    wide = part.share(diameter, 1.5, 2.2)
    places = spots(part, face, wide / 2, wide / 2)
    if not places:
        return False
    narrow = placed(Disc(0.0, 0.0, diameter / 2), places)
    mouths = placed(Disc(0.0, 0.0, wide / 2), places)
    deep = part.share(face.depth, 0.2, 0.6)
    part.add(face.frame, [Region(d) for d in mouths], (-deep, 0.0), Boolean.CUT)
    level = face.frame.at(0.0, 0.0, -deep)
    part.add(level, [Region(d) for d in narrow], (deep - face.depth - face.below, 0.0), Boolean.CUT)
    face.take(grown(places, wide / 2, wide / 2), through=True)
    return True


def _recess(part: Workpiece, width: float, height: float) -> Outline:
    """Return the outline of a pocket."""
    corner = part.share(min(width, height), 0.08, 0.3)
    kind = part.dice.random()
    if kind < 0.68:
        return rectangle(width, height)
    if kind < 0.88:
        return rounded(rectangle(width, height), (corner,))
    if kind < 0.94:
        sides = part.dice.one((3, 5, 6, 6, 6, 8))
        return regular(sides, min(width, height), first=part.dice.one((0.0, 30.0, 90.0)))
    if kind < 0.97:
        return segment(width / 2, min(0.9 * width, height / 2))
    return Disc(0.0, 0.0, min(width, height) / 2)


def pocket(part: Workpiece, face: WorkFace) -> bool:
    """A pocket or an opening; what is deep enough gets a floor to work on."""
    arrangement = part.dice.weighted({"middle": 0.65, "somewhere": 0.2, "pair": 0.15})
    most = 0.85 if arrangement == "middle" else 0.35
    width, height = part.share(2 * face.a, 0.15, most), part.share(2 * face.b, 0.2, most)
    places = spots(part, face, width / 2, height / 2, arrangement)
    if not places:
        return False
    outlines = placed(_recess(part, width, height), places)
    deep = cut(part, face, [Region(o) for o in outlines], grown(places, width / 2, height / 2))
    if deep and len(places) == 1:
        (x, y), thick = places[0], face.depth - deep
        floor = WorkFace(
            face.frame.at(x, y, -deep), 0.4 * width, 0.4 * height, (-thick, 0.0), weight=0.7
        )
        floor.below, floor.twin = face.below, face.twin
        part.faces.append(floor)
    return True


def slots(part: Workpiece, face: WorkFace) -> bool:
    """Slots with round ends, along the face or across it."""
    length = part.share(2 * max(face.a, face.b), 0.2, 0.7)
    width = part.share(min(length, 2 * min(face.a, face.b)), 0.12, 0.5)
    if width >= 0.95 * length:
        return False
    lying = (face.a >= face.b) != part.dice.chance(0.2)
    a, b = (length / 2, width / 2) if lying else (width / 2, length / 2)
    places = spots(part, face, a, b)
    if not places:
        return False
    one = slot(length, width) if lying else turned(slot(length, width), 90.0)
    cut(part, face, [Region(o) for o in placed(one, places)], grown(places, a, b))
    return True


def groove(part: Workpiece, face: WorkFace) -> bool:
    """A ring cut into a face."""
    outer = part.share(min(face.a, face.b), 0.5, 0.9)
    inner = part.share(outer, 0.55, 0.92)
    if face.inside or not spots(part, face, outer, outer, "middle"):
        return False
    ring = Region(Disc(0.0, 0.0, outer), (Disc(0.0, 0.0, inner),))
    deep = part.share(face.depth, 0.1, 0.5)
    part.add(face.frame, [ring], (-deep, 0.0), Boolean.CUT)
    face.take([box_around(0.0, 0.0, outer, outer)])
    return True


def shoulder(part: Workpiece, face: WorkFace) -> bool:
    """Turn down the end of something round."""
    if not face.round or not face.whole or face.taken:
        return False
    radius = part.share(face.a, 0.4, 0.9)
    deep = part.share(face.depth, 0.1, 0.6)
    ring = Region(Disc(0.0, 0.0, face.a), (Disc(0.0, 0.0, radius),))
    part.add(face.frame, [ring], (-deep, 0.0), Boolean.CUT)
    face.a = face.b = radius
    return True


def flat(part: Workpiece, face: WorkFace) -> bool:
    """Flats at the end of something round: one, or two opposite ones."""
    if not face.round or not face.whole or face.taken:
        return False
    height = part.share(face.a, 0.12, 0.5)
    one = segment(face.a, height)
    if part.dice.chance(0.3):
        one = turned(one, 90.0)
    both = [one, turned(one, 180.0)] if part.dice.chance(0.5) else [one]
    deep = part.share(face.depth, 0.15, 0.7)
    part.add(face.frame, [Region(o) for o in both], (-deep, 0.0), Boolean.CUT)
    face.a = face.b = face.a - height
    return True


def notch(part: Workpiece, face: WorkFace) -> bool:
    """Cut a piece out of an edge; often the same on the other side."""
    if face.round or not face.whole:
        return False
    dice = part.dice
    lying = dice.chance(0.5)
    along, across = (face.a, face.b) if lying else (face.b, face.a)
    width = part.share(2 * along, 0.12, 0.6) if dice.chance(0.75) else 2 * along
    inward = part.share(across, 0.15, 0.7)
    y = inward / 2 - across
    one = rectangle(width, inward, 0.0, y)
    if width < 0.9 * along and dice.chance(0.3):
        one = moved(one, dice.one((-1, 1)) * (along - width / 2), 0.0)
    outlines = [one, turned(one, 180.0)] if dice.chance(0.4) else [one]
    if not lying:
        outlines = [turned(o, 90.0) for o in outlines]
    boxes = [_extremes(o) for o in outlines]
    if not all(map(face.free, boxes)):
        return False
    cut(part, face, [Region(o) for o in outlines], boxes)
    part.faces = [f for f in part.faces if f is face or not f.side]
    return True


def corners(part: Workpiece, face: WorkFace) -> bool:
    """Take off the corners of a face: chamfers, roundings or steps."""
    if face.round or not face.whole or face.taken:
        return False
    leg = part.share(min(face.a, face.b), 0.15, 0.6)
    x, y, kind = face.a, face.b, part.dice.random()
    if kind < 0.45:
        one = polygon([(x - leg, y), (x, y - leg), (x, y)])
    elif kind < 0.8:
        one = [(x, y - leg, 0.0), (x, y, 0.0), (x - leg, y, -90.0)]
    else:
        one = rectangle(leg, leg, x - leg / 2, y - leg / 2)
    opposite, beside = turned(one, 180.0), mirrored(one)
    all_four = [one, opposite, beside, turned(beside, 180.0)]
    chosen = all_four[: part.dice.one((1, 2, 4, 4))]
    boxes = [_extremes(o) for o in chosen]
    cut(part, face, [Region(o) for o in chosen], boxes)
    part.faces = [f for f in part.faces if f is face or not f.side]
    return True


def _extremes(outline: Outline) -> Box:
    assert isinstance(outline, list)
    xs, ys = [v[0] for v in outline], [v[1] for v in outline]
    return (min(xs), min(ys), max(xs), max(ys))


# --- features that add --------------------------------------------------------------------------


def boss(part: Workpiece, face: WorkFace) -> bool:
    """A round boss or pin, or several."""
    arrangement = part.dice.weighted(ARRANGEMENTS)
    most = 0.9 if arrangement == "middle" else 0.3
    radius = part.share(min(face.a, face.b), 0.15, most)
    places = spots(part, face, radius, radius, arrangement)
    if not places:
        return False
    height = height_of(part, 2 * radius)
    regions = [Region(disc) for disc in placed(Disc(0.0, 0.0, radius), places)]
    add(part, face, regions, grown(places, radius, radius), height)
    enter_top(part, face, places, (radius, radius, height), is_round=True)
    return True


def tube(part: Workpiece, face: WorkFace) -> bool:
    """A ring on a face; sometimes its hole is then cut through the rest."""
    arrangement = part.dice.weighted({"middle": 0.8, "corners": 0.08, "somewhere": 0.12})
    radius = part.share(min(face.a, face.b), 0.2, 0.9 if arrangement == "middle" else 0.4)
    bore = part.share(radius, 0.35, 0.9)
    places = spots(part, face, radius, radius, arrangement)
    if not places or face.inside:
        return False
    outer = placed(Disc(0.0, 0.0, radius), places)
    inner = placed(Disc(0.0, 0.0, bore), places)
    rings = [Region(o, (i,)) for o, i in zip(outer, inner, strict=True)]
    height = height_of(part, 2 * radius)
    if part.left >= 2 and part.dice.chance(0.25):
        drawn = part.sketch(face.frame, [*rings, *(Region(i) for i in inner)])
        count = len(rings)
        part.extrude(drawn, (0.0, height), Boolean.JOIN, only=range(count))
        part.extrude(
            drawn, (-face.depth - face.below, 0.0), Boolean.CUT, only=range(count, 2 * count)
        )
        face.take(grown(places, radius, radius), through=True)
        return True
    add(part, face, rings, grown(places, radius, radius), height)
    return True


def block(part: Workpiece, face: WorkFace) -> bool:
    """Something rectangular on a face, or a pair of it."""
    arrangement = part.dice.weighted({"middle": 0.55, "somewhere": 0.25, "pair": 0.2})
    most = 0.65 if face.round else 0.9
    long = 0.3 if arrangement != "middle" else most
    across, up = (long, most) if face.a >= face.b else (most, long)
    width, height = part.share(2 * face.a, 0.1, across), part.share(2 * face.b, 0.1, up)
    places = spots(part, face, width / 2, height / 2, arrangement)
    if not places:
        return False
    corner = part.share(min(width, height), 0.1, 0.4)
    outline: Outline = rectangle(width, height)
    if part.dice.chance(0.15):
        outline = rounded(outline, (corner,))
    elif part.dice.chance(0.1):
        outline = regular(part.dice.one((3, 5, 6, 6, 8)), min(width, height))
    elif part.dice.chance(0.08):
        outline = segment(width / 2, min(0.9 * width, height / 2))
    high = height_of(part, min(width, height))
    regions = [Region(o) for o in placed(outline, places)]
    add(part, face, regions, grown(places, width / 2, height / 2), high)
    enter_top(part, face, places, (width / 2, height / 2, high), is_round=False)
    return True


def wall(part: Workpiece, face: WorkFace) -> bool:
    """A wall or rib along a face: at its edge, or in its middle, or at both edges."""
    if face.round or face.inside:
        return False
    dice = part.dice
    lying = dice.chance(0.5)
    along, across = (face.a, face.b) if lying else (face.b, face.a)
    thick = part.share(2 * across, 0.05, 0.2)
    y = dice.one((0.0, thick / 2 - across, across - thick / 2))
    one: Outline = rectangle(2 * along, thick, 0.0, y)
    outlines = [one, turned(one, 180.0)] if y and dice.chance(0.35) else [one]
    if not lying:
        outlines = [turned(o, 90.0) for o in outlines]
    boxes = [_extremes(o) for o in outlines]
    if not all(map(face.free, boxes)):
        return False
    high = part.length(along * dice.between(0.15, 1.2))
    add(part, face, [Region(o) for o in outlines], boxes, high)
    part.faces = [f for f in part.faces if f is face or not f.side]
    return True


def hub(part: Workpiece, face: WorkFace) -> bool:
    """Continue something round, thinner or as thick as it is."""
    if not face.round or face.inside or face.taken:
        return False
    radius = face.a if part.dice.chance(0.1) else part.share(face.a, 0.3, 0.95)
    height = part.length(radius * min(max(part.dice.spread(1.2, 0.9), 0.1), 10.0))
    taken = [box_around(0.0, 0.0, radius, radius)]
    add(part, face, [Region(Disc(0.0, 0.0, radius))], taken, height)
    enter_top(part, face, [(0.0, 0.0)], (radius, radius, height), is_round=True)
    return True


def blades(part: Workpiece, face: WorkFace) -> bool:
    """Pieces of a ring around the middle."""
    outer = part.share(min(face.a, face.b), 0.6, 0.95)
    inner = part.share(outer, 0.4, 0.85)
    if face.inside or not face.free(box_around(0.0, 0.0, 0.7 * outer, 0.7 * outer)):
        return False
    count = part.dice.one((2, 3, 3, 4, 4, 6))
    degrees = part.dice.one((20.0, 30.0, 40.0, 45.0)) if count > 2 else 90.0
    regions = [Region(band(inner, outer, degrees, first=360.0 * i / count)) for i in range(count)]
    boxes = [box_around(0.0, 0.0, outer, outer)]
    if part.dice.chance(0.5):
        cut(part, face, regions, boxes)
    else:
        add(part, face, regions, boxes, height_of(part, outer - inner))
    return True


def trim(part: Workpiece, face: WorkFace) -> bool:
    """Keep only what lies within an outline."""
    if face.round or not face.whole or face.taken or part.extrudes > 1:
        return False
    short, long = sorted((face.a, face.b))
    outline = Disc(0.0, 0.0, round(0.5 * (long + math.hypot(short, long)), 1))
    if not long < outline.radius < math.hypot(short, long):
        return False
    part.add(face.frame, [Region(outline)], (-face.depth, 0.0), Boolean.INTERSECT)
    face.a, face.b = 0.7 * face.a, 0.7 * face.b
    part.faces = [face]
    return True


FEATURES: dict[Feature, float] = {
    hole: 0.21,
    boss: 0.12,
    hub: 0.12,
    block: 0.13,
    pocket: 0.10,
    tube: 0.05,
    slots: 0.03,
    notch: 0.07,
    wall: 0.05,
    shoulder: 0.025,
    flat: 0.03,
    groove: 0.015,
    corners: 0.04,
    counterbore: 0.03,
    blades: 0.008,
    trim: 0.015,
}

_AGAIN = 0.35  # designers repeat themselves: the same feature on the same face


def fill(part: Workpiece) -> None:
    """Put features on a part until it has as many extrudes as it should, or no room is left."""
    dice, last = part.dice, None
    for _ in range(12 * max(part.left, 0)):
        if not part.left or not part.faces:
            return
        if last is not None and last[1] in part.faces and dice.chance(_AGAIN):
            feature, face = last
        else:
            feature, face = dice.weighted(FEATURES), _face(part)
        last = (feature, face) if feature(part, face) else None


def _face(part: Workpiece) -> WorkFace:
    """Choose a face: rather one on top than at a side, rather a new one, rather a free one."""
    left, faces = 0.0, part.faces
    weights = [f.weight / (1 + len(f.taken)) for f in faces]
    least = 0.04 * part.scale
    weights = [w if min(f.a, f.b) > least else 0.1 * w for w, f in zip(weights, faces, strict=True)]
    left = sum(weights) * part.dice.random()
    for face, weight in zip(faces, weights, strict=True):
        left -= weight
        if left < 0:
            return face
    return faces[-1]
