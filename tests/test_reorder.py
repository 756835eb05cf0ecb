"""Independent operations in another order: the same solid, and what depends stays in its place."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import PLATE

from cadcomplete.data.reorder import reorder, variant_order
from cadcomplete.data.unblended import unblended
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import iou, solid

HOLES = PLATE + "".join(
    f"sketch 0 0 10 +z +x\ncircle {x} 5 1.5\nextrude cut to -{depth} 0\n"
    for x, depth in ((5, 10), (15, 4), (25, 6))
)


def orders(text: str) -> set[CadSequence]:
    sequence = decode(text)
    return {reorder(sequence, np.random.default_rng(seed)) for seed in range(40)}


def test_three_holes_come_in_every_order_and_the_plate_stays_first():
    found = orders(HOLES)
    assert len(found) == 6
    assert {sequence.operations[:2] for sequence in found} == {decode(PLATE).operations}


def test_the_solid_is_the_same_and_every_extrude_has_its_sketch():
    before = solid(decode(HOLES))
    for sequence in orders(HOLES):
        assert iou(before, solid(sequence)) == pytest.approx(1.0, abs=1e-9)
        assert not [f for f in validate(sequence) if f.severity == "error"]


def test_what_adds_does_not_change_places_with_what_cuts():
    boss = "sketch 0 0 10 +z +x\ncircle 30 22 4\nextrude join to 5 0\n"
    text = PLATE + "sketch 0 0 10 +z +x\ncircle 5 5 2\nextrude cut to -10 0\n" + boss
    assert orders(text) == {decode(text)}


def test_a_part_of_one_sketch_stays_as_it_is():
    assert orders(PLATE) == {decode(PLATE)}


def test_the_first_variant_keeps_its_order_and_others_are_reordered_as_often_as_asked():
    sequence = decode(HOLES)
    chosen = [variant_order(sequence, n, seed=0, share=0.25) is not None for n in range(800)]
    assert not chosen[0]
    assert 0.2 < np.mean(chosen) < 0.3
    assert not any(variant_order(sequence, n, seed=0, share=0.0) for n in range(50))


def test_a_sketch_that_is_extruded_again_later_stays_in_its_place():
    """The middle hole is deepened at the end, so only what stands beside each other may move."""
    found = orders(HOLES + "extrude cut to 2 @1:0\n")
    assert {sequence.operations[4:6] for sequence in found} == {decode(HOLES).operations[4:6]}


FACED = (
    PLATE
    + """\
sketch 0 0 0 +x +y
circle 5 5 1
extrude cut to 5 0
sketch 0 0 0 +y +x
circle 5 -5 1
extrude cut {end} 0
"""
)


@pytest.mark.parametrize("end", ["to through", "to next"])
def test_what_ends_where_the_part_says_keeps_its_place(end):
    drawn = decode(FACED.format(end=end))
    assert orders(FACED.format(end=end)) == {drawn}
    assert len(orders(FACED.format(end="to 5"))) == 2


def test_a_face_that_an_extrude_ends_at_is_named_where_its_operation_stands_now():
    text = f"{PLATE}fillet 1 side@1/0.0\nsketch 0 0 20 +z +x\ncircle 9 9 2\n"
    rounded = decode(f"{text}extrude join to face end@3 0\n")
    sharp, kept = unblended(rounded)
    assert kept == (0, 1, 3, 4)
    assert sharp.operations[-1].extent.until.face.operation == 1
