"""What is dictated step by step, beside what is given: what comes next, and what fits it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cadcomplete.captions.state import regions, waiting
from cadcomplete.captions.steps import DictatedStep, DrawnStep, area_of, same_step
from cadcomplete.errors import GeometryError
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence


def made_by(operations: Sequence[Operation]) -> tuple[int, ...]:
    """Return the indices of what builds: each is a step."""
    return tuple(i for i, operation in enumerate(operations) if operation.builds)


def agrees(given: CadSequence, steps: Sequence[DictatedStep]) -> bool:
    """Say whether what is given is what the first steps dictate, as far as numbers tell."""
    made = made_by(given.operations)
    if len(made) > len(steps):
        return False
    return all(
        same_step(given.operations[i], given.operations[:i], steps[k], made[:k])
        for k, i in enumerate(made)
    )


def step_after(given: CadSequence, steps: Sequence[DictatedStep]) -> DictatedStep | None:
    """Return the step that comes next, or has been begun; None if none is left or it is unclear."""
    done = len(made_by(given.operations))
    return steps[done] if done < len(steps) and agrees(given, steps) else None


def dictated_next(
    given: CadSequence, steps: Sequence[DictatedStep], kind: type[Operation]
) -> Iterator[Operation]:
    """Yield the operations of a kind that the next step dictates."""
    step, waits, made = step_after(given, steps), waiting(given), made_by(given.operations)
    if step is None:
        return
    if not isinstance(step, DrawnStep):
        if kind is step.kind and waits is None:
            yield from _made(step, given.operations, made)
    elif kind is Sketch and waits is None:
        yield step.sketch
    elif kind is step.kind and waits is not None:
        index, sketch = waits
        ways = regions(index, sketch)
        ways.sort(key=lambda profiles: abs(area_of(profiles, sketch) - step.area))
        for profiles in ways:
            operation = step.on(profiles, sketch, made)
            if operation is not None and same_step(operation, given.operations, step, made):
                yield operation


def _made(
    step: DictatedStep, before: tuple[Operation, ...], made: Sequence[int]
) -> Iterator[Operation]:
    """What a step makes without a drawing; nothing if it names steps that there are none of."""
    try:
        yield step.operation(-1, made, before)
    except GeometryError:
        return


def rest(given: CadSequence, steps: Sequence[DictatedStep]) -> CadSequence | None:
    """Return the whole part that steps make of what is given; None where they do not fit it."""
    step = step_after(given, steps)
    if step is None:
        return None
    found = list(given.operations[: given.whole_operations])
    done = len(made_by(found))
    if waiting(given) is not None:
        begun = next(dictated_next(given, steps, step.kind), None)
        if begun is None:
            return None
        found.append(begun)
        done += 1
    for one in steps[done:]:
        made = made_by(found)
        found += [one.sketch] if one.sketch is not None else []
        try:
            found.append(one.operation(len(found) - 1, made, tuple(found)))
        except GeometryError:
            return None
    return CadSequence(tuple(found), id=given.id)
