"""A model that answers: where it computes, how it draws, and where its base lies."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch
from conftest import PARTS, PLATE

from cadcomplete import readers
from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.engine import complete, shipped_model
from cadcomplete.completion.prompting import prompted
from cadcomplete.config import from_dict
from cadcomplete.errors import CheckpointError, InputError
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode
from cadcomplete.model import checkpoint, loading, pretrained
from cadcomplete.model.checkpoint import FIRST_WORDS, Checkpoint
from cadcomplete.model.generate import Row, begin, generate
from cadcomplete.model.sampling import Sampling, usual_sampling
from cadcomplete.predictions import Answer, Case

NO_CARD = not torch.cuda.is_available()


@pytest.fixture(scope="module")
def kernel():
    with Kernel(workers=1, time_limit=30) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def question(kernel):
    return ByModel(shipped_model(), kernel).read(Case("plate", truncate(decode(PLATE), 1)))


# --- where --------------------------------------------------------------------------------------


@pytest.mark.skipif(not NO_CARD, reason="there is a card")
def test_without_a_card_auto_is_the_processor_and_cuda_is_refused():
    assert loading.device_named("auto") == loading.device_named("cpu") == torch.device("cpu")
    with pytest.raises(InputError, match="no card that torch can use"):
        loading.device_named("cuda")


def test_an_unknown_device_is_refused_with_those_that_there_are(run):
    code, _, said = run("complete", PARTS / "flange.json", "--device", "tpu")
    assert code == 2
    assert "at --device: no such device: expected auto, cpu, cuda, got tpu" in said


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_in_half_precision_the_shipped_model_writes_and_judges_nearly_the_same(half):
    """What a card would compute, on the processor: language model and projectors in half."""
    case = truncate(decode(PLATE), 1)
    whole, low = loading.load(), loading.load()
    low.model.put(torch.device("cpu"), half=half)
    assert {p.dtype for _, p in low.model.part("language_model")} == {half}
    assert {p.dtype for _, p in low.model.part("image_encoder")} == {torch.float32}
    rope = low.model.causal.model.rotary_emb.inv_freq
    assert rope.dtype == torch.float32  # places would be rounded away
    first, second = (begin(m.model, prompted(case, m)) for m in (whole, low))
    apart = (first.logits.softmax(0) - second.logits.softmax(0)).abs().sum()
    assert apart < 0.05
    with Kernel() as kernel:
        asked = ByModel(low, kernel, Sampling(rows=2)).read(Case("plate", case))
    assert any(row.whole for row in asked.rows)


@pytest.mark.skipif(NO_CARD, reason="needs a card")
def test_on_a_card_the_shipped_model_completes_in_half_precision(kernel):
    model = loading.load(device="auto")
    assert model.model.device.type == "cuda"
    assert {p.dtype for _, p in model.model.part("language_model")} == {torch.float16}
    flange = readers.read(PARTS / "flange.json")
    found = complete(flange, keep=4, n=2, model=model, kernel=kernel)
    assert any(one.valid for one in found.completions)


# --- the base -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    """A run whose weights are adapters beside a base, trained as if in 4 bits."""
    from cadcomplete.model.assembly import assemble

    folder = tmp_path_factory.mktemp("adapted")
    base = folder / "base"
    base.mkdir()
    shipped = shipped_model()
    pretrained.of_decoder(shipped.model.causal).save_pretrained(base)
    shipped.tokenizer.save(base)
    settings = {"language_model": str(base), "lora": {"rank": 2, "alpha": 4.0}}
    config = from_dict({"name": "adapted", "model": settings})
    torch.manual_seed(1)
    model = assemble(config, shipped.tokenizer).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.add_(0.05 * torch.randn_like(parameter))
    run = folder / "run"
    checkpoint.save(Checkpoint(model, shipped.tokenizer, config, FIRST_WORDS), run)
    stated = json.loads((run / "cadcomplete.json").read_text())
    stated["model"]["quantize"] = "nf4"
    (run / "cadcomplete.json").write_text(json.dumps(stated))
    return run, base


def first_logits(model):
    return begin(model.model, prompted(truncate(decode(PLATE), 1), model)).logits


@pytest.mark.skipif(not NO_CARD, reason="there is a card")
def test_what_was_trained_in_four_bits_answers_with_whole_weights_where_there_is_no_card(adapted):
    model = loading.load(adapted[0])
    assert model.config.model.quantize == "none"
    assert not torch.allclose(first_logits(model), first_logits(shipped_model()), atol=1e-2)


@pytest.mark.skipif(not NO_CARD, reason="there is a card")
def test_a_base_that_was_moved_is_named(adapted, tmp_path, kernel):
    run, base = adapted
    expected = first_logits(loading.load(run))
    moved, stated = tmp_path / "moved", json.loads((run / "cadcomplete.json").read_text())
    shutil.copytree(base, moved)
    elsewhere = tmp_path / "run"
    shutil.copytree(run, elsewhere)
    stated["model"]["language_model"] = "/nowhere/at/all"
    (elsewhere / "cadcomplete.json").write_text(json.dumps(stated))
    with pytest.raises(CheckpointError, match="/nowhere/at/all"):
        loading.load(elsewhere)
    found = loading.load(elsewhere, base=moved)
    assert torch.equal(first_logits(found), expected)


def test_a_model_that_needs_no_base_refuses_one(tmp_path):
    with pytest.raises(CheckpointError, match="this model has no base"):
        loading.load(base=tmp_path)


# --- how it draws -------------------------------------------------------------------------------


def test_language_models_draw_as_the_specification_says_and_write_as_much_as_they_learned():
    config = from_dict({"model": {"language_model": "Qwen/Qwen3-8B"}, "data": {"max_length": 900}})
    usual = usual_sampling(config, {"longest_target": 2500})
    assert (usual.temperature, usual.top_p, usual.most_tokens) == (0.7, 0.9, 3000)
    assert usual_sampling(config, {"longest_target": 5000}).most_tokens == 5500
    long = replace(config, data=replace(config.data, max_length=13_000))
    assert usual_sampling(long, {}).most_tokens == 13_000  # nothing is known but the limit


def test_the_shipped_model_keeps_what_was_measured_to_be_better_for_it():
    usual = usual_sampling(shipped_model().config, shipped_model().metrics)
    assert (usual.temperature, usual.top_p, usual.rows) == (0.9, 0.95, 16)
    assert usual.most_tokens >= 900  # the longest part that it learned from


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--temperature", "0"),
        ("--temperature", "nan"),
        ("--top-p", "1.5"),
        ("--top-p", "nan"),
        ("--max-new-tokens", "0"),
        ("--rows", "-1"),
        ("--seed", "-1"),
        ("--seed", str(2**63)),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(run, option, value):
    code, _, said = run("complete", PARTS / "flange.json", option, value)
    assert (code, said.count("\n")) == (2, 1)
    assert option in said and ("expected" in said or "should be" in said)


def test_evaluate_refuses_seeds_that_are_none(run, tmp_path):
    for seed in ("-1", str(2**63)):
        code, _, said = run("evaluate", tmp_path, "--seed", seed)
        assert (code, said.count("\n")) == (2, 1)
        assert "--seed" in said


def test_rows_and_their_length_are_as_many_as_was_asked_for(question):
    few = Sampling(rows=3, most_tokens=4)
    rows = generate(question.began, question.start, few)
    assert len(rows) == 3
    assert max(len(row.tokens) for row in rows) == 4


def test_a_low_temperature_draws_the_likeliest_again_and_again(question):
    cold = Sampling(rows=4, greedy=False, temperature=1e-3, top_p=1.0)
    rows = generate(question.began, question.start, cold)
    assert len({tuple(row.tokens) for row in rows}) == 1


def invalid(row: Row) -> Answer:
    return Answer(row.finished, 0.5, valid=False, problems=("no solid",))


def test_when_nothing_valid_comes_the_model_writes_more_each_time_bolder(kernel, question):
    reading, asked, first = replace(question), [], question.rows

    def answers():
        asked.append(len(reading.rows))
        return (invalid(row) for row in first[:2])

    found = list(ByModel(shipped_model(), kernel).verified(reading, answers))
    assert asked == [16, 32, 48]
    assert len(found) == 2
    assert {row.finished for row in reading.rows} > {row.finished for row in first}
    raised = [question.sampling.bolder(attempt).temperature for attempt in (1, 2)]
    assert raised == pytest.approx([0.9 * 1.3, 0.9 * 1.3**2])
    assert not question.sampling.bolder(1).greedy


def test_with_one_valid_answer_nothing_more_is_written(kernel, question):
    before = question.rows
    good = [Answer(CadSequence(()), 0.5), invalid(before[0])]
    found = ByModel(shipped_model(), kernel).verified(question, lambda: iter(good))
    assert next(found) == good[0]  # it is shown at once
    assert list(found) == good[1:] and question.rows == before


def test_a_part_that_cannot_be_built_is_not_written_on_in_vain(kernel):
    broken = decode("sketch 0 0 0 +z +x\ncircle 0 0 5\nextrude new to 5 0\nextrude cut to 9 0\n")
    completer = ByModel(shipped_model(), kernel, Sampling(rows=2))
    reading = completer.read(Case("broken", broken))
    before = reading.rows
    assert not any(answer.valid for answer in completer.parts(reading, n=1))
    assert reading.rows == before


# --- threads ------------------------------------------------------------------------------------


def test_a_small_model_uses_one_thread_and_gives_the_others_back(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before, seen = torch.get_num_threads(), []
    torch.set_num_threads(2)
    model = loading.load()
    hook = model.model.causal.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
    try:
        first_logits(model)
        assert (seen, torch.get_num_threads()) == ([1], 2)
        monkeypatch.setenv("OMP_NUM_THREADS", "2")  # what a user says is done
        first_logits(model)
        assert seen == [1, 2]
    finally:
        hook.remove()
        torch.set_num_threads(before)
