"""What a history has made so far, as far as a caption speaks of it: boxes, outlines, what is left.

No solid is built: what is asked is in the numbers of the operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from cadcomplete.captions.mention import Caption, Form, Mention, Noun
from cadcomplete.captions.outlines import DrawnOutline, near, nested_loops, outlined, told
from cadcomplete.errors import GeometryError, InputError, UnsupportedError
from cadcomplete.history.expanded import plain
from cadcomplete.history.geometry import Array
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import (
    Chamfer,
    Extrude,
    Fillet,
    Operation,
    Profile,
    Revolve,
    Sketch,
)
from cadcomplete.history.patterns import Repeat
from cadcomplete.history.reach import BOXES, around, heights, heights_of, hull, in_numbers
from cadcomplete.history.sequence import CadSequence

CUTS = (Noun.HOLE, Noun.POCKET, Noun.SLOT, Noun.GROOVE)


@dataclass(frozen=True, slots=True)
class Swept:
    """A region that an extrude sweeps.

    Attributes:
        outline: of it, from outside; `holes` those in it.
        adds: whether it adds to the part.
        low, high: between which heights over its sketch it lies, in mm.
        through: whether what it takes away goes through all that is there.
        first: whether nothing was there before.
    """

    outline: DrawnOutline
    holes: tuple[DrawnOutline, ...]
    adds: bool
    low: float
    high: float
    through: bool
    first: bool

    @property
    def height(self) -> float:
        return self.high - self.low


def swept(
    extrude: Extrude, before: tuple[Operation, ...], *, within: Array | None = None
) -> Iterator[Swept]:
    """Yield what an extrude sweeps, one for each profile; nothing of one that numbers do not say.

    How deep a cut is counts only as far as there is something to cut: `within` a box (2, 3), if
    that is known already.
    """
    try:
        low, high = sorted(in_numbers(extrude, before).extent.ends)
        plane = extrude.start(before)
        reached = heights(plane, before) if within is None else heights_of(within, plane)
    except (GeometryError, UnsupportedError):
        return
    through = False
    if not extrude.adds and reached is not None:
        slack = 1e-4 * (reached[1] - reached[0])
        through = low <= reached[0] + slack and high >= reached[1] - slack
        low, high = max(low, reached[0]), min(high, reached[1])
    for profile in extrude.profiles:
        sketch = before[profile.sketch] if 0 <= profile.sketch < len(before) else None
        if isinstance(sketch, Sketch) and max(profile.loops) < len(sketch.loops):
            holes = tuple(outlined(sketch.loops[i]) for i in profile.holes)
            outer = outlined(sketch.loops[profile.outer])
            yield Swept(outer, holes, extrude.adds, low, high, through, reached is None)


def box_with(
    box: Array | None, operation: Operation, before: tuple[Operation, ...]
) -> Array | None:
    """Return the box (2, 3) around a box and what an operation adds; None for nothing."""
    own = BOXES[type(operation)](operation, before)
    return hull([one for one in (box, own) if one is not None])


def sides(box: Array | None) -> tuple[float, ...]:
    """Return the sides of a box (2, 3), longest first; () for none."""
    return () if box is None else tuple(sorted((box[1] - box[0]).tolist(), reverse=True))


def box_of(operations: tuple[Operation, ...]) -> tuple[float, ...]:
    """Return the sides of the box around all that was added, longest first; () for nothing."""
    try:
        box = around(operations)
    except (GeometryError, UnsupportedError):
        return ()
    return sides(box)


def alike(outline: DrawnOutline, mention: Mention) -> bool:
    """Say whether an outline is what is said of a thing: its form if that is said, and its size."""
    form = mention.form
    if form is Form.RING:
        form = Form.ROUND
    if form is not None and form is not outline.form:
        return False
    if form is Form.POLYGON and mention.sides and mention.sides != outline.sides:
        return False
    if outline.form in (Form.ROUND, Form.POLYGON):
        sizes = (*mention.diameters, *(mention.head[:1] if mention.head else ()))
        return not sizes or told(outline.length, sizes)
    if len(mention.sizes) >= 2:
        return all(told(size, mention.sizes) for size in outline.sizes)
    return not mention.sizes or any(near(size, mention.sizes[0]) for size in outline.sizes)


def sized(mention: Mention) -> bool:
    """Say whether the size of its outline is said at all."""
    return bool(mention.diameters or mention.sizes)


def heights_of_outline(mention: Mention, outline: DrawnOutline) -> tuple[float, ...]:
    """Return how high a thing is whose outline is drawn: as it is said, or what that leaves."""
    if mention.height is not None:
        return (mention.height,)
    rest = sizes_beside(mention, outline)
    return rest if len(mention.sizes) == 3 and len(rest) == 1 else ()


def sizes_beside(mention: Mention, outline: DrawnOutline) -> tuple[float, ...]:
    """Return the sizes of a thing that an outline leaves."""
    rest = list(mention.sizes)
    for size in outline.sizes:
        match = next((i for i, one in enumerate(rest) if near(one, size)), None)
        if match is not None:
            del rest[match]
    return tuple(rest)


def left(caption: Caption, given: CadSequence) -> list[Mention]:
    """Return what a caption says the part has and that is not made yet, with how many are missing.

    Those that are made are those whose outlines were swept the same way. Once something is made,
    the base is missing as well if that was something else, or only a step of it: then it is a
    thing to add.
    """
    made = _swept_by(given)
    base = () if caption.base is None or not made else caption.base.steps
    found = [
        replace(step, noun=Noun.BOSS, where=None)
        for step in base
        if sized(step) and step.form is not Form.OTHER and not _times(step, made)
    ]
    first = [one.outline for one in made if one.first]
    is_base = [any(sized(step) and alike(one, step) for step in base) for one in first]
    for mention in (step for each in caption.mentions for step in each.steps):
        there = _times(mention, made)
        if mention.noun not in CUTS:
            own = sum(alike(one, mention) for one, of in zip(first, is_base, strict=True) if of)
            there -= own
        if mention.count is None or there < mention.count:
            found.append(mention)
    return found


def _swept_by(given: CadSequence) -> list[Swept]:
    """All that extrudes sweep, copies and holes included."""
    made = [one for hole in given.operations if isinstance(hole, Hole) for one in _turned(hole)]
    given = _without_copies(given)
    for index, operation in enumerate(given.operations):
        if isinstance(operation, Extrude):
            made += swept(operation, given.operations[:index])
    return made


def _turned(hole: Hole) -> Iterator[Swept]:
    """What a hole with a cone takes away, as cylinders; nothing of others, which are extrudes."""
    if hole.revolves:
        through, depth = hole.depth is None, hole.depth or 0.0
        head = () if hole.head is None else ((hole.head.diameter, hole.head_depth, False),)
        for x, y in hole.centers:
            for size, deep, goes in ((hole.diameter, depth, through), *head):
                outline = DrawnOutline(Form.ROUND, size, size, (x, y))
                yield Swept(outline, (), False, -deep, 0.0, goes, False)


def _without_copies(given: CadSequence) -> CadSequence:
    """The same with each copy and each hole an operation of its own, as far as that can be said."""
    if not any(isinstance(one, Hole | Repeat) for one in given.operations):
        return given
    try:
        return plain(given).sequence
    except (InputError, GeometryError):
        return given


def lacks(caption: Caption, whole: CadSequence) -> int:
    """Return how many of the things that a caption says a part lacks: those that are not there, or
    fewer of them, of whatever size. What is turned is not looked into: then it lacks nothing."""
    kinds = {type(operation) for operation in whole.operations}
    if Revolve in kinds:
        return 0
    made, found = _swept_by(whole), 0
    blends = {Noun.FILLET: Fillet, Noun.CHAMFER: Chamfer}
    for mention in caption.mentions:
        if mention.noun in blends:
            found += blends[mention.noun] not in kinds
        else:
            found += sum(_times(step, made) < (step.count or 1) for step in mention.steps)
    return found


def _times(mention: Mention, made: list[Swept]) -> int:
    """How often a thing was made already."""
    cuts = mention.noun in CUTS
    return sum(
        alike(outline, mention)
        for one in made
        for outline in ([one.outline] if one.adds != cuts else one.holes if cuts else [])
    )


def last_sketch(given: CadSequence) -> tuple[int, Sketch] | None:
    """Return the newest sketch of a history and its index, even if something was made of it."""
    for index, operation in reversed(list(enumerate(given.operations))):
        if isinstance(operation, Sketch):
            return (index, operation) if operation.finished else None
    return None


def waiting(given: CadSequence) -> tuple[int, Sketch] | None:
    """Return the last sketch of a history and its index, if nothing was made of it yet."""
    last = given.operations[-1] if given.operations else None
    if isinstance(last, Sketch) and last.finished:
        return len(given.operations) - 1, last
    return None


def regions(index: int, sketch: Sketch) -> list[tuple[Profile, ...]]:
    """Return which regions of a sketch may be swept together, the likeliest first, each once."""
    nest = nested_loops(sketch.loops)
    natural = {i: nest.natural(index, i) for i in nest.children}
    roots = tuple(natural[i] for i in nest.roots)
    inner = tuple(natural[i] for i in nest.children if nest.depth[i] == 1)
    filled = tuple(Profile(index, i) for i in nest.roots)
    chosen: list[tuple[Profile, ...]] = [roots]
    chosen += [inner] if inner else []
    chosen += [filled] if filled != roots else []
    by_size: dict[float, list[Profile]] = {}
    for i, profile in natural.items():
        by_size.setdefault(round(float(np.sqrt(nest.areas[i])), 2), []).append(profile)
    chosen += [tuple(group) for group in by_size.values()]
    return [ways for ways in dict.fromkeys(chosen) if ways]
