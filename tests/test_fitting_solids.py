"""The analytic inside test: against hand-computed points, the kernel, and its numpy twin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cadcomplete.errors import GeometryError
from cadcomplete.fitting import occupancy
from cadcomplete.fitting.flat.regions import inside_loop, inside_loops
from cadcomplete.fitting.space.winding import sums_loops, sums_numpy, winding
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import BoundingBox
from cadcomplete.history.inside import chords_and_caps, odd_crossings
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Loop, Profile
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import build
from cadcomplete.kernel.measure import bounding_box
from cadcomplete.language.lines import decode

SLOT = Loop((Line((0, 0), (4, 0)), Arc((4, 0), (5, 1), (4, 2)), Line((4, 2), (0, 2)),
             Arc((0, 2), (-1, 1), (0, 0))))  # fmt: skip
PLATE = (
    "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\ncircle 10 10 4\n"
    "extrude new to 5 0/1\n"
)


def test_a_slot_holds_what_is_between_its_arcs():
    points = np.array([[-0.9, 1], [-1.1, 1], [4.99, 1], [5.01, 1], [4.8, 1.7], [2, 1], [2, 2.1]])
    assert inside_loop(SLOT, points).tolist() == [True, False, True, False, False, True, False]


def test_an_arc_may_be_larger_than_half_a_circle():
    keyhole = Loop((Arc.from_sweep((0.0, -1.0), (0.0, 1.0), 270.0), Line((0, 1), (0, -1))))
    # The centre lies one to the right of the chord, the radius is the root of two.
    points = np.array([[1, 0], [1 + 1.41, 0], [1 + 1.42, 0], [-0.1, 0], [0.1, 0]])
    assert inside_loop(keyhole, points).tolist() == [True, True, False, False, True]


def test_a_cap_that_points_inwards_is_taken_away():
    bite = Loop((Line((0, 0), (4, 0)), Line((4, 0), (4, 4)), Arc((4, 4), (2, 2), (0, 4)),
                 Line((0, 4), (0, 0))))  # fmt: skip
    points = np.array([[2, 1.9], [2, 2.1], [0.1, 3.2], [3.9, 0.1]])
    assert inside_loop(bite, points).tolist() == [True, False, True, True]


@pytest.mark.parametrize("loop", [SLOT, Loop((Circle((1, 2), 3),))])
def test_numpy_and_loops_agree(loop):
    points = np.random.default_rng(0).uniform(-3, 6, (500, 2))
    segments, caps = chords_and_caps(loop)
    expected = odd_crossings(segments, caps, points)
    assert (inside_loops(segments, caps, points) == expected).all()
    assert expected.any()


def test_a_plate_with_a_hole_and_booleans_in_order():
    cut = "sketch 0 0 5 +z +x\ncircle 30 15 6\nextrude cut to 3 0\n"
    join = "sketch 0 0 3 +z +x\ncircle 30 15 2\nextrude join to 9 0\n"
    points = np.array([[1, 1, 1], [10, 10, 1], [30, 20, 4], [30, 20, 2], [30, 15, 8], [1, 1, 6.0]])
    found = occupancy(decode(PLATE + cut + join), points)
    assert found.tolist() == [True, False, False, True, True, False]


def test_intersecting_leaves_what_both_have():
    keep = "sketch 0 0 0 +z +x\ncircle 40 30 5\nextrude intersect to 9 0\n"
    points = np.array([[39.0, 29, 1], [41, 31, 1], [20, 20, 1]])
    assert occupancy(decode(PLATE + keep), points).tolist() == [True, False, False]


def test_two_sided_extents_and_sides_of_a_plane():
    sketch = decode("sketch 0 0 10 -z -x\ncircle 0 0 2\n").operations[0]
    for extent, span in (
        (Extent(ExtentType.ONE_SIDED, 4.0), (6, 10)),  # the normal points down
        (Extent(ExtentType.SYMMETRIC, 3.0), (7, 13)),
        (Extent(ExtentType.TWO_SIDED, 1.0, 5.0), (9, 15)),
    ):
        extrude = Extrude((Profile(0, 0),), extent, Boolean.NEW_BODY)
        heights = np.array([span[0] - 0.1, span[0] + 0.1, span[1] - 0.1, span[1] + 0.1])
        points = np.column_stack([np.zeros((4, 2)), heights])
        found = occupancy(CadSequence((sketch, extrude)), points)
        assert found.tolist() == [False, True, True, False]


def test_nothing_is_inside_of_no_history():
    assert not occupancy(CadSequence(()), np.zeros((3, 3))).any()


def test_a_sketch_that_is_not_there_raises():
    extrude = Extrude((Profile(0, 0),), Extent(ExtentType.ONE_SIDED, 1.0), Boolean.NEW_BODY)
    with pytest.raises(GeometryError, match="operation 0"):
        occupancy(CadSequence((extrude,)), np.zeros((1, 3)))


def test_volumes_of_the_examples_are_the_kernels(example_sequences):
    """Counted with 40,000 points: two standard deviations and a half of what chance allows."""
    for sequence in example_sequences[:4]:
        solid = build(sequence)
        assert solid is not None
        box: BoundingBox = bounding_box(solid)
        points = box.minimum + np.random.default_rng(1).random((40000, 3)) * np.array(box.size)
        share = occupancy(sequence, points).mean()
        whole = math.prod(box.size)
        error = 2.5 * math.sqrt(share * (1 - share) / 40000)
        assert abs(share - solid.volume / whole) < error


def test_winding_numbers_of_a_ball():
    normals = np.random.default_rng(2).normal(size=(3000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    field = winding(10 * normals, normals)
    assert field.area == pytest.approx(4 * math.pi * 100, rel=0.1)
    inside, outside = field.at(np.array([[0.0, 0, 0], [0, 0, 14]]))
    assert inside == pytest.approx(1, abs=0.1) and outside == pytest.approx(0, abs=0.05)
    queries = 12 * normals[:50]
    rest = (queries, field.points, field.weighted, field.leaves, field.branches, field.near**2)
    assert sums_loops(*rest) == pytest.approx(sums_numpy(*rest), abs=0.02)
