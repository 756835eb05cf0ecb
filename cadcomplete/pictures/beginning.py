"""First sketches: faces that are seen, in sizes that are said, or else in usual ones.

No picture says how large a part is, nor where it lies: its middle or its corner is in the origin.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Array, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Sketch
from cadcomplete.pictures.extruding import Guess
from cadcomplete.pictures.faces import SeenFace, clear, described, seen_faces
from cadcomplete.pictures.rounding import rounded
from cadcomplete.pictures.scene import PictureScene

USUAL_SIZES = (40.0, 20.0, 10.0, 200.0, 150.0, 100.0, 50.0, 30.0)
"""Sides in mm that first sketches have most often, of 639 of the training splits; each 2 to 3 %."""

_FACES = 8
_NATS = 9.0  # for a face that is all that is seen, and of which each line is usual
_LIKE = 0.07  # by how much a sketch may differ from a face that shows it
_TOLD = 0.12  # logarithm by which the ratio of said sizes may differ from that of the face
_PLACES = (0.0, 1.6, 2.2, 2.2, 2.2)
"""Nats by which places are rarer than the middle in the origin, as they were counted: the corner
below left, the middle of the lower side and of the left one, a circle in it."""

_FEWER = 0.3  # nats by which it is rarer that holes are not drawn along
_ALONE, _NEXT = 1.0, 0.1  # by which sizes are rarer of which only one fits; each after the first
_ROUNDER = 0.012  # of the size of a sketch by which what is seen may be rounded
_SIDEWAYS = 1.0  # nats by which first sketches are rarer across x than across y or z
_QUARTER = 12.0  # degrees


def first_sketches(scene: PictureScene, *, most: int) -> list[Guess]:
    """Return sketches to begin with, those first that show most and are usual."""
    found: dict[Sketch, float] = {}
    for face in faces_of(scene)[:_FACES]:
        sideways = _SIDEWAYS * abs(face.plane.normal[0])
        for sketch, rarer in _drawn(face, scene.sizes):
            nats = _NATS * clear(face) - sideways - rarer
            found[sketch] = max(nats, found.get(sketch, -math.inf))
    order = sorted(found.items(), key=lambda pair: -pair[1])
    return [Guess((sketch,), nats) for sketch, nats in order[:most]]


def faces_of(scene: PictureScene) -> list[SeenFace]:
    """Return the faces that are seen, found only once."""
    if "faces" not in scene.asked:
        scene.asked["faces"] = seen_faces(scene.sight)
    return scene.asked["faces"]


def begun(scene: PictureScene, sketch: Sketch) -> float:
    """Return the nats for a first sketch, of any size: how much it is like a face that is seen."""
    if not sketch.loops:
        return 0.0
    own = np.array(described(sketch.loops))
    normal, best = np.array(sketch.plane.normal), 0.0
    for face in faces_of(scene):
        if abs(abs(float(normal @ np.array(face.plane.normal))) - 1) > 1e-6:
            continue
        turned = abs(float(np.array(sketch.plane.x_axis) @ np.array(face.plane.x_axis))) < 0.5
        for loops in (face.loops, face.loops[:1]):
            seen = np.array(described(loops))
            seen[0] *= -1 if turned else 1
            off = float(np.linalg.norm(own - seen)) / _LIKE
            best = max(best, _NATS * clear(face) * math.exp(-off * off / 2))
    return best


def _drawn(face: SeenFace, said: Sequence[float]) -> Iterator[tuple[Sketch, float]]:
    """Yield a face as a sketch of each likely size, and how unusual that is."""
    boxes = np.array([loop.box for loop in face.loops])
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    for size, rarer in _sizes(high - low, said):
        for fewer, loops in enumerate(dict.fromkeys((face.loops, face.loops[:1]))):
            for place, at in enumerate(_places(loops, low, high)):
                by = size / (high - low)
                ends = np.stack([low - at, high - at]) * by
                drawn = tuple(_scaled(loop, at, by, ends) for loop in loops)
                if not any(curve.problem for loop in drawn for curve in loop.curves):
                    yield Sketch(face.plane, drawn), rarer + _FEWER * fewer + _PLACES[place]


def _sizes(seen: Array, said: Sequence[float]) -> Iterator[tuple[Array, float]]:
    """Yield how wide and high something may be, in mm, shape (2,): as is said, or as is usual; and
    by how many nats each is rarer.
    """
    ratio, fits = math.log(seen[0] / seen[1]), False
    for i, a in enumerate(said):
        for j, b in enumerate(said):
            off = abs(ratio - math.log(a / b))
            if off < _TOLD and (i != j or abs(ratio) < _TOLD):
                fits = True
                yield np.array([a, b]), off + _NEXT * (i + j)
    if fits:
        return
    for number, size in enumerate(said or USUAL_SIZES):
        both = seen * (size / float(seen.max()))
        sides = np.array([next(rounded(side, off=_ROUNDER * size)) for side in both.tolist()])
        yield sides, _ALONE + number * _NEXT


def _places(loops: Sequence[Loop], low: Array, high: Array) -> Iterator[Array]:
    """Yield what of a face lies in the origin: its middle, the corner below left, a circle's
    center, the middle of a side.
    """
    middle = (low + high) / 2
    yield middle
    if len(loops[0].curves) > 1:
        yield low
        yield np.array([middle[0], low[1]])
        yield np.array([low[0], middle[1]])
    for loop in loops[1:2]:
        curve = loop.curves[0]
        if isinstance(curve, Circle):
            yield np.array(curve.center)


def _scaled(loop: Loop, origin: Array, by: Array, ends: Array) -> Loop:
    """A loop in mm, its numbers where the whole ends, shape (2, 2), or round if they nearly are."""
    off = _ROUNDER * float(np.ptp(ends, axis=0).max())

    def move(point: Vec2) -> Vec2:
        moved = ((np.array(point) - origin) * by).tolist()
        x, y = (_rounded(value, ends[:, i], off) for i, value in enumerate(moved))
        return (x, y)

    first = loop.curves[0]
    if isinstance(first, Circle):
        wide = 2 * first.radius * float(by.mean())
        whole = float(np.ptp(ends, axis=0).max())
        wide = whole if abs(wide - whole) < off else next(rounded(wide, off=off))
        return Loop((Circle(move(first.center), wide / 2),))
    return Loop(tuple(_moved(curve, move) for curve in loop.curves))


def _moved(curve: Curve, move: Callable[[Vec2], Vec2]) -> Curve:
    """A line or an arc between moved ends; arcs of nearly a quarter or a half are that."""
    start, end = move(curve.start), move(curve.end)
    if not isinstance(curve, Arc):
        return Line(start, end)
    quarters = round(curve.sweep / 90) * 90
    return Arc.from_sweep(
        start, end, quarters if quarters and abs(quarters - curve.sweep) < _QUARTER else curve.sweep
    )


def _rounded(value: float, ends: Array, off: float) -> float:
    for known in (0.0, *ends.tolist()):
        if abs(value - known) < off:
            return round(known, 6) + 0.0
    return next(rounded(2 * value, off=off)) / 2
