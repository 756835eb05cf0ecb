"""From labelled samples to a batch of tensors.

Shapes: B samples, L tokens of the longest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from cadcomplete.data.labels import IGNORED, Labelled
from cadcomplete.errors import RefusedSample


def collate(samples: Sequence[Labelled], *, padding: int) -> dict[str, Tensor]:
    """Return input_ids, attention_mask, labels and weights, each of shape (B, L).

    Raises RefusedSample for a sample on which no loss falls: its mean loss would be 0 / 0.
    """
    for number, sample in enumerate(samples):
        if not (sample.labels[1:] != IGNORED).any() or not np.isfinite(sample.weights).all():
            raise RefusedSample("no token carries loss", where=f"sample {number} of the batch")
    longest = max(len(sample.ids) for sample in samples)
    return {
        "input_ids": _pad([s.ids for s in samples], longest, padding),
        "attention_mask": _pad([np.ones(len(s.ids), dtype=np.int64) for s in samples], longest, 0),
        "labels": _pad([s.labels for s in samples], longest, IGNORED),
        "weights": _pad([s.weights.astype(np.float32) for s in samples], longest, 0.0),
    }


def _pad(rows: list[np.ndarray], length: int, value: float) -> Tensor:
    padded = np.full((len(rows), length), value, dtype=rows[0].dtype)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return torch.from_numpy(padded)
