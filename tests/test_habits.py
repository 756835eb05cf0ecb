"""Sketches that designers would think of: on planes that are there, around middles that are."""

from __future__ import annotations

import pytest
from conftest import PLATE

from cadcomplete.completion.ideas import ideas
from cadcomplete.completion.usual import known_planes
from cadcomplete.completion.usual_drawings import RADII
from cadcomplete.completion.usual_sketches import usual_sketches
from cadcomplete.history.curves import Circle
from cadcomplete.history.operations import Sketch
from cadcomplete.language.lines import decode
from cadcomplete.metrics.operations import target

BOSS = "sketch 0 0 10 +z +x\ncircle 20 15 12.5\nextrude join to 18 0\n"
BEHIND = "sketch 0 0 0 -z +x\ncircle 20 -15 9\nextrude cut to 4 0\n"


def hit_by_habit(text: str, given: int) -> bool:
    sequence = decode(text)
    truth = target(sequence, given)
    kept = decode(text).operations[:given]
    found = usual_sketches(type(sequence)(kept))
    return any(truth.overlap(sketch) >= 0.95 for sketch in found)


def test_the_planes_of_a_plate_are_its_top_and_its_bottom():
    planes = known_planes(decode(PLATE))
    assert [plane.offset for plane in planes] == [10.0, 0.0]
    assert len({plane.normal for plane in planes}) == 1


def test_a_round_boss_around_a_hole_is_thought_of():
    assert hit_by_habit(PLATE + BOSS, 2)


def test_a_sketch_from_behind_is_the_same_place_seen_from_there():
    assert hit_by_habit(PLATE + BEHIND, 2)


@pytest.mark.parametrize("radius", [0.4, 33.0])
def test_circles_much_smaller_or_larger_than_what_is_there_are_not(radius):
    assert not hit_by_habit(PLATE + BOSS.replace("12.5", str(radius)), 2)


def test_what_was_drawn_is_drawn_again_on_another_plane_whole_and_loop_by_loop():
    given = decode(PLATE)
    (first,) = [op for op in given.operations if isinstance(op, Sketch)]
    found = [sketch.loops for sketch in usual_sketches(given)]
    assert first.loops in found
    assert all((loop,) in found for loop in first.loops)


def test_circles_have_usual_radii_or_those_that_are_there_or_half_and_twice_these():
    found = [s.loops for s in usual_sketches(decode(PLATE.replace("15 5", "15 4.321")))]
    circles = [loops[0].curves[0] for loops in found if len(loops) == 1]
    radii = {circle.radius for circle in circles if isinstance(circle, Circle)}
    assert {4.321, 2.1605, 8.642} <= radii and len(radii & set(RADII)) > 20


@pytest.mark.parametrize(("drawn", "kind"), [(True, "sketch"), (False, "extrude")])
def test_ideas_are_of_the_kind_that_comes_next(drawn, kind):
    given = decode(PLATE) if drawn else decode("".join(PLATE.splitlines(keepends=True)[:-1]))
    found = ideas(given, (), kind)
    assert all(isinstance(idea.operation, Sketch) == drawn for idea in found)
    assert len({idea.text for idea in found}) == len(found) > 20
