"""Captions as newcomers write them: profiles, screws, other languages, sizes by other sizes."""

from __future__ import annotations

import math

import pytest

from cadcomplete.captions.evidence import Words
from cadcomplete.captions.read import read_caption
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import solid

NOTHING = CadSequence(())

BLOCK = """sketch 0 0 0 +z +x
loop -30 -20
line 30 -20
line 30 20
line -30 20
close
extrude new to 10 0
"""
"""A block 60 × 40 × 10."""


def made(caption):
    (part,) = Words.of(caption).parts(NOTHING, most=1)
    return part


def newest(part):
    """The sketch that was drawn last."""
    return [one for one in part.operations if isinstance(one, Sketch)][-1]


@pytest.mark.parametrize(
    ("caption", "volume"),
    [
        ("L bracket 60 x 40 x 30, 5 thick", (60 + 35) * 5 * 30),
        ("L-bracket 60 x 40, 5 mm thick, 30 long", (60 + 35) * 5 * 30),
        ("an L-shaped profile 60 x 40 x 30 with a wall thickness of 5", (60 + 35) * 5 * 30),
        ("U channel 40 x 30 x 100, 3 thick", (40 + 2 * 27) * 3 * 100),
        ("a u-shaped bracket 40 x 30 x 100, thickness 3", (40 + 2 * 27) * 3 * 100),
        ("T profile 50 x 40, 5 thick, 100 long", (50 + 35) * 5 * 100),
        ("T-profile 60x40x5, 200 long", (60 + 35) * 5 * 200),
        ("U bracket 50 wide, 40 high, 30 deep, 4 mm thick", (50 + 2 * 36) * 4 * 30),
        ("angle bracket with legs 50 and 40, 5 thick, 30 wide", (50 + 35) * 5 * 30),
        ("aluminium C channel 60 x 30, 3 mm wall, 250 mm long", (60 + 2 * 27) * 3 * 250),
    ],
)
def test_a_profile_has_the_section_that_its_letter_says(caption, volume):
    assert solid(made(caption)).volume() == pytest.approx(volume)


def test_holes_in_each_leg_go_through_both():
    part = made("L bracket 60 x 40 x 30, 5 thick, two 6 mm holes in each leg")
    drilled = 4 * math.pi * 9 * 5
    assert solid(part).volume() == pytest.approx((60 + 35) * 5 * 30 - drilled, rel=2e-3)


def test_a_profile_without_a_thickness_is_not_made_up():
    assert not Words.of("L bracket 60 x 40 x 30").parts(NOTHING, most=1)


@pytest.mark.parametrize(
    ("said", "diameter", "head"),
    [
        ("M6 counterbored holes", 6.6, (11.0, 6.4)),  # ISO 273, DIN 974-1
        ("counterbored holes ø9", 9.0, (15.0, 8.6)),  # clearance of M8
        ("M5 countersunk holes", 5.5, (10.4, 90.0)),  # ISO 15065
        ("counterbored holes", 6.6, (11.0, 6.4)),
        ("counterbored holes ø6 (counterbore ø10 × 3 mm deep)", 6.0, (10.0, 3.0)),
        ("M8 tapped holes", 6.75, None),  # 8 − 1.25, ISO 2306 rounds to 6.8
        ("M8 holes", 8.0, None),
    ],
)
def test_holes_for_screws_are_as_wide_as_those_need(said, diameter, head):
    (hole,) = read_caption(f"plate 100 x 60 x 12 with four {said}").mentions
    assert (hole.count, hole.diameters, hole.head) == (4, (diameter,), head)


def test_counterbores_are_cut_from_the_top_around_their_holes():
    part = made("plate 100 x 60 x 12 with four M6 counterbored holes in the corners")
    bores = math.pi * (3.3**2 * 12 + (5.5**2 - 3.3**2) * 6.4)
    assert solid(part).volume() == pytest.approx(100 * 60 * 12 - 4 * bores, rel=2e-3)
    assert newest(part).plane.origin[2] == 12


def test_counterbores_in_the_corners_have_room():
    """A tenth of 40 is 4 mm from the edges, where ø11 would break through."""
    bores = newest(made("plate 60 x 40 x 12 with four M6 counterbored holes in the corners"))
    assert len(bores.loops) == 4
    for loop in bores.loops:
        left, bottom, right, top = loop.box
        assert -30 < left < right < 30 and -20 < bottom < top < 20


def test_countersinks_are_cones():
    """Of each the frustum beside its hole: π h (R² + R r + r² − 3 r²) / 3, h = R − r at 90°."""
    words = Words.of("plate 100 x 60 x 12 with four M6 countersunk holes in the corners")
    (part,) = words.parts(NOTHING, most=1)
    r, deep = 3.3, 6.3 - 3.3
    cone = math.pi * deep * (6.3**2 + 6.3 * r - 2 * r**2) / 3
    volume = 100 * 60 * 12 - 4 * (math.pi * r**2 * 12 + cone)
    assert solid(part).volume() == pytest.approx(volume, rel=2e-3)
    assert words.told(NOTHING, [part])[0] == 1


def test_the_last_of_three_sizes_of_a_pocket_is_its_depth():
    part = made("block 80 x 40 x 20 with a pocket 60 x 20 x 8")
    assert solid(part).volume() == pytest.approx(80 * 40 * 20 - 60 * 20 * 8)


def test_a_pocket_is_cut_from_above_unless_the_underside_is_spoken_of():
    said = "block 60 x 40 x 10, four holes ø6, a pocket 30 x 20, 4 deep"
    assert newest(made(said)).plane.origin[2] == 10
    assert newest(made(f"{said}, from below")).plane.origin[2] == 0
    given = decode(BLOCK)
    words = Words.of("block 60 x 40 x 10 with a pocket 30 x 20, 4 deep")
    pockets = [
        CadSequence((*given.operations, Sketch(plane, newest(made(said)).loops)))
        for plane in reversed(given.operations[1].planes(given.operations))
    ]
    above, below = words.weigh(given, pockets)
    assert above > below


def test_what_is_left_out_is_no_whole_part():
    words = Words.of("block 60 x 40 x 10 with four counterbored holes and rounded edges")
    (part,) = words.parts(NOTHING, most=1)
    least, most = words.told(NOTHING, [decode(BLOCK), part])
    assert least < most < 1  # holes and heads and edges; then the edges
    assert Words.of("block 60 x 40 x 10").told(NOTHING, [decode(BLOCK)])[0] == 1


@pytest.mark.parametrize(
    ("german", "english"),
    [
        (
            "Platte 120 x 80 x 10 mit vier Bohrungen 9 mm in den Ecken",
            "plate 120 x 80 x 10 with four holes 9 mm in the corners",
        ),
        ("Welle Durchmesser 20, 50 lang", "shaft diameter 20, 50 long"),
        (
            "Scheibe ø40 x 5 mit Bohrung ø10 in der Mitte",
            "disc ø40 x 5 with hole ø10 in the center",
        ),
        (
            "Quader 60 x 40 x 20 mit Tasche 30 x 20, 8 tief",
            "block 60 x 40 x 20 with pocket 30 x 20, 8 deep",
        ),
        ("Platte 80 x 40, Dicke 2,5 mm", "plate 80 x 40, thickness 2.5 mm"),
        (
            "Quader 60 x 40 x 20, Kanten mit Radius 2 gerundet",
            "block 60 x 40 x 20, edges with radius 2 rounded",
        ),
    ],
)
def test_a_german_caption_says_what_the_english_one_says(german, english):
    one, other = read_caption(german), read_caption(english)
    assert other.base is not None
    assert (one.base, one.mentions) == (other.base, other.mentions)


@pytest.mark.parametrize(
    "caption", ["hex nut 10 mm across flats, 5 mm thick", "a die block 20 x 10 x 5"]
)
def test_english_words_stay_what_they_are(caption):
    base = read_caption(caption).base
    assert base is not None and base.said in ("nut", "block")


def test_a_size_by_the_one_before_it():
    base = read_caption("a plate 60 long, half as wide, 5 thick").base
    assert base is not None and (base.sizes, base.height) == ((60.0, 30.0), 5.0)


def test_one_size_and_a_height_are_a_square_plate():
    base = read_caption("plate 40 8 high").base
    assert base is not None and (base.sizes, base.height) == ((40.0, 40.0), 8.0)
    lone = read_caption("plate 40 long, 8 high").base
    assert lone is not None and lone.sizes == (40.0,)


@pytest.mark.parametrize(("said", "height"), [("twice as high", 20), ("half as high", 5)])
def test_what_is_said_by_what_is_given_is_as_high_as_that(said, height):
    given = decode(f"{BLOCK}sketch 0 0 10 +z +x\ncircle 0 0 6\n")
    words = Words.of(f"a round boss {said} as the plate")
    ((best,), *_) = words.ideas(given, Extrude, most=3)
    assert isinstance(best, Extrude) and best.extent.distance == height
    wholes = [
        decode(f"{BLOCK}sketch 0 0 10 +z +x\ncircle 0 0 6\nextrude join to {10 + h} 0\n")
        for h in (height, 13)
    ]
    right, wrong = words.weigh(given, wholes)
    assert right > wrong
