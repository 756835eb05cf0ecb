"""Cross-entropy of the tokens that carry loss, without ever holding all their logits.

At 13,000 tokens and the 151,936 of Qwen's vocabulary the logits in single precision are 7.9 GB,
and a plain cross-entropy keeps several copies. Here they exist for some positions at a time, and
are computed again for the gradient.

Shapes: N tokens that carry loss, D width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from cadcomplete.errors import ConfigError

Loss = Callable[[Tensor, nn.Module, Tensor, int], Tensor]


def plain(hidden_ND: Tensor, head: nn.Module, targets_N: Tensor, at_once: int) -> Tensor:
    """Return the loss of each token in nats, shape (N,), the logits of `at_once` at a time."""

    def some(hidden_MD: Tensor, targets_M: Tensor) -> Tensor:
        logits_MV = head(hidden_MD)
        logits_MV = logits_MV.to(torch.promote_types(logits_MV.dtype, torch.float32))
        return functional.cross_entropy(logits_MV, targets_M, reduction="none")

    if len(targets_N) <= at_once:
        return some(hidden_ND, targets_N)
    pieces = zip(hidden_ND.split(at_once), targets_N.split(at_once), strict=True)
    if not torch.is_grad_enabled():
        return torch.cat([some(hidden, targets) for hidden, targets in pieces])
    losses = [checkpoint(some, hidden, targets, use_reentrant=False) for hidden, targets in pieces]
    return torch.cat(losses)  # type: ignore[arg-type]


def cut(hidden_ND: Tensor, head: nn.Module, targets_N: Tensor, at_once: int) -> Tensor:
    """The same by the fused kernel of cut-cross-entropy, which holds no logits at all.

    E. Wijmans et al., Cut Your Losses in Large-Vocabulary Language Models, 2024.
    """
    from cut_cross_entropy import linear_cross_entropy  # pyright: ignore[reportMissingImports]

    weight_VD = head.weight.to(hidden_ND.dtype)  # type: ignore[union-attr, operator]
    return linear_cross_entropy(hidden_ND, weight_VD, targets_N, reduction="none")


LOSSES: dict[str, Loss] = {"plain": plain, "cut-cross-entropy": cut}


def chosen(name: str, head: nn.Module, device: torch.device) -> Loss:
    """Return the loss of that name; "auto" is a fused kernel where it can be used.

    Raises ConfigError for one that cannot.
    """
    installed = find_spec("cut_cross_entropy") is not None
    usable = installed and device.type == "cuda" and type(head) is nn.Linear and head.bias is None
    if name == "auto":
        return cut if usable else plain
    if name == "cut-cross-entropy" and not usable:
        raise ConfigError(
            "this kernel cannot be used here",
            where="train.loss_kernel",
            expected="a GPU, the package cut-cross-entropy, and a plain output layer",
            got=f"{device.type}, {'installed' if installed else 'not installed'}",
            hint='use "plain"',
        )
    return LOSSES[name]
