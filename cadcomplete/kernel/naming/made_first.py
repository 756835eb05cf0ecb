"""Which of two faces was made first: what the first size of a chamfer is measured on."""

from __future__ import annotations

from typing import NamedTuple

END, SIDE, OTHER = range(3)
"""What a face of an operation is: its start or end, the side of a curve, or something else."""


class FaceSource(NamedTuple):
    """Where a face comes from: the operation, what of it, and of a side its loop and curve."""

    operation: int
    part: int
    loop: int = 0
    curve: int = 0


def first_of(one: FaceSource, other: FaceSource, corners: tuple[int, ...], *, swapped: bool) -> int:
    """Return which of two faces was made first, 0 or 1 (`Chamfer`).

    `corners` are how many curves the loops of the operation have, as far as its names count them.
    """
    if one[:3] != other[:3] or one.part != SIDE:
        return int(one > other)
    loop, curve, after = one.loop, one.curve, other.curve
    count = corners[loop] if loop < len(corners) else 0
    follows = count > 0 and (curve + 1) % count == after, count > 0 and (after + 1) % count == curve
    first = follows[0] if follows[0] != follows[1] else curve < after
    return int(first == swapped)
