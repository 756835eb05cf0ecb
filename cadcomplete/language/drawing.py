"""A history while it is being drawn, command by command.

Decoding a text is drawing it; the grammar asks the same drawing what may come next.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Container

from cadcomplete.errors import GeometryError, TextError
from cadcomplete.history.fields import Format
from cadcomplete.history.operations import OPERATIONS, Sketch
from cadcomplete.history.sequence import CadSequence, check_known
from cadcomplete.language.commands import DERIVED, Command, read_command
from cadcomplete.language.numbers import Memory, after, read_line, said
from cadcomplete.language.sheet import Sheet
from cadcomplete.language.words import WORDS, draw, write_commands


class Drawing(Sheet):
    """A sheet that commands are carried out on.

    Attributes:
        memory: what numbers can refer to, in the format `numbers`; else nothing is kept.
    """

    def __init__(self, text_format: Format) -> None:
        super().__init__(text_format)
        self.memory = Memory()

    @staticmethod
    def of(
        sequence: CadSequence,
        text_format: Format,
        *,
        without: Collection[int] = (),
        words: Container[str] | None = None,
    ) -> Drawing:
        """Return the drawing that has just reached the end of `sequence`.

        A sketch at the end is whole, unless it is empty or its last loop is still open. Numbers
        refer to nothing in the operations `without`, of which the text says nothing, and none is
        derived if that is none of the `words`. Raises UnsupportedError if something in it is not
        known here.
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
            drawing.memory = Memory(derived=words is None or DERIVED in words)
            for command in write_commands(sequence, "numbers", without=without)[0]:
                _, command = said(command, drawing.memory)
                drawing.memory = after(drawing.memory, command)
        return drawing

    def draw_on(self) -> None:
        """Open the sketch at the end again, if it is whole, so that more is drawn in it."""
        if self.plane is None and self.operations and isinstance(self.operations[-1], Sketch):
            last = self.operations.pop()
            assert isinstance(last, Sketch)
            self.plane, self.loops = last.plane, list(last.loops)

    def copy(self) -> Drawing:
        other = copy.copy(self)
        other.operations, other.loops = list(self.operations), list(self.loops)
        other.curves = list(self.curves)
        return other

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
        if command.name in OPERATIONS:
            WORDS[OPERATIONS[command.name]].read(command.values, self)
        else:
            draw(command.name, command.values, self)
        if self.text_format == "numbers":
            self.memory = after(self.memory, command)
