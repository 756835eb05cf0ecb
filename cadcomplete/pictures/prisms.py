"""Prisms over a sketch where nothing is built yet: how high they are, to explain a picture.

Without a body the scale is not known. Either the prism fills the outline of the part, or a loop of
the sketch is seen as the face at its end. Which way it goes no picture says: only how far.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Boolean, Extrude, Operation, Profile, Sketch
from cadcomplete.meshes.manifolds import mesh_of, swept
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.pictures.matching import Sight, match
from cadcomplete.pictures.scene import energy
from cadcomplete.pictures.sides import Aspect, Creases, side, wire
from cadcomplete.pictures.views import Shot, filling, judged, places, refined

_HEIGHTS = 0.01 * 1.11 ** np.arange(68)  # as shares of the size of the sketch
_THIN = 1e-3  # of it: a prism that stands for its face
_KEPT, _BEST = 6, 4  # places that are looked at again; those that are returned
_CLOSELY = (0.955, 0.97, 0.985, 1.0, 1.015, 1.03, 1.045)


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """A view in which the face that is seen at the end of a prism lies in the sketch's plane.

    `height` is the best one there, in mm, and `nats` are for that.
    """

    view: Shot
    height: float
    nats: float


@dataclass(frozen=True, slots=True, eq=False)
class Prisms:
    """All prisms over the same profiles; `unit` is 1 mm high and starts in the sketch's plane."""

    unit: Creases
    normal: Array
    offset: float
    size: float

    def wire(self, low: float, high: float) -> Creases:
        """Return the prism between two heights."""
        return Creases(
            self._moved(self.unit.ends, low, high),
            self.unit.normals,
            Mesh(self._moved(self.unit.mesh.vertices, low, high), self.unit.mesh.triangles),
        )

    def _moved(self, points: Array, low: float, high: float) -> Array:
        along = points @ self.normal - self.offset
        return points + (low + along * (high - low - 1))[..., None] * self.normal

    def cap(self, axes: Array, low: float, high: float) -> Array:
        """How far the end that is seen is from the sketch, to the right and up, shape (2,)."""
        towards = axes @ self.normal
        return (high if towards[2] > 0 else low) * towards[:2]


def prisms(sketch: Sketch, profiles: Sequence[Profile], number: int) -> Prisms | None:
    """Return the prisms over profiles of a sketch, operation `number`; None if they are empty."""
    before: tuple[Operation, ...] = (Sketch(sketch.plane),) * number + (sketch,)
    extent = Extent(ExtentType.ONE_SIDED, 1.0)
    body = swept(Extrude(tuple(profiles), extent, Boolean.NEW_BODY), before)
    if body.is_empty():
        return None
    points = np.concatenate([loop.points() for loop in sketch.loops])
    normal = np.array(sketch.plane.normal)
    size = float(np.ptp(points, axis=0).max())
    return Prisms(wire(mesh_of(body)), normal, sketch.plane.offset, size)


def anchors(over: Prisms, sight: Sight, axes: Array) -> list[Anchor]:
    """Return where the end of prisms may be seen from one side, the best first."""
    heights = over.size * _HEIGHTS
    sides = [side(over.wire(0.0, h), axes) for h in heights.tolist()]
    pairs = [(h, one) for h, one in zip(heights.tolist(), sides, strict=True) if one is not None]
    found = [*_filling(over, sight, pairs), *_faces(over, sight, axes, pairs)]
    found.sort(key=lambda anchor: -anchor.nats)
    kept: list[Anchor] = []
    for anchor in found:
        if not any(_same(anchor, other) for other in kept):
            kept.append(anchor)
    return [_closely(over, sight, anchor) for anchor in kept[:_BEST]]


def roughly_filling(over: Prisms, sight: Sight, axes: Array) -> float:
    """Return the best score of a prism that fills the outline of the part, seen from a side."""
    found = [side(over.wire(0.0, h), axes) for h in (over.size * _HEIGHTS[::6]).tolist()]
    views = [judged(s, sight.seen, sight.rough, filling(s, sight.seen)) for s in found if s]
    return max((view.score for view in views), default=0.0)


def _same(one: Anchor, other: Anchor) -> bool:
    a, b = one.view, other.view
    near = abs(a.scale / b.scale - 1) < 0.01 and max(abs(a.x0 - b.x0), abs(a.y0 - b.y0)) < 2
    return near and abs(one.height / other.height - 1) < 0.03


def _filling(over: Prisms, sight: Sight, pairs: Sequence[tuple[float, Aspect]]) -> Iterator[Anchor]:
    """Prisms that fill the outline of the part."""
    seen = sight.seen
    rough = [judged(one, seen, sight.rough, filling(one, seen)) for _, one in pairs]
    for i in sorted(range(len(rough)), key=lambda i: -rough[i].score)[:_KEPT]:
        view = refined(pairs[i][1], seen, sight.fine, rough[i])
        nats = energy(match(pairs[i][1], sight, view), sight)
        cap = over.cap(view.axes, 0.0, pairs[i][0])
        yield Anchor(_shifted(view, cap), pairs[i][0], nats)


def _faces(
    over: Prisms, sight: Sight, axes: Array, pairs: Sequence[tuple[float, Aspect]]
) -> Iterator[Anchor]:
    """Prisms of which the end is one face among others."""
    thin = side(over.wire(0.0, _THIN * over.size), axes)
    if thin is None:
        return
    for face in places(thin, sight.seen, sight.rough, sight.fine):
        found = []
        for height, one in pairs:
            view = _shifted(face, -over.cap(axes, 0.0, height))
            found.append((judged(one, sight.seen, sight.fine, view), height, one))
        found.sort(key=lambda row: -row[0].score)
        for view, height, one in found[:_KEPT]:
            yield Anchor(face, height, energy(match(one, sight, view), sight))


def _shifted(view: Shot, by: Array) -> Shot:
    """The view with what was seen at the origin seen where `by`, in mm, was."""
    x0, y0 = view.x0 + view.scale * by[0], view.y0 - view.scale * by[1]
    return replace(view, x0=float(x0), y0=float(y0))


def nats(over: Prisms, sight: Sight, anchors: Sequence[Anchor], low: float, high: float) -> float:
    """Return the nats for one prism, seen from where it explains most; 0 from nowhere."""
    if high - low <= 0:
        return 0.0
    seen: dict[int, Aspect | None] = {}
    best: list[float] = []
    for anchor in anchors:
        axes = anchor.view.axes
        if id(axes) not in seen:
            seen[id(axes)] = side(over.wire(low, high), axes)
        one = seen[id(axes)]
        if one is not None:
            view = _shifted(anchor.view, -over.cap(axes, low, high))
            best.append(energy(match(one, sight, view), sight))
    return max(best, default=0.0)


def placed(over: Prisms, anchor: Anchor) -> tuple[Aspect | None, Shot]:
    """Return how the prism of an anchor looks from its side, and where in the picture it is."""
    axes, height = anchor.view.axes, anchor.height
    return side(over.wire(0.0, height), axes), _shifted(anchor.view, -over.cap(axes, 0.0, height))


def _closely(over: Prisms, sight: Sight, anchor: Anchor) -> Anchor:
    """The same with its height once more."""
    tries = [anchor.height * share for share in _CLOSELY]
    found = [nats(over, sight, [anchor], 0.0, height) for height in tries]
    best = int(np.argmax(found))
    return replace(anchor, height=tries[best], nats=found[best])
