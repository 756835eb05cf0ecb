"""The kinds of field: points, sizes, angles, planes, choices, extents and profiles."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.fields import (
    DECIMALS,
    Branch,
    Decimal,
    FieldKind,
    Fixed,
    Open,
    Slot,
    load_number,
    number,
    parse_number,
)
from cadcomplete.history.geometry import Plane, Vec2, Vec3


def numbers(count: int, separator: str) -> tuple[Slot, ...]:
    """Return the slots of so many decimals."""
    slots: list[Slot] = [Decimal()]
    for _ in range(count - 1):
        slots += [Fixed(separator), Decimal()]
    return tuple(slots)


def plain(value: float) -> float:
    """Let a whole number be one, so that JSON reads 5 and not 5.0."""
    return int(value) if float(value).is_integer() else value


def plain_list(vector: tuple[float, ...]) -> list[float]:
    """Let every whole number of a vector be one."""
    return [plain(v) for v in vector]


def load_vector(value: Any, size: int) -> tuple[float, ...]:
    """Check the numbers of a vector. Raises TextError unless there are so many."""
    if not isinstance(value, list) or len(value) != size:
        raise TextError("not a point", expected=f"a list of {size} numbers", got=value)
    return tuple(load_number(v) for v in value)


def _read_point(words: Iterator[str]) -> Vec2:
    return (parse_number(next(words)), parse_number(next(words)))


POINT = FieldKind(
    write=lambda point: f"{number(point[0])} {number(point[1])}",
    read=_read_point,
    dump=plain_list,
    load=lambda value: load_vector(value, 2),
    slots={"lines": numbers(2, " "), "json": (Fixed("["), *numbers(2, ","), Fixed("]"))},
)


def _positive(value: float) -> float:
    if value <= 0:
        raise TextError("not a size", expected="a number above 0", got=value)
    return value


_SIZE = (Decimal(signed=False, zero=False),)


def _write_size(value: float) -> str:
    """A size that is one stays one: the least that can be told, where it rounds to nothing."""
    return number(max(value, 10.0**-DECIMALS) if value > 0 else value)


POSITIVE = FieldKind(
    write=_write_size,
    read=lambda words: _positive(parse_number(next(words))),
    dump=plain,
    load=lambda value: _positive(load_number(value)),
    slots={"lines": _SIZE, "json": _SIZE},
)


def _write_sweep(sweep: float) -> str:
    """Degrees to six decimals: 2e-8 of the radius, well below the tolerance of a length.

    An arc that is all but straight, or all but a circle, stays one.
    """
    size = max(0.000001, min(359.999999, abs(sweep)))
    return f"{math.copysign(size, sweep):.6f}".rstrip("0").rstrip(".")


def _sweep(value: float) -> float:
    if value == 0 or abs(value) >= 360:
        raise TextError("not a sweep", expected="degrees between -360 and 360, not 0", got=value)
    return value


_TURN = (Decimal(below=360, zero=False),)

SWEEP = FieldKind(
    write=_write_sweep,
    read=lambda words: _sweep(parse_number(next(words))),
    dump=plain,
    load=lambda value: _sweep(load_number(value)),
    slots={"lines": _TURN, "json": _TURN},
)


# A direction along an axis of the world has a name; any other is three numbers.
AXES: dict[str, Vec3] = {
    "+x": (1.0, 0.0, 0.0),
    "-x": (-1.0, 0.0, 0.0),
    "+y": (0.0, 1.0, 0.0),
    "-y": (0.0, -1.0, 0.0),
    "+z": (0.0, 0.0, 1.0),
    "-z": (0.0, 0.0, -1.0),
}
_NAMES = {axis: name for name, axis in AXES.items()}


def write_direction(direction: Vec3) -> str:
    """Return the name of a direction along an axis of the world, or its three numbers."""
    x, y, z = (round(c, 9) + 0.0 for c in direction)  # 10 nanometres over 10 metres
    name = _NAMES.get((x, y, z))
    return name or " ".join(f"{c:.9f}".rstrip("0").rstrip(".") for c in (x, y, z))


def read_direction(words: Iterator[str]) -> Vec3:
    """Read a direction by its name, or by its three numbers."""
    word = next(words)
    axis = AXES.get(word)
    return axis or (parse_number(word), parse_number(next(words)), parse_number(next(words)))


def write_axes(plane: Plane) -> str:
    """Return the words that say how a plane is turned, such as `+z +x`."""
    return f"{write_direction(plane.normal)} {write_direction(plane.x_axis)}"


def read_axes(words: Iterator[str]) -> tuple[Vec3, Vec3]:
    """Read the normal and the x axis of a plane."""
    return (read_direction(words), read_direction(words))


def _read_plane(words: Iterator[str]) -> Plane:
    origin = (parse_number(next(words)), parse_number(next(words)), parse_number(next(words)))
    return Plane.of(origin, *read_axes(words))


def _dump_plane(plane: Plane) -> dict[str, list[float]]:
    names = ("origin", "normal", "x_axis")
    return {name: plain_list(getattr(plane, name)) for name in names}


def _load_plane(value: Any) -> Plane:
    origin, normal, x_axis = (load_vector(value[k], 3) for k in ("origin", "normal", "x_axis"))
    return Plane.of(origin, normal, x_axis)  # type: ignore[arg-type]


PLANE = FieldKind(
    write=lambda plane: " ".join([*map(number, plane.origin), write_axes(plane)]),
    read=_read_plane,
    dump=_dump_plane,
    load=_load_plane,
    slots={
        "lines": (*numbers(3, " "), Fixed(" "), Open("axes")),
        "json": (Fixed('{"origin":['), *numbers(3, ","), Fixed("],"), Open("axes"), Fixed("}")),
    },
)


def _choice(what: str, *names: str) -> FieldKind:
    """Return the kind of a value that is one of `names`."""

    def check(name: Any) -> str:
        if name not in names:
            raise TextError(f"unknown {what}", expected=" or ".join(names), got=name)
        return name

    return FieldKind(
        write=str,
        read=lambda words: check(next(words)),
        dump=str,
        load=check,
        slots={
            "lines": (Branch(tuple((name, ()) for name in names)),),
            "json": (Branch(tuple((f'"{name}"', ()) for name in names)),),
        },
    )


BOOLEAN = _choice("boolean", "new", "join", "cut", "intersect")


# What sweeps profiles ends at one or two numbers, after its type: an extent's are lengths, and it
# may have more to say (`extent_kind.py`); a revolve's are angles.
Ends = tuple[str, tuple[float, ...]]


def ends_kind(
    what: str, key: str, write: Callable[[float], str], *, first: Slot, any_: Slot
) -> FieldKind:
    """Return the kind of where something ends, one-sided, symmetric or two-sided.

    `what` is what a message calls it, `key` the first number's name in JSON. `first` is the slot of
    a number that stands alone, `any_` that of one of two.
    """
    keys = {"one_sided": (key,), "symmetric": (key,), "two_sided": (key, "against")}

    def write_ends(ends: Ends) -> str:
        extent, at = ends
        if extent == "two_sided":
            return f"from {write(at[1])} to {write(at[0])}"
        return f"{'sym' if extent == 'symmetric' else 'to'} {write(at[0])}"

    def read(words: Iterator[str]) -> Ends:
        word = next(words)
        if word not in ("to", "sym", "from"):
            raise TextError(f"unknown {what}", expected="to, sym or from", got=word)
        one = parse_number(next(words))
        if word != "from":
            return ("one_sided" if word == "to" else "symmetric", (one,))
        if (word := next(words)) != "to":
            raise TextError(f"{what} from a number without its end", expected="to", got=word)
        return ("two_sided", (parse_number(next(words)), one))

    def dump(ends: Ends) -> dict[str, object]:
        extent, numbers = ends
        return {"type": extent, **dict(zip(keys[extent], map(plain, numbers), strict=True))}

    def load(value: Any) -> Ends:
        extent = value["type"]
        if extent not in keys:
            raise TextError(f"unknown {what}", expected=" or ".join(keys), got=extent)
        return (extent, tuple(load_number(value[key]) for key in keys[extent]))

    def row(extent: str, key: str, *others: str) -> tuple[str, tuple[Slot, ...]]:
        more = [slot for other in others for slot in (Fixed(f',"{other}":'), any_)]
        start = any_ if others else first
        return (f'{{"type":"{extent}","{key}":', (start, *more, Fixed("}")))

    lines = (("to ", (first,)), ("sym ", (first,)), ("from ", (any_, Fixed(" to "), any_)))
    json = tuple(row(extent, *names) for extent, names in keys.items())
    return FieldKind(
        write_ends, read, dump, load, slots={"lines": (Branch(lines),), "json": (Branch(json),)}
    )


# A profile is one word, such as `0/1/2`: loop 0 with the holes 1 and 2 of the newest sketch.
# `@1:0` is loop 0 of the sketch before that one.
ProfileWord = tuple[int, int, tuple[int, ...]]
_PROFILE = re.compile(r"(?:@(\d{1,6}):)?(\d{1,6})((?:/\d{1,6})*)")


def write_profile(profile: ProfileWord) -> str:
    """Return the word for (sketches back, outer loop, holes)."""
    back, outer, holes = profile
    return (f"@{back}:" if back else "") + "/".join(map(str, (outer, *holes)))


def _read_profile(word: Any) -> ProfileWord:
    match = _PROFILE.fullmatch(word) if isinstance(word, str) else None
    if match is None:
        raise TextError("not a profile", expected="loops such as 0/1 or @1:0", got=word)
    back, outer, holes = match.groups()
    return (int(back or 0), int(outer), tuple(int(h) for h in holes.split("/")[1:]))


def _load_profiles(value: Any) -> tuple[ProfileWord, ...]:
    if not isinstance(value, list):
        raise TextError("not profiles", expected="a list of loops such as 0/1", got=value)
    return tuple(_read_profile(word) for word in value)


PROFILES = FieldKind(
    write=lambda profiles: " ".join(map(write_profile, profiles)),
    read=lambda words: tuple(_read_profile(word) for word in words),
    dump=lambda profiles: [write_profile(p) for p in profiles],
    load=_load_profiles,
    slots={"lines": (Open("profiles"),), "json": (Fixed("["), Open("profiles"), Fixed("]"))},
)
