"""What the values of a configuration may be, said beside its fields and checked in one walk."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from cadcomplete.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`, both allowed."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{_number(self.low)} to {_number(self.high)}"

    def allows(self, value: float) -> bool:
        return self.low <= value <= self.high  # which is not so of NaN


Share = Annotated[float, Between(0, 1)]
Seed = Annotated[int, Between(0, 2**31 - 1)]


def check(value: Any, where: str = "") -> None:
    """Check every number of a dataclass, and of those in it. Raises ConfigError for the first."""
    for place, number, bound in _bounded(value, where):
        if not bound.allows(number):
            raise ConfigError("out of range", where=place, expected=str(bound), got=number)


def _bounded(value: Any, where: str) -> Iterator[tuple[str, float, Between]]:
    """Yield every number that has a bound, with its place."""
    hints = get_type_hints(type(value), include_extras=True)
    for field in dataclasses.fields(value):
        place, found = f"{where}{field.name}", getattr(value, field.name)
        if dataclasses.is_dataclass(found):
            yield from _bounded(found, f"{place}.")
        elif isinstance(found, tuple):
            for i, item in enumerate(found):
                if dataclasses.is_dataclass(item):
                    yield from _bounded(item, f"{place}[{i}].")
        elif get_origin(hint := hints[field.name]) is Annotated:
            yield from ((place, found, b) for b in get_args(hint)[1:] if isinstance(b, Between))


def _number(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) and value == int(value) else f"{value:g}"
