"""Edges that can be rounded or cut off: those about which there is nothing else for some way.

No kernel says so but probes: points in the four quarters around an edge, near it and farther away.
One quarter full is a ridge, three are a corner that can be filled; anything else is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.extrude import Boolean, Extrude
from cadcomplete.history.geometry import Array, Plane
from cadcomplete.history.holes import Hole
from cadcomplete.history.inside import inside_loop
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Operation
from cadcomplete.history.patterns import Repeat
from cadcomplete.history.revolve import Revolve, turned
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.sketches import Sketch

_QUARTERS = np.array(
    [
        [(np.cos(a), np.sin(a)) for a in np.radians([90 * quarter + d for d in (12, 45, 78)])]
        for quarter in range(4)
    ]
)
"""Directions in the quarters around an edge, shape (4, 3, 2)."""

_DIRECTIONS = np.array([(np.cos(a), np.sin(a)) for a in np.radians(np.arange(8) * 45.0 + 7.0)])

_FAR = (0.3, 0.8, 1.3)
"""How far from an edge the probes are, in sizes of what is made there."""

_CLEAR = 1.5  # sizes from an edge to anything else that is drawn

_MOST_PLACES = 60  # along all edges of an outline

_LEAST = 0.05  # mm of a size


@dataclass(frozen=True, slots=True)
class _Around:
    """What there is around the edges of an operation.

    Attributes:
        inside: which of points (n, 3) are in the part.
        marks: points of what other operations draw, shape (m, 3): small things slip between probes.
    """

    inside: Callable[[Array], np.ndarray]
    marks: Array

    def clear(self, points: Array, size: float) -> bool:
        """Whether nothing that is drawn is near any of the points (n, 3)."""
        gaps = np.linalg.norm(points[:, None] - self.marks[None], axis=2)
        return bool((gaps > _CLEAR * size).all())


@dataclass(frozen=True, slots=True)
class CleanEdges:
    """Edges that can be made round or slanted together.

    Attributes:
        names: what they are called.
        size: how far around them there is nothing else, in mm.
        convex: whether they stand out.
        kind: "rim", of where something starts or ends; "side", between two sides.
    """

    names: tuple[EdgePredicate, ...]
    size: float
    convex: bool
    kind: str


def clean_edges(operations: tuple[Operation, ...]) -> Iterator[CleanEdges]:
    """Yield the edges of a history without fillets and chamfers that can get some."""
    from cadcomplete.fitting.space.solids import occupancy

    sequence = CadSequence(operations)

    drawn = [_drawn(operation, operations) for operation in operations]
    for index, operation in enumerate(operations):
        others = [points for number, points in enumerate(drawn) if number != index]
        around = _Around(lambda points: occupancy(sequence, points), np.concatenate(others))
        again = tuple(_copies(index, operations))
        if isinstance(operation, Extrude) and len(operation.profiles) == 1:
            yield from _rims(index, operation, operations, again, around)
            yield from _sides(index, operation, operations, again, around)
        elif isinstance(operation, Revolve) and len(operation.profiles) == 1:
            yield from _turned_rims(index, operation, operations, around)
        elif isinstance(operation, Hole):
            yield from _mouths(index, operation, again, around)


def _copies(index: int, operations: tuple[Operation, ...]) -> Iterator[int]:
    """The patterns that do an operation again, by themselves or by way of others."""
    found = {index}
    for number, operation in enumerate(operations[index + 1 :], start=index + 1):
        if isinstance(operation, Repeat) and (operation.of is None or found & {*operation.of}):
            found.add(number)
            yield number


def _drawn(operation: Operation, operations: tuple[Operation, ...]) -> Array:
    """Points of what an operation sweeps or drills, where it starts and ends, (n, 3)."""
    found = [np.zeros((0, 3))]
    if isinstance(operation, Extrude):
        for profile in operation.profiles:
            sketch = operations[profile.sketch]
            assert isinstance(sketch, Sketch)
            flat = np.concatenate([sketch.loops[number].points() for number in profile.loops])
            ends = operation.extent.span
            found += [sketch.plane.raised(end).to_world(flat) for end in (*ends, sum(ends) / 2)]
    elif isinstance(operation, Hole):
        deep = () if operation.depth is None else (operation.depth,)
        centers = np.array(operation.centers)
        found += [operation.plane.raised(-at).to_world(centers) for at in (0.0, *deep)]
    elif isinstance(operation, Repeat):
        again = range(operations.index(operation)) if operation.of is None else operation.originals
        still = [_drawn(operations[index], operations) for index in again]
        found += [motion.apply(points) for motion in operation.motions() for points in still]
    return np.concatenate(found)


# --- where something starts and ends --------------------------------------------------------------


def _rims(
    index: int,
    extrude: Extrude,
    operations: tuple[Operation, ...],
    again: tuple[int, ...],
    around: _Around,
) -> Iterator[CleanEdges]:
    (profile,) = extrude.profiles
    sketch = operations[profile.sketch]
    assert isinstance(sketch, Sketch)
    high = abs(extrude.extent.span[1] - extrude.extent.span[0])
    for number in profile.loops:
        loop = sketch.loops[number]
        for end, at in zip(("start", "end"), extrude.extent.span, strict=True):
            for size in _sizes(min(0.25 * _width(loop), 0.4 * high)):
                found = _outline(loop, size)
                if found is None:
                    continue
                convex = _ridge(sketch.plane.raised(at), *found, size, around)
                if convex is not None:
                    names = [EdgePredicate(end, (index,), number)]
                    names += [EdgePredicate(end, (copy,)) for copy in again]
                    yield CleanEdges(tuple(names), size, convex, "rim")
                    break


def _mouths(
    index: int, hole: Hole, again: tuple[int, ...], around: _Around
) -> Iterator[CleanEdges]:
    if hole.head is not None:
        return
    for size in _sizes(0.25 * hole.diameter):
        circles = [_outline(Loop((Circle(c, hole.diameter / 2),)), size) for c in hole.centers]
        known = [circle for circle in circles if circle is not None]
        if known and all(_ridge(hole.plane, *circle, size, around) for circle in known):
            names = [EdgePredicate("start", (one,)) for one in (index, *again)]
            yield CleanEdges(tuple(names), size, True, "rim")
            return


def _sizes(most: float) -> list[float]:
    return [size for size in (most, most / 2, most / 4) if size > _LEAST]


def _width(loop: Loop) -> float:
    left, bottom, right, top = loop.box
    return min(right - left, top - bottom)


def _outline(loop: Loop, size: float) -> tuple[Array, Array] | None:
    """Points of a circle, or of the straight sides, (n, 2), and unit normals there.

    None if it has other curves, or a side is too short.
    """
    first = loop.curves[0]
    if isinstance(first, Circle):
        places = min(max(2 * np.pi * first.radius / (0.7 * size), 24), _MOST_PLACES)
        angles = np.linspace(0.05, 0.05 + 2 * np.pi, int(places), endpoint=False)
        normals = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return np.array(first.center) + first.radius * normals, normals
    points, normals = [], []
    around = sum(curve.length for curve in loop.curves)
    for curve in loop.curves:
        if not isinstance(curve, Line) or curve.length < 4 * size:
            return None
        start, along = np.array(curve.start), np.subtract(curve.end, curve.start)
        places = max(curve.length / max(0.7 * size, around / _MOST_PLACES), 2)
        for share in np.linspace(0.02, 0.98, int(places) + 1):
            points.append(start + share * along)
            normals.append(np.array([along[1], -along[0]]) / curve.length)
    return np.array(points), np.array(normals)


def _ridge(
    plane: Plane, points: Array, normals: Array, size: float, around: _Around
) -> bool | None:
    """Say whether along all of some points of a plane there is a ridge, or a corner to fill.

    True for a ridge, False for such a corner, None for neither.
    """
    axes = np.array([plane.x_axis, plane.y_axis])
    out, up, at = normals @ axes, np.array(plane.normal), plane.to_world(points)
    if not around.clear(at, size):
        return None
    ways = _QUARTERS[..., :1, None] * out + _QUARTERS[..., 1:, None] * up
    probes = np.stack([at + far * size * ways for far in _FAR])
    full = around.inside(probes.reshape(-1, 3)).reshape(len(_FAR), 4, -1)
    if (full != full[:1, :, :1]).any():  # the same everywhere, near and far
        return None
    count = int(full[0, :, 0].sum())
    return {1: True, 3: False}.get(count)


# --- between sides --------------------------------------------------------------------------------


def _sides(
    index: int,
    extrude: Extrude,
    operations: tuple[Operation, ...],
    again: tuple[int, ...],
    around: _Around,
) -> Iterator[CleanEdges]:
    """The uprights of what is added."""
    (profile,) = extrude.profiles
    sketch = operations[profile.sketch]
    assert isinstance(sketch, Sketch)
    loop, (start, end) = sketch.loops[profile.outer], extrude.extent.span
    if extrude.boolean not in (Boolean.NEW_BODY, Boolean.JOIN) or len(loop.curves) > 12:
        return
    if any(not isinstance(curve, Line) for curve in loop.curves):
        return
    size = 0.3 * min(curve.length for curve in loop.curves)
    if size <= _LEAST:
        return
    corners = np.array([curve.start for curve in loop.curves])
    reach = np.array(_FAR)[:, None, None, None] * size
    flat = (corners + reach * _DIRECTIONS[:, None]).reshape(-1, 2)
    wanted = inside_loop(loop, flat)
    inner = np.linspace(0.02, 0.98, 9)

    def full(share: float) -> np.ndarray:
        return around.inside(at(share).to_world(flat))

    def at(share: float) -> Plane:
        return sketch.plane.raised(start + share * (end - start))

    ends = [full(share) for share in (-0.02, 1.02)]
    if any(one.any() and not one.all() for one in ends):
        return  # something goes on there, and the edges with it
    posts = np.concatenate([at(share).to_world(corners) for share in inner.tolist()])
    if around.clear(posts, size) and all((full(one) == wanted).all() for one in inner.tolist()):
        names = [EdgePredicate("side", (index,), profile.outer)]
        names += [EdgePredicate("side", (copy,)) for copy in again]
        yield CleanEdges(tuple(names), size, True, "side")


def _turned_rims(
    index: int, revolve: Revolve, operations: tuple[Operation, ...], around: _Around
) -> Iterator[CleanEdges]:
    """Where two straight sides of what is turned all around meet, away from the axis."""
    try:
        at = turned(revolve, revolve.profiles[0], operations)
    except GeometryError:
        return
    loop = at.loops[0]
    given = operations[revolve.profiles[0].sketch]
    assert isinstance(given, Sketch)
    if not revolve.full or revolve.boolean not in (Boolean.NEW_BODY, Boolean.JOIN):
        return
    curves = loop.curves
    for number, (one, other) in enumerate(zip(curves, (*curves[1:], curves[0]), strict=True)):
        if not (isinstance(one, Line) and isinstance(other, Line)) or one.end[1] < 1e-6:
            continue
        size = 0.25 * min(one.length, other.length, one.end[1])
        if size <= _LEAST or abs(_bend(one, other)) < 0.2:
            continue
        flat = np.concatenate([np.array(one.end) + f * size * _DIRECTIONS for f in _FAR])
        wanted = inside_loop(loop, flat)
        found = (
            around.inside(_turned_to(at.plane, angle, flat)) for angle in (5.0, 95.0, 185.0, 275.0)
        )
        if all((one == wanted).all() for one in found):
            name = EdgePredicate("side", (index,), revolve.profiles[0].outer, number)
            yield CleanEdges((name,), size, int(wanted.sum()) < len(flat) / 2, "side")


def _bend(one: Line, other: Line) -> float:
    """The sine of the angle between two sides."""
    (a, b), (c, d) = np.subtract(one.end, one.start), np.subtract(other.end, other.start)
    return float((a * d - b * c) / (one.length * other.length))


def _turned_to(plane: Plane, degrees: float, flat: Array) -> Array:
    """Points (n, 2) of a plane through an axis, its x, turned about that: shape (n, 3)."""
    angle = np.radians(degrees)
    away = np.cos(angle) * np.array(plane.y_axis) + np.sin(angle) * np.array(plane.normal)
    return np.array(plane.origin) + flat[:, :1] * np.array(plane.x_axis) + flat[:, 1:] * away
