"""The regions of a sketch: which loop lies in which, and what an extrude may take of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cadcomplete.fitting.flat.regions import Bools, inside_loop
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Loop, Profile, Sketch

_MOST_SUBSETS = 5  # loops of which all subsets are tried


@dataclass(frozen=True, slots=True)
class Nesting:
    """The closed loops of a sketch: those right inside of each, and those in no other."""

    children: dict[int, tuple[int, ...]]
    roots: tuple[int, ...]
    depth: dict[int, int]

    def natural(self, sketch: int, loop: int) -> Profile:
        """The region between a loop and those right inside of it."""
        return Profile(sketch, loop, self.children[loop])


def nesting(sketch: Sketch) -> Nesting:
    """Say which loops of a sketch lie inside of which."""
    loops = {i: loop for i, loop in enumerate(sketch.loops) if loop.closed and abs(loop.area) > 0}
    areas = {i: abs(loop.area) for i, loop in loops.items()}
    parents: dict[int, int | None] = {}
    for i, loop in loops.items():
        around = [j for j in loops if areas[j] > areas[i] * (1 + 1e-9) and _within(loop, loops[j])]
        parents[i] = min(around, key=lambda j: areas[j]) if around else None
    children = {i: tuple(j for j in loops if parents[j] == i) for i in loops}
    depth: dict[int, int] = {}
    for i in sorted(loops, key=lambda i: -areas[i]):
        parent = parents[i]
        depth[i] = 0 if parent is None else depth[parent] + 1
    roots = tuple(i for i in loops if parents[i] is None)
    return Nesting(children, roots, depth)


def _within(inner: Loop, outer: Loop) -> bool:
    points = inner.points()
    middle = (points[1:] + points[:-1]) / 2
    return float(inside_loop(outer, np.concatenate([points, middle])).mean()) > 0.8


def choices(number: int, nested: Nesting) -> list[tuple[Profile, ...]]:
    """Sets of profiles that designers choose: single regions, all of them, few of few."""
    loops = list(nested.children)
    even = tuple(nested.natural(number, i) for i in loops if nested.depth[i] % 2 == 0)
    odd = tuple(nested.natural(number, i) for i in loops if nested.depth[i] % 2 == 1)
    sets = [even, tuple(Profile(number, i) for i in nested.roots)]
    sets += [(nested.natural(number, i),) for i in loops] + [(Profile(number, i),) for i in loops]
    sets += [odd] if odd else []
    if 2 < len(loops) <= _MOST_SUBSETS:
        natural = [nested.natural(number, i) for i in loops]
        sets += [s for n in range(2, len(loops)) for s in combinations(natural, n)]
    return list(dict.fromkeys(s for s in sets if s))


def merged(number: int, nested: Nesting, chosen: set[int]) -> tuple[Profile, ...]:
    """Profiles over the natural regions of the chosen loops, neighbours made one."""
    result: list[Profile] = []

    def add(loop: int) -> None:
        holes: list[int] = []
        inner = [loop]
        while inner:
            for child in nested.children[inner.pop()]:
                if child in chosen:
                    inner.append(child)
                else:
                    holes.append(child)
        result.append(Profile(number, loop, tuple(sorted(holes))))

    for loop in nested.children:
        parents = [p for p, kids in nested.children.items() if loop in kids]
        if loop in chosen and not (parents and parents[0] in chosen):
            add(loop)
    return tuple(result)


def masks(sketch: Sketch, nested: Nesting, flat: Array) -> dict[int, Bools]:
    """Say for each closed loop which of the points (n, 2) are inside of it."""
    return {i: inside_loop(sketch.loops[i], flat) for i in nested.children}


def mask_of(profiles: tuple[Profile, ...], loops: dict[int, Bools]) -> Bools:
    """Say which points lie in one of the profiles."""
    result = np.zeros_like(next(iter(loops.values())))
    for profile in profiles:
        inside = loops[profile.outer].copy()
        for hole in profile.holes:
            inside &= ~loops[hole]
        result |= inside
    return result
