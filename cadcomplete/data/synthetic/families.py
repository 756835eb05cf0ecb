"""The families of parts: how each is begun, and how often it occurs.

To add a family: write a function that gives a part its first extrude (`part.start` with a blank)
and, if it wants, some more; enter it in `FAMILIES`. `fill` adds features afterwards, until the
part has as many extrudes as it should.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cadcomplete.data.synthetic import blanks
from cadcomplete.data.synthetic.outlines import (
    Disc,
    Outline,
    Region,
    moved,
    on_circle,
    polygon,
    rectangle,
    rounded,
    slot,
)
from cadcomplete.data.synthetic.part import AxisFrame, Blank, OutlineEdge, Pad, WorkFace, Workpiece
from cadcomplete.history.operations import Boolean


@dataclass(frozen=True, slots=True)
class Family:
    """How a kind of part is begun.

    Attributes:
        make: gives a part its first extrudes, not more than it wants.
        alone, several: how often it is taken for a part of one extrude, and of more.
        plain: whether its first extrude has so few numbers that round ones would soon repeat.
    """

    make: Callable[[Workpiece], None]
    alone: float
    several: float
    plain: bool = False


def _prism(
    blank: Callable[[Workpiece], Blank], *, median: float, sigma: float = 0.9
) -> Callable[[Workpiece], None]:
    """Return the family of what a blank is extruded to; its depth is `median` of its width."""

    def make(part: Workpiece) -> None:
        chosen = blank(part)
        part.start(chosen, part.depth(2 * max(chosen.a, chosen.b), median=median, sigma=sigma))

    return make


def bracket(part: Workpiece) -> None:
    """A plate with a wall along an edge, and sometimes a rib in the corner."""
    width = part.size(median=70)
    deep, high = part.share(width, 0.4, 1.0), part.share(width, 0.4, 1.1)
    a, b = width / 2, deep / 2
    thick = part.share(deep, 0.08, 0.25)
    pad = Pad(0.0, thick / 2, a, b - thick / 2)
    outline = rectangle(width, deep)
    part.start(Blank((Region(outline),), a, b, (pad,)), part.depth(width, median=0.1, sigma=0.3))
    wall = part.top.at(0.0, thick / 2 - b)
    part.add(wall, [Region(rectangle(width, thick))], (0.0, high), Boolean.JOIN)
    front = wall.at(0.0, thick / 2)
    up, across = front.normal, front.x
    face = AxisFrame(front.point(0.0, 0.0, high / 2), up, across)
    part.faces.append(WorkFace(face, high / 2, a, (-thick, 0.0)))
    if part.left and part.dice.chance(0.35):
        leg, rib = part.share(min(high, deep - thick), 0.4, 0.85), part.share(width, 0.05, 0.15)
        side = AxisFrame(front.origin, front.y, up)
        triangle = polygon([(0.0, 0.0), (leg, 0.0), (0.0, leg)])
        part.add(side, [Region(triangle)], (-rib / 2, rib / 2), Boolean.JOIN)
        for taken in part.faces:
            taken.take([(-rib, -taken.b, rib, taken.b), (-taken.a, -rib, taken.a, rib)])


def flange(part: Workpiece) -> None:
    """A disc with holes on a circle, a hub and a bore."""
    dice, size = part.dice, part.size(median=90, sigma=0.9)
    radius = size / 2
    bore = part.share(radius, 0.15, 0.45)
    hub = part.share(radius, max(0.3, 1.15 * bore / radius), 0.62)
    room = radius - hub
    hole = min(part.ruler.hole(room * dice.between(0.2, 0.5)), 0.7 * room) / 2
    count = dice.one((3, 4, 4, 4, 6, 6, 8))
    holes = [Disc(x, y, hole) for x, y in on_circle(count, (radius + hub) / 2)]
    outline, middle = Disc(0.0, 0.0, radius), Disc(0.0, 0.0, bore)
    at_once = part.left == 1 or dice.chance(0.4)
    inner = (middle, *holes) if at_once else ()
    blank = Blank((Region(outline, inner),), radius, radius)
    depth = part.depth(size, median=0.12, sigma=0.4)
    part.start(blank, depth)
    if not part.left:
        return
    high = part.share(size, 0.08, 0.5)
    pipe = Region(Disc(0.0, 0.0, hub), (middle,) if at_once else ())
    part.add(part.top, [pipe], (0.0, high), Boolean.JOIN)
    upper = part.top.at(0.0, 0.0, high)
    part.faces.append(WorkFace(upper, hub, hub, (-high, 0.0), True, not at_once, below=depth))
    if at_once:
        part.faces[-1].take([(-bore, -bore, bore, bore)])
    elif part.left:
        part.add(part.top, [Region(h) for h in holes], (-depth, 0.0), Boolean.CUT)


def shaft(part: Workpiece) -> None:
    """Discs on one axis, up to the thickest and down again; a key may be cut into it."""
    dice, radius = part.dice, part.size(median=25, sigma=1.0) / 2
    pad = Pad(0.0, 0.0, radius, radius, round=True, whole=True)
    blank = Blank((Region(Disc(0.0, 0.0, radius)),), radius, radius, (pad,), axle=radius)
    part.start(blank, part.depth(2 * radius, median=1.0, sigma=0.8))
    steps = max(part.left - (1 if dice.chance(0.4) else 0), min(part.left, 1))
    rising = dice.integer(0, min(steps, 2))
    top, length = part.top, 0.0
    for step in range(min(steps, 9)):
        radius = part.share(radius, 1.1, 1.7) if step < rising else part.share(radius, 0.5, 0.93)
        length = part.length(radius * min(max(dice.spread(1.6, 0.8), 0.15), 12.0))
        part.add(top, [Region(Disc(0.0, 0.0, radius))], (0.0, length), Boolean.JOIN)
        top = top.at(0.0, 0.0, length)
    whole = WorkFace(top, radius, radius, (-length, 0.0), True, True) if steps else part.faces[-1]
    part.faces = [whole, *part.faces[:1]]


def housing(part: Workpiece) -> None:
    """A box that is open on top, with posts in its corners and holes in them."""
    dice, width = part.dice, part.size(median=95, sigma=1.0)
    deep = part.share(width, 0.45, 1.0)
    wall = part.share(deep, 0.03, 0.12)
    a, b = width / 2, deep / 2
    corner = wall * dice.one((0.0, 0.0, 2.0, 3.0))
    edges = blanks.bars(a, b, inset=max(corner, wall))
    edges = tuple(OutlineEdge(edge.start, edge.end, wall) for edge in edges)
    outline = rounded(rectangle(width, deep), (corner,))
    high = part.depth(width, median=0.4, sigma=0.4)
    part.start(Blank((Region(outline),), a, b, (), edges), high)
    cavity = rounded(rectangle(width - 2 * wall, deep - 2 * wall), (corner and corner - wall,))
    floor = part.share(high, 0.05, 0.25)
    part.add(part.top, [Region(cavity)], (floor - high, 0.0), Boolean.CUT)
    bottom = part.top.at(0.0, 0.0, floor - high)
    part.faces.append(WorkFace(bottom, a - wall, b - wall, (-floor, 0.0), weight=0.6))
    if not part.left or dice.chance(0.4):
        return
    post = part.share(wall, 1.0, 2.0)
    x, y = a - wall - post, b - wall - post
    if min(x, y) < 1.5 * post:
        return
    places = [(-x, -y), (x, -y), (-x, y), (x, y)]
    rise = part.share(high - floor, 0.3, 0.95)
    posts = [Region(Disc(u, v, post)) for u, v in places]
    part.add(bottom, posts, (0.0, rise), Boolean.JOIN)
    part.faces[-1].take([(u - post, v - post, u + post, v + post) for u, v in places])
    if part.left:
        drill = part.share(post, 0.35, 0.65)
        holes = [Region(Disc(u, v, drill)) for u, v in places]
        top = bottom.at(0.0, 0.0, rise)
        part.add(top, holes, (-part.share(rise, 0.4, 1.0), 0.0), Boolean.CUT)


def layers(part: Workpiece) -> None:
    """One sketch whose regions are extruded to different heights."""
    dice, size = part.dice, part.size(median=45)
    count = min(part.left, dice.one((2, 2, 2, 3, 3, 4)))
    outlines, shrink = _nest(part, size, count)
    regions = [
        Region(outline, tuple(outlines[i + 1 : i + 2])) for i, outline in enumerate(outlines)
    ]
    half = size / 2
    depth = part.depth(size, median=0.25)
    drawn = part.start(Blank(tuple(regions), half, half * shrink), depth, only=1)
    heights = [depth]
    low, high = (end / depth for end in part.span)
    for i in range(1, count):
        height = part.length(depth * dice.between(0.3, 3.0))
        while any(abs(height - h) < 0.04 * depth for h in heights):
            height = round(height + 0.2 * depth, 3)
        heights.append(height)
        part.extrude(drawn, (low * height, high * height), Boolean.JOIN, only=[i])


def _nest(part: Workpiece, size: float, count: int) -> tuple[list[Outline], float]:
    """Return outlines one in the other and how much less high than wide they are."""
    shrink = part.dice.one((1.0, 1.0, 0.75, 0.6))
    outlines: list[Outline] = []
    is_round = shrink == 1.0 and part.dice.chance(0.7)
    for _ in range(count):
        if is_round:
            outlines.append(Disc(0.0, 0.0, size / 2))
        else:
            outlines.append(rectangle(size, size * shrink))
        size = part.share(size, 0.45, 0.85)
    return outlines, shrink


def clevis(part: Workpiece) -> None:
    """A fork with a pin hole: a round end, a gap cut out of its middle, a hole across."""
    dice, width = part.dice, part.size(median=35)
    half, high = width / 2, part.share(width, 0.6, 1.6)
    outline = blanks.tombstone(width, high + half)
    middle = (high + half) / 2 - half
    hole = part.share(half, 0.25, 0.6)
    depth = part.depth(width, median=0.9, sigma=0.3)
    blank = Blank((Region(outline, (Disc(0.0, middle, hole),)),), half, (high + half) / 2)
    part.start(blank, depth)
    gap = part.share(depth, 0.3, 0.6)
    inside = part.top.at(0.0, 0.0, -depth / 2)
    opening = rectangle(1.2 * width, half + middle + 0.25 * high, 0.0, (middle + half) / 2)
    part.add(inside, [Region(opening)], (-gap / 2, gap / 2), Boolean.CUT)
    if part.left and dice.chance(0.6):
        foot = AxisFrame(inside.point(0.0, -(high + half) / 2), inside.normal, inside.x)
        radius = part.share(min(half, depth / 2), 0.35, 0.9)
        length = part.share(width, 0.3, 2.0)
        part.add(foot, [Region(Disc(0.0, 0.0, radius))], (-length, 0.0), Boolean.JOIN)


def table(part: Workpiece) -> None:
    """A plate on legs, or with pegs."""
    dice, width = part.dice, part.size(median=110)
    deep = part.share(width, 0.4, 1.0)
    a, b = width / 2, deep / 2
    pad = Pad(0.0, 0.0, a, b, whole=True)
    part.start(
        Blank((Region(rectangle(width, deep)),), a, b, (pad,)),
        part.depth(width, median=0.06, sigma=0.4),
    )
    leg = part.share(deep, 0.05, 0.16)
    off = leg / 2 if dice.chance(0.5) else part.share(deep, 0.1, 0.2)
    places = [(x, y) for x in (off - a, a - off) for y in (off - b, b - off)]
    one: Outline = rectangle(leg, leg) if dice.chance(0.6) else Disc(0.0, 0.0, leg / 2)
    under = dice.one((part.faces[-1], part.faces[-2]))
    legs = [Region(moved(one, x, y)) for x, y in places]
    part.add(under.frame, legs, (0.0, part.length(width * dice.between(0.2, 1.2))), Boolean.JOIN)
    under.take([(x - leg, y - leg, x + leg, y + leg) for x, y in places])


def several(part: Workpiece) -> None:
    """Equal bodies in one sketch, in a row or on a circle."""
    dice, size = part.dice, part.size(median=26)
    count = dice.one((2, 2, 2, 3, 4, 4, 6))
    kind = dice.random()
    height = part.share(size, 0.3, 1.0)
    one: Outline = rectangle(size, height)
    if kind < 0.4:
        one, height = Disc(0.0, 0.0, size / 2), size
    elif kind < 0.5:
        one = slot(size, 0.7 * height)
    pitch = part.length(size * dice.between(1.2, 2.5))
    places = [(pitch * (i - (count - 1) / 2), 0.0) for i in range(count)]
    if count == 4 and dice.chance(0.5):
        places = [(x, y) for x in (-pitch / 2, pitch / 2) for y in (-height, height)]
    regions = tuple(Region(moved(one, x, y)) for x, y in places)
    round_pad = isinstance(one, Disc)
    pads = [Pad(x, y, size / 2, height / 2, round_pad, kind >= 0.5) for x, y in places]
    half = max(x for x, _ in places) + size / 2
    blank = Blank(regions, half, height / 2, tuple(pads[:1]))
    part.start(blank, part.depth(size, median=0.5))


# How often: from the first sketches of the Fusion 360 designs, apart for those of one extrude
# (of which 20 % are a circle, 19 % four lines, 16 % a circle in a circle) and those of more
# (31, 20 and 8 %).
FAMILIES: dict[str, Family] = {
    "disc": Family(_prism(blanks.disc, median=0.5, sigma=1.7), 0.18, 0.15, plain=True),
    "ring": Family(_prism(blanks.ring, median=0.35, sigma=1.3), 0.15, 0.05, plain=True),
    "block": Family(_prism(blanks.block, median=0.25, sigma=1.5), 0.185, 0.16, plain=True),
    "plate": Family(_prism(blanks.plate, median=0.07, sigma=0.8), 0.07, 0.06),
    "frame": Family(_prism(blanks.frame, median=0.4, sigma=1.5), 0.025, 0.02, plain=True),
    "nut": Family(_prism(blanks.nut, median=0.4, sigma=0.9), 0.065, 0.035, plain=True),
    "tongue": Family(_prism(blanks.tongue, median=0.25, sigma=0.7), 0.04, 0.03, plain=True),
    "arm": Family(_prism(blanks.arm, median=0.15, sigma=0.8), 0.04, 0.03, plain=True),
    "profile": Family(_prism(blanks.profile, median=0.5, sigma=1.2), 0.11, 0.11),
    "sector": Family(_prism(blanks.sector, median=0.3, sigma=0.9), 0.05, 0.0, plain=True),
    "wheel": Family(_prism(blanks.wheel, median=0.2, sigma=0.6), 0.02, 0.02),
    "grille": Family(_prism(blanks.grille, median=0.05, sigma=0.7), 0.018, 0.0),
    "contour": Family(_prism(blanks.contour, median=0.25, sigma=1.0), 0.08, 0.06),
    "several": Family(several, 0.02, 0.015, plain=True),
    "bracket": Family(bracket, 0.0, 0.04),
    "flange": Family(flange, 0.01, 0.04),
    "shaft": Family(shaft, 0.0, 0.09, plain=True),
    "housing": Family(housing, 0.0, 0.04),
    "layers": Family(layers, 0.0, 0.06),
    "clevis": Family(clevis, 0.0, 0.015),
    "table": Family(table, 0.0, 0.025),
}
