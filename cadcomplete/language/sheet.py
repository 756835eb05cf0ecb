"""What has been drawn of a history: whole operations, and the sketch that is still open."""

from __future__ import annotations

from collections.abc import Iterator

from cadcomplete.history.curves import Curve
from cadcomplete.history.fields import Format
from cadcomplete.history.geometry import Plane, Vec2
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence


class Sheet:
    """The operations so far, and the sketch that is still open at the end.

    Attributes:
        operations: finished operations; the sketch being drawn is not among them.
        plane: plane of the sketch being drawn, or None outside of one.
        loops: its finished loops.
        curves: the curves of its open loop.
        pen: where the next curve starts, or None outside of a loop.
    """

    def __init__(self, text_format: Format) -> None:
        self.text_format: Format = text_format
        self.operations: list[Operation] = []
        self.plane: Plane | None = None
        self.loops: list[Loop] = []
        self.curves: list[Curve] = []
        self.pen: Vec2 | None = None

    @property
    def sequence(self) -> CadSequence:
        """The history so far, the unfinished sketch and its open loop included."""
        return CadSequence((*self.operations, *self._sketch()))

    @property
    def sketches(self) -> list[tuple[int, Sketch]]:
        """Every sketch with its index among the operations, the newest last."""
        operations = (*self.operations, *self._sketch())
        return [(i, op) for i, op in enumerate(operations) if isinstance(op, Sketch)]

    @property
    def loop_is_open(self) -> bool:
        """Whether a loop is being drawn that is not back where it began."""
        return self.pen is not None and not (self.curves and self.pen == self.curves[0].start)

    @property
    def is_empty_sketch(self) -> bool:
        """Whether a sketch has begun in which nothing is drawn."""
        return self.plane is not None and not self.loops and not self.curves

    def _sketch(self) -> Iterator[Sketch]:
        if self.plane is not None:
            rest = [Loop(tuple(self.curves))] if self.curves else []
            yield Sketch(self.plane, (*self.loops, *rest))

    def end_loop(self) -> None:
        if self.curves:
            self.loops.append(Loop(tuple(self.curves)))
        self.curves, self.pen = [], None

    def end_sketch(self) -> None:
        self.operations += self._sketch()
        self.plane, self.loops, self.curves, self.pen = None, [], [], None
