"""The third text format, for models of our own: a number is said by what stands there already.

Most numbers of a history are zero, or one that was used before along the same axis of the world,
or its opposite; of the others most are round. So a number is a word of one of these forms:

    0           zero
    r3, n3      the fourth newest different number along this axis, or its opposite
    +40#5       a new one: sign, size (sixteen steps a decade), and which round number of that size
    d-40#5      so far from the newest number along this axis, where that alone is round
    +40~7=17.34 no round number: the size in 32 finer steps, then its digits

Only what stands before is referred to (law 1), and what is read is, number for number, what the
line language reads (law 7). Numbers of one line do not refer to each other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from cadcomplete.commands import Command, write_commands
from cadcomplete.errors import TextError
from cadcomplete.fields import Branch, Decimal, Fixed, number, parse_number
from cadcomplete.geometry import XY, Plane, Vec3
from cadcomplete.kinds import (
    AXES,
    BOOLEAN,
    POSITIVE,
    SWEEP,
    Ends,
    ProfileWord,
    read_axes,
    write_axes,
    write_direction,
)
from cadcomplete.sequence import CadSequence

REFERENCES = 32
"""Numbers along one axis that can be referred to, the newest first."""

STEPS, LOWEST, SIZES = 16, -3, 160  # sizes a decade, the power of ten of the smallest, how many
FINER = 32
ROUNDS = 48  # round numbers of one size that have a word

# What designers like, the roundest first: metric, then inches and their fractions.
_ROUND = (
    *(100, 50, 25, 20, 10, 5, 2, 1, 0.5, 0.25, 0.2, 0.1),
    *(25.4, 12.7, 6.35, 3.175, 0.05, 1.5875, 2.54, 0.025, 0.02, 0.01),
    *(1.27, 0.254, 0.005, 0.127, 0.0254, 0.002, 0.001),
)

Key = int | str
"""What a number measures: 0, 1, 2 a position along x, y, z of the world; "radius", "sweep"; in a
plane that lies askew "u", "v", and "w" along its normal."""


# --- what stands there already ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a number is measured: along the world's axis `key` its position is origin ± number."""

    key: Key
    sign: float = 1.0
    origin: float = 0.0

    def world(self, value: float) -> float:
        return self.origin + self.sign * self.canonical(value)

    def number(self, world: float) -> float:
        return self.canonical(self.sign * (world - self.origin))

    def canonical(self, value: float) -> float:
        """Return the number that the line language would read again."""
        return float(self.digits(value))

    @property
    def places(self) -> bool:
        """Whether its numbers are places, so that they lie some way from each other."""
        return self.key not in ("radius", "sweep")

    def digits(self, value: float) -> str:
        return _SIZES[self.key].write(value) if self.key in _SIZES else number(value)


_SIZES = {"sweep": SWEEP, "radius": POSITIVE}
"""Numbers that are never nothing, however little they are."""

RADIUS, SWEEPS = Axis("radius"), Axis("sweep")
_WORLD = tuple(map(Axis, range(3)))


@dataclass(frozen=True, slots=True)
class Frame:
    """How the numbers of a sketch lie in the world: along its x, its y, and its normal."""

    u: Axis
    v: Axis
    w: Axis

    @staticmethod
    def of(plane: Plane) -> Frame:
        u, v, w = map(_named, (plane.x_axis, plane.y_axis, plane.normal))
        if u is None or v is None or w is None:
            return Frame(Axis("u"), Axis("v"), Axis("w"))
        x, y = (Axis(i, sign, float(number(plane.origin[i]))) for i, sign in (u, v))
        return Frame(x, y, Axis(*w))


def _named(direction: Vec3) -> tuple[int, float] | None:
    """The axis of the world and the sign of a direction that has a name."""
    name = write_direction(direction)
    if name not in AXES:
        return None
    return "xyz".index(name[1]), 1.0 if name[0] == "+" else -1.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a history has said so far: its numbers, the newest first, and how its sketches lie."""

    numbers: tuple[tuple[Key, tuple[float, ...]], ...] = ()
    frames: tuple[Frame, ...] = ()

    @staticmethod
    def of(sequence: CadSequence) -> Memory:
        """Return the memory of a history, its unfinished sketch included."""
        memory = Memory()
        for command in write_commands(sequence, "numbers")[0]:
            memory = memory.after(command)
        return memory

    def after(self, command: Command) -> Memory:
        """Return the memory after one more command."""
        return SPELLINGS[command.name].see(command.values, self)

    @property
    def frame(self) -> Frame:
        """That of the newest sketch."""
        return self.frames[-1] if self.frames else Frame.of(XY)

    def frame_of(self, profiles: tuple[ProfileWord, ...]) -> Frame:
        """That of the sketch from which these profiles start."""
        back = profiles[0][0] if profiles else 0
        return self.frames[-1 - back] if back < len(self.frames) else self.frame

    def along(self, axis: Axis) -> tuple[float, ...]:
        """Return the numbers that can be referred to, as positions in the world."""
        return next((values for key, values in self.numbers if key == axis.key), ())

    def seen(self, pairs: Iterable[tuple[Axis, float]]) -> Memory:
        """Return the memory after these numbers, the last one the newest."""
        numbers = dict(self.numbers)
        for axis, value in pairs:
            world = axis.world(value)
            others = [w for w in numbers.get(axis.key, ()) if abs(w - world) > 1e-6]
            numbers[axis.key] = (world, *others[: REFERENCES - 1])
        return replace(self, numbers=tuple(numbers.items()))

    def begun(self, plane: Plane) -> Memory:
        """Return the memory after a sketch has begun; a skew plane has numbers of its own."""
        frame = Frame.of(plane)
        own = ("u", "v", "w") if frame.u.key == "u" else ()
        kept = tuple(item for item in self.numbers if item[0] not in own)
        return replace(self, numbers=kept, frames=(*self.frames, frame))


# --- one number ---------------------------------------------------------------------------------


def write_number(value: float, axis: Axis, memory: Memory) -> str:
    """Return the word for a number."""
    value = axis.canonical(value)
    if value == 0:
        return "0"
    near = 2e-6 + 2e-7 * abs(value)
    for back, world in enumerate(memory.along(axis)):
        for letter, place in (("r", world), ("n", -world)):
            if (
                abs(axis.sign * (place - axis.origin) - value) < near
                and axis.number(place) == value
            ):
                return f"{letter}{back}"
    return _stepped(value, axis, memory) or fresh(value, axis)


def _stepped(value: float, axis: Axis, memory: Memory) -> str:
    """The word for a number that is not round but a round distance from the newest one, or ""."""
    there = memory.along(axis)
    if not axis.places or not there or _rounds(_step(abs(value))).get(abs(value)) is not None:
        return ""
    far = float(number(axis.world(value) - there[0]))
    round_ = far and _rounds(_step(abs(far))).get(abs(far)) is not None
    return f"d{fresh(far)}" if round_ and axis.number(there[0] + far) == value else ""


def fresh(value: float, axis: Axis = _WORLD[0]) -> str:
    """Return the word for a number that refers to no other; it must not be zero."""
    sign, size = "-" if value < 0 else "+", abs(value)
    step = _step(size)
    rank = _rounds(step).get(size)
    if rank is not None:
        return f"{sign}{step}#{rank}"
    finer = math.floor(((math.log10(size) - LOWEST) * STEPS - step) * FINER)
    return f"{sign}{step}~{min(FINER - 1, max(0, finer))}={axis.digits(size)}"


def _step(size: float) -> int:
    return min(SIZES - 1, max(0, math.floor((math.log10(size) - LOWEST) * STEPS + 1e-9)))


@cache
def _rounds(step: int) -> dict[float, int]:
    """The round numbers of a size and their ranks, the roundest first."""
    low, high = 10 ** (LOWEST + step / STEPS), 10 ** (LOWEST + (step + 1) / STEPS)
    found: dict[float, int] = {}
    for unit in _ROUND:
        if (high - low) / unit > ROUNDS:
            continue
        at = math.ceil(low / unit - 1e-9)
        while at * unit < high * (1 - 1e-12) and len(found) < ROUNDS:
            found.setdefault(round(at * unit, 6), len(found))
            at += 1
    return {value: rank for value, rank in found.items() if value and _step(value) == step}


@cache
def _round_of(step: int) -> dict[int, float]:
    return {rank: value for value, rank in _rounds(step).items()}


_FRESH = re.compile(r"(d?)([+-])(\d{1,3})(?:#(\d{1,2})|~(\d{1,2})=(\d+(?:\.\d+)?))")
_REFERENCE = re.compile(r"([rn])(\d{1,2})")


def read_number(word: str, axis: Axis, memory: Memory) -> float:
    """Read the word of a number. Raises TextError."""
    if word == "0":
        return 0.0
    if match := _REFERENCE.fullmatch(word):
        there, back = memory.along(axis), int(match[2])
        if back >= len(there):
            expected = f"at most {len(there) - 1}" if there else "a new number: there are none yet"
            raise TextError("no such number before", expected=expected, got=word)
        return axis.number(there[back] if match[1] == "r" else -there[back])
    match = _FRESH.fullmatch(word)
    if match is None:
        expected = "0, r3, n3, +40#5, d-40#5 or +40~7=17.34"
        raise TextError("not a number", expected=expected, got=word)
    stepped, sign, step, rank, _, digits = match.groups()
    if digits is not None and not stepped:
        size = parse_number(digits)
    elif digits or (size := _round_of(int(step)).get(int(rank))) is None:
        known = len(_rounds(int(step)))
        raise TextError("no such round number", expected=f"a rank below {known}", got=word)
    size = -size if sign == "-" else size
    if not stepped:
        return size
    if not (there := memory.along(axis)):
        raise TextError("no number before", expected="a new number", got=word)
    return axis.number(there[0] + size)


# --- what may stand there -----------------------------------------------------------------------

Options = dict[str, tuple[Any, ...]]
"""What may stand in a place, each with what follows it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number stands here; `references` earlier ones can be referred to.

    With `steps` it may also be told by how far it is from the newest of them.
    """

    references: int
    signed: bool = True
    zero: bool = True
    steps: bool = True

    @property
    def choices(self) -> Choices:
        return _number_choices(self)


@dataclass(frozen=True, slots=True)
class Rest:
    """What stands behind the size of a new number: the rank of a round one, or its digits."""

    step: int
    round_only: bool = False

    @property
    def choices(self) -> Choices:
        return _rest_choices(self)


class Choices:
    """Options that are looked up, because there are hundreds: each text, and how texts begin."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.begun = {text[:end] for text in options for end in range(len(text) + 1)}


@cache
def _number_choices(number: Number) -> Choices:
    options: Options = {"0": ()} if number.zero else {}
    letters, signs = ("rn", "+-") if number.signed else ("r", "+")
    options |= {f"{x}{back}": () for back in range(number.references) for x in letters}
    for sign in signs:
        options |= {f"{sign}{step}": (Rest(step),) for step in range(SIZES)}
    if number.steps:
        sized = [step for step in range(SIZES) if _rounds(step)]
        options |= {f"d{s}{step}": (Rest(step, round_only=True),) for s in "+-" for step in sized}
    return Choices(options)


@cache
def _rest_choices(rest: Rest) -> Choices:
    options: Options = {f"#{rank}": () for rank in range(len(_rounds(rest.step)))}
    if not rest.round_only:
        digits = Decimal(signed=False, zero=False)
        options |= {f"~{finer}=": (digits,) for finer in range(FINER)}
    return Choices(options)


# --- commands -----------------------------------------------------------------------------------

Axes = Callable[[Memory], tuple[Axis, ...]]


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a command is said: both halves of the codec, what it adds to the memory, its slots.

    Attributes:
        write: from its values to words.
        read: from words to its values; StopIteration if there are too few.
        see: the memory after it.
        row: what may stand after its name; for an extrude, after its profiles.
    """

    write: Callable[[tuple[Any, ...], Memory], list[str]]
    read: Callable[[Iterator[str], Memory], tuple[Any, ...]]
    see: Callable[[tuple[Any, ...], Memory], Memory]
    row: Callable[[Memory], tuple[Any, ...]]


def _flat(values: tuple[Any, ...]) -> list[float]:
    """The numbers of a command's values, points taken apart."""
    return [n for value in values for n in (value if isinstance(value, tuple) else (value,))]


def _slot(axis: Axis, memory: Memory) -> Number:
    signed, count = axis.key != "radius", len(memory.along(axis))
    return Number(count, signed=signed, zero=axis.places, steps=axis.places and count > 0)


def _joined(slots: Iterable[Any]) -> tuple[Any, ...]:
    row = [place for slot in slots for place in (Fixed(" "), slot)]
    return tuple(row[1:])


def _numbers(axes: Axes, *, point: bool = True) -> Spelling:
    """The spelling of a command that is a point in the sketch and perhaps one number more."""

    def write(values: tuple[Any, ...], memory: Memory) -> list[str]:
        flat = _flat(values)
        return [write_number(v, axis, memory) for v, axis in zip(flat, axes(memory), strict=True)]

    def read(words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
        x, y, *rest = [read_number(next(words), axis, memory) for axis in axes(memory)]
        return ((x, y), *rest)

    def see(values: tuple[Any, ...], memory: Memory) -> Memory:
        return memory.seen(zip(axes(memory), _flat(values), strict=True))

    def row(memory: Memory) -> tuple[Any, ...]:
        return _joined(_slot(axis, memory) for axis in axes(memory))

    return Spelling(write, read, see, row)


def _write_sketch(values: tuple[Any, ...], memory: Memory) -> list[str]:
    (plane,) = values
    origin = [write_number(v, axis, memory) for v, axis in zip(plane.origin, _WORLD, strict=True)]
    return [*origin, write_axes(plane)]


def _read_sketch(words: Iterator[str], memory: Memory) -> tuple[Any, ...]:
    x, y, z = [read_number(next(words), axis, memory) for axis in _WORLD]
    return (Plane.of((x, y, z), *read_axes(words)),)


def _see_sketch(values: tuple[Any, ...], memory: Memory) -> Memory:
    (plane,) = values
    return memory.seen(zip(_WORLD, plane.origin, strict=True)).begun(plane)


def _sketch_row(memory: Memory) -> tuple[Any, ...]:
    return (*_joined(_slot(axis, memory) for axis in _WORLD), Fixed(" "))


_ENDS = {"one_sided": ("to",), "symmetric": ("sym",), "two_sided": ("to", "from")}


def _write_extrude(values: tuple[Any, ...], memory: Memory) -> list[str]:
    boolean, (extent, at), profiles = values
    axis = memory.frame_of(profiles).w
    words = [",".join(map(_write_profile, profiles))] if profiles else []
    words.append(boolean)
    for word, position in zip(_ENDS[extent], at, strict=True):
        words += [word, write_number(position, axis, memory)]
    return words


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
    first = next(words)
    profiles: tuple[ProfileWord, ...] = ()
    if first.startswith("@"):
        profiles = tuple(map(_read_profile, first.split(",")))
        first = next(words)
    boolean, axis = BOOLEAN.load(first), memory.frame_of(profiles).w
    return (boolean, _read_ends(words, axis, memory), profiles)


def _read_ends(words: Iterator[str], axis: Axis, memory: Memory) -> Ends:
    word = next(words)
    if word not in ("to", "sym"):
        raise TextError("unknown extent", expected="to or sym", got=word)
    end = read_number(next(words), axis, memory)
    if word == "sym":
        return ("symmetric", (end,))
    if (more := next(words, None)) is None:
        return ("one_sided", (end,))
    if more != "from":
        raise TextError("unknown extent", expected="from, or the end of the line", got=more)
    return ("two_sided", (end, read_number(next(words), axis, memory)))


def _see_extrude(values: tuple[Any, ...], memory: Memory) -> Memory:
    _, (_, at), profiles = values
    axis = memory.frame_of(profiles).w
    return memory.seen((axis, position) for position in at)


def extent_row(memory: Memory, back: int) -> tuple[Any, ...]:
    """What may stand behind the boolean of an extrude of the sketch `back` before the newest."""
    slot = _slot(memory.frames[-1 - back].w, memory)
    more = Branch((("", ()), (" from ", (slot,))))  # type: ignore[arg-type]
    return (Branch(((" to ", (slot, more)), (" sym ", (slot,)))), Fixed("\n"))  # type: ignore[arg-type]


def _in_sketch(memory: Memory) -> tuple[Axis, ...]:
    return (memory.frame.u, memory.frame.v)


SPELLINGS: dict[str, Spelling] = {
    "sketch": Spelling(_write_sketch, _read_sketch, _see_sketch, _sketch_row),
    "loop": _numbers(_in_sketch),
    "line": _numbers(_in_sketch),
    "arc": _numbers(lambda memory: (*_in_sketch(memory), SWEEPS)),
    "circle": _numbers(lambda memory: (*_in_sketch(memory), RADIUS)),
    "close": Spelling(lambda v, m: [], lambda w, m: (), lambda v, m: m, lambda m: ()),
    "extrude": Spelling(_write_extrude, _read_extrude, _see_extrude, lambda m: ()),
}


def write_line(command: Command, memory: Memory) -> str:
    """Return a command as one line of text, without its end."""
    words = SPELLINGS[command.name].write(command.values, memory)
    return " ".join([command.name, *words])


def read_line(line: str, memory: Memory) -> Command:
    """Read one line. Raises TextError."""
    name, *rest = line.split(" ")
    spelling = SPELLINGS.get(name)
    if spelling is None:
        raise TextError("unknown command", expected=f"one of {', '.join(SPELLINGS)}", got=name)
    words = iter(rest)
    try:
        values = spelling.read(words, memory)
    except StopIteration:
        raise TextError(f"{name} is too short", got=line) from None
    if (left := next(words, None)) is not None:
        raise TextError(f"{name} is too long", expected="the end of the line", got=left)
    return Command(name, values)


# --- the tokens ---------------------------------------------------------------------------------

PIECES = (
    r"\n| ?@\d+|[:/,]\d+|,@\d+| ?[+-]\d+|#\d+|~\d+=| ?\d|\.| [rn]\d{1,2}(?!\w)| d(?=[+-])"
    r"| ?[+\-]?\p{L}+| ?[^\s\p{L}\d]+|\s"
)
"""What is a token of its own, as far as it is a word of the language; captions have the rest."""


def words() -> tuple[str, ...]:
    """Return every text that is one token of the language, those of operations to come included."""
    commands = ["sketch", "loop", "line", "arc", "circle", "close", "extrude"]
    commands += ["revolve", "mirror", "pattern", "polar", "fillet", "chamfer", "hole", "shell"]
    commands += ["ellipse", "spline", "unknown", "edges", "point"]
    named = [" new", " join", " cut", " intersect", " to", " sym", " from", " through", " taper"]
    named += [f" {axis}" for axis in AXES]
    references = [" d", *(f" {letter}{back}" for letter in "rn" for back in range(REFERENCES))]
    sizes = [
        f"{space}{sign}{step}" for space in (" ", "") for sign in "+-" for step in range(SIZES)
    ]
    ranks = [f"#{rank}" for rank in range(ROUNDS)] + [f"~{finer}=" for finer in range(FINER)]
    sketches = [f"{before}@{back}" for before in (" ", ",") for back in range(16)]
    loops = [f"{before}{loop}" for before in ":/" for loop in range(64)]
    digits = [f"{space}{digit}" for space in ("", " ") for digit in range(10)]
    return (*commands, *named, *references, *sizes, *ranks, *sketches, *loops, *digits, ".", "\n")


def spelled(levels: str) -> str:
    """Return measured words (`data.levels`) with their numbers as a history would say them."""
    return " ".join(_spelled(word) for word in levels.split())


def _spelled(word: str) -> str:
    if not re.fullmatch(r"-?\d+(\.\d+)?", word):
        return word
    value = _WORLD[0].canonical(float(word))
    return fresh(value) if value else "0"
