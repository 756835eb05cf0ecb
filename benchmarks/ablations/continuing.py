"""Texts that a model goes on with by itself, many at once, and the losses of their tokens.

Shapes: B texts, R of them still being written, L tokens of the longest, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from cadcomplete.data.collate import collate
from cadcomplete.data.labels import Labelled
from cadcomplete.language.tokenizer import IGNORED
from cadcomplete.model.model import CompletionModel


def padded(samples: Sequence[Labelled], padding: int, *, room: int = 0) -> Tensor:
    """Return the tokens of samples, shape (B, L), with `room` more at the end of the longest."""
    longest = max(len(sample.ids) for sample in samples) + room
    ids_BL = torch.full((len(samples), longest), padding)
    for row, sample in zip(ids_BL, samples, strict=True):
        row[: len(sample.ids)] = torch.from_numpy(sample.ids)
    return ids_BL


@torch.no_grad()
def continued(
    model: CompletionModel,
    ids_BL: Tensor,
    cuts: Sequence[int],
    *,
    lengths: Sequence[int],
    random: torch.Generator | None = None,
    share: float = 1.0,
    end: int | None = None,
) -> Tensor:
    """Return the texts with what the model writes from each cut on, shape (B, L).

    Each token is drawn from its distribution, or is the likeliest without `random`. With a
    `share` below 1 the others stay as they are. All texts advance together, so none needs
    padding in front. A text is left when it has its length, or has written `end`; otherwise
    writing goes on after an end token.
    """
    own_BL, cuts_B, lengths_B = ids_BL.clone(), torch.tensor(cuts), torch.tensor(lengths)
    first, longest = min(cuts), max(lengths)
    going = torch.arange(len(cuts))
    was_training = model.training
    model.eval()
    output = model.causal(input_ids=own_BL[:, :first], use_cache=True, logits_to_keep=1)
    for place in range(first, longest):
        drawn_R = _drawn(output.logits[:, -1].float(), random)
        writes_R = cuts_B[going] <= place
        if share < 1.0:
            writes_R &= torch.rand(len(going), generator=random) < share
        own_BL[going, place] = torch.where(writes_R, drawn_R, own_BL[going, place])
        stay_R = lengths_B[going] > place + 1
        if end is not None:
            stay_R &= ~(writes_R & (drawn_R == end))
        if not stay_R.all():
            output.past_key_values.batch_select_indices(stay_R.nonzero()[:, 0])
            going = going[stay_R]
        if not len(going):
            break
        output = model.causal(
            input_ids=own_BL[going, place][:, None],
            past_key_values=output.past_key_values,
            use_cache=True,
            logits_to_keep=1,
        )
    model.train(was_training)
    return own_BL


def _drawn(logits_RV: Tensor, random: torch.Generator | None) -> Tensor:
    if random is None:
        return logits_RV.argmax(-1)
    return torch.multinomial(logits_RV.softmax(-1), 1, generator=random)[:, 0]


@torch.no_grad()
def token_losses(
    model: CompletionModel, samples: Sequence[Labelled], padding: int, *, batch: int = 32
) -> list[np.ndarray]:
    """Return the losses of the labelled tokens of each sample, in nats, in their order."""
    was_training = model.training
    model.eval()
    order = sorted(range(len(samples)), key=lambda i: len(samples[i].ids))
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(order), batch):
        some = order[start : start + batch]
        inputs = collate([[samples[i]] for i in some], padding=padding)
        inputs.pop("names")
        losses = model(**inputs)["losses"].double().numpy()
        counts = [int((samples[i].labels[1:] != IGNORED).sum()) for i in some]
        found |= zip(some, np.split(losses, np.cumsum(counts)[:-1]), strict=True)
    model.train(was_training)
    return [found[i] for i in range(len(samples))]
