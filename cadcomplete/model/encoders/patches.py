"""A plain DINOv2 (Oquab et al. 2023, arXiv 2304.07193), as `transformers` computes it.

To import that library takes longer than an answer of a small model. The names of modules and
weights are the same here and there, so that one folder is read by both; where one learns, or is
pretrained, `transformers` makes it (`dinov2`).

Shapes: K pictures of S × S pixels, L tokens, that of the class the first, E width.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from cadcomplete.model.decoder import Architecture, States

_COUNTS = ("hidden_size", "num_hidden_layers", "num_attention_heads", "image_size", "patch_size")


def is_plain(architecture: Any) -> bool:
    """Whether `Patches` can be of this architecture: nothing that it does not know is in use."""
    if not isinstance(architecture, dict):
        return False
    counts = [architecture.get(name) for name in (*_COUNTS, "num_channels", "mlp_ratio")]
    if not all(type(count) is int and 0 < count <= 1 << 16 for count in counts):
        return False
    config = Architecture(architecture)
    wanted = {
        "model_type": "dinov2",
        "hidden_act": "gelu",
        "qkv_bias": True,
        "use_swiglu_ffn": False,
        "drop_path_rate": 0.0,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "num_channels": 3,
    }
    return (
        all(architecture.get(name) == value for name, value in wanted.items())
        and not config.hidden_size % config.num_attention_heads
        and config.patch_size <= config.image_size
        and type(architecture.get("layer_norm_eps")) is float
    )


class _Embeddings(nn.Module):
    def __init__(self, config: Architecture) -> None:
        super().__init__()
        width, patch = config.hidden_size, config.patch_size
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.mask_token: nn.Parameter | None = None  # which only pre-training needs
        self.patch_embeddings = nn.Module()
        self.patch_embeddings.projection = nn.Conv2d(3, width, kernel_size=patch, stride=patch)
        count = (config.image_size // patch) ** 2
        self.position_embeddings = nn.Parameter(torch.zeros(1, count + 1, width))

    def forward(self, pixels_K3SS: Tensor) -> Tensor:
        projection: Any = self.patch_embeddings.projection
        pixels_K3SS = pixels_K3SS.to(projection.weight.dtype)
        patches_KTE = projection(pixels_K3SS).flatten(2).transpose(1, 2)
        first_K1E = self.cls_token.expand(len(patches_KTE), -1, -1)
        return torch.cat((first_K1E, patches_KTE), dim=1) + self._places(patches_KTE.shape[1])

    def _places(self, count: int) -> Tensor:
        """Embeddings of places, shape (1, L, E), interpolated to so many square patches."""
        known_1LE = self.position_embeddings
        if count == known_1LE.shape[1] - 1:
            return known_1LE
        side, wanted = math.isqrt(known_1LE.shape[1] - 1), math.isqrt(count)
        square = known_1LE[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        size = (wanted, wanted)
        square = functional.interpolate(square.float(), size=size, mode="bicubic").to(square.dtype)
        rest_1TE = square.permute(0, 2, 3, 1).reshape(1, count, -1)
        return torch.cat((known_1LE[:, :1], rest_1TE), dim=1)


class _Attention(nn.Module):
    def __init__(self, config: Architecture) -> None:
        super().__init__()
        width, self._heads = config.hidden_size, config.num_attention_heads
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.o_proj = nn.Linear(width, width)

    def forward(self, x_KLE: Tensor) -> Tensor:
        heads = (*x_KLE.shape[:-1], self._heads, -1)
        projections = (self.q_proj, self.k_proj, self.v_proj)
        seeing = (p(x_KLE).view(heads).transpose(1, 2) for p in projections)
        seen = functional.scaled_dot_product_attention(*seeing)
        return self.o_proj(seen.transpose(1, 2).reshape(x_KLE.shape))


class _Scale(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.lambda1 = nn.Parameter(torch.ones(width))

    def forward(self, x_KLE: Tensor) -> Tensor:
        return x_KLE * self.lambda1


class _Middle(nn.Module):
    def __init__(self, config: Architecture) -> None:
        super().__init__()
        width, middle = config.hidden_size, config.hidden_size * config.mlp_ratio
        self.fc1, self.fc2 = nn.Linear(width, middle), nn.Linear(middle, width)

    def forward(self, x_KLE: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(x_KLE)))


class _Layer(nn.Module):
    def __init__(self, config: Architecture) -> None:
        super().__init__()
        width, eps = config.hidden_size, config.layer_norm_eps
        self.norm1, self.norm2 = (nn.LayerNorm(width, eps=eps) for _ in range(2))
        self.attention, self.mlp = _Attention(config), _Middle(config)
        self.layer_scale1, self.layer_scale2 = _Scale(width), _Scale(width)

    def forward(self, x_KLE: Tensor) -> Tensor:
        x_KLE = self.layer_scale1(self.attention(self.norm1(x_KLE))) + x_KLE
        return self.layer_scale2(self.mlp(self.norm2(x_KLE))) + x_KLE


class Patches(nn.Module):
    """What an encoder asks of a DINOv2."""

    def __init__(self, architecture: dict[str, Any]) -> None:
        """Make one of an architecture that `is_plain`; its weights are read afterwards."""
        super().__init__()
        self.config = config = Architecture(architecture)
        self.embeddings = _Embeddings(config)
        self.encoder = nn.Module()
        layers = nn.ModuleList(_Layer(config) for _ in range(config.num_hidden_layers))
        self.encoder.layer = layers
        self.layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, pixel_values: Tensor) -> States:
        """Read pictures, shape (K, 3, S, S); return states of shape (K, L, E)."""
        x_KLE = self.embeddings(pixel_values)
        layers: Any = self.encoder.layer
        for layer in layers:
            x_KLE = layer(x_KLE)
        return States(self.layernorm(x_KLE))
