"""What a cloud says about the part that is wanted: its planes, its cylinders, and its inside."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.fitting.faces import Cylinder, Flat
from cadcomplete.fitting.noisy import noise_of, noisy_surfaces
from cadcomplete.fitting.opening import Opening, closed, opening
from cadcomplete.fitting.straightening import straightened
from cadcomplete.fitting.surfaces import surfaces
from cadcomplete.fitting.winding import Winding
from cadcomplete.geometry import Array
from cadcomplete.kernel.cloud import PointCloud
from cadcomplete.operations import Operation

LEAST = 16
"""Points that a cloud must have."""

_VOLUME = 8192  # queries in the box of the part
_MARGIN = 0.06  # of its size, around that box
_SKIN = 1.5e-3  # how far from the surface the other queries are, as a share of the size


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The part that is wanted, as far as a cloud shows it; all in millimetres.

    Attributes:
        points, normals: of its surface, shape (n, 3).
        size: the longest side of its box.
        flats, cylinders: what its faces lie on, those with most points first.
        winding: about 1 inside of it, about 0 outside.
        queries: points in space, shape (q, 3): some spread out, some close to the surface.
        inside: whether each query is in the part, shape (q,).
        weight: how much each query counts, shape (q,); inside they sum up to 1.
        noise: how far points are off their faces; 0 for a cloud that was computed.
        opened: beyond which nothing was seen; of a scan only.
        memo: itself put where histories are, by their operations; of a scan only.
    """

    points: Array
    normals: Array
    size: float
    flats: tuple[Flat, ...]
    cylinders: tuple[Cylinder, ...]
    winding: Winding
    queries: Array
    inside: np.ndarray
    weight: Array
    noise: float = 0.0
    opened: Opening | None = None
    memo: dict[tuple[Operation, ...], Wanted] = field(default_factory=dict, repr=False)

    @property
    def box(self) -> tuple[Array, Array]:
        """The lowest and the highest corner."""
        return self.points.min(axis=0), self.points.max(axis=0)


def wanted(cloud: PointCloud) -> Wanted:
    """Look at a cloud once, for all proposals.

    Raises GeometryError for a cloud that is no surface around something: too few points, points
    that are no numbers, all in a plane, or normals that point nowhere.
    """
    points, normals, size = _checked(cloud)
    clean = surfaces(points, normals, size)
    if clean is not None:
        return _looked_at(points, normals, size, *clean, 0.0)
    points, normals = straightened(points, normals)
    return of_scan(points, normals, size, noise_of(points, normals, size))


def of_scan(points: Array, normals: Array, size: float, noise: float) -> Wanted:
    """Look at a scan that is straight, with the noise that it has."""
    return _looked_at(points, normals, size, *noisy_surfaces(points, normals, size, noise), noise)


def _looked_at(
    points: Array,
    normals: Array,
    size: float,
    flats: tuple[Flat, ...],
    rounds: tuple[Cylinder, ...],
    noise: float,
) -> Wanted:
    opened = opening(points, normals) if noise else None
    winds = closed(points, normals, opened)
    queries, inside, weight = _queries(points, normals, size, (winds, opened), noise)
    return Wanted(
        points, normals, size, flats, rounds, winds, queries, inside, weight, noise, opened
    )


def _checked(cloud: PointCloud) -> tuple[Array, Array, float]:
    points = np.asarray(cloud.millimetres, dtype=np.float64)
    normals = np.asarray(cloud.normals, dtype=np.float64)
    if points.ndim != 2 or points.shape != normals.shape or len(points) < LEAST:
        raise GeometryError(f"a cloud of at least {LEAST} points with normals, not {points.shape}")
    lengths = np.linalg.norm(normals, axis=1)
    good = np.isfinite(points).all(axis=1) & (lengths > 1e-6) & np.isfinite(lengths)
    if good.mean() < 0.5:
        raise GeometryError("most points of the cloud have no place or no normal")
    points, normals = points[good], normals[good] / lengths[good, None]
    size = float(np.ptp(points, axis=0).max())
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if not size > 0 or spread[2] < 1e-6 * spread[0]:
        raise GeometryError("the points of the cloud all lie in a plane: no part has that surface")
    return points, normals, size


def _queries(
    points: Array,
    normals: Array,
    size: float,
    seen: tuple[Winding, Opening | None],
    noise: float,
) -> tuple[Array, np.ndarray, Array]:
    """Points in space, whether they are inside, and how much they count."""
    winds, opened = seen
    # Beyond a scan there may be more of the part, and who knows on which side.
    margin = _MARGIN * size if opened or not noise else 0.0
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    volume = low + np.random.default_rng(0).random((_VOLUME, 3)) * (high - low)
    number = winds.at(volume)
    beyond = 0.95 * margin
    outside = ((volume < low + beyond) | (volume > high - beyond)).any(axis=1) & (margin > 0)
    number[outside] = 0.0
    sure, within = np.clip(np.abs(2 * number - 1), 0.0, 1.0), number > 0.5
    if opened is not None:
        sure[opened.beyond(volume)] = 0.0
    skin = max(_SKIN * size, 2.5 * noise)
    queries = np.concatenate([volume, points - skin * normals, points + skin * normals])
    inside = np.zeros(len(queries), dtype=bool)
    inside[:_VOLUME] = within
    inside[_VOLUME : _VOLUME + len(points)] = True
    weight = np.empty(len(queries))
    weight[:_VOLUME] = sure / max(float(sure[within].sum()), 0.02 * _VOLUME) / 2
    weight[_VOLUME:] = 0.5 / len(points)
    return queries, inside, weight
