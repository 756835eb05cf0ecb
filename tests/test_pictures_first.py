"""First sketches from pictures: outlines are traced, faces laid flat, sizes said or usual."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from test_pictures import HOLED, drawn

from cadcomplete.completion.evidence import evidence_of
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import truncate
from cadcomplete.language.lines import decode
from cadcomplete.meshes.render import Camera
from cadcomplete.metrics.targets import HIT, target
from cadcomplete.pictures.beginning import USUAL_SIZES
from cadcomplete.pictures.evidence import Pictures
from cadcomplete.pictures.tracing import circle_through, traced
from cadcomplete.predictions import Case

NOTHING = truncate(decode(HOLED), 0)
ABOVE = Camera(-90.0, 90.0)
SIZES = (80.0, 50.0, 20.0)


def around(loop_points, *, noise=0.3):
    """Places each pixel along a closed polygon, a little off it."""
    ends = np.array([*loop_points, loop_points[0]], dtype=np.float64)
    found = []
    for a, b in pairwise(ends):
        count = int(np.hypot(*(b - a)))
        found.append(a + (b - a) * np.arange(count)[:, None] / count)
    places = np.concatenate(found)
    return places + np.random.default_rng(0).uniform(-noise, noise, places.shape)


def outline(places):
    loop = traced(places, off=1.0)
    assert loop is not None
    return loop


def test_a_circle_is_found_through_places():
    turns = np.linspace(0, 2 * math.pi, 90, endpoint=False)
    circle, off = circle_through(np.stack([3 + 40 * np.cos(turns), 5 + 40 * np.sin(turns)], axis=1))
    assert circle == pytest.approx([3, 5, 40])
    assert off == pytest.approx(0, abs=1e-9)
    (curve,) = outline(np.stack([40 * np.cos(turns), 40 * np.sin(turns)], axis=1)).curves
    assert isinstance(curve, Circle)


def test_straight_sides_that_meet_in_cut_corners_are_a_rectangle():
    cut = [(4, 0), (96, 0), (100, 4), (100, 56), (96, 60), (4, 60), (0, 56), (0, 4)]
    loop = outline(around(cut))
    assert all(isinstance(curve, Line) for curve in loop.curves)
    assert {tuple(round(v) + 0 for v in c.start) for c in loop.curves} == {
        *((0, 0), (0, 60), (100, 0), (100, 60))
    }


def test_an_outline_that_turns_steadily_has_arcs():
    turns = np.linspace(-math.pi / 2, math.pi / 2, 60)
    right = np.stack([80 + 20 * np.cos(turns), 20 + 20 * np.sin(turns)], axis=1)
    slot = [*right.tolist(), *(np.array([100, 40]) - right).tolist()]
    loop = outline(around(slot, noise=0.0))
    arcs = [curve for curve in loop.curves if isinstance(curve, Arc)]
    assert [arc.radius for arc in arcs] == [pytest.approx(20, rel=0.05)] * 2
    assert abs(loop.area) == pytest.approx(60 * 40 + math.pi * 20**2, rel=0.02)


@pytest.mark.parametrize("style", ["default", "drawing", "plastic"])
@pytest.mark.parametrize("camera", [None, ABOVE], ids=["canonical", "from above"])
def test_a_face_that_is_seen_is_a_first_sketch_of_the_size_that_is_said(style, camera):
    whole = decode(HOLED)
    picture = drawn(whole, style, **({} if camera is None else {"camera": camera}))
    drawn_first = decode(HOLED.replace("close\n", "close\ncircle 30 25 12\n", 1))
    ideas = Pictures.of([picture], sizes=SIZES).ideas(NOTHING, Sketch, most=24)
    best = [max(target(w, 0).overlap(idea[0]) for idea in ideas) for w in (whole, drawn_first)]
    assert min(best) >= HIT  # without the hole, and with it


def test_without_a_size_usual_ones_are_drawn_in_the_right_shape():
    ideas = Pictures.of([drawn(decode(HOLED))]).ideas(NOTHING, Sketch, most=3)
    sketch = ideas[0][0]
    assert isinstance(sketch, Sketch)
    left, low, right, high = sketch.loops[0].box
    assert (right - left) / (high - low) == pytest.approx(80 / 50, rel=0.03)
    assert max(right - left, high - low) in USUAL_SIZES


def test_a_caption_says_how_large_what_is_seen_is():
    case = Case("a", NOTHING, caption="A plate of 80 x 50 x 20 mm", images=(drawn(decode(HOLED)),))
    (pictures,) = (one for one in evidence_of(case) if isinstance(one, Pictures))
    assert pictures.sizes == SIZES


def test_a_first_sketch_of_the_shape_that_is_seen_weighs_more_whatever_its_size():
    right, other = (decode(text) for text in (HOLED, HOLED.replace("50\n", "15\n")))
    twice = decode("sketch 0 0 0 +z +x\nloop 0 0\nline 160 0\nline 160 100\nline 0 100\nclose\n")
    wholes = [truncate(right, 1), truncate(other, 1), twice]
    same, flat, large = Pictures.of([drawn(right)]).weigh(NOTHING, wholes)
    assert min(same, large) > flat + 0.1


def test_a_picture_alone_makes_no_part_of_a_sketch_that_nothing_is_made_of():
    assert not Pictures.of([drawn(decode(HOLED))]).parts(NOTHING, most=4)
