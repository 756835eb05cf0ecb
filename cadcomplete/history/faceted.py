"""A solid that somebody has built, as triangles, kept by the operation that made it.

Fillets and chamfers are made by the CAD kernel alone. Rooms without it go on from what it has made:
the solid is handed over with the operation, and is good for exactly the operations it was made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cadcomplete.errors import UnsupportedError
from cadcomplete.history.geometry import Array

if TYPE_CHECKING:
    from cadcomplete.history.blends import Blend
    from cadcomplete.history.operations import Operation


@dataclass(frozen=True, slots=True, eq=False)
class Faceted:
    """What some operations make, as a closed surface of triangles, in mm.

    Attributes:
        operations: those that it was made of, all of them.
        vertices: shape (n, 3).
        triangles: indices of vertices, shape (m, 3), counter-clockwise seen from outside.
        edges: the middle of each edge that the last of the operations blends, those included that
            run on smoothly from one that it names, shape (e, 3): of the solid before it.
    """

    operations: tuple[Operation, ...]
    vertices: Array
    triangles: np.ndarray
    edges: Array


def made_before(blend: Blend, before: tuple[Operation, ...]) -> Faceted | None:
    """Return the solid after a blend that follows these operations; None if nobody knows it."""
    known = blend.solid
    return known if known is not None and known.operations == (*before, blend) else None


def unmade(operations: tuple[Operation, ...]) -> tuple[int, ...]:
    """Return the indices of the blends of a history after which nobody knows the solid."""
    blends: list[tuple[int, Any]] = [
        (index, operation)
        for index, operation in enumerate(operations)
        if hasattr(operation, "solid")
    ]
    return tuple(index for index, op in blends if made_before(op, operations[:index]) is None)


def handed_over(blend: Blend, before: tuple[Operation, ...], room: str) -> Faceted:
    """Return the same. Raises UnsupportedError, naming the blend and the room, if nobody knows."""
    known = made_before(blend, before)
    if known is None:
        raise UnsupportedError([type(blend).__name__], where=room)
    return known
