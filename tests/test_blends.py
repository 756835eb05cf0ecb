"""Fillets and chamfers in the kernel: exact volumes, bounds that hold, and what cannot be made."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cadcomplete.errors import GeometryError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.edges import read_edge
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.kernel.blends import blended
from cadcomplete.kernel.build import build
from cadcomplete.kernel.integrals import box_of, volume_of
from cadcomplete.kernel.solid import is_valid
from cadcomplete.language.lines import decode

A, B, C = 30.0, 20.0, 12.0

BOX = """\
sketch 0 0 0 +z +x
loop 0 0
line 30 0
line 30 20
line 0 20
close
extrude new to 12 0
"""

DISC = "sketch 0 0 0 +z +x\ncircle 0 0 10\nextrude new to 12 0\n"

RING = "sketch 0 0 0 +z +x\ncircle 0 0 20\ncircle 0 0 10\nextrude new to 12 0/1\n"

STEP = f"""\
{BOX}sketch 0 0 12 +z +x
loop 0 0
line 10 0
line 10 20
line 0 20
close
extrude join to 20 0
"""
"""A box with a step on it: where they meet the bend is concave."""


def fillet(radius, *words):
    return Fillet(radius, tuple(map(read_edge, words)))


def chamfer(first, second, *words, swapped=False):
    return Chamfer((first, second, swapped), tuple(map(read_edge, words)))


def made(text, *blends):
    """The shape after some blends, each checked by its bounds."""
    sequence = decode(text)
    operations, shape = sequence.operations, build(sequence).shape
    for blend in blends:
        found = blended(shape, blend, operations)
        assert found.least <= volume_of(found.shape) <= found.most
        assert is_valid(found.shape)
        operations, shape = (*operations, blend), found.shape
    return shape


ROUND = 1 - math.pi / 4
"""Area between a square corner and the quarter circle of radius 1 in it."""


def ring_of(radius, area, centroid):
    """Volume of an area that is turned about an axis (Pappus): its centroid `centroid` off it."""
    return 2 * math.pi * (radius + centroid) * area


def corner_centroid(radius):
    """How far the area between a corner and its rounding has its centroid from the corner."""
    square, quarter = radius**2, math.pi * radius**2 / 4
    at_center = 4 * radius / (3 * math.pi)  # of a quarter disc, from its centre
    off = (square * radius / 2 - quarter * (radius - at_center)) / (square - quarter)
    return off


@pytest.mark.parametrize("radius", [0.5, 2.0, 5.0])
def test_rounded_uprights_of_a_box(radius):
    lost = 4 * ROUND * radius**2 * C
    assert volume_of(made(BOX, fillet(radius, "side@1"))) == pytest.approx(A * B * C - lost)


@pytest.mark.parametrize("radius", [0.5, 2.0, 5.0])
def test_a_box_with_all_edges_round_is_a_smaller_box_grown_by_a_ball(radius):
    """Steiner's formula: volume, surface, a quarter of the edges, and a ball."""
    a, b, c = (size - 2 * radius for size in (A, B, C))
    volume = a * b * c + 2 * radius * (a * b + b * c + c * a)
    volume += math.pi * radius**2 * (a + b + c) + 4 / 3 * math.pi * radius**3
    assert volume_of(made(BOX, fillet(radius, "all"))) == pytest.approx(volume)


def test_a_chamfered_end_of_a_box_is_a_frustum():
    """Prismatoid: top, bottom, and four times the middle."""
    size = 3.0
    top, middle = (A - 2 * size) * (B - 2 * size), (A - size) * (B - size)
    volume = A * B * (C - size) + size / 6 * (A * B + 4 * middle + top)
    assert volume_of(made(BOX, chamfer(size, size, "end@1"))) == pytest.approx(volume)


def test_a_chamfer_of_two_sizes_has_each_on_its_face():
    lost = 1.0 * 3.0 / 2 * A
    shape = made(BOX, chamfer(1.0, 3.0, "end@1/0.0"))
    assert volume_of(shape) == pytest.approx(A * B * C - lost)
    longest = volume_of(made(BOX, chamfer(1.0, 3.0, "end@1")))
    # One all around: 1 is measured on the end, 3 down the sides.
    top, middle = (A - 2) * (B - 2), (A - 1) * (B - 1)
    assert longest == pytest.approx(A * B * (C - 3) + 3 / 6 * (A * B + 4 * middle + top))


def test_a_chamfer_of_two_sizes_is_the_same_in_the_mirror():
    blend = chamfer(1.0, 3.0, "side@1/0.0", "end@1/0.2")
    sequence = decode(BOX)
    here = blended(build(sequence).shape, blend, sequence.operations).shape
    for symmetry in symmetries()[::7]:
        moved = move(sequence, symmetry)
        there = blended(build(moved).shape, blend.mapped(symmetry), moved.operations).shape
        assert volume_of(there) == pytest.approx(volume_of(here))
        for point in edge_centers(here):
            moved_point = symmetry.apply_all(point)
            assert min(np.linalg.norm(edge_centers(there) - moved_point, axis=1)) < 1e-6


def edge_centers(shape):
    from cadcomplete.kernel.naming.topology import edges_of

    return edges_of(shape).points.mean(axis=1)


@pytest.mark.parametrize(("radius", "word"), [(1.0, "end@1"), (3.0, "start@1/0.0")])
def test_a_rounded_rim_of_a_disc_is_its_corner_turned_about_the_axis(radius, word):
    area, centroid = ROUND * radius**2, corner_centroid(radius)
    lost = ring_of(10.0, area, -centroid)
    volume = math.pi * 10**2 * C - lost
    assert volume_of(made(DISC, fillet(radius, word))) == pytest.approx(volume)


def test_a_chamfered_rim_of_a_hole_lies_outside_of_it():
    lost = ring_of(10.0, 2.0**2 / 2, 2.0 / 3)
    volume = math.pi * (20**2 - 10**2) * C - lost
    assert volume_of(made(RING, chamfer(2.0, 2.0, "end@1/1"))) == pytest.approx(volume)


def test_a_concave_edge_is_filled():
    won = ROUND * 3.0**2 * B
    volume = A * B * C + 10 * B * 8 + won
    assert volume_of(made(STEP, fillet(3.0, "meet@1@3:concave"))) == pytest.approx(volume)
    assert volume_of(made(STEP, chamfer(3.0, 3.0, "all:concave"))) == pytest.approx(
        volume - won + 3**2 / 2 * B
    )


def test_one_fillet_after_another_runs_on_around_the_corners():
    """Uprights first, then the end: its outline is smooth, so one edge of it means all."""
    one = made(BOX, fillet(4.0, "side@1"), fillet(1.0, "end@1/0.0"))
    all_ = made(BOX, fillet(4.0, "side@1"), fillet(1.0, "end@1"))
    assert volume_of(one) == pytest.approx(volume_of(all_))
    straight = 2 * (A - 8 + B - 8) * ROUND
    corners = ring_of(4.0, ROUND, -corner_centroid(1.0))
    lost = 4 * ROUND * 16 * C + straight + corners
    assert volume_of(all_) == pytest.approx(A * B * C - lost)


def bounds(text, blend):
    sequence = decode(text)
    solid = build(sequence)
    found = blended(solid.shape, blend, sequence.operations)
    return (found.least - solid.volume, found.most - solid.volume)


def test_the_bounds_are_exact_along_straight_edges_with_square_ends():
    for blend, change in (
        (fillet(2.0, "side@1"), -4 * ROUND * 4 * C),
        (fillet(2.0, "end@1/0.0", "start@1/0.2"), -2 * ROUND * 4 * A),
        (chamfer(1.0, 3.0, "end@1/0.1"), -1.5 * B),
    ):
        low, high = bounds(BOX, blend)
        assert low < change < high and high - low < 1e-5 * abs(change)
    low, high = bounds(STEP, fillet(3.0, "all:concave"))
    assert low < ROUND * 9 * B < high and high - low < 1e-3


def test_convex_edges_only_lose_and_concave_ones_only_win():
    low, high = bounds(RING, fillet(1.0, "end@1"))
    assert low < -ring_of(10.0, ROUND, 0) and high == pytest.approx(0, abs=1e-9)
    low, high = bounds(STEP, fillet(1.0, "all:concave", "end@3"))
    assert low < 0 < high


def test_a_blend_leaves_the_box_around_a_solid():
    box = box_of(made(STEP, fillet(3.0, "all:concave"), chamfer(1.0, 1.0, "end@3")))
    assert np.allclose([*box.minimum, *box.maximum], [0, 0, 0, A, B, 20])


@pytest.mark.parametrize("factor", [0.1, 3.0])
def test_a_blend_grows_with_the_part(factor):
    sequence, blend = decode(STEP), fillet(2.0, "end@3", "all:concave", "30,10,12")
    large = scale(sequence, factor)
    small = volume_of(blended(build(sequence).shape, blend, sequence.operations).shape)
    there = blended(build(large).shape, blend.scaled(factor), large.operations)
    assert volume_of(there.shape) == pytest.approx(small * factor**3)


@pytest.mark.parametrize("number", [1, 6, 13, 24, 47])
def test_a_moved_part_keeps_the_volume_of_its_blends(number):
    sequence, blend = decode(STEP), fillet(2.0, "end@3:x", "side@1/0.1", "30,10,12")
    symmetry = symmetries()[number]
    moved = move(sequence, symmetry)
    here = volume_of(blended(build(sequence).shape, blend, sequence.operations).shape)
    there = blended(build(moved).shape, blend.mapped(symmetry), moved.operations)
    assert volume_of(there.shape) == pytest.approx(here)


@pytest.mark.parametrize(
    ("text", "blend", "message"),
    [
        (BOX, fillet(13.0, "end@1"), r"the fillet of 13 mm at the edge through \(15, 0, 12\) mm"),
        (DISC, fillet(13.0, "end@1"), "cannot make the fillet of 13 mm at the edge through"),
        (BOX, chamfer(1.0, 25.0, "end@1/0.0"), "cannot make the chamfer of 1 by 25 mm at the edge"),
        (BOX, fillet(1.0, "all:concave"), "all:concave: there is no such edge"),
        (DISC, fillet(1.0, "side@1"), "side@1: there is no such edge"),
        (BOX, fillet(1.0, "15,1,12"), "15,1,12: there is no such edge"),
        (BOX, fillet(1.0), "no edges are named"),
    ],
    ids=str,
)
def test_what_cannot_be_made_names_the_edge(text, blend, message):
    counted = decode(text)
    with pytest.raises(GeometryError, match=message):
        blended(build(counted).shape, blend, counted.operations)
