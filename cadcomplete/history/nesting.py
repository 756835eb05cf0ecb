"""Which loops of a sketch lie inside of which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cadcomplete.history.operations import Loop, Profile


@dataclass(frozen=True, slots=True)
class Nesting:
    """Loops by their indices, and how they lie in each other.

    Attributes:
        areas: of each loop, in mm², without sign.
        around: for each loop all that it lies in, the largest first.
        children: for each loop those right inside of it.
        depth: how many loops one is in, from each to the one right around it. Where loops cross,
            that may be fewer than all that are around it.
    """

    areas: dict[int, float]
    around: dict[int, tuple[int, ...]]
    children: dict[int, tuple[int, ...]]
    depth: dict[int, int]

    @property
    def roots(self) -> tuple[int, ...]:
        """The loops that lie in no other."""
        return tuple(i for i in self.children if not self.around[i])

    def natural(self, sketch: int, loop: int) -> Profile:
        """The region between a loop and those right inside of it."""
        return Profile(sketch, loop, self.children[loop])


def nesting(
    loops: Mapping[int, Loop], lies_in: Callable[[int, int], bool], *, alike: float = 1e-9
) -> Nesting:
    """Say how loops lie in each other, by what says it of one and a larger one.

    Of loops whose areas differ by no more than a share of `alike` neither lies in the other; with
    0 the later of two equal ones may lie in the earlier. Of all that are around a loop the
    smallest is the one right around it.
    """
    areas = {i: abs(loop.area) for i, loop in loops.items()}
    order = sorted(loops, key=lambda i: -areas[i])
    around = {
        i: tuple(j for j in order[:place] if areas[j] >= areas[i] * (1 + alike) and lies_in(i, j))
        for place, i in enumerate(order)
    }
    parents = {i: min(found, key=lambda j: (areas[j], j)) for i, found in around.items() if found}
    depth: dict[int, int] = {}
    for i in order:
        depth[i] = depth[parents[i]] + 1 if i in parents else 0
    children = {i: tuple(j for j in loops if parents.get(j) == i) for i in loops}
    return Nesting(areas, around, children, depth)
