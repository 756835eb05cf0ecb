"""Extrudes that designers would make: of which regions, which way, to where; and how probable.

Of the newest sketch, to ends that are there, as high as something that is drawn or was made, or to
usual heights. Small regressions say how probable each is, as it was counted. Shapes: C ideas, F
facts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from cadcomplete.baselines.regions import PATTERNS, nesting_of, pattern_of, profiles
from cadcomplete.completion.counted import counted
from cadcomplete.completion.standing import standing
from cadcomplete.completion.usual import HEIGHTS, exact, parallel_levels
from cadcomplete.completion.usual_drawings import box_of
from cadcomplete.completion.usual_numbers import INCHES, STEPS, Units, units_of, unround
from cadcomplete.completion.usual_planes import sides_of
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.curves import Arc, Circle, Line
from cadcomplete.history.extents import Extent, ExtentType
from cadcomplete.history.geometry import Array, Plane, facing
from cadcomplete.history.operations import Boolean, Extrude, Profile, Sketch
from cadcomplete.history.reach import heights_of, in_numbers
from cadcomplete.history.sequence import CadSequence, start_plane
from cadcomplete.history.sketches import SweepsProfiles, sketch_of

WAYS = ("forth", "back", "to both sides")
"""Along the normal of the sketch, against it, or both."""

_TURNED = 2e-8
MOST, OTHERS = 300, 80
"""Extrudes that are usual, at most: such as the model drew to other ends, and any."""

_WAYS = 3  # regions, boolean and kind of end: those that the model drew most often

_ALONE = 3  # regions that are swept alone, the largest
_SIDES = 6  # lengths of a sketch that heights may be
_FLATTEST, _LONGEST = 0.01, 10.0  # usual heights, as shares of the size of the sketch
_LEAST = 1e-4  # mm
_FLAT = Extent(ExtentType.ONE_SIDED, 0.0)
_REGIONS = (*PATTERNS, "other regions")

OF_EXTRUDES = (
    *(f"{boolean.value} {way}" for boolean in Boolean for way in WAYS),
    *_REGIONS,
    *("one loop", "of the newest sketch", "made before", "share of the sketch"),
    *("not round", "not round in inches", "height (log)", "height squared"),
    *("height in sketch (log)", "the same squared", "height in width (log)"),
    *("as a side", "as a radius", "as a diameter", "as half a side", "as twice a side"),
    *("less round than the sketch", "rounder than the sketch", "not round in its unit"),
    *("common", "round: height in sketch (log)", "round: the same squared"),
    *("as the last", "as one before", "as half or twice the last"),
    *("ends there", "ends where the last began", "ends where the last ended"),
    *("ends at the far side", "ends at the near side", "goes beyond", "goes through"),
    *("into the part", "away from the part", "share of the part (log)", "its square"),
    *("boolean of the last", "way of the last", "way and height of the last"),
    *("cuts away", "cuts into", "adds away", "adds into", "cuts through", "cuts to a level"),
    *("cut: round", "cut: several loops", "cut: sketch in part (log)", "add: sketch in part (log)"),
    *("as its twin", "as its twin, other height", "unlike its twin"),
)
"""What is known of an extrude."""


@dataclass(frozen=True, slots=True, eq=False)
class SketchSize:
    """A sketch that is extruded: how large it is, and where the part lies over it.

    Attributes:
        size, width: the longest side of what is drawn, and the shortest.
        sides, radii: lengths that are drawn, in mm.
        levels: where planes that are there lie over it.
        part: between which heights the part lies; None while there is none.
        round: whether it is one circle.
        units: of what is drawn.
        share: how large it is beside the part, as a logarithm.
        looks: its sides, and the root of its area.
    """

    size: float
    width: float
    sides: tuple[float, ...]
    radii: tuple[float, ...]
    levels: tuple[float, ...]
    part: tuple[float, float] | None
    round: bool
    loops: int
    units: Units
    share: float
    looks: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SweptRegions:
    """Regions of a sketch: what is known of them, of the sketch, and where it lies."""

    regions: tuple[float, ...]
    drawn: SketchSize
    plane: Plane


@dataclass(frozen=True, slots=True, eq=False)
class EarlierExtrude:
    """An extrude that is there, in numbers, and the plane that it starts from."""

    extrude: Extrude
    plane: Plane
    ends: tuple[float, float]
    looks: tuple[float, ...]

    @property
    def height(self) -> float:
        return abs(self.ends[1] - self.ends[0])


# --- what may come ------------------------------------------------------------------------------


def thought_extrudes(given: CadSequence, drawn: Sequence[Extrude] = ()) -> list[Extrude]:
    """Return extrudes that may come next, of regions that a model has drawn and of others."""
    ways = dict.fromkeys((one.profiles, one.boolean) for one in drawn if one.profiles)
    ways |= dict.fromkeys(product(_usual_regions(given), _booleans(given)))
    found: dict[Extrude, None] = {}
    for regions, boolean in ways:
        for extent in _extents(drawn_of(given, regions[0].sketch), given):
            found.setdefault(Extrude(regions, extent, boolean))
    return list(found)


def _booleans(given: CadSequence) -> tuple[Boolean, ...]:
    """How it may meet what is there; bodies of their own only where there are some."""
    made = [one.boolean for one in given.operations if isinstance(one, Extrude)]
    if not any(operation.builds for operation in given.operations):
        return (Boolean.NEW_BODY,)
    adds = Boolean.NEW_BODY if made and made[-1] is Boolean.NEW_BODY and made[1:] else Boolean.JOIN
    return (adds, Boolean.CUT)


@lru_cache(maxsize=8)
def _usual_regions(given: CadSequence) -> tuple[tuple[Profile, ...], ...]:
    """Regions of the newest sketch that may be swept together: all, and those of patterns."""
    sketches = [i for i, one in enumerate(given.operations) if isinstance(one, Sketch)]
    sketch = given.operations[sketches[-1]] if sketches else None
    if not isinstance(sketch, Sketch) or not sketch.finished:
        return ()
    found = dict.fromkeys(profiles(pattern, sketch, sketches[-1]) for pattern in PATTERNS)
    nested = nesting_of(sketch)
    for loop in sorted(nested.areas, key=lambda i: -nested.areas[i])[:_ALONE]:
        found.setdefault((nested.natural(sketches[-1], loop),))
    return tuple(some for some in found if some)


def _extents(drawn: SketchSize, given: CadSequence) -> Iterator[Extent]:
    """Where it may end: at planes that are there, as high as what is there, at usual heights."""
    before = [one.height for one in before_of(given)]
    heights = [*before, *(factor * height for height in before[-1:] for factor in (0.5, 2.0))]
    heights += [factor * side for side in drawn.sides[:_SIDES] for factor in (1.0, 0.5, 2.0)]
    heights += [factor * radius for radius in drawn.radii[:_SIDES] for factor in (1.0, 2.0)]
    heights += [h for h in HEIGHTS if _FLATTEST * drawn.size <= h <= _LONGEST * drawn.size]
    if drawn.part is not None:
        heights.append(math.ceil(sum(map(abs, drawn.part))) + 1.0)  # through all
    ways = (height * side for height in heights for side in (1.0, -1.0))
    ends = dict.fromkeys(exact(end) for end in (*drawn.levels, *ways) if abs(end) > _LEAST)
    for end in ends:
        yield Extent(ExtentType.ONE_SIDED, end)
    halves = dict.fromkeys(exact(abs(end) / part) for end in ends for part in (1, 2))
    for half in halves:
        yield Extent(ExtentType.SYMMETRIC, half)


# --- what is known of them ----------------------------------------------------------------------


def extrude_facts(extrudes: Sequence[Extrude], given: CadSequence) -> Array:
    """Return what is known of extrudes, in the order of `OF_EXTRUDES`, shape (C, F)."""
    before = before_of(given)
    swept: dict[tuple[Profile, ...], SweptRegions] = {}
    rows = []
    for extrude in extrudes:
        profiles = extrude.profiles
        if profiles not in swept:
            index = profiles[0].sketch if profiles else -1
            plane = start_plane(extrude, given.operations)
            swept[profiles] = SweptRegions(_regions(profiles, given), drawn_of(given, index), plane)
        rows.append(list(_facts(extrude, swept[profiles], before, given)))
    return np.array(rows, dtype=np.float64).reshape(len(extrudes), len(OF_EXTRUDES))


def _facts(
    extrude: Extrude, swept: SweptRegions, before: tuple[EarlierExtrude, ...], given: CadSequence
) -> Iterator[float]:
    boolean, way, drawn = extrude.boolean, way_of(extrude), swept.drawn
    for one in Boolean:
        for other in WAYS:
            yield float(boolean is one and way == other)
    yield from swept.regions
    try:
        ends = in_numbers(extrude, given.operations).extent.ends
    except (GeometryError, UnsupportedError):
        ends = (0.0, 0.0)
    height = abs(ends[1] - ends[0])
    yield from _height(height, drawn)
    last = before[-1] if before else None
    yield float(last is not None and _near(height, last.height))
    yield float(_is_one(height, [one.height for one in before[:-1]]))
    yield float(last is not None and _is_one(height, (last.height / 2, 2 * last.height)))
    yield from _end(ends, way, swept, last)
    yield float(last is not None and last.extrude.boolean is boolean)
    same = last is not None and way_of(last.extrude) == way
    yield float(same)
    yield float(same and last is not None and _near(last.height, height))
    yield from _mixed(boolean, ends, drawn)
    twins = [one for one in before if _alike(one.looks, drawn.looks)]
    as_deep = any(one.extrude.boolean is boolean and _near(one.height, height) for one in twins)
    yield float(as_deep)
    yield float(not as_deep and any(one.extrude.boolean is boolean for one in twins))
    yield float(bool(twins) and all(one.extrude.boolean is not boolean for one in twins))


def _alike(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Say whether two sketches are as large: sides and area."""
    return len(one) == len(other) > 0 and all(
        abs(a - b) <= 1e-3 * max(a, b) for a, b in zip(one, other, strict=True)
    )


def way_of(extrude: Extrude) -> str:
    """Return which of `WAYS` an extrude goes."""
    if extrude.extent.type is not ExtentType.ONE_SIDED:
        return WAYS[2]
    return WAYS[0] if extrude.extent.distance >= 0 else WAYS[1]


@lru_cache(maxsize=64)
def _regions(profiles: tuple[Profile, ...], given: CadSequence) -> tuple[float, ...]:
    """Which regions of a sketch are swept, and what is known of these."""
    flat = Extrude(profiles, _FLAT, Boolean.NEW_BODY)
    pattern = pattern_of(flat, given.operations) or _REGIONS[-1]
    sketch = sketch_of(flat, given.operations)
    loops = sketch.loops if sketch else ()
    newest = max((i for i, op in enumerate(given.operations) if isinstance(op, Sketch)), default=-1)
    named = {p.sketch for p in profiles}
    swept = {
        (p.sketch, p.outer)
        for op in given.operations
        if isinstance(op, SweepsProfiles)
        for p in op.profiles
    }
    made = [(p.sketch, p.outer) in swept for p in profiles]
    areas = [abs(loop.area) for loop in loops if loop.closed]
    whole = sum(abs(loops[p.outer].area) for p in profiles if p.outer < len(loops))
    return (
        *(float(pattern == name) for name in _REGIONS),
        float(len(loops) == 1),
        float(named == {newest}),
        float(any(made)),
        min(whole / max(areas, default=1.0), 2.0) if max(areas, default=0.0) > 0 else 0.0,
    )


@lru_cache(maxsize=8)
def drawn_of(given: CadSequence, index: int) -> SketchSize:
    """Return what is known of a sketch that is extruded after what is given."""
    sketch = given.operations[index] if 0 <= index < len(given.operations) else None
    loops = [loop for loop in sketch.loops if loop.closed] if isinstance(sketch, Sketch) else []
    if not isinstance(sketch, Sketch) or not loops:
        return SketchSize(1.0, 1.0, (), (), (), None, False, 0, units_of(()), 0.0, ())
    left, bottom, right, top = box_of(loops)
    curves = [curve for loop in loops for curve in loop.curves if not curve.problem]
    sides = {round(c.length, 5) for c in curves if isinstance(c, Line)}
    sides |= {round(right - left, 5), round(top - bottom, 5)}
    radii = {round(c.radius, 5) for c in curves if isinstance(c, Circle | Arc)}
    offset = sketch.plane.offset
    levels = (level - offset for level in parallel_levels(given.operations, sketch.plane))
    box = standing(given).part
    size = max(right - left, top - bottom, 1e-9)
    numbers = [*sides, *(2 * radius for radius in radii)]
    units = units_of(numbers)
    return SketchSize(
        size=size,
        width=max(min(right - left, top - bottom), 1e-9),
        sides=tuple(sorted(sides, reverse=True)),
        radii=tuple(sorted(radii, reverse=True)),
        levels=tuple(level for level in levels if abs(level) > 1e-4),
        part=None if box is None else heights_of(box, sketch.plane),
        round=len(loops) == 1 and isinstance(loops[0].curves[0], Circle),
        loops=len(loops),
        units=units,
        share=0.0 if box is None else math.log(size / max(float((box[1] - box[0]).max()), 1e-9)),
        looks=sides_of(loops),
    )


@lru_cache(maxsize=8)
def before_of(given: CadSequence) -> tuple[EarlierExtrude, ...]:
    """Return the extrudes that are there, as far as numbers tell where they end."""
    found = []
    for index, operation in enumerate(given.operations):
        if isinstance(operation, Extrude):
            earlier = given.operations[:index]
            try:
                ends = in_numbers(operation, earlier).extent.ends
            except (GeometryError, UnsupportedError):
                continue
            sketch = sketch_of(operation, earlier)
            loops = [loop for loop in sketch.loops if loop.closed] if sketch else []
            looks = sides_of(loops) if loops else ()
            found.append(EarlierExtrude(operation, start_plane(operation, earlier), ends, looks))
    return tuple(found)


@lru_cache(maxsize=4096)
def _height(height: float, drawn: SketchSize) -> tuple[float, ...]:
    """How round a height is, and how large beside what is drawn."""
    return (*_large(height, drawn), *_beside(height, drawn))


def _large(height: float, drawn: SketchSize) -> Iterator[float]:
    """How round it is, how large, and whether something that is drawn is as large."""
    yield unround(height, STEPS)
    yield unround(height, INCHES)
    log = math.log(max(height, 1e-3))
    yield from (log, log**2)
    share = float(np.clip(math.log(max(height, 1e-6) / drawn.size), -6.0, 4.0))
    yield from (share, share**2)
    yield float(np.clip(math.log(max(height, 1e-6) / drawn.width), -6.0, 6.0))
    yield float(_is_one(height, drawn.sides))
    yield float(_is_one(height, drawn.radii))
    yield float(_is_one(height / 2, drawn.radii))
    yield float(_is_one(2 * height, drawn.sides))
    yield float(_is_one(height / 2, drawn.sides))


def _beside(height: float, drawn: SketchSize) -> Iterator[float]:
    """How round a height is beside the numbers of its sketch."""
    own, units = unround(height, drawn.units.steps), drawn.units
    yield max(own - units.roundness, 0.0)
    yield max(units.roundness - own, 0.0)
    yield own
    yield float(_is_one(height, COMMON))
    share = float(np.clip(math.log(max(height, 1e-6) / drawn.size), -6.0, 4.0))
    yield from (share * drawn.round, share**2 * drawn.round)


def _mixed(boolean: Boolean, ends: tuple[float, float], drawn: SketchSize) -> Iterator[float]:
    """What it does to the part that lies there; of a cut that means another thing."""
    if drawn.part is None:
        yield from (0.0,) * 10
        return
    low, high = drawn.part
    slack = 1e-4 * max(high - low, 1e-9)
    cuts = float(boolean is Boolean.CUT)
    inside = min(max(ends), high) - max(min(ends), low) > slack
    through = min(ends) <= low + slack and max(ends) >= high - slack
    yield cuts * (not inside)
    yield cuts * inside
    yield (1 - cuts) * (not inside)
    yield (1 - cuts) * inside
    yield cuts * through
    yield cuts * (not through) * _is_one(ends[1], drawn.levels)
    yield cuts * drawn.round
    yield cuts * (drawn.loops > 1)
    yield cuts * drawn.share
    yield (1 - cuts) * drawn.share


def _end(
    ends: tuple[float, float], way: str, swept: SweptRegions, last: EarlierExtrude | None
) -> Iterator[float]:
    """Where it ends beside what is there."""
    _, end = ends
    drawn, plane = swept.drawn, swept.plane
    yield float(_is_one(end, drawn.levels))
    side = 0 if last is None else facing(plane.normal, last.plane.normal, turned=_TURNED)
    if last is None or not side:
        yield from (0.0, 0.0)
    else:
        for height in last.ends:
            level = side * (last.plane.offset + height) - plane.offset
            yield float(abs(level) > 1e-4 and _near(end, level))
    if drawn.part is None:
        yield from (0.0,) * 8
        return
    low, high = drawn.part
    far, near = (high, low) if end >= 0 else (low, high)
    slack = 1e-4 * max(high - low, 1e-9)
    yield float(abs(end - far) < slack)
    yield float(abs(end - near) < slack)
    yield float(end > high + slack or end < low - slack)
    yield float(min(ends) <= low + slack and max(ends) >= high - slack)
    yield float(way != WAYS[2] and abs(far) > slack)
    yield float(way != WAYS[2] and abs(far) <= slack)
    share = math.log(max(abs(end - ends[0]), 1e-6) / max(high - low, 1e-9))
    share = min(max(share, -6.0), 3.0)
    yield from (share, share**2)


# --- numbers ------------------------------------------------------------------------------------

COMMON = (1.0, 2.0, 3.0, 5.0, 6.0, 6.35, 8.0, 10.0, 12.7, 15.0, 20.0, 25.0, 25.4, 30.0, 50.0, 100.0)
"""Heights in mm that are the most common."""


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-4 + 1e-6 * abs(one)


def _is_one(value: float, others: Sequence[float]) -> bool:
    return any(_near(value, other) for other in others)


# --- how probable they are ----------------------------------------------------------------------


def situation(given: CadSequence) -> str:
    """Return by which name it was counted: "first extrude" or "later extrude"."""
    first = not any(isinstance(operation, Extrude) for operation in given.operations)
    return "first extrude" if first else "later extrude"


def extrude_chances(extrudes: Sequence[Extrude], given: CadSequence) -> Array:
    """Return how probable each of some extrudes is, supposing that one follows, shape (C,)."""
    if not extrudes:
        return np.zeros(0)
    facts = extrude_facts(extrudes, given)
    return counted().drawn[situation(given)].probabilities(facts, OF_EXTRUDES)


def usual_extrudes(
    given: CadSequence,
    drawn: Sequence[Extrude] = (),
    *,
    most: int = MOST,
    others: int = OTHERS,
) -> list[Extrude]:
    """Return extrudes that designers would make, the likeliest first.

    Such as a model has mostly `drawn`, to other ends, and others.
    """
    ways = Counter((one.profiles, one.boolean, one.extent.type) for one in drawn)
    mostly = {way for way, _ in ways.most_common(_WAYS)}
    found = thought_extrudes(given, drawn)
    own = np.array([(e.profiles, e.boolean, e.extent.type) in mostly for e in found], dtype=bool)
    order = np.argsort(-extrude_chances(found, given), kind="stable")
    chosen = np.zeros(len(found), dtype=bool)
    chosen[order[own[order]][:most]] = True
    chosen[order[:others]] = True
    return [found[i] for i in order.tolist() if chosen[i]]
