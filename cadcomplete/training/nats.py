"""What parts cost a model that learns from text alone, in nats.

Shapes: B samples, L tokens, N tokens that carry a loss, V vocabulary, D width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from cadcomplete.data.stream import Batch, Piece, grouped
from cadcomplete.model.model import CompletionModel

Computing = Callable[[], AbstractContextManager[Any]]
"""Makes what a pass is computed within, such as half precision."""


def losses(
    model: CompletionModel, batch: Batch, *, computing: Computing = nullcontext
) -> tuple[Tensor, Tensor]:
    """Return the losses of the tokens that carry one, in nats, and these tokens, shape (N,)."""
    ids_BL = batch.ids.long()
    place_L = torch.arange(1, ids_BL.shape[1], device=ids_BL.device)
    asked_BL = (place_L >= batch.first[:, None]) & (place_L < batch.length[:, None])
    with computing():
        hidden_BLD = model.causal.base_model(
            input_ids=ids_BL[:, :-1], use_cache=False
        ).last_hidden_state
        logits_NV = model.causal.get_output_embeddings()(hidden_BLD[asked_BL])
    targets_N = ids_BL[:, 1:][asked_BL]
    losses_N = functional.cross_entropy(logits_NV.float(), targets_N, reduction="none")
    return losses_N, targets_N


@torch.no_grad()
def nats(
    model: CompletionModel,
    pieces: Sequence[Piece],
    *,
    tokens: int,
    end: int,
    computing: Computing = nullcontext,
) -> float:
    """Return what a part costs in the mean, every digit counted; `tokens` are read at once."""
    model.eval()
    total = torch.zeros((), dtype=torch.float64, device=model.device)
    for batch in grouped(pieces, tokens, end):
        total += losses(model, batch.to(model.device), computing=computing)[0].double().sum()
    return float(total) / max(1, len(pieces))
