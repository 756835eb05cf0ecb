"""What a room has for each kind of operation or of curve: a table, and never a silent else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from cadcomplete.errors import UnsupportedError

T = TypeVar("T")


def refusing(kind: type, room: str) -> Callable[..., NoReturn]:
    """Return an entry for a kind that a room cannot do: it raises UnsupportedError, naming it."""

    def refuse(*values: Any, **options: Any) -> NoReturn:
        raise UnsupportedError([kind.__name__], where=room)

    return refuse


class Table(dict[type, T]):
    """Entries by type; `room` is the file that a new kind has to be entered in.

    Asked for a type that it lacks it raises UnsupportedError, naming that and those it has.
    """

    def __init__(self, room: str, entries: Mapping[type, T]) -> None:
        super().__init__(entries)
        self.room = room

    def __missing__(self, kind: type) -> T:
        raise UnsupportedError([kind.__name__], where=self.room, known=[k.__name__ for k in self])
