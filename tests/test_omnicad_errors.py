"""What the Omni-CAD reader refuses, and the place in the document that it names."""

from __future__ import annotations

import math
from typing import Any

import pytest
from omnicad_documents import (
    arc,
    changed,
    circle,
    document,
    drawn,
    extrude,
    line,
    plate,
    profile,
    read,
    rectangle,
    sketch,
)

from cadcomplete.errors import ReadError

PROFILE = ("entities", "S", "profiles", "P")
CURVE = (*PROFILE, "loops", 0, "profile_curves", 1)
CURVE_PATH = "$.entities.S.profiles.P.loops[0].profile_curves[1]"
TAPER = ("entities", "E", "extent_one", "taper_angle")


def refused(raw) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(raw)
    return caught.value


@pytest.mark.parametrize(
    ("path", "value", "where", "problem"),
    [
        # the document
        (("entities",), ..., "$.entities", "missing key"),
        (("entities",), [], "$.entities", "wrong type"),
        (("sequence",), ..., "$.sequence", "missing key"),
        (("sequence",), {}, "$.sequence", "wrong type"),
        (("sequence", 0), "S", "$.sequence[0]", "wrong type"),
        (("sequence", 0, "entity"), ..., "$.sequence[0].entity", "missing key"),
        (("sequence", 0, "entity"), 5, "$.sequence[0].entity", "wrong type"),
        (("sequence", 1, "entity"), "X", "$.sequence[1].entity", "no such entity"),
        (("entities", "S"), None, "$.entities.S", "wrong type"),
        (("entities", "S", "type"), 5, "$.entities.S.type", "wrong type"),
        # a sketch
        (("entities", "S", "transform"), ..., "$.entities.S.transform", "missing key"),
        (
            ("entities", "S", "transform", "origin", "x"),
            "0",
            "$.entities.S.transform.origin.x",
            "not a number",
        ),
        (
            ("entities", "S", "transform", "z_axis"),
            {"x": 0, "y": 0, "z": 0},
            "$.entities.S.transform",
            "has no direction",
        ),
        (
            ("entities", "S", "transform", "x_axis"),
            {"x": 0, "y": 0, "z": 1},
            "$.entities.S.transform",
            "has no direction",
        ),
        (PROFILE[:-1], [], "$.entities.S.profiles", "wrong type"),
        ((*PROFILE, "loops"), None, "$.entities.S.profiles.P.loops", "wrong type"),
        (PROFILE, 3, "$.entities.S.profiles.P", "wrong type"),
        # a curve
        (CURVE, None, CURVE_PATH, "wrong type"),
        ((*CURVE, "type"), ["Line3D"], f"{CURVE_PATH}.type", "wrong type"),
        ((*CURVE, "start_point"), 0.04, f"{CURVE_PATH}.start_point", "wrong type"),
        ((*CURVE, "end_point", "y"), ..., f"{CURVE_PATH}.end_point.y", "not a number"),
        ((*CURVE, "end_point", "y"), True, f"{CURVE_PATH}.end_point.y", "not a number"),
        ((*CURVE, "end_point", "y"), 1e9, f"{CURVE_PATH}.end_point.y", "not a number"),
        ((*CURVE, "end_point", "y"), -(10**30), f"{CURVE_PATH}.end_point.y", "not a number"),
        ((*CURVE, "end_point", "y"), math.nan, None, "not JSON"),
        ((*CURVE, "end_point", "y"), -math.inf, None, "not JSON"),
        # an extrude
        (("entities", "E", "profiles"), ..., "$.entities.E.profiles", "missing key"),
        (("entities", "E", "profiles", 0), "P", "$.entities.E.profiles[0]", "wrong type"),
        (
            ("entities", "E", "profiles", 0, "profile"),
            "X",
            "$.entities.E.profiles[0].profile",
            "no such profile",
        ),
        (
            ("entities", "E", "profiles", 0, "sketch"),
            "X",
            "$.entities.E.profiles[0].sketch",
            "no such sketch",
        ),
        (("entities", "E", "operation"), ["Cut"], "$.entities.E.operation", "wrong type"),
        (("entities", "E", "extent_type"), None, "$.entities.E.extent_type", "wrong type"),
        (
            ("entities", "E", "start_extent", "type"),
            ...,
            "$.entities.E.start_extent.type",
            "missing key",
        ),
        (("entities", "E", "extent_one"), None, "$.entities.E.extent_one", "wrong type"),
        (
            ("entities", "E", "extent_one", "distance", "value"),
            None,
            "$.entities.E.extent_one.distance.value",
            "not a number",
        ),
        ((*TAPER, "value"), "0", "$.entities.E.extent_one.taper_angle.value", "not a number"),
        (TAPER, 0.1, "$.entities.E.extent_one.taper_angle", "wrong type"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path, value, where, problem):
    error = refused(changed(plate(), path, value))
    assert problem in error.problem
    assert where is None or error.where == where


def test_the_second_extent_counts_only_where_there_are_two_sides():
    broken = ("entities", "E", "extent_two")
    assert len(read(changed(plate(), broken, None)).sequence) == 2
    two_sided = plate(E=extrude("S.P", extent="two"))
    assert refused(changed(two_sided, broken, None)).where == "$.entities.E.extent_two"


def test_a_sketch_later_in_the_sequence_does_not_exist_yet():
    error = refused(document("E", "S", **plate()["entities"]))
    assert (error.where, error.got) == ("$.entities.E.profiles[0].sketch", '"S", a string')


def test_an_extrude_of_itself_or_of_another_extrude_is_refused():
    assert refused(plate(E=extrude("E.P"))).where == "$.entities.E.profiles[0].sketch"
    raw = document(**plate()["entities"], F=extrude("E.P"))
    assert refused(raw).where == "$.entities.F.profiles[0].sketch"


def test_a_sketch_that_stands_only_in_entities_cannot_be_extruded():
    raw = document("E", **plate()["entities"])
    assert refused(raw).expected == "a sketch earlier in the sequence"


def test_curves_that_do_not_touch_are_refused_with_the_gap():
    gap = rectangle(0, 0, 0.04, 0.03)
    gap[2] = line((0.04, 0.02), (0, 0.03))  # starts 10 mm below the end of the one before
    error = refused(plate(S=sketch(P=profile(gap))))
    assert error.where == "$.entities.S.profiles.P.loops[0].profile_curves[2]"
    assert error.got == "a gap of 10 mm"


def test_the_gap_between_curves_is_the_least_that_they_are_apart_whichever_way_they_run():
    gap = rectangle(0, 0, 0.04, 0.03)
    gap[1] = line((0.04001, 0), (0.04, 0.03))
    assert refused(plate(S=sketch(P=profile(gap)))).got == "a gap of 0.01 mm"
    gap[1] = line((0.04, 0.03), (0.04001, 0))  # stored reversed
    assert refused(plate(S=sketch(P=profile(gap)))).got == "a gap of 0.01 mm"


def test_a_string_where_a_number_stands_is_called_one():
    raw = changed(plate(), ("entities", "E", "extent_one", "distance", "value"), "0.01")
    assert refused(raw).got == '"0.01", a string'


def test_a_circle_with_other_curves_in_its_loop_is_refused():
    joined = [line((0, 0), (0.01, 0)), circle((0, 0), 0.01)]
    error = refused(plate(S=sketch(P=profile(joined))))
    assert error.where == "$.entities.S.profiles.P.loops[0].profile_curves[1]"


def test_an_arc_whose_ends_are_not_where_its_angles_say_is_refused():
    wrong = arc((0.01, 0), (0, 0.01), radius=0.01, sweep=math.pi)
    error = refused(plate(S=sketch(P=profile([wrong]))))
    assert "do not fit" in error.problem


def test_an_arc_without_length_beside_another_loop_is_read():
    # the order of the loops goes by their areas, which such an arc has none of
    point = arc((0, 0), (0, 0), radius=0.0, sweep=1.0)
    raw = plate(S=sketch(P=profile(rectangle(0, 0, 0.04, 0.03), [point])))
    assert len(drawn(raw).loops) == 2


def test_a_missing_list_of_entities_is_told_from_our_own_format():
    raw = changed(plate(), ("entities",), ...)
    assert str(refused(raw)) == "at $.entities: missing key: expected an object"


def test_an_error_about_a_sketch_of_thousands_of_profiles_is_short():
    many: dict[str, Any] = {f"P{i}": profile([circle((i / 1000, 0), 0.0001)]) for i in range(3000)}
    assert len(str(refused(plate(S=sketch(**many), E=extrude("S.X"))))) < 300
