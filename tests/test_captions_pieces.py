"""What a caption says of parts that are made piece by piece, in whatever order that is."""

from __future__ import annotations

import pytest

from cadcomplete.captions.evidence import Words
from cadcomplete.captions.mention import Noun
from cadcomplete.captions.read import read_caption
from cadcomplete.captions.state import left
from cadcomplete.captions.trust import trust_of_words
from cadcomplete.captions.vague import MOST, Vague
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import Circle
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode

STEP = "sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 15 0\n"
"""A cylinder ø10 × 15."""

BLOCK = """sketch 0 0 0 +z +x
loop -10 -5
line 10 -5
line 10 5
line -10 5
close
extrude new to 30 0
"""
"""A block 20 × 10 × 30."""


def best(caption, given, kind):
    ((found,), *_) = Words.of(caption).ideas(given, kind, most=3)
    return found


def test_steps_of_a_shaft_are_added_one_by_one():
    caption = "stepped shaft ø10/ø20, 40 mm long"
    (step,) = left(read_caption(caption), decode(STEP))
    assert (step.noun, step.diameters) == (Noun.BOSS, (20.0,))
    sketch = best(caption, decode(STEP), Sketch)
    (circle,) = sketch.loops[0].curves
    assert isinstance(circle, Circle) and circle.radius == 10


def test_a_base_is_still_to_be_made_where_its_boss_was_first():
    caption = "rectangular plate 100 x 60 x 5 mm with a rectangular boss 20 x 10 x 30 mm high"
    given = decode(BLOCK)
    (base,) = left(read_caption(caption), given)
    assert base.sizes == (100.0, 60.0, 5.0)
    sketch = best(caption, given, Sketch)
    left_, bottom, right, top = sketch.loops[0].box
    assert sorted((right - left_, top - bottom)) == [60, 100]
    drawn = CadSequence((*given.operations, sketch))
    extrude = best(caption, drawn, Extrude)
    assert abs(extrude.extent.distance) == 5


def test_the_whole_is_as_high_as_what_stands_on_its_base():
    """A plate 5 thick and 30 on it: 35."""
    boxes = read_caption("plate 100 x 60 x 5 with a boss 20 x 10 x 30 mm high").boxes
    assert (100, 60, 35) in boxes and (100, 60, 5) in boxes


def test_the_last_size_of_an_outline_is_how_far_it_goes():
    """The outline that is drawn fits none of the sizes, as it lies slantwise."""
    given = decode("sketch 0 0 0 +z +x\nloop 0 0\nline 70 60\nline 60 70\nclose\n")
    extrude = best("Block of irregular outline, 93.2 × 14.1 × 6 mm.", given, Extrude)
    assert abs(extrude.extent.distance) == 6


def test_separate_bodies_are_made_one_after_the_other():
    caption = (
        "Two separate bodies, 60 × 10 × 15 mm overall: a block 40 × 10 × 5 mm; a rod ø10 × 15 mm"
    )
    (block,) = left(read_caption(caption), decode(STEP))
    assert block.sizes == (40.0, 10.0, 5.0)


def test_a_counterbore_is_a_thing_of_its_own():
    said = "plate 80 x 40 x 10 with a counterbored hole ø6 (counterbore ø11 × 4 mm deep)"
    hole, head = (step for mention in read_caption(said).mentions for step in mention.steps)
    assert (hole.diameters, head.diameters, head.height) == ((6.0,), (11.0,), 4.0)


def test_one_of_several_holes_may_be_drawn_alone_round_with_what_is_there():
    words = Words.of("plate 100 x 60 x 5 with two blind holes ø4 x 3 mm deep")
    given = decode(BLOCK + "sketch 0 0 30 +z +x\ncircle 6 0 3\nextrude join to 35 0\n")
    found = [sketch for (sketch,) in words.ideas(given, Sketch, most=300)]
    alone = [s.loops[0].curves[0] for s in found if isinstance(s, Sketch) and len(s.loops) == 1]
    assert any(isinstance(c, Circle) and c.center == (6, 0) and c.radius == 2 for c in alone)


def test_a_rounding_is_thought_of_in_the_size_that_is_said_until_it_is_made():
    words, given = Words.of("block 20 x 10 x 30 mm with edges rounded by 2 mm"), decode(BLOCK)
    found = [one for (one,) in words.ideas(given, Fillet, most=4)]
    assert {one.radius for one in found if isinstance(one, Fillet)} == {2.0}
    right, wrong = (
        CadSequence((*given.operations, Fillet(radius, (EdgePredicate("all"),))))
        for radius in (2.0, 5.0)
    )
    for_it, against = words.weigh(given, [right, wrong])
    assert for_it > 0 > against
    assert not words.ideas(right, Fillet, most=4)


def test_what_is_said_of_edges_makes_their_kind_likelier():
    said = Words.of("rectangular plate with chamfered edges").kinds(decode(BLOCK))
    assert said[Chamfer] > 0 > said[Fillet]


@pytest.mark.parametrize("caption", ["a corner rounded edge", "edges of the rounded top", "edge"])
def test_edges_that_are_only_a_place_are_passed_over(caption):
    assert read_caption(caption).text == caption


# --- words without numbers ------------------------------------------------------------------------


def heights(caption, *ends):
    """What is said for extrudes of a circle ø20 to some heights."""
    drawn = "sketch 0 0 0 +z +x\ncircle 0 0 10\n"
    vague = Vague.of(caption, decode(drawn).operations)
    extrudes = [decode(f"{drawn}extrude new to {end} 0\n").operations[1] for end in ends]
    return [vague.nats(extrude) for extrude in extrudes]


def test_a_rod_is_long_and_a_coin_flat():
    rod = heights("a long slender cylindrical rod", 200, 1)
    coin = heights("a thin flat circular disc or washer", 200, 1)
    assert rod[0] > 0 > rod[1]
    assert rod[0] > coin[0] and coin[1] > rod[1] + 0.5


@pytest.mark.parametrize("caption", ["", "asdf qwer", "a long slender cylindrical rod"])
def test_words_are_worth_no_more_than_their_bounds(caption):
    assert all(abs(nats) < 2 * MOST for nats in heights(caption, 200, 20, 1))


def test_words_that_do_not_fit_what_is_given_are_believed_less():
    given = decode("sketch 0 0 0 +z +x\ncircle 0 0 10\n")
    right = trust_of_words("This is a cylindrical rod with a circular cross section", given)
    wrong = trust_of_words("This is a rectangular block with a flat rectangular top", given)
    assert right > wrong
