"""Laws 3, 5 and 9 of data: where loss falls and how much, what a record keeps, who learns."""

from __future__ import annotations

import dataclasses
import json
import lzma

import numpy as np
import pytest
from conftest import PARTS
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import sequences

from cadcomplete import readers
from cadcomplete.data import synthetic
from cadcomplete.data.augment import SCALES, scale_cloud, variant_scale
from cadcomplete.data.draws import draws
from cadcomplete.data.identity import identity
from cadcomplete.data.labels import evenly_spaced, label, operation_cuts
from cadcomplete.data.pack import read_pack, write_pack
from cadcomplete.data.prepare.splits import split
from cadcomplete.data.read import read_samples
from cadcomplete.data.reorder import reorder
from cadcomplete.data.rows import packed
from cadcomplete.data.samples import (
    Sample,
    Skipped,
    design_of,
    find,
    hash64,
    held_out,
    read_captions,
    walk,
)
from cadcomplete.data.truncate import versions
from cadcomplete.errors import InputError, RefusedSample
from cadcomplete.evaluate.questions import cuts_of
from cadcomplete.evaluate.records import (
    FILE,
    NO_ANSWER,
    Answered,
    Header,
    answer_lines,
    header_line,
    read_predictions,
)
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import decode, encode
from cadcomplete.language.tokenizer import IGNORED, Tokens
from cadcomplete.meshes.manifolds import solid, volume_of
from cadcomplete.predictions import Answer, Prediction

MADE = tuple(synthetic.parts(10, seed=23))
EXAMPLES = tuple(readers.read(path).sequence for path in sorted(PARTS.glob("*.json")))
parts = st.integers(0, 15).map((*MADE, *EXAMPLES).__getitem__)
shares = st.floats(0, 1)

# --- labels (law 3) -----------------------------------------------------------------------------


@given(length=st.integers(2, 60), data=st.data())
@settings(max_examples=50)
def test_weights_of_all_cuts_are_those_of_a_sample_for_each(length, data):
    ids = tuple(range(length))
    cuts = data.draw(st.lists(st.integers(1, length), min_size=1, max_size=5, unique=True))
    found = label(Tokens(ids, ()), cuts, end=999, max_length=99)
    # of one cut c the mean over its length + 1 - c target tokens; of several the mean of those
    expected = np.zeros(length + 1)
    for cut in cuts:
        expected[cut:] += 1 / len(cuts) / (length + 1 - cut)
    assert found.weights == pytest.approx(expected)
    assert found.weights.sum() == pytest.approx(1.0)
    carries = found.labels != IGNORED
    assert np.array_equal(carries, np.arange(length + 1) >= min(cuts))
    assert np.array_equal(found.labels[carries], found.ids[carries])
    assert found.ids[-1] == 999


@given(length=st.integers(2, 40), data=st.data())
@settings(max_examples=20)
def test_weighted_by_tokens_all_targets_count_the_same(length, data):
    cuts = data.draw(st.lists(st.integers(1, length - 1), min_size=1, max_size=4, unique=True))
    tokens = Tokens(tuple(range(length)), ())
    found = label(tokens, cuts, end=None, max_length=99, weighting="tokens")
    assert len(found.ids) == length  # nothing says that a text ends that goes on
    assert np.array_equal(found.weights, (np.arange(length) >= min(cuts)).astype(float))


@pytest.mark.parametrize(
    ("cuts", "most", "said"),
    [
        ((), 9, "part: nothing to complete: expected a place to cut it"),
        ((0,), 9, "part: a cut outside of the text: expected between 1 and 3, got (0,)"),
        ((4,), 9, "part: a cut outside of the text: expected between 1 and 3, got (4,)"),
        ((1,), 3, "part: too long: expected at most 3 tokens, got 4"),
    ],
)
def test_a_sample_without_loss_is_refused_by_name(cuts, most, said):
    with pytest.raises(RefusedSample) as caught:
        label(Tokens((1, 2, 3), ()), cuts, end=4, max_length=most, name="part")
    assert str(caught.value) == f"at {said}"


@given(operations=st.integers(0, 60), most=st.integers(1, 12))
@settings(max_examples=60)
def test_evenly_spaced_cuts_keep_something_and_leave_something(operations, most):
    cuts = evenly_spaced(operations, most=most)
    assert len(cuts) == min(most, max(0, operations - 1))
    assert all(1 <= cut <= operations - 1 for cut in cuts)
    assert list(cuts) == sorted(set(cuts))
    if len(cuts) > 1:
        assert (cuts[0], cuts[-1]) == (1, operations - 1)
        gaps = np.diff(cuts)
        assert gaps.max() - gaps.min() <= 1  # as even as whole numbers are


@given(st.integers(0, 40))
def test_without_a_limit_every_number_of_operations_is_given_all_and_none_included(operations):
    assert cuts_of(operations, None) == tuple(range(operations + 1))
    assert cuts_of(operations, 5) == evenly_spaced(operations)


@given(part=parts)
@settings(max_examples=10)
def test_cuts_among_tokens_are_one_more_than_operations(part):
    text = encode(part)
    # a token for each character: then the cuts are the offsets
    tokens = Tokens(tuple(range(len(text.text))), text.offsets)
    assert operation_cuts(text, tokens) == text.operation_offsets


@given(part=parts, most=st.integers(1, 6))
@settings(max_examples=15)
def test_versions_of_a_part_say_what_they_keep_and_are_its_beginnings(part, most):
    document = readers.from_sequence(part)
    found = versions(document, most=most)
    assert [one.kept_operations for one in found] == list(evenly_spaced(len(part), most=most))
    for one in found:
        again = readers.parse(one.dump())
        assert again.sequence.operations == part.operations[: one.kept_operations]
        assert again.extended(part).kept_operations is None  # continued, it is cut no more
        assert "metadata" not in again.extended(part).raw
        assert again.extended(part).sequence.operations == part.operations


# --- rows and draws -----------------------------------------------------------------------------


@given(lengths=st.lists(st.integers(1, 120), max_size=30), size=st.integers(1, 100))
@settings(max_examples=50)
def test_packed_rows_have_every_sample_once_and_none_is_too_full(lengths, size):
    rows = packed(lengths, size)
    assert sorted(i for row in rows for i in row) == list(range(len(lengths)))
    for row in rows:
        assert sum(lengths[i] for i in row) <= size or len(row) == 1


@given(
    keys=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5),
    seed=st.integers(0, 2**31),
    stream=st.integers(0, 9),
)
@settings(max_examples=30)
def test_a_draw_depends_on_its_own_key_alone(keys, seed, stream):
    together = draws(keys, 3, seed=seed, stream=stream)
    alone = [draws(key, 3, seed=seed, stream=stream).item() for key in keys]
    assert together.tolist() == alone
    assert all(0 <= value < 1 for value in alone)
    assert draws(keys[0], 4, seed=seed, stream=stream).item() != alone[0]
    assert draws(keys[0], 3, seed=seed + 1, stream=stream).item() != alone[0]
    assert draws(keys[0], 3, seed=seed, stream=stream + 1).item() != alone[0]


@given(number=st.integers(0, 50), seed=st.integers(0, 5), share=shares)
@settings(max_examples=40)
def test_a_variant_has_the_size_of_the_part_or_a_round_factor_of_it(number, seed, share):
    factor = variant_scale("part", number, seed=seed, share=share)
    assert factor == variant_scale("part", number, seed=seed, share=share)
    assert factor in (1.0, *SCALES)
    if number == 0 or share == 0:
        assert factor == 1.0


@given(st.sampled_from(SCALES))
def test_a_scaled_cloud_lies_where_the_scaled_part_does(factor):
    from cadcomplete.clouds.cloud import PointCloud

    points = np.array([[-1.0, 0, 0], [1, 0.5, 0.5]])
    cloud = PointCloud(points, points, np.array([3.0, 4, 5]), 7.0)
    assert scale_cloud(cloud, factor).millimetres == pytest.approx(factor * cloud.millimetres)


@given(part=parts, seed=st.integers(0, 9))
@settings(max_examples=12, deadline=None)
def test_a_part_drawn_in_another_order_is_the_same_part(part, seed):
    other = reorder(part, np.random.default_rng(seed))
    assert len(other) == len(part)
    assert other.operations[0] == part.operations[0]
    assert volume_of(solid(other)) == pytest.approx(volume_of(solid(part)), rel=1e-6)


# --- who learns ---------------------------------------------------------------------------------


@given(name=st.integers(0, 10**9).map(str), less=shares, more=shares)
@settings(max_examples=40)
def test_who_is_held_out_stays_held_out_when_more_are(name, less, more):
    less, more = sorted((less, more))
    assert held_out(name, more) >= held_out(name, less)
    assert not held_out(name, 0.0)
    assert held_out(name, 1.0)
    assert 0 <= hash64(name) < 2**64


@pytest.mark.parametrize(
    ("split_name", "validates", "trains"),
    [("validation", True, False), ("train", False, True), ("test", False, False)],
)
def test_the_side_of_a_prepared_part_is_that_of_its_split(split_name, validates, trains):
    sample = Sample(CadSequence(()), None, "design", split_name)
    for share in (0.0, 0.5, 1.0):
        assert (sample.held_out(share), sample.trains(share)) == (validates, trains)


@given(design=st.integers(0, 10**9).map(str), share=shares)
@settings(max_examples=20)
def test_a_part_of_raw_files_is_on_exactly_one_side(design, share):
    sample = Sample(CadSequence(()), None, design)
    assert sample.held_out(share) != sample.trains(share)


@pytest.mark.parametrize(
    ("name", "design"),
    [
        ("00010000_00001", "00010000"),
        ("a/b/00010000_2", "00010000"),
        ("plate", "plate"),
        ("my_part_3", "my_part"),
        ("folder_1/plate", "plate"),
    ],
)
def test_the_design_of_a_part_is_its_name_up_to_the_last_underscore(name, design):
    assert design_of(name) == design


@given(
    designs=st.lists(st.integers(0, 9), max_size=25),
    validation=st.sampled_from([0.0, 0.2, 1.0]),
    data=st.data(),
)
@settings(max_examples=30)
def test_a_design_is_never_on_two_sides_and_a_copy_is_told(designs, validation, data):
    count = len(designs)
    texts = data.draw(st.lists(st.integers(0, 12), min_size=count, max_size=count))
    hashes = np.array([hash64(f"d{d}") for d in designs], dtype=np.uint64)
    found = split(
        hashes,
        np.array(texts, dtype=np.uint64),
        np.array([[hash64(f"t{t}")] for t in texts], dtype=np.uint64).reshape(count, 1),
        validation=validation,
        test=0.0,
    )
    assert found.kept.sum() == len(set(texts))
    for design in set(designs):
        assert len({found.side[i] for i in range(count) if designs[i] == design}) == 1
    if validation == 0.0:
        assert not found.side.any()


# --- folders ------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Three parts, one of which cannot be read, with captions for two of them."""
    for number, part in enumerate(MADE[:2]):
        path = tmp_path / "json" / f"0{number}_a.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(readers.from_sequence(part).dump())
    (tmp_path / "json" / "bad_1.json").write_text("{")
    (tmp_path / "json" / ".hidden.json").write_text("{")
    (tmp_path / "txt").mkdir()
    entries = [{"id": "00_a", "text caption": "one"}, {"id": "zz", "text caption": "none"}]
    (tmp_path / "txt" / "a.json").write_text(json.dumps(entries))
    return tmp_path


def test_parts_of_a_folder_have_their_names_captions_and_designs(folder):
    found = list(read_samples(folder))
    (skipped,) = [one for one in found if isinstance(one, Skipped)]
    assert skipped.file.endswith("bad_1.json")
    assert "not JSON" in skipped.reason
    samples = [one for one in found if isinstance(one, Sample)]
    assert [(s.sequence.id, s.caption, s.design) for s in samples] == [
        ("00_a", "one", "00"),
        ("01_a", None, "01"),
    ]
    assert [s.sequence.operations for s in samples] == [p.operations for p in MADE[:2]]


def test_hidden_files_are_passed_over_and_the_others_come_in_order(folder):
    assert [name for _, name in find(folder)] == ["00_a", "01_a", "bad_1"]
    names = [path.name for path in walk(folder)]
    assert names == ["00_a.json", "01_a.json", "bad_1.json", "a.json"]


def test_a_data_set_has_another_identity_when_anything_in_it_changes(folder):
    before = identity(folder)
    assert identity(folder) == before
    assert len(before) == 16
    path = folder / "json" / "00_a.json"
    text = path.read_text()
    path.write_text(text + " ")
    assert identity(folder) != before
    path.write_text(text)
    assert identity(folder) == before
    path.rename(path.with_name("02_a.json"))
    assert identity(folder) != before


@pytest.mark.parametrize(
    "content", ["{", "5", "[5]", '[{"id": "a"}]', '[{"id": 5, "text caption": "a"}]', "[" * 9999]
)
def test_captions_that_are_none_name_their_file(folder, content):
    path = folder / "txt" / "b.json"
    path.write_text(content)
    with pytest.raises(InputError, match='expected a list of objects with "id" and') as caught:
        read_captions(folder)
    assert caught.value.file == str(path)


def test_a_pack_gives_back_the_parts_with_their_captions(folder, tmp_path):
    target = tmp_path / "parts.xz"
    assert write_pack([folder], target) == 2
    found = list(read_pack(target))
    assert [one.sample.sequence.id for one in found] == ["00_a", "01_a"]
    assert [one.sample.caption for one in found] == ["one", None]
    assert [(one.clean, one.scans) for one in found] == [(None, ())] * 2
    for one, part in zip(found, MADE, strict=False):
        assert encode(one.sample.sequence).text == encode(part).text


@pytest.mark.parametrize(
    "content",
    [b"text", lzma.compress(b"5\n"), lzma.compress(b"{}\n"), lzma.compress(b"x" * 999)[:-9]],
)
def test_what_is_no_pack_is_named(tmp_path, content):
    path = tmp_path / "parts.xz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a pack of parts") as caught:
        list(read_pack(path))
    assert caught.value.file == str(path)


# --- records (law 9) ----------------------------------------------------------------------------

HEADER = Header(
    predictor="someone",
    data={"parts": "0123456789ab"},
    split="validation",
    cuts=None,
    conditions=("none", "points"),
    most=None,
    n=5,
    seed=3,
    parts=1,
    questions=2,
    left_out={"no picture": 2},
)


def answered(truth, given, prediction, **more):
    return Answered("parts", "design", truth, given, "none", prediction, **more)


def written(path, *answers):
    lines = [answer_lines(one, seed=3, predictor="someone") for one in answers]
    path.write_text(header_line(HEADER) + "".join(lines), encoding="utf-8")
    return path


@given(sequence=sequences(), data=st.data(), stop=shares, score=shares)
@settings(max_examples=20)
def test_answers_are_read_back_as_they_were_written(tmp_path_factory, sequence, data, stop, score):
    truth = dataclasses.replace(decode(encode(sequence).text), id="Ø/1")
    given = data.draw(st.integers(0, len(truth) - 1))
    following = Answer(truncate(truth, given + 1), round(score, 6), valid=True, source="model")
    part = Answer(truth, round(score, 6), valid=False, problems=("it floats",), source="cloud")
    prediction = Prediction(
        (following,), (part, part), round(stop, 6), generated=9, unparsed=2, seconds=0.5
    )
    answers = (
        answered(truth, given, NO_ANSWER, failed="RuntimeError: out of ideas"),
        answered(truth, given, prediction),
    )
    path = written(tmp_path_factory.mktemp("records") / FILE, *answers)
    header, again, size = read_predictions(path)
    assert header == HEADER
    assert tuple(again) == answers
    assert size == path.stat().st_size


def test_half_an_answer_at_the_end_is_as_if_it_were_not_there(tmp_path, plate):
    truth = dataclasses.replace(plate, id="plate")
    prediction = Prediction((Answer(truncate(plate, 2), 0.5),), (), 0.5)
    one, other = answered(truth, 1, prediction), answered(truth, 0, NO_ANSWER)
    path = written(tmp_path / FILE, other, one)
    whole = path.read_bytes()
    _, first, size = read_predictions(written(tmp_path / "first", other))
    assert first == [other]
    for end in range(size, len(whole), 23):  # cut anywhere within the second answer
        path.write_bytes(whole[:end])
        assert read_predictions(path)[1:] == ([other], size)


def test_a_question_where_a_candidate_was_announced_is_named_with_its_line(tmp_path, plate):
    prediction = Prediction((Answer(truncate(plate, 2), 0.5),), (), 0.5)
    path = written(tmp_path / FILE, answered(plate, 1, prediction))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], lines[1], ""]))
    with pytest.raises(InputError) as caught:
        read_predictions(path)
    assert "a question where a candidate was announced" in str(caught.value)
    assert caught.value.where == "line 3"


@pytest.mark.parametrize("missing", ["truth", "given", "stop", "design", "failed", "seconds"])
def test_a_question_that_lacks_something_says_what(tmp_path, plate, missing):
    path = written(tmp_path / FILE, answered(plate, 0, NO_ANSWER))
    first, question = path.read_text().splitlines()
    document = json.loads(question)
    del document[missing]
    path.write_text(f"{first}\n{json.dumps(document)}\n")
    with pytest.raises(InputError, match=f"not predictions: it lacks the key '{missing}'"):
        read_predictions(path)


@pytest.mark.parametrize("field", ["predictor", "conditions", "left_out"])
def test_a_header_that_lacks_something_says_what(tmp_path, field):
    document = json.loads(header_line(HEADER))
    del document[field]
    path = tmp_path / FILE
    path.write_text(json.dumps(document) + "\n")
    with pytest.raises(InputError, match=f"it lacks the key '{field}'") as caught:
        read_predictions(path)
    assert caught.value.where == "line 1"
