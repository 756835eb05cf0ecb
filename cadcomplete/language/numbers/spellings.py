"""How each command is said: both halves of the codec, what it adds to the memory, its slots."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.bent_kinds import SPLINE, TURN
from cadcomplete.history.fields import Branch, FieldKind, Fixed, Open, parse_number
from cadcomplete.history.geometry import Plane
from cadcomplete.history.kinds import (
    BOOLEAN,
    POSITIVE,
    SWEEP,
    ProfileWord,
    read_axes,
    write_axes,
    write_direction,
)
from cadcomplete.history.pattern_kinds import COUNT, DIRECTION, EARLIER, write_backs
from cadcomplete.history.turn_axis import TurnAxis, write_line_direction
from cadcomplete.language.commands import Command
from cadcomplete.language.numbers.blends import SAID as BLENDS_SAID
from cadcomplete.language.numbers.holes import SAID as HOLES_SAID
from cadcomplete.language.numbers.memory import (
    ANGLES,
    RADIUS,
    SPACINGS,
    SWEEPS,
    TURNS,
    WORLD,
    Axis,
    Memory,
    along,
)
from cadcomplete.language.numbers.points import Given, read_values, write_values
from cadcomplete.language.numbers.reaches import read_reach, write_reach
from cadcomplete.language.numbers.words import Number, read_number, write_number

Axes = Callable[[Memory], tuple[Axis, ...]]


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a command is said: both halves of the codec, what it adds to the memory, its slots.

    Attributes:
        write: from its values to words.
        read: from words to its values; StopIteration if there are too few.
        see: the memory after it.
        row: what may stand after its name.
    """

    write: Callable[[tuple[Any, ...], Memory], list[str]]
    read: Callable[[Iterator[str], Memory], tuple[Any, ...]]
    see: Callable[[tuple[Any, ...], Memory], Memory]
    row: Callable[[Memory], tuple[Any, ...]]


def _flat(values: tuple[Any, ...]) -> list[float]:
    """The numbers of a command's values, points taken apart."""
    return [n for value in values for n in (value if isinstance(value, tuple) else (value,))]


def _slot(axis: Axis, memory: Memory) -> Number:
    count = len(memory.along(axis))
    return Number(count, signed=axis.signed, zero=axis.places, steps=axis.places and count > 0)


def _joined(slots: Iterable[Any]) -> tuple[Any, ...]:
    row = [place for slot in slots for place in (Fixed(" "), slot)]
    return tuple(row[1:])


def _drawn(name: str, axes: Axes) -> Spelling:
    """The spelling of a command that is a point in the sketch and perhaps one number more."""

    def see(values: tuple[Any, ...], memory: Memory) -> Memory:
        return memory.seen(zip(axes(memory), _flat(values), strict=True))

    return Spelling(
        partial(write_values, name), partial(read_values, name), see, lambda m: (Given(name, m),)
    )


def _write_sketch(values: tuple[Any, ...], memory: Memory) -> list[str]:
    (plane,) = values
    origin = [write_number(v, axis, memory) for v, axis in zip(plane.origin, WORLD, strict=True)]
    return [*origin, write_axes(plane)]


def _read_sketch(words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
    x, y, z = [read_number(next(words), axis, memory) for axis in WORLD]
    return (Plane.of((x, y, z), *read_axes(words)),)


def _see_sketch(values: tuple[Any, ...], memory: Memory) -> Memory:
    (plane,) = values
    return memory.seen(zip(WORLD, plane.origin, strict=True)).begun(plane)


def _sketch_row(memory: Memory) -> tuple[Any, ...]:
    return (*_joined(_slot(axis, memory) for axis in WORLD), Fixed(" "), Open("axes"))


_ENDS = {"one_sided": ("to",), "symmetric": ("sym",), "two_sided": ("to", "from")}


def _write_extrude(values: tuple[Any, ...], memory: Memory) -> list[str]:
    boolean, reach, profiles = values
    words = [",".join(map(_write_profile, profiles))] if profiles else []
    return [*words, boolean, *write_reach(reach, memory.frame_of(profiles).w, memory)]


def _write_profile(profile: ProfileWord) -> str:
    back, outer, holes = profile
    return f"@{back}:" + "/".join(map(str, (outer, *holes)))


_PROFILE = re.compile(r"@(\d{1,6}):(\d{1,6})((?:/\d{1,6})*)")


def _read_profile(word: str) -> ProfileWord:
    match = _PROFILE.fullmatch(word)
    if match is None:
        raise TextError("not a profile", expected="loops such as @0:0/1", got=word)
    return (int(match[1]), int(match[2]), tuple(int(h) for h in match[3].split("/")[1:]))


def _read_extrude(words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
    boolean, profiles = _read_profiles(words)
    return (boolean, read_reach(words, memory.frame_of(profiles).w, memory), profiles)


def _read_profiles(words: Iterator[str]) -> tuple[str, tuple[ProfileWord, ...]]:
    """Read profiles, which there may be none of, and the boolean after them."""
    first = next(words)
    if not first.startswith("@"):
        return BOOLEAN.load(first), ()
    profiles = tuple(map(_read_profile, first.split(",")))
    return BOOLEAN.load(next(words)), profiles


def _see_extrude(values: tuple[Any, ...], memory: Memory) -> Memory:
    _, reach, profiles = values
    axis = memory.frame_of(profiles).w
    return memory.seen((axis, position) for position in reach.numbers)


def extent_row(memory: Memory, back: int) -> tuple[Any, ...]:
    """What may stand behind the boolean of an extrude of the sketch `back` before the newest."""
    slot = _slot(memory.frames[-1 - back].w, memory)
    more = Branch((("", ()), (" from ", (slot,))))  # type: ignore[arg-type]
    return (Branch(((" to ", (slot, more)), (" sym ", (slot,)))),)  # type: ignore[arg-type]


def _write_revolve(values: tuple[Any, ...], memory: Memory) -> list[str]:
    boolean, (extent, degrees), axis, profiles = values
    frame = memory.frame_of(profiles)
    words = [",".join(map(_write_profile, profiles))] if profiles else []
    words.append(boolean)
    for word, angle in zip(_ENDS[extent], degrees, strict=True):
        words += [word, write_number(angle, TURNS, memory)]
    point = (write_number(v, a, memory) for v, a in zip(axis.point, frame.flat, strict=True))
    return [*words, "about", *point, write_line_direction(axis.direction)]


def _read_revolve(words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
    boolean, profiles = _read_profiles(words)
    word, frame = next(words), memory.frame_of(profiles)
    if word not in ("to", "sym"):
        raise TextError("unknown angles", expected="to or sym", got=word)
    degrees = [read_number(next(words), TURNS, memory)]
    extent, word = ("one_sided" if word == "to" else "symmetric"), next(words)
    if extent == "one_sided" and word == "from":
        degrees.append(read_number(next(words), TURNS, memory))
        extent, word = "two_sided", next(words)
    if word != "about":
        raise TextError("a revolve needs its axis", expected="about", got=word)
    x, y = [read_number(next(words), axis, memory) for axis in frame.flat]
    direction = (parse_number(next(words)), parse_number(next(words)))
    return (boolean, (extent, tuple(degrees)), TurnAxis.of((x, y), direction), profiles)


def _see_revolve(values: tuple[Any, ...], memory: Memory) -> Memory:
    _, (_, degrees), axis, profiles = values
    frame = memory.frame_of(profiles)
    turns = [(TURNS, angle) for angle in degrees]
    return memory.seen([*turns, *zip(frame.flat, axis.point, strict=True)])


def turns_row(memory: Memory, back: int) -> tuple[Any, ...]:
    """What may stand behind the boolean of a revolve of the sketch `back` before the newest."""
    frame, count = memory.frames[-1 - back], len(memory.along(TURNS))
    some, any_ = (Number(count, zero=zero, steps=False) for zero in (False, True))
    place = [slot for axis in frame.flat for slot in (Fixed(" "), _slot(axis, memory))]
    about = Fixed(" about")
    more = Branch(((" about", ()), (" from ", (any_, about))))  # type: ignore[arg-type]
    angles = Branch(((" to ", (any_, more)), (" sym ", (some, about))))  # type: ignore[arg-type]
    return (angles, *place, Fixed(" "), Open("lines"))


def _in_sketch(memory: Memory) -> tuple[Axis, ...]:
    return memory.frame.flat


# --- mirrors and patterns -----------------------------------------------------------------------


def _write_mirror(values: tuple[Any, ...], memory: Memory) -> list[str]:
    normal, position, backs = values
    place = write_number(position, along(normal), memory)
    return [write_direction(normal), place, *write_backs(backs)]


def _read_mirror(words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
    normal = DIRECTION.read(words)
    return (normal, read_number(next(words), along(normal), memory), EARLIER.read(words))


def position_row(normal: str, memory: Memory) -> tuple[Any, ...]:
    """What may stand behind the normal of a mirror, and how far along it the plane lies."""
    return (Fixed(" "), _slot(along(DIRECTION.read(iter(normal.split(" ")))), memory))


def _write_linear(values: tuple[Any, ...], memory: Memory) -> list[str]:
    direction, spacing, count, backs = values
    apart = write_number(spacing, SPACINGS, memory)
    return [write_direction(direction), apart, COUNT.write(count), *write_backs(backs)]


def _read_linear(words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
    direction, apart = DIRECTION.read(words), read_number(next(words), SPACINGS, memory)
    return (direction, apart, COUNT.read(words), EARLIER.read(words))


def _write_polar(values: tuple[Any, ...], memory: Memory) -> list[str]:
    axis, point, count, angle, backs = values
    through = [write_number(v, place, memory) for v, place in zip(point, WORLD, strict=True)]
    turn = write_number(angle, ANGLES, memory)
    return [write_direction(axis), *through, COUNT.write(count), turn, *write_backs(backs)]


def _read_polar(words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
    axis = DIRECTION.read(words)
    point = tuple(read_number(next(words), place, memory) for place in WORLD)
    count, angle = COUNT.read(words), read_number(next(words), ANGLES, memory)
    return (axis, point, count, min(angle, 360.0), EARLIER.read(words))


_EARLIER = Open("earlier")
_DIRECTION = Open("directions")
_COUNT = COUNT.slots["lines"][0]

_PATTERNS = {
    "mirror": Spelling(
        _write_mirror,
        _read_mirror,
        lambda v, m: m.seen([(along(v[0]), v[1])]),
        lambda m: _joined((Open("mirrors"), _EARLIER)),
    ),
    "linear": Spelling(
        _write_linear,
        _read_linear,
        lambda v, m: m.seen([(SPACINGS, v[1])]),
        lambda m: _joined((_DIRECTION, _slot(SPACINGS, m), _COUNT, _EARLIER)),
    ),
    "polar": Spelling(
        _write_polar,
        _read_polar,
        lambda v, m: m.seen([*zip(WORLD, v[1], strict=True), (ANGLES, v[3])]),
        lambda m: _joined(
            (_DIRECTION, *(_slot(a, m) for a in WORLD), _COUNT, _slot(ANGLES, m), _EARLIER)
        ),
    ),
}


# --- ellipses and splines: places as they are compared, all else as in the lines ------------------


def _placed(kinds: tuple[FieldKind, ...], slots: Callable[[], tuple[Any, ...]]) -> Spelling:
    """The spelling of a command that is a point in the sketch, and then what the lines say."""

    def write(values: tuple[Any, ...], memory: Memory) -> list[str]:
        place = zip(values[0], _in_sketch(memory), strict=True)
        rest = (kind.write(value) for kind, value in zip(kinds, values[1:], strict=True))
        return [*(write_number(v, axis, memory) for v, axis in place), *rest]

    def read(words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
        x, y = [read_number(next(words), axis, memory) for axis in _in_sketch(memory)]
        return ((x, y), *(kind.read(words) for kind in kinds))

    def see(values: tuple[Any, ...], memory: Memory) -> Memory:
        return memory.seen(zip(_in_sketch(memory), values[0], strict=True))

    def row(memory: Memory) -> tuple[Any, ...]:
        return _joined((*(_slot(axis, memory) for axis in _in_sketch(memory)), *slots()))

    return Spelling(write, read, see, row)


def _slots_of(kinds: tuple[FieldKind, ...]) -> tuple[Any, ...]:
    return tuple(slot for kind in kinds for slot in kind.slots["lines"])


_RADII, _BENDS = (POSITIVE, POSITIVE, TURN), (SWEEP, TURN, POSITIVE)

_BENT = {
    "ellipse": _placed(_RADII, lambda: _slots_of(_RADII)),
    "ellipsearc": _placed(_BENDS, lambda: _slots_of(_BENDS)),
    "spline": Spelling(
        lambda v, m: SPLINE.write(v[0]).split(" "),
        lambda w, m: (SPLINE.read(w),),
        lambda v, m: m.seen(zip(_in_sketch(m), v[0].poles[-1], strict=True)),
        lambda m: SPLINE.slots["lines"],
    ),
}

SPELLINGS: dict[str, Spelling] = {
    "sketch": Spelling(_write_sketch, _read_sketch, _see_sketch, _sketch_row),
    "loop": _drawn("loop", _in_sketch),
    "line": _drawn("line", _in_sketch),
    "arc": _drawn("arc", lambda memory: (*_in_sketch(memory), SWEEPS)),
    "circle": _drawn("circle", lambda memory: (*_in_sketch(memory), RADIUS)),
    **_BENT,
    "close": Spelling(lambda v, m: [], lambda w, m: (), lambda v, m: m, lambda m: ()),
    "extrude": Spelling(_write_extrude, _read_extrude, _see_extrude, lambda m: (Open("profiles"),)),
    "revolve": Spelling(_write_revolve, _read_revolve, _see_revolve, lambda m: (Open("turned"),)),
    **_PATTERNS,
    **{name: Spelling(*said) for name, said in (BLENDS_SAID | HOLES_SAID).items()},
}


_DERIVES = ("loop", "line", "arc", "circle")
"""Commands whose numbers may be said by a rule."""


def spelling_of(name: str) -> Spelling:
    """Return how a command is said. Raises TextError, naming those that there are."""
    if name not in SPELLINGS:
        raise TextError("unknown command", expected=f"one of {', '.join(SPELLINGS)}", got=name)
    return SPELLINGS[name]


def write_line(command: Command, memory: Memory) -> str:
    """Return a command as one line of text, without its end."""
    words = spelling_of(command.name).write(command.values, memory)
    return " ".join([command.name, *words])


def read_line(line: str, memory: Memory) -> Command:
    """Read one line. Raises TextError."""
    name, *rest = line.split(" ")
    spelling, words = spelling_of(name), iter(rest)
    try:
        values = spelling.read(words, memory)
    except StopIteration:
        raise TextError(f"{name} is too short", got=line) from None
    if (left := next(words, None)) is not None:
        raise TextError(f"{name} is too long", expected="the end of the line", got=left)
    return Command(name, values)


def after(memory: Memory, command: Command) -> Memory:
    """Return the memory after one more command."""
    seen = spelling_of(command.name).see(command.values, memory)
    return replace(seen, drawn=memory.drawn.after(command.name, command.values))


def said(command: Command, memory: Memory) -> tuple[str, Command]:
    """Return the line of a command, and the command that it says: what is derived is that."""
    line = write_line(command, memory)
    return line, read_line(line, memory) if command.name in _DERIVES else command
