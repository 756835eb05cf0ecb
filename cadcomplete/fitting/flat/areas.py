"""Which regions of a section a designer may have drawn to get from what there is to the wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cadcomplete.fitting.flat.labels import connected
from cadcomplete.fitting.flat.outlines import outlines
from cadcomplete.fitting.flat.sections import Section
from cadcomplete.history.curves import Circle, Line
from cadcomplete.history.operations import Boolean, Loop

_MOST = 12  # components of a section that are looked at one by one
_PATTERN = 48  # and together


@dataclass(frozen=True, slots=True)
class SectionRegion:
    """Loops in the frame of a section, outlines before their holes, and what they are for."""

    loops: tuple[Loop, ...]
    boolean: Boolean
    kind: str


def regions(view: Section) -> Iterator[SectionRegion]:
    """Yield what may be added and what may be cut, the plainest first."""
    missing, excess = view.wanted & ~view.current, view.current & ~view.wanted
    yield from _of(view, missing, view.wanted, Boolean.JOIN)
    if view.current.any():
        yield from _of(view, excess, ~view.wanted, Boolean.CUT)


def _of(
    view: Section, change: np.ndarray, free: np.ndarray, boolean: Boolean
) -> Iterator[SectionRegion]:
    """Yield regions that cover a change and otherwise only what is free to be covered."""
    parts = components(view, change)
    exact: list[Loop] = []
    for number, part in enumerate(parts[:_PATTERN]):
        loops = outlines(view, part)
        if loops is not None:
            exact += loops
        if number >= _MOST:
            continue
        if loops is not None:
            yield SectionRegion(tuple(loops), boolean, "exact")
            if len(loops) > 1:
                yield SectionRegion((loops[0],), boolean, "filled")
        yield from _simpler(view, part, loops, free, boolean)
    if len(parts) > 1 and exact and _apart(exact):
        yield SectionRegion(tuple(exact), boolean, "all")
        yield from _alike(view, parts[:_PATTERN], boolean)
    if change.any() and boolean is Boolean.JOIN and view.current.any():
        yield from _whole(view, change, free, boolean)


def components(view: Section, area: np.ndarray) -> list[np.ndarray]:
    """Return the connected parts of an area, the largest first; slivers are left out.

    The area and each part say of the cells of the section whether they belong to it, (n, m).
    """
    cell = np.diff(view.x)[:, None] * np.diff(view.y)[None]
    label = connected(area.astype(np.int64))
    sizes = np.bincount(label.reshape(-1), weights=(cell * area).reshape(-1))
    least = 1e-5 * float(np.ptp(view.x) * np.ptp(view.y))
    order = [int(n) for n in np.argsort(-sizes, kind="stable") if sizes[n] > least]
    return [label == n for n in order]


def _simpler(
    view: Section, part: np.ndarray, loops: list[Loop] | None, free: np.ndarray, boolean: Boolean
) -> Iterator[SectionRegion]:
    """A full circle or a rectangle around a part, if all that it covers is free."""
    rows, columns = np.nonzero(part.any(axis=1))[0], np.nonzero(part.any(axis=0))[0]
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    if loops is None or len(loops[0].curves) > 1:
        for k in range(len(view.walls.circles)):
            disc = view.sides[:, :, len(view.walls.lines) + k]
            if (part & ~disc).sum() <= 0.02 * part.sum() and _mostly(view, free, disc):
                x, y, radius = view.walls.circles[k].tolist()
                yield SectionRegion((Loop((Circle((x, y), radius),)),), boolean, "circle")
    whole = np.zeros_like(part)
    whole[box] = True
    if whole.sum() > part.sum() and _mostly(view, free, whole):
        low = float(view.x[box[0].start]), float(view.y[box[1].start])
        high = float(view.x[box[0].stop]), float(view.y[box[1].stop])
        yield SectionRegion((rectangle(low, high),), boolean, "rectangle")


def _mostly(view: Section, free: np.ndarray, area: np.ndarray) -> bool:
    cell = np.diff(view.x)[:, None] * np.diff(view.y)[None]
    total = float(cell[area].sum())
    return total > 0 and float(cell[area & free].sum()) >= 0.97 * total


def rectangle(low: tuple[float, float], high: tuple[float, float]) -> Loop:
    (left, bottom), (right, top) = ((round(a, 7), round(b, 7)) for a, b in (low, high))
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    return Loop(tuple(Line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)))


def _alike(view: Section, parts: list[np.ndarray], boolean: Boolean) -> Iterator[SectionRegion]:
    """Parts of the same size and shape in one sketch: patterns."""
    cell = np.diff(view.x)[:, None] * np.diff(view.y)[None]
    left = [(float(cell[part].sum()), part) for part in parts]
    while left:
        area = left[0][0]
        same = [part for other, part in left if abs(other - area) < 0.02 * area]
        left = [(other, part) for other, part in left if abs(other - area) >= 0.02 * area]
        if 1 < len(same) < len(parts):
            loops = [outlines(view, part) for part in same]
            found = [loop for some in loops if some for loop in some]
            if found and _apart(found):
                yield SectionRegion(tuple(found), boolean, "alike")


def _apart(loops: list[Loop]) -> bool:
    """Whether no loop lies on another: parts of a circle are each drawn as all of it."""
    return len(set(loops)) == len(loops)


def _whole(
    view: Section, change: np.ndarray, free: np.ndarray, boolean: Boolean
) -> Iterator[SectionRegion]:
    """All of the section of the wanted part around a change, also where there is something."""
    for part in components(view, free)[:3]:
        if (part & change).any() and (part & ~change).any():
            loops = outlines(view, part)
            if loops is not None:
                yield SectionRegion(tuple(loops), boolean, "whole")
                if len(loops) > 1:
                    yield SectionRegion((loops[0],), boolean, "whole, filled")
