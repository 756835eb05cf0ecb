"""A history as a manifold3d solid, straight from its operations: fast, and without the CAD kernel.

Arcs and circles become polygons with a corner at every multiple of five degrees of the sketch, so
that the same circle always has the same corners, drawn whole or in pieces. A polygon lies inside
its circle, which makes a cylinder 0.13 % smaller than it is; truth and prediction are cut the same
way. For ranking and measuring many candidates; what is exported is built by the CAD kernel.

What does not exist sweeps nothing: an open loop, an arc through three points on a line, a profile
of a sketch that there is none of. Fillets and chamfers have no twin: the solid after one is what
the kernel has handed over with it (`kernel/handing.py`), in triangles of its own; without that it
is refused by name. Nothing else here raises for any history of kinds that are known.

An operation is entered in `APPLY`, by a function of it and of its `Past`: the solid so far, the one
after each operation, and so what each of them added and removed. It returns the next solid.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from manifold3d import CrossSection, FillRule, Manifold, OpType

from cadcomplete.errors import GeometryError
from cadcomplete.history.bent import polyline
from cadcomplete.history.blends import Blend, Chamfer, Fillet
from cadcomplete.history.curves import BENT, Arc, Circle, Line
from cadcomplete.history.drilled import drilled
from cadcomplete.history.extrude import tapered
from cadcomplete.history.faceted import handed_over
from cadcomplete.history.geometry import Array, Plane, Vec2
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Boolean, Extrude, Loop, Operation, Profile, Sketch
from cadcomplete.history.patterns import PATTERNS, Repeat
from cadcomplete.history.reach import cutting
from cadcomplete.history.revolve import LEAST, Revolve, turned
from cadcomplete.history.sequence import CadSequence, check_known
from cadcomplete.history.tables import Table
from cadcomplete.history.turn_axis import FULL
from cadcomplete.meshes.faceted import body_of
from cadcomplete.meshes.frusta import polyhedron
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.meshes.repeats import NOTHING, Tool, Tools, met, repeated
from cadcomplete.meshes.turning import turn

STEP = 5.0
"""Degrees between the corners of a polygon that stands for an arc."""

Swept = Extrude | Revolve
"""What sweeps profiles and puts that together with the solid by a boolean."""

_LARGEST = 1e9  # mm; what is farther out is not a part


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What there is before an operation.

    Attributes:
        operations: those before it.
        states: the solid before the first of them and after each: one more than operations.
    """

    operations: tuple[Operation, ...]
    states: tuple[Manifold, ...]

    @property
    def solid(self) -> Manifold:
        """The solid so far; empty while there is none."""
        return self.states[-1]

    def added(self, index: int) -> Manifold:
        """Return what an earlier operation added."""
        return self.states[index + 1] - self.states[index]

    def removed(self, index: int) -> Manifold:
        """Return what an earlier operation removed."""
        return self.states[index] - self.states[index + 1]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What an extrude does to a solid.

    Attributes:
        added: where there was nothing before.
        removed: where nothing is left.
        volume: of both together, in mm³.
        nothing: whether that is only rounding.
    """

    added: Manifold
    removed: Manifold
    volume: float
    nothing: bool


def solid(sequence: CadSequence) -> Manifold:
    """Return what a history makes; empty while nothing is extruded."""
    return states(sequence)[-1]


def states(sequence: CadSequence) -> tuple[Manifold, ...]:
    """Return the solid before the first operation and after each one: one more than operations.

    Raises UnsupportedError if something in the history is not known here.
    """
    check_known(sequence)
    found = [Manifold()]
    for number, operation in enumerate(sequence.operations):  # it knows only what stands before
        past = Past(sequence.operations[:number], tuple(found))
        found.append(APPLY[type(operation)](operation, past))
    return tuple(found)


def applied(before: Manifold, operation: Swept, operations: tuple[Operation, ...]) -> Manifold:
    """Return the solid after what sweeps profiles; without profiles it stays as it is."""
    if not operation.profiles:
        return before
    return met(before, operation.boolean, SWEPT[type(operation)](operation, operations))


def _tools(operation: Swept, operations: tuple[Operation, ...]) -> tuple[Tool, ...]:
    if not operation.profiles:
        return ()
    return ((operation.boolean, SWEPT[type(operation)](operation, operations)),)


TOOLS: Tools = Table(
    "meshes/manifolds.py",
    {
        Sketch: lambda sketch, operations: (),
        Extrude: _tools,
        Revolve: _tools,
        Hole: lambda hole, operations: ((Boolean.CUT, bored(hole, operations)),),
    },
)
"""What a mirror or pattern does again of an operation: bodies, and how they meet what is there."""


def _repeated(pattern: Repeat, past: Past) -> Manifold:
    return repeated(pattern, past.operations, past.states, TOOLS)


def _handed_over(blend: Blend, past: Past) -> Manifold:
    """The kernel alone makes it: what that has made, or UnsupportedError."""
    return body_of(handed_over(blend, past.operations, "meshes/manifolds.py"))


APPLY: Table[Callable[[Any, Past], Manifold]] = Table(
    "meshes/manifolds.py",
    {
        Sketch: lambda sketch, past: past.solid,
        Extrude: lambda extrude, past: applied(past.solid, extrude, past.operations),
        Revolve: lambda revolve, past: applied(past.solid, revolve, past.operations),
        Hole: lambda hole, past: met(past.solid, Boolean.CUT, bored(hole, past.operations)),
        **dict.fromkeys(PATTERNS, _repeated),
        Fillet: _handed_over,
        Chamfer: _handed_over,
    },
)
"""The solid after an operation, from itself and what there is before it."""


def change(before: Manifold, operation: Swept, operations: tuple[Operation, ...]) -> Change:
    """Return what an operation that sweeps profiles adds to a solid, and what it removes."""
    added, removed = Manifold(), Manifold()
    tool = SWEPT[type(operation)](operation, operations)
    if not operation.profiles:
        pass
    elif operation.boolean is Boolean.CUT:
        removed = before ^ tool
    elif operation.boolean is Boolean.INTERSECT:
        removed = before - tool
    else:
        added = tool - before
    volume = volume_of(added) + volume_of(removed)
    least = NOTHING * max(volume_of(tool), 1e-12)
    return Change(added, removed, volume, nothing=volume <= least)


def change_by(before: Manifold, operation: Any, operations: tuple[Operation, ...]) -> Change:
    """Return what any operation after some others adds to a solid, and what it removes from it."""
    earlier = states(CadSequence(operations))[:-1]
    after = APPLY[type(operation)](operation, Past(operations, (*earlier, before)))
    added, removed = after - before, before - after
    volume = volume_of(added) + volume_of(removed)
    return Change(added, removed, volume, nothing=volume <= NOTHING * volume_of(before))


def swept(extrude: Extrude, operations: tuple[Operation, ...]) -> Manifold:
    """Return what the profiles of an extrude sweep over, together.

    `operations` are those that it names sketches of; there may be more, if its ends are numbers.
    Raises UnsupportedError if only a solid of the kernel tells where it ends.
    """
    try:
        extrude = cutting(extrude, operations)
    except GeometryError:
        return Manifold()
    if not extrude.extent.straight:
        return _leaning(extrude, operations)
    low, high = sorted(extrude.extent.span)
    if not (-_LARGEST < low < high < _LARGEST):
        return Manifold()
    regions: dict[int, CrossSection] = {}
    for profile in extrude.profiles:
        sketch = operations[profile.sketch] if 0 <= profile.sketch < len(operations) else None
        if isinstance(sketch, Sketch):
            found = region(profile, sketch)
            known = regions.get(profile.sketch)
            regions[profile.sketch] = found if known is None else known + found
    total = Manifold()
    for number, flat in regions.items():
        sketch = operations[number]
        if isinstance(sketch, Sketch) and not flat.is_empty():
            prism = flat.extrude(high - low).transform(_placed(sketch.plane, low))
            total = prism if total.is_empty() else total + prism
    return total


def _leaning(extrude: Extrude, operations: tuple[Operation, ...]) -> Manifold:
    """The same of a tapered one: a body for each profile, and each side that it goes to."""
    bodies: list[Manifold] = []
    for profile in extrude.profiles:
        try:
            bodies += [polyhedron(one, STEP) for one in tapered(profile, extrude, operations)]
        except GeometryError:
            continue
    return Manifold.batch_boolean(bodies, OpType.Add)


def revolved(revolve: Revolve, operations: tuple[Operation, ...]) -> Manifold:
    """Return what the profiles of a revolve sweep over, together.

    About the axis there is a corner every `STEP` degrees from where it begins, or a little more
    often, so that the last one is where it ends (`turning.py`).
    """
    low, high = revolve.span
    if not LEAST <= high - low <= FULL + LEAST:
        return Manifold()
    total, steps = Manifold(), max(math.ceil((high - low) / STEP - LEAST), 3)
    for profile in revolve.profiles:
        try:
            at = turned(revolve, profile, operations)
        except GeometryError:
            continue
        holes = tuple(range(1, len(at.loops)))
        flat = region(Profile(0, 0, holes), Sketch(at.plane, at.loops))
        if not flat.is_empty():
            body = turn(flat, at.plane, low, min(high, low + FULL), steps)
            total = body if total.is_empty() else total + body
    return total


def bored(hole: Hole, operations: tuple[Operation, ...]) -> Manifold:
    """Return what a hole after some operations takes away; nothing if it cannot be drilled."""
    if next(hole.mistakes(), None) is not None:
        return Manifold()
    made = [SWEPT[type(cut)](cut, (sketch,)) for sketch, cut in drilled(hole, operations)]
    return Manifold.batch_boolean(made, OpType.Add)


SWEPT: Table[Callable[[Any, tuple[Operation, ...]], Manifold]] = Table(
    "meshes/manifolds.py", {Extrude: swept, Revolve: revolved}
)
"""What the profiles of an operation sweep over, from it and the operations before it."""


def region(profile: Profile, sketch: Sketch) -> CrossSection:
    """Return what a profile encloses, in the sketch's x and y: its outer loop without its holes.

    Loops may touch or cross each other or themselves; a loop alone is filled even-odd.
    """
    if not 0 <= min(profile.loops) <= max(profile.loops) < len(sketch.loops):
        return CrossSection()
    outer = filled((sketch.loops[profile.outer],))
    for hole in profile.holes:
        outer -= filled((sketch.loops[hole],))
    return outer


def filled(loops: tuple[Loop, ...], *, step: float = STEP) -> CrossSection:
    """Return the points that are inside an odd number of loops; what is open encloses nothing."""
    rings = [outline(loop, step=step) for loop in loops if loop.closed]
    usable = [r for r in rings if len(r) > 2 and np.abs(r).max() < _LARGEST]  # not NaN either
    return CrossSection(usable, FillRule.EvenOdd) if usable else CrossSection()


def outline(loop: Loop, *, step: float = STEP) -> Array:
    """Return the corners of the polygon that stands for a loop, shape (n, 2), each once."""
    with np.errstate(invalid="ignore"):  # infinite numbers are sorted out by those who ask
        parts = [CORNERS[type(curve)](curve, step)[:-1] for curve in loop.curves]
    return np.concatenate(parts)


def _line(line: Line, step: float) -> Array:
    return np.array([line.start, line.end])


def _circle(circle: Circle, step: float) -> Array:
    return _round(circle.center, circle.radius, step * np.arange(round(360 / step) + 1))


def _arc(curve: Arc, step: float) -> Array:
    """Points at multiples of a step, and the ends; an arc that there is not is straight."""
    try:
        center, radius, sweep = curve.center, curve.radius, curve.sweep
    except (GeometryError, OverflowError):
        return np.array([curve.start, curve.end])
    first = math.degrees(math.atan2(curve.start[1] - center[1], curve.start[0] - center[0]))
    low, high = sorted((first, first + sweep))
    if not math.isfinite(low + high):
        return np.array([curve.start, curve.end])
    # An end that is a multiple itself, but for rounding, is not repeated beside it.
    inner = np.arange(math.floor(low / step + 1e-4) + 1, math.ceil(high / step - 1e-4)) * step
    between = _round(center, radius, inner if sweep > 0 else inner[::-1])
    return np.concatenate([[curve.start], between, [curve.end]])


def _round(center: Vec2, radius: float, degrees: np.ndarray) -> Array:
    angles = np.radians(degrees.astype(np.float64))
    return np.stack([np.cos(angles), np.sin(angles)], 1) * radius + np.array(center)


CORNERS: Table[Callable[[Any, float], Array]] = Table(
    "meshes/manifolds.py",
    {Line: _line, Arc: _arc, Circle: _circle, **dict.fromkeys(BENT, polyline)},
)
"""Points along a curve, ends included, shape (n, 2), from it and a step in degrees."""


def _placed(plane: Plane, height: float) -> Array:
    """The matrix (3, 4) that puts what stands on z = 0 onto a plane, `height` mm above it."""
    normal = np.array(plane.normal)
    origin = np.array(plane.origin) + height * normal
    return np.stack([np.array(plane.x_axis), np.array(plane.y_axis), normal, origin], axis=1)


# --- measures -----------------------------------------------------------------------------------


def volume_of(body: Manifold) -> float:
    """Return the volume in mm³; 0 for nothing."""
    return 0.0 if body.is_empty() else max(body.volume(), 0.0)


def iou(a: Manifold, b: Manifold) -> float:
    """Return volume(a ∩ b) / volume(a ∪ b), in [0, 1]; 1 if both are empty."""
    volume_a, volume_b = volume_of(a), volume_of(b)
    if (volume_a, a.num_tri()) > (volume_b, b.num_tri()):
        return iou(b, a)  # the same rounding, whichever is named first
    shared = volume_of(a ^ b) if volume_a and volume_b else 0.0
    return ratio(shared, volume_a, volume_b)


def change_iou(a: Change, b: Change) -> float:
    """Return how far two changes of one solid agree, in [0, 1].

    (|added_a ∩ added_b| + |removed_a ∩ removed_b|) / (|added_a ∪ added_b| + |removed_a ∪
    removed_b|). Two that change nothing agree; one that does and one that does not do not at all.
    """
    if a.nothing or b.nothing:
        return 1.0 if a.nothing and b.nothing else 0.0
    pairs = ((a.added, b.added), (a.removed, b.removed))
    shared = sum(volume_of(x ^ y) for x, y in pairs if not (x.is_empty() or y.is_empty()))
    return ratio(shared, a.volume, b.volume)


def region_iou(a: CrossSection, b: CrossSection) -> float:
    """Return area(a ∩ b) / area(a ∪ b), in [0, 1]; 1 if both are empty."""
    return ratio((a ^ b).area(), a.area(), b.area())


def ratio(shared: float, a: float, b: float) -> float:
    """Return the intersection over the union of two sets, by inclusion and exclusion."""
    union = a + b - shared
    return 1.0 if union <= 0 else min(max(shared / union, 0.0), 1.0)


def mesh_of(body: Manifold) -> Mesh:
    """Return the triangles of a solid; touching bodies share no vertices."""
    found = body.to_mesh64()
    vertices = np.asarray(found.vert_properties, dtype=np.float64)[:, :3].reshape(-1, 3)
    return Mesh(vertices, np.asarray(found.tri_verts).astype(np.int64).reshape(-1, 3))
