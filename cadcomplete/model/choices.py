"""Which token each row takes next: the choices of all rows are weighed and drawn together.

Shapes: B branches, of rows that have written the same so far; R rows; A choices of the branch that
has the most, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def drawn(
    logits_BV: Tensor,
    allowed: Sequence[tuple[int, ...]],
    branches: Sequence[int],
    *,
    temperature: float,
    top_p: float,
    random: torch.Generator,
    greedy: bool = False,
) -> list[tuple[int, float]]:
    """Return a token for each row, and the natural log of its probability among the `allowed`.

    `branches` says of each row where it is; each branch has at least one allowed token. Drawn is
    from the likeliest that have `top_p` of the probability together, row by row: the numbers
    of `random` are those that `torch.multinomial` would take. With `greedy` the first row takes the
    likeliest.
    """
    ids_BA = pad_sequence([_indices(tokens) for tokens in allowed], batch_first=True)
    counts = [len(tokens) for tokens in allowed]
    beyond_BA = torch.arange(ids_BA.shape[1]) >= torch.tensor(counts)[:, None]
    scores_BA = logits_BV.gather(1, ids_BA).masked_fill_(beyond_BA, -torch.inf).log_softmax(1)
    ordered_BA, order_BA = (
        (scores_BA / temperature).softmax(1).sort(dim=1, descending=True, stable=True)
    )
    ordered_BA[ordered_BA.cumsum(1) - ordered_BA >= top_p] = 0.0
    rows_R = torch.tensor(branches)
    waits_RA = torch.ones(len(branches), ids_BA.shape[1])
    for row, branch in enumerate(branches):
        if row or not greedy:
            waits_RA[row, : counts[branch]].exponential_(generator=random)
    first_R1 = (ordered_BA[rows_R] / waits_RA).argmax(1, keepdim=True)
    choice_R1 = order_BA[rows_R].gather(1, first_R1)
    if greedy:
        choice_R1[0] = scores_BA[branches[0]].argmax()
    tokens_R, scores_R = (found[rows_R].gather(1, choice_R1)[:, 0] for found in (ids_BA, scores_BA))
    return list(zip(tokens_R.tolist(), scores_R.tolist(), strict=True))


@lru_cache(maxsize=1024)
def _indices(tokens: tuple[int, ...]) -> Tensor:
    return torch.tensor(tokens)
