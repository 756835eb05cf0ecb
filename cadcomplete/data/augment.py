"""Variants of a part to learn from: turned, mirrored, or of another size."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cadcomplete.clouds.cloud import PointCloud
from cadcomplete.data.draws import draws
from cadcomplete.data.samples import hash64
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.symmetry import Symmetry, move, symmetries


def move_cloud(cloud: PointCloud, symmetry: Symmetry) -> PointCloud:
    """Return the cloud of the moved part, in its own frame again."""
    points, normals, center = map(symmetry.apply_all, (cloud.points, cloud.normals, cloud.center))
    return PointCloud(points, normals, center, cloud.scale)


SCALES = (0.2, 0.25, 0.4, 0.5, 2.0, 2.5, 4.0, 5.0)
"""Factors that make round dimensions of round ones."""


def scale_cloud(cloud: PointCloud, factor: float) -> PointCloud:
    """Return the cloud of the scaled part, in its own frame again."""
    return PointCloud(cloud.points, cloud.normals, cloud.center * factor, cloud.scale * factor)


def variant_scale(id: str, number: int, *, seed: int, share: float) -> float:
    """Return how many times as large variant `number` of a part is: 1 but for a share of them."""
    random = np.random.default_rng([seed, 7, number, *id.encode()])
    if number == 0 or random.random() >= share:
        return 1.0
    return SCALES[random.integers(len(SCALES))]


def variant_symmetries(
    keys: ArrayLike, numbers: ArrayLike, *, seed: int, upright: float
) -> np.ndarray:
    """Return how variants of parts are moved, as numbers of `symmetries`; 0 is as it was drawn.

    `keys` are hashes of the parts' ids. The same numbers always give the same. Variant 0 is the
    part itself, and so is a share `upright` of the others.
    """
    moved, which = (draws(keys, numbers, seed=seed, stream=n) for n in (7, 8))
    turned = (np.asarray(numbers) > 0) & (moved >= upright)
    return np.where(turned, 1 + (which * (len(symmetries()) - 1)).astype(int), 0)


def variant_symmetry(id: str, number: int, *, seed: int, upright: float) -> Symmetry | None:
    """Return how a variant of a part is moved, or None if it is the part as it was drawn."""
    (which,) = variant_symmetries(hash64(id), number, seed=seed, upright=upright).tolist()
    return symmetries()[which] if which else None


def variant(sequence: CadSequence, number: int, *, seed: int, upright: float) -> CadSequence:
    """Return variant `number` of a part: moved as `variant_symmetry` says."""
    symmetry = variant_symmetry(sequence.id, number, seed=seed, upright=upright)
    return sequence if symmetry is None else move(sequence, symmetry)
