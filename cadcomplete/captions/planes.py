"""Where a sketch may lie, and what is seen there of all that was drawn and made before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cadcomplete.captions.mention import Form
from cadcomplete.captions.outlines import DrawnOutline, outlined
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Arc, Circle
from cadcomplete.history.fields import DECIMALS
from cadcomplete.history.geometry import Array, Plane, Vec2, facing, plane_across, same_plane
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Sketch
from cadcomplete.history.reach import around
from cadcomplete.history.sequence import CadSequence

TURNED, APART = 2e-8, 1e-5
AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class PlaneView:
    """A plane, and what is seen when one looks along its normal, in its own x and y.

    Attributes:
        kind: "end" where an extrude ends or begins, "side" at the box around all, or "origin".
        outlines: what was drawn on parallel planes, the newest first, and the box at last.
        loops: of those outlines that are loops, drawn again on this plane.
        box: left, bottom, right and top of all that is there.
        rounds: the middles of circles and arcs.
    """

    plane: Plane
    kind: str
    outlines: tuple[DrawnOutline, ...]
    loops: tuple[Loop, ...]
    box: tuple[float, float, float, float]
    rounds: tuple[Vec2, ...]

    @property
    def middle(self) -> Vec2:
        left, bottom, right, top = self.box
        return rounded(((left + right) / 2, (bottom + top) / 2))


def views(given: CadSequence) -> list[PlaneView]:
    """Return where the next sketch may lie, the likeliest first, each plane once."""
    try:
        box = around(given.operations)
    except (GeometryError, UnsupportedError):
        box = None
    if box is None:
        return []
    found: list[tuple[Plane, str]] = []
    for kind, planes in (("end", _ends(given)), ("side", _sides(box)), ("origin", _origins())):
        for plane in planes:
            if not any(same_plane(p, plane, turned=TURNED, apart=APART) for p, _ in found):
                found.append((_exact(plane), kind))
    return [view(plane, kind, given, box) for plane, kind in found]


def _ends(given: CadSequence) -> Iterator[Plane]:
    """Where what builds ends and begins, the newest first."""
    for index, operation in reversed(list(enumerate(given.operations))):
        if operation.builds:
            try:
                yield from reversed(operation.planes(given.operations[:index]))
            except (GeometryError, UnsupportedError):
                continue


def _sides(box: Array) -> Iterator[Plane]:
    for axis in range(3):
        for end in (1, 0):
            yield plane_across(AXES[axis], float(box[end, axis]))


def _origins() -> Iterator[Plane]:
    for axis in AXES:
        yield plane_across(axis, 0.0)


def _exact(plane: Plane) -> Plane:
    x, y, z = (round(value, DECIMALS) + 0.0 for value in plane.origin)
    return Plane((x, y, z), plane.normal, plane.x_axis)


def view(plane: Plane, kind: str, given: CadSequence, box: Array) -> PlaneView:
    """Return what is seen on one plane of what is in a box (2, 3)."""
    loops: list[Loop] = []
    for operation in reversed(given.operations):
        if isinstance(operation, Sketch) and facing(
            operation.plane.normal, plane.normal, turned=TURNED
        ):
            loops += dropped(operation, plane)
    outlines = [outlined(loop) for loop in loops]
    corners = plane.to_local(np.array(np.meshgrid(*box.T)).reshape(3, -1).T)[:, :2]
    low, high = corners.min(axis=0), corners.max(axis=0)
    sides = sorted((high - low).tolist(), reverse=True)
    middle = rounded(tuple(((low + high) / 2).tolist()))
    outlines.append(DrawnOutline(Form.RECTANGLE, sides[0], sides[1], middle, 4))
    edges = (*low.tolist(), *high.tolist())
    return PlaneView(plane, kind, tuple(outlines), tuple(loops), edges, tuple(_rounds(loops)))


def dropped(sketch: Sketch, plane: Plane) -> list[Loop]:
    """Return the closed loops of a sketch in the x and y of a plane that is parallel to its own."""
    at = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    origin, x, y = plane.to_local(sketch.plane.to_world(at))[:, :2]
    along, up = x - origin, y - origin

    def moved(point: Vec2) -> Vec2:
        to = origin + point[0] * along + point[1] * up
        return rounded((float(to[0]), float(to[1])))

    return [loop.moved(moved) for loop in sketch.loops if loop.closed]


def _rounds(loops: list[Loop]) -> Iterator[Vec2]:
    found: dict[Vec2, None] = {}
    for loop in loops:
        for curve in loop.curves:
            if isinstance(curve, Circle | Arc):
                try:
                    found.setdefault(rounded(curve.center), None)
                except GeometryError:
                    continue
    return iter(found)


def rounded(point: Vec2) -> Vec2:
    """Return a point without the last digits that arithmetic leaves behind."""
    return (round(point[0], DECIMALS) + 0.0, round(point[1], DECIMALS) + 0.0)
