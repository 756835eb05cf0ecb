"""What `plan` foretells is what there is: parameters exactly, what is kept within a tenth."""

from __future__ import annotations

import json
import math
import weakref
from functools import partial

import pytest
import torch
from conftest import PARTS, ROOT
from peft import LoraConfig, get_peft_model
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import AutoModelForCausalLM, Dinov2Config, Dinov2Model, Qwen3Config

from cadcomplete.config import Config, ImageConfig, PointsConfig, from_dict, load
from cadcomplete.data.collate import collate
from cadcomplete.data.labels import label
from cadcomplete.language.tokenizer import TextTokenizer, Tokens, shipped
from cadcomplete.model import encoders
from cadcomplete.model.assembly import assemble, qwen3_config
from cadcomplete.model.model import Projector
from cadcomplete.plan import activations, advice, plan, text
from cadcomplete.plan import sizes as planned_sizes
from cadcomplete.plan.activations import Work, layer, stored
from cadcomplete.plan.memory import memory_of, model_of
from cadcomplete.plan.sizes import Decoder
from cadcomplete.training.train import last_checkpoint, train

CONFIGS = sorted((ROOT / "configs").glob("*.toml"))
EIGHT = ROOT / "configs" / "qwen3-8b-13k.toml"

# --- parameters ---------------------------------------------------------------------------------


def count(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("name", ["qwen3-8b-13k", "qwen3-0.6b"])
def test_parameters_are_those_of_transformers_and_peft(name):
    config = load(ROOT / "configs" / f"{name}.toml")
    planned = model_of(config)
    decoder = config.model.decoder
    with torch.device("meta"):
        sizes = qwen3_config(config.model, vocabulary=decoder.vocabulary, end=0, length=13000)
        language_model = AutoModelForCausalLM.from_config(sizes)
        assert count(language_model) == planned.parameters["language_model"]
        settings = LoraConfig(r=8, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"])
        adapted = get_peft_model(language_model, settings, autocast_adapter_dtype=False)
        learn = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
        assert learn == planned.parameters["adapters"] == planned.trained["adapters"]
        assert (
            count(Dinov2Model(Dinov2Config(image_size=518))) - 768
            == planned.parameters["image_encoder"]
        )
        assert count(encoders.point_encoder(_sized(config))) == planned.parameters["point_encoder"]
        assert count(Projector(768, decoder.width)) == planned.parameters["point_projector"]
    if name == "qwen3-8b-13k":  # 36 layers of 8 × (4096 + 4096, twice, and 4096 + 1024, twice)
        assert planned.parameters["adapters"] == 36 * 8 * 2 * (8192 + 5120) == 7_667_712
        assert planned.parameters["language_model"] == 8_190_735_360
        assert planned.parameters["point_encoder"] == 64_012_800


def _sized(config):
    """The same encoder from its sizes instead of its source."""
    import dataclasses

    return dataclasses.replace(config.model.points, source="")


@pytest.mark.parametrize("path", [p for p in CONFIGS if p.stem in ("small", "tiny")])
def test_our_own_models_have_the_parameters_that_were_planned(path):
    config = load(path)
    model = assemble(config, TextTokenizer.load(shipped()))
    planned = model_of(config).parameters
    size = len(TextTokenizer.load(shipped()).vocabulary)
    for part in ("image_encoder", "point_encoder", "image_projector", "point_projector"):
        assert planned[part] == sum(p.numel() for _, p in model.part(part))
    rows = model.causal.config.vocab_size - config.model.decoder.vocabulary
    width = config.model.decoder.width
    assert planned["language_model"] == count(model.language_model) - rows * width
    assert size > 0


# --- what is kept for the gradient --------------------------------------------------------------

SIZES = {"width": 64, "layers": 4, "heads": 4, "kv_heads": 2, "feed_forward": 160}
LENGTH = 96


def saved_bytes(model, forward, *, half):
    """Bytes that a forward pass keeps, each storage once, weights apart."""
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    found: dict[int, tuple[int, object]] = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            found[storage.data_ptr()] = (storage.nbytes(), tensor)  # alive, so no address is reused
        return tensor

    with (
        torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=half),
    ):
        forward()
    return sum(size for size, _ in found.values())


def kept_bytes(model, *, half=False, checkpointing=False):
    """Bytes that a forward pass through the decoder keeps."""
    decoder = model.get_base_model() if hasattr(model, "peft_config") else model
    if checkpointing:
        decoder.gradient_checkpointing_enable({"use_reentrant": False})
    embedded = torch.randn(1, LENGTH, SIZES["width"])
    return saved_bytes(
        model, lambda: decoder.base_model(inputs_embeds=embedded, use_cache=False), half=half
    )


def random_decoder(layers, *, lora):
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=200,
        hidden_size=SIZES["width"],
        intermediate_size=SIZES["feed_forward"],
        num_hidden_layers=layers,
        num_attention_heads=SIZES["heads"],
        num_key_value_heads=SIZES["kv_heads"],
        head_dim=16,
    )
    model = AutoModelForCausalLM.from_config(config)
    if lora:
        names = ["q_proj", "k_proj", "v_proj", "o_proj"]
        model = get_peft_model(model, LoraConfig(r=4, target_modules=names))
    return model.train()


def planned_layer(*, lora, half):
    decoder = Decoder(200, 64, 4, 4, 2, 16, 160, tied=False)
    work = Work(
        1,
        LENGTH,
        compute=2 if half else 4,
        residual=4,
        trained=not lora,
        adapted=("q_proj", "k_proj", "v_proj", "o_proj") if lora else (),
        rank=4 if lora else 0,
    )
    return decoder, work, sum(layer(decoder, work).values())


@pytest.mark.parametrize("lora", [True, False])
@pytest.mark.parametrize("half", [False, True])
def test_what_a_layer_keeps_is_counted_within_a_tenth(lora, half):
    # the difference of two depths leaves out what is not in a layer
    deep, flat = (kept_bytes(random_decoder(n, lora=lora), half=half) for n in (SIZES["layers"], 2))
    measured = (deep - flat) / (SIZES["layers"] - 2)
    assert planned_layer(lora=lora, half=half)[2] == pytest.approx(measured, rel=0.1)


@pytest.mark.parametrize("lora", [True, False])
@pytest.mark.parametrize("half", [False, True])
def test_checkpointing_keeps_the_inputs_of_layers(lora, half):
    deep, flat = (
        kept_bytes(random_decoder(n, lora=lora), half=half, checkpointing=True)
        for n in (SIZES["layers"], 2)
    )
    decoder, work, _ = planned_layer(lora=lora, half=half)
    per_layer = stored(decoder, work) / decoder.layers
    assert per_layer == pytest.approx((deep - flat) / (SIZES["layers"] - 2), rel=0.1)


@pytest.mark.parametrize("half", [False, True])
def test_what_encoders_that_learn_keep_is_counted_within_a_tenth(half):
    image = ImageConfig("dinov2", size=56, width=64, layers=3, heads=4)
    points = PointsConfig("michelangelo", count=100, queries=33, width=64, layers=3, heads=4)
    pictures = torch.randint(0, 256, (2, 3, 56, 56), dtype=torch.uint8)
    for encoder, planned, given in (
        (encoders.image_encoder(image), planned_sizes.image_encoder(image), pictures),
        (
            encoders.point_encoder(points),
            planned_sizes.point_encoder(points),
            torch.rand(2, 100, 6),
        ),
    ):
        assert encoder is not None and planned is not None
        measured = saved_bytes(encoder, partial(encoder, given), half=half)
        expected = activations.encoder(planned, items=len(given), compute=2 if half else 4)
        assert expected == pytest.approx(measured, rel=0.1)


# --- the peak -----------------------------------------------------------------------------------


class Live(TorchDispatchMode):
    """Bytes of all storages that are alive, and the most there were, as on a card."""

    def __init__(self, model):
        super().__init__()
        self.alive, self.now, self.peak = {}, 0, 0
        for parameter in model.parameters():
            self.add(parameter)

    def add(self, tensor):
        storage = tensor.untyped_storage()
        if storage._cdata not in self.alive:
            self.alive[storage._cdata] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self.gone, storage._cdata)

    def gone(self, key):
        self.now -= self.alive.pop(key)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self.add(leaf)
        return result


def without_sources(name, *changes, **sizes):
    """A preset with random weights of its own sizes, or of others, and without encoders."""
    raw = load(ROOT / "configs" / f"{name}.toml", changes=changes).as_dict()
    raw["model"] |= {"language_model": "", "image": {}, "points": {}}
    raw["model"]["decoder"] |= sizes
    return from_dict(raw)


def model_and_batch(config):
    """The model, and the longest sample, or a row of two; all tokens carry loss."""
    length, decoder = config.data.max_length, config.model.decoder
    sizes = qwen3_config(config.model, vocabulary=decoder.vocabulary, end=0, length=length)
    known = {"language_model": sizes.to_diff_dict()}  # else the tokenizer says how many tokens
    model = assemble(config, TextTokenizer.load(shipped()), architectures=known).train()
    several = 2 if config.train.packing else 1
    tokens = Tokens((5,) * (length // several - 1), ())
    sample = label(tokens, [1], end=0, max_length=length)
    batch = collate([[sample] * several], padding=0)
    del batch["names"]
    return model, batch


def to_host(tensor):
    """As torch's save_on_cpu, which copies nothing where all is on a CPU: out of our sight."""
    return tensor.shape, tensor.dtype, tensor.detach().view(torch.uint8).numpy().copy()


def from_host(kept):
    shape, dtype, numbers = kept
    return torch.from_numpy(numbers).clone().view(dtype).view(shape)


def planned_peak(config):
    """Of all tensors, before there is an optimizer."""
    planned = memory_of(config, model_of(config))
    return planned.tensors - planned.always["optimizer"]


@pytest.mark.parametrize(
    "changes",
    [
        (),
        ("model.lora.targets=all",),
        ("train.offload=true",),
        ("train.checkpointing=false",),
        ("train.checkpointing=false", "model.dtype=float32"),
        ("train.checkpointing=false", "model.dtype=float32", "train.compute=float32"),
        ("model.lora.rank=0",),
        ("model.lora.rank=0", "train.checkpointing=false"),
        ("model.lora.rank=0", "train.compute=float32"),
        ("model.lora.rank=0", "train.compute=float32", "train.checkpointing=false"),
    ],
    ids=" ".join,
)
def test_the_peak_of_a_small_model_is_within_a_tenth_of_the_plan(changes):
    sizes = {"vocabulary": 1000, "width": 128, "layers": 6, "heads": 2, "kv_heads": 1}
    sizes |= {"head_width": 64, "feed_forward": 384}
    check_peak(without_sources("qwen3-8b-13k", "data.max_length=512", *changes, **sizes))


@pytest.mark.parametrize("compute", ["bfloat16", "float32"])
@pytest.mark.parametrize("checkpointing", ["true", "false"])
def test_the_gradient_of_a_large_output_layer_is_planned(checkpointing, compute):
    sizes = {"vocabulary": 8000, "width": 128, "layers": 4, "heads": 2, "kv_heads": 1}
    changes = (f"train.checkpointing={checkpointing}", f"train.compute={compute}")
    changes += ("data.max_length=256", "train.logits_at_once=64", "model.lora.rank=0")
    sizes |= {"head_width": 64, "feed_forward": 384}
    check_peak(without_sources("qwen3-8b-13k", *changes, **sizes))


def check_peak(config):
    model, batch = model_and_batch(config)
    weights = sum(p.nbytes for p in model.parameters())
    if config.train.offload:
        hooks = torch.autograd.graph.saved_tensors_hooks
        model._keeping = lambda: hooks(to_host, from_host)
    with (
        Live(model) as live,
        torch.autocast("cpu", torch.bfloat16, enabled=config.train.compute == "bfloat16"),
    ):
        for _ in range(2):  # the second micro-batch of a step finds the gradients of the first
            model(**batch)["loss"].backward()
    # weights are known exactly; what comes on top of them is what is estimated
    assert planned_peak(config) - weights == pytest.approx(live.peak - weights, rel=0.1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU at hand")
def test_the_peak_on_a_card_is_within_a_tenth_of_the_plan():
    config = without_sources("qwen3-0.6b", "data.max_length=4096")
    model, batch = model_and_batch(config)
    model = model.cuda()
    torch.cuda.reset_peak_memory_stats()
    with torch.autocast("cuda", torch.bfloat16):
        model(**{k: v.cuda() for k, v in batch.items()})["loss"].backward()
    assert planned_peak(config) == pytest.approx(torch.cuda.max_memory_allocated(), rel=0.1)


# --- what it says -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_every_configuration_can_be_planned(path):
    report = plan(load(path))
    assert report["peak_gb"] == pytest.approx(sum(report["memory_gb"].values()), abs=0.05)
    assert report["fits"] and not report["advice"]
    assert "fits a card of 80 GB" in text(report)


def test_longer_samples_take_more_memory_and_offloading_moves_it_to_the_host():
    base = load(EIGHT)
    longer = load(EIGHT, changes=("data.max_length=32768",))
    offloaded = load(EIGHT, changes=("train.offload=true",))
    peaks = [plan(c)["peak_gb"] for c in (offloaded, base, longer)]
    assert peaks == sorted(peaks) and peaks[0] < peaks[1] - 3
    assert plan(offloaded)["host_gb"] > 3


def test_four_bits_take_less():
    quarter = plan(load(EIGHT, changes=("model.quantize=nf4",)))
    assert quarter["memory_gb"]["weights"] < 0.4 * plan(load(EIGHT))["memory_gb"]["weights"]


def test_what_does_not_fit_says_what_to_change_and_then_it_fits():
    config = load(EIGHT, changes=("train.checkpointing=false",))
    report = plan(config)
    assert not report["fits"]
    assert "--set train.checkpointing=true" in report["advice"]
    assert "does not fit a card of 80 GB" in text(report)
    assert "it would with --set train.checkpointing=true" in text(report)
    assert plan(load(EIGHT), gpu=2)["advice"][0].startswith("a smaller language model")


@pytest.mark.parametrize(
    ("name", "gpu", "start"),
    [
        ("qwen3-8b-13k", 80, ("train.checkpointing=false",)),
        ("qwen3-8b-13k", 24, ()),
        ("qwen3-8b-13k", 12, ()),  # only all changes together
        ("qwen3-8b-13k", 11, ()),  # and shorter samples
        ("qwen3-8b-16k", 24, ("train.batch=4", "model.lora.rank=64")),
        ("small", 4, ()),
    ],
)
def test_with_each_change_that_is_named_it_fits(name, gpu, start):
    path = ROOT / "configs" / f"{name}.toml"
    found = advice(load(path, changes=start), gpu)
    assert found
    for one in found:
        changes = tuple(one.replace("--set ", "").split())
        memory = memory_of(config := load(path, changes=(*start, *changes)), model_of(config))
        assert memory.peak <= gpu * 1e9, one
    assert sum("data.max_length" in one for one in found) == 1


def test_the_data_are_counted_where_they_are():
    config = from_dict({"data": {"sources": [str(PARTS)], "max_length": 150, "validation": 0.0}})
    report = plan(config)
    assert report["data"]["parts"] == 6
    assert 0 < report["data"]["fits"] < 1
    assert report["data"]["fits"] + report["data"]["cut"] == pytest.approx(1, abs=1e-3)
    assert report["data"]["tokens_median"] <= 150
    refusing = {"sources": [str(PARTS)], "max_length": 150, "validation": 0.0}
    refused = plan(from_dict({"data": {**refusing, "too_long": "refuse"}}))
    assert refused["data"]["cut"] == 0 and refused["data"]["fits"] == report["data"]["fits"]
    assert "are left out" in text(refused) and "are cut after an operation" in text(report)
    assert report["flops_per_pass"] > 6 * report["tokens_per_pass"] * 1e6
    longer = plan(from_dict({"data": {"sources": [str(PARTS)], "validation": 0.0}}))
    assert longer["data"]["fits"] == 1 and longer["tokens_per_pass"] > report["tokens_per_pass"]


def test_what_is_planned_is_what_a_run_does(tmp_path):
    changes = {"train.epochs": 2, "train.evaluate_every": 2, "train.checkpoint_every": 4}
    changes |= {"output": f'"{tmp_path}"'}
    config = load(
        ROOT / "configs" / "tiny.toml", changes=tuple(f"{k}={v}" for k, v in changes.items())
    )
    report, folder = plan(config), train(config)
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    metrics = json.loads((folder / "metrics.json").read_text())
    assert report["data"]["parts"] == metrics["parts"]["train"]
    assert report["validation"]["parts"] == metrics["parts"]["validation"]
    assert report["steps"] == metrics["steps"]
    evaluations = 1 + sum("eval_loss" in line for line in log)
    assert report["validation"]["evaluations"] == evaluations
    assert report["checkpoints"]["saved"] == math.ceil(metrics["steps"] / 4)
    saved = sum(
        (last_checkpoint(folder) / name).stat().st_size
        for name in ("model.safetensors", "optimizer.pt")
    )
    assert report["checkpoints"]["gb_each"] == pytest.approx(saved / 1e9, abs=1e-3)


def test_validation_is_planned_for_as_many_parts_as_are_configured():
    few = {"sources": [str(PARTS)], "validation": 0.4, "validation_parts": 1}
    assert plan(from_dict({"data": few}))["validation"]["parts"] == 1
    every = {**few, "validation_parts": 0}
    assert plan(from_dict({"data": every}))["validation"]["parts"] > 1


def test_data_that_are_not_here_are_named():
    assert "data/omnicad is not here" in plan(load(EIGHT))["without_data"]
    assert "the configuration names none" in plan(Config())["without_data"]
    assert "data/omnicad is not here" in text(plan(load(EIGHT)))


def test_the_keys_are_the_same_whether_data_are_here_or_not_and_whether_it_fits():
    without, with_data = plan(load(EIGHT)), plan(load(EIGHT), data=[PARTS])
    assert without.keys() == with_data.keys() == plan(load(EIGHT), gpu=2).keys()
    assert without["data"] is None and not with_data["without_data"]


def test_logits_are_named_though_they_are_not_at_the_peak():
    report = plan(load(EIGHT))  # 1,024 positions at once, three times, in single precision
    assert report["lower_gb"]["loss"] > 3 * 4 * 1024 * 151936 / 1e9
    assert "not at the peak: logits and their gradient" in text(report)


def test_the_command_prints_a_table_or_json(run):
    code, out, _ = run("plan", EIGHT, "--gpu", 24)
    assert code == 0 and "does not fit a card of 24 GB" in out
    code, out, _ = run("plan", EIGHT, "--data", PARTS, "--json")
    report = json.loads(out)
    assert code == 0 and report["fits"] and report["data"]["parts"] > 0
    assert report["hours"] > 0
