"""What a script reaches behind a dot, an index or a call: listed members, and nothing else."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Signature, signature
from typing import Any

from cadcomplete.errors import ReadError, UnsupportedError
from cadcomplete.readers.scripts.plain import PLAIN, plain_key
from cadcomplete.readers.scripts.session import Scope
from cadcomplete.readers.scripts.values import Function, Namespace, Value, is_number


@dataclass(frozen=True, slots=True)
class Method:
    """What stands before the dot of a call, and behind it."""

    owner: Any
    name: str

    def found(self) -> Any:
        if isinstance(self.owner, Value):
            method = type(self.owner).METHODS.get(self.name)
            if method is not None:
                return Bound(method, self.owner)
        plain = PLAIN.get(type(self.owner), {}).get(self.name)
        return attribute(self.owner, self.name) if plain is None else Bound(plain, self.owner)


@dataclass(frozen=True, slots=True)
class Bound:
    function: Function
    owner: Any


@dataclass(frozen=True, slots=True, eq=False)
class Defined:
    """A function of the script itself: its defaults by their place, and the names around it."""

    node: ast.FunctionDef
    defaults: Mapping[int, Any]
    frame: Scope


def attribute(value: Any, name: str) -> Any:
    if isinstance(value, RecordType) and value.fields.get(name, MISSING) is not MISSING:
        return value.fields[name]
    if isinstance(value, Namespace) and name in value.members:
        return value.members[name]
    if isinstance(value, Value) and name in type(value).ATTRIBUTES:
        return type(value).ATTRIBUTES[name](value)
    owner = value.name if isinstance(value, Namespace) else type(value).__name__
    raise UnsupportedError([f"{owner}.{name}"])


@functools.cache
def _signature(run: Callable[..., Any]) -> Signature:
    return signature(run)


def bind(function: Function, owner: tuple[Any, ...], given: Any, named: Any, session: Any) -> Any:
    """Return the arguments of a call. Raises UnsupportedError for an option that there is not."""
    options = _signature(function.run).parameters
    if foreign := [f"{function.name}({name})" for name in named if name not in options]:
        raise UnsupportedError(foreign)
    try:
        bound = _signature(function.run).bind(session, *owner, *given, **named)
    except TypeError as error:
        raise ReadError(f"wrong arguments of {function.name}: {error}") from None
    refused = [
        f"{function.name}({option})"
        for option, allowed in function.only.items()
        if option in bound.arguments and not _among(bound.arguments[option], allowed)
    ]
    if refused:
        raise UnsupportedError(refused)
    return bound


@dataclass(frozen=True, slots=True, eq=False)
class RecordType:
    """A class of the script that only holds values: its fields with their defaults, in order.

    With `made_by_call` (a dataclass) a call gives values to them.
    """

    name: str
    fields: Mapping[str, Any]
    made_by_call: bool

    def record(self, given: list[Any], named: dict[str, Any]) -> Namespace:
        """Return an instance. Raises ReadError for a call that does not fit."""
        values = dict(self.fields)
        fields = list(values)
        wrong = [name for name in named if name not in fields[len(given) :]]
        if wrong or len(given) > len(fields) or ((given or named) and not self.made_by_call):
            raise ReadError(f"wrong arguments of {self.name}", expected=", ".join(fields) or "none")
        values |= dict(zip(fields, given, strict=False)) | named
        if missing := [name for name, value in values.items() if value is MISSING]:
            raise ReadError(f"wrong arguments of {self.name}", expected=", ".join(missing))
        return Namespace(self.name, values)


MISSING: Any = object()
"""Stands for a field of a class that has no default."""


def matched(function: Defined, given: list[Any], named: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a function of the script by their names. Raises ReadError."""
    args = function.node.args
    places = [arg.arg for arg in (*args.posonlyargs, *args.args)]
    known = {*places[len(args.posonlyargs) :], *(arg.arg for arg in args.kwonlyargs)}
    usual = dict(zip(reversed(places), reversed(args.defaults), strict=False))
    usual |= {a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d}
    found = dict(zip(places, given, strict=False))
    wrong = [name for name in named if name in found or name not in known]
    found |= {name: function.defaults[id(default)] for name, default in usual.items()} | found
    found |= named
    missing = [name for name in (*places, *known) if name not in found]
    if wrong or missing or len(given) > len(places):
        problem = f"wrong arguments of {function.node.name}"
        expected = ", ".join((*places, *sorted(known - set(places)))) or "none"
        raise ReadError(problem, expected=expected)
    return found


def _among(value: Any, allowed: tuple[Any, ...]) -> bool:
    plain = is_number(value) or isinstance(value, str)
    return any(value is one or (plain and value == one) for one in allowed)


def chosen(value: Any, index: Any) -> Any:
    """Return an item, or a slice of a list. Raises ReadError."""
    if isinstance(value, Value):
        if type(value).item is not Value.item or value.listed() is None:
            return value.item(index)
        value = value.listed()
    if isinstance(value, list | tuple | str) and isinstance(index, slice):
        return value[index]
    if isinstance(value, dict):
        if plain_key(index) not in value:
            raise ReadError("there is no such key", got=index)
        return value[index]
    if not isinstance(value, list | tuple | str) or type(index) is not int:
        raise ReadError("not an item of a list", got=index if is_number(index) else None)
    if not -len(value) <= index < len(value):
        raise ReadError("there are not so many items", expected=f"below {len(value)}", got=index)
    return value[index]
