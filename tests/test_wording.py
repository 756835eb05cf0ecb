"""What was added, in words; and what a score is."""

from __future__ import annotations

import pytest
from conftest import PLATE

from cadcomplete.completion.wording import EXPECTED, PROBABILITY, in_words, told
from cadcomplete.language.lines import decode

HOLES = "sketch 0 0 10 +z +x\n" + "".join(f"circle {x} {y} 2\n" for x in (5, 35) for y in (5, 25))
RING = "sketch 0 0 10 +z +x\ncircle 20 15 9\ncircle 20 15 7\n"
SQUARE = "sketch 0 0 10 +z +x\nloop 2 2\nline 8 2\nline 8 12\nline 2 12\nclose\n"
SHARP = "sketch 0 0 10 +z +x\nloop 2 2\nline 8 2\nline 2 12\nclose\n"


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (HOLES + "extrude cut to 0 0 1 2 3\n", "4 through holes ø4"),
        (HOLES + "extrude cut to 4 0 1 2 3\n", "4 blind holes ø4 × 6 deep"),
        (HOLES + "extrude join to 13 0 1 2\n", "3 round bosses ø4 × 3 high"),
        (RING + "extrude join to 12.5 0/1\n", "ring ø18/ø14 × 2.5 high"),
        (RING + "extrude cut to 8 0/1\n", "annular groove ø18/ø14 × 2 deep"),
        (SQUARE + "extrude cut to 0 0\n", "through opening 6 × 10"),
        (SQUARE + "extrude cut to 7 0\n", "rectangular pocket 6 × 10 × 3 deep"),
        (SHARP + "extrude join to 12 0\n", "boss 6 × 10 × 2 high"),
        (SQUARE, "sketch of rectangle 6 × 10 at z = 10"),
        (HOLES, "sketch of 4 circles ø4 at z = 10"),
        (SHARP + "extrude cut to 20 0\n", "an extrude that changes nothing"),
        (SHARP + "extrude intersect to 0 0\n", "intersection 6 × 10"),
        ("", "nothing"),
    ],
)
def test_what_was_added_is_told_by_its_effect_and_its_sizes(added, words):
    assert in_words(decode(PLATE + added), 2) == words


def test_a_part_from_nothing_is_told_by_its_body():
    assert in_words(decode("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 8 0\n"), 0) == (
        "cylinder ø10 × 8"
    )
    assert in_words(decode(PLATE), 0) == "block 40 × 30 × 10 with a hole"


def test_different_sizes_are_told_apart_and_many_operations_are_counted():
    two = "sketch 0 0 10 +z +x\ncircle 5 5 2\ncircle 35 5 3\nextrude cut to 0 0 1\n"
    assert in_words(decode(PLATE + two), 2) == "through hole ø4 and through hole ø6"
    four = (
        SQUARE
        + "extrude cut to 9 0\n"
        + "extrude cut to 0 0\n" * 0
        + (
            "sketch 0 0 10 +z +x\ncircle 35 25 2\nextrude cut to 0 0\n"
            "sketch 0 0 10 +z +x\ncircle 35 5 2\nextrude cut to 0 0\n"
            "sketch 0 0 10 +z +x\ncircle 5 25 2\nextrude cut to 0 0\n"
        )
    )
    assert in_words(decode(PLATE + four), 2).endswith(", through hole ø4, 2 more operations")


def test_a_score_says_what_it_is():
    assert told(0.9777, EXPECTED) == "expected IoU 0.978"
    assert told(0.1234, PROBABILITY) == "12 % that it is the designer's"
    assert told(0.0123, PROBABILITY) == "1.2 % that it is the designer's"
    assert told(0.0004, PROBABILITY) == "0.04 % that it is the designer's"
    assert told(0.00001, PROBABILITY) == "under 0.01 % that it is the designer's"
