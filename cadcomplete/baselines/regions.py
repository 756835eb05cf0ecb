"""Which profiles of a sketch are swept: a few patterns say it for most extrudes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Extrude, Loop, Operation, Profile, Sketch


@dataclass(frozen=True, slots=True)
class Nest:
    """Which loop of a sketch lies in which.

    Attributes:
        areas: of the loops, in mm².
        inside: for each loop the loops directly inside of it.
        depth: how many loops are around each.
    """

    areas: tuple[float, ...]
    inside: tuple[tuple[int, ...], ...]
    depth: tuple[int, ...]


def nest(sketch: Sketch) -> Nest:
    """Return how the closed loops of a sketch lie in each other; open ones are in none."""
    loops = sketch.loops
    areas = [abs(loop.area) if loop.closed else 0.0 for loop in loops]
    around: list[list[int]] = [[] for _ in loops]
    polygons = [loop.points() for loop in loops]
    for i, loop in enumerate(loops):
        for j, other in enumerate(loops):
            bigger = areas[j] > areas[i] or (areas[j] == areas[i] and j < i)
            if i != j and bigger and areas[i] > 0 and _contains(polygons[j], other, loop):
                around[i].append(j)
    inside: list[list[int]] = [[] for _ in loops]
    for i, outer in enumerate(around):
        if outer:
            inside[min(outer, key=lambda j: areas[j])].append(i)
    return Nest(tuple(areas), tuple(map(tuple, inside)), tuple(len(outer) for outer in around))


def _contains(polygon: Array, outer: Loop, loop: Loop) -> bool:
    """Whether a loop lies in another one: by most of its points, for it may touch."""
    if not outer.closed:
        return False
    points = loop.points()[:-1][:16]
    x, y = points[:, 0][:, None], points[:, 1][:, None]
    (x0, y0), (x1, y1) = polygon[:-1].T, polygon[1:].T
    with np.errstate(divide="ignore", invalid="ignore"):
        crosses = ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return bool((crosses.sum(axis=1) % 2).mean() > 0.5)


def _outside(found: Nest) -> list[int]:
    return [i for i, d in enumerate(found.depth) if d % 2 == 0 and found.areas[i] > 0]


def _inside(found: Nest) -> list[int]:
    return [i for i, d in enumerate(found.depth) if d % 2 == 1]


def _top(found: Nest) -> list[int]:
    return [i for i, d in enumerate(found.depth) if d == 0 and found.areas[i] > 0]


def _most(found: Nest) -> list[int]:
    return [int(np.argmax(found.areas))] if found.areas else []


def _least(found: Nest) -> list[int]:
    closed = [i for i, area in enumerate(found.areas) if area > 0]
    return [min(closed, key=lambda i: found.areas[i])] if closed else []


def _everything(found: Nest) -> list[int]:
    return [i for i, area in enumerate(found.areas) if area > 0]


PATTERNS: dict[str, tuple[Callable[[Nest], list[int]], bool]] = {
    "outside": (_outside, True),
    "filled": (_top, False),
    "inside": (_inside, True),
    "largest": (_most, True),
    "smallest": (_least, True),
    "every region": (_everything, True),
}
"""Which loops are outer ones, and whether the loops directly inside are holes."""


def profiles(pattern: str, sketch: Sketch, index: int) -> tuple[Profile, ...]:
    """Return the profiles that a pattern names in the sketch that is operation `index`."""
    choose, holes = PATTERNS[pattern]
    found = nest(sketch)
    return tuple(Profile(index, i, found.inside[i] if holes else ()) for i in choose(found))


def pattern_of(extrude: Extrude, before: tuple[Operation, ...]) -> str:
    """Return the first pattern that names an extrude's profiles; "" if none does."""
    indices = {profile.sketch for profile in extrude.profiles}
    index = next(iter(indices)) if len(indices) == 1 else -1
    sketch = before[index] if 0 <= index < len(before) else None
    if not isinstance(sketch, Sketch):
        return ""
    named = {(p.outer, frozenset(p.holes)) for p in extrude.profiles}
    for pattern in PATTERNS:
        made = profiles(pattern, sketch, index)
        if made and {(p.outer, frozenset(p.holes)) for p in made} == named:
            return pattern
    return ""
