"""How fillets and chamfers are said: the operations that the names of edges refer to count back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.blends import Blend, Chamfer, Fillet, problem_of
from cadcomplete.history.edges import EdgeName
from cadcomplete.history.fields import Format
from cadcomplete.history.operations import Operation
from cadcomplete.language.commands import Command
from cadcomplete.language.sheet import Sheet


def write_fillet(
    fillet: Fillet, before: tuple[Operation, ...], text_format: Format
) -> Iterator[Command]:
    yield Command("fillet", (fillet.radius, _back(fillet, before)))


def write_chamfer(
    chamfer: Chamfer, before: tuple[Operation, ...], text_format: Format
) -> Iterator[Command]:
    yield Command("chamfer", (chamfer.sizes, _back(chamfer, before)))


def _back(blend: Blend, before: tuple[Operation, ...]) -> tuple[EdgeName, ...]:
    _check(blend.edges, before)
    return tuple(name.counted(len(before)) for name in blend.edges)


def reads_blend(kind: Callable[[Any, tuple[EdgeName, ...]], Blend]) -> Callable[..., None]:
    """Return what carries out the command of a kind of them."""

    def read(values: tuple[Any, ...], sheet: Sheet) -> None:
        size, names = values
        sheet.end_sketch()
        there = len(sheet.operations)
        names = tuple(name.counted(there) for name in names)
        _check(names, tuple(sheet.operations))
        sheet.operations.append(kind(size, names))

    return read


def _check(names: tuple[EdgeName, ...], before: tuple[Operation, ...]) -> None:
    for name in names:
        if problem := problem_of(name, before):
            word = name.counted(len(before)).word
            raise TextError(f"no such edges: {problem}", got=word)


def may_blend(sheet: Sheet) -> bool:
    """Whether there is a solid that has edges."""
    return any(operation.builds for operation in sheet.operations)
