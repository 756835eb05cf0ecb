"""The point encoder of Michelangelo (Zhao et al. 2023, arXiv 2306.17115), written anew.

Learned queries look at the points once, then at each other; the first one ends as an embedding of
the whole shape. Modules are called as in the published weights, so that these fit.

Shapes: K clouds of N points, Q queries, T tokens, W width, H heads of D, F numbers of a point.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from cadcomplete.config import PointsConfig
from cadcomplete.errors import CheckpointError, ConfigError
from cadcomplete.files import writing
from cadcomplete.model.encoders.encoder import PointEncoder, check_sizes, wrong_shape
from cadcomplete.model.encoders.published import Published

_FREQUENCIES = 8  # 1, 2, 4 … 128
_POINT = 3 + 2 * 3 * _FREQUENCIES + 3  # the place, its sines and cosines, the normal
_HEAD = 64  # the width of a head in the published weights, which do not say it
_PREFIX = "encoder."


@dataclass(frozen=True)
class Sizes:
    """Of a Michelangelo; the published one has 257, 768, 8 and 12. Raises ConfigError."""

    queries: int
    width: int
    layers: int
    heads: int

    def __post_init__(self) -> None:
        check_sizes("points", **dataclasses.asdict(self))


class Michelangelo(PointEncoder):
    """All tokens, the global one first; or the global one only."""

    def __init__(self, sizes: Sizes, *, only_global: bool = False) -> None:
        super().__init__()
        self.sizes, self.only_global = sizes, only_global
        self.width, self.tokens = sizes.width, 1 if only_global else sizes.queries
        self.query = nn.Parameter(torch.empty(sizes.queries, sizes.width))
        nn.init.normal_(self.query, std=0.02)
        self.input_proj = nn.Linear(_POINT, sizes.width)
        self.cross_attn = _CrossBlock(sizes.width, sizes.heads)
        self.self_attn = _Blocks(sizes)
        self.ln_post = nn.LayerNorm(sizes.width)

    @classmethod
    def scratch(cls, config: PointsConfig) -> Michelangelo:
        sizes = Sizes(config.queries, config.width, config.layers, config.heads)
        return cls(sizes, only_global=config.tokens == "global")

    @classmethod
    def pretrained(cls, config: PointsConfig) -> Michelangelo:
        return load(config.source, only_global=config.tokens == "global")

    @classmethod
    def rebuilt(cls, architecture: dict[str, Any]) -> Michelangelo:
        try:
            rest = dict(architecture)
            only_global = bool(rest.pop("only_global"))
            return cls(Sizes(**rest), only_global=only_global)
        except (KeyError, TypeError, ConfigError) as error:
            raise CheckpointError(f"not the architecture of a Michelangelo: {error!r}") from error

    @property
    def architecture(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self.sizes), "only_global": self.only_global}

    def forward(self, points_KN6: Tensor) -> Tensor:
        """Return the features of clouds, shape (K, T, W). Raises InputError for another shape."""
        shape = points_KN6.shape
        if len(shape) != 3 or shape[1] < 1 or shape[2] != 6 or not points_KN6.is_floating_point():
            expected = "(clouds, points, 6) of floats, a place and a unit normal"
            raise wrong_shape("points", expected, points_KN6)
        dtype = self.input_proj.weight.dtype
        features_KNF = _features(points_KN6.to(torch.promote_types(dtype, torch.float32)))
        points_KNW = self.input_proj(features_KNF.to(dtype))
        tokens_KQW = self.query.expand(shape[0], -1, -1)
        tokens_KQW = self.cross_attn(tokens_KQW, points_KNW)
        for block in self.self_attn.resblocks:
            tokens_KQW = block(tokens_KQW)
        return self.ln_post(tokens_KQW[:, : self.tokens])


def _features(points_KN6: Tensor) -> Tensor:
    """Return what is known of each point, shape (K, N, F).

    The place, the sines of its coordinates at all frequencies, x first, the cosines, the normal.
    """
    places_KN3, normals_KN3 = points_KN6.split(3, dim=-1)
    frequencies = 2 ** torch.arange(_FREQUENCIES, device=points_KN6.device)  # whole, so exact
    angles = (places_KN3[..., None] * frequencies).flatten(-2)
    return torch.cat((places_KN3, angles.sin(), angles.cos(), normals_KN3), dim=-1)


class _CrossAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.c_q = nn.Linear(width, width, bias=False)
        self.c_kv = nn.Linear(width, 2 * width, bias=False)
        self.c_proj = nn.Linear(width, width)

    def forward(self, tokens_KQW: Tensor, points_KNW: Tensor) -> Tensor:
        query_KQHD = self.c_q(tokens_KQW).unflatten(-1, (self.heads, -1))
        # each head has its key and its value side by side
        key_KNHD, value_KNHD = self.c_kv(points_KNW).unflatten(-1, (self.heads, -1)).chunk(2, -1)
        return self.c_proj(_attend(query_KQHD, key_KNHD, value_KNHD))


class _SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.c_qkv = nn.Linear(width, 3 * width, bias=False)
        self.c_proj = nn.Linear(width, width)

    def forward(self, tokens_KQW: Tensor) -> Tensor:
        return self.c_proj(
            _attend(*self.c_qkv(tokens_KQW).unflatten(-1, (self.heads, -1)).chunk(3, -1))
        )


def _attend(query_KQHD: Tensor, key_KNHD: Tensor, value_KNHD: Tensor) -> Tensor:
    """Return what the queries take from the values, shape (K, Q, W)."""
    query, key, value = (p.transpose(1, 2) for p in (query_KQHD, key_KNHD, value_KNHD))
    return scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(-2)


class _FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gelu = nn.GELU()

    def forward(self, tokens_KQW: Tensor) -> Tensor:
        return self.c_proj(self.gelu(self.c_fc(tokens_KQW)))


class _CrossBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = _CrossAttention(width, heads)
        self.ln_1, self.ln_2, self.ln_3 = (nn.LayerNorm(width) for _ in range(3))
        self.mlp = _FeedForward(width)

    def forward(self, tokens_KQW: Tensor, points_KNW: Tensor) -> Tensor:
        seen_KQW = tokens_KQW + self.attn(self.ln_1(tokens_KQW), self.ln_2(points_KNW))
        return seen_KQW + self.mlp(self.ln_3(seen_KQW))


class _Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = _SelfAttention(width, heads)
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mlp = _FeedForward(width)

    def forward(self, tokens_KQW: Tensor) -> Tensor:
        seen_KQW = tokens_KQW + self.attn(self.ln_1(tokens_KQW))
        return seen_KQW + self.mlp(self.ln_2(seen_KQW))


class _Blocks(nn.Module):
    """Only there for the names of the published weights: `self_attn.resblocks.0` and so on."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList(
            _Block(sizes.width, sizes.heads) for _ in range(sizes.layers)
        )


# --- published weights --------------------------------------------------------------------------


def load(source: str, *, only_global: bool = False) -> Michelangelo:
    """Return the encoder at a hub id, a folder, a checkpoint of Lightning or a safetensors file.

    Its sizes are those of its tensors. Raises CheckpointError.
    """
    found = Published.read(source)
    layers = {
        name.split(".")[2] for name in found.tensors if name.startswith("self_attn.resblocks.")
    }
    queries, width = found.shape("query", dimensions=2)
    if not found.heads and width % _HEAD:
        expected, hint = f"a multiple of {_HEAD}", "a file that `convert` wrote says its heads"
        raise CheckpointError(
            "heads unknown for this width", file=found.path, expected=expected, got=width, hint=hint
        )
    try:
        sizes = Sizes(queries, width, len(layers), found.heads or width // _HEAD)
    except ConfigError as error:
        raise CheckpointError(f"sizes that do not fit: {error}", file=found.path) from error
    encoder = Michelangelo(sizes, only_global=only_global)
    found.fill(encoder)
    return encoder


def convert(source: str, target: str | Path) -> None:
    """Write the encoder at a source as a safetensors file, which holds nothing else.

    Raises CheckpointError, and InputError if the file cannot be written.
    """
    encoder = load(source)
    tensors = {_PREFIX + name: tensor for name, tensor in encoder.state_dict().items()}
    with writing(Path(target)) as unfinished:
        save_file(tensors, unfinished, metadata={"heads": str(encoder.sizes.heads)})
