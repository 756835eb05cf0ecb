"""Small cylinders that have few points: less than one for each of their strips."""

from __future__ import annotations

import numpy as np

from cadcomplete.fitting.faces.faces import Cylinder, box_of, rounded, vec3
from cadcomplete.fitting.faces.rounds import across
from cadcomplete.history.geometry import Array

_LEAST = 5
_NEIGHBOURS = 10


def sparse_cylinders(
    points: Array, normals: Array, left: np.ndarray, axis: Array, size: float
) -> list[tuple[Cylinder, np.ndarray]]:
    """Return cylinders along an axis through the points that are left, and the points of each.

    Points and unit normals are (n, 3), in mm, `left` is (n,) of bool, `axis` a unit vector (3,),
    `size` the longest side of the part; the points of a cylinder are indices, shape (k,).
    """
    chosen = np.flatnonzero(left & (np.abs(normals @ axis) < 3e-3))
    frame, result = across(axis), []
    while len(chosen) >= _LEAST:
        flat, turned = points[chosen] @ frame.T, normals[chosen] @ frame.T
        best = _best(flat, turned, size)
        if best is None:
            break
        guess, members = best
        cylinder = _cylinder(points[chosen[members]], guess, frame, axis, size, turned[members])
        result.append((cylinder, chosen[members]))
        chosen = np.delete(chosen, members)
    return result


def _best(flat: Array, normals: Array, size: float) -> tuple[Array, np.ndarray] | None:
    """The circle that most points lie on, as x, y, radius and ±1, and these points."""
    best: tuple[Array, np.ndarray] | None = None
    for number in range(0, len(flat), max(1, len(flat) // 40)):
        near = np.argsort(((flat - flat[number]) ** 2).sum(1), kind="stable")[:_NEIGHBOURS]
        for sign in (1.0, -1.0):
            guess = _fit(flat[near], normals[near], sign)
            if guess is None:
                guess = _fit(flat[near[:5]], normals[near[:5]], sign)
            if guess is None or not 1e-4 * size < guess[2] < size:
                continue
            members = _on(flat, normals, guess, size)
            if len(members) < _LEAST or (best is not None and len(members) <= len(best[1])):
                continue
            again = _fit(flat[members], normals[members], sign)
            if again is not None and _turned(normals[members]):
                best = again, members
    return best


def _fit(flat: Array, normals: Array, sign: float) -> Array | None:
    """The circle whose tangents lie at the points: normal · (point - center) = ± radius."""
    system = np.column_stack([normals, np.full(len(flat), sign)])
    solved, _, rank, _ = np.linalg.lstsq(system, (flat * normals).sum(1), rcond=1e-3)
    return np.array([*solved, sign]) if rank == 3 and solved[2] > 0 else None


def _on(flat: Array, normals: Array, guess: Array, size: float) -> np.ndarray:
    to = flat - guess[:2]
    distance = np.linalg.norm(to, axis=1)
    near = min(3e-4 * size, 0.02 * guess[2])
    agrees = (to * normals).sum(1) * guess[3] > 0.99 * distance
    inner = np.abs((to * normals).sum(1) * guess[3] - guess[2]) < near
    return np.flatnonzero(agrees & inner & (distance < 1.01 * guess[2] + near))


def _turned(normals: Array) -> bool:
    """Whether the normals point in enough directions to be sure of a circle."""
    return len(np.unique(np.round(np.arctan2(normals[:, 1], normals[:, 0]) / 0.1))) >= 4


def _cylinder(
    points: Array, guess: Array, frame: Array, axis: Array, size: float, normals: Array
) -> Cylinder:
    place = [rounded(value, 5e-5 * size) for value in guess[:2] @ frame]
    largest = float(np.linalg.norm(points @ frame.T - guess[:2], axis=1).max())
    angles = np.sort(np.arctan2(normals[:, 1], normals[:, 0]))
    gap = float(np.append(np.diff(angles), angles[0] + 2 * np.pi - angles[-1]).max())
    spread = 2 * np.pi / len(points)
    turn = 1.0 if gap < 5 * spread and gap < 2.4 else 1 - gap / (2 * np.pi)
    radius = rounded(max(largest, float(guess[2]) * 1.0014), min(1e-4 * size, 5e-3 * largest))
    return Cylinder(
        vec3(axis),
        vec3(np.array(place)),
        radius,
        bool(guess[3] > 0),
        len(points),
        box_of(points),
        turn,
    )
