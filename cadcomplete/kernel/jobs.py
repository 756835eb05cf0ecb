"""What the kernel is asked to do, by modules that never load it themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cadcomplete.history.edges import EdgeName
from cadcomplete.history.geometry import Array
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.report import Report


def examine(sequence: CadSequence, strict_from: int | None = None) -> Report:
    """Build, check and measure a history. An operation that fails is a problem of the report."""
    from cadcomplete.kernel.examine import examine as examine_here
    from cadcomplete.kernel.examine import kept

    return examine_here(sequence, strict_from=strict_from, prefixes=kept()).report


def examine_and_keep(sequence: CadSequence, strict_from: int | None = None) -> Report:
    """Do the same, and keep the solid in the report for whoever draws or writes it."""
    from cadcomplete.kernel.examine import examine as examine_here
    from cadcomplete.kernel.examine import kept
    from cadcomplete.kernel.packing import packed

    made = examine_here(sequence, strict_from=strict_from, prefixes=kept())
    failed = made.report.operation is not None  # it may be built where less is asked of it
    return made.report if failed else replace(made.report, solid=packed(made.solid))


def facets_after(
    sequence: CadSequence, indices: tuple[int, ...]
) -> list[tuple[Array, np.ndarray, Array]]:
    """Return what is known of the solid after each of some blends: what `Faceted` has.

    Raises BuildError, of an operation that cannot be built.
    """
    from cadcomplete.kernel.faceting import facets_after as facets_here

    return facets_here(sequence, indices)


def edges_named(sequence: CadSequence, groups: tuple[tuple[EdgeName, ...], ...]) -> list[Array]:
    """Return the middles of the edges that each group of names means, shape (e, 3), in mm.

    Those included that run on smoothly; none where a name means nothing. Raises BuildError.
    """
    from cadcomplete.kernel.naming.grouped import edges_named as edges_here

    return edges_here(sequence, groups)


def renamed(sequence: CadSequence) -> CadSequence:
    """Return the history with predicates for the points by which it names edges."""
    from cadcomplete.kernel.naming.renamed import renamed as renamed_here

    return renamed_here(sequence)


def largest(sequence: CadSequence, index: int) -> float:
    """Return up to what size, in mm, a fillet or chamfer can be made on its edges; 0 for none.

    Of a chamfer of two sizes the first. Raises BuildError if what is before it cannot be built.
    """
    from cadcomplete.kernel.blends import largest as largest_here
    from cadcomplete.kernel.build import construct

    before = sequence.operations[:index]
    solid = construct(CadSequence(before)).solid
    return 0.0 if solid is None else largest_here(solid, sequence.operations[index], before)
