"""What the base of a part is called, with and without its dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from cadcomplete.data.describe.words import count_of, number, some, times
from cadcomplete.history.geometry import Vec3, cross, dot
from cadcomplete.kernel.features.anatomy import (
    PARALLEL,
    Base,
    Body,
    HoleFeature,
    Outline,
    Recess,
    Shape,
)
from cadcomplete.kernel.features.outlines import near


@dataclass(frozen=True, slots=True)
class Named:
    """A noun phrase for a base.

    Attributes:
        noun: without dimensions, singular, without article.
        size: its dimensions, such as "80 × 40 × 5 mm".
        of: what follows the noun, such as "of irregular outline", or "".
        has: what it has of itself, such as "two round ends", in full and in few words.
        told: holes and recesses that the noun tells of already.
    """

    noun: str
    size: str
    of: str = ""
    has: tuple[str, str] | None = None
    told: tuple[HoleFeature | Recess, ...] = ()


def name_base(body: Body) -> Named:
    """Return what a body is called."""
    if body.base is None:
        faces = "face" if body.faces == 1 else "faces"
        return Named("part", f"{times(*body.size)} mm", of=f"of {body.faces} {faces}")
    return NAMES[body.base.outline.shape](body, body.base)


def at_least(value: float, least: float) -> bool:
    """Say whether a length reaches another; noise does not decide where they are equal."""
    return value >= least * (1 - 1e-5)


def proportions(length: float, width: float, height: float) -> str:
    """Return plate, block or bar: flat, about as long as high, or long along its height."""
    if at_least(width, 4 * height):
        return "plate"
    return "bar" if at_least(height, 3 * length) else "block"


def _other(kind: str) -> Callable[[Body, Base], Named]:
    """A prism whose outline has no name; across it, where it is long, one sees its section."""

    def name(body: Body, base: Base) -> Named:
        o, height = base.outline, base.height
        size = f"{times(o.length, o.width, height)} mm"
        if at_least(o.width, height):
            return Named(proportions(o.length, o.width, height), size, of=f"of {kind} outline")
        sides = sorted((o.length, o.width, height), reverse=True)
        flat, long = at_least(sides[1], 4 * sides[2]), at_least(height, 3 * o.length)
        noun = "bar" if long else "plate" if flat else "block"
        return Named(noun, size if long else f"{times(*sides)} mm", of=f"of {kind} section")

    return name


def _round(body: Body, base: Base) -> Named:
    diameter, height = base.outline.length, base.height
    if base.steps:
        return _stepped(base)
    bore = _bore(body, base)
    if bore is not None:
        wall = (diameter - bore.diameter) / 2
        long, thin = at_least(height, diameter), at_least(bore.diameter, 0.4 * diameter)
        if long and thin:
            size = f"ø{times(diameter, height)} mm, bore ø{number(bore.diameter)}"
            return Named("tube", f"{size}, wall {number(wall)} mm", told=(bore,))
        if thin:
            size = f"ø{times(diameter, height)} mm, bore ø{number(bore.diameter)}"
            return Named("ring", size, told=(bore,))
    noun = "cylinder"
    if at_least(diameter, 2 * height):
        noun = "disc"
    elif at_least(height, 4 * diameter):
        noun = "round rod"
    return Named(noun, f"ø{times(diameter, height)} mm")


def _stepped(base: Base) -> Named:
    small, *_, wide = sorted(base.steps)
    long = at_least(base.height, wide.diameter)
    if len(base.steps) == 2 and not long:
        has = f"a coaxial boss ø{times(small.diameter, small.length)} mm high"
        size = f"ø{times(wide.diameter, wide.length)} mm"
        return Named("disc", size, has=(has, "a boss"))
    diameters = "/".join(f"ø{number(step.diameter)}" for step in base.steps)
    noun = "stepped shaft" if long else "stepped disc"
    return Named(noun, f"{diameters}, {number(base.height)} mm long")


def _bore(body: Body, base: Base) -> HoleFeature | None:
    """Return the plain through hole on the axis of a round base."""
    for hole in body.holes:
        if hole.through and len(hole.steps) == 1 and _coaxial(hole, base.outline):
            return hole if near(hole.depth, base.height) else None
    return None


def _coaxial(hole: HoleFeature, outline: Outline) -> bool:
    parallel = abs(dot(hole.direction, outline.normal)) > PARALLEL
    return parallel and _apart(hole.position, outline) < 5e-3


def _rectangular(body: Body, base: Base) -> Named:
    o, height = base.outline, base.height
    hollow = _hollow(body, base)
    if hollow is not None:
        return hollow
    sides = sorted((o.length, o.width, height), reverse=True)
    size, has = f"{times(*sides)} mm", _corners(o)
    if has is None and near(sides[0], sides[2]):
        return Named("cube", f"of {number(sides[0])} mm")
    if at_least(sides[1], 4 * sides[2]):
        return Named("rectangular plate", size, has=has)
    noun = "rectangular bar" if at_least(sides[0], 3 * sides[1]) else "rectangular block"
    return Named(noun, size, has=has)


def _corners(o: Outline) -> tuple[str, str] | None:
    """Return the words for the rounded corners of an outline."""
    if not o.rounded:
        return None
    corners = "corners" if o.rounded == o.sides else some(o.rounded, "corner")
    if o.corner_radius:
        return f"{corners} rounded to r{number(o.corner_radius)}", "rounded corners"
    return corners.replace("corner", "rounded corner"), "rounded corners"


def _hollow(body: Body, base: Base) -> Named | None:
    """A box, a frame or a tube: a block with one recess that leaves walls of one thickness."""
    for recess in body.recesses:
        whole = base.along(recess.outline.normal)
        wall = _wall(whole.outline, recess.outline) if whole is not None else None
        if whole is None or wall is None or recess.depth is None:
            continue
        o, height = whole.outline, whole.height
        sides = f"{times(o.length, o.width, height)} mm"
        if not recess.through:
            floor = height - recess.depth
            size = f"{sides}, walls {number(wall)} mm, floor {number(floor)} mm thick"
            return Named("open rectangular box", size, told=(recess,))
        if near(recess.depth, height):
            noun = "rectangular tube" if at_least(height, o.length) else "rectangular frame"
            return Named(noun, f"{sides}, walls {number(wall)} mm thick", told=(recess,))
    return None


def _wall(outer: Outline, inner: Outline) -> float | None:
    """Return how thick the wall between two rectangles is, if it is thin and equal all around."""
    straight = abs(dot(inner.x_axis, outer.x_axis)) > PARALLEL or near(inner.length, inner.width)
    if inner.shape is not Shape.RECTANGLE or not straight:
        return None
    wall = (outer.length - inner.length) / 2
    even = (
        near(wall, (outer.width - inner.width) / 2) and wall > 0 and at_least(outer.width, 5 * wall)
    )
    centered = _apart(inner.center, outer) < 5e-3
    return wall if even and centered and at_least(outer.width, 5 * wall) else None


def _apart(point: Vec3, outline: Outline) -> float:
    """Return how far a point is from the line through the middle of an outline."""
    x, y, z = (p - c for p, c in zip(point, outline.center, strict=True))
    return math.hypot(*cross((x, y, z), outline.normal))


SIDES = {3: "triangular", 5: "pentagonal", 6: "hexagonal", 8: "octagonal"}


def polygonal(outline: Outline) -> str:
    """Return the adjective for a polygon; only regular ones have Greek names, and triangles."""
    named = outline.sides in SIDES and (outline.shape is Shape.REGULAR or outline.sides == 3)
    return SIDES[outline.sides] if named else f"{count_of(outline.sides)}-sided"


def across(outline: Outline) -> str:
    """Return the size of a regular polygon."""
    if outline.sides % 2:
        return f"with {number(outline.length * math.tan(math.pi / outline.sides))} mm sides"
    return f"{number(outline.length)} mm across flats"


def _polygon(body: Body, base: Base) -> Named:
    o, height = base.outline, base.height
    kind = proportions(o.length, o.width, height).replace("block", "prism")
    size = f"{times(o.length, o.width, height)} mm"
    if o.shape is Shape.REGULAR:
        size = f"{across(o)}, {number(height)} mm high"
    return Named(f"{polygonal(o)} {kind}", size, has=_corners(o))


def _ends(what: str) -> Callable[[Body, Base], Named]:
    def name(body: Body, base: Base) -> Named:
        o = base.outline
        noun = proportions(o.length, o.width, base.height)
        size = f"{times(o.length, o.width, base.height)} mm"
        return Named(noun, size, has=(what, what))

    return name


def _half(body: Body, base: Base) -> Named:
    noun = "half disc" if at_least(base.outline.length, 2 * base.height) else "half cylinder"
    return Named(noun, f"ø{times(base.outline.length, base.height)} mm")


def _letter(body: Body, base: Base) -> Named:
    o, height = base.outline, base.height
    legs = f", legs {number(o.thickness)} mm thick" if o.thickness else ""
    noun, size = "plate", f"{times(o.length, o.width, height)} mm"
    if not at_least(o.width, 4 * height):
        noun, size = "profile", f"{times(o.length, o.width)} mm, {number(height)} mm long"
    return Named(f"{o.shape.value}-shaped {noun}", f"{size}{legs}", has=_corners(o))


def _strip(body: Body, base: Base) -> Named:
    o = base.outline
    size = f"{times(o.length, o.width)} mm, {number(base.height)} mm wide"
    return Named("bent strip", f"{size}, {number(o.thickness)} mm thick")


NAMES: dict[Shape, Callable[[Body, Base], Named]] = {
    Shape.CIRCLE: _round,
    Shape.RECTANGLE: _rectangular,
    Shape.STADIUM: _ends("two round ends"),
    Shape.TONGUE: _ends("one round end"),
    Shape.HALF_CIRCLE: _half,
    Shape.REGULAR: _polygon,
    Shape.CONVEX: _polygon,
    Shape.L: _letter,
    Shape.U: _letter,
    Shape.T: _letter,
    Shape.Z: _letter,
    Shape.CROSS: _letter,
    Shape.I: _letter,
    Shape.STRIP: _strip,
    Shape.STEPPED: _other("stepped"),
    Shape.OTHER: _other("irregular"),
}
