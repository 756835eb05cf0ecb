"""Metrics against numbers that a hand can calculate, and what they refuse to calculate."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadcomplete.clouds import nearest
from cadcomplete.clouds.cloud import PointCloud, farthest, normalize, sample_cloud
from cadcomplete.clouds.deviation import shortly
from cadcomplete.clouds.nearest import nearest_squared
from cadcomplete.data import synthetic
from cadcomplete.errors import GeometryError, InputError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.meshes import distances as distance_module
from cadcomplete.meshes.distances import distances, nearest_numpy
from cadcomplete.meshes.mesh import EMPTY, Mesh
from cadcomplete.metrics.aggregate import CHOICES, bootstrap, by, macro_bootstrap
from cadcomplete.metrics.calibration import calibration_error, reliability
from cadcomplete.metrics.clouds import centred, chamfer, chamfer_deepcad
from cadcomplete.metrics.generation import coverage_and_matching, divergence, key, novel, unique
from cadcomplete.metrics.metric import Item, Metric, Result, summarize
from cadcomplete.metrics.stopping import Stop, stopping
from cadcomplete.metrics.topology import (
    components,
    dangling_edges,
    flux_enclosure,
    segment_error,
    self_intersection,
    welded,
)

HEIGHT = Metric("height", "mm", "of things", "ours", "lower")
SQUARE = np.array([[0, 0, 0], [4, 0, 0], [4, 3, 0], [0, 3, 0]], dtype=float)
SHEET = Mesh(SQUARE, np.array([[0, 1, 2], [0, 2, 3]]))
"""A rectangle of 4 × 3 mm in the plane z = 0."""
POINT = Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]]))


@pytest.fixture(autouse=True)
def without_numba(monkeypatch):
    """What is compiled is compared with this elsewhere; compiling it here would take seconds."""
    monkeypatch.setattr(distance_module, "_nearest", lambda: nearest_numpy)
    monkeypatch.setattr(nearest, "_nearest", lambda: nearest.nearest_numpy)


# --- means and counts ---------------------------------------------------------------------------


def test_a_mean_counts_what_failed_and_leaves_out_what_is_not_defined():
    items = [
        Item(2.0, "a"),
        Item(4.0, "a"),
        Item(0.0, "b", failed="crash"),
        Item(None, "b", excluded="no change"),
        Item(None, "c"),
    ]
    result = summarize(HEIGHT, items)
    assert result == Result(
        "height", 2.0, "mm", 5, 1, {"crash": 1}, {"no change": 1, "not defined": 1}
    )
    assert result.n == 3
    assert summarize(HEIGHT, [Item(1.0), Item(2.0), Item(9.0)], median=True).value == 2.0


def test_of_nothing_there_is_no_value_and_no_interval():
    result = summarize(HEIGHT, [Item(None, excluded="none")], draws=10)
    assert (result.value, result.low, result.high, result.n) == (None, None, None, 0)


def test_what_is_infinite_is_no_number_of_json():
    document = summarize(HEIGHT, [Item(math.inf)]).document()
    assert document["value"] is None
    assert json.loads(json.dumps(document))["n_total"] == 1


@given(values=st.lists(st.floats(-100, 100), min_size=1, max_size=9), seed=st.integers(0, 9))
@settings(max_examples=25)
def test_an_interval_lies_between_the_least_and_the_largest_value(values, seed):
    groups = ["g" + str(i % 3) for i in range(len(values))]
    for median in (False, True):
        low, high = bootstrap(values, groups, seed=seed, draws=30, median=median)
        assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert bootstrap(values, groups, seed=seed, draws=30) == bootstrap(
        values, groups, seed=seed, draws=30
    )


def test_one_design_has_no_spread_however_many_values_it_has():
    assert bootstrap([1.0, 2.0, 6.0], ["one"] * 3, seed=0) == (3.0, 3.0)
    assert macro_bootstrap([1.0, 2.0, 6.0], ["one"] * 3, ["a", "a", "b"], seed=0) == (3.75, 3.75)


def test_values_without_a_design_stand_alone():
    low, high = bootstrap([0.0, 1.0], ["", ""], seed=0)
    assert (low, high) == (0.0, 1.0)  # as if each had a design of its own


@pytest.mark.parametrize(("values", "groups"), [([], []), ([1.0], []), ([1.0], ["a", "b"])])
def test_without_values_or_with_other_groups_there_is_no_interval(values, groups):
    with pytest.raises(InputError, match="no interval") as caught:
        bootstrap(values, groups, seed=0)
    assert caught.value.got == len(groups)
    with pytest.raises(InputError, match="no interval"):
        macro_bootstrap(values, groups, ["k"] * len(values), seed=0)


def test_an_interval_of_kinds_needs_a_kind_for_each_value():
    with pytest.raises(InputError, match="no interval"):
        macro_bootstrap([1.0, 2.0], ["a", "b"], ["k"], seed=0)


@pytest.mark.parametrize(("name", "value"), [("rank 1", 0.2), ("expected", 0.5), ("oracle", 0.9)])
def test_of_several_samples_each_choice_takes_its_own(name, value):
    assert CHOICES[name]([0.2, 0.9, 0.4]) == pytest.approx(value)
    assert CHOICES[name]([]) is None
    assert CHOICES[name]([0.3]) == 0.3


def test_groups_come_in_the_order_of_numbers_and_keep_their_things():
    found = by([12, 3, 25, 1, 30], lambda n: n // 10)
    assert found == {0: [3, 1], 1: [12], 2: [25], 3: [30]}
    assert list(by(range(12), lambda n: n)) == list(range(12))  # 10 after 9


# --- probabilities ------------------------------------------------------------------------------


def test_the_brier_score_is_the_mean_of_the_squared_error():
    # (0.8 - 1)² = 0.04, (0.3 - 0)² = 0.09, failed: (0 - 1)² = 1; mean 1.13 / 3
    found = stopping([Stop(0.8, True), Stop(0.3, False), Stop(0.9, True, failed="crash")])
    assert found.brier == pytest.approx(1.13 / 3)
    assert (found.n_total, found.n_failed, found.n_finished) == (3, 1, 2)
    assert (found.precision, found.recall) == (1.0, 0.5)
    assert (found.when_finished, found.when_not) == (pytest.approx(0.4), pytest.approx(0.3))


def test_of_no_stops_nothing_is_known():
    found = stopping([])
    assert (found.n_total, found.precision, found.recall, found.brier) == (0, None, None, None)


def test_a_threshold_moves_what_is_called_finished():
    stops = [Stop(0.6, True), Stop(0.6, False)]
    assert stopping(stops, threshold=0.5).precision == 0.5
    assert stopping(stops, threshold=0.7).precision is None


def test_the_last_bin_has_its_end_and_an_empty_one_has_no_mean():
    table = reliability([0.0, 0.05, 1.0], [False, True, True], bins=10)
    assert [row.count for row in table] == [2, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (table[0].score, table[0].hits) == (pytest.approx(0.025), 0.5)
    assert (table[1].score, table[1].hits) == (None, None)
    # 2/3 · |0.5 - 0.025| + 1/3 · |1 - 1|
    assert calibration_error(table) == pytest.approx(2 / 3 * 0.475)
    assert calibration_error(reliability([], [])) is None


@pytest.mark.parametrize("score", [-0.1, 1.1, math.nan, math.inf])
def test_a_score_that_is_no_probability_is_named(score):
    with pytest.raises(InputError, match="not a probability: expected 0 to 1"):
        reliability([0.5, score], [True, True])


def test_there_are_as_many_hits_as_scores():
    with pytest.raises(InputError, match="hits do not fit the scores: expected 2, got 1"):
        reliability([0.5, 0.5], [True])


# --- clouds and surfaces ------------------------------------------------------------------------


def test_distances_to_a_sheet_are_those_of_school():
    points = np.array([[1, 1, 5], [2, 2, -2], [7, 3, 0], [7, 7, 0], [-1, -1, 1]], dtype=float)
    # above, below, beside an edge, beside a corner (3, 4 → 5), beside one and above (√3)
    assert distances(points, SHEET) == pytest.approx([5, 2, 3, 5, math.sqrt(3)])


@pytest.mark.parametrize("mesh", [EMPTY, POINT])
def test_to_what_has_no_surface_there_is_no_distance(mesh):
    with pytest.raises(GeometryError, match="there is no surface to measure a distance to"):
        distances(np.zeros((1, 3)), mesh)


def test_the_nearest_point_is_that_of_all():
    one, other = np.array([[0.0, 0, 0], [10, 0, 0]]), np.array([[1.0, 0, 0], [7, 4, 0]])
    assert nearest_squared(one, other) == pytest.approx([1, 25])  # 3² + 4²
    # mean of (1, 25) and of (1, 25): from the others the nearest are the same
    assert chamfer(one, other) == pytest.approx(26)
    assert chamfer(one, other) == chamfer(other, one)


def test_to_no_points_there_is_no_distance():
    with pytest.raises(GeometryError, match="there is no point to measure a distance to"):
        nearest_squared(np.zeros((1, 3)), np.zeros((0, 3)))


def test_a_centred_mesh_is_one_wide_and_lies_around_the_origin():
    mesh = centred(Mesh(SQUARE + 100.0, SHEET.triangles))
    assert mesh.vertices.min(axis=0) == pytest.approx([-0.5, -0.375, 0])
    assert mesh.vertices.max(axis=0) == pytest.approx([0.5, 0.375, 0])


@pytest.mark.parametrize(
    ("mesh", "message"),
    [(EMPTY, "no surface to take points from"), (POINT, "the mesh is a point")],
)
def test_what_has_no_size_cannot_be_centred(mesh, message):
    with pytest.raises(GeometryError, match=message):
        centred(mesh)


def test_what_is_nowhere_has_no_chamfer_distance():
    with pytest.raises(GeometryError, match="no surface to take points from"):
        chamfer_deepcad(EMPTY, SHEET, points=10)


@given(
    st.lists(st.tuples(*[st.integers(-50, 50)] * 3), min_size=2, max_size=9, unique=True),
    st.sampled_from([1.0, 0.1, 25.4]),
)
@settings(max_examples=30)
def test_a_cloud_in_its_frame_leads_back_to_where_it_was(rows, unit):
    points = unit * np.array(rows, dtype=float)
    framed, center, size = normalize(points)
    assert center + size * framed == pytest.approx(points)
    assert np.abs(framed).max() == pytest.approx(1.0)
    assert framed.min(axis=0) == pytest.approx(-framed.max(axis=0))
    cloud = PointCloud(framed, framed, center, size)
    assert cloud.millimetres == pytest.approx(points)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((5, 3)), "all in one place"),
        (np.full((5, 3), np.nan), "not all are numbers"),
        (np.zeros((0, 3)), "n > 0"),
        (np.zeros((5, 2)), "has the shape"),
        (np.zeros(3), "has the shape"),
    ],
)
def test_points_without_extent_are_no_cloud(points, message):
    with pytest.raises(GeometryError, match=message):
        normalize(points)


def test_a_way_to_take_points_that_there_is_none_of_lists_the_known_ones():
    with pytest.raises(InputError) as caught:
        sample_cloud(SHEET, 10, method="grid")
    assert str(caught.value) == ("at method: unknown method: expected area or farthest, got grid")


def test_no_more_points_can_be_chosen_than_there_are():
    with pytest.raises(GeometryError, match="cannot choose 3 of 2 points"):
        farthest(np.zeros((2, 3)), 3)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0.0, "less than 0.001 mm"),
        (0.0009, "less than 0.001 mm"),
        (0.0123, "0.012 mm"),
        (1.0, "1 mm"),
        (123.4, "120 mm"),
    ],
)
def test_lengths_are_told_in_two_digits(length, said):
    assert shortly(length) == said


# --- sets of parts ------------------------------------------------------------------------------


def cloud_at(x: float) -> np.ndarray:
    return np.array([[x, 0.0, 0.0], [x, 0.1, 0.0]])


def test_made_parts_cover_the_real_ones_that_are_nearest_to_them():
    real = [cloud_at(0.0), cloud_at(1.0), cloud_at(-1.0)]
    # both made ones are nearest to the first: 1 of 3; what is missing is 0, 0.9² and 1² away, twice
    covered, matched = coverage_and_matching([cloud_at(0.0), cloud_at(0.1)], real)
    assert covered == pytest.approx(1 / 3)
    assert matched == pytest.approx((0 + 2 * 0.81 + 2 * 1.0) / 3)


@pytest.mark.parametrize(("made", "real"), [([], [1]), ([1], []), ([], [])])
def test_nothing_cannot_be_compared(made, real):
    made, real = [cloud_at(x) for x in made], [cloud_at(x) for x in real]
    for compare in (coverage_and_matching, divergence):
        with pytest.raises(InputError, match="nothing to compare") as caught:
            compare(made, real)
        assert caught.value.got == [len(made), len(real)]


def test_the_divergence_of_half_the_same_cells_is_half_a_bit():
    # p is in cells A and B, q in cells B and C, each with 1/2: JSD = H(m) - 1, in bits, and
    # H(1/4, 1/2, 1/4) = 1.5
    a, b, c = np.array([[-1.0, 0, 0]]), np.array([[0.0, 0, 0]]), np.array([[1.0, 0, 0]])
    assert divergence([a, b], [b, c], grid=3) == pytest.approx(0.5)
    assert divergence([a, b], [b, a], grid=3) == pytest.approx(0.0)
    assert divergence([a], [c], grid=3) == pytest.approx(1.0)


def test_what_is_new_and_what_occurs_once_by_hand():
    one, two, three = (synthetic.generate(n, seed=3) for n in (1, 2, 3))
    assert novel([one, two, three], [two]) == pytest.approx(2 / 3)
    assert unique([one, two, two, three]) == pytest.approx(2 / 4)
    assert (novel([], [one]), unique([])) == (None, None)


def test_a_history_without_a_solid_has_a_key_too():
    sketch = decode("sketch 0 0 0 +z +x\ncircle 0 0 5\n")
    assert key(sketch) == key(CadSequence(sketch.operations, "another name"))
    assert key(sketch) != key(CadSequence(()))


# --- topology -----------------------------------------------------------------------------------


def test_a_sheet_has_one_rim_and_encloses_nothing():
    # the rim is 4 + 3 + 4 + 3 = 14 long, the largest extent 4: 14 / 2; the flux is its area
    assert dangling_edges(SHEET) == pytest.approx(7.0)
    assert flux_enclosure(SHEET) == pytest.approx(12.0)
    assert (components(SHEET), self_intersection(SHEET)) == (1, 0.0)


def test_sheets_apart_are_several_and_corners_in_one_place_are_one():
    apart = Mesh(
        np.concatenate([SQUARE, SQUARE + 10]),
        np.concatenate([SHEET.triangles, SHEET.triangles + 4]),
    )
    assert components(apart) == 2
    assert segment_error(SHEET, apart) == segment_error(apart, SHEET) == 1
    soup = Mesh(SQUARE[SHEET.triangles].reshape(-1, 3), np.arange(6).reshape(2, 3))
    assert components(soup) == 1
    assert len(welded(soup).vertices) == 4
    assert dangling_edges(soup) == pytest.approx(7.0)


def test_sheets_through_each_other_cross():
    upright = Mesh(SQUARE[:, [0, 2, 1]] + np.array([0.3, 1.1, -1.4]), SHEET.triangles)
    both = Mesh(
        np.concatenate([SQUARE, upright.vertices]),
        np.concatenate([SHEET.triangles, upright.triangles + 4]),
    )
    assert self_intersection(both) > 0
    assert self_intersection(Mesh(both.vertices + np.array([0, 0, 9.0]), both.triangles)) > 0


def test_nothing_has_no_faults_either():
    assert (components(EMPTY), dangling_edges(EMPTY), self_intersection(EMPTY)) == (0, 0.0, 0.0)
    assert flux_enclosure(EMPTY) == 0.0
    assert len(welded(POINT).triangles) == 0  # its corners are one
