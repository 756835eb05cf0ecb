"""Faces that a scan does not show: where a part may end that goes on beyond what was seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cadcomplete.fitting.faces.faces import Cylinder, Flat, vec3
from cadcomplete.fitting.scan.opening import Opening
from cadcomplete.history.geometry import Array

ROUND = 0.55  # of a full turn, above which a cylinder is taken for a whole one
TOWARDS = 0.3  # how much of an axis the direction has in which nothing was seen
_BEYOND = 0.2  # how far a part goes on if nothing speaks for another end, as a share
_MOST = 1.0  # and at most
_CLOSE = 0.02  # of the size: what ends so close to the end of what was seen closes it
_POINTS = 2  # that such a face is said to have


def unseen_ends(
    points: Array,
    flats: Sequence[Flat],
    rounds: Sequence[Cylinder],
    opened: Opening,
    noise: float,
) -> list[Flat]:
    """Return a face across each axis along which the part is open.

    The points are (n, 3), in mm as `noise` is. The face lies at the origin or as far from it as
    the other end, as designers draw, where that is beyond what was seen; or else a little beyond.
    """
    size = float(np.ptp(points, axis=0).max())
    found: list[Flat] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            direction = sign * np.eye(3)[axis]
            if opened.normal @ direction < TOWARDS:
                continue
            low, high = np.quantile(points @ direction, [0.002, 0.998]).tolist()
            reach = high - _CLOSE * size - 2 * noise
            closed = any(f.offset > reach for f in flats if np.dot(f.normal, direction) > 0.99)
            closed |= any(_end(c, direction) > reach for c in rounds if c.turn > ROUND)
            if not closed:
                offset = _offset(low, high, noise)
                found.append(Flat(vec3(direction), offset, _POINTS))
    return found


def _end(cylinder: Cylinder, direction: Array) -> float:
    """How far a cylinder reaches across its axis; along it, nowhere."""
    if abs(np.dot(cylinder.axis, direction)) > 0.01:
        return -np.inf
    return float(np.dot(cylinder.center, direction)) + cylinder.radius


def _offset(low: float, high: float, noise: float) -> float:
    most = high + _MOST * (high - low)
    for offset in (0.0, -low):
        if high + 2 * noise < offset < most:
            return offset
    return high + _BEYOND * (high - low)
