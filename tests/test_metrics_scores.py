"""Probabilities and averages: stopping, calibration, intervals, groups."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadcomplete.errors import InputError
from cadcomplete.metrics.aggregate import CHOICES, bootstrap, by, macro_bootstrap
from cadcomplete.metrics.calibration import calibration_error, reliability
from cadcomplete.metrics.metric import Item, Metric, summarize
from cadcomplete.metrics.stopping import Stop, stopping

METRIC = Metric("x", "mm", "x", "ours")


def test_stopping_by_hand():
    found = stopping([Stop(0.9, True), Stop(0.2, True), Stop(0.6, False), Stop(0.1, False)])
    assert (found.precision, found.recall) == (0.5, 0.5)
    assert found.when_finished == pytest.approx(0.55)
    assert found.when_not == pytest.approx(0.35)
    assert found.brier == pytest.approx((0.01 + 0.64 + 0.36 + 0.01) / 4)


def test_a_failed_stop_counts_as_no_stop():
    found = stopping([Stop(1.0, True, failed="crashed"), Stop(1.0, True)])
    assert (found.n_total, found.n_failed, found.recall) == (2, 1, 0.5)
    assert stopping([]).precision is None


@given(st.lists(st.integers(0, 9), min_size=1, max_size=10, unique=True))
def test_scores_that_are_right_as_often_as_they_say_have_no_error(bins):
    # In bin b, 20 scores of (b + 0.5) / 10: 2 b + 1 of them hit.
    scores = [(b + 0.5) / 10 for b in bins for _ in range(20)]
    hits = [i < 2 * b + 1 for b in bins for i in range(20)]
    assert calibration_error(reliability(scores, hits)) == pytest.approx(0.0, abs=1e-12)


def test_calibration_by_hand():
    table = reliability([0.85, 0.85, 0.15, 1.0], [True, False, False, True])
    assert [row.count for row in table] == [0, 1, 0, 0, 0, 0, 0, 0, 2, 1]
    assert (table[8].score, table[8].hits) == (pytest.approx(0.85), 0.5)
    assert calibration_error(table) == pytest.approx((2 * 0.35 + 0.15 + 0.0) / 4)
    assert calibration_error(reliability([], [])) is None


@pytest.mark.parametrize("score", [-0.1, 1.1, math.nan])
def test_what_is_no_probability_is_refused(score):
    with pytest.raises(InputError, match="not a probability"):
        reliability([score], [True])


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abcde")), min_size=1, max_size=30))
def test_an_interval_holds_within_the_values_and_is_the_same_again(pairs):
    values, groups = [v for v, _ in pairs], [g for _, g in pairs]
    low, high = bootstrap(values, groups, seed=1, draws=50)
    assert min(values) - 1e-12 <= low <= high <= max(values) + 1e-12
    assert bootstrap(values, groups, seed=1, draws=50) == (low, high)


def test_values_of_one_design_are_drawn_together():
    # Two designs: every draw is 0, 0.5 or 1, and each extreme comes up a quarter of the time.
    assert bootstrap([0.0] * 50 + [1.0] * 50, ["a"] * 50 + ["b"] * 50, seed=0) == (0.0, 1.0)
    low, high = bootstrap([0.0] * 50 + [1.0] * 50, [""] * 100, seed=0)
    assert low == pytest.approx(0.4, abs=0.02) and high == pytest.approx(0.6, abs=0.02)


def test_infinite_values_leave_an_interval():
    low, high = bootstrap([1.0, 1.0, math.inf], ["a", "b", "c"], seed=0, median=True)
    assert (low, high) == (1.0, math.inf)


def test_no_values_have_no_interval():
    for values, groups in (([], []), ([1.0], ["a", "b"])):
        with pytest.raises(InputError):
            bootstrap(values, groups, seed=0)
        with pytest.raises(InputError):
            macro_bootstrap(values, groups, ["k"] * len(values), seed=0)


def test_an_interval_of_kinds_weighs_them_the_same():
    low, high = macro_bootstrap([0.0] * 9 + [1.0], list("abcdefghij"), ["x"] * 9 + ["y"], seed=0)
    assert low <= 0.5 <= high


def test_a_summary_counts_failures_and_what_is_excluded():
    items = [
        Item(1.0, "a"),
        Item(0.0, "b", failed="crashed"),
        Item(None, "c", excluded="changes nothing"),
    ]
    found = summarize(METRIC, items, draws=20)
    assert (found.value, found.n_total, found.n, found.n_failed) == (0.5, 3, 2, 1)
    assert (found.failures, found.excluded) == ({"crashed": 1}, {"changes nothing": 1})
    assert (found.low, found.high) == (0.0, 1.0)
    assert summarize(METRIC, []).value is None


def test_choices_of_n_samples():
    found = {name: choose([0.5, 0.9, 0.1]) for name, choose in CHOICES.items()}
    assert found == pytest.approx({"rank 1": 0.5, "expected": 0.5, "oracle": 0.9})
    assert all(choose([]) is None for choose in CHOICES.values())


def test_groups_are_in_the_order_of_their_numbers():
    assert list(by([10, 2, 33, 2], lambda n: n)) == [2, 10, 33]
    assert by(np.arange(4).tolist(), lambda n: n % 2) == {0: [0, 2], 1: [1, 3]}
