"""Which files there are, and which caption belongs to which: written down before work starts.

The list is made once, so that a run that is continued sees what the first one saw. Captions wait
in a small database on disk: memory does not grow with the number of parts.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from cadcomplete.data.samples import caption_entries, find
from cadcomplete.data.truncate import TRUNCATED
from cadcomplete.errors import InputError
from cadcomplete.files import writing


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to prepare: its id, its path, and the caption that was given for it."""

    id: str
    path: str
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """A list of items on disk.

    Attributes:
        file: JSON lines, one item each.
        count: how many.
        starts: where in the file each chunk begins.
        problems: what was found while listing: {"id", "file", "stage", "reason"} each.
    """

    file: Path
    count: int
    starts: tuple[int, ...]
    problems: tuple[dict[str, str], ...]

    def size(self, number: int, per_chunk: int) -> int:
        """Return how many items a chunk has."""
        return min(per_chunk, self.count - number * per_chunk)

    def chunk(self, number: int, per_chunk: int) -> list[InputFile]:
        """Return the items of a chunk."""
        with self.file.open("rb") as lines:
            lines.seek(self.starts[number])
            return [InputFile(**json.loads(line)) for line in islice(lines, per_chunk)]


def list_inputs(source: Path, work: Path, *, per_chunk: int) -> Inputs:
    """Return the list of the files of a data set, making it in `work` if it is not there."""
    file, problems = work / "inputs.jsonl", work / "problems.json"
    if not problems.exists():
        found = _write_list(source, file)
        with writing(problems) as unfinished:
            unfinished.write_text(json.dumps(found), encoding="utf-8")
    starts, count = [], 0
    with file.open("rb") as lines:
        start = 0
        for line in lines:
            if count % per_chunk == 0:
                starts.append(start)
            start, count = start + len(line), count + 1
    if not count:
        shutil.rmtree(work, ignore_errors=True)
        raise InputError("no files to prepare", file=source)
    return Inputs(file, count, tuple(starts), tuple(json.loads(problems.read_text("utf-8"))))


def _write_list(source: Path, file: Path) -> list[dict[str, str]]:
    captions = file.with_name("captions.sqlite")
    captions.unlink(missing_ok=True)
    problems: list[dict[str, str]] = []
    connection = sqlite3.connect(captions)
    try:
        problems += _store_captions(source, connection)
        with writing(file) as unfinished, unfinished.open("w", encoding="utf-8") as lines:
            for entry in _items(source, connection, problems):
                lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
        left = connection.execute("SELECT id, file FROM captions WHERE NOT used ORDER BY id")
        problems += [_problem(row[0], row[1], "caption", "there is no such part") for row in left]
    except sqlite3.Error as error:  # a full disk, above all
        raise InputError(f"cannot write: {error}", file=captions) from error
    finally:
        connection.close()
        captions.unlink(missing_ok=True)
    return problems


def _problem(id: str, file: str, stage: str, reason: str) -> dict[str, str]:
    return {"id": id, "file": file, "stage": stage, "reason": reason}


def _store_captions(source: Path, connection: sqlite3.Connection) -> list[dict[str, str]]:
    connection.execute("CREATE TABLE captions (id PRIMARY KEY, caption, file, used DEFAULT FALSE)")
    connection.execute("CREATE TABLE seen (id PRIMARY KEY)")
    insert = "INSERT OR IGNORE INTO captions (id, caption, file) VALUES (?, ?, ?)"
    problems = []
    for file in sorted(source.glob("txt/*.json")):
        try:
            for name, caption in caption_entries(file):
                if not connection.execute(insert, (name, caption, str(file))).rowcount:
                    problems.append(_problem(name, str(file), "caption", "a second caption"))
        except InputError as error:
            problems.append(_problem("", str(file), "caption", str(error)))
    return problems


def _items(
    source: Path, connection: sqlite3.Connection, problems: list[dict[str, str]]
) -> Iterator[dict[str, Any]]:
    for path, name in find(source):
        if TRUNCATED.search(name):
            problems.append(_problem(name, str(path), "list", "a truncated version of a part"))
            continue
        if not connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (name,)).rowcount:
            problems.append(_problem(name, str(path), "list", "duplicate id"))
            continue
        row = connection.execute("SELECT caption FROM captions WHERE id = ?", (name,)).fetchone()
        connection.execute("UPDATE captions SET used = TRUE WHERE id = ?", (name,))
        yield {"id": name, "path": str(path), "caption": row and row[0]}
