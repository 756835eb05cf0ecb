"""What a model has written, or anybody thought of, with what only the kernel can make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cadcomplete.errors import GeometryError, InputError, UnsupportedError
from cadcomplete.fitting import occupancy
from cadcomplete.history.faceted import unmade
from cadcomplete.history.patterns import bodies_made
from cadcomplete.history.reach import numbered
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed
from cadcomplete.meshes.manifolds import solid

if TYPE_CHECKING:
    from cadcomplete.model.generate import Row

MOST_BODIES = 100
"""Bodies that a model may add to a part. One that repeats patterns of patterns has lost its way:
thousands take minutes to compare with others, and 400 that cross each other took 8 GB."""


def built_rows(
    rows: Sequence[Row], kernel: Kernel, *, given: int = 0, compared: bool = False
) -> tuple[Row, ...]:
    """Return rows of which every fillet and chamfer has its solid, each history built once.

    One with an edge that there is none of, or a radius too large, is not whole: it counts as one
    that has not become a part. So does one that goes through where there is nothing, or does again
    what takes minutes to make; of that the first operations, which are `given`, may have any. Where
    whole parts are `compared`, so does one that only the kernel can make.
    """
    known: dict[CadSequence, CadSequence | None] = {}
    for row in rows:
        if row.finished not in known:
            known[row.finished] = _made(row.finished, kernel, given, compared=compared)
        made = known[row.finished]
        row.whole, row.finished = (0, CadSequence(())) if made is None else (row.whole, made)
    return tuple(rows)


def _made(
    sequence: CadSequence, kernel: Kernel, given: int, *, compared: bool
) -> CadSequence | None:
    """The history with what only the kernel can make; None if it cannot be made in little time."""
    if sum(bodies_made(sequence.operations)[given:]) > MOST_BODIES:
        return None
    made = sequence
    try:
        if unmade(sequence.operations):
            made = handed(sequence, kernel)
        numbered(made)
        if compared:  # by points and by triangles
            occupancy(made, np.zeros((1, 3)))
            solid(made)
    except UnsupportedError:  # only the kernel can tell where it ends
        return None if compared else made
    except (InputError, GeometryError):
        return None
    return made


@dataclass(frozen=True, eq=False)
class Handing(Sequence[CadSequence]):
    """Histories, each with what the kernel makes of its fillets and chamfers once it is asked for.

    One that the kernel cannot make stays as it is.
    """

    histories: Sequence[CadSequence]
    kernel: Kernel
    _known: dict[int, CadSequence] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.histories)

    def __getitem__(self, index: Any) -> Any:
        if index not in self._known:
            try:
                self._known[index] = handed(self.histories[index], self.kernel)
            except InputError:
                self._known[index] = self.histories[index]
        return self._known[index]
