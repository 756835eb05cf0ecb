"""Build a history and say what came of it: the question most callers have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cadcomplete.errors import BuildError
from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.build import Prefixes, construct
from cadcomplete.kernel.measure import check, measure
from cadcomplete.kernel.report import Report
from cadcomplete.kernel.solid import Solid


@dataclass(frozen=True, slots=True)
class Built:
    """A report, and the solid it is about; None if there is none."""

    report: Report
    solid: Solid | None


@cache
def kept() -> Prefixes:
    """What this process has built lately: of one part it is asked many next operations."""
    return Prefixes()


def examine(
    sequence: CadSequence, *, strict_from: int | None = None, prefixes: Prefixes | None = None
) -> Built:
    """Build, check and measure. An operation that fails is a problem of the report.

    `prefixes` are what was built already (`kept`).
    """
    try:
        made = construct(sequence, strict_from=strict_from, prefixes=prefixes)
    except BuildError as error:
        return Built(Report((str(error),), operation=error.operation), None)
    solid, problems = made.solid, check(made.solid)
    measures = measure(solid) if solid is not None else None
    return Built(Report(problems, measures, remarks=made.remarks), solid)
