"""What a model has written, or anybody thought of, with what only the kernel can make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cadcomplete.errors import GeometryError, InputError, UnsupportedError
from cadcomplete.fitting import occupancy
from cadcomplete.history.faceted import unmade
from cadcomplete.history.operations import Extrude, Operation, Sketch
from cadcomplete.history.patterns import bodies_made
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed

if TYPE_CHECKING:
    from cadcomplete.model.generate import Row


_MOST_BODIES = 100
"""Bodies that a model may add. One that repeats a pattern of a pattern has lost its way; where such
copies cross each other, 400 of them took 8 GB."""


_SOMEWHERE = np.zeros((1, 3))


def built_rows(rows: Sequence[Row], kernel: Kernel, *, keep: int) -> tuple[Row, ...]:
    """Return rows of which every fillet and chamfer has its solid, each history built once.

    One that cannot be built after the first `keep` operations (an edge that there is none of, an
    end that is nowhere, an axis across what it turns), or adds too many bodies, is not whole: it
    counts as one that has not become a part.
    """
    known: dict[CadSequence, CadSequence | None] = {}
    for row in rows:
        if row.finished not in known:
            known[row.finished] = _built(row.finished, kernel, keep)
        made = known[row.finished]
        row.whole, row.finished = (0, CadSequence(())) if made is None else (row.whole, made)
    return tuple(rows)


def _built(sequence: CadSequence, kernel: Kernel, keep: int) -> CadSequence | None:
    """A history with the solids of its fillets and chamfers; None if it cannot be compared."""
    operations = sequence.operations
    if sum(bodies_made(operations)[keep:]) > _MOST_BODIES:
        return None
    try:
        made = handed(sequence, kernel) if unmade(operations) else sequence
        if not all(_plain(operation) for operation in operations[keep:]):
            occupancy(made, _SOMEWHERE)  # which asks where everything ends
    except (GeometryError, InputError, UnsupportedError):
        return None
    return made


def _plain(operation: Operation) -> bool:
    """Whether it is one that cannot fail: the grammar knows what it may refer to."""
    if isinstance(operation, Extrude):
        return operation.extent.numeric
    return isinstance(operation, Sketch)


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
