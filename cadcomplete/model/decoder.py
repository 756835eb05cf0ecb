"""A decoder of the Qwen3 architecture, as `transformers` computes it, digit for digit.

To import that library takes longer than an answer of a small model. The names of modules and
weights are the same here and there, so that one folder is read by both; where a model learns, or is
not one of our own, `transformers` makes it (`pretrained`).

Shapes: B rows, L tokens, P tokens before them, K = P + L, D width, H heads of queries, G of keys,
E their width, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_COUNTS = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "max_position_embeddings",
)


class Architecture(dict[str, Any]):
    """The architecture as it was saved; what it says is read as attributes, as elsewhere."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def get_text_config(self) -> Architecture:
        return self

    def to_dict(self) -> dict[str, Any]:
        return dict(self)

    to_diff_dict = to_dict


def is_plain(architecture: dict[str, Any]) -> bool:
    """Whether `OwnDecoder` can be of this architecture: nothing that it does not know is in use."""
    counts = [architecture.get(name) for name in _COUNTS]
    if not all(type(count) is int and 0 < count <= 1 << 20 for count in counts):
        return False
    config = Architecture(architecture)
    rope = architecture.get("rope_parameters")
    return (
        architecture.get("model_type") == "qwen3"
        and architecture.get("hidden_act") == "silu"
        and architecture.get("attention_bias") is False
        and not architecture.get("attention_dropout")
        and not architecture.get("use_sliding_window")
        and architecture.get("layer_types") == ["full_attention"] * config.num_hidden_layers
        and not config.num_attention_heads % config.num_key_value_heads
        and not config.head_dim % 2
        and isinstance(rope, dict)
        and rope.get("rope_type") == "default"
        and set(rope) == {"rope_type", "rope_theta"}
        and all(
            type(number) is float and number > 0
            for number in (architecture.get("rms_norm_eps"), rope["rope_theta"])
        )
        and type(architecture.get("tie_word_embeddings")) is bool
        and "quantization_config" not in architecture
    )


@dataclass(slots=True)
class _Kept:
    """What attention keeps of a layer: keys and values, both (B, G, K, E)."""

    keys: Tensor
    values: Tensor


class Cache:
    """What attention keeps of the tokens that were read, layer by layer; reading more extends it.

    Its methods are those of the cache of `transformers` that are needed here.
    """

    def __init__(self) -> None:
        self.layers: list[_Kept] = []

    def get_seq_length(self) -> int:
        """Return how many tokens were read."""
        return self.layers[0].keys.shape[-2] if self.layers else 0

    def update(self, keys_BGLE: Tensor, values_BGLE: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Append to a layer; return all its keys and values, both (B, G, K, E)."""
        if layer == len(self.layers):
            self.layers.append(_Kept(keys_BGLE, values_BGLE))
        else:
            kept = self.layers[layer]
            kept.keys = torch.cat([kept.keys, keys_BGLE], dim=-2)
            kept.values = torch.cat([kept.values, values_BGLE], dim=-2)
        return self.layers[layer].keys, self.layers[layer].values

    def batch_select_indices(self, rows: Tensor) -> None:
        """Go on with these rows, in their order."""
        for kept in self.layers:
            kept.keys, kept.values = kept.keys[rows], kept.values[rows]

    def crop(self, length: int) -> None:
        """Forget all but the first `length` tokens, or of a negative one so many at the end."""
        length = length if length >= 0 else max(0, self.get_seq_length() + length)
        for kept in self.layers:
            kept.keys, kept.values = kept.keys[..., :length, :], kept.values[..., :length, :]


class _Norm(nn.Module):
    """Divides by the root of the mean square, in 32 bits."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight, self._eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x: Tensor) -> Tensor:
        whole = x.to(torch.float32)
        whole = whole * torch.rsqrt(whole.pow(2).mean(-1, keepdim=True) + self._eps)
        return self.weight * whole.to(x.dtype)


class _Rotary(nn.Module):
    """By which places turn queries and keys."""

    def __init__(self, config: Architecture) -> None:
        super().__init__()
        self.attention_scaling = 1.0
        halves = torch.arange(0, config.head_dim, 2, dtype=torch.float) / config.head_dim
        turns = 1.0 / (config.rope_parameters["rope_theta"] ** halves)
        self.inv_freq = nn.Buffer(turns, persistent=False)

    def forward(self, x_BLD: Tensor, place_BL: Tensor) -> tuple[Tensor, Tensor]:
        """Return cosines and sines, both (B, 1, L, E)."""
        angles = place_BL[..., None].float() * self.inv_freq.float()
        angles = torch.cat((angles, angles), dim=-1)[:, None]
        return angles.cos().to(x_BLD.dtype), angles.sin().to(x_BLD.dtype)


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class _Attention(nn.Module):
    def __init__(self, config: Architecture) -> None:
        super().__init__()
        width, self.head_dim = config.hidden_size, config.head_dim
        queries = config.num_attention_heads * self.head_dim
        keys = config.num_key_value_heads * self.head_dim
        self.scaling = self.head_dim**-0.5
        self._shared = config.num_attention_heads // config.num_key_value_heads
        self.q_proj = nn.Linear(width, queries, bias=False)
        self.k_proj = nn.Linear(width, keys, bias=False)
        self.v_proj = nn.Linear(width, keys, bias=False)
        self.o_proj = nn.Linear(queries, width, bias=False)
        self.q_norm = _Norm(self.head_dim, config.rms_norm_eps)
        self.k_norm = _Norm(self.head_dim, config.rms_norm_eps)

    def forward(
        self,
        x_BLD: Tensor,
        turns: tuple[Tensor, Tensor],
        mask: Tensor | None,
        cache: Cache | None,
        layer: int,
    ) -> Tensor:
        heads = (*x_BLD.shape[:-1], -1, self.head_dim)
        q_BHLE = _turned(self.q_norm(self.q_proj(x_BLD).view(heads)).transpose(1, 2), *turns)
        k_BGKE = _turned(self.k_norm(self.k_proj(x_BLD).view(heads)).transpose(1, 2), *turns)
        v_BGKE = self.v_proj(x_BLD).view(heads).transpose(1, 2)
        if cache is not None:
            k_BGKE, v_BGKE = cache.update(k_BGKE, v_BGKE, layer)
        seen_BHLE = self._seen(q_BHLE, k_BGKE, v_BGKE, mask)
        return self.o_proj(seen_BHLE.transpose(1, 2).reshape(*x_BLD.shape[:-1], -1))

    def _seen(self, q_BHLE: Tensor, k_BGKE: Tensor, v_BGKE: Tensor, mask: Tensor | None) -> Tensor:
        """What queries see; the ways are those of `transformers`, so that no digit differs."""
        rows, heads, length, _ = q_BHLE.shape
        if mask is None:
            return functional.scaled_dot_product_attention(
                *(q_BHLE, k_BGKE, v_BGKE),
                is_causal=length > 1,
                scale=self.scaling,
                enable_gqa=self._shared > 1,
            )
        if length == 1 and self._shared > 1:  # heads that share keys are rows of one product
            q_BHLE = q_BHLE.reshape(rows, heads // self._shared, self._shared, -1)
        elif self._shared > 1:
            k_BGKE, v_BGKE = (x.repeat_interleave(self._shared, 1) for x in (k_BGKE, v_BGKE))
        seen = functional.scaled_dot_product_attention(
            q_BHLE, k_BGKE, v_BGKE, attn_mask=mask, scale=self.scaling
        )
        return seen.reshape(rows, heads, length, -1)


class _Middle(nn.Module):
    def __init__(self, config: Architecture) -> None:
        super().__init__()
        width, middle = config.hidden_size, config.intermediate_size
        self.gate_proj = nn.Linear(width, middle, bias=False)
        self.up_proj = nn.Linear(width, middle, bias=False)
        self.down_proj = nn.Linear(middle, width, bias=False)

    def forward(self, x_BLD: Tensor) -> Tensor:
        return self.down_proj(functional.silu(self.gate_proj(x_BLD)) * self.up_proj(x_BLD))


class _Layer(nn.Module):
    def __init__(self, config: Architecture) -> None:
        super().__init__()
        self.self_attn, self.mlp = _Attention(config), _Middle(config)
        self.input_layernorm = _Norm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = _Norm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x_BLD: Tensor, *seeing: Any) -> Tensor:
        x_BLD = x_BLD + self.self_attn(self.input_layernorm(x_BLD), *seeing)
        return x_BLD + self.mlp(self.post_attention_layernorm(x_BLD))


@dataclass(frozen=True, slots=True)
class States:
    """What the layers give: the last states, shape (B, L, D), and the cache, if it was wanted."""

    last_hidden_state: Tensor
    past_key_values: Cache | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """What a decoder gives: logits, shape (B, L, V), and the cache, if it was wanted."""

    logits: Tensor
    past_key_values: Cache | None


class Layers(nn.Module):
    """A decoder without its head."""

    def __init__(self, config: Architecture) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = _Norm(config.hidden_size, config.rms_norm_eps)
        self.rotary_emb = _Rotary(config)

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool = False,
    ) -> States:
        """Read tokens, shape (B, L), or what stands for them, shape (B, L, D), after a cache.

        The mask says which tokens there are, shape (B, K), or which each sees, (B, 1, L, K).
        Places that begin anew are those of several texts in a row: none sees another.
        """
        x_BLD = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        cache = Cache() if use_cache and past_key_values is None else past_key_values
        before = cache.get_seq_length() if cache is not None else 0
        mask = _mask(x_BLD, before, attention_mask, position_ids)
        if position_ids is None:
            position_ids = torch.arange(before, before + x_BLD.shape[1], device=x_BLD.device)[None]
        turns = self.rotary_emb(x_BLD, position_ids)
        for number, layer in enumerate(self.layers):
            x_BLD = layer(x_BLD, turns, mask, cache, number)
        return States(self.norm(x_BLD), cache if use_cache else None)


def _mask(
    x_BLD: Tensor, before: int, given: Tensor | None, places_BL: Tensor | None
) -> Tensor | None:
    """Which tokens each sees, shape (B or 1, 1, L, K); None for all before it, and nothing else."""
    if given is not None and given.ndim == 4:
        return given
    length, device = x_BLD.shape[1], x_BLD.device
    seen_LK = torch.arange(before + length, device=device) <= torch.arange(
        before, before + length, device=device
    ).unsqueeze(1)
    seen, told = seen_LK[None], False
    if given is not None and not bool(given.all()):
        seen, told = seen & given[:, None].bool(), True
    if places_BL is not None and given is None and not before:
        text_BL = (places_BL.diff(dim=1, prepend=places_BL[:, :1] - 1) != 1).cumsum(1)
        if bool(text_BL.any()):
            seen, told = seen & (text_BL[:, :, None] == text_BL[:, None]), True
    return seen[:, None] if told or (before and length > 1) else None


class OwnDecoder(nn.Module):
    """A causal language model: what is used here of one of `transformers`."""

    def __init__(self, architecture: dict[str, Any]) -> None:
        """Make one of an architecture that `is_plain`; its weights are read afterwards."""
        super().__init__()
        self.config = config = Architecture(architecture)
        self.model = Layers(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.model.embed_tokens.weight

    @property
    def base_model(self) -> Layers:
        return self.model

    def get_input_embeddings(self) -> nn.Embedding:
        return self.model.embed_tokens

    def get_output_embeddings(self) -> nn.Linear:
        return self.lm_head

    def forward(
        self, input_ids: Tensor | None = None, *, logits_to_keep: int = 0, **how: Any
    ) -> Output:
        """Return the logits of the last `logits_to_keep` tokens, 0 for all; see `Layers`."""
        hidden = self.model(input_ids, **how)
        logits_BLV = self.lm_head(hidden.last_hidden_state[:, -logits_to_keep:])
        return Output(logits_BLV, hidden.past_key_values)
