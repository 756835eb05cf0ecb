"""What real Omni-CAD files do that their schema does not say (EVIDENCE 3), one by one."""

from __future__ import annotations

import math

import pytest
from omnicad_documents import (
    PLATE,
    arc,
    changed,
    circle,
    document,
    drawn,
    extrude,
    extruded,
    line,
    plate,
    profile,
    read,
    rectangle,
    sketch,
    text,
)

from cadcomplete.history.curves import Circle
from cadcomplete.history.sequence import validate

LARGE, SMALL = rectangle(0, 0, 0.04, 0.03), rectangle(0.05, 0, 0.06, 0.01)
QUARTER = math.pi / 2


def commands(raw, name):
    """The lines of one command."""
    return [row for row in text(raw).splitlines() if row.startswith(name)]


def slice_of(curve, **frame):
    """A sketch of a quarter disc of radius 10 mm whose arc is `curve`."""
    sides = [line((0, 0), (0.01, 0)), curve, line((0, 0.01), (0, 0))]
    return plate(S=sketch(P=profile(sides), **frame))


# --- which operations there are -----------------------------------------------------------------


def test_metres_become_millimetres():
    assert text(plate()) == PLATE


def test_a_sketch_that_stands_only_in_entities_is_no_operation():
    assert text(document("S", "E", **plate()["entities"], Other=sketch())) == PLATE


def test_a_sketch_that_is_never_extruded_is_an_operation():
    other = sketch(origin=(0, 0, 0.01), P=profile([circle((0, 0), 0.005)]))
    raw = document("S", "Other", "E", **plate()["entities"], Other=other)
    assert commands(raw, "sketch") == ["sketch 0 0 0 +z +x", "sketch 0 0 10 +z +x"]
    assert commands(raw, "extrude") == ["extrude new to 10 @1:0"]


def test_the_order_is_that_of_the_sequence_not_of_the_entities():
    entities = dict(reversed(plate()["entities"].items()))
    assert text(document("S", "E", **entities)) == PLATE


def test_index_may_have_gaps_and_repetitions_or_be_missing():
    raw = changed(plate(), ("sequence", 0, "index"), 7)
    assert text(changed(raw, ("sequence", 1, "index"), 7)) == PLATE
    assert text(changed(raw, ("sequence", 1, "index"), ...)) == PLATE


def test_places_of_operations_and_loops_are_paths_in_the_document():
    assert drawn(plate()).source == "$.entities.S"
    assert drawn(plate()).loops[0].source == "$.entities.S.profiles.P.loops[0]"
    assert extruded(plate()).source == "$.entities.E"


# --- profiles -----------------------------------------------------------------------------------


def test_an_extrude_of_several_profiles():
    both = sketch(P=profile(LARGE), Q=profile(SMALL))
    raw = plate(S=both, E=extrude("S.Q", "S.P"))
    assert commands(raw, "extrude") == ["extrude new to 10 1 0"]


def test_an_extrude_of_profiles_of_two_sketches():
    above = sketch(origin=(0, 0, 0.02), P=profile([circle((0, 0), 0.005)]))
    first = sketch(P=profile(LARGE))
    raw = document(S=first, T=above, E=extrude("S.P", "T.P"))
    assert commands(raw, "extrude") == ["extrude new to 10 @1:0 0"]


def test_a_profile_that_is_never_extruded_is_drawn():
    raw = plate(S=sketch(P=profile(LARGE), Q=profile(SMALL)))
    assert commands(raw, "loop") == ["loop 0 0", "loop 50 0"]
    assert commands(raw, "extrude") == ["extrude new to 10 0"]


def test_a_sketch_without_profiles_and_an_extrude_without_profiles():
    raw = plate(S=sketch(), E=extrude())
    assert text(raw) == "sketch 0 0 0 +z +x\nextrude new to 10\n"
    problems = {f.path: f.severity for f in validate(read(raw).sequence)}
    assert problems == {"$.entities.S": "warning", "$.entities.E": "warning"}


def test_a_profile_without_loops_and_a_loop_without_curves_are_nothing():
    assert text(plate(S=sketch(P=profile(LARGE, []), Q=profile()))) == PLATE


@pytest.mark.parametrize("is_outer", [True, False])
def test_the_largest_loop_is_the_outer_one_whatever_is_outer_says(is_outer):
    hole = [circle((0.02, 0.015), 0.005)]
    raw = plate(S=sketch(P=profile(hole, LARGE, is_outer=is_outer)))
    assert commands(raw, "extrude") == ["extrude new to 10 1/0"]


def test_loops_of_one_profile_that_lie_apart_are_two_regions():
    raw = plate(S=sketch(P=profile(SMALL, LARGE)))
    assert commands(raw, "extrude") == ["extrude new to 10 1 0"]


def test_a_loop_that_two_profiles_share_is_drawn_once():
    hole, turned = [circle((0.02, 0.015), 0.005)], [LARGE[2], LARGE[1], LARGE[0], LARGE[3]]
    shared = sketch(P=profile(LARGE, hole), Q=profile(hole), R=profile(turned))
    raw = plate(S=shared, E=extrude("S.P", "S.Q", "S.R"))
    assert commands(raw, "circle") == ["circle 20 15 5"]
    assert commands(raw, "extrude") == ["extrude new to 10 0/1 1 0"]


def test_circles_that_touch_where_they_start_are_two_loops():
    # both begin at (10, 0): a cam and the smaller circle that touches it from inside
    raw = plate(
        S=sketch(P=profile([circle((0, 0), 0.01)]), Q=profile([circle((0.005, 0), 0.005)])),
        E=extrude("S.P", "S.Q"),
    )
    assert commands(raw, "circle") == ["circle 0 0 10", "circle 5 0 5"]


def test_a_plate_with_many_holes_is_read_within_seconds():
    holes = [[circle((x / 100, y / 100), 0.001)] for x in range(1, 201) for y in range(1, 101)]
    raw = plate(S=sketch(P=profile(rectangle(0, 0, 2.1, 1.1), *holes)))
    assert len(extruded(raw).profiles[0].holes) == 20_000


# --- extents ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extent", "distance", "against", "expected", "span"),
    [
        ("one", 0.01, 0.5, "to 10", (0, 10)),
        ("one", -0.01, 0.0, "to -10", (0, -10)),
        ("symmetric", 0.01, 0.5, "sym 10", (-10, 10)),  # to each side
        ("two", 0.01, 0.004, "from -4 to 10", (-4, 10)),
        ("two", 0.01, -0.004, "from 4 to 10", (0, 10)),  # both on one side
        ("two", -0.01, 0.004, "from -4 to -10", (0, -10)),
    ],
)
def test_extents(extent, distance, against, expected, span):
    raw = plate(E=extrude("S.P", extent=extent, distance=distance, against=against))
    assert commands(raw, "extrude") == [f"extrude new {expected} 0"]
    assert extruded(raw).extent.span == span


@pytest.mark.parametrize("operation", ["new", "join", "cut", "intersect"])
def test_booleans(operation):
    raw = plate(E=extrude("S.P", operation=operation))
    assert commands(raw, "extrude") == [f"extrude {operation} to 10 0"]


# --- curves -------------------------------------------------------------------------------------


def test_curves_of_a_loop_may_be_stored_reversed():
    a, b, c, d = ((0, 0), (0.04, 0), (0.04, 0.03), (0, 0.03))
    first_reversed = [line(b, a), line(b, c), line(d, c), line(d, a)]
    assert text(plate(S=sketch(P=profile(first_reversed)))) == PLATE


def test_small_gaps_between_curves_are_closed():
    loop = rectangle(0, 0, 0.04, 0.03)
    loop[1]["start_point"]["x"] += 1e-9
    loop[3]["end_point"]["y"] -= 1e-9
    loops = drawn(plate(S=sketch(P=profile(loop)))).loops
    assert loops[0].closed
    assert loops[0].curves[0].end == loops[0].curves[1].start


def test_height_of_a_point_above_its_sketch_is_left_alone():
    first = ("entities", "S", "profiles", "P", "loops", 0, "profile_curves", 0)
    lifted = line((0, 0, 1e-18), (0.04, 0, -2e-18))
    assert text(changed(plate(), first, lifted)) == PLATE


@pytest.mark.parametrize("ends", [((0.01, 0), (0, 0.01)), ((0, 0.01), (0.01, 0))])
def test_an_arc_may_have_its_ends_swapped_against_its_angles(ends):
    raw = slice_of(arc(*ends, radius=0.01, sweep=QUARTER))
    assert commands(raw, "arc") == ["arc 0 10 90"]


@pytest.mark.parametrize("normal", [(0, 0, 1), (0, 0, -1), (0, -1, 0), (0, 1, 0)])
def test_an_arc_turns_about_the_normal_of_its_sketch_whatever_its_own_says(normal):
    curve = arc((0.01, 0), (0, 0.01), radius=0.01, sweep=QUARTER, normal=normal)
    raw = slice_of(curve, y=(0, 0, 1), z=(0, -1, 0))
    assert commands(raw, "arc") == ["arc 0 10 90"]


def test_an_arc_runs_from_its_reference_vector():
    # three quarters, from the top to the right, over the left and the bottom
    ends = (0, 0.01), (0.01, 0)
    raw = slice_of(arc(*ends, radius=0.01, sweep=3 * QUARTER, reference=(0, 1)))
    assert commands(raw, "arc") == ["arc 0 10 -270"]


def test_an_arc_of_a_full_turn_is_a_circle():
    full = arc((0.01, 0), (0.01, 0), radius=0.01, sweep=2 * math.pi)
    assert drawn(plate(S=sketch(P=profile([full])))).loops[0].curves == (Circle((0.0, 0.0), 10.0),)


# --- numbers and frames -------------------------------------------------------------------------


def test_noise_of_single_precision_is_not_written_but_kept():
    # 0.0635 m in single precision is 0.06350000202655792 m, often stored as 0.063500002
    raw = plate(S=sketch(P=profile([circle((0, 0), 0.063500002)])))
    assert commands(raw, "circle") == ["circle 0 0 63.5"]
    assert drawn(raw).loops[0].curves == (Circle((0.0, 0.0), 63.500002),)


@pytest.mark.parametrize(
    ("x", "y", "z", "expected"),
    [
        ((-1, 0, 0), (0, -1, 0), (0, 0, 1), "+z -x"),  # DeepCAD's reader loses such signs
        ((1, 0, 0), (0, 0, -1), (0, 1, 0), "+y +x"),
        ((0, 0, 1), (0, -1, 0), (1, 0, 0), "+x +z"),
        ((0.8, 0, -0.6), (0, 1, 0), (0.6, 0, 0.8), "0.6 0 0.8 0.8 0 -0.6"),
    ],
)
def test_a_frame_is_its_normal_and_x_axis(x, y, z, expected):
    raw = plate(S=sketch(origin=(0.001, 0.002, 0.003), x=x, y=y, z=z, P=profile(LARGE)))
    assert commands(raw, "sketch") == [f"sketch 1 2 3 {expected}"]
