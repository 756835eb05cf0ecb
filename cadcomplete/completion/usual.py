"""Usual heights, planes that are there, and extrudes that sweep the same: for all that is usual.

A model that draws a few samples meets few of the values that it finds possible. Asking it about
those that are usual tells how probable each is, and how much they have together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.fields import DECIMALS
from cadcomplete.history.geometry import Array, Plane, Vec2, facing, same_plane
from cadcomplete.history.operations import Boolean, Extrude, Loop, Operation, Sketch
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.sequence import CadSequence, start_plane
from cadcomplete.meshes.manifolds import mesh_of, solid

HEIGHTS = (
    *(0.1, 0.2, 0.25, 0.3, 0.5, 0.6, 0.75, 0.8, 1.0, 1.2, 1.5, 1.6, 2.0, 2.5, 2.54, 3.0, 3.175),
    *(3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.35, 7.0, 7.5, 8.0, 9.0, 9.525, 10.0, 11.0, 12.0, 12.7, 13.0),
    *(14.0, 15.0, 16.0, 17.0, 18.0, 19.05, 20.0, 22.0, 24.0, 25.4, 28.0, 30.0, 32.0, 35.0, 38.1),
    *(40.0, 45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 76.2, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0),
    *(150.0, 170.0, 200.0, 250.0, 300.0, 400.0, 500.0, 600.0, 800.0, 1000.0),
)
"""Heights in mm that are common in the training data, and fill the gaps between them."""


def parallel_levels(operations: Sequence[Operation], plane: Plane) -> list[float]:
    """Return where planes and ends parallel to a plane lie, along its normal from the origin."""
    found: list[float] = []
    for index, operation in enumerate(operations):
        for other in operation.planes(tuple(operations[:index])):
            if side := facing(plane.normal, other.normal, turned=TURNED):
                found.append(side * other.offset)
    return list(dict.fromkeys(round(level, 6) for level in found))


_APART = 1e-5  # mm between planes that are one

TURNED = 2e-8
"""By how much the cosine of parallel normals may be off: files have them to eight digits."""


def known_planes(given: CadSequence) -> list[Plane]:
    """Return the planes on which operations end and sketches lie, the newest first, each once."""
    found: list[Plane] = []
    for index, operation in reversed(list(enumerate(given.operations))):
        for plane in reversed(operation.planes(given.operations[:index])):
            if not any(same_plane(other, plane, turned=TURNED, apart=_APART) for other in found):
                found.append(_exact_plane(plane) if operation.builds else plane)
    return found


def _exact_plane(plane: Plane) -> Plane:
    """A plane without the last digits that arithmetic leaves behind."""
    x, y, z = map(exact, plane.origin)
    return Plane.of((x, y, z), plane.normal, plane.x_axis)


def dropped(sketch: Sketch, plane: Plane) -> tuple[Loop, ...]:
    """Return the closed loops of a sketch in the x and y of a plane parallel to its own."""
    origin, x, y = (
        plane.to_local(sketch.plane.to_world(np.array([at])))[0, :2]
        for at in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    )
    along, up = x - origin, y - origin

    def moved(point: Vec2) -> Vec2:
        at = origin + point[0] * along + point[1] * up
        return (exact(float(at[0])), exact(float(at[1])))

    loops = tuple(loop.moved(moved) for loop in sketch.loops if loop.closed)
    from_behind = float(along[0] * up[1] - along[1] * up[0]) < 0
    return tuple(map(_turned_over, loops)) if from_behind else loops


def _turned_over(loop: Loop) -> Loop:
    """The loop drawn the other way round."""
    return Loop(tuple(curve.reversed() for curve in reversed(loop.curves)))


def exact(value: float) -> float:
    """Return a length without the last digits that arithmetic leaves behind."""
    return round(value, DECIMALS) + 0.0


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
    spans = np.array([_span(e, given) for e in extrudes])
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


def _span(extrude: Extrude, given: CadSequence) -> list[float]:
    """Between which heights over its sketch it lies; none if there is nothing that it ends at."""
    try:
        return sorted(in_numbers(extrude, given.operations).extent.ends)
    except (GeometryError, UnsupportedError):
        return [0.0, 0.0]


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
    """Return points around all prisms of a history, shape (n, 3).

    If anything else builds, points around the part are among them.
    """
    corners = [np.zeros((0, 3))]
    for operation in sequence.operations:
        if not isinstance(operation, Extrude) or not _is_prism(operation):
            continue
        for profile in operation.profiles:
            sketch = sequence.operations[profile.sketch]
            assert isinstance(sketch, Sketch)
            flat = sketch.plane.to_world(sketch.loops[profile.outer].points())
            normal = np.array(sketch.plane.normal)
            corners += [flat + normal * height for height in operation.extent.span]
    if any(op.builds and not _is_prism(op) for op in sequence.operations):
        corners.append(mesh_of(solid(sequence)).vertices)
    return np.concatenate(corners)


def _is_prism(operation: Operation) -> bool:
    """Whether it sweeps prisms between two numbers."""
    if not isinstance(operation, Extrude):
        return False
    return operation.extent.numeric and operation.extent.straight
