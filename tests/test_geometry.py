"""Planes, boxes, curves, loops and extents: their formulas."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cadcomplete.errors import GeometryError
from cadcomplete.history.curves import CURVES, Arc, Circle, Line
from cadcomplete.history.geometry import XY, BoundingBox, Plane, facing, same_plane
from cadcomplete.history.operations import Extent, ExtentType, Loop

LENGTHS = st.floats(-100, 100)
POINTS = st.tuples(LENGTHS, LENGTHS)
SWEEPS = st.floats(1, 359) | st.floats(-359, -1)
VECTORS = st.tuples(LENGTHS, LENGTHS, LENGTHS)


def apart(a, b, least=1e-3):
    return math.dist(a, b) > least


# --- planes -------------------------------------------------------------------------------------


def test_plane_axes_are_right_handed():
    plane = Plane.of((1, 2, 3), (0, 0, 2), (0, 5, 0))
    assert plane == Plane((1, 2, 3), (0, 0, 1), (0, 1, 0))
    assert plane.y_axis == (-1, 0, 0)  # z × y = -x


@given(VECTORS, VECTORS, VECTORS)
def test_plane_of_any_two_directions_is_orthonormal(origin, normal, x_axis):
    assume(np.linalg.norm(np.cross(normal, x_axis)) > 1e-3)
    plane = Plane.of(origin, normal, x_axis)
    axes = np.array([plane.x_axis, plane.y_axis, plane.normal])
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-7)
    assert np.linalg.det(axes) == pytest.approx(1)


def test_plane_takes_the_part_of_the_x_axis_that_lies_in_it():
    assert Plane.of((0, 0, 0), (0, 0, 1), (3, 0, 4)).x_axis == pytest.approx((1, 0, 0))


@pytest.mark.parametrize("size", [1e-8, 1e-3, 1e6])
def test_length_of_an_axis_does_not_matter(size):
    plane = Plane.of((0, 0, 0), (0, 0, size), (size, 0, size))
    assert plane.x_axis == pytest.approx((1, 0, 0), abs=1e-12)


def test_plane_keeps_axes_that_are_unit_already():
    c = math.sqrt(0.5)
    assert Plane.of((0, 0, 0), (c, c, 0), (0, 0, 1)).normal == (c, c, 0)


@pytest.mark.parametrize(
    ("normal", "x_axis"),
    [
        ((0, 0, 0), (1, 0, 0)),
        ((0, 0, 1), (0, 0, 0)),
        ((0, 0, 1), (0, 0, 2)),
        ((1, 1, 1), (-3e7, -3e7, -3e7)),
        ((0, 0, 1), (0, 0, 5e-9)),
        ((math.nan, 0, 1), (1, 0, 0)),
        ((math.inf, 0, 1), (1, 0, 0)),
    ],
)
def test_plane_without_two_directions_raises_geometry_error(normal, x_axis):
    with pytest.raises(GeometryError, match="has no direction"):
        Plane.of((0, 0, 0), normal, x_axis)


def test_offset_is_the_distance_along_the_normal():
    assert Plane((7, 8, -5), (0, 0, -1), (1, 0, 0)).offset == 5


def test_to_world_puts_points_into_the_plane():
    plane = Plane((1, 2, 3), (1, 0, 0), (0, 1, 0))  # x along +y, y along +z
    assert plane.to_world(np.array([(10, 20)])).tolist() == [[1, 12, 23]]


@given(POINTS, VECTORS)
def test_to_local_undoes_to_world(point, origin):
    plane = Plane.of(origin, (1, 2, 3), (0, 1, 0))
    assert np.allclose(plane.to_local(plane.to_world(np.array([point]))), [(*point, 0)], atol=1e-9)


def test_bounding_box_has_size_center_and_diagonal():
    box = BoundingBox.of(np.array([(1.0, 5.0, 0.0), (4.0, 1.0, 12.0)]))
    assert box == BoundingBox((1, 1, 0), (4, 5, 12))
    assert box.size == (3, 4, 12)
    assert box.center == (2.5, 3, 6)
    assert box.diagonal == 13  # 3² + 4² + 12² = 13²


# --- curves -------------------------------------------------------------------------------------


def test_curves_has_every_curve():
    assert len(CURVES) >= 3


def test_quarter_arc():
    arc = Arc.from_sweep((10, 0), (0, 10), 90)
    assert arc.center == pytest.approx((0, 0), abs=1e-12)
    assert arc.mid == pytest.approx((10 * math.sqrt(0.5), 10 * math.sqrt(0.5)))
    assert arc.length == pytest.approx(5 * math.pi)  # a quarter of 2 π 10
    assert arc.area == pytest.approx(25 * math.pi)  # sector from the origin: π 10² / 4


def test_clockwise_arc_has_a_negative_sweep():
    arc = Arc((0, 10), (10, 0), (0, -10))
    assert arc.sweep == pytest.approx(-180)
    assert arc.area == pytest.approx(-50 * math.pi)


@given(POINTS, POINTS, SWEEPS)
def test_arc_from_sweep_has_that_sweep(start, end, sweep):
    assume(apart(start, end))
    arc = Arc.from_sweep(start, end, sweep)
    assert arc.sweep == pytest.approx(sweep, abs=1e-6)
    chord = math.dist(start, end)
    assert arc.radius == pytest.approx(chord / 2 / abs(math.sin(math.radians(sweep) / 2)), rel=1e-6)
    for point in (arc.start, arc.end):
        assert math.dist(arc.center, point) == pytest.approx(arc.radius, rel=1e-6)


@given(POINTS, POINTS, SWEEPS)
def test_reversed_arc_is_the_same_curve_the_other_way(start, end, sweep):
    assume(apart(start, end))
    arc = Arc.from_sweep(start, end, sweep)
    back = arc.reversed()
    assert (back.start, back.end, back.mid) == (end, start, arc.mid)
    assert back.sweep == pytest.approx(-arc.sweep)
    assert back.length == pytest.approx(arc.length)
    assert back.area == pytest.approx(-arc.area, abs=1e-9 * (1 + arc.radius**2))


@given(POINTS, POINTS, SWEEPS)
def test_points_of_an_arc_lie_on_its_circle_and_end_exactly(start, end, sweep):
    assume(apart(start, end))
    arc = Arc.from_sweep(start, end, sweep)
    points = arc.points()
    assert (tuple(points[0]), tuple(points[-1])) == (start, end)
    distances = np.linalg.norm(points - arc.center, axis=1)
    assert np.allclose(distances, arc.radius, rtol=1e-6)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert steps.max() <= 2 * arc.radius * math.sin(math.radians(5)) * (1 + 1e-6)  # 10 degrees


def test_arc_through_points_on_a_line_raises_geometry_error():
    with pytest.raises(GeometryError, match="no arc through"):
        _ = Arc((0, 0), (1, 1), (2, 2)).center


def test_arc_that_does_not_exist_is_drawn_straight():
    assert Arc((0, 0), (1, 1), (2, 2)).points().tolist() == [[0, 0], [1, 1], [2, 2]]


def test_line_has_length_and_turns_around():
    line = Line((1, 1), (4, 5))
    assert line.length == 5
    assert line.reversed() == Line((4, 5), (1, 1))
    assert line.area == 0.5  # (1 · 5 - 4 · 1) / 2


def test_circle_starts_where_it_ends():
    circle = Circle((1, 2), 3)
    assert circle.start == circle.end == (4, 2)
    assert circle.length == pytest.approx(6 * math.pi)
    assert np.allclose(circle.points()[0], circle.points()[-1])


# --- loops --------------------------------------------------------------------------------------


def test_area_of_a_loop_with_arcs_is_exact():
    # A slot: 30 × 20 between two half circles of radius 10.
    slot = Loop(
        (
            Line((0, 0), (30, 0)),
            Arc.from_sweep((30, 0), (30, 20), 180),
            Line((30, 20), (0, 20)),
            Arc.from_sweep((0, 20), (0, 0), 180),
        )
    )
    assert slot.closed
    assert slot.area == pytest.approx(600 + 100 * math.pi, rel=1e-12)


@given(POINTS, SWEEPS, st.floats(0, 360))
def test_box_of_a_loop_holds_its_arcs(center, sweep, first):
    # The arc reaches 10 from its centre wherever a multiple of 90 degrees lies on it.
    a, b = math.radians(first), math.radians(first + sweep)
    start = (center[0] + 10 * math.cos(a), center[1] + 10 * math.sin(a))
    end = (center[0] + 10 * math.cos(b), center[1] + 10 * math.sin(b))
    box = Loop((Arc.from_sweep(start, end, sweep),)).box
    low, high = sorted((first, first + sweep))
    corners = [math.radians(q) for q in range(-360, 721, 90) if low <= q <= high]
    xs = [start[0], end[0], *(center[0] + 10 * math.cos(q) for q in corners)]
    ys = [start[1], end[1], *(center[1] + 10 * math.sin(q) for q in corners)]
    assert box == pytest.approx((min(xs), min(ys), max(xs), max(ys)), abs=1e-6)


def test_area_does_not_depend_on_where_the_loop_lies():
    half = [Line((0, 0), (10, 0)), Arc.from_sweep((10, 0), (0, 0), 180)]
    away = [Line((1e3, 1e3), (1e3 + 10, 1e3)), Arc.from_sweep((1e3 + 10, 1e3), (1e3, 1e3), 180)]
    assert Loop(tuple(half)).area == pytest.approx(12.5 * math.pi)  # π 5² / 2
    assert Loop(tuple(away)).area == pytest.approx(12.5 * math.pi)


def test_clockwise_loop_has_a_negative_area():
    points = [(0, 0), (0, 2), (3, 2), (3, 0), (0, 0)]
    curves = tuple(Line(a, b) for a, b in itertools.pairwise(points))
    assert Loop(curves).area == -6


def test_open_loop_counts_as_closed_by_a_line():
    corner = Loop((Line((0, 0), (4, 0)), Line((4, 0), (4, 3))))
    assert not corner.closed
    assert corner.area == 6


def test_circle_is_a_loop_by_itself():
    assert Loop((Circle((5, 5), 2),)).closed
    assert Loop((Circle((5, 5), 2),)).area == pytest.approx(4 * math.pi)


# --- extents ------------------------------------------------------------------------------------

ONE, BOTH, TWO = ExtentType.ONE_SIDED, ExtentType.SYMMETRIC, ExtentType.TWO_SIDED


@pytest.mark.parametrize(
    ("extent", "span"),
    [
        (Extent(ONE, 5), (0, 5)),
        (Extent(ONE, -5), (0, -5)),
        (Extent(BOTH, 5), (-5, 5)),
        (Extent(BOTH, -5), (5, -5)),
        (Extent(TWO, 5, 3), (-3, 5)),
        (Extent(TWO, 5, 0), (0, 5)),
        (Extent(TWO, -5, -3), (3, -5)),
        (Extent(TWO, 5, -3), (0, 5)),  # both sides on one side: the longer holds the shorter
        (Extent(TWO, 3, -5), (0, 5)),
        (Extent(TWO, -5, 3), (0, -5)),
        (Extent(TWO, -3, 5), (0, -5)),
        (Extent(ONE, 0), (0, 0)),
    ],
)
def test_span_of_an_extent(extent, span):
    assert extent.span == span


def test_xy_is_the_plane_of_the_world():
    assert XY.to_world(np.array([(1, 2)])).tolist() == [[1, 2, 0]]


@given(VECTORS, VECTORS, LENGTHS)
def test_a_raised_plane_faces_the_same_way_and_is_another_one(normal, x_axis, height):
    assume(np.linalg.norm(np.cross(normal, x_axis)) > 1 and abs(height) > 1e-3)
    plane = Plane.of((1.0, 2.0, 3.0), normal, x_axis)
    other = plane.raised(height)
    assert other.offset == pytest.approx(plane.offset + height, abs=1e-6)
    assert facing(plane.normal, other.normal) == same_plane(plane, plane) == 1
    assert same_plane(plane, other) == 0
    assert same_plane(plane, other, apart=2 * abs(height)) == 1


def test_a_plane_turned_over_is_the_same_from_the_other_side():
    over = Plane((5.0, 6.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0))
    assert same_plane(XY, over) == -1
    aslant = Plane.of((0.0, 0.0, 0.0), (0.0, 1e-3, 1.0), (1.0, 0.0, 0.0))
    assert (same_plane(XY, aslant), same_plane(XY, aslant, turned=1e-6)) == (0, 1)
