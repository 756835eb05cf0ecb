"""Sketches that make true what a caption says: its holes, pockets and bosses, where they may be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from cadcomplete.captions.drawing import drawn_loop
from cadcomplete.captions.mention import Caption, Form, Mention, Noun
from cadcomplete.captions.outlines import outlined, told
from cadcomplete.captions.places import places
from cadcomplete.captions.planes import PlaneView, views
from cadcomplete.captions.state import CUTS, left
from cadcomplete.history.geometry import distance
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import CadSequence

_PLANES = 8
_EACH = 8  # arrangements of one thing on one plane


def sketches(caption: Caption, given: CadSequence) -> Iterator[Sketch]:
    """Yield sketches of what is said and not made yet, on faces that are there."""
    things = list(drawable(caption, given))
    seen = views(given)[:_PLANES]
    for view in seen:
        for mention in things:
            for loops in islice(arranged(mention, view), _EACH):
                yield Sketch(view.plane, loops)
                around = _ring(loops, view)
                if around is not None:
                    yield Sketch(view.plane, around)
        for loop in dict.fromkeys(view.loops[:4]):
            if caption.lengths and all(told(s, caption.lengths) for s in outlined(loop).sizes):
                yield Sketch(view.plane, (loop,))


def drawable(caption: Caption, given: CadSequence) -> Iterator[Mention]:
    """Yield the things that are missing, the base as well if that was not drawn, step by step."""
    for mention in left(caption, given):
        if mention.noun in (*CUTS, Noun.BOSS):
            yield from _each(mention)
    if caption.base is not None:
        yield from _each(caption.base)


def _each(mention: Mention) -> Iterator[Mention]:
    """A thing, and for one with steps each of them alone."""
    from dataclasses import replace

    if len(mention.diameters) < 2:
        yield mention
    for diameter in dict.fromkeys(mention.diameters) if len(mention.diameters) > 1 else ():
        yield replace(mention, diameters=(diameter,), form=Form.ROUND)
    if mention.head is not None:
        yield replace(mention, diameters=mention.head[:1])


def arranged(mention: Mention, view: PlaneView) -> Iterator[tuple[Loop, ...]]:
    """Yield the loops of a thing on a plane, in each of the ways in which it may lie there."""
    left_, bottom, right, top = view.box
    wide = right - left_ >= top - bottom
    for turned in (not wide, wide):
        shape = drawn_loop(mention, turned=turned)
        if shape is None:
            return
        a, b, c, d = shape((0.0, 0.0)).box
        for points in places(mention, view, (c - a, d - b)):
            yield tuple(shape(point) for point in points)
        if mention.form in (Form.ROUND, Form.RING) or len(set(mention.sizes[:2])) == 1:
            return


def _ring(loops: tuple[Loop, ...], view: PlaneView) -> tuple[Loop, ...] | None:
    """A circle with one that is there around it, or in it: the nearest; None if there is none."""
    if len(loops) != 1:
        return None
    own = outlined(loops[0])
    if own.form is not Form.ROUND:
        return None
    same = [
        loop
        for loop, other in zip(view.loops, view.outlines, strict=False)
        if other.form is Form.ROUND
        and distance(own.center, other.center) < 1e-4
        and abs(other.length - own.length) > 1e-3
    ]
    if not same:
        return None
    nearest = min(same, key=lambda loop: abs(outlined(loop).length - own.length))
    return (nearest, loops[0])
