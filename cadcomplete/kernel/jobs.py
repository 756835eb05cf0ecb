"""What the kernel is asked to do, by modules that never load it themselves."""

from __future__ import annotations

from cadcomplete.history.sequence import CadSequence
from cadcomplete.kernel.report import Report


def examine(sequence: CadSequence, strict_from: int | None = None) -> Report:
    """Build, check and measure a history. An operation that fails is a problem of the report."""
    from cadcomplete.kernel.examine import examine as examine_here

    return examine_here(sequence, strict_from=strict_from).report
