"""Extrudes that make true what a caption says: its heights, and its holes through."""

from __future__ import annotations

from collections.abc import Iterator

from cadcomplete.captions.mention import Caption, Mention, Noun
from cadcomplete.captions.outlines import DrawnOutline, near, outlined
from cadcomplete.captions.state import (
    CUTS,
    alike,
    box_of,
    heights_of_outline,
    last_sketch,
    left,
    regions,
    sized,
    sizes_beside,
)
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.fields import DECIMALS
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Profile, Sketch
from cadcomplete.history.reach import heights
from cadcomplete.history.sequence import CadSequence

_WAYS = 4  # of sweeping regions, to heights that nothing says to be theirs
_SINGLE = 3  # regions that are swept alone


def extrudes(caption: Caption, given: CadSequence) -> Iterator[Extrude]:
    """Yield extrudes of the newest sketch, to where the caption says; the likeliest first."""
    waits = last_sketch(given)
    if waits is None:
        return
    index, sketch = waits
    both = any(
        one.extent.type is ExtentType.SYMMETRIC
        for one in given.operations
        if isinstance(one, Extrude)
    )
    try:
        reached = heights(sketch.plane, given.operations)
    except (GeometryError, UnsupportedError):
        return
    ways = ways_left(index, sketch, given)
    if reached is None:
        for profiles in ways:
            for height in base_heights(caption, outlined(sketch.loops[profiles[0].outer])):
                yield from _either_way(profiles, height, Boolean.NEW_BODY)
        return
    missing = left(caption, given)
    through = any(one.through is not False for one in missing if one.noun in CUTS)
    for profiles in ways:
        outline = outlined(sketch.loops[profiles[0].outer])
        for mention in missing:
            if alike(outline, mention) and mention.noun in (*CUTS, Noun.BOSS):
                yield from _of(mention, profiles, outline, reached)
        if through:
            yield from _through(profiles, reached)
    said = relative_heights(caption, given)
    for height in _each([*said, *_before(given), *further_heights(caption, given)]):
        for profiles in ways[:_WAYS]:
            yield from _either_way(profiles, height, Boolean.JOIN, symmetric=both)
            yield from _either_way(profiles, -height, Boolean.CUT, symmetric=both)


def ways_left(index: int, sketch: Sketch, given: CadSequence) -> list[tuple[Profile, ...]]:
    """Return which regions of a sketch may be swept together, then single ones; those first of
    which none was swept before, if there are any."""
    extrudes = [one for one in given.operations if isinstance(one, Extrude)]
    done = {profile for one in extrudes for profile in one.profiles}
    ways = regions(index, sketch)
    single = dict.fromkeys((one,) for profiles in ways for one in profiles if one not in done)
    ways = list(dict.fromkeys((*ways, *list(single)[:_SINGLE])))
    return sorted(ways, key=lambda profiles: bool(done.intersection(profiles)))


def _before(given: CadSequence) -> list[float]:
    """How far the last extrude went."""
    for one in reversed(given.operations):
        if isinstance(one, Extrude):
            return [abs(one.extent.distance)]
    return []


def relative_heights(caption: Caption, given: CadSequence) -> list[float]:
    """Return how high what is added is by what is given: "twice as high" as the last extrude, or as
    a side of the box."""
    there = (*_before(given), *box_of(given.operations)) if caption.ratios else ()
    return _each([ratio * size for ratio in caption.ratios for size in there])


def base_heights(caption: Caption, outline: DrawnOutline) -> list[float]:
    """Return how high the first solid may be: what its outline leaves of the sizes, then others."""
    found = first_heights(caption, outline)
    base = caption.base
    if base is not None:
        found += [] if base.height is None else [base.height]
        found += (*sizes_beside(base, outline), *reversed(base.sizes))
    found += [m.height for m in caption.mentions if m.height is not None]
    found += caption.lengths
    box = caption.box
    found += [a - b for a in box for b in caption.lengths if a > b and not near(a, b)]
    return _each(found)


def first_heights(caption: Caption, outline: DrawnOutline) -> list[float]:
    """Return how high the thing is that an outline is of: the base, or what stands up from it."""
    same = [one for one in caption.pieces if sized(one) and alike(outline, one)]
    found = [height for one in same for height in heights_of_outline(one, outline)]
    base = caption.base
    if not found and base is not None:
        rest = sizes_beside(base, outline)
        found += [] if base.height is None else [base.height]
        found += rest[:1] if len(rest) < len(base.sizes) else []
    return found


def further_heights(caption: Caption, given: CadSequence) -> list[float]:
    """Return how high what is added later may be."""
    box = box_of(given.operations)
    found = [m.height for m in caption.mentions if m.height is not None]
    whole = [side for sides in caption.boxes for side in sides] or caption.box
    found += [a - b for a in whole for b in box if a > b and not near(a, b)]
    found += caption.lengths
    return _each(found)


def _each(lengths: list[float]) -> list[float]:
    """Positive lengths, each once."""
    found: list[float] = []
    for length in lengths:
        if length > 0 and not any(abs(length - other) < 1e-6 for other in found):
            found.append(round(length, DECIMALS))
    return found[:24]


def _either_way(
    profiles: tuple, height: float, boolean: Boolean, *, symmetric: bool = True
) -> Iterator[Extrude]:
    for signed in (height, -height):
        yield Extrude(profiles, Extent(ExtentType.ONE_SIDED, signed), boolean)
    if symmetric:
        half = abs(round(height / 2, DECIMALS))
        yield Extrude(profiles, Extent(ExtentType.SYMMETRIC, half), boolean)


def _of(
    mention: Mention, profiles: tuple, outline: DrawnOutline, reached: tuple[float, float]
) -> Iterator[Extrude]:
    """The extrudes that make one thing."""
    boolean = Boolean.CUT if mention.noun in CUTS else Boolean.JOIN
    into = -1 if boolean is Boolean.CUT else 1
    for height in heights_of_outline(mention, outline):
        yield from _either_way(profiles, into * height, boolean)
    if boolean is Boolean.CUT and mention.height is None:
        yield from _through(profiles, reached)


def _through(profiles: tuple, reached: tuple[float, float]) -> Iterator[Extrude]:
    """Cuts to either end of the part."""
    low, high = reached
    for end in sorted((low, high), key=lambda end: -abs(end)):
        if abs(end) > 1e-6:
            extent = Extent(ExtentType.ONE_SIDED, round(end, DECIMALS))
            yield Extrude(profiles, extent, Boolean.CUT)
    if low < 0 < high:
        yield Extrude(
            profiles,
            Extent(ExtentType.TWO_SIDED, round(high, DECIMALS), round(-low, DECIMALS)),
            Boolean.CUT,
        )
