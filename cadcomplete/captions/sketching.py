"""Sketches that make true what a caption says: its holes, pockets and bosses, where they may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest

from cadcomplete.captions.drawing import At, circle, drawn_loop
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
_EACH = 14  # arrangements of one thing on one plane


def sketches(caption: Caption, given: CadSequence) -> Iterator[Sketch]:
    """Yield sketches of what is said and not made yet, on faces that are there."""
    things = list(drawable(caption, given))
    rounds = sorted({m.diameters[0] for m in things if m.diameters and m.form is not Form.POLYGON})
    seen = views(given)[:_PLANES]
    for view in seen:
        for mention in things:
            for loops in islice(arranged(mention, view), _EACH):
                yield Sketch(view.plane, loops)
                for around in _rings(loops, view, rounds):
                    yield Sketch(view.plane, around)
        for loop in dict.fromkeys(view.loops[:4]):
            if caption.lengths and all(told(s, caption.lengths) for s in outlined(loop).sizes):
                yield Sketch(view.plane, (loop,))


def drawable(caption: Caption, given: CadSequence) -> Iterator[Mention]:
    """Yield the things that are missing, the base as well if that was not drawn, step by step."""
    for mention in left(caption, given):
        if mention.noun in (*CUTS, Noun.BOSS):
            yield mention
    if caption.base is not None:
        yield from caption.base.steps


def arranged(mention: Mention, view: PlaneView) -> Iterator[tuple[Loop, ...]]:
    """Yield the loops of a thing on a plane, in each of the ways in which it may lie there."""
    left_, bottom, right, top = view.box
    wide = right - left_ >= top - bottom
    alike = mention.form in (Form.ROUND, Form.RING) or len(set(mention.sizes[:2])) == 1
    ways = []
    for turned in (not wide,) if alike else (not wide, wide):
        shape = drawn_loop(mention, turned=turned)
        if shape is not None:
            ways.append(_placed(mention, view, shape))
    for each in zip_longest(*ways):
        yield from (loops for loops in each if loops is not None)


def _placed(mention: Mention, view: PlaneView, shape: At) -> Iterator[tuple[Loop, ...]]:
    a, b, c, d = shape((0.0, 0.0)).box
    for points in places(mention, view, (c - a, d - b)):
        yield tuple(shape(point) for point in points)


def _rings(
    loops: tuple[Loop, ...], view: PlaneView, rounds: Sequence[float]
) -> Iterator[tuple[Loop, ...]]:
    """A circle with the nearest that is there around it, or in it, and with those to be drawn."""
    own = outlined(loops[0])
    if len(loops) != 1 or own.form is not Form.ROUND:
        return
    same = [
        loop
        for loop, other in zip(view.loops, view.outlines, strict=False)
        if other.form is Form.ROUND
        and distance(own.center, other.center) < 1e-4
        and abs(other.length - own.length) > 1e-3
    ]
    if same:
        yield (min(same, key=lambda loop: abs(outlined(loop).length - own.length)), loops[0])
    for diameter in rounds:
        if diameter > own.length:
            yield (circle(own.center, diameter), loops[0])
