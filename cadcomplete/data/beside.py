"""Files that belong to a part: in another folder, by its id. One folder at a time is listed."""

from __future__ import annotations

import os
import re
import sys
from collections import OrderedDict
from pathlib import Path

from cadcomplete.errors import InputError

_FOLDERS = 8  # that are remembered: parts come folder by folder


class Beside:
    """Files below a folder whose names are an id and one of several endings.

    Each folder is listed once, however many parts it has, so that a million files are found in
    the time that it takes to read their names. What changes meanwhile is not seen.
    """

    def __init__(self, root: Path, ending: str) -> None:
        """Look in `root`, which need not exist, for ids that `ending` follows, a pattern."""
        self._root, self._ending = root, re.compile(f"(?:{ending})$")
        self._listed: OrderedDict[str, dict[str, list[str]]] = OrderedDict()

    def endings(self, id: str) -> list[str]:
        """Return what follows the id in the names of its files, sorted; often nothing."""
        folder, _, stem = id.rpartition("/")
        if folder not in self._listed:
            self._listed[folder] = self._list(self._root / folder)
            if len(self._listed) > _FOLDERS:
                self._listed.popitem(last=False)
        self._listed.move_to_end(folder)
        return self._listed[folder].get(stem, [])

    def paths(self, id: str) -> list[Path]:
        """Return the files of a part, sorted."""
        return [self._root / f"{id}{ending}" for ending in self.endings(id)]

    def _list(self, folder: Path) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
        except (FileNotFoundError, NotADirectoryError):
            return found
        except OSError as error:
            raise InputError(f"cannot read the folder: {error.strerror}", file=folder) from error
        for name in names:
            if match := self._ending.search(name):
                found.setdefault(name[: match.start()], []).append(sys.intern(match.group()))
        return found
