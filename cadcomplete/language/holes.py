"""How holes are said: in the lines their depth is the position of the end along the normal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cadcomplete.history.fields import Format
from cadcomplete.history.geometry import Plane
from cadcomplete.history.hole_kinds import Bottom
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Operation
from cadcomplete.language.commands import Command
from cadcomplete.language.sheet import Sheet


def write_hole(hole: Hole, before: tuple[Operation, ...], text_format: Format) -> Iterator[Command]:
    bottom = _turned(hole.bottom, hole.plane, text_format)
    yield Command("hole", (hole.plane, hole.diameter, bottom, hole.head, hole.centers))


def read_hole(values: tuple[Any, ...], sheet: Sheet) -> None:
    plane, diameter, bottom, head, centers = values
    sheet.end_sketch()
    _, numbers = _turned(bottom, plane, sheet.text_format)
    depth, tip = (*numbers, None, None)[:2]
    sheet.operations.append(Hole(plane, diameter, depth, centers, head, tip))


def _turned(bottom: Bottom, plane: Plane, text_format: Format) -> Bottom:
    """From a depth to a position along the normal, or back; in JSON it is a depth as it is."""
    kind, numbers = bottom
    if text_format == "json" or not numbers:
        return bottom
    return kind, (plane.offset - numbers[0], *numbers[1:])


def may_drill(sheet: Sheet) -> bool:
    """Whether there is a solid that can be drilled."""
    return any(operation.builds for operation in sheet.operations)
