"""How holes are said in the format `numbers`: where they are as places in the world, diameters as
diameters, cones as cones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cadcomplete.errors import TextError
from cadcomplete.history.fields import Branch, Fixed, Open
from cadcomplete.history.geometry import Plane
from cadcomplete.history.hole_kinds import (
    AT,
    BORE,
    SINK,
    THROUGH,
    Bottom,
    Counterbore,
    Countersink,
    Head,
    bottom_of,
)
from cadcomplete.history.kinds import read_axes, write_axes
from cadcomplete.language.numbers.memory import (
    CONES,
    DIAMETERS,
    HEADS,
    WORLD,
    Axis,
    Memory,
    SketchAxes,
)
from cadcomplete.language.numbers.words import Number, read_number, write_number

Values = tuple[Any, ...]
Said = list[tuple[Axis, float]]

_WIDEST = 179.999999  # degrees of a cone


def _head_numbers(head: Head) -> Said:
    if head is None:
        return []
    deep = (HEADS, head.depth) if isinstance(head, Counterbore) else (CONES, head.angle)
    return [(DIAMETERS, head.diameter), deep]


def _bottom_numbers(bottom: Bottom, along: Axis) -> Said:
    """Its tip, if it has one, and where it ends."""
    _, numbers = bottom
    return [*((CONES, tip) for tip in numbers[1:]), *((along, at) for at in numbers[:1])]


def _place_numbers(values: Values, frame: SketchAxes) -> Said:
    return [pair for center in values[4] for pair in zip(frame.flat, center, strict=True)]


def write_hole(values: Values, memory: Memory) -> list[str]:
    plane, diameter, bottom, head, _ = values

    def words(said: Said) -> list[str]:
        return [write_number(value, axis, memory) for axis, value in said]

    frame = SketchAxes.of(plane)
    *tip, end = [*words(_bottom_numbers(bottom, frame.w)), ""]
    if bottom[0] != THROUGH:
        *tip, end = tip
    ends = [*(word for one in tip for word in ("tip", one)), "to", end] if end else [THROUGH]
    kind = () if head is None else (BORE if isinstance(head, Counterbore) else SINK,)
    return [
        *words(list(zip(WORLD, plane.origin, strict=True))),
        write_axes(plane),
        *words([(DIAMETERS, diameter)]),
        *ends,
        *(*kind, *words(_head_numbers(head)), AT),
        *words(_place_numbers(values, frame)),
    ]


def read_hole(words: Iterator[str], memory: Memory) -> Values:
    x, y, z = [read_number(next(words), axis, memory) for axis in WORLD]
    plane = Plane.of((x, y, z), *read_axes(words))
    frame = SketchAxes.of(plane)
    diameter = read_number(next(words), DIAMETERS, memory)
    bottom, word = _read_bottom(words, frame.w, memory), next(words)
    head: Head = None
    if word in (BORE, SINK):
        wide, second = read_number(next(words), DIAMETERS, memory), next(words)
        if word == BORE:
            head = Counterbore(wide, read_number(second, HEADS, memory))
        else:
            head = Countersink(wide, min(_WIDEST, read_number(second, CONES, memory)))
        word = next(words)
    if word != AT:
        raise TextError("a hole needs its places", expected="bore, sink or at", got=word)
    u, v = frame.flat
    centers = tuple(
        (read_number(at, u, memory), read_number(next(words), v, memory)) for at in words
    )
    return (plane, diameter, bottom, head, centers)


def _read_bottom(words: Iterator[str], along: Axis, memory: Memory) -> Bottom:
    word, tip = next(words), None
    if word == THROUGH:
        return bottom_of(None, None)
    if word == "tip":
        tip, word = min(_WIDEST, read_number(next(words), CONES, memory)), next(words)
    if word != "to":
        raise TextError("unknown end of a hole", expected="through, tip or to", got=word)
    return bottom_of(read_number(next(words), along, memory), tip)


def see_hole(values: Values, memory: Memory) -> Memory:
    plane, diameter, bottom, head, _ = values
    frame = SketchAxes.of(plane)
    own = [*zip(WORLD, plane.origin, strict=True), (DIAMETERS, diameter)]
    rest = [*_bottom_numbers(bottom, frame.w), *_head_numbers(head)]
    return memory.seen([*own, *rest, *_place_numbers(values, frame)])


def hole_row(memory: Memory) -> tuple[Any, ...]:
    places = [place for axis in WORLD for place in (_slot(axis, memory), Fixed(" "))]
    return (*places, Open("drilled"))


def drilled_row(axes: str, memory: Memory, centers: Callable[[tuple[Any, ...]], Any]) -> Values:
    """What may stand behind the axes of a hole's plane; `centers` makes the places of one of them.

    Where the plane lies does not matter for that, only how it is turned.
    """
    plane = Plane.of((0.0, 0.0, 0.0), *read_axes(iter(axes.split(" "))))
    frame = SketchAxes.of(plane)
    wide, deep, cone, end, u, v = (
        _slot(axis, memory) for axis in (DIAMETERS, HEADS, CONES, frame.w, *frame.flat)
    )
    space: Any = Fixed(" ")
    bottom = Branch(
        (
            (f" {THROUGH}", ()),
            (" to ", (end,)),
            (" tip ", (cone, Fixed(" to "), end)),
        )
    )
    head = Branch(
        (
            (f" {AT}", ()),
            (f" {BORE} ", (wide, space, deep, Fixed(f" {AT}"))),
            (f" {SINK} ", (wide, space, cone, Fixed(f" {AT}"))),
        )
    )
    return (space, wide, bottom, head, space, centers((u, space, v)))


def _slot(axis: Axis, memory: Memory) -> Any:
    count = len(memory.along(axis))
    return Number(count, signed=axis.signed, zero=axis.places, steps=axis.places and count > 0)


SAID: dict[str, tuple[Callable[..., Any], ...]] = {
    "hole": (write_hole, read_hole, see_hole, hole_row),
}
"""Of the command what writes it, what reads it, what it adds to the memory, and its slots."""
