"""Whether triangles close to a solid: the four metrics of CAD-MLLM, on triangle meshes.

Xu et al., CAD-MLLM (arXiv:2411.04954), and the definitions in its code, CAD-MLLM-metrics. Solids
that a kernel makes score 0 on the last three; they tell only something about meshes of others.
Vertices that lie within a millionth of the largest extent of each other are one first: files such
as STL repeat them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from cadcomplete.history.geometry import Array
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.metrics.metric import Metric

_SOURCE = "CAD-MLLM (arXiv:2411.04954)"
SEGMENT_ERROR = Metric(
    "SegE", "components", "|components(made) - components(true)|, mean", _SOURCE, "lower"
)
DANGLING_EDGES = Metric(
    "DangEL",
    "half the largest extent",
    "Σ length of edges with exactly one face / (largest extent / 2), mean",
    _SOURCE + "; its code stretches the box to hold the origin, ours does not",
    "lower",
)
SELF_INTERSECTION = Metric(
    "SIR", "share", "faces that cross another face / faces, mean", _SOURCE, "lower"
)
FLUX_ENCLOSURE = Metric("FluxEE", "mm²", "|Σ area · normal · (1, 1, 1)|, mean", _SOURCE, "lower")


def welded(mesh: Mesh) -> Mesh:
    """Return a mesh with vertices in one place made one, and without triangles of no area."""
    if not len(mesh.vertices):
        return mesh
    cell = max(float(np.ptp(mesh.vertices, axis=0).max()), 1e-300) * 1e-6
    keys = np.round((mesh.vertices - mesh.vertices.min(axis=0)) / cell).astype(np.int64)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    triangles = inverse.reshape(-1)[mesh.triangles]
    a, b, c = triangles.T
    return Mesh(mesh.vertices[first], triangles[(a != b) & (b != c) & (c != a)])


def components(mesh: Mesh) -> int:
    """Return the number of pieces whose triangles hang together by vertices."""
    whole = welded(mesh)
    label = np.arange(len(whole.vertices))
    triangles = whole.triangles
    while len(triangles):
        least = label[triangles].min(axis=1)
        after = label.copy()
        for corner in range(3):
            np.minimum.at(after, triangles[:, corner], least)
        after = after[after]  # a label's own label: halves the way
        if (after == label).all():
            break
        label = after
    return len(np.unique(label[np.unique(triangles)])) if len(triangles) else 0


def segment_error(truth: Mesh, made: Mesh) -> int:
    """Return |components(made) - components(true)|."""
    return abs(components(made) - components(truth))


def dangling_edges(mesh: Mesh) -> float:
    """Return the length of all edges with exactly one face, over half the largest extent."""
    whole = welded(mesh)
    if not len(whole.triangles):
        return 0.0
    edges = np.sort(whole.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    pairs, counts = np.unique(edges, axis=0, return_counts=True)
    ends = whole.vertices[pairs[counts == 1]]
    length = float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).sum())
    return length / (float(np.ptp(whole.vertices, axis=0).max()) / 2)


def flux_enclosure(mesh: Mesh) -> float:
    """Return |Σ area · n · (1, 1, 1)| in mm²: 0 for what is closed, whatever its place."""
    a, b, c = (mesh.vertices[mesh.triangles[:, i]] for i in range(3))
    return float(abs(np.cross(b - a, c - a).sum() / 2))


def self_intersection(mesh: Mesh) -> float:
    """Return the share of faces that cross another one.

    Two faces cross if an edge of one passes through the inside of the other; faces that share a
    vertex are neighbours and are not asked. Faces in one plane that overlap are not found.
    """
    whole = welded(mesh)
    count = len(whole.triangles)
    corners = whole.vertices[whole.triangles]
    crossing = np.zeros(count, dtype=np.bool_)
    for i, j in _near(corners):
        shared = (whole.triangles[i][:, :, None] == whole.triangles[j][:, None]).any(axis=(1, 2))
        i, j = i[~shared], j[~shared]
        found = _cross(corners[i], corners[j]) | _cross(corners[j], corners[i])
        crossing[i[found]] = crossing[j[found]] = True
    return float(crossing.mean()) if count else 0.0


def _near(corners: Array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the pairs of triangles whose boxes overlap, for a block of triangles at a time."""
    low, high = corners.min(axis=1), corners.max(axis=1)
    order = np.argsort(low[:, 0], kind="stable")
    low, high = low[order], high[order]
    stop = np.searchsorted(low[:, 0], high[:, 0], side="right")
    for start in range(0, len(order), 512):
        rows = np.arange(start, min(start + 512, len(order)))
        columns = np.arange(start, int(stop[rows].max()))
        overlap = (low[rows, None] <= high[columns]) & (low[columns] <= high[rows, None])
        i, j = np.nonzero(overlap.all(axis=2) & (columns > rows[:, None]))
        yield order[rows[i]], order[columns[j]]


def _cross(edges_of: Array, through: Array) -> np.ndarray:
    """Whether an edge of the first of each pair passes through the inside of the second.

    By signed volumes of tetrahedra, each more than rounding of the pair's size.
    """
    p, q, r = (through[:, i] for i in range(3))
    found = np.zeros(len(p), dtype=np.bool_)
    size = np.maximum(np.abs(edges_of - p[:, None]).max(axis=(1, 2)), 1e-300)
    least = 1e-9 * np.maximum(size, np.abs(through - p[:, None]).max(axis=(1, 2))) ** 3
    for k in range(3):
        a, b = edges_of[:, k], edges_of[:, (k + 1) % 3]
        above, below = _volume(a, p, q, r), _volume(b, p, q, r)
        apart = (above > least) & (below < -least) | (above < -least) & (below > least)
        sides = np.stack([_volume(a, b, p, q), _volume(a, b, q, r), _volume(a, b, r, p)])
        inside = (sides > least).all(axis=0) | (sides < -least).all(axis=0)
        found |= apart & inside
    return found


def _volume(a: Array, b: Array, c: Array, d: Array) -> Array:
    return np.einsum("ij,ij->i", b - a, np.cross(c - a, d - a))


TOPOLOGY: dict[str, tuple[Metric, Callable[[Mesh, Mesh], float]]] = {
    "SegE": (SEGMENT_ERROR, segment_error),
    "DangEL": (DANGLING_EDGES, lambda truth, made: dangling_edges(made)),
    "SIR": (SELF_INTERSECTION, lambda truth, made: self_intersection(made)),
    "FluxEE": (FLUX_ENCLOSURE, lambda truth, made: flux_enclosure(made)),
}
"""Each takes the true mesh and the made one."""
