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
class ScriptStop:
    """The first thing in a script that is not supported.

    Attributes:
        begin: where the statement begins that it belongs to.
        end: after that statement.
        names: what of it is not supported.
        chain: after what was made of a chain of calls, and after that chain, if it is one.
    """

    begin: Place
    end: Place
    names: tuple[str, ...]
    chain: tuple[Place, Place] | None = None


class StopReading(Exception):
    """Ends the walk through a script, however deep it is in loops, functions and builders."""

    def __init__(self, stop: ScriptStop) -> None:
        self.stop = stop
        super().__init__()


def unknown(stop: ScriptStop, text: str, names: list[tuple[int, str]], *, chained: bool) -> Unknown:
    """Return the rest of a script, from where it ends early: all as it stands.

    `names` are all that are not supported, with their lines; `chained` says that what its chain
    of calls begins with is among the operations before it.
    """
    (line, column), end = stop.chain if chained and stop.chain else (stop.begin, stop.end)
    lines = text.encode().splitlines(keepends=True)
    rest = [lines[line - 1][column:], *lines[line:]]
    end_line, end_column = end
    first = rest[: end_line - line + 1]
    last = end_column - (column if end_line == line else 0)
    first[-1] = first[-1][:last]
    said = shorten(b"".join(first).decode(errors="replace"))
    uses = {name for at, name in names if at >= stop.begin[0]}
    uses |= {name for name in stop.names if name.rpartition(".")[2] not in uses}
    content = b"".join(rest).decode(errors="replace")
    return Unknown(said, tuple(sorted(uses)), content, f"line {line}")


def later_names(body: list[ast.stmt], line: int) -> Iterator[str]:
    """Yield the names that statements end with, the last ones first, from a line on."""
    for statement in reversed(body):
        if (statement.end_lineno or statement.lineno) < line:
            return
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield from later_names(getattr(statement, "body", []), line)
        value = getattr(statement, "value", None)
        if value is None:
            continue
        if is_output(value):
            yield from (root_name(place) for place in (*value.args[:1], value.func))
            continue
        for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
            if isinstance(target, ast.Name):
                yield target.id
        while isinstance(value, ast.BinOp):
            value = value.left
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
