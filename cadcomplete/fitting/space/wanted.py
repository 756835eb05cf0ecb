"""What a cloud says about the part that is wanted: its planes, its cylinders, and its inside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.errors import GeometryError
from cadcomplete.fitting.faces.faces import Cylinder, Flat
from cadcomplete.fitting.faces.surfaces import surfaces
from cadcomplete.fitting.scan.ends import ROUND, unseen_ends
from cadcomplete.fitting.scan.noisy import noise_of, noisy_surfaces
from cadcomplete.fitting.scan.opening import Opening, closed, opening
from cadcomplete.fitting.scan.snapping import snapped
from cadcomplete.fitting.scan.straightening import straightened, upright
from cadcomplete.fitting.scan.symmetry import completed
from cadcomplete.fitting.space.winding import Winding
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import Operation

LEAST = 16
"""Points that a cloud must have."""

VOLUME = 8192  # queries in the box of the part
_MIRRORS = 2  # by which what was not seen of a scan is completed
_TURNS = 2  # times that a scan is put on its own faces
_MARGIN = 0.06  # of its size, around that box
_CLOSE, _LOOSE = 0.6, 2.5  # the same of a scan in standard deviations, on faces and elsewhere
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
        scan: points and normals as they were before they were put on faces; of a scan only.
        seen: how many of the points were; those after them are mirror images; None for all.
        settled: the operations on whose faces it was put; of a scan only, None before that.
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
    scan: tuple[Array, Array] | None = None
    seen: int | None = None
    settled: tuple[Operation, ...] | None = None

    @property
    def spacing(self) -> float:
        """The mean distance of neighbouring points."""
        return float(np.sqrt(self.winding.area / len(self.points)))

    @property
    def box(self) -> tuple[Array, Array]:
        """The lowest and the highest corner, shape (3,), also of what was not seen but must be."""
        if not self.noise:
            return self.points.min(axis=0), self.points.max(axis=0)
        corners = [*_box(self.points, self.cylinders)]
        for flat in self.flats:
            if flat.span is None:
                across = np.abs(flat.normal) > 0.5
                corners.append(np.where(across, flat.offset * np.array(flat.normal), corners[0]))
        return np.min(corners, axis=0), np.max(corners, axis=0)


def wanted(cloud: PointCloud) -> Wanted:
    """Look at a cloud once, for all proposals.

    Raises GeometryError for a cloud that is no surface around something: too few points, points
    that are no numbers, all in a plane, or normals that point nowhere.
    """
    points, normals, size = _checked(cloud)
    # Of estimated normals those beside edges are wrong: such a cloud is taken as a scan.
    clean = None if cloud.estimated else surfaces(points, normals, size)
    if clean is not None:
        return _looked_at(points, normals, size, *clean, 0.0)
    points, normals = straightened(points, normals)
    for _ in range(_TURNS):
        noise = noise_of(points, normals, size)
        faces = noisy_surfaces(points, normals, size, noise)
        points, normals = upright(points, normals, faces, size, noise)
    return of_scan(points, normals, size, noise_of(points, normals, size))


def of_scan(points: Array, normals: Array, size: float, noise: float) -> Wanted:
    """Look at a scan that is straight, with the noise that it has.

    Points and unit normals are (n, 3); lengths are in mm.
    """
    seen = points, normals
    faces, opened = noisy_surfaces(points, normals, size, noise), opening(points, normals)
    for _ in range(_MIRRORS):
        if opened is None:
            break
        count = len(points)
        points, normals = completed(points, normals, faces, opened, noise)
        if len(points) == count:
            break
        faces, opened = noisy_surfaces(points, normals, size, noise), opening(points, normals)
    found = _looked_at(points, normals, size, *faces, noise, opened)
    return replace(found, scan=seen, seen=len(seen[0]))


def _looked_at(
    points: Array,
    normals: Array,
    size: float,
    flats: tuple[Flat, ...],
    rounds: tuple[Cylinder, ...],
    noise: float,
    opened: Opening | None = None,
) -> Wanted:
    skin = np.full(len(points), _SKIN * size)
    if noise:
        points, normals, known = snapped(points, normals, flats, rounds, noise)
        skin = np.maximum(skin, np.where(known, _CLOSE, _LOOSE) * noise)
        if opened is not None:
            flats = (*flats, *unseen_ends(points, flats, rounds, opened, noise))
    winds = closed(points, normals, opened)
    queries, inside, weight = _queries(
        points, skin[:, None] * normals, size, (winds, opened), rounds if noise else (), noise
    )
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


def _box(points: Array, rounds: tuple[Cylinder, ...]) -> tuple[Array, Array]:
    corners = [points.min(axis=0), points.max(axis=0)]
    for cylinder in rounds:
        if cylinder.turn > ROUND:
            reach = cylinder.radius * (np.abs(cylinder.axis) < 0.5)
            along = points.mean(axis=0) * (np.abs(cylinder.axis) >= 0.5)
            corners += [along + cylinder.center - reach, along + cylinder.center + reach]
    return np.min(corners, axis=0), np.max(corners, axis=0)


def _queries(
    points: Array,
    skin: Array,
    size: float,
    seen: tuple[Winding, Opening | None],
    rounds: tuple[Cylinder, ...],
    noise: float,
) -> tuple[Array, np.ndarray, Array]:
    """Points in space, whether they are inside, and how much they count.

    Those after the first `VOLUME` lie `skin`, (n, 3), to both sides of the surface.
    """
    winds, opened = seen
    # Beyond a scan there may be more of the part, and who knows on which side.
    margin = _MARGIN * size if opened or not noise else 0.0
    low, high = _box(points, rounds)
    low, high = low - margin, high + margin
    volume = low + np.random.default_rng(0).random((VOLUME, 3)) * (high - low)
    number = winds.at(volume)
    beyond = 0.95 * margin
    outside = ((volume < low + beyond) | (volume > high - beyond)).any(axis=1) & (margin > 0)
    number[outside] = 0.0
    sure, within = np.clip(np.abs(2 * number - 1), 0.0, 1.0), number > 0.5
    if opened is not None:
        sure[opened.beyond(volume)] = 0.0
    queries = np.concatenate([volume, points - skin, points + skin])
    inside = np.zeros(len(queries), dtype=bool)
    inside[:VOLUME] = within
    inside[VOLUME : VOLUME + len(points)] = True
    weight = np.empty(len(queries))
    weight[:VOLUME] = sure / max(float(sure[within].sum()), 0.02 * VOLUME) / 2
    weight[VOLUME:] = 0.5 / len(points)
    return queries, inside, weight
