"""Where reading a script ends early, and what is said of the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cadcomplete.errors import shorten
from cadcomplete.history.operations import Unknown
from cadcomplete.readers.scripts.survey import is_output, root_name

Place = tuple[int, int]
"""A line of a script, and a column in it in bytes of UTF-8, as `ast` counts."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The first thing in a script that is not supported.

    Attributes:
        line: where it begins.
        column: of it.
        start: the line in which the statement begins that it belongs to.
        end: after the statement or the chain of calls that it belongs to.
        names: what of it is not supported.
    """

    line: int
    column: int
    start: int
    end: Place
    names: tuple[str, ...]


class StopReading(Exception):
    """Ends the walk through a script, however deep it is in loops and builders."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        super().__init__()


def unknown(stop: Stop, text: str, names: list[tuple[int, str]]) -> Unknown:
    """Return the rest of a script, from where it ends early: all as it stands.

    `names` are all that are not supported, with their lines.
    """
    lines = text.encode().splitlines(keepends=True)
    rest = [lines[stop.line - 1][stop.column :], *lines[stop.line :]]
    end_line, end_column = stop.end
    first = rest[: end_line - stop.line + 1]
    last = end_column - (stop.column if end_line == stop.line else 0)
    first[-1] = first[-1][:last]
    said = shorten(b"".join(first).decode(errors="replace"))
    uses = {name for line, name in names if line >= stop.start}
    uses |= {name for name in stop.names if name.rpartition(".")[2] not in uses}
    content = b"".join(rest).decode(errors="replace")
    return Unknown(said, tuple(sorted(uses)), content, f"line {stop.line}")


def later_names(body: list[ast.stmt], line: int) -> Iterator[str]:
    """Yield the names that a script ends with, the last ones first, from a line on."""
    for statement in reversed(body):
        if (statement.end_lineno or statement.lineno) < line:
            return
        value = getattr(statement, "value", None)
        if value is None:
            continue
        if is_output(value):
            yield from (root_name(place) for place in (*value.args[:1], value.func))
            continue
        for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
            if isinstance(target, ast.Name):
                yield target.id
        yield root_name(value)


def without_fences(text: str) -> str:
    """Return a script without the marks that stand around code in Markdown, line for line."""
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if len(filled) < 2 or not lines[filled[0]].startswith("```"):
        return text
    lines[filled[0]] = ""
    if lines[filled[-1]].strip() == "```":
        lines[filled[-1]] = ""
    return "\n".join(lines)
