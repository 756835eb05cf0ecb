"""What both dialects of scripts say alike: how far patterns go, and what nothing sweeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cadcomplete.exporters.scripts import sizes
from cadcomplete.exporters.scripts.draft import At, Draft
from cadcomplete.exporters.scripts.sums import ratio
from cadcomplete.history.fields import number
from cadcomplete.history.operations import Sketch
from cadcomplete.history.patterns import LinearPattern, PolarPattern
from cadcomplete.history.tables import Table

Entry = Callable[[Any, At], None]
"""Writes an operation."""

Places = tuple[int | str, str]
"""How many places there are, and what leads to place `i`, or to the other one if it is one."""


def row(pattern: LinearPattern, at: At) -> Places:
    """Begin a pattern along a line, and return its places: by the vector to each."""
    draft, called = at.draft, at.draft.repeated(pattern)
    draft.comment(f"{draft.again(pattern)}, {pattern.count} in a row")
    step = draft.variables.named(called.noun, called.own, "spacing", number(pattern.spacing))
    count: int | str = pattern.count
    if pattern.count > 2:
        count = sizes.counted(draft, called, pattern.count)
        step = f"i * {step}"
    return count, ", ".join(sizes.times(step, along) for along in pattern.direction)


def circle(pattern: PolarPattern, at: At) -> Places:
    """Begin a pattern around an axis, and return its places: by the angle to each, in degrees."""
    draft, called = at.draft, at.draft.repeated(pattern)
    draft.comment(f"{draft.again(pattern)}, {pattern.count} around an axis")
    if pattern.count == 2:
        return 2, ratio(pattern.step)
    count = sizes.counted(draft, called, pattern.count)
    gaps = count if pattern.angle == 360 else f"({count} - 1)"
    return count, f"i * {ratio(pattern.angle)} / {gaps}"


def exports(
    room: str, drawn: Callable[[Draft, Sketch], None], entries: Mapping[type, Entry]
) -> Table[Entry]:
    """Return the table of a dialect: `drawn` writes a sketch that nothing sweeps."""

    def sketch(operation: Sketch, at: At) -> None:
        if not at.draft.uses(at.index):
            drawn(at.draft, operation)

    return Table(room, {Sketch: sketch, **entries})
