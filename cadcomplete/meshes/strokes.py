"""Lines in a picture. Points are (x, y, depth) in samples: y down, larger depth is nearer."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cadcomplete.history.geometry import Array
from cadcomplete.meshes.styles import Color

Picture = NDArray[np.float32]
"""Samples in rows from the top, shape (wide, wide, 3); red, green and blue from 0 to 1."""


def stepped(points: Array, lengths: np.ndarray) -> Array:
    """Return points along polylines, not more than one sample apart, shape (n, 3).

    `points` are those of all polylines, one after the other, and `lengths` how many each has.
    """
    if not len(lengths):
        return np.zeros((0, 3))
    steps = np.maximum(np.abs(np.diff(points[:, :2], axis=0)).max(axis=1), 1e-9)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    ends = np.cumsum(lengths)
    start, stop = along[ends - lengths], along[ends - 1]
    counts = 2 + np.ceil(stop - start).astype(np.int64)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    share = within / np.repeat(counts - 1, counts)
    wanted = np.repeat(start, counts) + share * np.repeat(stop - start, counts)
    return np.stack([np.interp(wanted, along, points[:, i]) for i in range(3)], axis=1)


def unhidden(points: Array, depth: Array, bias: float) -> Array:
    """Return those of n points, shape (n, 3), that are seen in their own sample or one beside it.

    A round surface rises steeply beside its outline and would hide it.
    """
    x, y = np.floor(points[:, :2].T).astype(int)
    least = np.full(len(points), np.inf)
    for dy, dx in product((-1, 0, 1), repeat=2):
        row, column = (np.clip(at, 0, len(depth) - 1) for at in (y + dy, x + dx))
        least = np.minimum(least, depth[row, column])
    return points[points[:, 2] + bias >= least]


def draw(
    picture: Picture, depth: Array, points: Array, color: Color, *, radius: float, bias: float
) -> None:
    """Draw points (n, 3) where the surface is not more than `bias` samples in front of them.

    `radius` is half the width of the line, in samples.
    """
    wide = len(depth)
    reach = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
    dx, dy = (offset.reshape(-1) for offset in np.meshgrid(reach, reach))
    near = dx**2 + dy**2 <= radius**2
    x = (np.floor(points[:, 0]).astype(int)[:, None] + dx[near]).reshape(-1)
    y = (np.floor(points[:, 1]).astype(int)[:, None] + dy[near]).reshape(-1)
    z = np.repeat(points[:, 2], near.sum())
    inside = (x >= 0) & (y >= 0) & (x < wide) & (y < wide)
    x, y, z = x[inside], y[inside], z[inside]
    visible = z + bias >= depth[y, x]
    picture[y[visible], x[visible]] = color
