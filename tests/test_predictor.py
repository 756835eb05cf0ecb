"""The model with its search: what it suggests, and what it makes of a cloud."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import PARTS, PLATE, mesh_of

from cadcomplete import readers
from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.completion.engine import complete, predictor
from cadcomplete.completion.features import FEATURES, alike, features
from cadcomplete.completion.ideas import extended
from cadcomplete.completion.opinion import TURNS, averaged, in_every_view, turned
from cadcomplete.completion.parts import expected, finished_parts, overlaps
from cadcomplete.completion.prompting import prompted
from cadcomplete.completion.usual import same_spans
from cadcomplete.completion.usual_extrudes import extrude_chances, usual_extrudes
from cadcomplete.fitting import settled, wanted
from cadcomplete.history.geometry import Plane
from cadcomplete.history.operations import Boolean, Extent, ExtentType, Extrude, Profile, Sketch
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.history.symmetry import move
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode, encode
from cadcomplete.meshes.manifolds import iou, solid
from cadcomplete.metrics.operations import rank
from cadcomplete.model.generate import Row, begin, generate, score
from cadcomplete.predictions import Case, Idea

BOSS = (
    PLATE
    + """\
sketch 0 0 10 +z +x
circle 8 8 4
extrude join to 16 0
"""
)


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=1, time_limit=30) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def shipped(kernel):
    return predictor(kernel=kernel)


@pytest.fixture(scope="module")
def boss():
    return decode(BOSS), sample_cloud(mesh_of(BOSS), 4096)


def test_suggestions_are_of_one_kind_different_and_ranked_by_their_chance(shipped):
    for given, kind in ((1, Extrude), (2, Sketch), (3, Extrude)):
        answer = shipped.predict(Case("plate", truncate(decode(BOSS), given)), n=4)
        assert len(answer.next) > 1
        assert {type(s.operation) for s in answer.next} == {kind}
        assert len({s.operation for s in answer.next}) == len(answer.next)
        keys = [(not s.valid, -s.score) for s in answer.next]
        assert keys == sorted(keys)
        assert all(0 <= s.score <= 1 for s in answer.next)


def test_every_answer_begins_with_what_was_given(shipped, boss):
    given = truncate(boss[0], 3)
    answer = shipped.predict(Case("boss", given, points=boss[1]), n=4)
    for part in answer.parts:
        assert part.sequence.operations[:3] == given.operations
    assert 0 <= answer.stop <= 1


def test_the_same_case_has_the_same_answer(shipped, boss):
    case = Case("boss", truncate(boss[0], 2), points=boss[1])
    first, again = (shipped.predict(case, n=3, seed=5) for _ in range(2))
    assert first.next == again.next
    assert [p.sequence for p in first.parts] == [p.sequence for p in again.parts]


@pytest.mark.parametrize("given", [1, 2, 3])
def test_with_the_cloud_of_a_part_the_designers_operation_is_among_the_first_three(
    shipped, boss, given
):
    history, cloud = boss
    answer = shipped.predict(Case("boss", truncate(history, given), points=cloud), n=3)
    found = rank(history, given, answer.next)
    assert found.rank is not None, [s.operation for s in answer.next]


@pytest.mark.parametrize("given", [0, 1, 2, 3, 4])
def test_with_the_cloud_of_a_part_it_is_finished(shipped, boss, given):
    history, cloud = boss
    answer = shipped.predict(Case("boss", truncate(history, given), points=cloud), n=2)
    assert answer.parts[0].valid
    assert iou(solid(answer.parts[0].sequence), solid(history)) > 0.99


def test_a_part_that_is_whole_is_left_as_it_is(shipped, boss):
    history, cloud = boss
    assert shipped.predict(Case("boss", history, points=cloud), n=2).parts[0].sequence == history


def test_a_model_alone_answers_without_searching_the_cloud(shipped, boss):
    history, cloud = boss
    alone = replace(shipped, completer=replace(shipped.completer, source="model"))
    answer = alone.predict(Case("boss", truncate(history, 2), points=cloud), n=3)
    assert {s.source for s in answer.next} == {"model"}


def test_only_the_next_operation_can_be_asked_for(kernel, monkeypatch):
    """The model then writes one step, as the ranker was fitted, and no whole parts."""
    steps = []

    def noted(began, start, sampling):
        steps.append(sampling.until)
        return generate(began, start, sampling)

    monkeypatch.setattr("cadcomplete.completion.by_model.generate", noted)
    flange = readers.read(PARTS / "flange.json")
    found = complete(flange, keep=3, n=3, only_next=True, kernel=kernel)
    assert steps == ["built"]
    assert [c.operations_added for c in found.completions] == [1] * len(found.completions)
    assert len({c.text for c in found.completions}) == len(found.completions) > 1


# --- what the model says of ideas ---------------------------------------------------------------


@pytest.mark.parametrize("closing", [(5, 6), ()])
def test_the_probability_of_a_continuation_is_that_of_reading_it_all(shipped, closing):
    model, tokenizer = shipped.completer.model.model, shipped.completer.model.tokenizer
    given = truncate(decode(PLATE), 1)
    asked = prompted(given, shipped.completer.model)
    texts = [f"extrude {way} {h / 8} 0/1\n" for way in ("new to", "new sym") for h in range(1, 120)]
    texts += ["extrude new to 5", "extrude new to 5 0\n", texts[0]]
    continuations = [tokenizer.backend.encode(t, add_special_tokens=False).ids for t in texts]
    found = score(begin(model, asked), continuations, closing=closing)
    for ids, total in list(zip(continuations, found, strict=True))[::10]:
        with torch.inference_mode():
            whole = torch.tensor([[*asked.ids, *ids]])
            logs = model.causal(input_ids=whole).logits[0, len(asked.ids) - 1 :].log_softmax(1)
        expected = sum(float(logs[i, token]) for i, token in enumerate(ids))
        expected += float(logs[len(ids), list(closing)].logsumexp(0)) if closing else 0.0
        assert total == pytest.approx(expected, abs=1e-3)


def test_what_comes_next_is_a_sketch_an_extrude_or_the_end(shipped):
    case = Case("plate", decode(PLATE))
    read = shipped.completer.read
    reading = read(case, until="built")
    assert reading.command in ("sketch", "extrude")
    assert 0 < reading.stop < 1
    unfinished = read(replace(case, given=truncate(decode(PLATE), 1)), until="built")
    assert (unfinished.command, unfinished.stop) == ("extrude", 0.0)


def test_rows_that_ramble_on_are_not_waited_for(shipped):
    """The last quarter of the rows may take twice the tokens of the others, and 16 more."""
    case = Case("plate", truncate(decode(PLATE), 1))
    rows = shipped.completer.read(case, until="end").rows
    steps = sorted(len(row.tokens) + row.ended for row in rows)
    fourth = steps[-1 - len(rows) // 4]
    assert not all(row.ended for row in rows)
    assert steps[-1] == 2 * fourth + 16


def test_a_turned_idea_is_the_same_idea_of_the_turned_part():
    given, ideas = extrudes("extrude new to 10 0/1", "extrude new sym 5 0")
    for symmetry in TURNS:
        for idea, other in zip(ideas, turned(ideas, given, symmetry, "lines"), strict=True):
            whole = replace(given, operations=(*given.operations, *idea.operations))
            assert other.operations == move(whole, symmetry).operations[1:]
            assert encode(move(whole, symmetry)).text.endswith(other.text)


def test_opinions_are_averaged_as_probabilities():
    rows = [[Idea((), log_probability=math.log(p))] for p in (0.5, 0.1, 0.3)]
    (found,) = averaged(rows[0], rows[1:])
    assert math.exp(found.log_probability) == pytest.approx(0.3)


def test_what_is_likely_in_one_view_is_asked_about_in_every_view():
    """Of 40 ideas the first view finds the first likeliest; the other ones know better."""
    first = [Idea((), text=str(i), log_probability=-0.1 * i) for i in range(40)]
    asked: list[str] = []

    def view(some):
        asked.extend(idea.text for idea in some)
        return [replace(i, log_probability=-9.0 if int(i.text) < 10 else -1.0) for i in some]

    def chances(ideas):
        return np.exp([idea.log_probability for idea in ideas])

    found = in_every_view(first, [view], chances)
    every = averaged(first, [view(first)])
    asked = asked[: len(asked) - len(first)]
    assert len(asked) == len(set(asked)) < len(first)
    likeliest = sorted(found, key=lambda idea: -idea.log_probability)[:8]
    assert all(idea == every[int(idea.text)] for idea in likeliest)
    assert {int(idea.text) for idea in likeliest} > {10, 11}
    assert found[39] == first[39] != every[39]


def test_usual_extrudes_end_where_something_is_or_have_round_heights():
    given = decode(PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 4\n")
    drawn = Extrude((Profile(2, 0),), Extent(ExtentType.ONE_SIDED, 3.3), Boolean.INTERSECT)
    found = usual_extrudes(given, [drawn], others=1000)
    assert {e.boolean for e in found} == {Boolean.CUT, Boolean.JOIN, Boolean.INTERSECT}
    ends = [
        e.extent.distance
        for e in found
        if e.boolean is Boolean.CUT and e.extent.type is ExtentType.ONE_SIDED
    ]
    # to the bottom of the plate, round ones, as far as the circle is wide
    assert {-10.0, 5.0, -5.0, 25.4, -25.4, 8.0} <= set(ends) and len(set(ends)) == len(ends)


def test_a_hole_in_a_plate_goes_through_rather_than_out_of_it():
    """What is usual is what was counted: the likeliest first."""
    given = decode(PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 4\n")
    found = usual_extrudes(given)
    chances = extrude_chances(found, given)
    assert (np.diff(chances) <= 1e-12).all()
    cuts = [e for e in found if e.boolean is Boolean.CUT]
    assert cuts[0].extent.ends[0] <= -10.0 or cuts[0].extent.ends[1] <= -10.0


def test_cuts_that_reach_beyond_the_part_are_alike():
    given = decode(PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 4\n")
    cuts = [
        Extrude((Profile(2, 0),), Extent(ExtentType.ONE_SIDED, d), Boolean.CUT)
        for d in (-10.0, -50.0, -5.0)
    ]
    assert same_spans(cuts, given, least=0.95).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


# --- what is known of ideas ---------------------------------------------------------------------


def extrudes(*texts: str) -> tuple[CadSequence, list[Idea]]:
    given = decode("".join(PLATE.splitlines(keepends=True)[:-1]))
    wholes = [decode(encode(given).text + text + "\n") for text in texts]
    return given, [Idea(whole.operations[1:]) for whole in wholes]


def test_extrudes_with_the_same_effect_are_alike_however_they_are_written():
    given, ideas = extrudes(
        "extrude new to 10 0/1", "extrude new to 10.1 0/1", "extrude new to 5 0/1"
    )
    assert alike(ideas, given).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_sketches_in_other_planes_or_of_other_sizes_are_not_alike():
    lines = ("circle 8 8 4", "circle 8 8 4.01", "circle 8 8 6")
    ideas = [Idea(decode(f"sketch 0 0 10 +z +x\n{line}\n").operations) for line in lines]
    ideas.append(Idea(decode("sketch 0 0 0 +z +x\ncircle 8 8 4\n").operations))
    assert alike(ideas, CadSequence(())).tolist() == [
        [1, 1, 0, 0],
        [1, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
    ]


def test_every_feature_is_a_number_for_every_idea():
    given, ideas = extrudes("extrude new to 10 0/1", "extrude new to 5 0")
    ideas = [replace(idea, log_probability=-4.0, tokens=8, samples=1) for idea in ideas]
    known = features(ideas, given)
    assert known.shape == (2, len(FEATURES))
    assert np.isfinite(known).all()


def test_it_is_known_which_share_of_an_idea_is_new_and_where_it_is_drawn(boss):
    """Of 16 mm through a plate of 10 mm about 6 are new (what is near a surface counts more)."""
    history, cloud = boss
    given = truncate(history, 2)
    upon = history.operations[2:]
    through = decode(BOSS.replace("sketch 0 0 10", "sketch 0 0 0")).operations[2:]
    beside = (replace(upon[0], plane=Plane.of((0.0, 0.0, 12.0), (0, 0, 1), (1, 0, 0))),)
    ideas = [Idea(ops, log_probability=-4.0) for ops in (upon, through, beside)]
    known = features(ideas, given, wanted=settled(wanted(cloud), given))
    new, central, there = known[:, -4:-1].T
    assert new == pytest.approx([1, 6 / 16, 0], abs=0.2)
    assert (central.tolist(), there.tolist()) == ([0, 1, 0], [1, 1, 0])


def test_the_expected_iou_of_parts_is_that_of_their_shares():
    """Two boxes, one twice as high: IoU 1/2 between them."""
    _, ideas = extrudes("extrude new to 10 0", "extrude new to 20 0")
    given = extrudes()[0]
    parts = [replace(given, operations=(*given.operations, *i.operations)) for i in ideas]
    assert expected(parts, np.array([0.75, 0.25])) == pytest.approx([0.875, 0.625], abs=0.02)


def test_a_part_that_is_far_too_large_spoils_no_other():
    """A plate, one half as high, and a tower of 100 m: the IoU of the first two is 1/2."""
    _, ideas = extrudes("extrude new to 10 0", "extrude new to 5 0")
    given = extrudes()[0]
    parts = [replace(given, operations=(*given.operations, *i.operations)) for i in ideas]
    tower = decode("sketch 0 0 0 +z +x\ncircle 0 0 20000\nextrude new to 100000 0\n")
    table = overlaps([*parts, tower, CadSequence(())])
    assert table[:2, :2] == pytest.approx(np.array([[1, 0.5], [0.5, 1]]), abs=0.03)
    assert table[2, :2].max() < 1e-6
    assert table[2, 2] == pytest.approx(1)
    assert not table[3].any()  # what does not exist shares nothing


def test_overlaps_are_those_of_exact_solids(boss):
    other = decode(BOSS.replace("circle 8 8 4", "circle 30 20 7"))
    parts = [boss[0], truncate(boss[0], 2), other]
    exact = [[iou(solid(a), solid(b)) for b in parts] for a in parts]
    assert overlaps(parts) == pytest.approx(np.array(exact), abs=0.02)


def test_scores_fall_and_nothing_is_a_part_only_where_one_may_be_finished(shipped, boss):
    for given in (1, 2, 3):
        reading = shipped.completer.read(Case("boss", truncate(boss[0], given)))
        found = finished_parts(reading.given, reading.rows, stop=reading.stop)
        scores = [part.score for part in found]
        assert scores == sorted(scores, reverse=True)
        assert any(part.source == "given" for part in found) == (given == 2)
        proposals = list(shipped.completer.better(reading, n=3))
        assert (reading.as_it_is is None) == (given != 2)
        assert all(part.score > (reading.as_it_is or 0) for part in proposals)


def test_a_tiny_cube_from_its_shape_comes_first_and_is_exact(shipped):
    """Beside a plate of 190 mm that the model dreams of, points in one box miss the cube."""
    cube = "sketch 0 0 0 +z +x\nloop -0.375 -0.375\nline 0.375 -0.375\nline 0.375 0.375\n"
    cube += "line -0.375 0.375\nclose\nextrude new to 0.75 0\n"
    cloud = sample_cloud(mesh_of(cube), 8192)
    parts = shipped.predict(Case("cube", CadSequence(()), points=cloud), n=2).parts
    assert parts[0].valid
    assert iou(solid(parts[0].sequence), solid(decode(cube))) > 0.9999
    assert parts[0].sequence.curves == 4
    assert [p.score for p in parts] == sorted((p.score for p in parts), reverse=True)


def test_of_parts_that_come_to_the_same_solid_the_one_with_the_fewest_operations_is_best(shipped):
    given = decode(PLATE)
    inside = decode(PLATE + "sketch 0 0 10 +z +x\ncircle 8 8 4\nextrude join to -2 0\n")
    row = Row(shipped.completer.grammar.start(given), finished=inside)
    best = finished_parts(given, [row], stop=0.5)[0]
    assert (extended(given, best.operations), best.source) == (given, "given")


def test_proposals_that_come_to_the_same_solid_are_not_shown_beside_each_other(kernel):
    flange = readers.read(PARTS / "flange.json")
    found = complete(flange, keep=7, n=3, kernel=kernel).completions
    volumes = [completion.volume for completion in found if completion.valid]
    assert len({round(volume) for volume in volumes[:2]}) == 2
