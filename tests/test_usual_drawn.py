"""Later sketches and extrudes that are usual: what is thought of, and what is known of it."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import PLATE

from cadcomplete.completion.usual_drawings import rectangle
from cadcomplete.completion.usual_extrudes import (
    OF_EXTRUDES,
    extrude_chances,
    extrude_facts,
    thought_extrudes,
)
from cadcomplete.completion.usual_numbers import INCHES, STEPS, units_of, unround
from cadcomplete.completion.usual_planes import views
from cadcomplete.completion.usual_sketches import (
    OF_SKETCHES,
    likely,
    sketch_chances,
    sketch_facts,
    thoughts,
    usual_sketches,
)
from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import XY, Plane
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Profile, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.metrics.operations import target

BOSS = PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude join to 16 0\n"


@pytest.fixture(scope="module")
def plate():
    return decode(PLATE)


@pytest.fixture(scope="module")
def boss():
    return decode(BOSS)


def taken_for(text: str) -> set[str]:
    """What the last sketch of a text is taken for; nothing if nobody thinks of it."""
    whole = decode(text)
    given = len(whole.operations) - 1
    truth = target(whole, given)
    before = CadSequence(whole.operations[:given])
    return {t.drawing.kind for t in thoughts(before) if truth.overlap(t.sketch) >= 0.95}


@pytest.mark.parametrize(
    ("drawn", "kind"),
    [
        ("circle 20 15 5", "one loop"),  # the hole again, on the top
        ("circle 20 15 7.5", "circle around"),  # a usual radius around the hole
        ("circle 20 15 5\ncircle 20 15 7.5", "ring"),
        ("loop 2 2\nline 38 2\nline 38 28\nline 2 28\nclose", "offset"),
        ("loop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose", "outer loops"),
        ("circle 3.3 4.4 5.5", None),
    ],
)
def test_what_is_drawn_on_a_plate_is_taken_for_what_it_is(drawn, kind):
    found = taken_for(f"{PLATE}sketch 0 0 10 +z +x\n{drawn}\n")
    assert kind in found if kind else not found


def test_a_boss_beside_the_middle_is_drawn_again_across_the_middle():
    """It stands at x = 8 of 0 to 40."""
    assert "mirrored" in taken_for(f"{BOSS}sketch 0 0 10 +z +x\ncircle 32 8 4\n")


def test_third_circles_in_a_row_lie_as_far_on_as_the_second():
    second = "sketch 0 0 10 +z +x\ncircle 13 9 4\nextrude join to 16 0\n"
    third = f"{BOSS}{second}sketch 0 0 10 +z +x\ncircle 18 10 4\n"
    assert "in a row" in taken_for(third)


def test_sketches_may_lie_on_ends_sides_and_origin_planes(plate):
    found = {view.place: 0 for view in views(plate)}
    for view in views(plate):
        found[view.place] += 1
    assert found == {"end": 1, "start": 1, "side": 4}  # its start and two sides are origin planes
    assert next(view for view in views(plate) if view.place == "end").box == (0, 0, 40, 30)


def test_before_anything_is_drawn_nobody_thinks_of_a_later_sketch():
    assert thoughts(CadSequence(())) == [] and list(usual_sketches(CadSequence(()))) == []
    assert sketch_facts([]).shape == (0, len(OF_SKETCHES))


def test_usual_sketches_are_different_and_the_likeliest_come_first(boss):
    found = likely(boss)
    assert (np.diff(found.chances) <= 1e-12).all() and found.chances[0] < 1
    assert sketch_facts(found.thoughts[:50]).shape == (50, len(OF_SKETCHES))
    assert np.isfinite(sketch_facts(found.thoughts)).all()
    said = [(t.view.plane, t.drawing.loops) for t in found.thoughts]
    assert len(set(said)) == len(said)


def test_a_sketch_that_a_model_draws_is_as_probable_as_the_one_that_is_the_same(boss):
    """Also seen from behind, and drawn from another corner."""
    first = likely(boss).thoughts[0].sketch
    x, y, z = first.plane.normal
    turned = Plane(first.plane.origin, (-x, -y, -z), first.plane.x_axis)
    behind = Sketch(turned, tuple(loop.mirrored() for loop in first.loops))
    other = Sketch(first.plane, (rectangle((1.1, 2.2, 3.3, 4.5)),))
    same, seen, rare = sketch_chances([first, behind, other], boss)
    assert same == seen == likely(boss).chances[0] and rare < same


# --- extrudes -------------------------------------------------------------------------------------


def facts(extrude: Extrude, given: CadSequence) -> dict[str, float]:
    return dict(zip(OF_EXTRUDES, extrude_facts([extrude], given)[0].tolist(), strict=True))


@pytest.fixture(scope="module")
def twin():
    """The same boss is drawn once more, 16 mm beside the first."""
    return decode(BOSS + "sketch 0 0 10 +z +x\ncircle 24 8 4\n")


def swept(distance: float, boolean: Boolean) -> Extrude:
    return Extrude((Profile(4, 0),), Extent(ExtentType.ONE_SIDED, distance), boolean)


def test_it_is_known_whether_an_extrude_is_as_its_twin(twin):
    same = facts(swept(6.0, Boolean.JOIN), twin)
    assert same["as its twin"] == same["as the last"] == same["ends where the last ended"] == 1.0
    assert facts(swept(7.0, Boolean.JOIN), twin)["as its twin, other height"] == 1.0
    assert facts(swept(-6.0, Boolean.CUT), twin)["unlike its twin"] == 1.0


def test_it_is_known_where_an_extrude_ends(twin):
    """The plate lies 10 mm below the sketch, the boss 6 mm above it."""
    through = facts(swept(-10.0, Boolean.CUT), twin)
    assert through["ends at the far side"] == through["ends there"] == through["cuts into"] == 1.0
    assert through["cuts away"] == through["goes beyond"] == 0.0
    assert facts(swept(8.0, Boolean.JOIN), twin)["as a diameter"] == 1.0


def test_the_same_boss_is_made_as_high_as_its_twin(twin):
    found = [e for e in thought_extrudes(twin) if e.boolean is Boolean.JOIN]
    best = found[int(np.argmax(extrude_chances(found, twin)))]
    assert best.extent == Extent(ExtentType.ONE_SIDED, 6.0)


def test_a_first_sketch_is_extruded_all_of_it_and_away_from_its_plane():
    given = CadSequence(decode(PLATE).operations[:1])
    found = thought_extrudes(given)
    assert {e.boolean for e in found} == {Boolean.NEW_BODY}
    chances = extrude_chances(found, given)
    best = found[int(np.argmax(chances))]
    assert best.profiles == (Profile(0, 0, (1,)),) and best.extent.distance > 0
    assert (chances > 0).all() and (chances < 1).all() and extrude_chances([], given).shape == (0,)


def test_what_is_no_sketch_is_not_extruded():
    assert thought_extrudes(CadSequence(())) == []
    assert XY not in {view.plane for view in views(CadSequence(()))}
    assert isinstance(rectangle((0, 0, 1, 1)).curves[0].start, tuple) and Circle((0, 0), 1).closed


def test_lengths_are_round_in_the_unit_of_whoever_drew_them():
    """12.7 is half an inch, and no round number of millimetres."""
    inches = units_of((25.4, 12.7, 6.35))
    assert inches.steps is INCHES and inches.roundness == 1.0  # 1, 1/2, 1/4 of an inch
    assert units_of((10.0, 20.0, 12.5)).steps is STEPS
    assert unround(12.7, INCHES) < unround(12.7, STEPS) < unround(12.3456, STEPS)
