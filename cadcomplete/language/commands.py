"""A history as a stream of commands: what both text formats write, one command a line.

`sketch`, then for each of its loops `loop` and its curves (or a `circle`, which is a loop by
itself), then `extrude`; `close` is the line back to where the loop began.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from cadcomplete.errors import GeometryError, TextError
from cadcomplete.history.curves import CURVES, Circle, Curve, Line
from cadcomplete.history.fields import Field, Format
from cadcomplete.history.geometry import Plane
from cadcomplete.history.kinds import POINT, Ends, ProfileWord
from cadcomplete.history.operations import (
    OPERATIONS,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Profile,
    Sketch,
)
from cadcomplete.history.sequence import CadSequence, check_known, start_plane

LOOP, CLOSE = "loop", "close"


def command_fields(text_format: Format) -> dict[str, tuple[Field, ...]]:
    """Return every command of a format and its fields."""
    fields: dict[str, tuple[Field, ...]] = {LOOP: (Field("start", POINT),), CLOSE: ()}
    fields |= {name: curve.FIELDS[text_format] for name, curve in CURVES.items()}
    return fields | {name: operation.FIELDS for name, operation in OPERATIONS.items()}


FIELDS: dict[Format, dict[str, tuple[Field, ...]]] = {
    "lines": command_fields("lines"),
    "json": command_fields("json"),
    "numbers": command_fields("numbers"),
}


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


# --- from operations to commands ----------------------------------------------------------------


def write_commands(sequence: CadSequence, text_format: Format) -> tuple[list[Command], list[Cut]]:
    """Return the commands of a history and every cut, the one before the first included.

    Raises UnsupportedError if something in it is not known here: there is no word for that.
    """
    check_known(sequence)
    commands: list[Command] = []
    cuts = [Cut(0, None, 0)]
    for index, operation in enumerate(sequence.operations):
        if isinstance(operation, Sketch):
            _write_sketch(operation, index, text_format, commands, cuts)
        else:
            before = sequence.operations[:index]
            commands.append(Command("extrude", _extrude_values(operation, before, text_format)))
        cuts.append(Cut(index + 1, None, len(commands)))
    return commands, cuts


def _write_sketch(
    sketch: Sketch, index: int, text_format: Format, commands: list[Command], cuts: list[Cut]
) -> None:
    commands.append(Command("sketch", (sketch.plane,)))
    cuts.append(Cut(index, 0, len(commands)))
    drawn = 0
    for loop in sketch.loops:
        if not isinstance(loop.curves[0], Circle):
            commands.append(Command(LOOP, (loop.start,)))
        for i, curve in enumerate(loop.curves):
            back = i > 0 and isinstance(curve, Line) and curve.end == loop.start
            commands.append(Command(CLOSE) if back else curve_command(curve, text_format))
            drawn += 1
            cuts.append(Cut(index, drawn, len(commands)))
    cuts.pop()  # after its last curve a sketch is whole: that cut is one after an operation


_NAMES = {curve: name for name, curve in CURVES.items()}


def curve_command(curve: Curve, text_format: Format) -> Command:
    """Return the command that draws a curve from where the last one ended."""
    fields = curve.FIELDS[text_format]
    return Command(_NAMES[type(curve)], tuple(getattr(curve, f.name) for f in fields))


def _extrude_values(
    extrude: Extrude, before: tuple[Operation, ...], text_format: Format
) -> tuple[Any, ...]:
    sketches = [i for i, op in enumerate(before) if isinstance(op, Sketch)]
    profiles = tuple(_profile_word(p, sketches) for p in extrude.profiles)
    ends = _ends(extrude.extent, start_plane(extrude, before), text_format)
    return (extrude.boolean.value, ends, profiles)


def _profile_word(profile: Profile, sketches: list[int]) -> ProfileWord:
    if profile.sketch not in sketches:
        raise TextError("no such sketch before", expected=f"one of {sketches}", got=profile.sketch)
    back = len(sketches) - 1 - sketches.index(profile.sketch)
    return (back, profile.outer, profile.holes)


def _ends(extent: Extent, plane: Plane, text_format: Format) -> Ends:
    """An extent as its ends: positions along the normal (lines) or distances (JSON)."""
    numbers = 2 if extent.type is ExtentType.TWO_SIDED else 1
    if text_format == "json":
        return (extent.type.value, (extent.distance, extent.against)[:numbers])
    positions = (plane.offset + extent.distance, plane.offset - extent.against)
    return (extent.type.value, positions[:numbers])


# --- commands and lines -------------------------------------------------------------------------


def write_command(command: Command, text_format: Format) -> str:
    """Return a command as one line of text, without its end."""
    if text_format == "json":
        return json.dumps(write_document(command), separators=(",", ":"))
    pairs = zip(FIELDS["lines"][command.name], command.values, strict=True)
    return " ".join([command.name, *(w for f, v in pairs if (w := f.kind.write(v)))])


def write_document(command: Command) -> dict[str, Any]:
    """Return a command as what JSON holds."""
    pairs = zip(FIELDS["json"][command.name], command.values, strict=True)
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
    fields = _fields(name, "lines")
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
    for field in _fields(name, "json"):
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


def _fields(name: str, text_format: Format) -> tuple[Field, ...]:
    fields = FIELDS[text_format].get(name)
    if fields is None:
        known = ", ".join(FIELDS[text_format])
        raise TextError("unknown command", expected=f"one of {known}", got=name)
    return fields
