"""Our decoder and our pictures' encoder: to the last digit what transformers computes."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import torch
from transformers import Dinov2Config, Dinov2Model, Qwen3Config, Qwen3ForCausalLM

from cadcomplete.language.tokenizer import shipped
from cadcomplete.model import decoder, pretrained
from cadcomplete.model.decoder import OwnDecoder
from cadcomplete.model.encoders import patches

SIZES: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 24,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "head_dim": 8,
}


def scattered(module: torch.nn.Module) -> None:
    """Give all weights random values, those of norms and scales too."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0.0, 0.3).add_(0.8 if parameter.ndim == 1 else 0.0)


@pytest.fixture(
    scope="module",
    params=[(True, 2), (False, 2), (True, 4)],
    ids=["tied", "apart", "a key for each query"],
)
def pair(request):
    """The decoder of transformers, and ours with its weights."""
    tied, keys = request.param
    torch.manual_seed(0)
    config = Qwen3Config(**SIZES, num_key_value_heads=keys, tie_word_embeddings=tied)
    theirs = Qwen3ForCausalLM(config).eval()
    scattered(theirs)
    ours = OwnDecoder(json.loads(json.dumps(theirs.config.to_diff_dict()))).eval()
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


IDS = torch.tensor([[3, 7, 7, 1, 30, 2, 9], [4, 0, 12, 39, 5, 5, 8]])
AFTER = torch.tensor([[11, 6, 20, 3, 8]])


def tree(count: int) -> dict[str, torch.Tensor]:
    """So many tokens after seven, of which every second one does not see the one before it."""
    own = torch.ones(count, count, dtype=torch.bool).tril()
    own[1::2, ::2] &= torch.eye(count, dtype=torch.bool)[1::2, ::2]
    seen = torch.cat([torch.ones(count, 7, dtype=torch.bool), own], 1)[None, None]
    return {"attention_mask": seen, "position_ids": 7 + torch.arange(count)[None] // 2}


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("masked", [False, True], ids=["in a row", "as a tree"])
def test_what_follows_a_prompt_has_the_same_logits(pair, count, masked):
    found = []
    for causal in pair:
        with torch.inference_mode():
            prompt = causal(input_ids=IDS[:1], use_cache=True, logits_to_keep=1)
            cache = copy.deepcopy(prompt.past_key_values)
            how = tree(count) if masked else {}
            more = causal(AFTER[:, :count], past_key_values=cache, use_cache=True, **how)
            assert prompt.past_key_values.get_seq_length() == 7
            found.append((prompt.logits, more.logits))
    (theirs, theirs_after), (ours, ours_after) = found
    assert ours.shape == (1, 1, 40)
    assert torch.equal(theirs, ours)
    assert torch.equal(theirs_after, ours_after)


def test_rows_of_a_batch_go_on_from_any_of_them(pair):
    found = []
    for causal in pair:
        with torch.inference_mode():
            cache = causal(input_ids=IDS, use_cache=True).past_key_values
            cache.batch_select_indices(torch.tensor([1, 0, 1]))
            more = causal(torch.tensor([[1], [2], [3]]), past_key_values=cache, use_cache=True)
            found.append(more.logits)
    assert torch.equal(*found)


def test_padding_and_texts_in_one_row_see_nothing_of_each_other(pair):
    theirs, ours = pair
    there = torch.ones_like(IDS)
    there[0, 5:] = 0
    places = torch.tensor([[0, 1, 2, 3, 0, 1, 2]])
    with torch.inference_mode():
        for how in (
            {"input_ids": IDS, "attention_mask": there},
            {"inputs_embeds": ours.get_input_embeddings()(IDS[:1]), "position_ids": places},
        ):
            first, second = (m(use_cache=False, **how).logits for m in (theirs, ours))
            seen = there.bool() if "input_ids" in how else slice(None)
            assert torch.equal(first[seen], second[seen])
        packed = ours(IDS[:1], position_ids=places).logits
        alone = ours(IDS[:1, 4:]).logits
    assert torch.allclose(packed[:, 4:], alone, atol=1e-5)


def test_a_cache_that_is_cropped_goes_on_from_there(pair):
    _, ours = pair
    with torch.inference_mode():
        cache = ours(IDS[:1], use_cache=True).past_key_values
        cache.crop(-3)
        assert cache.get_seq_length() == 4
        again = ours(IDS[:1, 4:], past_key_values=cache, use_cache=True).logits
        whole = ours(IDS[:1]).logits[:, 4:]
    assert torch.allclose(again, whole, atol=1e-5)


def test_it_learns_the_same(pair):
    gradients = []
    for causal in pair:
        causal.zero_grad()
        causal(input_ids=IDS).logits.log_softmax(-1)[..., 3].sum().backward()
        gradients.append({name: p.grad for name, p in causal.named_parameters()})
    assert gradients[0].keys() == gradients[1].keys()
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, rtol=1e-4, atol=1e-5)


def test_a_decoder_becomes_one_of_transformers(pair):
    theirs, ours = pair
    with torch.inference_mode():
        again = pretrained.of_decoder(ours).eval()(IDS).logits
        assert torch.equal(again, theirs(IDS).logits)


@pytest.mark.parametrize("folder", ["", "free"])
def test_models_that_ship_are_plain(folder):
    architecture = json.loads((shipped(folder) / "language_model.json").read_text())
    assert decoder.is_plain(architecture)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model_type", "llama"),
        ("num_hidden_layers", 0),
        ("hidden_size", "24"),
        ("num_key_value_heads", 3),
        ("head_dim", 7),
        ("attention_bias", True),
        ("hidden_act", "gelu"),
        ("use_sliding_window", True),
        ("layer_types", ["full_attention", "sliding_attention"]),
        ("rope_parameters", {"rope_theta": 1e4, "rope_type": "linear", "factor": 2.0}),
        ("rope_parameters", {"rope_theta": float("nan"), "rope_type": "default"}),
        ("rms_norm_eps", "small"),
        ("attention_dropout", 0.1),
        ("quantization_config", {}),
    ],
)
def test_another_architecture_is_left_to_transformers(name, value):
    plain = Qwen3Config(**SIZES, num_key_value_heads=2).to_diff_dict()
    assert decoder.is_plain(plain)
    assert not decoder.is_plain(plain | {name: value})


@pytest.mark.parametrize("size", [28, 42, 70])
def test_an_encoder_of_pictures_has_the_same_features(size):
    torch.manual_seed(0)
    config = Dinov2Config(
        image_size=42, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, patch_size=14
    )
    theirs = Dinov2Model(config).eval()
    theirs.embeddings.mask_token = None
    scattered(theirs)
    architecture = json.loads(json.dumps(theirs.config.to_dict()))
    assert patches.is_plain(architecture)
    ours = patches.Patches(architecture).eval()
    ours.load_state_dict(theirs.state_dict())
    pixels = torch.randn(2, 3, size, size)
    with torch.inference_mode():
        assert torch.equal(ours(pixels).last_hidden_state, theirs(pixels).last_hidden_state)
