"""How fillets and chamfers are said in the format `numbers`: their sizes by reference, as radii."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cadcomplete.history.edge_kinds import EDGE_NAMES, Sizes
from cadcomplete.history.edges import EdgeName
from cadcomplete.history.fields import Branch, Fixed, Open
from cadcomplete.language.numbers.memory import RADIUS, Memory
from cadcomplete.language.numbers.words import Number, read_number, write_number

Values = tuple[Any, ...]


def _edges(names: tuple[EdgeName, ...]) -> list[str]:
    return [name.word for name in names]


def _size(memory: Memory) -> Number:
    return Number(len(memory.along(RADIUS)), signed=False, zero=False, steps=False)


def write_fillet(values: Values, memory: Memory) -> list[str]:
    radius, names = values
    return [write_number(radius, RADIUS, memory), *_edges(names)]


def read_fillet(words: Iterator[str], memory: Memory) -> Values:
    return (read_number(next(words), RADIUS, memory), EDGE_NAMES.read(words))


def see_fillet(values: Values, memory: Memory) -> Memory:
    return memory.seen([(RADIUS, values[0])])


def fillet_row(memory: Memory) -> tuple[Any, ...]:
    return (_size(memory), Fixed(" "), Open("edges"))


def write_chamfer(values: Values, memory: Memory) -> list[str]:
    (first, second, swapped), names = values
    word = write_number(first, RADIUS, memory)
    if first == second:
        return [word, *_edges(names)]
    order = "/~" if swapped else "/"
    return [f"{word}{order}", write_number(second, RADIUS, memory), *_edges(names)]


def read_chamfer(words: Iterator[str], memory: Memory) -> Values:
    word = next(words)
    swapped = word.endswith("/~")
    first = read_number(word.removesuffix("~").removesuffix("/"), RADIUS, memory)
    second = read_number(next(words), RADIUS, memory) if "/" in word else first
    sizes: Sizes = (first, second, swapped and first != second)
    return (sizes, EDGE_NAMES.read(words))


def see_chamfer(values: Values, memory: Memory) -> Memory:
    return memory.seen((RADIUS, size) for size in dict.fromkeys(values[0][:2]))


def chamfer_row(memory: Memory) -> tuple[Any, ...]:
    size = _size(memory)
    more: Any = Branch((("", ()), ("/ ", (size,)), ("/~ ", (size,))))  # type: ignore[arg-type]
    return (size, more, Fixed(" "), Open("edges"))


SAID: dict[str, tuple[Callable[..., Any], ...]] = {
    "fillet": (write_fillet, read_fillet, see_fillet, fillet_row),
    "chamfer": (write_chamfer, read_chamfer, see_chamfer, chamfer_row),
}
"""Of each command what writes it, what reads it, what it adds to the memory, and its slots."""
