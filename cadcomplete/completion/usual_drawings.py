"""What designers draw next on a plane: what stands there again, moved in or out, around a middle.

Each drawing says what it is (`DRAWINGS`) and what of it is known; how probable that makes it was
counted. Lengths in mm, in the x and y of the plane.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product

import numpy as np

from cadcomplete.baselines.regions import nesting_of
from cadcomplete.completion.usual import exact
from cadcomplete.completion.usual_planes import Box, DrawingPlace, SeenSketch
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.geometry import XY, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.nesting import Nesting
from cadcomplete.history.offsets import offset
from cadcomplete.history.operations import Sketch

RADII = (
    *(0.25, 0.5, 0.75, 0.8, 1.0, 1.25, 1.5, 1.6, 1.75, 2.0, 2.1, 2.25, 2.5, 2.75, 3.0, 3.175, 3.5),
    *(4.0, 4.5, 5.0, 5.5, 6.0, 6.35, 7.0, 7.5, 8.0, 9.0, 9.5, 10.0, 11.0, 12.0, 12.5, 13.0, 14.0),
    *(15.0, 16.0, 17.5, 19.05, 20.0, 22.5, 25.0, 27.5, 30.0, 35.0, 37.5, 40.0, 45.0, 50.0, 60.0),
)
"""Radii in mm that are common in the training data, and fill the gaps between them."""

WIDTHS = (
    *(0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.175, 4.0, 5.0, 6.0, 6.35, 7.0, 8.0, 10.0, 12.0, 12.7),
    *(15.0, 16.0, 18.0, 20.0, 25.0, 25.4, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0),
)
"""Widths of walls and strips in mm that are common."""

DRAWINGS = (
    *("whole", "outer loops", "inner loops", "one region", "one loop", "loops alike"),
    *("offset", "wall", "circle", "circle around", "ring", "circles alike"),
    *("box", "cell", "strip", "mirrored", "in a row"),
)
"""What a drawing is: a sketch again; its loops that lie in no other; those that do; a loop with
those right inside of it; a loop alone; all circles of one size; an outline moved in or out; that
and the outline; a circle in a middle; around another one; with that; circles that are there, of
another size; the box around the part; a rectangle between edges that are there; one that crosses
the part; the mirror image; once more as far on."""

NUMBERS = ("none", "there", "derived", "usual")
"""Where the one number of a drawing that is free comes from: there is none; it stands there; half,
double, or that and a width that is there; a usual one."""

_LOOPS = 6  # of a sketch that are drawn alone
_CURVES = 40  # of what is drawn again, at most
_CENTERS = 6
_USUALLY = 3  # middles in which radii are tried that do not stand anywhere
_EDGES = 4
_HOLLOW = 0.25  # of a ring, as a share of the circle that is there
_THINNEST = 0.03  # of what walls are, as a share of half of what they are around
_ORIGIN = np.zeros((1, 3))
_LEAST, _MOST = 0.05, 1.1  # radius of a usual circle, as a share of half of what it is drawn in


@dataclass(frozen=True, slots=True)
class DrawingIdea:
    """Loops that may be drawn on a plane.

    Attributes:
        kind: one of `DRAWINGS`.
        age: how many sketches are newer than what it is made of; of a circle, how many middles
            come before its own.
        here: whether that lies on the plane.
        waits: whether nothing was made of that yet.
        number: one of `NUMBERS`.
        value: the number; 0 if there is none.
        around: half of the longest side of what the number is to fit in.
        beside: the radius of the circle that a circle is drawn around, or in; 0 for none.
    """

    kind: str
    loops: tuple[Loop, ...]
    age: int = 0
    here: bool = False
    waits: bool = False
    number: str = "none"
    value: float = 0.0
    around: float = 1.0
    beside: float = 0.0


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths that stand in a history, the newest first, each once.

    Attributes:
        radii: of circles and arcs.
        widths: heights of extrudes, sides of what was changed, and what radii differ by.
    """

    radii: tuple[float, ...]
    widths: tuple[float, ...]

    def of_circles(self) -> Iterator[tuple[str, float]]:
        """Yield radii, and where each comes from."""
        for radius in self.radii[:8]:
            yield "there", radius
        for radius in self.radii[:2]:
            yield "derived", radius / 2
            yield "derived", 2 * radius
            for width in self.widths[:2]:
                yield "derived", radius + width
                yield "derived", radius - width
        for width in self.widths[:3]:
            yield "derived", width / 2
        for radius in RADII:
            yield "usual", radius

    def of_walls(self) -> Iterator[tuple[str, float]]:
        """Yield widths, and where each comes from."""
        for width in self.widths[:4]:
            yield "there", width
        for width in WIDTHS:
            yield "usual", width


def drawings(view: DrawingPlace, lengths: Lengths) -> Iterator[DrawingIdea]:
    """Yield what may be drawn on a plane; some of it more than once."""
    for seen in view.sketches:
        yield from _again(seen)
    for seen in view.sketches[:1]:
        yield from _offsets(seen, lengths)
    for seen in view.sketches[:2]:
        yield from _mirrored(seen, view)
    yield from _in_a_row(view)
    yield from _circles(view, lengths)
    yield from _circles_alike(view, lengths)
    yield from _rectangles(view, lengths)


# --- what stands there --------------------------------------------------------------------------


def _again(seen: SeenSketch) -> Iterator[DrawingIdea]:
    """A sketch again, all of it or some of its loops."""
    loops = seen.loops
    if not loops or sum(len(loop.curves) for loop in loops) > _CURVES:
        return

    def drawn(kind: str, which: Sequence[int]) -> DrawingIdea:
        waits = not any(index in seen.swept for index in which)
        return DrawingIdea(kind, tuple(loops[i] for i in which), seen.age, seen.here, waits)

    yield drawn("whole", range(len(loops)))
    if len(loops) == 1:
        return
    nested = nested_in(loops)
    roots = nested.roots
    inner = [i for i in nested.children if i not in roots]
    if inner:
        yield drawn("outer loops", roots)
        yield drawn("inner loops", inner)
    for index in sorted(nested.areas, key=lambda i: -nested.areas[i])[:_LOOPS]:
        yield drawn("one region", (index, *nested.children[index]))
        yield drawn("one loop", (index,))
    for group in alike_circles(loops):
        yield drawn("loops alike", group)


def nested_in(loops: tuple[Loop, ...]) -> Nesting:
    """Return how loops lie in each other."""
    return nesting_of(Sketch(XY, loops))


def alike_circles(loops: tuple[Loop, ...]) -> list[list[int]]:
    """Return the places of circles of one size, of each of which there are several."""
    groups: dict[float, list[int]] = {}
    for place, loop in enumerate(loops):
        if isinstance(loop.curves[0], Circle):
            groups.setdefault(round(loop.curves[0].radius, 4), []).append(place)
    return [group for group in groups.values() if len(group) > 1]


def _offsets(seen: SeenSketch, lengths: Lengths) -> Iterator[DrawingIdea]:
    """Outlines moved in and out, alone and with themselves."""
    roots = nested_in(seen.loops).roots if seen.loops else ()
    for index in roots[:1]:
        loop = seen.loops[index]
        half = _half(loop.box)
        if isinstance(loop.curves[0], Circle) or len(loop.curves) > _CURVES // 2:
            continue
        for number, width in _each(lengths.of_walls()):
            for inwards in (width, -width) if number == "there" else (width,):
                if _THINNEST * half < abs(inwards) < half:
                    moved = _offset(loop, inwards)
                    if moved is not None:
                        known = (seen.age, seen.here, False, number, inwards, half)
                        yield DrawingIdea("offset", (moved,), *known)
                        yield DrawingIdea("wall", (loop, moved), *known)


def _offset(loop: Loop, inwards: float) -> Loop | None:
    try:
        return offset(loop, inwards)
    except (GeometryError, UnsupportedError):
        return None


def _half(box: Box) -> float:
    left, bottom, right, top = box
    return max(min(right - left, top - bottom) / 2, 1e-9)


def _each(numbers: Iterator[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Each positive number once, the first time."""
    found: set[float] = set()
    for source, number in numbers:
        value = exact(number)
        if value > 0 and value not in found:
            found.add(value)
            yield source, value


# --- mirrored and moved -------------------------------------------------------------------------


def box_of(loops: Sequence[Loop]) -> Box:
    """Return the box around loops."""
    boxes = [loop_box(loop) for loop in loops]
    left, bottom, right, top = zip(*boxes, strict=True)
    return (min(left), min(bottom), max(right), max(top))


def loop_box(loop: Loop) -> Box:
    """Return the box around a loop; a circle's by formula."""
    first = loop.curves[0]
    if isinstance(first, Circle):
        (x, y), radius = first.center, first.radius
        return (x - radius, y - radius, x + radius, y + radius)
    return loop.box


def _mirrored(seen: SeenSketch, view: DrawingPlace) -> Iterator[DrawingIdea]:
    """A sketch, and each of its first loops, on the other side of a middle or of the origin."""
    if not seen.loops or sum(len(loop.curves) for loop in seen.loops) > _CURVES:
        return
    origin = view.plane.to_local(_ORIGIN)[0, :2].tolist()
    parts = [seen.loops, *((loop,) for loop in seen.loops[:2] if len(seen.loops) > 1)]
    for loops, axis in product(parts, (0, 1)):
        left, right = box_of(loops)[axis], box_of(loops)[axis + 2]
        for at in dict.fromkeys((view.middle[axis], exact(origin[axis]))):
            if abs(left + right - 2 * at) > 1e-6 * view.size:
                other = tuple(_flipped(loop, axis, at) for loop in loops)
                yield DrawingIdea("mirrored", other, seen.age, seen.here)


def _flipped(loop: Loop, axis: int, at: float) -> Loop:
    """The mirror image of a loop across a line along y (axis 0) or x (1), drawn the same way."""

    def moved(point: Vec2) -> Vec2:
        x, y = point
        return (exact(2 * at - x), y) if axis == 0 else (x, exact(2 * at - y))

    flipped = loop.moved(moved)
    return Loop(tuple(curve.reversed() for curve in reversed(flipped.curves)))


def _shifted(loops: Sequence[Loop], x: float, y: float) -> tuple[Loop, ...]:
    return tuple(loop.moved(lambda at: (exact(at[0] + x), exact(at[1] + y))) for loop in loops)


def _in_a_row(view: DrawingPlace) -> Iterator[DrawingIdea]:
    """The newest sketch as far on as it is from the one before it that is as large."""
    for one, other in pairwise(view.sketches):
        if not one.loops or not other.loops:
            continue
        a, b = box_of(one.loops), box_of(other.loops)
        same = all(abs((a[i + 2] - a[i]) - (b[i + 2] - b[i])) < 1e-4 * view.size for i in (0, 1))
        x, y = a[0] - b[0], a[1] - b[1]
        if same and max(abs(x), abs(y)) > 1e-4 * view.size:
            yield DrawingIdea("in a row", _shifted(one.loops, x, y), one.age, one.here)
        return


# --- circles ------------------------------------------------------------------------------------


def _circles(view: DrawingPlace, lengths: Lengths) -> Iterator[DrawingIdea]:
    """Circles in middles that are there, and those with a circle that is there."""
    there: dict[Vec2, list[float]] = {}
    for center, radius in view.rounds:
        there.setdefault(center, []).append(radius)
    radii = list(_each(lengths.of_circles()))
    for place, (center, half) in enumerate(middles(view)[:_CENTERS]):
        own = there.get(center, [])
        kind = "circle around" if own else "circle"
        for number, radius in radii:
            usual = number == "usual"
            if usual and (place >= _USUALLY or not _LEAST * half <= radius <= _MOST * half):
                continue
            if radius in own:
                continue
            circle = Loop((Circle(center, radius),))
            known = (place, False, False, number, radius, half, own[0] if own else 0.0)
            yield DrawingIdea(kind, (circle,), *known)
            for other in own[: place < _USUALLY]:
                ring = (Loop((Circle(center, other),)), circle)
                if radius > _HOLLOW * other:
                    yield DrawingIdea("ring", ring, *known)


def middles(view: DrawingPlace) -> list[tuple[Vec2, float]]:
    """Return where circles may have their centres, and half of the longest side around each."""
    found: dict[Vec2, float] = {}

    def add(at: Vec2, half: float) -> None:
        at = (exact(at[0]), exact(at[1]))
        found[at] = max(found.get(at, 0.0), half)

    for center, radius in view.rounds[:_CENTERS]:
        add(center, radius)
    for box in (view.box, *view.boxes[:3]):
        left, bottom, right, top = box
        add(((left + right) / 2, (bottom + top) / 2), max(right - left, top - bottom) / 2)
    x, y = view.plane.to_local(_ORIGIN)[0, :2].tolist()
    add((x, y), view.size / 2)
    for seen in view.sketches:
        for loop in seen.loops[:_LOOPS]:
            left, bottom, right, top = loop_box(loop)
            add(((left + right) / 2, (bottom + top) / 2), max(right - left, top - bottom) / 2)
    return list(found.items())


def _circles_alike(view: DrawingPlace, lengths: Lengths) -> Iterator[DrawingIdea]:
    """Circles where there are several of one size, of another."""
    for seen in view.sketches[:2]:
        for group in alike_circles(seen.loops):
            circles = [seen.loops[i].curves[0] for i in group]
            own = circles[0].radius if isinstance(circles[0], Circle) else 0.0
            for number, radius in _each(lengths.of_circles()):
                if radius != own and 0.3 * own < radius < 4 * own:
                    loops = tuple(Loop((Circle(c.center, radius),)) for c in circles)  # type: ignore[union-attr]
                    known = (seen.age, seen.here, False, number, radius, own)
                    yield DrawingIdea("circles alike", loops, *known)


# --- rectangles ---------------------------------------------------------------------------------


def _rectangles(view: DrawingPlace, lengths: Lengths) -> Iterator[DrawingIdea]:
    """Rectangles between edges that are there, and strips across the part."""
    xs, ys = (view.edges(axis)[:_EDGES] for axis in (0, 1))
    least = 1e-3 * view.size
    for (left, right), (bottom, top) in product(_spans(xs, least), _spans(ys, least)):
        box = (left, bottom, right, top)
        yield DrawingIdea("box" if box == view.box else "cell", (rectangle(box),))
    widths = [known for known in _each(lengths.of_walls()) if known[0] == "there"]
    for axis, (number, width) in product((0, 1), widths):
        low, high = view.box[axis], view.box[axis + 2]
        if not least < width < high - low:
            continue
        middle = view.middle[axis]
        spans = ((low, low + width), (high - width, high), (middle - width / 2, middle + width / 2))
        for start, end in spans:
            box = list(view.box)
            box[axis], box[axis + 2] = exact(start), exact(end)
            loops = (rectangle((box[0], box[1], box[2], box[3])),)
            yield DrawingIdea("strip", loops, 0, False, False, number, width, (high - low) / 2)


def _spans(edges: Sequence[float], least: float) -> list[tuple[float, float]]:
    pairs = (sorted(pair) for pair in combinations(edges, 2))
    return [(low, high) for low, high in pairs if high - low > least]


def rectangle(box: Box) -> Loop:
    """Return a rectangle, drawn counter-clockwise."""
    left, bottom, right, top = box
    corners = ((left, bottom), (right, bottom), (right, top), (left, top))
    return Loop(tuple(Line(a, b) for a, b in pairwise((*corners, corners[0]))))
