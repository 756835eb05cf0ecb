"""Completing: untouched prefix (law 5), constrained, checked, ranked, reproducible."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from conftest import PARTS, PLATE, mesh_of

from cadcomplete import readers
from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.completion.asking import kept
from cadcomplete.completion.engine import complete, shipped_model
from cadcomplete.completion.notices import unused
from cadcomplete.completion.wording import EXPECTED, PROBABILITY
from cadcomplete.completion.writing import _label, write
from cadcomplete.data.truncate import versions
from cadcomplete.deadline import TIME_WAS_UP
from cadcomplete.errors import InputError
from cadcomplete.history.operations import Sketch
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.report import Report
from cadcomplete.language.lines import decode, encode
from cadcomplete.model.sampling import Sampling
from cadcomplete.reports import answering
from cadcomplete.reports.completions import _completions, completions_text

KEEP = 3
"""Of the flange: its third operation is a sketch, so that it cannot be finished."""

FEW = Sampling(rows=6, most_tokens=160)
"""Fewer and shorter texts than usual, for laws that ask nothing of how good the answers are."""


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=2, time_limit=30) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def flange():
    return readers.read(PARTS / "flange.json")


@pytest.fixture(scope="module")
def result(flange, kernel):
    return complete(flange, keep=KEEP, n=4, kernel=kernel)


@pytest.fixture(scope="module")
def following(flange, kernel):
    return complete(flange, keep=KEEP, n=1, only_next=True, kernel=kernel)


def contents(result):
    return [(c.rank, c.score, c.valid, c.text, c.document.raw) for c in result.completions]


def test_completions_are_different_valid_and_in_the_order_of_their_scores(result):
    completions = result.completions
    assert [c.rank for c in completions] == list(range(1, len(completions) + 1))
    scores = [c.score for c in completions]
    assert scores == sorted(scores, reverse=True)
    assert len({c.text for c in completions}) == len(completions) > 1
    assert all(c.valid and not c.problems for c in completions)
    assert (result.score_is, result.as_it_is) == (EXPECTED, None)


def test_of_a_part_that_may_be_finished_only_better_ones_are_shown(flange, kernel):
    result = complete(flange, keep=2, n=3, kernel=kernel)
    assert 0 < result.finished < result.as_it_is <= 1
    assert all(c.score > result.as_it_is for c in result.completions)
    text = completions_text(answer_of(result))
    assert f"as it is: expected IoU {result.as_it_is:.3f}" in text
    assert result.completions or "nothing that was found is expected to be better" in text


def test_a_score_says_in_every_output_what_it_is(result, following):
    report = answer_of(result)
    assert report["score_is"] == EXPECTED
    assert "\n   expected IoU 0." in completions_text(report)
    following = answer_of(following)
    assert (following["score_is"], following["as_it_is"]) == (PROBABILITY, None)
    said = completions_text(following, everything=True)
    assert " % that it is the designer's; 1 operation added" in said
    words = following["completions"][0]["words"]
    assert f"\n1. {words}\n" in completions_text(following, everything=True)


def test_that_there_are_fewer_answers_than_asked_for_or_none_likely_is_said(result, following):
    report = answer_of(result)
    fewer = completions_text({**report, "asked": 64})
    assert "nothing else was found that is different" in fewer
    following = answer_of(following)
    unlikely = {**following, "least": 0.02}
    unlikely["completions"] = [{**following["completions"][0], "score": 0.001}]
    quiet, all_of_it = completions_text(unlikely), completions_text(unlikely, everything=True)
    assert "likely enough to be shown\n(the likeliest is" in quiet and "--all shows it" in quiet
    assert "\n1. " in all_of_it and "\n1. " not in quiet
    none = {**report, "completions": [], "folder": "out"}
    assert "better than the part as it is, so no files were written" in completions_text(none)


def test_beside_what_is_shown_the_model_does_not_say_whether_something_is_missing(result):
    alone, said = answer_of(result), "finished already: "
    assert said in completions_text(alone)
    for shown in ({"points": "a.stl"}, {"caption": "a flange"}, {"images": ["a.png"]}):
        assert said not in completions_text({**alone, **shown})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--keep", 99), "cannot keep so many operations"),
        (("--points", "x.png"), "not a shape's file"),
        (("--points", "missing.stl"), "no such file"),
        (("--points", PARTS / "flange.json"), "a history: cadcomplete inspect reads it"),
        (("--image", "missing.png"), "no such picture"),
        (("-n", 65), "cannot propose so many"),
    ],
)
def test_wrong_options_are_told_before_the_model_is_read(run, monkeypatch, wrong, said):
    monkeypatch.setattr(answering.Answering, "load", None)  # whoever calls it fails
    code, _, err = run("complete", PARTS / "flange.json", *wrong)
    assert code == 2 and said in err


def answer_of(result):
    """What the command line answers."""
    told = {"file": "part", "part_notices": [], "points": None, "notices": [], "total_seconds": 0.0}
    told |= {"folder": None, "asked": 3, "caption": None, "images": []}
    return {**told, **_completions(result, {})}


def test_every_completion_adds_something_and_parses(result, flange):
    for completion in result.completions:
        assert completion.operations_added >= 1
        given = encode(truncate(flange.sequence, KEEP)).text
        whole = decode(given + completion.text)
        assert len(whole) == KEEP + completion.operations_added


def test_the_given_operations_stay_as_they_are_value_for_value(result, flange):
    given = flange.truncated(KEEP).raw
    for completion in result.completions:
        raw = completion.document.raw
        assert raw["sequence"][:KEEP] == given["sequence"]
        assert {k: raw["entities"][k] for k in given["entities"]} == given["entities"]
        assert list(raw["entities"])[: len(given["entities"])] == list(given["entities"])
        new = [entry["entity"] for entry in raw["sequence"][KEEP:]]
        assert len(set(new)) == len(new) and not set(new) & given["entities"].keys()


def test_the_input_is_not_changed_by_completing_it(flange, result):
    assert result.completions
    assert json.dumps(flange.raw) == json.dumps(readers.read(PARTS / "flange.json").raw)


def test_the_same_seed_gives_the_same_completions_and_another_others(flange, kernel, result):
    assert contents(complete(flange, keep=KEEP, n=4, kernel=kernel)) == contents(result)
    assert contents(complete(flange, keep=KEEP, n=4, seed=1, kernel=kernel)) != contents(result)


def test_what_follows_the_cut_changes_nothing(flange, kernel, result):
    longer = replace(flange.sequence, operations=flange.sequence.operations[:KEEP] * 1)
    alone = flange.truncated(KEEP)
    assert alone.sequence.operations == longer.operations
    assert contents(complete(alone, n=4, kernel=kernel)) == contents(result)


def in_a_sketch(document):
    """The first truncated version that ends in a sketch."""
    found = (v for v in versions(document) if isinstance(v.sequence.operations[-1], Sketch))
    return next(version for version in found if len(version.sequence) > 1)


def test_a_truncated_file_is_as_good_as_a_whole_one_with_keep(flange, kernel):
    version = in_a_sketch(flange)
    keep = version.kept_operations
    assert keep is not None
    few = {"sampling": FEW, "kernel": kernel}
    first = complete(readers.parse(version.dump(), id="flange"), n=2, **few)
    second = complete(flange, keep=keep, n=2, **few)
    assert [c.text for c in first.completions] == [c.text for c in second.completions] != []
    assert [c.score for c in first.completions] == [c.score for c in second.completions]


def test_a_completed_file_has_its_own_box_and_no_longer_says_what_was_kept(flange, kernel):
    version = in_a_sketch(flange)
    completion = complete(version, n=1, sampling=FEW, kernel=kernel).completions[0]
    assert completion.valid
    assert completion.document.kept_operations is None
    low, high = (
        completion.document.raw["properties"]["bounding_box"][key]
        for key in ("min_point", "max_point")
    )
    box = completion.report.measures.bounding_box
    assert [1000 * low[axis] for axis in "xyz"] == pytest.approx(box.minimum)
    assert [1000 * high[axis] for axis in "xyz"] == pytest.approx(box.maximum)


def test_a_file_that_says_how_much_it_keeps_is_cut_there(flange):
    stated = replace(flange, raw={**flange.raw, "truncation_metadata": {"kept_operations": 3}})
    assert len(kept(stated).sequence) == 3
    assert len(kept(stated, 5).sequence) == 5


def test_a_caption_changes_the_scores(flange, kernel, result):
    told = complete(flange, keep=KEEP, n=4, caption="a flange with four holes", kernel=kernel)
    assert [c.score for c in told.completions] != [c.score for c in result.completions]


def test_native_files_are_completed_in_their_own_dialect(flange, kernel):
    native = readers.from_sequence(flange.sequence)
    found = complete(native, keep=KEEP, n=1, sampling=FEW, kernel=kernel)
    completion = found.completions[0]
    given = native.truncated(KEEP).raw["sequence"]
    assert completion.document.raw["sequence"][: len(given)] == given
    assert completion.document.raw["format"] == "cadcomplete"


def test_a_sketch_that_is_still_being_drawn_is_finished(flange, kernel):
    drawing = truncate(flange.sequence, 6, curves=2)
    half = truncate(
        decode("sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\n"),
        0,
        curves=2,
    )
    assert drawing.whole_operations == 7  # two whole circles: that sketch could be whole
    result = complete(readers.from_sequence(half), n=1, sampling=FEW, kernel=kernel)
    assert (result.given.sequence.whole_operations, len(result.given.sequence)) == (0, 1)
    finished = result.completions[0].document.sequence
    assert finished.operations[0].loops[0].curves[:2] == half.operations[0].loops[0].curves
    assert finished.operations[0].finished


@pytest.mark.parametrize("shown", [False, True])
def test_the_next_operation_of_a_sketch_that_is_still_being_drawn_is_that_sketch(kernel, shown):
    """Also if nothing is drawn in it yet, as in files whose sketch has no loops."""
    whole = decode(PLATE)
    cloud = sample_cloud(mesh_of(PLATE), 1024) if shown else None
    for curves in (0, 2):
        half = truncate(whole, 0, curves=curves)
        asked = {"n": 2, "only_next": True, "points": cloud, "sampling": FEW}
        found = complete(readers.from_sequence(half), **asked, kernel=kernel)
        assert found.completions
        for completion in found.completions:
            (sketch,) = completion.document.sequence.operations
            assert sketch.finished and completion.operations_added == 1
            assert encode(completion.document.sequence).text.startswith(encode(half).text)


def test_an_extrude_without_profiles_and_an_empty_sketch_are_gone_on_from(kernel):
    for odd in (
        "sketch 0 0 0 +z +x\nsketch 0 0 0 +z +x\ncircle 0 0 9\nextrude new to 5 0\n",
        f"{PLATE}extrude cut to 0\n",
        "extrude new to 5\n",
    ):
        asked = {"n": 1, "only_next": True, "sampling": FEW}
        found = complete(readers.from_sequence(decode(odd)), **asked, kernel=kernel)
        assert encode(found.completions[0].document.sequence).text.startswith(odd)


def test_nothing_given_is_completed_from_the_caption(kernel):
    empty = readers.from_sequence(decode(""))
    result = complete(empty, n=1, caption="a round washer", sampling=FEW, kernel=kernel)
    assert result.completions[0].operations_added >= 2
    assert result.finished == 0.0


def test_a_finished_part_is_probably_finished(flange, kernel):
    asked = {"n": 1, "sampling": FEW, "kernel": kernel}
    assert 0 < complete(flange, **asked).finished < 1
    assert complete(flange, keep=1, **asked).finished == 0.0  # ends in a sketch


def test_a_part_that_cannot_be_built_has_completions_that_say_so(kernel):
    broken = readers.from_sequence(
        decode("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 5 0\nextrude cut to 9 0\n")
    )
    found = complete(broken, n=2, sampling=FEW, kernel=kernel).completions
    assert found
    for completion in found:
        assert not completion.valid
        assert "operation 2" in completion.problems[0]
        assert completion.volume is None


@pytest.mark.parametrize("keep", [-1, 9])
def test_keeping_more_than_there_is_is_refused(flange, kernel, keep):
    with pytest.raises(InputError, match="expected 0 to 8"):
        complete(flange, keep=keep, kernel=kernel)


def test_a_part_that_is_longer_than_the_model_reads_is_refused(kernel):
    limit = shipped_model().model.language_model.config.max_position_embeddings
    circles = "".join(f"circle {i} 0 0.3\n" for i in range(limit // 4))
    long = readers.from_sequence(decode(f"sketch 0 0 0 +z +x\n{circles}"))
    with pytest.raises(InputError, match=f"expected less than {limit} tokens"):
        complete(long, kernel=kernel)


@pytest.mark.parametrize("n", [0, 65])
def test_the_number_of_completions_has_limits(flange, kernel, n):
    with pytest.raises(InputError, match="expected 1 to 64"):
        complete(flange, n=n, kernel=kernel)


def test_completions_are_written_in_every_format_that_they_have(result, kernel, tmp_path):
    files = write(result, tmp_path, ("json", "lines", "png", "step"), kernel)
    for completion in result.completions:
        assert {"json", "lines"} <= files[completion.rank].keys()
        assert "step" in files[completion.rank] or not completion.valid
        read = readers.read(files[completion.rank]["json"])
        assert read.raw == completion.document.raw
    assert (tmp_path / "flange_overview.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("keep", "only_next"), [(2, False), (7, True)])
def test_each_solid_is_built_once_however_often_it_is_drawn(
    flange, monkeypatch, tmp_path, keep, only_next
):
    asked = []
    submit = Kernel.submit

    def noted(kernel, job, *arguments, **options):
        asked.append((job.__name__, arguments))
        return submit(kernel, job, *arguments, **options)

    monkeypatch.setattr(Kernel, "submit", noted)
    with Kernel(workers=1, time_limit=60) as kernel:
        found = complete(flange, keep=keep, only_next=only_next, n=2, kernel=kernel)
        files = write(found, tmp_path, ("step", "png"), kernel)
    assert not files["lost"]
    built = [arguments[0] for name, arguments in asked if name == "examine_and_keep"]
    assert len(built) == len(set(built)) > 0
    known = [a[3:] for name, a in asked if name == "export"]  # the solid, and the one before
    known += [a[3] for name, a in asked if name == "draw_overview"]
    assert all(solid is not None for solids in known for solid in solids)
    assert len(known) == (len(found.completions) and len(found.completions) + 1)
    assert {name for name, _ in asked} <= {"examine_and_keep", "export", "draw_overview"}


def test_what_was_not_checked_in_time_is_not_called_invalid(result):
    best = result.completions[0]
    late = replace(best, report=Report((f"{TIME_WAS_UP} it was checked",)))
    wrong = replace(best, report=Report(("it is no solid",)))
    said = [_label(one, result.score_is).rpartition(", ")[2] for one in (late, wrong)]
    assert said == ["not checked", "not valid"] and late.late and not wrong.late


def test_what_a_model_hardly_uses_is_said(flange):
    shipped = shipped_model()
    captions, pictures = unused(shipped, "a flange", [b""])
    assert captions.startswith("captions are read by rule; the model itself hardly uses them")
    assert pictures.startswith("pictures are read by rule; the model itself hardly uses them")
    assert "1.501 to 1.481" in captions and "1.501 to 1.498" in pictures
    assert unused(shipped, None, []) == ()
    better = replace(
        shipped, metrics={"nats_per_token_shown": {"nothing": 1.5, "caption": 1.3, "picture": 1.2}}
    )
    assert unused(better, "a flange", [b""]) == ()
    data = replace(shipped.config.data, captions=0.0)
    blind = replace(better, config=replace(shipped.config, data=data))
    assert unused(blind, "a flange", []) == ("this model has never seen a caption",)
