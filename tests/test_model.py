"""The whole model: what it sees, what learns, and what is saved (laws 6 and 8)."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
from conftest import PLATE
from torch.nn import functional

from cadcomplete.config import Config, from_dict
from cadcomplete.data.collate import collate
from cadcomplete.data.labels import Labelled, label, operation_cuts
from cadcomplete.errors import CheckpointError, ConfigError, InputError
from cadcomplete.language.lines import decode
from cadcomplete.language.prompt import IMAGE, POINTS, Features, prompt
from cadcomplete.language.tokenizer import TextTokenizer
from cadcomplete.model import checkpoint, losses
from cadcomplete.model.assembly import assemble
from cadcomplete.model.checkpoint import FIRST_WORDS, Checkpoint
from cadcomplete.model.model import PARTS

TINY = {
    "model": {
        "decoder": {"width": 32, "layers": 2, "heads": 2, "kv_heads": 1, "feed_forward": 48},
        "image": {
            "encoder": "dinov2",
            "size": 28,
            "patch": 14,
            "width": 16,
            "layers": 1,
            "heads": 2,
        },
        "points": {
            "encoder": "michelangelo",
            "count": 24,
            "queries": 3,
            "width": 16,
            "layers": 1,
            "heads": 2,
        },
    },
    "train": {"rates": {"image_encoder": 1e-3, "point_encoder": 1e-3}},
}
LORA = {"rank": 2, "alpha": 4.0}


def configure(**changes) -> Config:
    """The tiny model with some of its settings changed, such as model={"lora": …}."""
    raw = json.loads(json.dumps(TINY))
    for section, values in changes.items():
        raw.setdefault(section, {}).update(values)
    return from_dict(raw)


@pytest.fixture(scope="module")
def tokenizer():
    return TextTokenizer.train([prompt(decode(PLATE)).text], size=280)


def made(config, tokenizer, *, seed=0, scale=0.2):
    """A model whose weights are all random, adapters included, so that everything counts."""
    torch.manual_seed(seed)
    model = assemble(config, tokenizer).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(scale * torch.randn_like(parameter))
    return model


@pytest.fixture(scope="module")
def model(tokenizer):
    return made(configure(), tokenizer)


def sample(tokenizer, *, images=0, points=False, seed=0, features=None) -> Labelled:
    """The plate with pictures and points drawn at random, cut after its sketch."""
    random = np.random.default_rng(seed)
    features = features or Features(image=4, points=3)
    text = prompt(decode(PLATE))
    tokens = tokenizer.encode(text).after(features.placeholders(images=images, points=points))
    cut = operation_cuts(text, tokens)[1]
    labelled = label(tokens, [cut], end=tokenizer.end, max_length=500, name=f"part {seed}")
    pictures = random.integers(0, 256, (images, 3, 28, 28), dtype=np.uint8) if images else None
    cloud = random.normal(size=(24, 6)).astype(np.float32) if points else None
    return dataclasses.replace(labelled, images=pictures, points=cloud)


def batch_of(rows, tokenizer):
    batch = collate(rows, padding=tokenizer.end)
    del batch["names"]
    return batch


def losses_of(model, rows, tokenizer):
    return model(**batch_of(rows, tokenizer))["losses"]


# --- embeddings ---------------------------------------------------------------------------------


def test_embeddings_come_in_the_order_pictures_points_text(model, tokenizer):
    shown = sample(tokenizer, images=2, points=True)
    batch = batch_of([[shown]], tokenizer)
    with torch.no_grad():
        embedded = model.embed(batch["input_ids"], batch["images"], batch["points"])
        w = dict(model.named_parameters())

        def projected(name, features):  # two linear layers with a GELU between, by hand
            first = features @ w[f"{name}.0.weight"].T + w[f"{name}.0.bias"]
            hidden = 0.5 * first * (1 + torch.erf(first / 2**0.5))
            return hidden @ w[f"{name}.2.weight"].T + w[f"{name}.2.bias"]

        pictures = projected("image_projector", model.image_encoder(batch["images"]))
        points = projected("point_projector", model.point_encoder(batch["points"]))
        text = w["language_model.model.embed_tokens.weight"][batch["input_ids"][0, 2 * 4 + 3 :]]
    expected = torch.cat([pictures[0], pictures[1], points[0], text])
    torch.testing.assert_close(embedded[0], expected, rtol=1e-5, atol=1e-5)
    assert (batch["input_ids"][0, :11] == torch.tensor([IMAGE] * 8 + [POINTS] * 3)).all()


def test_a_batch_may_show_any_subset_of_modalities(model, tokenizer):
    kinds = [(0, False), (2, True), (1, False), (0, True)]
    shown = [sample(tokenizer, images=i, points=p, seed=n) for n, (i, p) in enumerate(kinds)]
    with torch.no_grad():
        alone = torch.cat([losses_of(model, [[s]], tokenizer) for s in shown])
        padded = losses_of(model, [[s] for s in shown], tokenizer)
        packed = losses_of(model, [shown[:3], shown[3:]], tokenizer)
    torch.testing.assert_close(padded, alone, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(packed, alone, rtol=1e-4, atol=1e-5)


def test_what_is_absent_has_no_token_and_no_influence(model, tokenizer):
    plain = made(configure(model={"image": {}, "points": {}}), tokenizer)
    plain.load_state_dict(model.state_dict(), strict=False)  # the same language model
    with torch.no_grad():
        expected = losses_of(plain, [[sample(tokenizer)]], tokenizer)
        assert torch.equal(losses_of(model, [[sample(tokenizer)]], tokenizer), expected)


@pytest.mark.parametrize("kind", ["images", "points"])
def test_what_is_present_changes_the_losses(model, tokenizer, kind):
    def shown(seed):
        given = {"images": 1} if kind == "images" else {"points": True}
        with torch.no_grad():
            return losses_of(model, [[sample(tokenizer, seed=seed, **given)]], tokenizer)

    assert (shown(1) - shown(2)).abs().max() > 1e-4


def test_features_without_placeholders_are_an_error(model, tokenizer):
    batch = batch_of([[sample(tokenizer, images=1)]], tokenizer)
    with pytest.raises(InputError, match="at image: features are missing: expected 4"):
        model.embed(batch["input_ids"])
    with pytest.raises(InputError, match="features are missing"):
        model.embed(batch["input_ids"], torch.cat([batch["images"]] * 2))


# --- what learns --------------------------------------------------------------------------------


def gradients(model, rows, tokenizer):
    """The largest gradient of each part, or None where nothing of it learns."""
    model.train().zero_grad()
    model(**batch_of(rows, tokenizer))["loss"].backward()
    found = {}
    for name in PARTS:
        grads = [p.grad for _, p in model.part(name) if p.grad is not None]
        found[name] = max(float(g.abs().max()) for g in grads) if grads else None
    model.eval()
    return found


def test_gradients_reach_the_adapters_and_both_projectors(tokenizer):
    frozen = {"language_model": 1e-3, "image_encoder": 0.0, "point_encoder": 0.0}
    config = configure(model={"lora": LORA}, train={"rates": frozen})
    model = made(config, tokenizer)
    found = gradients(model, [[sample(tokenizer, images=1, points=True)]], tokenizer)
    for part in ("language_model", "image_projector", "point_projector"):
        assert found[part] is not None and found[part] > 0
    assert found["image_encoder"] is None and found["point_encoder"] is None
    learning = {name for name, _ in model.trained() if name.startswith("language_model")}
    assert learning and all("lora_" in name for name in learning)
    assert len(learning) == 2 * 2 * 4  # A and B, two layers, q k v o


def test_every_parameter_that_learns_has_a_gradient_whatever_a_batch_shows(tokenizer):
    model = made(configure(), tokenizer)
    for images, points in [(0, False), (1, False), (0, True), (1, True)]:
        found = gradients(model, [[sample(tokenizer, images=images, points=points)]], tokenizer)
        assert all(p.grad is not None for _, p in model.trained())
        assert (found["image_projector"] > 0) == (images > 0)
        assert (found["point_projector"] > 0) == points


@pytest.mark.parametrize("part", PARTS)
def test_a_rate_of_zero_freezes_a_part(tokenizer, part):
    rates = {name: 0.0 if name == part else 1e-3 for name in PARTS}
    model = made(configure(train={"rates": rates}), tokenizer)
    assert not any(p.requires_grad for _, p in model.part(part))
    assert all(any(p.requires_grad for _, p in model.part(name)) for name in {*PARTS} - {part})


@pytest.mark.parametrize(
    ("lora", "suffixes"),
    [
        ({"targets": "attention"}, {"q_proj", "k_proj", "v_proj", "o_proj"}),
        (
            {"targets": "all"},
            {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"},
        ),
    ],
)
def test_adapters_are_where_the_configuration_says(tokenizer, lora, suffixes):
    model = assemble(configure(model={"lora": {**LORA, **lora}}), tokenizer)
    found = {name.split(".lora_")[0].rpartition(".")[2] for name, _ in model.trained()}
    assert {name for name in found if name.endswith("_proj")} == suffixes


@pytest.mark.parametrize("dora", [False, True])
def test_merged_adapters_give_the_same_logits(tokenizer, dora):
    model = made(configure(model={"lora": {**LORA, "dora": dora}}), tokenizer)
    ids = torch.tensor([[1, 5, 9, 2, 7]])
    with torch.no_grad():
        before = model.language_model(ids).logits
        merged = model.language_model.merge_and_unload()
        torch.testing.assert_close(merged(ids).logits, before, rtol=1e-4, atol=1e-4)


def test_new_adapters_change_nothing(tokenizer):
    torch.manual_seed(0)
    plain = assemble(configure(), tokenizer).eval()
    torch.manual_seed(0)
    adapted = assemble(configure(model={"lora": LORA}), tokenizer).eval()
    ids = torch.tensor([[1, 5, 9]])
    with torch.no_grad():
        assert torch.equal(plain.causal(ids).logits, adapted.causal(ids).logits)


# --- losses -------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 3, 7, 100])
def test_losses_in_chunks_are_those_of_the_whole(at_once):
    torch.manual_seed(0)
    head = torch.nn.Linear(8, 50, bias=False).double()
    hidden = torch.randn(7, 8, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(50, (7,))
    whole = functional.cross_entropy(head(hidden), targets, reduction="none")
    in_chunks = losses.plain(hidden, head, targets, at_once)
    torch.testing.assert_close(in_chunks, whole)
    weights = torch.rand(7, dtype=torch.float64)
    for a, b in zip(
        torch.autograd.grad((whole * weights).sum(), [hidden, head.weight]),
        torch.autograd.grad((in_chunks * weights).sum(), [hidden, head.weight]),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_no_more_logits_are_kept_than_asked_for():
    head, hidden = torch.nn.Linear(8, 1000, bias=False), torch.randn(64, 8, requires_grad=True)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda t: kept.append(t.numel()) or t, lambda t: t
    ):
        losses.plain(hidden, head, torch.zeros(64, dtype=torch.long), 4)
    assert max(kept) < 1000 * 64 and sum(n == 4 * 1000 for n in kept) == 0


def test_a_kernel_that_cannot_be_used_is_an_error():
    with pytest.raises(ConfigError, match=r"at train\.loss_kernel: this kernel cannot be used"):
        losses.chosen("cut-cross-entropy", torch.nn.Linear(2, 2, bias=False), torch.device("cpu"))


def test_checkpointed_and_offloaded_activations_give_the_same_gradient(tokenizer):
    rows = [[sample(tokenizer, images=1, points=True)]]
    found = []
    for train in ({}, {"checkpointing": True}, {"checkpointing": True, "offload": True}):
        model = made(configure(train={**TINY["train"], **train}), tokenizer)
        gradients(model, rows, tokenizer)
        found.append([p.grad.clone() for _, p in model.trained()])
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


# --- files --------------------------------------------------------------------------------------

VARIANTS = {
    "from scratch": {},
    "adapters": {"model": {"lora": LORA}},
    "frozen encoders": {"train": {"rates": {"image_encoder": 0.0, "point_encoder": 0.0}}},
    "new tokens": {"model": {"new_tokens": ["extrude new to ", "circle "]}},
    "adapters and new tokens": {"model": {"lora": LORA, "new_tokens": ["extrude new to "]}},
    "the global point token": {
        "model": {"points": {**TINY["model"]["points"], "tokens": "global"}}
    },
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_saved_model_gives_the_same_losses(tokenizer, tmp_path, name):
    config = configure(**VARIANTS[name])
    from cadcomplete.model.assembly import make_tokenizer

    texts = [prompt(decode(PLATE)).text]
    tokenizer = make_tokenizer(config, texts)
    model = made(config, tokenizer)
    shown = sample(tokenizer, images=1, points=True, features=model.features)
    checkpoint.save(Checkpoint(model, tokenizer, config, FIRST_WORDS), tmp_path / "model")
    assert not list((tmp_path / "model").glob("*.bin"))
    again = checkpoint.load(tmp_path / "model")
    with torch.no_grad():
        expected = losses_of(model, [[shown]], tokenizer)
        assert torch.equal(losses_of(again.model, [[shown]], again.tokenizer), expected)
    assert again.config == config


@pytest.fixture(scope="module")
def base(tmp_path_factory, tokenizer):
    """A pretrained language model as transformers saves it."""
    folder = tmp_path_factory.mktemp("base")
    model = made(configure(), tokenizer, seed=5)
    model.language_model.save_pretrained(folder)
    tokenizer.save(folder)
    return folder


def on(base, **changes):
    return configure(model={"language_model": str(base), **changes.pop("model", {})}, **changes)


def test_only_adapters_and_projectors_are_saved_beside_a_pretrained_model(base, tmp_path):
    config = on(base, model={"lora": LORA})
    tokenizer = TextTokenizer.load(base)
    model = made(config, tokenizer)
    with torch.no_grad():  # its own weights are those of the source
        source = made(configure(), tokenizer, seed=5).language_model.state_dict()
        for name, tensor in model.causal.state_dict().items():
            if "lora_" not in name:
                tensor.copy_(source[name.replace(".base_layer", "")])
    checkpoint.save(Checkpoint(model, tokenizer, config, FIRST_WORDS), tmp_path / "model")
    saved = checkpoint.load_file(tmp_path / "model" / "model.safetensors")
    assert all("lora_" in name for name in saved if name.startswith("language_model"))
    assert not (tmp_path / "model" / "language_model.json").exists()
    again = checkpoint.load(tmp_path / "model")
    shown = [[sample(tokenizer, images=1, points=True)]]
    with torch.no_grad():
        expected = losses_of(model, shown, tokenizer)
        assert torch.equal(losses_of(again.model, shown, tokenizer), expected)


def test_a_model_that_was_trained_whole_needs_its_source_no_more(base, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(base, source)
    config, tokenizer = on(source), TextTokenizer.load(source)
    model = made(config, tokenizer)
    checkpoint.save(Checkpoint(model, tokenizer, config, FIRST_WORDS), tmp_path / "model")
    shutil.rmtree(source)
    again = checkpoint.load(tmp_path / "model")
    shown = [[sample(tokenizer)]]
    with torch.no_grad():
        assert torch.equal(
            losses_of(again.model, shown, tokenizer), losses_of(model, shown, tokenizer)
        )


def test_adapters_whose_source_is_gone_are_an_error_that_names_it(base, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(base, source)
    config, tokenizer = on(source, model={"lora": LORA}), TextTokenizer.load(source)
    made_here = Checkpoint(assemble(config, tokenizer), tokenizer, config, FIRST_WORDS)
    checkpoint.save(made_here, tmp_path / "model")
    shutil.rmtree(source)
    with pytest.raises(CheckpointError, match="source"):
        checkpoint.load(tmp_path / "model")


def test_new_tokens_are_trained_and_begin_as_the_mean_of_what_they_replace(base):
    from cadcomplete.model.assembly import make_tokenizer

    config = on(base, model={"lora": LORA, "new_tokens": ["extrude new to "]})
    tokenizer = make_tokenizer(config, [])
    old = TextTokenizer.load(base)
    (new,) = tokenizer.backend.encode("extrude new to ", add_special_tokens=False).ids
    model = assemble(config, tokenizer)
    learning = [name for name, _ in model.trained() if "trainable_tokens" in name]
    assert learning
    table = made(configure(), old, seed=5).causal.get_input_embeddings().weight
    pieces = old.backend.encode("extrude new to ", add_special_tokens=False).ids
    with torch.no_grad():
        row = model.causal.get_input_embeddings()(torch.tensor([new]))[0]
    torch.testing.assert_close(row, table[pieces].mean(0))
    model.train()
    ids = torch.tensor([[1, new, 3]])
    model.causal(ids).logits.sum().backward()
    grads = [p.grad for n, p in model.trained() if n in learning]
    assert all(g is not None and g.abs().sum() > 0 for g in grads)


def test_weights_of_other_shapes_are_named(tokenizer, tmp_path):
    config = configure()
    checkpoint.save(
        Checkpoint(made(config, tokenizer), tokenizer, config, FIRST_WORDS), tmp_path / "model"
    )
    path = tmp_path / "model" / "cadcomplete.json"
    changed = json.loads(path.read_text())
    (tmp_path / "model" / "point_encoder.json").unlink()
    changed["model"]["points"]["queries"] = 4
    path.write_text(json.dumps(changed))
    with pytest.raises(
        CheckpointError, match=r"at point_encoder\.query: .*\(4, 16\), got \(3, 16\)"
    ):
        checkpoint.load(tmp_path / "model")
