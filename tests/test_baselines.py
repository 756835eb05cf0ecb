"""Baselines: honest opponents, which see nothing but the first operations of a part."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cadcomplete.baselines import BASELINES, baseline
from cadcomplete.baselines.frames import TURNS, first_frame
from cadcomplete.baselines.regions import nesting_of, pattern_of, profiles
from cadcomplete.baselines.voting import elected, expected_best
from cadcomplete.data import synthetic
from cadcomplete.errors import InputError
from cadcomplete.history.operations import Extrude
from cadcomplete.history.sequence import truncate
from cadcomplete.history.symmetry import move, scale, symmetries
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes.manifolds import iou, solid
from cadcomplete.metrics.operations import rank
from cadcomplete.predictions import Case, Idea

STEPPED = decode(
    "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\nextrude new to 10 0\n"
    "sketch 0 0 10 +z +x\ncircle 8 8 3\nextrude cut to 0 0\n"
)


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as kernel:
        yield kernel


@pytest.fixture(scope="module")
def training():
    """Small synthetic parts, and one with a hole that no other has."""
    return [STEPPED, *(p for p in synthetic.parts(60, seed=11) if len(p) <= 6)]


@pytest.fixture(scope="module")
def made(training, kernel):
    return {name: baseline(name, training, kernel=kernel) for name in BASELINES}


def ask(predictor, sequence, k):
    return predictor.predict(Case(sequence.id, truncate(sequence, k)), n=5, seed=0)


def test_there_are_at_least_four():
    assert {"stop", "copy", "ngram", "retrieval"} <= BASELINES.keys()


def test_an_unknown_name_lists_the_known_ones(kernel):
    with pytest.raises(InputError, match="no such baseline") as error:
        baseline("oracle", [], kernel=kernel)
    assert "expected stop, copy, ngram, retrieval, got oracle" in str(error.value)


@pytest.mark.parametrize("name", BASELINES)
def test_an_answer_keeps_the_rules(made, plate, name):
    part = synthetic.generate(4, seed=12)
    for sequence in (plate, part):
        for k in range(min(len(sequence), 4) + 1):
            given = truncate(sequence, k)
            answer = ask(made[name], sequence, k)
            assert len(answer.next) <= 5
            assert len(answer.parts) <= 3
            assert 0 <= answer.stop <= 1
            candidates = (*answer.next, *answer.parts)
            assert all(0 <= c.score <= 1 for c in candidates)
            for level in (answer.next, answer.parts):  # valid ones first, then by score
                order = [(not c.valid, -c.score) for c in level]
                assert all(a <= b for a, b in pairwise(order))
            for one in answer.parts:
                assert one.sequence.operations[:k] == given.operations
                assert one.valid == (not one.problems)
            texts = [encode(truncate(sequence, k)).text + str(s.operation) for s in answer.next]
            assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", BASELINES)
def test_the_same_case_gets_the_same_answer(made, plate, name):
    first, second = (ask(made[name], plate, 2) for _ in range(2))
    assert (first.next, first.parts, first.stop) == (second.next, second.parts, second.stop)


def test_stop_adds_nothing(made, plate):
    answer = ask(made["stop"], plate, 2)
    assert (answer.next, answer.stop) == ((), 1.0)
    assert answer.parts[0].sequence.operations == plate.operations


def test_copy_repeats_the_last_sketch_on_the_end_of_the_last_extrude(made, plate):
    sketch = ask(made["copy"], plate, 2).next[0].operation
    assert sketch.loops == plate.operations[0].loops
    assert sketch.plane.origin == (0, 0, 10)


def test_ngram_finds_the_usual_height(kernel):
    parts = [
        decode(f"sketch 0 0 0 +z +x\ncircle 0 0 {r}\nextrude new to 8 0\n") for r in range(5, 45)
    ]
    answer = ask(baseline("ngram", parts, kernel=kernel), decode(encode(parts[0]).text), 1)
    assert answer.next[0].operation.extent.distance == pytest.approx(8)
    assert answer.next[0].score > 0.3


@pytest.mark.parametrize("number", [0, 5, 20, 40])
def test_retrieval_finds_a_part_that_was_turned_and_scaled(made, number):
    turned = scale(move(STEPPED, symmetries()[number]), 2.5)
    if symmetries()[number].mirrors:
        pytest.skip("a mirror image is another part")
    answer = ask(made["retrieval"], turned, 2)
    ranking = rank(turned, 2, answer.next)
    assert ranking.rank == 1
    after = ask(made["retrieval"], turned, 3)
    assert rank(turned, 3, after.next).rank == 1
    assert iou(solid(after.parts[0].sequence), solid(turned)) > 0.99


def test_a_neighbours_hole_goes_to_the_face_of_a_thicker_plate(made):
    text = encode(STEPPED).text.replace("new to 10", "new to 16").replace("0 0 10", "0 0 16")
    thicker = decode(text)
    ranking = rank(thicker, 2, ask(made["retrieval"], thicker, 2).next)
    assert ranking.rank is not None
    assert ranking.rank <= 3


def test_a_baseline_sees_nothing_of_what_comes(made):
    """Two parts that begin alike get the same answer."""
    one, other = STEPPED, decode(encode(STEPPED).text.replace("circle 8 8 3", "circle 30 20 5"))
    for predictor in made.values():
        first, second = ask(predictor, one, 2), ask(predictor, other, 2)
        assert (first.next, first.stop) == (second.next, second.stop), predictor.name


# --- their parts --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("cut", [1, 2])
def test_a_sketch_without_loops_is_learned_from_and_asked_about(kernel, name, cut):
    drawn, extrude = STEPPED.operations[:2]
    nothing = replace(STEPPED, operations=(replace(drawn, loops=()), replace(extrude, profiles=())))
    predictor = baseline(name, [STEPPED, nothing], kernel=kernel)
    assert ask(predictor, nothing, cut).stop >= 0


def test_regions_follow_how_loops_lie_in_each_other():
    sketch = decode("sketch 0 0 0 +z +x\ncircle 0 0 2\ncircle 0 0 9\ncircle 0 0 5\n").operations[0]
    found = nesting_of(sketch)
    assert found.depth == {0: 2, 1: 0, 2: 1}
    assert found.children == {0: (), 1: (2,), 2: (0,)}
    outside = [(p.outer, p.holes) for p in profiles("outside", sketch, 0)]
    assert outside == [(0, ()), (1, (2,))]
    assert [(p.outer, p.holes) for p in profiles("filled", sketch, 0)] == [(1, ())]


def test_the_pattern_of_an_extrude_is_recognized(plate):
    assert isinstance(plate.operations[1], Extrude)
    assert pattern_of(plate.operations[1], plate.operations[:1]) == "outside"
    filled = decode(encode(plate).text.replace(" 0/1", " 0")).operations
    assert pattern_of(filled[1], filled[:1]) == "filled"


def test_a_frame_does_not_depend_on_where_a_part_lies(plate):
    frame = first_frame(plate)
    assert frame.size == 40
    assert np.allclose(frame.origin, (20, 15, 0))
    moved = first_frame(scale(move(plate, symmetries()[7]), 2.0))
    assert moved.size == 80
    assert np.allclose(np.abs(moved.axes @ moved.axes.T), np.eye(3))
    assert all(math.isclose(np.linalg.det(turn), 1.0) for turn in TURNS)
    assert len({turn.tobytes() for turn in (t + 0.0 for t in TURNS)}) == 8


def test_ideas_to_the_same_effect_vote_together():
    given = truncate(STEPPED, 1).operations
    heights = (10.0, 10.01, 25.0)
    votes = [
        (decode(f"{encode(truncate(STEPPED, 1)).text}extrude new to {h} 0\n").operations[1], w)
        for h, w in zip(heights, (0.3, 0.3, 0.4), strict=True)
    ]
    ideas = elected(votes, given, size=40.0, kinds={"sketch": 0.1, "extrude": 0.9}, source="x")
    assert [idea.operations[0].extent.distance for idea in ideas] == [10.0, 25.0]
    assert [idea.score for idea in ideas] == pytest.approx([0.6, 0.4])


def test_the_part_that_shares_most_with_the_others_comes_first():
    given = truncate(STEPPED, 1)
    ideas = [
        Idea(decode(f"{encode(given).text}extrude new to {h} 0\n").operations[1:], w, "x")
        for h, w in ((10, 0.3), (12, 0.3), (100, 0.4))
    ]
    best = expected_best(given, ideas)
    # 10: 0.3 + 0.3 · 10/12 + 0.4 · 10/100; 12: 0.3 · 10/12 + 0.3 + 0.4 · 12/100; 100: less
    assert best[0].operations[0].extent.distance == 12
    assert best[0].score == pytest.approx(0.25 + 0.3 + 0.048)
