"""Fill a gap: what stands before it and behind it is given, the operations between are found.

The model is told what stands behind first (`prompt.head`), then writes on from what stands before.
The kernel builds all of it: what stands behind must still build on what was put in.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cadcomplete.completion.by_model import ByModel
from cadcomplete.completion.prompting import prompted
from cadcomplete.completion.written import built_rows
from cadcomplete.data.gaps import filled
from cadcomplete.errors import CadCompleteError, InputError
from cadcomplete.history.operations import Operation, Sketch
from cadcomplete.history.sequence import CadSequence, check_known, truncate
from cadcomplete.kernel.handing import handed
from cadcomplete.kernel.jobs import examine_and_keep
from cadcomplete.kernel.report import Report
from cadcomplete.language.commands import FILLS
from cadcomplete.language.lines import encode
from cadcomplete.language.prompt import behind_of
from cadcomplete.model.generate import Row, begin, generate
from cadcomplete.model.sampling import ATTEMPTS, usual_sampling
from cadcomplete.predictions import check_count, check_seed


@dataclass(frozen=True, slots=True)
class Filling:
    """What may stand in a gap.

    Attributes:
        operations: that fill it.
        whole: the part with them.
        score: the share of what the model wrote that says just this.
        report: what the kernel found of the whole part, which is valid.
    """

    operations: tuple[Operation, ...]
    whole: CadSequence
    score: float
    report: Report


def fill(
    completer: ByModel,
    sequence: CadSequence,
    at: int,
    *,
    going_on: bool = False,
    caption: str | None = None,
    n: int = 3,
    seed: int = 0,
) -> tuple[Filling, ...]:
    """Return up to `n` different ways to fill the gap after the first `at` operations of a part.

    With `going_on` operation `at` is a sketch that lacks curves, such as loops that what is behind
    names. All operations of what is returned have an effect, and build a valid solid; there may be
    none. Raises InputError for a gap that has nothing before or behind it, for a model that has not
    learned to fill gaps, and for a part that is too long for it.
    """
    check_count(n)
    check_seed(seed)
    check_known(sequence)
    model, kernel = completer.model, completer.kernel
    _check_place(sequence, at, going_on=going_on)
    if FILLS not in model.words:
        hint = "take a model that was trained with data.filled, with --model"
        raise InputError("this model has not learned to fill gaps", where=model.name, hint=hint)
    keep, text_format = at + going_on, model.config.data.text_format
    before = handed(truncate(sequence, keep), kernel)
    behind = behind_of(sequence, keep, text_format=text_format, words=model.words)
    began = begin(model.model, prompted(before, model, caption=caption, behind=behind))
    start = completer.grammar.start(before, least=1 - going_on, going_on=going_on)
    drawn = completer.drawn or usual_sampling(model.config, model.metrics, answers=n)
    drawn = replace(drawn, seed=seed, until="end")
    for attempt in range(ATTEMPTS):
        draws = drawn.bolder(attempt) if attempt else drawn
        rows = built_rows(generate(began, start, draws), kernel, given=keep)
        ways = _ways(rows, at)
        if found := tuple(verified(completer, sequence, at, ways, n=n, going_on=going_on)):
            return found
    return ()


def _check_place(sequence: CadSequence, at: int, *, going_on: bool) -> None:
    """Raise InputError if no gap can be there."""
    if going_on:
        sketches = [i for i, one in enumerate(sequence.operations[:-1]) if isinstance(one, Sketch)]
        if at not in sketches:
            problem, expected = "no sketch goes on there", f"one of {sketches}"
            raise InputError(problem, where=sequence.id, expected=expected, got=at)
    elif not 0 < at < len(sequence):
        problem, expected = "a gap is between two operations", f"1 to {len(sequence) - 1}"
        raise InputError(problem, where=sequence.id, expected=expected, got=at)


def _ways(rows: Sequence[Row], at: int) -> list[tuple[tuple[Operation, ...], float]]:
    """What was written, each once with its share, the most frequent and then likeliest first."""
    whole = [row for row in rows if row.whole and row.ended]
    times: Counter[str] = Counter()
    best: dict[str, tuple[float, tuple[Operation, ...]]] = {}
    for row in whole:
        text, likely = encode(row.finished).text, math.fsum(row.scores)
        times[text] += 1
        if text not in best or likely > best[text][0]:
            best[text] = (likely, row.finished.operations[at:])
    order = sorted(best, key=lambda text: (-times[text], -best[text][0]))
    return [(best[text][1], times[text] / len(rows)) for text in order]


def verified(
    completer: ByModel,
    sequence: CadSequence,
    at: int,
    ways: Sequence[tuple[tuple[Operation, ...], float]],
    *,
    n: int,
    going_on: bool = False,
) -> Iterator[Filling]:
    """Yield those of the `ways`, each with its score, with which all operations have an effect.

    Those behind the gap as well, and the part is a valid solid; up to `n` of them.
    """
    count = 0
    for operations, share in ways:
        if count == n:
            return
        try:
            whole = handed(filled(sequence, at, operations, going_on=going_on), completer.kernel)
            report = completer.kernel.run(examine_and_keep, whole, at)
        except CadCompleteError:  # what is behind does not build on it
            continue
        idle = any(r.operation >= at for r in report.remarks)
        if report.valid and not idle:
            count += 1
            yield Filling(operations, whole, share, report)
