"""Symmetries of the cube, and sizes: the same part elsewhere; every number is still exact."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from itertools import permutations, product

import numpy as np

from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.fields import DECIMALS
from cadcomplete.history.geometry import Array, Plane, Vec2, Vec3
from cadcomplete.history.operations import Extent, Extrude, Loop, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, check_known


@dataclasses.dataclass(frozen=True, slots=True)
class Symmetry:
    """One of the 48 symmetries of the cube: axis i of the image is ± axis `order[i]`."""

    order: tuple[int, int, int]
    signs: tuple[int, int, int]

    @property
    def mirrors(self) -> bool:
        """Whether left becomes right."""
        turn = 1 if self.order in ((0, 1, 2), (1, 2, 0), (2, 0, 1)) else -1
        return turn * self.signs[0] * self.signs[1] * self.signs[2] < 0

    @property
    def turns_about_z(self) -> bool:
        """Whether it turns a part about z, by any quarter turns or none.

        Of a part that is turned so, what is seen from one corner or side is what was seen of the
        part itself from another one (`meshes.render.VIEWS`, but for those from top and bottom).
        """
        return self.order[2] == 2 and self.signs[2] == 1 and not self.mirrors

    @property
    def matrix(self) -> Array:
        """What moves a column vector, shape (3, 3)."""
        return np.eye(3)[list(self.order)] * np.array(self.signs)[:, None] + 0.0

    def apply(self, vector: Vec3) -> Vec3:
        x, y, z = (s * vector[i] + 0.0 for i, s in zip(self.order, self.signs, strict=True))
        return (x, y, z)

    def apply_all(self, vectors: Array) -> Array:
        """Move vectors of shape (..., 3); every number stays exact."""
        return np.asarray(vectors)[..., list(self.order)] * np.array(self.signs) + 0.0


@cache
def symmetries() -> tuple[Symmetry, ...]:
    """Return all 48, the identity first."""
    found = [
        Symmetry(order, signs)  # type: ignore[arg-type]
        for order in permutations((0, 1, 2))
        for signs in product((1, -1), repeat=3)
    ]
    return tuple(found)


def move(sequence: CadSequence, symmetry: Symmetry) -> CadSequence:
    """Return the history of the moved part. Raises UnsupportedError for what is not known here."""
    check_known(sequence)
    operations = tuple(
        _move_sketch(op, symmetry) if isinstance(op, Sketch) else op for op in sequence.operations
    )
    return dataclasses.replace(sequence, operations=operations)


def _move_sketch(sketch: Sketch, symmetry: Symmetry) -> Sketch:
    """In a mirror image the sketch is mirrored too, so that its frame stays right-handed."""
    plane = sketch.plane
    moved = Plane(*map(symmetry.apply, (plane.origin, plane.normal, plane.x_axis)))
    loops = tuple(map(_mirrored, sketch.loops)) if symmetry.mirrors else sketch.loops
    return dataclasses.replace(sketch, plane=moved, loops=loops)


def _mirrored(loop: Loop) -> Loop:
    """Mirror y, and draw the loop the other way round, so that its sense stays the same."""
    curves = tuple(_flipped(curve).reversed() for curve in reversed(loop.curves))
    return dataclasses.replace(loop, curves=curves)


def _flipped(curve: Curve) -> Curve:
    if isinstance(curve, Circle):
        return Circle(_flip(curve.center), curve.radius)
    if isinstance(curve, Arc):
        return Arc(_flip(curve.start), _flip(curve.mid), _flip(curve.end))
    return Line(_flip(curve.start), _flip(curve.end))


def _flip(point: Vec2) -> Vec2:
    return (point[0], 0.0 - point[1])


def scale(sequence: CadSequence, factor: float) -> CadSequence:
    """Return the history of a part `factor` times as large, in numbers to a nanometre again.

    Raises UnsupportedError if something in it is not known here.
    """
    check_known(sequence)
    operations = tuple(_scaled(operation, factor) for operation in sequence.operations)
    return dataclasses.replace(sequence, operations=operations)


def _scaled(operation: Operation, factor: float) -> Operation:
    def times(value: float) -> float:
        return round(value * factor, DECIMALS) + 0.0

    def point(at: Vec2) -> Vec2:
        return (times(at[0]), times(at[1]))

    if isinstance(operation, Extrude):
        extent = operation.extent
        scaled = Extent(extent.type, times(extent.distance), times(extent.against))
        return dataclasses.replace(operation, extent=scaled)
    x, y, z = map(times, operation.plane.origin)
    plane = dataclasses.replace(operation.plane, origin=(x, y, z))
    loops = tuple(
        dataclasses.replace(loop, curves=tuple(_scaled_curve(c, point, times) for c in loop.curves))
        for loop in operation.loops
    )
    return dataclasses.replace(operation, plane=plane, loops=loops)


def _scaled_curve(
    curve: Curve, point: Callable[[Vec2], Vec2], times: Callable[[float], float]
) -> Curve:
    """An arc keeps its sweep, so its middle follows from its ends."""
    if isinstance(curve, Circle):
        return Circle(point(curve.center), times(curve.radius))
    if isinstance(curve, Arc):
        return Arc.from_sweep(point(curve.start), point(curve.end), curve.sweep)
    return Line(point(curve.start), point(curve.end))
