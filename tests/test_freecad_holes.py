"""Holes of FreeCAD files: where they are, how deep, and what their heads are."""

from __future__ import annotations

import math

import pytest
from freecad_files import (
    arc,
    body,
    choice,
    circle,
    curve,
    document,
    link,
    pad,
    quantity,
    rectangle,
    sketch,
    sub,
    thing,
    truth,
)

from cadcomplete.history.hole_kinds import Counterbore, Countersink
from cadcomplete.history.holes import Hole
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.readers import freecad

PLATE = (sketch("Sketch", *rectangle(0, 0, 60, 40)), pad("Pad", "Sketch", 10))
THROUGH, POINTED = (
    choice("DepthType", 1),
    choice("DrillPoint", 1) + quantity("DrillPointAngle", 118),
)
TIP = 2.5 / math.tan(math.radians(59))
"""Height of the tip of a drill of 5 mm whose sides are 118° apart."""


def holes(*more, diameter=5.0, depth=6.0, drawn=(), z=10.0):
    """The plate with a hole from its top."""
    place = sketch("Sketch001", *(drawn or (circle(20, 20, 1), circle(40, 20, 1))), place=(0, 0, z))
    said = (quantity("Diameter", diameter), quantity("Depth", depth), *more)
    head = (sub("Profile", "Sketch001"), link("BaseFeature", "Pad"))
    made = thing("Hole", "PartDesign::Hole", *head, *said)
    text = document(*PLATE, place, made, body("Body", "Hole"))
    return freecad.history(freecad.body_of(text.encode()))


def hole(*more, **said) -> Hole:
    sequence = holes(*more, **said)
    assert not sequence.rest, sequence.rest
    found = sequence.operations[-1]
    assert isinstance(found, Hole) and len(sequence) == 3
    return found


def volume(sequence) -> float:
    solid = build(sequence)
    assert solid is not None
    return measure(solid).volume


def test_a_hole_is_drilled_at_each_circle_whatever_its_radius():
    found = hole()
    assert (found.centers, found.depth, found.tip) == (((20.0, 20.0), (40.0, 20.0)), 6.0, None)
    assert volume(holes()) == pytest.approx(24000 - 2 * math.pi * 2.5**2 * 6)


def test_a_hole_through_all_has_no_depth_and_no_tip():
    assert (hole(THROUGH, POINTED).depth, hole(THROUGH, POINTED).tip) == (None, None)


@pytest.mark.parametrize(
    ("more", "depth"),
    [
        (truth("DrillForDepth", False), 6.0),
        (truth("DrillForDepth", True), pytest.approx(6 - TIP)),
        ("", pytest.approx(6 - TIP)),  # up to 0.18
    ],
)
def test_the_point_of_the_drill_is_below_the_depth_or_in_it(more, depth):
    found = hole(POINTED, more)
    assert (found.tip, found.depth) == (118.0, depth)


def test_a_hole_that_is_reversed_is_drilled_from_below():
    sequence = holes(truth("Reversed", True), z=0.0)
    (found,) = sequence.operations[-1:]
    assert isinstance(found, Hole) and found.plane.normal == (0.0, 0.0, -1.0)
    assert found.centers == ((20.0, -20.0), (40.0, -20.0))
    assert volume(sequence) == pytest.approx(24000 - 2 * math.pi * 2.5**2 * 6)


HEAD = quantity("HoleCutDiameter", 9) + quantity("HoleCutDepth", 3)
HEAD += quantity("HoleCutCountersinkAngle", 90)


@pytest.mark.parametrize(
    ("number", "head"),
    [(0, None), (1, Counterbore(9, 3)), (2, Countersink(9, 90)), (8, Counterbore(9, 3))],
)
def test_heads_have_the_sizes_that_are_stored(number, head):
    assert hole(HEAD, choice("HoleCutType", number)).head == head


@pytest.mark.parametrize(("bits", "count"), [(None, 2), (6, 2), (2, 1), (4, 1), (1, 1), (7, 3)])
def test_a_number_says_whether_circles_arcs_or_points_are_drilled(bits, count):
    drawn = (
        circle(20, 20, 1),
        arc(30, 20, 2, 0, 180),
        curve("GeomPoint", X=40, Y=20, Z=0),
        curve("GeomPoint", X=50, Y=20, Z=0, construction=True),
    )
    more = () if bits is None else (choice("BaseProfileType", bits),)
    assert len(hole(*more, drawn=drawn).centers) == count


@pytest.mark.parametrize(
    ("more", "uses"),
    [
        (truth("ModelThread", True), "ModelThread"),
        (truth("Midplane", True), "Midplane"),
        (truth("Tapered", True) + quantity("TaperedAngle", 80), "Tapered"),
        (HEAD + choice("HoleCutType", 5), "a head of kind 5"),
        (quantity("HoleCutDiameter", 4) + choice("HoleCutType", 2), "the countersink"),
    ],
)
def test_what_a_hole_cannot_say_ends_the_history(more, uses):
    (found,) = holes(more).unsupported
    assert found.startswith(uses)


def test_a_shaft_that_is_tapered_by_nothing_is_straight():
    assert hole(truth("Tapered", True) + quantity("TaperedAngle", 90)).diameter == 5.0
