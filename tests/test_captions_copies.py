"""Mirrors, patterns, holes and revolves as ideas of free words."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cadcomplete.captions.evidence import Words
from cadcomplete.captions.read import read_caption
from cadcomplete.completion.evidence import evidence_of
from cadcomplete.completion.judging import Weighing, ranked
from cadcomplete.completion.reading import Reading
from cadcomplete.history.edges import EdgePredicate
from cadcomplete.history.holes import Counterbore
from cadcomplete.history.operations import (
    Fillet,
    Hole,
    LinearPattern,
    Mirror,
    PolarPattern,
    Revolve,
)
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import solid
from cadcomplete.model.sampling import Sampling
from cadcomplete.predictions import Case, Idea

DISC = """sketch 0 0 0 +z +x
circle 0 0 50
extrude new to 10 0
sketch 0 0 10 +z +x
circle 40 0 3
extrude cut to 0 0
"""
"""A disc ø100 × 10 with one hole ø6."""

PLATE = """sketch 0 0 0 +z +x
loop -50 -20
line 50 -20
line 50 20
line -50 20
close
extrude new to 5 0
sketch 0 0 5 +z +x
loop -40 -15
line -36 -15
line -36 15
line -40 15
close
extrude join to 15 0
"""
"""A plate 100 × 40 × 5 with one rib 4 × 30 × 10."""

RING = """sketch 0 0 0 -y +x
loop 20 0
line 25 0
line 25 8
line 20 8
close
"""


def ideas(caption, given, kind) -> list[Any]:
    return [one for (one,) in Words.of(caption).ideas(given, kind, most=24)]


def weighed(caption, given, one, other):
    wholes = [CadSequence((*given.operations, idea)) for idea in (one, other)]
    return Words.of(caption).weigh(given, wholes)


def test_six_holes_on_a_bolt_circle_are_the_one_that_is_there_six_times():
    said, given = "disc ø100 x 10 with six holes ø6 on a bolt circle", decode(DISC)
    (best, *_) = ideas(said, given, PolarPattern)
    assert best == PolarPattern((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), 6, 360.0, (3,))
    five = PolarPattern(best.axis, best.point, 5, 360.0, best.of)
    right, wrong = weighed(said, given, best, five)
    assert right > wrong + 3
    done = CadSequence((*given.operations, best))
    assert not ideas(said, done, PolarPattern)


def test_four_ribs_in_a_row_go_on_to_where_there_is_room():
    said = "plate 100 x 40 x 5 with four ribs 4 x 30 x 10 in a row, 20 apart"
    (best, *_) = ideas(said, decode(PLATE), LinearPattern)
    assert best == LinearPattern((1.0, 0.0, 0.0), 20.0, 4, (3,))


def test_a_row_without_a_pitch_reaches_as_far_to_the_other_side():
    """From −38 to 38 in three gaps."""
    said = "plate 100 x 40 x 5 with four ribs 4 x 30 x 10 in a row"
    (best, *_) = ideas(said, decode(PLATE), LinearPattern)
    assert best.spacing == pytest.approx(76 / 3, abs=1e-5)


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        ("the rib is mirrored about the yz plane", (1.0, 0.0, 0.0)),
        ("mirrored across x = 0", (1.0, 0.0, 0.0)),
        ("mirror it about the XZ-plane", (0.0, 1.0, 0.0)),
    ],
)
def test_what_was_made_last_is_mirrored_about_the_plane_that_is_said(said, normal):
    given = decode(PLATE)
    (best, *_) = ideas(said, given, Mirror)
    assert (best.normal, best.position, best.of) == (normal, 0.0, (3,))
    right, wrong = weighed(said, given, best, Mirror((0.0, 0.0, 1.0), 0.0, (3,)))
    assert right > wrong
    assert Words.of(said).kinds(given)[Mirror] > 1


def test_a_mirror_about_the_middle_plane_may_be_any_middle():
    said = "plate with a rib, mirrored about the middle plane"
    found = ideas(said, decode(PLATE), Mirror)
    assert {one.normal.index(1.0) for one in found} == {0, 1, 2}
    assert read_caption("plate without any of that").mirrors == ()


def test_counterbored_holes_are_one_operation_as_well():
    said = "plate 100 x 40 x 5 with four M4 countersunk holes in the corners"
    given = CadSequence(decode(PLATE).operations[:2])
    (best, *_) = ideas(said, given, Hole)
    assert (best.diameter, best.depth, len(best.centers)) == (4.5, None, 4)
    assert best.plane.origin[2] == 5 and best.plane.normal == (0.0, 0.0, 1.0)
    said = said.replace("M4 countersunk", "M4 counterbored")
    (bored, *_) = ideas(said, given, Hole)
    assert bored.head == Counterbore(8.0, 4.4)
    right, wrong = weighed(said, given, bored, best)
    assert right > wrong + 3
    assert Words.of(said).kinds(given)[Hole] > 1
    assert not ideas(said, CadSequence((*given.operations, bored)), Hole)


def test_a_turned_ring_is_revolved_about_the_axis_beside_it():
    given = decode(RING)
    (best, *_) = ideas("a turned ring", given, Revolve)
    ring = solid(CadSequence((*given.operations, best))).volume()
    assert ring == pytest.approx(math.pi * (25**2 - 20**2) * 8, rel=5e-3)
    assert Words.of("a turned ring").kinds(given)[Revolve] > 1


def test_a_rounding_as_it_is_said_is_likelier_than_another():
    """The kernel has made neither: words need no solid."""
    given = CadSequence(decode(PLATE).operations[:2])
    case = Case("a", given, caption="plate 100 x 40 x 5 with edges rounded by 2 mm")
    reading = Reading(case, 0.0, "fillet", Sampling(), evidence=evidence_of(case))
    right, wrong = (Fillet(radius, (EdgePredicate("all"),)) for radius in (2.0, 3.0))
    found = [Idea((one,), text=str(one), score=0.1) for one in (wrong, right)]
    (first, second) = ranked(found, reading, Weighing(reading))
    assert first.operation == right and first.score > 5 * second.score
