"""Snapping: numbers that nothing explains go onto round ones that are near; all others stay."""

from __future__ import annotations

import pytest
from conftest import PLATE
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import sequences

from cadcomplete.completion.offhand import Offhand
from cadcomplete.completion.snapping import (
    PULLED,
    SHARE,
    snapped,
    snapping_of,
    standard_sizes,
    tidied,
    unit_of,
)
from cadcomplete.constraints.constraints import Constraints
from cadcomplete.constraints.said import pins_of
from cadcomplete.history.operations import OPERATIONS
from cadcomplete.history.symmetry import scale
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode
from cadcomplete.predictions import Case, Idea

INCHES = scale(decode(PLATE), 25.4 / 8)  # the same drawing in eighths of an inch


def snap(text, before=PLATE, share=SHARE):
    """What a text of one operation after others becomes, and what was moved, in words."""
    part = decode(before)
    whole = decode(before + text)
    (operation,), snaps = snapped(whole.operations[len(part) :], snapping_of(part, share))
    return operation, [str(one) for one in snaps]


def test_the_unit_is_that_in_which_the_numbers_are_rounder():
    assert unit_of(decode(PLATE)) == "mm"
    assert unit_of(INCHES) == "inch"
    assert unit_of(decode("")) == "mm"


@settings(max_examples=20)
@given(st.lists(st.integers(1, 64), min_size=4, max_size=9, unique=True))
def test_parts_of_whole_millimetres_are_of_no_inches(sizes):
    text = "sketch 0 0 0 +z +x\n" + "".join(f"circle 0 0 {n}\n" for n in sizes)
    assert unit_of(decode(text)) == "mm"
    assert unit_of(scale(decode(text), 25.4 / 16)) == "inch"


def test_a_number_that_is_nearly_round_becomes_round_and_that_is_told():
    sketch, told = snap("sketch 0 0 10 +z +x\ncircle 20 15 23.263\n")
    assert sketch.loops[0].curves[0].radius == 22.5
    assert told == ["diameter 46.526 → 45 (round)"]


def test_in_inches_round_is_a_fraction_of_an_inch():
    part = INCHES
    sketch = decode("sketch 0 0 10 +z +x\ncircle 0 0 6.36\n").operations
    (made,), _ = snapped(sketch, snapping_of(part))
    assert made.loops[0].curves[0].radius == pytest.approx(6.35)


def test_what_stands_there_comes_before_what_is_round():
    before = PLATE.replace("circle 20 15 5", "circle 20 15 5.0367")
    sketch, told = snap("sketch 0 0 10 +z +x\ncircle 20 15 5.0307\n", before)
    assert sketch.loops[0].curves[0].radius == pytest.approx(5.0367)
    assert told[0].endswith("(stands there)")


def test_a_hole_for_a_screw_gets_its_standard_size():
    assert 13.5 in standard_sizes("diameter", "mm") and 8.5 in standard_sizes("diameter", "mm")
    _, told = snap("sketch 0 0 10 +z +x\ncircle 20 15 3.3863\n")  # M8 is tapped at 6.75 or so
    assert told == ["diameter 6.7726 → 6.75 (standard)"]


@pytest.mark.parametrize("radius", ["5", "10", "2.5", "6.3", "12.5", "7.35"])
def test_what_is_round_or_follows_from_what_stands_there_stays_to_the_digit(radius):
    operation, told = snap(f"sketch 0 0 10 +z +x\ncircle 20 15 {radius}\n")
    assert not told and operation.loops[0].curves[0].radius == float(radius)


def test_places_stay_where_they_are():
    sketch, told = snap("sketch 0 0 10 +z +x\ncircle 200.263 15 1\n")
    assert not told and sketch.loops[0].curves[0].center == (200.263, 15.0)


@settings(max_examples=40)
@given(sequences(), st.sampled_from([0.001, 0.01, 0.05]))
def test_no_number_moves_by_more_than_its_share_and_twice_is_once(part, share):
    snapping = snapping_of(decode(PLATE), share)
    made, snaps = snapped(part.operations, snapping)
    assert all(abs(one.now - one.was) <= share * one.was + 1e-9 for one in snaps)
    assert len(made) == len(part.operations)
    assert [type(one) for one in made] == [type(one) for one in part.operations]
    if not snaps:
        assert made == part.operations


def test_every_kind_of_operation_says_which_of_its_numbers_may_move():
    assert set(PULLED) == set(OPERATIONS.values())


def test_numbers_of_answers_move_only_where_nothing_is_shown_or_it_is_asked_for():
    part, drawn = decode(PLATE), decode(PLATE + "sketch 0 0 10 +z +x\ncircle 20 15 23.263\n")
    idea = Idea(drawn.operations[2:], score=0.5)
    with Kernel(workers=1, time_limit=30) as kernel:

        def told(finished=False, **asked):
            reading = Offhand(kernel).read(Case("part", part, **asked))
            return tidied([idea], reading, finished=finished)[0].snaps

        assert told() == ("diameter 46.526 → 45 (round)",)
        within_budget = ("diameter 46.526 → 46.5 (round)",)  # a thousandth of 51 mm
        assert told(snap=True, caption="a hole of 12 mm") == within_budget
        assert told(snap=True, finished=True) == told()
        assert not told(snap=False)
        assert not told(caption="a hole of 12 mm")
        assert not told(finished=True)
        pinned = Constraints(pins=pins_of("diameter 46.526"))
        assert not told(constraints=pinned)  # what a person wants stays as it is
