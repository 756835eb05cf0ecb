"""Michelangelo: against a reference in numpy, and from files that can and cannot be used."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from cadcomplete.config import PointsConfig
from cadcomplete.errors import CheckpointError
from cadcomplete.model.encoders import point_encoder
from cadcomplete.model.encoders.michelangelo import Michelangelo, Sizes, convert, load
from cadcomplete.model.encoders.published import PUBLISHED

SMALL = Sizes(queries=5, width=128, layers=2, heads=2)  # heads of 64, as in the published one


def encoder_of(sizes: Sizes = SMALL, *, seed: int = 0, **options: bool) -> Michelangelo:
    """A small encoder of which no weight is 0 or 1, so that each shows in the features."""
    generator = torch.Generator().manual_seed(seed)
    encoder = Michelangelo(sizes, **options)
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            spread = 1.0 if name == "query" else parameter.shape[-1] ** -0.5
            parameter.copy_(parameter * ("ln_" in name) + spread * noise)
    return encoder


def clouds(count: int = 2, points: int = 60, *, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    cloud = torch.rand(count, points, 6, generator=generator, dtype=torch.float64) * 2 - 1
    cloud[..., 3:] /= cloud[..., 3:].norm(dim=-1, keepdim=True)
    return cloud


# --- the reference, one cloud and one head at a time ---------------------------------------------


def normalised(x, w, name):
    centred = x - x.mean(-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return centred / deviation * w[f"{name}.weight"] + w[f"{name}.bias"]


def linear(x, w, name):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def feed_forward(x, w, name):
    inner = linear(x, w, f"{name}.c_fc")
    erf = np.vectorize(math.erf)
    return linear(inner * 0.5 * (1 + erf(inner / math.sqrt(2))), w, f"{name}.c_proj")


def head_by_head(queries, keys, values):
    """Softmax attention of lists of heads, joined again."""
    joined = []
    for query, key, value in zip(queries, keys, values, strict=True):
        scores = query @ key.T / math.sqrt(query.shape[1])
        weights = np.exp(scores - scores.max(1, keepdims=True))
        joined.append(weights / weights.sum(1, keepdims=True) @ value)
    return np.concatenate(joined, 1)


def pieces(x, heads, parts):
    """Per head, its `parts` equal pieces, which stand side by side in x."""
    per_head = np.split(x, heads, axis=1)
    return list(zip(*(np.split(one, parts, axis=1) for one in per_head), strict=True))


def reference(points, w, sizes):
    rows = []
    for x, y, z, *normal in points:
        angles = [coordinate * 2.0**power for coordinate in (x, y, z) for power in range(8)]
        row = [x, y, z, *map(math.sin, angles), *map(math.cos, angles), *normal]
        assert len(row) == 54
        rows.append(row)
    data = linear(np.array(rows), w, "input_proj")
    x = w["query"]
    query = normalised(x, w, "cross_attn.ln_1") @ w["cross_attn.attn.c_q.weight"].T
    both = normalised(data, w, "cross_attn.ln_2") @ w["cross_attn.attn.c_kv.weight"].T
    seen = head_by_head(np.split(query, sizes.heads, axis=1), *pieces(both, sizes.heads, 2))
    x = x + linear(seen, w, "cross_attn.attn.c_proj")
    x = x + feed_forward(normalised(x, w, "cross_attn.ln_3"), w, "cross_attn.mlp")
    for layer in range(sizes.layers):
        block = f"self_attn.resblocks.{layer}"
        three = normalised(x, w, f"{block}.ln_1") @ w[f"{block}.attn.c_qkv.weight"].T
        seen = head_by_head(*pieces(three, sizes.heads, 3))
        x = x + linear(seen, w, f"{block}.attn.c_proj")
        x = x + feed_forward(normalised(x, w, f"{block}.ln_2"), w, f"{block}.mlp")
    return normalised(x, w, "ln_post")


@pytest.mark.parametrize("sizes", [SMALL, Sizes(3, 24, 1, 4), Sizes(1, 6, 3, 1)])
def test_features_are_those_of_an_independent_reference(sizes):
    encoder, points = encoder_of(sizes).double(), clouds()
    weights = {name: tensor.numpy() for name, tensor in encoder.state_dict().items()}
    expected = np.stack([reference(cloud, weights, sizes) for cloud in points.numpy()])
    assert np.ptp(expected[..., 0, :]) > 1  # it says something
    with torch.no_grad():
        assert np.abs(encoder(points).numpy() - expected).max() < 1e-10
        single = encoder.float()(points.float()).numpy()
    assert np.abs(single - expected).max() < 1e-5


# --- the published sizes ------------------------------------------------------------------------


def test_the_published_sizes_have_107_tensors_and_64_012_800_parameters():
    with torch.device("meta"):
        encoder = Michelangelo(Sizes(queries=257, width=768, layers=8, heads=12))
    shapes = {name: tuple(tensor.shape) for name, tensor in encoder.state_dict().items()}
    assert len(shapes) == 107
    assert sum(map(math.prod, shapes.values())) == 64_012_800
    assert shapes["query"] == (257, 768)
    assert shapes["input_proj.weight"] == (768, 54)
    assert shapes["cross_attn.attn.c_kv.weight"] == (1536, 768)
    assert shapes["cross_attn.mlp.c_fc.weight"] == (3072, 768)
    assert shapes["self_attn.resblocks.7.attn.c_qkv.weight"] == (2304, 768)
    without = {name.rsplit(".", 2)[-2] for name in shapes if name.endswith("weight")} - {
        name.rsplit(".", 2)[-2] for name in shapes if name.endswith("bias")
    }
    assert without == {"c_q", "c_kv", "c_qkv"}


# --- what a cloud is ----------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(40)))
def test_the_order_of_the_points_has_no_influence(order):
    encoder, points = encoder_of().double(), clouds(1, 40)
    with torch.no_grad():
        torch.testing.assert_close(encoder(points[:, order]), encoder(points), rtol=0, atol=1e-10)


def test_a_cloud_given_twice_over_is_the_same_cloud():
    encoder, points = encoder_of().double(), clouds()
    with torch.no_grad():
        doubled = encoder(torch.cat((points, points), 1))
        torch.testing.assert_close(doubled, encoder(points), rtol=0, atol=1e-10)


@pytest.mark.parametrize("column", range(6))
def test_places_and_normals_have_an_influence(column):
    encoder, points = encoder_of(), clouds().float()
    moved = points.clone()
    moved[..., column] *= 0.9
    with torch.no_grad():
        assert (encoder(moved) - encoder(points)).abs().max() > 1e-3


def test_the_global_token_is_the_first_of_all():
    every, one = encoder_of(), encoder_of(only_global=True)
    points = clouds().float()
    assert (every.tokens, one.tokens) == (5, 1)
    torch.testing.assert_close(one(points), every(points)[:, :1])


def test_every_parameter_learns_from_the_global_token_alone():
    encoder = encoder_of(only_global=True)
    encoder(clouds().float()).square().sum().backward()
    assert [n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_places_keep_their_precision_when_weights_are_bfloat16(monkeypatch):
    seen = []
    encoder = encoder_of().to(torch.bfloat16)
    encoder.input_proj.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    points = clouds().float()
    assert encoder(points).dtype == torch.bfloat16
    angles = points[..., 2].double() * 128  # the last sine is that of 128 z
    # bfloat16 keeps 8 bits: half a unit in the last place of a sine below 1 is 2^-9
    assert (seen[0][..., 26].double() - angles.sin()).abs().max() <= 2**-9 + 1e-5


# --- files --------------------------------------------------------------------------------------


def lightning(path: Path, encoder: Michelangelo, *, front: str = "shape_model.encoder.", **more):
    """Write what Lightning would: the encoder among other modules and much else."""
    state = {front + name: tensor for name, tensor in encoder.state_dict().items()}
    state |= {"shape_model.decoder.query": torch.ones(3), "clip.logit_scale": torch.ones(())}
    content = {"epoch": 3, "pytorch-lightning_version": "1.8", "state_dict": state, **more}
    torch.save(content, path)
    return path


def read(source: object) -> Michelangelo:
    encoder = point_encoder(PointsConfig("michelangelo", source=str(source)))
    assert isinstance(encoder, Michelangelo)
    return encoder


def same(one: Michelangelo, other: Michelangelo) -> bool:
    points = clouds().float()
    return one.architecture == other.architecture and torch.equal(one(points), other(points))


@pytest.mark.parametrize(
    "front", ["shape_model.encoder.", "model.shape_model.encoder.", "encoder."]
)
def test_a_checkpoint_of_lightning_is_read_whatever_precedes_its_names(tmp_path, front):
    encoder = encoder_of()
    assert same(read(lightning(tmp_path / "a.ckpt", encoder, front=front)), encoder)


def test_a_bare_state_dict_and_old_files_of_torch_are_read(tmp_path):
    encoder = encoder_of()
    torch.save(encoder.state_dict(), tmp_path / "a.pt")
    assert same(read(tmp_path / "a.pt"), encoder)
    torch.save(encoder.state_dict(), tmp_path / "b.pt", _use_new_zipfile_serialization=False)
    assert same(read(tmp_path / "b.pt"), encoder)


def test_a_downloaded_repository_is_read(tmp_path):
    (tmp_path / PUBLISHED).parent.mkdir(parents=True)
    encoder = encoder_of()
    lightning(tmp_path / PUBLISHED, encoder)
    assert same(read(tmp_path), encoder)


def test_weights_of_half_precision_become_float32(tmp_path):
    encoder = read(lightning(tmp_path / "a.ckpt", encoder_of().half()))
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}


@pytest.mark.parametrize("sizes", [SMALL, Sizes(3, 24, 1, 4)])
def test_a_converted_file_has_only_the_encoder_and_its_heads(tmp_path, sizes):
    encoder = encoder_of(sizes)
    metadata = {"heads": str(sizes.heads)}
    state = {f"a.encoder.{name}": tensor for name, tensor in encoder.state_dict().items()}
    save_file({**state, "decoder.x": torch.ones(1)}, tmp_path / "a.safetensors", metadata=metadata)
    convert(str(tmp_path / "a.safetensors"), tmp_path / "b" / "model.safetensors")
    names = load_file(tmp_path / "b" / "model.safetensors").keys()
    assert names == {f"encoder.{name}" for name in encoder.state_dict()}
    assert same(read(tmp_path / "b"), encoder)


def test_converting_a_checkpoint_of_lightning_keeps_its_features(tmp_path):
    encoder = encoder_of()
    convert(str(lightning(tmp_path / "a.ckpt", encoder)), tmp_path / "a.safetensors")
    assert same(load(str(tmp_path / "a.safetensors")), encoder)


def refusal(source: object) -> str:
    """The one line that says why a source cannot be used."""
    with pytest.raises(CheckpointError) as caught:
        read(source)
    message = str(caught.value)
    assert message.startswith(str(source)) and "\n" not in message
    return message


class Malicious:
    """An object that writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, "executed")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_with_a_program_is_refused_and_the_program_does_not_run(tmp_path, zipped):
    mark, path = tmp_path / "mark", tmp_path / "a.ckpt"
    content = {"state_dict": encoder_of().state_dict(), "callbacks": Malicious(mark)}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    message = refusal(path)
    assert "could run a program" in message and "weights_only=False" in message
    assert not mark.exists()


def test_a_plain_pickle_is_refused_and_does_not_run(tmp_path):
    mark, path = tmp_path / "mark", tmp_path / "a.ckpt"
    path.write_bytes(pickle.dumps(Malicious(mark), protocol=2))
    refusal(path)
    assert not mark.exists()


def test_what_a_refusal_says_to_do_helps(tmp_path):
    encoder = encoder_of()
    path = lightning(tmp_path / "a.ckpt", encoder, hyper_parameters=Sizes(1, 2, 3, 1))
    assert "got cadcomplete.model.encoders.michelangelo.Sizes" in refusal(path)
    content = torch.load(path, weights_only=False)
    torch.save(content["state_dict"], tmp_path / "a.pt")
    assert same(read(tmp_path / "a.pt"), encoder)


@pytest.mark.parametrize("name", ["a.ckpt", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"version https://git-lfs", b"PK\x03\x04", bytes(64)])
def test_what_is_no_checkpoint_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert "not a" in refusal(tmp_path / name)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_download_that_was_cut_off_is_refused(tmp_path, share):
    convert(str(lightning(tmp_path / "a.ckpt", encoder_of())), tmp_path / "b.safetensors")
    for name in ("a.ckpt", "b.safetensors"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[: int(share * len(content))])
        refusal(tmp_path / name)


@pytest.mark.parametrize(
    "content", [[1, 2], {"state_dict": {}}, {"epoch": 1}, {"query": None}, {0: torch.ones(1)}]
)
def test_a_file_without_the_encoder_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "a.ckpt")
    refusal(tmp_path / "a.ckpt")


def test_two_encoders_in_one_file_are_not_guessed_between(tmp_path):
    state = encoder_of().state_dict()
    twice = {f"{front}.encoder.{name}": state[name] for front in ("a", "b") for name in state}
    torch.save(twice, tmp_path / "a.ckpt")
    assert "got a.encoder.query, b.encoder.query" in refusal(tmp_path / "a.ckpt")


@pytest.mark.parametrize(
    ("name", "tensor", "says"),
    [
        (
            "ln_post.weight",
            None,
            "ln_post.weight: does not fit: expected (128,), got no such tensor",
        ),
        ("ln_post.scale", torch.ones(2), "ln_post.scale: does not fit: expected no such tensor"),
        ("input_proj.weight", torch.ones(128, 51), "expected (128, 54), got (128, 51)"),
        ("query", torch.ones(128), "query: does not fit: expected 2 dimensions, got (128,)"),
        ("query", torch.ones(5, 70), "heads unknown for this width"),
        ("query", torch.ones(0, 128), "sizes that do not fit"),
        ("query", [1.0], "expected one tensor whose name ends in encoder.query, got none"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(tmp_path, name, tensor, says):
    state = {**encoder_of().state_dict(), name: tensor}
    torch.save({k: t for k, t in state.items() if t is not None}, tmp_path / "a.ckpt")
    assert says in refusal(tmp_path / "a.ckpt")


def test_a_number_of_heads_that_does_not_fit_is_refused(tmp_path):
    for heads in ("x", "3"):
        save_file(encoder_of().state_dict(), tmp_path / "a.safetensors", metadata={"heads": heads})
        assert "heads" in refusal(tmp_path / "a.safetensors")


def test_a_source_that_does_not_exist_is_refused(tmp_path):
    assert "expected a checkpoint, or a hub id" in refusal("./nowhere")
    assert "hf download" not in refusal("weights/shapevae.ckpt")
    assert "model.safetensors" in refusal(tmp_path)


def test_a_hub_id_without_a_network_says_how_to_download_it(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert f"hf download no-such-owner/Michelangelo {PUBLISHED}" in refusal(
        "no-such-owner/Michelangelo"
    )


def test_an_architecture_of_a_source_rebuilds_it_without_the_source(tmp_path):
    encoder = read(lightning(tmp_path / "a.ckpt", encoder_of()))
    (tmp_path / "a.ckpt").unlink()
    config = PointsConfig("michelangelo", source=str(tmp_path / "a.ckpt"))
    again = point_encoder(config, architecture=json.loads(json.dumps(encoder.architecture)))
    assert isinstance(again, Michelangelo)
    again.load_state_dict(encoder.state_dict())
    assert same(again, encoder)
