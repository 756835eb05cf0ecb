"""The benchmark: every question is answered once, every failure counts, numbers can be remade."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import prepared_parts

from cadcomplete.baselines import BASELINES
from cadcomplete.errors import InputError
from cadcomplete.evaluate import EvaluationSettings, evaluate, rescore
from cadcomplete.evaluate.questions import CONDITIONS, case, choose, questions, read_data
from cadcomplete.evaluate.records import (
    FILE,
    Answered,
    Header,
    answer_lines,
    header_line,
    read_predictions,
)
from cadcomplete.evaluate.tables import text
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.language.lines import decode
from cadcomplete.metrics.targets import MACROS
from cadcomplete.predictions import Answer, Prediction


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return prepared_parts(tmp_path_factory, points=128, size=32)


class Perfect:
    """Knows the answers."""

    name = "perfect"

    def __init__(self, data):
        self.truths = {held.id: held.sample.sequence for held in data.held}
        self.asked = []

    def predict(self, case, *, n, seed):
        truth, k = self.truths[case.id], len(case.given)
        self.asked.append((case.id, k))
        following = (Answer(truncate(truth, k + 1), 1.0),) if k < len(truth) else ()
        return Prediction(following, (Answer(truth, 1.0),), stop=float(k == len(truth)))


class Failing(Perfect):
    """Knows the answers, but for parts with one operation."""

    name = "failing"

    def predict(self, case, *, n, seed):
        if len(case.given) == 1:
            raise RuntimeError("out of ideas")
        return super().predict(case, n=n, seed=seed)


def everything(data, **options):
    return EvaluationSettings((data,), cuts=None, **options)


@pytest.fixture(scope="module")
def perfect(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("perfect")
    return folder, evaluate(everything(data), Perfect, folder=folder)


def test_a_perfect_predictor_scores_one(perfect):
    none = perfect[1]["conditions"]["none"]
    for kind, row in none["next"].items():
        assert row["hit@1"]["value"] == row["hit@3"]["value"] == 1.0, kind
        assert row["hit@1"]["n_failed"] == 0
    for level in ("all cuts", "unfinished cuts"):
        assert none[f"parts over {level}"]["IoU"]["value"] == pytest.approx(1.0)
        assert none[f"parts over {level}"]["gain"]["value"] == pytest.approx(1.0)
        assert none[f"parts over {level}"]["invalidity ratio"]["value"] == 0.0
    assert (none["stop"]["precision"], none["stop"]["recall"]) == (1.0, 1.0)
    assert none["stop"]["brier"] == 0.0


def test_every_cut_is_asked_about_and_the_stop_case_is_apart(perfect):
    folder, document = perfect
    _, answers, _ = read_predictions(folder / FILE)
    lengths = {a.truth.id: len(a.truth) for a in answers}
    assert len(answers) == sum(n + 1 for n in lengths.values())
    none = document["conditions"]["none"]
    assert none["stop"]["n_finished"] == len(lengths)
    asked = sum(row["hit@1"]["n_total"] for kind, row in none["next"].items() if kind not in MACROS)
    assert asked == sum(lengths.values())
    assert none["parts over unfinished cuts"]["IoU"]["n_total"] == sum(lengths.values())


def test_the_predictor_that_stops_gains_nothing(run, data, tmp_path):
    arguments = ("--baseline", "stop", "-o", tmp_path, "--most", 3, "--json")
    code, out, _ = run("evaluate", data, *arguments)
    none = json.loads(out)["conditions"]["none"]
    assert code == 0
    assert none["parts over all cuts"]["gain"]["value"] == 0.0
    assert none["stop"]["recall"] == 1.0
    for kind, row in none["next"].items():
        assert (row["hit@1"]["value"], row["hit@5"]["value"]) == (0.0, 0.0), kind


class Unsure(Perfect):
    """Knows the answers, but tells what is given first."""

    def predict(self, case, *, n, seed):
        known = super().predict(case, n=n, seed=seed)
        return replace(known, parts=(Answer(case.given, 0.5), *known.parts))


def test_of_several_parts_the_first_counts_and_the_best_is_only_a_bound(data, tmp_path):
    none = evaluate(everything(data), Unsure, folder=tmp_path)["conditions"]["none"]
    row = {name: one["value"] for name, one in none["parts over unfinished cuts"].items()}
    assert row["IoU, oracle"] == pytest.approx(1.0)
    assert row["IoU"] < row["IoU, expected"] < 1.0
    nothing = none["parts from nothing"]
    assert nothing["IoU, expected"]["value"] == pytest.approx(0.5)
    counted = [row["hit@1"]["n_total"] for row in none["next by curves"].values()]
    assert sum(counted) == sum(row["hit@1"]["n_total"] for row in none["next by length"].values())
    assert all(
        set(name.split(", ")) <= {"arc", "circle", "line"} for name in none["next by curves"]
    )


def test_a_failure_counts_as_a_miss_with_its_reason(data, tmp_path):
    none = evaluate(everything(data), Failing, folder=tmp_path)["conditions"]["none"]
    parts = none["parts"]
    assert none["failed"] == parts
    assert none["failures"] == {"RuntimeError: out of ideas": parts}
    extrudes = none["next"]["first extrude"]["hit@1"]
    assert (extrudes["value"], extrudes["n_total"], extrudes["n_failed"]) == (0.0, parts, parts)
    assert none["next"]["first sketch"]["hit@1"]["value"] == 1.0
    whole = none["parts over all cuts"]["IoU"]
    assert whole["value"] == pytest.approx(1 - parts / whole["n_total"])
    assert none["stop"]["n_failed"] == parts


def test_what_cannot_be_written_is_a_failure_too(data, tmp_path):
    class Broken(Perfect):
        def predict(self, case, *, n, seed):
            sketch = decode("sketch 0 0 0 +z +x\ncircle 0 0 5\n").operations[0]
            circle = replace(sketch.loops[0].curves[0], radius=float("nan"))
            loop = replace(sketch.loops[0], curves=(circle,))
            one_more = (*case.given.operations, replace(sketch, loops=(loop,)))
            return Prediction((Answer(CadSequence(one_more), 1.0),), (), 0.0)

    document = evaluate(everything(data, most=1), Broken, folder=tmp_path)
    none = document["conditions"]["none"]
    assert none["failed"] == none["questions"]


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan")])
@pytest.mark.parametrize("where", ["score", "stop"])
def test_a_score_that_is_no_probability_is_a_failure(data, tmp_path, value, where):
    class Boasting(Perfect):
        def predict(self, case, *, n, seed):
            answer = super().predict(case, n=n, seed=seed)
            if where == "stop":
                return replace(answer, stop=value)
            return replace(answer, next=tuple(replace(s, score=value) for s in answer.next))

    document = evaluate(everything(data, most=1), Boasting, folder=tmp_path)
    none = document["conditions"]["none"]
    wrong = none["questions"] - (where == "score")  # nothing follows the last operation
    assert none["failures"] == {"not a probability": wrong}


# --- the file of predictions --------------------------------------------------------------------


def test_a_run_that_was_stopped_continues_where_it_was(data, perfect, tmp_path):
    content = (perfect[0] / FILE).read_bytes()
    lines = content.splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join(lines[:8]) + lines[8][:40])  # torn in the middle
    known = len(read_predictions(tmp_path / FILE)[1])
    assert 0 < known < len(read_predictions(perfect[0] / FILE)[1])
    made = []

    def make(data):
        made.append(Perfect(data))
        return made[0]

    document = evaluate(everything(data), make, folder=tmp_path)
    again = read_predictions(tmp_path / FILE)[1]
    assert len(made[0].asked) == len(again) - known
    assert [a.key for a in again] == [a.key for a in read_predictions(perfect[0] / FILE)[1]]
    assert without_seconds(document) == without_seconds(perfect[1])


def without_seconds(document):
    conditions = {
        name: {key: value for key, value in metrics.items() if key != "seconds"}
        for name, metrics in document["conditions"].items()
    }
    return {**document, "folder": "", "conditions": conditions}


def test_a_finished_run_asks_nothing_again(data, perfect):
    before = (perfect[0] / FILE).read_bytes()
    made = []
    evaluate(everything(data), lambda d: made.append(Perfect(d)) or made[0], folder=perfect[0])
    assert made[0].asked == []
    assert (perfect[0] / FILE).read_bytes() == before


def test_other_settings_do_not_continue_a_file(data, perfect):
    with pytest.raises(InputError, match="another seed") as error:
        evaluate(everything(data, seed=1), Perfect, folder=perfect[0])
    assert "choose another folder with -o" in str(error.value)


def test_scoring_again_gives_the_same_numbers(run, perfect, tmp_path):
    (tmp_path / FILE).write_bytes((perfect[0] / FILE).read_bytes())
    document = rescore(tmp_path / FILE)
    assert {**document, "folder": ""} == {**perfect[1], "folder": ""}
    code, out, _ = run("evaluate", "--rescore", tmp_path / FILE, "--json")
    assert code == 0
    assert json.loads(out)["conditions"] == json.loads(json.dumps(document["conditions"]))


@pytest.mark.parametrize(
    ("number", "line", "problem"),
    [
        (1, "nonsense", "Expecting value"),
        (1, '{"format": "other"}', "not predictions: expected a header"),
        (2, '{"kind": "candidate"}', "a candidate outside of a question"),
        (2, '{"kind": "question"}', "it lacks the key 'candidates'"),
        (3, '{"kind": "candidate", "added": "extrude of 5"}', "unknown boolean"),
        (3, '{"kind": "candidate", "added": "", "score": 2}', "not a probability"),
        (4, "[]", "not an object"),
    ],
)
def test_a_broken_file_is_named_with_its_line(run, perfect, tmp_path, number, line, problem):
    lines = (perfect[0] / FILE).read_text().splitlines()
    lines[number - 1] = line
    path = tmp_path / FILE
    path.write_text("\n".join(lines) + "\n")
    code, _, err = run("evaluate", "--rescore", path)
    assert code == 2
    assert f"{path}: at line {number}: " in err
    assert problem in err


# --- what is shown ------------------------------------------------------------------------------


def test_a_condition_shows_what_it_says(data):
    found = read_data([data], split="validation")
    names = ("none", "caption", "image", "points", "scan", "all")
    parts, left_out = choose(found.held, names, most=1, seed=0)
    assert left_out == {}
    asked = [q for q in questions(parts, names, cuts=None) if q.given == 1]
    cases = {question.condition: case(question, seed=0) for question in asked}
    shown = {
        name: (c.caption is not None, len(c.images), c.points is not None)
        for name, c in cases.items()
    }
    assert shown == {
        "none": (False, 0, False),
        "caption": (True, 0, False),
        "image": (False, 1, False),
        "points": (False, 0, True),
        "scan": (False, 0, True),
        "all": (True, 1, True),
    }
    assert all(len(c.given) == 1 for c in cases.values())
    assert len(cases["scan"].points.points) < len(cases["points"].points.points)
    again = case(asked[4], seed=0)
    assert np.array_equal(again.points.points, cases["scan"].points.points)


# --- another part -------------------------------------------------------------------------------


def some_parts(data):
    names = ("caption", "sizes", "image", "othercaption", "othersizes", "otherimage")
    return choose(read_data([data], split="train").held, names, most=4, seed=0)[0]


@pytest.mark.parametrize("name", [name for name in CONDITIONS if CONDITIONS[name].other])
def test_another_part_is_shown_of_another_design_and_the_same_one_always(data, name):
    parts = some_parts(data)
    asked = list(questions(parts, [name], cuts=1))
    assert all(q.shown.sample.design != q.held.sample.design for q in asked)
    assert asked == list(questions(parts[::-1], [name], cuts=1))[::-1]
    right = {q.held.id: case(q, seed=0) for q in questions(parts, [name[5:]], cuts=1)}
    for question in asked:
        wrong, own = case(question, seed=0), right[question.shown.id]
        assert (wrong.caption, wrong.images) == (own.caption, own.images)
        assert wrong.given.operations == question.truth.operations[: question.given]


def test_a_part_alone_has_no_other_one(data):
    with pytest.raises(InputError, match="there is no other design"):
        list(questions(some_parts(data)[:1], ["otherimage"], cuts=1))


def test_sizes_are_the_longer_description(data):
    asked = list(questions(some_parts(data), ["sizes"], cuts=1))
    assert [case(q, seed=0).caption for q in asked] == [
        q.held.sample.descriptions[1] for q in asked
    ]


def test_parts_are_drawn_by_a_seed_and_the_same_for_everybody(data):
    held = read_data([data], split="train").held
    first = [h.id for h in choose(held, ["none"], most=3, seed=0)[0]]
    assert first == [h.id for h in choose(held[::-1], ["none"], most=3, seed=0)[0]]
    assert (
        len({tuple(h.id for h in choose(held, ["none"], most=3, seed=s)[0]) for s in range(9)}) > 1
    )


def test_parts_that_lack_what_is_shown_are_left_out_and_counted(data):
    held = read_data([data], split="validation").held
    bare = replace(held[0], sample=replace(held[0].sample, place=None))
    parts, left_out = choose((bare, *held[1:]), ["none", "points"], most=None, seed=0)
    assert len(parts) == len(held) - 1
    assert left_out == {"no point cloud": 1}
    with pytest.raises(InputError, match="no part has what the conditions show"):
        choose((bare,), ["image"], most=None, seed=0)


def test_a_part_whose_end_only_the_kernel_knows_is_left_out_and_counted(data):
    held = read_data([data], split="train").held
    plate = "sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 5 0\n"
    until = decode(f"{plate}sketch 0 0 20 -z +x\ncircle 0 0 1\nextrude join to next 0\n")
    odd = replace(held[0], sample=replace(held[0].sample, sequence=until))
    parts, left_out = choose((odd, *held[1:]), ["none"], most=None, seed=0)
    assert len(parts) == len(held) - 1
    assert left_out == {"only the CAD kernel can tell where an extrude of it ends": 1}


def test_five_cuts_leave_something_to_do(data, tmp_path):
    document = evaluate(EvaluationSettings((data,), cuts=5), Perfect, folder=tmp_path)
    _, answers, _ = read_predictions(tmp_path / FILE)
    assert all(0 < a.given < len(a.truth) for a in answers)
    assert document["conditions"]["none"]["stop"]["n_finished"] == 0


def test_the_table_is_readable(perfect):
    lines = text(perfect[1]).splitlines()
    assert lines[0].startswith("perfect on tiny, validation: ")
    macro = next(line for line in lines if line.startswith("macro"))
    assert macro.split()[2] == "1.000"


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_answers_everything_and_the_same_again(run, data, tmp_path, name):
    answers = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        arguments = ("--baseline", name, "--most", 2, "-o", folder, "--json")
        code, out, _ = run("evaluate", data, *arguments)
        document = json.loads(out)
        assert code == 0
        assert document["settings"]["answered"] == document["settings"]["questions"] > 0
        assert document["conditions"]["none"]["failed"] == 0
        found = read_predictions(folder / FILE)[1]
        answers.append([replace(a.prediction, seconds=0.0) for a in found])
    assert answers[0] == answers[1]
    for prediction in answers[0]:
        for level in (prediction.next, prediction.parts):
            order = [(not one.valid, -one.score) for one in level]
            assert order == sorted(order)  # valid ones first, then by score


def test_one_thing_is_asked_at_a_time(run, data, perfect):
    code, _, err = run("evaluate", data, "--rescore", perfect[0] / FILE)
    assert (code, err.count("\n")) == (2, 1)
    assert "expected one of DATA, --rescore and --compare" in err
    code, _, _ = run("evaluate", "--compare", perfect[0], "--rescore", perfect[0] / FILE)
    assert code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline", "oracle"], "expected stop, copy, ngram, retrieval, got oracle"),
        (["--baseline", "stop", "--model", "x"], "expected one of --model and --baseline"),
        (["--baseline", "stop", "--conditions", "smell"], "expected none, caption, sizes, "),
        (["--baseline", "stop", "--conditions", ","], "--conditions: nothing to ask"),
        (["--baseline", "stop", "--split", "test"], "tiny: no parts in the split test"),
        (["--baseline", "stop", "--split", "dev"], "expected train or validation or test, got dev"),
        (["--baseline", "stop", "--cuts", "some"], "--cuts: no such cuts: expected all, or a"),
        (["--baseline", "stop", "--most", "0"], "--most: nothing to ask: expected 1 or more"),
        (["--model", "nowhere"], "cadcomplete.json is missing"),
    ],
)
def test_bad_usage_is_one_clear_line(run, data, arguments, message):
    code, _, err = run("evaluate", data, *arguments)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_a_benchmark_needs_prepared_data(run, tmp_path):
    code, _, err = run("evaluate", tmp_path, "--baseline", "stop")
    assert code == 2
    assert "not a prepared data set (make one with cadcomplete prepare)" in err
    code, _, err = run("evaluate", "--baseline", "stop")
    assert (code, "no data" in err) == (2, True)


# --- who answers --------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "name"), [("search", "search alone"), ("model", "alone")])
def test_model_and_search_are_asked_apart(run, data, tmp_path, source, name):
    arguments = ("--conditions", "points", "--most", 1, "--cuts", 1, "-n", 2, "--rows", 2)
    code, out, _ = run("evaluate", data, *arguments, "--source", source, "-o", tmp_path, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["settings"]["predictor"].endswith(name)
    assert document["conditions"]["points"]["failed"] == 0
    _, answers, _ = read_predictions(tmp_path / FILE)
    sources = {s.source for a in answers for s in a.prediction.next}
    assert sources == {"cloud" if source == "search" else "model"}
    made = {p.source for a in answers for p in a.prediction.parts}
    assert made <= {"cloud" if source == "search" else "model", "given"}


def test_the_search_alone_needs_a_shape(run, data):
    code, _, said = run("evaluate", data, "--source", "search")
    assert code == 2
    assert "the search alone needs a shape: expected points, scan, all, got none" in said
    code, _, said = run("evaluate", data, "--source", "nobody")
    assert "at --source: no such source: expected model, search, both" in said
    code, _, said = run("evaluate", data, "--source", "model", "--baseline", "stop")
    assert "a model and a baseline" in said


def test_beside_every_table_stands_what_leaving_the_part_as_it_is_would_be_worth(perfect):
    document = perfect[1]
    none = document["conditions"]["none"]
    for level in ("over all cuts", "over unfinished cuts", "from nothing"):
        left, made = none[f"as it is {level}"], none[f"parts {level}"]
        assert left.keys() == made.keys()
        assert left["IoU"]["value"] == pytest.approx(made["IoU, given"]["value"])
        assert left["IoU"]["n_total"] == made["IoU"]["n_total"]
    assert none["as it is over unfinished cuts"]["gain"]["value"] == 0.0
    assert none["as it is from nothing"]["invalidity ratio"]["value"] == 1.0
    lines = text(document).splitlines()
    levels = [i for i, line in enumerate(lines) if line.startswith(("over ", "from nothing"))]
    assert len(levels) == 3
    assert all(lines[i + 1].strip().startswith("as it is") for i in levels)


def test_as_it_is_a_failed_answer_counts_nothing(data, tmp_path):
    none = evaluate(everything(data), Failing, folder=tmp_path)["conditions"]["none"]
    assert none["as it is over all cuts"]["IoU"]["n_failed"] < none["questions"]
    whole = evaluate(everything(data), Perfect, folder=tmp_path / "perfect")["conditions"]["none"]
    assert none["as it is over all cuts"] == whole["as it is over all cuts"]


def test_what_does_nothing_is_counted_and_everything_goes_on(tmp_path):
    """Extrudes without profiles, as in 9 of the open Omni-CAD files, and a sketch without loops."""
    plate = decode("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 5 0\n")
    nothing = decode("extrude cut to 5\nsketch 0 0 0 +z +x\n").operations
    truth = CadSequence((*plate.operations, *nothing), "odd")
    header = Header("echo", {"d": "0"}, "validation", None, ("none",), None, 5, 0, 1, 5, {})
    lines = [header_line(header)]
    for given in range(len(truth) + 1):
        following = (Answer(truncate(truth, given + 1), 0.5),) if given < len(truth) else ()
        prediction = Prediction(following, (Answer(truth, 0.5),), 0.5)
        answer = Answered("d", "design", truth, given, "none", prediction)
        lines.append(answer_lines(answer, seed=0, predictor="echo"))
    (tmp_path / FILE).write_text("".join(lines))
    none = rescore(tmp_path / FILE, full=True)["conditions"]["none"]
    assert (none["questions"], none["failed"]) == (5, 0)
    assert none["next"]["later extrude"]["hit@1"]["excluded"] == {"changes nothing": 1}
    assert none["next"]["later sketch"]["hit@1"]["excluded"] == {"encloses nothing": 1}
    assert "nothing" in none["next by curves"]
