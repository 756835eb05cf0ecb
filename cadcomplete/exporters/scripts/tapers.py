"""Extrudes with leaning walls, as far as a library makes them sharp as they are here."""

from __future__ import annotations

from cadcomplete.errors import UnsupportedError
from cadcomplete.exporters.scripts.draft import At, Called
from cadcomplete.exporters.scripts.sums import ratio
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.extrude import Extrude
from cadcomplete.readers.scripts.corners import has_corner


def sides(extent: Extent) -> tuple[Extent, ...]:
    """Return what is extruded at once: of two sides that lean each by itself."""
    if extent.straight or extent.type is not ExtentType.TWO_SIDED:
        return (extent,)
    return tuple(
        Extent(ExtentType.ONE_SIDED, distance, start=extent.start, taper=taper)
        for distance, taper in extent.parts
    )


def taper_text(at: At, called: Called, extent: Extent) -> str:
    """Return the argument for how much walls lean; "" if they do not."""
    if not extent.taper:
        return ""
    name = at.draft.variables.named(called.noun, called.own, "taper", ratio(extent.taper))
    return f", taper={name}"


def check_sharp(extrude: Extrude, at: At, *, holes: bool, opens: bool) -> None:
    """Raise UnsupportedError for what a library would round, or does not taper at all.

    Where walls lean to the side of a corner that is drawn open, libraries put a cone. `holes` is
    whether it tapers profiles with holes, `opens` whether it keeps corners sharp that stand out.
    """
    for side in sides(extrude.extent):
        for profile in extrude.profiles if side.taper else ():
            loops = [at.draft.loop(profile, index) for index in profile.loops]
            if len(loops) > 1 and not holes:
                raise UnsupportedError(["Extrude (tapered, of a profile with holes)"])
            if (side.taper > 0 or not opens) and has_corner(loops[0], inner=side.taper > 0):
                raise UnsupportedError(["Extrude (tapered, with corners that open)"])
