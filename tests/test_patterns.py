"""Mirrors and patterns: what they make, by formulas, in every evaluator, and what is wrong."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadcomplete.errors import BuildError, InputError, UnsupportedError
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.history.expanded import expanded
from cadcomplete.history.operations import Extrude, Sketch
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.kernel.arrangement import Arrangement
from cadcomplete.kernel.booleans import BooleanError, believed
from cadcomplete.kernel.build import build, construct
from cadcomplete.kernel.copies import moved
from cadcomplete.kernel.measure import count_bodies
from cadcomplete.kernel.report import Senseless
from cadcomplete.language.lines import decode
from cadcomplete.meshes import manifolds

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

PLATE = (
    "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\nextrude new to 10 0\n"
)
HOLED = PLATE + "sketch 0 0 10 +z +x\ncircle 5 5 2\nextrude cut to 0 0\n"
BOSS = (
    PLATE
    + "sketch 0 0 10 +z +x\nloop 2 2\nline 6 2\nline 6 6\nline 2 6\nclose\nextrude join to 15 0\n"
)
PIPE = (
    BOSS
    + "sketch 0 0 15 +z +x\nloop 3 3\nline 5 3\nline 5 5\nline 3 5\nclose\nextrude cut to 0 0\n"
)
KEPT = (
    PLATE
    + "sketch 0 0 0 +z +x\nloop 0 0\nline 30 0\nline 30 30\nline 0 30\nclose\n"
    + "extrude intersect to 10 0\n"
)
BAR = "sketch 0 0 0 +z +x\nloop 0 0\nline 10 0\nline 10 10\nline 0 10\nclose\nextrude new to 10 0\n"
PETAL = (
    "sketch 0 0 0 +z +x\nloop 10 -2\nline 20 -2\nline 20 2\nline 10 2\nclose\nextrude new to 5 0\n"
)

SQUARE = "loop 3 3\nline 7 3\nline 7 7\nline 3 7\nclose"

WHOLE, HOLE = 40 * 30 * 10, 4 * math.pi * 10


def part(text: str, *patterns: Mirror | LinearPattern | PolarPattern) -> CadSequence:
    return CadSequence((*decode(text).operations, *patterns), "part")


PARTS = {  # a history, its volume by a formula, and how many separate bodies it has
    "a hole on the other side": (part(HOLED, Mirror(X, 20.0, (3,))), WHOLE - 2 * HOLE, 1),
    "the normal turned round": (
        part(HOLED, Mirror((-1.0, 0.0, 0.0), -20.0, (3,))),
        WHOLE - 2 * HOLE,
        1,
    ),
    "a row of holes": (part(HOLED, LinearPattern(X, 10.0, 4, (3,))), WHOLE - 4 * HOLE, 1),
    "a grid: a pattern of a pattern": (
        part(HOLED, LinearPattern(X, 10.0, 4, (3,)), LinearPattern(Y, 10.0, 3, (3, 4))),
        WHOLE - 12 * HOLE,
        1,
    ),
    "a pattern of a pattern alone": (
        part(HOLED, LinearPattern(X, 10.0, 4, (3,)), LinearPattern(Y, 10.0, 3, (4,))),
        WHOLE - 10 * HOLE,
        1,
    ),
    "holes around": (
        part(HOLED, PolarPattern(Z, (15.0, 5.0, 0.0), 4, 180.0, (3,)), Mirror(Y, 15.0, (3, 4))),
        # at 0, 60, 120 and 180 degrees: two of them below the plate's edge at y = 0
        WHOLE - 4 * HOLE,
        1,
    ),
    "holes that meet": (  # each next one 2 mm on: two circles of radius 2 share a lens
        part(HOLED, LinearPattern(X, 2.0, 2, (3,))),
        WHOLE - (2 * 4 * math.pi - (8 * math.acos(0.5) - math.sqrt(16 - 4))) * 10,
        1,
    ),
    "bosses, then what is cut of them": (
        part(PIPE, LinearPattern(X, 4.0, 3, (3, 5))),
        WHOLE + 3 * 4 * 4 * 5 - 3 * 2 * 2 * 15,
        1,
    ),
    "a pattern of bosses with what is cut of them": (
        part(PIPE, LinearPattern(X, 8.0, 3, (3, 5)), Mirror(Y, 15.0, (3, 5, 6))),
        WHOLE + 6 * (4 * 4 * 5 - 2 * 2 * 15),
        1,
    ),
    "what is kept on both sides": (part(KEPT, Mirror(X, 20.0, (3,))), 20 * 30 * 10, 1),
    "copies that overlap": (part(BAR, LinearPattern(X, 5.0, 4, (1,))), 25 * 10 * 10, 1),
    "copies that touch": (part(BAR, LinearPattern(Z, 10.0, 3, (1,))), 10 * 10 * 30, 1),
    "the whole body mirrored": (part(HOLED, Mirror(X, 40.0, None)), 2 * (WHOLE - HOLE), 1),
    "the whole body apart": (part(HOLED, Mirror(X, 50.0, None)), 2 * (WHOLE - HOLE), 2),
    "the whole body over itself": (part(HOLED, Mirror(X, 20.0, None)), WHOLE, 1),
    "petals": (part(PETAL, PolarPattern(Z, (0.0, 0.0, 0.0), 6, 360.0, (1,))), 6 * 200, 6),
    "petals up to an angle": (
        part(PETAL, PolarPattern(Z, (0.0, 0.0, 0.0), 3, 180.0, None)),
        3 * 200,
        3,
    ),
    "about an axis that lies askew": (
        part(BAR, PolarPattern((0.6, 0.0, 0.8), (50.0, 0.0, 0.0), 3, 360.0, None)),
        3 * 1000,
        3,
    ),
    "in a mirror that lies askew": (
        part(HOLED, Mirror((-0.6, 0.0, 0.8), 10.0, None)),
        2 * (WHOLE - HOLE),
        2,
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_the_kernel_makes_the_volume_of_the_formula(name):
    sequence, volume, bodies = PARTS[name]
    solid = build(sequence)
    assert validate(sequence) == ()
    assert solid is not None and solid.volume == pytest.approx(volume, rel=1e-7)
    assert count_bodies(solid) == bodies


@pytest.mark.parametrize("name", PARTS)
def test_what_prisms_are_copied_is_known_exactly(name):
    sequence, volume, _ = PARTS[name]
    solid = build(sequence)
    assert solid is not None and isinstance(solid.oracle, Arrangement)
    assert solid.oracle.has(volume, within=1e-6 * volume)
    assert not solid.oracle.has(volume + 20, within=1e-6 * volume)


@pytest.mark.parametrize("name", PARTS)
def test_polyhedra_have_the_same_volume(name):
    sequence, volume, _ = PARTS[name]
    made = manifolds.solid(sequence)
    assert manifolds.volume_of(made) == pytest.approx(volume, rel=2e-3)


@pytest.mark.parametrize("name", PARTS)
def test_points_are_inside_where_the_polyhedron_is(name):
    """Of a mirror and of points one can err where the other does not: here they are compared."""
    sequence, volume, _ = PARTS[name]
    low, high = np.reshape(manifolds.solid(sequence).bounding_box(), (2, 3))
    points = np.random.default_rng(0).uniform(low, high, (20_000, 3))
    share = occupancy(sequence, points).mean()
    assert share * np.prod(high - low) == pytest.approx(volume, rel=0.06)


@pytest.mark.parametrize("name", PARTS)
def test_a_pattern_is_one_operation_and_its_copies_are_the_same_part(name):
    sequence, volume, _ = PARTS[name]
    if name == "the whole body over itself":
        with pytest.raises(UnsupportedError, match="of a whole body: a copied cut meets it"):
            expanded(sequence)
        return
    plain = expanded(sequence)
    assert {type(operation) for operation in plain.operations} <= {Sketch, Extrude}
    assert [f for f in validate(plain) if f.severity == "error"] == []
    solid = build(plain)
    assert solid is not None and solid.volume == pytest.approx(volume, rel=1e-7)
    assert manifolds.iou(manifolds.solid(plain), manifolds.solid(sequence)) > 0.9999


@pytest.mark.parametrize("name", PARTS)
def test_a_moved_or_larger_part_is_of_the_same_kind_and_volume(name):
    sequence, volume, _ = PARTS[name]
    whole = manifolds.volume_of(manifolds.solid(sequence))
    for symmetry in symmetries()[::5]:
        image = move(sequence, symmetry)
        assert [type(op) for op in image.operations] == [type(op) for op in sequence.operations]
        assert manifolds.volume_of(manifolds.solid(image)) == pytest.approx(whole, rel=1e-6)
    mirrored = build(move(sequence, next(s for s in symmetries() if s.mirrors)))
    larger = build(scale(sequence, 2.0))
    assert mirrored is not None and mirrored.volume == pytest.approx(volume, rel=1e-7)
    assert larger is not None and larger.volume == pytest.approx(8 * volume, rel=1e-7)


@settings(max_examples=10)
@given(
    st.sampled_from([X, Y, Z, (0.6, 0.8, 0.0), (0.0, -0.6, 0.8)]),
    st.integers(-60, 60),
    st.integers(2, 5),
    st.sampled_from([45.0, 90.0, 180.0, 360.0]),
)
def test_random_patterns_are_the_same_part_as_their_copies(axis, far, count, angle):
    patterns = (
        LinearPattern(axis, abs(far) / 4 + 0.5, count, (3,)),
        PolarPattern(axis, (float(far), 3.0, 4.0), count, angle, (3, 4)),
        Mirror(axis, float(far), (1, 3, 5)),
    )
    sequence = part(HOLED.replace("circle 5 5 2", SQUARE), *patterns)
    made, plain = manifolds.solid(sequence), manifolds.solid(expanded(sequence))
    assert manifolds.iou(made, plain) > 0.9999
    image = move(sequence, next(symmetry for symmetry in symmetries() if symmetry.mirrors))
    volume = manifolds.volume_of(manifolds.solid(image))
    assert volume == pytest.approx(manifolds.volume_of(made), rel=1e-6)


RING = (  # 4 by 2 mm, their middle 12 mm from the axis
    "sketch 0 0 0 +z +x\nloop 10 0\nline 14 0\nline 14 2\nline 10 2\nclose\n"
    "revolve new to 360 about 0 0 0 1 0\n"
)
QUARTER = RING.replace("to 360", "to 90")


@pytest.mark.parametrize(
    ("text", "pattern", "turns"),
    [
        (RING, LinearPattern(Y, 5.0, 3, (1,)), 3),
        (RING, Mirror(Y, -3.0, None), 2),
        (QUARTER, PolarPattern(Y, (0.0, 0.0, 0.0), 3, 180.0, (1,)), 3 / 4),
        (QUARTER, Mirror(X, 0.0, (1,)), 2 / 4),
        (QUARTER, Mirror(Z, 0.0, (1,)), 2 / 4),
    ],
)
def test_what_was_turned_is_done_again_as_well(text, pattern, turns):
    """By Pappus: the way of the middle of an area, times the area."""
    sequence, volume = part(text, pattern), turns * 2 * math.pi * 12 * 4 * 2
    one, other = build(sequence), build(expanded(sequence))
    assert one is not None and one.volume == pytest.approx(volume, rel=1e-6)
    assert other is not None and other.volume == pytest.approx(volume, rel=1e-6)
    made, plain = manifolds.solid(sequence), manifolds.solid(expanded(sequence))
    assert manifolds.volume_of(made) == pytest.approx(volume, rel=3e-3)
    assert manifolds.iou(made, plain) > 0.999
    low, high = np.reshape(made.bounding_box(), (2, 3))
    points = np.random.default_rng(0).uniform(low, high, (20_000, 3))
    share = occupancy(sequence, points).mean()
    assert share * np.prod(high - low) == pytest.approx(volume, rel=0.06)


def test_a_round_edge_is_copied_with_the_body_and_not_by_itself():
    rounded = BAR + "fillet 2 end@1\n"
    assert validate(part(rounded)) == ()
    alone = part(rounded, Mirror(X, 20.0, (2,)))
    (found,) = validate(alone)
    assert "operation 2 is a fillet: of edges there is no copy" in found.problem
    with pytest.raises(BuildError, match=r"operation 3: operation 2 is a fillet, which cannot"):
        build(alone)
    one, both = build(part(rounded)), build(part(rounded, Mirror(X, 20.0, None)))
    assert one is not None and both is not None
    assert both.volume == pytest.approx(2 * one.volume, rel=1e-6)
    with pytest.raises(UnsupportedError, match="Fillet"):
        expanded(part(rounded, Mirror(X, 20.0, None)))


def test_a_quarter_turn_leaves_numbers_as_they_are():
    turned = expanded(part(PETAL, PolarPattern(Z, (0.0, 0.0, 0.0), 4, 360.0, (1,)))).operations
    planes = [op.plane.x_axis for op in turned if isinstance(op, Sketch)]
    assert planes == [X, Y, (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)]


def test_all_copies_of_an_operation_are_done_before_those_of_the_next():
    """Three bosses a little apart, then their holes: no boss fills the hole of a copy beside it."""
    solid = build(part(PIPE, LinearPattern(X, 2.0, 3, (3, 5))))
    # Bosses from 2 to 10 in x, holes from 3 to 9. A copy of the boss fills the first hole from 4
    # to 5, which was there before, and the copied holes, from 5 on, leave that standing.
    assert solid is not None
    assert solid.volume == pytest.approx(WHOLE + 8 * 4 * 5 - 6 * 2 * 15 + 1 * 2 * 5, rel=1e-7)


# --- what makes no sense --------------------------------------------------------------------------


def test_copies_that_touch_nothing_are_remarked():
    made = construct(part(BOSS, LinearPattern(X, 100.0, 2, (3,))))
    assert [(r.operation, r.kind) for r in made.remarks] == [(4, Senseless.TOUCHES_NOTHING)]
    assert str(made.remarks[0]) == "operation 4: the linear pattern touches nothing"
    some = construct(part(BOSS, LinearPattern(X, 18.0, 3, (3,))))  # the last one beside the plate
    assert [r.kind for r in some.remarks] == []  # from 38 to 42 mm: it touches the plate's end
    some = construct(part(BOSS, LinearPattern(X, 19.5, 3, (3,))))
    assert [(r.operation, r.kind) for r in some.remarks] == [(4, Senseless.TOUCHES_NOTHING)]
    chain = construct(part(BAR, LinearPattern(X, 10.0, 4, (1,)), Mirror(X, 40.0, None)))
    assert chain.remarks == ()
    rings = RING.replace("line 14 2", "line 14 4").replace("line 10 2", "line 10 4")
    chain = construct(part(rings, LinearPattern(Y, 4.0, 3, (1,)), LinearPattern(Y, 12.0, 2, None)))
    assert chain.remarks == ()


@pytest.mark.parametrize(
    "pattern",
    [
        Mirror(X, 5.0, (3,)),
        PolarPattern(Z, (5.0, 5.0, 0.0), 6, 360.0, (3,)),
        LinearPattern(Z, 50.0, 3, (3,)),
    ],
)
def test_copies_that_change_nothing_are_remarked_and_refused_where_that_is_asked(pattern):
    sequence = part(HOLED, pattern)
    made = construct(sequence)
    assert [(r.operation, r.kind) for r in made.remarks] == [(4, Senseless.CHANGES_NOTHING)]
    with pytest.raises(BuildError, match=rf"operation 4: the {pattern.name} changes nothing"):
        construct(sequence, strict_from=4)


WRONG = {
    "no operation": (Mirror(X, 0.0, ()), "the mirror does nothing again: it names no operation"),
    "itself": (Mirror(X, 0.0, (4,)), "the mirror names itself"),
    "a later one": (Mirror(X, 0.0, (7,)), "there is no operation 7 before it"),
    "one that there is none of": (Mirror(X, 0.0, (-1,)), "there is no operation -1 before it"),
    "a sketch": (
        LinearPattern(X, 5.0, 3, (0,)),
        "operation 0 is a sketch: it builds nothing that could be done again",
    ),
    "one place": (LinearPattern(X, 5.0, 1, (3,)), "the pattern has 1 places: expected 2 to 1000"),
    "too many": (
        PolarPattern(X, (0.0, 0.0, 0.0), 1001, 360.0, None),
        "has 1001 places: expected 2 to 1000",
    ),
    "no spacing": (LinearPattern(X, 0.0, 3, (3,)), "the spacing is 0 mm: expected more than 0"),
    "not a number": (LinearPattern(X, math.nan, 3, (3,)), "the spacing is nan mm"),
    "too far": (LinearPattern(X, 1e6, 12, (3,)), "the pattern reaches more than 10000000 mm"),
    "no angle": (PolarPattern(X, (0.0, 0.0, 0.0), 3, 0.0, None), "the angle is 0 degrees"),
    "too much": (PolarPattern(X, (0.0, 0.0, 0.0), 3, 400.0, None), "the angle is 400 degrees"),
    "a mirror far away": (Mirror(X, 2e7, None), "the mirror lies more than 10000000 mm"),
    "an axis far away": (
        PolarPattern(X, (0.0, 2e7, 0.0), 3, 360.0, None),
        "the axis lies more than 10000000 mm",
    ),
    "no direction": (LinearPattern((0.0, 0.0, 0.0), 5.0, 3, None), "direction 0 0 0 is no unit"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_and_named(name):
    pattern, said = WRONG[name]
    found = [finding for finding in validate(part(HOLED, pattern)) if finding.severity == "error"]
    assert any(said in finding.problem for finding in found), found
    assert all(finding.path.startswith("$.sequence[4]") for finding in found)


def test_what_is_named_twice_is_done_again_once_and_that_is_said():
    once, twice = (part(HOLED, LinearPattern(Y, 5.0, 3, of)) for of in ((3,), (3, 3)))
    assert [str(finding) for finding in validate(twice)] == [
        "warning at $.sequence[4].of[1]: operation 3 is named twice, and done again once"
    ]
    volumes = [solid.volume for solid in map(build, (once, twice)) if solid is not None]
    assert volumes[0] == pytest.approx(volumes[1], rel=1e-12)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_an_error_that_names_the_operation(name):
    sequence = part(HOLED, WRONG[name][0])
    with pytest.raises(BuildError, match="operation 4"):
        build(sequence)
    assert manifolds.volume_of(manifolds.solid(sequence)) == pytest.approx(WHOLE - HOLE, rel=2e-3)


def test_there_has_to_be_a_body_before_it_is_mirrored():
    sequence = CadSequence((decode(PLATE).operations[0], Mirror(X, 0.0, None)))
    assert any("there is no body yet that the mirror could" in str(f) for f in validate(sequence))
    with pytest.raises(BuildError, match="operation 1: there is no body yet that the mirror could"):
        build(sequence)


@pytest.mark.parametrize("of", [(0,), (9,)])
def test_copies_of_what_builds_nothing_cannot_be_told_one_by_one(of):
    with pytest.raises(InputError, match="at operation 4: the mirror does nothing again"):
        expanded(part(HOLED, Mirror(X, 0.0, of)))


# --- what is believed -----------------------------------------------------------------------------


def test_a_copy_that_is_somewhere_else_is_not_believed():
    """Law 13: what is known of the mirrored solid is not what is known of the first one."""
    solid = build(part(HOLED))
    assert solid is not None and solid.oracle is not None
    (motion,) = Mirror(X, 20.5, None).motions()
    assert moved(solid, motion).volume == pytest.approx(solid.volume)
    with pytest.raises(BooleanError, match="reaches out of the box"):
        believed(solid.shape, solid.oracle.moved(motion))


def test_the_whole_body_around_a_hole_in_its_middle_is_told_one_by_one():
    """The copied hole takes nothing: it is where a hole is already."""
    ring = "sketch 0 0 0 +z +x\ncircle 0 0 20\nextrude new to 5 0\n"
    hole = "sketch 0 0 5 +z +x\ncircle 0 0 4\nextrude cut to 0 0\n"
    arm = "sketch 0 0 0 +z +x\nloop 10 -2\nline 30 -2\nline 30 2\nline 10 2\nclose\n"
    text = ring + arm + "extrude join to 5 0\n" + hole
    sequence = part(text, PolarPattern(Z, (0.0, 0.0, 0.0), 3, 360.0, None))
    one, other = build(sequence), build(expanded(sequence))
    assert one is not None and other is not None
    assert one.volume == pytest.approx(other.volume, rel=1e-7)


def test_a_history_without_patterns_is_expanded_to_itself():
    assert expanded(part(HOLED)) == part(HOLED)


def test_many_copies_cost_one_boolean():
    """A row of 60 holes: each is cut, and what is known of them is exact."""
    text = PLATE.replace("40", "600").replace("30", "10").replace("to 10", "to 4")
    hole = "sketch 0 0 4 +z +x\ncircle 5 5 2\nextrude cut to 0 0\n"
    sequence = part(text + hole, LinearPattern(X, 10.0, 60, (3,)))
    solid = build(sequence)
    volume = 600 * 10 * 4 - 60 * math.pi * 4 * 4
    assert solid is not None and solid.volume == pytest.approx(volume, rel=1e-8)


def test_building_leaves_a_pattern_as_it_is_and_gives_the_same_twice():
    sequence = part(PIPE, LinearPattern(X, 8.0, 3, (3, 5)))
    before = replace(sequence)
    one, two = build(sequence), build(sequence)
    assert sequence == before and one is not None and two is not None
    assert one.volume == two.volume


def test_patterns_of_patterns_have_a_limit_together():
    text = f"{PLATE}linear +x 50 200 all\nlinear +y 50 200 all\n"
    problem = "the linear pattern makes 39800 copies: expected at most 20000"
    assert problem in [found.problem for found in validate(decode(text))]
    for room in (build, expanded):
        with pytest.raises((BuildError, InputError), match="at most 20000"):
            room(decode(text))
