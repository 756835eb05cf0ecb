"""A section of the wanted part and of what there is, divided by walls into cells of one kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.fitting.flat.labels import connected
from cadcomplete.fitting.flat.walls import WallLines
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.fitting.space.wanted import Wanted
from cadcomplete.history.geometry import Array
from cadcomplete.history.sequence import CadSequence

_STEPS, _FINEST = 48, 160  # cells along the longest side, at least and at most for thin strips
_MOST = 240  # cells along each side, about
_SAMPLES = 10  # winding numbers for each area
_SKIN = 1e-3
_WHOLE = 0.6  # radius up to which circles of a scan are looked at as a whole, of the size


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A grid over a section, fine enough that no wall is missed.

    Attributes:
        frame: axes x, y and the direction, shape (3, 3).
        low, high: heights between which the section is good.
        x, y: the lines of the grid, shape (n + 1,) and (m + 1,).
        walls: what bounds the areas.
        sides: on which side of each wall each cell is, shape (n, m, walls).
        wanted: whether each cell is in the wanted part, shape (n, m).
        current: whether it is in what there is.
    """

    frame: Array
    low: float
    high: float
    x: Array
    y: Array
    walls: WallLines
    sides: np.ndarray
    wanted: np.ndarray
    current: np.ndarray


def section(
    given: CadSequence, wanted: Wanted, frame: Array, bounds: WallLines, low: float, high: float
) -> Section:
    """Return the section in the middle of the layer between two heights, in mm.

    `frame` is (3, 3): its rows are x, y and the direction along which the heights are.
    """
    flat = np.concatenate([wanted.points, wanted.box]) @ frame[:2].T
    if wanted.noise:
        flat = np.concatenate([flat, *_whole_circles(bounds, wanted.size)])
    step = _step(bounds, wanted.size)
    x, y = (_ticks(flat[:, axis], bounds, axis, wanted.size, step) for axis in (0, 1))
    # Not the very middle: there slanted walls would meet cells exactly.
    cx, cy = x[:-1] + 0.493 * np.diff(x), y[:-1] + 0.507 * np.diff(y)
    centers = np.stack(np.meshgrid(cx, cy, indexing="ij"), 2).reshape(-1, 2)
    sides = bounds.sides(centers)
    keys = np.random.default_rng(4).integers(-(2**62), 2**62, bounds.count + 1)
    hashes = _hash(sides, keys)
    shape = (len(cx), len(cy))
    areas = connected(hashes.reshape(shape)).reshape(-1)
    heights = low + (high - low) * (0.5 + 0.3 * np.sin(np.arange(len(centers)) * 2.4))
    votes = _votes(wanted, frame, (low, high), (x, y), (bounds, keys, hashes), areas)
    inside = _labels(wanted, frame, centers, heights, areas, votes)
    middle = np.full(len(centers), low + 0.501 * (high - low))
    current = occupancy(given, _world(frame, centers, middle))
    return Section(
        frame,
        low,
        high,
        x,
        y,
        bounds,
        sides.reshape(*shape, -1),
        inside.reshape(shape),
        current.reshape(shape),
    )


def _whole_circles(bounds: WallLines, size: float) -> list[Array]:
    """The corners around circles: of a scan they may reach beyond what was seen."""
    small = bounds.circles[bounds.circles[:, 2] < _WHOLE * size]
    return [small[:, :2] + sign * small[:, 2:] for sign in (-1.0, 1.0)]


def _world(frame: Array, flat: Array, heights: Array) -> Array:
    return flat @ frame[:2] + heights[:, None] * frame[2]


def _hash(sides: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return np.bitwise_xor.reduce(np.where(sides, keys[None, :-1], 0), axis=1) ^ keys[-1]


def _step(bounds: WallLines, size: float) -> float:
    """How wide cells may be: strips between slanted or round walls must not fall apart."""
    gaps = [size / _STEPS]
    slanted = bounds.lines[np.abs(bounds.lines[:, :2]).min(axis=1) > 1e-9]
    for walls, turn in ((slanted, 1e-3), (bounds.circles, 0.02 * size)):
        alike = np.abs(walls[:, None, :2] - walls[None, :, :2]).max(axis=2, initial=0.0) < turn
        apart = np.abs(walls[:, None, 2] - walls[None, :, 2])
        gaps += (0.6 * apart[alike & (apart > 1e-4 * size)]).tolist()
    return max(min(gaps), size / _FINEST)


def _ticks(values: Array, bounds: WallLines, axis: int, size: float, step: float) -> Array:
    """Grid lines along one axis: on every wall across it, and close enough in between."""
    low, high = float(values.min()), float(values.max())
    pad = 0.02 * size
    straight = bounds.lines[np.abs(bounds.lines[:, 1 - axis]) < 1e-9]
    marks = [low - pad, high + pad, *(straight[:, 2] / straight[:, axis]).tolist()]
    for circle in bounds.circles:
        marks += (circle[axis] + circle[2] * np.array([-1, -0.6, 0.05, 0.6, 1])).tolist()
    marks = np.unique(np.clip(marks, low - pad, high + pad))
    marks = marks[np.append(True, np.diff(marks) > 1e-7 * size)]
    counts = np.ceil(np.diff(marks) / step).astype(np.int64)
    if counts.sum() > _MOST:
        counts = np.maximum(1, counts // 2)
    pieces = [
        np.linspace(a, b, n, endpoint=False)
        for a, b, n in zip(marks[:-1], marks[1:], counts, strict=True)
    ]
    return np.append(np.concatenate(pieces), marks[-1])


def _votes(
    wanted: Wanted,
    frame: Array,
    layer: tuple[float, float],
    grid: tuple[Array, Array],
    signed: tuple[WallLines, np.ndarray, np.ndarray],
    areas: np.ndarray,
) -> Array:
    """What the points of the cloud say about the areas: votes for in and for out, (a, 2).

    Points on walls in the layer speak of both sides of the wall; points on a face that bounds
    the layer, below or above, speak of the layer.
    """
    low, high = layer
    up, heights = wanted.normals @ frame[2], wanted.points @ frame[2]
    flat = wanted.points @ frame[:2].T
    skin = max(_SKIN * wanted.size, 0.6 * wanted.noise)
    near = min(1e-5 * wanted.size + 2 * wanted.noise, 0.4 * (high - low))
    beside = np.flatnonzero((np.abs(up) < 0.1) & (heights > low) & (heights < high))
    shift = skin * (wanted.normals[beside] @ frame[:2].T)
    below = np.flatnonzero((np.abs(up) > 0.95) & (np.abs(heights - low) < near))
    above = np.flatnonzero((np.abs(up) > 0.95) & (np.abs(heights - high) < near))
    places = np.concatenate([flat[beside] - shift, flat[beside] + shift, flat[below], flat[above]])
    within = [np.ones(len(beside), bool), np.zeros(len(beside), bool), up[below] < 0, up[above] > 0]
    return _counted(places, np.concatenate(within), grid, signed, areas)


def _counted(
    places: Array,
    within: np.ndarray,
    grid: tuple[Array, Array],
    signed: tuple[WallLines, np.ndarray, np.ndarray],
    areas: np.ndarray,
) -> Array:
    """Count votes at places (n, 2) by area, those left out that lie across a wall of their cell."""
    (x, y), (bounds, keys, hashes) = grid, signed
    votes = np.zeros((int(areas.max()) + 1, 2))
    i, j = np.searchsorted(x, places[:, 0]) - 1, np.searchsorted(y, places[:, 1]) - 1
    sound = (i >= 0) & (i < len(x) - 1) & (j >= 0) & (j < len(y) - 1)
    cell = i[sound] * (len(y) - 1) + j[sound]
    same = _hash(bounds.sides(places[sound]), keys) == hashes[cell]
    np.add.at(votes, (areas[cell[same]], np.where(within[sound][same], 0, 1)), 1.0)
    return votes


def _labels(
    wanted: Wanted,
    frame: Array,
    centers: Array,
    heights: Array,
    areas: np.ndarray,
    votes: Array,
) -> np.ndarray:
    """Say of each cell whether it is inside, by votes and by a few winding numbers of its area."""
    order = np.argsort(areas, kind="stable")
    starts = np.searchsorted(areas[order], np.arange(len(votes)))
    counts = np.diff(np.append(starts, len(order)))
    unsure = np.flatnonzero((votes.max(axis=1) < 6) | (votes.min(axis=1) > 0.15 * votes.max(1)))
    share = (votes[:, 0] - votes[:, 1]) / np.maximum(votes.sum(axis=1), 1)
    if len(unsure):
        steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
        within = (starts[unsure, None] + steps * counts[unsure, None]).astype(np.int64)
        cells = order[within.reshape(-1)]
        places = _world(frame, centers[cells], heights[cells])
        mean = 2 * _mean(wanted.winding.at(places), wanted, places) - 1
        trust = np.minimum(votes[unsure].sum(axis=1), 6) / 6
        share[unsure] = np.clip(mean, -1, 1) + 1.5 * trust * share[unsure]
    return (share > 0)[areas]


def _mean(winds: Array, wanted: Wanted, places: Array) -> Array:
    """The mean winding number of each area, only of places that were seen if some were."""
    winds = winds.reshape(-1, _SAMPLES)
    if wanted.opened is None:
        return winds.mean(axis=1)
    seen = ~wanted.opened.beyond(places).reshape(-1, _SAMPLES)
    seen |= ~seen.any(axis=1, keepdims=True)
    return (winds * seen).sum(axis=1) / seen.sum(axis=1)
