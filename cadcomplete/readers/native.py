"""Our own file format: operation-major JSON in millimetres, one command a line.

::

    {"format":"cadcomplete","version":1,"units":"mm","id":"plate","sequence":[
    {"type":"sketch","plane":{"origin":[0,0,0],"normal":[0,0,1],"x_axis":[1,0,0]}},
    {"type":"circle","center":[0,0],"radius":5},
    {"type":"extrude","boolean":"new","extent":{"type":"one_sided","distance":3},"profiles":["0"]}
    ]}

Keys that are not ours are kept. docs/format.md lists the commands.
"""

from __future__ import annotations

import json
from typing import Any

from cadcomplete.commands import read_document, write_commands, write_document
from cadcomplete.drawing import Drawing
from cadcomplete.errors import GeometryError, ReadError, TextError
from cadcomplete.operations import OPERATIONS
from cadcomplete.sequence import CadSequence

Json = dict[str, Any]

_HEAD: Json = {"format": "cadcomplete", "version": 1, "units": "mm"}


def matches(raw: Json) -> bool:
    """Say whether a document is in this dialect."""
    return isinstance(raw.get("sequence"), list) and "entities" not in raw


def parse(raw: Json, *, id: str = "") -> CadSequence:
    """Return the history in a document. Raises ReadError with the place of what is wrong."""
    for key, expected in _HEAD.items():
        if key in raw and raw[key] != expected:
            raise ReadError("unknown file", where=f"$.{key}", expected=repr(expected), got=raw[key])
    drawing = Drawing("json")
    for number, document in enumerate(raw["sequence"]):
        try:
            drawing.add(read_document(document))
        except (TextError, GeometryError) as error:
            where = f"$.sequence[{number}]"
            if isinstance(error, GeometryError):
                raise ReadError(str(error), where=where) from error
            problem, expected, got = error.problem, error.expected, error.got
            raise ReadError(problem, where=where, expected=expected, got=got) from error
    name = raw.get("id")
    return CadSequence(drawing.sequence.operations, name if isinstance(name, str) else id)


def empty(id: str) -> Json:
    """Return a document without operations."""
    return {**_HEAD, "id": id, "sequence": []}


def _documents(sequence: CadSequence) -> list[Json]:
    commands, _ = write_commands(sequence, "json")
    return [write_document(command) for command in commands]


def truncate(raw: Json, keep: int) -> Json:
    """Return the document of the first `keep` operations."""
    starts = [i for i, command in enumerate(raw["sequence"]) if command["type"] in OPERATIONS]
    end = starts[keep] if keep < len(starts) else len(raw["sequence"])
    return {**raw, "sequence": raw["sequence"][:end]}


def extend(raw: Json, before: CadSequence, after: CadSequence) -> Json:
    """Return the document of `after`, which begins with the history `before` of `raw`."""
    given = raw["sequence"]
    return {**raw, "sequence": [*given, *_documents(after)[len(_documents(before)) :]]}


def dump(raw: Json) -> str:
    """Return the text of a document, one command a line."""
    rest = {key: value for key, value in raw.items() if key != "sequence"}
    head = json.dumps(rest, separators=(",", ":"))[:-1]
    lines = [json.dumps(command, separators=(",", ":")) for command in raw["sequence"]]
    comma = "," if rest else ""
    return f'{head}{comma}"sequence":[\n' + ",\n".join(lines) + "\n]}\n"
