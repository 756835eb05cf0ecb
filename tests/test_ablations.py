"""The comparisons of runs/ablations.sh: what each variant shows and asks for, and that they run."""

from __future__ import annotations

import dataclasses
import json
import runpy
import sys

import numpy as np
import pytest
import torch
from conftest import PARTS, ROOT

from cadcomplete.data.dataset import Histories
from cadcomplete.data.labels import evenly_spaced
from cadcomplete.data.samples import Sample
from cadcomplete.language.prompt import Features
from cadcomplete.language.tokenizer import IGNORED, TextTokenizer, shipped
from cadcomplete.model.assembly import assemble
from cadcomplete.training.train import Run

FOLDER = ROOT / "benchmarks" / "ablations"


@pytest.fixture(scope="module")
def ablations():
    """The modules of the benchmark, which are no package."""
    sys.path.insert(0, str(FOLDER))
    import continuing
    import variants

    yield {**vars(variants), "continuing": continuing}
    sys.path.remove(str(FOLDER))


@pytest.fixture
def learn(ablations, example_sequences):
    """Make the histories of a variant over the example parts."""

    def make(name, kind=None, **train):
        variant = ablations["VARIANTS"][name]
        config = ablations["configure"](
            variant, name, 0, sources=[], output="", batch=2, validation=0.4, log_every=1,
            evaluate_every=1,
        )  # fmt: skip
        config = dataclasses.replace(
            config,
            data=dataclasses.replace(config.data, max_length=4000),  # the shipped tokenizer
            train=dataclasses.replace(config.train, **train),
        )
        samples = [Sample(s, None, s.id, "train") for s in example_sequences]
        tokenizer = TextTokenizer.load(shipped())
        return (kind or variant.histories)(samples, tokenizer, config, Features())

    return make


def supervised(sample):
    return np.flatnonzero(sample.labels != IGNORED)


def test_one_cut_is_exact_and_tokens_at_random_are_as_many(learn):
    one, random = learn("one"), learn("random")
    for i in range(len(one)):
        starts = [start for start, _ in one.history(i % len(one.samples)).operations]
        true, chosen = one[i], random[i]
        if i < len(one.samples):
            assert supervised(true)[0] in starts
        assert len(supervised(chosen)) == len(supervised(true))
        assert np.array_equal(chosen.ids, true.ids)
    assert any(not np.array_equal(one[i].labels, random[i].labels) for i in range(len(one)))


def test_hidden_tokens_are_those_that_carry_loss(learn):
    random, hidden = learn("random"), learn("hidden")
    for i in range(12):
        where = supervised(random[i])
        assert np.array_equal(hidden[i].labels, random[i].labels)
        assert (hidden[i].ids[where] == hidden.tokenizer.end).all()


def test_truncated_input_ends_before_the_target(learn):
    truncated, plain = learn("truncated"), learn("one")
    for i in range(len(plain.samples)):
        starts = [start for start, _ in plain.history(i).operations]
        assert len(truncated[i].ids) in starts[1:]
        assert truncated[i].ids[-1] == truncated[i].labels[-1]


def test_five_samples_have_the_five_cuts_of_a_part_that_is_turned_alike(learn):
    plain, samples = learn("one", Histories, cuts="all"), learn("samples")
    count = len(samples.samples)
    for which in range(count):
        starts = [start for start, _ in plain.history(which).operations]
        five = [samples[number * count + which] for number in range(5)]
        wanted = {starts[k] for k in evenly_spaced(len(starts))}
        assert {int(supervised(sample)[0]) for sample in five} == wanted
        assert all(np.array_equal(five[0].ids, sample.ids) for sample in five)


def test_a_boundary_by_length_comes_too_late(learn):
    exact, literal = learn("json"), learn("literal")
    late = [supervised(literal[i])[0] - supervised(exact[i])[0] for i in range(len(exact.samples))]
    assert set(late) == {2}  # the tokens of `]}`


def test_own_input_keeps_the_prefix_and_asks_for_the_true_tokens(learn):
    one, own = learn("one"), learn("own")
    model = assemble(own.config, own.tokenizer)
    own.follow(Run(own.config, model, own.tokenizer, (), own, one, (), {}), 3)
    for i in own._order[:6]:
        true, shown = one[i], own[i]
        cut = supervised(true)[0]
        assert np.array_equal(shown.labels, true.labels)
        assert np.array_equal(shown.ids[:cut], true.ids[:cut])
        assert not np.array_equal(shown.ids[cut:], true.ids[cut:])


def test_many_texts_are_continued_as_one_is(learn, ablations):
    one = learn("one")
    model = assemble(one.config, one.tokenizer).eval()
    samples, continuing = [one[i] for i in range(4)], ablations["continuing"]
    cuts = [int(supervised(s)[0]) for s in samples]
    lengths = [len(s.ids) for s in samples]
    ids_BL = continuing.padded(samples, one.tokenizer.end)
    together = continuing.continued(model, ids_BL, cuts, lengths=lengths)
    for row, cut, length in zip(together, cuts, lengths, strict=True):
        for place in range(cut, length):
            logits_V = model.causal(input_ids=row[None, :place]).logits[0, -1]
            assert logits_V.max() - logits_V[row[place]] < 1e-4
    assert torch.equal(together[0, : cuts[0]], ids_BL[0, : cuts[0]])


def test_the_experiment_runs_tells_and_is_not_done_twice(tmp_path, monkeypatch, capsys):
    def run(*arguments):
        words = ["ablations", "--out", str(tmp_path), *arguments]
        monkeypatch.setattr(sys, "argv", words)
        runpy.run_path(str(FOLDER), run_name="__main__")
        return capsys.readouterr().out

    train = ["train", "--parts", str(PARTS), "--steps", "2", "--batch", "2", "--room", "8"]
    train += ["--validation", "0.4", "--completed", "1", "--seeds", "0"]
    train += ["--only", "one", "own", "literal"]
    run(*train)
    run("boundaries", "--data", str(PARTS), "--tokenizer", str(tmp_path / "none"))
    result = json.loads((tmp_path / "one-0" / "result.json").read_text())
    assert result["losses"]["all"] == pytest.approx(result["metrics"]["eval_loss"], abs=1e-6)
    assert (result["steps"], result["samples"]) == (2, 4)
    written = (tmp_path / "one-0" / "result.json").stat().st_mtime_ns
    run(*train)
    assert (tmp_path / "one-0" / "result.json").stat().st_mtime_ns == written

    picture = tmp_path / "picture.png"
    told = run("tell", "--picture", str(picture))
    assert "Exposure bias" in told and "Boundaries by length" in told
    assert picture.stat().st_size > 10_000
