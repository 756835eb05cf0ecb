"""DINOv2: against transformers, at other sizes, and from sources that cannot be used."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    Dinov2Config,
    Dinov2Model,
    Dinov2WithRegistersConfig,
    Dinov2WithRegistersModel,
    ViTConfig,
)

from cadcomplete.config import ImageConfig
from cadcomplete.errors import CheckpointError, ConfigError
from cadcomplete.model.encoders import image_encoder

SIZES = {
    "image_size": 42,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
FAMILY = {
    "plain": lambda: Dinov2Model(Dinov2Config(**SIZES)),
    "swiglu": lambda: Dinov2Model(Dinov2Config(**SIZES, use_swiglu_ffn=True)),
    "registers": lambda: Dinov2WithRegistersModel(
        Dinov2WithRegistersConfig(**SIZES, patch_size=14, num_register_tokens=3)
    ),
}


def pictures(size: int) -> torch.Tensor:
    return torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8)


@pytest.fixture
def folder(tmp_path):
    """A small pretrained model."""
    FAMILY["plain"]().save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", FAMILY)
@pytest.mark.parametrize("size", [42, 70])
def test_features_are_those_of_the_patches_of_normalised_pictures(tmp_path, kind, size):
    reference = FAMILY[kind]().eval()
    with torch.no_grad():
        for parameter in reference.parameters():  # registers and others start as zeros
            parameter.add_(0.02 * torch.randn_like(parameter))
    reference.save_pretrained(tmp_path)
    encoder = image_encoder(ImageConfig("dinov2", source=str(tmp_path), size=size))
    images = pictures(size)

    # ImageNet's mean and deviation per channel, as torchvision documents them
    statistics = ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))
    channels = [(images[:, c] / 255.0 - m) / d for c, (m, d) in enumerate(statistics)]
    with torch.no_grad():
        hidden = reference(torch.stack(channels, 1)).last_hidden_state
        expected = hidden[:, 1 + 3 * (kind == "registers") :]
        assert encoder.tokens == expected.shape[1] == (size // 14) ** 2
        torch.testing.assert_close(encoder(images), expected, rtol=0, atol=1e-5)


def test_a_picture_of_224_pixels_has_256_tokens():
    encoder = image_encoder(ImageConfig("dinov2", width=8, layers=1, heads=1))
    assert encoder.tokens == 256
    assert encoder(pictures(224)).shape == (2, 256, 8)


@pytest.mark.parametrize("kind", FAMILY)
def test_every_parameter_of_a_pretrained_one_learns_at_another_size(tmp_path, kind):
    FAMILY[kind]().save_pretrained(tmp_path)
    encoder = image_encoder(ImageConfig("dinov2", source=str(tmp_path), size=28))
    encoder(pictures(28)).sum().backward()
    assert [n for n, p in encoder.named_parameters() if p.grad is None] == []
    assert not any("mask_token" in name for name in encoder.state_dict())


@pytest.mark.parametrize("kind", FAMILY)
def test_the_architecture_of_a_pretrained_one_rebuilds_it(tmp_path, kind):
    FAMILY[kind]().save_pretrained(tmp_path)
    config = ImageConfig("dinov2", source=str(tmp_path), size=28)
    encoder, images = image_encoder(config), pictures(28)
    architecture = json.loads(json.dumps(encoder.architecture))
    assert str(tmp_path) not in json.dumps(architecture)
    again = image_encoder(config, architecture=architecture)
    again.load_state_dict(encoder.state_dict())
    assert torch.equal(again(images), encoder(images))


def test_weights_of_half_precision_are_loaded_as_float32(tmp_path):
    FAMILY["plain"]().half().save_pretrained(tmp_path)
    encoder = image_encoder(ImageConfig("dinov2", source=str(tmp_path), size=42))
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}


@pytest.mark.parametrize("size", [0, 10, 43])
def test_a_size_that_is_no_multiple_of_the_patch_is_refused(folder, size):
    for source in ("", str(folder)):
        with pytest.raises(
            ConfigError, match=f"model.image.size.*multiple of the patch, 14, got {size}"
        ):
            image_encoder(ImageConfig("dinov2", source=source, size=size))


def refusal(source) -> str:
    """The one line that says why a source cannot be used."""
    with pytest.raises(CheckpointError) as caught:
        image_encoder(ImageConfig("dinov2", source=str(source), size=42))
    message = str(caught.value)
    assert message.startswith(str(source)) and "\n" not in message
    return message


def test_a_folder_that_does_not_exist_is_refused():
    assert "expected a folder, or a hub id" in refusal("./nowhere")


def test_a_hub_id_without_a_network_says_how_to_download_it(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "hf download no-such-owner/dinov2" in refusal("no-such-owner/dinov2")


def test_another_architecture_is_refused(tmp_path):
    ViTConfig().save_pretrained(tmp_path)
    assert "not a DINOv2: expected dinov2, dinov2_with_registers, got vit" in refusal(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    assert "config.json" in refusal(tmp_path)


@pytest.mark.parametrize("text", ["{", "{}", '{"model_type": "dinov2", "hidden_size": "wide"}'])
def test_a_broken_configuration_is_refused(folder, text):
    (folder / "config.json").write_text(text)
    assert "expected the config.json of a DINOv2" in refusal(folder)


def test_pickled_weights_are_not_read(folder):
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    assert "weights in safetensors" in refusal(folder)


def test_a_broken_file_of_weights_is_refused(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert "weights in safetensors" in refusal(folder)


def test_a_missing_tensor_is_named(folder):
    path = folder / "model.safetensors"
    weights = load_file(path)
    del weights["layernorm.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    assert "layernorm.weight" in refusal(folder)


def test_a_tensor_of_another_shape_is_refused(folder):
    path = folder / "model.safetensors"
    weights = load_file(path)
    weights["layernorm.weight"] = torch.ones(7)
    save_file(weights, path, metadata={"format": "pt"})
    assert "weights in safetensors" in refusal(folder)
