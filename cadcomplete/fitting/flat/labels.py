"""Cells of equal labels that are connected in a grid."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from cadcomplete.meshes.compiled import compiled


def connected(values: np.ndarray) -> np.ndarray:
    """Number the areas of equal neighbours in a grid of whole numbers (n, m), from 0."""
    return _connected()(np.ascontiguousarray(values))


@cache
def _connected() -> Callable[[np.ndarray], np.ndarray]:
    return compiled(connected_loops, connected_loops)


def connected_loops(values: np.ndarray) -> np.ndarray:
    """Fill one area of the grid (n, m) after the other; return the number of each cell's."""
    rows, columns = values.shape
    label = np.full((rows, columns), -1, dtype=np.int64)
    stack = np.zeros((rows * columns, 2), dtype=np.int64)
    number = 0
    for r0 in range(rows):
        for c0 in range(columns):
            if label[r0, c0] >= 0:
                continue
            label[r0, c0] = number
            stack[0, 0], stack[0, 1] = r0, c0
            size = 1
            while size > 0:
                size -= 1
                r, c = stack[size, 0], stack[size, 1]
                for k in range(4):
                    i = r + (1 if k == 0 else (-1 if k == 1 else 0))
                    j = c + (1 if k == 2 else (-1 if k == 3 else 0))
                    inside = 0 <= i < rows and 0 <= j < columns
                    if inside and label[i, j] < 0 and values[i, j] == values[r, c]:
                        label[i, j] = number
                        stack[size, 0], stack[size, 1] = i, j
                        size += 1
            number += 1
    return label
