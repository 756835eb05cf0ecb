"""Laws 5, 7 and 11 of a history as a value: what moves, scales, cuts or checks it changes nothing
else, on the example parts and on parts that were made."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
from conftest import PARTS
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import sequences

from cadcomplete import readers
from cadcomplete.data import synthetic
from cadcomplete.errors import GeometryError, InputError
from cadcomplete.history import curves as curve_module
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import CURVES, Arc, BSpline, Circle, Ellipse, EllipseArc, Line
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.geometry import XY, BoundingBox, Plane, cross, dot, rotation
from cadcomplete.history.holes import Counterbore, Countersink, Hole
from cadcomplete.history.operations import (
    OPERATIONS,
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Profile,
    Revolve,
    Sketch,
    Unknown,
)
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.sequence import CadSequence, Finding, start_plane, truncate, validate
from cadcomplete.history.symmetry import Symmetry, move, scale, symmetries
from cadcomplete.history.turn_axis import TurnAxis
from cadcomplete.meshes.manifolds import solid, states, volume_of
from cadcomplete.readers import read

MADE = tuple(synthetic.parts(10, seed=97))
EXAMPLES = tuple(read(path).sequence for path in sorted(PARTS.glob("*.json")))
ALL = (*EXAMPLES, *MADE)
every_part = pytest.mark.parametrize("part", [pytest.param(part, id=part.id) for part in ALL])
parts = st.integers(0, len(ALL) - 1).map(ALL.__getitem__)
turns = st.sampled_from(symmetries())


def undone(symmetry: Symmetry) -> Symmetry:
    """The symmetry that leads back: its matrix is the transposed one."""
    order = tuple(symmetry.order.index(i) for i in range(3))
    return Symmetry(order, tuple(symmetry.signs[i] for i in order))  # type: ignore[arg-type]


# --- symmetries ---------------------------------------------------------------------------------


def test_the_symmetries_of_a_cube_are_48_and_half_of_them_mirror():
    matrices = {symmetry.matrix.tobytes() for symmetry in symmetries()}
    assert len(matrices) == len(symmetries()) == 48  # 6 permutations × 8 signs
    determinants = [round(np.linalg.det(symmetry.matrix)) for symmetry in symmetries()]
    assert [d < 0 for d in determinants] == [symmetry.mirrors for symmetry in symmetries()]
    assert sum(determinants) == 0
    assert np.array_equal(symmetries()[0].matrix, np.eye(3))


@given(one=turns, other=turns)
@settings(max_examples=40)
def test_one_symmetry_after_another_is_one_of_them(one, other):
    both = (other.matrix @ one.matrix) + 0.0
    assert any(np.array_equal(both, symmetry.matrix) for symmetry in symmetries())


@given(part=parts, symmetry=turns)
@settings(max_examples=40)
def test_a_part_that_is_moved_back_is_the_part_number_for_number(part, symmetry):
    back = move(move(part, symmetry), undone(symmetry))
    assert back == part


@given(part=parts, symmetry=turns)
@settings(max_examples=20, deadline=None)
def test_a_moved_part_has_the_volume_of_the_part(part, symmetry):
    # polygons have corners at multiples of 5 degrees, which every symmetry keeps
    assert volume_of(solid(move(part, symmetry))) == pytest.approx(volume_of(solid(part)), rel=1e-6)


@given(part=parts, symmetry=turns)
@settings(max_examples=30)
def test_moving_changes_planes_and_nothing_that_an_extrude_says(part, symmetry):
    moved = move(part, symmetry)
    assert (len(moved), moved.id, moved.curves) == (len(part), part.id, part.curves)
    for before, after in zip(part.operations, moved.operations, strict=True):
        if isinstance(before, Extrude):
            assert after == before
            continue
        assert after.plane.origin == symmetry.apply(before.plane.origin)
        assert after.plane.normal == symmetry.apply(before.plane.normal)
        assert [loop.area for loop in after.loops] == pytest.approx(
            [loop.area for loop in before.loops]
        )


@given(part=parts, symmetry=turns)
@settings(max_examples=20)
def test_points_of_a_moved_part_are_the_moved_points(part, symmetry):
    for before, after in zip(part.operations, move(part, symmetry).operations, strict=True):
        if not isinstance(before, Sketch):
            continue
        for loop, moved in zip(before.loops, after.loops, strict=True):
            there = symmetry.apply_all(before.plane.to_world(loop.points()))
            here = after.plane.to_world(moved.points())
            box, same = BoundingBox.of(there), BoundingBox.of(here)
            assert same.minimum == pytest.approx(box.minimum, abs=1e-6)
            assert same.maximum == pytest.approx(box.maximum, abs=1e-6)


# --- sizes --------------------------------------------------------------------------------------


@given(part=parts, factor=st.sampled_from([0.5, 1.0, 2.0, 2.5, 10.0]))
@settings(max_examples=20, deadline=None)
def test_a_scaled_part_has_the_volume_times_the_cube_of_the_factor(part, factor):
    larger = volume_of(solid(scale(part, factor)))
    assert larger == pytest.approx(factor**3 * volume_of(solid(part)), rel=1e-4)


@given(part=parts)
@settings(max_examples=15)
def test_a_part_of_the_same_size_has_the_same_numbers_to_a_nanometre(part):
    for before, after in zip(part.operations, scale(part, 1.0).operations, strict=True):
        if isinstance(before, Extrude):
            assert after.extent.span == pytest.approx(before.extent.span, abs=1e-6)
            continue
        assert after.plane.origin == pytest.approx(before.plane.origin, abs=1e-6)
        for loop, same in zip(before.loops, after.loops, strict=True):
            assert [c.end for c in same.curves] == [pytest.approx(c.end) for c in loop.curves]
            assert same.area == pytest.approx(loop.area, rel=1e-5)


@given(part=parts, factor=st.sampled_from([0.1, 3.0]), symmetry=turns)
@settings(max_examples=20)
def test_scaling_and_moving_may_change_places(part, factor, symmetry):
    one, other = scale(move(part, symmetry), factor), move(scale(part, factor), symmetry)
    for a, b in zip(one.operations, other.operations, strict=True):
        if isinstance(a, Extrude):
            assert a == b
        else:
            assert a.plane == b.plane
            assert [loop.area for loop in a.loops] == pytest.approx([x.area for x in b.loops])


@pytest.mark.parametrize("change", [lambda s: move(s, symmetries()[5]), lambda s: scale(s, 2.0)])
def test_what_is_not_known_cannot_be_moved_or_scaled(change, plate):
    part = dataclasses.replace(plate, rest=(Unknown("FilletFeature", ("FilletFeature",)),))
    with pytest.raises(InputError, match="FilletFeature"):
        change(part)


# --- shorter histories --------------------------------------------------------------------------


@given(part=parts, data=st.data())
@settings(max_examples=30)
def test_cutting_twice_is_cutting_once(part, data):
    keep = data.draw(st.integers(0, len(part)))
    less = data.draw(st.integers(0, keep))
    shorter = truncate(part, keep)
    assert truncate(shorter, less) == truncate(part, less)
    assert shorter.operations == part.operations[:keep]
    assert shorter.id == part.id
    assert truncate(part, len(part)) == part


@given(sequence=sequences(), data=st.data())
@settings(max_examples=30)
def test_a_cut_inside_of_a_sketch_keeps_so_many_curves_and_the_same_ones(sequence, data):
    found = [i for i, op in enumerate(sequence.operations) if isinstance(op, Sketch)]
    index = data.draw(st.sampled_from(found))
    whole = [curve for loop in sequence.operations[index].loops for curve in loop.curves]
    kept = data.draw(st.integers(0, len(whole)))
    shorter = truncate(sequence, index, curves=kept)
    assert shorter.operations[:index] == sequence.operations[:index]
    last = shorter.operations[index]
    assert [curve for loop in last.loops for curve in loop.curves] == whole[:kept]
    assert last.plane == sequence.operations[index].plane


@given(part=parts, data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_solid_of_a_shorter_part_is_what_the_whole_was_on_its_way(part, data):
    keep = data.draw(st.integers(0, len(part)))
    on_its_way = states(part)[keep]
    assert volume_of(solid(truncate(part, keep))) == pytest.approx(volume_of(on_its_way), rel=1e-9)


@pytest.mark.parametrize("keep", [-1, 4, 99])
def test_more_operations_than_there_are_say_how_many_there_are(plate, keep):
    part = dataclasses.replace(plate, id="plate")
    with pytest.raises(InputError) as caught:
        truncate(part, keep)
    assert str(caught.value) == (
        f"at plate: cannot keep so many operations: expected 0 to 2, got {keep}"
    )


@pytest.mark.parametrize(
    ("keep", "curves", "expected"),
    [(0, -1, "0 to 5"), (0, 6, "0 to 5"), (1, 1, "a sketch with curves"), (2, 0, "a sketch")],
)
def test_more_curves_than_a_sketch_has_say_how_many_it_has(plate, keep, curves, expected):
    with pytest.raises(InputError) as caught:
        truncate(plate, keep, curves=curves)
    assert caught.value.problem == "cannot keep so many curves"
    assert caught.value.where == f"operation {keep}"
    assert caught.value.expected.startswith(expected)


# --- values -------------------------------------------------------------------------------------

LOOP = Loop((Circle((0.0, 0.0), 5.0),))
VALUES = [
    Line((0.0, 0.0), (1.0, 0.0)),
    Arc((0.0, 0.0), (1.0, 1.0), (2.0, 0.0)),
    Circle((0.0, 0.0), 1.0),
    Ellipse((0.0, 0.0), 2.0, 1.0, 30.0),
    EllipseArc((2.0, 0.0), (-2.0, 0.0), 180.0, 0.0, 0.5),
    BSpline(2, ((0.0, 0.0), (1.0, 2.0), (2.0, 0.0)), (0.0, 1.0)),
    XY,
    BoundingBox((0.0, 0.0, 0.0), (1.0, 2.0, 3.0)),
    LOOP,
    Profile(0, 0),
    Extent(ExtentType.ONE_SIDED, 5.0),
    Sketch(XY, (LOOP,)),
    Extrude((Profile(0, 0),), Extent(ExtentType.SYMMETRIC, 5.0), Boolean.NEW_BODY),
    Revolve(
        (Profile(0, 0),),
        Extent(ExtentType.ONE_SIDED, 90.0),
        TurnAxis((0.0, -1.0), (1.0, 0.0)),
        Boolean.CUT,
    ),
    TurnAxis((0.0, -1.0), (1.0, 0.0)),
    Hole(XY, 3.0, None, ((1.0, 2.0),), Counterbore(6.0, 2.0)),
    Countersink(6.0, 90.0),
    Mirror((1.0, 0.0, 0.0), 5.0, None),
    LinearPattern((0.0, 1.0, 0.0), 12.0, 2, (1,)),
    PolarPattern((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), 4, 360.0, (1,)),
    Fillet(2.0, (EdgePredicate("side", (1,)),)),
    Chamfer((2.0, 1.0, False), (EdgePredicate("side", (1,)),)),
    EdgePredicate("side", (1,)),
    Unknown("FilletFeature"),
    CadSequence((Sketch(XY),)),
    Finding("$", "nothing"),
    symmetries()[7],
]


def test_every_operation_and_curve_is_among_the_values_that_are_checked():
    kinds = {type(value) for value in VALUES}
    assert {*CURVES.values(), *OPERATIONS.values()} <= kinds
    assert len(CURVES) >= 3
    assert len(OPERATIONS) >= 2


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_cannot_be_changed_and_travels_to_another_process(value):
    field = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, None)
    again = pickle.loads(pickle.dumps(value))
    assert again == value
    assert hash(again) == hash(value)


@every_part
def test_what_looks_at_a_part_leaves_it_as_it_was(part):
    before, text = hash(part), pickle.dumps(part)
    validate(part)
    solid(part)
    readers.from_sequence(part).dump()
    start_plane(Extrude((), Extent(ExtentType.ONE_SIDED, 1.0), Boolean.CUT), part.operations)
    assert hash(part) == before
    assert pickle.loads(text) == part


@given(part=parts, symmetry=turns)
@settings(max_examples=15)
def test_a_part_has_as_many_problems_wherever_it_lies(part, symmetry):
    assert len(validate(move(part, symmetry))) == len(validate(part))


def test_where_something_was_read_and_what_was_said_of_it_is_no_difference():
    plain = Sketch(XY, (LOOP,))
    said = Sketch(XY, (dataclasses.replace(LOOP, source="$.x"),), "$.entities.S", ("odd",))
    assert plain == said
    assert hash(plain) == hash(said)
    assert "entities" not in repr(said)


# --- planes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profiles", "plane"),
    [
        ((), "newest"),  # none: the newest sketch
        ((Profile(0, 0),), "oldest"),
        ((Profile(2, 0),), "newest"),
        ((Profile(0, 0), Profile(2, 0)), "oldest"),  # of several the first one's
        ((Profile(9, 0),), "newest"),  # that is not there
        ((Profile(1, 0),), "newest"),  # that is no sketch
    ],
)
def test_an_extrude_starts_from_the_sketch_of_its_first_profile(profiles, plane):
    extent = Extent(ExtentType.ONE_SIDED, 1.0)
    planes = {
        "oldest": XY,
        "newest": Plane.of((0.0, 0.0, 9.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    }
    before = (
        Sketch(planes["oldest"], (LOOP,)),
        Extrude((Profile(0, 0),), extent, Boolean.NEW_BODY),
        Sketch(planes["newest"], (LOOP,)),
    )
    assert start_plane(Extrude(profiles, extent, Boolean.JOIN), before) == planes[plane]


def test_without_a_sketch_an_extrude_starts_from_the_world():
    extrude = Extrude((), Extent(ExtentType.ONE_SIDED, 1.0), Boolean.NEW_BODY)
    assert start_plane(extrude, ()) == XY


@given(st.tuples(*[st.integers(-300, 300)] * 3))
@settings(max_examples=30)
def test_a_rotation_keeps_lengths_and_its_axis(degrees):
    vector = np.radians(np.array(degrees, dtype=float))
    turned = rotation(vector)
    assert np.allclose(turned @ turned.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turned) == pytest.approx(1.0)
    assert np.allclose(turned @ vector, vector, atol=1e-12)
    # a turn by the angle t has the trace 1 + 2 cos t
    angle = np.linalg.norm(vector)
    assert np.trace(turned) == pytest.approx(1 + 2 * np.cos(angle))


@given(*[st.tuples(*[st.integers(-9, 9)] * 3)] * 2)
@settings(max_examples=30)
def test_a_cross_product_is_at_right_angles_to_both(a, b):
    across = cross(a, b)
    assert dot(across, a) == dot(across, b) == 0
    assert dot(across, across) == dot(a, a) * dot(b, b) - dot(a, b) ** 2  # Lagrange's identity


# --- curves -------------------------------------------------------------------------------------


def example(kind: type) -> curve_module.Curve:
    made = {
        Line: Line((1.0, 2.0), (4.0, 6.0)),
        Arc: Arc.from_sweep((1.0, 2.0), (4.0, 6.0), 90.0),
        Circle: Circle((1.0, 2.0), 5.0),
        Ellipse: Ellipse((1.0, 2.0), 5.0, 3.0, 30.0),
        EllipseArc: EllipseArc((1.0, 2.0), (4.0, 6.0), 90.0, 20.0, 0.6),
        BSpline: BSpline(2, ((1.0, 2.0), (4.0, 2.0), (4.0, 6.0)), (0.0, 1.0)),
    }
    return made[kind]


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_has_a_length_that_its_points_come_near(name):
    curve = example(CURVES[name])
    points = curve.points()
    along = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    # a chord of 10 degrees is shorter than its arc by the share (10°)² / 24 = 0.13 %
    assert along == pytest.approx(curve.length, rel=2e-3)
    assert along <= curve.length + 1e-9
    assert tuple(points[0]) == pytest.approx(curve.start)
    assert tuple(points[-1]) == pytest.approx(curve.end)


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_turned_round_twice_is_itself_and_its_area_changes_sign(name):
    curve = example(CURVES[name])
    assert curve.reversed().reversed() == curve
    if curve.start != curve.end:  # a circle has no other way
        assert curve.reversed().area == pytest.approx(-curve.area)
        assert curve.reversed().length == pytest.approx(curve.length)


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_is_made_again_from_its_fields(name):
    curve = example(CURVES[name])
    for text_format in ("json", "lines"):
        fields = {f.name: getattr(curve, f.name) for f in curve.FIELDS[text_format]}
        again = type(curve).from_fields(curve.start, **fields)
        assert np.allclose(again.points(), curve.points(), atol=1e-9)


def test_an_arc_needs_a_sweep_or_a_point():
    with pytest.raises(GeometryError, match="needs a sweep or a point in between"):
        Arc.from_fields((0.0, 0.0), end=(1.0, 0.0))


@pytest.mark.parametrize("name", CURVES)
def test_a_loop_of_every_curve_is_moved_point_by_point(name):
    loop = Loop((example(CURVES[name]),), source="$.here")
    moved = loop.moved(lambda p: (p[0] + 10.0, p[1] - 1.0))
    assert moved.source == "$.here"
    assert np.allclose(moved.points(), loop.points() + np.array([10.0, -1.0]))
    twice = loop.moved(lambda p: (2 * p[0], 2 * p[1]), radius=lambda r: 2 * r)
    assert np.allclose(twice.points(), 2 * loop.points())
    assert twice.area == pytest.approx(4 * loop.area)
