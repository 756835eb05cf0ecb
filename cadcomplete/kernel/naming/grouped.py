"""Which edges of a solid groups of names mean, each with all that is rounded together with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cadcomplete.errors import GeometryError
from cadcomplete.history.edges import EdgeName
from cadcomplete.history.geometry import Array
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import construct
from cadcomplete.kernel.examine import kept
from cadcomplete.kernel.naming.labels import labelled
from cadcomplete.kernel.naming.naming import chains, meant
from cadcomplete.kernel.naming.topology import MIDDLE, edges_of


def edges_named(sequence: CadSequence, groups: Sequence[tuple[EdgeName, ...]]) -> list[Array]:
    """Return the middles of the edges that each group of names means, shape (e, 3), in mm.

    None for a group with a name of which there is no edge. Raises BuildError.
    """
    made = construct(sequence, prefixes=kept()).solid
    if made is None:
        return [np.zeros((0, 3)) for _ in groups]
    edges = edges_of(made.shape)
    labels, together = labelled(edges, sequence.operations), chains(made.shape, edges)
    found = []
    for names in groups:
        own = np.zeros(len(edges), bool)
        try:
            for name in names:
                own = own | meant(labels, name)
        except GeometryError:
            own = np.zeros(len(edges), bool)
        found.append(edges.points[np.isin(together, together[own]), MIDDLE])
    return found
