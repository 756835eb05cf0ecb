"""The specification's truncated files: `<id>_tr_NN.json` beside the full one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cadcomplete import readers
from cadcomplete.data.beside import Beside
from cadcomplete.data.labels import evenly_spaced
from cadcomplete.data.samples import TRUNCATED, VERSIONS, Skipped, find, histories
from cadcomplete.errors import MISTAKES, InputError
from cadcomplete.files import write_text
from cadcomplete.history.sequence import CadSequence
from cadcomplete.readers import SUFFIXES, Document, content


@dataclasses.dataclass(frozen=True, slots=True)
class Truncated:
    """A file that was cut short, and the versions of it that were written."""

    file: str
    versions: tuple[str, ...]


def versions(document: Document, *, most: int = 5) -> tuple[Document, ...]:
    """Return up to `most` evenly spaced beginnings of a history.

    Each says in `metadata.kept_operations` how many operations it keeps, and holds nothing that
    depends on a later one, or is not known here.
    """
    goes_on = bool(document.sequence.rest)
    kept = evenly_spaced(len(document.sequence) + goes_on, most=most)
    return tuple(_stated(document.truncated(keep), keep) for keep in kept)


def _stated(document: Document, keep: int) -> Document:
    metadata = document.raw.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    stated = {**document.raw, "metadata": {**known, "kept_operations": keep}}
    return dataclasses.replace(document, raw=stated)


def truncate_folder(source: Path, target: Path, *, most: int = 5) -> Iterator[Truncated | Skipped]:
    """Write every history of a folder and its truncated versions into another one.

    Files that are truncated versions themselves are passed over. Yields one item for each
    other file; what cannot be read is skipped with its reason, and nothing of it is written.
    """
    for path, name in find(source):
        if TRUNCATED.search(name):
            continue
        try:
            document = readers.read(path)
            shorter = versions(document, most=most)
        except InputError as error:
            yield Skipped(str(path), str(error))
            continue
        except MISTAKES as error:
            yield Skipped(str(path), f"unexpected {type(error).__name__}: {error}")
            continue
        full = target / f"{name}.json"
        if full.resolve() != path.resolve():
            write_text(
                full, _copy(path) if document.origin == document.dialect else document.dump()
            )
        written = []
        for number, version in enumerate(shorter, start=1):
            file = target / f"{name}_tr_{number:02d}.json"
            write_text(file, version.dump())
            written.append(str(file))
        yield Truncated(str(full), tuple(written))


def _copy(path: Path) -> str:
    """The text of a file as it stands, unpacked and without a byte order mark."""
    return content.in_utf8(content.load(path)).decode()


class StatedCuts:
    """How many operations the truncated versions in a data set keep, part by part.

    They are in `json_truncated/` or beside the whole files; only what they say is read of them.
    """

    def __init__(self, source: Path) -> None:
        self._source, self._apart = source, source / VERSIONS
        suffix = rf"(?i:{'|'.join(map(re.escape, SUFFIXES))})(?i:\.gz)?"
        ending = rf"_tr_\d+(?:{suffix})"
        self._wholes = Beside(histories(source), suffix)
        self._versions = Beside(histories(source), ending), Beside(self._apart, ending)

    def of(self, sequence: CadSequence) -> tuple[tuple[int, ...], list[Skipped]]:
        """Return how many operations are kept, sorted, and the versions that cannot be used."""
        kept: set[int] = set()
        problems = []
        most = len(sequence) - 1
        for path in (path for folder in self._versions for path in folder.paths(sequence.id)):
            try:
                stated = _kept(path)
                if not 1 <= stated <= most:
                    problem, expected = "keeps too much or too little", f"1 to {most} operations"
                    raise InputError(problem, file=path, expected=expected, got=stated)
            except InputError as error:
                problems.append(Skipped(str(path), str(error)))
            else:
                kept.add(stated)
        return tuple(sorted(kept)), problems

    def without_part(self) -> Iterator[Skipped]:
        """Yield the truncated versions of files that are not there."""
        for folder in (self._source, self._apart):
            for path, name in find(folder) if folder.is_dir() else ():
                if folder == self._source and path.is_relative_to(self._apart):
                    continue
                whole = TRUNCATED.sub("", name)
                if whole != name and not self._wholes.endings(whole):
                    problem, hint = "there is no such part", f"{whole}.json is missing"
                    error = InputError(f"a truncated version: {problem}", file=path, hint=hint)
                    yield Skipped(str(path), str(error))


def _kept(path: Path) -> int:
    """Return how many operations a truncated version says it keeps. Raises InputError."""
    try:
        raw = msgspec.json.decode(content.in_utf8(content.load(path)))
    except InputError as error:
        raise error.in_file(path) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", file=path) from error
    document = Document(CadSequence(()), raw if isinstance(raw, dict) else {}, "")
    if document.kept_operations is None:
        expected = "metadata.kept_operations, a whole number"
        raise InputError("does not say what it keeps", file=path, expected=expected)
    return document.kept_operations
