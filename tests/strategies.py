"""Random histories for property tests: closed loops, every boolean and extent, any plane."""

from __future__ import annotations

import math
from collections.abc import Callable

from hypothesis import strategies as st

from cadcomplete.history.curves import Arc, Circle, Curve, Line
from cadcomplete.history.geometry import Plane, Vec2, dot
from cadcomplete.history.kinds import AXES
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Operation,
    Profile,
    Revolve,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.turn_axis import TurnAxis

Draw = st.DrawFn

# Thousandths of a millimetre: every format can write them exactly.
coordinates = st.integers(-200_000, 200_000).map(lambda n: n / 1000)
sizes = st.integers(1, 200_000).map(lambda n: n / 1000)
distances = st.one_of(sizes, sizes.map(lambda n: -n))


def axis_planes() -> st.SearchStrategy[Plane]:
    """Planes along the axes of the world, anywhere."""
    turned = [(n, x) for n in AXES.values() for x in AXES.values() if dot(n, x) == 0]
    origins = st.tuples(coordinates, coordinates, coordinates)
    return st.builds(lambda o, axes: Plane.of(o, *axes), origins, st.sampled_from(turned))


@st.composite
def oblique_planes(draw: Draw) -> Plane:
    """Planes turned by any angles."""
    a, b = (math.radians(draw(st.integers(1, 359))) for _ in range(2))
    normal = (math.cos(a) * math.sin(b), math.sin(a) * math.sin(b), math.cos(b))
    x_axis = (math.cos(a) * math.cos(b), math.sin(a) * math.cos(b), -math.sin(b))
    return Plane.of((draw(coordinates), draw(coordinates), draw(coordinates)), normal, x_axis)


def _rounded(point: Vec2) -> Vec2:
    return (round(point[0], 3), round(point[1], 3))


@st.composite
def _curves(draw: Draw, start: Vec2, end: Vec2, *, straight: bool) -> Curve:
    if straight and draw(st.booleans()):
        return Line(start, end)
    sweep = draw(st.sampled_from([-270.0, -90.0, -30.0, 30.0, 60.0, 90.0, 180.0, 300.0]))
    return Arc(start, _rounded(Arc.from_sweep(start, end, sweep).mid), end)


@st.composite
def rings(draw: Draw, center: Vec2, radius: float) -> Loop:
    """A closed loop of lines and arcs through points on a circle."""
    count = draw(st.integers(2, 6))
    first = math.radians(draw(st.integers(0, 359)))
    angles = [first + 2 * math.pi * i / count for i in range(count)]
    corners = [
        _rounded((center[0] + radius * math.cos(a), center[1] + radius * math.sin(a)))
        for a in angles
    ]
    ends = [*corners[1:], corners[0]]
    straight = count > 2  # two lines there and back are no loop
    pairs = zip(corners, ends, strict=True)
    return Loop(tuple(draw(_curves(a, b, straight=straight)) for a, b in pairs))


@st.composite
def sketches(draw: Draw, planes: st.SearchStrategy[Plane]) -> Sketch:
    """A sketch of one to three outer loops, some with a circle inside right after them.

    No loop is drawn twice: around other centres loops are others.
    """
    loops: list[Loop] = []
    centers = st.tuples(coordinates, coordinates)
    for center in draw(st.lists(centers, min_size=1, max_size=3, unique=True)):
        radius = draw(st.integers(1_000, 90_000)) / 1000
        whole = st.just(Loop((Circle(center, radius),)))
        outer = draw(st.one_of(whole, rings(center, radius)))
        loops.append(outer)
        if len(outer.curves) != 2 and draw(st.booleans()):
            loops.append(Loop((Circle(center, round(radius / 5, 3)),)))
    return Sketch(draw(planes), tuple(loops))


def regions(sketch: Sketch) -> list[tuple[int, tuple[int, ...]]]:
    """What can be extruded of a sketch of `sketches`: each loop alone, or with its hole."""
    inside = {
        i - 1: i
        for i, loop in enumerate(sketch.loops)
        if i and isinstance(inner := loop.curves[0], Circle) and _holds(sketch.loops[i - 1], inner)
    }
    alone = [(i, ()) for i in range(len(sketch.loops))]
    return [*alone, *((outer, (hole,)) for outer, hole in inside.items())]


def _holds(outer: Loop, inner: Circle) -> bool:
    """Not one that crosses itself so that it encloses less, all in all, than what is in it."""
    if abs(outer.area) <= inner.area:
        return False
    left, bottom, right, top = outer.box
    (x, y), r = inner.center, inner.radius
    return left < x - r and x + r < right and bottom < y - r and y + r < top


def extents() -> st.SearchStrategy[Extent]:
    one = st.builds(lambda d: Extent(ExtentType.ONE_SIDED, d), distances)
    symmetric = st.builds(lambda d: Extent(ExtentType.SYMMETRIC, d), distances)
    two = st.builds(lambda d, a: Extent(ExtentType.TWO_SIDED, d, a), distances, distances)
    return st.one_of(one, symmetric, two)


@st.composite
def extrudes(draw: Draw, before: list[Operation], booleans: list[Boolean]) -> Extrude:
    """An extrude of up to three regions of any sketches before it."""
    places = [(i, *r) for i, op in enumerate(before) if isinstance(op, Sketch) for r in regions(op)]
    chosen = draw(
        st.lists(st.sampled_from(places), min_size=1, max_size=3, unique_by=lambda p: p[:2])
    )
    profiles = tuple(Profile(*place) for place in chosen)
    return Extrude(profiles, draw(extents()), draw(st.sampled_from(booleans)))


def _rounded_by(way: Callable[[float], int], x: float, y: float) -> Vec2:
    """To a thousandth, never into what lies on the other side."""
    return (way(1000 * x) / 1000, way(1000 * y) / 1000)


def turns() -> st.SearchStrategy[Extent]:
    """Angles that are no more than all around."""
    angles = st.integers(1, 360_000).map(lambda n: n / 1000)
    signed = st.one_of(angles, angles.map(lambda n: -n))
    one = st.builds(lambda d: Extent(ExtentType.ONE_SIDED, d), signed)
    symmetric = st.builds(lambda d: Extent(ExtentType.SYMMETRIC, round(d / 2, 3)), angles)
    halves = st.integers(1_000, 180_000).map(lambda n: n / 1000)
    two = st.builds(lambda d, a: Extent(ExtentType.TWO_SIDED, d, a), halves, halves)
    return st.one_of(one, symmetric, two)


@st.composite
def revolves(draw: Draw, before: list[Operation], booleans: list[Boolean]) -> Revolve:
    """A revolve of a region of any sketch before it, about an axis beside it, or touching it."""
    places = [(i, *r) for i, op in enumerate(before) if isinstance(op, Sketch) for r in regions(op)]
    profile = Profile(*draw(st.sampled_from(places)))
    sketch = before[profile.sketch]
    assert isinstance(sketch, Sketch)
    left, bottom, right, top = sketch.loops[profile.outer].box
    (left, bottom), (right, top) = (
        _rounded_by(math.floor, left, bottom),
        _rounded_by(math.ceil, right, top),
    )
    gap = draw(st.one_of(st.just(0.0), sizes))
    point, direction = draw(
        st.sampled_from(
            [
                ((left - gap, bottom), (0.0, 1.0)),
                ((right + gap, top), (0.0, -1.0)),
                ((left, bottom - gap), (-1.0, 0.0)),
                ((right, top + gap), (1.0, 0.0)),
            ]
        )
    )
    axis = TurnAxis(_rounded(point), direction)
    return Revolve((profile,), draw(turns()), axis, draw(st.sampled_from(booleans)))


@st.composite
def sequences(draw: Draw, *, grammatical: bool = False, turned: bool = True) -> CadSequence:
    """A history of one to eight operations, with revolves or without.

    A grammatical one is as the grammar writes them: planes along the axes, a new body first,
    what builds last.
    """
    planes = axis_planes() if grammatical else st.one_of(axis_planes(), oblique_planes())
    operations: list[Operation] = [draw(sketches(planes))]
    steps = draw(st.lists(st.booleans(), max_size=6))
    for is_extrude in [*steps, True] if grammatical else steps:
        if not is_extrude:
            operations.append(draw(sketches(planes)))
            continue
        first = grammatical and not any(op.builds for op in operations)
        booleans = [Boolean.NEW_BODY] if first else list(Boolean)
        build = revolves if turned and draw(st.integers(0, 3)) == 0 else extrudes
        operations.append(draw(build(operations, booleans)))
    return CadSequence(tuple(operations))
