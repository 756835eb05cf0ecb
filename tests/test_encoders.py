"""What all encoders have in common: the table, configuration, architectures, gradients."""

from __future__ import annotations

import json

import pytest
import torch

from cadcomplete.config import ImageConfig, PointsConfig
from cadcomplete.errors import CheckpointError, ConfigError, InputError
from cadcomplete.model.encoders import (
    ENCODERS,
    ImageEncoder,
    PointEncoder,
    image_encoder,
    point_encoder,
)

IMAGE = ImageConfig("dinov2", size=28, width=32, layers=2, heads=2)
POINTS = PointsConfig("michelangelo", queries=5, width=32, layers=2, heads=4)
BYTES = torch.randint(0, 256, (2, 3, 28, 28), dtype=torch.uint8)
CLOUDS = torch.rand(2, 50, 6) * 2 - 1

KINDS = {"image": (image_encoder, IMAGE, BYTES), "points": (point_encoder, POINTS, CLOUDS)}
both = pytest.mark.parametrize("kind", KINDS)


def changed(config, **changes):
    return type(config)(**{**vars(config), **changes})


def test_the_table_has_an_encoder_of_each_kind():
    assert {"dinov2", "michelangelo"} <= ENCODERS.keys()
    for kind in (ImageEncoder, PointEncoder):
        assert any(issubclass(one, kind) for one in ENCODERS.values())


@both
def test_no_encoder_is_made_where_none_is_named(kind):
    make, config, _ = KINDS[kind]
    assert make(changed(config, encoder="")) is None


@both
def test_an_unknown_encoder_is_refused_and_the_known_ones_are_listed(kind):
    make, config, _ = KINDS[kind]
    with pytest.raises(ConfigError, match=f"model.{kind}.encoder.*{config.encoder}.*got clip"):
        make(changed(config, encoder="clip"))


def test_an_encoder_of_the_other_kind_is_refused():
    with pytest.raises(ConfigError, match="not an encoder of pictures: expected dinov2"):
        image_encoder(changed(IMAGE, encoder="michelangelo"))
    with pytest.raises(ConfigError, match="not an encoder of point clouds: expected michelangelo"):
        point_encoder(changed(POINTS, encoder="dinov2"))


@both
def test_features_have_the_announced_shape(kind):
    make, config, inputs = KINDS[kind]
    encoder = make(config)
    assert encoder(inputs).shape == (2, encoder.tokens, encoder.width)


@both
def test_an_architecture_survives_json_and_takes_the_weights(kind):
    make, config, inputs = KINDS[kind]
    encoder = make(config)
    architecture = json.loads(json.dumps(encoder.architecture))
    again = make(changed(config, width=8, source="no/such-source"), architecture=architecture)
    again.load_state_dict(encoder.state_dict())
    assert again.architecture == encoder.architecture
    assert torch.equal(again(inputs), encoder(inputs))


@both
@pytest.mark.parametrize("architecture", [{}, {"size": 28, "model": {}}, {"queries": 3}])
def test_what_is_no_architecture_is_refused(kind, architecture):
    make, config, _ = KINDS[kind]
    with pytest.raises(CheckpointError, match="not the architecture of"):
        make(config, architecture=architecture)


@both
@pytest.mark.parametrize("sizes", [{"heads": 3}, {"heads": 0}, {"layers": 0}, {"width": -8}])
def test_sizes_that_do_not_fit_are_refused(kind, sizes):
    make, config, _ = KINDS[kind]
    with pytest.raises(ConfigError, match=f"model.{kind}.{next(iter(sizes))}"):
        make(changed(config, **sizes))


@both
def test_every_parameter_learns(kind):
    make, config, inputs = KINDS[kind]
    encoder = make(config)
    features = encoder(inputs)
    (features * torch.randn_like(features)).sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.requires_grad
        assert parameter.grad is not None, name
        # a bias of the keys shifts all scores of a query alike, which softmax does not see
        assert parameter.grad.any() or "key.bias" in name, name


@both
def test_bfloat16_weights_give_nearly_the_same_features(kind):
    make, config, inputs = KINDS[kind]
    encoder = make(config)
    exact = encoder(inputs)
    rough = encoder.to(torch.bfloat16)(inputs)
    assert rough.dtype == torch.bfloat16
    assert (rough.float() - exact).abs().mean() < 0.05


@both
def test_the_other_samples_have_no_influence(kind):
    make, config, inputs = KINDS[kind]
    encoder = make(config)
    torch.testing.assert_close(encoder(inputs)[:1], encoder(inputs[:1]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "inputs",
    [
        torch.zeros(2, 3, 28, 14, dtype=torch.uint8),
        torch.zeros(2, 1, 28, 28, dtype=torch.uint8),
        torch.zeros(3, 28, 28, dtype=torch.uint8),
        torch.zeros(2, 3, 28, 28),
    ],
)
def test_pictures_of_another_shape_or_type_are_refused(inputs):
    with pytest.raises(InputError, match=r"expected \(pictures, 3, 28, 28\) of uint8, got \("):
        image_encoder(IMAGE)(inputs)


@pytest.mark.parametrize(
    "inputs",
    [torch.zeros(2, 9, 3), torch.zeros(9, 6), torch.zeros(2, 0, 6), torch.zeros(2, 9, 6).int()],
)
def test_clouds_of_another_shape_or_type_are_refused(inputs):
    with pytest.raises(InputError, match=r"expected \(clouds, points, 6\) of floats.*, got \("):
        point_encoder(POINTS)(inputs)
