"""Writing by steps of our own: the same logits, tokens and draws as without them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from conftest import PLATE
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.engine import shipped_model
from cadcomplete.completion.prompting import prompted
from cadcomplete.history.sequence import truncate
from cadcomplete.kernel.contain import Kernel
from cadcomplete.language.lines import decode
from cadcomplete.model.choices import drawn
from cadcomplete.model.generate import begin, generate
from cadcomplete.model.sampling import Sampling
from cadcomplete.model.steps import Steps, steps_itself

SIZES: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 24,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


@pytest.fixture
def decoder():
    """A small decoder with random weights, those of its norms too."""
    torch.manual_seed(0)
    causal = Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=8)).eval()
    with torch.no_grad():
        for parameter in causal.parameters():
            parameter.normal_(0.0, 0.3).add_(0.8 if parameter.ndim == 1 else 0.0)
    return causal


PROMPT = [1, 5, 9, 2, 7]


@torch.inference_mode()
def written(causal, texts: list[list[int]], chosen: list[list[int]]) -> torch.Tensor:
    """The logits after the last step; `chosen` says from which rows each step goes on."""
    cache = causal(input_ids=torch.tensor([PROMPT]), use_cache=True).past_key_values
    steps, logits = Steps(causal, cache), torch.empty(0)
    for before, tokens in zip(chosen, texts, strict=True):
        steps.select(before)
        logits = steps.step(tokens)
    assert cache.get_seq_length() == len(PROMPT)
    return logits


@torch.inference_mode()
def read(causal, rows: list[list[int]]) -> torch.Tensor:
    """The logits after each row, all of it read at once by transformers."""
    return causal(input_ids=torch.tensor([[*PROMPT, *row] for row in rows])).logits[:, -1]


def test_rows_that_part_and_end_have_the_logits_of_reading_them_whole(decoder):
    found = written(decoder, [[3, 4], [8, 6, 4], [1, 2, 3]], [[0, 0], [0, 1, 0], [2, 1, 1]])
    expected = read(decoder, [[3, 4, 1], [4, 6, 2], [4, 6, 3]])
    assert torch.allclose(found, expected, atol=1e-4)


def test_a_row_may_be_longer_than_the_room_that_was_made_for_it(decoder):
    row = [(7 * i) % 40 for i in range(150)]
    found = written(decoder, [[token] for token in row], [[0]] * len(row))
    assert torch.allclose(found, read(decoder, [row]), atol=1e-4)


def test_weights_that_were_changed_count_as_they_are_now(decoder):
    before = written(decoder, [[3]], [[0]])
    with torch.no_grad():
        decoder.model.layers[1].mlp.up_proj.weight.mul_(2.0)
    after = written(decoder, [[3]], [[0]])
    assert not torch.allclose(before, after, atol=1e-2)
    assert torch.allclose(after, read(decoder, [[3]]), atol=1e-4)


def test_what_is_no_such_decoder_is_asked_as_it_is(decoder):
    assert steps_itself(decoder)
    assert not steps_itself(LlamaForCausalLM(LlamaConfig(**SIZES)))
    assert not steps_itself(copy.deepcopy(decoder).bfloat16())
    adapted = get_peft_model(copy.deepcopy(decoder), LoraConfig(target_modules=["up_proj"]))
    assert not steps_itself(adapted.get_base_model())


def test_draws_of_many_rows_are_those_of_one_row_after_the_other():
    """The reference draws each with `torch.multinomial`, as torch's own sampling does."""
    logits, source = (
        3 * torch.randn(3, 50, generator=torch.Generator().manual_seed(1)),
        [0, 2, 0, 1],
    )
    allowed = [tuple(range(0, 50, 3)), (7,), tuple(range(10, 49))]
    own, other = (torch.Generator().manual_seed(5) for _ in range(2))
    for _ in range(20):
        found = drawn(logits, allowed, source, temperature=0.9, top_p=0.8, random=own, greedy=True)
        for row, (branch, (token, score)) in enumerate(zip(source, found, strict=True)):
            scores = logits[branch, list(allowed[branch])].log_softmax(0)
            ordered, order = (scores / 0.9).softmax(0).sort(descending=True)
            ordered[ordered.cumsum(0) - ordered >= 0.8] = 0.0
            choice = int(order[0 if row == 0 else torch.multinomial(ordered, 1, generator=other)])
            assert token == allowed[branch][choice]
            assert score == pytest.approx(float(scores[choice]), abs=1e-5)


def test_a_model_that_is_asked_as_it_is_writes_the_same():
    shipped = shipped_model()
    exact = replace(shipped, model=copy.deepcopy(shipped.model).double())
    given = truncate(decode(PLATE), 1)
    with Kernel() as kernel:
        grammar = ByModel(shipped, kernel).grammar
    found = []
    for model in (shipped, exact):
        asked = prompted(given, model)
        began, few = begin(model.model, asked), Sampling(rows=5, most_tokens=12, seed=3)
        found.append(generate(began, grammar.start(given), few))
    assert [row.tokens for row in found[0]] == [row.tokens for row in found[1]]
    assert len({tuple(row.tokens) for row in found[0]}) > 1
    for one, other in zip(*found, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-3)
