"""One token more for every row that is written, by a Qwen3 decoder in 32 bits.

The same sums as `transformers` makes, in a quarter of the calls: for a decoder of a few million
parameters calling takes longer than multiplying. What was read before is shared by all rows: their
queries meet the keys of the prompt in one product, and only what a row has written is its own.

Shapes: R rows, D width, F width of the middle of a layer, H heads of queries, G of keys, Q queries
of each of these (H = G Q), E their width, L tokens of the prompt, T tokens that were written, N
layers, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn.functional import silu

_ROOM = 64
"""Tokens for which room is made at once."""


def steps_itself(causal: Any) -> bool:
    """Whether a language model is one that `Steps` can write with: any other is asked as it is."""
    config = causal.config
    return (
        config.model_type == "qwen3"
        and all(kind == "full_attention" for kind in config.layer_types)
        and not config.attention_bias
        and config.hidden_act == "silu"
        and all(type(m) is torch.nn.Linear for m in _projections(causal))
        and all(p.dtype is torch.float32 and p.device.type == "cpu" for p in causal.parameters())
    )


def _projections(causal: Any) -> list[Any]:
    """What adapters replace: they add to what it gives."""
    parts = [part for one in causal.model.layers for part in (one.self_attn, one.mlp)]
    own = [module for part in parts for name, module in part.named_children() if "proj" in name]
    return [*own, causal.lm_head]


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """The weights of a layer, turned as they are multiplied; norms before them are within."""

    attend: Tensor  # (D, X), to queries, keys and values: X = (H + 2 G) E
    out: Tensor  # (H E, D)
    turn: Tensor  # (H + G, E), of queries and keys, those of queries by how sharply they look
    rise: Tensor  # (D, 2 F), to gates and what they let through
    fall: Tensor  # (F, D)


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """Those of a decoder; `version` tells whether they are still the same."""

    version: tuple[int, int]
    layers: tuple[_Layer, ...]
    embedding: Tensor  # (V, D)
    head: Tensor  # (D, V)


_KNOWN: WeakKeyDictionary[Any, _Weights] = WeakKeyDictionary()
"""What was made of the weights of decoders that are there."""


def _weights(causal: Any) -> _Weights:
    parameters = list(causal.parameters())
    version = (sum(p._version for p in parameters), sum(p.data_ptr() for p in parameters))
    known = _KNOWN.get(causal)
    if known is None or known.version != version:
        layers = tuple(_layer(one) for one in causal.model.layers)
        head = causal.model.norm.weight * causal.lm_head.weight
        embedding = causal.model.embed_tokens.weight
        known = _KNOWN[causal] = _Weights(version, layers, embedding, head.t().contiguous())
    return known


def _layer(layer: Any) -> _Layer:
    own, mlp = layer.self_attn, layer.mlp
    attend = torch.cat([own.q_proj.weight, own.k_proj.weight, own.v_proj.weight])
    rise = torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])
    heads, groups = (len(p.weight) // own.head_dim for p in (own.q_proj, own.k_proj))
    norms = [own.q_norm.weight * own.scaling] * heads + [own.k_norm.weight] * groups
    return _Layer(
        (attend * layer.input_layernorm.weight).t().contiguous(),
        own.o_proj.weight.t().contiguous(),
        torch.stack(norms),
        (rise * layer.post_attention_layernorm.weight).t().contiguous(),
        mlp.down_proj.weight.t().contiguous(),
    )


class Steps:
    """Rows that go on from one prompt, step by step; it is changed by what is done with it."""

    def __init__(self, causal: Any, cache: Any) -> None:
        """Begin with one row, after the prompt whose `cache` this is, which stays as it is."""
        config = causal.config
        self._weights, self._rotary = _weights(causal), causal.model.rotary_emb
        self._turn_NHE = torch.stack([layer.turn for layer in self._weights.layers])
        self._prompt = [  # keys (G, E, L), values (G, L, E)
            (one.keys[0].transpose(1, 2).contiguous(), one.values[0].contiguous())
            for one in cache.layers
        ]
        self._heads, self._groups = config.num_attention_heads, config.num_key_value_heads
        self._eps = torch.tensor([config.rms_norm_eps])
        self._width, self.length = self._prompt[0][0].shape[1:]
        self._mean_D1 = torch.full((config.hidden_size, 1), 1 / config.hidden_size)
        self._mean_E1 = torch.full((self._width, 1), 1 / self._width)
        self.written, self.rows = 0, 1
        self._own = self._room(1)

    def _room(self, rows: int) -> Tensor:
        """Room for keys and values of so many rows and some more tokens, (N, 2, R, G, T, E)."""
        tokens = (self.written // _ROOM + 1) * _ROOM
        layers = len(self._weights.layers)
        return torch.empty(layers, 2, rows, self._groups, tokens, self._width)

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows, in their order; one may be taken several times."""
        if list(rows) != list(range(self.rows)):
            self._move(rows)

    def _move(self, rows: Sequence[int]) -> None:
        room = self._room(len(rows))
        there = self._own[..., : self.written, :]
        room[..., : self.written, :] = there.index_select(2, torch.tensor(rows))
        self._own, self.rows = room, len(rows)

    def step(self, tokens: Sequence[int]) -> Tensor:
        """Let every row go on with a token; return the logits of what follows, shape (R, V)."""
        if self.written == self._own.shape[-2]:
            self._move(range(self.rows))
        along_NHE, across_NHE = self._turned()
        self.written += 1
        x_RD = self._weights.embedding[torch.tensor(tokens)]
        each = zip(
            self._weights.layers, self._prompt, self._own, along_NHE, across_NHE, strict=True
        )
        for layer, prompt, own, along_HE, across_HE in each:
            heads_RX = self._normed(x_RD, self._mean_D1) @ layer.attend
            seen_RX = self._seen(heads_RX, prompt, own, along_HE, across_HE)
            x_RD = torch.addmm(x_RD, seen_RX, layer.out)
            gates_RF, rest_RF = (self._normed(x_RD, self._mean_D1) @ layer.rise).chunk(2, 1)
            x_RD = torch.addmm(x_RD, silu(gates_RF).mul_(rest_RF), layer.fall)
        return self._normed(x_RD, self._mean_D1) @ self._weights.head

    def _normed(self, x_RD: Tensor, mean_D1: Tensor) -> Tensor:
        """Divide each row by the root of its mean square: a product takes the mean the fastest."""
        return x_RD * torch.addmm(self._eps, x_RD * x_RD, mean_D1).rsqrt_()

    def _turned(self) -> tuple[Tensor, Tensor]:
        """What the position does to queries and keys: by which they are multiplied, and which
        multiplies the same with their halves exchanged, both (N, H + G, E)."""
        angles = float(self.length + self.written) * self._rotary.inv_freq
        cos, sin = (f(angles) * self._rotary.attention_scaling for f in (torch.cos, torch.sin))
        half, turn_NHE = self._width // 2, self._turn_NHE
        return turn_NHE * torch.cat((cos, cos)), turn_NHE.roll(half, -1) * torch.cat((-sin, sin))

    def _seen(
        self,
        heads_RX: Tensor,
        prompt: tuple[Tensor, Tensor],
        own_2RGTE: Tensor,
        along_HE: Tensor,
        across_HE: Tensor,
    ) -> Tensor:
        """What the rows see of the prompt and of what they have written, shape (R, H E)."""
        rows, groups, width, written = self.rows, self._groups, self._width, self.written
        turning = self._heads + groups
        plain_XE = heads_RX[:, : turning * width].reshape(-1, width)
        plain_RHE = self._normed(plain_XE, self._mean_E1).view(rows, turning, width)
        x_RHE = torch.addcmul(plain_RHE * along_HE, plain_RHE.roll(width // 2, -1), across_HE)
        keys_RGTE, values_RGTE = own_2RGTE.unbind()
        keys_RGTE.select(2, written - 1).copy_(x_RHE[:, self._heads :])
        values_RGTE.select(2, written - 1).copy_(
            heads_RX[:, turning * width :].view(rows, groups, width)
        )
        q_RGQE = x_RHE[:, : self._heads].reshape(rows, groups, -1, width)
        keys = keys_RGTE.flatten(0, 1)[:, :written].transpose(1, 2)
        to_prompt = torch.bmm(q_RGQE.transpose(0, 1).flatten(1, 2), prompt[0])
        to_own = torch.bmm(q_RGQE.flatten(0, 1), keys).view(rows, groups, -1, written)
        both = (to_prompt.view(groups, rows, -1, self.length), to_own.transpose(0, 1))
        share_GRQX = torch.cat(both, -1).softmax(-1)
        of_prompt = torch.bmm(share_GRQX[..., : self.length].flatten(1, 2), prompt[1])
        own_share = share_GRQX[..., self.length :].transpose(0, 1).flatten(0, 1)
        seen = torch.bmm(own_share, values_RGTE.flatten(0, 1)[:, :written])
        seen_RGQE = seen.view(rows, groups, -1, width)
        seen_RGQE += of_prompt.view(groups, rows, -1, width).transpose(0, 1)
        return seen_RGQE.view(rows, -1)
