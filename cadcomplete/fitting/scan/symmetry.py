"""What a scan does not show, completed by symmetry: most parts are mirrored about some plane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cadcomplete.fitting.faces.faces import Cylinder, Flat
from cadcomplete.fitting.scan.ends import ROUND
from cadcomplete.fitting.scan.opening import Opening
from cadcomplete.history.geometry import Array

_TESTED = 800  # points that are looked for in the mirror
_SAME = 0.93  # share of them that must be there, where it was seen
_OUT = 0.004  # share of them that may lie where nothing is
_EACH, _SEVERAL = 0.75, 8  # the same of faces that look one way, if so many points do
_OVERLAP = 0.25  # share of all points that can be looked for, at least
_NEW = 0.04  # share of all points that the mirror must add
_MARGIN = 0.02  # how far from the cut, as a share of the size
_WIDE = 2.5  # how far away along a face a point may be, in mean distances of points
_FACING = 0.8


def completed(
    points: Array,
    normals: Array,
    faces: tuple[Sequence[Flat], Sequence[Cylinder]],
    opened: Opening,
    noise: float,
) -> tuple[Array, Array]:
    """Return points and normals (n, 3), with the mirror images of what was not seen.

    Planes across the axes are tried: through the origin, through the middle between outer faces,
    and through the axes of cylinders. Without symmetry all stays as it is.
    """
    best, most = None, _NEW * len(points)
    for axis, place in _planes(points, *faces, noise):
        mirrored, facing = _mirror(points, axis, place), _mirror(normals, axis, 0.0)
        hidden = opened.beyond(mirrored)
        if hidden.sum() > most and _agrees((points, normals), (mirrored, facing), opened, noise):
            best, most = (mirrored[hidden], facing[hidden]), float(hidden.sum())
    if best is None:
        return points, normals
    return np.concatenate([points, best[0]]), np.concatenate([normals, best[1]])


def _mirror(vectors: Array, axis: int, place: float) -> Array:
    mirrored = vectors.copy()
    mirrored[:, axis] = 2 * place - mirrored[:, axis]
    return mirrored


def _planes(
    points: Array, flats: Sequence[Flat], rounds: Sequence[Cylinder], noise: float
) -> list[tuple[int, float]]:
    """Planes about which a part may be mirrored, as axis and place along it."""
    found: list[tuple[int, float]] = []
    for axis in range(3):
        low, high = points[:, axis].min(), points[:, axis].max()
        places = [0.0] if low < 0 < high else []
        ends = [
            [f.offset * f.normal[axis] for f in flats if sign * f.normal[axis] > 0.99]
            for sign in (-1.0, 1.0)
        ]
        if ends[0] and ends[1]:
            places.append((min(ends[0]) + max(ends[1])) / 2)
        large = [c for c in rounds if c.turn > ROUND and abs(c.axis[axis]) < 0.01]
        places += [c.center[axis] for c in large[:3]]
        for place in places:
            if all(a != axis or abs(place - other) > 0.5 * noise for a, other in found):
                found.append((axis, float(place)))
    return found


def _agrees(
    seen: tuple[Array, Array], mirrored: tuple[Array, Array], opened: Opening, noise: float
) -> bool:
    """Whether mirror images lie on what was seen, where it could be seen."""
    points, normals = seen
    size = float(np.ptp(points, axis=0).max())
    inner = mirrored[0] @ opened.normal < opened.offset - _MARGIN * size
    if inner.mean() < _OVERLAP:
        return False
    chosen = np.flatnonzero(inner)
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(_TESTED, len(chosen))).astype(np.int64)]
    places, facing = mirrored[0][chosen], mirrored[1][chosen]
    to = points[None] - places[:, None]
    squared = (to**2).sum(axis=2)
    spacing = _spacing(points)
    off = np.abs((to * facing[:, None]).sum(axis=2))
    near = (squared < (_WIDE * spacing) ** 2 + (4 * noise) ** 2) & (off < 4 * noise)
    found = (near & (facing @ normals.T > _FACING)).any(axis=1)
    out = squared.min(axis=1) > (2 * _WIDE * spacing) ** 2 + (4 * noise) ** 2
    return bool(found.mean() > _SAME and out.mean() < _OUT) and all(
        found[side].mean() > _EACH for side in _sides(facing) if side.sum() >= _SEVERAL
    )


def _spacing(points: Array) -> float:
    """The mean distance of points: of what lies closest to some of them, the fifth."""
    some = points[:: max(1, len(points) // 200)]
    squared = ((some[:, None] - points[None]) ** 2).sum(axis=2)
    k = min(5, len(points) - 1)
    return float(np.sqrt(np.median(np.partition(squared, k, axis=1)[:, k]) * np.pi / k))


def _sides(facing: Array) -> list[np.ndarray]:
    """Which of some normals point along each axis, and against it."""
    return [sign * facing[:, axis] > 0.9 for axis in range(3) for sign in (-1.0, 1.0)]
