"""From histories to solids: golden volumes, areas, centres and boxes, and what is refused."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import copy
import dataclasses
import math

import pytest
from conftest import PLATE
from OCP.BRepGProp import BRepGProp
from OCP.BRepPrimAPI import BRepPrimAPI_MakePrism
from OCP.gp import gp_Vec
from OCP.GProp import GProp_GProps

from cadcomplete.errors import BuildError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import XY
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import build
from cadcomplete.kernel.edges import face
from cadcomplete.kernel.measure import check, measure
from cadcomplete.kernel.solid import Solid, is_valid
from cadcomplete.language.lines import decode

TOP = "sketch 0 0 10 +z +x\n"
GROUND = "sketch 0 0 0 +z +x\n"
CAPSULE = "loop 0 0\nline 30 0\narc 30 20 180\nline 0 20\narc 0 0 180\n"


def rectangle(x, y, width, height):
    """Return the loop of a rectangle whose lower left corner is given."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return "loop {} {}\nline {} {}\nline {} {}\nline {} {}\nclose\n".format(*sum(corners, ()))


SQUARE = rectangle(0, 0, 10, 10)
CUBE = GROUND + SQUARE + "extrude new to 10 0\n"  # 10 × 10 × 10, a corner in the origin


def solid_of(sequence, **options):
    solid = build(sequence, **options)
    assert solid is not None
    return solid


def built(text):
    return measure(solid_of(decode(text)))


def volume(text):
    return built(text).volume


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


# --- single extrudes ----------------------------------------------------------------------------


def test_box():
    box = built(GROUND + rectangle(1, 2, 30, 20) + "extrude new to 10 0\n")
    assert box.volume == close(6000)
    assert box.area == close(2200)  # 2 (30 · 20 + 30 · 10 + 20 · 10)
    assert box.center_of_mass == close((16, 12, 5))
    assert box.bounding_box.minimum == close((1, 2, 0))
    assert box.bounding_box.maximum == close((31, 22, 10))
    assert box.bodies == 1


def test_cylinder():
    cylinder = built(GROUND + "circle 3 4 5\nextrude new to 20 0\n")
    assert cylinder.volume == close(500 * math.pi)  # π r² h
    assert cylinder.area == close(250 * math.pi)  # 2 π r (r + h)
    assert cylinder.center_of_mass == close((3, 4, 10))
    assert cylinder.bounding_box.size == close((10, 10, 20))


def test_plate_with_a_hole(plate):
    measures = measure(solid_of(plate))
    assert measures.volume == close(12000 - 250 * math.pi)
    # The box's 3800, less two circles, and the hole's wall of 2 π r h.
    assert measures.area == close(3800 - 50 * math.pi + 100 * math.pi)
    assert measures.center_of_mass == close((20, 15, 5))


def test_arcs_are_exact():
    assert volume(GROUND + CAPSULE + "extrude new to 8 0\n") == close(8 * (600 + 100 * math.pi))


def test_clockwise_loop_builds_the_same_solid():
    turned = GROUND + "loop 0 0\nline 0 10\nline 10 10\nline 10 0\nclose\nextrude new to 10 0\n"
    assert volume(turned) == close(1000)


@pytest.mark.parametrize(
    ("extent", "low", "high"),
    [
        ("to 10", 5, 10),
        ("to -3", -3, 5),
        ("sym 7", 3, 7),
        ("from 1 to 12", 1, 12),
        ("from 7 to 12", 5, 12),  # both sides above the sketch: the longer holds the shorter
        ("from 12 to 1", 1, 12),
        ("from 3 to 1", 1, 5),
    ],
)
def test_extents(extent, low, high):
    box = built(f"sketch 0 0 5 +z +x\n{SQUARE}extrude new {extent} 0\n").bounding_box
    assert (box.minimum[2], box.maximum[2]) == close((low, high))


def test_negative_normal_extrudes_downwards():
    box = built(f"sketch 0 0 5 -z +x\n{SQUARE}extrude new to -2 0\n").bounding_box
    assert box.minimum == close((0, -10, 2))  # y = normal × x = -y, and -2 along -z is z = 2
    assert box.maximum == close((10, 0, 5))


def test_oblique_plane():
    # The normal (1, 1, 1) / √3: the cylinder's middle moves by half its height along it.
    axes = "0.577350269 0.577350269 0.577350269 0.707106781 -0.707106781 0"
    text = f"sketch 1 2 3 {axes}\ncircle 0 0 10\n"
    offset = 6 / math.sqrt(3)
    tilted = built(f"{text}extrude new to {offset + 20:.9f} 0\n")
    assert tilted.volume == pytest.approx(2000 * math.pi, rel=1e-7)
    shift = 10 / math.sqrt(3)
    assert tilted.center_of_mass == pytest.approx((1 + shift, 2 + shift, 3 + shift), abs=1e-6)


# --- booleans -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("boolean", "expected"),
    # A cube of 1000 and one of 1000 moved by (5, 5, 5): they share 5³ = 125.
    [("new", 1875), ("join", 1875), ("cut", 875), ("intersect", 125)],
)
def test_booleans(boolean, expected):
    other = "sketch 0 0 5 +z +x\n" + rectangle(5, 5, 10, 10) + f"extrude {boolean} to 15 0\n"
    assert volume(CUBE + other) == close(expected)


def test_bodies_that_touch_are_one_without_a_seam():
    column = built(CUBE + TOP + SQUARE + "extrude join to 20 0\n")
    assert column.volume == close(2000)
    assert column.area == close(1000)  # 2 · 100 + 4 · 200: no face is left in between
    assert column.bodies == 1


def test_bodies_apart_stay_several():
    apart = built(CUBE + GROUND + rectangle(20, 0, 10, 10) + "extrude new to 10 0\n")
    assert apart.bodies == 2
    assert apart.volume == close(2000)
    assert apart.center_of_mass == close((15, 5, 5))  # the kernel's own sum says (15.3, 5.3, 5)


def test_cut_through_the_middle_leaves_two_bodies():
    bar = GROUND + rectangle(0, 0, 30, 10) + "extrude new to 10 0\n"
    halves = built(bar + GROUND + rectangle(10, -1, 10, 12) + "extrude cut to 10 0\n")
    assert (halves.bodies, halves.volume) == (2, close(2000))


def test_center_of_a_part_of_round_numbers():
    # 30 × 30 × 20 less a notch of 10 × 10 × 20: (18000 · 15 - 2000 · 25) / 16000 = 13.75.
    base = GROUND + rectangle(0, 0, 30, 30) + "extrude new to 20 0\n"
    notched = built(base + GROUND + rectangle(20, 20, 10, 10) + "extrude cut to 20 0\n")
    assert notched.center_of_mass == close((13.75, 13.75, 10))


# --- several profiles ---------------------------------------------------------------------------


def test_profiles_apart_are_several_bodies():
    two = built(GROUND + SQUARE + rectangle(20, 0, 5, 5) + "extrude new to 10 0 1\n")
    assert (two.bodies, two.volume) == (2, close(1250))


def test_adjacent_profiles_are_one_body():
    cells = built(GROUND + SQUARE + rectangle(10, 0, 10, 10) + "extrude new to 10 0 1\n")
    assert (cells.bodies, cells.volume, cells.area) == (1, close(2000), close(1000))


def test_overlapping_profiles_count_once():
    text = GROUND + SQUARE + rectangle(5, 5, 10, 10) + "extrude new to 10 0 1\n"
    assert volume(text) == close(1750)  # 2 · 1000 less what both have, 250


def test_ring_and_its_core_fill_the_circle():
    text = GROUND + "circle 0 0 10\ncircle 0 0 5\nextrude new to 10 0/1 1\n"
    assert volume(text) == close(1000 * math.pi)


def test_profiles_of_two_sketches_start_on_their_own_planes():
    text = GROUND + SQUARE + TOP + rectangle(20, 0, 10, 10) + "extrude new to 15 0 @1:0\n"
    box = built(text).bounding_box  # the height is 15 - 10 = 5, for both
    assert built(text).volume == close(1000)
    assert (box.minimum, box.maximum) == (close((0, 0, 0)), close((30, 10, 15)))


def test_later_extrude_of_an_earlier_sketch():
    text = CUBE + TOP + SQUARE + "extrude join from 0 to 20 @1:0\n"
    assert volume(text) == close(2000)


def test_cut_with_several_profiles():
    text = CUBE + TOP + rectangle(1, 1, 2, 2) + rectangle(5, 5, 3, 3) + "extrude cut to 5 0 1\n"
    assert volume(text) == close(1000 - 5 * (4 + 9))


# --- holes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loops", "profile", "area"),
    [
        (rectangle(2, 2, 6, 6), "0/1", 100 - 36),
        ("circle 8 5 2\n", "0/1", 100 - 4 * math.pi),  # touches the outer loop in a point
        (rectangle(5, 2, 5, 5), "0/1", 75),  # shares a piece of an edge with it
        ("circle 3 5 2\ncircle 7 5 2\n", "0/1/2", 100 - 8 * math.pi),  # touch each other
        (rectangle(2, 2, 4, 4) + rectangle(4, 4, 4, 4), "0/1/2", 100 - 28),  # overlap by 4
        (rectangle(5, 2, 10, 5), "0/1", 75),  # reaches out of it
    ],
)
def test_holes(loops, profile, area):
    solid = solid_of(decode(f"{GROUND}{SQUARE}{loops}extrude new to 10 {profile}\n"))
    assert solid.volume == close(10 * area)
    assert check(solid) == ()


LEFT = "loop 0 0\nline 10 0\nline 10 10\nline 0 10\nclose\n"
RIGHT = "loop 0 0\nline 0 10\nline 10 10\nline 10 0\nclose\n"
LEFT_HOLE = "loop 2 2\nline 5 2\nline 5 5\nclose\n"
RIGHT_HOLE = "loop 2 2\nline 5 5\nline 5 2\nclose\n"


@pytest.mark.parametrize("outer", [LEFT, RIGHT])
@pytest.mark.parametrize("hole", [LEFT_HOLE, RIGHT_HOLE, "circle 5 5 3\n"])
def test_face_does_not_depend_on_which_way_its_loops_run(outer, hole):
    sketch = decode(GROUND + outer + hole).operations[0]
    assert isinstance(sketch, Sketch)
    made = face(Profile(0, 0, (1,)), sketch)
    properties = GProp_GProps()
    BRepGProp.SurfaceProperties_s(made, properties)
    assert is_valid(made)
    assert properties.Mass() == close(100 - abs(sketch.loops[1].area))


# --- gaps of single precision -------------------------------------------------------------------

GAP = 4e-6  # mm: what 0.06 m loses as float32


@pytest.mark.parametrize("gap", [GAP, -GAP])
def test_cells_that_all_but_touch_fuse(gap):
    cells = GROUND + SQUARE + rectangle(10 + gap, 0, 10, 10) + "extrude new to 10 0 1\n"
    fused = built(cells)
    assert fused.bodies == 1
    assert fused.volume == pytest.approx(2000, rel=1e-6)
    assert fused.area == pytest.approx(1000, rel=1e-6)


@pytest.mark.parametrize("gap", [GAP, -GAP])
def test_boss_that_all_but_touches_fuses(gap):
    boss = f"sketch 0 0 {10 + gap} +z +x\n{rectangle(2, 2, 6, 6)}extrude join to 20 0\n"
    fused = built(CUBE + boss)
    assert fused.bodies == 1
    assert fused.volume == pytest.approx(1360, rel=1e-6)


@pytest.mark.parametrize("gap", [GAP, -GAP])
def test_cut_that_all_but_goes_through_leaves_no_skin(gap):
    tool = f"{GROUND}{rectangle(2, 2, 6, 6)}extrude cut to {10 + gap} 0\n"
    framed = built(CUBE + tool)
    assert framed.volume == pytest.approx(640, rel=1e-6)
    assert framed.area == pytest.approx(128 + 400 + 240, rel=1e-6)  # rings, outside, inside


# --- what builds to nothing ---------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", GROUND, GROUND + "loop 0 0\nline 5 0\n", GROUND + SQUARE])
def test_history_without_extrude_has_no_solid(text):
    assert build(decode(text)) is None
    assert check(None) == ("there is no solid: nothing has been extruded",)


def test_extrude_without_profiles_does_nothing():
    empty = Extrude((), Extent(ExtentType.ONE_SIDED, 5.0), Boolean.CUT)
    assert build(CadSequence((empty,))) is None
    cube = decode(CUBE)
    more = dataclasses.replace(cube, operations=(*cube.operations, empty))
    assert solid_of(more).volume == close(1000)


def test_open_sketch_after_a_solid_changes_nothing():
    assert volume(CUBE + TOP + "loop 0 0\nline 5 0\n") == close(1000)


# --- law 11: values are values ------------------------------------------------------------------


@pytest.mark.parametrize("rest", ["", TOP + CAPSULE + "extrude cut to 5 0\n"])
def test_building_leaves_the_sequence_and_builds_the_same_again(rest):
    sequence = decode(PLATE + rest)
    before, hashed = copy.deepcopy(sequence), hash(sequence)
    first = solid_of(sequence).volume
    assert sequence == before
    assert hash(sequence) == hashed
    assert solid_of(sequence).volume == first


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "operation", "reason"),
    [
        (GROUND + SQUARE + "extrude cut to 10 0\n", 1, "there is nothing to cut"),
        (GROUND + SQUARE + "extrude intersect to 10 0\n", 1, "there is nothing to intersect"),
        (CUBE + "extrude cut to 10 0\n", 2, "nothing is left"),
        (CUBE + GROUND + "circle 50 50 5\nextrude intersect to 10 0\n", 3, "nothing is left"),
        (GROUND + "loop 0 0\nline 9 0\nline 9 9\nextrude new to 9 0\n", 1, "loop 0 is not closed"),
        (TOP + SQUARE + "extrude new to 10 0\n", 1, "the extrude has no height"),
        (GROUND + "loop 0 0\nline 9 0\nclose\nextrude new to 9 0\n", 1, "loop 0 encloses nothing"),
        (
            GROUND + "loop 0 0\nline 10 10\nline 10 0\nline 0 5\nclose\nextrude new to 10 0\n",
            1,
            r"loop 0 crosses itself at \(3.33333, 3.33333\)",
        ),
        (CUBE + TOP + SQUARE + SQUARE + "extrude join to 20 0/1\n", 3, "nothing is left"),
    ],
)
def test_operation_that_cannot_be_built_is_named(text, operation, reason):
    with pytest.raises(BuildError, match=reason) as caught:
        build(decode(text))
    assert caught.value.operation == operation
    assert str(caught.value).startswith(f"operation {operation}: ")


def extruded(*curves):
    extrude = Extrude((Profile(0, 0),), Extent(ExtentType.ONE_SIDED, 5.0), Boolean.NEW_BODY)
    return CadSequence((Sketch(XY, (Loop(curves),)), extrude))


@pytest.mark.parametrize(
    "curves",
    [
        # The kernel makes no arc of three points on a line, and says so with StdFail_NotDone.
        (Line((0, 0), (9, 0)), Line((9, 0), (9, 9)), Arc((9, 9), (4.5, 4.5), (0, 0))),
        (Line((0, 0), (9, 0)), Line((9, 0), (9, 0)), Line((9, 0), (9, 9)), Line((9, 9), (0, 0))),
        (Circle((0, 0), -5.0),),
    ],
)
def test_curve_that_the_kernel_refuses_raises_build_error(curves):
    with pytest.raises(BuildError, match="no edge can be made of") as caught:
        build(extruded(*curves))
    assert caught.value.operation == 1


def test_profile_of_an_extrude_raises_build_error():
    cube = decode(CUBE)
    wrong = dataclasses.replace(cube.operations[1], profiles=(Profile(1, 0),))
    with pytest.raises(BuildError, match="operation 1 is not a sketch"):
        build(CadSequence((*cube.operations, wrong)))


# --- extrudes that change nothing ---------------------------------------------------------------

MISS = GROUND + rectangle(50, 50, 5, 5) + "extrude cut to 10 0\n"


def test_cut_outside_body_is_tolerated_before_strict_from():
    assert volume(CUBE + MISS) == close(1000)
    assert solid_of(decode(CUBE + MISS), strict_from=4).volume == close(1000)


@pytest.mark.parametrize("strict_from", [0, 2, 3])
def test_cut_outside_body_raises_build_error(strict_from):
    with pytest.raises(BuildError, match="the cut changes nothing") as caught:
        build(decode(CUBE + MISS), strict_from=strict_from)
    assert caught.value.operation == 3


def test_join_inside_of_the_body_changes_nothing():
    inside = TOP + rectangle(2, 2, 2, 2) + "extrude join to 5 0\n"
    with pytest.raises(BuildError, match="operation 3: the join changes nothing"):
        build(decode(CUBE + inside), strict_from=2)


def test_every_extrude_of_an_ordinary_part_changes_something():
    pocket = TOP + rectangle(2, 2, 2, 2) + "extrude cut to 9 0\n"
    assert solid_of(decode(CUBE + pocket), strict_from=0).volume == close(996)


def test_volumes_of_curved_intersections_are_exact():
    # Two cylinders of radius r that cross at right angles have 16 r³ / 3 in common.
    crossing = decode(
        "sketch 0 0 -20 +z +x\ncircle 0 0 6\nextrude new to 20 0\n"
        "sketch 0 -20 0 +y +x\ncircle 0 0 6\nextrude intersect to 20 0\n"
    )
    solid = build(crossing)
    assert solid is not None and solid.volume == pytest.approx(16 * 6**3 / 3, rel=1e-7)


def test_volume_and_area_of_a_cylinder_cut_obliquely_are_exact():
    # The plane through (0, 0, 10) at 45° leaves a mean height of 10: its edge is an ellipse.
    axes = "0 -0.707106781187 0.707106781187 1 0 0"
    oblique = f"sketch 0 0 10 {axes}\n{rectangle(-40, -40, 80, 80)}extrude cut to 42.071067812 0\n"
    stub = built(f"{GROUND}circle 0 0 5\nextrude new to 20 0\n{oblique}")
    assert stub.volume == pytest.approx(250 * math.pi, rel=1e-9)
    # The circle below, the ellipse above, and the wall of 2 π r times the mean height.
    assert stub.area == pytest.approx((25 + 25 * math.sqrt(2) + 100) * math.pi, rel=1e-9)


# --- what is integrated and checked only once ---------------------------------------------------


CRUCIFORM = (
    "sketch 0 0 -20 +z +x\ncircle 0 0 6\nextrude new to 20 0\n"
    "sketch 0 -20 0 +y +x\ncircle 1 0 5\nextrude join to 20 0\n"
)


@pytest.mark.parametrize(
    "text",
    [
        PLATE,
        GROUND + CAPSULE + "extrude new to 8 0\n" + TOP + "circle 9 9 3\nextrude cut to 2 0\n",
        CUBE + TOP + SQUARE + "extrude join to 20 0\n",  # faces are merged
        CUBE + TOP + rectangle(2, 2, 2, 2) + "extrude cut to 5 0\n",  # none are
        CRUCIFORM,  # its edges are splines
    ],
)
def test_volume_and_validity_that_a_solid_carries_are_those_of_its_shape(text):
    solid = solid_of(decode(text))
    exact = GProp_GProps()
    BRepGProp.VolumeProperties_s(solid.shape, exact, 1e-8)
    assert solid.volume == pytest.approx(exact.Mass(), rel=1e-7)
    assert is_valid(solid.shape)
    assert check(solid) == ()


def test_shape_that_no_boolean_has_checked_is_checked():
    crossing = GROUND + "loop 0 0\nline 10 10\nline 10 0\nline 0 5\nclose\n"
    sketch = decode(crossing).operations[0]
    assert isinstance(sketch, Sketch)
    swept = BRepPrimAPI_MakePrism(face(Profile(0, 0), sketch), gp_Vec(0, 0, 5)).Shape()
    assert check(Solid(swept, 1.0)) == ("the kernel finds the shape inconsistent",)


def test_of_several_extrudes_that_add_the_one_that_fails_is_named():
    text = (
        "sketch 0 0 0 +z +x\ncircle 0 0 5\ncircle 30 0 5\n"
        "extrude new to 10 0\nextrude join to 20 1\nextrude join to 0 1\n"
    )
    with pytest.raises(BuildError, match="operation 3: the extrude has no height"):
        build(decode(text))


def test_extrudes_that_add_in_a_row_give_the_same_solid_as_one_by_one():
    text = "sketch 0 0 0 +z +x\ncircle 0 0 5\ncircle 8 0 5\nextrude new to 10 0\n"
    sequence = decode(text + "extrude join to 20 1\nextrude new to 15 0\n")
    together, alone = build(sequence), build(sequence, strict_from=0)
    assert together is not None and alone is not None
    assert together.volume == pytest.approx(alone.volume, rel=1e-9)
