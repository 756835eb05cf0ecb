"""Loops out of curves as files store them: in order or not, reversed or not, nearly touching."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np

from cadcomplete.errors import ReadError
from cadcomplete.history.bent import Bent, evenly
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Vec2, distance
from cadcomplete.history.operations import Loop

MOST_CURVES = 200_000
"""Most curves of a history: a file that lists one sketch a thousand times is no part."""

MOST_LOOPS = 30_000
"""Most loops of one profile: which lies in which is asked of all pairs."""

_MOST_ORDERED = 5_000
"""Most curves of a loop that is put in order: files out of order are small, or made to be slow."""

Region = tuple[int, tuple[int, ...]]
"""Outer loop and holes, by their indices in the sketch."""


_NOTHING = 6e-7
"""Length in mm below which a curve is none: what the text rounds to nothing."""


def without_nothing(curves: list[Curve]) -> list[Curve]:
    """Return the curves of a loop without those too short to be told, if any others are left."""
    told = [c for c in curves if c.closed or _reach(c) > _NOTHING]
    return told or curves


def _reach(curve: Curve) -> float:
    """How far a curve goes from where it starts."""
    if isinstance(curve, Bent):
        return curve.length
    far = curve.mid if isinstance(curve, Arc) else curve.end
    return max(distance(curve.start, far), distance(curve.start, curve.end))


def chain(curves: list[Curve]) -> tuple[list[Curve], bool]:
    """Turn curves head to tail and close small gaps, so that ends meet exactly.

    Returns them, and whether they had to be put in another order. The last curve may end away
    from the first: such a loop is open. Raises ReadError if they do not make one loop, or a circle
    stands among others.
    """
    if len(curves) == 1:
        return curves, False
    for number, curve in enumerate(curves):
        if curve.closed:
            where = f".profile_curves[{number}]"
            what = "a circle" if isinstance(curve, Circle) else "an ellipse"
            raise ReadError(f"{what} is a loop by itself", where=where)
    size = max(abs(v) for curve in curves for v in (*curve.start, *curve.end))
    near = 1e-6 * size + 1e-6
    number = _apart(curves, near)
    if number is None:
        return _joined(curves, near), False
    ordered = _ordered(curves, near) if len(curves) <= _MOST_ORDERED else None
    if ordered is not None and _apart([*ordered, ordered[0]], near) is None:
        return _joined(ordered, near), True
    pen, gap = _gap(curves, number)
    raise ReadError(
        "the curve does not touch the one before it, and no other order makes a closed loop",
        where=f".profile_curves[{number}]",
        expected=f"an end at ({pen[0]:.9g}, {pen[1]:.9g}) mm",
        got=f"a gap of {gap:.6g} mm",
    )


def _turned(curves: list[Curve], near: float) -> list[Curve]:
    """Turn each curve so that it starts where the one before it ends, where it can."""
    first, second = curves[0], curves[1]
    if min(distance(first.end, second.start), distance(first.end, second.end)) > near:
        first = first.reversed()
    turned = [first]
    for curve in curves[1:]:
        pen = turned[-1].end
        if distance(pen, curve.start) > near and distance(pen, curve.end) <= near:
            curve = curve.reversed()
        turned.append(curve)
    return turned


def _apart(curves: list[Curve], near: float) -> int | None:
    """The first curve that does not touch the one before it."""
    turned = _turned(curves, near)
    pairs = enumerate(itertools.pairwise(turned), start=1)
    return next((i for i, (a, b) in pairs if distance(a.end, b.start) > near), None)


def _joined(curves: list[Curve], near: float) -> list[Curve]:
    """Curves that touch, each moved to start exactly where the one before it ends."""
    first, *others = _turned(curves, near)
    chained = [first]
    for curve in others:
        chained.append(curve.moved(chained[-1].end, curve.end))
    if distance(chained[-1].end, first.start) <= near:
        chained[-1] = chained[-1].moved(chained[-1].start, first.start)
    return chained


def _gap(curves: list[Curve], number: int) -> tuple[Vec2, float]:
    """From where to where a curve lies away from the one before it, whichever way both run."""
    before, after = curves[number - 1], curves[number]
    pens = [before.start, before.end]
    if number > 1:  # then the one before it touches another, with the end it starts from
        other = curves[number - 2]
        taken = {p: min(distance(p, other.start), distance(p, other.end)) for p in pens}
        pens = [max(taken, key=lambda p: taken[p])]
    gaps = {p: min(distance(p, after.start), distance(p, after.end)) for p in pens}
    pen = min(gaps, key=lambda p: gaps[p])
    return pen, gaps[pen]


def _ordered(curves: list[Curve], near: float) -> list[Curve] | None:
    """The curves in an order in which they touch, if there is one: from the first, both ways."""
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, curve in enumerate(curves):
        for point in (curve.start, curve.end):
            cells[_cell(point, near)].append(number)
    left = set(range(1, len(curves)))

    def follow(pen: Vec2) -> list[Curve]:
        found: list[Curve] = []
        while (number := _touching(pen, cells, left, curves, near)) is not None:
            left.remove(number)
            curve = curves[number]
            if distance(pen, curve.start) > near:
                curve = curve.reversed()
            found.append(curve)
            pen = curve.end
        return found

    ahead = follow(curves[0].end)
    behind = follow(curves[0].start)
    return None if left else [*(c.reversed() for c in reversed(behind)), curves[0], *ahead]


def _cell(point: Vec2, near: float) -> tuple[int, int]:
    return (math.floor(point[0] / near), math.floor(point[1] / near))


def _touching(
    pen: Vec2,
    cells: dict[tuple[int, int], list[int]],
    left: set[int],
    curves: list[Curve],
    near: float,
) -> int | None:
    """The first curve among those that are left with an end at the pen."""
    column, row = _cell(pen, near)
    around = itertools.product((column - 1, column, column + 1), (row - 1, row, row + 1))
    found = {i for cell in around for i in cells.get(cell, ()) if i in left}
    touch = (i for i in sorted(found) if _reaches(curves[i], pen, near))
    return next(touch, None)


def _reaches(curve: Curve, pen: Vec2, near: float) -> bool:
    return min(distance(pen, curve.start), distance(pen, curve.end)) <= near


def loop_key(loop: Loop) -> object:
    """The same for loops of the same curves, whatever their order and direction."""
    keys: list[object] = []
    for curve in loop.curves:
        ends = sorted(map(_rounded, (curve.start, curve.end)))
        keys.append((type(curve), *ends, _rounded(_inner(curve))))
    return frozenset(keys)


def _rounded(point: Vec2) -> Vec2:
    return (round(point[0], 5), round(point[1], 5))


def _inner(curve: Curve) -> Vec2:
    """What tells curves with the same ends apart: circles may touch where they start."""
    if isinstance(curve, Line):
        return (0.0, 0.0)
    if isinstance(curve, Bent):
        x, y = evenly(curve, 3)[1].tolist()
        return (x, y)
    return curve.mid if isinstance(curve, Arc) else curve.center


def group_loops(indices: list[int], loops: list[Loop]) -> tuple[Region, ...]:
    """Group the loops of one profile: the largest is outer, what lies in it is a hole.

    Raises ReadError for more loops than a profile can have.
    """
    if len(indices) < 2:
        return tuple((index, ()) for index in indices)
    if len(indices) > MOST_LOOPS:
        expected = f"up to {MOST_LOOPS}"
        raise ReadError("too many loops in one profile", expected=expected, got=len(indices))
    ordered = np.array(sorted(dict.fromkeys(indices), key=lambda i: -abs(loops[i].area)))
    boxes = np.array([loops[i].box for i in ordered])  # left, bottom, right, top
    regions: list[Region] = []
    while len(ordered):
        outer, box = int(ordered[0]), boxes[0]
        inside = (boxes[1:, :2] >= box[:2]).all(axis=1) & (boxes[1:, 2:] <= box[2:]).all(axis=1)
        regions.append((outer, tuple(sorted(ordered[1:][inside].tolist()))))
        ordered, boxes = ordered[1:][~inside], boxes[1:][~inside]
    return tuple(regions)
