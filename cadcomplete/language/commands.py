"""Commands: what every text format writes, one a line.

`sketch`, then for each of its loops `loop` and its curves (or a `circle`, which is a loop by
itself), then `extrude`; `close` is the line back to where the loop began. `words.py` says how
operations become commands, and commands operations again.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from cadcomplete.errors import GeometryError, TextError
from cadcomplete.history.curves import CURVES
from cadcomplete.history.extent_kind import PHRASES as EXTENT_PHRASES
from cadcomplete.history.fields import Field, Format
from cadcomplete.history.kinds import POINT
from cadcomplete.history.operations import OPERATIONS

LOOP, CLOSE = "loop", "close"


OWN: dict[str, tuple[Field, ...]] = {LOOP: (Field("start", POINT),), CLOSE: ()}
"""The fields of commands that are neither a curve nor an operation."""


EXTRUDE = "extrude"

PHRASES = frozenset(EXTENT_PHRASES)
"""Words within commands, of extrudes, that a model need not know which knows the commands."""


DERIVED = "derived"
"""Stands among the words of a model that knows numbers said by a rule (`numbers/derived.py`)."""


FILLS = "after"
"""Stands among the words of a model that has learned to fill gaps (`prompt.head`)."""

WANTED = "wanted"
"""Stands among the words of a model that is told in words what is measured in a cloud."""

TASKS = (DERIVED, FILLS, WANTED)
"""Words that are no command, nor within one: what else a model has learned."""


def known_words() -> tuple[str, ...]:
    """Return every word that a model can have learned: the commands, `PHRASES` and `TASKS`."""
    return (*command_fields("lines"), *EXTENT_PHRASES, *TASKS)


def command_fields(text_format: Format) -> dict[str, tuple[Field, ...]]:
    """Return every command of a format and its fields."""
    fields = OWN | {name: curve.FIELDS[text_format] for name, curve in CURVES.items()}
    return fields | {name: operation.FIELDS for name, operation in OPERATIONS.items()}


def fields_of(name: str, text_format: Format) -> tuple[Field, ...]:
    """Return the fields of a command. Raises TextError, naming those that there are."""
    if name in CURVES:
        return CURVES[name].FIELDS[text_format]
    if name in OPERATIONS:
        return OPERATIONS[name].FIELDS
    if name in OWN:
        return OWN[name]
    known = ", ".join(command_fields(text_format))
    raise TextError("unknown command", expected=f"one of {known}", got=name)


class Command(NamedTuple):
    """One line of the text: a name and the values of its fields."""

    name: str
    values: tuple[Any, ...] = ()


class Cut(NamedTuple):
    """A place where a history may be cut: after `operations`, or `curves` into the next one.

    `commands` is the number of commands before it; `curves` is None after a whole operation.
    """

    operations: int
    curves: int | None
    commands: int


# --- commands and lines -------------------------------------------------------------------------


def write_command(command: Command, text_format: Format) -> str:
    """Return a command as one line of text, without its end."""
    if text_format == "json":
        return json.dumps(write_document(command), separators=(",", ":"))
    pairs = zip(fields_of(command.name, "lines"), command.values, strict=True)
    return " ".join([command.name, *(w for f, v in pairs if (w := f.kind.write(v)))])


def write_document(command: Command) -> dict[str, Any]:
    """Return a command as what JSON holds."""
    pairs = zip(fields_of(command.name, "json"), command.values, strict=True)
    return {"type": command.name, **{f.name: f.kind.dump(v) for f, v in pairs}}


def read_command(line: str, text_format: Format) -> Command:
    """Read one line. Raises TextError, which does not yet know the number of the line."""
    try:
        return _read_words(line) if text_format == "lines" else read_document(_load_json(line))
    except GeometryError as error:
        raise TextError(str(error)) from error


def _load_json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError too
        raise TextError(f"not JSON: {getattr(error, 'msg', error)}", got=line) from error


def _read_words(line: str) -> Command:
    name, *rest = line.split(" ")
    fields = fields_of(name, "lines")
    words = iter(rest)
    try:
        values = tuple([f.kind.read(words) for f in fields])
    except StopIteration:
        names = ", ".join(f.name for f in fields)
        raise TextError(f"{name} is too short", expected=names, got=line) from None
    if (left := next(words, None)) is not None:
        raise TextError(f"{name} is too long", expected="the end of the line", got=left)
    return Command(name, values)


def read_document(document: Any) -> Command:
    """Read one command of a JSON sequence. Raises TextError and GeometryError."""
    if not isinstance(document, dict) or not isinstance(name := document.get("type"), str):
        raise TextError("not a command", expected='an object with a "type"', got=document)
    values: list[Any] = []
    for field in fields_of(name, "json"):
        try:
            values.append(field.kind.load(document[field.name]))
        except KeyError as error:
            lacking = f"{field.name} of {name}" if field.name in document else name
            problem = f"{lacking} lacks the key {error}"
            raise TextError(problem, got=sorted(document)) from None
        except (TypeError, AttributeError):
            got = document[field.name]
            raise TextError(f"wrong value of {field.name!r} in {name}", got=got) from None
    return Command(name, tuple(values))
