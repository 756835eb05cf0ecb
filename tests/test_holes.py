"""Holes from text to solid: volumes by formula, every format, what is wrong with one, its edges."""

from __future__ import annotations

import json
import math
import random
import string
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import axis_planes, coordinates, oblique_planes, sizes

from cadcomplete.completion.wording import in_words
from cadcomplete.errors import BuildError, GeometryError, InputError, TextError
from cadcomplete.fitting.flat.walls import prefix_faces
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.history.expanded import expanded
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.holes import Counterbore, Countersink, Hole
from cadcomplete.history.operations import Extrude, Operation, Revolve, Sketch, beginners
from cadcomplete.history.sequence import CadSequence, truncate, validate
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.kernel.build import build, construct
from cadcomplete.kernel.report import Senseless
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes.manifolds import solid
from cadcomplete.metrics.parameters import exact_dimensions
from cadcomplete.metrics.targets import target
from cadcomplete.reports.told import told, told_in_words

VOCABULARY = {text: i for i, text in enumerate(string.printable)}
END = len(VOCABULARY)

BOX = """\
sketch 0 0 0 +z +x
loop 0 0
line 40 0
line 40 30
line 0 30
close
extrude new to 10 0
"""
WHOLE = 40 * 30 * 10

TOP = Plane((0.0, 0.0, 10.0), XY.normal, XY.x_axis)


def cylinder(diameter: float, height: float) -> float:
    return math.pi / 4 * diameter**2 * height


def cone(diameter: float, angle: float) -> float:
    """Of the height radius / tan(half the angle between its sides)."""
    return cylinder(diameter, diameter / 2 / math.tan(math.radians(angle / 2))) / 3


def sink(wide: float, narrow: float, angle: float) -> float:
    """What a countersink takes beside the hole: a cone without its point, less the hole there."""
    deep = (wide - narrow) / 2 / math.tan(math.radians(angle / 2))
    return cone(wide, angle) - cone(narrow, angle) - cylinder(narrow, deep)


PARTS: dict[str, tuple[str, float]] = {  # a line, and the volume that it takes
    "through": ("6.6 through at 10 10", cylinder(6.6, 10)),
    "blind": ("4 to 4 at 10 10", cylinder(4, 6)),
    "pointed": ("4 tip 118 to 4 at 10 10", cylinder(4, 6) + cone(4, 118)),
    "counterbore": (
        "6.6 through bore 11 6 at 10 10 30 20",
        2 * (cylinder(6.6, 4) + cylinder(11, 6)),
    ),
    "countersink": (
        "4 through sink 8 90 at 10 10 30 20 30 10",
        3 * (cylinder(4, 10) + sink(8, 4, 90)),
    ),
    "countersink, blind": ("4 to 2.5 sink 8 82 at 10 10", cylinder(4, 7.5) + sink(8, 4, 82)),
    "counterbore, pointed": (
        "4 tip 120 to 3 bore 8 2 at 10 10",
        cylinder(4, 5) + cylinder(8, 2) + cone(4, 120),
    ),
    "with a tip that comes out": (
        "8 tip 90 to 2 at 10 10",
        cylinder(8, 8) + cone(8, 90) - cone(4, 90),
    ),
}


def part(line: str) -> CadSequence:
    return decode(f"{BOX}hole 0 0 10 +z +x {line}\n")


def taken(sequence: CadSequence) -> float:
    made = build(sequence)
    assert made is not None
    return WHOLE - made.volume


@pytest.mark.parametrize("name", PARTS)
def test_a_hole_takes_what_its_formula_says(name):
    line, volume = PARTS[name]
    assert taken(part(line)) == pytest.approx(volume, rel=1e-6)


@pytest.mark.parametrize("name", PARTS)
def test_its_polyhedron_is_one_of_72_corners_and_has_no_more_faces_than_that(name):
    line, volume = PARTS[name]
    assert WHOLE - solid(part(line)).volume() == pytest.approx(volume, rel=2e-3)


@pytest.mark.parametrize("name", PARTS)
def test_points_are_taken_where_they_are_and_nowhere_else(name):
    line, volume = PARTS[name]
    points = np.random.default_rng(0).uniform((5, 5, 0), (35, 25, 10), (8_000, 3))
    share = float((~occupancy(part(line), points)).mean())
    assert share * 30 * 20 * 10 == pytest.approx(volume, rel=0.15)


@pytest.mark.parametrize("name", PARTS)
def test_as_sketches_and_cuts_it_is_the_same(name):
    sequence = part(PARTS[name][0])
    plain = expanded(sequence)
    assert {type(operation) for operation in plain.operations} <= {Sketch, Extrude, Revolve}
    assert solid(plain).volume() == pytest.approx(solid(sequence).volume(), rel=1e-9)
    assert taken(plain) == pytest.approx(PARTS[name][1], rel=1e-6)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("text_format", FORMATS)
def test_a_text_is_read_as_it_was_written(name, text_format):
    sequence = part(PARTS[name][0])
    text = encode(sequence, text_format=text_format).text
    assert decode(text, text_format=text_format) == sequence
    assert encode(decode(text, text_format=text_format)).text == encode(sequence).text
    for keep in range(len(sequence) + 1):
        beginning = encode(truncate(sequence, keep), text_format=text_format).text
        assert text.startswith(beginning)


def test_a_hole_through_goes_to_the_far_side_of_what_is_there():
    post = "sketch 20 15 10 +z +x\ncircle 0 0 5\nextrude join to 50 0\n"
    for at, height in (("20 15", 50), ("5 5", 10)):
        whole = f"{BOX}{post}hole 0 0 50 +z +x 4 through at {at}\n"
        before = build(decode(BOX + post))
        after = build(decode(whole))
        assert before is not None
        assert after is not None
        assert before.volume - after.volume == pytest.approx(cylinder(4, height), rel=1e-7)


def test_it_is_drilled_against_the_normal_of_its_plane():
    side = decode(f"{BOX}hole 0 0 0 -x +y 4 to -30 at 15 -5\n")
    assert taken(side) == pytest.approx(cylinder(4, 30), rel=1e-7)
    assert side.operations[-1].planes(())[1].origin == (30.0, 0.0, 0.0)


def test_it_can_be_done_again_by_mirrors_and_patterns():
    row = part("4 tip 118 to 4 at 5 5").operations
    text = encode(CadSequence(row)).text
    assert taken(decode(f"{text}linear +x 10 4 @1\n")) == pytest.approx(
        4 * PARTS["pointed"][1], rel=1e-6
    )
    bored = encode(part("6.6 through bore 11 6 at 10 8")).text
    again = decode(f"{bored}mirror +y 15 @1\nmirror +x 20 @1 @2\n")
    assert taken(again) == pytest.approx(2 * PARTS["counterbore"][1], rel=1e-7)
    assert WHOLE - solid(again).volume() == pytest.approx(2 * PARTS["counterbore"][1], rel=2e-3)
    assert WHOLE - solid(expanded(again)).volume() == pytest.approx(
        WHOLE - solid(again).volume(), rel=1e-9
    )


# --- what is wrong --------------------------------------------------------------------------------


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no centre": ({"centers": ()}, "no centre"),
    "no diameter": ({"diameter": 0.0}, "diameter of 0 mm"),
    "no depth": ({"depth": -2.0}, "-2 mm deep: it must be above 0"),
    "narrow bore": ({"head": Counterbore(4.0, 2.0)}, "counterbore is 4 mm wide, the hole 4"),
    "flat bore": ({"head": Counterbore(8.0, 0.0)}, "counterbore has no depth"),
    "deep bore": ({"head": Counterbore(8.0, 6.0)}, "counterbore is 6 mm deep, the hole 6"),
    "no angle": ({"head": Countersink(8.0, 0.0)}, "countersink has 0°"),
    "flat sink": ({"head": Countersink(8.0, 180.0)}, "countersink has 180°"),
    "narrow sink": ({"head": Countersink(3.0, 90.0)}, "countersink is 3 mm wide, the hole 4"),
    "deep sink": ({"head": Countersink(30.0, 60.0)}, "countersink is 22.5167 mm deep, the hole 6"),
    "flat tip": ({"tip": 180.0}, "tip has 180°"),
    "tip of none": ({"depth": None, "tip": 118.0}, "goes through: it has no tip"),
    "far": ({"centers": ((2e7, 0.0),)}, "more than 10000000 mm"),
    "many": ({"centers": ((1.0, 1.0),) * 1001}, "1001 centres: expected at most 1000"),
}


def wrong(name: str) -> CadSequence:
    values = {"diameter": 4.0, "depth": 6.0, "centers": ((5.0, 5.0),)} | WRONG[name][0]
    return CadSequence((*decode(BOX).operations, Hole(TOP, **values)))


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_and_not_built(name):
    said = WRONG[name][1]
    findings = [str(one) for one in validate(wrong(name)) if one.severity == "error"]
    assert [said in one for one in findings] == [True]
    with pytest.raises(BuildError, match=f"operation 2: .*{said}"):
        build(wrong(name))
    with pytest.raises(GeometryError, match=said):
        occupancy(wrong(name), np.zeros((1, 3)))
    with pytest.raises(InputError, match=said):
        expanded(wrong(name))
    assert solid(wrong(name)).volume() == pytest.approx(WHOLE)


def test_a_hole_needs_a_solid():
    first = CadSequence((Hole(TOP, 4.0, None, ((5.0, 5.0),)),))
    assert "no solid before it" in str(validate(first)[0])
    with pytest.raises(BuildError, match="operation 0: there is nothing to cut"):
        build(first)
    assert "hole" not in beginners()


def test_a_hole_that_misses_the_part_is_remarked():
    missed = construct(part("4 to 4 at 60 10"))
    (remark,) = missed.remarks
    assert (remark.kind, remark.operation) == (Senseless.CHANGES_NOTHING, 2)
    assert str(remark) == "operation 2: the hole changes nothing"


@pytest.mark.parametrize("head", ["", "bore 8 2 ", "sink 8 90 "])
def test_of_several_holes_the_one_that_misses_the_part_is_named(head):
    made = construct(part(f"4 through {head}at 10 10 60 10 30 20"))
    assert [str(one) for one in made.remarks] == [
        "operation 2: the hole at (60, 10) changes nothing"
    ]


def test_a_centre_that_stands_there_twice_is_unusual():
    (finding,) = validate(part("4 to 4 at 5 5 9 9 5 5"))
    assert (finding.severity, "(5, 5) stands there twice" in finding.problem) == ("warning", True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("4 deep at 5 5", "unknown end of a hole: expected through, tip or to, got deep"),
        ("4 to 4 5 5", "a hole needs its places: expected bore, sink or at, got 5"),
        ("4 to 4 at 5 5 6", "a centre lacks its y"),
        ("4 to 4 bore 8 0 at 5 5", "not a size"),
        ("4 to 4 sink 8 180 at 5 5", "not a cone: expected degrees between 0 and 180, got 180"),
        ("4 tip 0 to 4 at 5 5", "not a cone"),
        ("4 to 4", "hole is too short"),
    ],
)
def test_a_line_that_says_no_hole_is_named(line, said):
    with pytest.raises(TextError, match=said):
        part(line)


# --- properties -----------------------------------------------------------------------------------


@st.composite
def holes(draw: st.DrawFn, planes: st.SearchStrategy[Plane]) -> Hole:
    """Any that can be drilled, in thousandths of a millimetre."""
    diameter = draw(sizes)
    wide = diameter + draw(sizes)
    bores = st.builds(Counterbore, st.just(round(wide, 3)), sizes)
    sinks = st.builds(Countersink, st.just(round(wide, 3)), st.integers(30, 150).map(float))
    head = draw(st.one_of(st.none(), bores, sinks))
    deep = draw(st.one_of(st.none(), sizes))
    hole = Hole(draw(planes), diameter, None, ((0.0, 0.0),), head)
    if deep is not None:
        hole = Hole(
            hole.plane,
            diameter,
            round(math.ceil(1000 * hole.head_depth) / 1000 + deep, 3),
            tuple(draw(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=4))),
            head,
            draw(st.one_of(st.none(), st.integers(60, 160).map(float))),
        )
    return hole


@settings(max_examples=60, deadline=None)
@given(holes(axis_planes()))
def test_any_hole_is_said_in_every_format(hole):
    assert not list(hole.mistakes())
    sequence = CadSequence((*decode(BOX).operations, hole))
    text = encode(sequence).text
    again = decode(text)
    assert encode(again).text == text
    for text_format in FORMATS[1:]:
        other = encode(sequence, text_format=text_format).text
        assert encode(decode(other, text_format=text_format)).text == text


@settings(max_examples=25, deadline=None)
@given(holes(oblique_planes()), st.integers(0, 47))
def test_what_a_hole_takes_is_the_same_in_a_mirror_and_grows_with_its_part(hole, which):
    """The block is a thousand times as large, so that the hole is all inside or all outside."""
    big = scale(decode(BOX), 100.0)
    sequence = CadSequence((*big.operations, hole))
    volume = solid(big).volume() - solid(sequence).volume()
    moved = move(sequence, symmetries()[which])
    assert type(moved.operations[-1]) is Hole
    assert solid(big).volume() - solid(moved).volume() == pytest.approx(volume, rel=1e-3, abs=1e-3)
    larger = scale(sequence, 2.0)
    assert 8 * solid(big).volume() - solid(larger).volume() == pytest.approx(
        8 * volume, rel=1e-3, abs=1e-2
    )


@pytest.mark.parametrize("text_format", FORMATS)
def test_every_text_that_the_grammar_lets_through_is_read(text_format):
    grammar = Grammar(VOCABULARY, END, text_format=text_format, words=("hole",))
    rng = random.Random(1)
    for _ in range(12):
        matcher = grammar.start(decode(BOX), least=1)
        for step in range(400):
            allowed = matcher.allowed()
            if END in allowed or step == 399:
                break
            short = [t for t in allowed if string.printable[t] in "\n]}"]
            matcher.accept(rng.choice(short if short and step > 100 else allowed))
        assert isinstance(matcher.drawing.operations[-1], Hole)


def test_a_hole_is_offered_only_where_there_is_a_solid():
    grammar = Grammar(VOCABULARY, END, text_format="lines")
    assert "hole" in grammar.start(decode(BOX)).openings
    assert "hole" not in grammar.start(truncate(decode(BOX), 1)).openings
    assert "hole" not in grammar.start(CadSequence(())).openings


# --- its edges ------------------------------------------------------------------------------------


def bevelled(width: float, size: float, *, inward: bool = False) -> float:
    """What a chamfer at a rim takes beside the hole: a triangle that is turned about the axis, its
    centroid a third of the size off the wall (Pappus)."""
    off = width / 2 + (-size / 3 if inward else size / 3)
    return 2 * math.pi * off * size**2 / 2


@pytest.mark.parametrize(
    ("line", "edges", "more"),
    [
        ("6 through at 10 10", "start@1", bevelled(6, 1)),
        ("6 through at 10 10 30 20", "start@1/1", bevelled(6, 1)),
        ("6 through at 10 10 30 20", "of@1:-z", 2 * bevelled(6, 1)),
        ("6 through at 10 10 30 20", "meet@1@2", 4 * bevelled(6, 1)),
        ("6 through bore 12 4 at 10 10", "start@1", bevelled(12, 1)),
        ("6 through bore 12 4 at 10 10", "side@1/0", None),
        ("6 through bore 12 4 at 10 10", "end@1:convex", bevelled(6, 1)),
        ("6 to 4 at 10 10", "end@1", -bevelled(6, 1, inward=True)),
        ("6 tip 118 to 4 at 10 10", "start@1", bevelled(6, 1)),
    ],
)
def test_its_rims_are_named(line, edges, more):
    text = f"{encode(part(line)).text}chamfer 1 {edges}\n"
    if more is None:
        with pytest.raises(BuildError, match="no such edge"):
            build(decode(text))
        return
    assert taken(decode(text)) - taken(part(line)) == pytest.approx(more, rel=1e-6)


def test_rims_of_copies_are_named_by_the_pattern():
    row = f"{encode(part('6 through at 5 15')).text}linear +x 10 4 @1\nchamfer 1 start@1\n"
    wanted = 4 * cylinder(6, 10) + 3 * bevelled(6, 1)
    assert taken(decode(row)) == pytest.approx(wanted, rel=1e-6)


def test_a_loop_that_a_hole_has_not_is_named():
    with pytest.raises(TextError, match="the hole has 2 loops, none has the index 2"):
        decode(f"{encode(part('6 through at 5 5 9 25')).text}fillet 1 start@1/2\n")


# --- what is said of it, and how it is measured ---------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("6.6 through at 10 10", "hole ø6.6 through"),
        (
            "6.6 through bore 11 6 at 10 10 30 20 10 20 30 10",
            "hole ø6.6 through, 4 times, counterbore ø11 × 6",
        ),
        ("4 to 4 sink 8 90 at 10 10", "hole ø4 6 deep, countersink ø8 × 90°"),
        ("4 to 4 at 60 60", "a hole that changes nothing"),
    ],
)
def test_it_is_told_in_words(line, words):
    assert in_words(part(line), 2) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "6.6 through bore 11 6 at 10 10",
            "6.6 mm, through, counterbore 11 mm, 6 mm deep, at 1 place (10, 10)",
        ),
        (
            "4 tip 118 to 4 sink 8 90 at 9 9 20 9",
            "4 mm, 6 mm deep and a tip of 118°, countersink 8 mm, 90°, at 2 places (9, 9), (20, 9)",
        ),
    ],
)
def test_it_is_inspected(line, words):
    told_of_it = told(2, part(line).operations[-1])
    assert json.loads(json.dumps(told_of_it))["diameter_mm"] == told_of_it["diameter_mm"]
    assert told_in_words(told_of_it) == f"  2  hole     {words} from (0, 0, 10) mm"


def test_its_walls_and_floors_are_known():
    flats, rounds = prefix_faces(part("6.6 through bore 11 6 at 10 10 30 20"))
    own = {round(flat.offset * flat.normal[2], 9) for flat in flats if abs(flat.normal[2]) > 0.5}
    assert own == {0, 10, 4}
    assert sorted(round(one.radius, 6) for one in rounds) == [3.3, 3.3, 5.5, 5.5]
    flats, rounds = prefix_faces(part("4 tip 118 to 4 at 10 10"))
    assert [round(one.radius, 6) for one in rounds] == [2]


def test_a_hit_is_measured_by_what_it_takes_and_by_its_dimensions():
    truth = part("6.6 through bore 11 6 at 10 10 30 20")
    wanted = target(truth, 2)
    assert wanted.kind == "first hole"

    def hit(line: str) -> Operation:
        return part(line).operations[-1]

    same = hit("6.6 to -5 bore 11 6 at 30 20 10 10")
    assert wanted.overlap(same) == pytest.approx(1.0, abs=1e-6)
    assert exact_dimensions(wanted, same) == (5, 6)  # all but that it goes through
    assert wanted.overlap(hit("6.6 through at 10 10 30 20")) < 0.6
    assert exact_dimensions(wanted, truth.operations[-1]) == (6, 6)
