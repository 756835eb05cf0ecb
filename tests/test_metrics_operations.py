"""The next operation: what a hit is, how ranks become shares, which dimensions are exact."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest
from conftest import PLATE, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Profile, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.metrics import METRICS
from cadcomplete.metrics.hits import tabulate
from cadcomplete.metrics.operations import Ranking, rank
from cadcomplete.metrics.sketches import angle_between, drawn_with, same_curve, sketch_iou
from cadcomplete.metrics.targets import MACRO, target
from cadcomplete.predictions import Answer

HISTORY = decode(
    PLATE
    + """\
sketch 0 0 10 +z +x
circle 8 8 3
extrude cut to 4 0
"""
)


def sketch_of(history, number) -> Sketch:
    operation = history.operations[number]
    assert isinstance(operation, Sketch)
    return operation


POCKET = sketch_of(HISTORY, 2)


def suggest(*operations):
    return [Answer(CadSequence((op,)), 0.9 - i / 10) for i, op in enumerate(operations)]


def through(distance, boolean=Boolean.CUT, sketch=2, loop=0):
    extent = Extent(ExtentType.ONE_SIDED, distance)
    return Extrude((Profile(sketch, loop),), extent, boolean)


@pytest.mark.parametrize(
    ("number", "kind"),
    list(enumerate(["first sketch", "first extrude", "later sketch", "later extrude"])),
)
def test_the_true_operation_is_a_hit_of_its_kind_with_every_dimension_exact(number, kind):
    ranking = rank(HISTORY, number, suggest(HISTORY.operations[number]))
    assert (ranking.kind, ranking.rank, ranking.failed, ranking.excluded) == (kind, 1, "", "")
    assert ranking.exact is not None and ranking.exact[0] == ranking.exact[1] > 0
    assert all(error == pytest.approx(0, abs=1e-9) for error in ranking.errors.values())


def test_a_cut_of_93_percent_of_the_depth_is_none_and_of_96_percent_is_a_hit():
    # The true cut is 6 mm deep: IoU is the ratio of the depths.
    ranking = rank(HISTORY, 3, suggest(through(-5.58), through(-5.76)))
    assert ranking.overlaps == pytest.approx((0.93, 0.96))
    assert ranking.rank == 2
    assert ranking.errors["end position"] == pytest.approx(0.42 / 2)
    assert ranking.errors["end position / height"] == pytest.approx(0.035)
    assert ranking.exact == (1, 2)  # where it starts, not where it ends


def test_the_same_cut_from_elsewhere_is_a_hit():
    beyond = Extrude((Profile(2, 0),), Extent(ExtentType.TWO_SIDED, 7.0, 6.0), Boolean.CUT)
    assert rank(HISTORY, 3, suggest(beyond)).rank == 1


def test_a_cut_that_changes_nothing_is_never_a_hit():
    ranking = rank(HISTORY, 3, suggest(through(5.0), HISTORY.operations[3]))
    assert ranking.overlaps[0] == 0.0
    assert ranking.rank == 2


def test_a_truth_that_changes_nothing_is_excluded_by_name():
    empty = dataclasses.replace(HISTORY, operations=(*HISTORY.operations[:3], through(5.0)))
    ranking = rank(empty, 3, suggest(through(5.0)))
    assert (ranking.excluded, ranking.rank) == ("changes nothing", None)
    result = tabulate([ranking])["later extrude"]["hit@1"]
    assert (result.value, result.n_total, result.excluded) == (None, 1, {"changes nothing": 1})


def test_a_join_where_the_truth_cuts_is_none_and_the_boolean_is_wrong():
    ranking = rank(HISTORY, 3, suggest(through(-6.0, Boolean.JOIN)))
    assert (ranking.rank, ranking.boolean_right, ranking.kind_right) == (None, False, True)


def test_no_suggestion_is_a_failure_that_counts():
    failed = rank(HISTORY, 3, (), failed="the kernel crashed")
    result = tabulate([failed, rank(HISTORY, 3, suggest(through(-6.0)))])["later extrude"]["hit@1"]
    assert (result.value, result.n_total, result.n_failed) == (0.5, 2, 1)
    assert result.failures == {"the kernel crashed": 1}
    assert rank(HISTORY, 3, ()).failed == "no suggestion"


# --- sketches -----------------------------------------------------------------------------------


def circle(x, y, r, *, z=10.0, normal=(0.0, 0.0, 1.0), x_axis=(1.0, 0.0, 0.0)):
    loop = dataclasses.replace(POCKET.loops[0], curves=(Circle((x, y), r),))
    return Sketch(Plane.of((0.0, 0.0, z), normal, x_axis), (loop,))


def test_a_sketch_is_the_same_seen_from_behind():
    behind = circle(-8.0, 8.0, 3.0, normal=(0.0, 0.0, -1.0), x_axis=(-1.0, 0.0, 0.0))
    assert rank(HISTORY, 2, suggest(behind)).rank == 1


def test_a_sketch_may_be_off_its_plane_by_a_hundredth_of_the_part():
    # The plate is 40 mm long: 0.4 mm.
    assert rank(HISTORY, 2, suggest(circle(8.0, 8.0, 3.0, z=10.39))).rank == 1
    ranking = rank(HISTORY, 2, suggest(circle(8.0, 8.0, 3.0, z=10.41)))
    assert (ranking.rank, ranking.overlaps) == (None, (0.0,))
    assert ranking.errors["plane offset"] == pytest.approx(0.41)


def test_a_tilt_of_two_degrees_is_another_plane():
    tilted = circle(8.0, 8.0, 3.0, normal=(0.0, 0.0349, 1.0))
    assert angle_between(tilted.plane, POCKET.plane) == pytest.approx(2.0, abs=0.01)
    assert rank(HISTORY, 2, suggest(tilted)).rank is None


def test_the_iou_of_two_circles_is_the_square_of_their_radii():
    truth = circle(8.0, 8.0, 3.0)
    assert sketch_iou(truth, circle(8.0, 8.0, 2.7), size=40.0) == pytest.approx(0.81)
    ranking = rank(HISTORY, 2, suggest(circle(8.0, 8.0, 2.95)))
    assert ranking.rank == 1
    assert ranking.exact == (1, 2)  # the centre, not the radius
    # The box's corners are 0.05 mm off in x and in y.
    assert ranking.errors["box corners"] == pytest.approx(0.05 * 2**0.5)


def test_a_loop_inside_is_a_hole():
    plate = sketch_of(decode(PLATE), 0)
    full = dataclasses.replace(plate, loops=plate.loops[:1])
    # 25 π, as a polygon of 72 corners, is missing in 1,200 mm².
    assert sketch_iou(plate, full, size=40.0) == pytest.approx(1 - 78.44 / 1200, abs=1e-5)


def test_a_sketch_that_encloses_nothing_is_excluded_by_name():
    empty = dataclasses.replace(HISTORY.operations[2], loops=())
    history = CadSequence((*HISTORY.operations[:2], empty))
    assert rank(history, 2, suggest(empty)).excluded == "encloses nothing"


def test_an_extrude_is_no_sketch():
    ranking = rank(HISTORY, 2, suggest(through(5.0, sketch=0)))
    assert (ranking.rank, ranking.kind_right, ranking.errors) == (None, False, {})


def test_curves_that_a_sketch_is_drawn_with():
    assert [drawn_with(sketch_of(HISTORY, i)) for i in (0, 2)] == ["line, circle", "circle"]


def test_the_next_curve_is_the_same_within_two_percent():
    a, b = (0.0, 0.0), (10.0, 0.0)
    assert same_curve(Line(a, b), Line(a, (10.19, 0.0)), size=10.0)
    assert not same_curve(Line(a, b), Line(a, (10.21, 0.0)), size=10.0)
    assert not same_curve(Line(a, b), Arc(a, (5.0, 5.0), b), size=10.0)
    assert not same_curve(Arc(a, (5.0, -5.0), b), Arc(a, (5.0, 5.0), b), size=10.0)
    assert same_curve(Circle(a, 2.0), Circle(a, 2.1), size=10.0)


# --- tables -------------------------------------------------------------------------------------

kinds = st.sampled_from(("first sketch", "first extrude", "later sketch", "later extrude"))
rankings = st.builds(
    lambda kind, overlaps, part: Ranking(part, kind, 1, tuple(overlaps), kind_right=True),
    kinds,
    st.lists(st.floats(0, 1), max_size=6),
    st.sampled_from("abc"),
)


def number(value: float | None) -> float:
    assert value is not None
    return value


@settings(max_examples=50, deadline=None)
@given(st.lists(rankings, min_size=1, max_size=12))
def test_hits_grow_with_k_and_the_macro_average_is_that_of_its_kinds(found):
    table = tabulate(found, at=(1, 2, 3, 4, 5), draws=20)
    for row in table.values():
        results = [row[f"hit@{k}"] for k in range(1, 6)]
        values = [number(result.value) for result in results]
        assert values == sorted(values)
        assert all(number(result.low) <= number(result.high) for result in results)
    later = [number(row["hit@1"].value) for kind, row in table.items() if kind in MACRO]
    if later:
        assert table["macro"]["hit@1"].value == pytest.approx(sum(later) / len(later))
    else:
        assert "macro" not in table


def test_every_kind_weighs_the_same_in_the_macro_average():
    many = [Ranking("a", "later extrude", 3, (0.0,))] * 9
    one = [Ranking("b", "later sketch", 2, (1.0,))]
    assert tabulate(many + one)["macro"]["hit@1"].value == pytest.approx(0.5)


def test_exact_dimensions_of_all_kinds_are_the_mean_over_all_hits():
    hit = Ranking("a", "later sketch", 2, (1.0,), exact=(1, 2))
    rankings = [hit, replace(hit, kind="later extrude", exact=(2, 2)), replace(hit, exact=None)]
    found = tabulate([*rankings, replace(hit, kind="first sketch", exact=(0, 2))])
    assert found["macro"]["exact dimensions"].value == pytest.approx(0.75)


def test_a_target_knows_the_solid_that_it_is_told():
    from cadcomplete.meshes.manifolds import states

    found = states(HISTORY)
    for number, operation in enumerate(HISTORY.operations):
        known = target(HISTORY, number, part=found[number])
        assert known.overlap(operation) == pytest.approx(1.0)


def test_the_table_names_every_metric_with_unit_formula_and_source():
    assert len(METRICS) >= 38
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.formula and metric.source


def test_the_page_has_every_metric():
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert [name for name in METRICS if f"| `{name}` |" not in page] == []
