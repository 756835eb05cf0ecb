"""The kinds of field of fillets and chamfers: the edges, and a chamfer's one or two sizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.edges import EdgeName, read_edge
from cadcomplete.history.fields import Branch, Decimal, FieldKind, Fixed, Open, Slot, parse_number
from cadcomplete.history.kinds import POSITIVE


def _load_edges(value: Any) -> tuple[EdgeName, ...]:
    if not isinstance(value, list):
        raise TextError("not edges", expected="a list of names such as end@1/0", got=value)
    return tuple(map(read_edge, value))


EDGE_NAMES = FieldKind(
    write=lambda names: " ".join(name.word for name in names),
    read=lambda words: tuple(map(read_edge, words)),
    dump=lambda names: [name.word for name in names],
    load=_load_edges,
    slots={"lines": (Open("edges"),), "json": (Fixed("["), Open("edges"), Fixed("]"))},
)

Sizes = tuple[float, float, bool]
"""How far a chamfer reaches on each face, in mm; whether of two curves the later one is first."""

_SWAPPED = "~"


def write_sizes(sizes: Sizes) -> str:
    """Return the word for one size, or for two: `1`, `1/2`, `1/2~`."""
    first, second = map(POSITIVE.write, sizes[:2])
    return first if first == second else f"{first}/{second}{_SWAPPED * sizes[2]}"


def _read_sizes(words: Iterator[str]) -> Sizes:
    word = next(words)
    parts = word.removesuffix(_SWAPPED).split("/")
    return _checked([parse_number(part) for part in parts], swapped=word.endswith(_SWAPPED))


def _load_sizes(value: Any) -> Sizes:
    if not isinstance(value, list):
        raise TextError("not sizes", expected="a list of one or two numbers", got=value)
    swapped = value[-1:] == [_SWAPPED]
    return _checked(value[:-1] if swapped else value, swapped=swapped)


def _checked(sizes: list[Any], *, swapped: bool) -> Sizes:
    if not 1 <= len(sizes) <= 2:
        raise TextError("not sizes", expected="one such as 1, or two such as 1/2", got=sizes)
    first, second = (POSITIVE.load(size) for size in (sizes[0], sizes[-1]))
    return first, second, swapped and first != second


def _dump_sizes(sizes: Sizes) -> list[Any]:
    first, second = map(POSITIVE.dump, sizes[:2])
    return [first] if first == second else [first, second, *[_SWAPPED] * sizes[2]]


def _row(comma: str, swapped: str) -> tuple[Slot, ...]:
    size = Decimal(signed=False, zero=False)
    order = Branch((("", ()), (swapped, ())))
    return (size, Branch((("", ()), (comma, (size, order)))))


SIZES = FieldKind(
    write=write_sizes,
    read=_read_sizes,
    dump=_dump_sizes,
    load=_load_sizes,
    slots={
        "lines": _row("/", _SWAPPED),
        "json": (Fixed("["), *_row(",", f',"{_SWAPPED}"'), Fixed("]")),
    },
)
