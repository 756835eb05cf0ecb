"""Which kind of operation comes next: the model says it of the words that it has learned, what was
counted of all others.

Shapes: F facts.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from cadcomplete.completion.counted import counted
from cadcomplete.completion.evidence import Evidence
from cadcomplete.completion.standing import NEAR, Standing, standing, within
from cadcomplete.constraints.bound import PartLimits
from cadcomplete.history.blends import Blended
from cadcomplete.history.curves import Circle
from cadcomplete.history.geometry import Array
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import (
    NEEDS_SOLID,
    OPERATIONS,
    Boolean,
    Extrude,
    Operation,
    Revolve,
    Sketch,
)
from cadcomplete.history.patterns import LinearPattern, Mirror, PolarPattern, Repeat
from cadcomplete.history.sequence import CadSequence

LEAST = 0.004
"""Probability of a kind below which nothing is thought of it."""

_MOST = 0.95  # of all kinds together that a model has no word for

_FEW = {
    "revolve": Revolve,
    "hole": Hole,
    "mirror": Mirror,
    "row": LinearPattern,
    "turn": PolarPattern,
    "blend": Blended,
}
"""Kinds of operations beside sketches and extrudes, as facts name them."""

OF_GIVEN = (
    *("operations (log)", "sketch waits", "last is a cut", "last goes through"),
    *(f"last is a {name}" for name in _FEW),
    *(f"share of {name}s" for name in _FEW),
    *("beside the middle", "small", "centred", "first is round"),
    *("new bodies", "sketches used again", "sketches not used", "until", "profiles", "round"),
    *("loops that wait", "circles that wait", "waits beside its axis", "waits on its axis"),
    *("lacks its image", "lacks its image beside the origin", "has its image", "as large as one"),
    *("square base", "off the middle of a square", "off the middle of what is round"),
    *("off the middle seen from above", "share of the box", "nothing waits"),
    *("a mirror, and nothing waits", "a turn, and nothing waits"),
)
"""What is known of a given history."""


def kinds_of(
    given: CadSequence,
    chances: Mapping[str, float],
    words: Collection[str],
    evidence: Sequence[Evidence] = (),
    bound: PartLimits | None = None,
) -> dict[str, float]:
    """Return the probability of each command that the next operation may begin with.

    `chances` are those that a model with these `words` gives to what it has learned. Of the others
    tells what was counted; then what is shown adds its nats; of those that they are `bound` to be
    none has more than its share of all. A sketch that is being drawn goes on:
    then there is nothing to choose, and none is returned.
    """
    operations = given.operations
    learned = {name: chance for name, chance in chances.items() if name in OPERATIONS}
    total = sum(learned.values())
    if not total or given.whole_operations < len(operations):
        return {}
    facts, others = given_facts(given)[None], dict[str, float]()
    for name, regression in counted().kinds.items():
        if name not in words and may_follow(OPERATIONS[name], operations):
            others[name] = float(regression.probabilities(facts, OF_GIVEN)[0])
    share = sum(others.values())
    scale = min(1.0, _MOST / share) if share else 1.0
    rest = 1.0 - scale * share
    found = {name: rest * chance / total for name, chance in learned.items()}
    found |= {name: scale * chance for name, chance in others.items()}
    for shown in evidence:
        nats = shown.kinds(given)
        found = {name: p * math.exp(nats.get(OPERATIONS[name], 0.0)) for name, p in found.items()}
    found = found if bound is None else bound.only(found)
    whole = sum(found.values())
    return {name: chance / whole for name, chance in found.items()}


def may_follow(kind: type[Operation], operations: tuple[Operation, ...]) -> bool:
    """Whether an operation of a kind may come after some: what needs a solid or a sketch has it."""
    if any(field.kind in NEEDS_SOLID for field in kind.FIELDS):
        return any(operation.builds for operation in operations)
    return kind is Sketch or any(isinstance(operation, Sketch) for operation in operations)


def given_facts(given: CadSequence) -> Array:
    """Return what is known of a history, in the order of `OF_GIVEN`, shape (F,)."""
    there = standing(given)
    facts = (_ways, _places, _drawing, _waiting, _again)
    return np.array([value for told in facts for value in told(there)])


def _ways(there: Standing) -> Iterator[float]:
    """How long it is, what came last, and what of."""
    operations, builders = there.operations, there.builders
    last = operations[-1] if operations else None
    built = operations[builders[-1]] if builders else None
    yield math.log1p(len(builders))
    yield float(isinstance(last, Sketch))
    yield float(bool(builders) and there.removes(builders[-1]))
    yield float(isinstance(built, Extrude) and not built.extent.numeric)
    for kind in _FEW.values():
        yield float(isinstance(built, kind))
    for kind in _FEW.values():
        yield sum(isinstance(one, kind) for one in operations) / max(len(builders), 1)


def _places(there: Standing) -> Iterator[float]:
    """Where the last one lies of the part before it, how large that is, and where the first is."""
    builders = there.builders
    first = there.changed(builders[0]) if builders else None
    last = there.changed(builders[-1]) if builders else None
    stood = there.before(builders[-1]) if builders else None
    if last is None or stood is None:
        yield from (0.0, 0.0)
    else:
        middle, slack = (stood[0] + stood[1]) / 2, NEAR * there.size
        beside = (last[0] >= middle - slack) | (last[1] <= middle + slack)
        yield float(beside.sum())
        sides = (last[1] - last[0]) / np.maximum(stood[1] - stood[0], 1e-9)
        yield float(np.clip(np.log(np.maximum(sides, 1e-4)).mean(), -5.0, 2.0))
    yield 0.0 if first is None else float((np.abs(first[0] + first[1]) <= NEAR * there.size).sum())
    sketch = next((one for one in there.operations if isinstance(one, Sketch)), None)
    yield float(sketch is not None and any(_round(sketch)))


def _drawing(there: Standing) -> Iterator[float]:
    """How it is drawn: what tells one program's histories from another's."""
    operations = there.operations
    extrudes = [one for one in operations if isinstance(one, Extrude)]
    sketches = [index for index, one in enumerate(operations) if isinstance(one, Sketch)]
    named = [index for one in operations for index in one.refers()]
    many = max(len(extrudes), 1)
    yield sum(one.boolean is Boolean.NEW_BODY for one in extrudes[1:]) / many
    yield sum(named.count(index) > 1 for index in sketches) / max(len(sketches), 1)
    done = sketches[: -1 if operations and isinstance(operations[-1], Sketch) else None]
    yield sum(index not in named for index in done) / max(len(sketches), 1)
    yield sum(not one.extent.numeric for one in extrudes) / many
    yield sum(len(one.profiles) for one in extrudes) / many if extrudes else 1.0
    lengths = [one.extent.distance for one in extrudes if one.extent.numeric]
    lengths += [radius for index in sketches for radius in _round(operations[index]) if radius]
    yield sum(abs(10 * a - round(10 * a)) < 1e-4 for a in lengths) / max(len(lengths), 1)


def _waiting(there: Standing) -> Iterator[float]:
    """What is drawn in a sketch of which nothing is made yet, and how it lies to its axes."""
    last = there.operations[-1] if there.operations else None
    if not isinstance(last, Sketch) or not last.loops:
        yield from (0.0, 0.0, 0.0, 0.0)
        return
    yield math.log1p(len(last.loops))
    yield float(bool(_round(last)))
    left, bottom, right, top = np.array([loop.box for loop in last.loops]).T
    low, high = np.array([left.min(), bottom.min()]), np.array([right.max(), top.max()])
    slack = NEAR * float((high - low).max())
    yield float(((low >= -slack) | (high <= slack)).any())
    yield float(((np.abs(low) <= slack) | (np.abs(high) <= slack)).any())


def _again(there: Standing) -> Iterator[float]:
    """What speaks for doing the last one again: on the other side, or around the middle."""
    builders, waits = there.builders, bool(there.operations) and not there.operations[-1].builds
    last = builders[-1] if builders else None
    box, stood = (None, None) if last is None else (there.changed(last), there.before(last))
    done = last is not None and isinstance(there.operations[last], Repeat)
    if waits or last is None or done or box is None or stood is None:
        yield from (0.0,) * 9
    else:
        yield from _images(there, last, box, stood)
        yield from _around(there, last, box, stood)
    ended = None if last is None else there.operations[last]
    yield float(not waits)
    yield float(not waits and isinstance(ended, Mirror))
    yield float(not waits and isinstance(ended, PolarPattern))


def _images(there: Standing, last: int, box: Array, stood: Array) -> Iterator[float]:
    """Whether what lies to one side is on the other side as well, where there is room for it."""
    slack, middle = NEAR * there.size, stood.mean(axis=0)
    alike = [i for i in there.builders[:-1] if there.removes(i) == there.removes(last)]
    others = [one for i in alike if (one := there.changed(i)) is not None]
    lacks, beside_origin, has = 0, 0, 0
    for axis in range(3):
        for at in _once(float(middle[axis]), slack):
            low, high = box[:, axis]
            image = box.copy()
            image[:, axis] = 2 * at - high, 2 * at - low
            across = low < at - slack and high > at + slack
            if across or not within(image, stood, slack=slack):
                continue
            there_already = any(np.abs(one - image).max() <= 10 * slack for one in others)
            has += there_already
            lacks += not there_already and at == middle[axis]
            beside_origin += not there_already and at != middle[axis]
    yield from (float(lacks), float(beside_origin), float(has))
    sizes = (np.abs((one[1] - one[0]) - (box[1] - box[0])).max() for one in others)
    yield float(any(apart <= 10 * slack for apart in sizes))


def _once(middle: float, slack: float) -> tuple[float, ...]:
    """The middle and the origin, if that is another place."""
    return (middle,) if abs(middle) <= slack else (middle, 0.0)


def _around(there: Standing, last: int, box: Array, stood: Array) -> Iterator[float]:
    """Whether it lies off the middle of what is square or round, seen along its own normal."""
    plane, middle, slack = there.drawn_on(last), stood.mean(axis=0), NEAR * there.size
    normal = np.ones(3) if plane is None else np.abs(plane.normal)
    across = normal < 0.5
    flat = int(across.sum()) == 2
    sides, off = (stood[1] - stood[0])[across], np.abs(box.mean(axis=0) - middle)[across]
    central = flat and float(np.abs(middle[across]).max()) <= slack
    square = bool(central and abs(sides[0] - sides[1]) <= slack)
    beside = bool(flat and off.max() > slack)
    sketch = next((one for one in there.operations if isinstance(one, Sketch)), None)
    yield float(square)
    yield float(square and beside)
    yield float(square and beside and sketch is not None and bool(_round(sketch)))
    yield float(beside and normal[2] > 1 - NEAR)
    yield float(np.prod((box[1] - box[0]) / np.maximum(stood[1] - stood[0], 1e-9)).clip(0, 1))


def _round(sketch: Operation) -> list[float]:
    """The radii of a sketch's circles, in mm."""
    loops = sketch.loops if isinstance(sketch, Sketch) else ()
    return [one.radius for loop in loops for one in loop.curves if isinstance(one, Circle)]
