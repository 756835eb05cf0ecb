"""What is seen in a picture, whatever its style: the outline of a part, and its edges.

The paper is what has the colour of the border and hangs together with it. An edge is where the
colours change most across it: the ridges of the structure tensor (Förstner and Gülch, 1987). So a
thin line is one edge, and so is a step of the shading. Lengths are pixels of a picture that is
`SIZE` pixels wide, x to the right and y down from its upper left corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from cadcomplete.errors import InputError
from cadcomplete.fitting.flat.labels import connected
from cadcomplete.history.geometry import Array
from cadcomplete.model.inputs import picture
from cadcomplete.pictures.paper import blurred, papered

SIZE = 224
"""The side of a picture that is looked at, in pixels."""

FAR = 8.0
"""The distance from an edge beyond which nothing is told apart, in pixels."""

WAYS = 8
"""Directions across edges that are told apart: way k is k / WAYS of a half turn from x."""

_TURNED = 0.38  # radians by which an edge may be off its direction
_FAINT = 0.012  # least change of the colours across an edge, a pixel
_BLUR = 0.8  # pixels
_SPECK = 0.005  # what is smaller than the largest area by that is no part
_BESIDE = 3  # pixels from the part to which edges are looked for
_AWAY = 8  # pixels from it to where the grain of the paper is looked at
_GRAIN = 0.98  # share of the edges that grain has which are weaker than those that count
_LEAST = 0.0005  # least share of the picture that a part covers


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture of a part; all arrays are (SIZE, SIZE), rows from the top.

    Attributes:
        part: whether a pixel is not paper; what is seen through a hole counts as part.
        open: whether it has the colour of the paper, though it is not connected with it.
        edges: whether an edge runs through a pixel.
        across: the direction across an edge in each pixel, in radians, 0 to π.
        colours: red, green and blue, 0 to 1, shape (SIZE, SIZE, 3).
        away: how far it is from the nearest edge of each of `WAYS` directions, at most `FAR`,
            shape (WAYS, SIZE, SIZE).
    """

    part: np.ndarray
    open: np.ndarray
    edges: np.ndarray
    across: Array
    colours: Array
    away: Array

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the part."""
        rows, columns = np.nonzero(self.part)
        return (float(columns.min()), float(rows.min()), columns.max() + 1.0, rows.max() + 1.0)


def look(source: bytes | Path) -> Seen:
    """Look at a picture. Raises InputError for one that cannot be read, or shows no part."""
    colours = picture(source, size=SIZE).transpose(1, 2, 0).astype(np.float64) / 255
    colours, alike = papered(colours)
    paper = _without_specks(_connected(alike))
    if (share := 1 - paper.mean()) < _LEAST or not alike[[0, -1]].any():
        raise InputError(
            "no part is seen in the picture",
            file=source if isinstance(source, Path) else "the picture",
            expected="a part before a background of one colour",
            got=f"{share:.1%} of it has another colour than its border",
            hint="take it before a plain wall, or cut it out",
        )
    ridges, across = _ridges(colours)
    least = max(_FAINT, 3 * float(np.median(ridges[~paper])), _grain(ridges, paper))
    edges = (ridges > least) & _grown(~paper, _BESIDE)
    edges[:2] = edges[-2:] = edges[:, :2] = edges[:, -2:] = False
    away = np.stack([_distances(edges & _along(across, way)) for way in range(WAYS)])
    return Seen(~paper, alike & ~paper, edges, across, colours, away)


def _without_specks(paper: np.ndarray) -> np.ndarray:
    """The paper, with all that is not but is much smaller than the largest such area."""
    labels = connected(paper.astype(np.int64))
    counts = np.bincount(labels[~paper], minlength=1)
    return paper | (counts < _SPECK * counts.max())[np.where(paper, 0, labels)]


def _grain(ridges: Array, paper: np.ndarray) -> float:
    """How strong edges are that the grain of the paper has, away from the part; 0 for none."""
    away = ridges[paper & ~_grown(~paper, _AWAY)]
    away = away[away > 0]
    return float(np.quantile(away, _GRAIN)) if len(away) else 0.0


def _grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    """A mask and all that is as near to it, side by side."""
    found = mask.copy()
    for _ in range(pixels):
        before = found.copy()
        found[1:] |= before[:-1]
        found[:-1] |= before[1:]
        found[:, 1:] |= before[:, :-1]
        found[:, :-1] |= before[:, 1:]
    return found


def _along(across: Array, way: int) -> np.ndarray:
    """Say of angles whether they are those of a direction, or close to it."""
    off = np.abs(np.mod(across - way * np.pi / WAYS + np.pi / 2, np.pi) - np.pi / 2)
    return off < _TURNED


def _connected(alike: np.ndarray) -> np.ndarray:
    """Those of some pixels that hang together with the border, side by side."""
    found = np.zeros_like(alike)
    for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        found[side] = alike[side]
    ways = ((found, alike), (found[::-1], alike[::-1]), (found.T, alike.T))
    ways = (*ways, (found.T[::-1], alike.T[::-1]))  # down, up, to the right, to the left
    count = -1
    while count != (count := int(found.sum())):
        for rows, allowed in ways:
            for row in range(1, SIZE):
                rows[row] |= rows[row - 1] & allowed[row]
    return found


def _ridges(colours: Array) -> tuple[Array, Array]:
    """How much the colours change across the edge in each pixel, 0 off edges; and its direction."""
    down, right = np.gradient(colours, axis=(0, 1))
    xx, xy, yy = ((a * b).sum(axis=2) for a, b in ((right, right), (right, down), (down, down)))
    xx, xy, yy = (blurred(values, _BLUR) for values in (xx, xy, yy))
    spread = np.hypot(xx - yy, 2 * xy)
    strength = np.sqrt(np.maximum(xx + yy + spread, 0.0) / 2)
    across = np.arctan2(2 * xy, xx - yy) / 2
    dx, dy = np.cos(across), np.sin(across)
    row, column = np.mgrid[:SIZE, :SIZE].astype(np.float64)
    before, after = (between(strength, column + s * dx, row + s * dy) for s in (-1.0, 1.0))
    kept = (strength >= before) & (strength > after)
    return np.where(kept, strength, 0.0), np.mod(across, np.pi)


def _distances(edges: np.ndarray) -> Array:
    """How far each pixel is from the nearest edge, at most `FAR`."""
    away = np.full((SIZE, SIZE), FAR)
    rows, columns = np.nonzero(edges)
    for distance, dy, dx in _OFFSETS:  # the nearest last
        row, column = rows + dy, columns + dx
        inside = (row >= 0) & (column >= 0) & (row < SIZE) & (column < SIZE)
        away[row[inside], column[inside]] = distance
    return away


_REACH = range(-int(FAR), int(FAR) + 1)
_OFFSETS = sorted(
    (
        (math.hypot(dy, dx), dy, dx)
        for dy, dx in product(_REACH, _REACH)
        if math.hypot(dy, dx) < FAR
    ),
    reverse=True,
)


def between(values: Array, x: Array, y: Array) -> Array:
    """Return a picture between its pixels, by bilinear interpolation; beyond it, its border.

    `x` and `y` are columns and rows of the middles of pixels: 0 is the middle of the first.
    """
    x, y = np.clip(x, 0, SIZE - 1.001), np.clip(y, 0, SIZE - 1.001)
    left, top = x.astype(np.int64), y.astype(np.int64)
    right, down = x - left, y - top
    flat, i = values.reshape(-1), top * SIZE + left
    upper = flat[i] * (1 - right) + flat[i + 1] * right
    lower = flat[i + SIZE] * (1 - right) + flat[i + SIZE + 1] * right
    return upper * (1 - down) + lower * down
