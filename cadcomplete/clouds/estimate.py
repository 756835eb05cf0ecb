"""Normals of points that have none: an axis for each from its neighbours, then a side. Only numpy.

The axis is that of the plane through the neighbours (H. Hoppe et al., Surface Reconstruction from
Unorganized Points, 1992), of those beside an edge the flattest plane nearby that they lie on.

The side is first made the same along Hoppe's minimum spanning tree, but only as far as the surface
is smooth: across the edges of a CAD part the tree errs. Each smooth patch then gets the side with
which the whole obeys Gauss's law: a closed surface whose normals point outwards fills, seen from
any point on it, half of all directions,

    Σ_j a_j n_j · (p_j - x) / |p_j - x|³ = 4π / 2,

a_j being the area that point j stands for (the winding number field of W. Lin et al., Surface
Reconstruction from Point Clouds without Normals by Parametrizing the Gauss Formula, 2022).

Letters: N points, K neighbours, Q places where the law is asked for, P patches.
"""

from __future__ import annotations

import numpy as np

from cadcomplete.history.geometry import Array

NEIGHBOURS = 12
_BLOCK = 64
_FLOOR = 1e-12  # in a frame of [-1, 1], nothing is as small
_ON_PLANE = 0.02  # of the size of a neighbourhood: as near as points are to the plane they lie on
_SMOOTH = 0.97  # cosine of the largest turn within a patch, 14°
_ACROSS = 0.2  # sine of the steepest step within a patch: the other side of a wall is steeper
_SMALLEST = 8  # points of a patch that Gauss's law is asked about
_PLACES = 512


def estimate_normals(points: Array) -> Array:
    """Return unit normals that point outwards, for points (N, 3) in a frame of [-1, 1].

    The same points in another order have the same normals. Where a wall is thinner than the
    points lie apart, its sides cannot be told from each other.
    """
    places_N3, inverse = np.unique(
        np.asarray(points, dtype=np.float64), axis=0, return_inverse=True
    )
    near_NK = neighbours(places_N3, min(NEIGHBOURS, len(places_N3) - 1))
    axes_N3, sizes_N, noise = _axes(places_N3, near_NK)
    patch_N, side_N = _patches(places_N3, axes_N3, near_NK, noise)
    normals_N3 = axes_N3 * side_N[:, None]
    side_P = _sides(places_N3, normals_N3, sizes_N, patch_N)
    return (normals_N3 * side_P[patch_N][:, None])[inverse.reshape(-1)]


# --- neighbours ---------------------------------------------------------------------------------


def neighbours(points: Array, count: int) -> np.ndarray:
    """Return the indices of the `count` nearest others of each point, shape (N, count)."""
    near = np.empty((len(points), count), dtype=np.int64)
    for block in _blocks(points, max(_BLOCK, 2 * count + 2)):
        own = points[block]
        # No neighbour is farther away than the farthest that is in the block itself.
        reach = np.sqrt(np.partition(_squared(own, own), count, axis=1)[:, count].max()) + _FLOOR
        within = (points >= own.min(axis=0) - reach) & (points <= own.max(axis=0) + reach)
        there = np.flatnonzero(within.all(axis=1))
        squared = _squared(own, points[there])
        squared[np.arange(len(block)), np.searchsorted(there, block)] = np.inf  # not itself
        nearest = np.argpartition(squared, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(squared, nearest, 1), axis=1, kind="stable")
        near[block] = there[np.take_along_axis(nearest, order, 1)]
    return near


def _blocks(points: Array, size: int) -> list[np.ndarray]:
    """Cut the points in halves, across where they reach farthest, until none exceeds `size`."""
    todo, done = [np.arange(len(points))], []
    while todo:
        block = todo.pop()
        if len(block) <= size:
            done.append(block)
            continue
        half = len(block) // 2
        values = points[block][:, np.ptp(points[block], axis=0).argmax()]
        order = block[np.argpartition(values, half)]
        todo += [order[:half], order[half:]]
    return done


def _squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return ((a[:, None] - b[None]) ** 2).sum(axis=2)


# --- axes ---------------------------------------------------------------------------------------


def _axes(points: Array, near: np.ndarray) -> tuple[Array, Array, float]:
    """Return an axis for each point, how far apart points are there (N,), and how noisy they are.

    Planes are fitted twice, the second time without those neighbours that are off the first.
    """
    hood_NK = np.concatenate([np.arange(len(points))[:, None], near], axis=1)
    steps_NK3 = points[hood_NK] - points[:, None]
    farthest_N = np.sqrt((steps_NK3[:, -1] ** 2).sum(axis=1))
    sizes_N = farthest_N * np.sqrt(3 / near.shape[1]) + _FLOOR
    middles, axes, spreads = _planes(steps_NK3, np.ones(hood_NK.shape))
    axes = _flattest(points, hood_NK, points + middles, axes, spreads)
    noise = float(np.median(np.sqrt(spreads[:, 0])))
    off_NK = (steps_NK3 * axes[:, None]).sum(axis=2) / (0.15 * sizes_N + 2 * noise)[:, None]
    middles, axes, spreads = _planes(steps_NK3, np.exp(-(off_NK**2)))
    return _flattest(points, hood_NK, points + middles, axes, spreads), sizes_N, noise


def _planes(steps: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Fit a plane to each neighbourhood: middle, axis, variances along its main directions."""
    total_N1 = weights.sum(axis=1, keepdims=True)
    middles_N3 = (weights[..., None] * steps).sum(axis=1) / total_N1
    apart = steps - middles_N3[:, None]
    spread = np.einsum("nk,nki,nkj->nij", weights, apart, apart) / total_N1[..., None]
    variances_N3, directions_N33 = np.linalg.eigh(spread)
    return middles_N3, directions_N33[:, :, 0], np.maximum(variances_N3, 0.0)


def _flattest(
    points: Array, hood: np.ndarray, middles: Array, axes: Array, variances: Array
) -> Array:
    """Give each point the axis of the flattest plane of its neighbourhood that it lies on."""
    off_NK = np.abs(((points[:, None] - middles[hood]) * axes[hood]).sum(axis=2))
    allowed = _ON_PLANE * np.sqrt(variances[:, 1] + variances[:, 2])
    on_NK = off_NK <= allowed[:, None] + 2 * np.sqrt(variances[hood, 0])
    on_NK[:, 0] |= ~on_NK.any(axis=1)
    bent_N = variances[:, 0] / np.maximum(variances.sum(axis=1), _FLOOR**2)
    best = np.where(on_NK, bent_N[hood], np.inf).argmin(axis=1)
    return axes[hood[np.arange(len(points)), best]]


# --- sides --------------------------------------------------------------------------------------


class _Groups:
    """Points in groups, each on the same or on the other side as its group (a union-find)."""

    def __init__(self, count: int) -> None:
        self.above, self.turned, self.size = list(range(count)), [0] * count, [1] * count

    def find(self, point: int) -> tuple[int, int]:
        """Return the group of a point, and whether it is turned against it."""
        path = []
        while self.above[point] != point:
            path.append(point)
            point = self.above[point]
        turned = 0
        for passed in reversed(path):
            turned ^= self.turned[passed]
            self.above[passed], self.turned[passed] = point, turned
        return point, turned

    def join(self, a: int, b: int, turned: int, largest: float = np.inf) -> None:
        """Make one group of two, unless both have `largest` points or more."""
        (a, turned_a), (b, turned_b) = self.find(a), self.find(b)
        if self.size[a] < self.size[b]:
            a, b = b, a
        if a != b and self.size[b] < largest:
            self.above[b], self.turned[b] = a, turned ^ turned_a ^ turned_b
            self.size[a] += self.size[b]


def _patches(
    points: Array, axes: Array, near: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each point the number of its smooth patch, and its side there: 1 or -1."""
    a, b = np.repeat(np.arange(len(points)), near.shape[1]), near.reshape(-1)
    alike, steps = (axes[a] * axes[b]).sum(axis=1), points[b] - points[a]
    steep = np.maximum(np.abs((steps * axes[a]).sum(axis=1)), np.abs((steps * axes[b]).sum(axis=1)))
    level = steep <= _ACROSS * np.sqrt((steps**2).sum(axis=1)) + 4 * noise
    smooth, turned = level & (np.abs(alike) > _SMOOTH), (alike < 0).astype(int)
    order = np.argsort(-np.abs(alike), kind="stable")  # as Kruskal's tree grows
    groups = _Groups(len(points))
    for edges, largest in ((order[smooth[order]], np.inf), (order[~smooth[order]], _SMALLEST)):
        rows = zip(a[edges].tolist(), b[edges].tolist(), turned[edges].tolist(), strict=True)
        for one, other, turn in rows:
            groups.join(one, other, turn, largest)
    found = np.array([groups.find(point) for point in range(len(points))])
    return np.unique(found[:, 0], return_inverse=True)[1].reshape(-1), 1 - 2 * found[:, 1]


def _sides(points: Array, normals: Array, sizes: Array, patch: np.ndarray) -> np.ndarray:
    """Return the side of each patch, 1 or -1, with which Gauss's law holds best, shape (P,)."""
    fields_QP = _fields(points, normals, sizes, patch)
    among_PP, alone_P = fields_QP.T @ fields_QP, 0.5 * fields_QP.sum(axis=0)
    own_P = np.diag(among_PP)
    damped = among_PP + np.eye(len(own_P)) * (1e-3 * own_P.mean() + _FLOOR)
    sides_P = np.where(np.linalg.solve(damped, alone_P) < 0, -1.0, 1.0)
    for _ in range(20 * len(sides_P)):  # turn one at a time, as long as the error falls
        others_P = among_PP @ sides_P - own_P * sides_P
        change_P = 4 * sides_P * (alone_P - others_P)
        worst = int(change_P.argmin())
        if change_P[worst] > -1e-9:
            break
        sides_P[worst] *= -1
    if alone_P @ sides_P < 1e-6 * len(fields_QP):  # flat, so the law says nothing: Hoppe's rule
        from_middle = points - points.mean(axis=0)
        outermost = int((from_middle**2).sum(axis=1).argmax())
        outwards = (normals[outermost] * from_middle[outermost]).sum() * sides_P[patch[outermost]]
        sides_P *= -1 if outwards < 0 else 1
    return sides_P


def _fields(points: Array, normals: Array, sizes: Array, patch: np.ndarray) -> Array:
    """Return which share of all directions each patch fills, seen from some places, (Q, P)."""
    chosen = np.random.default_rng(0).choice(
        len(points), min(_PLACES, len(points)), replace=False, shuffle=False
    )
    order = np.argsort(patch, kind="stable")
    starts = np.searchsorted(patch[order], np.arange(patch.max() + 1))
    sources_N3 = points[order].astype(np.float32)
    # Each point stands for a disc of the area that it shares with its neighbours: π size² / 3.
    areas_N = sizes**2 / 12
    discs_N3 = (areas_N[:, None] * normals)[order].astype(np.float32)
    ahead_N, soft_N = (sources_N3 * discs_N3).sum(axis=1), (0.25 * sizes[order] ** 2)
    fields_QP = np.empty((len(chosen), len(starts)))
    for start in range(0, len(chosen), _BLOCK):
        x = points[chosen[start : start + _BLOCK]].astype(np.float32)
        squared = _squared(x, sources_N3) + soft_N.astype(np.float32)
        seen = (ahead_N - x @ discs_N3.T) / (squared * np.sqrt(squared))
        fields_QP[start : start + _BLOCK] = np.add.reduceat(seen, starts, axis=1)
    return fields_QP
