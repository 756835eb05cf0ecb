"""How mirrors and patterns are said: the operations that they do again are counted back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.fields import Format
from cadcomplete.history.operations import Operation
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern
from cadcomplete.language.commands import Command
from cadcomplete.language.sheet import Sheet

NAMES: dict[str, type[Any]] = {
    "mirror": Mirror,
    "linear": LinearPattern,
    "polar": PolarPattern,
}
"""What they are called in the text."""


def writes(name: str) -> Callable[[Any, tuple[Operation, ...], Format], Iterator[Command]]:
    """Return what writes the kind of this name."""

    def write(
        pattern: Any, before: tuple[Operation, ...], text_format: Format
    ) -> Iterator[Command]:
        places = [getattr(pattern, field.name) for field in pattern.FIELDS[:-1]]
        wrong = [index for index in pattern.of or () if not 0 <= index < len(before)]
        if wrong:
            expected = f"below {len(before)}"
            raise TextError("no such operation before", expected=expected, got=wrong[0])
        backs = None if pattern.of is None else tuple(len(before) - i for i in pattern.of)
        yield Command(name, (*places, backs))

    return write


def reads(name: str) -> Callable[[tuple[Any, ...], Sheet], None]:
    """Return what carries out the command of this name."""

    def read(values: tuple[Any, ...], sheet: Sheet) -> None:
        *places, backs = values
        sheet.end_sketch()
        there = len(sheet.operations)
        far = max(backs or (0,))
        if far > there:
            expected = f"at most {there} before" if there else "an operation before it"
            raise TextError("no such operation", expected=expected, got=f"@{far}")
        of = None if backs is None else tuple(there - back for back in backs)
        sheet.operations.append(NAMES[name](*places, of))

    return read


def may_follow(sheet: Sheet) -> bool:
    """Whether there is something that can be done again."""
    return any(operation.builds for operation in sheet.operations)
