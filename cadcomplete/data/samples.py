"""The parts to learn from: files, their captions, and which of them are held out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cadcomplete.errors import InputError
from cadcomplete.sequence import CadSequence


@dataclass(frozen=True, slots=True)
class Sample:
    """A part to learn from.

    Attributes:
        design: the source design it belongs to; all parts of one stay on one side of a split.
    """

    sequence: CadSequence
    caption: str | None
    design: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why."""

    file: str
    reason: str


def find(source: str | Path) -> Iterator[tuple[Path, str]]:
    """Yield the JSON files of a data set and their ids, in the order of their names.

    The folder is one of JSON files, however deep, or has them in `json/`.
    """
    root = Path(source)
    if not root.is_dir():
        raise InputError("no such folder of data", file=root)
    root = root / "json" if (root / "json").is_dir() else root
    for path in sorted(root.rglob("*.json")):
        yield path, str(path.relative_to(root).with_suffix(""))


def read_captions(source: str | Path) -> dict[str, str]:
    """Return the captions of a data set by id, from `txt/*.json`. Raises InputError."""
    captions: dict[str, str] = {}
    for path in sorted(Path(source).glob("txt/*.json")):
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            captions |= {entry["id"]: entry["text caption"] for entry in entries}
        except (OSError, ValueError, KeyError, TypeError) as error:
            expected = 'a list of objects with "id" and "text caption"'
            got = f"{type(error).__name__}: {error}"
            raise InputError("not captions", file=path, expected=expected, got=got) from error
    return captions


def read_samples(source: str | Path) -> Iterator[Sample | Skipped]:
    """Yield every part of a data set, or why it cannot be used."""
    from cadcomplete import readers

    captions = read_captions(source)
    for path, name in find(source):
        try:
            sequence = readers.read(path).sequence
        except InputError as error:
            yield Skipped(str(path), str(error))
            continue
        yield Sample(sequence, captions.get(name), design_of(name))


def design_of(name: str) -> str:
    """Return the source design of a part: its id up to the last underscore."""
    stem = name.rsplit("/", 1)[-1]
    return stem.rsplit("_", 1)[0] if "_" in stem else stem


def held_out(design: str, share: float) -> bool:
    """Say whether a design belongs to the validation split: the same on every machine."""
    digest = hashlib.sha256(design.encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
