"""What is likely with nothing shown: mirrors and patterns, and kinds without a word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cadcomplete.completion.counted import FILE, Regression, counted
from cadcomplete.completion.kinds import OF_GIVEN, given_facts, kinds_of
from cadcomplete.completion.proposing import LIKELIEST, PROPOSE, USUAL_KINDS
from cadcomplete.completion.ranking import Weights
from cadcomplete.completion.standing import standing
from cadcomplete.completion.usual_copies import groups
from cadcomplete.errors import CheckpointError
from cadcomplete.history.motions import turning
from cadcomplete.history.operations import OPERATIONS
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import decode

PLATE = """sketch 0 0 0 +z +x
loop -40 -20
line 40 -20
line 40 20
line -40 20
close
extrude new to 10 0
sketch 0 0 10 +z +x
circle 30 0 4
extrude join to 18 0
"""
DISC = """sketch 0 0 0 +z +x
circle 0 0 50
extrude new to 8 0
sketch 0 0 8 +z +x
circle 40 0 3
extrude cut to 0 0
"""
LEARNED = ("sketch", "loop", "line", "arc", "close", "circle", "extrude")


@pytest.fixture(scope="module")
def plate():
    return decode(PLATE)


@pytest.fixture(scope="module")
def disc():
    return decode(DISC)


def usual(kind, given) -> list[Any]:
    return list(PROPOSE[kind].usual(given, ()))


def test_a_boss_beside_the_middle_is_mirrored_about_the_middle_first(plate):
    first = usual(Mirror, plate)[0]
    assert (first.normal, first.position, first.of) == ((1.0, 0.0, 0.0), 0.0, (3,))


def test_a_hole_of_a_disc_goes_evenly_all_around_its_axis(disc):
    first = usual(PolarPattern, disc)[0]
    assert first.axis == (0.0, 0.0, 1.0) and first.angle == 360.0
    away = turning(first.point, first.axis, 90.0).apply(np.zeros((1, 3)))
    assert np.allclose(away, 0) and 3 in (first.of or (3,))


def test_a_row_leads_to_as_far_from_the_other_end(plate):
    """The boss is at x = 30 of -40 to 40: its last place is x = -30, 60 mm away."""
    rows = usual(LinearPattern, plate)
    assert any(
        one.direction == (-1.0, 0.0, 0.0) and one.spacing * (one.count - 1) == pytest.approx(60)
        for one in rows
    )


@pytest.mark.parametrize("kind", [Mirror, LinearPattern, PolarPattern])
def test_what_is_usual_is_few_different_and_the_likeliest_first(plate, disc, kind):
    for given in (plate, disc):
        found = usual(kind, given)
        chances = PROPOSE[kind].chances(found, given)
        assert 0 < len(found) <= LIKELIEST and len(set(found)) == len(found)
        assert (np.diff(chances) <= 1e-12).all() and (chances > 0).all() and (chances < 1).all()
        assert not any(problem for one in found for problem in one.wrong(given.operations))


@pytest.mark.parametrize("kind", [Mirror, LinearPattern, PolarPattern])
def test_of_nothing_nothing_is_done_again(kind):
    assert usual(kind, CadSequence(())) == []


def test_a_mirrored_boss_is_done_again_with_its_mirror_or_alone(plate):
    mirrored = CadSequence((*plate.operations, Mirror((1.0, 0.0, 0.0), 0.0, (3,))))
    assert groups(standing(mirrored))[:2] == [(3, 4), (3,)]


def test_boxes_say_where_each_operation_works(plate):
    there = standing(plate)
    assert there.before(3) == pytest.approx(np.array([[-40, -20, 0], [40, 20, 10]]))
    assert there.changed(3) == pytest.approx(np.array([[26, -4, 10], [34, 4, 18]]))
    assert there.part == pytest.approx(np.array([[-40, -20, 0], [40, 20, 18]]))
    mirror = CadSequence((*plate.operations, Mirror((1.0, 0.0, 0.0), 0.0, (3,))))
    assert standing(mirror).changed(4) == pytest.approx(np.array([[-34, -4, 10], [-26, 4, 18]]))


def test_a_cut_works_within_the_part(disc):
    through = disc.operations[3]
    longer = replace(through, extent=replace(through.extent, distance=-100.0))  # type: ignore[union-attr, call-arg]
    cut = CadSequence((*disc.operations[:3], longer))
    assert standing(cut).changed(3) == pytest.approx(np.array([[37, -3, 0], [43, 3, 8]]))


# --- kinds ----------------------------------------------------------------------------------------


def test_kinds_without_a_word_share_what_was_counted_and_all_are_one(plate):
    chances = {"sketch": 0.6, "extrude": 0.2}
    found = kinds_of(plate, chances, LEARNED)
    assert sum(found.values()) == pytest.approx(1.0)
    assert found["sketch"] == pytest.approx(3 * found["extrude"])
    assert set(found) == set(OPERATIONS)


def test_after_a_boss_beside_the_middle_a_mirror_is_likelier_than_where_a_sketch_waits(plate):
    chances = {"sketch": 0.8, "extrude": 0.2}
    boss = kinds_of(plate, chances, LEARNED)
    waits = kinds_of(truncate(plate, 3), chances, LEARNED)
    assert boss["mirror"] > 0.02 > 0.01 > waits["mirror"]


def test_what_a_model_has_learned_is_not_counted_and_nothing_needs_what_is_not_there(plate):
    assert kinds_of(plate, {"sketch": 0.5, "mirror": 0.5}, (*LEARNED, "mirror"))["mirror"] < 0.51
    assert kinds_of(CadSequence(()), {"sketch": 1.0}, LEARNED) == {"sketch": 1.0}


def test_a_sketch_that_is_being_drawn_has_no_other_kind_beside_it(plate):
    open_sketch = truncate(plate, 2, curves=0)
    assert kinds_of(open_sketch, {"circle": 1.0}, LEARNED) == {}


class Says:
    """Evidence that makes one kind e² times as likely."""

    def kinds(self, given):
        return {Mirror: 2.0}


def test_what_is_shown_adds_its_nats_to_kinds(plate):
    chances = {"sketch": 1.0}
    before = kinds_of(plate, chances, LEARNED)
    after = kinds_of(plate, chances, LEARNED, (Says(),))  # type: ignore[arg-type]
    ratio = (after["mirror"] / after["sketch"]) / (before["mirror"] / before["sketch"])
    assert ratio == pytest.approx(np.exp(2.0))


# --- what was counted -----------------------------------------------------------------------------


def test_what_was_counted_is_of_the_facts_that_are_told(plate):
    assert counted().counted_on
    for facts in (regression.facts for regression in counted().kinds.values()):
        assert facts == OF_GIVEN
    assert given_facts(plate).shape == (len(OF_GIVEN),)
    for command, one in USUAL_KINDS.items():
        assert counted().ideas[command].facts == tuple(one.names)
        found = list(one.ideas(plate, ()))
        assert one.facts(found, plate).shape == (len(found), len(one.names)) or not found


def test_facts_that_were_not_counted_are_refused():
    one = Regression(("a", "b"), Weights((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), 0.0))
    assert one.probabilities(np.array([[0.0, 5.0]]), ("a", "b")) == pytest.approx([0.5])
    with pytest.raises(CheckpointError, match="other facts"):
        one.probabilities(np.zeros((1, 2)), ("b", "a"))


def test_what_was_counted_is_written_as_it_is_read(tmp_path):
    counted().save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == FILE.read_text()
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(CheckpointError, match="nothing counted"):
        counted(tmp_path / "bad.json")
