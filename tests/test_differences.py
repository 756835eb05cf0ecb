"""What is above what, and how much of what is shown is right: numbers by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import PLATE

from cadcomplete.errors import InputError
from cadcomplete.evaluate.differences import VALUES, compared, differences
from cadcomplete.evaluate.records import Answered
from cadcomplete.evaluate.scored import scored
from cadcomplete.evaluate.scores import firsts
from cadcomplete.evaluate.tables import signed
from cadcomplete.history.sequence import truncate
from cadcomplete.language.lines import decode
from cadcomplete.metrics.acceptance import First, acceptance, curve
from cadcomplete.metrics.differences import Paired, difference
from cadcomplete.predictions import Answer, Prediction

SHOWN = [
    First(0.9, True, "a"),
    First(0.6, False, "a"),
    First(0.5, True, "b"),
    First(0.1, False, "b"),
    First(None, False, "c"),
]


@pytest.mark.parametrize(
    ("threshold", "shown", "right"), [(0.0, 4, 2), (0.5, 3, 2), (0.55, 2, 1), (0.95, 0, 0)]
)
def test_what_is_shown_from_a_score_on_and_how_much_of_it_is_right(threshold, shown, right):
    found = acceptance(SHOWN, threshold, draws=50)
    assert (found.total, found.shown, found.right) == (5, shown, right)
    assert found.share_shown == shown / 5
    assert found.share_right == (right / shown if shown else None)
    assert (found.low is None) == (shown == 0)


def test_the_higher_the_threshold_the_less_is_shown():
    counts = [row.shown for row in curve(SHOWN)]
    assert counts == sorted(counts, reverse=True)
    assert acceptance([], 0.5).share_shown is None


def test_of_one_part_the_share_that_is_right_has_an_interval_without_width():
    found = acceptance(SHOWN[:2], 0.0, draws=50)
    assert (found.low, found.high) == (0.5, 0.5)


def test_a_difference_is_the_mean_over_kinds_of_the_mean_of_each():
    pairs = [
        Paired(1.0, 0.0, "a", "later sketch"),
        Paired(1.0, 1.0, "b", "later sketch"),
        Paired(0.0, 1.0, "b", "later extrude"),
    ]
    found = difference(pairs)
    assert found.value == pytest.approx((0.5 - 1.0) / 2)
    assert (found.questions, found.parts) == (3, 2)
    assert found.low <= found.value <= found.high
    assert not found.above_none


def test_what_is_better_by_as_much_in_every_part_is_better_for_sure():
    found = difference([Paired(0.75, 0.5, str(part)) for part in range(5)])
    assert (found.value, found.low, found.high) == (0.25, 0.25, 0.25)
    assert found.above_none
    with pytest.raises(InputError, match="nothing to compare"):
        difference([])


def test_the_interval_draws_parts_and_not_questions():
    """All of part a is won, all of part b lost: with two parts nothing is sure."""
    pairs = [Paired(1.0, 0.0, "a")] * 50 + [Paired(0.0, 1.0, "b")] * 50
    found = difference(pairs)
    assert (found.value, found.low, found.high) == (0.0, -1.0, 1.0)


def test_a_difference_is_told_with_its_sign():
    row = {"value": 0.042, "low": -0.0104, "high": 0.081}
    assert signed(row) == "+.042 [-.010, +.081]"
    assert signed({**row, "high": 10.5}, digits=1) == "+.0 [-.0, +10.5]"


# --- of answers ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def conditions():
    """Of a plate of two operations each next one is known with a picture, none without."""
    plate = replace(decode(PLATE), id="plate")

    def answered(given, condition):
        known = condition == "image"
        following = (Answer(truncate(plate, given + 1), 0.5),) if known and given < 2 else ()
        parts = (Answer(plate, 1.0),) if known else ()
        prediction = Prediction(following, parts, 0.0)
        return Answered("data", "design", plate, given, condition, prediction)

    def quiet(what, done, total):
        """Nobody looks on."""

    return {
        name: scored([answered(given, name) for given in range(3)], watch=quiet)
        for name in ("none", "image")
    }


def test_a_condition_is_compared_with_the_first_question_by_question(conditions):
    (name,) = found = differences(conditions, draws=50, seed=0)
    assert name == "image above none"
    assert found[name]["hit@3, macro"]["value"] == 1.0  # the one extrude
    assert found[name]["IoU over all cuts"]["value"] == pytest.approx(1.0)
    assert (
        found[name]["IoU over all cuts"]["questions"],
        found[name]["hit@3, macro"]["parts"],
    ) == (
        3,
        1,
    )
    assert found[name]["IoU from nothing"]["questions"] == 1
    assert "hit@3, macro, copies" not in found[name]
    for what in VALUES:
        same = compared(conditions["none"], conditions["none"], what, draws=5, seed=0)
        assert same is None or (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_where_nothing_is_missing_no_suggestion_is_right(conditions):
    assert [(f.score, f.hit) for f in firsts(conditions["image"])] == [
        (0.5, True),
        (0.5, True),
        (None, False),
    ]
