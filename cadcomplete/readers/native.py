"""Our own file format: operation-major JSON in millimetres, one command a line.

::

    {"format":"cadcomplete","version":1,"units":"mm","id":"plate","sequence":[
    {"type":"sketch","plane":{"origin":[0,0,0],"normal":[0,0,1],"x_axis":[1,0,0]}},
    {"type":"circle","center":[0,0],"radius":5},
    {"type":"extrude","boolean":"new","extent":{"type":"one_sided","distance":3},"profiles":["0"]}
    ]}

Keys that are not ours are kept. docs/format.md lists the commands. A command of another type ends
what is known: of a part that came from elsewhere it is written as an `unknown`::

    {"type":"unknown","name":"FilletFeature","uses":["FilletFeature"],"content":"{…}"}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cadcomplete.errors import GeometryError, ReadError, TextError
from cadcomplete.history.curves import CURVES
from cadcomplete.history.operations import OPERATIONS, Unknown
from cadcomplete.history.sequence import CadSequence
from cadcomplete.language.commands import LOOP, command_fields, read_document, write_document
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.words import write_commands
from cadcomplete.readers.checked import Json
from cadcomplete.readers.loops import MOST_CURVES

UNKNOWN = "unknown"
_MOST_COMMANDS = 2 * MOST_CURVES
_MOST_OPERATIONS = 10_000

_HEAD: Json = {"format": "cadcomplete", "version": 1, "units": "mm"}


def matches(raw: Json) -> bool:
    """Say whether a document is in this dialect."""
    return isinstance(raw.get("sequence"), list) and "entities" not in raw


def parse(raw: Json, *, id: str = "") -> CadSequence:
    """Return the history in a document. Raises ReadError with the place of what is wrong."""
    for key, expected in _HEAD.items():
        if key in raw and raw[key] != expected:
            got = repr(raw[key])
            raise ReadError("unknown file", where=f"$.{key}", expected=repr(expected), got=got)
    commands = raw["sequence"]
    if len(commands) > _MOST_COMMANDS:
        expected = f"up to {_MOST_COMMANDS}"
        raise ReadError("too many commands", where="$.sequence", expected=expected)
    end = _end_of_known(commands)
    starts = [i for i in range(end) if _type(commands[i]) in OPERATIONS]
    if len(starts) > _MOST_OPERATIONS:
        expected = f"up to {_MOST_OPERATIONS}"
        raise ReadError("too many operations", where="$.sequence", expected=expected)
    drawing = Drawing("json")
    for number, document in enumerate(commands[:end]):
        try:
            drawing.add(read_document(document))
        except (TextError, GeometryError) as error:
            where = f"$.sequence[{number}]"
            if isinstance(error, GeometryError):
                raise ReadError(str(error), where=where) from error
            problem, expected, got = error.problem, error.expected, error.got
            raise ReadError(problem, where=where, expected=expected, got=got) from error
    name = raw.get("id")
    own = name if isinstance(name, str) else id
    return CadSequence(drawing.sequence.operations, own, tuple(_rest(commands, end)))


# --- what is not known --------------------------------------------------------------------------


def _type(document: Any) -> str:
    """The type of a command, or "" of what is none: reading it will say so."""
    found = document.get("type") if isinstance(document, dict) else None
    return found if isinstance(found, str) else ""


def _end_of_known(commands: list[Any]) -> int:
    """Where the first operation begins that is not known, or that draws what is not.

    A command of an unknown type is part of a sketch if more of that sketch follows it, or if it
    stands after an open loop; what another format calls an operation is one.
    """
    unknown = next((i for i, c in enumerate(commands) if _is_unknown(c)), len(commands))
    if unknown == len(commands) or not _is_within_sketch(commands, unknown):
        return unknown
    return max((i for i in range(unknown) if _type(commands[i]) == "sketch"), default=unknown)


def _is_unknown(document: Any) -> bool:
    return _type(document) not in ("", *command_fields("json"))


def _is_open_curve(document: Any) -> bool:
    """Whether a command draws a curve that does not close a loop by itself."""
    curve = CURVES.get(_type(document))
    return curve is not None and not curve.closed


def _is_within_sketch(commands: list[Any], number: int) -> bool:
    """Whether a command stands in a sketch: before another curve of it, or after an open loop."""
    for document in commands[number + 1 :]:
        if _type(document) in OPERATIONS:
            break
        if not _is_unknown(document):
            return True
    if _type(commands[number]) == UNKNOWN:
        return False
    start = max((i for i in range(number) if _type(commands[i]) == LOOP), default=number)
    drawn = commands[start + 1 : number]
    if not all(_is_open_curve(document) for document in drawn):
        return False  # that loop has been left, or closed
    ends = [document.get("end") for document in drawn]
    return start < number and (not ends or ends[-1] != commands[start].get("start"))


def _rest(commands: list[Any], start: int) -> Iterator[Unknown]:
    """What begins at a command: one operation each, with what it draws."""
    first = True
    while start < len(commands):
        end = start + 1
        if _type(commands[start]) == "sketch":
            while end < len(commands) and _type(commands[end]) not in OPERATIONS:
                end += 1
        yield _unknown(commands[start:end], f"$.sequence[{start}]", first=first)
        start, first = end, False


def _unknown(commands: list[Any], source: str, *, first: bool) -> Unknown:
    head = commands[0]
    if _type(head) == UNKNOWN and isinstance(head.get("name"), str):
        uses, content = head.get("uses"), head.get("content")
        names = tuple(sorted({str(name) for name in uses})) if isinstance(uses, list) else ()
        if first and not names:
            names = (head["name"],)
        return Unknown(head["name"], names, content if isinstance(content, str) else "", source)
    names = tuple(sorted({_type(c) for c in commands if _is_unknown(c)}))
    if not first and _type(head) in OPERATIONS:
        names = ()
    content = json.dumps(head if len(commands) == 1 else commands, ensure_ascii=False)
    return Unknown(_type(head) or "nothing", names, content, source)


def _document(unknown: Unknown) -> Json:
    return {
        "type": UNKNOWN,
        "name": unknown.name,
        "uses": list(unknown.uses),
        "content": unknown.content,
    }


# --- back to a document -------------------------------------------------------------------------


def empty(id: str) -> Json:
    """Return a document without operations."""
    return {**_HEAD, "id": id, "sequence": []}


def _documents(sequence: CadSequence) -> list[Json]:
    commands, _ = write_commands(sequence, "json")
    return [write_document(command) for command in commands]


def truncate(raw: Json, keep: int) -> Json:
    """Return the document of the first `keep` operations, all of which are known."""
    commands = raw["sequence"]
    end = _end_of_known(commands)
    starts = [i for i in range(end) if commands[i]["type"] in OPERATIONS]
    return {**raw, "sequence": commands[: starts[keep] if keep < len(starts) else end]}


def extend(raw: Json, before: CadSequence, after: CadSequence) -> Json:
    """Return the document of `after`, which begins with the history `before` of `raw`."""
    given = raw["sequence"]
    more = _documents(after.known)[len(_documents(before)) :]
    return {**raw, "sequence": [*given, *more, *map(_document, after.rest)]}


def dump(raw: Json) -> str:
    """Return the text of a document, one command a line."""
    rest = {key: value for key, value in raw.items() if key != "sequence"}
    head = json.dumps(rest, separators=(",", ":"))[:-1]
    lines = [json.dumps(command, separators=(",", ":")) for command in raw["sequence"]]
    comma = "," if rest else ""
    return f'{head}{comma}"sequence":[\n' + ",\n".join(lines) + "\n]}\n"
