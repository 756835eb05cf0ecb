"""The same part drawn in another order: what does not depend on each other changes places."""

from __future__ import annotations

import dataclasses
from itertools import groupby

import numpy as np

from cadcomplete.history.operations import Boolean, Extrude, Operation, Sketch
from cadcomplete.history.sequence import CadSequence, check_kinds

Block = list[int]
"""The indices of a sketch and of the extrudes that follow it."""


def reorder(sequence: CadSequence, random: np.random.Generator) -> CadSequence:
    """Return the history of the same part with independent sketches in a random order.

    A sketch and its extrudes move together. Neighbours change places where all of them only add,
    only cut, or only intersect: the solid after the last of them is then the same in any order.
    What begins the part stays first, and so does whatever is extruded again later. Raises
    UnsupportedError if something in the history is not known here.
    """
    check_kinds(sequence, "data/reorder.py", (Sketch, Extrude))
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
    """What all extrudes of a block do, or None if it has to stay where it is."""
    extrudes = [op for i in block if isinstance(op := operations[i], Extrude)]
    used = {profile.sketch for extrude in extrudes for profile in extrude.profiles}
    outside = (op for i, op in enumerate(operations) if isinstance(op, Extrude) and i not in block)
    again = any(profile.sketch == block[0] for op in outside for profile in op.profiles)
    booleans = {extrude.boolean for extrude in extrudes}
    if block[0] == 0 or used != {block[0]} or again or len(booleans) != 1:
        return None
    return booleans.pop()


def _arranged(sequence: CadSequence, order: list[int]) -> CadSequence:
    """Put the operations in an order, given as their indices, and renumber the sketches."""
    place = {old: new for new, old in enumerate(order)}

    def arranged(operation: Operation) -> Operation:
        if isinstance(operation, Sketch):
            return operation
        profiles = tuple(
            dataclasses.replace(p, sketch=place.get(p.sketch, p.sketch)) for p in operation.profiles
        )
        return dataclasses.replace(operation, profiles=profiles)

    operations = tuple(arranged(sequence.operations[index]) for index in order)
    return dataclasses.replace(sequence, operations=operations)
