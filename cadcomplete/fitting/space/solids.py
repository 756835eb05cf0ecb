"""Which points of space are inside the part that a history makes, without a CAD kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.fitting.flat.regions import Bools, inside_loop
from cadcomplete.fitting.space.repeats import Tool, Tools, copies
from cadcomplete.history.blends import Blend, Chamfer, Fillet
from cadcomplete.history.drilled import drilled
from cadcomplete.history.extrude import tapered
from cadcomplete.history.faceted import handed_over
from cadcomplete.history.frustums import inside_frustum
from cadcomplete.history.geometry import Array
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Boolean, Extrude, Operation, Profile, Sketch
from cadcomplete.history.patterns import PATTERNS, Repeat
from cadcomplete.history.reach import cutting
from cadcomplete.history.revolve import Revolve, turned
from cadcomplete.history.sequence import CadSequence, check_known
from cadcomplete.history.tables import Table
from cadcomplete.meshes.faceted import contains


def occupancy(sequence: CadSequence, points: Array) -> Bools:
    """Say which of the points (n, 3), in mm, are inside the part; exact but on its surface.

    Raises GeometryError if an extrude names a sketch that there is none of, UnsupportedError if
    something in the history is not known here.
    """
    check_known(sequence)
    points = np.asarray(points, dtype=np.float64)
    inside = np.zeros(len(points), dtype=np.bool_)
    for number, operation in enumerate(sequence.operations):
        before = sequence.operations[:number]
        inside = APPLY[type(operation)](inside, operation, before, points)
    return inside


def _extruded(
    inside: Bools, extrude: Extrude, operations: tuple[Operation, ...], points: Array
) -> Bools:
    return combined(inside, swept(extrude, operations, points), extrude.boolean)


def _tools(extrude: Extrude, operations: tuple[Operation, ...], points: Array) -> tuple[Tool, ...]:
    return ((extrude.boolean, swept(extrude, operations, points)),) if extrude.profiles else ()


def _turned_tools(
    revolve: Revolve, operations: tuple[Operation, ...], points: Array
) -> tuple[Tool, ...]:
    return ((revolve.boolean, swept_about(revolve, operations, points)),)


TOOLS: Tools = Table(
    "fitting/space/solids.py",
    {
        Sketch: lambda sketch, operations, points: (),
        Extrude: _tools,
        Revolve: _turned_tools,
        Hole: lambda hole, operations, points: ((Boolean.CUT, bored(hole, operations, points)),),
    },
)
"""What a mirror or pattern does again of an operation: which points are in it, and how it meets."""


def _repeated(
    inside: Bools, pattern: Repeat, operations: tuple[Operation, ...], points: Array
) -> Bools:
    for boolean, tool in copies(pattern, operations, points, TOOLS, _within):
        inside = combined(inside, tool, boolean)
    return inside


def _within(operations: tuple[Operation, ...], points: Array) -> Bools:
    return occupancy(CadSequence(operations), points)


def _revolved(
    inside: Bools, revolve: Revolve, operations: tuple[Operation, ...], points: Array
) -> Bools:
    return combined(inside, swept_about(revolve, operations, points), revolve.boolean)


def _handed_over(
    inside: Bools, blend: Blend, operations: tuple[Operation, ...], points: Array
) -> Bools:
    """The kernel alone makes it: what that has made, or UnsupportedError."""
    return contains(handed_over(blend, operations, "fitting/space/solids.py"), points)


APPLY: Table[Callable[[Bools, Any, tuple[Operation, ...], Array], Bools]] = Table(
    "fitting/space/solids.py",
    {
        Sketch: lambda inside, sketch, operations, points: inside,
        Extrude: _extruded,
        Revolve: _revolved,
        Hole: lambda inside, hole, operations, points: inside & ~bored(hole, operations, points),
        **dict.fromkeys(PATTERNS, _repeated),
        Fillet: _handed_over,
        Chamfer: _handed_over,
    },
)
"""Which points are inside after an operation, from which were so far, itself, the operations before
it, and where the points are: of those, `occupancy` says where they are before any operation, for
one that copies what others did."""


def combined(inside: Bools, tool: Bools, boolean: Boolean) -> Bools:
    """Return what a boolean leaves of a part and of a body, such as what an extrude sweeps.

    Both say of the same n points whether they are inside, shape (n,), and so does what is returned.
    """
    if boolean is Boolean.CUT:
        return inside & ~tool
    if boolean is Boolean.INTERSECT:
        return inside & tool
    return inside | tool


def swept(extrude: Extrude, operations: tuple[Operation, ...], points: Array) -> Bools:
    """Say which of the points (n, 3), in mm, the profiles of an extrude sweep over, shape (n,)."""
    tool = np.zeros(len(points), dtype=np.bool_)
    extrude = cutting(extrude, operations)
    if not extrude.extent.straight:
        for profile in extrude.profiles:
            for frustum in tapered(profile, extrude, operations):
                tool |= inside_frustum(frustum, points)
        return tool
    low, high = sorted(extrude.extent.span)
    for number in extrude.refers():
        sketch = operations[number] if 0 <= number < len(operations) else None
        if not isinstance(sketch, Sketch):
            raise GeometryError(f"operation {number} is not a sketch")
        local = sketch.plane.to_local(points)
        between = np.flatnonzero((local[:, 2] > low) & (local[:, 2] < high))
        flat = local[between, :2]
        for profile in extrude.profiles:
            if profile.sketch == number:
                tool[between] |= inside_profile(profile, sketch, flat)
    return tool


def swept_about(revolve: Revolve, operations: tuple[Operation, ...], points: Array) -> Bools:
    """Say which of the points (n, 3), in mm, the profiles of a revolve sweep over, shape (n,)."""
    tool = np.zeros(len(points), dtype=np.bool_)
    for profile in revolve.profiles:
        at = turned(revolve, profile, operations)
        tool |= at.contains(points, revolve.span, inside_loop)
    return tool


def bored(hole: Hole, operations: tuple[Operation, ...], points: Array) -> Bools:
    """Say which of the points (n, 3), in mm, a hole after some operations takes away, shape (n,).

    Raises GeometryError if it cannot be drilled.
    """
    if (problem := next(hole.mistakes(), None)) is not None:
        raise GeometryError(problem)
    tool = np.zeros(len(points), dtype=np.bool_)
    for sketch, cut in drilled(hole, operations):
        sweep = swept if isinstance(cut, Extrude) else swept_about
        tool |= sweep(cut, (sketch,), points)  # type: ignore[arg-type]
    return tool


def inside_profile(profile: Profile, sketch: Sketch, points: Array) -> Bools:
    """Say which of the points (n, 2) of a sketch are in a profile: in its outer loop, in no hole.

    Raises GeometryError if there are not that many loops.
    """
    if max(profile.loops) >= len(sketch.loops) or min(profile.loops) < 0:
        raise GeometryError(f"the sketch has {len(sketch.loops)} loops, not {profile.loops}")
    inside = inside_loop(sketch.loops[profile.outer], points)
    for hole in profile.holes:
        inside &= ~inside_loop(sketch.loops[hole], points)
    return inside
