"""Parts from nothing: what fails is counted, and sets that are known score what they must."""

from __future__ import annotations

import json

import pytest
from conftest import PLATE, prepared_parts
from PIL import Image

from cadcomplete import readers
from cadcomplete.completion.engine import predictor
from cadcomplete.evaluate import EvaluationSettings
from cadcomplete.evaluate.generation import FILE, METRICS_FILE, SHEET, evaluate_generation
from cadcomplete.evaluate.questions import read_data
from cadcomplete.evaluate.tables import generation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode
from cadcomplete.predictions import Answer

CROSSING = "sketch 0 0 0 +z +x\nloop 0 0\nline 9 9\nline 9 0\nline 0 9\nclose\nextrude new to 3 0\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return prepared_parts(tmp_path_factory, views=0, points=0)


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=1, time_limit=30) as kernel:
        yield kernel


class Copying:
    """Writes what it was given, one after the other."""

    name = "copying <all>"

    def __init__(self, *parts):
        self.parts = [p if isinstance(p, Answer) else Answer(p, 1.0) for p in parts]
        self.seeds = []

    def write(self, *, seed):
        self.seeds.append(seed)
        return self.parts[(len(self.seeds) - 1) % len(self.parts)]


def values(document):
    return {name: result["value"] for name, result in document["metrics"].items()}


def histories(data, split):
    return [held.sample.sequence for held in read_data([data], split=split).held]


def test_held_out_parts_cover_themselves_and_are_new(data, kernel, tmp_path):
    held = histories(data, "validation")
    writer = Copying(*held)
    found = evaluate_generation(
        EvaluationSettings((data,)), len(held), writer, kernel=kernel, folder=tmp_path
    )
    value = values(found)
    assert (found["written"], found["valid"], found["real"]) == (len(held),) * 3
    assert (value["invalidity ratio"], value["COV"]) == (0.0, 1.0)
    assert (value["novel"], value["unique"]) == (1.0, 1.0)
    assert 0 < value["MMD"] < 0.01  # the points of a copy are others
    assert 0 < value["JSD"] < 0.3


def test_training_parts_are_not_new_and_repeated_ones_not_unique(data, kernel, tmp_path):
    writer = Copying(histories(data, "train")[0])
    found = evaluate_generation(
        EvaluationSettings((data,), most=1), 2, writer, kernel=kernel, folder=tmp_path
    )
    assert (values(found)["novel"], values(found)["unique"]) == (0.0, 0.0)
    assert found["real"] == 1


def test_what_fails_counts_as_invalid_and_has_no_cloud(data, kernel, tmp_path):
    endless = Answer(decode(PLATE), 0.1, valid=False, problems=("no end within 9 tokens",))
    writer = Copying(decode(PLATE), decode(CROSSING), endless, CadSequence(()))
    document = evaluate_generation(
        EvaluationSettings((data,)), 8, writer, kernel=kernel, folder=tmp_path
    )
    found = document["metrics"]
    reasons = found["invalidity ratio"]["failures"]
    assert (document["written"], document["valid"]) == (8, 2)
    assert found["invalidity ratio"]["value"] == 0.75
    assert reasons["no end within 9 tokens"] == 2
    assert sorted(reasons.values()) == [2, 2, 2]
    assert found["novel"]["excluded"] == found["unique"]["excluded"] == reasons
    assert (found["novel"]["value"], found["unique"]["value"]) == (1.0, 0.0)  # two plates
    real = document["real"]
    assert (found["COV"]["n_total"], found["JSD"]["n_total"]) == (real, 8 + real)
    assert found["COV"]["value"] == pytest.approx(1 / real)
    table = generation(document)
    assert "8 parts written from nothing, 2 valid" in table
    assert "  failed: 2 × no end within 9 tokens" in table
    lines = [json.loads(line) for line in (tmp_path / FILE).read_text().splitlines()]
    assert [line["valid"] for line in lines] == [True, False, False, False] * 2
    assert lines[2]["problems"] == ["no end within 9 tokens"]


def test_without_a_valid_part_nothing_is_covered(data, kernel, tmp_path):
    writer = Copying(decode(CROSSING))
    found = evaluate_generation(
        EvaluationSettings((data,)), 1, writer, kernel=kernel, folder=tmp_path
    )
    value = values(found)
    assert (value["invalidity ratio"], value["COV"]) == (1.0, 0.0)
    assert [value[name] for name in ("MMD", "JSD", "novel", "unique")] == [None] * 4
    assert generation(found).splitlines()[-1].split() == ["unique", "0", "of", "1", "–"]


def test_each_part_has_a_seed_of_its_own_whatever_their_number(data, kernel, tmp_path):
    seeds = {}
    for count, seed in ((2, 0), (4, 0), (2, 1)):
        writer, settings = Copying(decode(PLATE)), EvaluationSettings((data,), most=1, seed=seed)
        evaluate_generation(settings, count, writer, kernel=kernel, folder=tmp_path)
        seeds[count, seed] = writer.seeds
    assert seeds[4, 0][:2] == seeds[2, 0]
    assert len({*seeds[4, 0], *seeds[2, 1]}) == 6


def test_the_model_writes_another_part_for_another_seed_and_the_same_again(kernel):
    writer = predictor(kernel=kernel)
    first, again, other = (writer.write(seed=seed) for seed in (2**63, 2**63, 6))
    assert first == again
    assert first.sequence != other.sequence
    assert first.valid and 0 < first.score < 1


def test_the_command_writes_parts_a_picture_and_metrics(run, data, tmp_path):
    code, out, _ = run("evaluate", data, "--generate", 3, "--most", 2, "-o", tmp_path)
    assert code == 0
    assert "on tiny, validation: 3 parts written from nothing" in out
    assert f"parts, picture and metrics are in {tmp_path}" in out
    names = [line.split()[0] for line in out.splitlines()[-8:-2]]
    assert names == ["invalidity", "COV", "MMD", "JSD", "novel", "unique"]
    lines = [json.loads(line) for line in (tmp_path / FILE).read_text().splitlines()]
    assert [line["id"] for line in lines] == ["made_00001", "made_00002", "made_00003"]
    for line in lines:
        history = readers.parse(json.dumps(line["history"])).sequence
        assert history.operations == decode(line["text"]).operations
        assert line["valid"] == (not line["problems"])
    assert Image.open(tmp_path / SHEET).size[0] == 3 * 208
    document = json.loads((tmp_path / METRICS_FILE).read_text())
    assert (document["written"], document["most"], document["real"]) == (3, 2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline", "copy"], "--generate does not go with --baseline (leave it out)"),
        (["--conditions", "points", "--cuts", "5"], "does not go with --conditions, --cuts"),
        (["--rescore", "x", "--full"], "does not go with --full, --rescore"),
        (["--compare", "x"], "--generate does not go with --compare"),
        (["--split", "dev"], "expected train or validation or test, got dev"),
    ],
)
def test_other_questions_with_it_are_one_clear_line(run, data, arguments, message):
    code, _, err = run("evaluate", data, "--generate", 3, *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert message in err


def test_nothing_is_not_written(run, data):
    code, _, err = run("evaluate", data, "--generate", 0)
    assert code == 2
    assert "at --generate: nothing to write: expected 1 or more, got 0" in err
