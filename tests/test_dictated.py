"""Parts that are dictated with every dimension, and made again from the words alone."""

from __future__ import annotations

import pytest

from cadcomplete.captions.dictated import dictated
from cadcomplete.captions.evidence import Words
from cadcomplete.data.describe.dictated import DICTATED, dictate
from cadcomplete.history.blends import Fillet
from cadcomplete.history.operations import OPERATIONS, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.language.lines import decode

PLATE = """sketch 0 0 0 +z +x
loop -30 -20
line 30 -20
line 30 20
line -30 20
close
extrude new to 8 0
sketch 0 0 8 +z +x
circle -20 5 4
extrude join to 14 0
"""
"""A plate 60 × 40 × 8 with a pin ø8 on it."""

SHAFT = """sketch 0 0 0 -y +x
loop 0 0
line 10 0
line 10 30
line 0 30
close
"""
"""Half of a section ø20 × 30, on the plane of x and z."""

PARTS = {
    "a hole through": PLATE + "hole 0 0 8 +z +x 3 through at 10 10 10 -10\n",
    "a hole from below": PLATE + "hole 0 0 0 -z +x 3 tip 118 to -5 at 10 10 5 -10\n",
    "a counterbored hole": PLATE + "hole 0 0 8 +z +x 3 through bore 6 2 at 10 10\n",
    "a countersunk hole": PLATE + "hole 30 0 0 +x +y 3 to 20 sink 6 90 at 3 4\n",
    "a mirror": PLATE + "mirror +x 0 @1\n",
    "a mirror image of the body": PLATE + "mirror -y 20 all\n",
    "a slanted mirror": PLATE + "mirror 0.6 0.8 0 0 @1\n",
    "a row": PLATE + "linear +x 15 3 @1\n",
    "a slanted row": PLATE + "linear 0.8 -0.6 0 10 3 @1\n",
    "a ring": PLATE + "polar +z 0 0 0 6 360 @1\n",
    "a part of a ring": PLATE + "polar -z 1 2 0 4 90 @1\n",
    "a pattern of a pattern": PLATE + "linear +x 15 3 @1\nmirror +y 0 @2 @1\n",
    "a fillet": PLATE + "fillet 2 30,20,4 30,-20,4\n",
    "a fillet by what is true": PLATE + "fillet 1 side@3:z:+x end@1\n",
    "a fillet of one outline": PLATE
    + "sketch 0 0 8 +z +x\ncircle 20 10 3\nloop 5 -15\nline 25 -15\nline 25 -5\nline 5 -5\nclose\n"
    + "circle -20 -10 2\nextrude cut to 3 0 1 2\nfillet 0.5 start@1/1 end@1/2\n",
    "a chamfer of one hole": PLATE
    + "hole 0 0 8 +z +x 3 to 2 at 10 10 20 5\nchamfer 0.4 start@1/1\n",
    "a chamfer": PLATE + "chamfer 1.5 -30,0,8\n",
    "a chamfer of all": PLATE + "chamfer 0.5 all:convex:line\n",
    "a revolve": SHAFT + "revolve new to 360 about 0 0 0 -1 0\n",
    "a part of a turn": SHAFT + "revolve new to 90 about 0 0 0 1 0\n",
    "to both sides of the section": SHAFT + "revolve new from -30 to 75 about 0 0 0 1 0\n",
    "a groove": PLATE + SHAFT + "revolve cut to 360 about 0 0 0 1 0\n",
    "a taper": PLATE + "sketch 0 0 8 +z +x\ncircle 10 0 6\nextrude join taper 10 to 20 0\n",
    "two tapers": PLATE
    + "sketch 0 0 4 -z +x\ncircle 10 0 6\nextrude join taper -5/10 from 10 to -20 0\n",
    "to the next face": PLATE + "sketch 0 0 20 -z +x\ncircle 20 0 3\nextrude join to next 0\n",
}


@pytest.fixture(scope="module", params=PARTS)
def part(request):
    return decode(PARTS[request.param])


def volume(part):
    solid = build(part)
    assert solid is not None
    return measure(solid).volume


def test_a_part_of_any_operation_is_dictated_and_made_again(part):
    said = dictate(part)
    assert said is not None
    (again,) = Words.of(said).parts(CadSequence(()), most=1)
    assert [type(one) for one in again.operations] == [type(one) for one in part.operations]
    assert volume(again) == pytest.approx(volume(part), rel=1e-5)


def test_every_step_that_is_dictated_comes_next_and_weighs_more(part):
    words = Words.of(dictate(part) or "")
    for keep in range(len(part.operations)):
        given, kind = truncate(part, keep), type(part.operations[keep])
        ((best,), *_) = words.ideas(given, kind, most=3)
        assert words.kinds(given)[kind] > 0
        right, none = words.weigh(given, [truncate(part, keep + 1), given])
        assert right > none
        assert words.weigh(given, [CadSequence((*given.operations, best))])[0] == right


def test_every_operation_has_words_or_is_drawn():
    assert {*DICTATED, Sketch} == set(OPERATIONS.values())


def test_another_size_is_not_what_was_dictated():
    given = decode(PLATE)
    words = Words.of(dictate(decode(PARTS["a fillet"])) or "")
    right, wrong = (decode(f"{PLATE}fillet {size} 30,20,4 30,-20,4\n") for size in (2, 3))
    for_it, against = words.weigh(given, [right, wrong])
    assert for_it > 0 > against
    assert {Fillet} == {type(one) for (one,) in words.ideas(given, Fillet, most=3)}


@pytest.mark.parametrize(
    "lost", ["The edges near the top are rounded by 2 mm.", "Step 9 is mirrored somewhere."]
)
def test_a_step_that_is_unclear_is_not_passed_over(lost):
    said = dictate(decode(PLATE)) or ""
    assert dictated(said) and not dictated(f"{said} {lost}")


def test_a_step_that_names_one_that_is_not_there_makes_nothing():
    said = f"{dictate(decode(PLATE))} Step 9 is mirrored across the plane x = 0."
    assert not Words.of(said).parts(CadSequence(()), most=1)
