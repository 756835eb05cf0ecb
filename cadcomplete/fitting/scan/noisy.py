"""Planes and cylinders in a cloud that was scanned: points and normals are off."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from cadcomplete.fitting.faces.faces import Cylinder, Flat, vec3
from cadcomplete.fitting.faces.rounds import across
from cadcomplete.history.geometry import Array, Vec3

_STRAIGHT = math.cos(math.radians(6))  # the mean normal of a face
_ALIKE = math.cos(math.radians(8))  # normals of one face
FACING = math.cos(math.radians(18))
_LEAST = 12  # points of a face
Face = TypeVar("Face", Flat, Cylinder)
_TRIALS = 160
_MOST = 14  # cylinders, and slanted planes
_WIDTH = 0.01  # of a face that has not been looked at, as a share of the size


def noise_of(points: Array, normals: Array, size: float) -> float:
    """Return how far points are off the flat faces across the axes: a standard deviation.

    Points and unit normals are (n, 3); lengths are in mm.
    """
    widths: list[float] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            chosen = np.flatnonzero(sign * normals[:, axis] > FACING)
            for _, near in _peaks(points[chosen, axis], _WIDTH * size, 40)[:1]:
                values = points[chosen[near], axis]
                widths.append(1.48 * float(np.median(np.abs(values - np.median(values)))))
    return float(np.median(widths)) * 1.1 if widths else 0.005 * size


def noisy_surfaces(
    points: Array, normals: Array, size: float, noise: float
) -> tuple[tuple[Flat, ...], tuple[Cylinder, ...]]:
    """Return the planes and cylinders of a cloud that is straight, with the noise it has.

    Points and unit normals are (n, 3); lengths are in mm.
    """
    least = max(_LEAST, int(0.004 * len(points)))
    free = np.ones(len(points), dtype=bool)
    straight = _straight(points, normals, np.ones(len(points), bool), noise, least)
    for _, members in straight:
        if len(members) > 4 * least:
            free[members] = False
    rounds, slanted = _others(points, normals, free, size, noise, least)
    on_rounds = np.zeros(len(points), dtype=bool)
    for _, members in rounds:
        on_rounds[members] = True
    flats = [f for f, _ in _straight(points, normals, ~on_rounds, noise, least)] + slanted
    return _once(flats, noise), _once([cylinder for cylinder, _ in rounds], noise)


def _once(found: list[Face], noise: float) -> tuple[Face, ...]:
    """Faces without those that are, but for noise, the same as one with more points."""
    kept: list[Face] = []
    for face in sorted(found, key=lambda face: -face.points):
        if not any(_same(face, other, noise) for other in kept):
            kept.append(face)
    return tuple(kept)


def _same(one: Flat | Cylinder, other: Flat | Cylinder, noise: float) -> bool:
    """Whether two faces of one kind lie, where they have points, on the same surface."""
    if isinstance(one, Cylinder) and isinstance(other, Cylinder):
        apart = max(abs(a - b) for a, b in zip(one.center, other.center, strict=True))
        alike = one.axis == other.axis and one.convex == other.convex
        return alike and apart + abs(one.radius - other.radius) < 4 * noise
    if not isinstance(one, Flat) or not isinstance(other, Flat) or one.span is None:
        return False
    if np.dot(one.normal, other.normal) < _ALIKE or max(map(abs, one.normal)) == 1.0:
        return False
    middle = np.mean(one.span, axis=0)
    return abs(float(middle @ np.array(other.normal)) - other.offset) < 3 * noise


def _straight(
    points: Array, normals: Array, allowed: np.ndarray, noise: float, least: int
) -> list[tuple[Flat, np.ndarray]]:
    """Flat faces across the axes."""
    found: list[tuple[Flat, np.ndarray]] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            chosen = np.flatnonzero(allowed & (sign * normals[:, axis] > FACING))
            direction = sign * np.eye(3)[axis]
            for offset, near in _peaks(points[chosen] @ direction, 2.2 * noise, least):
                members = chosen[near]
                mean = normals[members].mean(axis=0)
                if mean @ direction < _STRAIGHT * float(np.linalg.norm(mean)):
                    continue  # of a slanted plane, or of a round one beside its crest
                span = _span(points[members], noise)
                found.append((Flat(vec3(direction), offset, len(members), span), members))
    return found


def _span(points: Array, noise: float) -> tuple[Vec3, Vec3]:
    """The box of points, less what noise may have added to it."""
    low, high = points.min(axis=0) + 2 * noise, points.max(axis=0) - 2 * noise
    middle = (low + high) / 2
    return vec3(np.minimum(low, middle)), vec3(np.maximum(high, middle))


def _peaks(values: Array, width: float, least: int) -> list[tuple[float, np.ndarray]]:
    """Where many of the values are, and which, the fullest first."""
    peaks: list[tuple[float, np.ndarray]] = []
    left = np.arange(len(values))
    while len(left) >= least and len(peaks) < 12:
        ordered = np.sort(values[left])
        count = np.searchsorted(ordered, ordered + width) - np.searchsorted(
            ordered, ordered - width
        )
        center = float(ordered[int(count.argmax())])
        near = np.abs(values[left] - center) <= width
        for _ in range(4):
            center = float(values[left][near].mean()) if near.any() else center
            near = np.abs(values[left] - center) <= width
        if near.sum() < least:
            break
        peaks.append((center, left[near]))
        left = left[np.abs(values[left] - center) > 1.8 * width]
    return peaks


def _others(
    points: Array, normals: Array, free: np.ndarray, size: float, noise: float, least: int
) -> tuple[list[tuple[Cylinder, np.ndarray]], list[Flat]]:
    """Cylinders along the axes and slanted planes, whichever explains more, one by one."""
    random = np.random.default_rng(8)
    rounds: list[tuple[Cylinder, np.ndarray]] = []
    slanted: list[Flat] = []
    for _ in range(_MOST):
        left = np.flatnonzero(free)
        if len(left) < 2 * least:
            break
        best = _best_plane(points, normals, left, noise, random)
        options = [
            _best_round(points, normals, left, axis, size, noise, random) for axis in range(3)
        ]
        rounded = max(options, key=lambda option: len(option[1]))
        if max(len(best[1]), len(rounded[1])) < 1.5 * least:
            break
        if len(rounded[1]) >= len(best[1]):
            cylinder, members = _full(points, normals, rounded, noise)
            if cylinder is not None:
                rounds.append((cylinder, members))
            free[rounded[1]] = False
            free[members] = False
        else:
            normal, offset = best[0][:3], float(best[0][3])
            span = _span(points[best[1]], noise)
            slanted.append(Flat(vec3(normal), offset, len(best[1]), span))
            free[best[1]] = False
    return rounds, slanted


def _best_plane(
    points: Array, normals: Array, left: np.ndarray, noise: float, random: np.random.Generator
) -> tuple[Array, np.ndarray]:
    """The plane, as normal and offset, on which most of the points are that are left."""
    seeds = random.choice(left, min(_TRIALS, len(left)), replace=False)
    at, turned = points[left], normals[left]
    directions = normals[seeds]
    for _ in range(2):  # the mean of the normals around is better than one
        agree = (directions @ turned.T > FACING) & (
            np.abs(directions @ at.T - (directions * points[seeds]).sum(1)[:, None]) < 4 * noise
        )
        directions = agree @ turned + directions
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    off = np.abs(directions @ at.T - (directions * points[seeds]).sum(1)[:, None])
    inliers = (directions @ turned.T > FACING) & (off < 2.5 * noise)
    members = left[inliers[int(inliers.sum(axis=1).argmax())]]
    if len(members) < 6:
        return np.zeros(4), members[:0]
    center = points[members].mean(axis=0)
    normal = np.linalg.svd(points[members] - center, full_matrices=False)[2][2]
    normal *= 1.0 if normal @ normals[members].mean(axis=0) > 0 else -1.0
    near = (np.abs((at - center) @ normal) < 2.5 * noise) & (turned @ normal > FACING)
    return np.append(normal, normal @ center), left[near]


Round = tuple[Array, np.ndarray, int]
"""x, y, radius and ±1; the points on it; the axis."""


def _best_round(
    points: Array,
    normals: Array,
    left: np.ndarray,
    axis: int,
    size: float,
    noise: float,
    random: np.random.Generator,
) -> Round:
    """The cylinder along an axis on which most of the points are that are left."""
    left = left[np.abs(normals[left, axis]) < 0.3]
    if len(left) < _LEAST:
        return np.zeros(4), left[:0], axis
    frame = across(np.eye(3)[axis])
    flat, turned = points[left] @ frame.T, normals[left] @ frame.T
    first = random.integers(0, len(left), _TRIALS)
    near = np.argsort(((flat[first, None] - flat[None]) ** 2).sum(2), axis=1)
    pick = random.integers(1, max(2, min(len(left), max(40, len(left) // 4))), (_TRIALS, 2))
    rows = np.column_stack([first, np.take_along_axis(near, pick, axis=1)])
    best: Round = (np.zeros(4), left[:0], axis)
    for sign in (1.0, -1.0):
        guesses = _through(flat[rows])
        good = (guesses[:, 2] > 1.5 * noise) & (guesses[:, 2] < 0.7 * size)
        guesses = np.column_stack([guesses[good], np.full(good.sum(), sign)])
        if not len(guesses):
            continue
        inliers = _on(flat, turned, guesses, noise)
        k = int(inliers.sum(axis=1).argmax())
        if inliers[k].sum() > max(len(best[1]), 5):
            guess = _refit(flat[inliers[k]], sign)
            again = _on(flat, turned, guess[None], noise)[0]
            if again.sum() >= inliers[k].sum() * 0.9 and _turn(turned[again]) > 0.2:
                best = (guess, left[again], axis)
    return best


def _through(triples: Array) -> Array:
    """Circles through three points each, (m, 3, 2): x, y, radius, (m, 3)."""
    a, b, c = triples[:, 0], triples[:, 1], triples[:, 2]
    u, v = b - a, c - a
    area = 2 * (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    uu, vv = (u**2).sum(1), (v**2).sum(1)
    x = (v[:, 1] * uu - u[:, 1] * vv) / area
    y = (u[:, 0] * vv - v[:, 0] * uu) / area
    return np.column_stack([a[:, 0] + x, a[:, 1] + y, np.hypot(x, y)])


def _on(flat: Array, normals: Array, guesses: Array, noise: float) -> np.ndarray:
    to = flat[None] - guesses[:, None, :2]
    distance = np.sqrt((to**2).sum(axis=2))
    radial = (to * normals[None]).sum(axis=2) * guesses[:, 3:4]
    return (np.abs(distance - guesses[:, 2:3]) < 2.5 * noise) & (radial > 0.9 * distance)


def _refit(flat: Array, sign: float) -> Array:
    """The circle that fits points best: Gauss and Newton, from the algebraic one (Kåsa)."""
    system = np.column_stack([2 * flat, np.ones(len(flat))])
    x, y, c = np.linalg.lstsq(system, (flat**2).sum(1), rcond=None)[0]
    radius = math.sqrt(max(c + x * x + y * y, 1e-12))
    for _ in range(5):
        to = flat - [x, y]
        distance = np.maximum(np.linalg.norm(to, axis=1), 1e-12)
        jacobian = np.column_stack([-to / distance[:, None], -np.ones(len(flat))])
        step = np.linalg.lstsq(jacobian, radius - distance, rcond=None)[0]
        x, y, radius = x + step[0], y + step[1], radius + step[2]
    return np.array([x, y, abs(radius), sign])


def _turn(normals: Array) -> float:
    """Which share of a full turn the normals cover, in steps of 15 degrees."""
    steps = np.round(np.degrees(np.arctan2(normals[:, 1], normals[:, 0])) / 15).astype(int) % 24
    return float((np.bincount(steps, minlength=24) > 0).mean())


def _full(
    points: Array, normals: Array, found: Round, noise: float
) -> tuple[Cylinder | None, np.ndarray]:
    """A cylinder with all points that lie on it, also those that flat faces have."""
    guess, _, axis = found
    frame = across(np.eye(3)[axis])
    flat, turned = points @ frame.T, normals @ frame.T
    upright = np.abs(normals[:, axis]) < 0.3
    members = np.flatnonzero(upright & _on(flat, turned, guess[None], noise)[0])
    guess = _refit(flat[members], float(guess[3]))
    if not np.isfinite(guess).all():
        return None, members
    place = guess[:2] @ frame
    span, turn = _span(points[members], noise), _turn(turned[members])
    convex = bool(guess[3] > 0)
    unit = vec3(np.eye(3)[axis])
    return Cylinder(unit, vec3(place), float(guess[2]), convex, len(members), span, turn), members
