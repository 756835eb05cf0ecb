"""Later sketches that designers would draw, and how probable each is, as it was counted.

Whatever may be drawn on a plane (`usual_drawings.py`) may be on each that is there
(`usual_planes.py`); small regressions tell the likeliest. Shapes: C ideas, F facts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from cadcomplete.completion.counted import counted
from cadcomplete.completion.standing import Standing, standing
from cadcomplete.completion.usual import TURNED, dropped, exact
from cadcomplete.completion.usual_drawings import (
    DRAWINGS,
    NUMBERS,
    DrawingIdea,
    Lengths,
    box_of,
    drawings,
)
from cadcomplete.completion.usual_numbers import INCHES, STEPS, Units, unround
from cadcomplete.completion.usual_planes import PLACES, DrawingPlace, views
from cadcomplete.history.curves import Arc, Circle
from cadcomplete.history.geometry import Array, same_plane
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence

WHERE = ("here", "end", "start", "parallel", "aside")
"""Where a drawing lies, the first that is true: where what it is made of lies; where the newest
operation ends; where it begins; on a plane with a sketch parallel to it; on another one."""

_MIXED = tuple(f"{kind}, {where}" for kind in DRAWINGS for where in WHERE)

OF_SKETCHES = (
    *(f"on: {place}" for place in PLACES),
    *("drawn on (log)", "through the origin", "side of the part", "parallel to the newest"),
    *_MIXED,
    *("age", "waits"),
    *(f"number: {number}" for number in NUMBERS),
    *("not round", "not round in inches", "radius in middle (log)", "the same squared"),
    *("width in width (log)", "its square"),
    *("not round in its unit", "less round than the part", "rounder than the part"),
    "difference not round",
    *("size in part (log)", "size squared", "centred across", "centred up", "beyond the part"),
    *("loops (log)", "curves (log)"),
    *("habit: again", "habit: circles", "habit: on the end", "habit: parallel"),
)
"""What is known of a sketch that may be drawn."""


_AGAIN = ("whole", "mirrored", "in a row")
_ROUND = ("circle", "circle around", "ring", "circles alike", "loops alike")


@dataclass(frozen=True, eq=False)
class Thought:
    """A sketch that may be drawn, where, and what it is."""

    view: DrawingPlace
    drawing: DrawingIdea

    @property
    def sketch(self) -> Sketch:
        return Sketch(self.view.plane, self.drawing.loops)

    @cached_property
    def looks(self) -> tuple[float, ...]:
        """Its box in the plane, and the root of the area of its loops."""
        return looks_of(self.drawing.loops)


def thoughts(given: CadSequence) -> list[Thought]:
    """Return what may be drawn next; some of it comes to the same."""
    whole = replace(given, operations=given.operations[: given.whole_operations])
    lengths = lengths_of(standing(whole))
    return [Thought(view, one) for view in views(whole) for one in drawings(view, lengths)]


def lengths_of(there: Standing) -> Lengths:
    """Return the lengths that stand in a history."""
    radii: dict[float, None] = {}
    widths: dict[float, None] = {}
    for operation in reversed(there.operations):
        for radius in _radii(operation):
            radii.setdefault(exact(radius))
    for index in reversed(there.builders):
        box = there.changed(index)
        if box is not None:
            for side in (box[1] - box[0]).tolist():
                widths.setdefault(exact(side))
    first = list(radii)[:4]
    for one in first:
        for other in first:
            widths.setdefault(exact(abs(one - other)))
    widths.pop(0.0, None)
    return Lengths(tuple(radii), tuple(widths))


def looks_of(loops: Sequence[Loop]) -> tuple[float, ...]:
    """Return the box of loops, and the root of their area."""
    return (*box_of(loops), math.sqrt(sum(abs(loop.area) for loop in loops)))


def _radii(operation: Operation) -> Iterator[float]:
    for loop in operation.loops if isinstance(operation, Sketch) else ():
        for curve in loop.curves:
            if isinstance(curve, Circle | Arc) and not curve.problem:
                yield curve.radius


# --- what is known of them ----------------------------------------------------------------------


def sketch_facts(found: Sequence[Thought]) -> Array:
    """Return what is known of sketches that may be drawn, in the order of `OF_SKETCHES`, (C, F)."""
    if not found:
        return np.zeros((0, len(OF_SKETCHES)))
    columns = {name: number for number, name in enumerate(OF_SKETCHES)}
    facts = np.zeros((len(found), len(OF_SKETCHES)))
    first = columns["not round"]
    of_views = {
        id(view): list(_placed(view)) for view in {id(t.view): t.view for t in found}.values()
    }
    start = columns["drawn on (log)"]
    for row, thought in enumerate(found):
        view, drawing = thought.view, thought.drawing
        facts[row, columns[f"on: {view.place}"]] = 1.0
        known = of_views[id(view)]
        facts[row, start : start + len(known)] = known
        facts[row, columns[f"{drawing.kind}, {where(thought)}"]] = 1.0
        facts[row, columns["age"]] = math.log1p(drawing.age)
        facts[row, columns["waits"]] = float(drawing.waits)
        facts[row, columns[f"number: {drawing.number}"]] = 1.0
        values = [*_number(drawing, view.units), *_drawn(thought)]
        facts[row, first : first + len(values)] = values
    return facts


def where(thought: Thought) -> str:
    """Return which of `WHERE` is true of a drawing on a plane."""
    view, drawing = thought.view, thought.drawing
    if drawing.here:
        return "here"
    if view.place in ("end", "start"):
        return view.place
    return "parallel" if view.sketches else "aside"


def _placed(view: DrawingPlace) -> Iterator[float]:
    """What is known of a plane, in the order of the facts."""
    yield math.log1p(sum(seen.here for seen in view.sketches))
    yield float(abs(view.plane.offset) < 1e-3)
    yield float(view.outer)
    yield float(any(seen.age == 0 for seen in view.sketches))


def _number(drawing: DrawingIdea, units: Units) -> Iterator[float]:
    """How round the number is, and how large in what it is to fit in."""
    value = abs(drawing.value)
    if not value:
        yield from (0.0,) * 10
        return
    round_ = drawing.kind in _ROUND
    twice = 2 * value if round_ else value
    yield min(unround(value, STEPS), unround(twice, STEPS))
    yield min(unround(value, INCHES), unround(twice, INCHES))
    share = min(max(math.log(value / max(drawing.around, 1e-9)), -5.0), 3.0)
    yield from (share, share**2, 0.0, 0.0) if round_ else (0.0, 0.0, share, share**2)
    own = min(unround(value, units.steps), unround(twice, units.steps))
    yield from (own, max(own - units.roundness, 0.0), max(units.roundness - own, 0.0))
    apart = abs(value - drawing.beside)
    yield unround(apart, units.steps) if drawing.beside and apart else units.roundness


def _drawn(thought: Thought) -> Iterator[float]:
    """How large it is in the part, and how it lies."""
    drawing, view = thought.drawing, thought.view
    left, bottom, right, top, _ = thought.looks
    near = 1e-4 * view.size
    share = min(max(math.log(max(right - left, top - bottom, 1e-9) / view.size), -6.0), 3.0)
    yield from (share, share**2)
    yield float(abs((left + right) / 2 - view.middle[0]) < near)
    yield float(abs((bottom + top) / 2 - view.middle[1]) < near)
    a, b, c, d = view.box
    yield float(left < a - near or bottom < b - near or right > c + near or top > d + near)
    yield math.log(len(drawing.loops))
    yield math.log(sum(len(loop.curves) for loop in drawing.loops))
    habits = view.habits
    yield habits.again * (drawing.kind in _AGAIN)
    yield habits.round * (drawing.kind in _ROUND)
    yield habits.ending * (view.place == "end")
    yield habits.ahead * any(seen.age == 0 for seen in view.sketches)


# --- how probable they are ----------------------------------------------------------------------

_NEW = 0.002
"""How probable a sketch is that a model draws, and that nobody thinks of here."""

_ALIKE = 0.015  # of the size, by which box and root of the area of two that are one may differ
_NEAR = 1e-3  # mm between planes that are one


@dataclass(frozen=True, slots=True, eq=False)
class Likely:
    """Sketches that may be drawn after what is given, none of them like one before it.

    Attributes:
        thoughts: the likeliest first.
        chances: of each, shape (C,).
        looks: of each, shape (C, 5): see `looks_of`.
    """

    thoughts: tuple[Thought, ...]
    chances: Array
    looks: Array


def alike(found: Sequence[Thought]) -> list[int]:
    """Return the same number for those that lie in one plane and look alike."""
    numbers: dict[tuple[int, ...], int] = {}
    result = []
    for thought in found:
        left, bottom, right, top, _ = thought.looks
        step = round(math.log(max(right - left, top - bottom)) / _ALIKE)
        cell = _ALIKE * math.exp(_ALIKE * step)
        rounded = (round(value / cell) for value in thought.looks)
        result.append(numbers.setdefault((id(thought.view), step, *rounded), len(numbers)))
    return result


@lru_cache(maxsize=2)
def likely(given: CadSequence) -> Likely:
    """Return what may be drawn next with how probable it is, supposing that a sketch follows."""
    found = thoughts(given)
    looks = np.array([thought.looks for thought in found]).reshape(-1, 5)
    chances = counted().drawn["sketch"].probabilities(sketch_facts(found), OF_SKETCHES)
    cells, first = alike(found), dict[int, int]()
    for i in np.argsort(-chances, kind="stable").tolist():
        first.setdefault(cells[i], i)
    kept = list(first.values())
    return Likely(tuple(found[i] for i in kept), chances[kept], looks[kept])


def usual_sketches(given: CadSequence, drawn: Sequence[Sketch] = ()) -> Iterator[Sketch]:
    """Yield sketches that designers would draw after what is given, the likeliest first."""
    for thought in likely(given).thoughts:
        yield thought.sketch


def sketch_chances(sketches: Sequence[Sketch], given: CadSequence) -> Array:
    """Return how probable each of some sketches is, supposing that a sketch follows, shape (C,)."""
    there = likely(given)
    planes = {id(t.view): t.view for t in there.thoughts}
    rows = {key: np.array([id(t.view) == key for t in there.thoughts]) for key in planes}
    return np.array([_chance(sketch, there, planes, rows) for sketch in sketches])


def _chance(
    sketch: Sketch, there: Likely, planes: dict[int, DrawingPlace], rows: dict[int, np.ndarray]
) -> float:
    """That of the likeliest that looks like it."""
    found = _NEW
    for key, view in planes.items():
        if same_plane(view.plane, sketch.plane, turned=TURNED, apart=_NEAR):
            loops = dropped(sketch, view.plane)
            if loops:
                looks = np.array(looks_of(loops))
                size = max(looks[2] - looks[0], looks[3] - looks[1])
                apart = np.abs(there.looks - looks).max(axis=1)
                same = rows[key] & (apart <= _ALIKE * size)
                found = max(found, float(there.chances[same].max(initial=0.0)))
    return found
