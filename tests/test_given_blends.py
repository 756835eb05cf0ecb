"""Given parts with fillets and chamfers: rooms without the kernel go on from what it has made."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from conftest import mesh_of

from cadcomplete import readers
from cadcomplete.baselines import BASELINES, baseline
from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.engine import complete, shipped_model
from cadcomplete.completion.ideas import ideas
from cadcomplete.completion.prompting import prompted
from cadcomplete.completion.reading import Reading, looked_at
from cadcomplete.completion.written import built_rows
from cadcomplete.errors import InputError, UnsupportedError
from cadcomplete.evaluate.handing import handed_answers
from cadcomplete.evaluate.records import Answered, Header
from cadcomplete.evaluate.scores import scored_run
from cadcomplete.fitting import occupancy
from cadcomplete.fitting.flat.walls import prefix_faces
from cadcomplete.history.expanded import plain
from cadcomplete.history.fields import FORMATS
from cadcomplete.history.operations import Chamfer, Fillet, Profile
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.history.symmetry import Symmetry, move
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.meshes.manifolds import solid, states, volume_of
from cadcomplete.metrics.parameters import errors, exact_dimensions
from cadcomplete.metrics.targets import target
from cadcomplete.model.generate import Row
from cadcomplete.model.sampling import Sampling
from cadcomplete.predictions import Answer, Case, Prediction

A, B, C, R = 30.0, 20.0, 12.0, 3.0
BOX = f"""\
sketch 0 0 0 +z +x
loop 0 0
line {A:g} 0
line {A:g} {B:g}
line 0 {B:g}
close
extrude new to {C:g} 0
"""
ROUND = f"{BOX}fillet {R:g} side@1\n"
HOLE = "sketch 0 0 12 +z +x\ncircle 15 10 4\nextrude cut to 0 0\n"
BOSS = "sketch 0 0 12 +z +x\ncircle 15 10 4\nextrude join to 15 0\n"
GONE = (4 - math.pi) * R**2 * C
"""What rounding four upright edges takes: of each a square less a quarter of a disc."""


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=1, time_limit=30) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def rounded(kernel):
    """The box with its upright edges rounded, and its solid handed over."""
    return handed(decode(ROUND), kernel)


def test_the_solid_after_a_fillet_is_what_the_kernel_made(rounded):
    assert volume_of(solid(rounded)) == pytest.approx(A * B * C - GONE, rel=1e-3)
    assert volume_of(states(rounded)[2]) == pytest.approx(A * B * C)
    assert rounded == decode(ROUND)  # what was handed over is no part of the history


def test_which_points_are_inside_is_known_up_to_the_facets(rounded):
    random = np.random.default_rng(0)
    points = random.uniform((-1, -1, -1), (A + 1, B + 1, C + 1), (4000, 3))
    middle = np.array([A, B]) / 2
    beyond = np.maximum(np.abs(points[:, :2] - middle) - (middle - R), 0)
    off = np.hypot(*beyond.T) - R  # of a box with round corners
    far = np.maximum(off, np.abs(points[:, 2] - C / 2) - C / 2)
    sure = np.abs(far) > R * (1 - math.cos(math.radians(2.5)))
    assert sure.mean() > 0.99
    assert (occupancy(rounded, points) == (far < 0))[sure].all()


def test_what_follows_a_fillet_is_done_on_what_it_left(rounded):
    holed = replace(rounded, operations=(*rounded.operations, *after(HOLE)))
    hole = math.pi * 16 * C
    assert volume_of(solid(holed)) == pytest.approx(A * B * C - GONE - hole, rel=2e-3)
    points = np.array([[15.0, 10, 6], [5, 10, 6], [0.1, 0.1, 6]])
    assert occupancy(holed, points).tolist() == [False, True, False]


def test_a_whole_body_with_a_fillet_is_copied(kernel):
    mirrored = handed(decode(f"{ROUND}mirror +x 40 all\n"), kernel)
    assert volume_of(solid(mirrored)) == pytest.approx(2 * (A * B * C - GONE), rel=1e-3)
    points = np.array([[5.0, 10, 6], [0.1, 0.1, 6]])
    mirror: Any = mirrored.operations[3]
    (motion,) = mirror.motions()
    there = motion.apply(points)
    assert occupancy(mirrored, np.concatenate([points, there])).tolist() == [True, False] * 2


@pytest.mark.parametrize(
    "lines",
    [
        f"{HOLE.replace('15 10 4', '6 10 2')}fillet {R:g} side@3\nlinear +x 8 3 @2\n",
        f"fillet {R:g} side@1\n{HOLE.replace('15 10 4', '6 10 2')}linear +x 8 3 @1\n",
    ],
    ids=["the fillet between", "the fillet before"],
)
def test_a_pattern_of_a_cut_goes_by_a_fillet(kernel, lines):
    part = handed(decode(BOX + lines), kernel)
    assert volume_of(solid(part)) == pytest.approx(A * B * C - GONE - 3 * math.pi * 4 * C, rel=1e-3)
    points = np.array([[6.0, 10, 6], [14, 10, 6], [22, 10, 6], [10, 10, 6], [0.1, 0.1, 6]])
    assert occupancy(part, points).tolist() == [False, False, False, True, False]


def test_a_cut_where_a_cut_is_already_changes_nothing_after_a_fillet(kernel):
    """The triangles of a hole have their corners where the polygon of a circle has them."""
    once = handed(decode(f"{BOX}{HOLE}fillet {R:g} side@3\n"), kernel)
    twice = replace(once, operations=(*once.operations, *after(HOLE, 5)))
    assert volume_of(solid(twice)) == pytest.approx(volume_of(solid(once)), rel=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda part: truncate(part, 2).operations + decode(ROUND).operations[2:],
        lambda part: (*part.operations[:2], replace(part.operations[2], radius=2.0)),
        lambda part: decode(ROUND.replace("30 20", "31 20")).operations[:2] + part.operations[2:],
        lambda part: move(part, Symmetry((1, 0, 2), (1, 1, 1))).operations,
    ],
    ids=["never handed over", "another radius", "another box", "moved"],
)
def test_a_solid_is_good_for_no_other_operations(rounded, change):
    other = CadSequence(change(rounded))
    with pytest.raises(UnsupportedError, match=r"meshes/manifolds\.py: not supported: Fillet"):
        solid(other)
    with pytest.raises(UnsupportedError, match=r"fitting/space/solids\.py: not supported: Fillet"):
        occupancy(other, np.zeros((1, 3)))


def test_what_was_handed_over_goes_with_a_history_to_another_process(rounded):
    there = pickle.loads(pickle.dumps(rounded))
    assert volume_of(solid(there)) == pytest.approx(volume_of(solid(rounded)))


def test_the_kernel_is_asked_once(rounded, kernel):
    assert handed(rounded, kernel) is rounded
    plain = decode(BOX)
    assert handed(plain, kernel) is plain


def test_what_cannot_be_built_is_said_by_its_number(kernel):
    with pytest.raises(InputError, match=r"cannot be built: operation 2: .*\(keep"):
        handed(decode(f"{BOX}fillet 11 end@1/0\n"), kernel)


def test_of_the_faces_that_blends_make_nothing_is_known(rounded):
    assert prefix_faces(rounded) == prefix_faces(truncate(rounded, 2))


@pytest.mark.parametrize("blend", [Fillet, Chamfer])
def test_a_shape_says_how_a_blended_part_goes_on(kernel, blend):
    given = ROUND if blend is Fillet else f"{BOX}chamfer {R:g} side@1\n"
    cloud = sample_cloud(mesh_of(given + HOLE), 2048, seed=0)
    completer = ByModel(shipped_model(), kernel, source="search")
    best = next(completer.parts(completer.read(Case("part", decode(given), points=cloud)), n=1))
    assert best.valid and best.sequence.operations[:3] == decode(given).operations
    gone = GONE if blend is Fillet else 2 * R**2 * C
    assert best.report is not None and best.report.measures is not None
    volume = A * B * C - gone - math.pi * 16 * C
    assert best.report.measures.volume == pytest.approx(volume, rel=1e-3)


def after(text: str, count: int = 3) -> tuple[Any, ...]:
    """The operations of a text after so many others."""
    found: Any = decode(BOX + text).operations[2:]
    moved = [replace(p, sketch=count) for p in found[1].profiles]
    return found[0], replace(found[1], profiles=tuple(moved))


# --- a model that has not learned the words -------------------------------------------------------


def test_a_model_is_not_told_of_a_blend_that_it_has_no_word_for():
    model, part = shipped_model(), decode(ROUND + BOSS)
    assert "fillet" not in model.words
    told = model.tokenizer.decode(prompted(part, model).ids)
    assert told.endswith(BOX + BOSS) and "fillet" not in told
    everything = replace(model, words=(*model.words, "fillet"))
    assert model.tokenizer.decode(prompted(part, everything).ids).endswith(ROUND + BOSS)


@pytest.mark.parametrize("text_format", FORMATS)
def test_what_may_follow_is_said_as_after_what_was_told(text_format):
    """In `numbers` numbers refer to what stands there: not to a radius that was not told."""
    words = shipped_model().words
    part, plain = decode(ROUND + BOSS), decode(BOX + BOSS)
    given = truncate(part, 3)
    (said,) = ideas(
        given, [row(part)], "sketch", text_format=text_format, words=[*words, "nothing"], most=1
    )[:1]
    expected = encode(plain, text_format=text_format).text
    before = encode(truncate(plain, 2), text_format=text_format).text
    assert (before + said.text).rstrip() in expected
    tokens = TextTokenizer.train([expected], size=400)
    vocabulary = tokens.vocabulary
    grammar = Grammar(vocabulary, tokens.end, text_format=text_format, words=words)
    matcher = grammar.start(given)
    for token in tokens.tokens(expected[len(before) :]):
        assert token in matcher.allowed()
        matcher.accept(token)
    assert matcher.drawing.sequence.operations == part.operations


def row(part: CadSequence) -> Row:
    """What a model wrote, as far as ideas ask."""
    start = Grammar({}, 0, text_format="lines").start(part)
    return Row(start, whole=1, finished=part)


def test_with_nothing_shown_the_answers_keep_the_blend_and_a_note_says_what_was_told(kernel):
    document = readers.from_sequence(decode(ROUND))
    found = complete(document, n=1, only_next=True, sampling=Sampling(rows=2), kernel=kernel)
    assert found.completions
    for one in found.completions:
        assert one.document.sequence.operations[:3] == decode(ROUND).operations
        assert one.valid and len(one.document.sequence) == 4
    (note,) = (notice for notice in found.notices if "not learned" in notice)
    assert note.startswith("this model has not learned fillet: it was told the part without oper")
    assert found.given.sequence == decode(ROUND)


# --- what is right, and how much of it -----------------------------------------------------------

TRUTH = f"{BOX}fillet {R:g} side@1\n{HOLE}"


def blended(*lines: str) -> CadSequence:
    """The box with something blended."""
    return decode(BOX + "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize(
    ("suggested", "overlap"),
    [
        ("fillet 3 side@1", 1.0),
        ("fillet 3 0,0,6 30,0,6 0,20,5 30,20,1", 1.0),  # the same edges, by points on them
        ("fillet 2.5 side@1", 2.5 / 3),
        ("fillet 3 0,0,6 30,0,6 0,20,5", 2 * 3 / (4 + 3)),
        ("fillet 3 all", 2 * 4 / (4 + 12)),
        ("fillet 3 end@1", 0.0),
        ("chamfer 3 side@1", 0.0),
        ("fillet 11 end@1/0", 0.0),  # the kernel cannot make it
    ],
)
def test_a_fillet_is_right_by_its_edges_and_its_radius(kernel, suggested, overlap):
    truth = target(handed(blended("fillet 3 side@1"), kernel), 2)
    assert (truth.kind, truth.excluded) == ("fillet", "")
    try:
        made = handed(blended(suggested), kernel).operations[2]
    except InputError:
        made = blended(suggested).operations[2]
    assert truth.overlap(made) == pytest.approx(overlap)


def test_of_a_chamfer_both_sizes_count(kernel):
    truth = target(handed(blended("chamfer 2/1 end@1"), kernel), 2)
    made = handed(blended("chamfer 2/1.25 end@1"), kernel).operations[2]
    assert truth.kind == "chamfer" and truth.overlap(made) == pytest.approx(1 / 1.25)
    assert exact_dimensions(truth, made) == (1, 2) and errors(truth, made) == {}
    assert truth.overlap(decode(BOX + HOLE).operations[2]) == 0


def test_what_is_not_handed_over_is_no_truth():
    with pytest.raises(UnsupportedError, match=r"metrics/targets\.py: not supported: Fillet"):
        target(blended("fillet 3 side@1"), 2)


def test_a_benchmark_counts_parts_with_fillets():
    """Predictions as they are read from a file: histories that nobody has built."""
    history = replace(decode(TRUTH), id="part")
    near = decode(TRUTH.replace("15 10 4", "15 10 4.01"))
    broken = decode(f"{BOX}fillet 11 end@1/0\n")
    good = Prediction((Answer(truncate(near, 4), 0.5),), (Answer(near, 0.9),), 0.1)
    late = Prediction((Answer(truncate(near, 3), 0.5),), (Answer(broken, 0.9),), 0.1)
    header = Header("model", {}, "test", None, ("none",), None, 5, 0, 1, 2, {})
    answers = [
        Answered("set", "design", history, 3, "none", good),
        Answered("set", "design", history, 2, "none", late),
    ]
    run = scored_run(header, answers, watch=lambda *_: None)
    first, second = run.scored
    assert first.ranking is not None and first.ranking.rank == 1
    assert first.ranking.kind == "later sketch" and first.parts[0].iou > 0.99
    assert second.ranking is not None and second.ranking.kind == "fillet"
    assert second.ranking.rank == 1 and second.ranking.exact == (1, 1)
    assert second.parts[0].failed.startswith("the part cannot be built: operation 2:")
    assert run.document["conditions"]["none"]["next"]["fillet"]["hit@1"]["value"] == 1
    assert "not scored" not in run.document["settings"]


def test_a_true_part_that_cannot_be_built_is_counted():
    history = decode(f"{BOX}fillet 11 end@1/0\n")
    answers = [Answered("set", "d", history, 2, "none", Prediction((), (), 0.1))]
    found, reasons = handed_answers(answers)
    (reason,) = reasons
    assert not found and reasons[reason] == 1 and "operation 2" in reason


# --- baselines -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_goes_on_from_the_part_with_sharp_edges(kernel, name):
    """It has seen one part, rounded first: told the box alone it knows the hole that follows."""
    known, given = decode(TRUTH), truncate(decode(TRUTH), 4)
    asked = baseline(name, [known], kernel=kernel)
    answer = asked.predict(Case("part", given), n=3, seed=0)
    for one in (*answer.next, *answer.parts):
        assert one.sequence.operations[:4] == given.operations
        assert one.valid == (one.report is not None and one.report.valid)
    if name == "retrieval":
        assert answer.next[0].operation == known.operations[4]
    if name != "stop":
        assert answer.next[0].operation.refers() == (3,)


def test_a_baseline_is_told_of_each_copy_and_names_none(kernel):
    """What it would make of the sketch of a copy cannot be said of the part with the pattern."""
    given = decode(
        f"{BOX}sketch 0 0 12 +z +x\ncircle 5 5 2\nextrude cut to 0 0\nlinear +x 10 3 @1\n"
    )
    told = plain(given)
    assert (len(told.sequence), told.places) == (8, (0, 1, 2, 3, 4))
    extrude = replace(told.sequence.operations[3], profiles=(Profile(6, 0, ()),))
    assert told.back(given, (extrude,)) is None
    again = replace(extrude, profiles=(Profile(2, 0, ()),))
    assert told.back(given, (again,)) == (again,)
    sketch = told.sequence.operations[6]
    new = replace(extrude, profiles=(Profile(8, 0, ()),))
    found = told.back(given, (sketch, new))
    assert found is not None and found[1].refers() == (5,)


# --- a model that has learned the words ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "as_step", "as_part"),
    [
        ("linear +x 40 3 @1\n", 1, 1),
        ("linear +x 40 30 @1\nlinear +y 40 30 @1 @2\n", 0, 0),
        ("sketch 0 0 500 +z +x\ncircle 5 5 1\nextrude cut to through 0\n", 0, 0),
        ("sketch 0 0 12 +z +x\ncircle 5 5 1\nextrude cut to face end@2 0\n", 0, 0),
        ("hole 0 0 12 +z +x 4 to 30 at 5 5\n", 1, 0),
        ("revolve new to 360 about 0 0 1 0 0\nextrude join to next 0\n", 1, 0),
    ],
    ids=[
        "a few copies",
        "900 copies",
        "through nothing",
        "to its own plane",
        "above it",
        "the kernel knows where",
    ],
)
def test_what_cannot_be_made_in_little_time_has_not_become_a_part(text, as_step, as_part):
    """No kernel is asked: what it would have to make is no fillet."""
    part, kernel = decode(BOX + text), cast("Kernel", None)
    given = len(decode(BOX).operations)
    assert built_rows([row(part)], kernel, given=given)[0].whole == as_step
    assert built_rows([row(part)], kernel, given=given, compared=True)[0].whole == as_part
    few = built_rows([row(part)], kernel, given=len(part.operations))
    assert few[0].whole == (as_step or text.count("linear") == 2)  # what is given may be as it is


@pytest.mark.parametrize("shown", [False, True], ids=["nothing shown", "a shape shown"])
def test_what_a_model_blends_is_built_before_it_is_compared(kernel, shown):
    part = decode(BOX)
    texts = [ROUND, f"{BOX}fillet 11 end@1/0\n", f"{BOX}fillet 1 side@1\n", ROUND]
    rows = built_rows([row(decode(text)) for text in texts], kernel)
    assert [one.whole for one in rows] == [1, 0, 1, 1]
    cloud = sample_cloud(mesh_of(ROUND), 2048, seed=0) if shown else None
    case = Case("part", part, points=cloud)
    wanted = looked_at(case)[1]
    reading = Reading(case, 0.1, "fillet", Sampling(), rows, wanted=wanted)
    completer = ByModel(shipped_model(), kernel)
    following = list(completer.next(reading, n=3))
    assert all(one.valid for one in following)
    radii = [cast("Fillet", one.operation).radius for one in following]
    assert radii[0] == R and set(radii) == {R, 1.0}
    parts = list(completer.parts(reading, n=3))
    assert any(one.sequence == decode(ROUND) for one in parts)
    assert cloud is None or parts[0].sequence == decode(ROUND)
