"""The specification's truncated files: `<id>_tr_NN.json` beside the full one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from cadcomplete import readers
from cadcomplete.data.labels import evenly_spaced
from cadcomplete.data.samples import Skipped, find
from cadcomplete.errors import InputError
from cadcomplete.files import write_text
from cadcomplete.readers import Document

TRUNCATED = re.compile(r"_tr_\d+$")


@dataclasses.dataclass(frozen=True, slots=True)
class Truncated:
    """A file that was cut short, and the versions of it that were written."""

    file: str
    versions: tuple[str, ...]


def versions(document: Document, *, most: int = 5) -> tuple[Document, ...]:
    """Return up to `most` evenly spaced beginnings of a history.

    Each says in `metadata.kept_operations` how many operations it keeps, and holds nothing that
    depends on a later one.
    """
    kept = evenly_spaced(len(document.sequence), most=most)
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
        full = target / f"{name}.json"
        if full.resolve() != path.resolve():
            same = document.origin == document.dialect
            write_text(full, path.read_text(encoding="utf-8") if same else document.dump())
        written = []
        for number, version in enumerate(shorter, start=1):
            file = target / f"{name}_tr_{number:02d}.json"
            write_text(file, version.dump())
            written.append(str(file))
        yield Truncated(str(full), tuple(written))
