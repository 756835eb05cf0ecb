"""How far a part reaches, from its history alone: boxes by hand."""

from __future__ import annotations

import math

import pytest

from cadcomplete.history.expanded import expanded
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.reach import around, heights, through
from cadcomplete.kernel.build import build
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import solid

BLOCK = """\
sketch 0 0 5 +z +x
loop 0 0
line 40 0
line 40 30
line 0 30
close
extrude new to 15 0
"""


def box(text: str) -> list[list[float]]:
    found = around(decode(text).operations)
    assert found is not None
    return found.tolist()


def test_what_is_cut_does_not_count():
    cut = "sketch 0 0 15 +z +x\ncircle 5 5 2\nextrude cut to -100 0\n"
    assert box(BLOCK + cut) == box(BLOCK) == [[0, 0, 5], [40, 30, 15]]


def test_a_revolve_reaches_as_far_as_its_profile_all_around():
    ring = BLOCK.replace("extrude new to 15 0", "revolve new to 90 about 0 -10 1 0 0")
    assert box(ring) == [[0, -50, -35], [40, 30, 45]]


def test_copies_reach_as_far_as_they_are_moved():
    assert box(f"{BLOCK}linear +x 50 3 @1\n") == [[0, 0, 5], [140, 30, 15]]
    assert box(f"{BLOCK}mirror +z 0 all\n") == [[0, 0, -15], [40, 30, 15]]
    assert box(f"{BLOCK}mirror +x 0 @1\nmirror +y 0 @1\n") == [[-40, -30, 5], [40, 30, 15]]


def test_nothing_reaches_nowhere():
    assert around(decode(BLOCK).operations[:1]) is None
    assert heights(XY, ()) is None
    assert through(XY, (), side=1) == 1


@pytest.mark.parametrize(("side", "far"), [(1, 8), (-1, 4)])
def test_through_is_half_a_millimetre_beyond_at_least(side, far):
    """From 8.2 on the block reaches 6.8 mm up and 3.2 mm down."""
    plane = Plane((0.0, 0.0, 8.2), XY.normal, XY.x_axis)
    assert through(plane, decode(BLOCK).operations, side=side) == far


def test_in_a_slanted_direction_it_reaches_to_the_farthest_corner():
    slanted = Plane.of((0.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    found = heights(slanted, decode(BLOCK).operations)
    assert found == pytest.approx((0, 70 / math.sqrt(2)))


BAR = """\
sketch 0 0 0 +z +x
loop 0 0
line 60 0
line 60 20
line 0 20
close
extrude new to 40 0
"""

CROSSED = 60 * 20 * 40 - 9 * math.pi * (20 + 60) + 16 / 3 * 27  # Steinmetz: where they cross


@pytest.mark.parametrize(
    "cut",
    [
        "sketch 0 0 0 +y +x\ncircle 10 -20 3\nextrude cut to through 0\n",
        "sketch 0 0 0 -y +x\ncircle 10 20 3\nextrude cut from through to through 0\n",
        "hole 0 0 0 -y +x 6 through at 10 20\n",
    ],
)
def test_a_turned_copy_of_what_goes_through_goes_through_as_well(cut):
    sequence = decode(f"{BAR}{cut}polar -z 10 10 0 2 90 @1\n")
    for part in (sequence, expanded(sequence)):
        assert build(part).volume == pytest.approx(CROSSED, rel=1e-6)
    assert solid(sequence).volume() == pytest.approx(CROSSED, rel=1e-3)
