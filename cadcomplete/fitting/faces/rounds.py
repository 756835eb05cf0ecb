"""Cylinders in a clean cloud, from the strips that they were tessellated into.

The strips of a cylinder are chords of equal angle δ: seen along the axis all lie as far from the
centre, r cos(δ/2), and their corners lie on the true circle.
"""

from __future__ import annotations

import math

import numpy as np

from cadcomplete.fitting.faces.faces import Cylinder, box_of, rounded, vec3
from cadcomplete.fitting.faces.facets import Facets
from cadcomplete.history.geometry import Array

_STEP = math.radians(14.0)  # the largest turn between strips
_LEAST_STEP = math.radians(0.3)
_NEAR = 3e-4  # how far strips may be off, as a share of the part's size


def across(axis: Array) -> Array:
    """Return two unit vectors, shape (2, 3), that span the plane across an axis."""
    helper: Array = np.eye(3)[int(np.argmin(np.abs(axis)))]
    first = helper - axis * (axis @ helper)
    first /= np.linalg.norm(first)
    return np.array([first, np.cross(axis, first)])


def cylinders(
    points: Array, flat: Facets, axis: Array, size: float, free: np.ndarray
) -> list[tuple[Cylinder, np.ndarray]]:
    """Return cylinders along an axis and the facets of each, the one with most points first.

    Of the facets of points (n, 3), in mm, `free` (f,) says which may be used. `axis` is a unit
    vector (3,), `size` the longest side of the part; the facets are indices, shape (k,) each.
    """
    frame = across(axis)
    chosen = np.flatnonzero(free & (np.abs(flat.normals @ axis) < 3e-3))
    if len(chosen) < 3:
        return []
    strips = _Strips(points @ frame.T, flat, chosen, frame)
    guesses = strips.guesses(size)
    result: list[tuple[Cylinder, np.ndarray]] = []
    left = np.ones(len(chosen), dtype=bool)
    while len(guesses):
        inliers = strips.inliers(guesses, _NEAR * size) & left
        weight = inliers @ strips.counts
        weight[inliers.sum(axis=1) < 3] = 0
        best = int(np.argmax(weight))
        if weight[best] < 5:
            break
        members = strips.chords(guesses[best], np.flatnonzero(inliers[best]))
        if len(members) >= 3 and strips.counts[members].sum() > 0.6 * weight[best]:
            guess = strips.fit(members, guesses[best, 3])
            if guess is not None:
                again = np.flatnonzero(strips.inliers(guess[None], _NEAR * size)[0] & left)
                again = strips.chords(guess, again)
                members = again if len(again) >= len(members) else members
                result.append(
                    (strips.cylinder(points, axis, guess, members, size), chosen[members])
                )
            left[members] = False
        guesses = np.delete(guesses, best, axis=0)
        guesses = guesses[weight[np.arange(len(weight)) != best] > 0]
    return result


def _filled(counts: np.ndarray) -> Array:
    """Which share of its length a strip's points cover at the very least."""
    return np.select([counts >= 8, counts >= 5, counts >= 3, counts == 2], [0.4, 0.15, 0.02, 4e-3])


class _Strips:
    """Facets along an axis, seen along it."""

    def __init__(self, flat_points: Array, flat: Facets, chosen: np.ndarray, frame: Array) -> None:
        self.points, self.frame, self.group = flat_points, frame, flat.group
        self.names, self.counts = chosen, flat.counts[chosen]
        normals = flat.normals[chosen] @ frame.T
        self.normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
        self.tangents = np.stack([-self.normals[:, 1], self.normals[:, 0]], 1)
        self.offsets = flat.offsets[chosen]
        ends = [self._ends(i, name) for i, name in enumerate(chosen)]
        self.low, self.high = np.array(ends).T
        self.middle = self.normals * self.offsets[:, None]
        self.middle = self.middle + self.tangents * ((self.low + self.high) / 2)[:, None]

    def _ends(self, i: int, name: int) -> tuple[float, float]:
        along = self.points[self.group == name] @ self.tangents[i]
        return float(along.min()), float(along.max())

    def guesses(self, size: float) -> Array:
        """Circles through three strips in a row: x, y, distance of the strips, ±1; (m, 4)."""
        i, j, sign = self._neighbours(size)
        triples = []
        for first, second, side in zip(i, j, sign, strict=True):
            for third in j[(i == second) & (sign == side)]:
                triples.append((first, second, third, side))
        if not triples:
            return np.zeros((0, 4))
        table = np.array(triples)
        rows = table[:, :3].astype(np.int64)
        system = np.concatenate(
            [self.normals[rows], np.repeat(table[:, 3], 3).reshape(-1, 3, 1)], axis=2
        )
        sound = np.abs(np.linalg.det(system)) > 1e-9
        solved = np.linalg.solve(system[sound], self.offsets[rows[sound]][..., None])[..., 0]
        guesses: Array = np.column_stack([solved, table[sound, 3]]).astype(np.float64)
        guesses = guesses[self._even(guesses, rows[sound], size)]
        guesses = guesses[(guesses[:, 2] > 1e-4 * size) & (guesses[:, 2] < 20 * size)]
        return guesses[:: max(1, len(guesses) // 800)]

    def _even(self, guesses: Array, rows: np.ndarray, size: float) -> np.ndarray:
        """Say of which circles three strips (m, 3) may be chords of one angle.

        A flat wall between two fillets makes a triple too, but is far too long for it.
        """
        angles = np.arctan2(self.normals[:, 1], self.normals[:, 0])[rows]
        turns = np.abs((np.diff(angles, axis=1) + np.pi) % (2 * np.pi) - np.pi)
        equal = np.abs(turns[:, 0] - turns[:, 1]) < 0.1 * turns.mean(axis=1) + 2e-3
        chord = 2 * guesses[:, 2:3] * np.tan(turns.mean(axis=1) / 2)[:, None]
        length = (self.high - self.low)[rows]
        fits = length < 1.1 * chord + 2e-4 * size
        fits &= length > _filled(self.counts)[rows] * chord
        return equal & fits.all(axis=1)

    def chords(self, guess: Array, members: np.ndarray) -> np.ndarray:
        """Return those of the strips (k,) on a circle that are as long as its chords are.

        `guess` is x, y and radius in mm, and 1 or -1 as the strips face outwards or inwards.
        """
        chord = 2 * guess[2] * math.tan(self._step(members)[0] / 2)
        length = (self.high - self.low)[members]
        fits = (length < 1.2 * chord) & (length > _filled(self.counts[members]) * chord)
        return members[fits]

    def _neighbours(self, size: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs of strips i, j with j turned a little further, that meet at their ends."""
        n, d = self.normals, self.offsets
        turn = np.arctan2(n[:, None, 0] * n[None, :, 1] - n[:, None, 1] * n[None, :, 0], n @ n.T)
        i, j = np.nonzero((turn > _LEAST_STEP) & (turn < _STEP))
        sine = np.sin(turn[i, j])
        x = (d[i] * n[j, 1] - d[j] * n[i, 1]) / sine
        y = (d[j] * n[i, 0] - d[i] * n[j, 0]) / sine
        corner = np.stack([x, y], 1)
        at_i = (corner * self.tangents[i]).sum(1)
        at_j = (corner * self.tangents[j]).sum(1)
        slack = 2e-4 * size + 0.05 * (self.high - self.low)
        convex = (at_i > self.high[i] - slack[i]) & (at_j < self.low[j] + slack[j])
        concave = (at_i < self.low[i] + slack[i]) & (at_j > self.high[j] - slack[j])
        gap = np.where(convex, at_i - self.high[i] + self.low[j] - at_j, 0)
        gap = np.where(concave, self.low[i] - at_i + at_j - self.high[j], gap)
        near = gap < 0.15 * size
        convex, concave = convex & near, concave & near
        sign = np.where(convex, 1.0, -1.0)
        chosen = convex | concave
        return i[chosen], j[chosen], sign[chosen]

    def inliers(self, guesses: Array, near: float) -> np.ndarray:
        """Say which strips lie on each circle, shape (m, g)."""
        off = np.abs(
            guesses[:, :2] @ self.normals.T + guesses[:, 2:3] * guesses[:, 3:4] - self.offsets
        )
        half = guesses[:, 2] * math.tan(_STEP / 2) + near
        aside = np.abs(guesses[:, :2] @ self.tangents.T - (self.low + self.high) / 2)
        length = (self.high - self.low)[None] <= 2 * half[:, None]
        tolerance = np.minimum(near, 0.02 * guesses[:, 2:3])
        return (off < tolerance) & (aside < half[:, None]) & length

    def fit(self, members: np.ndarray, sign: float) -> Array | None:
        """Return the circle that strips fit best, bulging (`sign` 1) or hollow (-1).

        `members` are indices of strips, shape (k,). The circle is (4,): its centre in the frame,
        its radius, in mm, and the sign. None if there is none.
        """
        system = np.column_stack([self.normals[members], np.full(len(members), sign)])
        weights = np.sqrt(self.counts[members])[:, None]
        solved, _, rank, _ = np.linalg.lstsq(
            system * weights, self.offsets[members] * weights[:, 0], rcond=1e-7
        )
        if rank < 3 or solved[2] <= 0:
            return None
        return np.array([*solved, sign])

    def cylinder(
        self, points: Array, axis: Array, guess: Array, members: np.ndarray, size: float
    ) -> Cylinder:
        """Return the cylinder of a circle: of `fit`, shape (4,), and the strips it is of, (k,).

        `points` (n, 3) and `size` are in mm, `axis` is a unit vector (3,).
        """
        at = np.flatnonzero(np.isin(self.group, self.names[members]))
        center, inner = guess[:2], float(guess[2])
        step, turn = self._step(members)
        radius = inner / math.cos(step / 2)
        tolerance = 1e-4 * size
        largest = float(np.linalg.norm(self.points[at] - center, axis=1).max())
        if largest > radius * (1 + 1e-4):
            radius = largest
        place = center @ self.frame
        place = np.array([rounded(value, tolerance / 3) for value in place])
        return Cylinder(
            vec3(axis),
            vec3(place),
            rounded(radius, min(tolerance, 1e-3 * radius)),
            bool(guess[3] > 0),
            int(self.counts[members].sum()),
            box_of(points[at]),
            turn,
        )

    def _step(self, members: np.ndarray) -> tuple[float, float]:
        """The angle of a strip, and which share of a full turn the strips cover."""
        normals = self.normals[members]
        angles = np.sort(np.arctan2(normals[:, 1], normals[:, 0]))
        angles = angles[np.append(True, np.diff(angles) > _LEAST_STEP)]
        gaps = np.append(np.diff(angles), angles[0] + 2 * np.pi - angles[-1])
        small = gaps[(gaps > _LEAST_STEP) & (gaps < _STEP)]
        if not len(small):
            return 0.0, 0.0
        step = float(np.median(small))
        turn = 1 - max(0.0, (float(gaps.max()) - 2 * step)) / (2 * np.pi)
        if gaps.max() < 3 * step:
            step, turn = 2 * np.pi / round(2 * np.pi / step), 1.0
        return step, turn
