"""Parts with other dimensions: equal ones stay equal, no loop is harmed, numbers stay exact."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from cadcomplete.clouds.circles import Round
from cadcomplete.clouds.measured import ShapeMeasures
from cadcomplete.data.stretch import FACTORS, Stretch, stretch
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes.manifolds import solid

BOX = "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 20\nline 0 20\nclose\nextrude new to 10 0\n"
HOLES = BOX + "sketch 0 0 10 +z +x\n" + "".join(f"circle {x} 10 3\n" for x in (10, 20, 30))
HOLES += "extrude cut to 0 0 1 2\n"


def stretched(sequence: CadSequence, *, seeds: int = 60) -> list[tuple[Stretch, CadSequence]]:
    found = []
    for seed in range(seeds):
        change = stretch(sequence, np.random.default_rng(seed))
        if change is not None and (other := change.applied(sequence)) is not None:
            found.append((change, other))
    return found


def test_a_box_has_another_length_width_or_height_by_a_round_factor():
    size = solid(decode(BOX)).volume()
    ratios = {round(solid(other).volume() / size, 9) for _, other in stretched(decode(BOX))}
    assert len(ratios) > 5 and ratios <= set(FACTORS)


def test_every_kind_of_change_is_drawn():
    axes = Counter(
        axis for change, _ in stretched(decode(BOX)) for axis in range(3) if change.changes[axis]
    )
    assert set(axes) == {0, 1, 2}


def test_equal_distances_stay_equal_and_circles_keep_their_size():
    for change, other in stretched(decode(HOLES)):
        circles = [loop.curves[0] for loop in other.operations[2].loops]
        x = [circle.center[0] for circle in circles]
        assert [circle.radius for circle in circles] == [3, 3, 3]
        if change.changes[0]:  # 10 mm from the edge and from each other: all four, or none
            assert x == pytest.approx([x[0], 2 * x[0], 3 * x[0]]) and x[0] != 10


def test_what_is_round_or_slanted_is_moved_and_never_bent():
    part = decode(
        "sketch 0 0 0 +z +x\nloop 0 0\nline 20 0\nline 25 5\nline 25 20\narc 20 25 90\n"
        "line 0 25\nclose\nextrude new to 4 0\n"
    )
    found = stretched(part)
    assert found
    for _, other in found:
        (loop,) = other.operations[0].loops
        slanted, arc = loop.curves[1], loop.curves[3]
        assert np.subtract(slanted.end, slanted.start).tolist() == [5, 5]
        assert arc.radius == pytest.approx(5) and arc.sweep == pytest.approx(90)


def test_nothing_is_stretched_that_is_tilted_or_full_of_circles():
    tilted = decode("sketch 0 0 0 0 0.6 0.8 +x\ncircle 0 0 5\nextrude new to 4 0\n")
    assert not stretched(tilted)
    round_one = decode("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 4 0\n")
    assert all(not change.changes[0] + change.changes[1] for change, _ in stretched(round_one))


def test_a_symmetric_extrude_stays_one_or_the_part_stays():
    part = decode(BOX + "sketch 0 10 0 -y +x\ncircle 20 5 2\nextrude cut sym 10 0\n")
    for change, other in stretched(part):
        assert not change.changes[1] or other.operations[3].extent.distance != 10
    lopsided = Stretch(((), ((15.0, 5.0),), ()))
    assert lopsided.applied(part) is None


def test_examples_stay_valid_and_their_numbers_exact(example_sequences):
    found = [pair for part in example_sequences for pair in stretched(part, seeds=20)]
    assert len(found) > 40
    for _, other in found:
        text = encode(other).text
        assert encode(decode(text)).text == text
        assert not [f for f in validate(other) if f.severity == "error"]


def test_measures_are_stretched_with_the_part():
    change = Stretch((((15.0, 5.0),), (), ()))
    holes = (Round(2, (10.0, 10.0), 3.0, hole=True), Round(2, (30.0, 10.0), 3.0, hole=True))
    found = ShapeMeasures(((0.0, 40.0), (0.0, 20.0), (0.0, 10.0)), holes).stretched(change.place)
    assert found.levels == ((0.0, 45.0), (0.0, 20.0), (0.0, 10.0))
    assert [one.center for one in found.rounds] == [(10.0, 10.0), (35.0, 10.0)]
    assert [one.radius for one in found.rounds] == [3.0, 3.0]
