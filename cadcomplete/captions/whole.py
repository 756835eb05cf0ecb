"""Whole parts that make true what a caption says: the base, and on it all that has a size."""

from __future__ import annotations

from cadcomplete.captions.drawing import circle, drawn_loop, polygon, rectangle
from cadcomplete.captions.drilling import headed, is_cone, sunk_holes
from cadcomplete.captions.mention import Caption, Form, Mention, Noun, Spot
from cadcomplete.captions.places import spread
from cadcomplete.captions.planes import PlaneView, views
from cadcomplete.captions.profiles import FRONT, drawn_profile, legs
from cadcomplete.captions.sketching import arranged
from cadcomplete.captions.state import CUTS, left
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.fields import DECIMALS
from cadcomplete.history.geometry import XY
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.reach import heights
from cadcomplete.history.sequence import CadSequence

_MIDDLE = (0.0, 0.0)


def built_from(caption: Caption, given: CadSequence) -> CadSequence | None:
    """Return what is given with all that a caption says of sizes and is not made yet.

    From nothing the base comes first, its middle at the origin. None if its size is not said, or
    nothing is missing.
    """
    operations = list(given.operations)
    if not operations:
        operations = _base(caption)
    begun = len(operations)
    if not begun:
        return None
    base = caption.base if not given.operations else None
    for mention in left(caption, CadSequence(tuple(operations))):
        if mention.noun not in (*CUTS, Noun.BOSS) or is_cone(mention, caption):
            continue
        if base is not None and base.profile and mention.noun in CUTS:
            operations += _in_legs(mention, base, len(operations))
        else:
            part = CadSequence(tuple(operations), id=given.id)
            operations += _made(mention, part, headed(mention, caption), below=caption.below)
    if len(operations) == len(given.operations):
        return None
    return CadSequence(tuple(operations), id=given.id)


def _base(caption: Caption) -> list[Operation]:
    base = caption.base
    if base is None:
        return []
    if base.profile:
        return _profile(base)
    steps = _stepped(base) if len(base.diameters) > 1 else None
    if steps is not None:
        return steps
    loop, height = _outline(base), _height(base)
    if loop is None or height is None or height <= 0:
        return []
    bore = next((m for m in caption.mentions if m.said == "bore" and m.diameters), None)
    loops = [loop]
    if bore is not None and base.diameters and bore.diameters[0] < base.diameters[0]:
        loops.append(circle(_MIDDLE, bore.diameters[0]))
    elif base.wall and base.floor is None and len(base.sizes) > 1:
        a, b = (size - 2 * base.wall for size in base.sizes[:2])
        loops += [rectangle(_MIDDLE, a, b)] if min(a, b) > 0 else []
    holes = tuple(range(1, len(loops)))
    first = Extrude((Profile(0, 0, holes),), _to(height), Boolean.NEW_BODY)
    operations: list[Operation] = [Sketch(XY, tuple(loops)), first]
    if base.wall and base.floor and len(base.sizes) > 1:
        a, b = (size - 2 * base.wall for size in base.sizes[:2])
        if min(a, b) > 0 and base.floor < height:
            hollow = Extrude((Profile(2, 0),), _to(base.floor - height), Boolean.CUT)
            operations += [Sketch(XY.raised(height), (rectangle(_MIDDLE, a, b),)), hollow]
    return operations


def _profile(base: Mention) -> list[Operation]:
    """A profile of legs, drawn as seen from the front; nothing if its legs are not as thick as is
    said, or nobody says how thick they are."""
    loop = drawn_profile(base)
    if loop is None or base.height is None:
        return []
    swept = Extrude((Profile(0, 0),), _to(-base.height), Boolean.NEW_BODY)
    return [Sketch(FRONT, (loop,)), swept]


def _in_legs(mention: Mention, base: Mention, index: int) -> list[Operation]:
    """What is cut into the legs of a profile: into each if that is said, else into the first."""
    found: list[Operation] = []
    each = mention.where is not None and mention.where.spot is Spot.LEGS
    chosen = legs(base)[: None if each else 1]
    shape = drawn_loop(mention)
    if shape is None or base.wall is None:
        return []
    count = (mention.count or 2 * len(chosen)) // max(len(chosen), 1)
    for plane, low, high in chosen:
        loops = tuple(shape(point) for point in spread(low, high, count))
        profiles = tuple(Profile(index + len(found), i) for i in range(len(loops)))
        deep = base.wall if mention.height is None else min(mention.height, base.wall)
        found += [Sketch(plane, loops), Extrude(profiles, _to(-deep), Boolean.CUT)]
    return found


def _outline(base: Mention) -> Loop | None:
    if base.form is Form.POLYGON and base.diameters and base.sides > 2:
        return polygon(_MIDDLE, base.diameters[0], base.sides)
    if base.form is Form.OTHER and len(base.sizes) > 1:
        return rectangle(_MIDDLE, *base.sizes[:2])  # its box: more is not said
    shape = drawn_loop(base)
    return None if shape is None else shape(_MIDDLE)


def _height(base: Mention) -> float | None:
    if base.height is not None:
        return base.height
    return base.sizes[2] if len(base.sizes) > 2 else None


def _stepped(base: Mention) -> list[Operation] | None:
    """A shaft of steps, equally long, as no more is said."""
    if base.height is None:
        return None
    each = base.height / len(base.diameters)
    operations: list[Operation] = []
    for i, diameter in enumerate(base.diameters):
        operations.append(
            Sketch(XY.raised(round(i * each, DECIMALS)), (circle(_MIDDLE, diameter),))
        )
        boolean = Boolean.JOIN if i else Boolean.NEW_BODY
        operations.append(Extrude((Profile(2 * i, 0),), _to(each), boolean))
    return operations


def _to(distance: float) -> Extent:
    return Extent(ExtentType.ONE_SIDED, round(distance, DECIMALS))


def _made(mention: Mention, part: CadSequence, whole: Mention, *, below: bool) -> list[Operation]:
    """A sketch and an extrude that make one thing, on the top unless the underside is spoken of.

    Where no end is at the top it is the newest. Holes lie where their heads have room.
    """
    index = len(part.operations)
    seen = views(part)
    ends = [one for one in seen if one.kind == "end"]
    tops = [] if below else sorted(filter(_is_level, ends), key=lambda one: -one.plane.origin[2])
    for view in (*tops, *seen)[:1]:
        ways = list(arranged(mention, view))
        if not ways:
            return []
        wider = (whole.head[0] - whole.diameters[0]) / 2 if whole.head else 0.0
        roomy = (loops for loops in ways if wider and _has_room(loops, view, 1.2 * wider))
        loops = next(roomy, ways[0])
        try:
            reached = heights(view.plane, part.operations)
        except (GeometryError, UnsupportedError):
            return []
        into = _into(mention, reached)
        if into is None:
            return []
        if whole.sunk:
            return [sunk_holes(whole, view, loops, sign=-1.0 if into < 0 else 1.0)]
        boolean = Boolean.CUT if mention.noun in CUTS else Boolean.JOIN
        profiles = tuple(Profile(index, i) for i in range(len(loops)))
        return [Sketch(view.plane, loops), Extrude(profiles, _to(into), boolean)]
    return []


def _has_room(loops: tuple[Loop, ...], view: PlaneView, around: float) -> bool:
    """Whether there is so much room around each loop, in mm, within the box of what is there."""
    left_, bottom, right, top = view.box
    return all(
        left_ + around < a and bottom + around < b and c < right - around and d < top - around
        for a, b, c, d in (loop.box for loop in loops)
    )


def _is_level(view: PlaneView) -> bool:
    return abs(view.plane.normal[2]) > 1 - 1e-6


def _into(mention: Mention, reached: tuple[float, float] | None) -> float | None:
    """How far it goes along the normal: into the part for what is cut, away from it for others."""
    if reached is None:
        return None
    low, high = reached
    inward = low if abs(low) >= abs(high) else high
    if not inward:
        return None
    sign = 1.0 if inward > 0 else -1.0
    if mention.noun not in CUTS:
        height = _height(mention)
        return -sign * height if height is not None else None
    height = _height(mention)
    if height is not None and not mention.through:
        return sign * height
    return inward
