"""The parts to learn from: files, their captions, and which of them are held out."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cadcomplete.data.modalities import Place
from cadcomplete.errors import InputError
from cadcomplete.history.sequence import CadSequence

TRUNCATED = re.compile(r"_tr_\d+$")
"""Ends the id of a file that is the beginning of another one."""

VERSIONS = "json_truncated"
"""The folder of a data set that such files may be in, if they are not beside the whole ones."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A part to learn from.

    Attributes:
        caption: what a person or a model wrote about it, or None.
        design: the source design it belongs to; all parts of one stay on one side of a split.
        split: "train", "validation" or "test" in a prepared data set, else "".
        descriptions: what was derived from its geometry by rule, shorter and longer, if anything.
        place: where its pictures and its cloud are (`modalities.load`); None if it has none.
        cuts: how many operations its truncated versions keep, each once, sorted.
        unsupported: what follows its last operation and is not known here, by name. Such a part
            is not finished there: nobody may learn, or be asked, that it ends.
    """

    sequence: CadSequence
    caption: str | None
    design: str
    split: str = ""
    descriptions: tuple[str, ...] = ()
    place: Place | None = None
    cuts: tuple[int, ...] = ()
    unsupported: tuple[str, ...] = ()

    def held_out(self, share: float) -> bool:
        """Say whether it validates; a data set that has not been split is split by design."""
        return self.split == "validation" or (not self.split and held_out(self.design, share))

    def trains(self, share: float) -> bool:
        """Say whether it may be learned from: it neither validates nor tests."""
        return self.split == "train" or (not self.split and not held_out(self.design, share))


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why."""

    file: str
    reason: str


def find(source: str | Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of a data set that can be read and their ids, in the order of their names.

    The folder is one of such files, however deep, or has them in `json/`. Names that begin with
    a dot are passed over. A file with bodies is one for each: its path and its id end with `#` and
    the name of the body, and the id keeps its suffix.
    """
    from cadcomplete.readers import bodies_of, is_history
    from cadcomplete.readers.content import name_of

    if not Path(source).is_dir():
        problem = "not a folder" if Path(source).exists() else "no such folder of data"
        raise InputError(problem, file=source)
    root = histories(source)
    for path in walk(root):
        if not is_history(path):
            continue
        place = path.relative_to(root)
        for body in (bodies := bodies_of(path)):
            yield path.with_name(f"{path.name}#{body}"), f"{place.as_posix()}#{body}"
        if not bodies:
            yield path, place.with_name(name_of(path)).as_posix()


def histories(source: str | Path) -> Path:
    """Return the folder in which the histories of a data set are."""
    inner = Path(source) / "json"
    return inner if inner.is_dir() else Path(source)


def walk(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder in order, one folder at a time in memory.

    Names that begin with a dot are passed over. Raises InputError.
    """
    try:
        with os.scandir(folder) as found:
            entries = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in found)
    except OSError as error:
        raise InputError(f"cannot read the folder: {error.strerror}", file=folder) from error
    for name, is_folder in entries:
        if not name.startswith("."):
            yield from walk(folder / name) if is_folder else (folder / name,)


def caption_entries(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the ids and captions of one file of `txt/`. Raises InputError."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        for entry in entries:
            name, caption = entry["id"], entry["text caption"]
            if not isinstance(name, str) or not isinstance(caption, str):
                raise TypeError("an id or a caption is not a text")
            yield name, caption
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        expected = 'a list of objects with "id" and "text caption"'
        got = f"{type(error).__name__}: {error}"
        raise InputError("not captions", file=path, expected=expected, got=got) from error


def read_captions(source: str | Path) -> dict[str, str]:
    """Return the captions of a data set by id, from `txt/*.json`. Raises InputError."""
    files = sorted(Path(source).glob("txt/*.json"))
    return {name: text for path in files for name, text in caption_entries(path)}


_BODY_OF = re.compile(r"(.+)\.fcstd(?:\.gz)?#[^/]*", re.IGNORECASE)


def design_of(name: str) -> str:
    """Return the source design of a part: its id up to the last underscore.

    Of bodies of FreeCAD's files it is the repository they come from: the topmost folder of the id,
    or else the file.
    """
    if match := _BODY_OF.fullmatch(name):
        return match[1].partition("/")[0]
    stem = name.rsplit("/", 1)[-1]
    return stem.rsplit("_", 1)[0] if "_" in stem else stem


def held_out(design: str, share: float) -> bool:
    """Say whether a design belongs to the validation split: the same on every machine."""
    return hash64(design) < share * 2**64


def hash64(text: str) -> int:
    """Return 64 bits of a text's SHA-256: the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
