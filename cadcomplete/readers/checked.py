"""What JSON holds, looked at with care: an error says where, what was expected, what is there.

A place begins with `$` once it is complete; until then `at` puts what is around it before it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cadcomplete.errors import ReadError
from cadcomplete.history.fields import LIMIT
from cadcomplete.history.geometry import Vec2, Vec3

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a document's lengths, and how many millimetres it is."""

    name: str
    millimetres: float


def at(path: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function and put `path` before the place of any error it raises."""
    try:
        return function(*arguments)
    except ReadError as error:
        if not error.where.startswith("$"):
            error.where = path + error.where
        raise


_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "true or false",
}


def said(value: Any) -> str:
    """Return how a message shows a value: as JSON spells it, and what it is where that helps."""
    if isinstance(value, str):
        return f"{json.dumps(value, ensure_ascii=False)}, a string"
    if isinstance(value, dict | list):
        kind, count = ("an object", "keys") if isinstance(value, dict) else ("a list", "items")
        return f"{kind} with {len(value)} {count}" if value else f"an empty {kind.split()[1]}"
    return "nothing (null)" if value is None else json.dumps(value)


def get(mapping: Any, key: str, kind: type) -> Any:
    """Return what an object holds under a key. Raises ReadError if it is not of this type."""
    if type(mapping) is not dict:
        raise ReadError("wrong type", expected=f"an object with {key!r}", got=said(mapping))
    value = mapping.get(key)
    if type(value) is not kind:
        if key not in mapping:
            raise ReadError("missing key", where=f".{key}", expected=_NAMES[kind])
        raise ReadError("wrong type", where=f".{key}", expected=_NAMES[kind], got=said(value))
    return value


def number(holder: Any, key: Any, unit: Unit) -> float:
    """Return a number of an object or a list. Raises ReadError unless it is within 10 km."""
    try:
        value = holder[key]
    except (KeyError, IndexError):
        value = None
    most = LIMIT / unit.millimetres
    if isinstance(value, int | float) and type(value) is not bool and -most <= value <= most:
        return float(value)
    where = f"[{key}]" if isinstance(key, int) else f".{key}"
    problem = "not a number that can be used"
    expected = f"a number of {unit.name} up to {most:.0f}"
    raise ReadError(problem, where=where, expected=expected, got=said(value))


def length(holder: Any, key: Any, unit: Unit) -> float:
    """A length in millimetres, to a tenth of a picometre: no noise from the conversion."""
    return round(number(holder, key, unit) * unit.millimetres, 10)


def point(mapping: Json, key: str, unit: Unit) -> Vec2:
    """Return x and y of a point that is an object, in millimetres."""
    found = get(mapping, key, dict)
    x, y = (at(f".{key}", length, found, axis, unit) for axis in "xy")
    return (x, y)


def point_in_space(mapping: Json, key: str, unit: Unit) -> Vec3:
    """Return a point that is an object, in millimetres."""
    found = get(mapping, key, dict)
    x, y, z = (at(f".{key}", length, found, axis, unit) for axis in "xyz")
    return (x, y, z)


def vector(mapping: Json, key: str, unit: Unit) -> Vec3:
    """Return a direction that is an object, as it stands."""
    found = get(mapping, key, dict)
    x, y, z = (at(f".{key}", number, found, axis, unit) for axis in "xyz")
    return (x, y, z)
