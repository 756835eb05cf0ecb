"""Triangles and lines: what a solid or a sketch looks like. Only numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cadcomplete.history.geometry import Array, BoundingBox
from cadcomplete.history.sequence import CadSequence, check_known


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A tessellated solid and the lines that are drawn with it, in millimetres.

    Attributes:
        vertices: shape (n, 3).
        triangles: indices of vertices, shape (m, 3), counter-clockwise seen from outside.
        lines: polylines, each of shape (k, 3): the solid's edges, or an open sketch.
    """

    vertices: Array
    triangles: np.ndarray
    lines: tuple[Array, ...] = ()

    @property
    def normals(self) -> Array:
        """Unit normals of the triangles, shape (m, 3); zero for a triangle without area."""
        a, b, c = (self.vertices[self.triangles[:, i]] for i in range(3))
        normals = np.cross(b - a, c - a)
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        return normals / np.where(lengths > 0, lengths, 1.0)

    @property
    def volume(self) -> float:
        """Enclosed volume in mm³, by the divergence theorem."""
        a, b, c = (self.vertices[self.triangles[:, i]] for i in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)

    @property
    def bounding_box(self) -> BoundingBox | None:
        """The box around everything that is drawn, or None if that is nothing."""
        points = [p for p in (self.vertices, *self.lines) if len(p)]
        return BoundingBox.of(np.concatenate(points)) if points else None


EMPTY = Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64))


def new_lines(mesh: Mesh, given: Mesh) -> tuple[Array, ...]:
    """Return the lines of a mesh of which the given one has not all points."""
    known = {tuple(point) for line in given.lines for point in np.round(line, 3).tolist()}
    return tuple(
        line for line in mesh.lines if not known.issuperset(map(tuple, np.round(line, 3).tolist()))
    )


def open_sketches(sequence: CadSequence) -> tuple[Array, ...]:
    """Return the curves of all sketches since the solid last changed, as polylines in space.

    Raises UnsupportedError if something in the history is not known here.
    """
    check_known(sequence)
    lines: list[Array] = []
    for operation in reversed(sequence.operations):
        if operation.builds:
            break
        lines += operation.lines()
    return tuple(lines)


def to_trimesh(mesh: Mesh) -> Any:
    """Return the triangles as a trimesh.Trimesh, vertices as they are."""
    import trimesh  # takes a third of a second

    return trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
