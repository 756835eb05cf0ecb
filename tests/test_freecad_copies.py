"""Mirrors and patterns of FreeCAD files: what is done again, and where."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from freecad_files import (
    THROUGH,
    XZ,
    body,
    choice,
    circle,
    document,
    fillet,
    line,
    link,
    pad,
    placement,
    pocket,
    quantity,
    rectangle,
    sketch,
    sub,
    thing,
    truth,
)

from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import measure
from cadcomplete.language.lines import encode
from cadcomplete.readers import freecad
from cadcomplete.readers.freecad.stored import StoredEdge

PLATE = (sketch("Sketch", *rectangle(0, 0, 100, 60)), pad("Pad", "Sketch", 10))
HOLE = (
    sketch("Sketch001", circle(20, 20, 5)),
    pocket("Pocket", "Sketch001", 10, after="Pad", reversed=True),
)

ORIGIN = (
    thing("X_Axis", "App::Line", placement()),
    thing("Z_Axis", "App::Line", placement(turn=(0.0, -math.sqrt(0.5), 0.0, math.sqrt(0.5)))),
    thing("XZ_Plane", "App::Plane", placement(turn=XZ)),
)


def linked(name: str, *targets: str) -> str:
    listed = "".join(f'<Link value="{target}"/>' for target in targets)
    value = f'<LinkList count="{len(targets)}">{listed}</LinkList>'
    return f'<Property name="{name}" type="App::PropertyLinkList">{value}</Property>'


def count(number: int) -> str:
    value = f'<Integer value="{number}"/>'
    return f'<Property name="Occurrences" type="App::PropertyIntegerConstraint">{value}</Property>'


def copies(kind, name, originals, *more, after=""):
    base = link("BaseFeature", after) if after else ""
    return thing(name, f"PartDesign::{kind}", linked("Originals", *originals), base, *more)


def mirrored(name, originals, plane, *parts, after="Pocket", more=""):
    where = sub("MirrorPlane", plane, *parts)
    return copies("Mirrored", name, originals, where, more, after=after)


def history(*things):
    text = document(*PLATE, *HOLE, *ORIGIN, *things, body("Body", things[-1][0]))
    return freecad.history(freecad.body_of(text.encode()))


def last_line(*things) -> str:
    sequence = history(*things)
    assert not sequence.rest, sequence.rest
    return encode(sequence).text.splitlines()[-1]


def volume(sequence) -> float:
    solid = build(sequence)
    assert solid is not None
    return measure(solid).volume


# --- mirrors --------------------------------------------------------------------------------------

AXES = sketch(
    "Axes",
    line(50, 0, 50, 9, construction=True),
    line(0, 30, 9, 30, construction=True),
    place=(50.0, 30.0, 0.0),
)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("V_Axis",), "mirror +x 50 @1"),
        (("H_Axis",), "mirror +y 30 @1"),
        (("",), "mirror +z 0 @1"),
        (("Axis0",), "mirror +x 100 @1"),
        (("Axis1",), "mirror +y 60 @1"),
    ],
)
def test_a_mirror_stands_on_an_axis_of_a_sketch_and_on_its_normal(parts, said):
    assert last_line(AXES, mirrored("Mirrored", ["Pocket"], "Axes", *parts)) == said


def test_a_mirror_at_an_origin_plane_faces_up_whichever_way_that_looks():
    assert last_line(mirrored("Mirrored", ["Pocket"], "XZ_Plane")) == "mirror +y 0 @1"


def test_a_mirror_at_a_line_that_is_not_drawn_is_not_known():
    sequence = history(AXES, mirrored("Mirrored", ["Pocket"], "Axes", "Axis2"))
    assert sequence.unsupported == ("a mirror whose plane is not in the file",)


def test_a_mirrored_hole_takes_as_much_again():
    sequence = history(AXES, mirrored("Mirrored", ["Pocket"], "Axes", "V_Axis"))
    assert volume(sequence) == pytest.approx((6000 - 2 * math.pi * 25) * 10)


@pytest.mark.parametrize("more", ["", choice("TransformMode", 0)])
def test_where_nothing_is_named_the_feature_before_is_done_again(more):
    assert last_line(AXES, mirrored("M", [], "Axes", "V_Axis", more=more)) == "mirror +x 50 @1"


def test_a_whole_body_is_mirrored_whatever_else_the_file_names():
    whole = mirrored("M", ["Pocket"], "XZ_Plane", more=choice("TransformMode", 1))
    sequence = history(whole)
    assert sequence.operations[-1] == Mirror((0.0, 1.0, 0.0), 0.0, None)
    assert volume(sequence) == pytest.approx(2 * (6000 - math.pi * 25) * 10)


# --- patterns -------------------------------------------------------------------------------------


def linear(name, originals, length, number, *more, along=("X_Axis",)):
    said = (sub("Direction", *along), quantity("Length", length), count(number), *more)
    return copies("LinearPattern", name, originals, *said, after="Pocket")


def polar(name, originals, angle, number, *more, about=("Z_Axis",)):
    said = (sub("Axis", *about), quantity("Angle", angle), count(number), *more)
    return copies("PolarPattern", name, originals, *said, after="Pocket")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "linear +x 20 4 @1"),
        ((truth("Reversed", True),), "linear -x 20 4 @1"),
        ((choice("Mode", 1), quantity("Offset", 12.5)), "linear +x 12.5 4 @1"),
    ],
)
def test_the_length_of_a_pattern_is_that_of_all_its_steps(more, said):
    assert last_line(linear("Linear", ["Pocket"], 60, 4, *more)) == said


def test_holes_in_a_row_take_what_each_takes():
    sequence = history(linear("Linear", ["Pocket"], 60, 4))
    assert volume(sequence) == pytest.approx((6000 - 4 * math.pi * 25) * 10)


@pytest.mark.parametrize(
    ("angle", "more", "said"),
    [
        (360, (), "polar +z 0 0 0 6 360 @1"),
        (90, (), "polar +z 0 0 0 6 90 @1"),
        (90, (truth("Reversed", True),), "polar -z 0 0 0 6 90 @1"),
        (360, (choice("Mode", 1), quantity("Offset", 15)), "polar +z 0 0 0 6 75 @1"),
        (360, (choice("Mode", 1), quantity("Offset", 60)), "polar +z 0 0 0 6 360 @1"),
    ],
)
def test_a_whole_turn_is_divided_by_all_places_and_a_part_by_one_less(angle, more, said):
    assert last_line(polar("Polar", ["Pocket"], angle, 6, *more)) == said


def test_an_axis_of_a_sketch_goes_through_its_origin():
    about = polar("Polar", ["Pocket"], 360, 3, about=("Axes", "N_Axis"))
    assert last_line(AXES, about) == "polar +z 50 30 0 3 360 @1"


def test_a_pattern_of_one_place_is_nothing():
    sequence = history(polar("Polar", ["Pocket"], 360, 1), mirrored("M", ["Pocket"], "XZ_Plane"))
    assert [type(operation).__name__ for operation in sequence.operations[4:]] == ["Mirror"]


@pytest.mark.parametrize(
    ("feature", "uses"),
    [
        (polar("Polar", ["Nothing"], 360, 3), "copies of what is not there"),
        (polar("Polar", ["Pocket"], 0, 3), "a pattern over 0°"),
        (polar("Polar", ["Pocket"], 400, 3), "a pattern over 400°"),
        (linear("Linear", ["Pocket"], 0, 3), "a pattern of no length"),
        (linear("Linear", ["Pocket"], 9, 2000), "a pattern of 2000 places"),
        (linear("L", ["Pocket"], 9, 2, along=("Nowhere",)), "a pattern whose direction is not"),
        (linear("L", ["Pocket"], 9, 2, choice("Occurrences2", 3)), "Occurrences2"),
    ],
)
def test_what_a_pattern_cannot_say_ends_the_history(feature, uses):
    (found,) = history(feature).unsupported
    assert found.startswith(uses)


def test_copies_of_a_rounding_are_not_known():
    edge = StoredEdge("line", (0.0, 0.0, 0.0), (0.0, 0.0, 10.0))
    things = (*PLATE, *HOLE, *ORIGIN, fillet("Fillet", "Pocket"))
    pattern = mirrored("M", ["Pocket", "Fillet"], "XZ_Plane", after="Fillet")
    found = freecad.body_of(document(*things, pattern, body("Body", "M")).encode())
    sequence = freecad.history(replace(found, stored=lambda name, part: edge))
    assert sequence.unsupported == ("copies of a fillet",)


# --- one after another ----------------------------------------------------------------------------


def test_a_multi_transform_is_a_pattern_of_all_that_the_one_before_made():
    steps = (linear("Linear", [], 40, 3), polar("Polar", [], 90, 2))
    multi = copies(
        "MultiTransform",
        "Multi",
        ["Pocket"],
        linked("Transformations", "Linear", "Polar"),
        after="Pocket",
    )
    sequence = history(*steps, multi)
    assert sequence.operations[4:] == (
        LinearPattern((1.0, 0.0, 0.0), 20.0, 3, (3,)),
        PolarPattern((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), 2, 90.0, (3, 4)),
    )
    assert {operation.source for operation in sequence.operations[4:]} == {"Multi"}


def test_a_scaled_copy_is_not_known():
    scaled = copies("Scaled", "Scaled", [], count(2))
    steps = linked("Transformations", "Scaled")
    multi = copies("MultiTransform", "Multi", ["Pocket"], steps, after="Pocket")
    assert history(scaled, multi).unsupported == ("PartDesign::Scaled",)


def test_a_turned_copy_of_what_goes_through_all_must_reach_through_all():
    """From the plate's side, turned to where it is 160 mm to its end: FreeCAD's tool has 117 mm or
    more to each side. From its other side there are 100 mm."""
    sides = {60.0: ("copies, turned, of what goes through all",), 0.0: ()}
    for side, uses in sides.items():
        across = sketch("Sketch001", circle(20, 5, 2), turn=XZ, place=(0.0, side, 0.0))
        cut = pocket("Pocket", "Sketch001", 1, after="Pad", type=THROUGH, midplane=True)
        angle = 90
        things = (*PLATE, across, cut, *ORIGIN, polar("Polar", ["Pocket"], angle, 2))
        found = freecad.body_of(document(*things, body("Body", "Polar")).encode())
        assert freecad.history(found).unsupported == uses
