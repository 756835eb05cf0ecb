"""A history as text for a language model, with the place of every cut.

`lines` is the line language, `json` the same commands as operation-major JSON, one a line, and
`numbers` (`numbers/`) the line language with numbers said by what stands there already. All
start with nothing that depends on what follows, and every command ends with a line end,
so the text of the first k operations is exactly the beginning of the text of all of them.
docs/format.md is the specification.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass, replace

from cadcomplete.errors import TextError
from cadcomplete.history.fields import Format
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.commands import DERIVED, Command, Cut, write_command
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.numbers import Memory, after, said
from cadcomplete.language.words import WORDS, write_commands

JSON_HEAD = '{"sequence":['
JSON_TAIL = "]}"


@dataclass(frozen=True, slots=True)
class Text:
    """An encoded history.

    Attributes:
        text: all lines.
        cuts: every place where it may be cut, in order; the first is before any operation.
        offsets: for each cut, the number of characters before it.
    """

    text: str
    cuts: tuple[Cut, ...]
    offsets: tuple[int, ...]

    @property
    def operation_offsets(self) -> tuple[int, ...]:
        """Characters before the first operation and after each one."""
        pairs = zip(self.cuts, self.offsets, strict=True)
        return tuple(offset for cut, offset in pairs if cut.curves is None)


def encode(
    sequence: CadSequence,
    *,
    text_format: Format = "lines",
    without: Collection[int] = (),
    words: Container[str] | None = None,
) -> Text:
    """Return the text of a history. The same history always gives the same text.

    It says nothing of the operations `without`, which a model cannot read (`words.unlearned`), and
    in the format `numbers` derives no number if that is none of its `words`; None for all.
    """
    commands, cuts = write_commands(sequence, text_format, without=without)
    lines = [f"{line}\n" for line, _ in _lines(commands, text_format, _nothing(words))]
    if text_format == "json":
        lines = [line if i == 0 else f",{line}" for i, line in enumerate(lines)]
    head = f"{JSON_HEAD}\n" if text_format == "json" else ""
    ends = [len(head)]
    for line in lines:
        ends.append(ends[-1] + len(line))
    return Text(head + "".join(lines), tuple(cuts), tuple(ends[cut.commands] for cut in cuts))


class TextAfter:
    """Writes what may come after a history, which itself is written once; each time as `encode`
    would write all of it.

    A sketch that is still being drawn at its end is not part of it.
    """

    def __init__(
        self,
        given: CadSequence,
        *,
        text_format: Format = "lines",
        without: Collection[int] = (),
        words: Container[str] | None = None,
    ) -> None:
        self._format: Format = text_format
        self._before = given.operations[: given.whole_operations]
        whole = replace(given, operations=self._before)
        commands, _ = write_commands(whole, text_format, without=without)
        self._begun, self._memory = bool(commands), _nothing(words)
        for _, memory in _lines(commands, text_format, self._memory):
            self._memory = memory

    def text(self, operation: Operation) -> str:
        """Return the lines of one operation more."""
        write = WORDS[type(operation)].write
        commands = list(write(operation, self._before, self._format))
        lines = [f"{line}\n" for line, _ in _lines(commands, self._format, self._memory)]
        if self._format != "json":
            return "".join(lines)
        return "".join(f",{line}" if self._begun or i else line for i, line in enumerate(lines))


def _nothing(words: Container[str] | None) -> Memory:
    """What can be referred to at the beginning."""
    return Memory(derived=words is None or DERIVED in words)


def _lines(
    commands: list[Command], text_format: Format, memory: Memory
) -> Iterator[tuple[str, Memory]]:
    """The line of each command, and what can be referred to after it."""
    if text_format != "numbers":
        yield from ((write_command(command, text_format), memory) for command in commands)
        return
    for command in commands:
        line, command = said(command, memory)
        memory = after(memory, command)
        yield line, memory


def decode(text: str, *, text_format: Format = "lines") -> CadSequence:
    """Return the history that a text tells. It may end anywhere after a whole line.

    Raises TextError, naming the line, for anything that is not a command or cannot follow.
    """
    drawing = Drawing(text_format)
    for number, line in enumerate(text.split("\n"), start=1):
        if text_format == "json":
            line = _strip_json(line)
        if not line:
            continue
        try:
            drawing.add(drawing.read(line))
        except TextError as error:
            error.where = error.where or f"line {number}"
            raise
    return drawing.sequence


def _strip_json(line: str) -> str:
    """Return the command in a line of JSON text, without what holds the list together."""
    return "" if line in (JSON_HEAD, JSON_TAIL) else line.removeprefix(",")
