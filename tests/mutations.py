"""Damage for files: to their bytes, and to the structure of their JSON."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

# --- damage to the bytes ------------------------------------------------------------------------


def cut_off(data: bytes, choose: Random) -> bytes:
    return data[: choose.randrange(len(data))]


def scribble(data: bytes, choose: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(choose.randint(1, 4)):
        changed[choose.randrange(len(data))] = choose.randrange(256)
    return bytes(changed)


def change_digit(data: bytes, choose: Random) -> bytes:
    changed = bytearray(data)
    digits = [i for i, byte in enumerate(data) if byte in b"0123456789"]
    changed[choose.choice(digits)] = choose.choice(b"0123456789e.-")
    return bytes(changed)


def lose_piece(data: bytes, choose: Random) -> bytes:
    start = choose.randrange(len(data))
    return data[:start] + data[start + choose.randint(1, 200) :]


def repeat_piece(data: bytes, choose: Random) -> bytes:
    start = choose.randrange(len(data))
    return data[: start + choose.randint(1, 200)] + data[start:]


BYTES = (cut_off, scribble, change_digit, lose_piece, repeat_piece)


def damage_bytes(data: bytes, choose: Random) -> bytes:
    return choose.choice(BYTES)(data, choose)


# --- damage to the structure --------------------------------------------------------------------

Place = tuple[Any, Any]
"""A list or an object, and an index or a key of it."""

DEEP = "to be replaced by lists in lists"
NUMBERS = (0, -1, 1e-9, 1e300, 1e9, 10**30, float("nan"), float("inf"), -float("inf"))
OTHERS = (None, True, "", "a string", "x" * 10_000, [], {}, [[]], [0.0] * 10_000, DEEP)


def somewhere(document: list[Any], choose: Random) -> Place:
    """A place that is reached by walking down and stopping early now and then."""
    holder, key = document, 0
    while isinstance(value := holder[key], (dict, list)) and value and choose.random() > 0.04:
        holder, key = (
            value,
            choose.choice([*value] if isinstance(value, dict) else range(len(value))),
        )
    return holder, key


def places(document: list[Any], *kinds: type) -> list[Place]:
    """Every place below the top where there is a value of one of these types."""
    found: list[Place] = []
    todo: list[Any] = [document[0]]
    while todo:
        holder = todo.pop()
        if isinstance(holder, (dict, list)):
            pairs = [*holder.items()] if isinstance(holder, dict) else [*enumerate(holder)]
            found += [(holder, key) for key, value in pairs if type(value) in kinds]
            todo += [value for _, value in pairs]
    return found


def replace_value(document: list[Any], choose: Random) -> None:
    holder, key = somewhere(document, choose)
    holder[key] = copy.deepcopy(choose.choice((*NUMBERS, *OTHERS)))


def delete_value(document: list[Any], choose: Random) -> None:
    holder, key = somewhere(document, choose)
    if holder is not document:
        del holder[key]


def repeat_entry(document: list[Any], choose: Random) -> None:
    filled = [holder[key] for holder, key in places(document, list) if holder[key]]
    for entries in choose.sample(filled, min(1, len(filled))):
        entries.insert(choose.randrange(len(entries)), copy.deepcopy(choose.choice(entries)))


def shuffle_entries(document: list[Any], choose: Random) -> None:
    for holder, key in _some(places(document, list), choose, 1):
        choose.shuffle(holder[key])


def change_number(document: list[Any], choose: Random) -> None:
    for holder, key in _some(places(document, float, int), choose, 1):
        number = holder[key]
        holder[key] = choose.choice((-number, number * 1000, 0, number + 1e-7, 1e4, *NUMBERS))


def _swap(*kinds: type) -> Callable[[list[Any], Random], None]:
    def swap(document: list[Any], choose: Random) -> None:
        chosen = _some(places(document, *kinds), choose, 2)
        for (a, i), (b, j) in zip(chosen[::2], chosen[1::2], strict=False):
            a[i], b[j] = b[j], a[i]

    return swap


def _some(found: list[Place], choose: Random, count: int) -> list[Place]:
    return choose.sample(found, min(count, len(found)))


STRUCTURE = (
    replace_value,
    delete_value,
    repeat_entry,
    shuffle_entries,
    change_number,
    _swap(str),  # references and names
    _swap(dict),
    _swap(dict, list, str, float, int),
)


def damage_structure(data: bytes, choose: Random) -> bytes:
    document = [json.loads(data)]
    for _ in range(choose.choice((1, 1, 1, 2, 3))):
        choose.choice(STRUCTURE)(document, choose)
    text = json.dumps(document[0])
    return text.replace(f'"{DEEP}"', "[" * 10_000 + "]" * 10_000).encode()
