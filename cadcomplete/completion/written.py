"""What a model has written, or anybody thought of, with what only the kernel can make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cadcomplete.errors import GeometryError, InputError, UnsupportedError
from cadcomplete.history.faceted import unmade
from cadcomplete.history.operations import Extrude, Operation
from cadcomplete.history.patterns import bodies_made
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.handing import handed

if TYPE_CHECKING:
    from cadcomplete.model.generate import Row


_MOST_BODIES = 400
"""Bodies that a model may add. One that repeats a pattern of a pattern has lost its way, and
nothing is sooner out of memory."""


def built_rows(rows: Sequence[Row], kernel: Kernel, *, keep: int) -> tuple[Row, ...]:
    """Return rows of which every fillet and chamfer has its solid, each history built once.

    One with an edge that there is none of or a radius too large, or, after the first `keep`
    operations, with an end that is nowhere or too many bodies, is not whole: it counts as one that
    has not become a part.
    """
    known: dict[CadSequence, CadSequence | None] = {}
    for row in rows:
        if not _made(row.finished.operations, keep):
            row.whole, row.finished = 0, CadSequence(())
        if not unmade(row.finished.operations):
            continue
        if row.finished not in known:
            try:
                known[row.finished] = handed(row.finished, kernel)
            except InputError:
                known[row.finished] = None
        made = known[row.finished]
        row.whole, row.finished = (0, CadSequence(())) if made is None else (row.whole, made)
    return tuple(rows)


def _made(operations: tuple[Operation, ...], keep: int) -> bool:
    """Whether what was added ends somewhere, as far as it is known without the kernel, and is not
    too much."""
    if sum(bodies_made(operations)[keep:]) > _MOST_BODIES:
        return False
    for index, operation in enumerate(operations[keep:], start=keep):
        try:
            if isinstance(operation, Extrude):
                in_numbers(operation, operations[:index])
        except (GeometryError, UnsupportedError):
            return False
    return True


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
