"""What a scanner would have seen of a part: a cloud with noise, a hole, and out of place."""

from __future__ import annotations

import hashlib

import numpy as np

from cadcomplete.clouds.cloud import PointCloud, normalize
from cadcomplete.history.geometry import Array

NOISE, MISSING, DEGREES, SCALE, NORMALS = 0.005, 1 / 3, 1.0, 0.01, 5.0
"""Noise as a share of the longest side, the share of points that are missing, by how much the
part is turned, and too large or too small, and by how many degrees normals are off."""


def scanned(cloud: PointCloud, *, name: str, seed: int = 0) -> PointCloud:
    """Return a cloud as if scanned: the same for a part's name and a seed.

    Points are off by Gaussian noise of 0.5 % of the longest side, normals by about 5 degrees;
    the third of the points that lies farthest in some direction is missing; what is left is
    turned by 1 degree about some axis through the centre, and 1 % too large or too small.
    """
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    points, normals = cloud.millimetres, cloud.normals
    size = float(np.ptp(points, axis=0).max())
    center = (points.min(axis=0) + points.max(axis=0)) / 2

    height = points @ _direction(random)
    kept = height <= np.quantile(height, 1 - MISSING)
    points, normals = points[kept], normals[kept]
    points = points + random.normal(0.0, NOISE * size, points.shape)
    normals = normals + random.normal(0.0, np.radians(NORMALS) / np.sqrt(2), normals.shape)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)

    turn = _rotation(_direction(random), np.radians(DEGREES))
    factor = 1 + SCALE * random.choice((-1.0, 1.0))
    points = center + factor * (points - center) @ turn.T
    return PointCloud(*_framed(points, normals @ turn.T))


def _framed(points: Array, normals: Array) -> tuple[Array, Array, Array, float]:
    placed, center, scale = normalize(points)
    return placed, normals, center, scale


def _direction(random: np.random.Generator) -> Array:
    """A unit vector, all directions alike."""
    vector = random.normal(size=3)
    return vector / np.linalg.norm(vector)


def _rotation(axis: Array, angle: float) -> Array:
    """The matrix that turns about a unit axis (Rodrigues), shape (3, 3)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
