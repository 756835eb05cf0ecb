"""A history whose edges are named by points, with predicates in their place where there are any.

Readers know edges by where they lie: files number them. A name that says what made an edge stays
right when the part changes, so each point is looked up on the solid that it was meant for.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

from dataclasses import replace

import numpy as np
from OCP.TopoDS import TopoDS_Shape

from cadcomplete.errors import BuildError, GeometryError
from cadcomplete.history.blends import Blend
from cadcomplete.history.edges import EdgeName, EdgePoint
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import Prefixes, construct
from cadcomplete.kernel.naming.labels import labelled
from cadcomplete.kernel.naming.naming import chains, meant
from cadcomplete.kernel.naming.shortest import shortest_names
from cadcomplete.kernel.naming.topology import edges_of


def renamed(sequence: CadSequence) -> CadSequence:
    """Return the history with the shortest names for what its fillets and chamfers name by points.

    A point on an edge where nothing bends is left out, as the kernel leaves it. A point that lies
    nowhere, and all behind what cannot be built, stay.
    """
    operations = list(sequence.operations)
    prefixes = Prefixes()
    for index, operation in enumerate(operations):
        if not isinstance(operation, Blend) or not _has_points(operation):
            continue
        before = tuple(operations[:index])
        try:
            solid = construct(CadSequence(before), prefixes=prefixes).solid
        except BuildError:
            break
        if solid is not None:
            names = _names(solid.shape, before, operation.edges)
            operations[index] = replace(operation, edges=names)
    return replace(sequence, operations=tuple(operations))


def _has_points(blend: Blend) -> bool:
    return any(isinstance(name, EdgePoint) for name in blend.edges)


def _names(
    shape: TopoDS_Shape, before: tuple[Operation, ...], names: tuple[EdgeName, ...]
) -> tuple[EdgeName, ...]:
    edges = edges_of(shape)
    labels = labelled(edges, before)
    wanted, lost = np.zeros(len(edges), dtype=np.bool_), []
    for name in names:
        try:
            wanted |= meant(labels, name)
        except GeometryError:
            lost.append(name)
    if not wanted.any():
        return names
    return (*shortest_names(labels, chains(shape, edges), wanted), *lost)
