"""Where holes are drilled, in the grammar: a point, and as many more as there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cadcomplete.history.fields import Branch, Choosing, Decimal, Fixed
from cadcomplete.language.drawing import Drawing
from cadcomplete.language.numbers import drilled_row

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class MorePoints(Choosing):
    """Another point, or the end of the points stands here.

    Attributes:
        point: what may stand in one.
        comma: what stands between two.
        end: what stands behind the last one.
    """

    point: Row
    comma: str = " "
    end: str = ""

    @property
    def options(self) -> tuple[tuple[str, Row], ...]:
        return ((self.comma, (*self.point, self)), (self.end, ()))


def points(point: Row, *, comma: str = " ", begin: str = "", end: str = "") -> Branch:
    """Return the place of one point or several."""
    row: Row = (*point, MorePoints(point, comma, end))
    return Branch(((begin, row),))


def _centers(drawing: Drawing) -> Branch:
    if drawing.text_format == "json":
        pair = (Decimal(), Fixed(","), Decimal())
        return points(pair, comma="],[", begin="[", end="]")
    return points((Decimal(), Fixed(" "), Decimal()))


def drilled(axes: tuple[str, ...], drawing: Drawing) -> Branch:
    """What stands behind where the plane of a hole lies, by the ways that it may be turned."""
    return Branch(tuple((text, drilled_row(text, drawing.memory, points)) for text in axes))


OPEN: dict[str, Callable[[Drawing], Branch]] = {"centers": _centers}
"""The choices of the open place of a hole, by its name."""
