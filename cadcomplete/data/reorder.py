"""The same part drawn in another order: what does not depend on each other changes places."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

import numpy as np

from cadcomplete.history.blends import Blend, Chamfer, Fillet
from cadcomplete.history.holes import Hole
from cadcomplete.history.operations import Boolean, Extrude, Operation, Sketch
from cadcomplete.history.patterns import PATTERNS, Repeat
from cadcomplete.history.revolve import Revolve
from cadcomplete.history.sequence import CadSequence, check_kinds
from cadcomplete.history.tables import Table

Block = list[int]
"""The indices of a sketch and of the extrudes that follow it."""


def reorder(sequence: CadSequence, random: np.random.Generator) -> CadSequence:
    """Return the history of the same part with independent sketches in a random order.

    A sketch and its extrudes move together. Neighbours change places where all of them only add,
    only cut, or only intersect: the solid after the last of them is then the same in any order.
    What begins the part stays first, and so does whatever is extruded again later. Raises
    UnsupportedError if something in the history is not known here.
    """
    check_kinds(sequence, "data/reorder.py", MOVED)
    blocks = _blocks(sequence.operations)
    order: list[int] = []
    for key, run in groupby(blocks, key=lambda block: _meaning(sequence.operations, block)):
        found = list(run)
        chosen = range(len(found)) if key is None else random.permutation(len(found))
        order += [index for i in chosen for index in found[i]]
    return _arranged(sequence, order)


def variant_order(
    sequence: CadSequence, number: int, *, seed: int, share: float
) -> np.random.Generator | None:
    """Return what decides the order of variant `number`, or None if it is drawn as it was."""
    random = np.random.default_rng([seed, 8, number, *sequence.id.encode()])
    return random if number and random.random() < share else None


def _blocks(operations: tuple[Operation, ...]) -> list[Block]:
    blocks: list[Block] = []
    for index, operation in enumerate(operations):
        if isinstance(operation, Sketch) or not blocks:
            blocks.append([])
        blocks[-1].append(index)
    return blocks


def _meaning(operations: tuple[Operation, ...], block: Block) -> Boolean | None:
    """What all that builds in a block does, or None if it has to stay where it is."""
    builders = [op for i in block if (op := operations[i]).builds]
    used = {index for operation in builders for index in operation.refers()}
    outside = (op for i, op in enumerate(operations) if i not in block)
    again = any(index in block for op in outside for index in op.refers())
    meanings = {MOVED[type(op)].meaning(op) for op in builders}
    if block[0] == 0 or used != {block[0]} or again or len(meanings) != 1:
        return None
    return meanings.pop()


def _arranged(sequence: CadSequence, order: list[int]) -> CadSequence:
    """Put the operations in an order, given as their indices, and renumber what they refer to."""
    place = {old: new for new, old in enumerate(order)}
    several = (sequence.operations[index] for index in order)
    operations = tuple(MOVED[type(op)].renumbered(op, place) for op in several)
    return dataclasses.replace(sequence, operations=operations)


Swept = TypeVar("Swept", Extrude, Revolve)


def _renumbered(swept: Swept, place: Mapping[int, int]) -> Swept:
    profiles = tuple(
        dataclasses.replace(p, sketch=place.get(p.sketch, p.sketch)) for p in swept.profiles
    )
    return dataclasses.replace(swept, profiles=profiles)


def _faced(extrude: Extrude, place: Mapping[int, int]) -> Extrude:
    extent = extrude.extent.faced(lambda face: face.renumbered(place))
    return dataclasses.replace(_renumbered(extrude, place), extent=extent)


def _boolean(extrude: Extrude) -> Boolean | None:
    """What it does; None if it ends where the part before it says."""
    return extrude.boolean if extrude.extent.numeric else None


def _renamed(blend: Blend, place: Mapping[int, int]) -> Blend:
    return dataclasses.replace(blend, edges=tuple(edge.renumbered(place) for edge in blend.edges))


class Movable(NamedTuple):
    """What is asked of a kind of operation that may change its place.

    Attributes:
        meaning: what it does to the solid: neighbours that do the same may change places; None if
            what comes before it matters for what it does.
        renumbered: it, referring to where the operations stand now, by where they stood.
    """

    meaning: Callable[[Any], Boolean | None]
    renumbered: Callable[[Any, Mapping[int, int]], Any]


def _named(pattern: Repeat, place: Mapping[int, int]) -> Repeat:
    """It, naming what it does again by where that stands now."""
    if pattern.of is None:
        return pattern
    return dataclasses.replace(pattern, of=tuple(place.get(index, index) for index in pattern.of))  # type: ignore[type-var]


MOVED: Table[Movable] = Table(
    "data/reorder.py",
    {
        Sketch: Movable(lambda sketch: None, lambda sketch, place: sketch),
        Extrude: Movable(_boolean, _faced),
        Revolve: Movable(lambda revolve: revolve.boolean, _renumbered),
        Hole: Movable(lambda hole: Boolean.CUT, lambda hole, place: hole),
        **dict.fromkeys(PATTERNS, Movable(lambda pattern: None, _named)),
        Fillet: Movable(lambda fillet: None, _renamed),
        Chamfer: Movable(lambda chamfer: None, _renamed),
    },
)
"""How each kind of operation changes its place."""
