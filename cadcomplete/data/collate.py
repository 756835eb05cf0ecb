"""From labelled samples to a batch of tensors.

Shapes: B rows, L tokens of the longest, K pictures of S × S, C clouds of N points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cadcomplete.data.labels import Labelled
from cadcomplete.errors import RefusedSample
from cadcomplete.language.tokenizer import IGNORED

Row = Sequence[Labelled]
"""Samples that share a row; usually one."""


def collate(rows: Sequence[Row], *, padding: int) -> dict[str, Any]:
    """Return a batch: input_ids, labels and weights of shape (B, L), and the names of the samples.

    Where every row is one sample there is an attention_mask (B, L). Where samples share rows
    there are position_ids (B, L) instead, which begin again with each of them: that is how the
    language model knows that none of them sees another. `images` (K, 3, S, S) and `points`
    (C, N, 6) are there if a sample has some, in the order of their placeholders.

    Raises RefusedSample for a sample on which no loss falls: its mean loss would be 0 / 0.
    """
    samples = [sample for row in rows for sample in row]
    for sample in samples:
        if not (sample.labels[1:] != IGNORED).any() or not np.isfinite(sample.weights).all():
            raise RefusedSample("no token carries loss", where=sample.name or "a sample")
    batch: dict[str, Any] = {
        "input_ids": _pad([[s.ids for s in row] for row in rows], padding),
        "labels": _pad([[s.labels for s in row] for row in rows], IGNORED),
        "weights": _pad([[s.weights.astype(np.float32) for s in row] for row in rows], 0.0),
        "names": [sample.name for sample in samples],
    }
    if all(len(row) == 1 for row in rows):
        ones = [[np.ones(len(s.ids), dtype=np.int64) for s in row] for row in rows]
        batch["attention_mask"] = _pad(ones, 0)
    else:
        batch["position_ids"] = _positions(rows, batch["input_ids"].shape[1])
    images = [sample.images for sample in samples if sample.images is not None]
    clouds = [sample.points for sample in samples if sample.points is not None]
    if images:
        batch["images"] = torch.from_numpy(np.concatenate(images))
    if clouds:
        batch["points"] = torch.from_numpy(np.stack(clouds))
    return batch


def _pad(rows: list[list[np.ndarray]], value: float) -> Tensor:
    joined = [np.concatenate(row) for row in rows]
    longest = max(map(len, joined))
    padded = np.full((len(joined), longest), value, dtype=joined[0].dtype)
    for row, values in zip(padded, joined, strict=True):
        row[: len(values)] = values
    return torch.from_numpy(padded)


def _positions(rows: Sequence[Row], length: int) -> Tensor:
    """Positions that begin again with each sample; the padding counts as one more."""
    positions = np.zeros((len(rows), length), dtype=np.int64)
    for row, values in zip(positions, rows, strict=True):
        lengths = [len(sample.ids) for sample in values]
        ends = [*lengths, length - sum(lengths)]
        row[:] = np.concatenate([np.arange(n) for n in ends])
    return torch.from_numpy(positions)
