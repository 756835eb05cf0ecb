"""The names of a script, each once, and its dimensions: the variables at the top."""

from __future__ import annotations

import itertools
import keyword
from collections.abc import Iterator

RESERVED = frozenset(
    {"part", "cq", "point", "place", "one", "i", "x", "y", "range", *keyword.kwlist}
)
"""What the scripts call their part, their library and what loops run over."""


class Names:
    """Names that are taken."""

    def __init__(self) -> None:
        self._taken = set(RESERVED)

    def fresh(self, name: str) -> str:
        """Take a name, or the next of `hole`, `hole_2`, `hole_3` that is free."""
        found = next(one for one in _numbered(name) if one not in self._taken)
        self._taken.add(found)
        return found

    def free(self, name: str) -> bool:
        """Whether nothing is called so."""
        return name not in self._taken


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


class Variables:
    """The variables at the top of a script, with their values as they are written."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.values: dict[str, str] = {}

    def named(self, noun: str, own: str, what: str, value: str) -> str:
        """Return the variable for a dimension, a new one if there is none of that value.

        It is called after the kind of thing, `hole_diameter`, so that all of one size share it;
        if that has another value, after the thing itself, `hole_2_diameter`, or with a number.
        """
        name = ""
        for name in (f"{noun}_{what}", f"{own}_{what}"):
            for known in itertools.takewhile(self.values.__contains__, _numbered(name)):
                if self.values[known] == value:
                    return known
            if self._names.free(name):
                break
        taken = self._names.fresh(name)
        self.values[taken] = value
        return taken
