"""What in a picture is paper: it has the colour of the border, or what that slowly changes to.

Colours are red, green and blue, 0 to 1, shape (n, n, 3), rows from the top.
"""

from __future__ import annotations

import numpy as np

from cadcomplete.history.geometry import Array

_PAPER = 0.03  # by how much a colour of the paper differs from that of the border
_NOISY = 0.006  # standard deviation of noise above which a picture is smoothed
_SMOOTHED = 1.2  # pixels
_SPREADS = 3.0  # of the border about what it slowly changes to
_MOST = 0.12  # by how much a colour of the paper may differ at most


def papered(colours: Array) -> tuple[Array, np.ndarray]:
    """Return a picture without its noise, and of which pixels the colour is that of the paper.

    Paper of one colour is compared with that; any other with the surface of second degree that is
    fitted to the border, so a wall may be lighter in the middle or on one side.
    """
    border = _border(colours)
    middle = np.median(border, axis=0)
    if (np.abs(border - middle).max(axis=1) < _PAPER).mean() > 0.9:
        return colours, np.abs(colours - middle).max(axis=2) < _PAPER
    if noise(colours) > _NOISY:
        colours = np.stack([blurred(colours[..., i], _SMOOTHED) for i in range(3)], axis=2)
    rows = _terms(len(colours))
    known, values = _border(rows), _border(colours)
    kept, off = np.ones(len(values), dtype=bool), np.zeros(len(values))
    surface = np.zeros((rows.shape[2], 3))
    for _ in range(3):  # a part that reaches the border is left out
        surface = np.linalg.lstsq(known[kept], values[kept], rcond=None)[0]
        off = np.abs(values - known @ surface).max(axis=1)
        kept = off <= max(_PAPER, _SPREADS * float(np.median(off)))
    limit = min(_MOST, max(_PAPER, _SPREADS * float(np.median(off[kept]))))
    return colours, np.abs(colours - rows @ surface).max(axis=2) < limit


def noise(colours: Array) -> float:
    """Return the standard deviation of the noise of a picture (Immerkaer, 1996), by the median."""
    gray = colours.mean(axis=2)
    cross = gray[1:-1, :-2] + gray[1:-1, 2:] + gray[:-2, 1:-1] + gray[2:, 1:-1]
    aslant = gray[:-2, :-2] + gray[:-2, 2:] + gray[2:, :-2] + gray[2:, 2:]
    return float(np.median(np.abs(4 * gray[1:-1, 1:-1] - 2 * cross + aslant))) / (0.6745 * 6)


def _terms(size: int) -> Array:
    """1, x, y and their products in each pixel, shape (size, size, 6)."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2)


def _border(values: Array) -> Array:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def blurred(values: Array, deviation: float) -> Array:
    """Return a picture (n, n) that is blurred by a Gaussian of a standard deviation in pixels."""
    reach = np.arange(-3, 4)
    kernel = np.exp(-(reach**2) / (2 * deviation**2))
    kernel /= kernel.sum()
    size = len(values)
    for _ in range(2):
        wide = np.pad(values, ((3, 3), (0, 0)), mode="edge")
        values = np.stack([wide[i : i + size] for i in range(len(kernel))], axis=-1) @ kernel
        values = values.T
    return values
