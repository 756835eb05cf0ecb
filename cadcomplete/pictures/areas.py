"""Areas of a picture that edges enclose: where a face of the part is seen, or all of the part.

Places are pixels, x to the right and y down, (0, 0) the upper left corner of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cadcomplete.fitting.flat.labels import connected
from cadcomplete.fitting.flat.outlines import paths
from cadcomplete.history.geometry import Array
from cadcomplete.pictures.seen import Seen

_LEAST = 0.02  # share of the part that an area covers
_HOLE = 12  # places around a hole, at least
_MOST = 6  # areas
_FLAT = 0.02  # by how much the colour of a face changes from pixel to pixel
_DRAWN = 0.5  # share of a part with the colour of the paper: that is no hole, but all is
_REACH = 4.0  # pixels to the edge that bounds an area
_STEPS = 240  # places around an area


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """An area that edges enclose.

    Attributes:
        outer: places around it, one after the other, shape (n, 2).
        inner: the same around each of its holes.
        share: how much of the part it covers, 0 to 1.
    """

    outer: Array
    inner: tuple[Array, ...]
    share: float


def areas(seen: Seen) -> list[Area]:
    """Return the areas of a picture, the part as a whole first, then the largest."""
    down, right = (np.abs(step).max(axis=2) for step in np.gradient(seen.colours, axis=(0, 1)))
    flat = seen.part & ~seen.edges & (np.maximum(down, right) < _FLAT)
    paper = seen.open if seen.open.sum() < _DRAWN * seen.part.sum() else np.zeros_like(seen.open)
    labels = connected(np.where(flat & ~paper, 2, flat))
    counts = np.bincount(labels[flat & ~paper], minlength=1)
    whole = int(seen.part.sum())
    large = [i for i in np.argsort(-counts, kind="stable").tolist() if counts[i] > _LEAST * whole]
    rows, columns = np.nonzero(seen.edges)
    edges = np.stack([columns, rows], axis=1).astype(np.float64) + 0.5
    masks = [seen.part & ~paper, *(labels == i for i in large[:_MOST])]
    return [area for mask in masks if (area := _area(mask, edges, whole)) is not None]


def _area(mask: np.ndarray, edges: Array, whole: int) -> Area | None:
    found = []
    for path in paths(mask):
        if len(path) >= _HOLE:
            corners = np.array([edge[0] for edge in path], dtype=np.float64)[:, ::-1]
            found.append(_on_edges(corners, edges))
    found = [around for around in found if len(around) >= _HOLE // 2]
    if not found:
        return None
    found.sort(key=lambda around: -float(np.prod(np.ptp(around, axis=0))))
    return Area(found[0], tuple(found[1:]), float(mask.sum()) / max(1, whole))


def _on_edges(places: Array, edges: Array) -> Array:
    """Places once more, each on the nearest edge; without those that have none."""
    places = places[:: max(1, len(places) // _STEPS)]
    low, high = places.min(axis=0) - _REACH, places.max(axis=0) + _REACH
    edges = edges[((edges >= low) & (edges <= high)).all(axis=1)]
    if not len(edges):
        return np.zeros((0, 2))
    apart = np.abs(places[:, None, 0] - edges[:, 0]) ** 2
    apart += np.abs(places[:, None, 1] - edges[:, 1]) ** 2
    nearest = apart.argmin(axis=1)
    found = edges[nearest[apart[np.arange(len(places)), nearest] < _REACH**2]]
    if len(found) < 2:
        return found
    return np.asarray(found[(found != np.roll(found, 1, axis=0)).any(axis=1)], dtype=np.float64)
