"""What the kernel says of the ideas of a baseline: all are checked, invalid ones come last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cadcomplete.errors import CadCompleteError, LostWorkersError
from cadcomplete.history.operations import Operation
from cadcomplete.history.sequence import CadSequence, validate
from cadcomplete.kernel.contain import Kernel, Pending
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.report import Report
from cadcomplete.language.lines import encode
from cadcomplete.predictions import Answer, Idea, answered

_KEPT = 4096
"""Findings that are kept, for the next condition of the same part, before all are forgotten."""

PARTS = 3
"""Finished parts that a baseline proposes at most."""


@dataclass(frozen=True, slots=True)
class SuggestionJudge:
    """Checks ideas, each history once."""

    kernel: Kernel
    known: dict[str, Report] = field(default_factory=dict)

    def suggestions(
        self, given: CadSequence, ideas: Sequence[Idea], *, n: int
    ) -> tuple[Answer, ...]:
        """Return up to `n` different next operations, the best first, invalid ones last."""
        return self.parts(given, [replace(i, operations=i.operations[:1]) for i in ideas], n=n)

    def parts(self, given: CadSequence, ideas: Sequence[Idea], *, n: int) -> tuple[Answer, ...]:
        """Return up to `n` different finished parts, the best first, invalid ones last."""
        return tuple(
            answered(joined(given, idea.operations), idea, report)
            for idea, report in self._checked(given, different(given, ideas), n)
        )

    def _checked(
        self, given: CadSequence, ideas: Sequence[Idea], n: int
    ) -> list[tuple[Idea, Report]]:
        """Check ideas in order until `n` are valid, twice as many at most; valid ones first."""
        found: list[tuple[Idea, Report]] = []
        while len(found) < min(2 * n, len(ideas)):
            lacking = n - sum(report.valid for _, report in found)
            some = ideas[len(found) : min(len(found) + lacking, 2 * n)]
            if not some:
                break
            reports = self.reports(given, [idea.operations for idea in some])
            found += zip(some, reports, strict=True)
        return sorted(found, key=lambda pair: not pair[1].valid)[:n]

    def reports(self, given: CadSequence, added: Sequence[tuple[Operation, ...]]) -> list[Report]:
        """Return what the kernel finds of each continuation.

        A crash or a hang of the kernel is a problem of that history alone. Raises
        LostWorkersError.
        """
        if len(self.known) > _KEPT:
            self.known.clear()
        wholes = [joined(given, operations) for operations in added]
        keys = [f"{len(given)} {encode(whole).text}" for whole in wholes]
        pending: dict[str, Pending[Report]] = {}
        for key, whole, operations in zip(keys, wholes, added, strict=True):
            if key in self.known or key in pending:
                continue
            if not any(op.builds for op in (*given.operations, *operations)):
                self.known[key] = _without_solid(whole)
            else:
                pending[key] = self.kernel.submit(examine, whole, len(given))
        for key, job in pending.items():
            self.known[key] = _result(job)
        return [self.known[key] for key in keys]


def _result(job: Pending[Report]) -> Report:
    try:
        return job.result()
    except LostWorkersError:
        raise
    except CadCompleteError as error:
        return Report((str(error),))


def _without_solid(whole: CadSequence) -> Report:
    """A history in which nothing builds has no solid to check: it is valid if it could have one."""
    return Report(tuple(str(f) for f in validate(whole) if f.severity == "error"))


def joined(given: CadSequence, operations: tuple[Operation, ...]) -> CadSequence:
    return replace(given, operations=(*given.operations, *operations))


def different(given: CadSequence, ideas: Sequence[Idea]) -> list[Idea]:
    """Return the ideas by falling score, each text once."""
    found: dict[str, Idea] = {}
    for idea in sorted(ideas, key=lambda idea: -idea.score):
        found.setdefault(encode(joined(given, idea.operations)).text, idea)
    return list(found.values())
