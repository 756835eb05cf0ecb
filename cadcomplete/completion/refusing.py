"""What a person has refused: it, and what is like it, does not come back while the part is drawn.

An operation stays refused after further operations, as long as what it was proposed for still
stands there first; a whole part as long as what is given is a beginning of it. What is like it says
`choosing`, by the same comparison that keeps answers different.
"""

from __future__ import annotations

from dataclasses import dataclass

from cadcomplete.completion.ideas import extended
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that was refused: what was given, and what it added."""

    given: CadSequence
    added: tuple[Operation, ...]

    @property
    def whole(self) -> CadSequence:
        return extended(self.given, self.added)


@dataclass(frozen=True, slots=True)
class RefusedAnswers:
    """All that was refused.

    Attributes:
        steps: next operations, of one each.
        parts: whole parts.
    """

    steps: tuple[Refusal, ...] = ()
    parts: tuple[Refusal, ...] = ()

    def next_after(self, given: CadSequence) -> list[Operation]:
        """Return the operations that are not to come next after what is given."""
        return [one.added[0] for one in self.steps if _begins(given, one.given)]

    def rest_after(self, given: CadSequence) -> list[tuple[Operation, ...]]:
        """Return what is not to be all that is missing: what was refused as that, and operations
        that were refused as the next, if they were all of it."""
        found: list[tuple[Operation, ...]] = []
        found += [(operation,) for operation in self.next_after(given) if operation.builds]
        for one in self.parts:
            rest = one.whole.operations[given.whole_operations :]
            if rest and _begins(one.whole, given):
                found.append(rest)
        return found


NOTHING_REFUSED = RefusedAnswers()


def _begins(sequence: CadSequence, beginning: CadSequence) -> bool:
    """Whether a history begins with all whole operations of another."""
    first = beginning.operations[: beginning.whole_operations]
    return sequence.operations[: len(first)] == first
