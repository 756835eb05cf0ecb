"""The regions of a sketch: which loop lies in which, and what an extrude may take of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from cadcomplete.fitting.flat.regions import inside_loop
from cadcomplete.history.geometry import Array
from cadcomplete.history.inside import Bools
from cadcomplete.history.nesting import Nesting, nesting
from cadcomplete.history.operations import Loop, Profile, Sketch

_MOST_SUBSETS = 5  # loops of which all subsets are tried


def nested(sketch: Sketch) -> Nesting:
    """Say which closed loops of a sketch lie inside of which."""
    closed = {i: loop for i, loop in enumerate(sketch.loops) if loop.closed and abs(loop.area) > 0}
    return nesting(closed, lambda i, j: _within(closed[i], closed[j]))


def _within(inner: Loop, outer: Loop) -> bool:
    points = inner.points()
    middle = (points[1:] + points[:-1]) / 2
    return float(inside_loop(outer, np.concatenate([points, middle])).mean()) > 0.8


def choices(number: int, nest: Nesting) -> list[tuple[Profile, ...]]:
    """Sets of profiles that designers choose: single regions, all of them, few of few."""
    loops = list(nest.children)
    even = tuple(nest.natural(number, i) for i in loops if nest.depth[i] % 2 == 0)
    odd = tuple(nest.natural(number, i) for i in loops if nest.depth[i] % 2 == 1)
    sets = [even, tuple(Profile(number, i) for i in nest.roots)]
    sets += [(nest.natural(number, i),) for i in loops] + [(Profile(number, i),) for i in loops]
    sets += [odd] if odd else []
    if 2 < len(loops) <= _MOST_SUBSETS:
        natural = [nest.natural(number, i) for i in loops]
        sets += [s for n in range(2, len(loops)) for s in combinations(natural, n)]
    return list(dict.fromkeys(s for s in sets if s))


def merged(number: int, nest: Nesting, chosen: set[int]) -> tuple[Profile, ...]:
    """Profiles over the natural regions of the chosen loops, neighbours made one."""
    result: list[Profile] = []

    def add(loop: int) -> None:
        holes: list[int] = []
        inner = [loop]
        while inner:
            for child in nest.children[inner.pop()]:
                if child in chosen:
                    inner.append(child)
                else:
                    holes.append(child)
        result.append(Profile(number, loop, tuple(sorted(holes))))

    for loop in nest.children:
        parents = [p for p, kids in nest.children.items() if loop in kids]
        if loop in chosen and not (parents and parents[0] in chosen):
            add(loop)
    return tuple(result)


def masks(sketch: Sketch, nest: Nesting, flat: Array) -> dict[int, Bools]:
    """Say for each closed loop which of the points (n, 2) are inside of it."""
    return {i: inside_loop(sketch.loops[i], flat) for i in nest.children}


def mask_of(profiles: tuple[Profile, ...], loops: dict[int, Bools]) -> Bools:
    """Say which points lie in one of the profiles, from those in each loop, shape (n,) each."""
    result = np.zeros_like(next(iter(loops.values())))
    for profile in profiles:
        inside = loops[profile.outer].copy()
        for hole in profile.holes:
            inside &= ~loops[hole]
        result |= inside
    return result
