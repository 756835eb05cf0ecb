"""Profiles turned about an axis: volumes by Pappus, boxes, points, and what cannot be turned."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifold3d import CrossSection

from cadcomplete.errors import GeometryError, TextError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.inside import inside_loop
from cadcomplete.history.loops import Loop
from cadcomplete.history.moments import moment
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Profile, Sketch
from cadcomplete.history.revolve import Revolve, turned
from cadcomplete.history.symmetry import symmetries
from cadcomplete.history.turn_axis import ANGLES, AXIS, TurnAxis
from cadcomplete.kernel.integrals import box_of
from cadcomplete.kernel.known import located
from cadcomplete.kernel.revolution import BodyOfRevolution
from cadcomplete.kernel.revolving import revolve
from cadcomplete.kernel.solid import Solid
from cadcomplete.meshes.turning import turn

ALL_AROUND = Extent(ExtentType.ONE_SIDED, 360.0)
QUARTER = Extent(ExtentType.ONE_SIDED, 90.0)
UP = TurnAxis((0.0, 0.0), (0.0, 1.0))
ASKEW = Plane.of((1.0, 2.0, 3.0), (1.0, 1.0, 1.0), (1.0, -1.0, 0.0))


def polygon(*corners: tuple[float, float]) -> Loop:
    return Loop(tuple(Line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)))


def rectangle(left: float, bottom: float, right: float, top: float) -> Loop:
    return polygon((left, bottom), (right, bottom), (right, top), (left, top))


def round_hole(x: float, y: float, radius: float) -> Loop:
    return Loop((Circle((x, y), radius),))


RING = rectangle(10, 0, 15, 4)
BALL = Loop((Arc((0.0, -5.0), (5.0, 0.0), (0.0, 5.0)), Line((0.0, 5.0), (0.0, -5.0))))
TORUS = round_hole(10, 0, 3)
CONE = polygon((0.0, 0.0), (6.0, 0.0), (0.0, 4.0))


def made(*loops: Loop, angles: Extent = ALL_AROUND, axis: TurnAxis = UP, plane: Plane = XY):
    """A revolve of a profile with holes, and its sketch."""
    profile = Profile(0, 0, tuple(range(1, len(loops))))
    return Revolve((profile,), angles, axis, Boolean.NEW_BODY), (Sketch(plane, loops),)


def swept(*loops: Loop, **how) -> Solid:
    operation, sketch = made(*loops, **how)
    return revolve(operation.profiles[0], operation, sketch)


def oracle(*loops: Loop, **how) -> BodyOfRevolution:
    operation, sketch = made(*loops, **how)
    low, high = operation.span
    return BodyOfRevolution(turned(operation, operation.profiles[0], sketch), low, high)


BODIES = {  # loops, and the volume that they sweep all around, by a formula
    "ring": ((RING,), math.pi * (15**2 - 10**2) * 4),
    "ball": ((BALL,), 4 / 3 * math.pi * 5**3),
    "torus": ((TORUS,), 2 * math.pi**2 * 10 * 3**2),
    "tube": ((TORUS, round_hole(10, 0, 1)), 2 * math.pi**2 * 10 * (3**2 - 1**2)),
    "cone": ((CONE,), math.pi / 3 * 6**2 * 4),
    "to the left": ((rectangle(-15, 0, -10, 4),), math.pi * (15**2 - 10**2) * 4),
    "touching at a point": ((round_hole(3, 0, 3),), 2 * math.pi**2 * 3 * 3**2),
    "almost on the axis": ((rectangle(4e-6, 0, 5, 4),), math.pi * 25 * 4),
}
ANGLES_OF = {  # how far, and from where to where
    "quarter": (QUARTER, 0, 90),
    "back": (Extent(ExtentType.ONE_SIDED, -100.0), -100, 0),
    "both sides": (Extent(ExtentType.SYMMETRIC, 45.0), -45, 45),
    "two": (Extent(ExtentType.TWO_SIDED, 200.0, 30.0), -30, 200),
    "all": (Extent(ExtentType.SYMMETRIC, 180.0), -180, 180),
}


# --- the body -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BODIES)
def test_a_profile_turned_all_around_has_its_volume_by_pappus(name):
    loops, volume = BODIES[name]
    assert swept(*loops).volume == pytest.approx(volume, rel=1e-6)
    assert oracle(*loops).volume() == pytest.approx(volume, rel=1e-6)


@pytest.mark.parametrize("name", ANGLES_OF)
@pytest.mark.parametrize("plane", [XY, ASKEW])
def test_a_part_of_a_turn_has_that_part_of_the_volume_and_the_box_and_the_points(name, plane):
    angles, low, high = ANGLES_OF[name]
    solid = swept(TORUS, round_hole(10, 0, 1), angles=angles, plane=plane)
    known = solid.oracle
    assert known is not None
    assert solid.volume == pytest.approx(BODIES["tube"][1] * (high - low) / 360, rel=1e-9)
    box = box_of(solid.shape)
    assert known.box() == pytest.approx(np.array([box.minimum, box.maximum]), abs=1e-6)
    points = np.random.default_rng(0).uniform(known.box()[0] - 1, known.box()[1] + 1, (500, 3))
    sides = known.contains(points)
    assert (located(solid.shape, points) == sides).all() and 20 < (sides > 0).sum() < 450


def test_a_quarter_turns_from_the_sketch_by_the_right_hand():
    """About +y, x goes to -z; about -y to +z, and to the left of an axis to the other side."""
    for axis, side in ((UP, -1), (TurnAxis((0.0, 0.0), (0.0, -1.0)), 1)):
        box = box_of(swept(RING, angles=QUARTER, axis=axis).shape)
        depth = sorted((0.0, side * 15.0))
        assert (box.minimum[0], box.maximum[0]) == pytest.approx((0, 15), abs=1e-9)
        assert [box.minimum[2], box.maximum[2]] == pytest.approx(depth, abs=1e-9)
    box = box_of(swept(rectangle(-15, 0, -10, 4), angles=QUARTER).shape)
    assert (box.minimum[2], box.maximum[2]) == pytest.approx((0, 15), abs=1e-9)


def test_an_axis_may_lie_anywhere_in_the_plane():
    """A square of 2 by 2 about the line y = x + 6: its middle (1, 1) is 6 / √2 away from it."""
    axis = TurnAxis.of((-6.0, 0.0), (1.0, 1.0))
    volume = swept(rectangle(0, 0, 2, 2), axis=axis, plane=ASKEW).volume
    assert volume == pytest.approx(2 * math.pi * 6 / math.sqrt(2) * 4, rel=1e-9)


def test_profiles_of_another_sketch_on_the_same_plane_turn_about_the_same_line():
    turned_over = Plane.of((30.0, 0.0, 0.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0))
    first, second = Sketch(XY, (RING,)), Sketch(turned_over, (RING,))  # there at x = 15 to 20
    operation = Revolve((Profile(0, 0), Profile(1, 0)), ALL_AROUND, UP, Boolean.NEW_BODY)
    assert list(operation.problems((first, second), path="$")) == []
    volume = revolve(operation.profiles[1], operation, (first, second)).volume
    assert volume == pytest.approx(math.pi * (20**2 - 15**2) * 4, rel=1e-9)
    tilted = replace(second, plane=ASKEW)
    (finding,) = operation.problems((first, tilted), path="$")
    assert str(finding) == (
        "error at $.profiles[1]: the axis does not lie in the plane of the profile's sketch"
    )


def test_loops_that_touch_are_swept_alone_and_one_that_touches_itself_in_parts():
    inside = rectangle(10, 1, 12, 3)  # shares a side with the ring
    volume = math.pi * ((15**2 - 10**2) * 4 - (12**2 - 10**2) * 2)
    assert swept(RING, inside).volume == pytest.approx(volume, rel=1e-6)
    low = [(10.0, 0.0), (11.0, 0.0), (11.0, 1.0), (12.0, 1.0)]
    corner = polygon(*low, (12.0, 2.0), (11.0, 2.0), (11.0, 1.0), (10.0, 1.0))
    # Two squares of 1 mm² that share a corner, their middles 10.5 and 11.5 mm from the axis.
    assert swept(corner).volume == pytest.approx(2 * math.pi * (10.5 + 11.5), rel=1e-6)


# --- what cannot be turned ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loop", "how", "problem"),
    [
        (rectangle(-1, 0, 5, 4), {}, "reaches 1 mm to the left of it and 5 mm to the right"),
        (round_hole(2, 0, 3), {}, "the axis crosses the profile, which reaches 1 mm to the left"),
        (RING, {"angles": Extent(ExtentType.ONE_SIDED, 0.0)}, "the revolve has no angle"),
        (RING, {"angles": Extent(ExtentType.SYMMETRIC, 181.0)}, "turns by 362°: more than all"),
        (RING, {"angles": Extent(ExtentType.TWO_SIDED, 300.0, 61.0)}, "turns by 361°"),
        (Loop((Line((1.0, 0.0), (2.0, 0.0)), Line((2.0, 0.0), (2.0, 1.0)))), {}, "not closed"),
        (RING, {"axis": TurnAxis((2e7, 0.0), (0.0, 1.0))}, "the axis lies more than 10000000 mm"),
    ],
)
def test_what_cannot_be_turned_is_a_finding(loop, how, problem):
    operation, sketch = made(loop, **how)
    (finding,) = operation.problems(sketch, path="$")
    assert problem in finding.problem and finding.severity == "error"
    if "10000000" not in problem:
        with pytest.raises(GeometryError):
            revolve(operation.profiles[0], operation, sketch)


def test_touching_the_axis_is_fine_and_no_profile_a_warning():
    for loop in (BALL, CONE, rectangle(0, 0, 5, 4), round_hole(3, 0, 3)):
        operation, sketch = made(loop)
        assert list(operation.problems(sketch, path="$")) == []
    (finding,) = replace(operation, profiles=()).problems(sketch, path="$")
    assert finding.severity == "warning" and "it does nothing" in finding.problem


def test_a_sketch_or_a_loop_that_there_is_none_of_is_named():
    operation, sketch = made(RING)
    for profile, problem in ((Profile(3, 0), "index 3"), (Profile(0, 2), "none has the index 2")):
        (finding,) = replace(operation, profiles=(profile,)).problems(sketch, path="$")
        assert problem in finding.problem


# --- its formulas ---------------------------------------------------------------------------------


@given(
    st.floats(5, 50),
    st.floats(-340, 340).filter(lambda sweep: abs(sweep) > 1),
    st.floats(0, 6.28),
    st.floats(0.5, 4),
)
def test_the_moment_of_an_arc_is_that_of_a_fine_polygon(height, sweep, first, radius):
    ends = [
        (radius * math.cos(angle), height + radius * math.sin(angle))
        for angle in (first, first + math.radians(sweep) / 2, first + math.radians(sweep))
    ]
    loop = Loop((Arc(*ends), Line(ends[2], ends[0])))
    angles = first + np.linspace(0, math.radians(sweep), 2001)
    points = np.stack([radius * np.cos(angles), height + radius * np.sin(angles)], 1)
    fine = polygon(*(tuple(point) for point in points.tolist()))
    assert moment(loop) == pytest.approx(moment(fine), rel=1e-5, abs=1e-5)


def test_a_moment_is_the_area_times_the_height_of_its_middle():
    assert moment(rectangle(0, 2, 3, 6)) == pytest.approx(12 * 4)
    assert moment(round_hole(1, -5, 2)) == pytest.approx(4 * math.pi * -5)
    drawn_back = Loop(tuple(c.reversed() for c in reversed(rectangle(0, 2, 3, 6).curves)))
    assert moment(drawn_back) == pytest.approx(-12 * 4)


@pytest.mark.parametrize("name", BODIES)
def test_polyhedra_that_stand_for_a_body_are_as_near_as_they_say(name):
    loops, volume = BODIES[name]
    known = oracle(*loops, angles=Extent(ExtentType.ONE_SIDED, 250.0), plane=ASKEW)
    for turned_too in (False, True):
        rough = known.rough(turned=turned_too)
        assert abs(rough.body.volume() - volume * 250 / 360) <= rough.off < 0.01 * volume
    low, high = np.reshape(known.rough().body.bounding_box(), (2, 3))
    far = known.rough().far
    assert np.abs(np.stack([low, high]) - known.box()).max() <= 2 * far


def test_a_ring_of_straight_lines_is_smaller_as_a_mesh_by_what_polygons_lack():
    section = CrossSection([np.array([(0.0, 10.0), (4.0, 10.0), (4.0, 15.0), (0.0, 15.0)])])
    body = turn(section, XY, 0.0, 360.0, 72)
    lacking = 36 * math.sin(math.radians(5)) / math.pi
    assert body.volume() == pytest.approx(lacking * BODIES["ring"][1], rel=1e-9)


# --- moved and scaled -----------------------------------------------------------------------------


@pytest.mark.parametrize("angles", [QUARTER, Extent(ExtentType.TWO_SIDED, 200.0, 30.0)])
def test_a_symmetry_moves_every_point_of_it(angles):
    operation, (sketch,) = made(TORUS, CONE, angles=angles, plane=ASKEW)
    operation = replace(operation, profiles=(Profile(0, 0),))
    known = oracle(TORUS, angles=angles, plane=ASKEW)
    points = np.random.default_rng(0).uniform(known.box()[0], known.box()[1], (400, 3))
    low, high = operation.span
    for symmetry in symmetries():
        there, drawn = operation.mapped(symmetry), (sketch.mapped(symmetry),)
        moved = BodyOfRevolution(turned(there, there.profiles[0], drawn), low, high)
        assert (moved.contains(symmetry.apply_all(points)) == known.contains(points)).all()


def test_a_larger_one_has_the_cube_of_the_volume():
    operation, (sketch,) = made(RING, angles=QUARTER, axis=TurnAxis((1.5, 7.0), (0.0, 1.0)))
    larger, drawn = operation.scaled(2.5), (sketch.scaled(2.5),)
    volume = revolve(operation.profiles[0], operation, (sketch,)).volume
    scaled = revolve(larger.profiles[0], larger, drawn).volume
    assert scaled == pytest.approx(2.5**3 * volume, rel=1e-9)


def test_where_a_profile_lies_to_the_axis_keeps_its_inside():
    axis = TurnAxis.of((20.0, 1.0), (3.0, 4.0))
    operation, sketch = made(TORUS, axis=axis)
    at = turned(operation, operation.profiles[0], sketch)
    points = np.random.default_rng(0).uniform((5, -5), (15, 5), (300, 2))
    local = at.plane.to_local(XY.to_world(points))
    assert np.abs(local[:, 2]).max() < 1e-12
    assert (inside_loop(at.loops[0], local[:, :2]) == inside_loop(TORUS, points)).all()


# --- its words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("angles", "text", "document"),
    [
        (("one_sided", (360.0,)), "to 360", {"type": "one_sided", "angle": 360}),
        (("symmetric", (45.5,)), "sym 45.5", {"type": "symmetric", "angle": 45.5}),
        (
            ("two_sided", (60.0, -30.0)),
            "from -30 to 60",
            {"type": "two_sided", "angle": 60, "against": -30},
        ),
        (("one_sided", (1e-9,)), "to 0.000001", {"type": "one_sided", "angle": 1e-9}),
    ],
)
def test_angles_are_said_as_extents_are(angles, text, document):
    assert ANGLES.write(angles) == text
    assert ANGLES.dump(angles) == document
    assert ANGLES.load(document) == angles
    if angles[1][0] > 1e-6:
        assert ANGLES.read(iter(text.split())) == angles


def test_an_axis_is_a_point_and_a_direction():
    axis = TurnAxis.of((1.5, -2.0), (3.0, 4.0))
    assert AXIS.write(axis) == "about 1.5 -2 0.6 0.8"
    assert AXIS.read(iter(["about", "1.5", "-2", "0.6", "0.8"])) == axis
    assert AXIS.load(AXIS.dump(axis)) == axis
    assert AXIS.dump(axis) == {"point": [1.5, -2], "direction": [0.6, 0.8]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("around 0 0 0 1", "needs its axis: expected about"),
        ("about 0 0 0 0", "it has no direction"),
        ("about 0 0 0 up", "not a number"),
    ],
)
def test_an_axis_that_is_none_is_refused(text, problem):
    with pytest.raises((TextError, GeometryError), match=problem):
        AXIS.read(iter(text.split()))
