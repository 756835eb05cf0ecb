"""Outlines traced from a scan itself, as polygons: for sections whose walls were not all found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cadcomplete.fitting.flat.areas import SectionRegion
from cadcomplete.fitting.flat.labels import connected
from cadcomplete.fitting.flat.outlines import Edge, paths
from cadcomplete.fitting.space.wanted import Wanted
from cadcomplete.history.curves import Line
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Boolean, Loop

_CELLS = 64  # along the longer side
_OFF = 0.006  # how far lines may be off what was traced, as a share of the size
_THIN = 2.5  # mean distances of points, up to which a layer counts as thin
_LEAST = 60  # points on both sides of a thin layer
_SMALL = 0.02  # of the area: parts that are left out


def traced(wanted: Wanted, frame: Array, low: float, high: float) -> Iterator[SectionRegion]:
    """Yield the outlines of a layer between two heights along the third axis of a frame.

    `frame` is (3, 3), its rows the axes; heights are in mm.
    """
    flat = wanted.points @ frame[:2].T
    corner, size = flat.min(axis=0), np.ptp(flat, axis=0)
    step = float(size.max()) / _CELLS
    x, y = (
        c - 1.5 * step + step * np.arange(int(s / step) + 4)
        for c, s in zip(corner, size, strict=True)
    )
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), 2)
    field = _field(wanted, frame, grid, low, high)
    field[[0, -1]] = field[:, [0, -1]] = 0.0
    mask = field > 0.5
    label = connected(mask.astype(np.int64))
    counts = np.bincount(label[mask]) if mask.any() else np.zeros(0, np.int64)
    for number in np.argsort(-counts, kind="stable")[:3]:
        if counts[number] > _SMALL * mask.sum() and counts[number] > 4:
            loops = _loops(label == number, field, x, y, _OFF * wanted.size)
            if loops:
                yield SectionRegion(tuple(loops), Boolean.JOIN, "traced")


def _field(wanted: Wanted, frame: Array, grid: Array, low: float, high: float) -> Array:
    """About 1 inside of the part and 0 outside, at places of a layer, shape (n, m)."""
    if high - low < _THIN * wanted.spacing:
        up, heights = wanted.normals @ frame[2], wanted.points @ frame[2]
        near = 2.5 * wanted.noise
        caps = ((up > 0.9) & (np.abs(heights - high) < near)) | (
            (up < -0.9) & (np.abs(heights - low) < near)
        )
        if caps.sum() >= _LEAST:
            return _density(wanted.points[caps] @ frame[:2].T, grid, wanted.spacing)
    total = np.zeros(grid.shape[:2])
    for share in (0.25, 0.5, 0.75):
        at = grid.reshape(-1, 2) @ frame[:2] + (low + share * (high - low)) * frame[2]
        total += wanted.winding.at(at).reshape(total.shape)
    return total / 3


def _density(points: Array, grid: Array, spacing: float) -> Array:
    """How densely points lie around each place, to how densely they lie around each other."""
    width = 2 * (0.8 * spacing) ** 2

    def around(places: Array) -> Array:
        """How many points there are around each place (m, 2), near ones counting more; (m,)."""
        squared = ((places[:, None] - points[None]) ** 2).sum(axis=2)
        total: Array = np.exp(-squared / width).sum(axis=1)
        return total

    usual = float(np.median(around(points))) - 1.0  # without themselves
    flat = grid.reshape(-1, 2)
    parts = [around(part) for part in np.array_split(flat, max(1, len(flat) // 1000))]
    return np.concatenate(parts).reshape(grid.shape[:2]) / max(usual, 1e-9)


def _loops(area: np.ndarray, field: Array, x: Array, y: Array, off: float) -> list[Loop]:
    loops: list[Loop] = []
    for path in paths(area):
        corners = _simplified(np.array([_crossing(edge, field, x, y) for edge in path]), off)
        if len(corners) >= 3:
            places = [(round(a, 6) + 0.0, round(b, 6) + 0.0) for a, b in corners.tolist()]
            lines = zip(places, places[1:] + places[:1], strict=True)
            loops.append(Loop(tuple(Line(a, b) for a, b in lines if a != b)))
    loops.sort(key=lambda loop: -abs(loop.area))
    return loops


def _crossing(edge: Edge, field: Array, x: Array, y: Array) -> tuple[float, float]:
    """Where the field is one half, between a place inside and its neighbour outside."""
    (i, j), (k, m) = edge[2], edge[3]
    inner, outer = float(field[i, j]), float(field[k, m])
    share = min(max((inner - 0.5) / max(inner - outer, 1e-9), 0.0), 1.0)
    return (
        float(x[i] + share * (x[k] - x[i])),
        float(y[j] + share * (y[m] - y[j])),
    )


def _simplified(points: Array, off: float) -> Array:
    """A closed polygon with fewer corners, none of the others farther off (Douglas, Peucker)."""
    if len(points) < 4:
        return points
    far = int(((points - points[0]) ** 2).sum(axis=1).argmax())
    there, back = points[: far + 1], np.concatenate([points[far:], points[:1]])
    return np.concatenate([_thinned(there, off)[:-1], _thinned(back, off)[:-1]])


def _thinned(points: Array, off: float) -> Array:
    kept, stack = np.zeros(len(points), dtype=bool), [(0, len(points) - 1)]
    kept[[0, -1]] = True
    while stack:
        start, end = stack.pop()
        if end - start < 2:
            continue
        along = points[end] - points[start]
        to = points[start + 1 : end] - points[start]
        length = max(float(np.hypot(*along)), 1e-12)
        distance = np.abs(to[:, 0] * along[1] - to[:, 1] * along[0]) / length
        best = int(distance.argmax())
        if distance[best] > off:
            middle = start + 1 + best
            kept[middle] = True
            stack += [(start, middle), (middle, end)]
    return points[kept]
