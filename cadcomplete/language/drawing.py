"""A history while it is being drawn, command by command.

Decoding a text is drawing it; the grammar asks the same drawing what may come next.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from cadcomplete.errors import GeometryError, TextError
from cadcomplete.history.curves import CURVES, Circle, Curve, Line
from cadcomplete.history.fields import Format
from cadcomplete.history.geometry import XY, Plane, Vec2
from cadcomplete.history.kinds import Ends, ProfileWord
from cadcomplete.history.operations import (
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Loop,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence, check_known
from cadcomplete.language.commands import CLOSE, LOOP, Command, read_command
from cadcomplete.language.numbers import Memory, after, memory_of, read_line


class Drawing:
    """The operations so far, and the sketch that is still open at the end.

    Attributes:
        operations: finished operations; the sketch being drawn is not among them.
        plane: plane of the sketch being drawn, or None outside of one.
        loops: its finished loops.
        curves: the curves of its open loop.
        pen: where the next curve starts, or None outside of a loop.
        memory: what numbers can refer to, in the format `numbers`; else nothing is kept.
    """

    def __init__(self, text_format: Format) -> None:
        self.text_format: Format = text_format
        self.operations: list[Operation] = []
        self.plane: Plane | None = None
        self.loops: list[Loop] = []
        self.curves: list[Curve] = []
        self.pen: Vec2 | None = None
        self.memory = Memory()

    @staticmethod
    def of(sequence: CadSequence, text_format: Format) -> Drawing:
        """Return the drawing that has just reached the end of `sequence`.

        A sketch at the end is whole, unless it is empty or its last loop is still open. Raises
        UnsupportedError if something in it is not known here.
        """
        check_known(sequence)
        drawing = Drawing(text_format)
        drawing.operations = list(sequence.operations)
        last = drawing.operations[-1] if drawing.operations else None
        if isinstance(last, Sketch) and not last.finished:
            drawing.operations.pop()
            drawing.plane, drawing.loops = last.plane, list(last.loops)
            if drawing.loops and not drawing.loops[-1].closed:
                drawing.curves = list(drawing.loops.pop().curves)
                drawing.pen = drawing.curves[-1].end
        if text_format == "numbers":
            drawing.memory = memory_of(sequence)
        return drawing

    def copy(self) -> Drawing:
        other = copy.copy(self)
        other.operations, other.loops = list(self.operations), list(self.loops)
        other.curves = list(self.curves)
        return other

    @property
    def sequence(self) -> CadSequence:
        """The history so far, the unfinished sketch and its open loop included."""
        return CadSequence((*self.operations, *self._sketch()))

    @property
    def sketches(self) -> list[tuple[int, Sketch]]:
        """Every sketch with its index among the operations, the newest last."""
        operations = (*self.operations, *self._sketch())
        return [(i, op) for i, op in enumerate(operations) if isinstance(op, Sketch)]

    def _sketch(self) -> Iterator[Sketch]:
        if self.plane is not None:
            rest = [Loop(tuple(self.curves))] if self.curves else []
            yield Sketch(self.plane, (*self.loops, *rest))

    def read(self, line: str) -> Command:
        """Read what the next line says. Raises TextError."""
        if self.text_format != "numbers":
            return read_command(line, self.text_format)
        try:
            return read_line(line, self.memory)
        except GeometryError as error:
            raise TextError(str(error)) from error

    def add(self, command: Command) -> None:
        """Carry out one command. Raises TextError if it cannot follow the ones before."""
        self._carry_out(*command)
        if self.text_format == "numbers":
            self.memory = after(self.memory, command)

    def _carry_out(self, name: str, values: tuple[Any, ...]) -> None:
        if name == "sketch":
            self._end_sketch()
            self.plane = values[0]
        elif name == "extrude":
            self._extrude(*values)
        elif self.plane is None:
            raise TextError(f"{name} outside of a sketch", expected="sketch or extrude first")
        elif name == LOOP:
            self._end_loop()
            self.pen = values[0]
        else:
            self._draw(name, values)

    def _draw(self, name: str, values: tuple[Any, ...]) -> None:
        kind = CURVES.get(name, Line)
        if kind is Circle:
            self._end_loop()
            self.loops.append(Loop((Circle(*values),)))
            return
        if self.pen is None:
            raise TextError(f"{name} outside of a loop", expected="loop first")
        if name == CLOSE:
            if not self.curves:
                raise TextError("close needs a curve before it")
            curve: Curve = Line(self.pen, self.curves[0].start)
        else:
            names = [f.name for f in kind.FIELDS[self.text_format]]
            curve = kind.from_fields(self.pen, **dict(zip(names, values, strict=True)))
        self.curves.append(curve)
        self.pen = curve.end

    def _end_loop(self) -> None:
        if self.curves:
            self.loops.append(Loop(tuple(self.curves)))
        self.curves, self.pen = [], None

    def _end_sketch(self) -> None:
        self.operations += self._sketch()
        self.plane, self.loops, self.curves, self.pen = None, [], [], None

    def _extrude(self, boolean: str, ends: Ends, words: tuple[ProfileWord, ...]) -> None:
        self._end_sketch()
        sketches = self.sketches
        profiles = tuple(_profile(word, sketches) for word in words)
        chosen = self.operations[profiles[0].sketch] if profiles else None
        plane = chosen.plane if isinstance(chosen, Sketch) else _newest_plane(sketches)
        extent = _extent(ends, plane, self.text_format)
        self.operations.append(Extrude(profiles, extent, Boolean(boolean)))


def _newest_plane(sketches: list[tuple[int, Sketch]]) -> Plane:
    return sketches[-1][1].plane if sketches else XY


def _profile(word: ProfileWord, sketches: list[tuple[int, Sketch]]) -> Profile:
    back, outer, holes = word
    if back >= len(sketches):
        raise TextError("no such sketch", expected=f"at most {len(sketches)} before", got=back)
    index, sketch = sketches[-1 - back]
    if (highest := max((outer, *holes))) >= len(sketch.loops):
        expected = f"0 to {len(sketch.loops) - 1}" if sketch.loops else "a sketch with loops"
        raise TextError("no such loop", expected=expected, got=highest)
    return Profile(index, outer, holes)


def _extent(ends: Ends, plane: Plane, text_format: Format) -> Extent:
    extent, numbers = ExtentType(ends[0]), ends[1]
    if text_format == "json":
        return Extent(extent, *numbers)
    against = plane.offset - numbers[1] if extent is ExtentType.TWO_SIDED else 0.0
    return Extent(extent, numbers[0] - plane.offset, against)
