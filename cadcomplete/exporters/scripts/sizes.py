"""The dimensions of a shape as variables: `hole_diameter / 2`, `plate_length`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from cadcomplete.errors import GeometryError
from cadcomplete.exporters.scripts.draft import Called, Draft
from cadcomplete.exporters.scripts.outlines import (
    CircleShape,
    PolygonShape,
    RectangleShape,
    SlotShape,
)
from cadcomplete.exporters.scripts.places import Grid, Ring
from cadcomplete.exporters.scripts.sums import ratio
from cadcomplete.history.curves import Arc
from cadcomplete.history.fields import number
from cadcomplete.history.loops import Loop

Naming = Callable[[str, float], str]
"""From what a dimension is, and its value in mm, to its variable."""


def naming(draft: Draft, called: Called) -> Naming:
    """Return what names the dimensions of a thing."""

    def named(what: str, value: float) -> str:
        return draft.variables.named(called.noun, called.own, what, number(value))

    return named


def counted(draft: Draft, called: Called, count: int) -> str:
    """Return the variable for how many there are of a thing."""
    return draft.variables.named(called.noun, called.own, "count", str(count))


def radius(shape: CircleShape, named: Naming) -> str:
    """The radius of a circle: people give its diameter."""
    return f"{named('diameter', 2 * shape.radius)} / 2"


def sides(shape: RectangleShape, named: Naming) -> tuple[str, str]:
    """The sides of a rectangle along x and y."""
    return named("length", shape.width), named("width", shape.height)


def slot(shape: SlotShape, named: Naming) -> tuple[str, str]:
    """The length of a slot overall, and its width."""
    return named("length", shape.length), named("width", shape.width)


def regular(shape: PolygonShape, named: Naming) -> str:
    """The radius of the circle around a polygon."""
    return named("radius", shape.radius)


def spacings(grid: Grid, named: Naming) -> tuple[str, str]:
    """The spacing of columns and rows; 1 where there is only one of them."""
    columns, rows = grid.spacing
    if not columns or not rows or number(columns) == number(rows):
        said = named("spacing", columns or rows)
        return said if columns else "1", said if rows else "1"
    return named("x_spacing", columns), named("y_spacing", rows)


def circle_around(ring: Ring, named: Naming) -> str:
    """The radius of the circle on which things lie."""
    return f"{named('circle_diameter', 2 * ring.radius)} / 2"


def times(text: str, factor: float) -> str:
    """Return a length, as code says it, so many times."""
    said = ratio(factor)
    if said in ("0", "1", "-1"):
        return {"0": "0", "1": text, "-1": f"-{text}"}[said]
    return f"{text} * {said}"


def radii(loops: Iterable[Loop]) -> frozenset[str]:
    """Return the radii of arcs that loops repeat, as text: those deserve a variable."""
    found: Counter[str] = Counter()
    for loop in loops:
        for curve in loop.curves:
            if isinstance(curve, Arc):
                try:
                    found[number(curve.radius)] += 1
                except GeometryError:
                    continue
    return frozenset(text for text, count in found.items() if count > 1)
