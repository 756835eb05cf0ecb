"""Models for other programs: read by plain transformers and plain peft, never by our own code."""

from __future__ import annotations

import json

import pytest
import torch
from conftest import PLATE
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from cadcomplete.completion.engine import shipped_model
from cadcomplete.config import from_dict
from cadcomplete.errors import CheckpointError, InputError
from cadcomplete.history.sequence import truncate
from cadcomplete.language.lines import decode
from cadcomplete.language.prompt import prompt
from cadcomplete.model import checkpoint, loading, pretrained
from cadcomplete.model.assembly import assemble, make_tokenizer
from cadcomplete.model.checkpoint import FIRST_WORDS, Checkpoint
from cadcomplete.model.portable import TEMPLATE, export

TEXT = prompt(truncate(decode(PLATE), 1)).text
CHAT = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A language model as the hub has them, with a chat template of its own."""
    folder = tmp_path_factory.mktemp("base")
    shipped = shipped_model()
    pretrained.of_decoder(shipped.model.causal).save_pretrained(folder)
    shipped.tokenizer.save(folder)
    (folder / "chat_template.jinja").write_text(CHAT)
    return folder


@pytest.fixture(params=[False, True], ids=["adapters", "adapters and a new token"])
def run(base, tmp_path, request):
    """A run on that base whose adapters are not zero."""
    model = {"language_model": str(base), "lora": {"rank": 2, "alpha": 4.0}}
    if request.param:
        model["new_tokens"] = ["extrude new to "]
    config = from_dict({"name": "adapted", "model": model})
    tokenizer = make_tokenizer(config, [])
    torch.manual_seed(1)
    made = assemble(config, tokenizer).eval()
    with torch.no_grad():
        for name, parameter in made.trained():
            if "lora_B" in name or "trainable_tokens" in name:
                parameter.add_(0.05 * torch.randn_like(parameter))
    checkpoint.save(Checkpoint(made, tokenizer, config, FIRST_WORDS), tmp_path / "run")
    return tmp_path / "run"


def ours(model):
    ids = model.tokenizer.backend.encode(TEXT, add_special_tokens=False).ids
    with torch.inference_mode():
        return ids, model.model.causal(input_ids=torch.tensor([ids])).logits.float()


def theirs(model, tokenizer):
    batch = tokenizer(TEXT, return_tensors="pt")
    with torch.inference_mode():
        return batch.input_ids[0].tolist(), model.eval()(**batch).logits.float()


def test_an_adapter_is_read_by_plain_peft_on_its_base(run, tmp_path):
    model = loading.load(run)
    ids, logits = ours(model)
    told = export(model, "adapter", tmp_path / "adapter")
    assert {"adapter_config.json", "adapter_model.safetensors", "tokenizer.json"} <= {
        *told["files"]
    }
    settings = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    causal = AutoModelForCausalLM.from_pretrained(settings["base_model_name_or_path"])
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "adapter")
    if len(tokenizer) > causal.get_input_embeddings().num_embeddings:
        causal.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    found, other = theirs(PeftModel.from_pretrained(causal, tmp_path / "adapter"), tokenizer)
    assert found == ids
    torch.testing.assert_close(other, logits, atol=1e-3, rtol=1e-3)


def test_a_merged_model_is_read_by_plain_transformers(run, tmp_path):
    model = loading.load(run)
    ids, logits = ours(model)
    told = export(model, "merged", tmp_path / "merged")
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {*told["files"]}
    assert "adapter_config.json" not in told["files"]
    causal = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    found, other = theirs(causal, AutoTokenizer.from_pretrained(tmp_path / "merged"))
    assert found == ids
    torch.testing.assert_close(other, logits, atol=1e-3, rtol=1e-3)


def test_the_tokenizer_keeps_the_chat_template_of_its_base(run, tmp_path):
    export(loading.load(run), "merged", tmp_path / "merged")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "merged")
    said = tokenizer.apply_chat_template([{"role": "user", "content": "x"}], tokenize=False)
    assert said == "<|user|>x"
    assert tokenizer.eos_token_id == tokenizer.pad_token_id == shipped_model().tokenizer.end


def test_the_shipped_model_is_merged_and_completes_in_plain_transformers(tmp_path):
    model = loading.load()
    ids, logits = ours(model)
    told = export(model, "merged", tmp_path / "merged")
    assert told["left_out"] == ["image", "points"]
    assert all(path.stat().st_mode & 0o044 for path in (tmp_path / "merged").iterdir())
    causal = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "merged")
    found, other = theirs(causal, tokenizer)
    assert found == ids
    torch.testing.assert_close(other, logits, atol=1e-3, rtol=1e-3)
    batch = tokenizer(TEXT, return_tensors="pt")
    made = causal.generate(**batch, max_new_tokens=120, do_sample=False)[0]
    text = tokenizer.decode(made, skip_special_tokens=True)
    whole = decode(text.partition("\n")[2])  # what stands after the instruction
    assert text.startswith(TEXT) and len(whole) > 1
    messages = [{"role": "user", "content": TEXT}]
    assert tokenizer.apply_chat_template(messages, tokenize=False) == TEXT  # as it was trained
    assert tokenizer.chat_template == TEMPLATE


def test_a_model_without_adapters_is_no_adapter(tmp_path):
    with pytest.raises(CheckpointError, match=r"no adapter.*use --to merged"):
        export(loading.load(), "adapter", tmp_path / "adapter")
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="there is something already"):
        export(loading.load(), "merged", tmp_path)
    with pytest.raises(InputError, match="no such way to export: expected adapter, merged"):
        export(loading.load(), "gguf", tmp_path / "other")


def test_the_command_line_exports_too(tmp_path, monkeypatch, capsys):
    import sys

    from cadcomplete.cli import app as cli

    monkeypatch.setattr(sys, "argv", ["cadcomplete", "export", "-o", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as left:
        cli.main()
    out, said = capsys.readouterr()
    assert (left.value.code, said) == (0, "")
    assert "text alone" in out and str(tmp_path / "out") in out
    assert (tmp_path / "out" / "model.safetensors").is_file()
