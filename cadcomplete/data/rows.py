"""Rows of samples as a torch dataset, for all epochs of a run, and the order in which they come."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices

from cadcomplete.data.dataset import Histories
from cadcomplete.data.labels import Labelled


class Rows(Dataset[list[Labelled]]):
    """The rows of a run: each one sample, or with packing as many as fit.

    The epochs stand one after the other, each with samples of its own, so that the number of a
    row is all that a process which reads it has to know.

    Attributes:
        epochs: how many there are; the last one may be begun only.
        lengths: of the rows in tokens, shape (n,); a turned part may have some more or less.
        stages: for each stage of each epoch, its rows.
    """

    def __init__(
        self, histories: Histories, *, packing: int = 0, seed: int = 0, epochs: float = 1.0
    ) -> None:
        """Take the samples of `histories`; with `packing` rows of so many tokens."""
        self.histories, self.packing, self.epochs = histories, packing, epochs
        orders, ends, lengths = [], [np.zeros(1, np.int64)], []
        self.stages: list[range] = []
        samples = rows = 0
        for epoch in range(math.ceil(epochs)):
            for stage in histories.ranges(epoch):
                order = np.arange(stage.start, stage.stop)
                if packing:
                    order = np.random.default_rng([seed, 4, stage.start]).permutation(order)
                length = histories.lengths(order)
                if packing and len(order):
                    order, length, counts = _packed(order, length, packing)
                else:
                    counts = np.ones(len(order), dtype=np.int64)
                orders.append(order)
                ends.append(samples + np.cumsum(counts))
                lengths.append(length)
                self.stages.append(range(rows, rows + len(counts)))
                samples, rows = samples + len(order), rows + len(counts)
        self._order, self._ends = np.concatenate(orders), np.concatenate(ends)
        self.lengths = np.concatenate(lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> list[Labelled]:
        return [self.histories[number] for number in self.samples(index)]

    def samples(self, index: int) -> list[int]:
        """Return the numbers of the samples of a row."""
        return self._order[self._ends[index] : self._ends[index + 1]].tolist()

    def steps(self, size: int) -> int:
        """Return how many steps of `size` rows the run has: every stage ends with a full one."""
        count = len(self.stages) // math.ceil(self.epochs)
        begun = self.epochs % 1 or 1.0
        steps = [math.ceil(len(stage) / size) for stage in self.stages]
        return sum(steps[:-count]) + math.ceil(begun * sum(steps[-count:]) - 1e-9)


def _packed(
    order: np.ndarray, lengths: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The samples row by row, the tokens of the rows, and how many samples each has."""
    rows = packed(lengths.tolist(), size)
    flat = np.fromiter((i for row in rows for i in row), dtype=np.int64, count=len(order))
    counts = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    starts = np.cumsum(counts) - counts
    return order[flat], np.add.reduceat(lengths[flat], starts), counts


def packed(lengths: Sequence[int], size: int, *, open_rows: int = 64) -> list[list[int]]:
    """Share rows of `size` tokens among samples: each goes where it leaves the least room.

    At most `open_rows` rows wait for more, so that a million samples take seconds; then the
    fullest of them is closed. A sample that is longer than a row has one for itself.
    """
    rows: list[list[int]] = []
    waiting: list[tuple[int, int]] = []  # the room of a row, and its number, in order
    for index, needed in enumerate(lengths):
        place = bisect_left(waiting, (needed, -1))
        if place < len(waiting):
            room, row = waiting.pop(place)
        else:
            room, row = size, len(rows)
            rows.append([])
            if len(waiting) == open_rows:
                waiting.pop(0)
        rows[row].append(index)
        if room > needed:
            insort(waiting, (room - needed, row))
    return rows


class InStages(Sampler[int]):
    """Rows stage by stage, of similar length within a step, the same for a seed and an epoch.

    The last step of a stage is filled up from its beginning: every step learns from `step` rows,
    so it does not matter how many processes share them.
    """

    def __init__(self, rows: Rows, *, step: int, seed: int) -> None:
        self.rows, self.step, self.seed, self.epoch = rows, step, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Draw another order, for rows that are learned from more often than once."""
        self.epoch = epoch

    def __len__(self) -> int:
        return sum(-(-len(stage) // self.step) * self.step for stage in self.rows.stages)

    def __iter__(self) -> Iterator[int]:
        random = torch.Generator().manual_seed(1000 * self.seed + self.epoch)
        for stage in self.rows.stages:
            lengths = self.rows.lengths[stage.start : stage.stop].tolist()
            order = get_length_grouped_indices(lengths, self.step, generator=random)
            filled = (order * -(-self.step // len(order)))[: -len(order) % self.step]
            yield from (stage[i] for i in [*order, *filled])
