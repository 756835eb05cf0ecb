"""Extrudes that make true what a caption says: its heights, and its holes through."""

from __future__ import annotations

from collections.abc import Iterator

from cadcomplete.captions.mention import Caption, Mention, Noun
from cadcomplete.captions.outlines import DrawnOutline, near, outlined
from cadcomplete.captions.state import CUTS, alike, box_of, last_sketch, left, regions
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.fields import DECIMALS
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude
from cadcomplete.history.reach import heights
from cadcomplete.history.sequence import CadSequence


def extrudes(caption: Caption, given: CadSequence) -> Iterator[Extrude]:
    """Yield extrudes of the newest sketch, to where the caption says; the likeliest first."""
    waits = last_sketch(given)
    if waits is None:
        return
    index, sketch = waits
    try:
        reached = heights(sketch.plane, given.operations)
    except (GeometryError, UnsupportedError):
        return
    for profiles in regions(index, sketch):
        outline = outlined(sketch.loops[profiles[0].outer])
        if reached is None:
            for height in base_heights(caption, outline):
                yield from _either_way(profiles, height, Boolean.NEW_BODY)
            continue
        missing = left(caption, given)
        for mention in missing:
            if alike(outline, mention) and mention.noun in (*CUTS, Noun.BOSS):
                yield from _of(mention, profiles, reached)
        if any(mention.through is not False for mention in missing if mention.noun in CUTS):
            yield from _through(profiles, reached)
        for height in further_heights(caption, given):
            yield from _either_way(profiles, height, Boolean.JOIN, symmetric=False)
            yield from _either_way(profiles, -height, Boolean.CUT, symmetric=False)


def base_heights(caption: Caption, outline: DrawnOutline) -> list[float]:
    """Return how high the first solid may be: what its outline leaves of the sizes, then others."""
    found: list[float] = []
    base = caption.base
    if base is not None:
        if base.height is not None:
            found.append(base.height)
        rest = list(base.sizes)
        for size in outline.sizes:
            match = next((i for i, one in enumerate(rest) if near(one, size)), None)
            if match is not None:
                del rest[match]
        found += rest if len(rest) < len(base.sizes) else []
    found += [m.height for m in caption.mentions if m.height is not None]
    found += caption.lengths
    box = caption.box
    found += [a - b for a in box for b in caption.lengths if a > b and not near(a, b)]
    return _each(found)


def further_heights(caption: Caption, given: CadSequence) -> list[float]:
    """Return how high what is added later may be."""
    box = box_of(given.operations)
    found = [m.height for m in caption.mentions if m.height is not None]
    wanted = caption.box
    found += [a - b for a in wanted for b in box if a > b and not near(a, b)]
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
        half = round(height / 2, DECIMALS)
        yield Extrude(profiles, Extent(ExtentType.SYMMETRIC, half), boolean)


def _of(mention: Mention, profiles: tuple, reached: tuple[float, float]) -> Iterator[Extrude]:
    """The extrudes that make one thing."""
    boolean = Boolean.CUT if mention.noun in CUTS else Boolean.JOIN
    if boolean is Boolean.CUT and mention.height is None:
        yield from _through(profiles, reached)
    elif mention.height is not None:
        into = -1 if boolean is Boolean.CUT else 1
        yield from _either_way(profiles, into * mention.height, boolean, symmetric=False)


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
