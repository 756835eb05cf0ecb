"""Putting a scan where the part is: its faces along the axes, its walls on those of a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cadcomplete.fitting.faces.faces import Cylinder, Flat, vec3
from cadcomplete.fitting.scan.noisy import FACING
from cadcomplete.history.geometry import Array, rotation

_MOST_TURN = np.radians(3.0)
_LEAST = 40  # points that must agree
_FEW = 8  # points that say on which side of a plane the part is
_SCALED = 0.02  # by how much the scale may be wrong
_REACH = 0.025  # how far off a face a scan may be at first, as a share of its size

Faces = tuple[Sequence[Flat], Sequence[Cylinder]]


def straightened(points: Array, normals: Array) -> tuple[Array, Array]:
    """Turn points and normals, (n, 3), so that faces nearly along the axes are along them."""
    center = (points.min(axis=0) + points.max(axis=0)) / 2
    for _ in range(3):
        axis = np.abs(normals).argmax(axis=1)
        near = np.abs(normals).max(axis=1) > FACING
        if near.sum() < _LEAST:
            break
        target = np.zeros_like(normals)
        rows = np.arange(len(normals))
        target[rows, axis] = np.sign(normals[rows, axis])
        u, _, vt = np.linalg.svd(normals[near].T @ target[near])
        turn = vt.T @ np.diag([1.0, 1.0, np.sign(np.linalg.det(vt.T @ u.T))]) @ u.T
        angle = np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))
        if angle > _MOST_TURN:
            break
        points, normals = center + (points - center) @ turn.T, normals @ turn.T
    return points, normals


def upright(
    points: Array, normals: Array, faces: Faces, size: float, noise: float
) -> tuple[Array, Array]:
    """Turn a scan so that it lies on its own faces, which are along the axes.

    Points and unit normals are (n, 3); lengths are in mm. Where a part is long, a turn by a degree
    shows in its places more than in its normals. Of cylinders that are nearly the same, found in
    a part that is not straight, one stays.
    """
    rounds: list[Cylinder] = []
    for one in sorted(faces[1], key=lambda c: -c.points):
        if not any(_nearly_same(one, other, size) for other in rounds):
            rounds.append(one)
    flats = [flat for flat in faces[0] if max(map(abs, flat.normal)) == 1.0]
    return registered(points, normals, (flats, rounds), size, noise, factors=(1.0,))


def _nearly_same(one: Cylinder, other: Cylinder, size: float) -> bool:
    apart = max(abs(a - b) for a, b in zip(one.center, other.center, strict=True))
    alike = one.axis == other.axis and one.convex == other.convex
    return alike and apart < 0.03 * size and abs(one.radius / other.radius - 1) < 0.15


def registered(
    points: Array,
    normals: Array,
    faces: Faces,
    size: float,
    noise: float,
    *,
    factors: tuple[float, ...] = (1.0, 1.01, 0.99),
) -> tuple[Array, Array]:
    """Turn, move and scale a scan a little, so that it lies on faces that are known.

    Points and unit normals are (n, 3); lengths are in mm. Not all faces need to be there any more:
    only points close to one count. Of the beginnings, as it is, a little larger, a little smaller,
    the one with most points on faces is taken.
    """
    best, most = (points, normals), -1
    center = points.mean(axis=0)
    faces = _sided(points, normals, faces[0], size, noise), faces[1]
    for factor in factors:
        moved, turned = center + factor * (points - center), normals
        for width in (_REACH, 0.018, 0.012, 0.012, 0.01):
            targets, rows = _matched(moved, turned, faces, max(width * size, 2 * noise), size)
            if len(rows) < _LEAST:
                break
            moved, turned = _stepped(moved, turned, targets, rows, size, noise)
        count = len(_matched(moved, turned, faces, 2 * noise, size)[1])
        if count > 1.02 * most:
            best, most = (moved, turned), count
    return best if most >= _LEAST else (points, normals)


def _sided(
    points: Array, normals: Array, flats: Sequence[Flat], size: float, noise: float
) -> list[Flat]:
    """Planes with the side of the part that they bound: of thin parts both sides are close.

    Where both are equally close each is there twice, once for each side. A plane is left out from
    which points are farther off than noise and a wrong scale can have moved them.
    """
    found: list[Flat] = []
    center = (points.min(axis=0) + points.max(axis=0)) / 2
    for flat in flats:
        sides: list[tuple[float, Flat]] = []
        for sign in (1.0, -1.0):
            turned = replace(
                flat, normal=vec3(sign * np.array(flat.normal)), offset=sign * flat.offset
            )
            fits = _fits(points, normals, turned, _REACH * size, size)
            if fits.sum() >= _FEW:
                off = points[fits] @ np.array(flat.normal) - flat.offset
                away = abs(float(np.dot(center, flat.normal)) - flat.offset)
                if abs(float(np.median(off))) < 2 * noise + _SCALED * away:
                    sides.append((abs(float(np.median(off))), turned))
        least = min((off for off, _ in sides), default=0.0)
        found += [side for off, side in sides if off < least + 2 * noise]
    return found


def _fits(points: Array, normals: Array, flat: Flat, width: float, size: float) -> np.ndarray:
    """Say which points lie on a plane or close to it, and look the same way."""
    normal = np.array(flat.normal)
    near = np.abs(points @ normal - flat.offset) < width
    return near & (normals @ normal > FACING) & _inside(points, flat.span, size)


def _matched(
    points: Array,
    normals: Array,
    faces: Faces,
    width: float,
    size: float,
) -> tuple[Array, np.ndarray]:
    """The face closest to each point: its normal and how far off it is, (m, 4); which points."""
    off, direction = np.full(len(points), np.inf), np.zeros_like(points)
    flats, rounds = faces
    for flat in flats:
        normal = np.array(flat.normal)
        distance = points @ normal - flat.offset
        fits = _fits(points, normals, flat, width, size) & (np.abs(distance) < np.abs(off))
        off[fits], direction[fits] = distance[fits], normal
    for cylinder in rounds:
        axis = np.array(cylinder.axis)
        to = points - np.array(cylinder.center)
        to = to - (to @ axis)[:, None] * axis
        length = np.maximum(np.linalg.norm(to, axis=1), 1e-12)
        distance = length - cylinder.radius
        fits = np.abs(distance) < np.minimum(width, np.abs(off))
        fits &= _inside(points, cylinder.span, size)
        fits &= np.abs((normals * to).sum(1)) > FACING * length
        off[fits], direction[fits] = distance[fits], (to / length[:, None])[fits]
    rows = np.flatnonzero(np.isfinite(off))
    return np.column_stack([direction[rows], off[rows]]), rows


def _inside(points: Array, span: object, size: float) -> np.ndarray:
    if span is None:
        return np.ones(len(points), dtype=bool)
    low, high = np.array(span)
    pad = 0.03 * size
    return ((points > low - pad) & (points < high + pad)).all(axis=1)


def _stepped(
    points: Array, normals: Array, targets: Array, rows: np.ndarray, size: float, noise: float
) -> tuple[Array, Array]:
    """Move by the small turn, scale and shift that brings points onto their faces."""
    center = points.mean(axis=0)
    to, normal = points[rows] - center, targets[:, :3]
    system = np.column_stack([np.cross(to, normal), (to * normal).sum(1), normal])
    # What is not seen stays: a turn of a degree, a hundredth of scale, are what is expected.
    expected = np.array([0.02, 0.02, 0.02, 0.01, *[0.02 * size] * 3])
    damping = np.diag((3 * noise / expected) ** 2)
    x = np.linalg.solve(system.T @ system + damping, -system.T @ targets[:, 3])
    turn = rotation(x[:3])
    return center + (1 + x[3]) * (points - center) @ turn.T + x[4:], normals @ turn.T
