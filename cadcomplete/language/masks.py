"""Which tokens of a vocabulary may stand at a point of a line.

The vocabulary is a tree of characters that is walked along with the line's automaton
(`rows.step`). What was found is remembered by the places that decide it: plain ones by what they
say, those with options by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cadcomplete.history.fields import Decimal, Fixed, Whole
from cadcomplete.language.numbers import Given, Number, Rest, Stated, StatedWords
from cadcomplete.language.rows import Later, Point, Row, form_of, opened, step

Tokens = tuple[int, ...]

_Known = dict[object, tuple[Row, Tokens]]

_MOST_KNOWN, _MOST_OF_ONE = 20_000, 256
"""Points of which the tokens are remembered: of plain ones, and of those with one certain place."""

_PLAIN = (Fixed, Decimal, Whole, Number, Rest)
"""Places that are the same if they say the same."""


@dataclass(slots=True, eq=False)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    token: int = -1


class Masks:
    """The tokens of a vocabulary that a grammar can use: printable ones, that end with a line."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._root = _Node()
        self._known: _Known = {}  # of plain points
        self._first = {token: text[:1] for text, token in vocabulary.items()}
        self._looked = False  # whether what stood in the line before has mattered
        for text, token in vocabulary.items():
            body = text[:-1] if text.endswith("\n") else text
            if body.isascii() and (body.isprintable() or not body) and text:
                node = self._root
                for char in text:
                    node = node.children.setdefault(char, _Node())
                node.token = token

    @cached_property
    def _places(self) -> dict[int, int]:
        """Where each token comes when the whole tree is walked."""
        found: list[int] = []
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            found += [node.token] if node.token >= 0 else []
            waiting += reversed(node.children.values())
        return {token: place for place, token in enumerate(found)}

    def tokens(self, point: Point, line: str) -> Tokens:
        """Return the tokens that may stand at a point after what there is of its line."""
        point = _made(opened(point, line))
        head, rest = point.row[0], point.row[1:]
        if isinstance(head, (Fixed, Decimal, Whole)):
            return self._before_given(point, line)
        choices = head.choices  # type: ignore[union-attr]
        if point.typed in choices.options:  # it ends here, or goes on as a longer one
            longer = [c for c in self._root.children if point.typed + c in choices.begun]
            ended = self.tokens(Point((*choices.options[point.typed], *rest)), line)
            if not longer:
                return ended
            found = [token for token in ended if self._first[token] not in longer]
            return self._ordered([*found, *self._walk(self._root, point, line, longer)])
        if isinstance(head, Stated) and not point.typed:
            return self._stated(self._root, head, rest, line)
        return self._remembered(self._root, point, line)

    def _before_given(self, point: Point, line: str) -> Tokens:
        """The same where a plain place stands first: perhaps before one that the line decides."""
        node, found = self._root, list[int]()
        while len(point.row) > 1 and isinstance(point.row[1], Given):
            head = point.row[0]
            if not isinstance(head, Fixed):
                break
            char = head.text[len(point.typed)]
            after = step(point, char)
            if after is None or char not in node.children:
                return tuple(found)
            node, line, point = node.children[char], line + char, after
            if node.token >= 0:
                found.append(node.token)
        head, *rest = opened(point, line).row
        if isinstance(head, Stated):
            return self._ordered([*found, *self._stated(node, head, tuple(rest), line)])
        known = self._remembered(node, point, line)
        return (*found, *known) if found else known

    def _stated(self, node: _Node, head: Stated, rest: Row, line: str) -> Tokens:
        """The words of a number are always the same, those beside them few."""
        numbers = self._remembered(node, Point((head.number, *rest)), line)
        others = self._walk(node, Point((StatedWords(head.words), *rest)), line)
        return self._ordered([*numbers, *others])

    def _ordered(self, tokens: Iterable[int]) -> Tokens:
        return tuple(sorted(dict.fromkeys(tokens), key=self._places.__getitem__))

    def _remembered(self, node: _Node, point: Point, line: str) -> Tokens:
        key = (node, form_of(point), *map(_name, point.row))
        own = [place for place in point.row if not isinstance(place, (*_PLAIN, Given))]
        # What is found of a place is kept there: it is gone with the drawing that it is made for.
        store: _Known = own[-1].__dict__.setdefault("tokens", {}) if own else self._known
        known = store.get(key)
        if known is None:
            self._looked = False
            known = (point.row, tuple(self._walk(node, point, line)))
            if not self._looked:
                if len(store) >= (_MOST_OF_ONE if own else _MOST_KNOWN):
                    store.clear()
                store[key] = known  # with its row, so that nothing else has the names of its places
        return known[1]

    def _walk(
        self, node: _Node, point: Point, line: str, chars: Iterable[str] | None = None
    ) -> Iterator[int]:
        """Yield all tokens below a node; those that go on with certain characters, if that is said.

        No token reaches beyond the end of a line.
        """
        if isinstance(point.row[0], Given):
            self._looked, point = True, opened(point, line)
        for char in _may_follow(point) or chars or node.children:
            child = node.children.get(char)
            after = step(point, char) if child is not None else None
            if child is None or after is None:
                continue
            if child.token >= 0:
                yield child.token
            if after.row and child.children:
                yield from self._walk(child, after, line + char)


def _made(point: Point) -> Point:
    """The point with the rest of its line made, where that comes next."""
    while isinstance(head := point.row[0], Later):
        point = Point((*head.row, *point.row[1:]))
    return point


def _name(place: Any) -> object:
    """What a place is remembered by: what depends on its line, and was not asked, by its kind."""
    if isinstance(place, _PLAIN):
        return place
    return Given if isinstance(place, Given) else id(place)


def _may_follow(point: Point) -> str:
    """The one character that may stand there, where there is but one."""
    head = point.row[0]
    return head.text[len(point.typed)] if isinstance(head, Fixed) else ""
