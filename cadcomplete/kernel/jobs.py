"""What the kernel is asked to do, by modules that never load it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cadcomplete.sequence import CadSequence

if TYPE_CHECKING:
    from cadcomplete.kernel.measure import Measures


@dataclass(frozen=True, slots=True)
class Report:
    """What came of building a history.

    Attributes:
        problems: what keeps it from being a valid solid; empty if it is one.
        measures: its mass properties, or None if there is no solid.
        operation: index of the operation that could not be built, if that is the problem.
    """

    problems: tuple[str, ...]
    measures: Measures | None = None
    operation: int | None = None

    @property
    def valid(self) -> bool:
        return not self.problems


def examine(sequence: CadSequence, strict_from: int | None = None) -> Report:
    """Build, check and measure a history. An operation that fails is a problem of the report."""
    from cadcomplete.kernel.examine import examine as examine_here

    return examine_here(sequence, strict_from=strict_from).report
