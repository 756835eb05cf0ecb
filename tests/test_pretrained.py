"""Pretrained language models: read from a folder, a GGUF file or the hub, or refused in a line."""

from __future__ import annotations

import json
import math
import socket
import time

import pytest
import torch
from conftest import ROOT
from transformers import (
    AutoModelForCausalLM,
    BertConfig,
    BertForMaskedLM,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from cadcomplete.errors import CheckpointError, ConfigError
from cadcomplete.history.sequence import truncate
from cadcomplete.language.grammar import Grammar
from cadcomplete.language.prompt import prompt
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model import pretrained

SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "tie_word_embeddings": False,
    "bos_token_id": None,
    "eos_token_id": 0,
}
SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"


def tiny(family="llama", *, vocabulary=300):
    """A language model with random weights."""
    torch.manual_seed(0)
    if family == "llama":
        return LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, **SIZES)).eval()
    return Qwen3ForCausalLM(Qwen3Config(vocab_size=vocabulary, head_dim=8, **SIZES)).eval()


def logits(model):
    with torch.inference_mode():
        return model(input_ids=torch.arange(1, 9)[None]).logits


def learned(plate):
    """A tokenizer of 300 tokens; it ends texts with <|endoftext|>."""
    return TextTokenizer.train([prompt(plate).text], size=300)


@pytest.fixture
def unreachable(monkeypatch):
    """A hub that refuses every connection."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")


def refused(function, *arguments, **named):
    """Return the one line that a source is refused with."""
    with pytest.raises(CheckpointError) as caught:
        function(*arguments, **named)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 600
    return line


# --- folders -------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["llama", "qwen3"])
def test_a_folder_of_safetensors_gives_the_same_logits(tmp_path, family):
    tiny(family).save_pretrained(tmp_path)
    model = pretrained.language_model(str(tmp_path), dtype=torch.float32)
    assert torch.equal(logits(model), logits(tiny(family)))
    assert not model.training


def test_weights_have_the_type_that_was_asked_for(tmp_path):
    tiny().save_pretrained(tmp_path)
    model = pretrained.language_model(str(tmp_path), dtype=torch.bfloat16)
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}


def test_an_architecture_is_all_that_a_checkpoint_of_all_weights_needs(tmp_path):
    tiny("qwen3").save_pretrained(tmp_path)
    model = pretrained.language_model(str(tmp_path))
    architecture = json.loads(json.dumps(model.config.to_diff_dict()))
    again = pretrained.from_architecture(architecture)
    assert not torch.equal(logits(again), logits(model))
    again.load_state_dict(model.state_dict())
    assert torch.equal(logits(again.eval()), logits(model))


def test_weights_are_random_and_single_precision_whatever_the_source_was(tmp_path):
    tiny().to(torch.bfloat16).save_pretrained(tmp_path)
    architecture = pretrained.language_model(
        str(tmp_path), dtype=torch.bfloat16
    ).config.to_diff_dict()
    assert pretrained.from_architecture(architecture).dtype == torch.float32


def test_loading_says_nothing(tmp_path, capfd, plate):
    tiny().save_pretrained(tmp_path)
    settings = {"temperature": 0.6, "top_k": 20, "_from_model_config": False}  # without do_sample
    (tmp_path / "generation_config.json").write_text(json.dumps(settings))
    learned(plate).save(tmp_path)
    capfd.readouterr()
    pretrained.language_model(str(tmp_path))
    pretrained.tokenizer(str(tmp_path))
    assert capfd.readouterr() == ("", "")


def test_a_pickle_is_refused(tmp_path):
    tiny().save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(tiny().state_dict(), tmp_path / "pytorch_model.bin")
    line = refused(pretrained.language_model, str(tmp_path))
    assert "expected safetensors, got pytorch_model.bin" in line


def test_weights_that_are_missing_are_not_made_up(tmp_path):
    from safetensors.torch import load_file, save_file

    tiny().save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    line = refused(pretrained.language_model, str(tmp_path))
    assert "model.layers.1.mlp.up_proj.weight" in line


def test_weights_of_another_shape_are_refused(tmp_path):
    tiny().save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"intermediate_size": 48}))
    assert "cannot load the language model" in refused(pretrained.language_model, str(tmp_path))


@pytest.mark.parametrize("config", ["", "[]", "{}", '{"model_type": "llama", "hidden_size": "x"}'])
def test_a_broken_configuration_is_refused(tmp_path, config):
    tiny().save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(config)
    assert str(tmp_path) in refused(pretrained.language_model, str(tmp_path))


def test_a_broken_file_of_weights_is_refused(tmp_path):
    tiny().save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x00" * 100)
    assert "cannot load the language model" in refused(pretrained.language_model, str(tmp_path))


def test_a_model_that_sees_the_future_is_refused(tmp_path):
    config = BertConfig(
        vocab_size=99,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    BertForMaskedLM(config).save_pretrained(tmp_path)
    line = refused(pretrained.language_model, str(tmp_path))
    assert "not a causal language model" in line
    assert "BertForMaskedLM" in line


@pytest.mark.parametrize(
    "architecture", [{}, {"model_type": "nonesuch"}, {"model_type": "dinov2"}], ids=str
)
def test_an_architecture_of_something_else_is_refused(architecture):
    assert "language_model.json" in refused(pretrained.from_architecture, architecture)


def test_an_attention_that_is_not_there_is_refused(tmp_path):
    tiny().save_pretrained(tmp_path)
    assert "nonesuch" in refused(pretrained.language_model, str(tmp_path), attention="nonesuch")


def test_four_bits_need_a_gpu_and_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"model\.quantize.*expected a GPU.*no GPU"):
        pretrained.language_model(str(tmp_path), quantize="nf4")


# --- the hub -------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [pretrained.language_model, pretrained.tokenizer])
@pytest.mark.parametrize("source", ["Qwen/Qwen3-8B", "nowhere/at/all", "gpt2"])
def test_a_source_that_is_nowhere_is_one_line_at_once(function, source, unreachable, capfd):
    started = time.monotonic()
    line = refused(function, source)
    assert time.monotonic() - started < 5
    assert "no such folder" in line
    assert capfd.readouterr() == ("", "")


def test_a_hub_that_never_answers_costs_the_time_limit_and_no_more(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        monkeypatch.setattr(pretrained, "PATIENCE", 0.2)
        started = time.monotonic()
        line = refused(pretrained.language_model, "Qwen/Qwen3-8B")
    assert time.monotonic() - started < 5
    assert "timed out" in line


def test_without_a_network_what_was_downloaded_is_used(tmp_path, monkeypatch, unreachable, plate):
    cached = tmp_path / "models--some--model"
    folder = cached / "snapshots" / ("0" * 40)
    tiny().save_pretrained(folder)
    learned(plate).save(folder)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0" * 40)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    model = pretrained.language_model("some/model")
    assert torch.equal(logits(model), logits(tiny()))
    assert pretrained.tokenizer("some/model").end_text == "<|endoftext|>"


# --- tokenizers ----------------------------------------------------------------------------------


def test_the_tokenizer_of_a_folder_is_read_word_for_word(tmp_path, plate):
    learned(plate).save(tmp_path)
    found = pretrained.tokenizer(str(tmp_path))
    assert found.backend.to_str() == learned(plate).backend.to_str()
    assert found.encode(prompt(plate)) == learned(plate).encode(prompt(plate))


def test_the_end_of_a_text_is_the_eos_that_the_tokenizer_states(tmp_path, plate):
    there = learned(plate)
    there.backend.add_special_tokens(["<|im_end|>"])
    TextTokenizer(there.backend, "<|im_end|>").save(tmp_path)
    found = pretrained.tokenizer(str(tmp_path))
    assert (found.end_text, found.end) == ("<|im_end|>", there.backend.token_to_id("<|im_end|>"))


def test_the_end_may_be_left_to_the_class_of_a_tokenizer(tmp_path, plate):
    learned(plate).save(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    assert pretrained.tokenizer(str(tmp_path)).end_text == "<|endoftext|>"


@pytest.mark.parametrize("settings", ["", "[]", "{"])
def test_a_folder_without_a_tokenizer_is_refused(tmp_path, settings):
    tiny().save_pretrained(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(settings)
    assert str(tmp_path) in refused(pretrained.tokenizer, str(tmp_path))


# --- GGUF ----------------------------------------------------------------------------------------


def write_gguf(path, model, tokenizer):
    """Write a Llama and its tokenizer as llama.cpp does, which pairs rotated halves otherwise."""
    gguf = pytest.importorskip("gguf")
    config, content = model.config, json.loads(tokenizer.backend.to_str())["model"]
    tokens = sorted(content["vocab"], key=content["vocab"].get)
    file = gguf.GGUFWriter(path, "llama")
    file.add_block_count(config.num_hidden_layers)
    file.add_context_length(config.max_position_embeddings)
    file.add_embedding_length(config.hidden_size)
    file.add_feed_forward_length(config.intermediate_size)
    file.add_head_count(config.num_attention_heads)
    file.add_head_count_kv(config.num_key_value_heads)
    file.add_layer_norm_rms_eps(config.rms_norm_eps)
    file.add_rope_freq_base(config.rope_parameters["rope_theta"])
    file.add_vocab_size(config.vocab_size)
    file.add_tokenizer_model("gpt2")
    file.add_token_list(tokens)
    file.add_token_types([3 if token == tokenizer.end_text else 1 for token in tokens])
    file.add_token_merges([" ".join(pair) for pair in content["merges"]])
    file.add_eos_token_id(tokenizer.end)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
        if count := heads.get(name.split(".")[-2]):
            halves = tensor.reshape(count, 2, -1, tensor.shape[1])
            tensor = halves.transpose(1, 2).reshape(tensor.shape)
        file.add_tensor(names.get_name(name, (".weight",)), tensor.contiguous().numpy())
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def test_a_gguf_file_gives_the_same_logits_and_tokens(tmp_path, capfd, plate):
    known = learned(plate)
    write_gguf(tmp_path / "tiny.gguf", tiny(vocabulary=known.size), known)
    model = pretrained.language_model(str(tmp_path), gguf="tiny.gguf")
    found = pretrained.tokenizer(str(tmp_path), gguf="tiny.gguf")
    assert capfd.readouterr() == ("", "")
    assert torch.allclose(logits(model), logits(tiny(vocabulary=known.size)), atol=1e-6)
    assert (found.end_text, found.end, found.size) == (known.end_text, known.end, known.size)
    assert found.vocabulary == known.vocabulary
    assert found.decode(found.encode(prompt(plate)).ids) == prompt(plate).text


def test_nothing_of_a_gguf_file_stays_in_the_architecture(tmp_path, plate):
    known = learned(plate)
    write_gguf(tmp_path / "tiny.gguf", tiny(vocabulary=known.size), known)
    model = pretrained.language_model(str(tmp_path), gguf="tiny.gguf")
    architecture = json.loads(json.dumps(model.config.to_diff_dict()))
    assert "quantization_config" not in architecture
    again = pretrained.from_architecture(architecture)
    again.load_state_dict(model.state_dict())
    assert torch.equal(logits(again.eval()), logits(model))
    model.save_pretrained(tmp_path / "saved")
    saved = AutoModelForCausalLM.from_pretrained(tmp_path / "saved", dtype=torch.float32)
    assert torch.equal(logits(saved), logits(model))


def test_a_gguf_file_that_is_not_there_or_none_is_refused(tmp_path):
    (tmp_path / "other.gguf").write_bytes(b"GGUF" + b"\x00" * 60)
    for function in (pretrained.language_model, pretrained.tokenizer):
        line = refused(function, str(tmp_path), gguf="model.gguf")
        assert "expected model.gguf, got other.gguf" in line
        assert "cannot load" in refused(function, str(tmp_path), gguf="other.gguf")
    with pytest.raises(ConfigError, match=r"model\.quantize"):
        pretrained.language_model(str(tmp_path), gguf="other.gguf", quantize="nf4")


# --- a real one ----------------------------------------------------------------------------------

ENGLISH = (
    "The quick growth of the city during the nineteenth century brought with it many problems. "
    "Streets that had been built for horses and carts were now filled with trams and buses, and "
    "the houses near the river were crowded with workers who had come from the countryside."
)


@pytest.mark.slow
def test_smollm2_reads_english_and_our_text(plate):
    folder = ROOT / "runs" / "out" / "smollm2" / "base"
    if not (folder / SMOLLM2).is_file():
        pytest.skip(f"{SMOLLM2} is not here: runs/smollm2.sh fetches it")
    model = pretrained.language_model(str(folder), gguf=SMOLLM2, dtype=torch.float32)
    tokenizer = pretrained.tokenizer(str(folder), gguf=SMOLLM2)
    ids = torch.tensor([tokenizer.backend.encode(ENGLISH).ids])
    with torch.inference_mode():
        loss = float(model(input_ids=ids, labels=ids).loss)
    assert loss < 3.5 < math.log(tokenizer.size)  # chance is 10.8 nats

    for text_format in ("lines", "json"):
        whole = prompt(plate, text_format=text_format)
        tokens = tokenizer.encode(whole)
        for place, count in zip(whole.cuts, tokens.cuts, strict=True):
            part = truncate(plate, place.operations, curves=place.curves)
            alone = tokenizer.encode(prompt(part, text_format=text_format))
            assert alone.ids == tokens.ids[:count]
        grammar = Grammar(tokenizer.vocabulary, tokenizer.end, text_format=text_format)
        matcher = grammar.start(truncate(plate, 1))
        for token in tokens.ids[tokens.cuts[whole.offsets.index(whole.operation_offsets[1])] :]:
            assert token in matcher.allowed()
            matcher.accept(token)
        assert tokenizer.end in matcher.allowed()
