"""How each operation is said: as commands, and from commands again.

`WORDS` has both halves of every operation, and when its command may follow. A sketch alone is
several commands: its own, then those of its loops and curves, which are read by `draw`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator
from typing import Any, NamedTuple

from cadcomplete.errors import TextError, UnsupportedError
from cadcomplete.history.blends import Chamfer, Fillet
from cadcomplete.history.curves import CURVES, Curve, Line
from cadcomplete.history.fields import Format
from cadcomplete.history.holes import Hole
from cadcomplete.history.kinds import ProfileWord
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import (
    OPERATIONS,
    Boolean,
    Extent,
    ExtentType,
    Extrude,
    Operation,
    Profile,
    Sketch,
    plane_of,
)
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence, check_known
from cadcomplete.history.tables import Table
from cadcomplete.language.blends import may_blend, reads_blend, write_chamfer, write_fillet
from cadcomplete.language.commands import CLOSE, LOOP, Command, Cut
from cadcomplete.language.extents import extent_of, reach_of
from cadcomplete.language.holes import may_drill, read_hole, write_hole
from cadcomplete.language.patterns import NAMES, may_follow, reads, writes
from cadcomplete.language.sheet import Sheet


class Word(NamedTuple):
    """How an operation is said.

    Attributes:
        write: from it, the operations before it and the format to commands, the first of its name.
        read: carries out the command of its name, by its values. Raises TextError.
        may_follow: whether that command may come next, where nothing is left open.
    """

    write: Callable[[Any, tuple[Operation, ...], Format], Iterator[Command]]
    read: Callable[[tuple[Any, ...], Sheet], None]
    may_follow: Callable[[Sheet], bool]


def unlearned(sequence: CadSequence, words: Container[str] | None) -> tuple[int, ...]:
    """Return the indices of what a model with these `words` is not told, though it is given.

    Those are fillets and chamfers for which it has no word: it knows better how a part goes on from
    one with sharp edges than from letters that it has never seen. Of a revolve even these tell it
    more than nothing (docs/experiments.md). Without `words` a model knows all.
    """
    if words is None:
        return ()
    deaf = tuple(kind for name, kind in OPERATIONS.items() if name not in words)
    blends = (Fillet, Chamfer)
    kinds = enumerate(type(operation) for operation in sequence.operations)
    return tuple(index for index, kind in kinds if kind in blends and kind in deaf)


def write_commands(
    sequence: CadSequence, text_format: Format, *, without: Collection[int] = ()
) -> tuple[list[Command], list[Cut]]:
    """Return the commands of a history and every cut, the one before the first included.

    Of the operations `without` nothing is said. Raises UnsupportedError if something in it is not
    known here: there is no word for that.
    """
    check_known(sequence)
    commands: list[Command] = []
    cuts = [Cut(0, None, 0)]
    for index, operation in enumerate(sequence.operations):
        drawn, before = 0, sequence.operations[:index]
        if index in without:
            cuts.append(Cut(index + 1, None, len(commands)))
            continue
        for command in WORDS[type(operation)].write(operation, before, text_format):
            commands.append(command)
            if command.name != LOOP:  # a sketch may be cut after any curve
                cuts.append(Cut(index, drawn, len(commands)))
                drawn += 1
        cuts[-1] = Cut(index + 1, None, len(commands))
    return commands, cuts


# --- sketches -----------------------------------------------------------------------------------


def _write_sketch(
    sketch: Sketch, before: tuple[Operation, ...], text_format: Format
) -> Iterator[Command]:
    yield Command("sketch", (sketch.plane,))
    for loop in sketch.loops:
        if not loop.curves[0].closed:
            yield Command(LOOP, (loop.start,))
        for i, curve in enumerate(loop.curves):
            back = i > 0 and type(curve) is Line and curve.end == loop.start
            yield Command(CLOSE) if back else curve_command(curve, text_format)


def curve_command(curve: Curve, text_format: Format) -> Command:
    """Return the command that draws a curve from where the last one ended."""
    name = curve_name(curve)
    return Command(name, tuple([getattr(curve, f.name) for f in curve.FIELDS[text_format]]))


def curve_name(curve: Curve) -> str:
    """Return what a curve is called in the text. Raises UnsupportedError."""
    name = next((name for name, kind in CURVES.items() if kind is type(curve)), None)
    if name is None:
        raise UnsupportedError([type(curve).__name__], where="history/curves.py", known=CURVES)
    return name


def _read_sketch(values: tuple[Any, ...], sheet: Sheet) -> None:
    sheet.end_sketch()
    (sheet.plane,) = values


def draw(name: str, values: tuple[Any, ...], sheet: Sheet) -> None:
    """Carry out a command that draws in a sketch. Raises TextError."""
    if sheet.plane is None:
        first = " or ".join(OPERATIONS)
        raise TextError(f"{name} outside of a sketch", expected=f"{first} first")
    if name == LOOP:
        sheet.end_loop()
        (sheet.pen,) = values
    elif name != CLOSE and CURVES[name].closed:
        sheet.end_loop()
        sheet.loops.append(Loop((_curve(name, values, sheet),)))
    elif sheet.pen is None:
        raise TextError(f"{name} outside of a loop", expected="loop first")
    elif name == CLOSE and not sheet.curves:
        raise TextError("close needs a curve before it")
    else:
        back = name == CLOSE
        curve = Line(sheet.pen, sheet.curves[0].start) if back else _curve(name, values, sheet)
        sheet.curves.append(curve)
        sheet.pen = curve.end


def _curve(name: str, values: tuple[Any, ...], sheet: Sheet) -> Curve:
    kind = CURVES[name]
    names = [field.name for field in kind.FIELDS[sheet.text_format]]
    return kind.from_fields(sheet.pen or (0.0, 0.0), **dict(zip(names, values, strict=True)))


# --- extrudes -----------------------------------------------------------------------------------


def _write_extrude(
    extrude: Extrude, before: tuple[Operation, ...], text_format: Format
) -> Iterator[Command]:
    sketches = [i for i, op in enumerate(before) if isinstance(op, Sketch)]
    profiles = tuple(_profile_word(p, sketches) for p in extrude.profiles)
    reach = reach_of(extrude.extent, extrude.start(before), before, text_format)
    yield Command("extrude", (extrude.boolean.value, reach, profiles))


def _profile_word(profile: Profile, sketches: list[int]) -> ProfileWord:
    if profile.sketch not in sketches:
        raise TextError("no such sketch before", expected=f"one of {sketches}", got=profile.sketch)
    back = len(sketches) - 1 - sketches.index(profile.sketch)
    return (back, profile.outer, profile.holes)


def _read_extrude(values: tuple[Any, ...], sheet: Sheet) -> None:
    boolean, reach, words = values
    sheet.end_sketch()
    sketches = sheet.sketches
    profiles = tuple(_profile(word, sketches) for word in words)
    before = tuple(sheet.operations)
    extent = extent_of(reach, plane_of(profiles, before), before, sheet.text_format)
    sheet.operations.append(Extrude(profiles, extent, Boolean(boolean)))


def _profile(word: ProfileWord, sketches: list[tuple[int, Sketch]]) -> Profile:
    back, outer, holes = word
    if back >= len(sketches):
        raise TextError("no such sketch", expected=f"at most {len(sketches)} before", got=back)
    index, sketch = sketches[-1 - back]
    if (highest := max((outer, *holes))) >= len(sketch.loops):
        expected = f"0 to {len(sketch.loops) - 1}" if sketch.loops else "a sketch with loops"
        raise TextError("no such loop", expected=expected, got=highest)
    return Profile(index, outer, holes)


def _may_extrude(sheet: Sheet) -> bool:
    return any(loop.closed for _, sketch in sheet.sketches for loop in sketch.loops)


# --- revolves -----------------------------------------------------------------------------------


def _write_revolve(
    revolve: Revolve, before: tuple[Operation, ...], text_format: Format
) -> Iterator[Command]:
    sketches = [i for i, op in enumerate(before) if isinstance(op, Sketch)]
    profiles = tuple(_profile_word(p, sketches) for p in revolve.profiles)
    two = revolve.angles.type is ExtentType.TWO_SIDED
    # In the lines both angles are counted from the sketch, as positions of extents are.
    against = revolve.angles.against if text_format == "json" else 0.0 - revolve.angles.against
    angles = (revolve.angles.distance, against) if two else (revolve.angles.distance,)
    ends = (revolve.angles.type.value, angles)
    yield Command("revolve", (revolve.boolean.value, ends, revolve.axis, profiles))


def _read_revolve(values: tuple[Any, ...], sheet: Sheet) -> None:
    boolean, (kind, angles), axis, words = values
    sheet.end_sketch()
    sketches = sheet.sketches
    profiles = tuple(_profile(word, sketches) for word in words)
    first, *more = angles
    against = more if sheet.text_format == "json" else [0.0 - angle for angle in more]
    extent = Extent(ExtentType(kind), first, *against)
    sheet.operations.append(Revolve(profiles, extent, axis, Boolean(boolean)))


WORDS: Table[Word] = Table(
    "language/words.py",
    {
        Sketch: Word(_write_sketch, _read_sketch, lambda sheet: True),
        Extrude: Word(_write_extrude, _read_extrude, _may_extrude),
        Revolve: Word(_write_revolve, _read_revolve, _may_extrude),
        Hole: Word(write_hole, read_hole, may_drill),
        **{kind: Word(writes(name), reads(name), may_follow) for name, kind in NAMES.items()},
        Fillet: Word(write_fillet, reads_blend(Fillet), may_blend),
        Chamfer: Word(write_chamfer, reads_blend(Chamfer), may_blend),
    },
)
