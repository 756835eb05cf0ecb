"""A history as a manifold: its volume is that of the kernel's solid, and nothing makes it fail."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import PARTS, PLATE, real
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifold3d import Manifold
from strategies import sequences

from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import Boolean, Extrude, Loop, Profile, Sketch
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.lines import decode
from cadcomplete.meshes.manifolds import (
    APPLY,
    Past,
    change,
    change_iou,
    filled,
    iou,
    mesh_of,
    outline,
    solid,
    states,
    volume_of,
)
from cadcomplete.readers import read

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
BOX = "sketch 0 0 0 +z +x\nloop {x} 0\nline {r} 0\nline {r} 10\nline {x} 10\nclose\n"
# A polygon with a corner every 5° has this share of its circle's area.
ROUND = 72 * math.sin(math.radians(5)) / (2 * math.pi)


def box(x: float = 0.0, width: float = 10.0, height: float = 10.0) -> CadSequence:
    """A box of width × 10 × height whose left side is at x."""
    return decode(BOX.format(x=x, r=x + width) + f"extrude new to {height} 0\n")


def halves(sequence: CadSequence) -> tuple[Sketch, Extrude]:
    sketch, extrude = sequence.operations
    assert isinstance(sketch, Sketch) and isinstance(extrude, Extrude)
    return sketch, extrude


def test_a_box_has_the_volume_of_a_box():
    assert volume_of(solid(box())) == pytest.approx(1000)


def test_a_hole_is_a_polygon_of_72_corners():
    plate = solid(decode(PLATE))
    assert volume_of(plate) == pytest.approx(40 * 30 * 10 - 250 * math.pi * ROUND)
    assert mesh_of(plate).volume == pytest.approx(volume_of(plate))


@pytest.mark.parametrize("start", [0.0, 45.0, 90.0, 212.0])
def test_a_circle_in_two_arcs_has_the_corners_of_the_whole_circle(start):
    a, b = math.radians(start), math.radians(start + 180)
    ends = [(5 * math.cos(angle), 5 * math.sin(angle)) for angle in (a, b)]
    halves = Loop((Arc.from_sweep(ends[0], ends[1], 180), Arc.from_sweep(ends[1], ends[0], 180)))
    whole = Loop((Circle((0.0, 0.0), 5.0),))
    assert filled((halves,)).area() == pytest.approx(filled((whole,)).area(), rel=5e-5)
    assert len(outline(halves)) == 72 + (2 if start == 212.0 else 0)


def test_states_are_one_more_than_operations():
    found = states(decode(PLATE))
    assert [volume_of(body) > 0 for body in found] == [False, False, True]


@pytest.mark.parametrize("path", sorted(PARTS.glob("*.json")), ids=lambda p: p.stem)
def test_an_example_has_the_volume_that_the_kernel_finds(path):
    from cadcomplete.kernel.build import build

    sequence = read(path).sequence
    exact = build(sequence)
    assert exact is not None
    assert volume_of(solid(sequence)) == pytest.approx(exact.volume, rel=2e-3)


def test_two_empty_solids_are_the_same():
    nothing = solid(CadSequence(()))
    assert iou(nothing, nothing) == 1.0
    assert iou(nothing, solid(box())) == 0.0


def test_boxes_shifted_by_half_share_a_third():
    # 500 mm³ in common, 1,500 mm³ together.
    assert iou(solid(box()), solid(box(5.0))) == pytest.approx(1 / 3)


def test_a_cut_beside_the_part_changes_nothing():
    part = box()
    profile = Profile(0, 0)
    cut = Extrude((profile,), halves(part)[1].extent, Boolean.CUT)
    beside = box(50.0).operations
    assert change(solid(part), cut, beside).nothing
    assert not change(solid(part), cut, part.operations).nothing


def test_an_intersection_and_the_cut_of_the_rest_are_the_same_change():
    before = solid(box(width=20.0))
    left, right = box(width=10.0), box(10.0, width=10.0)
    keep = Extrude((Profile(0, 0),), halves(left)[1].extent, Boolean.INTERSECT)
    cut = Extrude((Profile(0, 0),), halves(right)[1].extent, Boolean.CUT)
    a, b = change(before, keep, left.operations), change(before, cut, right.operations)
    assert change_iou(a, b) == pytest.approx(1.0)


def test_a_cut_of_everything_leaves_nothing_on_an_oblique_plane():
    plane = Plane.of((0.0, 0.0, 0.0), (0.0174497, 0.0003046, 1.0), (1.0, 0.0, -0.0174525))
    circles = [Loop((Circle(center, 1.0),)) for center in ((-17.27, 5.271), (0.048, -0.03))]
    thin = box(height=0.001).operations[1].extent
    body = Extrude((Profile(0, 0),), thin, Boolean.NEW_BODY)
    cut = Extrude((Profile(0, 0), Profile(0, 1)), thin, Boolean.CUT)
    assert solid(CadSequence((Sketch(plane, tuple(circles)), body, cut))).is_empty()


def test_loops_that_touch_are_filled():
    square = Loop(tuple(_ring([(0, 0), (10, 0), (10, 10), (0, 10)])))
    triangle = Loop(tuple(_ring([(10, 10), (20, 10), (20, 20)])))
    assert filled((square, triangle)).area() == pytest.approx(150)


def _ring(corners):
    ends = [*corners[1:], corners[0]]
    return [
        Line((float(a), float(b)), (float(c), float(d)))
        for (a, b), (c, d) in zip(corners, ends, strict=True)
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e300, 0.0])
def test_numbers_that_are_none_sweep_nothing(value):
    part = box()
    loop = Loop((Circle((value, 0.0), value),))
    sketch, extrude = halves(part)
    sketch = Sketch(sketch.plane, (loop,))
    assert volume_of(solid(CadSequence((sketch, extrude)))) == 0.0
    extent = type(extrude.extent)(extrude.extent.type, value)
    flat = Extrude(extrude.profiles, extent, Boolean.NEW_BODY)
    assert volume_of(solid(CadSequence((part.operations[0], flat)))) == 0.0


def test_a_sketch_that_is_not_there_sweeps_nothing():
    _, extrude = halves(box())
    for index in (-1, 0, 7):
        profile = Profile(index, 3)
        wrong = Extrude((profile,), extrude.extent, Boolean.NEW_BODY)
        assert volume_of(solid(CadSequence((wrong,)))) == 0.0
        assert volume_of(solid(CadSequence((box().operations[0], wrong)))) == 0.0


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(sequences(), st.integers(0, 8))
def test_any_history_has_states_and_iou_is_symmetric_in_0_to_1(sequence, cut):
    found = states(sequence)
    assert len(found) == len(sequence) + 1
    a, b = found[-1], found[min(cut, len(sequence))]
    assert 0.0 <= iou(a, b) <= 1.0
    assert iou(a, b) == pytest.approx(iou(b, a), abs=1e-6)
    assert iou(a, a) == pytest.approx(1.0, abs=1e-4)  # some are a micrometre thin


@pytest.mark.slow
def test_real_files_have_the_volume_that_the_kernel_finds():
    from cadcomplete.kernel.contain import Kernel
    from cadcomplete.kernel.jobs import examine

    files = sorted(real("fusion360").rglob("json/*/*.json"))
    chosen = random.Random(0).sample(files, 100)
    near = total = 0
    with Kernel(time_limit=20) as kernel:
        for path in chosen:
            sequence = read(path).sequence
            measures = kernel.run(examine, sequence).measures
            if measures is not None:
                total += 1
                near += abs(volume_of(solid(sequence)) / measures.volume - 1) < 0.01
    assert near >= 0.98 * total > 0


def test_an_operation_is_entered_that_copies_what_others_did(monkeypatch):
    """A toy mirror in x = 20 of chosen operations: the plate stays, its hole has an image."""
    holed = decode(
        "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\n"
        "extrude new to 10 0\nsketch 0 0 10 +z +x\ncircle 10 15 4\nextrude cut to 0 0\n"
    )

    @dataclass(frozen=True)
    class Image:
        operation: int

    def mirrored(image: Image, past: Past) -> Manifold:
        def flipped(body: Manifold) -> Manifold:
            return body.mirror((1, 0, 0)).translate((40, 0, 0))

        done = flipped(past.added(image.operation)), flipped(past.removed(image.operation))
        return past.solid + done[0] - done[1]

    monkeypatch.setitem(APPLY, Image, mirrored)
    operations: Any = (*holed.operations, Image(3))
    once, twice = solid(holed).volume(), solid(CadSequence(operations)).volume()
    assert 12000 - twice == pytest.approx(2 * (12000 - once), rel=1e-9)
