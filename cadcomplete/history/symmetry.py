"""Symmetries of the cube, and sizes: the same part elsewhere; every number is still exact."""

from __future__ import annotations

import dataclasses
from functools import cache
from itertools import permutations, product

from cadcomplete.history.geometry import Symmetry
from cadcomplete.history.sequence import CadSequence, check_known


@cache
def symmetries() -> tuple[Symmetry, ...]:
    """Return all 48, the identity first."""
    found = [
        Symmetry(order, signs)  # type: ignore[arg-type]
        for order in permutations((0, 1, 2))
        for signs in product((1, -1), repeat=3)
    ]
    return tuple(found)


def move(sequence: CadSequence, symmetry: Symmetry) -> CadSequence:
    """Return the history of the moved part. Raises UnsupportedError for what is not known here."""
    check_known(sequence)
    operations = tuple(operation.mapped(symmetry) for operation in sequence.operations)
    return dataclasses.replace(sequence, operations=operations)


def scale(sequence: CadSequence, factor: float) -> CadSequence:
    """Return the history of a part `factor` times as large, in numbers to a nanometre again.

    Raises UnsupportedError if something in it is not known here.
    """
    check_known(sequence)
    operations = tuple(operation.scaled(factor) for operation in sequence.operations)
    return dataclasses.replace(sequence, operations=operations)
