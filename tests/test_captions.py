"""What is read in captions, and the ideas and nats that come of it."""

from __future__ import annotations

import math

import pytest

from cadcomplete.captions.evidence import Words
from cadcomplete.captions.mention import Form, Noun, Spot
from cadcomplete.captions.read import read_caption
from cadcomplete.captions.terms import terms
from cadcomplete.completion.evidence import evidence_of, moved, weighed
from cadcomplete.history.curves import Circle
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.predictions import Case

PLATE = """sketch 0 0 0 +z +x
loop -60 -40
line 60 -40
line 60 40
line -60 40
close
"""


def numbers(caption):
    return [term.numbers for term in terms(caption) if term.numbers]


@pytest.mark.parametrize(
    ("caption", "lengths"),
    [
        ("80 × 40 × 5 mm", [(80, 40, 5)]),
        ("80x40x5", [(80, 40, 5)]),
        ("80 by 40 by 5 mm", [(80, 40, 5)]),
        ('1/4" and 1 1/2 in', [(6.35,), (38.1,)]),
        ("½ inch", [(12.7,)]),
        ("2,5 mm and 1,200 mm", [(2.5,), (1200,)]),
        ("two inches", [(50.8,)]),
        ("12 cm x 8 cm", [(120, 80)]),
        ("two holes ø1 in a row", [(1,)]),
    ],
)
def test_lengths_are_read_in_millimetres(caption, lengths):
    assert numbers(caption) == [pytest.approx(some) for some in lengths]


def test_holes_with_count_size_kind_and_place():
    (hole,) = read_caption("four through holes of 9 mm in the corners").mentions
    assert (hole.noun, hole.count, hole.diameters) == (Noun.HOLE, 4, (9.0,))
    assert hole.through and hole.where is not None and hole.where.spot is Spot.CORNERS


@pytest.mark.parametrize("said", ["4x M6 holes", "four M6 holes", "4 holes M6", "4 holes ø6"])
def test_a_count_is_told_from_a_size(said):
    (hole,) = read_caption(f"plate 120 x 80 x 10 with {said}").mentions
    assert (hole.count, hole.diameters) == (4, (6.0,))


def test_a_caption_without_anything_known_says_so():
    assert Words.of("asdf qwer").notices(CadSequence(()))[0].startswith("nothing was read")


def test_what_was_read_is_told():
    (said,) = Words.of("plate 120 x 80 x 10 with 4 holes ø9").notices(CadSequence(()))
    assert said == "read in the caption: plate 120 × 80 × 10; 4 holes ø9"


def test_a_hexagonal_boss_beside_a_plate():
    caption = read_caption("a 120 by 80 by 10 mm plate with a hexagonal boss 12 mm across flats")
    assert caption.box == (120, 80, 10)
    (boss,) = caption.mentions
    assert (boss.form, boss.sides, boss.diameters) == (Form.POLYGON, 6, (12.0,))


def test_the_first_idea_has_the_height_that_the_sizes_leave():
    """120 and 80 are drawn, so 10 is the height."""
    (best,), *_ = Words.of("plate 120 x 80 x 10").ideas(decode(PLATE), Extrude, most=4)
    assert isinstance(best, Extrude)
    assert abs(best.extent.distance) == 10


def test_holes_in_the_corners_are_drawn_where_it_is_said():
    given = decode(f"{PLATE}extrude new to 10 0\n")
    words = Words.of("plate 120 x 80 x 10 with four holes ø9, 15 mm from the edges, in the corners")
    (best,), *_ = words.ideas(given, Sketch, most=4)
    assert isinstance(best, Sketch)
    curves = [curve for loop in best.loops for curve in loop.curves]
    centers = {curve.center for curve in curves if isinstance(curve, Circle)}
    assert centers == {(-45.0, -25.0), (45.0, -25.0), (45.0, 25.0), (-45.0, 25.0)}


def test_what_is_said_weighs_for_and_what_is_not_against():
    given = decode(PLATE)
    right, wrong = (decode(f"{PLATE}extrude new to {height} 0\n") for height in (10, 77))
    for_it, against = Words.of("plate 120 x 80 x 10").weigh(given, [right, wrong])
    assert for_it > 0 > against


def test_a_case_without_a_caption_has_no_evidence():
    assert evidence_of(Case("a", CadSequence(()))) == ()
    (words,) = evidence_of(Case("a", CadSequence(()), caption="a plate"))
    assert words.name == "caption"


def test_nats_move_a_probability_by_its_odds():
    """A half has odds of 1; with ln 3 more they are 3, so three quarters."""
    nothing = weighed((), CadSequence(()), [CadSequence(())])
    (chance,) = moved(nothing + 0.5, nothing + math.log(3))
    assert chance == pytest.approx(0.75)
