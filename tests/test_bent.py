"""Ellipses, their arcs and B-splines: by formulas, in text, on the kernel and in files."""

from __future__ import annotations

import json
import math
import string
from typing import Any

import numpy as np
import pytest
from omnicad_documents import extrude, line, profile, sketch

from cadcomplete import readers
from cadcomplete.errors import BuildError, GeometryError, ReadError, TextError, UnsupportedError
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.history.curves import BENT, CURVES, Arc, BSpline, Circle, Ellipse, EllipseArc, Line
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.geometry import XY
from cadcomplete.history.loops import Loop
from cadcomplete.history.moments import moment
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Profile,
    Revolve,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.history.splines import clamped
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.history.turn_axis import TurnAxis
from cadcomplete.kernel.build import build
from cadcomplete.language.commands import known_words
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import JSON_HEAD, decode, encode
from cadcomplete.meshes.manifolds import solid

VOCABULARY = {text: i for i, text in enumerate(string.printable)}

TURNED = Ellipse((3.0, 4.0), 5.0, 2.0, 30.0)
HALF = EllipseArc((5.0, 0.0), (-5.0, 0.0), 180.0, 0.0, 0.4)
PARABOLA = BSpline(2, ((0.0, 0.0), (10.0, 20.0), (20.0, 0.0)), (0.0, 1.0))
_SQUARE = (
    (10, 0),
    (10, 10),
    (0, 10),
    (-10, 10),
    (-10, 0),
    (-10, -10),
    (0, -10),
    (10, -10),
    (10, 0),
)
_MIDDLE = math.sqrt(0.5)
ROUND = BSpline(  # a circle of radius 10, by weights (Piegl and Tiller, The NURBS Book, 7.5)
    2,
    tuple((float(x), float(y)) for x, y in _SQUARE),
    (0.0, 1.0, 2.0, 3.0, 4.0),
    (2, 2, 2),
    (1.0, *(_MIDDLE, 1.0) * 4),
)

LOOPS = {  # and the area that each encloses
    "ellipse": (Loop((TURNED,)), 10 * math.pi),
    "upright": (Loop((Ellipse((0.0, 0.0), 2.0, 5.0, 0.0),)), 10 * math.pi),
    "half": (Loop((HALF, Line((-5.0, 0.0), (5.0, 0.0)))), 5 * math.pi),
    "clockwise": (
        Loop(
            (EllipseArc((-5.0, 0.0), (5.0, 0.0), -180.0, 90.0, 2.5), Line((5.0, 0.0), (-5.0, 0.0)))
        ),
        5 * math.pi,
    ),
    "quarter": (
        Loop(
            (
                EllipseArc((5.0, 0.0), (0.0, 2.0), 90.0, 0.0, 0.4),
                Line((0.0, 2.0), (0.0, 0.0)),
                Line((0.0, 0.0), (5.0, 0.0)),
            )
        ),
        2.5 * math.pi,
    ),
    "parabola": (Loop((PARABOLA, Line((20.0, 0.0), (0.0, 0.0)))), 2 / 3 * 20 * 10),
    "circle": (Loop((ROUND,)), 100 * math.pi),
}

every_loop = pytest.mark.parametrize("name", LOOPS)


def swept(loop: Loop, *more: Any, height: float = 7.0) -> CadSequence:
    extent = Extent(ExtentType.ONE_SIDED, height)
    first = Extrude((Profile(0, 0),), extent, Boolean.NEW_BODY)
    return CadSequence((Sketch(XY, (loop,)), first, *more))


# --- values ---------------------------------------------------------------------------------------


@every_loop
def test_a_loop_encloses_its_area(name):
    loop, area = LOOPS[name]
    assert abs(loop.area) == pytest.approx(area, rel=1e-13)
    assert loop.mirrored().area == pytest.approx(loop.area, rel=1e-13)
    assert loop.scaled(3.0).area == pytest.approx(9 * loop.area, rel=1e-13)
    turned_round = Loop(tuple(curve.reversed() for curve in reversed(loop.curves)))
    assert abs(turned_round.area) == pytest.approx(area, rel=1e-13)


def test_a_spline_can_be_a_circle():
    points = ROUND.points()
    assert np.abs(np.hypot(*points.T) - 10).max() < 1e-13
    assert ROUND.length == pytest.approx(20 * math.pi, rel=1e-13)
    assert Loop((ROUND,)).box == pytest.approx((-10, -10, 10, 10), abs=1e-12)
    assert Loop((ROUND,)).closed


def test_a_box_holds_a_turned_ellipse():
    """Half as wide as √(a² cos² + b² sin²)."""
    c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
    wide, high = math.hypot(5 * c, 2 * s), math.hypot(5 * s, 2 * c)
    box = (3 - wide, 4 - high, 3 + wide, 4 + high)
    assert Loop((TURNED,)).box == pytest.approx(box, rel=1e-12)


@every_loop
def test_a_first_moment_is_the_area_times_where_its_middle_is(name):
    """Shifted by 100 it grows by 100 times the area; of what is even about y = 0 it is nothing."""
    loop, area = LOOPS[name]
    shifted = loop.moved(lambda at: (at[0], at[1] + 100.0))
    assert abs(moment(shifted) - moment(loop)) == pytest.approx(100 * area, rel=1e-12)
    if name in ("upright", "circle"):
        assert moment(loop) == pytest.approx(0, abs=1e-10)


def test_an_arc_of_an_ellipse_has_its_centre_and_radii():
    assert HALF.center == pytest.approx((0, 0), abs=1e-12)
    assert HALF.radii == pytest.approx((5, 2))
    quarter = EllipseArc((5.0, 0.0), (0.0, 2.0), 90.0, 0.0, 0.4)
    assert quarter.center == pytest.approx((0, 0), abs=1e-12)


def test_a_periodic_spline_is_said_from_where_it_begins():
    """Six poles on a circle, cubic and uniform: at a knot (P0 + 4 P1 + P2) / 6."""
    poles = [(math.cos(k * math.pi / 3), math.sin(k * math.pi / 3)) for k in range(6)]
    spline = clamped(3, [*poles, *poles[:3]], list(range(-3, 10)))
    at = [sum(w * poles[k][axis] for k, w in enumerate((1, 4, 1))) / 6 for axis in (0, 1)]
    assert spline.start == spline.end == pytest.approx(at)
    assert spline.multiplicities == (1,) * 5
    with pytest.raises(GeometryError, match="9 poles has 3 knots, not 13"):
        clamped(3, [*poles, *poles[:3]], [0.0, 1.0, 2.0])


# --- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text_format", FORMATS)
@every_loop
def test_a_loop_is_read_as_it_was_written(name, text_format):
    sequence = swept(LOOPS[name][0])
    text = encode(sequence, text_format=text_format).text
    again = decode(text, text_format=text_format)
    assert encode(again, text_format=text_format).text == text
    drawn = again.operations[0]
    assert isinstance(drawn, Sketch)
    assert drawn.loops[0].area == pytest.approx(LOOPS[name][0].area, rel=1e-5)
    if text_format == "json":
        assert again.operations == sequence.operations


@pytest.mark.parametrize("text_format", FORMATS)
@pytest.mark.parametrize("name", ["ellipse", "half", "parabola", "circle"])
def test_the_grammar_lets_it_through_for_who_knows_it(name, text_format):
    curve = decode(encode(swept(LOOPS[name][0])).text).operations[0].loops[0].curves[0]  # type: ignore[union-attr]
    word = next(word for word, kind in CURVES.items() if kind is type(curve))
    text = encode(decode(encode(swept(LOOPS[name][0])).text), text_format=text_format).text
    text = text.removeprefix(JSON_HEAD).removeprefix("\n")
    others = tuple(known for known in known_words() if known != word)
    for words in (None, others):
        grammar = Grammar(VOCABULARY, 999, text_format=text_format, words=words)
        matcher = grammar.start(CadSequence(()))
        passed = 0
        for char in text:
            if VOCABULARY[char] not in matcher.allowed():
                break
            matcher.accept(VOCABULARY[char])
            passed += 1
        assert (passed == len(text)) == (words is None)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("ellipse 0 0 5 0 0", "not a size"),
        ("ellipse 0 0 5 2 95", "not the turn of an axis"),
        ("loop 0 0\nellipsearc 5 0 0 0 1", "not a sweep"),
        ("loop 0 0\nspline 3 1 1,1;2,2", "has 3 poles after its start"),
        ("loop 0 0\nspline 0 1 1,1", "not a degree"),
        ("loop 0 0\nspline 2 1*3,1 1,1;2,2;3,3", "knots that count up to as often"),
        ("loop 0 0\nspline 1 1 1,1 1,1,1", "not the weights of a spline"),
        ("loop 0 0\nspline 1 1 1;1", "not a pole"),
        ("loop 0 0\nspline 1 -1 1,1", "not a size"),
    ],
)
def test_a_line_that_says_no_curve_is_told(said, problem):
    with pytest.raises(TextError, match=problem):
        decode(f"sketch 0 0 0 +z +x\n{said}\n")


def test_a_spline_that_crosses_itself_is_found():
    knot = BSpline(3, ((0.0, 0.0), (30.0, 20.0), (-20.0, 20.0), (10.0, 0.0)), (0.0, 1.0))
    found = validate(swept(Loop((knot, Line((10.0, 0.0), (0.0, 0.0))))))
    assert "crosses itself at (5, 3.75" in found[0].problem


# --- solids ---------------------------------------------------------------------------------------


@every_loop
def test_a_solid_and_its_mesh_have_their_volume(name):
    loop, area = LOOPS[name]
    found = build(swept(loop))
    assert found is not None
    assert found.volume == pytest.approx(7 * area, rel=1e-8)
    assert solid(swept(loop)).volume() == pytest.approx(7 * area, rel=2e-3)


@every_loop
def test_a_mirror_keeps_a_solid_and_a_size_scales_it(name):
    loop, area = LOOPS[name]
    for symmetry in list(symmetries())[3::19]:
        moved = build(move(swept(loop), symmetry))
        assert moved is not None and moved.volume == pytest.approx(7 * area, rel=1e-8)
    larger = build(scale(swept(loop), 2.5))
    assert larger is not None and larger.volume == pytest.approx(2.5**3 * 7 * area, rel=1e-6)


@pytest.mark.parametrize("name", ["ellipse", "circle", "half"])
def test_what_cuts_through_the_middle_leaves_half(name):
    loop, area = LOOPS[name]
    middle = {"ellipse": 3.0}.get(name, 0.0)
    far = [(middle, -40.0), (60.0, -40.0), (60.0, 40.0), (middle, 40.0)]
    block = Loop(tuple(Line(a, b) for a, b in zip(far, far[1:] + far[:1], strict=True)))
    cut = Extrude((Profile(2, 0),), Extent(ExtentType.ONE_SIDED, 7.0), Boolean.CUT)
    found = build(swept(loop, Sketch(XY, (block,)), cut))
    assert found is not None
    assert found.volume == pytest.approx(3.5 * area, rel=1e-6)


def test_half_an_ellipse_turned_about_its_axis_is_a_spheroid():
    turn = Revolve(
        (Profile(0, 0),),
        Extent(ExtentType.ONE_SIDED, 360.0),
        TurnAxis((0.0, 0.0), (1.0, 0.0)),
        Boolean.NEW_BODY,
    )
    sequence = CadSequence((Sketch(XY, (LOOPS["half"][0],)), turn))
    found = build(sequence)
    assert found is not None
    assert found.volume == pytest.approx(4 / 3 * math.pi * 5 * 2 * 2, rel=1e-9)
    assert solid(sequence).volume() == pytest.approx(found.volume, rel=1e-2)


def test_so_many_points_are_inside():
    points = np.random.default_rng(0).random((4_000, 3)) * (24, 24, 7) - (12, 12, 0)
    share = occupancy(swept(LOOPS["circle"][0]), points).mean()
    assert share * 24 * 24 == pytest.approx(100 * math.pi, rel=0.03)


def test_a_taper_of_what_has_no_offset_is_refused_by_name():
    leaning = Extent(ExtentType.ONE_SIDED, 7.0, taper=5.0)
    for name in ("ellipse", "parabola"):
        first = Extrude((Profile(0, 0),), leaning, Boolean.NEW_BODY)
        sequence = CadSequence((Sketch(XY, (LOOPS[name][0],)), first))
        kind = type(LOOPS[name][0].curves[0]).__name__
        with pytest.raises(BuildError, match=kind):
            build(sequence)
        with pytest.raises(UnsupportedError, match=kind):
            solid(sequence)


def test_another_dialect_refuses_it_by_name():
    for name in ("ellipse", "half", "parabola"):
        with pytest.raises(UnsupportedError, match="|".join(kind.__name__ for kind in BENT)):
            readers.from_sequence(swept(LOOPS[name][0]), dialect="omnicad")


# --- files of Fusion 360, in centimetres ----------------------------------------------------------


def at(x: float, y: float) -> dict[str, float]:
    return {"x": x, "y": y, "z": 0.0}


ELLIPSE = {
    "type": "Ellipse3D",
    "center_point": at(0.3, 0.4),
    "major_axis": at(math.cos(math.pi / 6), 0.5),
    "major_radius": 0.5,
    "minor_radius": 0.2,
}
ARC = {
    "type": "EllipticalArc3D",
    "center_point": at(0, 0),
    "normal": {"x": 0.0, "y": 0.0, "z": 1.0},
    "major_axis": at(1, 0),
    "major_radius": 0.5,
    "minor_radius": 0.2,
    "start_angle": 0.0,
    "end_angle": math.pi,
    "start_point": at(0.5, 0),
    "end_point": at(-0.5, 0),
}
NURBS = {
    "type": "NurbsCurve3D",
    "degree": 2,
    "control_points": [at(x / 10, y / 10) for x, y in _SQUARE],
    "knots": [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4],
    "rational": True,
    "weights": [1, *(_MIDDLE, 1) * 4],
    "periodic": False,
}


def fusion(*curves: dict[str, Any]) -> dict[str, Any]:
    entities = {"S": sketch(P=profile(list(curves))), "E": extrude("S.P", distance=0.7)}
    listed = [{"index": i, "type": entities[k]["type"], "entity": k} for i, k in enumerate("SE")]
    return {"entities": entities, "timeline": listed, "sequence": listed, "properties": {}}


@pytest.mark.parametrize(
    ("name", "curves"),
    [
        ("ellipse", [ELLIPSE]),
        ("half", [ARC, line((-0.5, 0), (0.5, 0))]),
        (
            "half",
            [
                ARC | {"start_point": at(-0.5, 0), "end_point": at(0.5, 0)},
                line((0.5, 0), (-0.5, 0)),
            ],
        ),
        ("circle", [NURBS]),
    ],
)
def test_a_file_of_fusion_has_it(name, curves):
    sequence = readers.parse(json.dumps(fusion(*curves))).sequence
    assert not sequence.rest
    drawn = sequence.operations[0]
    assert isinstance(drawn, Sketch)
    assert abs(drawn.loops[0].area) == pytest.approx(LOOPS[name][1], rel=1e-9)
    found = build(sequence)
    assert found is not None
    assert found.volume == pytest.approx(7 * LOOPS[name][1], rel=1e-8)


@pytest.mark.parametrize(
    ("curve", "problem"),
    [
        (ELLIPSE | {"minor_radius": 0}, "not an ellipse"),
        (ARC | {"start_point": at(0.4, 0.4)}, "the ends of the arc do not fit its ellipse"),
        (NURBS | {"knots": [0, 0, 1, 1]}, "9 poles has 4 knots, not 12"),
        (NURBS | {"weights": [1, -1] * 4 + [1]}, "weights are not one above 0"),
    ],
)
def test_a_file_that_is_wrong_says_where(curve, problem):
    with pytest.raises(ReadError, match=problem):
        readers.parse(json.dumps(fusion(curve)))


def test_what_is_round_stays_so():
    assert [kind for kind in CURVES.values() if kind not in BENT] == [Line, Arc, Circle]
