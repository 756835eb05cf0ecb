"""Where in a picture a body is: its scale and place, seen from one side or from many.

What is looked for are edges that fall on edges of the picture of the same direction, and an outline
that lies within that of the part. `s` is pixels per mm, `x` and `y` the pixel of the origin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.meshes.compiled import compiled
from cadcomplete.pictures.seen import SIZE, Seen
from cadcomplete.pictures.sides import Aspect

_FINER = 0.94  # from one scale to the next
_SCALES = 38
_STEP = 4  # pixels between places
_ROUGH, _FINE = 2.5, 1.0  # pixels that edges may be off, standard deviations
_POINTS = 56  # along edges, in the rough search
_KEPT = 10  # places that are looked at once more
_SMALL = 32.0  # pixels below which a body fits nearly anywhere
_OUTSIDE = 2.0  # how much the share counts of what lies outside of the part


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """How a picture shows a part: x = x0 + scale · right, y = y0 - scale · up, in pixels.

    Attributes:
        axes: to the right, up and to the viewer, shape (3, 3).
        scale: pixels per mm.
        x0, y0: where the origin is.
        score: the share of the edges that are where they should be, less what lies outside; more
            for a side from which parts are usually seen.
        share: the same without that.
    """

    axes: Array
    scale: float
    x0: float
    y0: float
    score: float = 0.0
    share: float = 0.0

    def pixels(self, points: Array) -> tuple[Array, Array]:
        """Return columns and rows of points (n, 2) across the direction of view, in mm."""
        return self.x0 + self.scale * points[:, 0], self.y0 - self.scale * points[:, 1]


def near(seen: Seen, deviation: float) -> Array:
    """Return how near each pixel is to an edge of each way, 1 on it; (WAYS, SIZE, SIZE)."""
    return np.exp(-(seen.away**2) / (2 * deviation**2))


def within(side: Aspect, seen: Seen, view: Shot) -> float:
    """Return which share of a body lies outside of the part in a picture."""
    rows, columns = np.nonzero(side.raster[::3, ::3] >= 0)
    if not len(rows):
        return 1.0
    middle = (side.low + side.high) / 2
    x = middle[0] + (columns * 3 + 0.5 - side.raster.shape[1] / 2) / side.finer
    y = middle[1] - (rows * 3 + 0.5 - side.raster.shape[0] / 2) / side.finer
    column, row = view.pixels(np.stack([x, y], axis=1))
    column, row = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
    inside = (column >= 0) & (row >= 0) & (column < SIZE) & (row < SIZE)
    hits = seen.part[np.clip(row, 0, SIZE - 1), np.clip(column, 0, SIZE - 1)] & inside
    return 1.0 - float(hits.mean())


def hits(side: Aspect, field: Array, view: Shot) -> Array:
    """Return how near each point of the edges of a body is to an edge of the picture, (n,)."""
    column, row = view.pixels(side.points)
    return lookup(field, side.ways, column - 0.5, row - 0.5)


def lookup(field: Array, ways: np.ndarray, x: Array, y: Array) -> Array:
    """Return a field (WAYS, SIZE, SIZE) between its pixels; 0 beyond the picture."""
    inside = (x > -0.5) & (y > -0.5) & (x < SIZE - 0.5) & (y < SIZE - 0.5)
    x, y = np.clip(x, 0, SIZE - 1.001), np.clip(y, 0, SIZE - 1.001)
    left, top = x.astype(np.int64), y.astype(np.int64)
    right, down = x - left, y - top
    flat, i = field.reshape(-1), (ways * SIZE + top) * SIZE + left
    upper = flat[i] * (1 - right) + flat[i + 1] * right
    lower = flat[i + SIZE] * (1 - right) + flat[i + SIZE + 1] * right
    return np.where(inside, upper * (1 - down) + lower * down, 0.0)


def judged(side: Aspect, seen: Seen, field: Array, view: Shot) -> Shot:
    """Return a view with its score."""
    share = hits(side, field, view) @ side.weights / max(float(side.weights.sum()), 1e-9)
    small = max(0.0, 1.0 - float((side.high - side.low).max()) * view.scale / _SMALL)
    return replace(view, score=float(share) - _OUTSIDE * within(side, seen, view) - small)


def filling(side: Aspect, seen: Seen) -> Shot:
    """Return the view in which a body fills the outline of the part in a picture."""
    left, top, right, bottom = seen.box
    size = np.maximum(side.high - side.low, 1e-9)
    scale = float(np.sqrt((right - left) * (bottom - top) / (size[0] * size[1])))
    middle = (side.low + side.high) / 2
    return _placed(side, scale, (left + right) / 2, (top + bottom) / 2, middle)


def _placed(side: Aspect, scale: float, x: float, y: float, middle: Array) -> Shot:
    return Shot(side.axes, scale, x - scale * middle[0], y + scale * middle[1])


def places(side: Aspect, seen: Seen, rough: Array, fine: Array, *, most: int = 4) -> list[Shot]:
    """Return the views in which a body fits a picture from one side, the best first."""
    if not len(side.points):
        return []
    found = [filling(side, seen)]
    table = roughly(side, seen, rough)
    corner = np.array([side.low[0], side.high[1]])
    for scale, x, y, _ in table[np.argsort(-table[:, 3], kind="stable")[:_KEPT]].tolist():
        if scale > 0:
            found.append(Shot(side.axes, scale, x - scale * corner[0], y + scale * corner[1]))
    found = [refined(side, seen, fine, view) for view in found]
    found.sort(key=lambda view: -view.score)
    kept: list[Shot] = []
    for view in found:
        if not any(_same(view, other, side) for other in kept):
            kept.append(view)
    return kept[:most]


def roughly(side: Aspect, seen: Seen, rough: Array, *, coarser: int = 1) -> Array:
    """Return good places of a body in a picture: rows of `scan_loops`, 0 for none.

    With `coarser` fewer scales, places and points are tried, each by that.
    """
    step = max(1, len(side.points) * coarser // _POINTS)
    left, top, right, bottom = seen.box
    size = np.maximum(side.high - side.low, 1e-9)
    largest = 1.04 * min((right - left + 2) / size[0], (bottom - top + 2) / size[1])
    weights = side.weights[::step]
    return _scan()(
        np.ascontiguousarray(side.points[::step] - np.array([side.low[0], side.high[1]])),
        side.ways[::step],
        weights / weights.sum(),
        rough,
        largest * _FINER ** np.arange(0, _SCALES, coarser),
        np.array([left, top, right, bottom], dtype=np.float64),
        size,
        float(_STEP * (1 + coarser) / 2),
    )


def _same(one: Shot, other: Shot, side: Aspect) -> bool:
    corners = np.stack([side.low, side.high])
    a, b = (np.stack(view.pixels(corners)) for view in (one, other))
    return bool(np.abs(a - b).max() < 3.0)


def refined(side: Aspect, seen: Seen, field: Array, view: Shot, *, rounds: int = 5) -> Shot:
    """Return a view with scale and place moved to where more edges fall on edges."""
    middle = (side.low + side.high) / 2
    reach = float((side.high - side.low).max()) / 2
    best, size = judged(side, seen, field, view), 1.5
    for _ in range(rounds):
        better = True
        while better:
            better = False
            x, y = (v[0] for v in best.pixels(middle[None]))
            for ds, dx, dy in _MOVES:
                scale = best.scale + ds * size / reach
                if scale <= 0:
                    continue
                moved = _placed(side, scale, x + dx * size, y + dy * size, middle)
                moved = judged(side, seen, field, moved)
                if moved.score > best.score + 1e-4:
                    best, better = moved, True
                    break
        size /= 2
    return best


_MOVES = ((0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1), (1, 0, 0), (-1, 0, 0))


@cache
def _scan() -> Callable[..., Array]:
    return compiled(scan_loops, scan_numpy)


def scan_loops(
    points: Array,
    ways: np.ndarray,
    weights: Array,
    field: Array,
    scales: Array,
    box: Array,
    size: Array,
    step: float,
) -> Array:
    """Return the best place for each scale and each quarter of the places: scale, x, y, share.

    `x` and `y` are the pixel of the corner above left, from which `points` are seen; `size` is that
    of the body in mm, `box` that of the part in pixels.
    """
    wide = field.shape[1]
    table = np.zeros((len(scales) * 4, 4))
    for i in range(len(scales)):
        scale = scales[i]
        slack_x = max(0.0, box[2] - box[0] - scale * size[0])
        slack_y = max(0.0, box[3] - box[1] - scale * size[1])
        across, down = int(slack_x / step) + 1, int(slack_y / step) + 1
        for b in range(down + 1):
            for a in range(across + 1):
                x = box[0] + slack_x * a / across
                y = box[1] + slack_y * b / down
                total = 0.0
                for n in range(len(points)):
                    column = int(x + scale * points[n, 0])
                    row = int(y - scale * points[n, 1])
                    if 0 <= column < wide and 0 <= row < wide:
                        total += weights[n] * field[ways[n], row, column]
                k = i * 4 + (2 if 2 * b > down else 0) + (1 if 2 * a > across else 0)
                if total > table[k, 3]:
                    table[k, 0], table[k, 1], table[k, 2], table[k, 3] = scale, x, y, total
    return table


def scan_numpy(
    points: Array,
    ways: np.ndarray,
    weights: Array,
    field: Array,
    scales: Array,
    box: Array,
    size: Array,
    step: float,
) -> Array:
    """The same without a compiler."""
    wide = field.shape[1]
    table = np.zeros((len(scales) * 4, 4))
    for i, scale in enumerate(scales.tolist()):
        slack = np.maximum(0.0, box[2:] - box[:2] - scale * size)
        across, down = (int(s / step) + 1 for s in slack)
        b, a = (v.reshape(-1) for v in np.mgrid[: down + 1, : across + 1])
        x, y = box[0] + slack[0] * a / across, box[1] + slack[1] * b / down
        column = (x[:, None] + scale * points[:, 0]).astype(np.int64)
        row = (y[:, None] - scale * points[:, 1]).astype(np.int64)
        inside = (column >= 0) & (row >= 0) & (column < wide) & (row < wide)
        at = field[ways, np.clip(row, 0, wide - 1), np.clip(column, 0, wide - 1)]
        total = np.where(inside, at, 0.0) @ weights
        quarter = 2 * (2 * b > down) + (2 * a > across)
        for q in range(4):
            of = np.flatnonzero(quarter == q)
            if len(of):
                best = of[np.argmax(total[of])]
                if total[best] > 0:
                    table[i * 4 + q] = scale, x[best], y[best], total[best]
    return table
