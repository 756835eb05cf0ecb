"""First sketches: what a part is cut or built from, and where on it features can go."""

from __future__ import annotations

import itertools
import math

from cadcomplete.data.synthetic.dice import coarse, to_step
from cadcomplete.data.synthetic.outlines import (
    Disc,
    Outline,
    Path,
    Region,
    band,
    chamfered,
    from_widths,
    link,
    moved,
    pie,
    polygon,
    rectangle,
    regular,
    rounded,
    scallops,
    segment,
    slot,
    teeth,
    tombstone,
    turned,
)
from cadcomplete.data.synthetic.part import Blank, OutlineEdge, Pad, Workpiece
from cadcomplete.history.geometry import Vec2


def bars(a: float, b: float, *, inset: float = 0.0) -> tuple[OutlineEdge, ...]:
    """Return the edges of a rectangle of half sides a and b: bottom, right, left and top.

    They end `inset` before its corners.
    """
    x, y = a - inset, b - inset
    return (
        OutlineEdge((-x, -b), (x, -b), 2 * b),
        OutlineEdge((a, -y), (a, y), 2 * a),
        OutlineEdge((-a, y), (-a, -y), 2 * a),
        OutlineEdge((x, b), (-x, b), 2 * b),
    )


def disc(part: Workpiece) -> Blank:
    radius = part.size(median=42, sigma=1.1) / 2
    pad = Pad(0.0, 0.0, radius, radius, round=True, whole=True)
    return Blank((Region(Disc(0.0, 0.0, radius)),), radius, radius, (pad,), axle=radius)


def ring(part: Workpiece) -> Blank:
    """A disc with a hole. What is between is free on a strip to the right and left."""
    radius = part.size(median=36, sigma=1.1) / 2
    inner = part.share(radius, 0.3, 0.95)
    outline, wall = Disc(0.0, 0.0, radius), radius - inner
    hole = _bore(part, inner)
    strip = [Pad(s * (inner + wall / 2), 0.0, wall / 2, wall / 2, round=True) for s in (1, -1)]
    return Blank((Region(outline, (hole,)),), radius, radius, tuple(strip))


def _bore(part: Workpiece, radius: float) -> Outline:
    """Return a bore: mostly round, else with a flat or of another shape."""
    kind = part.dice.random()
    if kind < 0.88:
        return Disc(0.0, 0.0, radius)
    if kind < 0.94:
        return segment(radius, part.share(radius, 1.4, 1.9))
    return regular(part.dice.one((3, 4, 5, 6, 6, 8)), 2 * radius)


def block(part: Workpiece) -> Blank:
    """A rectangle; sometimes leaning."""
    width = part.size(median=66)
    height = width if part.dice.chance(0.14) else part.share(width, 0.04, 1.0)
    if part.dice.chance(0.5):
        width, height = height, width
    a, b = width / 2, height / 2
    pad = Pad(0.0, 0.0, a, b, whole=True)
    return Blank((Region(rectangle(width, height)),), a, b, (pad,), bars(a, b))


def plate(part: Workpiece) -> Blank:
    """A rectangle with rounded or chamfered corners, with or without holes in them."""
    dice, width = part.dice, part.size(median=80)
    height = width if dice.chance(0.15) else part.share(width, 0.25, 1.0)
    corner = part.share(height, 0.04, 0.3)
    outline: Path = rectangle(width, height)
    kind = dice.random()
    if kind < 0.7:
        outline = rounded(outline, (corner,))
    elif kind < 0.85:
        outline = chamfered(outline, (corner,))
    else:
        outline = rounded(outline, dice.one(((corner, 0.0), (0.0, 0.0, corner, corner))))
    a, b = width / 2, height / 2
    holes: tuple[Outline, ...] = ()
    if dice.chance(0.45):
        holes, reach = _corner_holes(part, a, b, corner)
        if dice.chance(0.35):
            holes += (_opening(part, a - reach, b - reach),)
            reach = b
        a, b = a - reach, b - reach
    pads = (Pad(0.0, 0.0, a, b),) if min(a, b) > 0.1 * height else ()
    region = Region(outline, holes)
    return Blank((region,), width / 2, height / 2, pads, bars(width / 2, height / 2, inset=corner))


def _corner_holes(
    part: Workpiece, a: float, b: float, corner: float
) -> tuple[tuple[Outline, ...], float]:
    """Return holes near the corners of a rectangle, and how far from its edges they reach."""
    radius = part.ruler.hole(min(b * part.dice.between(0.08, 0.35), 0.4 * b)) / 2
    radius = min(radius, 0.2 * b)
    off = max(min(corner, 0.45 * b), 1.6 * radius)
    x, y = round(a - off, 6), round(b - off, 6)
    count = part.dice.one((2, 4, 4, 4))
    places = [(x, y), (-x, -y), (-x, y), (x, -y)][:count]
    if count == 2:
        places = [(x, 0.0), (-x, 0.0)]
    return tuple(Disc(u, v, radius) for u, v in places), off + 1.3 * radius


def _opening(part: Workpiece, a: float, b: float) -> Outline:
    """Return an opening in the middle of an area of half sides a and b."""
    x, y = part.share(2 * a, 0.3, 0.85), part.share(2 * b, 0.3, 0.85)
    kind = part.dice.random()
    if kind < 0.5:
        return Disc(0.0, 0.0, min(x, y) / 2)
    return rectangle(x, y) if kind < 0.75 else rounded(rectangle(x, y), (0.2 * min(x, y),))


def frame(part: Workpiece) -> Blank:
    """A rectangle with a rectangular opening: a frame or a square tube."""
    dice, width = part.dice, part.size(median=80)
    height = width if dice.chance(0.3) else part.share(width, 0.3, 1.0)
    wall = part.share(height, 0.03, 0.3)
    outer, inner = rectangle(width, height), rectangle(width - 2 * wall, height - 2 * wall)
    if dice.chance(0.3):
        corner = part.share(wall, 0.5, 2.0)
        outer, inner = rounded(outer, (corner,)), rounded(inner, (max(corner - wall, 0.3 * wall),))
    if width - 2 * wall <= 2 * wall or dice.chance(0.1):
        inner = rectangle(0.5 * width, 0.5 * height)
        wall = 0.25 * height
    a, b = width / 2, height / 2
    pads = tuple(Pad(0.0, s * (b - wall / 2), a, wall / 2) for s in (1, -1))
    edges = tuple(
        OutlineEdge(start, end, 0.9 * wall)
        for start, end, _ in bars(a, b, inset=min(2 * wall, 0.4 * b))
    )
    return Blank((Region(outer, (inner,)),), a, b, pads, edges)


def nut(part: Workpiece) -> Blank:
    """A regular polygon, mostly a hexagon, with or without a bore."""
    dice, size = part.dice, part.size(median=34)
    sides = dice.one((6, 6, 6, 6, 6, 6, 6, 6, 3, 3, 5, 5, 8, 12))
    outline = regular(sides, size, first=dice.one((0.0, 180.0 / sides, 90.0)))
    flat = size / 2 * math.cos(math.pi / sides)
    if dice.chance(0.5 if part.wanted == 1 else 0.1):
        bore = part.share(flat, 0.25, 0.85)
        return Blank((Region(outline, (Disc(0.0, 0.0, bore),)),), size / 2, flat)
    pad = Pad(0.0, 0.0, 0.98 * flat, 0.98 * flat, round=True)
    return Blank((Region(outline),), size / 2, flat, (pad,))


def tongue(part: Workpiece) -> Blank:
    """A lug: a rectangle with a round end, mostly with a hole in it."""
    dice, width = part.dice, part.size(median=38)
    height = part.share(width, 0.75, 2.5)
    outline: Outline = tombstone(width, height)
    middle = height / 2 - width / 2
    hole = part.ruler.hole(width * dice.between(0.2, 0.6)) / 2
    holes = (Disc(0.0, middle, hole),) if hole < 0.4 * width and dice.chance(0.5) else ()
    low = -height / 2
    free = max(middle - 0.5 * width - low, 0.0) if holes else middle - low
    pads = (Pad(0.0, low + free / 2, width / 2, free / 2),) if free > 0.2 * width else ()
    edges = (OutlineEdge((-width / 2, low), (width / 2, low), 0.3 * width),)
    return Blank((Region(outline, holes),), width / 2, height / 2, pads, edges)


def arm(part: Workpiece) -> Blank:
    """A link: two round ends, equal or not, with or without holes."""
    dice, width = part.dice, part.size(median=26)
    length = part.share(width, 0.6, 4.0)
    left = width / 2
    right = left if dice.chance(0.6) else part.share(left, 0.45, 0.95)
    if left == right:
        outline, a = slot(length + width, width), (length + width) / 2
    else:
        outline, a = moved(link(length, left, right), -length / 2, 0.0), length / 2 + left
    share, holes = dice.between(0.3, 0.7), ()
    near, far = part.length(share * left), min(part.length(share * right), 0.8 * right)
    if dice.chance(0.65) and near < 0.85 * left and length > 2.2 * left:
        holes = (Disc(-length / 2, 0.0, near), Disc(length / 2, 0.0, far))
    x, y = (length / 2 - left, 0.8 * min(left, right)) if holes else (length / 2, 0.7 * right)
    pads = (Pad(0.0, 0.0, x, y),) if x > 0.2 * left else ()
    return Blank((Region(outline, holes),), a, left, pads)


def profile(part: Workpiece) -> Blank:
    """A straight outline with right angles: L, U, T, I, Z, cross, stairs; often rounded."""
    dice, width = part.dice, part.size(median=80)
    height = part.share(width, 0.4, 1.4)
    u, v = part.share(width, 0.08, 0.42), part.share(height, 0.08, 0.42)
    path, pads, edges = dice.weighted(SECTIONS)(part, width, height, u, v)
    thick = min(u, v)
    if dice.chance(0.25):
        radius = part.share(thick, 0.1, 0.45)
        path = rounded(path, dice.one(((radius,), (radius, 0.0), (0.0, radius))))
        edges = ()
    return Blank((Region(path),), width / 2, height / 2, pads, edges)


Section = tuple[Path, tuple[Pad, ...], tuple[OutlineEdge, ...]]


def _ell(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    a, b = w / 2, h / 2
    points = [(-a, -b), (a, -b), (a, v - b), (u - a, v - b), (u - a, b), (-a, b)]
    pads = (Pad(u / 2, v / 2 - b, a - u / 2, v / 2), Pad(u / 2 - a, 0.0, u / 2, b))
    edges = (OutlineEdge((u - a, -b), (a, -b), v), OutlineEdge((-a, b), (-a, v - b), u))
    return polygon(points), pads, edges


def _channel(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    a, b = w / 2, h / 2
    points = [(-a, -b), (a, -b), (a, b), (a - u, b), (a - u, v - b), (u - a, v - b)]
    points += [(u - a, b), (-a, b)]
    edges = (
        OutlineEdge((-a, -b), (a, -b), v),
        OutlineEdge((a, v - b), (a, b), u),
        OutlineEdge((-a, b), (-a, v - b), u),
    )
    return polygon(points), (Pad(0.0, v / 2 - b, a, v / 2),), edges


def _tee(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    b = h / 2
    path = from_widths([(u / 2, -b), (u / 2, b - v), (w / 2, b - v), (w / 2, b)])
    edges = (OutlineEdge((w / 2, b), (-w / 2, b), v),)
    return path, (Pad(0.0, b - v / 2, w / 2, v / 2),), edges


def _beam(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    b, v = h / 2, min(v, 0.3 * h)
    steps = [(w / 2, -b), (w / 2, v - b), (u / 2, v - b), (u / 2, b - v), (w / 2, b - v)]
    edges = (OutlineEdge((-w / 2, -b), (w / 2, -b), v), OutlineEdge((w / 2, b), (-w / 2, b), v))
    return from_widths([*steps, (w / 2, b)]), (Pad(0.0, 0.0, u / 2, b - v),), edges


def _zed(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    a, b, t = w / 2, h / 2, u / 2
    points = [(-a, -b), (t, -b), (t, b - v), (a, b - v), (a, b), (-t, b), (-t, v - b), (-a, v - b)]
    edges = (OutlineEdge((-a, -b), (-t, -b), v), OutlineEdge((a, b), (t, b), v))
    return polygon(points), (Pad(0.0, 0.0, t, b),), edges


def _cross(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    a, b, s, t = w / 2, h / 2, u / 2, v / 2
    path = from_widths([(s, -b), (s, -t), (a, -t), (a, t), (s, t), (s, b)])
    return (
        path,
        (Pad(0.0, 0.0, s, b),),
        (OutlineEdge((s, b), (-s, b), h), OutlineEdge((-s, -b), (s, -b), h)),
    )


def _stairs(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    count, a, b = part.dice.integer(2, 6), w / 2, h / 2
    tread, rise = w / count, h / count
    points: list[Vec2] = [(-a, -b), (a, -b)]
    for i in range(count):
        points += [(a - i * tread, (i + 1) * rise - b), (a - (i + 1) * tread, (i + 1) * rise - b)]
    edges = (OutlineEdge((-a, -b), (a, -b), rise), OutlineEdge((-a, b), (-a, -b), tread))
    return polygon(points), (), edges


def _wedge(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    a, b = w / 2, h / 2
    kinds = ([(-a, -b), (a, -b), (-a, b)], [(-a, -b), (a, -b), (a - u, b), (u - a, b)])
    points = part.dice.one((*kinds, [(-a, -b), (a, -b), (a, v - b), (u - a, b), (-a, b)]))
    edges = (OutlineEdge((-a, -b), (a, -b), 0.4 * v),)
    return polygon(points), (), edges


def _house(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    a, b = w / 2, h / 2
    points = [(-a, -b), (a, -b), (a, b - v), (0.0, b), (-a, b - v)]
    return polygon(points), (Pad(0.0, -v / 2, a, b - v / 2),), (OutlineEdge((-a, -b), (a, -b), b),)


def _comb(part: Workpiece, w: float, h: float, u: float, v: float) -> Section:
    count, b = part.dice.integer(3, 14), h / 2
    pitch = w / (count - 0.5)
    points: list[Vec2] = [(-w / 2, -b), (w / 2, -b)]
    for i in range(count):
        right = w / 2 - i * pitch
        points += [(right, b), (right - pitch / 2, b)]
        if i < count - 1:
            points += [(right - pitch / 2, v - b), (right - pitch, v - b)]
    edges = (OutlineEdge((-w / 2, -b), (w / 2, -b), v),)
    return polygon(points), (Pad(0.0, v / 2 - b, w / 2, v / 2),), edges


SECTIONS = {
    _ell: 0.34,
    _channel: 0.13,
    _tee: 0.08,
    _beam: 0.06,
    _zed: 0.06,
    _cross: 0.06,
    _stairs: 0.07,
    _wedge: 0.20,
    _house: 0.10,
    _comb: 0.08,
}


def sector(part: Workpiece) -> Blank:
    """A piece of a disc or of a ring."""
    dice, radius = part.dice, part.size() / 2
    angle = dice.one((30.0, 45.0, 60.0, 90.0, 90.0, 120.0, 135.0, 180.0, 180.0, 270.0))
    kind = dice.random()
    if kind < 0.35:
        outline = segment(radius, part.share(radius, 0.3, 1.7))
    elif kind < 0.6:
        outline = pie(radius, angle if angle != 180.0 else 90.0)
    else:
        outline = band(part.share(radius, 0.4, 0.92), radius, angle)
    return Blank((Region(turned(outline, dice.one((0.0, 90.0, 180.0)))),), radius, radius)


def wheel(part: Workpiece) -> Blank:
    """A gear, a ratchet, a spline, a star or a knob, with or without a bore."""
    dice, tip = part.dice, part.size(median=45) / 2
    count = min(max(int(dice.spread(14, 0.5)), 5), 60)
    root = tip * (1 - dice.between(1.5, 3.2) / (count + 4))
    kind = dice.random()
    if kind < 0.6:
        foot, top = dice.between(0.5, 0.68), dice.between(0.22, 0.42)
        outline = teeth(count, root, tip, foot=foot, top=top, arcs=dice.chance(0.5))
    elif kind < 0.85:
        outline = teeth(count, root, tip, foot=0.5, top=0.5, arcs=True)
    elif kind < 0.86:
        count = min(count, 16)
        outline = scallops(count, tip, part.share(tip, 0.03, 0.12))
        root = 0.75 * tip
    else:
        root = tip * dice.between(0.45, 0.75)
        far = [(tip, i * 360.0 / count) for i in range(count)]
        near = [(root, (i + 0.5) * 360.0 / count) for i in range(count)]
        both = [point for pair in zip(far, near, strict=True) for point in pair]
        outline = polygon(
            (r * math.cos(math.radians(t)), r * math.sin(math.radians(t))) for r, t in both
        )
    if dice.chance(0.6 if part.wanted == 1 else 0.1):
        bore = Disc(0.0, 0.0, part.share(root, 0.15, 0.6))
        return Blank((Region(outline, (bore,)),), tip, tip)
    pad = Pad(0.0, 0.0, 0.95 * root, 0.95 * root, round=True)
    return Blank((Region(outline),), tip, tip, (pad,))


def grille(part: Workpiece) -> Blank:
    """A plate or a disc with many equal openings."""
    dice, width = part.dice, part.size(median=105)
    height = part.share(width, 0.3, 1.0)
    columns, rows = dice.integer(2, 9), dice.integer(1, 5)
    x, y = width / (columns + 0.6), height / (rows + 0.6)
    cell = min(x, y)
    opening = part.share(cell, 0.25, 0.75)
    kind = dice.random()
    if kind < 0.6:
        one: Outline = Disc(0.0, 0.0, opening / 2)
    elif kind < 0.8:
        one = rectangle(0.75 * x, opening if y <= x else 0.75 * y)
    else:
        one = slot(0.8 * x, min(opening, 0.5 * x)) if x >= y else regular(6, opening)
    middle = ((columns - 1) / 2, (rows - 1) / 2)
    holes = tuple(
        moved(one, (i - middle[0]) * x, (j - middle[1]) * y)
        for j in range(rows)
        for i in range(columns)
    )
    outline: Path = rectangle(width, height)
    if dice.chance(0.4):
        outline = rounded(outline, (0.1 * cell,))
    a, b = width / 2, height / 2
    return Blank((Region(outline, holes),), a, b)


def contour(part: Workpiece) -> Blank:
    """An outline with many corners, symmetric or not, some of them rounded."""
    dice, width = part.dice, part.size(median=80)
    height = part.share(width, 0.3, 1.5)
    count = min(max(int(dice.spread(4, 0.7)), 1), 24)
    grid = coarse(width / 50)
    ys = sorted({to_step(height * dice.between(0.06, 0.94), grid) for _ in range(count)})
    slanted, reach = dice.chance(0.35), 0.0
    steps: list[Vec2] = []
    for low, high in itertools.pairwise((0.0, *(y for y in ys if y < height), height)):
        shares = [s for s in (1.0, 0.85, 0.7, 0.6, 0.5, 0.4) if abs(s * width / 2 - reach) > grid]
        if not slanted or not steps:
            reach = to_step(width / 2 * dice.one(shares), grid)
            steps.append((reach, low - height / 2))
        if slanted:
            reach = to_step(width / 2 * dice.one(shares), grid)
        steps.append((reach, high - height / 2))
    path = from_widths(steps)
    if dice.chance(0.5):  # its left side straight
        path = polygon([*steps, (-0.3 * width, height / 2), (-0.3 * width, -height / 2)])
    if dice.chance(0.45):
        short = min(_lengths(path))
        path = rounded(path, (0.3 * short, 0.0) if dice.chance(0.5) else (0.4 * short,))
    pad = Pad(0.0, 0.0, 0.16 * width, 0.45 * height)
    return Blank((Region(path),), width / 2, height / 2, (pad,))


def _lengths(path: Path) -> list[float]:
    return [math.dist(v[:2], path[i - 1][:2]) for i, v in enumerate(path)]
