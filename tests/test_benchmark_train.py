"""The literal loop of the specification does what EVIDENCE says of it, and the benchmark runs."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
import torch
from conftest import PARTS, ROOT

from cadcomplete.language.tokenizer import TextTokenizer, shipped

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def modules():
    sys.path.insert(0, str(BENCHMARKS))
    import ladder
    import literal
    import train

    yield SimpleNamespace(ladder=ladder, literal=literal, train=train)
    sys.path.remove(str(BENCHMARKS))
    for name in ("ladder", "literal", "train"):
        del sys.modules[name]


@pytest.fixture(scope="module")
def literal(modules):
    return modules.literal


@pytest.fixture(scope="module")
def tokenizer():
    return TextTokenizer.load(shipped())


@pytest.fixture
def samples(literal, tokenizer):
    def encode(text):
        return tokenizer.backend.encode(text, add_special_tokens=False).ids

    raws = [json.loads(path.read_text()) for path in sorted(PARTS.glob("*.json"))]
    return list(literal.samples([(raw, "a part") for raw in raws], encode))


def test_every_token_that_carries_loss_is_of_a_reference(samples, tokenizer):
    for sample in samples:
        target = tokenizer.decode(sample.targets(10**6))
        assert '"entities"' not in target
        assert "start_point" not in target and "center_point" not in target
        assert "]}" in target


def test_a_cut_beyond_the_length_leaves_no_label_and_a_loss_that_is_no_number(literal, samples):
    sample = samples[0]
    assert sample.targets(sample.boundary) == []
    ids, labels = literal.row(sample, length=sample.boundary, padding=0)
    assert ids.shape == labels.shape == (1, sample.boundary)
    assert (labels == -100).all()
    logits = torch.zeros(sample.boundary - 1, 5)
    assert torch.nn.functional.cross_entropy(logits, labels[0, 1:]).isnan()


def test_rows_are_padded_to_the_length_without_loss(literal, samples):
    sample = samples[0]
    length = len(sample.ids) + 10
    ids, labels = literal.row(sample, length=length, padding=3)
    assert ids[0, -10:].tolist() == [3] * 10 and (labels[0, -10:] == -100).all()
    assert (labels != -100).sum() == len(sample.ids) - sample.boundary


def test_all_loops_are_given_the_same_samples(modules, samples, tokenizer):
    ladder, parts = modules.ladder, modules.train.read([PARTS])
    for name, loop in ladder.LADDER.items():
        planner = ladder.Planner(loop, tokenizer, ladder.Settings(120))
        made = [planner.make(row) for row in planner.plan(parts)]
        count = sum(one.samples for one in made) + planner.refused
        operations = sum(len(part.sequence) for part in parts)
        assert count == (operations if loop.every else len(samples)), name
        assert bool(planner.refused) == loop.lines, name  # too long: refused, never cut off
        assert all(one.targets for one in made) == loop.lines, name


def test_a_cost_counts_what_is_lost_and_what_is_refused(modules, samples, tokenizer):
    ladder, parts = modules.ladder, modules.train.read([PARTS])
    settings = ladder.Settings(120, batch=1)
    first, ours = (
        ladder.counted(ladder.LADDER[name], parts, samples, tokenizer, settings)
        for name in ("literal", "grouped")
    )
    assert first.lost == sum(not s.targets(120) for s in samples) / len(samples) > 0
    assert first.refused == ours.lost == 0 < ours.refused
    assert ours.tokens < first.tokens and ours.work < first.work


def test_the_benchmark_runs_from_the_literal_loop_to_ours(modules, monkeypatch, capsys):
    """The first in a process of its own, as all are; the other here, for that imports torch."""
    alone, here = modules.ladder.alone, modules.ladder.measure
    monkeypatch.setattr(
        modules.ladder, "alone", lambda loop, *of: (here if loop.lines else alone)(loop, *of)
    )
    monkeypatch.chdir(ROOT)
    small = ["--seconds", "0.2", "--parts", "2", "--length", "700"]
    monkeypatch.setattr(sys, "argv", ["train.py", *small, "--loops", "literal", "together"])
    modules.train.main()
    out = capsys.readouterr().out
    assert "the specification's loop" in out and "samples/s against the first row" in out


@pytest.fixture
def card(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import card

    return card


def test_the_rows_of_a_card_run_to_their_end_with_a_tiny_model(card, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["card.py", "--rehearse", "--out", str(tmp_path)])
    card.main()  # its rows run in a process of their own
    out = capsys.readouterr().out
    ran = 13 if find_spec("bitsandbytes") else 11  # one row needs a card in any case
    assert f"{ran} of 14 rows ran to their end with a tiny model" in out
    found = json.loads((tmp_path / "card.json").read_text())
    assert {one["row"] for one in found if "row" in one} == set(range(14))


def test_a_row_at_which_the_process_dies_costs_that_row(card, tmp_path, monkeypatch):
    def dies(command, **_):  # as a card's driver may end it, in the third row
        first = int(command[command.index("--first") + 1])
        with (tmp_path / "rows.jsonl").open("a") as lines:
            for row in range(first, 14 if first > 2 else 2):
                lines.write(json.dumps({"row": row, "seconds": 1.0}) + "\n")
        return SimpleNamespace(returncode=0 if first > 2 else -11)

    monkeypatch.setattr(card.subprocess, "run", dies)
    found = card.measured(SimpleNamespace(out=tmp_path, seconds=60, rehearse=True))
    assert [one["row"] for one in found] == list(range(14))
    assert found[2]["problem"] == "the process ended: -11"
