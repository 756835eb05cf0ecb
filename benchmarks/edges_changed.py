"""Whether names of edges stay right when an earlier dimension of a real part changes.

Takes the bodies of a folder like `data/freecad` whose first fillet or chamfer follows sketches,
extrudes and revolves alone, names its edges anew, makes the widest gap of the part before it
wider by a share (`--by`), and asks which edges the same names mean then: those that lie where the
old ones have moved to, and no others. Prints that for predicates, and for points of the file.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from edges import blends, freecad

from cadcomplete.data.stretch import Stretch, _gaps
from cadcomplete.errors import CadCompleteError, GeometryError
from cadcomplete.history.blends import Blend
from cadcomplete.history.edges import EdgePoint
from cadcomplete.history.operations import Extrude, Operation, Revolve, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.naming.labels import LabelledEdges, labelled
from cadcomplete.kernel.naming.naming import meant
from cadcomplete.kernel.naming.renamed import renamed
from cadcomplete.kernel.naming.topology import edges_of


def candidates(bodies: list[CadSequence]) -> Iterator[CadSequence]:
    """Yield the histories up to their first fillet or chamfer, where a part before it can grow."""
    for sequence in bodies:
        first = next(blends(sequence), None)
        if first is None:
            continue
        if all(
            isinstance(op, Sketch | Extrude | Revolve) for op in sequence.operations[: first[0]]
        ):
            yield truncate(sequence, first[0] + 1)


def wider(sequence: CadSequence, by: float) -> Stretch | None:
    """Return what makes the widest gap of a part wider, and all that are equal to it."""
    planes = [op.plane for op in sequence.operations if isinstance(op, Sketch)]
    if any(1.0 not in map(abs, axis) for p in planes for axis in (p.normal, p.x_axis)):
        return None
    gaps = [(gap, axis) for axis in range(3) for gap in _gaps(sequence, axis)]
    if not gaps:
        return None
    widest, axis = max(gaps, key=lambda pair: pair[0].size)
    equal = [gap for gap, along in gaps if along == axis and abs(gap.size - widest.size) < 1e-6]
    changes: list[tuple[tuple[float, float], ...]] = [(), (), ()]
    changes[axis] = tuple((gap.at, by * widest.size) for gap in equal)
    return Stretch(tuple(changes))


def labels(operations: tuple[Operation, ...]) -> LabelledEdges | None:
    solid = build(CadSequence(operations))
    return None if solid is None else labelled(edges_of(solid.shape), operations)


def chosen(found: LabelledEdges, blend: Blend) -> np.ndarray:
    """Say which edges all names of a fillet mean. Raises GeometryError if one means none."""
    return np.logical_or.reduce([meant(found, name) for name in blend.edges])


def verdict(old: LabelledEdges, new: LabelledEdges, blend: Blend, change: Stretch) -> str:
    """Say what the names of a fillet mean after a change."""
    try:
        before, after = chosen(old, blend), chosen(new, blend)
    except GeometryError:
        return "an edge that is no more"
    moved = [
        [change.place(axis, float(value)) for axis, value in enumerate(point)]
        for point in old.found.points[before].reshape(-1, 3)
    ]
    there = {index for index in map(new_edge(new), moved) if index is not None}
    return "the same edges" if there == set(np.flatnonzero(after).tolist()) else "other edges"


def new_edge(new: LabelledEdges) -> Callable[[list[float]], int | None]:
    """Return what says which edge lies at a place, if one does."""

    def at(point: list[float]) -> int | None:
        try:
            found = meant(new, EdgePoint((point[0], point[1], point[2])))
        except GeometryError:
            return None
        return int(np.flatnonzero(found)[0]) if found.any() else None

    return at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=60, help="bodies to take")
    parser.add_argument("--by", type=float, default=0.1, help="share by which a gap grows")
    args = parser.parse_args()
    started = time.monotonic()
    read = [body.sequence for body in freecad().bodies(args.folder)]
    by_predicates, by_points, left = Counter[str](), Counter[str](), Counter[str]()
    for sequence in candidates(read):
        if by_points.total() == args.most:
            break
        change = wider(sequence, args.by)
        before = replace(sequence, operations=sequence.operations[:-1])
        grown = change.applied(before) if change else None
        if change is None or grown is None:
            left["no gap that can grow"] += 1
            continue
        try:
            old, new = labels(before.operations), labels(grown.operations)
            named = renamed(sequence).operations[-1]
        except CadCompleteError as error:
            left[type(error).__name__] += 1
            continue
        given = sequence.operations[-1]
        if old is None or new is None or not isinstance(given, Blend):
            continue
        assert isinstance(named, Blend)
        by_points[verdict(old, new, given, change)] += 1
        points = any(isinstance(name, EdgePoint) for name in named.edges)
        by_predicates["points" if points else verdict(old, new, named, change)] += 1
    for what, counts in (("predicates", by_predicates), ("points of the file", by_points)):
        print(f"{what}: {', '.join(f'{said} {n}' for said, n in counts.most_common())}")
    print(f"left out: {', '.join(f'{said} {n}' for said, n in left.most_common()) or 'none'}")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
