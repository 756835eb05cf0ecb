"""Where the extrudes of a history start and end."""

from __future__ import annotations

from collections.abc import Sequence

from cadcomplete.history.operations import Extrude, Operation
from cadcomplete.history.reach import in_numbers
from cadcomplete.history.sequence import start_plane


def end_offsets(extrude: Extrude, operations: Sequence[Operation]) -> tuple[float, float]:
    """Return how far the planes where it starts and ends lie from the world's origin.

    Along their normal, in mm. `operations` are those that stand before it; there may be more, if
    its ends are numbers. Raises what `in_numbers` does.
    """
    plane = start_plane(extrude, tuple(operations))
    start, end = in_numbers(extrude, tuple(operations)).extent.ends
    return plane.offset + start, plane.offset + end
