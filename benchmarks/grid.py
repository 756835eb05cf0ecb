"""DeepCAD's grid: every length of a history rounded to one of 256 levels of the part's size.

After R. Wu et al. 2021, DeepCAD (arXiv:2105.09492), section 3.1, but simpler: the largest number
of a history is the edge of its one grid, where DeepCAD gives every sketch a grid of its own size,
so what is drawn far from the origin is coarser here. Sweeps are whole degrees. Nothing is moved to
make a part fit: one of which something collapses is refused, and counted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Vec2
from cadcomplete.history.operations import Extent, Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds
from cadcomplete.history.symmetry import scale
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.report import Report
from cadcomplete.meshes.manifolds import iou, solid
from cadcomplete.metrics.parameters import EXACT

EDGE = 128
"""The largest number on the grid: 256 steps from one edge to the other."""

ALIKE = 0.95
"""IoU from which two parts look alike."""


def factor(sequence: CadSequence) -> float:
    """Return by how much a history is scaled for its largest number to be `EDGE`."""
    return EDGE / max(map(abs, lengths(sequence)))


def on_grid(sequence: CadSequence) -> CadSequence:
    """Return a history on its grid. Raises GeometryError if something collapses."""
    return rounded(scale(sequence, factor(sequence)))


def lengths(sequence: CadSequence) -> Iterator[float]:
    """Yield every number of a history that is a length, in the order of the text."""
    check_kinds(sequence, "benchmarks/grid.py", (Sketch, Extrude))
    for operation in sequence.operations:
        if isinstance(operation, Extrude):
            yield from (operation.extent.distance, operation.extent.against)
            continue
        assert isinstance(operation, Sketch)
        yield from operation.plane.origin
        for curve in (curve for loop in operation.loops for curve in loop.curves):
            if isinstance(curve, Circle):
                yield from (*curve.center, curve.radius)
            else:
                yield from (*curve.start, *curve.end)


def dimensions(sequence: CadSequence) -> Iterator[float]:
    """Yield what a drawing of a history would tell: lengths of lines, radii, and heights."""
    for operation in sequence.operations:
        if isinstance(operation, Extrude):
            start, end = operation.extent.span
            yield abs(end - start)
            continue
        assert isinstance(operation, Sketch)
        for curve in (curve for loop in operation.loops for curve in loop.curves):
            assert isinstance(curve, Line | Arc | Circle)
            yield curve.length if isinstance(curve, Line) else curve.radius


def rounded(sequence: CadSequence) -> CadSequence:
    """Return a history in whole numbers. Raises GeometryError if something collapses."""
    operations = tuple(map(_rounded, sequence.operations))
    return dataclasses.replace(sequence, operations=operations)


def _rounded(operation: Operation) -> Operation:
    if isinstance(operation, Extrude):
        extent = operation.extent
        whole = Extent(extent.type, _whole(extent.distance), _whole(extent.against))
        if whole.span[0] == whole.span[1]:
            raise GeometryError("an extrude has no height on the grid")
        return dataclasses.replace(operation, extent=whole)
    assert isinstance(operation, Sketch)
    x, y, z = map(_whole, operation.plane.origin)
    plane = dataclasses.replace(operation.plane, origin=(x, y, z))
    loops = tuple(
        dataclasses.replace(loop, curves=tuple(map(_rounded_curve, loop.curves)))
        for loop in operation.loops
    )
    return dataclasses.replace(operation, plane=plane, loops=loops)


def _rounded_curve(curve: Curve) -> Curve:
    """An arc keeps its sweep, which is what the text says of it, in whole degrees."""
    if isinstance(curve, Circle):
        if not _whole(curve.radius):
            raise GeometryError("a circle has no radius on the grid")
        return Circle(_point(curve.center), _whole(curve.radius))
    start, end = _point(curve.start), _point(curve.end)
    if start == end:
        raise GeometryError("a curve has no length on the grid")
    if isinstance(curve, Line):
        return Line(start, end)
    assert isinstance(curve, Arc)
    sweep = min(max(round(abs(curve.sweep)), 1), 359)
    return Arc.from_sweep(start, end, sweep if curve.sweep > 0 else -sweep)


def _whole(value: float) -> float:
    return round(value) + 0.0


def _point(point: Vec2) -> Vec2:
    return (_whole(point[0]), _whole(point[1]))


def check(sequences: Sequence[CadSequence]) -> dict[str, int]:
    """Count what is left of parts that were put on their grids and scaled back.

    A part that collapses builds nothing, looks like nothing, and has none of its dimensions.
    """
    made: list[tuple[CadSequence, CadSequence]] = []
    for exact in sequences:
        try:
            made.append((exact, scale(on_grid(exact), 1 / factor(exact))))
        except GeometryError:
            continue
    with Kernel() as kernel:
        reports = kernel.map(examine, [back for _, back in made])
        valid = [isinstance(report, Report) and report.valid for report in reports]
    alike = [
        builds and iou(solid(exact), solid(back)) >= ALIKE
        for (exact, back), builds in zip(made, valid, strict=True)
    ]
    same = [
        abs(a - b) <= EXACT
        for exact, back in made
        for a, b in zip(dimensions(exact), dimensions(back), strict=True)
    ]
    return {
        "parts": len(sequences),
        "collapsed": len(sequences) - len(made),
        "valid": sum(valid),
        "alike": sum(alike),
        "dimensions": sum(len(list(dimensions(exact))) for exact in sequences),
        "exact dimensions": sum(same),
    }
