"""What the expressions of a script can be, and how they are checked."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cadcomplete.errors import ReadError, UnsupportedError, shorten
from cadcomplete.history.fields import LIMIT
from cadcomplete.history.geometry import Vec2, Vec3
from cadcomplete.readers.scripts.budget import spend

MOST = 1_000
"""Most places of a pattern, and most sides of a polygon."""

_MOST_VALUES = 100_000

_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method that scripts may call.

    Attributes:
        name: as scripts write it.
        run: called with the session, for a method its object, and the script's arguments.
        only: options that are known but may have only these values.
    """

    name: str
    run: Callable[..., Any]
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Namespace:
    """A module or class: the names that stand behind its dot, and what calling it does."""

    name: str
    members: Mapping[str, Any] = field(default_factory=dict)
    call: Function | None = None


class Value:
    """An object of a script: only the methods and attributes listed here can be reached."""

    __slots__ = ()

    METHODS: ClassVar[Mapping[str, Function]] = {}
    ATTRIBUTES: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def listed(self) -> list[Any] | None:
        """Return what a loop over the object goes through, if it can be gone through."""
        return None

    def item(self, index: Any) -> Any:
        """Return what `object[index]` is; an index may be a slice. Raises UnsupportedError."""
        raise UnsupportedError([f"an item of {type(self).__name__}"])

    def compare(self, op: ast.cmpop, other: Any) -> Any:
        """Return what a comparison with something comes to. Raises UnsupportedError."""
        kinds = f"{type(self).__name__} and {type(other).__name__}"
        raise UnsupportedError([f"comparison of {kinds}"])


@dataclass(frozen=True, slots=True)
class Vector(Value):
    """A point or direction in space; scripts write tuples instead where they like."""

    x: float
    y: float
    z: float

    ATTRIBUTES: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "x": lambda self: self.x,
        "y": lambda self: self.y,
        "z": lambda self: self.z,
        "X": lambda self: self.x,
        "Y": lambda self: self.y,
        "Z": lambda self: self.z,
    }

    def __add__(self, other: object) -> Vector:
        x, y, z = vec3(other)
        return Vector(self.x + x, self.y + y, self.z + z)

    def __sub__(self, other: object) -> Vector:
        x, y, z = vec3(other)
        return Vector(self.x - x, self.y - y, self.z - z)

    def __mul__(self, factor: object) -> Vector:
        by = number(factor)
        return Vector(self.x * by, self.y * by, self.z * by)

    __rmul__ = __mul__


def is_number(value: object) -> bool:
    return type(value) in (int, float)


def number(value: Any, what: str = "a number") -> float:
    """Return a number a sketch can hold. Raises ReadError for anything else."""
    if not is_number(value) or not abs(value) <= LIMIT:  # NaN is not
        raise ReadError("wrong value", expected=f"{what} up to {LIMIT:.0f}", got=_said(value))
    return float(value)


def positive(value: Any, what: str) -> float:
    """Return a length above 0. Raises ReadError."""
    length = number(value, what)
    if length <= 0:
        raise ReadError("wrong value", expected=f"{what} above 0", got=value)
    return length


def whole(value: Any, *, least: int = 1) -> int:
    """Return how many of something a script wants. Raises ReadError."""
    if type(value) is not int or not least <= value <= MOST:
        raise ReadError("wrong value", expected=f"a count from {least} to {MOST}", got=_said(value))
    return value


def flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ReadError("wrong value", expected="True or False", got=_said(value))
    return value


def items(value: Any) -> list[Any]:
    """Return the items of a list, a tuple or places. Raises ReadError."""
    listed = value.listed() if isinstance(value, Value) else value
    if isinstance(listed, dict):
        listed = list(listed)
    if not isinstance(listed, list | tuple):
        raise ReadError("wrong value", expected="a list", got=_said(value))
    spend(len(listed))
    return list(listed)


def held(values: list[Any]) -> list[Any]:
    """Return a list that is not too large, with all lists in it. Raises ReadError."""
    left, waiting = _MOST_VALUES, [values]
    while waiting:
        one = waiting.pop()
        left -= len(one)
        spend(3 + len(one))
        if left < 0:
            raise ReadError("too many values", expected=f"up to {_MOST_VALUES}")
        waiting += [value for value in one if isinstance(value, list | tuple)]
        waiting += [list(value.values()) for value in one if isinstance(value, dict)]
    return values


def check_values(count: int) -> None:
    """Raise ReadError for more values than a script may hold in one list."""
    if count > _MOST_VALUES:
        raise ReadError("too many values", expected=f"up to {_MOST_VALUES}")


def vec3(value: Any) -> Vec3:
    """Return a point in space; a third coordinate that is missing is 0. Raises ReadError."""
    if isinstance(value, Vector):
        return (value.x, value.y, value.z)
    if not isinstance(value, list | tuple) or len(value) not in (2, 3):
        raise ReadError("wrong value", expected="a point such as (1, 2)", got=_said(value))
    x, y, *z = (number(v, "a coordinate") for v in value)
    return (x, y, z[0] if z else 0.0)


def vec2(value: Any) -> Vec2:
    """Return a point of a sketch. Raises ReadError if it lies off the sketch's plane."""
    x, y, z = vec3(value)
    if z != 0:
        raise ReadError("wrong value", expected="a point in the plane of the sketch", got=value)
    return (x, y)


def is_point(value: object) -> bool:
    if isinstance(value, list | tuple):
        return len(value) in (2, 3) and all(map(is_number, value))
    return isinstance(value, Vector)


def points(*values: Any) -> list[Any]:
    """Return points that were given one by one or in lists. Raises ReadError."""
    result: list[Any] = []
    for value in values:
        result += [value] if is_point(value) else points(*items(value))
    return result


def kept(value: Any) -> Any:
    """Return what arithmetic gave, if it is a number of a reasonable size. Raises ReadError."""
    if type(value) not in (int, float) or not abs(value) < _LARGEST:
        raise ReadError("cannot be calculated", expected="a real number below 2^63")
    return value


def power(base: Any, exponent: Any) -> Any:
    """Return a power, without ever starting on one that is too large. Raises ReadError."""
    if base and abs(exponent) * abs(math.log2(abs(base))) > 64:
        raise ReadError("cannot be calculated", expected="a real number below 2^63")
    return base**exponent


def truth(value: Any) -> bool:
    """Return whether a plain value counts as true. Raises UnsupportedError for any other."""
    if value is None or isinstance(value, bool | int | float | str | list | tuple | dict):
        return bool(value)
    raise UnsupportedError([f"if of {type(value).__name__}"])


_ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _single(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def compared(op: ast.cmpop, left: Any, right: Any) -> bool:
    """Return what a comparison of plain values says. Raises UnsupportedError for any other."""
    if isinstance(op, ast.In | ast.NotIn) and isinstance(left, str) and isinstance(right, str):
        return (left in right) is isinstance(op, ast.In)
    if isinstance(op, ast.In | ast.NotIn) and isinstance(right, list | tuple | dict):
        among = [compared(ast.Eq(), left, one) for one in items(right)]
        return any(among) is isinstance(op, ast.In)
    plain = all(v is None or isinstance(v, bool | int | float | str) for v in (left, right))
    if plain and isinstance(op, ast.Eq | ast.NotEq):
        return (left == right) is isinstance(op, ast.Eq)
    if isinstance(op, ast.Is | ast.IsNot) and (_single(left) or _single(right)):
        return (left is right) is isinstance(op, ast.Is)
    if type(op) in _ORDERS and is_number(left) and is_number(right):
        return _ORDERS[type(op)](left, right)
    kinds = f"{type(left).__name__} and {type(right).__name__}"
    raise UnsupportedError([f"comparison of {kinds}"])


def _said(value: object) -> object:
    """How a message shows a value: plain ones as they are, others by their kind."""
    if value is None or isinstance(value, int | float | str | list | tuple):
        return shorten(value)
    return type(value).__name__


# --- modules that scripts import beside the library ---------------------------------------------


def _plain(name: str, function: Callable[..., Any], arguments: int | None = None) -> Function:
    """A function of numbers alone."""

    def run(_: object, *given: Any) -> Any:
        if arguments is not None and len(given) != arguments:
            raise ReadError(f"wrong arguments of {name}", expected=f"{arguments}", got=len(given))
        try:
            return kept(function(*(kept(v) for v in given)))
        except TypeError as error:
            raise ReadError(f"wrong arguments of {name}: {error}") from None

    return Function(name, run)


def _range(_: object, *given: Any) -> list[int]:
    if not 1 <= len(given) <= 3 or any(type(v) is not int for v in given) or given[2:] == (0,):
        raise ReadError("wrong arguments of range", expected="1 to 3 whole numbers")
    numbers = range(*given)
    if len(numbers) > _MOST_VALUES:
        raise ReadError("too many values", expected=f"up to {_MOST_VALUES}", got=len(numbers))
    spend(len(numbers))
    return list(numbers)


def _extreme(name: str, function: Callable[[list[Any]], Any]) -> Function:
    """The least or greatest of several numbers, or of one list of them."""

    def run(_: object, *given: Any) -> Any:
        numbers = items(given[0]) if len(given) == 1 else list(given)
        if not numbers:
            raise ReadError(f"wrong arguments of {name}", expected="a number at least")
        spend(len(numbers))
        return function([kept(v) for v in numbers])

    return Function(name, run)


def _enumerate(_: object, values: Any, start: int = 0) -> list[tuple[int, Any]]:
    if type(start) is not int:
        raise ReadError("wrong value", expected="a whole number to count from")
    return list(enumerate(items(values), start))


_ONE = ("sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "radians", "degrees", "floor", "ceil")
_ONE += ("fabs", "exp", "log", "log10", "trunc")

_MATHS: dict[str, Any] = {
    "pi": math.pi,
    "tau": math.tau,
    "e": math.e,
    **{name: _plain(name, getattr(math, name), 1) for name in _ONE},
    "atan2": _plain("atan2", math.atan2, 2),
    "hypot": _plain("hypot", math.hypot),
    "pow": _plain("pow", lambda base, exponent: power(float(base), exponent), 2),
}

MODULES: dict[str, Namespace] = {
    "math": Namespace("math", _MATHS),
    "numpy": Namespace(
        "numpy",
        {n: f for n, f in _MATHS.items() if n in ("pi", "e", "sqrt", "sin", "cos", "tan")}
        | {"radians": _MATHS["radians"], "degrees": _MATHS["degrees"]}
        | {"deg2rad": _MATHS["radians"], "rad2deg": _MATHS["degrees"]},
    ),
}

BUILTINS: dict[str, Any] = {
    "abs": _plain("abs", abs, 1),
    "min": _extreme("min", min),
    "max": _extreme("max", max),
    "float": _plain("float", float, 1),
    "int": _plain("int", int, 1),
    "round": _plain("round", round),
    "range": Function("range", _range),
    "enumerate": Function("enumerate", _enumerate),
    "len": Function("len", lambda _, values: len(items(values))),
    "list": Function("list", lambda _, values: items(values)),
    "tuple": Function("tuple", lambda _, values: tuple(items(values))),
    "__name__": "__main__",
}
