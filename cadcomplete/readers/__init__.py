"""Files in, histories out, and back without a loss.

To add a dataset's format: write a module with `matches` and `parse`, and enter it in `IMPORTERS`;
or, if completions shall be written in that dialect, give it what `Reader` lists too, and enter it
in `READERS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from cadcomplete.errors import InputError, ReadError
from cadcomplete.history.geometry import BoundingBox
from cadcomplete.history.sequence import CadSequence, check_known
from cadcomplete.language.lines import decode
from cadcomplete.readers import (
    content,
    deepcad,
    freecad,
    fusion360,
    native,
    omnicad,
    omnicad_writer,
    text2cad,
)
from cadcomplete.readers.checked import said
from cadcomplete.readers.content import name_of, suffix_of
from cadcomplete.readers.scripts import build123d, cadquery

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """What a dialect of JSON can do.

    Attributes:
        matches: whether a document is in it.
        parse: from a document to its history.
        truncate: the document of the first operations.
        extend: the document with the operations that a longer history has more.
        measured: the document with the bounding box of its part, where the dialect has one.
        dump: the text of the file.
        empty: a document without operations, by its id.
    """

    matches: Callable[[Json], bool]
    parse: Callable[..., CadSequence]
    truncate: Callable[[Json, int], Json]
    extend: Callable[[Json, CadSequence, CadSequence], Json]
    measured: Callable[[Json, BoundingBox], Json]
    dump: Callable[[Json], str]
    empty: Callable[[str], Json]


READERS: dict[str, Reader] = {
    "omnicad": Reader(
        omnicad.matches,
        omnicad.parse,
        omnicad_writer.truncate,
        omnicad_writer.extend,
        omnicad_writer.measured,
        lambda raw: json.dumps(raw) + "\n",
        lambda _: {"entities": {}, "properties": {}, "sequence": []},
    ),
    "native": Reader(
        native.matches,
        native.parse,
        native.truncate,
        native.extend,
        lambda raw, _: raw,
        native.dump,
        native.empty,
    ),
}


@dataclass(frozen=True, slots=True)
class Importer:
    """A format that is only read; what comes of it is a document in our own.

    Attributes:
        suffix: of its files.
        matches: whether a file's content is in it: a JSON object, for other suffixes its bytes.
        parse: from that content to its history.
        bodies: where a file may have several, what lists their names; `parse` takes one of them.
        caption: where a file may say what its part is, what returns that, or "".
    """

    suffix: str
    matches: Callable[[Any], bool]
    parse: Callable[..., CadSequence]
    bodies: Callable[[Any], tuple[str, ...]] | None = None
    caption: Callable[..., str] | None = None


def _read_lines(data: bytes, *, id: str) -> CadSequence:
    try:
        text = content.in_utf8(data).decode()
    except UnicodeDecodeError:
        raise ReadError("not text in UTF-8") from None
    return replace(decode(text.replace("\r\n", "\n")), id=id)  # as Windows ends its lines


IMPORTERS: dict[str, Importer] = {
    "lines": Importer(".lines", lambda data: True, _read_lines),
    "fusion360": Importer(".json", fusion360.matches, fusion360.parse),
    "text2cad": Importer(".json", text2cad.matches, text2cad.parse),
    "deepcad": Importer(".h5", deepcad.matches, deepcad.parse),
    "build123d": Importer(".py", build123d.matches, build123d.parse),
    "cadquery": Importer(".py", cadquery.matches, cadquery.parse),
    "freecad": Importer(".fcstd", freecad.matches, freecad.parse, freecad.bodies, freecad.caption),
}

SUFFIXES = tuple(dict.fromkeys((".json", *(i.suffix for i in IMPORTERS.values()))))
"""Of the files that can be read; in capitals they can as well, and packed with gzip (`.gz`)."""


def is_history(path: Path) -> bool:
    """Say whether a file can be read, by its name."""
    return suffix_of(path) in SUFFIXES


def bodies_of(path: Path) -> tuple[str, ...]:
    """Return the names of the bodies of a file that may have several; none of any other."""
    suffix = suffix_of(path)
    found = next((i.bodies for i in IMPORTERS.values() if i.suffix == suffix and i.bodies), None)
    try:
        return found(content.load(path)) if found else ()
    except InputError:
        return ()


_TRUNCATIONS, _KEPT = ("metadata", "truncation_metadata"), "kept_operations"


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read: its history, and everything else in it.

    Attributes:
        sequence: the history.
        raw: the JSON of the file, unknown fields included. Do not change it.
        dialect: key in `READERS`.
        path: where it came from, or "".
        origin: what it was read as: key in `READERS` or `IMPORTERS`; "" if it was not read.
        caption: what the file calls its part, if that says something.
    """

    sequence: CadSequence
    raw: Json
    dialect: str
    path: str = ""
    origin: str = ""
    caption: str = ""

    @property
    def kept_operations(self) -> int | None:
        """How many operations a truncated file says it keeps, in today's key or the older."""
        for key in _TRUNCATIONS:
            metadata = self.raw.get(key)
            if isinstance(metadata, dict) and type(metadata.get(_KEPT)) is int:
                return metadata[_KEPT]
        return None

    def truncated(self, keep: int) -> Document:
        """Return the document of the first `keep` operations.

        Raises InputError if there are not that many that are known.
        """
        most = len(self.sequence)
        if not 0 <= keep <= most:
            problem, expected = "cannot keep so many operations", f"0 to {most}"
            hint = self.sequence.notice
            raise InputError(problem, file=self.path, expected=expected, got=keep, hint=hint)
        if keep == most and not self.sequence.rest:
            return self
        raw = READERS[self.dialect].truncate(self.raw, keep)
        sequence = replace(self.sequence.known, operations=self.sequence.operations[:keep])
        return replace(self, raw=raw, sequence=sequence)

    @property
    def known(self) -> Document:
        """This document up to the first operation that is not known here."""
        return self.truncated(len(self.sequence))

    def extended(self, sequence: CadSequence) -> Document:
        """Return this document with the operations that `sequence` has beyond its own.

        What was there stays as it was, even where `sequence` has been through a text that rounds.
        The dialect may need a sketch more than `sequence` has. Raises UnsupportedError if something
        in this document is not known here: nothing can follow it.
        """
        check_known(self.sequence)
        reader = READERS[self.dialect]
        given = self.sequence.operations[: self.sequence.whole_operations]
        longer = replace(sequence, operations=(*given, *sequence.operations[len(given) :]))
        raw = _not_truncated(reader.extend(self.raw, self.sequence, longer))
        made = reader.parse(raw, id=self.sequence.id)
        if made.operations[: len(given)] == given:  # they may know more than the file says
            made = replace(made, operations=(*given, *made.operations[len(given) :]))
        return replace(self, raw=raw, sequence=made)

    def measured(self, box: BoundingBox) -> Document:
        """Return this document saying that its part has this bounding box."""
        return replace(self, raw=READERS[self.dialect].measured(self.raw, box))

    def dump(self) -> str:
        """Return the text of the file."""
        return READERS[self.dialect].dump(self.raw)


def _not_truncated(raw: Json) -> Json:
    """A document that has been continued no longer says how much of it was kept."""
    result = dict(raw)
    for key in _TRUNCATIONS:
        if isinstance(said := raw.get(key), dict) and _KEPT in said:
            result[key] = {name: value for name, value in said.items() if name != _KEPT}
            if not result[key]:
                del result[key]
    return result


def read(path: str | Path) -> Document:
    """Read a file: JSON in any dialect of `READERS`, or any format of `IMPORTERS`.

    Of a file with several bodies one is read that its path names: `case.FCStd#Lid`. What is not
    known here ends the history (`CadSequence.rest`). Raises ReadError, which says where in the file
    what is wrong.
    """
    path, body = content.split_body(Path(path))
    try:
        data = content.load(path)
        suffix = suffix_of(path)
        content.check_history(data, suffix, path)
        if deepcad.matches(data):
            suffix = ".h5"
        if suffix in SUFFIXES[1:]:
            return _import(data, suffix, id=name_of(path), path=str(path), body=body)
        if suffix != ".json" and not content.in_utf8(data).lstrip().startswith((b"{", b"[")):
            expected = f"a file that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
            raise ReadError("not a CAD history", expected=expected, got=suffix or "no suffix")
        return parse(data, id=name_of(path), path=str(path))
    except InputError as error:
        raise error.in_file(path) from None


def _import(data: Any, suffix: str, *, id: str, path: str, body: str = "") -> Document:
    for name, importer in IMPORTERS.items():
        if importer.suffix == suffix and importer.matches(data):
            chosen = {"body": body} if importer.bodies else {}
            sequence = importer.parse(data, id=id, **chosen)
            caption = importer.caption(data, **chosen) if importer.caption else ""
            document = from_sequence(sequence, path=path)
            told = _told(document.sequence, sequence)
            return replace(document, origin=name, sequence=told, caption=caption)
    raise ReadError(*_NO_HISTORY[suffix])


_NO_HISTORY = {
    ".h5": ("not a CAD history: not an HDF5 file",),
    ".fcstd": ("not a CAD history: not a zip, as files of FreeCAD are",),
    ".py": ("not a CAD history: the script imports neither build123d nor cadquery",),
}
"""What to say of a file that none of the formats with its suffix knows."""


def _told(sequence: CadSequence, source: CadSequence) -> CadSequence:
    """A history that went through our own format, with what its reader said about its places."""
    pairs = zip(sequence.operations, source.operations, strict=True)
    told = (replace(a, source=b.source, remarks=b.remarks) for a, b in pairs)
    return replace(sequence, operations=tuple(told), rest=source.rest)


def parse(data: bytes | str, *, id: str = "", path: str = "") -> Document:
    """Read a document that is already in memory. Raises ReadError."""
    text = content.in_utf8(data) if isinstance(data, bytes) else data.encode(errors="replace")
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise content.json_problem(error, text) from None
    except RecursionError:
        raise ReadError("not a CAD history: nested too deeply") from None
    if isinstance(raw, dict):
        if any(i.suffix == ".json" and i.matches(raw) for i in IMPORTERS.values()):
            return _import(raw, ".json", id=id, path=path)
        for dialect, reader in READERS.items():
            if reader.matches(raw):
                return Document(reader.parse(raw, id=id), raw, dialect, path, dialect)
    raise ReadError(
        "not a CAD history",
        where="$",
        expected='"entities" and "sequence" (Omni-CAD, DeepCAD), "timeline" (Fusion 360), "parts" '
        '(Text2CAD) or "sequence" (cadcomplete)',
        got=", ".join(map(repr, sorted(raw))) or "an empty object"
        if isinstance(raw, dict)
        else said(raw),
    )


def from_sequence(sequence: CadSequence, *, dialect: str = "native", path: str = "") -> Document:
    """Return the document of a history, by default in our own format."""
    if dialect not in READERS:
        expected = " or ".join(READERS)
        raise InputError("unknown dialect", expected=expected, got=dialect)
    nothing = CadSequence((), sequence.id)
    empty = Document(nothing, READERS[dialect].empty(sequence.id), dialect, path)
    return empty.extended(sequence)
