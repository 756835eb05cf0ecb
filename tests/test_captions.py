"""What is read in captions, and the ideas and nats that come of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from cadcomplete.captions.evidence import Words
from cadcomplete.captions.mention import Form, Noun, Spot
from cadcomplete.captions.read import read_caption
from cadcomplete.captions.terms import terms
from cadcomplete.captions.trust import believed
from cadcomplete.completion.evidence import evidence_of, moved, weighed
from cadcomplete.data.describe.dictated import dictate, sentences
from cadcomplete.errors import UnsupportedError
from cadcomplete.history.curves import Arc, Circle
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import iou, solid
from cadcomplete.metrics.targets import target
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


def test_one_in_each_corner_are_four_and_what_holes_are_for_is_passed_over():
    (hole,) = read_caption("plate 80 x 40 x 8 with an M6 hole in each corner").mentions
    assert (hole.count, hole.diameters) == (4, (6.0,))
    flange = read_caption(
        "flange 120 mm diameter, six M10 clearance holes on a bolt circle of 90 mm"
    )
    (hole,) = flange.mentions
    assert (hole.count, hole.diameters, hole.where.sizes) == (6, (10.0,), (90.0,))


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
    alone = replace(best, loops=best.loops[:1])
    four, one = words.weigh(given, [_with(given, best), _with(given, alone)])
    assert four > one + 10  # a model that does not listen finds four circles that improbable
    curves = [curve for loop in best.loops for curve in loop.curves]
    centers = {curve.center for curve in curves if isinstance(curve, Circle)}
    assert centers == {(-45.0, -25.0), (45.0, -25.0), (45.0, 25.0), (-45.0, 25.0)}


def _with(given, operation):
    return CadSequence((*given.operations, operation))


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


def test_what_one_idea_gains_the_others_lose_and_together_they_are_never_above_one():
    """Shares of 1/4, 1/4 and 1/2 for none: three times the first makes 3/6, 1/6 and 2/6."""
    chances = moved(np.array([0.25, 0.25]), np.array([math.log(3), 0.0]))
    assert chances == pytest.approx([1 / 2, 1 / 6])
    assert moved(np.array([0.25, 0.25]), np.zeros(2)) == pytest.approx([0.25, 0.25])
    assert moved(np.full(9, 0.1), np.full(9, 20.0)).sum() <= 1


# --- every dimension -----------------------------------------------------------------------------

DRAWN = """sketch 0 0 0 +z +x
loop -60 -40
line 60 -40
line 60 40
arc -60 40 180
close
circle 0 0 5
extrude new to 10 0/1
sketch 0 -40 0 -y +x
circle 20 5 3
circle -20 5 3
extrude cut to 25 0 1
sketch 60 0 0 +x -z
loop -8 -10
line -2 -10
line -2 10
line -8 10
close
extrude join sym 64 0
"""


def test_a_part_that_is_dictated_is_drawn_as_it_was():
    part = decode(DRAWN)
    said = dictate(part)
    assert said is not None
    assert "two circles of ø6 mm around (20, 5) and (-20, 5), cut 15 mm towards +y." in said
    (again,) = Words.of(said).parts(CadSequence(()), most=1)
    assert iou(solid(part), solid(again)) > 0.9999


@pytest.mark.parametrize("keep", range(1, 6))
def test_what_is_dictated_goes_on_from_what_is_given(keep):
    part = decode(DRAWN)
    words = Words.of(dictate(part) or "")
    given = truncate(part, keep)
    true = part.operations[keep]
    ((best,), *_) = words.ideas(given, type(true), most=3)
    assert target(part, keep).overlap(best) > 0.99
    (whole,) = words.parts(given, most=1)
    assert whole.operations[:keep] == given.operations
    assert iou(solid(part), solid(whole)) > 0.9999
    right, wrong = words.weigh(given, [truncate(part, keep + 1), _with_circle(given, true)])
    assert right > 0 > wrong


def _with_circle(given: CadSequence, true: Any) -> CadSequence:
    """What nobody dictated, of the same kind."""
    wrong = decode("sketch 0 0 10 +z +x\ncircle 7 7 1\nextrude cut to 3 0\n").operations
    if isinstance(true, Sketch):
        return CadSequence((*given.operations, wrong[0]))
    longer = replace(true.extent, distance=true.extent.distance * 2 + 3)
    return CadSequence((*given.operations, replace(true, extent=longer)))


def test_what_has_no_words_is_not_dictated_in_part():
    plain = decode("sketch 0 0 0 +z +x\ncircle 0 0 9\nextrude new to 4 0\n")
    sketch, extrude = plain.operations
    assert isinstance(extrude, Extrude)
    raised = CadSequence((sketch, replace(extrude, extent=replace(extrude.extent, start=5.0))))
    assert dictate(plain) is not None
    assert dictate(raised) is None
    with pytest.raises(UnsupportedError, match="there are no words for it"):
        sentences(raised)


def test_a_given_part_that_a_dictation_does_not_begin_with_is_said():
    words = Words.of(dictate(decode(DRAWN)) or "")
    other = decode("sketch 0 0 0 +z +x\ncircle 0 0 9\nextrude new to 4 0\n")
    assert words.notices(other)[1].startswith("the given part is not what the caption begins with")
    assert not words.parts(other, most=1)
    assert not words.weigh(other, [decode(DRAWN)]).any()


def test_a_part_larger_than_the_caption_says_is_said():
    (_, said) = Words.of("a plate 20 x 10 x 2 mm").notices(decode(DRAWN))
    assert said.startswith("the given part does not fit the caption: it is ")


@pytest.mark.parametrize(
    ("caption", "volume"),
    [
        ("plate 120 x 80 x 10", 96000),
        ("ring ø70, bore ø50, 10 mm thick", math.pi * (35**2 - 25**2) * 10),
        ("hexagonal prism 20 mm across flats, 10 mm high", math.sqrt(3) / 2 * 20**2 * 10),
        (
            "flange ø90 x 12 mm, a central through hole ø30, six through holes ø9 on a pcd of 70",
            math.pi * (45**2 - 15**2 - 6 * 4.5**2) * 12,
        ),
        ("disc ø40 × 5 mm with a central through hole ø10", math.pi * (20**2 - 5**2) * 5),
        (
            "plate 100 x 60 x 8, four holes ø6, 10 mm from the edges, a pocket 30 x 20, 3 deep",
            100 * 60 * 8 - 4 * math.pi * 9 * 8 - 30 * 20 * 3,
        ),
    ],
)
def test_a_part_is_made_of_the_sizes_that_are_said(caption, volume):
    """By formula; circles are polygons there, a few thousandths too small."""
    (part,) = Words.of(caption).parts(CadSequence(()), most=1)
    assert solid(part).volume() == pytest.approx(volume, rel=5e-3)


@pytest.mark.parametrize("caption", ["plate 120 x 80 x 10", "a flat washer", "a rod"])
def test_what_cannot_be_drawn_is_judged_without_an_error(caption):
    """Models write arcs without length."""
    words, nothing = Words.of(caption), CadSequence(())
    (sketch, extrude) = decode(PLATE + "extrude new to 4 0\n").operations
    assert isinstance(sketch, Sketch)
    dot = Loop((Arc((1.0, 1.0), (1.0, 1.0), (1.0, 1.0)),))
    broken = CadSequence((replace(sketch, loops=(*sketch.loops, dot)), extrude))
    assert words.weigh(nothing, [broken], finished=True).shape == (1,)
    assert words.ideas(truncate(broken, 1), Extrude, most=3) is not None


def test_the_caption_in_the_documentation_is_read():
    page = (ROOT / "docs" / "captions.md").read_text(encoding="utf-8")
    said = " ".join(line[2:] for line in page.splitlines() if line.startswith("> "))
    (part,) = Words.of(said).parts(CadSequence(()), most=1)
    volume = (120 * 80 - math.pi * (25 + 4 * 4.5**2)) * 10
    assert solid(part).volume() == pytest.approx(volume, rel=2e-3)


def test_a_caption_of_another_part_is_believed_less():
    given = decode(PLATE)
    right = decode(f"{PLATE}extrude new to 10 0\n")
    own, other = Words.of("plate 120 x 80 x 10"), Words.of("disc ø33 x 77 mm")
    assert "believed less" in other.notices(given)[-1] and len(own.notices(given)) == 1
    assert own.weigh(given, [right])[0] > 1
    assert abs(other.weigh(given, [right])[0]) < 0.5


def test_what_holds_with_a_probability_only_is_a_mixture():
    """Half a chance that odds are tripled: (3 + 1) / 2."""
    (mixed,) = believed(np.array([math.log(3)]), 0.5)
    assert mixed == pytest.approx(math.log(2))


def test_a_caption_alone_completes_to_the_part_it_says_without_a_file(run, tmp_path):
    said = "plate 120 x 80 x 10, four through holes of 9 mm in the corners"
    code, out, _ = run("complete", "--caption", said, "-n", 3, "--json", "-o", tmp_path / "out")
    report = json.loads(out)
    assert code == 0
    first = report["completions"][0]
    volume = 120 * 80 * 10 - 4 * math.pi * 4.5**2 * 10
    assert first["volume_mm3"] == pytest.approx(volume, rel=1e-6)
    assert all(one["score"] >= 0.02 for one in report["completions"])
    assert report["file"] is None and (tmp_path / "out" / "part_01.step").exists()


def test_with_nothing_at_all_there_is_nothing_to_go_on_from(run):
    code, out, line = run("complete")
    said = "expected PART, or what it is to be: --caption, --image or --points"
    assert (code, out, line) == (2, "", f"cadcomplete: nothing to go on from: {said}\n")
