"""Fillets, chamfers, holes, revolves and patterns around an axis by habit; which idea is taken."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cadcomplete.completion import conditional
from cadcomplete.completion.proposing import LIKELIEST, PROPOSE
from cadcomplete.completion.standing import standing
from cadcomplete.completion.usual_blends import OF_BLENDS, blend_facts, edge_groups, usual_fillets
from cadcomplete.completion.usual_holes import usual_holes
from cadcomplete.completion.usual_revolves import usual_revolves
from cadcomplete.completion.usual_turns import OF_TURNS, turn_facts, usual_turns
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edges import EdgePoint, EdgePredicate, read_edge
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Boolean
from cadcomplete.history.patterns import PolarPattern
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import construct
from cadcomplete.kernel.naming.labels import labelled
from cadcomplete.kernel.naming.naming import meant_by
from cadcomplete.kernel.naming.topology import edges_of
from cadcomplete.language.lines import decode

PLATE = """sketch 0 0 0 +z +x
loop -40 -20
line 40 -20
line 40 20
line -40 20
close
extrude new to 10 0
"""
THREE = """sketch 0 0 10 +z +x
circle 30 10 2
circle -30 10 2
circle 30 -10 2
extrude cut to 0 0 1 2
"""
SHAFT = """sketch 0 0 0 -y +x
loop 0 0
line 10 0
line 10 30
line 0 30
close
"""


@pytest.fixture(scope="module")
def plate() -> CadSequence:
    return decode(PLATE)


def usual(kind: type, given: CadSequence) -> list[Any]:
    return list(PROPOSE[kind].usual(given, ()))


# --- which idea is taken --------------------------------------------------------------------------


def test_what_is_taken_three_times_in_four_has_three_times_the_chance():
    """Of two ideas that differ in one fact: e^weight = 3 without a penalty."""
    facts, right, wrong = np.array([[1.0], [0.0]]), np.array([True, False]), np.array([False, True])
    cases = [(facts, right)] * 3 + [(facts, wrong)]
    found = conditional.fit(cases, ("a",), most=1, penalty=1e-9)
    assert found.weight[0] / found.spread[0] == pytest.approx(math.log(3), rel=1e-4)
    assert found.right == pytest.approx(0.75)
    assert found.probabilities(facts) == pytest.approx([0.75 * 0.75, 0.75 * 0.25], rel=1e-4)


def test_where_no_idea_is_right_the_order_is_not_learned_but_the_share_is():
    facts, right, none = np.array([[1.0], [0.0]]), np.array([True, False]), np.zeros(2, bool)
    one = conditional.fit([(facts, right)], ("a",), most=2)
    two = conditional.fit([(facts, right), (facts, none)], ("a",), most=2)
    assert two.weight == pytest.approx(one.weight)
    assert (one.right, two.right) == (1.0, 0.5)


def test_many_right_ideas_count_as_one():
    """Two of three are right: alike, so they share what is taken."""
    facts = np.array([[1.0], [1.0], [0.0]])
    found = conditional.fit([(facts, np.array([True, True, False]))], ("a",), most=1)
    first, second, third = found.probabilities(facts)
    assert first == pytest.approx(second) and first > third


# --- fillets and chamfers -------------------------------------------------------------------------


def test_the_uprights_of_a_plate_are_among_the_edges_that_are_thought_of(plate):
    names = [group.names for group in edge_groups(standing(plate))]
    assert (read_edge("side@1"),) in names and len(set(names)) == len(names)


def test_all_edges_that_are_thought_of_are_named_in_words_that_the_kernel_understands(plate):
    made = construct(plate).solid
    assert made is not None
    labels = labelled(edges_of(made.shape), plate.operations)
    counts = [
        int(meant_by(labels, name).sum())
        for group in edge_groups(standing(plate))
        for name in group.names
        if isinstance(name, EdgePredicate)
    ]
    assert max(counts) == 12 and counts.count(4) > 4


def test_a_fillet_is_done_again_on_the_other_side(plate):
    one = Fillet(3.0, (EdgePoint((40.0, -20.0, 5.0)),))
    given = CadSequence((*plate.operations, one))
    others = [g.names for g in edge_groups(standing(given)) if g.way == "other side"]
    assert (EdgePoint((-40.0, -20.0, 5.0)),) in others
    assert (EdgePoint((40.0, 20.0, 5.0)),) in others


def test_the_size_before_comes_first(plate):
    one = Fillet(3.7, (read_edge("side@1"),))
    given = CadSequence((*plate.operations, one))
    assert next(usual_fillets(given, ())).radius == 3.7
    column = OF_BLENDS.index("the size before")
    ideas = [Fillet(3.7, one.edges), Fillet(1.0, one.edges), Chamfer((3.7, 3.7, False), one.edges)]
    assert blend_facts(ideas, given)[:, column].tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("kind", [Fillet, Chamfer])
def test_of_nothing_no_edge_is_thought_of_and_of_a_plate_few_ideas(kind, plate):
    assert usual(kind, CadSequence(())) == []
    found = usual(kind, plate)
    assert 0 < len(found) <= LIKELIEST
    assert not any(one for idea in found for one in idea.problems(plate.operations, path="$"))


# --- holes ----------------------------------------------------------------------------------------


def test_the_fourth_hole_is_in_the_corner_that_is_free():
    given = decode(PLATE + THREE)
    assert any(
        hole.centers == ((-30.0, -10.0),) and hole.plane.normal == (0.0, 0.0, 1.0)
        for hole in usual_holes(given, ())
    )


def test_a_hole_as_before_goes_on_where_something_is_round(plate):
    before = Hole(decode(THREE).operations[0].plane, 7.3, None, ((0.0, 0.0),))  # type: ignore[union-attr]
    given = CadSequence((*decode(PLATE + THREE).operations, before))
    found = list(usual_holes(given, ()))
    assert any(h.diameter == 7.3 and h.centers == ((30.0, 10.0),) for h in found)


def test_holes_begin_on_outer_faces_and_go_into_the_part(plate):
    for hole in usual_holes(plate, ()):
        height = {(0.0, 0.0, 1.0): 10.0, (0.0, 0.0, -1.0): 0.0}[hole.plane.normal]
        assert hole.plane.origin[2] == pytest.approx(height)
    assert usual(Hole, CadSequence(())) == []


# --- revolves -------------------------------------------------------------------------------------


def test_a_profile_on_the_y_axis_is_turned_all_around_it():
    first = usual(Revolve, decode(SHAFT))[0]
    assert first.full and abs(first.axis.direction[1]) == 1.0
    assert first.boolean is Boolean.NEW_BODY and first.axis.local((0.0, 0.0))[1] == 0.0


def test_what_no_axis_leaves_on_one_side_is_not_turned_about_it():
    """A plate around its origin has the x and y axis within: only its own lines are left."""
    whole = decode(PLATE.rpartition("extrude")[0])
    axes = {revolve.axis.point for revolve in usual_revolves(whole, ())}
    assert axes and (0.0, 0.0) not in axes


def test_where_no_sketch_waits_nothing_is_turned(plate):
    assert usual(Revolve, plate) == usual(Revolve, CadSequence(())) == []


# --- around an axis -------------------------------------------------------------------------------


def test_a_base_of_six_corners_has_the_symmetry_of_six():
    corners = [(20 * math.cos(math.pi * k / 3), 20 * math.sin(math.pi * k / 3)) for k in range(6)]
    lines = "".join(f"line {x:.6f} {y:.6f}\n" for x, y in corners[1:])
    hexagon = f"sketch 0 0 0 +z +x\nloop {corners[0][0]:.6f} 0\n{lines}close\nextrude new to 5 0\n"
    given = decode(hexagon + "sketch 0 0 5 +z +x\ncircle 12 0 2\nextrude cut to 0 0\n")
    column = OF_TURNS.index("the base has that symmetry")
    turns = [PolarPattern((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), n, 360.0, (3,)) for n in (2, 3, 4, 6)]
    assert turn_facts(turns, given)[:, column].tolist() == [1.0, 1.0, 0.0, 1.0]
    assert len(list(usual_turns(given, ()))) > LIKELIEST
