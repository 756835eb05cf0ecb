"""Extrudes that designers would think of: round heights, and ends on planes that are there.

A model that draws a few samples meets few of the values that it finds possible. Asking it about
those that are usual tells how probable each is, and how much they have together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cadcomplete.geometry import Array, Plane
from cadcomplete.operations import Boolean, Extent, ExtentType, Extrude, Operation, Sketch
from cadcomplete.sequence import CadSequence, start_plane

HEIGHTS = (
    *(0.1, 0.2, 0.25, 0.3, 0.5, 0.6, 0.75, 0.8, 1.0, 1.2, 1.5, 1.6, 2.0, 2.5, 2.54, 3.0, 3.175),
    *(3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.35, 7.0, 7.5, 8.0, 9.0, 9.525, 10.0, 11.0, 12.0, 12.7, 13.0),
    *(14.0, 15.0, 16.0, 17.0, 18.0, 19.05, 20.0, 22.0, 24.0, 25.4, 28.0, 30.0, 32.0, 35.0, 38.1),
    *(40.0, 45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 76.2, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0),
    *(150.0, 170.0, 200.0, 250.0, 300.0, 400.0, 500.0, 600.0, 800.0, 1000.0),
)
"""Heights in mm that are common in the training data, and fill the gaps between them."""


def usual_extrudes(
    given: CadSequence, drawn: Sequence[Extrude], *, most: int = 3
) -> Iterator[Extrude]:
    """Yield extrudes of the profiles of those `drawn`, to other ends, of the `most` first ways."""
    ways = dict.fromkeys((e.boolean, e.extent.type, e.profiles) for e in drawn)
    for boolean, kind, profiles in list(ways)[:most]:
        extrude = Extrude(profiles, Extent(kind, 1.0), boolean)
        if kind is ExtentType.TWO_SIDED or not profiles:
            continue
        plane = start_plane(extrude, given.operations)
        for distance in _distances(given.operations, plane, boolean, kind):
            yield Extrude(profiles, Extent(kind, distance), boolean)


def _distances(
    operations: Sequence[Operation], plane: Plane, boolean: Boolean, kind: ExtentType
) -> Iterable[float]:
    """Ends along the normal of a plane, from it: those that are there, then usual ones."""
    there = [round(level - plane.offset, 6) for level in parallel_levels(operations, plane)]
    if kind is ExtentType.SYMMETRIC:
        halves = (*(abs(d) for d in there), *HEIGHTS, *(h / 2 for h in HEIGHTS))
        return dict.fromkeys(h for h in halves if h > 0)
    signs = {Boolean.NEW_BODY: (1.0,), Boolean.CUT: (-1.0, 1.0)}.get(boolean, (1.0, -1.0))
    usual = (sign * height for sign in signs for height in HEIGHTS)
    return dict.fromkeys(d for d in (*there, *usual) if d)


def parallel_levels(operations: Sequence[Operation], plane: Plane) -> list[float]:
    """Return where planes and ends parallel to a plane lie, along its normal from the origin."""
    normal = np.array(plane.normal)
    found: list[float] = []
    for operation in operations:
        if isinstance(operation, Sketch):
            facing = float(normal @ np.array(operation.plane.normal))
            if abs(facing) > 1 - 1e-9:
                found.append(operation.plane.offset * facing)
        else:
            start = start_plane(operation, tuple(operations))
            facing = float(normal @ np.array(start.normal))
            if abs(facing) > 1 - 1e-9:
                found += [(start.offset + end) * facing for end in operation.extent.span]
    return list(dict.fromkeys(round(level, 6) for level in found))


def same_spans(extrudes: Sequence[Extrude], given: CadSequence, *, least: float) -> Array:
    """Return which extrudes sweep the same: like profiles, and heights with an IoU of `least`.

    Adding and cutting differ; what a cut does beyond the part does not count. Shape (n, n).
    """
    ways = [
        (frozenset(e.profiles), _side(e.boolean), start_plane(e, given.operations))
        for e in extrudes
    ]
    numbers = {way: i for i, way in enumerate(dict.fromkeys(ways))}
    which = np.array([numbers[way] for way in ways])
    spans = np.array([sorted(e.extent.span) for e in extrudes])
    for way, number in numbers.items():
        if way[1] == "cut":
            rows = which == number
            low, high = _reach(given, way[2])
            spans[rows] = np.clip(spans[rows], low, high)
    low, high = spans[:, :1], spans[:, 1:]
    common = np.minimum(high, high.T) - np.maximum(low, low.T)
    union = np.maximum(high, high.T) - np.minimum(low, low.T)
    alike = (common >= least * union) & (union > 0) & (which[:, None] == which[None])
    return np.asarray(alike | np.eye(len(extrudes), dtype=bool), dtype=np.float64)


def _side(boolean: Boolean) -> str:
    return "add" if boolean in (Boolean.NEW_BODY, Boolean.JOIN) else boolean.value


def _reach(given: CadSequence, plane: Plane) -> tuple[float, float]:
    """How far a part reaches below and above a plane, in mm along its normal."""
    corners = reach(given)
    if not len(corners):
        return (-np.inf, np.inf)
    heights = plane.to_local(corners)[:, 2]
    return (float(heights.min()), float(heights.max()))


def reach(sequence: CadSequence) -> Array:
    """Return points around everything that the extrudes of a history sweep, shape (n, 3)."""
    corners = [np.zeros((0, 3))]
    for operation in sequence.operations:
        if not isinstance(operation, Extrude):
            continue
        for profile in operation.profiles:
            sketch = sequence.operations[profile.sketch]
            assert isinstance(sketch, Sketch)
            flat = sketch.plane.to_world(sketch.loops[profile.outer].points())
            normal = np.array(sketch.plane.normal)
            corners += [flat + normal * height for height in operation.extent.span]
    return np.concatenate(corners)
