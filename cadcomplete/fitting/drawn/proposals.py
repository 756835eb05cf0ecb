"""What may come next, and how good it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cadcomplete.history.operations import Operation


@dataclass(frozen=True, slots=True)
class Proposal:
    """Operations that may come next.

    Attributes:
        operations: an extrude, or a sketch and the extrude that it is good for.
        gain: by how much they raise the agreement with the wanted part.
        agreement: afterwards; an estimate of the IoU of the two parts.
        kind: what was thought of: "extrude", "missing", "excess", "hole", ...
        score: what proposals are ranked by: the gain less a little for what is unusual.
    """

    operations: tuple[Operation, ...]
    gain: float
    agreement: float
    kind: str
    score: float


def ranked(proposals: Iterable[Proposal], most: int) -> tuple[Proposal, ...]:
    """Return the best proposals, each once."""
    seen: set[tuple[Operation, ...]] = set()
    result: list[Proposal] = []
    for proposal in sorted(proposals, key=lambda p: -p.score):
        if proposal.operations not in seen:
            seen.add(proposal.operations)
            result.append(proposal)
            if len(result) == most:
                break
    return tuple(result)
