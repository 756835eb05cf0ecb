"""How far points are from the triangles of a mesh, exactly. Only numpy, compiled where it can be.

The nearest point of a triangle is found by the region that a point lies over (C. Ericson,
Real-Time Collision Detection, 2005, 5.1.5).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.geometry import Array
from cadcomplete.meshes.compiled import compiled
from cadcomplete.meshes.mesh import Mesh


def distances(points: Array, mesh: Mesh) -> Array:
    """Return how far points (n, 3) are from the surface of a mesh, shape (n,), in millimetres.

    Raises GeometryError for a mesh without surface.
    """
    corners = mesh.vertices[mesh.triangles]
    sides = corners[:, 1:] - corners[:, :1]
    corners = corners[(np.cross(sides[:, 0], sides[:, 1]) ** 2).sum(axis=1) > 0]
    if not len(corners):
        raise GeometryError("there is no surface to measure a distance to")
    axis = int(np.ptp(mesh.vertices, axis=0).argmax())
    order = np.argsort(corners[:, :, axis].min(axis=1), kind="stable")
    turned = [axis, *(i for i in range(3) if i != axis)]
    corners = np.ascontiguousarray(corners[order][:, :, turned], dtype=np.float64)
    queries = np.ascontiguousarray(np.asarray(points, dtype=np.float64)[:, turned])
    return np.asarray(np.sqrt(_nearest()(queries, corners)))


@cache
def _nearest() -> Callable[[Array, Array], Array]:
    return compiled(nearest_loops, nearest_numpy)


def nearest_numpy(queries: Array, corners: Array) -> Array:
    """Compare some points with every triangle at a time; return squared distances (n,)."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normals = np.cross(b - a, c - a)
    squared = (normals**2).sum(axis=1)
    found = np.empty(len(queries))
    step = max(1, 2_000_000 // max(len(corners), 1))
    for start in range(0, len(queries), step):
        p = queries[start : start + step, None]
        best = np.full((p.shape[0], len(corners)), np.inf)
        inside = np.ones(best.shape, dtype=bool)
        for one, other in ((a, b), (b, c), (c, a)):
            edge, to = other - one, p - one
            share = np.clip((to * edge).sum(axis=2) / (edge**2).sum(axis=1), 0.0, 1.0)
            best = np.minimum(best, ((to - share[..., None] * edge) ** 2).sum(axis=2))
            inside &= (np.cross(edge, to) * normals).sum(axis=2) >= 0
        height = ((p - a) * normals).sum(axis=2) ** 2 / squared
        found[start : start + step] = np.where(inside, height, best).min(axis=1)
    return found


def nearest_loops(queries: Array, corners: Array) -> Array:
    """The same, leaving out triangles whose box is farther than what was found.

    Triangles come in the order of where they begin along the first axis; the first to be looked
    at are those that begin beside the point.
    """
    count = len(corners)
    low, high = np.empty((count, 3)), np.empty((count, 3))
    for t in range(count):
        for i in range(3):
            low[t, i] = min(corners[t, 0, i], corners[t, 1, i], corners[t, 2, i])
            high[t, i] = max(corners[t, 0, i], corners[t, 1, i], corners[t, 2, i])
    begins = low[:, 0].copy()
    found = np.empty(len(queries))
    for q in range(len(queries)):
        x, y, z = queries[q]
        first, best = np.searchsorted(begins, x), np.inf
        for k in range(count):
            t = first - 1 - k if k < first else k  # back to the beginning, then on to the end
            dx = max(low[t, 0] - x, x - high[t, 0], 0.0)
            if dx * dx >= best:
                if k >= first:
                    break
                continue
            dy = max(low[t, 1] - y, y - high[t, 1], 0.0)
            dz = max(low[t, 2] - z, z - high[t, 2], 0.0)
            if dx * dx + dy * dy + dz * dz >= best:
                continue
            a, u, v = corners[t, 0], corners[t, 1] - corners[t, 0], corners[t, 2] - corners[t, 0]
            wx, wy, wz = x - a[0], y - a[1], z - a[2]
            d1, d2 = u[0] * wx + u[1] * wy + u[2] * wz, v[0] * wx + v[1] * wy + v[2] * wz
            uu, vv = u[0] ** 2 + u[1] ** 2 + u[2] ** 2, v[0] ** 2 + v[1] ** 2 + v[2] ** 2
            uv = u[0] * v[0] + u[1] * v[1] + u[2] * v[2]
            d3, d4, d5, d6 = d1 - uu, d2 - uv, d1 - uv, d2 - vv
            va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
            s, r = 0.0, 0.0
            if d3 >= 0.0 and d4 <= d3:
                s = 1.0
            elif d6 >= 0.0 and d5 <= d6:
                r = 1.0
            elif vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0 and not (d1 <= 0.0 and d2 <= 0.0):
                s = d1 / (d1 - d3)
            elif vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0 and not (d1 <= 0.0 and d2 <= 0.0):
                r = d2 / (d2 - d6)
            elif va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
                r = (d4 - d3) / ((d4 - d3) + (d5 - d6))
                s = 1.0 - r
            elif not (d1 <= 0.0 and d2 <= 0.0):
                s, r = vb / (va + vb + vc), vc / (va + vb + vc)
            ex, ey, ez = (
                wx - s * u[0] - r * v[0],
                wy - s * u[1] - r * v[1],
                wz - s * u[2] - r * v[2],
            )
            best = min(best, ex * ex + ey * ey + ez * ez)
        found[q] = best
    return found
