"""What may stand in a mirror or pattern: directions, and the operations that are done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from cadcomplete.history.fields import Branch, Choosing
from cadcomplete.history.geometry import Vec3
from cadcomplete.history.kinds import AXES, write_direction
from cadcomplete.history.pattern_kinds import ALL, DIRECTION
from cadcomplete.history.patterns import repeatable
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.numbers import position_row

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class EarlierOnes(Choosing):
    """An earlier operation that is done again stands here, or the whole body.

    Attributes:
        backs: how far back those are that can be, the newest first.
        used: those already named.
        quote: what stands around one.
        comma: what stands between two.
    """

    backs: tuple[int, ...]
    used: frozenset[int] = frozenset()
    quote: str = ""
    comma: str = " "

    @property
    def options(self) -> tuple[tuple[str, Row], ...]:
        whole = () if self.used else ((f"{self.quote}{ALL}{self.quote}", ()),)
        free = (back for back in self.backs if back not in self.used)
        return (*whole, *((f"{self.quote}@{back}", (AfterOne(self, back),)) for back in free))


@dataclass(frozen=True, slots=True)
class AfterOne(Choosing):
    """Another operation that is done again, or the end of them stands here."""

    before: EarlierOnes
    back: int

    @property
    def options(self) -> tuple[tuple[str, Row], ...]:
        quote, used = self.before.quote, self.before.used | {self.back}
        more = replace(self.before, used=used)
        free = len(used) < len(self.before.backs)
        others = [(f"{quote}{self.before.comma}", (more,))] if free else []
        return (*others, (quote, ()))


def _directions(drawing: Drawing) -> Branch:
    """The axes of the world, and those of earlier sketches."""
    write = _json_direction if drawing.text_format == "json" else write_direction
    return Branch(tuple((text, ()) for text in dict.fromkeys(map(write, _known_axes(drawing)))))


def _known_axes(drawing: Drawing) -> Iterable[Vec3]:
    yield from AXES.values()
    for _, sketch in drawing.sketches:
        yield from (sketch.plane.normal, sketch.plane.x_axis, sketch.plane.y_axis)


def _json_direction(direction: Vec3) -> str:
    return json.dumps(DIRECTION.dump(direction), separators=(",", ":"))


def _mirrors(drawing: Drawing) -> Branch:
    """A normal, and the position of the plane along it, in the format `numbers`."""
    normals = dict.fromkeys(map(write_direction, _known_axes(drawing)))
    places = ((text, position_row(text, drawing.memory)) for text in normals)
    return Branch(tuple(places))


def _earlier(drawing: Drawing) -> EarlierOnes:
    operations = drawing.sequence.operations
    backs = (back for back, op in enumerate(reversed(operations), start=1) if repeatable(op))
    if drawing.text_format == "json":
        return EarlierOnes(tuple(backs), quote='"', comma=",")
    return EarlierOnes(tuple(backs))


OPEN: dict[str, Callable[[Drawing], Branch | EarlierOnes]] = {
    "directions": _directions,
    "mirrors": _mirrors,
    "earlier": _earlier,
}
"""The choices of open places of mirrors and patterns, by their names."""
