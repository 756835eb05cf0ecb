"""Holes and turned grooves that make true what a caption says, each as one operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from cadcomplete.captions.mention import Caption, Form, Mention, Noun
from cadcomplete.captions.outlines import near, outlined
from cadcomplete.captions.places import places
from cadcomplete.captions.planes import PlaneView, views
from cadcomplete.captions.state import last_sketch, left, regions
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Line
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.hole_kinds import Head
from cadcomplete.history.holes import Counterbore, Countersink, Hole
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Boolean, Revolve
from cadcomplete.history.reach import heights
from cadcomplete.history.revolve import turned
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.turn_axis import FULL, TurnAxis

_PLANES = 8
_EACH = 14  # arrangements of one thing on one plane
_AXES = 8


def holes(caption: Caption, given: CadSequence) -> Iterator[Hole]:
    """Yield holes that are said and missing, on ends and sides of the part, from outside."""
    missing = left(caption, given)
    for view in views(given)[:_PLANES]:
        try:
            reached = heights(view.plane, given.operations)
        except (GeometryError, UnsupportedError):
            return
        if reached is None or reached[1] > 1e-6:  # it does not look out of the part
            continue
        for mention in missing:
            if mention.noun is Noun.HOLE and mention.form is Form.ROUND and mention.diameters:
                yield from _drilled(headed(mention, caption), view)


def headed(mention: Mention, caption: Caption) -> Mention:
    """Return a hole that is left to make with the head that the caption says of it."""
    for one in caption.mentions:
        if one.noun is Noun.HOLE and one.head is not None and one.diameters == mention.diameters:
            return one
    return mention


def _head(mention: Mention) -> Head:
    if mention.head is None:
        return None
    return Countersink(*mention.head) if mention.sunk else Counterbore(*mention.head)


def _drilled(mention: Mention, view: PlaneView) -> Iterator[Hole]:
    diameter, head = mention.diameters[0], _head(mention)
    for points in islice(places(mention, view, (diameter, diameter)), _EACH):
        yield Hole(view.plane, diameter, mention.height, points, head)


def is_cone(mention: Mention, caption: Caption) -> bool:
    """Whether what is left to make is a countersink: no circle is cut for that."""
    return any(one.sunk and mention == one.steps[-1] for one in caption.mentions if one.head)


def sunk_holes(mention: Mention, view: PlaneView, loops: tuple[Loop, ...], *, sign: float) -> Hole:
    """Return countersunk holes where circles are drawn; `sign` is where the part is, along the
    normal of the plane."""
    plane, centers = view.plane, [outlined(loop).center for loop in loops]
    if sign > 0:
        x, y, z = plane.normal
        plane = replace(plane, normal=(0.0 - x, 0.0 - y, 0.0 - z))
        centers = [(x, 0.0 - y) for x, y in centers]
    return Hole(plane, mention.diameters[0], mention.height, tuple(centers), _head(mention))


def drilled_as_said(hole: Hole, caption: Caption, given: CadSequence) -> bool | None:
    """Say whether a hole is one that is said and missing; None if none is."""
    said = [headed(m, caption) for m in left(caption, given) if m.noun is Noun.HOLE and m.diameters]
    if not said:
        return None
    return any(_same(hole, mention) for mention in said)


def _same(hole: Hole, mention: Mention) -> bool:
    if not near(hole.diameter, mention.diameters[0]) or hole.head != _head(mention):
        return False
    if mention.count is not None and len(hole.centers) != mention.count:
        return False
    if mention.height is not None and (hole.depth is None or not near(hole.depth, mention.height)):
        return False
    return mention.through is not True or hole.depth is None


def revolves(caption: Caption, given: CadSequence) -> Iterator[Revolve]:
    """Yield revolves of the newest sketch all around its own straight edges and axes."""
    waits = last_sketch(given)
    if waits is None:
        return
    index, sketch = waits
    first = not any(operation.builds for operation in given.operations)
    for profiles in regions(index, sketch)[:2]:
        for axis in islice(_axes(sketch.loops[profiles[0].outer].curves), _AXES):
            for does in (Boolean.NEW_BODY,) if first else (Boolean.CUT, Boolean.JOIN):
                one = Revolve(profiles, Extent(ExtentType.ONE_SIDED, FULL), axis, does)
                try:
                    for profile in profiles:
                        turned(one, profile, given.operations)
                except GeometryError:
                    continue
                yield one


def _axes(curves: tuple[object, ...]) -> Iterator[TurnAxis]:
    """The axes of the sketch, then its straight edges, the longest first."""
    yield TurnAxis((0.0, 0.0), (0.0, 1.0))
    yield TurnAxis((0.0, 0.0), (1.0, 0.0))
    lines = sorted((c for c in curves if isinstance(c, Line)), key=lambda line: -line.length)
    for line in lines:
        (x, y), (u, v) = line.start, line.end
        yield TurnAxis.of(line.start, (u - x, v - y))
