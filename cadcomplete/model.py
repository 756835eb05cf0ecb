"""The model: a causal language model and, later, encoders for images and points.

Shapes: B samples, L tokens, D width, V vocabulary, N tokens that carry loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, Qwen3Config
from transformers.configuration_utils import PretrainedConfig

from cadcomplete.config import ModelConfig
from cadcomplete.data.labels import IGNORED


@dataclass(frozen=True, slots=True)
class Scored:
    """Losses of a batch: the weighted sum, the sum of weights, and each token's own, (N,)."""

    total: Tensor
    weight: Tensor
    losses: Tensor


class CompletionModel(nn.Module):
    """A causal language model that is asked for losses only where there are labels."""

    def __init__(self, language_model: Any) -> None:
        super().__init__()
        self.language_model = language_model

    @staticmethod
    def from_config(config: PretrainedConfig) -> CompletionModel:
        """Return a model with random weights."""
        return CompletionModel(AutoModelForCausalLM.from_config(config))

    def score(
        self,
        input_ids_BL: Tensor,
        labels_BL: Tensor,
        weights_BL: Tensor,
        *,
        attention_mask_BL: Tensor | None = None,
        position_ids_BL: Tensor | None = None,
    ) -> Scored:
        """Return the cross-entropies at the labels, in nats.

        The logits are computed only there: at 13,000 tokens and Qwen's vocabulary they would
        be the largest tensor of all.
        """
        hidden_BLD = self.language_model.base_model(
            input_ids=input_ids_BL,
            attention_mask=attention_mask_BL,
            position_ids=position_ids_BL,
            use_cache=False,
        ).last_hidden_state
        wanted_BL = labels_BL[:, 1:] != IGNORED
        logits_NV = self.language_model.lm_head(hidden_BLD[:, :-1][wanted_BL])
        targets_N = labels_BL[:, 1:][wanted_BL]
        logits_NV = logits_NV.to(torch.promote_types(logits_NV.dtype, torch.float32))
        losses_N = functional.cross_entropy(logits_NV, targets_N, reduction="none")
        weights_N = weights_BL[:, 1:][wanted_BL]
        return Scored((losses_N * weights_N).sum(), weights_N.sum(), losses_N)

    def forward(
        self,
        input_ids: Tensor,
        labels: Tensor,
        weights: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the mean loss of a batch, and what it is the mean of."""
        scored = self.score(
            input_ids,
            labels,
            weights,
            attention_mask_BL=attention_mask,
            position_ids_BL=position_ids,
        )
        return {"loss": scored.total / scored.weight, "total": scored.total}

    @property
    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.parameters())


def qwen3_config(model: ModelConfig, *, vocabulary: int, end: int, length: int) -> Qwen3Config:
    """Return the configuration of a small decoder of the Qwen3 architecture."""
    return Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=model.width,
        intermediate_size=model.feed_forward,
        num_hidden_layers=model.layers,
        num_attention_heads=model.heads,
        num_key_value_heads=model.kv_heads,
        head_dim=model.width // model.heads,
        max_position_embeddings=max(4096, length),
        attention_dropout=model.dropout,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=end,
    )
