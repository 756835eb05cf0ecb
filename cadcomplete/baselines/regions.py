"""Which profiles of a sketch are swept: a few patterns say it for most extrudes."""

from __future__ import annotations

from collections.abc import Callable

from cadcomplete.history.inside import inside_polygon
from cadcomplete.history.nesting import Nesting, nesting
from cadcomplete.history.operations import Extrude, Operation, Profile, Sketch


def nesting_of(sketch: Sketch) -> Nesting:
    """Return how the closed loops of a sketch lie in each other; open ones are in none.

    One lies in another if most of its points do: it may touch.
    """
    closed = {i: loop for i, loop in enumerate(sketch.loops) if loop.closed and abs(loop.area) > 0}
    polygons = {i: loop.points() for i, loop in closed.items()}

    def lies_in(i: int, j: int) -> bool:
        return bool(inside_polygon(polygons[j], polygons[i][:-1][:16]).mean() > 0.5)

    return nesting(closed, lies_in, alike=0.0)


def _outside(found: Nesting) -> list[int]:
    return [i for i in found.children if len(found.around[i]) % 2 == 0]


def _inside(found: Nesting) -> list[int]:
    return [i for i in found.children if len(found.around[i]) % 2 == 1]


def _top(found: Nesting) -> list[int]:
    return list(found.roots)


def _most(found: Nesting) -> list[int]:
    return [max(found.areas, key=lambda i: found.areas[i])] if found.areas else []


def _least(found: Nesting) -> list[int]:
    return [min(found.areas, key=lambda i: found.areas[i])] if found.areas else []


def _everything(found: Nesting) -> list[int]:
    return list(found.areas)


PATTERNS: dict[str, tuple[Callable[[Nesting], list[int]], bool]] = {
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
    found = nesting_of(sketch)
    return tuple(Profile(index, i, found.children[i] if holes else ()) for i in choose(found))


def pattern_of(extrude: Extrude, before: tuple[Operation, ...]) -> str:
    """Return the first pattern that names an extrude's profiles; "" if none does."""
    indices = extrude.refers()
    index = indices[0] if len(indices) == 1 else -1
    sketch = before[index] if 0 <= index < len(before) else None
    if not isinstance(sketch, Sketch):
        return ""
    named = {(p.outer, frozenset(p.holes)) for p in extrude.profiles}
    for pattern in PATTERNS:
        made = profiles(pattern, sketch, index)
        if made and {(p.outer, frozenset(p.holes)) for p in made} == named:
            return pattern
    return ""
