"""The predictor that repeats: the last sketch on a face that exists, the last extrude again."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from cadcomplete.baselines.habits import STOP, Habits
from cadcomplete.baselines.judging import PARTS, SuggestionJudge
from cadcomplete.baselines.regions import profiles
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import start_plane
from cadcomplete.predictions import Case, Idea, Prediction

_SCORES = (0.08, 0.04, 0.03, 0.02, 0.02, 0.01, 0.01, 0.01)
"""About how often each idea hits, in their order."""


@dataclass(frozen=True, slots=True)
class CopyPredictor:
    """Repeats the last operation of the kind that mostly follows, in a few places."""

    judge: SuggestionJudge
    habits: Habits
    name: str = "copy"

    def predict(self, case: Case, *, n: int, seed: int) -> Prediction:
        """Return repetitions; a part is the given one, or has one sketch and extrude more."""
        operations = case.given.operations
        chances = self.habits.following(operations)
        if self.habits.likeliest(operations) == "sketch":
            following: list[tuple[Operation, ...]] = [(s,) for s in sketches(operations)]
            wholes = [(s, e) for (s,) in following for e in extrudes((*operations, s))[:1]]
        else:
            following = [(e,) for e in extrudes(operations)]
            wholes = following
        ideas = [Idea(f, s, "copy") for f, s in zip(following, _SCORES, strict=False)]
        share = 1 - chances[STOP]
        ended = [Idea((), chances[STOP], "given")] if operations else []
        parts = [Idea(w, share / (2 + i), "copy") for i, w in enumerate(wholes)]
        return Prediction(
            next=self.judge.suggestions(case.given, ideas, n=n),
            parts=self.judge.parts(case.given, ended + parts, n=min(n, PARTS)),
            stop=chances[STOP],
            generated=len(ideas),
        )


def sketches(operations: tuple[Operation, ...]) -> list[Operation]:
    """Return the last sketch on other planes, and other sketches where the last extrude ended."""
    drawn = [op for op in operations if isinstance(op, Sketch) and op.finished]
    if not drawn:
        return []
    last, planes = drawn[-1], _planes(operations, drawn[-1])
    found: list[Operation] = [on(last, plane) for plane in planes]
    found.append(scaled(last, 0.5, planes[0]))
    found += [on(earlier, planes[0]) for earlier in drawn[-2:-4:-1] if earlier.loops != last.loops]
    found.append(shifted(last))
    return found


def _planes(operations: tuple[Operation, ...], last: Sketch) -> list[Plane]:
    """Where the last extrude ended, where it began, and the same beyond."""
    extrude = next((op for op in reversed(operations) if isinstance(op, Extrude)), None)
    if extrude is None:
        return [last.plane]
    plane = start_plane(extrude, operations)
    start, end = extrude.extent.span
    heights = dict.fromkeys((end, start, 2 * end - start))
    if plane.normal != last.plane.normal:
        return [last.plane, *(plane.raised(h) for h in heights)]
    base = last.plane.offset - plane.offset
    return [last.plane.raised(h - base) for h in heights]


def on(sketch: Sketch, plane: Plane) -> Sketch:
    return Sketch(plane, sketch.loops)


def scaled(sketch: Sketch, factor: float, plane: Plane) -> Sketch:
    """Return a sketch on a plane, its loops scaled about the middle of what is drawn."""
    (x0, y0), (x1, y1) = box(sketch)
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2

    def moved(at: Vec2) -> Vec2:
        return (cx + factor * (at[0] - cx), cy + factor * (at[1] - cy))

    loops = tuple(loop.moved(moved, lambda radius: radius * factor) for loop in sketch.loops)
    return Sketch(plane, loops)


def shifted(sketch: Sketch) -> Sketch:
    """Return a sketch mirrored to the other side of its plane's origin, the same way round."""
    (x0, _), (x1, _) = box(sketch)
    loops = tuple(loop.moved(lambda at: (at[0] - x0 - x1, at[1])) for loop in sketch.loops)
    return dataclasses.replace(sketch, loops=loops)


def box(sketch: Sketch) -> tuple[Vec2, Vec2]:
    """Return the corners of the box around what is drawn, in the sketch's x and y."""
    boxes = [loop.box for loop in sketch.loops]
    return (
        (min(b[0] for b in boxes), min(b[1] for b in boxes)),
        (max(b[2] for b in boxes), max(b[3] for b in boxes)),
    )


def extrudes(operations: tuple[Operation, ...]) -> list[Operation]:
    """Return extrudes of the last sketch like the last extrude, in height and in where it ends."""
    index = next((i for i in range(len(operations) - 1, -1, -1) if _drawn(operations[i])), -1)
    if index < 0:
        return []
    sketch = operations[index]
    assert isinstance(sketch, Sketch)
    region = profiles("outside", sketch, index)
    last = next((op for op in reversed(operations) if isinstance(op, Extrude)), None)
    if last is None:
        (x0, y0), (x1, y1) = box(sketch)
        size = max(x1 - x0, y1 - y0)
        ratios = (0.1, 1.0, 0.25, 0.5, 2.0)
        return [_extrude(region, size * r, Boolean.NEW_BODY) for r in ratios]
    plane = start_plane(last, operations)
    start, end = last.extent.span
    offset = sketch.plane.offset - plane.offset if plane.normal == sketch.plane.normal else 0.0
    heights = [end, end - offset, start - offset, -end, 2 * end]
    boolean = Boolean.JOIN if last.boolean is Boolean.NEW_BODY else last.boolean
    other = Boolean.CUT if boolean is Boolean.JOIN else Boolean.JOIN
    found = [dataclasses.replace(last, profiles=region, boolean=boolean)]
    for height in heights:
        found += [_extrude(region, height, b) for b in (boolean, other) if abs(height) > 1e-6]
    return list(dict.fromkeys(found))


def _drawn(operation: Operation) -> bool:
    return isinstance(operation, Sketch) and operation.finished


def _extrude(region: tuple[Profile, ...], height: float, boolean: Boolean) -> Extrude:
    return Extrude(region, Extent(ExtentType.ONE_SIDED, height), boolean)
