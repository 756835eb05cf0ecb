"""Points of a scan put on the faces that they belong to: thin walls are not lost in noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cadcomplete.fitting.faces.faces import Cylinder, Flat
from cadcomplete.fitting.scan.noisy import FACING
from cadcomplete.history.geometry import Array

_NEAR = 3.2  # how far off a face its points may be, in standard deviations
_TURN = 4.0  # what a normal that is off by the largest angle counts, in the same


def snapped(
    points: Array, normals: Array, flats: Sequence[Flat], rounds: Sequence[Cylinder], noise: float
) -> tuple[Array, Array, np.ndarray]:
    """Return points and normals (n, 3) on the faces closest to them, and which have one, (n,).

    A face has to look the same way. Points that belong to no face stay as they are.
    """
    best = np.full(len(points), _NEAR + _TURN)
    places, facing = points.copy(), normals.copy()
    found = np.zeros(len(points), dtype=bool)
    for face in (*flats, *rounds):
        if face.span is None:
            continue
        off, outward = _off(points, face)
        agree = (normals * outward).sum(axis=1)
        cost = np.abs(off) / noise + _TURN * (1 - agree) / (1 - FACING)
        low, high = np.array(face.span)
        inside = ((points > low - 6 * noise) & (points < high + 6 * noise)).all(axis=1)
        better = inside & (np.abs(off) < _NEAR * noise) & (agree > FACING) & (cost < best)
        best[better] = cost[better]
        places[better] = (points - off[:, None] * outward)[better]
        facing[better] = outward[better]
        found |= better
    return places, facing, found


def _off(points: Array, face: Flat | Cylinder) -> tuple[Array, Array]:
    """How far outside of a face points are, (n,), and where it faces there, (n, 3)."""
    if isinstance(face, Flat):
        normal = np.array(face.normal)
        return points @ normal - face.offset, np.broadcast_to(normal, points.shape)
    axis = np.array(face.axis)
    to = points - np.array(face.center)
    to = to - (to @ axis)[:, None] * axis
    length = np.maximum(np.linalg.norm(to, axis=1), 1e-12)
    sign = 1.0 if face.convex else -1.0
    return sign * (length - face.radius), sign * to / length[:, None]
