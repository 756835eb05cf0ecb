"""What is dictated step by step, beside what is given: what comes next, and what fits it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cadcomplete.captions.dictated import DictatedStep
from cadcomplete.captions.outlines import nested_loops
from cadcomplete.captions.state import regions, waiting
from cadcomplete.errors import GeometryError, UnsupportedError
from cadcomplete.history.geometry import facing, same_plane
from cadcomplete.history.loops import Loop
from cadcomplete.history.operations import Extent, ExtentType, Extrude, Operation, Profile, Sketch
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.sequence import CadSequence

_TURNED, _NEAR = 1e-6, 1e-3


def agrees(given: CadSequence, steps: Sequence[DictatedStep]) -> bool:
    """Say whether what is given is what the first steps dictate, as far as numbers tell."""
    builds = [i for i, operation in enumerate(given.operations) if operation.builds]
    if len(builds) > len(steps):
        return False
    return all(
        same_step(given.operations[i], given.operations[:i], step)
        for i, step in zip(builds, steps, strict=False)
    )


def step_after(given: CadSequence, steps: Sequence[DictatedStep]) -> DictatedStep | None:
    """Return the step that comes next, or has been begun; None if none is left or it is unclear."""
    done = sum(operation.builds for operation in given.operations)
    return steps[done] if done < len(steps) and agrees(given, steps) else None


def dictated_next(
    given: CadSequence, steps: Sequence[DictatedStep], kind: type[Operation]
) -> Iterator[Operation]:
    """Yield the operations of a kind that the next step dictates."""
    step, waits = step_after(given, steps), waiting(given)
    if step is None:
        return
    if kind is Sketch and waits is None:
        yield step.sketch
    elif kind is Extrude and waits is not None:
        index, sketch = waits
        forth = facing(step.plane.normal, sketch.plane.normal, turned=_TURNED)
        ways = regions(index, sketch) if forth else []
        ways.sort(key=lambda profiles: abs(_area(profiles, sketch) - step.area))
        for profiles in ways:
            if _close(_area(profiles, sketch), step.area):
                first = not any(operation.builds for operation in given.operations)
                extrude = step.extrude(index, first=first)
                extent = turned(step.extent, forth)
                yield Extrude(profiles, extent, extrude.boolean)


def turned(extent: Extent, forth: int) -> Extent:
    """Return how far it goes as seen from a plane that faces the same way (1) or the other (-1)."""
    if forth > 0 or extent.type is ExtentType.SYMMETRIC:
        return extent
    if extent.type is ExtentType.ONE_SIDED:
        return Extent(extent.type, -extent.distance)
    return Extent(extent.type, extent.against, extent.distance)


def rest(given: CadSequence, steps: Sequence[DictatedStep]) -> CadSequence | None:
    """Return the whole part that steps make of what is given; None where they do not fit it."""
    step = step_after(given, steps)
    if step is None:
        return None
    found = list(given.operations[: given.whole_operations])
    done = sum(operation.builds for operation in found)
    if waiting(given) is not None:
        extrude = next(dictated_next(given, steps, Extrude), None)
        if extrude is None:
            return None
        found.append(extrude)
        done += 1
    for one in steps[done:]:
        found.append(one.sketch)
        found.append(one.extrude(len(found) - 1, first=len(found) == 1))
    return CadSequence(tuple(found), id=given.id)


def same_step(operation: Operation, before: tuple[Operation, ...], step: DictatedStep) -> bool:
    """Say whether an operation is what a step dictates: its sketch, or its extrude."""
    if isinstance(operation, Sketch):
        if not same_plane(step.plane, operation.plane, turned=_TURNED, apart=_NEAR):
            return False
        return _same_loops(operation, step)
    if not isinstance(operation, Extrude) or not operation.profiles:
        return False
    try:
        low, high = sorted(in_numbers(operation, before).extent.ends)
        plane = operation.start(before)
    except (GeometryError, UnsupportedError):
        return False
    forth = facing(step.plane.normal, plane.normal, turned=_TURNED)
    index = operation.profiles[0].sketch
    sketch = before[index] if 0 <= index < len(before) else None
    if not forth or not isinstance(sketch, Sketch) or operation.adds != step.adds:
        return False
    apart = plane.offset - forth * step.plane.offset
    ends = sorted(forth * end for end in step.extent.ends)
    size = max(high - low, 1.0)
    near = abs(low + apart - ends[0]) < 0.01 * size and abs(high + apart - ends[1]) < 0.01 * size
    return near and _close(_area(operation.profiles, sketch), step.area)


def _same_loops(sketch: Sketch, step: DictatedStep) -> bool:
    """Whether what a sketch encloses is as large as what is dictated, and in the same place."""
    own, other = (
        sketch.plane.to_world(_points(sketch.loops)),
        step.plane.to_world(_points(step.loops)),
    )
    size = max(float(np.ptp(other, axis=0).max()), 1e-9)
    corners = np.abs(
        np.array([own.min(axis=0), own.max(axis=0)]) - [other.min(axis=0), other.max(axis=0)]
    )
    near = bool((corners < 0.01 * size).all())
    return near and _close(_covered(sketch.loops), _covered(step.loops))


def _points(loops: Sequence[Loop]) -> np.ndarray:
    return np.concatenate([loop.points() for loop in loops])


def _covered(loops: tuple[Loop, ...]) -> float:
    """The even-odd area of loops, in mm²."""
    nest = nested_loops(loops)
    return sum(area * (1 if nest.depth[i] % 2 == 0 else -1) for i, area in nest.areas.items())


def _area(profiles: Sequence[Profile], sketch: Sketch) -> float:
    areas = [abs(loop.area) for loop in sketch.loops]
    return sum(areas[p.outer] - sum(areas[i] for i in p.holes) for p in profiles)


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= 0.01 * max(abs(one), abs(other))
