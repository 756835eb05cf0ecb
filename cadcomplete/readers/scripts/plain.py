"""The methods of plain values that scripts call: of lists, tuples, dictionaries and texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cadcomplete.errors import ReadError
from cadcomplete.readers.scripts.budget import spend
from cadcomplete.readers.scripts.values import BUILTINS, Function, held, is_number, items, truth

MOST_TEXT = 10_000
"""Most characters of a text."""

_SPEC = re.compile(r"[ +0<>^=,_-]*\d{0,2}(?:\.\d{1,2})?[dfgeEGFsxXob%]?")


def _append(_: Any, self: list[Any], item: Any) -> None:
    held([*self, item])
    self.append(item)


def _extend(_: Any, self: list[Any], more: Any) -> None:
    self[:] = held([*self, *items(more)])


def _insert(_: Any, self: list[Any], place: Any, item: Any) -> None:
    _whole(place)
    held([*self, item])
    self.insert(place, item)


def _pop(_: Any, self: list[Any], place: Any = -1) -> Any:
    _whole(place)
    if not -len(self) <= place < len(self):
        raise ReadError("there are not so many items", expected=f"below {len(self)}", got=place)
    return self.pop(place)


def _whole(value: Any) -> None:
    if type(value) is not int:
        raise ReadError("wrong value", expected="a whole number")


def ordered(values: list[Any], *, reverse: Any = False) -> list[Any]:
    """Return numbers, texts or tuples of them in their order. Raises ReadError for others."""
    spend(20 * len(values))
    try:
        return sorted(values, key=_key, reverse=bool(reverse))
    except TypeError:
        raise ReadError(
            "cannot be sorted", expected="numbers, or texts, or tuples of them"
        ) from None


def _key(value: Any) -> Any:
    if is_number(value) or isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return tuple(map(_key, value))
    raise TypeError


def _sort(_: Any, self: list[Any], *, reverse: Any = False) -> None:
    self[:] = ordered(self, reverse=reverse)


def _reverse(_: Any, self: list[Any]) -> None:
    self.reverse()


def _clear(_: Any, self: list[Any]) -> None:
    self.clear()


def _index(_: Any, self: list[Any] | tuple[Any, ...], item: Any) -> int:
    spend(len(self))
    for place, one in enumerate(self):
        if is_number(item) and is_number(one) and one == item:
            return place
    raise ReadError("there is no such item")


_LIST = {
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "sort": _sort,
    "reverse": _reverse,
    "clear": _clear,
    "index": _index,
    "copy": lambda _, self: held(list(self)),
}


def _get(_: Any, self: dict[Any, Any], key: Any, default: Any = None) -> Any:
    return self.get(plain_key(key), default)


def _update(_: Any, self: dict[Any, Any], other: Any) -> None:
    if not isinstance(other, dict):
        raise ReadError("wrong value", expected="a dictionary")
    held([*self, *other])
    self.update(other)


def plain_key(key: Any) -> Any:
    """Return what can be a key of a dictionary: a number, a text, or a tuple. Raises ReadError."""
    if isinstance(key, tuple):
        return tuple(map(plain_key, key))
    if key is None or isinstance(key, bool | int | float | str):
        return key
    raise ReadError("wrong value", expected="a number or a text as a key")


_DICT = {
    "get": _get,
    "update": _update,
    "keys": lambda _, self: held(list(self)),
    "values": lambda _, self: held(list(self.values())),
    "items": lambda _, self: held([(key, value) for key, value in self.items()]),
    "copy": lambda _, self: dict(self),
}


def _text(name: str, given: int = 0) -> Callable[..., Any]:
    def run(_: Any, self: str, *values: Any) -> Any:
        if len(values) != given or not all(isinstance(value, str) for value in values):
            raise ReadError(f"wrong arguments of {name}")
        result = getattr(self, name)(*values)
        if isinstance(result, str) and len(result) > MOST_TEXT:
            raise ReadError("a text that is too long")
        return result

    return run


_STR = {
    **{name: _text(name) for name in ("lower", "upper", "strip", "title")},
    **{name: _text(name, 1) for name in ("startswith", "endswith")},
}

PLAIN: dict[type, dict[str, Function]] = {
    kind: {name: Function(name, run) for name, run in runs.items()}
    for kind, runs in (
        (list, _LIST),
        (tuple, {"index": _index}),
        (dict, _DICT),
        (str, _STR),
    )
}
"""What may be called of plain values, by their kind."""


def formatted(value: Any, spec: str) -> str:
    """Return how an f-string shows a plain value; others by their kind. Raises ReadError."""
    if not (value is None or isinstance(value, bool | int | float | str)):
        return type(value).__name__
    if not _SPEC.fullmatch(spec):
        raise ReadError("wrong value", expected="a plain format of a number", got=spec)
    try:
        return format(value, spec)[:MOST_TEXT]
    except (ValueError, TypeError):
        raise ReadError("wrong value", expected="a format that fits the value", got=spec) from None


# --- functions that scripts call without a dot --------------------------------------------------


def _sum(_: Any, values: Any, start: Any = 0) -> Any:
    numbers = items(values)
    if not all(map(is_number, [*numbers, start])):
        raise ReadError("wrong arguments of sum", expected="numbers")
    return sum(numbers, start)


def _zip(_: Any, *given: Any, strict: Any = False) -> list[Any]:
    lists = [items(one) for one in given]
    return held([tuple(one) for one in zip(*lists, strict=False)])


def _reversed(_: Any, values: Any) -> list[Any]:
    return items(values)[::-1]


def _sorted(_: Any, values: Any, *, reverse: Any = False) -> list[Any]:
    return ordered(items(values), reverse=reverse)


def _any(_: Any, values: Any) -> bool:
    return any(truth(value) for value in items(values))


def _all(_: Any, values: Any) -> bool:
    return all(truth(value) for value in items(values))


def _str(_: Any, value: Any = "") -> str:
    return formatted(value, "")


def _bool(_: Any, value: Any = False) -> bool:
    return truth(value)


FUNCTIONS = {
    **BUILTINS,
    **{
        name: Function(name, run)
        for name, run in {
            "sum": _sum,
            "zip": _zip,
            "reversed": _reversed,
            "sorted": _sorted,
            "any": _any,
            "all": _all,
            "str": _str,
            "bool": _bool,
        }.items()
    },
}
"""All functions of Python that scripts may call."""
