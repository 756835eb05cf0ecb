"""Files that are either written whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from cadcomplete.errors import InputError


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Give a path to write to; it takes the place of `path` once all went well.

    Raises InputError if the folder cannot be written to or is full.
    """
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch()  # the CAD kernel would not say why it cannot write there
        try:
            yield unfinished
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", file=path) from error


def clear(*paths: Path) -> None:
    """Remove files, and what was left of them when they could not be written whole.

    Raises InputError if that cannot be done.
    """
    for path in paths:
        try:
            path.unlink(missing_ok=True)
            for unfinished in path.parent.glob(f".{escape(path.stem)}.*.part{escape(path.suffix)}"):
                unfinished.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror or error}", file=path) from error


def safe_name(text: str) -> str:
    """Return text, such as an id from inside a file, as the name of a file in its own folder.

    It has at most 100 characters, and at least one.
    """
    name = re.sub(r"[^\w.-]+", "_", text)[:100]
    return name if name.strip(".") else "part"


def check_folder(folder: Path) -> None:
    """Raise InputError if no file can be written there, before work is spent on its content."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        problem = "cannot write" if existing.is_dir() else "cannot write: not a folder"
        raise InputError(problem, file=existing)


def write_text(path: Path, text: str) -> None:
    """Write a file of text in UTF-8. Raises InputError."""
    with writing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file. Raises InputError."""
    with writing(path) as unfinished:
        unfinished.write_bytes(content)


def share(folder: Path) -> None:
    """Let others read the files of a folder: safetensors writes some for their owner alone."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
