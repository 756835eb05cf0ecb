"""Solids after operations that are made here alone, as triangles for rooms without the kernel."""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import numpy as np
from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy
from OCP.BRepTools import BRepTools

from cadcomplete.errors import BuildError, GeometryError
from cadcomplete.history.blends import Blend
from cadcomplete.history.geometry import Array
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.blends import blended_edges
from cadcomplete.kernel.build import construct
from cadcomplete.kernel.examine import kept
from cadcomplete.kernel.solid import Solid
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.meshes.faceted import closed

WAYS = ((1e-3, 5.0), (1e-3, 15.0), (2e-4, 5.0))
"""How far triangles may be off, as a share of the diagonal, and degrees between neighbours.

Five degrees are what `meshes/manifolds.py` has: the same circle has the same corners. The next is
tried where one makes more than `MANY` triangles, or leaves the surface open.
"""

MANY = 20_000

Facets = tuple[Array, np.ndarray, Array]
"""Vertices, triangles and the middles of edges, as `Faceted` has them."""


def facets_after(sequence: CadSequence, indices: tuple[int, ...]) -> list[Facets]:
    """Return what is known of the solid after each of some blends (`Faceted`).

    Raises BuildError, of an operation that cannot be built or whose triangles leave a gap.
    """
    found = []
    for index in indices:
        before, made = (_built(truncate(sequence, index + more)) for more in (0, 1))
        blend = sequence.operations[index]
        try:
            if before is None or made is None or not isinstance(blend, Blend):
                raise GeometryError("there is no solid that has edges")
            edges = blended_edges(before.shape, blend, sequence.operations[:index])
            found.append((*_closed(made), edges))
        except GeometryError as error:
            raise BuildError(index, str(error)) from error
    return found


def _built(sequence: CadSequence) -> Solid | None:
    return construct(sequence, prefixes=kept()).solid


def _closed(solid: Solid) -> tuple[Array, np.ndarray]:
    """The fewest triangles of the ways that enclose it. Raises GeometryError if none does."""
    shape = BRepBuilderAPI_Copy(solid.shape).Shape()  # a shape keeps the triangles it is given
    found: list[tuple[Array, np.ndarray]] = []
    problem: GeometryError | None = None
    for deflection, angle in WAYS:
        BRepTools.Clean_s(shape)
        mesh = tessellate(Solid(shape, solid.volume), deflection=deflection, angle=angle)
        try:
            closed(mesh)
        except GeometryError as error:
            problem = error
            continue
        found.append((mesh.vertices, mesh.triangles))
        if len(mesh.triangles) <= MANY or len(found) > 1:
            break
    if not found:
        assert problem is not None
        raise problem
    return min(found, key=lambda one: len(one[1]))
