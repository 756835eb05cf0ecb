"""Findings about a history: which problem, how bad, and where."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import sequences

from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence, Finding, validate

UP = Extent(ExtentType.ONE_SIDED, 10.0)
NEW = Boolean.NEW_BODY
LOOP, EXTRUDE = "$.sequence[0].loops[0]", "$.sequence[1]"


def polygon(*corners) -> Loop:
    """The loop through these points, closed."""
    points = [(float(x), float(y)) for x, y in corners]
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return Loop(tuple(Line(a, b) for a, b in pairs))


SQUARE = polygon((0, 0), (10, 0), (10, 10), (0, 10))


FIRST = (Profile(0, 0),)


def part(*loops, plane=XY, extent=UP, profiles=FIRST) -> CadSequence:
    """A sketch and an extrude."""
    return CadSequence((Sketch(plane, loops), Extrude(profiles, extent, NEW)))


def found(sequence) -> list[tuple[str, str]]:
    return [(finding.path, finding.problem) for finding in validate(sequence)]


def test_a_sound_part_has_no_findings(plate):
    assert validate(plate) == ()


def test_examples_have_no_findings(example_sequences):
    assert [found(sequence) for sequence in example_sequences] == [[]] * len(example_sequences)


@given(sequence=sequences())
@settings(max_examples=60, deadline=None)
def test_random_histories_have_no_errors(sequence):
    assert [finding for finding in validate(sequence) if finding.severity == "error"] == []


def test_an_empty_history():
    assert validate(CadSequence(())) == (Finding("$.sequence", "there are no operations"),)


def test_the_path_is_the_source_of_the_document_where_it_has_one():
    broken = dataclasses.replace(Loop((Circle((0.0, 0.0), 0.0),)), source="$.a.b[3]")
    assert found(part(broken)) == [("$.a.b[3]", "a circle without radius")]


def test_a_finding_reads_as_one_line():
    finding = Finding("$.sequence[1]", "the extrude has no height")
    assert str(finding) == "error at $.sequence[1]: the extrude has no height"


# --- curves -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("curve", "problem"),
    [
        (Circle((0.0, 0.0), 0.0), "a circle without radius"),
        (Circle((0.0, 0.0), -1.0), "a circle without radius"),
        (Circle((2e7, 0.0), 1.0), "a curve lies more than 10000000 mm from the origin, or nowhere"),
        (
            Circle((0.0, float("nan")), 1.0),
            "a curve lies more than 10000000 mm from the origin, or nowhere",
        ),
        (Arc((0.0, 0.0), (0.0, 0.0), (0.0, 0.0)), "an arc whose three points lie on a line"),
        (Arc((5.0, 0.0), (3.0, 0.0), (5.0, 0.0)), "an arc whose three points lie on a line"),
        (Line((1.0, 1.0), (1.0, 1.0)), "a line without length"),
    ],
)
def test_a_curve_that_does_not_exist(curve, problem):
    assert found(part(Loop((curve,)))) == [(LOOP, problem)]


def test_an_arc_through_points_on_a_line():
    straight = Arc((0.0, 0.0), (5.0, 0.0), (10.0, 0.0))
    loop = Loop((straight, Line((10.0, 0.0), (5.0, 9.0)), Line((5.0, 9.0), (0.0, 0.0))))
    assert found(part(loop)) == [(LOOP, "an arc whose three points lie on a line")]


def test_the_same_problem_of_many_curves_is_told_once_for_each_loop():
    point = Line((1.0, 1.0), (1.0, 1.0))
    problems = found(part(Loop((point,) * 50), SQUARE, Loop((point,))))
    assert [path for path, _ in problems] == [LOOP, "$.sequence[0].loops[2]"]


# --- loops --------------------------------------------------------------------------------------

OPEN = Loop(SQUARE.curves[:3])  # ends at (0, 10)
GAP = "the loop does not close: its ends are 10 mm apart"


def test_a_loop_that_does_not_close():
    problems = [(f.path, f.problem, f.severity) for f in validate(part(OPEN))]
    assert problems == [
        (LOOP, GAP, "error"),
        (f"{EXTRUDE}.profiles[0]", "loop 0 is not closed", "error"),
    ]


def test_an_open_loop_is_only_unusual_while_it_is_being_drawn():
    assert validate(CadSequence((Sketch(XY, (SQUARE, OPEN)),)))[0].severity == "warning"
    assert validate(CadSequence((Sketch(XY, (OPEN, SQUARE)),)))[0].severity == "error"


def test_a_sketch_without_loops_is_unusual():
    finding = Finding("$.sequence[0]", "the sketch has no loops", "warning")
    assert validate(CadSequence((Sketch(XY),))) == (finding,)


@pytest.mark.parametrize(
    "loop",
    [
        polygon((0, 0), (10, 10), (10, 0), (0, 10)),  # a bow tie
        polygon((0, 0), (10, 0), (10, 10), (5, -5), (0, 10)),  # a tooth through the base
        Loop(
            (
                Arc((0.0, 0.0), (5.0, 5.0), (10.0, 0.0)),
                *polygon((10, 0), (5, 8), (0, 0)).curves[:1],
                Line((5.0, 8.0), (5.0, 1.0)),
                Line((5.0, 1.0), (0.0, 0.0)),
            )
        ),
    ],
    ids=["bow tie", "tooth", "through an arc"],
)
def test_a_loop_that_crosses_itself(loop):
    (finding,) = validate(part(loop))
    assert (finding.path, finding.severity) == (LOOP, "warning")
    assert finding.problem.startswith("the loop crosses itself at (")


@pytest.mark.parametrize(
    "loop",
    [
        polygon((0, 0), (10, 0), (10, 10), (5, 0), (0, 10)),  # a tooth onto the base
        polygon((0, 0), (5, 5), (10, 0), (10, 10), (5, 5), (0, 10)),  # two triangles at a point
        Loop((Arc((0.0, 0.0), (5.0, 5.0), (10.0, 0.0)), Line((10.0, 0.0), (0.0, 0.0)))),
        Loop((Arc((0.0, 0.0), (5.0, 5.0), (10.0, 0.0)), Arc((10.0, 0.0), (5.0, -5.0), (0.0, 0.0)))),
        Loop((Circle((0.0, 0.0), 5.0),)),
    ],
    ids=["tooth", "triangles", "half disc", "disc of arcs", "circle"],
)
def test_a_loop_that_only_touches_itself(loop):
    assert validate(part(loop)) == ()


@pytest.mark.parametrize("crossed", [False, True])
def test_a_loop_of_100_000_curves_is_checked_within_seconds(crossed):
    angles = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    corners = np.stack([np.cos(angles), np.sin(angles)], 1) * 1e5
    if crossed:
        corners[[10, 11]] = corners[[11, 10]]
    started = time.perf_counter()
    problems = found(part(polygon(*corners.tolist())))
    assert [path for path, _ in problems] == ([LOOP] if crossed else [])
    assert time.perf_counter() - started < 10


def test_a_loop_too_tangled_to_look_for_crossings_says_so():
    zigzag = [(0 if i % 2 else 100, i) for i in range(6000)]  # each segment beside all others
    problem = "the loop has 6000 curves, too many to look for crossings"
    assert found(part(polygon(*zigzag))) == [(LOOP, problem)]


# --- sketches and extrudes ----------------------------------------------------------------------


def test_a_sketch_far_away():
    plane = Plane((0.0, 2e7, 0.0), XY.normal, XY.x_axis)
    problem = "the sketch lies more than 10000000 mm from the origin"
    assert found(part(SQUARE, plane=plane)) == [("$.sequence[0]", problem)]


def test_an_extrude_that_reaches_far_away():
    plane = Plane((0.0, 0.0, 9_999_995.0), XY.normal, XY.x_axis)
    problem = "the extrude reaches more than 10000000 mm from the origin"
    assert found(part(SQUARE, plane=plane)) == [(EXTRUDE, problem)]


@pytest.mark.parametrize(
    "extent",
    [
        Extent(ExtentType.ONE_SIDED, 0.0),
        Extent(ExtentType.SYMMETRIC, 0.0),
        Extent(ExtentType.TWO_SIDED, 0.0, 0.0),
    ],
)
def test_an_extrude_without_height(extent):
    assert found(part(SQUARE, extent=extent)) == [(EXTRUDE, "the extrude has no height")]


def test_an_extrude_without_profiles_is_unusual():
    finding = Finding(EXTRUDE, "the extrude has no profiles: it does nothing", "warning")
    assert validate(part(SQUARE, profiles=())) == (finding,)


@pytest.mark.parametrize(
    ("profile", "problem"),
    [
        (Profile(2, 0), "there is no sketch before it at index 2"),
        (Profile(-1, 0), "there is no sketch before it at index -1"),
        (Profile(1, 0), "there is no sketch before it at index 1"),
        (Profile(0, 1), "the sketch has 1 loops, none has the index 1"),
        (Profile(0, 0, (7,)), "the sketch has 1 loops, none has the index 7"),
    ],
)
def test_a_profile_that_does_not_exist(profile, problem):
    profiles = (Profile(0, 0), profile)
    assert found(part(SQUARE, profiles=profiles)) == [(f"{EXTRUDE}.profiles[1]", problem)]


def test_a_profile_of_an_extrude():
    again = Extrude((Profile(1, 0),), UP, Boolean.JOIN)
    whole = CadSequence((*part(SQUARE).operations, again))
    assert found(whole) == [("$.sequence[2].profiles[0]", "operation 1 is not a sketch")]
