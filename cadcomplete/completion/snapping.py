"""Numbers of an answer, put on what stands there, on standard sizes and on round numbers.

Only sizes that a model wrote and that nothing explains are moved, and by no more than it can tell:
one that is round in the part's unit, or that follows from what stands there, stays as it is to the
digit. Places stay: they are where they are because of others. What is usual and what a shape shows
is made of what stands there, and stays too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from cadcomplete.captions.screws import SCREWS
from cadcomplete.completion.reading import Reading
from cadcomplete.completion.usual_numbers import INCHES, STEPS, units_of, unround
from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import Array
from cadcomplete.history.operations import (
    Chamfer,
    Extrude,
    Fillet,
    Hole,
    LinearPattern,
    Loop,
    Mirror,
    Operation,
    PolarPattern,
    Revolve,
    Sketch,
)
from cadcomplete.history.reach import around
from cadcomplete.history.sequence import CadSequence
from cadcomplete.history.tables import Table
from cadcomplete.predictions import Idea

SHARE = 0.05
"""Of a number, the share by which it may be moved. The model tells sixteen sizes a decade apart
where it writes no reference: half a step is 7.5 %. Measured: docs/experiments.md."""

SHEETS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
"""Thicknesses of cold-rolled sheet in mm (EN 10131 gives their tolerances, up to 3 mm) and of
hot-rolled plate above (EN 10029, EN 10051)."""

GAUGES = {20: 0.912, 18: 1.214, 16: 1.519, 14: 1.897, 12: 2.657, 11: 3.038, 10: 3.416}
"""Thicknesses in mm of steel sheet by the manufacturers' standard gauge, for parts in inches."""

_EXACT = 1e-6  # mm
_ROUND_MM, _ROUND_INCH = 0.1, 25.4 / 32
"""The finest steps of which a number counts as round as it is, by the unit, in mm."""

_MOST = 60  # numbers of a history of which sums and middles are known

BUDGET = 1e-3
"""Where a shape is shown: of the diagonal of the given part, the most that a number moves."""

Pull = Callable[[str, float], float]
"""What a size becomes, from what it is and its value in mm."""


@dataclass(frozen=True, slots=True)
class Snap:
    """A number that was moved: what it is, from where to where (mm), and to what."""

    what: str
    was: float
    now: float
    to: str

    def __str__(self) -> str:
        return f"{self.what} {self.was:.6g} → {self.now:.6g} ({self.to})"


@dataclass(frozen=True, eq=False)
class Snapping:
    """What numbers of answers to one part are put on.

    Attributes:
        unit: "mm" or "inch".
        there: the numbers that stand in the given part, without their signs, sorted, in mm.
        explained: those, and what follows from one or two of them.
        share: of a number, by which it may be moved.
        most: mm by which it may be moved at most.
    """

    unit: str
    there: Array
    explained: Array
    share: float = SHARE
    most: float = math.inf

    def snap(self, what: str, value: float) -> tuple[float, str]:
        """Return what a number becomes, and what that is; "" if it stays as it is."""
        size = abs(value)
        slack = min(self.share * size, self.most)
        if size < _EXACT or self._stays(size):
            return value, ""
        for to, candidates in (
            ("stands there", self.there),
            *((("standard", standard_sizes(what, self.unit)),) if what in _STANDARD else ()),
            ("round", self._rounds(size, slack)),
        ):
            if len(candidates):
                nearest = float(candidates[np.abs(candidates - size).argmin()])
                if abs(nearest - size) <= slack:
                    return float(np.copysign(nearest, value)), to
        return value, ""

    def _stays(self, size: float) -> bool:
        """Whether a number is round, or follows from what stands there."""
        finest = _ROUND_MM if self.unit == "mm" else _ROUND_INCH
        if abs(size / finest - round(size / finest)) * finest < _EXACT:
            return True
        at = int(np.searchsorted(self.explained, size - _EXACT))
        return at < len(self.explained) and self.explained[at] <= size + _EXACT

    def _rounds(self, size: float, slack: float) -> Array:
        """The nearest number to it on each step of the unit, the coarsest first that is near."""
        steps = STEPS[:-1] if self.unit == "mm" else INCHES[:-1]
        near = [round(size / step) * step for step in steps]
        fits = [one for one in near if one > 0 and abs(one - size) <= slack]
        return np.array(fits[:1])


def unit_of(given: CadSequence) -> str:
    """Return the unit of a part, "mm" or "inch", by which of both its numbers are rounder in."""
    found = [size for size in numbers_of(given) if size > _EXACT]
    units = units_of(found)
    return "inch" if units.steps == INCHES and _inches(found) else "mm"


def _inches(found: Sequence[float]) -> bool:
    """Whether the numbers are rounder in inches by more than chance: without any doubt."""
    by_unit = [float(np.mean([unround(v, steps) for v in found])) for steps in (STEPS, INCHES)]
    return by_unit[1] < by_unit[0]


@lru_cache(maxsize=16)
def snapping_of(
    given: CadSequence,
    share: float = SHARE,
    *,
    most: float = math.inf,
    pinned: tuple[float, ...] = (),
) -> Snapping:
    """Return what numbers of answers to a part are put on, by no more than a `share` of each, and
    no more than `most` mm. What is `pinned` stays as it is."""
    found = [*numbers_of(given), *pinned]
    there = np.unique(np.round(np.array(found or [0.0], dtype=np.float64), 9))
    few = there[-_MOST:]
    both = np.concatenate([(few[:, None] + few).ravel(), np.abs(few[:, None] - few).ravel()])
    explained = np.unique(np.concatenate([there, there / 2, 2 * there, both, both / 2]))
    return Snapping(unit_of(given), there[there > _EXACT], explained, share, most)


def tidied(ideas: Sequence[Idea], reading: Reading, *, finished: bool) -> list[Idea]:
    """Return ideas with their numbers snapped, if that is wanted, and each told what was moved.

    By itself it is done to next operations where nothing is shown of the wanted part.
    """
    shown = reading.wanted is not None or bool(reading.evidence)
    wanted = reading.case.snap
    if wanted is False or (wanted is None and (shown or finished)):
        return list(ideas)
    first = reading.given.whole_operations
    if first < len(reading.given.operations):  # what a person draws is as it is drawn
        return list(ideas)
    box = around(reading.given.operations) if shown else None
    most = math.inf if box is None else BUDGET * float(np.linalg.norm(box[1] - box[0]))
    pinned = tuple(pin.value for pin in reading.bound.pins if pin.value is not None)
    snapping = snapping_of(reading.given, most=most, pinned=pinned)
    by_model = (_tidy(one, snapping, finished) if one.source == "model" else one for one in ideas)
    return list(by_model)


def _tidy(idea: Idea, snapping: Snapping, finished: bool) -> Idea:
    operations, snaps = snapped(idea.operations, snapping)
    if not finished:  # of a sketch with its extrude the sketch is the answer
        snaps = snapped(idea.operations[:1], snapping)[1]
    return replace(idea, operations=operations, snaps=tuple(map(str, snaps))) if snaps else idea


def snapped(
    operations: Sequence[Operation], snapping: Snapping
) -> tuple[tuple[Operation, ...], tuple[Snap, ...]]:
    """Return operations with their numbers put on what they are near to, and what was moved.

    Raises UnsupportedError for a kind that is not known here.
    """
    snaps: dict[tuple[str, float], Snap] = {}

    def pull(what: str, value: float) -> float:
        now, to = snapping.snap(what, value)
        if to:
            snaps[what, abs(value)] = Snap(what, abs(value), abs(now), to)
        return now

    found = tuple(PULLED[type(operation)](operation, pull) for operation in operations)
    return found, tuple(snaps.values())


_STANDARD = ("diameter", "thickness")


def standard_sizes(what: str, unit: str) -> Array:
    """Return the sizes of a standard series in mm: of holes for screws, or of sheets.

    Clearance holes of ISO 273 and what is drilled for threads of ISO 261 (`captions/screws.py`), in
    parts in millimetres.
    """
    if what == "diameter" and unit == "inch":
        return np.zeros(0)
    if what == "diameter":
        metric = ((size, one.clearance, size - one.pitch) for size, one in SCREWS.items())
        return np.array(sorted({round(size, 3) for sizes in metric for size in sizes}))
    return np.array(SHEETS if unit == "mm" else sorted(GAUGES.values()))


# --- which numbers there are --------------------------------------------------------------------


def numbers_of(given: CadSequence) -> Iterator[float]:
    """Yield the numbers of a history without their signs, in mm: of points, radii and depths."""
    for index, operation in enumerate(given.operations):
        found = [abs(plane.offset) for plane in operation.planes(given.operations[:index])]

        def note(what: str, value: float, found: list[float] = found) -> float:
            found.append(abs(value))
            return value

        PULLED[type(operation)](operation, note)
        yield from found
        if isinstance(operation, Sketch):
            for curve in (curve for loop in operation.loops for curve in loop.curves):
                flat = np.array([curve.start, curve.end])
                yield from np.abs(flat).ravel().tolist()
                yield from np.abs(operation.plane.to_world(flat)).ravel().tolist()


def _sketch(sketch: Sketch, pull: Pull) -> Sketch:
    return replace(sketch, loops=tuple(_loop(loop, pull) for loop in sketch.loops))


def _loop(loop: Loop, pull: Pull) -> Loop:
    """A circle; other loops keep their shape."""
    if not isinstance(loop.curves[0], Circle):
        return loop
    return loop.moved(lambda point: point, lambda radius: pull("diameter", 2 * radius) / 2)


def _extrude(extrude: Extrude, pull: Pull) -> Extrude:
    extent, what = extrude.extent, "thickness" if extrude.adds else "depth"
    distance, against = pull(what, extent.distance), pull(what, extent.against)
    return replace(extrude, extent=replace(extent, distance=distance, against=against))


def _hole(hole: Hole, pull: Pull) -> Hole:
    depth = None if hole.depth is None else pull("depth", hole.depth)
    sized = replace(hole, diameter=pull("diameter", hole.diameter), depth=depth)
    return sized if next(sized.mistakes(), None) is None else hole


def _chamfer(chamfer: Chamfer, pull: Pull) -> Chamfer:
    first, second, swapped = chamfer.sizes
    return replace(chamfer, sizes=(pull("size", first), pull("size", second), swapped))


def _as_it_is(operation: Any, pull: Pull) -> Operation:
    return operation


PULLED: Table[Callable[[Any, Pull], Operation]] = Table(
    "completion/snapping.py",
    {
        Sketch: _sketch,
        Extrude: _extrude,
        Revolve: _as_it_is,
        Hole: _hole,
        Mirror: _as_it_is,
        LinearPattern: lambda one, pull: replace(one, spacing=pull("spacing", one.spacing)),
        PolarPattern: _as_it_is,
        Fillet: lambda one, pull: replace(one, radius=pull("radius", one.radius)),
        Chamfer: _chamfer,
    },
)
"""An operation with each of its sizes pulled, by what it is and its value in mm."""
