"""Steps that do earlier ones again at other places, as the mirrors and patterns that they are.

A solid that is moved, turned or mirrored is made once (`SolidStep.made`): where it lies and where a
copy of it lies says how that got there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cadcomplete.history.geometry import Array, Plane, Vec3
from cadcomplete.history.motions import Motion
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.mirrored import reflected_extent
from cadcomplete.readers.scripts.solids import SolidStep, Steps

_TURN, _SHIFT = 1e-9, 1e-7
"""By how much what motions are made of may differ, the shifts in mm."""

_DECIMALS = 9

_STILL = Motion(np.eye(3), np.zeros(3))

Places = tuple[int, list[Motion]]
"""A step, or the first of a pattern of it, and where it is done, seen from the step."""


@dataclass(frozen=True, slots=True)
class Again:
    """Steps that are copies, by their indices, and the pattern that makes them.

    Attributes:
        first, last: the steps that it stands for: from the first to the one before the last.
        of: what it does again: indices of steps, or of the first step of an earlier one of these.
        pattern: without what it does again.
    """

    first: int
    last: int
    of: tuple[int, ...]
    pattern: Repeat


def repeats(steps: Steps) -> dict[int, Again]:
    """Return what of a solid's steps are copies of earlier ones, by the index where each begins."""
    found: dict[int, Again] = {}
    made: dict[int, list[Places]] = {}
    for source, run in _runs(steps):
        motions = [_between(steps[source], steps[i]) for i in run]  # type: ignore[arg-type]
        known = made.setdefault(source, [(source, [_STILL])])
        for one in _patterns(run, motions, known):
            known.append((one.first, motions[one.first - run[0] : one.last - run[0]]))
            found[one.first] = one
    return _merged(found)


def _runs(steps: Steps) -> Iterator[tuple[int, list[int]]]:
    """Yield steps in a row that are copies of one, and that one."""
    first: dict[tuple[int, object], int] = {}
    sources: list[int | None] = []
    for number, step in enumerate(steps):
        source = None
        if isinstance(step, SolidStep):
            source = first.setdefault((id(step.made), step.boolean), number)
            if source == number or not _alike(steps[source], step):  # type: ignore[arg-type]
                source = None
        sources.append(source)
    for source, group in itertools.groupby(range(len(steps)), key=lambda i: sources[i]):
        if source is not None:
            yield source, list(group)


def _alike(one: SolidStep, other: SolidStep) -> bool:
    """Whether one is swept like the other, moved or in a mirror."""
    return one.axis == other.axis and other.extent in (one.extent, reflected_extent(one.extent))


def _between(one: SolidStep, other: SolidStep) -> Motion:
    """Return what leads from a step to its copy: a shift, else a mirror, else a turn."""
    moved, mirrored = (_motion(one.plane, other.plane, side) for side in (1.0, -1.0))
    if one.extent != other.extent:
        return mirrored
    if reflected_extent(one.extent) != other.extent or _is(moved.turn, np.eye(3)):
        return moved
    return mirrored if _mirror(mirrored) is not None else moved


def _motion(one: Plane, other: Plane, side: float) -> Motion:
    """Return what takes x and y of a plane to those of another, and its normal up or down."""
    before, after = (
        np.column_stack([plane.x_axis, plane.y_axis, np.multiply(plane.normal, way)])
        for plane, way in ((one, 1.0), (other, side))
    )
    turn = after @ before.T
    return Motion(turn, np.array(other.origin) - turn @ np.array(one.origin))


# --- patterns -------------------------------------------------------------------------------------


def _patterns(run: list[int], motions: list[Motion], known: list[Places]) -> list[Again]:
    """Return the patterns that copies in a row make; none if some of them are none.

    `known` is what there is of the original: itself, and earlier patterns of it.
    """
    found: list[Again] = []
    groups, at = list(known), 0
    while at < len(run):
        one = next(_next(run, motions, groups, at), None)
        if one is None:
            return []
        found.append(one)
        groups.append((one.first, motions[at : one.last - run[0]]))
        at = one.last - run[0]
    in_order = len(found) < len(run) or len(run) == 1
    return found if in_order else []  # else each copy would be a pattern by itself


def _next(run: list[int], motions: list[Motion], groups: list[Places], at: int) -> Iterator[Again]:
    """Yield the patterns that the copies from one on may begin with, the widest first."""
    for several in range(len(groups), 0, -1):
        chosen = groups[:several]
        size = sum(len(places) for _, places in chosen)
        for count in range((len(run) - at) // size, 0, -1):
            spend(20 * count)
            pattern = _pattern(motions[at : at + count])
            if pattern is None:
                continue
            made = [
                _after(motion, place)
                for _, places in chosen
                for motion in pattern.motions()
                for place in places
            ]
            if all(map(_same, made, motions[at : at + len(made)])):
                of = tuple(source for source, _ in chosen)
                yield Again(run[at], run[at] + len(made), of, pattern)


def _after(second: Motion, first: Motion) -> Motion:
    return Motion(second.turn @ first.turn, second.turn @ first.shift + second.shift)


def _same(one: Motion, other: Motion) -> bool:
    return _is(one.turn, other.turn) and bool(np.abs(one.shift - other.shift).max() <= _SHIFT)


def _is(turn: Array, other: Array) -> bool:
    return bool(np.abs(turn - other).max() <= _TURN)


def _pattern(motions: Sequence[Motion]) -> Repeat | None:
    """Return the pattern that has just these places beside its first one, in their order."""
    first, count = motions[0], len(motions) + 1
    if first.mirrors:
        found: Repeat | None = _mirror(first) if count == 2 else None
    else:
        found = _row(first, count) if _is(first.turn, np.eye(3)) else _circle(first, count)
    if found is None or next(found.mistakes(), None) is not None:
        return None
    return found if all(map(_same, found.motions(), motions)) else None


def _mirror(motion: Motion) -> Mirror | None:
    """A mirror's turn is 1 - 2 n n^T, and it shifts by twice its place along n."""
    outer = (np.eye(3) - motion.turn) / 2
    column = int(np.argmax(np.diag(outer)))
    if outer[column, column] <= 0:
        return None
    normal = outer[:, column] / math.sqrt(outer[column, column])
    mirror = Mirror(_unit(normal), round(float(motion.shift @ normal) / 2, _DECIMALS) + 0.0, None)
    return mirror if _same(mirror.motions()[0], motion) else None


def _row(first: Motion, count: int) -> LinearPattern | None:
    spacing = float(np.linalg.norm(first.shift))
    if spacing <= _SHIFT:
        return None
    return LinearPattern(_unit(first.shift / spacing), round(spacing, _DECIMALS), count, None)


def _circle(first: Motion, count: int) -> PolarPattern | None:
    """The axis is what a turn leaves; about a point p it shifts by (1 - turn) p."""
    turn = first.turn
    twice = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    step = math.degrees(math.atan2(float(np.linalg.norm(twice)), float(np.trace(turn)) - 1))
    outer = (turn + turn.T) / 2 - math.cos(math.radians(step)) * np.eye(3)  # (1 - cos) n n^T
    axis = outer[:, int(np.argmax(np.diag(outer)))]
    axis = axis / np.linalg.norm(axis)
    axis = -axis if float(axis @ twice) < 0 else axis
    point = np.linalg.lstsq(np.eye(3) - turn, first.shift, rcond=1e-9)[0]
    whole = abs(step * count - 360) <= 1e-7
    angle = 360.0 if whole else round(step * (count - 1), _DECIMALS)
    x, y, z = (round(float(value), _DECIMALS) + 0.0 for value in point)
    return PolarPattern(_unit(axis), (x, y, z), count, angle, None)


def _unit(way: Array) -> Vec3:
    """A unit vector, without noise where it is an axis."""
    x, y, z = (round(float(value), 12) + 0.0 for value in way)
    return (x, y, z)


def _merged(found: dict[int, Again]) -> dict[int, Again]:
    """Return patterns with those that follow at once and have the same places in one."""
    kept: list[Again] = []
    for one in found.values():
        last = kept[-1] if kept else None
        follows = last is not None and last.last == one.first and last.pattern == one.pattern
        if follows and one.of[0] > last.of[-1] and max(one.of) < last.first:  # type: ignore[union-attr]
            kept[-1] = replace(last, last=one.last, of=(*last.of, *one.of))  # type: ignore[type-var, union-attr]
        else:
            kept.append(one)
    return {one.first: one for one in kept}
