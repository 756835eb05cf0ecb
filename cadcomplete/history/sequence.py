"""A construction history, what is wrong with it, and how it is cut short.

A history ends where something is not known here: `operations` is what can be built, and `rest` the
first operation that there is no class for and all that follow it, kept as they stand. Whatever
takes a history as the whole part asks `check_known` first, or takes `known` and says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cadcomplete.errors import InputError, UnsupportedError
from cadcomplete.history.geometry import Plane
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Extrude, Finding, Operation, Sketch, Unknown
from cadcomplete.history.tables import Table


@dataclass(frozen=True, slots=True)
class CadSequence:
    """The operations of a part in the order in which they were made; lengths in millimetres.

    Attributes:
        operations: those that are known here, up to the first that is not.
        rest: that one, and all after it. Nothing of it is built, drawn or written as text.
    """

    operations: tuple[Operation, ...]
    id: str = ""
    rest: tuple[Unknown, ...] = ()

    def __len__(self) -> int:
        """How many operations are known."""
        return len(self.operations)

    @property
    def known(self) -> CadSequence:
        """The history without what is not known."""
        return dataclasses.replace(self, rest=()) if self.rest else self

    @property
    def unsupported(self) -> tuple[str, ...]:
        """All that the history uses and that is not known here, by the names of its own format."""
        return tuple(sorted({name for operation in self.rest for name in operation.uses}))

    @property
    def notice(self) -> str:
        """What a person should know about the rest, in one sentence; "" if there is none."""
        if not self.rest:
            return ""
        after = len(self.rest) - 1
        more = f", nor the {after} after it" if after else ""
        return (
            f"operation {len(self)} is not known here: {self.rest[0].said}; it is not built{more}"
        )

    @property
    def whole_operations(self) -> int:
        """How many operations are finished: a sketch with an open loop at the end is not."""
        return len(self) - (bool(self.operations) and not self.operations[-1].finished)

    @property
    def curves(self) -> int:
        """How many curves all sketches have together."""
        sketches = (op for op in self.operations if isinstance(op, Sketch))
        return sum(len(loop.curves) for sketch in sketches for loop in sketch.loops)


def truncate(sequence: CadSequence, keep: int, *, curves: int | None = None) -> CadSequence:
    """Return the first `keep` operations, and of the next one, a sketch, its first `curves`.

    Raises InputError if there are not that many that are known.
    """
    if not 0 <= keep <= len(sequence):
        raise InputError(
            "cannot keep so many operations",
            where=sequence.id,
            expected=f"0 to {len(sequence)}",
            got=keep,
            hint=sequence.notice,
        )
    kept = sequence.operations[:keep]
    if curves is not None:
        kept += (_partial(sequence, keep, curves),)
    return dataclasses.replace(sequence, operations=kept, rest=())


def check_known(sequence: CadSequence) -> None:
    """Raise UnsupportedError, naming what, if not all of a history is known here."""
    if sequence.rest:
        where = sequence.rest[0].source or f"operation {len(sequence)}"
        raise UnsupportedError(sequence.unsupported, where=where)


def check_kinds(
    sequence: CadSequence, room: str, operations: Iterable[type], curves: Iterable[type] = ()
) -> None:
    """Raise UnsupportedError if a room meets an operation, or a curve, of another kind than these.

    Without `curves` those may be any. What a file has and nobody knows here is refused as well.
    """
    check_known(sequence)
    known, drawn = Table(room, dict.fromkeys(operations)), Table(room, dict.fromkeys(curves))
    for operation in sequence.operations:
        known[type(operation)]
        for loop in operation.loops if drawn and isinstance(operation, Sketch) else ():
            for curve in loop.curves:
                drawn[type(curve)]


def check_plain(sequence: CadSequence, room: str) -> None:
    """Raise UnsupportedError if a room that knows prisms alone meets another extrude.

    It has a taper, a start off its sketch, or no numbers for its ends (`reach.numbered`).
    """
    for operation in sequence.operations:
        if isinstance(operation, Extrude) and (unusual := operation.extent.unusual):
            raise UnsupportedError([f"Extrude ({unusual})"], where=room)


def _partial(sequence: CadSequence, index: int, curves: int) -> Sketch:
    sketch = sequence.operations[index] if index < len(sequence) else None
    total = sum(len(loop.curves) for loop in sketch.loops) if isinstance(sketch, Sketch) else 0
    if not isinstance(sketch, Sketch) or not 0 <= curves <= total:
        raise InputError(
            "cannot keep so many curves",
            where=f"operation {index}",
            expected=f"0 to {total}" if total else "a sketch with curves",
            got=curves,
        )
    loops: list[Loop] = []
    for loop in sketch.loops:
        if curves > 0:
            loops.append(dataclasses.replace(loop, curves=loop.curves[:curves]))
        curves -= len(loop.curves)
    return dataclasses.replace(sketch, loops=tuple(loops))


def start_plane(extrude: Extrude, before: tuple[Operation, ...]) -> Plane:
    """Return the plane an extrude starts from (`Extrude.start`)."""
    return extrude.start(before)


def validate(sequence: CadSequence) -> tuple[Finding, ...]:
    """Return what is wrong or unusual, each finding with its place in the document."""
    return tuple(_findings(sequence))


def _findings(sequence: CadSequence) -> Iterator[Finding]:
    if not sequence.operations and not sequence.rest:
        yield Finding("$.sequence", "there are no operations")
    for index, operation in enumerate(sequence.operations):
        path = operation.source or f"$.sequence[{index}]"
        for remark in operation.remarks:
            yield Finding(path, remark, "warning")
        last = index == len(sequence) - 1
        yield from operation.problems(sequence.operations[:index], path=path, last=last)
    if sequence.rest:
        path = sequence.rest[0].source or f"$.sequence[{len(sequence)}]"
        yield Finding(path, sequence.notice, "warning")
